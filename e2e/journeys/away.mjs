// The database hangs: whoever comes is told that the service is away and that nothing is lost; then it is back.
import { withFrozenDatabase } from "../freezing.mjs";
import { SELECTED, as } from "../people.mjs";

/** Nobody else can do anything meanwhile. */
export const isAlone = true;
export const fits = ({ scripts, keyboard }) => scripts && !keyboard;

export async function run(visit) {
  await as(visit, SELECTED);
  await withFrozenDatabase(visit.data, async () => {
    await visit.go("/akun");
    await visit.look("service-away", { status: 503 });
  });
  await visit.go("/akun");
  await visit.isAt("/akun");
  visit.expect(visit.answer.status() === 200, `once it is back, the page has status ${visit.answer.status()}`);
}
