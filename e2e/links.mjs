// Browser test of the links in QR codes of receipts.
//
//   node e2e/links.mjs OUT_DIR
//
// Serves the page and golden folders by itself, as receipts.mjs does. Opens links with a genuine, a tampered and a foreign
// receipt, scans one, pastes one, and holds that no receipt is sent anywhere or stays in an address. Ends with status 1 and
// the list of faults if there are any.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { serveFolders } from "./folder-server.mjs";
import { FOLDERS, Wave, keysOf } from "./golden.mjs";

const [out] = process.argv.slice(2);
if (!out) {
  console.error("usage: node e2e/links.mjs OUT_DIR");
  process.exit(2);
}
const waves = Object.fromEntries(Object.keys(FOLDERS).map((name) => [name, new Wave(name)]));
const tiny = waves["01-tiny-worked-example"];
const house = waves["03-household-weights-openfirst"];
const folders = new Map(Object.entries(waves).reverse().map(([name, { files }]) => [name, files]));
const { asked, base, stop } = await serveFolders(folders, { pinned: keysOf(tiny.files) });

const faults = [];
const expect = (holds, fault) => holds || faults.push(fault);
const holder = (wave, outcome) => wave.people().find((person) => person.outcome === outcome);
const [selected, waiting] = ["selected", "waitlist"].map((outcome) => holder(tiny, outcome));
const stranger = holder(house, "selected");

/** The link that the server draws as a QR code. */
const linkTo = (receipt, folder = `/${tiny.name}/`) =>
  `${base}/periksa/?folder=${folder}#${Buffer.from(receipt).toString("base64url")}`;

/** Opens an address in a tab of its own; requests elsewhere and errors are faults. */
async function open(context, address) {
  const page = await context.newPage();
  page.on("request", (request) => expect(new URL(request.url()).origin === base || request.url().startsWith("data:"), `asks ${request.url()}`));
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(address);
  return page;
}

/** Checks what is filled in and gives what a reader sees. */
async function check(page, nik = "") {
  await page.fill("#nik", nik);
  await page.click("#form [type=submit]");
  await page.waitForSelector("#result:not([hidden])");
  return (await page.innerText("#result")).replaceAll(/\s+/g, " ");
}

const filled = (page) => page.inputValue("#receipt");

/** Goal: the link fills the form byte for byte, leaves the address bar, asks nobody for the receipt, and works offline. */
async function genuine(context) {
  const page = await open(context, linkTo(selected.receipt));
  await page.waitForFunction(() => document.getElementById("receipt").value !== "");
  expect((await filled(page)) === selected.receipt, "the receipt is not filled in byte for byte");
  expect(page.url() === `${base}/periksa/?folder=/${tiny.name}/`, `the address keeps ${page.url()}`);
  expect((await page.evaluate(() => history.length)) <= 2, "the link stays in the history");
  expect(asked.every(({ path }) => path.startsWith("periksa/") && !path.includes(".bin")), "files are asked for before the check");
  const verdict = await check(page, selected.nik);
  expect(verdict.startsWith("Anda terpilih"), `genuine: ${verdict}`);
  await page.screenshot({ path: join(out, "periksa-tautan.png"), fullPage: true });

  // Once loaded, another link in the same tab and a check need no network.
  await context.setOffline(true);
  await page.evaluate((link) => (location.href = link), linkTo(waiting.receipt));
  await page.waitForFunction((first) => document.getElementById("receipt").value !== first, selected.receipt);
  expect((await filled(page)) === waiting.receipt && !page.url().includes("#"), "a second link is not taken");
  const again = await check(page, waiting.nik);
  expect(!again.includes("Bukti ini tidak cocok"), `offline: ${again}`);
  await context.setOffline(false);
  await page.close();
}

/** Goal: whatever is not a receipt of this wave is told to be none. */
async function refused(context) {
  const cases = {
    tampered: [selected.receipt.replace(/"mask":\d+/, '"mask":3'), "Bukti ini tidak cocok"],
    cut: [selected.receipt.slice(0, -40), "Belum dapat diperiksa Bukti ini tidak terbaca"],
    foreign: [stranger.receipt, "Bukti ini tidak cocok"],
  };
  for (const [name, [receipt, expected]] of Object.entries(cases)) {
    expect(receipt !== selected.receipt, `${name}: nothing was changed`);
    const page = await open(context, linkTo(receipt));
    const verdict = await check(page);
    expect(verdict.startsWith(expected), `${name}: ${verdict}`);
    await page.close();
  }
  const page = await open(context, `${base}/periksa/?folder=/${tiny.name}/#isi`);
  expect((await filled(page)) === "" && page.url().endsWith("#isi"), "an anchor of the page is taken for a receipt");
  await page.close();
}

/** Goal: a link that is pasted or scanned is taken like one that is opened, with its folder where none was named. */
async function otherWays(context) {
  await context.addInitScript((link) => {
    window.BarcodeDetector = class {
      static async getSupportedFormats() {
        return ["qr_code"];
      }
      async detect(video) {
        return video.videoWidth > 0 ? [{ rawValue: link }] : [];
      }
    };
  }, linkTo(waiting.receipt));
  const page = await open(context, `${base}/periksa/`);
  await page.click("#scan");
  await page.waitForFunction(() => document.getElementById("receipt").value !== "");
  expect((await filled(page)) === waiting.receipt, "a scanned link is not taken");
  expect((await page.inputValue("#folder")) === `/${tiny.name}/`, "the folder of a scanned link is not taken");
  const verdict = await check(page, waiting.nik);
  expect(verdict.startsWith("Anda belum terpilih"), `scanned: ${verdict}`);
  await page.fill("#receipt", linkTo(selected.receipt, "/elsewhere/"));
  expect((await filled(page)) === selected.receipt, "a pasted link is not taken");
  expect((await page.inputValue("#folder")) === `/${tiny.name}/`, "a link replaces the chosen folder");
  await page.close();
}

await mkdir(out, { recursive: true });
const browser = await launch(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]);
try {
  for (const part of [genuine, refused, otherWays]) {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, permissions: ["camera"] });
    await part(context);
    await context.close();
  }
} finally {
  await browser.close();
  stop();
}
for (const { path, search } of asked) {
  const said = decodeURIComponent(path + search);
  expect(!said.includes("signature") && said.length < 120, `the server is told ${said}`);
}
for (const fault of faults) console.error(fault);
console.log(`links: ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
