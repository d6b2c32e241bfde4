// Browser test of the citizens' pages: whole journeys on a phone and at a desk, in both languages, with scripts on and off,
// and by keyboard alone.
//
//   node e2e/portal.mjs BASE_URL INBOX_URL OUT_DIR [JOURNEY...]
//
// BASE_URL is a small demonstration with its logins (`gelombang demo --small`), INBOX_URL the page of what it sends. Every
// state is looked at: a picture, axe, the validator, sizes, weights. Ends with status 1 and the list of faults if there are any.
import { mkdirSync } from "node:fs";
import { launch } from "./browser.mjs";
import { Inbox } from "./inbox.mjs";
import * as account from "./journeys/account.mjs";
import * as ownPages from "./journeys/own-pages.mjs";
import * as publicPages from "./journeys/public-pages.mjs";
import * as register from "./journeys/register.mjs";
import * as signIn from "./journeys/sign-in.mjs";
import { Report } from "./report.mjs";
import { Visit } from "./visit.mjs";
import { weighPages } from "./weight.mjs";

/** The last signs in by the form, after which a program no longer can for that account. */
const JOURNEYS = { "public-pages": publicPages, "own-pages": ownPages, account, register, "sign-in": signIn };

const [base, inboxUrl, out, ...chosen] = process.argv.slice(2);
if (!base || !inboxUrl || !out) {
  console.error("usage: node e2e/portal.mjs BASE_URL INBOX_URL OUT_DIR [JOURNEY...]");
  process.exit(2);
}

/** Visits beside each other. */
const BESIDE = 4;

const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };

/** Every kind of visit; the last one has no pointer. */
function cells() {
  const all = [];
  for (const size of Object.keys(SIZES)) {
    for (const lang of ["id", "en"]) {
      for (const scripts of [true, false]) all.push({ size, lang, scripts, keyboard: false });
    }
  }
  return [...all, { size: "desktop", lang: "id", scripts: true, keyboard: true }];
}

mkdirSync(out, { recursive: true });
const report = new Report(out);
const inbox = new Inbox(inboxUrl.replace(/\/$/, ""));
const browser = await launch();
const names = chosen.length ? chosen : Object.keys(JOURNEYS);

/** One visit of a journey, from an empty browser. */
async function visitOnce(name, number, cell) {
  const visit = await Visit.begin(browser, { base, cell, report, viewport: SIZES[cell.size], inbox });
  try {
    await JOURNEYS[name].run(visit, { inbox, number });
  } catch (error) {
    console.error(`${name} stops: ${visit.name}: ${error.message}`);
    report.fault(`${name}: ${visit.name}: ${error.message}`);
    await visit.page.screenshot({ path: `${out}/stopped-${name}-${visit.name}.png`, fullPage: true }).catch(() => {});
  }
  await visit.end();
}

/** All visits of a journey; those that share nothing mostly wait, so some go beside each other. */
async function visitAll(name) {
  const { fits, isApart } = JOURNEYS[name];
  const left = [...cells().entries()].filter(([, cell]) => !fits || fits(cell));
  const one = async () => {
    for (let next = left.shift(); next; next = left.shift()) await visitOnce(name, ...next);
  };
  await Promise.all(Array.from({ length: isApart ? BESIDE : 1 }, one));
}

try {
  for (const name of names) await visitAll(name);
  if (!chosen.length) {
    await weighPages(browser, { base, report, viewport: SIZES.phone });
    report.staleReviews();
  }
} finally {
  await browser.close();
}
console.log(`${report.validate()} pages were validated`);
process.exit(report.end("portal"));
