// Announces a folder anew, with the test keys of log and witnesses: for tests of what an operator could sign.
import { join } from "node:path";
import { H, PAGE, T, signAs, uint } from "./golden.mjs";

const { tilePath } = await import(join(PAGE, "merkle.js"));

const hash = (node) => H(Buffer.of(0), node);

/** The root by the recursion of RFC 6962, as a reference. */
export function rootOf(leaves) {
  if (leaves.length <= 1) return leaves[0] ?? H();
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return H(Buffer.of(1), rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

/** The files of a folder that are announced, in order, and by when. */
function schedule({ policy, files }) {
  const { t0, t2, t3, t4 } = policy.times;
  const due = { "policy.json": t0, "entries.bin": t2, "quota.json": t2, "plan.json": t2, "reveals.json": t3 };
  const names = [...Object.keys(due), "seed.json", "result.json", "selected.bin", "waitlist.bin", "corrections.json", "revoked.json"];
  return names.filter((name) => files.has(name)).map((name) => [name, due[name] ?? t4 + 60]);
}

/** The tiles of a tree, by path. */
export function tilesOf(leaves, folder = "tree") {
  const tiles = new Map();
  for (let level = 0, row = leaves; row.length > 0; level += 1) {
    const complete = [];
    for (let at = 0; at < row.length; at += 256) {
      const part = row.slice(at, at + 256);
      tiles.set(`${folder}/tile/${tilePath(level, at / 256, part.length)}`, Buffer.concat(part));
      if (part.length === 256) complete.push(rootOf(part));
    }
    row = complete;
  }
  return tiles;
}

function signatureLine(name, kind, key, message, time = Buffer.alloc(0)) {
  const id = H(Buffer.from(`${name}\n`), Buffer.of(kind), Buffer.from(key, "hex")).subarray(0, 4);
  const signed = Buffer.concat([id, time, signAs(kind === 1 ? "log" : name, message)]);
  return `\u2014 ${name} ${signed.toString("base64")}\n`;
}

/** A checkpoint over leaves, signed by the log and cosigned at `time`. */
function checkpoint({ log, witnesses }, leaves, time, count) {
  const body = `${log.origin}\n${leaves.length}\n${rootOf(leaves).toString("base64")}\n`;
  let note = `${body}\n${signatureLine(log.origin, 1, log.key, Buffer.from(body))}`;
  for (const { name, key } of witnesses.slice(0, count)) {
    const message = Buffer.from(`cosignature/v1\ntime ${time}\n${body}`);
    note += signatureLine(name, 4, key, message, Buffer.concat([uint(4, 0), uint(4, time)]));
  }
  return note;
}

/**
 * The files of a wave's folder, with some changed, under a log made anew. `times` are other times of witnesses;
 * `again` names a file of which another version is announced before, `without` one that is not announced, `misplaced`
 * one whose proof is of another entry; `forked` gives the plan's checkpoint another log. `first` and `last` list
 * [name, data] to announce before and after all, `others` is how many entries of other offices come between `first` and these, and
 * `rest` what stands after the wave's prefix in a last entry.
 */
export function announce(wave, changed = {}, how = {}) {
  const { times = {}, witnesses = 3, again, without, misplaced, forked, first = [], last = [], others = 0, rest } = how;
  const { policy } = wave;
  const files = new Map([...wave.files, ...Object.entries(changed)]);
  const programme = Buffer.from(policy.programme);
  const prefix = Buffer.concat([T("file"), uint(2, programme.length), programme, uint(4, policy.wave)]);
  const entryOf = (name, data) => Buffer.concat([prefix, uint(1, name.length), Buffer.from(name), H(data)]);
  const entries = [Buffer.from("another office's entry")];
  for (const [name, data] of first) entries.push(entryOf(name, data));
  for (let at = 0; at < others; at += 1) entries.push(Buffer.from(`another office's entry ${at}`));
  for (const [name, due] of schedule(wave)) {
    if (name === again) entries.push(entryOf(name, Buffer.from("another version")));
    if (name !== without) entries.push(entryOf(name, files.get(name)));
    const leaves = entries.map(hash);
    if (forked && name === "plan.json") leaves[0] = H();
    const index = entries.length - (name === misplaced ? 2 : 1);
    const note = checkpoint(policy, leaves, times[name] ?? due, witnesses);
    files.set(`proofs/${name}.tlog-proof`, Buffer.from(`c2sp.org/tlog-proof@v1\nindex ${index}\n\n${note}`));
  }
  for (const [name, data] of last) entries.push(entryOf(name, data ?? files.get(name)));
  if (rest) entries.push(Buffer.concat([prefix, rest]));
  const leaves = entries.map(hash);
  files.set("log/checkpoint", Buffer.from(checkpoint(policy, leaves, policy.times.t4 + 90, witnesses)));
  for (const [path, tile] of tilesOf(leaves, "log")) files.set(path, tile);
  for (let at = 0; at < entries.length; at += 256) {
    const part = entries.slice(at, at + 256);
    const bundle = part.flatMap((entry) => [uint(2, entry.length), entry]);
    files.set(`log/tile/${tilePath("entries", at / 256, part.length)}`, Buffer.concat(bundle));
  }
  return files;
}
