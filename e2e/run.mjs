// Runs the browser tests against the sample server: node e2e/run.mjs OUT_DIR
//
// Builds and starts the example `sample_page` of the crate `web` on a free port of this machine,
// waits until it answers, runs statistics.mjs, and stops the server whatever came out.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const DEADLINE_MS = 20_000;
const PAUSE_MS = 50;

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const out = process.argv[2];
if (!out) {
  console.error("usage: node e2e/run.mjs OUT_DIR");
  process.exit(2);
}

/** A port nobody listens on now. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until the server answers, or says why it never will. */
async function answers(base, server) {
  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline && server.exitCode === null) {
    const live = await fetch(`${base}/kesehatan/hidup`).catch(() => null);
    if (live?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`the sample server does not answer on ${base}`);
}

const cargo = ["-q", "-p", "web", "--example", "sample_page"];
const built = spawnSync("cargo", ["build", ...cargo], { cwd: root, stdio: "inherit" });
if (built.status !== 0) process.exit(1);
const address = `127.0.0.1:${await freePort()}`;
const server = spawn("cargo", ["run", ...cargo, "--", address], { cwd: root, stdio: "inherit" });
let status = 1;
try {
  await answers(`http://${address}`, server);
  const test = [join(here, "statistics.mjs"), `http://${address}`, out];
  status = spawnSync(process.execPath, test, { stdio: "inherit" }).status ?? 1;
} finally {
  server.kill("SIGINT");
}
process.exit(status);
