// Codes that are mistyped until no more is taken: until when is told by the clock, and what can be done meanwhile.
import { PASSWORD, newPhone, openAccount } from "../people.mjs";

/** Each visit has accounts of its own. */
export const isApart = true;

const TRIES = 5;
const WAIT_MS = 2 * 3_600_000;
const MINUTE_MS = 60_000;

export async function run(visit, { number }) {
  const email = `salah${number}-${Date.now()}@contoh.id`;
  await newAddress(visit, `tanpa-${email}`);
  await visit.context.clearCookies();
  await openAccount(visit, email);
  await phone(visit);
  await signIn(visit, email);
}

/** Types a wrong code until none is taken, and follows what is offered instead. */
async function usesUp(visit, state, [words, path]) {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    await visit.fill("kode", "000000");
    await visit.press();
    const left = /Sisa percobaan: (\d)|Tries left: (\d)/.exec(await visit.text());
    const isTold = tries === TRIES ? !left : Number(left?.[1] ?? left?.[2]) === TRIES - tries;
    visit.expect(isTold, `${state}: after ${tries} tries ${left?.[0] ?? "nothing"} is said to be left`);
  }
  const told = /(\d\d)[.:](\d\d) WIB/.exec(await visit.text());
  visit.expect(told && isNear(told[0].slice(0, 5), Date.now() + WAIT_MS), `${state}: ${told?.[0]} is not in two hours`);
  await visit.look(state);
  await visit.follow(words);
  await visit.isAt(path);
}

/** True if a clock in Jakarta shows this at that instant, or a minute later. */
function isNear(shown, at) {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Jakarta", hour: "2-digit", minute: "2-digit" });
  return [0, MINUTE_MS].some((more) => clock.format(at + more) === shown.replace(".", ":"));
}

/** An address that was never proven. */
async function newAddress(visit, email) {
  await visit.go("/daftar");
  await visit.fill("email", email);
  await visit.fill("sandi", PASSWORD);
  await visit.tick("syarat");
  await visit.tick("privasi");
  await visit.press();
  await visit.isAt("/daftar/kode");
  await usesUp(visit, "confirm-email-used-up", [visit.say("Buka akun", "Open an account"), "/daftar"]);
}

/** The phone: other steps go on. */
async function phone(visit) {
  await visit.go("/pendaftaran/telepon");
  await visit.fill("telepon", newPhone());
  await visit.press();
  await visit.isAt("/pendaftaran/telepon/kode");
  await usesUp(visit, "phone-code-used-up", [visit.say("Daftar langkah", "List of steps"), "/pendaftaran"]);
}

/** Signing in from a device that is not known. */
async function signIn(visit, email) {
  await visit.context.clearCookies();
  await visit.go("/masuk");
  await visit.fill("email", email);
  await visit.fill("sandi", PASSWORD);
  await visit.press();
  await visit.isAt("/masuk/kode");
  await usesUp(visit, "sign-in-code-used-up", [visit.say("Lihat gelombang", "See the waves"), /^\/(gelombang|waves)$/]);
}
