// Checks one receipt against the published folder of its wave, step by step. Nothing leaves the device but
// requests for published files.
import { Failed, H, hex, need, number, parse, text } from "./bytes.js";
import { checkFile, checkLog } from "./announced.js";
import { HIDDEN, checkPolicy, checkSeed, checkTimes, contextOf, limitsOf, ticketOf } from "./draw.js";
import { findRecord } from "./entries.js";
import { canVerify, keysHold } from "./note.js";
import { checkOpening, checkSignature, readReceipt } from "./receipt.js";

/** A list up to this size is read whole, so that its announced digest proves the part that is ours. */
const LIST_BYTES_MAX = 256 << 10;
const CAPPED = 0xffffffff;
const REASONS = ["no_purchase", "withdrawn", "ineligible", "other"];

const load = async (run, name) => parse(text(await run.read(name)));

/** Loads an announced file of this wave. */
async function loadAnnounced(run, name) {
  await checkFile(run.read, name, run.digests);
  const value = await load(run, name);
  need(value.ctx === run.ctx, "linked", name);
  return value;
}

/** The number in `start..end` of selected.bin or waitlist.bin, which has `size` bytes. */
export async function readList(run, name, size, start, end) {
  const whole = size <= LIST_BYTES_MAX;
  if (whole) await checkFile(run.read, name, run.digests);
  else run.unchecked.add("lists");
  const bytes = whole ? (await run.read(name)).subarray(start, end) : await run.read(name, start, end);
  need(bytes.length === end - start, "broken", name);
  return number(bytes);
}

const steps = {
  async receipt(run) {
    need(run.pasted.trim(), "empty");
    run.receipt = readReceipt(run.pasted);
    need(!run.nik || /^\d{16}$/.test(run.nik), "nikform");
    run.policy = await load(run, "policy.json");
    run.ctx = await contextOf(run.policy, hex(await H(await run.read("policy.json"))));
    need(run.receipt.ctx === run.ctx, "foreign");
    run.trust = run.pinned ?? run.policy;
    need(keysHold(run.trust), "keys");
    run.ed25519 = await canVerify();
    await checkSignature(run.receipt, run.trust.receipt_key ?? run.policy.receipt_key);
    if (run.nik) await checkOpening(run.receipt, run.nik);
    if (!run.ed25519) run.unchecked.add("signatures");
    if (!run.nik) run.unchecked.add("nik");
    if (!run.pinned) run.unchecked.add("keys");
  },

  async log(run) {
    const { read, policy, trust } = run;
    // Until its list is announced a wave has no plan, and nothing more than receipt and rules can be checked.
    const isListed = await read("plan.json").then(() => true, ({ code }) => code !== "absent");
    if (!isListed) {
      checkPolicy(policy);
      run.outcome = "unlisted";
      return false;
    }
    run.plan = await load(run, "plan.json");
    run.log = await checkLog(read, policy, run.plan, trust);
    run.digests = run.log.digests;
    for (const name of Object.keys(run.log.times)) await checkFile(read, name, run.digests);
    if (run.log.first > 0) run.unchecked.add("earlier");
    if (run.log.unknown.length > 0) run.unchecked.add("names");
  },

  async plan(run) {
    const { plan, digests, ctx } = run;
    need(plan.ctx === ctx && plan.policy === digests["policy.json"], "linked", "plan.json");
    need(plan.entries === digests["entries.bin"], "unannounced", "entries.bin");
    need(plan.quota === digests["quota.json"], "unannounced", "quota.json");
    checkTimes(run, run.log.times);
    run.quota = await loadAnnounced(run, "quota.json");
  },

  async entry(run, progress) {
    const { receipt } = run;
    run.record = await findRecord(run, progress);
    if (!run.record) {
      run.outcome = "missing";
      run.events = await eventsOf(run);
      return;
    }
    const fields = ["c", "region", "weight", "flags"];
    const same = fields.every((field) => receipt[field] === run.record[field]);
    const sameMask = [receipt.mask, HIDDEN].includes(run.record.mask);
    need(receipt.kind === "registered" || (same && sameMask), "record");
    if (!run.log.drawn) run.outcome = "undrawn";
  },

  async seed(run) {
    run.seed = await loadAnnounced(run, "seed.json");
    const reveals = run.policy.contributors.length ? await loadAnnounced(run, "reveals.json") : undefined;
    await checkSeed(run, reveals);
    run.ticket = await ticketOf(run.seed.seed, run.receipt.e, run.record.weight);
  },

  async result(run) {
    const { policy, plan, seed, receipt, record } = run;
    const result = await loadAnnounced(run, "result.json");
    need(result.plan === run.digests["plan.json"] && result.seed === seed.seed, "linked", "result.json");
    run.row = result.regions.find(({ code }) => code === record.region);
    run.seats = run.quota.regions.find(({ code }) => code === record.region).seats;
    const { index } = record;
    const rank = await readList(run, "waitlist.bin", 4 * plan.n, 4 * index, 4 * index + 4);
    const byte = await readList(run, "selected.bin", Math.ceil(plan.n / 8), index >> 3, (index >> 3) + 1);
    need(((byte & (0x80 >> (index & 7))) !== 0) === (rank === 0), "limits");
    const published = record.mask === HIDDEN ? 0 : record.mask;
    judge(run, rank, receipt.kind === "entered" ? receipt.mask : published);
    run.events = await eventsOf(run);
  },
};

/** What was announced of the holder's place after the draw, in its order. */
async function eventsOf(run) {
  const { e } = run.receipt;
  const events = [];
  if (run.digests["corrections.json"]) {
    const { granted } = await loadAnnounced(run, "corrections.json");
    if (granted.some((part) => part.e === e)) events.push({ kind: "granted" });
  }
  for (const name of run.log.batches) {
    for (const part of (await loadAnnounced(run, name)).revocations) {
      need(REASONS.includes(part.reason), "broken", name);
      if (part.e === e) events.push({ kind: part.reason, at: part.at, revoked: true });
      if (part.replaced_by === e) events.push({ kind: "follows", at: part.at });
    }
  }
  return events;
}

/** The outcome; fails if what is listed does not follow from ticket and limits. */
function judge(run, rank, mask) {
  const { policy, record, row, ticket } = run;
  if (rank === CAPPED) {
    need(policy.household_cap > 0 && /[^0]/.test(record.household), "limits");
    run.outcome = "household_cap";
    return;
  }
  Object.assign(run, { rank, mask, waiting: row.n - row.selected });
  run.limits = limitsOf(policy, row, mask);
  const passed = run.limits.find(({ limit }) => ticket <= limit);
  const within = passed !== undefined;
  // The limit of guaranteed seats is not public for a hidden class, so above the others the list decides.
  run.closed = record.mask === HIDDEN && !within;
  need(run.closed || within === (rank === 0), "limits");
  need(rank <= run.waiting, "limits");
  const highest = (one, other) => (one && one.limit > other.limit ? one : other);
  run.limit = passed ?? run.limits.reduce(highest, undefined);
  run.outcome = rank === 0 ? "selected" : "waitlist";
}

/**
 * Checks the receipt `pasted` with the folder `read`; `nik` and `pinned` keys may be absent. Says what it does by
 * `progress(step, at, of)`. Gives everything found: `outcome`, the `done` steps, and the set `unchecked`; an
 * outcome "error" has the `step`, and the `failure` with its code.
 */
export async function check(input, progress = () => {}) {
  const run = { ...input, done: [], unchecked: new Set() };
  for (const [step, act] of Object.entries(steps)) {
    run.step = step;
    progress(step);
    try {
      const isDone = await act(run, (at, of) => progress(step, at, of));
      if (isDone !== false) run.done.push(step);
    } catch (error) {
      run.failure = error instanceof Failed ? error : new Failed("broken", error.message);
      return Object.assign(run, { outcome: "error" });
    }
    if (run.outcome) break;
  }
  return run;
}

export const STEPS = Object.keys(steps);
