// Browser test of the page that checks a receipt.
//
//   node e2e/receipts.mjs OUT_DIR
//
// Serves the page and the golden folders by itself. Screenshots go to OUT_DIR. Ends with status 1 and the list of
// faults if there are any. CHROMIUM names another browser program.
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { announce } from "./announcer.mjs";
import { launch } from "./browser.mjs";
import { serveFolders } from "./folder-server.mjs";
import { FOLDERS, GOLDEN, Wave, keysOf } from "./golden.mjs";

const [out] = process.argv.slice(2);
if (!out) {
  console.error("usage: node e2e/receipts.mjs OUT_DIR");
  process.exit(2);
}
const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };

const waves = Object.fromEntries(Object.keys(FOLDERS).map((name) => [name, new Wave(name)]));
const tiny = waves["01-tiny-worked-example"];
const pools = waves["02-pools-guarantees"];
const house = waves["03-household-weights-openfirst"];
const previous = waves["02-pools-guarantees/previous"];
const TINY = `/${tiny.name}/`;
const { revocations } = JSON.parse(previous.files.get("revoked.json"));
const undrawn = tiny.under(() => {});
const holder = (wave, nik) => wave.people().find((person) => person.nik === nik);
const [A, L] = [holder(tiny, "9999000000000008"), holder(tiny, "9999000000000003")];

/** A folder with one byte of a file changed. */
function broken(wave, name, at) {
  const file = Buffer.from(wave.files.get(name));
  file[at] ^= 1;
  return new Map([...wave.files, [name, file]]);
}

const signatureAt = house.files.get("log/checkpoint").toString().indexOf("witness2.example") + 60;
const hidden = holder(house, "9998000000000216");
const folders = new Map(Object.entries(waves).reverse().map(([name, { files }]) => [name, files]));
folders.set("whole", tiny.files);
folders.set("unlisted", new Map([["policy.json", undrawn.files.get("policy.json")]]));
folders.set("undrawn", announce(undrawn));
folders.set("broken-checkpoint", broken(house, "log/checkpoint", signatureAt));
folders.set("broken-entries", broken(house, "entries.bin", 64 * hidden.index + 20));
folders.set("broken-tile", broken(house, "tree/tile/0/000", 32 * (hidden.index - 1) + 5));
folders.set("broken-result", broken(house, "result.json", 300));

const faults = [];
const expect = (holds, fault) => holds || faults.push(fault);
const keys = { pinned: keysOf(tiny.files) };
const { asked, base, stop } = await serveFolders(folders, keys);

/** Opens the page; foreign requests, other methods, console errors and anything of a receipt sent are faults. */
async function open(context, { folder = "", lang = "id" } = {}) {
  const page = await context.newPage();
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    expect(protocol === "data:" || origin === base, `asks ${request.url()}`);
  });
  page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    const ours = message.type() === "error" && !message.text().startsWith("Failed to load resource");
    expect(!ours, `console says ${message.text()}`);
  });
  await page.goto(`${base}/periksa/?lang=${lang}&folder=${folder}`);
  return page;
}

/** Fills the form, sends it, waits for the verdict and gives what a reader sees of it. */
async function checkOn(page, receipt, nik = "") {
  await page.fill("#receipt", receipt);
  await page.fill("#nik", nik);
  await page.click("#form [type=submit]");
  await page.waitForSelector("#result:not([hidden])");
  return seen(page);
}

const seen = async (page) => (await page.locator("#result").innerText()).replaceAll(/\s+/g, " ");

async function inContext(browser, options, use) {
  const context = await browser.newContext({ viewport: SIZES.phone, ...options });
  await use(context);
  await context.close();
}

const million = (hex) => Number((BigInt(`0x${hex}`) * 1_000_000n) >> 256n);
const figure = (value, lang) => value.toLocaleString(lang === "id" ? "id-ID" : "en-GB");

/** What the page must say of a person, from expected.txt and the published result alone. */
function sentences(wave, person, lang) {
  const row = JSON.parse(wave.files.get("result.json")).regions.find(({ code }) => code === person.region);
  const seats = row.pools.reduce((sum, pool) => sum + pool.seats, 0);
  const number = (value) => figure(value, lang);
  const place = String(person.region).replace(/(..)(..)/, "$1.$2");
  const rank = [number(person.rank), number(row.n - row.selected)];
  const said = {
    id: {
      drawn: `Gelombang ${wave.policy.wave}, wilayah ${place}: ${number(row.n)} orang ikut undian untuk ${number(seats)} tempat.`,
      selected: "Anda terpilih",
      waitlist: `Urutan tunggu Anda ${rank[0]} dari ${rank[1]}.`,
      household_cap: "Dari satu kartu keluarga paling banyak 2 orang",
      ticket: `Nomor undian Anda ${number(million(person.ticket))}`,
      record: `Catatan ke-${number(person.index + 1)} dari`,
      quorum: "4 saksi, perlu 3.",
    },
    en: {
      drawn: `Wave ${wave.policy.wave}, region ${place}: ${number(row.n)} people took part in the draw for ${number(seats)} places.`,
      selected: "You are selected",
      waitlist: `You are number ${rank[0]} of ${rank[1]} on the waitlist.`,
      household_cap: "At most 2 of one family card",
      ticket: `Your ticket`,
      record: `Record ${number(person.index + 1)} of`,
      quorum: "4 witnesses, 3 needed.",
    },
  }[lang];
  return [said.drawn, said[person.outcome], said.ticket, said.record, said.quorum, number(million(person.ticket))];
}

/** Goal: genuine receipts get the right sentence and numbers in both languages. */
async function genuine(context) {
  const cases = [];
  for (const wave of Object.values(waves)) {
    for (const name of wave.files.keys()) if (name.startsWith("receipts/")) cases.push([wave, holder(wave, name.slice(9, 25))]);
  }
  const ofPools = pools.people();
  const poor = ofPools.find(({ mask, region, outcome }) => mask === 7 && region === 1571 && outcome === "selected");
  cases.push([pools, poor], [pools, ofPools.find(({ region }) => region === 3173)]);
  expect(cases.length === 9, `${cases.length} genuine receipts`);
  // Limits from the tables of the folders' README.
  const limits = new Map([
    [A.receipt, "tidak melebihi batas 394.891 untuk golongan Anda. Itu batas tempat terjamin pada jalur open."],
    [L.receipt, "di atas batas 394.891 untuk golongan Anda. Itu batas tempat terjamin pada jalur open."],
    [poor.receipt, "untuk golongan Anda. Itu batas tempat terjamin pada jalur registered-poor."],
    [cases.at(-1)[1].receipt, "tidak ada tempat yang terbuka untuk golongan Anda"],
  ]);
  for (const [wave, person] of cases) {
    const page = await open(context, { folder: `/${wave.name}/` });
    const file = wave.files.get(`receipts/${person.nik}.json`)?.toString() ?? person.receipt;
    const limit = limits.get(person.receipt) ?? "";
    const text = await checkOn(page, file, person.nik);
    expect(text.includes(limit), `${wave.name} ${person.nik}: lacks "${limit}" in: ${text}`);
    for (const lang of ["id", "en"]) {
      if (lang === "en") await page.click("nav a[lang=en]");
      const text = await seen(page);
      for (const part of sentences(wave, person, lang)) {
        expect(text.includes(part), `${wave.name} ${person.nik} ${lang}: lacks "${part}" in: ${text}`);
      }
      const test = text.includes("TEST BEACON");
      expect(test === wave.policy.beacon.test, `${wave.name} ${person.nik}: test beacon ${test}`);
    }
    expect((await page.locator(".checks .good").count()) === 6, `${wave.name} ${person.nik}: not all steps hold`);
    await page.close();
  }
}

/** Goal: who is not in the list is told; a receipt with any field changed, or of another wave, is refused. */
async function refused(context) {
  const page = await open(context, { folder: TINY });
  const stranger = tiny.receipt("1234567890123456", { region: 1571, mask: 4, weight: 1, flags: 0 }, "registered");
  const missing = await checkOn(page, stranger, "1234567890123456");
  expect(missing.startsWith("Anda tidak ada dalam daftar") && missing.includes("keberatan"), `stranger: ${missing}`);
  const fields = JSON.parse(A.receipt);
  const says = { version: "tidak terbaca", ctx: "gelombang lain" };
  for (const [field, value] of Object.entries(fields)) {
    const other = typeof value === "string" ? value.replace(/.$/, (last) => (last === "0" ? "1" : "0")) : value + 1;
    const changed = { ...fields, [field]: field === "kind" ? "registered" : other };
    const text = await checkOn(page, JSON.stringify(changed), A.nik);
    const said = text.includes(says[field] ?? "Tanda tangan pada bukti tidak sah");
    expect(said && /^(Bukti ini tidak cocok|Belum dapat diperiksa)/.test(text), `${field} changed: ${text}`);
  }
  const another = await checkOn(page, A.receipt, L.nik);
  expect(another.includes("bukan untuk NIK itu"), `another NIK: ${another}`);
  const foreign = await checkOn(page, house.people()[0].receipt);
  expect(foreign.includes("gelombang lain"), `foreign receipt: ${foreign}`);
  const empty = await checkOn(page, "");
  expect(empty.startsWith("Belum dapat diperiksa Tempelkan bukti Anda"), `empty: ${empty}`);
  await page.fill("#folder", "");
  for (const [pasted, part] of [["", "Tempelkan bukti Anda"], ["halo", "tidak terbaca"]]) {
    const text = await checkOn(page, pasted);
    expect(text.includes(part) && !text.includes("older"), `no folder either: ${text}`);
  }
  await page.fill("#folder", TINY);
  const good = await checkOn(page, A.receipt, A.nik);
  expect(good.startsWith("Anda terpilih"), `good again: ${good}`);
  await page.close();
}

/** Goal: a changed folder is refused, and the page says which part of it. */
async function brokenFolders(context) {
  const says = {
    "broken-checkpoint": "Tanda tangan log atau saksi pada log/checkpoint tidak sah",
    "broken-entries": "tidak menuju ke daftar yang diumumkan",
    "broken-tile": "tidak menuju ke daftar yang diumumkan",
    "broken-result": "Isi result.json bukan yang diumumkan",
  };
  for (const [folder, part] of Object.entries(says)) {
    const page = await open(context, { folder: `/${folder}/` });
    const text = await checkOn(page, hidden.receipt, hidden.nik);
    const refusedIt = text.startsWith("Folder ini tidak cocok") && text.includes(part);
    expect(refusedIt, `${folder}: ${text}`);
    expect((await page.locator(".checks .bad").count()) === 1, `${folder}: no step is marked`);
    await page.close();
  }
  const page = await open(context, { folder: "/nowhere/" });
  const text = await checkOn(page, A.receipt);
  expect(text.includes("policy.json tidak ada di folder ini"), `no folder: ${text}`);
  await page.fill("#folder", "http://elsewhere.example/");
  const elsewhere = await checkOn(page, A.receipt);
  expect(elsewhere.includes("alamat folder gelombang di situs ini"), `foreign folder: ${elsewhere}`);
  await page.close();
}

/** Goal: a phone fetches little, nothing about the receipt leaves it, and ranges are asked for. */
async function traffic(context) {
  const page = await open(context, { folder: `/${house.name}/` });
  asked.length = 0;
  await checkOn(page, hidden.receipt, hidden.nik);
  const { c, e, r, signature } = JSON.parse(hidden.receipt);
  for (const { method, path, search } of asked) {
    expect(method === "GET", `sends ${method} ${path}`);
    const told = [c, e, r, signature, hidden.nik].some((secret) => `${path}${search}`.includes(secret));
    expect(!told, `sends a part of the receipt: ${path}${search}`);
  }
  const entries = asked.filter(({ path }) => path.endsWith("entries.bin"));
  const few = entries.every(({ range, bytes }) => range && bytes <= 16384);
  expect(entries.length > 0 && few, `entries.bin: ${JSON.stringify(entries)}`);
  const paths = asked.map(({ path }) => path);
  expect(new Set(paths).size === paths.length || entries.length > 1, "asks for a file twice");
  console.log(`${asked.length} requests, ${asked.reduce((sum, { bytes }) => sum + bytes, 0)} bytes for one receipt`);
  await page.close();
  const whole = await open(context, { folder: "/whole/" });
  const text = await checkOn(whole, A.receipt, A.nik);
  expect(text.startsWith("Anda terpilih"), `server without ranges: ${text}`);
  await whole.close();
}

/** Goal: who has just joined is told calmly what holds by now, and when to come back. */
async function justJoined(context) {
  const page = await open(context, { folder: "/unlisted/" });
  const { wave, times } = undrawn.policy;
  const check = async (second) => {
    await page.clock.setFixedTime(second * 1000);
    return checkOn(page, undrawn.receipt(A.nik, A, "registered"), A.nik);
  };
  const text = await check(times.t2);
  for (const part of [`Daftar Gelombang ${wave} belum diumumkan Bukti Anda asli`, "paling lambat", "Terbuka dengan NIK Anda", "Nanti Berkas"]) {
    expect(text.includes(part), `just joined: lacks "${part}" in: ${text}`);
  }
  expect(!/plan\.json|older|Belum diperiksa/.test(text), `just joined: alarms: ${text}`);
  const paths = await page.locator(".verdict a").evaluateAll((links) => links.map((link) => link.pathname));
  expect(paths.join() === `/gelombang/${wave},/en/waves/${wave}`, `just joined: links to ${paths}`);
  const late = await check(times.t2 + 1);
  expect(late.includes("seharusnya sudah diumumkan") && !late.includes("Ini wajar"), `a list that is late: ${late}`);
  keys.pinned = null;
  await page.reload();
  const unpinned = await check(times.t2);
  expect(unpinned.includes("kunci yang disebut folder ini") && !unpinned.includes("Bukti Anda asli"), `just joined, unpinned: ${unpinned}`);
  keys.pinned = keysOf(tiny.files);
  await page.close();
}

/** Goal: what was announced of a place after the draw stands in the heading, and before the draw that it is to come. */
async function otherTimes(context) {
  const people = new Map(previous.people().map((person) => [person.e, person]));
  const revoked = people.get(revocations[0].e);
  const follows = people.get(revocations.find(({ replaced_by }) => replaced_by).replaced_by);
  const page = await open(context, { folder: `/${previous.name}/` });
  const taken = await checkOn(page, revoked.receipt, revoked.nik);
  expect(/^Tempat Anda dicabut .*Pada \d+ \w+ 2023 tempat Anda dicabut, karena/.test(taken), `revoked: ${taken}`);
  const given = await checkOn(page, follows.receipt, follows.nik);
  expect(/^Anda mendapat tempat .*sebagai pengganti/.test(given), `replacement: ${given}`);
  await page.click("#sources summary");
  await page.fill("#folder", "/undrawn/");
  const early = await checkOn(page, undrawn.receipt(A.nik, A, "registered"));
  const due = early.startsWith("Anda ada dalam daftar Undian Gelombang 1 diadakan 23 Agustus 2023");
  expect(due && early.includes("NIK tidak diisi"), `undrawn: ${early}`);
  expect((await page.locator(".checks .good").count()) === 4, `undrawn: other steps hold: ${early}`);
  await page.close();
}

/** Goal: after it was loaded the page works without a network, from memory and from a picked folder. */
async function offline(context) {
  const page = await open(context, { folder: TINY });
  await checkOn(page, A.receipt, A.nik);
  await context.setOffline(true);
  const again = await checkOn(page, L.receipt, L.nik);
  expect(again.startsWith("Anda belum terpilih") && again.includes("4 dari 6"), `offline, again: ${again}`);
  await page.click("#sources summary");
  await page.fill("#folder", `/${house.name}/`);
  const unknown = await checkOn(page, hidden.receipt);
  expect(unknown.includes("policy.json tidak dapat diambil"), `offline, not fetched: ${unknown}`);
  await context.setOffline(false);
  const later = await checkOn(page, hidden.receipt);
  expect(later.startsWith("Anda terpilih"), `online again: ${later}`);
  await page.close();

  const fresh = await open(context);
  await context.setOffline(true);
  await fresh.setInputFiles("#picked", join(GOLDEN, house.name));
  await fresh.setInputFiles("#receipt-file", join(GOLDEN, house.name, `receipts/${hidden.nik}.json`));
  await fresh.waitForFunction(() => document.getElementById("receipt").value.includes("signature"));
  const picked = await checkOn(fresh, await fresh.inputValue("#receipt"), hidden.nik);
  expect(picked.startsWith("Anda terpilih"), `offline, picked folder: ${picked}`);
  expect((await fresh.innerText("#picked-name")).includes("03-household"), "the picked folder is not named");
  await fresh.fill("#folder", TINY);
  const instead = await checkOn(fresh, hidden.receipt);
  expect(instead.includes("tidak dapat diambil"), `offline, an address instead: ${instead}`);
  await context.setOffline(false);
  await fresh.close();
}

/** Goal: whose keys were used is said; the applicant's own file of keys counts. */
async function trust(context) {
  keys.pinned = null;
  const page = await open(context, { folder: TINY });
  const unpinned = await checkOn(page, A.receipt, A.nik);
  expect(unpinned.includes("dipakai kunci dari folder itu sendiri"), `unpinned: ${unpinned}`);
  const file = (trusted) => ({ name: "saksi.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(trusted)) });
  const good = keysOf(tiny.files);
  await page.setInputFiles("#keys", file(good));
  const pinned = await checkOn(page, A.receipt);
  expect(pinned.startsWith("Anda terpilih") && !pinned.includes("folder itu sendiri"), `own keys: ${pinned}`);
  expect(pinned.includes("NIK tidak diisi"), `no NIK: ${pinned}`);
  await page.setInputFiles("#keys", file({ ...good, witnesses: good.witnesses.slice(1, 4) }));
  const stranger = await checkOn(page, A.receipt);
  expect(stranger.includes("kunci yang tidak dikenal"), `other witnesses: ${stranger}`);
  await page.setInputFiles("#keys", file({ log: 1 }));
  const garbage = await checkOn(page, A.receipt);
  expect(garbage.includes("tidak terbaca"), `no keys: ${garbage}`);
  keys.pinned = good;
  await page.close();
}

/** Goal: a browser without Ed25519 says what it could not check. */
async function withoutEd25519(context) {
  await context.addInitScript(() => {
    const { importKey } = SubtleCrypto.prototype;
    SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...rest) {
      if (algorithm === "Ed25519") return Promise.reject(new DOMException("", "NotSupportedError"));
      return importKey.call(this, format, key, algorithm, ...rest);
    };
  });
  const page = await open(context, { folder: TINY });
  const text = await checkOn(page, A.receipt, A.nik);
  expect(text.includes("Tanda tangan belum diperiksa.") && text.includes("Sebagian"), `no Ed25519: ${text}`);
  const parts = await page.locator(".checks .part").count();
  expect(parts === 3, `no Ed25519: ${parts} steps in part, not receipt, log and plan`);
  await page.screenshot({ path: join(out, "periksa-tanpa-ed25519.png"), fullPage: true });
  await page.close();
}

/** Goal: a browser without scripts is told in both languages that it cannot check, and is shown no form. */
async function withoutScripts(browser) {
  await inContext(browser, { javaScriptEnabled: false }, async (context) => {
    const page = await open(context, { lang: "en" });
    const text = (await page.locator("main").innerText()).replaceAll(/\s+/g, " ");
    for (const part of ["Periksa hasil saya", "Check my result", "memerlukan JavaScript", "needs JavaScript"]) {
      expect(text.includes(part), `no scripts: lacks "${part}" in: ${text}`);
    }
    expect(await page.locator("#form").isHidden(), "no scripts: shows a form that does nothing");
    await page.screenshot({ path: join(out, "periksa-tanpa-skrip.png"), fullPage: true });
    await page.close();
  });
}

/** Goal: where the browser reads codes, the camera fills the receipt in. The reader of codes is not in Chromium for Linux, the camera is. */
async function camera(browser) {
  await inContext(browser, { permissions: ["camera"] }, async (context) => {
    await context.addInitScript((receipt) => {
      window.BarcodeDetector = class {
        static async getSupportedFormats() {
          return ["qr_code"];
        }
        async detect(video) {
          return video.videoWidth > 0 ? [{ rawValue: receipt }] : [];
        }
      };
    }, A.receipt);
    const page = await open(context, { folder: TINY });
    await page.click("#scan");
    await page.waitForFunction(() => document.getElementById("receipt").value.includes("signature"));
    expect(await page.locator("#camera").isHidden(), "the camera stays open");
    await page.close();
  });
  await inContext(browser, {}, async (context) => {
    const page = await open(context, { folder: TINY });
    expect(await page.locator("#scan").isHidden(), "offers to scan without a reader of codes");
    await page.close();
  });
}

/** Goal: everything works by keyboard and is announced. */
async function keyboard(context) {
  const page = await open(context, { folder: TINY });
  await page.fill("#receipt", A.receipt);
  const reached = [];
  for (let step = 0; step < 14; step += 1) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.tagName));
    if (reached.at(-1) === "go") break;
  }
  expect(reached.join() === "receipt-file,nik,SUMMARY,go", `Tab goes ${reached.join()}`);
  const statuses = page.evaluate(() => new Promise((resolve) => {
    const said = [];
    const status = document.getElementById("status");
    new MutationObserver(() => {
      said.push(status.innerText);
      if (status.innerText.includes("selesai")) resolve(said);
    }).observe(status, { childList: true, subtree: true });
  }));
  await page.keyboard.press("Enter");
  await page.waitForSelector("#result:not([hidden])");
  expect((await page.evaluate(() => document.activeElement.id)) === "verdict", "the verdict has no focus");
  expect((await page.getAttribute("#status", "role")) === "status", "the status is not announced");
  expect((await statuses).length > 0, "nothing was announced");
  await page.close();
}

async function accessible(page, name) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  await page.addScriptTag({ path: axePath });
  const { violations } = await page.evaluate(() =>
    axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  for (const { id, help, nodes } of violations) {
    faults.push(`${name}: axe ${id}: ${help}: ${nodes.map((node) => node.target).join(" ; ")}`);
  }
  const width = page.viewportSize().width;
  const widest = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(widest <= width, `${name}: ${widest} px wide in a window of ${width} px`);
  const low = await page.evaluate(() =>
    [...document.querySelectorAll("a[href]:not(.skip), summary, button, .way, textarea, input:not([type=file])")]
      .filter((target) => target.checkVisibility() && target.getBoundingClientRect().height < 48)
      .map((target) => target.textContent.trim() || target.id),
  );
  expect(low.length === 0, `${name}: targets under 48 px: ${low}`);
}

/** Every state in both languages and sizes: screenshots and accessibility. */
async function states(browser) {
  const stranger = house.receipt("1234567890123456", { region: 1571, mask: 4, weight: 1, flags: 0 }, "registered");
  const capped = holder(house, "9998000000000000");
  const waiting = holder(house, "9998000000000002");
  const cases = {
    kosong: [tiny],
    terpilih: [tiny, A.receipt, A.nik],
    belum: [house, waiting.receipt, waiting.nik],
    keluarga: [house, capped.receipt, capped.nik],
    tertutup: [house, holder(house, "9998000000000235").receipt, ""],
    "tidak-ada": [house, stranger, ""],
    dicabut: [previous, previous.people().find(({ e }) => e === revocations[0].e).receipt, ""],
    "belum-diumumkan": [{ name: "unlisted" }, undrawn.receipt(A.nik, A, "registered"), A.nik],
    "belum-diundi": [undrawn, undrawn.receipt(A.nik, A, "registered"), ""],
    berubah: [tiny, A.receipt.replace('"mask":4', '"mask":5'), A.nik],
  };
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const lang of ["id", "en"]) {
      for (const [state, [wave, receipt, nik]] of Object.entries(cases)) {
        await inContext(browser, { viewport, bypassCSP: true }, async (context) => {
          const page = await open(context, { folder: wave === undrawn ? "/undrawn/" : `/${wave.name}/`, lang });
          if (receipt) await checkOn(page, receipt, nik);
          const name = `periksa-${state}-${lang}-${size}`;
          await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
          await accessible(page, name);
          await page.setViewportSize({ width: 320, height: 700 });
          const widest = await page.evaluate(() => document.documentElement.scrollWidth);
          expect(widest <= 320, `${name}: ${widest} px wide in a window of 320 px`);
        });
      }
      await inContext(browser, { viewport }, async (context) => {
        const page = await open(context, { folder: TINY, lang });
        let go;
        await page.route("**/log/checkpoint", async (route) => {
          await new Promise((resolve) => (go = resolve));
          await route.continue();
        });
        const done = checkOn(page, A.receipt, A.nik);
        await page.waitForFunction(() => document.getElementById("status").innerText.includes("2"));
        await page.screenshot({ path: join(out, `periksa-memeriksa-${lang}-${size}.png`), fullPage: true });
        go();
        await done;
      });
    }
  }
}

await mkdir(out, { recursive: true });
const browser = await launch(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]);
try {
  for (const part of [genuine, refused, brokenFolders, justJoined, otherTimes, traffic, offline, trust, withoutEd25519, keyboard]) {
    await inContext(browser, {}, part);
  }
  await withoutScripts(browser);
  await camera(browser);
  await states(browser);
} finally {
  await browser.close();
  stop();
}
for (const fault of faults) console.error(fault);
console.log(`receipts: ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
