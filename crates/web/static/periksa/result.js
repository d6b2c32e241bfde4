// What came of the check, as a section of the page.
import { HIDDEN } from "./draw.js";
import { STEPS } from "./verify.js";
import { date, element, million, region, say, time } from "./words.js";

/** Failures that say nothing about receipt or folder. */
const OPEN = ["form", "nikform", "address", "keys", "offline", "absent", "range"];

function values(found) {
  const { policy, plan, receipt, record, row, log, ticket, limit, rank, waiting } = found;
  return {
    wave: policy?.wave,
    region: record && region(record.region),
    n: row?.n,
    seats: found.seats,
    ticket: ticket && million(ticket),
    limit: limit && million(limit.limit),
    pool: limit?.pool,
    rank,
    waiting,
    places: record && ((record.flags >> 1) & 7 || policy.household_cap),
    date: receipt && date(receipt.registered_at),
    witnesses: log?.witnesses,
    quorum: found.trust?.quorum,
    fixed: log && time(log.times["plan.json"]),
    drawn: plan && time(plan.t4),
    place: record && record.index + 1,
    records: plan?.n,
    round: plan?.round,
  };
}

/** The sentences under the heading: what happened, why, what can be done. "scale" is a drawing. */
function sentences({ outcome, failure, receipt, closed, limit, policy }) {
  if (outcome === "error") return [`fail-${failure.code}`, ...(OPEN.includes(failure.code) ? [] : ["todo"])];
  if (outcome === "missing") return ["why-missing", ...(receipt.kind === "registered" ? ["maybe-refused"] : [])];
  if (outcome === "household_cap") return ["drawn", "why-household_cap", "next"];
  const after = outcome === "waitlist" ? [...(policy.waitlist ? ["rank"] : []), "next"] : [];
  if (closed || !limit) return ["drawn", closed ? "why-closed" : "why-none", ...after];
  return ["drawn", `why-${outcome}`, limit.guaranteed ? "via-guaranteed" : "via-general", "scale", ...after];
}

/** Ticket and limit on one line. */
function scale({ ticket, limit }) {
  const drawing = element("figure", "", say("scale"), element("figcaption", "", say("scale-words")));
  const [near, far] = [ticket, limit.limit].map((value) => `${million(value) / 10000}%`);
  drawing.querySelector(".within").setAttribute("width", far);
  for (const end of ["x1", "x2"]) drawing.querySelector(".limit").setAttribute(end, far);
  drawing.querySelector(".ticket").setAttribute("cx", near);
  return drawing;
}

function checked(found, filled) {
  const list = element("ul", "checks");
  for (const step of STEPS) {
    const missing = step === "entry" && found.outcome === "missing";
    const done = found.done.includes(step);
    let state = found.failure && step === found.step && !OPEN.includes(found.failure.code) ? "bad" : "open";
    if (done) state = !found.ed25519 && ["receipt", "log"].includes(step) ? "part" : "good";
    const item = element("li", state, element("b", "", say(`mark-${state}`)), " ", say(`step-${step}`));
    const more = missing ? "missing" : step;
    if (done && (step !== "receipt" ? !["seed", "result"].includes(step) : found.nik)) {
      item.append(" ", element("span", "", say(`more-${more}`, filled)));
    }
    list.append(item);
  }
  return list;
}

function unchecked(found, filled) {
  const codes = [...found.unchecked, "others", "people", "later", "page"];
  if (found.seed && !found.policy.beacon.test) codes.splice(found.unchecked.size, 0, "beacon");
  if (found.outcome === "household_cap") codes.unshift("family");
  return element("ul", "unchecked", ...codes.map((code) => element("li", "", say(`not-${code}`, filled))));
}

function className({ policy, mask }) {
  if (mask === undefined || mask === HIDDEN) return "";
  const names = policy.traits.filter(({ bit }) => mask & (1 << bit)).map(({ name }) => name);
  return names.length ? names.join(", ") : say("class-none");
}

/** The numbers in full, to compare with another tool. */
function numbers(found, filled) {
  const rows = [["ticket", found.ticket], ["class", className(found)]];
  for (const { limit, pool, guaranteed } of found.limits ?? []) {
    rows.push([guaranteed ? "guaranteed" : "general", limit, { pool }]);
  }
  rows.push(["entry", found.receipt.e], ["random", found.seed.randomness, filled]);
  rows.push(["seed", found.seed.seed], ["root", found.plan.root]);
  const list = element("dl", "numbers");
  for (const [name, value, more] of rows) {
    if (value) list.append(element("dt", "", say(`row-${name}`, more)), element("dd", "", value));
  }
  return element("details", "", element("summary", "", say("title-numbers")), list);
}

/** Fills `section` with the outcome; its heading can take the focus. */
export function showResult(section, found) {
  const { outcome, failure } = found;
  const filled = values(found);
  const state = failure && OPEN.includes(failure.code) ? "open" : outcome;
  const ofReceipt = state === "error" && found.step === "receipt";
  const heading = element("h2", "", say(`head-${ofReceipt ? "receipt" : state}`));
  heading.id = "verdict";
  heading.tabIndex = -1;
  const about = Object.fromEntries((failure?.about ?? []).map((value, at) => [`a${at}`, value]));
  const line = (id) => (id === "scale" ? scale(found) : element("p", "", say(id, { ...filled, ...about })));
  const banners = found.unchecked.has("signatures") && !failure ? ["signatures"] : [];
  if (found.policy?.beacon.test && !failure) banners.unshift("test");
  section.replaceChildren(
    element("div", `verdict ${state}`, heading, ...sentences(found).map(line)),
    ...banners.map((name) => element("p", "banner", say(`banner-${name}`))),
    element("h3", "", say("title-checked")),
    checked(found, filled),
    ...(failure ? [] : [element("h3", "", say("title-unchecked")), unchecked(found, filled)]),
    ...(found.ticket && !failure ? [numbers(found, filled)] : []),
  );
}
