// What each page weighs on the first and on a repeated view, and how soon it can be used on a slow line.
import { readFileSync } from "node:fs";
import { Traffic } from "./traffic.mjs";

/** Bytes as they go over the line, headers included. */
export const BUDGET = { html: 14 * 1024, first: 60 * 1024, again: 15 * 1024, scripts: 12 * 1024 };
/** The page that checks a receipt is a program: all of it comes at once, so that it works with the line cut. */
const CHECKS = { path: /^\/periksa\//, scripts: 32 * 1024 };
/** 400 kbit/s and 400 ms, as of a crowded cell. */
const SLOW = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };
const FREE = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
/** Until a page can be used on that line. */
const USABLE_MS = 3_000;
/** A machine that was busy with something else is no fault of the page. */
const TRIES = 3;

/** Addresses that answer a GET with something else than a page, or with the way to one. */
const NO_PAGES = [
  /\.(csv|json|svg|txt|xml)$/,
  /^\/(api|aset|berkas|kesehatan)\//,
  /^\/periksa\/\{/,
  // The picture itself.
  /\/gambar$/,
  // These lead on: to the page that asks for the code of a letter, and to that which checks receipts.
  /^\/langkah$/,
  /^\/periksa$/,
  /\/bukti$/,
];

/** The addresses of pages, by the table that a test holds against the server. */
function pagesOf(file) {
  const sections = readFileSync(file, "utf8").split(/^## /m);
  const rows = (title) => {
    const section = sections.find((one) => one.startsWith(`${title}\n`));
    const found = [...section.matchAll(/^\| GET \| (\S+) \|/gm)].map(([, path]) => path);
    return found.filter((path) => !NO_PAGES.some((pattern) => pattern.test(path)));
  };
  const portal = rows("Pages");
  return [...portal, ...portal.map((path) => `/en${path}`), ...rows("Public pages")];
}

/** Weighs each address once, as whoever visits it first sees it. */
export class Scale {
  constructor(browser, { base, report, viewport }) {
    Object.assign(this, { browser, base, report, viewport, known: new Set() });
  }

  /** An address without what differs from one person to another. */
  static kind({ pathname, search }) {
    const kind = pathname.replace(/\/[0-9a-z]{3}_[0-9a-z-]+$/, "/*").replace(/\/tes\/\d+$/, "/tes/*");
    return search ? `${kind}?` : kind;
  }

  /** Weighs where a visit stands, with its cookies and nothing else kept. */
  async weigh(visit) {
    const url = new URL(visit.page.url());
    const kind = Scale.kind(url);
    if (this.known.has(kind)) return;
    this.known.add(kind);
    let found;
    for (let tries = 0; tries < TRIES && !(found?.weights.usable <= USABLE_MS); tries += 1) {
      const context = await this.browser.newContext({ viewport: this.viewport });
      try {
        await context.addCookies(await visit.context.cookies());
        found = await this.views(context, url);
      } finally {
        await context.close();
      }
    }
    this.judge(kind, url, found);
  }

  async views(context, url) {
    const page = await context.newPage();
    const traffic = await Traffic.of(page);
    await traffic.cdp.send("Network.emulateNetworkConditions", SLOW);
    const answer = await page.goto(url.href);
    const usable = Math.round(await page.evaluate(usableAt));
    await traffic.settles();
    const weights = { html: traffic.taken("Document"), first: traffic.taken(), scripts: traffic.taken("Script") };
    traffic.forget();
    await traffic.cdp.send("Network.emulateNetworkConditions", FREE);
    await page.goto(url.href);
    await traffic.settles();
    weights.again = traffic.taken();
    return { weights: { ...weights, usable }, status: answer.status(), led: new URL(page.url()) };
  }

  judge(kind, url, { weights: { usable, ...weights }, status, led }) {
    this.report.weigh(`first view of ${kind}`, { ...weights, usable });
    for (const [what, bytes] of Object.entries(weights)) {
      const most = what === "scripts" && CHECKS.path.test(kind) ? CHECKS.scripts : BUDGET[what];
      if (bytes > most) this.report.fault(`${kind}: ${what} view of ${bytes} bytes, at most ${most}`);
    }
    if (led.pathname !== url.pathname || status !== 200) this.report.fault(`${kind}: weighed ${led.pathname} with status ${status} instead`);
    if (weights.html === 0) this.report.fault(`${kind}: nothing was weighed`);
    if (!(usable > SLOW.latency && usable <= USABLE_MS)) this.report.fault(`${kind}: usable after ${usable} ms, at most ${USABLE_MS}`);
  }

  /** Holds that every page of the table was weighed but those that another run weighs. */
  complete(table, elsewhere) {
    for (const page of pagesOf(table)) {
      const pattern = new RegExp(`^${page.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`);
      const isWeighed = [...this.known].some((kind) => pattern.test(kind.replace(/\?$/, "")));
      if (!isWeighed && !elsewhere.includes(page)) this.report.fault(`${page}: no journey comes to it, so nothing was weighed`);
    }
  }
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
