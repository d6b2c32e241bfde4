// What the announcement log says of this wave: which files, in one version, and when (16.7, 16.8).
import { H, T, ascii, hex, join, need, number, text, uint } from "./bytes.js";
import { leafHash, rootWith, tilePath } from "./merkle.js";
import { readCheckpoint } from "./note.js";

const BUNDLE = 256;
const EARLIER_MAX = 4; // bundles read ahead of that with the policy, some 100 KB
const REVISED = ["entries.bin", "quota.json", "plan.json"]; // a correction replaces them
const FINAL = ["policy.json", "reveals.json", "seed.json", "result.json", "selected.bin", "waitlist.bin", "corrections.json"];
const HOURLY = "registration-checkpoint"; // announced many times, and no file of the folder

/** The place in the log that a tlog-proof names, and the checkpoint under it. */
async function readProof(read, name, trust) {
  const where = `proofs/${name}.tlog-proof`;
  const proof = text(await read(where));
  const end = proof.indexOf("\n\n");
  const head = /^c2sp\.org\/tlog-proof@v1\nindex (0|[1-9]\d{0,14})(\n\S+)*$/.exec(proof.slice(0, end));
  need(head, "note", where);
  // The hashes of the proof are not needed: the same is computed from the tiles of the log.
  return { where, index: Number(head[1]), ...(await readCheckpoint(proof.slice(end + 2), trust, where)) };
}

/** The entries of the log from the bundle with entry `first` to the end, by their place. */
async function readEntries(read, first, size) {
  const entries = new Map();
  for (let bundle = Math.floor(first / BUNDLE); bundle * BUNDLE < size; bundle += 1) {
    const width = Math.min(BUNDLE, size - bundle * BUNDLE);
    const data = await read(`log/tile/${tilePath("entries", bundle, width)}`);
    for (let place = 0, at = 0; place < width; place += 1) {
      const end = at + 2 + number(data.subarray(at, at + 2));
      entries.set(bundle * BUNDLE + place, data.subarray(at + 2, end));
      at = end;
    }
  }
  return entries;
}

/** The announced digests of this wave's files, name -> [[place, digest]], in the order of the log. */
function ownEntries(policy, entries) {
  const programme = ascii(policy.programme);
  const prefix = hex(join(T("file"), uint(2, programme.length), programme, uint(4, policy.wave)));
  const announced = new Map();
  for (const [place, entry] of entries) {
    if (!hex(entry).startsWith(prefix)) continue;
    const rest = entry.subarray(prefix.length / 2);
    need(rest.length === 33 + rest[0], "broken", `log ${place}`);
    const name = text(rest.subarray(1, -32));
    announced.set(name, [...(announced.get(name) ?? []), [place, hex(rest.subarray(-32))]]);
  }
  return announced;
}

/** The names of the announced files of revocations, which are numbered without gaps. */
function batchesOf(announced) {
  const names = [];
  for (let name = "revoked.json"; announced.has(name); name = `revoked.${names.length + 1}.json`) names.push(name);
  return names;
}

/** Fails if a file has more versions than it may. Only plans are counted; the same digest may stand again. */
function checkVersions(announced, plan) {
  const opened = announced.get("policy.json")?.[0][0];
  for (const [place] of announced.get(HOURLY) ?? []) need(place > opened, "early");
  const revealed = announced.get("reveals.json")?.[0][0] ?? Infinity;
  for (const name of REVISED) {
    const all = announced.get(name) ?? [];
    const last = all.find(([, digest]) => digest === all.at(-1)[1]);
    need(!last || last[0] < revealed, "revealed", name);
  }
  const count = (name) => new Set(announced.get(name)?.map(([, digest]) => digest)).size;
  need(count("plan.json") === plan.plan, "versions", "plan.json");
  for (const name of announced.keys()) {
    need(name === HOURLY || REVISED.includes(name) || count(name) === 1, "versions", name);
  }
}

/**
 * Checks the log to its end, from its beginning or, if that is too far, from the bundle with this wave's policy; and
 * the checkpoints under the proofs of the files whose time counts. Gives the digest that holds for each file, when
 * each of these was witnessed, the first entry that was read, whether the wave was drawn, its batches of
 * revocations, and what else was announced under names that the rules do not know.
 */
export async function checkLog(read, policy, plan, trust) {
  const latest = await readCheckpoint(text(await read("log/checkpoint")), trust, "log/checkpoint");
  const policyProof = await readProof(read, "policy.json", trust);
  const own = Math.floor(policyProof.index / BUNDLE);
  const first = own > EARLIER_MAX ? own * BUNDLE : 0;
  const entries = await readEntries(read, first, latest.size);
  const announced = ownEntries(policy, entries);
  const drawn = announced.has("seed.json") || announced.has("result.json");
  const revealed = policy.contributors.length > 0 && (drawn || announced.has("reveals.json"));
  const others = ["plan.json", ...(revealed ? ["reveals.json"] : [])];
  const proofs = [policyProof, ...(await Promise.all(others.map((name) => readProof(read, name, trust))))];
  const leaves = await Promise.all([...entries.values()].map(leafHash));
  const places = [...entries.keys()];
  const tree = { path: "log", size: latest.size, read };
  for (const { where, size, root } of [{ where: "log/checkpoint", ...latest }, ...proofs]) {
    need(size <= latest.size, "log", where);
    const known = new Map(places.map((place, at) => [place, leaves[at]]).filter(([place]) => place < size));
    need(hex(await rootWith(tree, known, size)) === root, "log", where);
  }
  checkVersions(announced, plan);
  const digests = Object.fromEntries([...announced].map(([name, versions]) => [name, versions.at(-1)[1]]));
  const times = {};
  for (const [at, name] of ["policy.json", ...others].entries()) {
    const { index, size, time } = proofs[at];
    const found = announced.get(name)?.some(([place, digest]) => place === index && digest === digests[name]);
    need(found && index < size, "unannounced", name);
    times[name] = time;
  }
  const batches = batchesOf(announced);
  const known = [...REVISED, ...FINAL, HOURLY, ...batches];
  const unknown = [...announced.keys()].filter((name) => !known.includes(name));
  return { digests, times, first, drawn, batches, unknown, witnesses: latest.witnesses };
}

/** Fails unless the log's last word about a file is the file that was read. */
export async function checkFile(read, name, digests) {
  need(hex(await H(await read(name))) === digests[name], "unannounced", name);
}
