// Opening an account by a code, and asking for one's data to be erased.
import { PASSWORD } from "../people.mjs";

/** Each visit has an account of its own. */
export const isApart = true;

export async function run(visit, { inbox, number }) {
  const email = `akun${number}-${Date.now()}@contoh.id`;
  await visit.go("/daftar");
  await visit.look("open-account");
  await visit.press();
  await visit.look("open-account-empty", { status: 422 });
  await visit.fill("email", email);
  await visit.fill("sandi", PASSWORD);
  await visit.tick("syarat");
  await visit.tick("privasi");
  await visit.press();
  await visit.isAt("/daftar/kode");
  await visit.look("confirm-email");
  const code = await inbox.code(email);
  await visit.fill("kode", code === "111111" ? "222222" : "111111");
  await visit.press();
  await visit.look("confirm-email-wrong", { status: 422 });
  await visit.fill("kode", code);
  await visit.press();
  await visit.isAt("/pendaftaran");
  await visit.go("/akun/kontak");
  await visit.look("contacts");
  await erase(visit);
}

/** Erasure: what goes and what stays, the hour it happens, and the way back. */
async function erase(visit) {
  await visit.go("/akun/data");
  await visit.look("own-data");
  await visit.go("/akun/data/hapus");
  await visit.look("erase");
  await visit.press();
  await visit.look("erase-empty", { status: 422 });
  await visit.tick("yakin");
  await visit.fill("sandi", PASSWORD);
  await visit.press();
  await visit.isAt("/akun/data/hapus");
  await visit.look("erase-waits");
  await visit.press();
  await visit.isAt("/akun/data");
}
