// Browser test of the citizens' pages: whole journeys on a phone and at a desk, in both languages, with scripts on and off,
// and by keyboard alone.
//
//   node e2e/portal.mjs BASE_URL INBOX_URL DATA_DIR OUT_DIR [JOURNEY...]
//
// BASE_URL is a small demonstration with its logins (`gelombang demo --small`), INBOX_URL the page of what it sends,
// DATA_DIR its folder. Every
// state is looked at: a picture, axe, the validator, sizes, weights. Ends with status 1 and the list of faults if there are any.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { SIZES, cells } from "./cells.mjs";
import { Inbox } from "./inbox.mjs";
import * as account from "./journeys/account.mjs";
import * as away from "./journeys/away.mjs";
import * as ownPages from "./journeys/own-pages.mjs";
import * as publicPages from "./journeys/public-pages.mjs";
import * as register from "./journeys/register.mjs";
import * as signIn from "./journeys/sign-in.mjs";
import * as stalled from "./journeys/stalled.mjs";
import * as tries from "./journeys/tries.mjs";
import { Report } from "./report.mjs";
import { Visit } from "./visit.mjs";
import { Scale } from "./weight.mjs";

/** Signing in by the form comes late: after it a program no longer can for that account. */
const JOURNEYS = { register, account, tries, "public-pages": publicPages, "own-pages": ownPages, stalled, "sign-in": signIn, away };

const [base, inboxUrl, data, out, ...chosen] = process.argv.slice(2);
if (!base || !inboxUrl || !data || !out) {
  console.error("usage: node e2e/portal.mjs BASE_URL INBOX_URL DATA_DIR OUT_DIR [JOURNEY...]");
  process.exit(2);
}

/** Visits beside each other, of those that share nothing. */
const BESIDE = 5;

mkdirSync(out, { recursive: true });
const report = new Report(out);
const inbox = new Inbox(inboxUrl.replace(/\/$/, ""));
const browser = await launch();
const scale = new Scale(browser, { base, report, viewport: SIZES.phone });
const names = chosen.length ? chosen : Object.keys(JOURNEYS);

/** One visit of a journey, from an empty browser. */
async function visitOnce({ name, number, cell }) {
  const began = Date.now();
  const visit = await Visit.begin(browser, { base, cell, report, viewport: SIZES[cell.size], inbox, data, scale });
  try {
    await JOURNEYS[name].run(visit, { inbox, number });
  } catch (error) {
    console.error(`${name} stops: ${visit.name}: ${error.message}`);
    report.fault(`${name}: ${visit.name}: ${error.message}`);
    await visit.page.screenshot({ path: `${out}/stopped-${name}-${visit.name}.png`, fullPage: true }).catch(() => {});
  }
  await visit.end();
  console.log(`${name}: ${visit.name} took ${Math.round((Date.now() - began) / 1000)} s`);
}

/** The visits of these journeys, one journey after the other. */
const visitsOf = (journeys) =>
  journeys.flatMap((name) => {
    const { fits } = JOURNEYS[name];
    const all = [...cells().entries()].map(([number, cell]) => ({ name, number, cell }));
    return fits ? all.filter(({ cell }) => fits(cell)) : all;
  });

/** Goes through visits, some beside each other, since they mostly wait. */
async function visitAll(visits, beside) {
  const one = async () => {
    for (let next = visits.shift(); next; next = visits.shift()) await visitOnce(next);
  };
  await Promise.all(Array.from({ length: beside }, one));
}

try {
  const those = (fits) => visitsOf(names.filter((name) => fits(JOURNEYS[name])));
  const apart = those(({ isApart }) => isApart);
  const shared = those(({ isApart, isAlone }) => !isApart && !isAlone);
  await Promise.all([visitAll(apart, BESIDE), visitAll(shared, 1)]);
  await visitAll(those(({ isAlone }) => isAlone), 1);
  if (!chosen.length) {
    scale.complete(join(dirname(dirname(fileURLToPath(import.meta.url))), "docs", "ACCESS.md"), ["/antre", "/en/antre"]);
    report.staleReviews();
  }
} finally {
  await browser.close();
}
console.log(`${report.validate()} pages were validated`);
process.exit(report.end("portal"));
