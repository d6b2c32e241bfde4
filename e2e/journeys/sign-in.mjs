// Signing in and out, and what goes wrong on the way.
import { NEW, PASSWORD, signIn } from "../people.mjs";

export async function run(visit) {
  await visit.go("/akun");
  await visit.isAt("/masuk");
  await visit.look("sign-in");

  await visit.press();
  await visit.look("sign-in-empty", { status: 422 });
  if (visit.cell.scripts) {
    const focused = await visit.page.evaluate(() => document.activeElement.matches("[role=alert], .summary, [tabindex='-1']"));
    visit.expect(focused || !visit.cell.scripts, "the summary of faults has no focus");
  }

  await visit.fill("email", NEW);
  await visit.fill("sandi", "not the password");
  await visit.press();
  await visit.look("sign-in-wrong", { status: 422 });
  visit.expect((await visit.page.inputValue("[name=email]")) === NEW, "the address that was typed is gone");
  visit.expect((await visit.page.inputValue("[name=sandi]")) === "", "the password is shown again");

  await signIn(visit, NEW);
  await visit.isAt("/akun");

  await visit.go("/keluar");
  await visit.look("sign-out");
  await visit.press(visit.say(/^Keluar$/, /^Sign out$/));
  await visit.go("/akun");
  await visit.isAt("/masuk");

  await inAnotherLanguage(visit);
  await tooOld(visit);
  if (!visit.cell.keyboard) await tooLong(visit);
}

/** The language can be switched amid a form. */
async function inAnotherLanguage(visit) {
  await visit.go("/masuk");
  await visit.fill("email", NEW);
  const other = visit.say("en", "id");
  for (const lang of [other, visit.cell.lang]) {
    await visit.switchLanguage();
    visit.expect((await visit.page.locator("html").getAttribute("lang")) === lang, `the page is not in ${lang}`);
    visit.expect((await visit.page.inputValue("[name=email]")) === NEW, "switching the language has emptied the form");
  }
  // Enter sends the form, and does not switch: the password is missing.
  await visit.page.locator("[name=email]").focus();
  await visit.moves(() => visit.page.keyboard.press("Enter"));
  await visit.isAt("/masuk");
  visit.expect(visit.answer.status() === 422, `Enter was answered by ${visit.answer.status()}`);
  if (!visit.cell.scripts) return;
  await visit.follow(visit.say("Lupa kata sandi", "Forgotten password"));
  await visit.moves(() => visit.page.goBack());
  await visit.isAt("/masuk");
}

/** A form that is older than its cookies is shown again with what was typed. */
async function tooOld(visit) {
  await visit.go("/masuk");
  await visit.fill("email", NEW);
  await visit.fill("sandi", PASSWORD);
  await visit.context.clearCookies();
  await visit.press();
  await visit.isAt("/masuk");
  visit.expect((await visit.page.inputValue("[name=email]")) === NEW, "the address that was typed is gone");
  visit.expect(/masih ada|still here/.test(await visit.text()), "nobody says that it was not sent");
  await visit.look("form-too-old");
}

/** Something else was pasted than an address: more than any form may bring. */
async function tooLong(visit) {
  await visit.go("/masuk");
  await visit.fill("email", "a".repeat(40_000));
  await visit.press();
  await visit.look("form-too-long", { status: 413 });
  await visit.follow(visit.say("Buka halaman itu lagi", "Open that page anew"));
  await visit.isAt("/masuk");
}
