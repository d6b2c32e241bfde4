// What anybody reads before an account is thought of.
import { weighed } from "../weight.mjs";

/** Without scripts these pages are the same; statistics.mjs walks through them by keyboard. */
export const isApart = true;
export const fits = ({ scripts, keyboard }) => scripts && !keyboard;

export async function run(visit) {
  for (const { state, id, en } of weighed) {
    await visit.go(visit.say(id, en), { asIs: true });
    await visit.look(state);
  }
  await visit.go(visit.say("/tidak-ada", "/en/nothing-here"), { asIs: true });
  await visit.look("public-not-found", { status: 404 });
}
