// What a run of browser tests finds: faults, what axe leaves to people, weights, the pages for the validator.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

export class Report {
  constructor(out) {
    this.out = out;
    this.faults = new Set();
    this.states = new Set();
    this.weights = new Map();
    this.reviewed = JSON.parse(readFileSync(join(here, "axe-reviewed.json"), "utf8"));
    this.excused = JSON.parse(readFileSync(join(here, "axe-excused.json"), "utf8"));
    this.used = new Set();
    this.kinds = new Set();
    rmSync(join(out, "html"), { recursive: true, force: true });
    mkdirSync(join(out, "html"), { recursive: true });
  }

  fault(words) {
    this.faults.add(words);
  }

  seen(state) {
    this.states.add(state);
  }

  /** Keeps the heaviest of a state. */
  weigh(state, weights) {
    const known = this.weights.get(state) ?? {};
    for (const [what, bytes] of Object.entries(weights)) known[what] = Math.max(known[what] ?? 0, bytes);
    this.weights.set(state, known);
  }

  /** True if a person has said, in axe-excused.json, why a state is sound that axe finds unsound. */
  isExcused(rule, state) {
    return this.uses(this.excused.find((one) => one.rule === rule && one.states.includes(state)));
  }

  uses(known) {
    if (known) this.used.add(known);
    return Boolean(known);
  }

  /** What axe cannot decide itself; a person has, in axe-reviewed.json: rule, target as a pattern, and why. */
  open(rule, target, where) {
    const known = this.reviewed.find((one) => one.rule === rule && new RegExp(one.target).test(target));
    if (!this.uses(known)) this.fault(`axe leaves open ${rule} of ${target} (${where}); look, mend it or say why it is sound in e2e/axe-reviewed.json`);
  }

  /** What was reviewed and is there no more would hide a later fault. */
  staleReviews() {
    for (const { rule, target } of this.reviewed.filter((one) => !this.used.has(one))) {
      this.fault(`e2e/axe-reviewed.json: nothing is left open by ${rule} of ${target}`);
    }
  }

  /** So would a state that is excused and sound. */
  staleExcuses() {
    const isSeen = ({ states }) => states.some((state) => this.states.has(state));
    for (const { rule, states } of this.excused.filter((one) => isSeen(one) && !this.used.has(one))) {
      this.fault(`e2e/axe-excused.json: ${rule} finds nothing in ${states}`);
    }
  }

  /** Keeps a page for the validator, unless one was kept that differs in figures and values of fields alone. */
  keepHtml(file, html) {
    const kind = html.replaceAll(/value="[^"]*"/g, "").replaceAll(/\d+/g, "0");
    if (this.kinds.has(kind)) return;
    this.kinds.add(kind);
    writeFileSync(join(this.out, "html", `${file}.html`), html);
  }

  /** All collected pages, held against the standard in one run. */
  validate() {
    const folder = join(this.out, "html");
    const files = readdirSync(folder).filter((name) => name.endsWith(".html"));
    const jar = createRequire(import.meta.url).resolve("vnu-jar/build/dist/vnu.jar");
    const ran = spawnSync("java", ["-jar", jar, "--format", "json", "--exit-zero-always", folder], { encoding: "utf8", maxBuffer: 1 << 28 });
    if (ran.error || ran.status !== 0) throw new Error(`the validator did not run: ${ran.error ?? ran.stderr}`);
    for (const { type, subType, url, lastLine, message } of JSON.parse(ran.stderr).messages) {
      if (type === "error" || subType === "warning") this.fault(`${url.split("/").at(-1)}, line ${lastLine}: ${message}`);
    }
    return files.length;
  }

  end(what) {
    this.staleExcuses();
    writeFileSync(join(this.out, "weights.json"), `${JSON.stringify(Object.fromEntries(this.weights), null, 1)}\n`);
    for (const fault of this.faults) console.error(fault);
    console.log(`${what}: ${this.states.size} states: ${this.faults.size} faults`);
    return this.faults.size === 0 ? 0 : 1;
  }
}
