// The rules of the draw that one person needs: times, seed, ticket, limits (sections 5 to 7, 16.6, 16.8).
import { H, MAC, T, ascii, hex, join, need, uint, unhex } from "./bytes.js";
import { verify } from "./note.js";

/** The drand chain quicknet; any other is a test. */
const QUICKNET = {
  chain_hash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
  genesis: 1692803367,
  mode: "drand",
  period: 3,
  public_key:
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c" +
    "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb" +
    "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
  scheme: "bls-unchained-g1-rfc9380",
};
const INSPECTION_SECONDS = 86_400; // of the first list and of a corrected one, unless the beacon is a test
export const HIDDEN = 0xffff;

export const contextOf = async ({ programme, wave }, policyDigest) =>
  hex(await H(T("wave"), uint(2, programme.length), ascii(programme), uint(4, wave), unhex(policyDigest)));

/** The times of the policy leave room for inspection, and a beacon that is no test is quicknet in all facts. */
export function checkPolicy({ times, margin, beacon, correction_shift: shift }) {
  const order = [times.t0, times.t1, times.t2, times.t3, times.t4 - margin];
  const numbers = [...Object.values(times), margin, shift, beacon.period, beacon.genesis];
  need(numbers.every(Number.isSafeInteger) && Math.min(margin, shift, beacon.period) >= 1, "policy");
  need(order.every((time, at) => at === 0 || order[at - 1] <= time) && times.t4 >= beacon.genesis, "policy");
  const real = Object.entries(QUICKNET).every(([fact, value]) => beacon[fact] === value);
  const windows = [times.t4 - times.t2, shift + margin];
  need(beacon.test === !real && (!real || Math.min(...windows) >= INSPECTION_SECONDS), "policy");
}

/** The plan has the time and the round that the policy sets, and all was fixed before that round. */
export function checkTimes({ policy, plan }, witnessed) {
  const { times, margin, beacon, correction_shift: shift } = policy;
  checkPolicy(policy);
  const drawTime = (number) => times.t4 + (number - 1) * shift;
  need(plan.plan >= 1 && plan.plan <= 1 + policy.max_corrections, "linked", "plan.json");
  const due = Math.ceil((drawTime(plan.plan) - beacon.genesis) / beacon.period) + 1;
  need(plan.t4 === drawTime(plan.plan) && plan.round === String(due), "linked", "plan.json");
  const limits = {
    "policy.json": times.t0,
    "plan.json": plan.plan === 1 ? times.t2 : drawTime(plan.plan - 1) - margin,
    "reveals.json": times.t3 + (plan.plan - 1) * shift,
  };
  for (const [name, time] of Object.entries(witnessed)) need(time <= limits[name], "late", name);
}

/** Each revealed contribution opens the commitment that its party signed before. */
async function checkContributions({ policy, plan, ctx, ed25519 }, revealed) {
  need(policy.contributors.length === plan.contributions.length, "linked", "plan.json");
  const digests = [];
  for (const [at, { name, key }] of policy.contributors.entries()) {
    const committed = plan.contributions[at];
    const message = join(T("contrib-sign"), unhex(ctx), unhex(committed.commitment));
    const good = !ed25519 || (await verify(key, message, unhex(committed.signature)));
    need(good && committed.name === name, "linked", "plan.json");
    const value = revealed.find((part) => part.name === name)?.value;
    digests.push(join([value ? 1 : 0], value ? unhex(value) : new Uint8Array(32)));
    const opening = value && hex(await H(T("contrib"), ascii(name), unhex(value)));
    need(!value || opening === committed.commitment, "linked", "reveals.json");
  }
  return digests.length ? H(T("contribs"), ...digests) : new Uint8Array(32);
}

/** The seed follows from the beacon's signature and the contributions. */
export async function checkSeed(run, reveals) {
  const { policy, plan, seed, ctx, digests } = run;
  const { beacon } = policy;
  const { signature, randomness, chain_hash: chain, contributions } = seed;
  need(seed.plan === digests["plan.json"] && seed.round === plan.round, "linked", "seed.json");
  need(chain === beacon.chain_hash && seed.test === beacon.test && seed.mode === beacon.mode, "seed");
  const revealed = reveals?.contributions ?? [];
  const names = revealed.map(({ name }) => name);
  const inOrder = policy.contributors.map(({ name }) => name).filter((name) => names.includes(name));
  need(JSON.stringify(names) === JSON.stringify(inOrder), "linked", "reveals.json");
  need(JSON.stringify(contributions) === JSON.stringify(revealed), "linked", "seed.json");
  const contributed = await checkContributions(run, revealed);
  need(hex(await H(unhex(signature))) === randomness && hex(contributed) === seed.contrib_digest, "seed");
  const sources = [unhex(chain), uint(8, seed.round), unhex(randomness), contributed];
  need(hex(await H(T("seed"), unhex(ctx), ...sources)) === seed.seed, "seed");
}

/** The ticket: the least of as many numbers as the entry has weight. */
export async function ticketOf(seed, entry, weight) {
  const numbers = [];
  for (let j = 0; j < weight; j += 1) {
    numbers.push(hex(await MAC(unhex(seed), T("ticket"), unhex(entry), [j])));
  }
  return numbers.sort()[0];
}

/**
 * All limits that hold for a mask, in the order in which pools and their steps take people: whoever has a ticket
 * not above one of them is selected.
 */
export function limitsOf(policy, row, mask) {
  return policy.pools.flatMap(({ name: pool, need: needed, order }, at) => {
    const part = row.pools[at];
    need(part.name === pool, "linked", "result.json");
    if ((mask & needed) !== needed) return [];
    const guaranteed = { pool, guaranteed: true, limit: part.masks.find((cell) => cell.mask === mask)?.close };
    const general = { pool, guaranteed: false, limit: part.cutoff };
    const limits = order === "open_first" ? [general, guaranteed] : [guaranteed, general];
    return limits.filter(({ limit }) => limit);
  });
}
