//! The audit chain on a real server: sealed beside writers and other sealers, and verified after every
//! kind of tampering that a superuser is capable of.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod keeping;
mod sealing;
mod tampering;

use std::fs;
use std::path::PathBuf;

use app::audit_chain::{ChainError, ChainReport, Sealed, Sealing, seal, verify_chain};
use domain::chain::verify::Kept;
use domain::ids::AuditEventId;
use domain::time::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};
use storage::officers::{AuditEvent, audit_event_insert};
use storage::scratch::Scratch;

/// A server, and the folder of its keys.
struct World {
    scratch: Scratch,
    keys: PathBuf,
}

fn at(number: u32) -> Timestamp {
    Timestamp::from_micros(1_767_225_600_000_000 + i64::from(number) * 1_000_000)
}

/// Id of the event of this number.
fn id(number: u32) -> AuditEventId {
    let mut random = [0; 10];
    random[6..].copy_from_slice(&number.to_be_bytes());
    AuditEventId::at(at(number), random)
}

/// Records the event of this number in the caller's transaction.
async fn record(conn: &mut PgConnection, number: u32) {
    let event = AuditEvent {
        event_id: id(number),
        occurred_at: at(number),
        actor: "schedule",
        act: "wave_open",
        subject: &format!("wave:{number}"),
        from_state: number.is_multiple_of(2).then_some("draft"),
        to_state: Some("open"),
        reason: "calendar",
        request_id: "test",
        detail: "{\"count\": 1}",
    };
    audit_event_insert(conn, &event).await.unwrap();
}

impl World {
    async fn new() -> Self {
        let scratch = Scratch::start().await.unwrap();
        let keys = scratch.folder().join("keys");
        let world = Self { scratch, keys };
        // Its transactions would now and then be older than those of a test, whose events would wait.
        world.execute("ALTER SYSTEM SET autovacuum = off").await;
        world.execute("SELECT pg_reload_conf()").await;
        world
    }

    /// As [`World::new`], with events 1 to `events` sealed in batches of so many.
    async fn sealed(events: u32, batch: u32) -> Self {
        let world = Self::new().await;
        world.record(1..=events).await;
        world.seal(batch).await.unwrap();
        world
    }

    /// Records events, each in a transaction of its own.
    async fn record(&self, numbers: impl IntoIterator<Item = u32>) {
        for number in numbers {
            let mut tx = self.scratch.database().begin().await.unwrap();
            record(&mut tx, number).await;
            tx.commit().await.unwrap();
        }
    }

    async fn seal(&self, batch: u32) -> Result<Sealed, ChainError> {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let (database, keys_folder) = (self.scratch.database(), self.keys.as_path());
        seal(&mut Sealing { database, keys_folder, now: at(1_000), batch, rng: &mut rng }).await
    }

    async fn verify(&self, given: Option<Kept>) -> ChainReport {
        verify_chain(self.scratch.database(), &self.keys, given).await.unwrap()
    }

    /// Demands a clean chain of so many events, with so many waiting.
    #[track_caller]
    fn expect_clean(report: &ChainReport, links: i64, waiting: u64) {
        assert_eq!(report.broken, None);
        assert_eq!(report.verified.links, links);
        assert_eq!(report.unsealed.as_ref().unwrap().waiting, waiting);
    }

    /// Removes the checkpoint that the keys folder keeps.
    fn forget_kept(&self) {
        let files = fs::read_dir(&self.keys).unwrap().map(|file| file.unwrap().path());
        let kept: Vec<PathBuf> =
            files.filter(|path| path.to_str().unwrap().contains("/audit-checkpoint-")).collect();
        assert_eq!(kept.len(), 1);
        fs::remove_file(&kept[0]).unwrap();
    }

    async fn superuser(&self) -> PgConnection {
        let options = self.scratch.embedded().superuser_options();
        options.options([("search_path", "gelombang")]).connect().await.unwrap()
    }

    async fn execute(&self, statements: &str) {
        let mut conn = self.superuser().await;
        let done = sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut conn).await;
        done.unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// The one text a query gives.
    async fn text(&self, query: &str) -> String {
        let query = format!("SELECT ({query})::text");
        let mut conn = self.superuser().await;
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut conn).await.unwrap()
    }
}
