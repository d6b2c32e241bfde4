// From no account to a receipt: questions one by one, a NIK that was mistyped, pictures and a face
// that is not that of the card, the registers away for a while, a line that drops during the ability test, joining; then, on another device, a code that does not arrive.
import { ageSilence } from "../ageing.mjs";
import { OPEN, PASSWORD, openAccount } from "../people.mjs";

/** Each visit has an account of its own. */
export const isApart = true;

/** A picture as a phone takes one: sharp, bright, large enough. The simulated check goes by the width of a face. */
async function picture(visit, width = 1000) {
  const page = await visit.page.context().browser().newPage({ viewport: { width, height: 750 } });
  const lines = Array.from({ length: 60 }, (_, at) => `<p>KARTU CONTOH ${at} KOTA YOGYAKARTA 3471 0145 0899</p>`);
  await page.setContent(`<body style="margin:0;font:bold 20px monospace;columns:2;background:#bcd">${lines.join("")}`);
  const buffer = await page.screenshot({ type: "jpeg", quality: 85 });
  await page.close();
  return { name: "foto.jpg", mimeType: "image/jpeg", buffer };
}

export async function run(visit, { inbox, number }) {
  const email = `warga${number}-${Date.now()}@contoh.id`;
  const before = visit.bytes;
  await openAccount(visit, email);
  await visit.look("tasks-empty");
  await identity(visit, number);
  await home(visit);
  await situation(visit);
  const asked = visit.bytes - before;
  await pictures(visit);
  const away = visit.bytes;
  await rest(visit, number);
  visit.report.weigh("registration without pictures", { all: asked + visit.bytes - away });
  visit.expect(asked + visit.bytes - away <= 250 * 1024, "registering takes more than 250 KB without pictures");
  await checks(visit, { inbox, number });
  await ability(visit);
  await visit.go("/pendaftaran/pemeriksaan");
  await visit.waits(visit.say(/Semua data Anda sudah sesuai/, /Everything you stated is confirmed/), 120);
  await visit.look("checks-good");
  await join(visit);
  await secondChannel(visit, email, phoneOf(number));
}

/**
 * Numbers of their own for each visit and run, so that a demonstration can be visited again. The registers know people by
 * the end of their NIK, and nobody whose NIK ends in 93; the gateway reaches phones that end like these.
 */
const RUN = 10 + Math.floor(Math.random() * 80);
const nikOf = (day, number) => `347101${day}${RUN + number}${number + 10}`;
const unknownNikOf = (number) => `347101050899${RUN + number}93`;
const phoneOf = (number) => `812${RUN}5600${number + 10}`;

/** On an unknown device a code is asked for; the one by e-mail does not arrive, so another comes by text. */
async function secondChannel(visit, email, phone) {
  await visit.context.clearCookies();
  await visit.go("/masuk");
  await visit.fill("email", email);
  await visit.fill("sandi", PASSWORD);
  await visit.press();
  await visit.isAt("/masuk/kode");
  await visit.look("sign-in-code");
  const before = await inboxTexts(visit, phone);
  for (let tries = 0; (await inboxTexts(visit, phone)) === before; tries += 1) {
    if (tries === 40) throw new Error("no code comes by text");
    await visit.press(visit.say(/lewat SMS/, /by text message/));
    await visit.page.waitForTimeout(4_000);
  }
  await visit.look("sign-in-code-by-text");
  await visit.fill("kode", await visit.inbox.code(phone, { kind: "text" }));
  await visit.press();
  await visit.isAt("/akun");
}

const inboxTexts = async (visit, phone) => (await visit.inbox.letters()).filter(({ to }) => to.includes(phone)).length;

async function identity(visit, number) {
  await visit.go("/pendaftaran/nik");
  await visit.look("nik");
  if (visit.cell.scripts) await offline(visit, nikOf("060899", number));
  await visit.press();
  await visit.look("nik-empty", { status: 422 });
  await visit.fill("nik", nikOf("060899", number));
  await visit.press();
  await visit.fill("kk", `347101010120${String(number + 10).padStart(4, "0")}`);
  await visit.look("family-card");
  await visit.press();
  await visit.fillDay("lahir", 5, 8, 2010);
  await visit.press();
  // Whoever is too young is told at once, and from when she is not.
  await visit.isAt("/pendaftaran/usia");
  await visit.look("too-young");
  await visit.follow(visit.say("Perbaiki tanggal lahir", "Correct the date of birth"));
  await visit.fillDay("lahir", 5, 8, 1999);
  await visit.look("born-on");
  await visit.press();
  // The days of NIK and birth do not agree: the person says which was mistyped.
  await visit.isAt("/pendaftaran/cocokkan");
  await visit.look("which-is-right");
  await visit.choose("pilihan", "nik");
  await visit.press();
  await visit.isAt("/pendaftaran/nik");
  await visit.fill("nik", unknownNikOf(number));
  await visit.press();
  await visit.go("/pendaftaran/nama");
  await visit.look("name");
  await visit.fill("nama", "Kenari");
  await visit.press();
  await visit.choose("pilihan", "woman");
  await visit.look("sex");
  await visit.press();
}

/** Without a line a question stays where it is, with what was typed. */
async function offline(visit, nik) {
  await visit.fill("nik", nik);
  await visit.context.setOffline(true);
  await visit.focus(visit.page.locator("main button").first());
  await visit.page.keyboard.press("Enter");
  await visit.waits(visit.say(/Sambungan terputus/, /You are offline/), 10);
  await visit.look("nik-offline");
  visit.expect((await visit.page.inputValue("[name=nik]")) === nik, "what was typed is gone without a line");
  await visit.context.setOffline(false);
  await visit.page.locator("[data-said]:empty").waitFor({ state: "attached" });
  await visit.fill("nik", "");
}

async function home(visit) {
  await visit.go("/pendaftaran/kabupaten");
  await visit.look("regency");
  await visit.go("/pendaftaran/kabupaten?q=kota+yogyakarta");
  await visit.choose("pilihan", "34.71");
  await visit.look("regency-found");
  await visit.press(visit.say(/lanjut/i, /continue/i));
  await visit.isAt("/pendaftaran/kecamatan");
  await visit.look("district");
  await visit.choose("pilihan", "347101");
  await visit.press(visit.say(/lanjut/i, /continue/i));
}

async function situation(visit) {
  const pages = [["pendidikan", "senior_high", "education"], ["pekerjaan", "job_seeker", "work"], ["disabilitas", "no", "disability"]];
  for (const [page, value, state] of pages) {
    await visit.go(`/pendaftaran/${page}`);
    await visit.look(state);
    await visit.choose("pilihan", value);
    await visit.press();
  }
  await visit.look("topic");
  await visit.press();
}

async function pictures(visit) {
  const file = await picture(visit);
  await visit.go("/pendaftaran/foto-ktp");
  await visit.look("card-photo");
  await visit.page.setInputFiles("#foto", file);
  await visit.press();
  await visit.look("card-photo-kept");
  await face(visit, 990);
  await visit.waits(visit.say(/Wajah belum cocok/, /could not be matched/), 60);
  await visit.look("face-refused");
  await face(visit, 1000);
  await visit.look("face-sent");
}

async function face(visit, width) {
  await visit.go("/pendaftaran/wajah");
  if (width === 990) await visit.look("face");
  await visit.tick("setuju");
  await visit.page.setInputFiles("#foto", await picture(visit, width));
  await visit.press();
}

async function rest(visit, number) {
  await visit.go("/pendaftaran/telepon");
  await visit.look("phone");
  const phone = phoneOf(number);
  await visit.fill("telepon", `0${phone}`);
  await visit.press();
  await visit.isAt("/pendaftaran/telepon/kode");
  await visit.look("phone-code");
  await visit.fill("kode", "000000");
  await visit.press();
  await visit.look("phone-code-wrong", { status: 422 });
  await visit.fill("kode", await visit.inbox.code(phone, { kind: "text" }));
  await visit.press();
  for (const [page, state] of [["sekolah", "schooling"], ["jabatan", "office"], ["bantuan", "aid"]]) {
    await visit.go(`/pendaftaran/${page}`);
    await visit.look(state);
    await visit.choose("pilihan", "no");
    await visit.press();
  }
  await visit.look("agree");
  await visit.press();
  await visit.look("agree-empty", { status: 422 });
  for (const box of ["syarat", "data", "benar"]) await visit.tick(box);
  await visit.press();
  await visit.isAt("/pendaftaran");
  await visit.look("tasks-done");
  await visit.go("/pendaftaran/periksa");
  await visit.look("answers");
}

/** Sends it while the registers are away; once they are back they do not know the NIK, until it is corrected. */
async function checks(visit, { inbox, number }) {
  await inbox.without("register", unknownNikOf(number), async () => {
    await visit.press();
    await visit.isAt("/pendaftaran/pemeriksaan");
    await visit.waits(visit.say(/Belum ada jawaban/, /No answer yet/), 120, { reloadsAfter: 1 });
  });
  await visit.look("checks-waiting");
  // They are asked again after a minute, and twice as long the next time, for whoever meets others' outages as well.
  const session = await visit.session();
  await visit.waits(visit.say(/NIK yang Anda tulis tidak cocok/, /The NIK you wrote does not agree/), 300, { reloadsAfter: 5, meanwhile: () => ageSilence(visit.data, session) });
  await visit.look("checks-nik-differs");
  for (const [page, state] of [["kk", "correct-card"], ["nama", "correct-stated-name"], ["tanggal-lahir", "correct-birth"]]) {
    await visit.go(`/pendaftaran/perbaiki/${page}`);
    await visit.look(state);
  }
  await visit.go("/pendaftaran/pemeriksaan");
  await visit.follow(visit.say("Perbaiki NIK", "Correct the NIK"));
  await visit.isAt("/pendaftaran/perbaiki/nik");
  await visit.look("correct-nik");
  await visit.press();
  await visit.look("correct-nik-empty", { status: 422 });
  await visit.fill("nik", nikOf("050899", number));
  await visit.press();
  await visit.isAt("/pendaftaran/pemeriksaan");
  await visit.waits(visit.say(/Data kependudukan \(Dukcapil\) Sesuai/, /Population register \(Dukcapil\) Confirmed/), 240);
  await visit.look("checks-answered");
}

/** Every answer is kept one by one; a dropped line loses none. */
async function ability(visit) {
  await visit.go("/tes");
  await visit.look("test-begin");
  await visit.press();
  await visit.isAt("/tes/1");
  await visit.look("test-question");
  await answer(visit);
  await visit.isAt("/tes/2");
  await dropped(visit);
  for (let step = 0; step < 60 && /^\/tes\/\d+$/.test(visit.at()); step += 1) await answer(visit);
  await visit.isAt("/tes/ringkasan");
  await visit.look("test-overview");
  await visit.go("/tes/serahkan");
  await visit.look("test-hand-in");
  await visit.press();
  await visit.isAt("/tes/selesai");
  await visit.look("test-done");
}

/** Chooses the first answer, and sends it by the button or by other means. */
async function answer(visit, sends = () => visit.press()) {
  const radio = visit.page.locator("input[type=radio]").first();
  await visit.choose(await radio.getAttribute("name"), await radio.getAttribute("value"));
  await sends();
}

/**
 * The line drops while the second answer is sent. A script keeps it, says so, and sends it once the line is back. Without
 * one the browser says that there is no line; the test goes on where it was, with what had arrived.
 */
async function dropped(visit) {
  const answered = async () => (await visit.text()).match(/(\d+) (dari|of) \d+/)[1];
  const lost = visit.page.waitForEvent("requestfailed", { timeout: 20_000 });
  await answer(visit, async () => {
    await visit.context.setOffline(true);
    const button = visit.page.locator("main button").first();
    await visit.focus(button);
    await visit.page.keyboard.press("Enter");
  });
  await lost;
  if (visit.cell.scripts) {
    await visit.waits(visit.say(/Sambungan terputus/, /The line is gone/), 20);
    await visit.look("test-dropped");
    await visit.context.setOffline(false);
    await visit.page.waitForURL(/\/tes\/3$/, { timeout: 20_000 });
  }
  await visit.context.setOffline(false);
  await visit.go("/tes/ringkasan");
  const expected = visit.cell.scripts ? "2" : "1";
  visit.expect((await answered()) === expected, `after a dropped line ${await answered()} answers are kept, not ${expected}`);
  await visit.go(`/tes/${Number(expected) + 1}`);
}

async function join(visit) {
  await visit.go(`/akun/gelombang/${OPEN}/ikut`);
  await visit.press();
  await visit.isAt(`/akun/gelombang/${OPEN}`);
  visit.expect(await visit.page.locator("img.receipt").isVisible(), "there is no code of the receipt");
  await visit.look("registered-and-joined");
}
