// Runs the browser tests: node e2e/run.mjs [OUT_DIR]
//
// First those that need no server of ours: of the page that checks a receipt, of the links to it, and of the scripts of the
// ability test and of waiting. Then builds the binary, replays a small programme into a folder that goes away, puts two
// golden folders beside it as published waves, serves all of it on a free port of this machine, runs statistics.mjs and
// published.mjs, and stops the server whatever came out. Last it does the same with portal.mjs and a small demonstration,
// and with crowd.mjs and a server of that which is always crowded. Screenshots go to OUT_DIR, target/e2e by default.
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { GOLDEN } from "./golden.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = process.argv[2] ?? join(root, "target", "e2e");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const gelombang = join(target, "debug", "gelombang");

/** What is published, by the number of the wave. */
const PUBLISHED = { 1: "01-tiny-worked-example", 2: "02-pools-guarantees" };

/** Runs a program to its end and gives up if it fails. */
function run(program, args) {
  const { status } = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with status ${status}`);
}

/** Starts a server and gives its address, and that of what it sends, once it says where it serves. */
async function serve(command, data) {
  const server = spawn(gelombang, [...command, "--listen", "127.0.0.1:0", "--data", data], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let inbox;
  for await (const line of createInterface({ input: server.stderr })) {
    const said = line.match(/^Serving on (http:\/\/[^/\s]+)/);
    if (said) return { server, base: said[1], inbox, data };
    inbox ??= line.match(/is shown on (http:\S+)$/)?.[1];
    console.error(line);
  }
  throw new Error("the server ended before it served");
}

/** Asks a server to stop, and waits for its end. */
async function stop({ server }) {
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGINT");
  await ended;
}

/** Serves one request at a time, to people from anywhere who may ask little. */
const CROWDED = ["serve", "--no-worker", "--at-once-max", "1", "--trusted-proxy", "127.0.0.1", "--address-rate", "10"];

/** Runs tests against a server on a folder, and gives the worst status. */
async function against(command, data, tests) {
  const served = await serve(command, data);
  try {
    const ended = tests.map(([name, ...more]) => {
      const asked = more.map((what) => served[what]);
      const test = [join(root, "e2e", name), served.base, ...asked, out];
      return spawnSync(process.execPath, test, { stdio: "inherit" }).status ?? 1;
    });
    return Math.max(...ended);
  } finally {
    await stop(served);
  }
}

// The page's folder has no package.json to say so, but its scripts are modules.
const quiet = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON";
run(process.execPath, [quiet, join(root, "e2e", "modules.mjs")]);
run(process.execPath, [join(root, "e2e", "receipts.mjs"), out]);
run(process.execPath, [join(root, "e2e", "links.mjs"), out]);
run(process.execPath, [join(root, "e2e", "answers.mjs")]);
run(process.execPath, [join(root, "e2e", "waiting.mjs")]);

const folder = mkdtempSync(join(tmpdir(), "gelombang-e2e-"));
chmodSync(folder, 0o755);
const data = join(folder, "data");
let status = 1;
try {
  run("cargo", ["build", "--quiet", "--locked", "--package", "gelombang"]);
  const totals = ["--joins", "60000", "--people", "16000", "--sk", "7400", "--effective", "7200"];
  run(gelombang, ["simulate", "--region", "15", ...totals, "--data", data]);
  for (const [wave, golden] of Object.entries(PUBLISHED)) {
    cpSync(join(GOLDEN, golden), join(data, "public", `gelombang-${wave}`), { recursive: true });
  }
  const pages = await against(["serve"], data, [["statistics.mjs"], ["published.mjs"]]);
  const demo = join(folder, "demo");
  const citizens = await against(["demo", "--small"], demo, [["portal.mjs", "inbox", "data"]]);
  const crowd = await against(CROWDED, demo, [["crowd.mjs"]]);
  status = Math.max(pages, citizens, crowd);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);
