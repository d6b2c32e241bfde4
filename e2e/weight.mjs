// What pages weigh on the first and on a repeated view, and how soon they can be used on a slow line.
import { SELECTED, session } from "./people.mjs";
import { BUDGET } from "./visit.mjs";

/** 400 kbit/s and 400 ms, as of a crowded cell. */
const SLOW = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };
/** Until a page can be used on that line. */
const USABLE_MS = 3_000;

/** Pages that anybody or somebody signed in can open at an address. */
export const weighed = [
  { state: "landing", id: "/", en: "/en" },
  { state: "waves", id: "/gelombang", en: "/en/waves" },
  { state: "wave-open", id: "/gelombang/74", en: "/en/waves/74" },
  { state: "statistics", id: "/statistik/34", en: "/en/statistics/34" },
  { state: "status", id: "/status", en: "/en/status" },
  { state: "programme", id: "/program", en: "/en/programme" },
  { state: "help", id: "/bantuan", en: "/en/help" },
  { state: "regions", id: "/statistik", en: "/en/statistics" },
];
const signedIn = [{ state: "account", id: "/akun" }];
const anybody = [...weighed, { state: "sign-in", id: "/masuk" }];

export async function weighPages(browser, { base, report, viewport }) {
  for (const { state, id } of anybody) await weigh(browser, { base, report, viewport, state, path: id });
  const cookies = [await session(base, SELECTED)];
  for (const { state, id } of signedIn) await weigh(browser, { base, report, viewport, state, path: id, cookies });
}

/** A tab of its own with nothing kept, and what it has loaded. */
async function fresh(browser, { viewport, cookies }) {
  const context = await browser.newContext({ viewport });
  if (cookies) await context.addCookies(cookies);
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Network.enable");
  const kinds = new Map();
  const loads = [];
  cdp.on("Network.responseReceived", ({ requestId, type, response }) => kinds.set(requestId, { type, url: response.url }));
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const known = kinds.get(requestId);
    if (known && !known.url.startsWith("data:")) loads.push({ ...known, bytes: encodedDataLength });
  });
  const taken = (wanted) => loads.filter(({ type }) => !wanted || type === wanted).reduce((sum, { bytes }) => sum + bytes, 0);
  return { context, page, cdp, loads, taken };
}

async function weigh(browser, { base, report, viewport, state, path, cookies }) {
  const { context, page, loads, taken } = await fresh(browser, { viewport, cookies });
  await page.goto(base + path, { waitUntil: "networkidle" });
  const first = { html: taken("Document"), first: taken(), scripts: taken("Script") };
  loads.length = 0;
  await page.goto(base + path, { waitUntil: "networkidle" });
  await context.close();
  const slow = await fresh(browser, { viewport, cookies });
  await slow.cdp.send("Network.emulateNetworkConditions", SLOW);
  await slow.page.goto(base + path);
  const usable = Math.round(await slow.page.evaluate(usableAt));
  await slow.context.close();
  const weights = { ...first, again: taken() };
  report.weigh(`first view of ${state}`, { ...weights, usable });
  for (const [what, bytes] of Object.entries(weights)) {
    if (bytes > BUDGET[what]) report.fault(`${path}: ${what} view of ${bytes} bytes, at most ${BUDGET[what]}`);
  }
  if (first.html === 0) report.fault(`${path}: nothing was weighed`);
  if (!(usable > SLOW.latency && usable <= USABLE_MS)) report.fault(`${path}: usable after ${usable} ms, at most ${USABLE_MS}`);
}

/** When the page is drawn and its forms work: the later of first contents and the end of reading. */
async function usableAt() {
  const [{ domContentLoadedEventEnd }] = performance.getEntriesByType("navigation");
  const painted = await new Promise((resolve) => {
    const isFirst = ({ name }) => name === "first-contentful-paint";
    const watch = new PerformanceObserver((list) => list.getEntries().filter(isFirst).forEach(({ startTime }) => resolve(startTime)));
    watch.observe({ type: "paint", buffered: true });
  });
  return Math.max(domContentLoadedEventEnd, painted);
}
