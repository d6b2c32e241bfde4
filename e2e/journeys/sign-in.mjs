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

  await forged(visit);
}

/** A form whose cookies are gone is not taken, and says what to do. */
async function forged(visit) {
  await visit.go("/masuk");
  await visit.fill("email", NEW);
  await visit.fill("sandi", PASSWORD);
  await visit.context.clearCookies();
  await visit.press();
  await visit.look("form-too-old", { status: 403 });
}
