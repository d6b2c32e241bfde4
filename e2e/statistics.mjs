// Browser test of the public pages: statistics and waves, of which 1 and 2 are published.
//
//   node e2e/statistics.mjs BASE_URL OUT_DIR
//
// Opens the pages at phone and desktop size in both languages, first with scripts off, as a reader
// may have them, then with scripts on, because axe is one. Screenshots go to OUT_DIR. Ends with
// status 1 and the list of faults if there are any. CHROMIUM names another browser program.
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { launch } from "./browser.mjs";

const [base, out] = process.argv.slice(2);
if (!base || !out) {
  console.error("usage: node e2e/statistics.mjs BASE_URL OUT_DIR");
  process.exit(2);
}
const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const origin = new URL(base).origin;

const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } };
const PAGES = {
  "statistik-15": { path: "/statistik/15", lang: "id", status: 200 },
  "statistics-15-en": { path: "/en/statistics/15", lang: "en", status: 200 },
  "statistik-1571": { path: "/statistik/15.71", lang: "id", status: 200 },
  landing: { path: "/", lang: "id", status: 200 },
  "landing-en": { path: "/en", lang: "en", status: 200 },
  gelombang: { path: "/gelombang", lang: "id", status: 200 },
  "waves-en": { path: "/en/waves", lang: "en", status: 200 },
  "gelombang-1": { path: "/gelombang/1", lang: "id", status: 200 },
  "waves-2-en": { path: "/en/waves/2", lang: "en", status: 200 },
  "gelombang-71": { path: "/gelombang/71", lang: "id", status: 200 },
  "gelombang-2-1571": { path: "/gelombang/2/15.71", lang: "id", status: 200 },
  "waves-71-15-en": { path: "/en/waves/71/15", lang: "en", status: 200 },
  status: { path: "/status", lang: "id", status: 200 },
  "status-en": { path: "/en/status", lang: "en", status: 200 },
  "not-found": { path: "/statistik/jambi", lang: "id", status: 404 },
};

const faults = [];
const check = (holds, fault) => holds || faults.push(fault);

/** Opens a page and notes failed or foreign requests and console errors. */
async function open(context, { path, status }, name) {
  const page = await context.newPage();
  page.on("request", (request) => {
    const url = new URL(request.url());
    check(url.protocol === "data:" || url.origin === origin, `${name}: asks ${url.origin}`);
  });
  page.on("console", (message) => {
    // Chromium reports the page's own 404 as an error; that one is asked for.
    const expected = status >= 400 && message.location().url === origin + path;
    check(message.type() !== "error" || expected, `${name}: console says ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`${name}: ${error.message}`));
  const response = await page.goto(origin + path);
  check(response.status() === status, `${name}: status ${response.status()}, not ${status}`);
  return page;
}

/** The page as a reader without scripts gets it. */
async function withoutScripts(browser, size, name, target) {
  const context = await browser.newContext({ viewport: SIZES[size], javaScriptEnabled: false });
  const page = await open(context, target, name);
  check(await page.locator("main h1").isVisible(), `${name}: no heading`);
  await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
  for (const summary of await page.locator("summary").all()) await summary.click();
  if (await page.locator("details").count()) {
    check(await page.locator("details table").last().isVisible(), `${name}: table does not open`);
    await page.screenshot({ path: join(out, `${name}-open.png`), fullPage: true });
  }
  await context.close();
}

/** Tab reaches the skip link first, then everything else that can be used, and shows where it is. */
async function keyboard(page, name) {
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => {
    const { left, top } = document.activeElement.getBoundingClientRect();
    return { target: document.activeElement.getAttribute("href"), visible: left >= 0 && top >= 0 };
  });
  check(first.target === "#isi" && first.visible, `${name}: Tab does not reach the skip link`);
  const stops = 'a[href], summary, [tabindex="0"]'; // the last are tables that scroll
  const wanted = await page.locator(stops).filter({ visible: true }).count();
  let reached = 1;
  for (let step = 1; step < wanted; step += 1) {
    await page.keyboard.press("Tab");
    reached += await page.evaluate((stops) => {
      const focused = document.activeElement;
      const ringed = getComputedStyle(focused).outlineStyle !== "none";
      return focused.matches(stops) && ringed ? 1 : 0;
    }, stops);
  }
  check(reached === wanted, `${name}: Tab reaches ${reached} of ${wanted}`);
  const summary = page.locator("summary").first();
  if (await summary.count()) {
    await summary.focus();
    await page.keyboard.press("Enter");
    const opened = await page.locator("details").first().getAttribute("open");
    check(opened !== null, `${name}: Enter does not open the details`);
  }
}

/** Accessibility scan, keyboard, small targets, and width; needs scripts. */
async function withScripts(browser, size, name, target) {
  const context = await browser.newContext({ viewport: SIZES[size], bypassCSP: true });
  const page = await open(context, target, name);
  check((await page.locator("html").getAttribute("lang")) === target.lang, `${name}: language`);
  check((await page.locator("script").count()) === 0, `${name}: has a script`);
  await keyboard(page, name);
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  await page.addScriptTag({ path: axePath });
  const { violations } = await page.evaluate(() =>
    axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  for (const { id, help, nodes } of violations) {
    faults.push(`${name}: axe ${id}: ${help}: ${nodes.map((node) => node.target).join(" ; ")}`);
  }
  for (const width of [320, SIZES[size].width]) {
    await page.setViewportSize({ width, height: SIZES[size].height });
    const widest = await page.evaluate(() => document.documentElement.scrollWidth);
    check(widest <= width, `${name}: ${widest} px wide in a window of ${width} px`);
    const spilling = await page.evaluate(() =>
      [...document.querySelectorAll(".tiles a, .bars li")]
        .filter((box) => box.scrollWidth > box.clientWidth)
        .map((box) => box.textContent.trim()),
    );
    check(spilling.length === 0, `${name}: text leaves its box at ${width} px: ${spilling}`);
  }
  const low = await page.evaluate(() =>
    [...document.querySelectorAll("a[href]:not(.skip), summary")]
      .filter((target) => target.offsetParent && target.getBoundingClientRect().height < 48)
      .map((target) => target.textContent.trim()),
  );
  check(low.length === 0, `${name}: targets under 48 px: ${low}`);
  await context.close();
}

await mkdir(out, { recursive: true });
const browser = await launch();
try {
  for (const [page, target] of Object.entries(PAGES)) {
    for (const size of Object.keys(SIZES)) {
      const name = `${page}-${size}`;
      await withoutScripts(browser, size, name, target);
      await withScripts(browser, size, name, target);
    }
  }
} finally {
  await browser.close();
}
for (const fault of faults) console.error(fault);
console.log(`${Object.keys(PAGES).length} pages, ${Object.keys(SIZES).length} sizes: ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
