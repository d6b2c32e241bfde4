//! What the doctor makes of what was found. Pure, so that each verdict can be provoked in a test.

use domain::time::Timestamp;
use domain::wave::WaveNumber;
use storage::embedded::ArchiveLag;
use storage::embedded::backup::BackupState;
use storage::health::{COUNTED_MAX, SchemaHealth, ServerHealth, UnsealedWindow};
use storage::jobs::{QueueState, jobs_in_words};

use crate::installation::{ARCHIVE_PATIENCE, lag_in_words};

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// As it should be.
    Fine,
    /// Works, and somebody should look at it.
    Attention,
    /// Something promised does not hold; the doctor ends with an error.
    Wrong,
}

impl Verdict {
    /// The word of the table and of JSON.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Attention => "attention",
            Self::Wrong => "wrong",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) subject: &'static str,
    pub(super) verdict: Verdict,
    /// What was found.
    pub(super) found: String,
    /// What to do; nothing where all is well.
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn fine(subject: &'static str, found: impl Into<String>) -> Self {
        Self { subject, verdict: Verdict::Fine, found: found.into(), advice: None }
    }

    pub(super) fn attention(
        subject: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let (found, advice) = (found.into(), Some(advice.into()));
        Self { subject, verdict: Verdict::Attention, found, advice }
    }

    pub(super) fn wrong(
        subject: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let (found, advice) = (found.into(), Some(advice.into()));
        Self { subject, verdict: Verdict::Wrong, found, advice }
    }
}

/// Oldest server the product speaks to.
const OLDEST_SERVER: i32 = 150_000;
/// Clocks further apart than this, in milliseconds, let two machines disagree on what is open.
const CLOCK_LIMIT_MS: i64 = 1_000;
/// A transaction that writes for longer than this holds up the sealing of the audit trail, in seconds.
const WRITER_LIMIT_S: u64 = 600;

/// The server: version, settings, connections.
pub(super) fn judge_server(server: &ServerHealth) -> Vec<Finding> {
    let version = if server.version_number >= OLDEST_SERVER {
        Finding::fine("server", format!("PostgreSQL {}", server.version))
    } else {
        let advice = "upgrade it to PostgreSQL 15 or newer with pg_upgrade";
        Finding::wrong("server", format!("PostgreSQL {}", server.version), advice)
    };
    let mut durability: Vec<Finding> = server
        .unsafe_settings
        .iter()
        .map(|(name, value)| {
            Finding::wrong(
                "durability",
                format!("{name} is {value}, so an acknowledged act may be lost in a crash"),
                format!("ALTER SYSTEM RESET {name}, then SELECT pg_reload_conf()"),
            )
        })
        .collect();
    if !server.has_checksums {
        durability.push(Finding::attention(
            "durability",
            "pages have no checksums, so damage on the disk is found late",
            "stop the server and run pg_checksums --enable",
        ));
    }
    if durability.is_empty() {
        let found = "every acknowledged act is flushed; pages have checksums";
        durability.push(Finding::fine("durability", found));
    }
    let (used, most) = (server.connections, server.connections_max);
    let found = format!("{used} of {most} in use");
    let connections = if used.saturating_mul(10) < most.saturating_mul(9) {
        Finding::fine("connections", found)
    } else {
        let advice = "raise max_connections, or run fewer processes";
        Finding::attention("connections", found, advice)
    };
    let mut all = vec![version];
    all.append(&mut durability);
    all.push(connections);
    if let Some(seconds) = server.oldest_writer_s.filter(|seconds| *seconds > WRITER_LIMIT_S) {
        all.push(Finding::attention(
            "transactions",
            format!("one that writes is open for {seconds} s; the audit trail is sealed up to it"),
            "find it in pg_stat_activity by xact_start; pg_terminate_backend(pid) ends it, and undoes what it did",
        ));
    }
    all
}

/// The server's clock beside this machine's, and the round trip in which it was asked.
pub(super) fn judge_clock(server: Timestamp, before: Timestamp, after: Timestamp) -> Finding {
    let half = after.micros().saturating_sub(before.micros()) / 2;
    let middle = before.micros().saturating_add(half);
    let apart_ms = server.micros().saturating_sub(middle) / 1_000;
    let found = format!("{server}; {apart_ms} ms from this machine");
    if apart_ms.abs() <= CLOCK_LIMIT_MS.saturating_add(half / 1_000) {
        Finding::fine("clock", found)
    } else {
        let advice =
            "keep both clocks by NTP (timedatectl set-ntp true); the server's decides what is open";
        Finding::attention("clock", found, advice)
    }
}

/// The schema.
pub(super) fn judge_schema(schema: &SchemaHealth) -> Finding {
    let list = |versions: &[i64]| {
        let texts: Vec<String> = versions.iter().map(ToString::to_string).collect();
        texts.join(", ")
    };
    match schema {
        SchemaHealth::Current { applied } => {
            Finding::fine("migrations", format!("{applied} applied, none pending"))
        }
        SchemaHealth::Missing => Finding::attention(
            "migrations",
            "the product has made nothing in this database",
            "the first `gelombang simulate` or `gelombang admin officer add` does",
        ),
        SchemaHealth::Behind { pending } => Finding::attention(
            "migrations",
            format!("pending: {}", list(pending)),
            "back up, then start any command of this version; it applies them",
        ),
        SchemaHealth::Foreign { unknown } => Finding::wrong(
            "migrations",
            format!("applied by another version, or in another form: {}", list(unknown)),
            "use the version of gelombang that applied them, or a newer one",
        ),
    }
}

/// The roles.
pub(super) fn judge_roles(faults: Vec<String>) -> Vec<Finding> {
    if faults.is_empty() {
        let found = "the owner cannot log in; the serving role owns nothing and changes no fact";
        return vec![Finding::fine("roles", found)];
    }
    let split = |fault: String| match fault.split_once("; ") {
        Some((found, advice)) => Finding::wrong("roles", found, format!("as superuser: {advice}")),
        None => Finding::wrong("roles", fault, "see docs/ARCHITECTURE.md"),
    };
    faults.into_iter().map(split).collect()
}

/// Beyond this the sealer, which comes every minute, is not at work: ten minutes in microseconds.
const UNSEALED_LIMIT: i64 = 600_000_000;

/// The window of the audit trail that nothing protects yet.
pub(super) fn judge_unsealed(window: &UnsealedWindow, now: Timestamp) -> Finding {
    let Some(oldest) = window.oldest else {
        return Finding::fine("unsealed window", "every audit event is in the chain");
    };
    let waiting = if window.waiting >= COUNTED_MAX {
        format!("{COUNTED_MAX} events or more")
    } else {
        format!("{} events", window.waiting)
    };
    let found = format!("{waiting}; the first occurred at {oldest}");
    if now.micros().saturating_sub(oldest.micros()) <= UNSEALED_LIMIT {
        Finding::fine("unsealed window", found)
    } else {
        let advice = "run `gelombang serve` or `worker`, which seal every minute, or `gelombang audit --seal` now";
        Finding::attention("unsealed window", found, advice)
    }
}

/// The queue.
pub(super) fn judge_queue(queue: &QueueState, oldest_micros: i64, limit_micros: i64) -> Finding {
    let [queued, leased, dead] = [queue.queued, queue.leased, queue.dead].map(jobs_in_words);
    let seconds = oldest_micros / 1_000_000;
    let found = format!(
        "{queued} queued, {leased} at work, {dead} dead; the oldest that nobody runs waits for {seconds} s"
    );
    if queue.dead > 0 {
        let advice = "`gelombang jobs --dead` says why; mend that, then `gelombang jobs retry ID`";
        Finding::wrong("jobs", found, advice)
    } else if oldest_micros > limit_micros {
        let advice = "no worker is at work: run `gelombang serve` or `gelombang worker`";
        Finding::wrong("jobs", found, advice)
    } else {
        Finding::fine("jobs", found)
    }
}

/// Beyond this, people wait for an outside system that answers nobody: an hour in microseconds.
const OUTSIDE_LIMIT: i64 = 3_600_000_000;

/// Notices and questions to registers that wait, each with the instant since when the oldest could go out.
pub(super) fn judge_outside(
    notices: Option<Timestamp>,
    failed_notices: u64,
    questions: Option<Timestamp>,
    now: Timestamp,
) -> Vec<Finding> {
    let is_late = |since: Timestamp| now.micros().saturating_sub(since.micros()) > OUTSIDE_LIMIT;
    let told = match (notices.filter(|since| is_late(*since)), failed_notices) {
        (_, failed) if failed > 0 => Finding::attention(
            "notices",
            format!("{failed} have failed for good"),
            "`gelombang notices --failed` says why; mend that, then `gelombang notices retry`",
        ),
        (Some(since), _) => Finding::attention(
            "notices",
            format!("the oldest waits since {since}"),
            "name a provider by --smtp-url or --gateway-url; if there is one, its log says why it takes nothing",
        ),
        (None, _) => Finding::fine("notices", "none waits for long, none has failed"),
    };
    let asked = match questions.filter(|since| is_late(*since)) {
        Some(since) => Finding::attention(
            "registers",
            format!("the oldest question waits since {since}; whoever it is about cannot be drawn"),
            "name the registers by --register-url; if they are named, see whether they answer",
        ),
        None => Finding::fine("registers", "no question waits for long"),
    };
    vec![told, asked]
}

/// Seats that nobody has been given yet; no trouble, whatever they are.
pub(super) fn tell_seats(left: &[(WaveNumber, u64)]) -> Finding {
    let left = left.iter().filter(|(_, seats)| *seats > 0);
    let waves: Vec<String> = left.map(|(wave, seats)| format!("{seats} of wave {wave}")).collect();
    let found = if waves.is_empty() { "none".to_owned() } else { waves.join(", ") };
    Finding::fine("seats left", found)
}

/// Who can act: two-person acts need an approver beside whoever proposes, and a lost credential of one of two
/// administrators can be replaced only by a recovery code.
pub(super) fn judge_officers(administrators: u64, approvers: u64, codes: u64) -> Finding {
    let found = format!(
        "{administrators} administrators, {approvers} approvers with a credential, {codes} recovery codes"
    );
    if administrators < 2 || approvers == 0 {
        let advice =
            "`gelombang admin officer add NAME --role ...`; two-person acts cannot be done";
        Finding::attention("officers", found, advice)
    } else if administrators == 2 && codes < 2 {
        let advice = "have both administrators call `gelombang admin officer recovery-code --as FILE` and keep the \
                      code on paper, or add a third one: a credential that is lost now cannot be replaced";
        Finding::attention("officers", found, advice)
    } else {
        Finding::fine("officers", found)
    }
}

/// A base backup older than this is late, in microseconds: two days, since one a day is asked for.
const BACKUP_LIMIT: i64 = 2 * 86_400_000_000;

/// Backups of the private server: where, when the newest ended, and whether the archive keeps up.
pub(super) fn judge_backups(
    state: Option<&BackupState>,
    lag: Option<ArchiveLag>,
    now: Timestamp,
) -> Vec<Finding> {
    let Some(BackupState { folder, newest, is_archived }) = state else {
        return vec![Finding::attention(
            "backups",
            "there is none, and the log is not archived",
            "`gelombang backup --to FOLDER`, on another disk, every day; copy the keys to another place",
        )];
    };
    let folder = folder.display();
    let backup = match newest {
        None => Finding::wrong(
            "backups",
            format!("no whole base backup in {folder}"),
            "see that its disk is mounted, then call `gelombang backup --to FOLDER` again",
        ),
        Some(at) if now.micros().saturating_sub(at.micros()) > BACKUP_LIMIT => Finding::attention(
            "backups",
            format!("the newest in {folder} ended at {at}"),
            "call `gelombang backup --to FOLDER` every day",
        ),
        Some(at) => Finding::fine("backups", format!("the newest in {folder} ended at {at}")),
    };
    let archive = match lag.filter(|lag| lag.oldest > ARCHIVE_PATIENCE) {
        _ if !is_archived => Finding::attention(
            "archive",
            format!("stopped on purpose; what was done since is not in {folder}"),
            "`gelombang backup --to FOLDER` backs up and starts it again",
        ),
        Some(lag) => Finding::wrong(
            "archive",
            lag_in_words(lag),
            "postgres.log in the data folder says why; nothing is lost while the disk has room",
        ),
        None => Finding::fine("archive", "keeps up with the log"),
    };
    vec![backup, archive]
}

/// Room below which a disk will not last the next busy hours: 2 GiB.
const ROOM_LOW: u64 = 2 << 30;
/// Room below which it is about to fail.
const ROOM_NONE: u64 = 256 << 20;

/// Free room of the disk of a folder.
pub(super) fn judge_room(subject: &'static str, folder: &str, free_bytes: u64) -> Finding {
    let found = format!("{} MB free for {folder}", free_bytes >> 20);
    let advice = "make room, or move the folder to a larger disk; a full disk stops every act, and loses none";
    match free_bytes {
        0..ROOM_NONE => Finding::wrong(subject, found, advice),
        ROOM_NONE..ROOM_LOW => Finding::attention(subject, found, advice),
        _ => Finding::fine(subject, found),
    }
}

/// Flushes a second below which single acts are slow: a spinning disk without cache.
const FLUSH_LOW: f64 = 200.0;
/// Flushes a second that no disk of today reaches honestly.
const FLUSH_ABSURD: f64 = 100_000.0;

/// How often a second the disk makes a page durable.
pub(super) fn judge_flush(per_second: f64) -> Finding {
    let found = format!("{per_second:.0} durable writes of 8 KiB a second");
    if per_second < FLUSH_LOW {
        let advice =
            "joins share flushes and go on; for a national wave use a disk with a protected cache";
        Finding::attention("flush rate", found, advice)
    } else if per_second > FLUSH_ABSURD {
        let advice = "the disk may acknowledge what it has not written; do not keep real data on it (tmpfs, eatmydata)";
        Finding::attention("flush rate", found, advice)
    } else {
        Finding::fine("flush rate", found)
    }
}

#[cfg(test)]
mod tests;
