//! Restoring to an instant in the middle of work.

use domain::time::Timestamp;
use sqlx::PgConnection;
use storage::embedded::Embedded;

use crate::support::{Place, add_mark, connect, make_marks, marks_in, server_time};

/// Writers at work, each with numbers of its own.
const WRITERS: i64 = 2;
/// Marks of a writer after the backup.
const MARKS: i64 = 400;
/// Instants to restore to.
const INSTANTS: u64 = 3;

/// A mark with the server's clock before its transaction began and after it was acknowledged.
struct Written {
    mark: i64,
    before: Timestamp,
    after: Timestamp,
}

async fn write_one(conn: &mut PgConnection, mark: i64) -> Written {
    let before = server_time(conn).await;
    add_mark(conn, mark).await;
    Written { mark, before, after: server_time(conn).await }
}

/// Writes until the backup is done, and then so many marks more.
async fn write(
    embedded: &Embedded,
    writer: i64,
    done: &tokio::sync::watch::Receiver<bool>,
) -> Vec<Written> {
    let mut conn = connect(embedded).await;
    let mut written = Vec::new();
    let mut left = MARKS;
    while left > 0 {
        let mark = writer + WRITERS * written.len() as i64;
        written.push(write_one(&mut conn, mark).await);
        left -= i64::from(*done.borrow());
    }
    written
}

/// Goal: a restore to any instant holds every insert that was acknowledged before it and none that began after it;
/// method: two writers go on through a base backup and after it, noting the server's clock around each commit;
/// restore to instants scattered over that time, one of them the very end of the backup.
#[tokio::test]
async fn instant_under_load() {
    let place = Place::new();
    let embedded = place.start("data").await;
    make_marks(&embedded).await;
    let (finish, done) = tokio::sync::watch::channel(false);
    let backup = async {
        let taken = place.back_up(&embedded, 7).await;
        finish.send_replace(true);
        taken
    };
    let (taken, first, second) =
        tokio::join!(backup, write(&embedded, 0, &done), write(&embedded, 1, &done));
    embedded.stop().await.unwrap();
    let written: Vec<Written> = first.into_iter().chain(second).collect();
    let from = taken.backup.ended_at;
    let end = written.iter().map(|written| written.before).max().unwrap();
    let span = (end.micros() - from.micros()).unsigned_abs();
    for number in 0..INSTANTS {
        // Scattered, and the same share of the time in every run.
        let share = (number * 0x9e37_79b9) % 1000;
        let to = from.plus_micros((span * share / 1000).cast_signed());
        let name = format!("restored{number}");
        place.restore(&name, Some(to)).await.unwrap();
        let found = marks_in(&place, &name).await;
        let is_there = |written: &Written| found.binary_search(&written.mark).is_ok();
        let lost = written.iter().filter(|written| written.after <= to && !is_there(written));
        assert_eq!(lost.count(), 0, "acknowledged before {to} and lost");
        let early = written.iter().filter(|written| written.before > to && is_there(written));
        assert_eq!(early.count(), 0, "began after {to} and there");
        assert!(!found.is_empty() && found.len() < written.len(), "{to} cuts nothing off");
    }
}
