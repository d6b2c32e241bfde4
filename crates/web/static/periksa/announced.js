// What the announcement log says of this wave: which files, in one version, and when (16.7, 16.8).
import { H, T, ascii, hex, join, need, number, text, uint } from "./bytes.js";
import { leafHash, rootWith, tilePath } from "./merkle.js";
import { readCheckpoint } from "./note.js";

const BUNDLE = 256;
const REVISED = ["entries.bin", "quota.json", "plan.json"]; // a correction replaces them
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

/**
 * Checks the log from this wave's policy to its end, and the checkpoints under the proofs of the files in `timed`.
 * Gives the digest that holds for each file, and when each timed one was witnessed.
 */
export async function checkLog(read, policy, plan, trust, timed) {
  const latest = await readCheckpoint(text(await read("log/checkpoint")), trust, "log/checkpoint");
  const proofs = await Promise.all(timed.map((name) => readProof(read, name, trust)));
  const entries = await readEntries(read, proofs[0].index, latest.size);
  const leaves = await Promise.all([...entries.values()].map(leafHash));
  const places = [...entries.keys()];
  const tree = { path: "log", size: latest.size, read };
  for (const { where, size, root } of [{ where: "log/checkpoint", ...latest }, ...proofs]) {
    need(size <= latest.size, "log", where);
    const known = new Map(places.map((place, at) => [place, leaves[at]]).filter(([place]) => place < size));
    need(hex(await rootWith(tree, known, size)) === root, "log", where);
  }
  const announced = ownEntries(policy, entries);
  need(announced.get("plan.json")?.length === plan.plan, "versions", "plan.json");
  const digests = {};
  for (const [name, versions] of announced) {
    const most = REVISED.includes(name) ? plan.plan : 1;
    need(name === HOURLY || versions.length <= most, "versions", name);
    digests[name] = versions.at(-1)[1];
  }
  const times = {};
  for (const [at, name] of timed.entries()) {
    const { index, size, time } = proofs[at];
    const own = announced.get(name)?.some(([place, digest]) => place === index && digest === digests[name]);
    need(own && index < size, "unannounced", name);
    times[name] = time;
  }
  return { digests, times, size: latest.size, witnesses: latest.witnesses };
}

/** Fails unless the log's last word about a file is the file that was read. */
export async function checkFile(read, name, digests) {
  need(hex(await H(await read(name))) === digests[name], "unannounced", name);
}
