//! Transactions that are dropped at every point, as those of people who go away.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use storage::copy::CopyRows;
use storage::database::Database;
use storage::scratch::Scratch;

/// More rows than a socket takes at once, so that there is something to wait for everywhere.
const ROWS: u32 = 20_000;
/// How often an act is polled at most before it is dropped, beyond what it takes to its end.
const POINTS: u32 = 16;
/// How often each is tried, since it depends on the server's speed what a poll finds.
const ROUNDS: u32 = 8;
const COPY: &str =
    "COPY client_keys (actor_id, client_key, act, request_index, answer, recorded_at)
                    FROM STDIN (FORMAT binary)";

fn rows(count: u32) -> CopyRows {
    let mut rows = CopyRows::new(6);
    for number in 0..count {
        let id = uuid::Uuid::from_u128(u128::from(number));
        rows.row().uuid(id).text("key").text("act").uuid(id).text("answer").i64(0);
    }
    rows
}

/// Asks, copies in, asks again and commits.
async fn act(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&mut *tx).await.unwrap();
    rows(ROWS).send(&mut tx, COPY).await.unwrap();
    let copied: i64 =
        sqlx::query_scalar("SELECT count(*) FROM client_keys").fetch_one(&mut *tx).await.unwrap();
    assert_eq!((one, copied), (1, i64::from(ROWS)));
    tx.rollback().await.unwrap();
}

/// Lets a future go on so many times, then drops it; true if it was done before.
async fn drop_after(polls: u32, future: impl Future<Output = ()>) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if future.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        left = left.saturating_sub(1);
        if left == 0 { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

/// Goal: a transaction dropped at whatever point leaves neither an open transaction nor unread answers to
/// the next one; method: drop the same act ever later, each time followed by as many others as the pool
/// has connections, whose answers must be their own; then look for what is left open.
#[tokio::test]
async fn dropped_anywhere() {
    let scratch = Scratch::start().await.unwrap();
    let database = scratch.database();
    let mut done = 0;
    for polls in (0..ROUNDS).flat_map(|_| 1..=POINTS) {
        done += u32::from(drop_after(polls, act(database)).await);
        for number in 0..16i32 {
            let mut tx = database.begin().await.unwrap();
            let answer: i32 =
                sqlx::query_scalar("SELECT $1").bind(number).fetch_one(&mut *tx).await.unwrap();
            assert_eq!(answer, number, "after {polls} polls");
            tx.commit().await.unwrap();
        }
    }
    assert!((1..ROUNDS * POINTS).contains(&done), "{done} were done, not dropped");
    let mut superuser = scratch.embedded().superuser_options().connect().await.unwrap();
    let open = "SELECT count(*) FROM pg_stat_activity
                WHERE usename = 'gelombang_app' AND state LIKE 'idle in transaction%'";
    let left: i64 = sqlx::query_scalar(open).fetch_one(&mut superuser).await.unwrap();
    assert_eq!(left, 0);
    let mut tx = database.begin().await.unwrap();
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM client_keys").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(kept, 0);
}

/// Goal: the server ends a statement of a limited snapshot, and the limit goes no further than that; method: wait for ever
/// within one, and look at the limit after it on the same connection.
#[tokio::test]
async fn a_limited_snapshot_ends() {
    let scratch = Scratch::start().await.unwrap();
    let database = scratch.database();
    let mut tx = database.begin_snapshot_within(Duration::from_millis(20)).await.unwrap();
    let ask = "SELECT pg_backend_pid(), current_setting('statement_timeout'),
                      current_setting('client_connection_check_interval')";
    let (pid, limit, look): (i32, String, String) =
        sqlx::query_as(ask).fetch_one(&mut *tx).await.unwrap();
    assert_eq!((&*limit, &*look), ("20ms", "10s"));
    let ended = sqlx::query("SELECT pg_sleep(3600)").execute(&mut *tx).await.unwrap_err();
    assert!(ended.to_string().contains("statement timeout"), "{ended}");
    drop(tx);
    loop {
        let mut tx = database.begin().await.unwrap();
        let (same, limit, look): (i32, String, String) =
            sqlx::query_as(ask).fetch_one(&mut *tx).await.unwrap();
        assert_eq!((&*limit, &*look), ("0", "0"));
        if same == pid {
            break;
        }
    }
}
