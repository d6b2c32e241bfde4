// An account from its opening to its end: by a code, with another address, another password, a copy of everything, and
// erasure, taken back and then waited for.
import { ageErasure } from "../ageing.mjs";
import { PASSWORD, newPhone, openAccount } from "../people.mjs";

/** Each visit has an account of its own. */
export const isApart = true;

const OTHER_PASSWORD = "angin-di-dermaga-timur";

export async function run(visit, { inbox, number }) {
  const email = `akun${number}-${Date.now()}@contoh.id`;
  await openAccount(visit, email, { look: (...what) => visit.look(...what) });
  const other = `baru-${email}`;
  const code = await moves(visit, inbox, other);
  await copy(visit);
  await forgets(visit, { inbox, email: other, code });
  await erase(visit);
  await isErased(visit, other);
}

/** Another address counts once it is proven; gives the code that proved it. */
async function moves(visit, inbox, other) {
  await visit.go("/akun/kontak");
  await visit.look("contacts");
  await visit.go("/akun/kontak/telepon");
  await visit.look("contact-phone");
  await visit.fill("telepon", newPhone());
  await visit.fill("sandi", PASSWORD);
  await visit.press();
  await visit.isAt("/akun/kontak/telepon/kode");
  await visit.look("contact-phone-code");
  await visit.go("/akun/kontak/email");
  await visit.look("contact-email");
  await visit.fill("email", other);
  await visit.fill("sandi", "not the password");
  await visit.press();
  await visit.look("contact-email-refused", { status: 422 });
  await visit.fill("sandi", PASSWORD);
  await visit.press();
  await visit.isAt("/akun/kontak/email/kode");
  await visit.look("contact-email-code");
  const code = await inbox.code(other);
  await visit.fill("kode", code);
  await visit.press();
  await visit.isAt("/akun/kontak");
  visit.expect((await visit.text()).includes(other), "the new address is not shown");
  return code;
}

/** Everything that is held, on a page. */
async function copy(visit) {
  await visit.go("/akun/data/salinan");
  await visit.look("copy");
  await visit.fill("sandi", PASSWORD);
  await visit.press(visit.say(/Baca di halaman ini/, /Read it on this page/));
  await visit.look("copy-read");
}

/** A new password by a code; whoever asks need not be signed in. */
async function forgets(visit, { inbox, email, code }) {
  await visit.context.clearCookies();
  await visit.go("/lupa-sandi");
  await visit.look("forgotten");
  await visit.press();
  await visit.look("forgotten-empty", { status: 422 });
  await visit.fill("email", email);
  await visit.press();
  await visit.isAt("/lupa-sandi/kode");
  await visit.look("forgotten-code");
  await visit.fill("kode", await inbox.code(email, { not: [code] }));
  await visit.fill("sandi", OTHER_PASSWORD);
  await visit.press();
  await visit.isAt("/akun");
}

/** Erasure: what goes and what stays, the hour it happens, and the way back. */
async function erase(visit) {
  await visit.go("/akun/data");
  await visit.look("own-data");
  await visit.go("/akun/data/persetujuan/photo_and_face");
  await visit.look("withdraw-consent");
  await visit.go("/akun/data/hapus");
  await visit.look("erase");
  await visit.press();
  await visit.look("erase-empty", { status: 422 });
  await visit.tick("yakin");
  await visit.fill("sandi", OTHER_PASSWORD);
  await visit.press();
  await visit.isAt("/akun/data/hapus");
  await visit.look("erase-waits");
  await visit.press();
  await visit.isAt("/akun/data");
}

/** A day after it is asked for, the account is gone: nobody is signed in, its password opens nothing, its address is free. */
async function isErased(visit, email) {
  await visit.go("/akun/data/hapus");
  await visit.tick("yakin");
  await visit.fill("sandi", OTHER_PASSWORD);
  await visit.press();
  await visit.isAt("/akun/data/hapus");
  ageErasure(visit.data, await visit.session());
  for (const end = Date.now() + 30_000; visit.at() !== "/masuk"; await visit.go("/akun")) {
    if (Date.now() > end) throw new Error("the account is still there");
    await visit.page.waitForTimeout(500);
  }
  await visit.look("erased");
  await visit.fill("email", email);
  await visit.fill("sandi", OTHER_PASSWORD);
  await visit.press();
  await visit.look("erased-sign-in", { status: 422 });
  await openAccount(visit, email);
  await visit.go("/akun/data");
  await visit.look("erased-begun-anew");
}
