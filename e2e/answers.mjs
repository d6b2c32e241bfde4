// Browser test of the script that sends the answers of the ability test: node e2e/answers.mjs
//
// The script as it stands, on a page of a question, before a server that answers as this test tells it: late, with the way
// to signing in, with a refused token. Whatever happens, the newest choice arrives, once, in the test it was chosen in.
// Ends with status 1 and the list of faults if there are any.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const script = readFileSync(join(root, "crates", "portal", "static", "answer.js"));
const faults = [];
const expect = (holds, fault) => holds || faults.push(fault);

/** What the server has been sent, each with the means to answer it. */
let sent = [];
/** Who waits for the next one. */
let awaited = () => {};
/** What the page says: its token, and the end of the test. */
let token = "first";
let until = "1000";

const html = () => `<!doctype html><html lang="en"><title>Question</title>
<strong data-until="${until}">40:00</strong>
<form method="post" data-answer><input type="hidden" name="token" value="${token}">
<input name="jawaban" type="radio" value="1"><input name="jawaban" type="radio" value="2">
<p hidden data-dropped>kept</p><button>Save</button></form>
<script type="module" src="/script.js"></script></html>`;

async function handle(request, response) {
  if (request.method === "GET") {
    const isScript = request.url === "/script.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html", "cache-control": "no-store" });
    return response.end(isScript ? script : html());
  }
  let body = "";
  for await (const part of request) body += part;
  const answer = (status, headers = {}, text = "") => response.writeHead(status, headers).end(text);
  sent.push({ path: request.url, fields: new URLSearchParams(body), answer });
  awaited();
}

/** The `number`-th that was sent, once it is there. */
async function arrival(number) {
  const end = Date.now() + 10_000;
  while (sent.length < number) {
    if (Date.now() > end) throw new Error(`${sent.length} answers arrive instead of ${number}`);
    await new Promise((resolve) => {
      awaited = resolve;
      setTimeout(resolve, 200);
    });
  }
  return sent[number - 1];
}

async function choose(page, value) {
  await page.check(`[value="${value}"]`);
  await page.click("button");
}

const kept = (page) => page.evaluate(() => localStorage.getItem("tes"));
const next = ({ answer }) => answer(200, { "content-type": "text/plain" }, "/tes/2");

/** A newer choice while an older one is under way is sent after it, and stays until it has arrived. */
async function newerChoice(page) {
  await page.goto("/tes/1");
  await choose(page, 1);
  const older = await arrival(1);
  await choose(page, 2);
  await page.evaluate(() => dispatchEvent(new Event("online")));
  // Longer than until a phone tries again.
  await page.waitForTimeout(6_000);
  expect(sent.length === 1, `${sent.length} answers are under way at once`);
  next(older);
  const newer = await arrival(2);
  expect(newer.fields.get("jawaban") === "2", "the newer choice is not sent");
  expect(/jawaban=2/.test(await kept(page)), "the newer choice is forgotten before it has arrived");
  next(newer);
  await page.waitForURL("**/tes/2");
  expect((await kept(page)) === null, "an answer that arrived is kept");
}

/** An answer is kept when the session or the token has ended, and goes with the token of the page that comes then. */
async function ended(page, [status, headers]) {
  token = "first";
  await page.goto("/tes/1");
  await choose(page, 2);
  const refused = await arrival(1);
  token = "second";
  refused.answer(status, headers);
  const again = await arrival(2);
  expect(again.path === "/tes/1" && again.fields.get("jawaban") === "2", `after ${status} the answer is lost`);
  expect(again.fields.get("token") === "second", `after ${status} the token is an old one`);
  // Still refused: the page says so and does not read itself anew for ever.
  again.answer(status, headers);
  await page.waitForSelector("[data-dropped]:visible");
  expect(/jawaban=2/.test(await kept(page)), `after ${status} twice the answer is forgotten`);
  next(await arrival(3));
  await page.waitForURL("**/tes/2");
}

/** What somebody chose on this phone is not sent in another's test. */
async function otherTest(page) {
  await page.goto("/tes/1");
  await choose(page, 1);
  (await arrival(1)).answer(503);
  await page.waitForSelector("[data-dropped]:visible");
  until = "2000";
  sent = [];
  await page.goto("/tes/3");
  await page.waitForFunction(() => localStorage.getItem("tes") === null);
  expect(sent.length === 0, "an answer is sent in another test");
  until = "1000";
}

const server = createServer(handle);
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = await launch();
const cases = {
  newerChoice,
  signedOut: (page) => ended(page, [303, { location: "/masuk" }]),
  oldToken: (page) => ended(page, [403, {}]),
  otherTest,
};
for (const [name, run] of Object.entries(cases)) {
  sent = [];
  const context = await browser.newContext({ baseURL: `http://127.0.0.1:${server.address().port}` });
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(`${name}: ${error.message}`));
  await run(page).catch((error) => faults.push(`${name}: ${error.message}`));
  await context.close();
}
await browser.close();
server.closeAllConnections();
server.close();
for (const fault of faults) console.error(fault);
console.log(`answers: ${Object.keys(cases).length} cases, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
