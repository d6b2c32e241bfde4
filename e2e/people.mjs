// The logins that the demonstration prints.
export const PASSWORD = "ombak-di-pantai";
export const NEW = "baru@contoh.id";
export const SELECTED = "terpilih@contoh.id";
export const REVOKED = "dicabut@contoh.id";
export const NOT_SELECTED = "belum@contoh.id";

/** The waves around the day of the demonstration: settled, with a running deadline, open. */
export const [SETTLED, RUNNING, OPEN] = [72, 73, 74];

/** A number that nobody else has and that the simulated gateway reaches: only those that end in 00 are unknown to it. */
export const newPhone = () => `0813${Math.floor(10_000_000 * (1 + 8 * Math.random()))}1`;

/** The cookie of a session that a program has opened, for tests that are not about signing in. */
export async function session(base, email, password = PASSWORD) {
  const body = JSON.stringify({ email, password });
  const answer = await fetch(`${base}/api/v1/sessions`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (answer.status !== 201) throw new Error(`${email} cannot sign in: ${answer.status}`);
  return { name: "sesi", value: (await answer.json()).token, url: base };
}

/** Is signed in as somebody, on the page of the account. */
export async function as(visit, email) {
  await visit.context.clearCookies();
  // Once it has signed in by the form, with a code, an account takes no password alone from a program.
  if (devices.has(email)) await signIn(visit, email);
  else await visit.context.addCookies([await session(visit.base, email)]);
  await visit.go("/akun");
  await visit.isAt("/akun");
}

/** What a browser keeps beside the session and the form: by it a device is known, and no code is asked for. */
const devices = new Map();

/** Signs in by the form, with the code that an unknown device is asked for. */
export async function signIn(visit, email, password = PASSWORD) {
  if (devices.has(email)) await visit.context.addCookies(devices.get(email));
  await visit.go("/masuk");
  await visit.fill("email", email);
  await visit.fill("sandi", password);
  await visit.press();
  if (visit.at() === "/masuk/kode") {
    await visit.look("sign-in-code");
    await visit.fill("kode", await visit.inbox.code(email));
    await visit.press();
  }
  const kept = (await visit.context.cookies()).filter(({ name }) => !["sesi", "kunjungan", "langkah"].includes(name));
  if (kept.length) devices.set(email, kept);
}

/** Opens an account by the form and the code that comes by e-mail, and is signed in; gives the code. */
export async function openAccount(visit, email, { look = async () => {} } = {}) {
  await visit.go("/daftar");
  await look("open-account");
  await visit.press();
  await look("open-account-empty", { status: 422 });
  await visit.fill("email", email);
  await visit.fill("sandi", PASSWORD);
  await visit.tick("syarat");
  await visit.tick("privasi");
  const not = await visit.inbox.codes(email);
  await visit.press();
  await visit.isAt("/daftar/kode");
  await look("confirm-email");
  const code = await visit.inbox.code(email, { not });
  await visit.fill("kode", code === "111111" ? "222222" : "111111");
  await visit.press();
  await look("confirm-email-wrong", { status: 422 });
  await visit.fill("kode", code);
  await visit.press();
  await visit.isAt("/pendaftaran");
  return code;
}
