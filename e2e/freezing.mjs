// Holds the database of a demonstration still, as a disk that hangs would: nothing answers, and nothing is lost.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The server's own process and those of its connections. */
function processesOf(data) {
  const postmaster = readFileSync(join(data, "pg", "postmaster.pid"), "utf8").split("\n")[0];
  const children = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === postmaster);
  return [postmaster, ...children].map(Number);
}

/** The parent of a process that may have ended meanwhile; its name may contain anything, so it is read from behind. */
function parentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ")[1];
  } catch {
    return undefined;
  }
}

/** Does something while the database in this folder stands still. */
export async function withFrozenDatabase(data, act) {
  const processes = processesOf(data);
  processes.forEach((pid) => process.kill(pid, "SIGSTOP"));
  try {
    return await act();
  } finally {
    processes.forEach((pid) => process.kill(pid, "SIGCONT"));
  }
}
