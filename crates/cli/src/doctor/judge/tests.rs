//! Every verdict provoked once.

use std::time::Duration;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

fn server() -> ServerHealth {
    ServerHealth {
        version: "15.18".to_owned(),
        version_number: 150_018,
        now: NOW,
        unsafe_settings: Vec::new(),
        has_checksums: true,
        connections: 10,
        connections_max: 100,
        oldest_writer_s: None,
    }
}

/// Asserts the worst verdict, and that whatever is not fine comes with advice.
fn check(findings: &[Finding], worst: Verdict, word: &str) {
    assert_eq!(findings.iter().map(|finding| finding.verdict).max(), Some(worst), "{findings:?}");
    assert!(findings.iter().any(|finding| finding.found.contains(word)), "{word}: {findings:?}");
    for finding in findings {
        assert_eq!(finding.advice.is_none(), finding.verdict == Verdict::Fine, "{finding:?}");
    }
}

/// Goal: each trouble of the server has its verdict; method: one healthy server, changed in one point at a time.
#[test]
fn servers() {
    check(&judge_server(&server()), Verdict::Fine, "PostgreSQL 15.18");
    let old = ServerHealth { version_number: 140_022, version: "14.22".to_owned(), ..server() };
    check(&judge_server(&old), Verdict::Wrong, "14.22");
    let unsafe_settings = vec![("fsync".to_owned(), "off".to_owned())];
    check(
        &judge_server(&ServerHealth { unsafe_settings, ..server() }),
        Verdict::Wrong,
        "fsync is off",
    );
    let unchecked = ServerHealth { has_checksums: false, ..server() };
    check(&judge_server(&unchecked), Verdict::Attention, "no checksums");
    check(
        &judge_server(&ServerHealth { connections: 90, ..server() }),
        Verdict::Attention,
        "90 of 100",
    );
    let hung = ServerHealth { oldest_writer_s: Some(601), ..server() };
    check(&judge_server(&hung), Verdict::Attention, "open for 601 s");
}

/// Goal: clocks may differ by a second and half a round trip; method: both sides of the limit.
#[test]
fn clocks() {
    let (before, after) = (NOW, NOW.plus_micros(200_000));
    for (offset, verdict) in [
        (0, Verdict::Fine),
        (1_190_000, Verdict::Fine),
        (1_300_000, Verdict::Attention),
        (-1_200_000, Verdict::Attention),
    ] {
        check(&[judge_clock(NOW.plus_micros(offset), before, after)], verdict, "ms from");
    }
}

/// Goal: each state of the schema and of the roles has its verdict and advice; method: all of them.
#[test]
fn schemas_and_roles() {
    check(&[judge_schema(&SchemaHealth::Current { applied: 14 })], Verdict::Fine, "14 applied");
    check(&[judge_schema(&SchemaHealth::Missing)], Verdict::Attention, "nothing");
    check(
        &[judge_schema(&SchemaHealth::Behind { pending: vec![7, 8] })],
        Verdict::Attention,
        "7, 8",
    );
    check(&[judge_schema(&SchemaHealth::Foreign { unknown: vec![9] })], Verdict::Wrong, "9");
    check(&judge_roles(Vec::new()), Verdict::Fine, "cannot log in");
    let roles = judge_roles(vec!["role x owns t; ALTER TABLE t".to_owned()]);
    check(&roles, Verdict::Wrong, "role x owns t");
    assert_eq!(
        roles.first().and_then(|role| role.advice.clone()).as_deref(),
        Some("as superuser: ALTER TABLE t")
    );
}

/// Goal: work that nobody does is told; method: both sides of each limit.
#[test]
fn work() {
    let window = |age_s: i64| UnsealedWindow {
        waiting: 3,
        oldest: Some(NOW.plus_micros(-age_s * 1_000_000)),
    };
    check(&[judge_unsealed(&UnsealedWindow::default(), NOW)], Verdict::Fine, "every audit event");
    check(&[judge_unsealed(&window(600), NOW)], Verdict::Fine, "3 events");
    check(&[judge_unsealed(&window(601), NOW)], Verdict::Attention, "3 events");
    let queue = QueueState { queued: 1, leased: 2, dead: 0, oldest: None, last_done: None };
    check(&[judge_queue(&queue, 300, 300)], Verdict::Fine, "1 queued, 2 at work");
    let many = QueueState { queued: 10_001, ..queue };
    check(&[judge_queue(&many, 0, 300)], Verdict::Fine, "over 10000 queued");
    check(&[judge_queue(&queue, 301, 300)], Verdict::Wrong, "1 queued");
    check(&[judge_queue(&QueueState { dead: 1, ..queue }, 0, 300)], Verdict::Wrong, "1 dead");
    let hours = |hours: i64| Some(NOW.plus_micros(-hours * 3_600_000_000));
    check(&judge_outside(None, 0, None, NOW), Verdict::Fine, "none waits");
    check(&judge_outside(hours(1), 0, hours(1), NOW), Verdict::Fine, "no question");
    check(&judge_outside(hours(2), 0, None, NOW), Verdict::Attention, "the oldest waits");
    check(&judge_outside(hours(2), 3, None, NOW), Verdict::Attention, "3 have failed");
    check(&judge_outside(None, 0, hours(2), NOW), Verdict::Attention, "oldest question");
    let left = |wave, seats| (WaveNumber::new(wave).expect("a number"), seats);
    check(&[tell_seats(&[])], Verdict::Fine, "none");
    check(&[tell_seats(&[left(70, 0), left(71, 9)])], Verdict::Fine, "9 of wave 71");
    check(&[judge_officers(3, 1, 0)], Verdict::Fine, "3 administrators");
    check(&[judge_officers(2, 1, 1)], Verdict::Attention, "2 administrators");
    check(&[judge_officers(2, 1, 2)], Verdict::Fine, "2 recovery codes");
    check(&[judge_officers(3, 0, 3)], Verdict::Attention, "0 approvers");
}

/// Goal: a missing, old or stuck backup and a full or slow disk are told; method: both sides of each limit.
#[test]
fn backups_and_disks() {
    check(&judge_backups(None, None, NOW), Verdict::Attention, "there is none");
    let state = |newest: Option<i64>, is_archived| BackupState {
        folder: "/b".into(),
        newest: newest.map(|days| NOW.plus_days(-days)),
        is_archived,
    };
    let judge = |newest, lag| judge_backups(Some(&state(newest, true)), lag, NOW);
    check(&judge(None, None), Verdict::Wrong, "no whole base backup in /b");
    check(&judge(Some(1), None), Verdict::Fine, "the newest in /b");
    check(&judge(Some(3), None), Verdict::Attention, "the newest in /b");
    let lag = |minutes| Some(ArchiveLag { segments: 4, oldest: Duration::from_mins(minutes) });
    check(&judge(Some(1), lag(1)), Verdict::Fine, "keeps up");
    check(&judge(Some(1), lag(5)), Verdict::Wrong, "4 log segments");
    let stopped = judge_backups(Some(&state(Some(1), false)), lag(5), NOW);
    check(&stopped, Verdict::Attention, "stopped on purpose; what was done since is not in /b");
    check(&[judge_room("disk", "/d", 3 << 30)], Verdict::Fine, "3072 MB");
    check(&[judge_room("disk", "/d", 1 << 30)], Verdict::Attention, "1024 MB");
    check(&[judge_room("disk", "/d", 1 << 20)], Verdict::Wrong, "1 MB");
    check(&[judge_flush(12_000.0)], Verdict::Fine, "12000");
    check(&[judge_flush(60.0)], Verdict::Attention, "60");
    check(&[judge_flush(900_000.0)], Verdict::Attention, "900000");
}
