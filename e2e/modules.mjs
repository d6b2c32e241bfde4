// Runs the modules of the page that checks a draw in node, over the golden folders: node e2e/modules.mjs
//
// Everyone in the folders has a receipt made and must get the outcome of expected.txt. Then receipts and folders
// are broken in every way that a phone can see. Ends with status 1 and the list of faults if there are any.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { announce, rootOf, tilesOf } from "./announcer.mjs";
import { FOLDERS, H, PAGE, Wave, keysOf } from "./golden.mjs";

const { Failed, hex } = await import(join(PAGE, "bytes.js"));
const { findRecord } = await import(join(PAGE, "entries.js"));
const { rootWith, tilePath } = await import(join(PAGE, "merkle.js"));
const { check, readList } = await import(join(PAGE, "verify.js"));

const faults = [];
const expect = (holds, fault) => holds || faults.push(fault);
let checks = 0;

/** Reads from a map of files, some of them replaced. */
const reader = (files, changed = {}, read = () => {}) => async (name, start, end) => {
  read(name);
  const file = changed[name] ?? files.get(name);
  if (!file) throw new Failed("absent", name);
  return new Uint8Array(file.subarray(start, end));
};

function outcomeOf(wave, pasted, more = {}) {
  checks += 1;
  return check({ pasted, read: reader(wave.files), pinned: keysOf(wave.files), ...more });
}

const told = ({ outcome, failure }) => (failure ? `${outcome} ${failure.message}` : outcome);

/** Goal: all receipts of a folder; method: outcome, rank, ticket and place against expected.txt. */
async function everyone(wave) {
  for (const person of wave.people()) {
    const run = await outcomeOf(wave, person.receipt, { nik: person.nik });
    const rank = person.outcome === "waitlist" ? run.rank === person.rank : true;
    const same = run.outcome === person.outcome && rank && run.ticket === person.ticket;
    expect(same && run.record.index === person.index, `${wave.name} ${person.nik}: ${told(run)}`);
  }
  for (const [name, file] of wave.files) {
    if (!name.startsWith("receipts/")) continue;
    const nik = name.slice(9, 25);
    const person = wave.people().find((one) => one.nik === nik);
    const run = await outcomeOf(wave, file.toString(), { nik });
    expect(run.outcome === person.outcome, `${wave.name} ${name}: ${told(run)}`);
  }
}

/** Goal: who is not in the list is told so, with proof; a mover is found, and a lie about the region; another NIK is not. */
async function outsiders(wave) {
  const { regions } = wave.policy;
  for (const [at, { code }] of regions.entries()) {
    const class_ = { region: code, mask: 0, weight: 1, flags: 0 };
    for (const kind of ["registered", "entered"]) {
      const run = await outcomeOf(wave, wave.receipt(`123456789012345${at}`, class_, kind));
      expect(run.outcome === "missing", `${wave.name} stranger of ${code}: ${told(run)}`);
    }
  }
  const [person] = wave.people();
  const other = regions.find(({ code }) => code !== person.region);
  if (other) {
    const moved = wave.receipt(person.nik, { ...person, region: other.code }, "registered");
    const run = await outcomeOf(wave, moved, { nik: person.nik });
    expect(run.outcome === person.outcome, `${wave.name} mover: ${told(run)}`);
    const lie = await outcomeOf(wave, wave.receipt(person.nik, { ...person, region: other.code }));
    expect(lie.failure?.code === "record", `${wave.name} record in another region: ${told(lie)}`);
  }
  const run = await outcomeOf(wave, person.receipt, { nik: "1234567890123456" });
  expect(run.failure?.code === "nik", `${wave.name} another NIK: ${told(run)}`);
  const class_ = await outcomeOf(wave, wave.receipt(person.nik, { ...person, weight: person.weight + 1 }));
  expect(class_.failure?.code === "record", `${wave.name} another class: ${told(class_)}`);
}

/** Goal: every field of a receipt counts, and so does its form. */
async function tampered(wave) {
  const [{ receipt }] = wave.people();
  const fields = JSON.parse(receipt);
  for (const [field, value] of Object.entries(fields)) {
    const hex = typeof value === "string" && value.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const changed = field === "kind" ? "registered" : hex || value + 1;
    const run = await outcomeOf(wave, JSON.stringify({ ...fields, [field]: changed }));
    const codes = { version: "form", ctx: "foreign" };
    expect(run.failure?.code === (codes[field] ?? "signature"), `${wave.name} ${field}: ${told(run)}`);
    const { [field]: gone, ...rest } = fields;
    const less = await outcomeOf(wave, JSON.stringify(rest));
    expect(less.failure?.code === "form", `${wave.name} without ${field}: ${told(less)}`);
  }
  for (const text of ["", " \n"]) {
    const run = await outcomeOf(wave, text);
    expect(run.failure?.code === "empty", `${wave.name} empty: ${told(run)}`);
  }
  for (const text of ["{", receipt.slice(0, -1), receipt.replace("{", '{"a":1,'), receipt.replace(/"mask":/, '"mask":0,"mask":')]) {
    const run = await outcomeOf(wave, text);
    expect(run.failure?.code === "form", `${wave.name} form: ${told(run)}`);
  }
  const wrapped = await outcomeOf(wave, ` ${receipt.replaceAll(",", ",\n ")}\n`);
  expect(!wrapped.failure, `${wave.name} wrapped by pasting: ${told(wrapped)}`);
}

/** Which bytes of a file a check uses: all, but for hashes of proofs and the leaf that is ours. */
function usedBytes(name, file, index) {
  const all = [...file.keys()];
  if (name.startsWith("proofs/")) {
    const text = file.toString();
    const hashes = text.indexOf("\n", text.indexOf("\n") + 1) + 1;
    return all.filter((at) => at < hashes || at >= text.indexOf("\n\n"));
  }
  if (name === "entries.bin") return all.filter((at) => Math.floor(at / 64) === index);
  const leaf = /^tree\/tile\/0\/(\d+)/.exec(name);
  if (leaf) return all.filter((at) => Number(leaf[1]) * 256 + Math.floor(at / 32) !== index);
  if (name.startsWith("log/tile/0")) return [];
  return all;
}

/** Goal: no used byte of the folder can change unseen; method: a flipped bit in every `stride`-th byte. */
async function flipped(wave, stride) {
  const person = wave.people().at(-1);
  const names = new Set();
  await outcomeOf(wave, person.receipt, { read: reader(wave.files, {}, (name) => names.add(name)) });
  expect(names.size > 10, `${wave.name}: only ${names.size} files were read`);
  for (const name of names) {
    const file = wave.files.get(name);
    const used = usedBytes(name, file, person.index);
    for (let at = used.length - 1; at >= 0; at -= stride) {
      const changed = Buffer.from(file);
      changed[used[at]] ^= 1 << (at % 8);
      const run = await outcomeOf(wave, person.receipt, { read: reader(wave.files, { [name]: changed }) });
      expect(run.outcome === "error", `${wave.name} ${name} byte ${used[at]}: ${told(run)}`);
    }
    const run = await outcomeOf(wave, person.receipt, { read: reader(wave.files, { [name]: Buffer.alloc(0) }) });
    expect(run.outcome === "error" || name.startsWith("log/tile/0"), `${wave.name} ${name} emptied: ${told(run)}`);
  }
}

/** Goal: the wrong keys, too few witnesses, another wave's folder. */
async function distrusted(wave, other) {
  const [{ receipt }] = wave.people();
  const foreign = await outcomeOf(wave, receipt, { read: reader(other.files) });
  expect(foreign.failure?.code === "foreign", `${wave.name} receipt with another folder: ${told(foreign)}`);
  const keys = keysOf(wave.files);
  const unlike = (key) => key.replace(/^./, (first) => (first === "0" ? "1" : "0"));
  const cases = {
    stranger: { ...keys, log: { ...keys.log, key: unlike(keys.log.key) } },
    quorum: { ...keys, quorum: 5 },
    signature: { ...keys, receipt_key: unlike(keys.receipt_key) },
    keys: { ...keys, quorum: 0 },
  };
  const [first, ...others] = keys.witnesses;
  const twice = [
    { ...keys, witnesses: [{ ...first, key: keys.log.key }, ...others] },
    { ...keys, witnesses: [{ ...first, name: keys.log.origin }, ...others] },
    { ...keys, witnesses: [{ ...first, key: others[0].key }, ...others] },
  ];
  for (const [code, pinned] of [...Object.entries(cases), ...twice.map((one) => ["keys", one])]) {
    const run = await outcomeOf(wave, receipt, { pinned });
    expect(run.failure?.code === code, `${wave.name} ${code}: ${told(run)}`);
  }
  const unpinned = await outcomeOf(wave, receipt, { pinned: null });
  expect(!unpinned.failure && unpinned.unchecked.has("keys"), `${wave.name} unpinned: ${told(unpinned)}`);
}

/** Goal: roots from tiles; method: many sizes, places and extents against the recursion. */
async function trees() {
  expect(tilePath(0, 1234067, 256) === "0/x001/x234/067", `tile path ${tilePath(0, 1234067, 256)}`);
  expect(tilePath("entries", 7, 3) === "entries/007.p/3", `tile path ${tilePath("entries", 7, 3)}`);
  for (const size of [0, 1, 2, 3, 5, 8, 13, 70, 255, 256, 257, 300, 512, 767, 1000]) {
    const leaves = Array.from({ length: size }, (_, at) => H(Buffer.from(`leaf ${at}`)));
    const tree = { path: "tree", size, read: reader(tilesOf(leaves)) };
    for (const extent of [0, 1, size >> 1, size - 1, size].filter((one) => one >= 0 && one <= size)) {
      for (const at of [0, 1, extent >> 1, extent - 1].filter((one) => one >= 0 && one < extent)) {
        const root = hex(await rootWith(tree, new Map([[at, leaves[at]]]), extent));
        expect(root === hex(rootOf(leaves.slice(0, extent))), `tree of ${size}: ${at} of ${extent}`);
        const lie = hex(await rootWith(tree, new Map([[at, H()]]), extent));
        expect(lie !== root, `tree of ${size}: ${at} of ${extent} has any leaf`);
      }
    }
  }
}

/** Goal: a phone reads little of a long list; method: 200,000 records, some of which are sought and counted. */
async function longList() {
  const counts = [[1101, 3000], [1571, 190_000], [9471, 7000]];
  const records = counts.flatMap(([region, count]) => {
    const entries = Array.from({ length: count }, (_, at) => H(Buffer.from(`${region} ${at}`)).subarray(0, 16));
    return entries.sort(Buffer.compare).map((entry) => {
      const record = Buffer.alloc(64);
      entry.copy(record);
      record.writeUInt16BE(region, 48);
      record[52] = 1;
      return record;
    });
  });
  const leaves = records.map((record) => H(Buffer.of(0), record));
  const files = tilesOf(leaves);
  files.set("entries.bin", Buffer.concat(records));
  const plan = { n: records.length, root: hex(rootOf(leaves)) };
  const quota = { regions: counts.map(([code, count]) => ({ code, records: count })) };
  let most = 0;
  for (let index = 0; index < records.length; index = index * 3 + 1) {
    let got = 0;
    const kept = new Set(); // folder.js reads nothing twice
    const read = async (...asked) => {
      const part = await reader(files)(...asked);
      got += kept.has(String(asked)) ? 0 : part.length;
      kept.add(String(asked));
      return part;
    };
    const e = hex(records[index].subarray(0, 16));
    const receipt = { e, region: records[index].readUInt16BE(48), kind: "entered" };
    const run = { plan, quota, receipt, read };
    expect((await findRecord(run, () => {}))?.index === index, `long list: record ${index} is not found`);
    most = Math.max(most, got);
    run.receipt = { ...receipt, e: e.replace(/.$/, (last) => (last === "0" ? "1" : "0")) };
    expect((await findRecord(run, () => {})) === undefined, `long list: a stranger beside record ${index} is found`);
    expect(got < 200_000, `long list: ${got} bytes for a stranger, who is sought in all regions`);
  }
  expect(most < 200_000, `long list: ${most} bytes for one record`);
  console.log(`at most ${most} of ${records.length * 64} bytes of the list, tiles included, for one record`);
  const run = { read: reader(files), digests: {}, unchecked: new Set() };
  const entry = await readList(run, "entries.bin", plan.n * 64, 48, 50);
  expect(entry === 1101 && run.unchecked.has("lists"), "long list: a part of a list is not read as such");
}

/** Goal: every failure has words; method: all codes in the modules against the ids of the page. */
function words() {
  const page = readFileSync(join(PAGE, "index.html"), "utf8");
  const scripts = readdirSync(PAGE).filter((name) => name.endsWith(".js"));
  const code = scripts.map((name) => readFileSync(join(PAGE, name), "utf8")).join("");
  const failures = [...code.matchAll(/(?:need\([^;]*, |Failed\()"(\w+)"[,)]/g)].map(([, name]) => name);
  const kinds = [...code.matchAll(/unchecked\.add\("(\w+)"\)/g)].map(([, name]) => `not-${name}`);
  expect(new Set(failures).size > 15 && kinds.length >= 4, "words: the codes are not found");
  for (const id of [...failures.map((name) => `fail-${name}`), ...kinds]) {
    expect(page.includes(`id="${id}"`), `words: none for ${id}`);
  }
  const words = page.slice(page.indexOf('<template id="words">'));
  for (const [line, id] of words.matchAll(/^<(?:p|h3) id="([\w-]+)">.*/gm)) {
    const slots = (language) => [...(line.match(`<span lang="${language}">(.*?)</span>`)?.[1] ?? "").matchAll(/class="(\w+)"/g)];
    const [own, other] = ["id", "en"].map((language) => slots(language).map(([, name]) => name).sort().join());
    expect(own === other, `words: ${id} has other figures in English`);
    expect(line.includes('lang="id"') && line.includes('lang="en"'), `words: ${id} lacks a language`);
  }
}

/** Changes one JSON file of a folder. */
const edited = (wave, name, edit) => {
  const value = JSON.parse(wave.files.get(name));
  edit(value);
  return { [name]: Buffer.from(JSON.stringify(value)) };
};

/** Changes one byte of a file. */
const bitten = (wave, name, at, value) => {
  const file = Buffer.from(wave.files.get(name));
  file[at] ^= value;
  return { [name]: file };
};

/** Goal: an operator who announces and signs what is wrong is found out; method: the log made anew with the test keys. */
async function announcedAnew(wave) {
  const { regions } = JSON.parse(wave.files.get("result.json"));
  const limited = regions.find(({ pools, n, selected }) => n > selected && pools.at(-1).cutoff).code;
  const find = (wanted) => wave.people().find(({ outcome, region }) => outcome === wanted && region === limited);
  const [person, waiting] = [find("selected"), find("waitlist")];
  const { times } = wave.policy;
  const [low, high] = ["0".repeat(64), "f".repeat(64)];
  const limit = (value) => edited(wave, "result.json", ({ regions }) => {
    for (const { pools } of regions) {
      for (const pool of pools) {
        pool.cutoff &&= value;
        for (const cell of pool.masks) cell.close &&= value;
      }
    }
  });
  const plan = (edit) => edited(wave, "plan.json", edit);
  const seed = (field) => edited(wave, "seed.json", (value) => (value[field] = H().toString("hex")));
  const bit = 0x80 >> (waiting.index & 7);
  const cases = [
    ["", person, {}],
    ["", waiting, {}],
    ["late", person, {}, { times: { "plan.json": times.t2 + 1 } }],
    ["late", person, {}, { times: { "policy.json": times.t0 + 1 } }],
    ["", person, {}, { times: { "plan.json": times.t2, "policy.json": times.t0 } }],
    ["quorum", person, {}, { witnesses: 2 }],
    ["versions", person, {}, { again: "result.json" }],
    ["versions", person, {}, { again: "plan.json" }],
    ["versions", person, {}, { again: "policy.json" }],
    ["versions", person, {}, { again: "seed.json" }],
    ["unannounced", person, {}, { without: "result.json" }],
    ["unannounced", person, {}, { without: "seed.json" }],
    ["versions", person, {}, { without: "plan.json" }],
    ["log", person, {}, { forked: true }],
    ["unannounced", person, {}, { misplaced: "plan.json" }],
    ["limits", person, limit(low)],
    ["limits", waiting, limit(high)],
    ["limits", person, bitten(wave, "selected.bin", person.index >> 3, 0x80 >> (person.index & 7))],
    ["limits", waiting, bitten(wave, "selected.bin", waiting.index >> 3, bit)],
    ["limits", waiting, bitten(wave, "waitlist.bin", 4 * waiting.index, 0x7f)],
    ["seed", person, seed("seed")],
    ["seed", person, seed("randomness")],
    ["seed", person, seed("contrib_digest")],
    ["seed", person, edited(wave, "seed.json", (value) => (value.test = !value.test))],
    ["linked", person, seed("plan")],
    ["linked", person, edited(wave, "seed.json", (value) => (value.round += "0"))],
    ["linked", person, edited(wave, "result.json", (value) => (value.seed = low))],
    ["linked", person, edited(wave, "result.json", (value) => (value.plan = low))],
    ["linked", person, plan((value) => (value.round = String(Number(value.round) + 1)))],
    ["linked", person, plan((value) => (value.t4 += 1))],
    ["linked", person, plan((value) => (value.policy = low))],
    ["linked", person, plan((value) => (value.ctx = low))],
    ["unannounced", person, plan((value) => (value.quota = low))],
    ["unannounced", person, plan((value) => (value.entries = low))],
    ["tree", person, plan((value) => (value.root = low))],
    ["versions", person, plan((value) => (value.plan = 2))],
  ];
  // With a cap, who is said to be capped is told that the page cannot see why.
  const capped = { "waitlist.bin": Buffer.alloc(wave.files.get("waitlist.bin").length, 0xff) };
  cases.push(wave.policy.household_cap ? ["limits", person, capped] : ["limits", waiting, capped]);
  if (wave.policy.contributors.length) {
    const reveal = (edit) => edited(wave, "reveals.json", ({ contributions }) => edit(contributions));
    cases.push(["late", person, {}, { times: { "reveals.json": times.t3 + 1 } }]);
    cases.push(["linked", person, reveal((parts) => parts.pop())]);
    cases.push(["linked", person, plan((value) => (value.contributions[0].commitment = low))]);
    const values = (parts) => parts.forEach((part) => (part.value = low));
    const both = { ...reveal(values), ...edited(wave, "seed.json", (value) => values(value.contributions)) };
    cases.push(["linked", person, both]);
  }
  for (const [at, [code, holder, changed, how]] of cases.entries()) {
    const files = announce(wave, changed, how);
    const run = await outcomeOf(wave, holder.receipt, { nik: holder.nik, read: reader(files) });
    const good = code === "" ? run.outcome === holder.outcome : run.failure?.code === code;
    expect(good, `${wave.name} announced anew ${at}, ${code}: ${told(run)}`);
  }
}

/** Goal: what may stand in the log beside the files, and what may not; method: the log made anew with more in it. */
async function crowdedLog(wave) {
  const person = wave.people().at(-1);
  const told = async (how, changed) => {
    const run = await outcomeOf(wave, person.receipt, { nik: person.nik, read: reader(announce(wave, changed, how)) });
    return [run.failure?.code ?? run.outcome, ...run.unchecked].join(" ");
  };
  const other = Buffer.from("another version");
  const hourly = ["registration-checkpoint", other];
  const good = person.outcome;
  const cases = [
    [good, {}],
    [good, { last: [["plan.json"], ["result.json"], ["policy.json"]] }],
    [good, { again: "entries.bin" }],
    [good, { first: [["quota.json", other], ["entries.bin", other], ["entries.bin", H()]] }],
    [good, { last: [hourly, ["registration-checkpoint", H()]] }],
    ["early", { first: [hourly], last: [hourly] }],
    ...(wave.files.has("reveals.json") ? [["revealed", { first: [["reveals.json", wave.files.get("reveals.json")]] }]] : []),
    [`${good} names`, { last: [["other.json", other]] }],
    [`${good} names`, { first: [["revoked.4.json", other]] }],
    ["versions", { first: [["policy.json", other]] }],
    ["broken", { rest: Buffer.alloc(0) }],
    ["broken", { rest: Buffer.concat([Buffer.of(9), Buffer.from("plan.json"), Buffer.alloc(31)]) }],
    ["broken", { rest: Buffer.concat([Buffer.of(2, 0xff, 0xfe), Buffer.alloc(32)]) }],
    [good, { others: 1000 }],
    ["versions", { first: [["policy.json", other]], others: 1000 }],
    // Too far back to be read, and so it is said.
    [`${good} earlier`, { first: [["policy.json", other]], others: 1600 }],
  ];
  for (const [at, [expected, how]] of cases.entries()) {
    const found = await told(how);
    expect(found === expected, `${wave.name} crowded log ${at}: ${found}, not ${expected}`);
  }
  const { contributions } = wave.files.has("reveals.json") ? JSON.parse(wave.files.get("reveals.json")) : { contributions: [] };
  const [first, second] = contributions;
  const orders = first ? [[second, first], [first, first, second], [first, second, { ...first, name: "nobody" }]] : [];
  for (const parts of orders) {
    const edit = (name) => edited(wave, name, (value) => (value.contributions = parts));
    const found = await told({}, { ...edit("reveals.json"), ...edit("seed.json") });
    expect(found === "linked", `${wave.name} reveals out of order: ${found}`);
  }
}

/** Goal: while a wave has its rules alone, a receipt is checked as far as that goes; bad receipts and rules are still refused. */
async function unlisted(wave) {
  const [{ nik }] = wave.people();
  const rulesOf = (one) => ({ read: reader(new Map([["policy.json", one.files.get("policy.json")]])) });
  const receiptOf = (one) => one.receipt(nik, { region: 1571, mask: 0, weight: 1, flags: 0 }, "registered");
  const pasted = receiptOf(wave);
  const early = await outcomeOf(wave, pasted, rulesOf(wave));
  expect(early.outcome === "unlisted" && early.done.join() === "receipt", `${wave.name} unlisted: ${told(early)}`);
  const changed = await outcomeOf(wave, pasted.replace('"weight":1', '"weight":2'), rulesOf(wave));
  expect(changed.failure?.code === "signature", `${wave.name} unlisted, changed: ${told(changed)}`);
  const rushed = wave.under((policy) => (policy.margin = 0));
  const refused = await outcomeOf(rushed, receiptOf(rushed), rulesOf(rushed));
  expect(refused.failure?.code === "policy", `${wave.name} unlisted, bad rules: ${told(refused)}`);
  const offline = async (name) => {
    if (name === "policy.json") return wave.files.get(name);
    throw new Failed("offline", name);
  };
  const cut = await outcomeOf(wave, pasted, { read: offline });
  expect(cut.failure?.code === "offline" && cut.step === "log", `${wave.name} cut off: ${told(cut)}`);
}

/** Goal: a policy that leaves no time, or calls another chain quicknet, is refused before anything is drawn. */
async function undrawn(wave) {
  const { test } = wave.policy.beacon;
  const cases = [
    [undefined, () => {}],
    [undefined, (policy) => Object.assign(policy, { correction_shift: 86_400 - policy.margin })],
    ["policy", (policy) => (policy.beacon.test = !test)],
    ["policy", (policy) => (policy.margin = 0)],
    ["policy", (policy) => (policy.correction_shift = 0)],
    ["policy", (policy) => (policy.times.t1 = policy.times.t2 + 1)],
    ["policy", (policy) => (policy.times.t0 = String(policy.times.t0))],
    ["policy", (policy) => (policy.beacon.genesis = policy.times.t4 + 1)],
    [test ? undefined : "policy", (policy) => (policy.beacon.genesis += 300)],
    [test ? undefined : "policy", (policy) => (policy.beacon.period = 2)],
    [test ? undefined : "policy", (policy) => (policy.beacon.scheme = "test-sha256")],
    [test ? undefined : "policy", (policy) => (policy.beacon.public_key = "")],
    [test ? undefined : "policy", (policy) => (policy.beacon.mode = "public-sources")],
    [test ? undefined : "policy", (policy) => (policy.beacon.chain_hash = "0".repeat(64))],
    [test ? undefined : "policy", (policy) => (policy.correction_shift = 86_399 - policy.margin)],
    [undefined, (policy) => ((policy.times.t2 = policy.times.t4 - 86_400), (policy.times.t3 = policy.times.t2))],
    [test ? undefined : "policy", (policy) => ((policy.times.t2 = policy.times.t4 - 86_399), (policy.times.t3 = policy.times.t2))],
  ];
  const [person] = wave.people();
  for (const [at, [code, edit]] of cases.entries()) {
    const other = wave.under(edit);
    const files = announce(other);
    const ask = (nik, about, read = reader(files)) =>
      outcomeOf(other, other.receipt(nik, about, "registered"), { read, pinned: keysOf(files) });
    const run = await ask(person.nik, person);
    const good = code ? run.failure?.code === code : run.outcome === "undrawn" && run.done.join() === "receipt,log,plan,entry";
    expect(good, `${wave.name} undrawn ${at}, ${code}: ${told(run)}`);
    if (at > 0) continue;
    const stranger = await ask("1234567890123456", { ...person, e: undefined });
    expect(stranger.outcome === "missing", `${wave.name} stranger before the draw: ${told(stranger)}`);
    // A result that is announced and not there is no wave before its draw.
    const last = [["seed.json", H()], ["result.json", H()]];
    const kept = await ask(person.nik, person, reader(announce(other, {}, { last })));
    expect(kept.failure, `${wave.name} a result kept back: ${told(kept)}`);
  }
}

/** Goal: what was announced of a place after the draw is told; method: everyone named in the golden folders' files. */
async function afterwards(wave) {
  const json = (name) => (wave.files.has(name) ? JSON.parse(wave.files.get(name)) : undefined);
  const people = new Map(wave.people().map((person) => [person.e, person]));
  const named = new Map();
  const note = (e, kind) => named.set(e, [...(named.get(e) ?? []), kind]);
  for (const { e } of json("corrections.json")?.granted ?? []) note(e, "granted");
  for (const { e, reason, replaced_by } of json("revoked.json")?.revocations ?? []) {
    note(e, reason);
    if (replaced_by) note(replaced_by, "follows");
  }
  let found = 0;
  for (const [e, person] of people) {
    const { events } = await outcomeOf(wave, person.receipt);
    const kinds = events.map(({ kind }) => kind).join();
    expect(kinds === (named.get(e) ?? []).join(), `${wave.name} ${person.nik} afterwards: ${kinds}`);
    found += events.length;
  }
  const ofList = [...named].filter(([e]) => people.has(e)).flatMap(([, kinds]) => kinds);
  expect(found === ofList.length, `${wave.name}: ${found} of ${ofList.length} events were told`);
  const granted = json("corrections.json")?.granted[0];
  if (!granted) return;
  const run = await outcomeOf(wave, wave.receipt("1234567890123456", { flags: 0, ...granted }, "registered"));
  const kinds = run.events?.map(({ kind }) => kind).join();
  expect(run.outcome === "missing" && kinds === "granted", `${wave.name} granted: ${told(run)} ${kinds}`);
}

const waves = Object.keys(FOLDERS).map((name) => new Wave(name));
words();
await trees();
await longList();
for (const [at, wave] of waves.entries()) {
  await everyone(wave);
  await outsiders(wave);
  await tampered(wave);
  await distrusted(wave, waves[(at + 1) % waves.length]);
  await announcedAnew(wave);
  await crowdedLog(wave);
  await unlisted(wave);
  await undrawn(wave);
  await afterwards(wave);
  await flipped(wave, 23);
}
for (const fault of faults) console.error(fault);
console.log(`${checks} receipts checked: ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
