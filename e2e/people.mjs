// The logins that the demonstration prints.
export const PASSWORD = "ombak-di-pantai";
export const NEW = "baru@contoh.id";
export const SELECTED = "terpilih@contoh.id";
export const REVOKED = "dicabut@contoh.id";
export const NOT_SELECTED = "belum@contoh.id";

/** The waves around the day of the demonstration: settled, with a running deadline, open. */
export const [SETTLED, RUNNING, OPEN] = [72, 73, 74];

/** Signs in by the form. */
export async function signIn(visit, email, password = PASSWORD) {
  await visit.go("/masuk");
  await visit.fill("email", email);
  await visit.fill("sandi", password);
  await visit.press();
}
