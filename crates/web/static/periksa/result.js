// What came of the check, as a section of the page.
import { HIDDEN } from "./draw.js";
import { STEPS } from "./verify.js";
import { date, element, million, region, say, time } from "./words.js";

/** Failures that say nothing about receipt or folder. */
const OPEN = ["empty", "form", "nikform", "address", "keys", "offline", "absent", "range"];

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
    listed: found.outcome === "unlisted" && time(policy.times.t2),
    fixed: log && time(log.times["plan.json"]),
    drawn: plan && time(plan.t4),
    place: record && record.index + 1,
    records: plan?.n,
    round: plan?.round,
    first: log?.first,
    names: log?.unknown.join(", "),
  };
}

/** The sentences under the heading: what happened, why, what can be done. "scale" is a drawing. */
function sentences({ outcome, failure, receipt, ed25519, pinned, closed, limit, policy, events = [] }) {
  if (outcome === "error") return [`fail-${failure.code}`, ...(OPEN.includes(failure.code) ? [] : ["todo"])];
  if (outcome === "missing" && events.length > 0) return []; // these say more
  if (outcome === "missing") return ["why-missing", ...(receipt.kind === "registered" ? ["maybe-refused"] : [])];
  if (outcome === "unlisted") {
    const signed = pinned?.receipt_key ? "why-signed" : "why-named";
    const isLate = Date.now() > policy.times.t2 * 1000;
    return [...(ed25519 ? [signed] : []), isLate ? "why-late" : "why-unlisted", "see-wave"];
  }
  if (outcome === "undrawn") return ["why-undrawn"];
  if (outcome === "household_cap") return ["drawn", "why-household_cap", "next"];
  const waits = outcome === "waitlist" && events.length === 0;
  const after = waits ? [...(policy.waitlist ? ["rank"] : []), "next"] : [];
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

/** Steps that rest on signatures, which a browser without Ed25519 has not checked. */
function signedSteps({ policy }) {
  return ["receipt", "log", "plan", ...(policy?.contributors.length ? ["seed"] : [])];
}

/** Whether the rest cannot be checked before more is announced. */
const isEarly = ({ outcome }) => ["unlisted", "undrawn"].includes(outcome);

function checked(found, filled) {
  const list = element("ul", "checks");
  for (const step of STEPS) {
    const missing = step === "entry" && found.outcome === "missing";
    const done = found.done.includes(step);
    let state = isEarly(found) ? "later" : "open";
    if (found.failure && step === found.step && !OPEN.includes(found.failure.code)) state = "bad";
    if (done) state = !found.ed25519 && signedSteps(found).includes(step) ? "part" : "good";
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
  const ofDraw = isEarly(found) ? [] : ["others", "later"];
  const codes = [...found.unchecked, ...ofDraw, "people", "page"];
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

/** What the heading is about: the outcome, or what came of the place after the draw. */
function headOf(state, { step, failure, events = [] }) {
  if (state === "error" && step === "receipt" && failure.code !== "policy") return "receipt";
  const last = events.at(-1);
  return last?.revoked ? "revoked" : (last?.kind ?? state);
}

/** Fills `section` with the outcome; its heading can take the focus. */
export function showResult(section, found) {
  const { outcome, failure, events = [] } = found;
  const filled = values(found);
  const state = failure && OPEN.includes(failure.code) ? "open" : outcome;
  const head = headOf(state, found);
  const heading = element("h2", "", say(`head-${head}`, filled));
  heading.id = "verdict";
  heading.tabIndex = -1;
  const about = Object.fromEntries((failure?.about ?? []).map((value, at) => [`a${at}`, value]));
  const line = (id) => (id === "scale" ? scale(found) : element("p", "", say(id, { ...filled, ...about })));
  const later = ({ kind, at }) => element("p", "", say(`later-${kind}`, { day: at && date(at) }));
  const banners = found.unchecked.has("signatures") && !failure ? ["signatures"] : [];
  if (found.policy?.beacon.test && !failure) banners.unshift("test");
  section.replaceChildren(
    element("div", `verdict ${head === "receipt" ? state : head}`, heading, ...sentences(found).map(line), ...events.map(later)),
    ...banners.map((name) => element("p", "banner", say(`banner-${name}`))),
    element("h3", "", say("title-checked")),
    checked(found, filled),
    ...(failure ? [] : [element("h3", "", say("title-unchecked")), unchecked(found, filled)]),
    ...(found.ticket && !failure ? [numbers(found, filled)] : []),
  );
}
