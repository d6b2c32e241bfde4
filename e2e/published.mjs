// Browser test of a published wave, from its page to the check of a receipt, against the server itself.
//
//   node e2e/published.mjs BASE_URL OUT_DIR
//
// Goes from the list of waves to a published one, follows its link to the page that checks receipts, and checks the
// receipts of two people there, so that ranges, tiles and proofs come from where everybody gets them. Ends with
// status 1 and the list of faults if there are any.
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { Wave } from "./golden.mjs";

const [base, out] = process.argv.slice(2);
if (!base || !out) {
  console.error("usage: node e2e/published.mjs BASE_URL OUT_DIR");
  process.exit(2);
}
const faults = [];
const expect = (holds, fault) => holds || faults.push(fault);

const people = new Wave("01-tiny-worked-example").people();
const [selected, waiting] = ["selected", "waitlist"].map((outcome) => people.find((one) => one.outcome === outcome));

/** Pastes a receipt and waits for the verdict. */
async function check(page, { receipt, nik }) {
  await page.fill("#receipt", receipt);
  await page.fill("#nik", nik);
  await page.click("#form [type=submit]");
  await page.waitForFunction(() => document.getElementById("status").innerText.includes("selesai"));
  return page.innerText("#result");
}

const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  const ranges = [];
  page.on("response", (response) => {
    if (response.url().endsWith("entries.bin")) ranges.push(response.status());
    expect(response.status() < 400, `${response.url()}: ${response.status()}`);
  });
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(`${base}/gelombang`);
  await page.click('table a[href="/gelombang/1"]');
  expect((await page.innerText("main")).includes("8 orang terpilih"), "the wave does not tell its result");
  await page.click("main a.button");
  const verdict = await check(page, selected);
  expect(verdict.startsWith("Anda terpilih"), `selected: ${verdict}`);
  const other = await check(page, waiting);
  expect(other.startsWith("Anda belum terpilih"), `waiting: ${other}`);
  expect(ranges.length > 0 && ranges.every((status) => status === 206), `the list is not fetched in parts: ${ranges}`);
  await page.screenshot({ path: join(out, "gelombang-1-periksa.png"), fullPage: true });
} finally {
  await browser.close();
}
for (const fault of faults) console.error(fault);
console.log(`published: ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
