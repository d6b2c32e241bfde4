// The golden folders of the draw for tests: their files, their keys, and receipts for everyone in them.
//
// All secrets are made from public labels, see README.md beside the folders.
import { createHash, createHmac, createPrivateKey, sign } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const PAGE = join(root, "crates/web/static/periksa");
export const GOLDEN = join(root, "crates/publication/tests/golden");

/** The folders and the label of K in each. */
export const FOLDERS = {
  "01-tiny-worked-example": "public test K golden 1",
  "02-pools-guarantees/previous": "public test K golden 2",
  "02-pools-guarantees": "public test K golden 2b",
  "03-household-weights-openfirst": "public test K golden 3",
};

const AFTER_THE_PLAN = ["reveals.json", "seed.json", "result.json", "selected.bin", "waitlist.bin", "corrections.json", "revoked.json"];

export const T = (name) => Buffer.from(`selection/v1/${name}\0`);
export const H = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const MAC = (key, ...parts) => createHmac("sha256", key).update(Buffer.concat(parts)).digest();
const bytes = (text) => Buffer.from(text, "hex");

export function uint(size, number) {
  const written = Buffer.alloc(size);
  written.writeUIntBE(number, 0, size);
  return written;
}

/** Signs with the test key of that name. */
export function signAs(name, message) {
  const secret = H(Buffer.from(`public test key: ${name}`));
  const der = Buffer.concat([bytes("302e020100300506032b657004220420"), secret]);
  return sign(null, message, createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
}

/** All files of a folder by their name in it. */
export function readFolder(name) {
  const folder = join(GOLDEN, name);
  const paths = readdirSync(folder, { recursive: true }).map((path) => join(folder, path));
  const files = paths.filter((path) => statSync(path).isFile());
  return new Map(files.map((path) => [relative(folder, path), readFileSync(path)]));
}

/** The keys to pin, as the file that a witness would hand out. */
export function keysOf(files) {
  const { log, witnesses, quorum, receipt_key } = JSON.parse(files.get("policy.json"));
  return { log, witnesses, quorum, receipt_key };
}

/** A golden folder with what its people need to have receipts. */
export class Wave {
  constructor(name) {
    this.name = name;
    this.files = readFolder(name);
    this.policy = JSON.parse(this.files.get("policy.json"));
    const programme = Buffer.from(this.policy.programme);
    const digest = H(this.files.get("policy.json"));
    this.ctx = H(T("wave"), uint(2, programme.length), programme, uint(4, this.policy.wave), digest);
    this.key = H(Buffer.from(FOLDERS[name]));
  }

  entry(nik) {
    return MAC(this.key, T("entry"), this.ctx, Buffer.from(nik)).subarray(0, 16);
  }

  /** The same list under a changed policy, up to its plan; nothing is drawn. Receipts must be "registered". */
  under(edit) {
    const other = Object.assign(Object.create(Wave.prototype), this, { files: new Map(this.files) });
    other.policy = structuredClone(this.policy);
    edit(other.policy);
    const set = (name, fields) => {
      const value = name === "policy.json" ? other.policy : { ...JSON.parse(other.files.get(name)), ...fields };
      other.files.set(name, Buffer.from(JSON.stringify(value)));
      return H(other.files.get(name));
    };
    const policy = set("policy.json");
    const programme = Buffer.from(other.policy.programme);
    other.ctx = H(T("wave"), uint(2, programme.length), programme, uint(4, other.policy.wave), policy);
    const ctx = other.ctx.toString("hex");
    const { beacon, times } = other.policy;
    const round = String(Math.ceil((times.t4 - beacon.genesis) / beacon.period) + 1);
    const quota = set("quota.json", { ctx }).toString("hex");
    set("plan.json", { ctx, policy: policy.toString("hex"), quota, round, t4: times.t4 });
    for (const name of AFTER_THE_PLAN) other.files.delete(name);
    return other;
  }

  /** A signed receipt, as text; `about` has region, mask, weight and flags, and e if it is not made from the NIK. */
  receipt(nik, about, kind = "entered", registered_at = this.policy.times.t1 - 1000) {
    const { region, mask, weight, flags } = about;
    const e = about.e ? bytes(about.e) : this.entry(nik);
    const r = MAC(H(Buffer.from("public test blinding")), this.ctx, Buffer.from(nik));
    const rest = Buffer.concat([uint(2, region), uint(2, mask), uint(1, weight), uint(1, flags)]);
    const c = H(T("commit"), this.ctx, r, e, rest, Buffer.from(nik));
    const kindByte = uint(1, Number(kind === "entered"));
    const time = Buffer.concat([uint(2, 0), uint(6, registered_at)]);
    const signature = signAs("receipts", Buffer.concat([T("receipt"), this.ctx, kindByte, e, c, r, rest, time]));
    const hex = Object.entries({ c, ctx: this.ctx, e, r, signature });
    const written = { ...Object.fromEntries(hex.map(([field, value]) => [field, value.toString("hex")])) };
    Object.assign(written, { flags, kind, mask, region, registered_at, version: 1, weight });
    return JSON.stringify(written, Object.keys(written).sort());
  }

  /** Everyone in the list: NIK, receipt, and the line of expected.txt. */
  people() {
    const lines = this.files.get("expected.txt").toString().trim().split("\n").map((line) => line.split(" "));
    const expected = new Map(lines.map((line) => [line[2], line]));
    const entries = this.files.get("entries.bin");
    const rows = this.files.get("people.csv").toString().trim().split("\n").slice(1);
    return rows.map((row) => {
      const [nik, region, mask, weight] = row.split(",").map((cell, at) => (at === 0 ? cell : Number(cell)));
      const [index, , e, , , ticket, outcome, rank] = expected.get(this.entry(nik).toString("hex"));
      const flags = entries[64 * index + 53];
      const receipt = this.receipt(nik, { region, mask, weight, flags });
      return { nik, e, index: Number(index), region, mask, weight, flags, ticket, outcome, rank: Number(rank ?? 0), receipt };
    });
  }
}
