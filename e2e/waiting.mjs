// Browser test of the script on pages where one waits: node e2e/waiting.mjs
//
// The script as it stands, on a page that asks to be looked at every second, before a server that this test has say something
// else: the page is read anew only then, a place changes where it stands, and a line that is gone takes nothing away. Ends
// with status 1 and the list of faults if there are any.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const script = readFileSync(join(root, "crates", "portal", "static", "wait.js"));
const faults = [];
const expect = (holds, fault) => holds || faults.push(fault);

/** What the server says, and how often it was asked for the page. */
const says = { place: "12", words: "wait", isOver: false, isElsewhere: false };
let asked = 0;

function handle({ url }, response) {
  const answer = (type, body) => response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(body);
  if (url === "/script.js") return answer("text/javascript", script);
  if (url === "/wished") return answer("text/html", "<title>Wished</title><main>wished</main>");
  asked += 1;
  if (says.isElsewhere) return response.writeHead(303, { location: "/wished" }).end();
  const waits = says.isOver ? "" : '<script type="module" src="/script.js" data-every="1"></script>';
  answer("text/html", `<!doctype html><html lang="en"><title>Wait</title>${waits}<main><p>${says.words}</p><p data-live>${says.place}</p></main></html>`);
}

/** Waits until the server has been asked as often again. */
async function looks(times) {
  const until = asked + times;
  for (const end = Date.now() + 10_000; asked < until; await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (Date.now() > end) throw new Error(`asked ${asked} times instead of ${until}`);
  }
}

const server = createServer(handle);
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = await launch();
try {
  const page = await browser.newPage();
  let loads = 0;
  page.on("load", () => (loads += 1));
  const main = () => page.innerText("main");
  const address = `http://127.0.0.1:${server.address().port}/wait`;
  await page.goto(address);

  await looks(2);
  expect(loads === 1, `read anew ${loads - 1} times though nothing has changed`);

  says.place = "7";
  await page.waitForFunction(() => document.querySelector("[data-live]").textContent === "7");
  expect(loads === 1, "read anew for a place that changes where it stands");

  await page.context().setOffline(true);
  await page.waitForEvent("requestfailed");
  expect((await main()).includes("wait"), `without a line the page says ${await main()}`);
  await page.context().setOffline(false);
  await looks(1);
  expect(loads === 1, "read anew since the line was gone");

  says.words = "still wait";
  await page.waitForFunction(() => document.querySelector("main").innerText.includes("still"));
  expect(loads === 2, `read anew ${loads - 1} times for other words`);

  says.isElsewhere = true;
  await page.waitForURL("**/wished");
  says.isElsewhere = false;
  await page.goto(address);
  await looks(1);

  says.isOver = true;
  await page.waitForFunction(() => !document.querySelector("script"));
  const before = asked;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(asked === before, "looks on when there is nothing to wait for");
} finally {
  await browser.close();
  server.close();
}
for (const fault of faults) console.error(fault);
console.log(`waiting: ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
