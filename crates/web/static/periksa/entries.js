// Finds a record of entries.bin without loading it, and proves that the announced tree has it.
import { hex, need, number, uint } from "./bytes.js";
import { leafHash, rootWith } from "./merkle.js";

const SIZE = 64;
const BLOCK = 256; // records read at once, 16 KiB

/** The order of the list: by region, then by entry. */
const keyOf = (record) => hex(record.subarray(48, 50)) + hex(record.subarray(0, 16));

/** The records of a block. */
async function readBlock({ read, plan }, block) {
  const start = block * BLOCK;
  const end = Math.min(start + BLOCK, plan.n);
  const bytes = await read("entries.bin", start * SIZE, end * SIZE);
  need(bytes.length === (end - start) * SIZE, "broken", "entries.bin");
  return Array.from({ length: end - start }, (_, at) => bytes.subarray(at * SIZE, (at + 1) * SIZE));
}

const readRecord = async (run, index) => (await readBlock(run, Math.floor(index / BLOCK)))[index % BLOCK];

/** Where an entry of the region probably is: entries are random numbers, and quota.json has the counts. */
function guess({ quota }, region, entry) {
  const rows = quota.regions.filter(({ code }) => code <= region);
  const total = rows.reduce((sum, { records }) => sum + records, 0);
  const own = rows.at(-1)?.code === region ? rows.at(-1).records : 0;
  return total - own + Math.floor((own * parseInt(entry.slice(0, 8), 16)) / 2 ** 32);
}

/** The index of the first record that is not before the key: near the guess, then in growing steps. */
async function seek(run, key, near) {
  let [low, high, step] = [0, Math.ceil(run.plan.n / BLOCK), 1];
  let block = Math.floor(near / BLOCK);
  while (low < high) {
    block = Math.max(low, Math.min(block, high - 1));
    const keys = (await readBlock(run, block)).map(keyOf);
    const place = keys.findIndex((one) => one >= key);
    if (place > 0 || keys[0] === key) return block * BLOCK + place;
    if (place === 0) [high, block] = [block, block - step];
    else [low, block] = [block + 1, block + step];
    step *= 2;
  }
  return Math.min(low * BLOCK, run.plan.n);
}

/** Fails unless the records at these places lead to the root of the plan. */
async function prove(run, indexes) {
  const { plan, read } = run;
  const known = new Map();
  for (const index of indexes) known.set(index, await leafHash(await readRecord(run, index)));
  const root = await rootWith({ path: "tree", size: plan.n, read }, known);
  need(hex(root) === plan.root, "tree");
}

async function find(run, region, entry) {
  const key = hex(uint(2, region)) + entry;
  const index = await seek(run, key, guess(run, region, entry));
  const found = index < run.plan.n && keyOf(await readRecord(run, index)) === key;
  return { index, found };
}

/**
 * The proven record of the receipt, or undefined if it is not in the list: then the two neighbours between which
 * it would stand are proven. Checks may have moved a registered person to another region (16.9), and a lie anybody.
 */
export async function findRecord(run, progress) {
  const { e, region } = run.receipt;
  let place = await find(run, region, e);
  const around = [place.index - 1, place.index].filter((index) => index >= 0 && index < run.plan.n);
  const others = place.found ? [] : run.quota.regions;
  for (const [at, { code, records }] of others.entries()) {
    if (place.found) break;
    progress(at + 1, others.length);
    if (records > 0) place = await find(run, code, e);
  }
  await prove(run, place.found ? [place.index] : around);
  if (!place.found) return undefined;
  const record = await readRecord(run, place.index);
  const [mask, weight, flags] = [number(record.subarray(50, 52)), record[52], record[53]];
  const code = number(record.subarray(48, 50));
  const c = hex(record.subarray(16, 48));
  return { index: place.index, c, region: code, mask, weight, flags, household: hex(record.subarray(54, 62)) };
}
