//! How far an archive reaches: the last transaction in it, and segments that cannot be read.

use std::path::Path;

use domain::time::Timestamp;
use time::{Date, Month, PrimitiveDateTime, Time};

use super::super::account::Account;
use super::super::programs::Programs;
use super::error::BackupError;
use super::wal::Segment;

/// What the end of a chain of segments holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// The latest time of a transaction's end; `None` if there is none after the base backup.
    pub(super) last: Option<Timestamp>,
    /// The first segment at the end that cannot be read to its own end.
    pub(super) damaged: Option<Segment>,
}

/// What one segment holds.
#[derive(Debug)]
pub(super) struct Found {
    last: Option<Timestamp>,
    pub(super) is_damaged: bool,
}

/// Reads segments from the last one back until a transaction's end is found.
///
/// Segments that only the base backup holds end the search.
pub(super) async fn reach(
    programs: &Programs,
    account: &Account,
    archive: &Path,
    segments: &[Segment],
) -> Result<Reach, BackupError> {
    let mut reach = Reach::default();
    for segment in segments.iter().rev() {
        if !archive.join(segment.to_string()).exists() {
            break;
        }
        let found = read_segment(programs, account, archive, *segment).await?;
        if found.is_damaged {
            reach.damaged = Some(*segment);
        }
        reach.last = found.last;
        if reach.last.is_some() {
            break;
        }
    }
    Ok(reach)
}

/// Reads one segment with the server's own reader, which stops at the first record that is not whole.
pub(super) async fn read_segment(
    programs: &Programs,
    account: &Account,
    archive: &Path,
    segment: Segment,
) -> Result<Found, BackupError> {
    let output = programs
        .command("pg_waldump", account, archive)
        .env("TZ", "UTC0")
        .arg("--rmgr=Transaction")
        .arg(segment.to_string())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| programs.spawn_failed("pg_waldump", &error))?;
    let records = String::from_utf8_lossy(&output.stdout);
    let last = records.lines().filter_map(ended_at).max();
    Ok(Found { last, is_damaged: !output.status.success() })
}

/// The time in a line about the end of a transaction.
fn ended_at(record: &str) -> Option<Timestamp> {
    let (_, description) = record.split_once("desc: ")?;
    let time =
        description.strip_prefix("COMMIT ").or_else(|| description.strip_prefix("ABORT "))?;
    parse_time(time)
}

/// Reads a time in UTC as the server writes it, such as `2026-03-01 08:15:00.5+00`; what follows is passed over.
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
    let year = text.get(..4)?.parse().ok()?;
    let date = Date::from_calendar_date(year, Month::try_from(number(5, 7)?).ok()?, number(8, 10)?);
    let fraction = text.get(19..)?.strip_prefix('.').unwrap_or_default();
    let digits = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len()).min(6);
    let micros = format!("{:0<6}", fraction.get(..digits)?).parse().ok()?;
    let clock = Time::from_hms_micro(number(11, 13)?, number(14, 16)?, number(17, 19)?, micros);
    Some(Timestamp::from_offset(PrimitiveDateTime::new(date.ok()?, clock.ok()?).assume_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: ends of transactions are read, other lines are not; method: lines as `pg_waldump` prints them.
    #[test]
    fn ends_of_transactions() {
        let prefix = "rmgr: Transaction len (rec/tot):     34/    34, tx: 733, lsn: 0/01570B90, prev 0/01570B50, ";
        for (description, expected) in [
            ("desc: COMMIT 2026-11-24 13:55:01.000020 UTC", Some("2026-11-24T13:55:01.000020Z")),
            ("desc: ABORT 2026-11-24 13:55:01 UTC; rels: 1", Some("2026-11-24T13:55:01Z")),
            ("desc: COMMIT 2026-11-24 13:55:01.5+00", Some("2026-11-24T13:55:01.500000Z")),
            ("desc: ASSIGNMENT xtop 733: subxacts: 734", None),
            ("desc: COMMIT 2026-13-24 13:55:01", None),
            ("desc: COMMIT soon", None),
        ] {
            let found = ended_at(&format!("{prefix}{description}")).map(|at| at.to_string());
            assert_eq!(found.as_deref(), expected, "{description}");
        }
    }
}
