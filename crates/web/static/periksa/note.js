// Ed25519, and checkpoints: signed notes with the cosignatures of witnesses (C2SP).
import { Failed, H, ascii, hex, join, need, number, unbase64, unhex } from "./bytes.js";

const LOG = 1;
const WITNESS = 4;
const importKey = (key) => crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);

/** Whether this browser has Ed25519; the key is the base point of the curve. */
export const canVerify = () => importKey(unhex("58" + "66".repeat(31))).then(() => true, () => false);

/** Whether a signature is good; undefined in a browser that cannot tell. */
export async function verify(key, message, signature) {
  if (!(await canVerify())) return undefined;
  try {
    return await crypto.subtle.verify("Ed25519", await importKey(unhex(key)), signature, message);
  } catch {
    return false; // the key is no point of the curve
  }
}

/** Whether the keys of log and witnesses are there, differ, and can make up the quorum. */
export function keysHold({ log, witnesses, quorum, receipt_key }) {
  const keys = [log.key, ...witnesses.map(({ key }) => key)];
  const names = [log.origin, ...witnesses.map(({ name }) => name)];
  const good = [...keys, receipt_key ?? log.key].every((key) => /^[0-9a-f]{64}$/.test(key));
  const differ = [keys, names].every((one) => new Set(one).size === one.length);
  return good && differ && log.origin && quorum >= 1 && quorum <= witnesses.length;
}

/** Reads a file of keys to trust: as in a policy, `log`, `witnesses`, `quorum`, and perhaps `receipt_key`. */
export function readKeys(json) {
  let keys;
  try {
    keys = JSON.parse(json);
    need(keysHold(keys));
  } catch {
    throw new Failed("keys");
  }
  return keys;
}

/** Who signed a line, and the time if it was a witness; fails unless the signature is good. */
async function readSignature(line, body, trust, where) {
  const [dash, name, letters, ...more] = line.split(" ");
  need(dash === "\u2014" && letters && !more.length, "note", where);
  const signature = unbase64(letters, where);
  const known = [[LOG, trust.log.origin, trust.log.key]];
  for (const witness of trust.witnesses) known.push([WITNESS, witness.name, witness.key]);
  for (const [kind, knownName, key] of known) {
    if (name !== knownName) continue;
    const id = await H(ascii(`${name}\n`), [kind], unhex(key));
    if (hex(id.subarray(0, 4)) !== hex(signature.subarray(0, 4))) continue;
    need(signature.length === (kind === LOG ? 68 : 76), "note", where);
    const time = kind === LOG ? undefined : number(signature.subarray(4, 12));
    const head = kind === LOG ? [] : ascii(`cosignature/v1\ntime ${time}\n`);
    const good = await verify(key, join(head, ascii(body)), signature.subarray(-64));
    need(good !== false, "note", where);
    return { signer: `${kind} ${name}`, time };
  }
  throw new Failed("stranger", where);
}

/** Reads a checkpoint that log and witnesses have signed; its time is when the quorum was complete. */
export async function readCheckpoint(note, trust, where) {
  const end = note.indexOf("\n\n") + 1;
  const body = note.slice(0, end);
  const [origin, size, root, last, ...more] = body.split("\n");
  need(origin === trust.log.origin, "stranger", where);
  need(/^(0|[1-9]\d{0,14})$/.test(size) && last === "" && !more.length, "note", where);
  need(note.endsWith("\n"), "note", where);
  const lines = note.slice(end + 1, -1).split("\n");
  const signatures = await Promise.all(lines.map((line) => readSignature(line, body, trust, where)));
  const signers = new Set(signatures.map(({ signer }) => signer));
  need(signers.size === lines.length && signers.has(`${LOG} ${origin}`), "note", where);
  const times = signatures.flatMap(({ time }) => time ?? []).sort((one, other) => one - other);
  need(times.length >= trust.quorum, "quorum", where, times.length, trust.quorum);
  return { size: Number(size), root: hex(unbase64(root, where)), time: times[trust.quorum - 1], witnesses: times.length };
}
