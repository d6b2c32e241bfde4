// Lets time go by for one person: rows and their job are made older in the database of a demonstration, and its worker does
// what is due by then.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const DAY = "interval '24 hours'";
/** The first pause before a register that was silent is asked again. */
const PAUSE = "interval '1 minute'";

/** Makes the erasure that somebody has asked for a day older; `session` is the cookie of their session. */
export function ageErasure(data, session) {
  const aged = age(data, `WITH aged AS (
      UPDATE rights_requests
      SET received_at = received_at - ${DAY}, due_at = due_at - ${DAY}, run_at = run_at - ${DAY}
      WHERE kind = 'erasure' AND state = 'received' AND account_id = ${accountOf(session)}
      RETURNING account_id
    )
    UPDATE jobs SET run_at = run_at - ${DAY}
    FROM aged WHERE kind = 'account_erase' AND state = 'queued' AND subject = 'account:' || account_id`);
  if (aged !== 1) throw new Error(`${aged} erasures were made older`);
}

/** Lets a minute go by until a silent register is asked again about somebody, unless it is being asked. */
export function ageSilence(data, session) {
  age(data, `UPDATE registration_checks SET ask_at = ask_at - ${PAUSE}, answered_at = answered_at - ${PAUSE}
    WHERE kind = 'population_register' AND state = 'unavailable'
      AND person_id = (SELECT person_id FROM accounts WHERE account_id = ${accountOf(session)})`);
}

function accountOf(session) {
  const token = Buffer.from(session.replace(/^gls_/, ""), "hex");
  const digest = createHash("sha256").update(token).digest("hex");
  return `(SELECT account_id FROM sessions WHERE token_digest = '\\x${digest}')`;
}

/** Runs a statement, and gives how many rows it changed. */
function age(data, sql) {
  // The fifth line is the folder of the socket.
  const socket = readFileSync(join(data, "pg", "postmaster.pid"), "utf8").split("\n")[4].trim();
  const psql = spawnSync("psql", ["-X", "-h", socket, "-U", "postgres", "-d", "gelombang", "-c", sql], { encoding: "utf8", env: { ...process.env, PGOPTIONS: "-csearch_path=gelombang" } });
  const [, count] = psql.stdout?.match(/^UPDATE (\d+)$/m) ?? [];
  if (count === undefined) throw new Error(`nothing was made older: ${psql.error ?? psql.stderr} ${psql.stdout}`);
  return Number(count);
}
