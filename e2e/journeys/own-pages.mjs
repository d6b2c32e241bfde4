// One's own pages: selected and the days count down, revoked and told why, not selected and told the odds; joining,
// the receipt, a complaint, messages.
import { NEW, NOT_SELECTED, OPEN, REVOKED, RUNNING, SELECTED, SETTLED, as } from "../people.mjs";

export async function run(visit, { number }) {
  await selected(visit);
  await revoked(visit);
  await notSelected(visit, number === 0);
  await complaint(visit, number);
  await unregistered(visit);
}

/** Selected: what to do and until when stand first. */
async function selected(visit) {
  await as(visit, SELECTED);
  const text = await visit.text();
  visit.expect(visit.say(/hari lagi|hari ini/i, /days? left|more days?|today/i).test(text), "no days are counted down");
  visit.expect(text.includes(String(RUNNING)), "the wave is not named");
  await visit.look("own-selected");
  await visit.go(`/akun/gelombang/${RUNNING}`);
  await visit.look("wave-selected");
  await visit.go("/akun/pemberitahuan");
  await visit.look("messages");
}

/** Revoked: the reason is told, and nothing is to be done. */
async function revoked(visit) {
  await as(visit, REVOKED);
  await visit.look("own-revoked");
  await visit.go(`/akun/gelombang/${SETTLED}`);
  const text = await visit.text();
  visit.expect(visit.say(/membeli pelatihan|pembelian/i, /purchase|bought|buy/i).test(text), "the reason of the revocation is not told");
  await visit.look("wave-revoked");
  // Told before anything is pressed.
  await visit.go(`/akun/gelombang/${OPEN}/ikut`);
  await visit.look("join-refused", { status: 422 });
}

/** Not selected: why, the odds, and the open wave; the first visit joins it and has a receipt. */
async function notSelected(visit, joins) {
  await as(visit, NOT_SELECTED);
  await visit.go(`/akun/gelombang/${RUNNING}`);
  const text = await visit.text();
  visit.expect(visit.say(/orang ikut diundi untuk \d+ tempat/, /\d+ places?/).test(text), "the odds are not told");
  await visit.look("wave-not-selected");
  await visit.go(`/akun/gelombang/${RUNNING}/banding`);
  await visit.look("appeal");
  await visit.go("/akun/data/ubah/name");
  await visit.look("correct-name");
  if (joins) {
    await visit.go("/akun/gelombang");
    await visit.look("waves-to-join");
    await visit.go(`/akun/gelombang/${OPEN}/ikut`);
    await visit.look("join");
    await visit.press();
  } else {
    await visit.go(`/akun/gelombang/${OPEN}`);
  }
  await visit.isAt(`/akun/gelombang/${OPEN}`);
  visit.expect(await visit.page.locator("img.receipt").isVisible(), "there is no code of the receipt");
  await visit.look("wave-joined");
  await visit.go("/akun");
  await visit.look("own-joined");
  await visit.go(`/akun/gelombang/${OPEN}/batal`);
  await visit.look("take-back");
}

/** A complaint: what is missing is told at once, and what was sent is shown with the day of its answer. */
async function complaint(visit, number) {
  await as(visit, [NEW, SELECTED, REVOKED, NOT_SELECTED][number % 4]);
  await visit.go("/akun/pengaduan/baru");
  await visit.look("complaint-new");
  await visit.press();
  await visit.look("complaint-empty", { status: 422 });
  await visit.choose("tentang", "other");
  await visit.fill("uraian", visit.say("Kode tidak sampai sejak kemarin pagi. Mohon dibantu.", "No code has come since yesterday morning. Please help."));
  await visit.press();
  await visit.isAt(/^\/akun\/pengaduan\/[^/]+$/);
  await visit.look("complaint-sent");
  await visit.go("/akun/pengaduan");
  await visit.look("complaints");
}

/** Without a person there is one thing to do. */
async function unregistered(visit) {
  await as(visit, NEW);
  await visit.look("own-unregistered");
  await visit.go("/akun/gelombang");
  await visit.look("waves-unregistered");
}
