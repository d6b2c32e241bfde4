// What anybody reads before an account is thought of.
/** Without scripts these pages are the same; statistics.mjs walks through them by keyboard. */
export const isApart = true;
export const fits = ({ scripts, keyboard }) => scripts && !keyboard;

/** The pages without a session, at their addresses in both languages. */
const PAGES = [
  { state: "landing", id: "/", en: "/en" },
  { state: "waves", id: "/gelombang", en: "/en/waves" },
  { state: "wave-open", id: "/gelombang/74", en: "/en/waves/74" },
  { state: "wave-region", id: "/gelombang/70/15", en: "/en/waves/70/15" },
  { state: "statistics", id: "/statistik/34", en: "/en/statistics/34" },
  { state: "status", id: "/status", en: "/en/status" },
  { state: "programme", id: "/program", en: "/en/programme" },
  { state: "help", id: "/bantuan", en: "/en/help" },
  { state: "regions", id: "/statistik", en: "/en/statistics" },
];

export async function run(visit) {
  for (const { state, id, en } of PAGES) {
    await visit.go(visit.say(id, en), { asIs: true });
    await visit.look(state);
  }
  await visit.go(visit.say("/tidak-ada", "/en/nothing-here"), { asIs: true });
  await visit.look("public-not-found", { status: 404 });
  // Only weighed: receipts.mjs looks at it.
  await visit.go(visit.say("/periksa/", "/periksa/?lang=en"), { asIs: true });
}
