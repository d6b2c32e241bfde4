// One person at one browser: how pages are opened, filled in and looked at, the same by pointer and by keyboard.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Traffic } from "./traffic.mjs";
import { BUDGET } from "./weight.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export class Visit {
  /**
   * `cell` names the kind of visit: size, lang, scripts, keyboard. `report` takes faults, what axe leaves open, and
   * where files go. `data` is the folder of what is served, `scale` weighs the pages that it comes to; `headers` go with every request.
   */
  static async begin(browser, { base, cell, report, viewport, inbox, data, scale, headers }) {
    const locale = cell.lang === "en" ? "en-GB" : "id-ID";
    const context = await browser.newContext({ viewport, javaScriptEnabled: cell.scripts, locale, extraHTTPHeaders: headers });
    const visit = new Visit();
    Object.assign(visit, { base, cell, report, inbox, data, context, origin: new URL(base).origin });
    // Weights are those of a phone, with all that scripts add.
    if (cell.size === "phone" && cell.scripts) visit.scale = scale;
    await visit.turn();
    return visit;
  }

  /** Opens a tab, or another one. */
  async turn() {
    const page = await this.context.newPage();
    this.page = page;
    page.on("request", (request) => {
      const url = new URL(request.url());
      this.expect(["data:", "blob:"].includes(url.protocol) || url.origin === this.origin, `asks ${url.origin}`);
    });
    page.on("pageerror", (error) => this.fault(`script fails: ${error.message}`));
    page.on("console", (message) => {
      // A page that says what is wrong has the status of a refusal, which Chromium calls an error; so it does a line that is cut on purpose.
      const isOwn = message.location().url === page.url() || /status of (403|404|413|422|429)|ERR_INTERNET_DISCONNECTED/.test(message.text());
      if (message.type() === "error" && !isOwn) this.fault(`console says ${message.text()}`);
    });
    page.on("response", (response) => {
      if (response.request().isNavigationRequest() && response.request().frame() === page.mainFrame()) this.answer = response;
    });
    this.traffic = await Traffic.of(page);
  }

  async end() {
    await this.context.close();
  }

  /** The token of the session. */
  async session() {
    return (await this.context.cookies()).find(({ name }) => name === "sesi").value;
  }

  /** All that was loaded so far. */
  get bytes() {
    return this.traffic.total;
  }

  get name() {
    const { size, lang, scripts, keyboard } = this.cell;
    return `${size}-${lang}-${scripts ? "scripts" : "plain"}${keyboard ? "-keyboard" : ""}`;
  }

  fault(words) {
    this.report.fault(`${this.name}: ${new URL(this.page.url()).pathname}: ${words}`);
  }

  expect(holds, words) {
    if (!holds) this.fault(words);
    return Boolean(holds);
  }

  /** A text in the language of the visit. */
  say(id, en) {
    return this.cell.lang === "en" ? en : id;
  }

  /** An address in the language of the visit. */
  path(path) {
    return this.cell.lang === "en" ? `/en${path}` : path;
  }

  /** Goes to a page of the portal, or to an address as it stands. */
  async go(path, { asIs = false } = {}) {
    await this.page.goto(this.base + (asIs ? path : this.path(path)));
    await this.arrives();
  }

  /** Weighs the page that was opened. */
  async arrives() {
    if (this.scale && this.answer.request().method() === "GET" && this.answer.status() === 200) await this.scale.weigh(this);
  }

  // How fields and buttons are reached.

  /** Walks by Tab until an element has the focus. */
  async focus(target) {
    if (!this.cell.keyboard) return target.focus();
    for (let step = 0; step < 80; step += 1) {
      if (await target.evaluate((one) => one === document.activeElement)) {
        const ringed = await target.evaluate((one) => getComputedStyle(one).outlineStyle !== "none");
        return this.expect(ringed, `no ring on ${await target.evaluate((one) => one.outerHTML.slice(0, 80))}`);
      }
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`Tab does not reach ${target}`);
  }

  /** Fills in a field by its name. */
  async fill(name, value) {
    const field = this.page.locator(`[name="${name}"]:not([type=hidden])`);
    if (!this.cell.keyboard) return field.fill(value);
    await this.focus(field);
    await this.page.keyboard.press("ControlOrMeta+a");
    await this.page.keyboard.press("Delete");
    await this.page.keyboard.type(value);
  }

  /** Fills in a day: name, then day, month and year. */
  async fillDay(name, day, month, year) {
    await this.fill(`${name}_hari`, String(day));
    await this.fill(`${name}_bulan`, String(month));
    await this.fill(`${name}_tahun`, String(year));
  }

  /** Chooses one of several by its value, of radio buttons or of a list. */
  async choose(name, value) {
    const list = this.page.locator(`select[name="${name}"]`);
    if (await list.count()) {
      if (this.cell.keyboard) await this.focus(list);
      return list.selectOption(value);
    }
    const radio = this.page.locator(`input[type=radio][name="${name}"][value="${value}"]`);
    if (!this.cell.keyboard) return radio.check();
    await this.walkRadios(name, value);
  }

  /** One Tab reaches a group of radio buttons, arrows go through it. */
  async walkRadios(name, value) {
    const active = () => this.page.evaluate(() => [document.activeElement.name, document.activeElement.value, document.activeElement.checked]);
    for (let step = 0; step < 80; step += 1) {
      const [at] = await active();
      if (at === name) break;
      await this.page.keyboard.press("Tab");
    }
    await this.page.keyboard.press("Space");
    for (let step = 0; step < 40; step += 1) {
      const [at, now, checked] = await active();
      if (at === name && now === value && checked) return;
      await this.page.keyboard.press("ArrowDown");
    }
    throw new Error(`arrows do not reach ${value} of ${name}`);
  }

  /** Ticks a box. */
  async tick(name) {
    const box = this.page.locator(`input[type=checkbox][name="${name}"]`);
    if (!this.cell.keyboard) return box.check();
    await this.focus(box);
    if (!(await box.isChecked())) await this.page.keyboard.press("Space");
  }

  /** Presses the button with these words, the first one by default, and waits for the next page. */
  async press(words) {
    const buttons = this.page.locator("main button:not([type=button])");
    const button = (words ? buttons.filter({ hasText: words }) : buttons).first();
    await this.moves(async () => {
      if (!this.cell.keyboard) return button.click();
      await this.focus(button);
      await this.page.keyboard.press("Enter");
    });
  }

  /** Follows the link with these words. */
  async follow(words) {
    const link = this.page.getByRole("link", { name: words }).first();
    await this.moves(async () => {
      if (!this.cell.keyboard) return link.click();
      await this.focus(link);
      await this.page.keyboard.press("Enter");
    });
  }

  /** Reads the page in the other language. */
  async switchLanguage() {
    const way = this.page.locator("header nav:last-of-type :is(a, button:not([tabindex]))");
    await this.moves(async () => {
      if (!this.cell.keyboard) return way.click();
      // Whoever goes by keyboard comes to it from the top of the page.
      await this.page.evaluate(() => document.activeElement.blur());
      await this.focus(way);
      await this.page.keyboard.press("Enter");
    });
  }

  /** Does what makes the browser go on, and waits for that page. */
  async moves(act) {
    await Promise.all([this.page.waitForEvent("load", { timeout: 30_000 }), act()]);
    await this.arrives();
  }

  // What a page says.

  async text() {
    return (await this.page.innerText("main")).replaceAll(/\s+/g, " ");
  }

  /** The path of the page as it stands in Indonesian. */
  at() {
    const { pathname } = new URL(this.page.url());
    return this.cell.lang === "en" ? pathname.replace(/^\/en(?=\/|$)/, "") || "/" : pathname;
  }

  /** Holds that this is the page. */
  async isAt(path) {
    const fits = typeof path === "string" ? this.at() === path : path.test(this.at());
    if (!fits) throw new Error(`${this.name}: at ${this.at()} instead of ${path}: ${(await this.text()).slice(0, 300)}`);
  }

  /**
   * Waits, as the person does, until the page shows words. It refreshes by itself, unless it is reloaded every so many
   * seconds, after doing something else.
   */
  async waits(words, seconds = 60, { reloadsAfter, meanwhile = () => {} } = {}) {
    let read = Date.now();
    for (const end = read + seconds * 1000; Date.now() < end; ) {
      const shown = await this.text().catch(() => "");
      if (words.test(shown)) return;
      await this.page.waitForTimeout(300);
      if (reloadsAfter && Date.now() > read + reloadsAfter * 1000) {
        meanwhile();
        await this.page.reload();
        read = Date.now();
      }
    }
    throw new Error(`${this.name}: at ${this.at()} nothing says ${words}: ${(await this.text()).slice(0, 300)}`);
  }

  // Looking at a page.

  /** Looks at the page as it stands: picture, words for machines, sizes, weights. `state` names it apart from others. */
  async look(state, { status = 200 } = {}) {
    const file = `${state}-${this.name}`;
    this.report.seen(state);
    this.expect(this.answer.status() === status, `${state}: status ${this.answer.status()} instead of ${status}`);
    await this.page.screenshot({ path: join(this.report.out, `${file}.png`), fullPage: true });
    await this.keepHtml(file);
    await this.measure(state);
    this.expect((await this.page.locator("main h1").count()) === 1, `${state}: not one heading`);
    this.expect((await this.page.locator("html").getAttribute("lang")) === this.cell.lang, `${state}: language`);
    const { clientWidth, scrollWidth } = await this.page.evaluate(() => {
      const { clientWidth, scrollWidth } = document.documentElement;
      return { clientWidth, scrollWidth };
    });
    this.expect(scrollWidth <= clientWidth, `${state}: ${scrollWidth} px wide in ${clientWidth} px`);
    await this.targets(state);
    // Without a pointer a page is the same; how it is walked through is held where it is.
    if (this.cell.scripts && !this.cell.keyboard) await this.axe(state);
  }

  /** The page as the server wrote it, for the validator. */
  async keepHtml(file) {
    const html = await this.answer.text().catch(() => undefined);
    if (html?.startsWith("<!doctype html>")) this.report.keepHtml(file, html);
    else this.fault(`${file}: the page is not at hand, or no HTML`);
  }

  /** What the page weighs: its first HTML always, all of it where nothing was kept before. */
  async measure(state) {
    await this.traffic.settles();
    const { loads } = this.traffic;
    const document_ = loads.filter(({ type, cached }) => type === "Document" && !cached).at(-1);
    const scripts = this.traffic.taken("Script");
    this.report.weigh(state, { html: document_?.bytes ?? 0, scripts });
    for (const [what, bytes] of [["html", document_?.bytes ?? 0], ["scripts", scripts]]) {
      this.expect(bytes <= BUDGET[what], `${state}: ${what} of ${bytes} bytes, at most ${BUDGET[what]}`);
    }
    this.traffic.forget();
  }

  /** Everything that is touched is at least 48 px high, or stands within words. */
  async targets(state) {
    const low = await this.page.evaluate(() => {
      const touched = "main button, main select, main input:not([type=hidden]):not([type=radio]):not([type=checkbox]), main .choice label, main summary";
      return [...document.querySelectorAll(touched)]
        .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 48)
        .map((one) => one.outerHTML.slice(0, 60));
    });
    this.expect(low.length === 0, `${state}: under 48 px: ${low}`);
  }

  async axe(state) {
    await this.page.evaluate(axe);
    const { violations, incomplete } = await this.page.evaluate((rules) => window.axe.run({ runOnly: rules, resultTypes: ["violations", "incomplete"] }), RULES);
    for (const { id, help, nodes } of violations) {
      for (const { target } of nodes) {
        if (!this.report.isExcused(id, state)) this.fault(`${state}: axe ${id}: ${help}: ${target}`);
      }
    }
    for (const { id, nodes } of incomplete) {
      for (const { target } of nodes) this.report.open(id, String(target), `${this.name} ${state}`);
    }
  }
}
