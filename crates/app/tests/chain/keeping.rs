//! What the keys folder and copies elsewhere hold the chain to.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use app::audit_chain::{ChainError, verify_chain};
use domain::chain::checkpoint::{SealingKey, SignedCheckpoint};
use domain::chain::fault::Fault;
use domain::chain::verify::{Kept, extend};
use storage::audit_chain::chain_append;
use storage::keys::KeyFileError;

use crate::{World, at};

/// Takes events, links and checkpoints back to where the second of four checkpoints was the newest.
const CUT_CLEANLY: &str = "DELETE FROM audit_events e USING audit_chain c
        WHERE c.event_id = e.event_id AND c.position > 6;
    DELETE FROM audit_chain WHERE position > 6;
    DELETE FROM audit_checkpoints WHERE position > 6;";

fn kept(checkpoint: &SignedCheckpoint) -> Kept {
    Kept { place: "the notary's file".into(), checkpoint: checkpoint.clone() }
}

/// An end that was cut off cleanly is missed by the checkpoint in the keys folder, and by one kept
/// elsewhere when that is gone too; nothing is sealed over it.
#[tokio::test]
async fn ends_cut_off_cleanly() {
    let world = World::sealed(12, 3).await;
    let last = world.verify(None).await.verified.last.unwrap();
    World::expect_clean(&world.verify(Some(kept(&last))).await, 12, 0);
    world.execute(CUT_CLEANLY).await;
    let broken = world.verify(None).await.broken.unwrap();
    assert_eq!(broken.position, 7);
    assert!(broken.to_string().contains("audit-checkpoint-"), "{broken}");
    world.record([13]).await;
    let refused = world.seal(3).await.unwrap_err();
    assert!(matches!(&refused, ChainError::Broken(broken) if broken.position == 7), "{refused}");

    world.forget_kept();
    World::expect_clean(&world.verify(None).await, 6, 1);
    let broken = world.verify(Some(kept(&last))).await.broken.unwrap();
    assert_eq!(broken.position, 7);
    assert!(broken.to_string().contains("checkpoint 4 kept in the notary's file"), "{broken}");
}

/// All of it gone, and sealed anew from other events: only a copy kept elsewhere shows it.
#[tokio::test]
async fn whole_chains_replaced() {
    let world = World::sealed(5, 3).await;
    let last = world.verify(None).await.verified.last.unwrap();
    world.execute("TRUNCATE audit_events, audit_chain, audit_checkpoints").await;
    World::expect_clean(&world.verify(None).await, 0, 0);
    let broken = world.verify(Some(kept(&last))).await.broken.unwrap();
    assert!(matches!(broken.fault, Fault::Truncated { .. }) && broken.position == 1, "{broken}");
    world.record(11..=30).await;
    world.seal(3).await.unwrap();
    World::expect_clean(&world.verify(None).await, 20, 0);
    let broken = world.verify(Some(kept(&last))).await.broken.unwrap();
    assert!(matches!(broken.fault, Fault::OtherChain { .. }) && broken.position == 1, "{broken}");
}

/// The key is made once and closed to others; lost, damaged or exchanged it is asked for and never
/// replaced; a checkpoint that it did not sign is no evidence.
#[tokio::test]
async fn life_of_the_key() {
    let world = World::sealed(3, 3).await;
    let path = world.keys.join("audit-key.txt");
    let text = fs::read_to_string(&path).unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&world.keys), mode(&path)), (0o700, 0o600));
    world.record([4]).await;

    fs::remove_file(&path).unwrap();
    let refused = world.seal(3).await.unwrap_err();
    let missing = matches!(refused, ChainError::KeyFile(KeyFileError::SealingKeyMissing { .. }));
    assert!(
        missing && refused.to_string().contains("put the backed-up key file back"),
        "{refused}"
    );
    let refused = verify_chain(world.scratch.database(), &world.keys, None).await.unwrap_err();
    assert!(matches!(refused, ChainError::NoKey(_)), "{refused}");
    assert!(!path.exists(), "a lost key is never replaced by a new one");

    for damage in [
        "",
        "gelombang audit key 2\n",
        &text[..text.len() - 3],
        &text.replace("secret ", "secret g"),
    ] {
        fs::write(&path, damage).unwrap();
        let refused = world.seal(3).await.unwrap_err();
        assert!(matches!(refused, ChainError::KeyFile(KeyFileError::Damaged { .. })), "{refused}");
    }

    let other = SealingKey::from_secret(&[9; 32]);
    let secret = "09".repeat(32);
    fs::write(&path, format!("gelombang audit key 1\nsecret {secret}\n")).unwrap();
    let refused = world.seal(3).await.unwrap_err();
    let foreign = matches!(&refused, ChainError::Broken(broken)
        if matches!(broken.fault, Fault::OtherKey { number: 1, .. }));
    assert!(foreign, "{refused}");

    fs::write(&path, &text).unwrap();
    let sealed = world.seal(3).await.unwrap();
    assert_eq!((sealed.events, sealed.new_key), (1, None));
    let forged = other.sign(sealed.last.unwrap().checkpoint);
    let refused =
        verify_chain(world.scratch.database(), &world.keys, Some(kept(&forged))).await.unwrap_err();
    assert!(matches!(refused, ChainError::KeptForeign { .. }), "{refused}");
}

/// A server that numbers its transactions below what was sealed, as after a restore from a dump, is told
/// how to go on instead of leaving events unsealed for ever.
#[tokio::test]
async fn counter_behind() {
    let world = World::sealed(3, 3).await;
    let text = fs::read_to_string(world.keys.join("audit-key.txt")).unwrap();
    let hex = text.trim_end().rsplit(' ').next().unwrap();
    let secret: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let key = SealingKey::from_secret(&secret.try_into().unwrap());
    let last = world.verify(None).await.verified.last.unwrap().checkpoint;
    let event = (uuid::Uuid::nil(), domain::chain::Digest::ORIGIN);
    let (entries, checkpoint) = extend(Some(&last), &[event], 1 << 40, at(5)).unwrap();
    let mut tx = world.scratch.database().begin().await.unwrap();
    chain_append(&mut tx, &entries, &key.sign(checkpoint)).await.unwrap();
    tx.commit().await.unwrap();
    let refused = world.seal(3).await.unwrap_err();
    assert!(matches!(refused, ChainError::CounterBehind { horizon, .. } if horizon == 1 << 40));
    assert!(refused.to_string().contains("pg_resetwal"), "{refused}");
}
