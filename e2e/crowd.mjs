// Browser test of the opening day: the waiting room, and what those are told who cannot be served at this moment.
//
//   node e2e/crowd.mjs BASE_URL OUT_DIR
//
// BASE_URL is a server of a demonstration's data that works on one request at a time, so that anybody is a crowd, and
// believes whom a request names as its sender, so that a crowd has many addresses, each of which may ask little (`serve
// --at-once-max 1 --trusted-proxy 127.0.0.1 --address-rate 10`). Screenshots go to OUT_DIR/crowd. Ends with status 1 and the list of faults if there are any.
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { SIZES, cells } from "./cells.mjs";
import { Report } from "./report.mjs";
import { Visit } from "./visit.mjs";
import { Scale } from "./weight.mjs";

const [base, out] = process.argv.slice(2);
if (!base || !out) {
  console.error("usage: node e2e/crowd.mjs BASE_URL OUT_DIR");
  process.exit(2);
}

/** People who come before the visits: more than are called while those arrive. */
const CROWD = 300;
/** Who takes places: one has the only one, one waits for it, and so nobody else may. */
const TAKERS = 3;
/** Requests from one address at the same moment, which together are more than it may send. */
const RUSH = 8;
/** How often a page is asked for until it is one too many. */
const TRIES_MAX = 30;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const from = (number) => ({ "x-forwarded-for": `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}` });
const ask = (path, number, more = {}) => fetch(base + path, { redirect: "manual", headers: from(number), ...more });

const report = new Report(join(out, "crowd"));
const browser = await launch();
const scale = new Scale(browser, { base, report, viewport: SIZES.phone });

/** Waits until whoever comes has to wait: load that lasts opens the room. */
async function opens() {
  for (let tries = 0; tries < 60; tries += 1) {
    const answer = await ask("/daftar", 0);
    if (answer.headers.get("location")?.startsWith("/antre")) return;
    await pause(200);
  }
  throw new Error("the room does not open");
}

/** Somebody waits for a place, and is told where they stand and that it changes nothing. */
async function waits(visit) {
  await visit.go("/daftar");
  await visit.isAt("/antre");
  const [before, estimate] = await visit.page.locator("dl.waits dd").allInnerTexts();
  visit.expect(Number(before.replaceAll(/[.,]/g, "")) > 0, `${before} people are before them`);
  visit.expect(visit.say(/menit/, /minute/).test(estimate), `the wait is ${estimate}`);
  const chance = visit.page.getByText(visit.say("Urutan di sini tidak mengubah peluang Anda.", "Your place here does not change your chance."));
  const size = (one) => parseFloat(getComputedStyle(one).fontSize);
  const [large, usual] = [await chance.evaluate(size), await visit.page.locator("body").evaluate(size)];
  visit.expect(large >= 1.4 * usual, `that the place changes nothing is said in letters of ${large} px`);
  await visit.look("waiting-room");
}

/** Whoever waits is let in without doing anything, to where they wanted. */
async function isLetIn(visit) {
  await visit.page.waitForURL((url) => url.pathname.endsWith("/daftar"), { timeout: 240_000 });
  await visit.page.waitForLoadState();
  await visit.isAt("/daftar");
}

let taken = 0;

/** Does something while the one place is taken: looking at a password takes its time. */
async function whileTaken(act) {
  let isHeld = true;
  const hold = async () => {
    while (isHeld) {
      const number = (taken += 1);
      const body = JSON.stringify({ email: `ramai${Date.now()}-${number}@contoh.id`, password: "kata-sandi-siapa-saja" });
      const headers = { ...from(10_000 + number), "content-type": "application/json" };
      const { status } = await ask("/api/v1/sessions", 0, { method: "POST", headers, body });
      if (status === 503) await pause(5);
    }
  };
  const held = Promise.all(Array.from({ length: TAKERS }, hold));
  try {
    await act();
  } finally {
    isHeld = false;
    await held;
  }
}

/** Goes to a page until it cannot be served. */
async function isTurnedAway(visit, path) {
  for (let tries = 0; tries < 50; tries += 1) {
    await visit.go(path);
    if (visit.answer.status() === 503) return;
  }
  throw new Error(`${visit.name}: ${path} is always served`);
}

/** A form that cannot be taken is not lost, and a page that cannot be shown comes by itself. */
async function busy(visit) {
  const typed = "warga-di-antrean@contoh.id";
  for (let tries = 0; visit.answer.status() !== 503; tries += 1) {
    if (tries === 20) throw new Error(`${visit.name}: the form is always taken`);
    await visit.go("/daftar");
    await visit.fill("email", typed);
    await whileTaken(async () => {
      await pause(50);
      await visit.press();
    });
  }
  await visit.look("busy-sent", { status: 503 });
  await visit.page.goBack();
  visit.expect((await visit.page.inputValue("[name=email]")) === typed, "what was typed is gone after going back");
  await whileTaken(async () => {
    await isTurnedAway(visit, "/masuk");
    await visit.look("busy", { status: 503 });
  });
  await visit.waits(visit.say(/Kata sandi/, /Password/), 60);
}

/** Too many requests from one address. */
async function tooMany(visit, number) {
  const own = 2_000 + number;
  let isOver = false;
  // The others go on asking, or the page would be served again by the time it is asked for.
  const rush = Array.from({ length: RUSH }, async () => {
    while (!isOver) await ask("/akun", own);
  });
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    await visit.go("/akun");
    if (visit.answer.status() === 429) break;
  }
  isOver = true;
  await Promise.all(rush);
  await visit.look("too-many-requests", { status: 429 });
}

/** Does a part of all visits, one after the other, and stops those that fail. */
async function each(visits, part) {
  for (const [number, visit] of visits.entries()) {
    if (visit.isStopped) continue;
    try {
      await part(visit, number);
    } catch (error) {
      visit.isStopped = true;
      report.fault(`${part.name}: ${visit.name}: ${error.message}`);
      await visit.page.screenshot({ path: join(report.out, `stopped-${part.name}-${visit.name}.png`), fullPage: true }).catch(() => {});
    }
  }
}

try {
  const visits = [];
  for (const [number, cell] of cells().entries()) {
    visits.push(await Visit.begin(browser, { base, cell, report, viewport: SIZES[cell.size], scale, headers: from(2_000 + number) }));
  }
  await opens();
  for (let number = 1; number <= CROWD; number += 1) await ask("/antre?ke=%2Fdaftar", number);
  await each(visits, waits);
  await each(visits, isLetIn);
  await each(visits, busy);
  await each(visits, tooMany);
} finally {
  await browser.close();
}
console.log(`${report.validate()} pages were validated`);
process.exit(report.end("crowd"));
