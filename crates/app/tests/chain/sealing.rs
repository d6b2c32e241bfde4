//! Sealing beside writers that stay open, other sealers, and crashes.

use std::time::{Duration, Instant};

use app::audit_chain::{Sealing, seal_batch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use sqlx::Connection as _;
use storage::audit_chain::seal_lock;

use crate::{World, at, record};

/// Far longer than any of this takes.
const LIMIT: Duration = Duration::from_mins(1);

/// The numbers of the sealed events in the order of the chain.
const ORDER: &str = "SELECT string_agg(substring(e.subject FROM 6), ' ' ORDER BY c.position)
    FROM audit_chain c JOIN audit_events e USING (event_id)";

/// An event of a transaction that stays open while others commit and are sealed is not gone past: what its
/// transaction can still precede waits with it, and all of it is sealed in order later.
#[tokio::test]
async fn open_transactions_are_waited_for() {
    let world = World::new().await;
    let none = world.seal(10).await.unwrap();
    assert_eq!((none.events, none.last, none.new_key), (0, None, None));
    assert!(!world.keys.exists(), "nothing to sign needs no key");

    world.record([1]).await;
    let mut open = world.scratch.database().begin().await.unwrap();
    record(&mut open, 2).await;
    world.record([3, 4]).await;
    let sealed = world.seal(10).await.unwrap();
    assert_eq!(sealed.events, 1, "only what no open transaction can precede");
    assert_eq!(sealed.new_key, Some(world.keys.join("audit-key.txt")));
    assert_eq!(world.seal(10).await.unwrap().events, 0);
    World::expect_clean(&world.verify(None).await, 1, 2);

    record(&mut open, 5).await;
    open.commit().await.unwrap();
    let report = world.verify(None).await;
    World::expect_clean(&report, 1, 4);
    assert_eq!(report.unsealed.unwrap().oldest, Some(at(2)));
    let sealed = world.seal(1).await.unwrap();
    assert_eq!((sealed.events, sealed.new_key), (4, None));
    assert_eq!(world.text(ORDER).await, "1 2 5 3 4", "by transaction, then by event");
    World::expect_clean(&world.verify(None).await, 5, 0);
    assert_eq!(sealed.last.unwrap().checkpoint.number, 4, "a transaction is never split");

    let mut undone = world.scratch.database().begin().await.unwrap();
    record(&mut undone, 6).await;
    undone.rollback().await.unwrap();
    assert_eq!(world.seal(10).await.unwrap().events, 0);
}

/// Writers do not wait while somebody seals.
#[tokio::test]
async fn writers_do_not_wait() {
    let world = World::sealed(3, 10).await;
    let mut sealer = world.scratch.database().begin().await.unwrap();
    seal_lock(&mut sealer).await.unwrap();
    let mut writer = world.scratch.database().begin().await.unwrap();
    sqlx::query("SET LOCAL lock_timeout = '1ms'").execute(&mut *writer).await.unwrap();
    record(&mut writer, 4).await;
    writer.commit().await.unwrap();
    sealer.rollback().await.unwrap();
    assert_eq!(world.seal(10).await.unwrap().events, 1);
}

/// Two sealers at once, and a writer beside them: every event is sealed once.
#[tokio::test]
async fn two_sealers() {
    let world = World::new().await;
    world.record(1..=60).await;
    let (one, other, ()) = tokio::join!(world.seal(7), world.seal(4), world.record(61..=90));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.new_key.is_none() || other.new_key.is_none(), "one key was made");
    let rest = world.seal(50).await.unwrap();
    assert_eq!(one.events + other.events + rest.events, 90);
    World::expect_clean(&world.verify(None).await, 90, 0);
}

/// Batches leave no trace in the links, and a stop after any of them is gone on from.
#[tokio::test]
async fn stops_between_batches() {
    const CHAIN: &str = "SELECT string_agg(c::text, ' ' ORDER BY position) FROM audit_chain c";
    let world = World::sealed(11, 50).await;
    let at_once = world.text(CHAIN).await;
    world.execute("TRUNCATE audit_chain, audit_checkpoints").await;
    std::fs::remove_dir_all(&world.keys).unwrap();
    for batch in 1..=3 {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let (database, keys_folder) = (world.scratch.database(), world.keys.as_path());
        let sealing = &mut Sealing { database, keys_folder, now: at(900), batch: 2, rng: &mut rng };
        assert_eq!(seal_batch(sealing).await.unwrap().events, 2);
        World::expect_clean(&world.verify(None).await, batch * 2, 11 - 2 * batch.unsigned_abs());
    }
    assert_eq!(world.seal(3).await.unwrap().events, 5);
    assert_eq!(world.text(CHAIN).await, at_once);
    World::expect_clean(&world.verify(None).await, 11, 0);
}

/// A sealer that dies within a batch, or before it kept the checkpoint, leaves a clean chain.
#[tokio::test]
async fn death_within_a_batch() {
    let world = World::sealed(2, 10).await;
    world.record(3..=8).await;
    let (mut holder, mut killer) = (world.superuser().await, world.superuser().await);
    let mut held = holder.begin().await.unwrap();
    sqlx::query("LOCK TABLE audit_checkpoints IN SHARE MODE").execute(&mut *held).await.unwrap();
    let kill = async {
        let end = Instant::now() + LIMIT;
        loop {
            let killed: Option<bool> = sqlx::query_scalar(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO audit_checkpoints%'",
            )
            .fetch_optional(&mut killer)
            .await
            .unwrap();
            if killed == Some(true) {
                break;
            }
            assert!(Instant::now() < end, "the sealer never came to its checkpoint");
            tokio::task::yield_now().await;
        }
    };
    let (died, ()) = tokio::join!(world.seal(10), kill);
    died.unwrap_err();
    held.rollback().await.unwrap();
    World::expect_clean(&world.verify(None).await, 2, 6);
    assert_eq!(world.seal(10).await.unwrap().events, 6);

    world.forget_kept();
    World::expect_clean(&world.verify(None).await, 8, 0);
    world.record([9]).await;
    assert_eq!(world.seal(10).await.unwrap().events, 1);
    World::expect_clean(&world.verify(None).await, 9, 0);
}
