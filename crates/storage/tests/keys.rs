//! The key files: made once, read for ever, and refused with a message of its own when they do not fit.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use domain::time::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use storage::error::StorageError;
use storage::keys::{KeyFileError, OpenedKeys, open_keys};
use storage::scratch::Scratch;

async fn open(
    folder: &Path,
    conn: &mut PgConnection,
    seed: u64,
) -> Result<OpenedKeys, KeyFileError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    open_keys(folder, conn, Timestamp::from_micros(0), &mut rng).await
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Walks a key folder through its life: the first start makes it, closed to others, beside the leftover
/// of a crash; the next start reads the same ring; a crash between file and database is made good; then
/// each damage, loss and exchange has its message, and the backup mends it.
#[tokio::test]
async fn life_of_a_key_file() {
    let scratch = Scratch::start().await.unwrap();
    let folder = scratch.folder().join("secrets/keys");
    let mut tx = scratch.database().begin().await.unwrap();

    fs::create_dir(scratch.folder().join("secrets")).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    let leftover = folder.join("key-ring.new");
    fs::write(&leftover, "gelombang key ring 1\nid 1\nwrapp").unwrap();
    let first = open(&folder, &mut tx, 1).await.unwrap();
    assert!(first.is_first_use);
    assert!(!leftover.exists());
    assert_eq!(mode(&first.path), 0o600, "whatever the leftover allowed");

    let text = fs::read(&first.path).unwrap();
    fs::write(&leftover, "half").unwrap();
    let again = open(&folder, &mut tx, 2).await.unwrap();
    assert!(!again.is_first_use);
    assert!(!leftover.exists(), "a second copy of the keys goes");
    assert_eq!(again.ring.check_value(), first.ring.check_value());
    assert_eq!(again.path, first.path);
    assert_eq!(fs::read(&again.path).unwrap(), text, "a read changes nothing");

    // The process dies after the file was renamed and before the database kept its check value.
    tx.rollback().await.unwrap();
    let mut tx = scratch.database().begin().await.unwrap();
    let resumed = open(&folder, &mut tx, 3).await.unwrap();
    assert!(resumed.is_first_use, "nobody has been told to back the keys up yet");
    assert_eq!(resumed.ring.check_value(), first.ring.check_value());
    tx.commit().await.unwrap();
    let mut tx = scratch.database().begin().await.unwrap();

    for damage in [
        &b""[..],
        b"gelombang key ring 2\n",
        &text[..text.len() - 2],
        &[&text[..60], b"g", &text[61..]].concat(),
        &[&text[..60], b"\xff", &text[61..]].concat(),
    ] {
        fs::write(&first.path, damage).unwrap();
        let refused = open(&folder, &mut tx, 4).await.unwrap_err();
        assert!(matches!(refused, KeyFileError::Damaged { .. }), "{refused:?}");
        let said = refused.to_string();
        assert!(said.contains("is damaged; put the backed-up copy back"), "{said}");
    }

    fs::remove_file(&first.path).unwrap();
    let refused = open(&folder, &mut tx, 5).await.unwrap_err();
    assert!(matches!(refused, KeyFileError::Missing { .. }), "{refused:?}");
    assert!(!first.path.exists(), "a lost ring is never replaced by a new one");
    // Whoever opens the keys next waits for the lock of this transaction.
    tx.rollback().await.unwrap();

    let elsewhere = scratch.folder().join("other");
    let options = scratch.embedded().superuser_options().options([("search_path", "gelombang")]);
    let mut superuser = options.connect().await.unwrap();
    let mut empty = superuser.begin().await.unwrap();
    sqlx::query("DELETE FROM key_rings").execute(&mut *empty).await.unwrap();
    let stranger = open(&elsewhere, &mut empty, 6).await.unwrap();
    empty.rollback().await.unwrap();
    assert_eq!((mode(&elsewhere), mode(&stranger.path)), (0o700, 0o600));
    fs::copy(&stranger.path, &first.path).unwrap();
    let mut tx = scratch.database().begin().await.unwrap();
    let refused = open(&folder, &mut tx, 7).await.unwrap_err();
    assert!(matches!(refused, KeyFileError::Storage(StorageError::WrongKeys)), "{refused:?}");

    fs::write(&first.path, &text).unwrap();
    let mended = open(&folder, &mut tx, 8).await.unwrap();
    assert_eq!(mended.ring.check_value(), first.ring.check_value());

    fs::remove_file(&first.path).unwrap();
    fs::create_dir(&first.path).unwrap();
    let refused = open(&folder, &mut tx, 9).await.unwrap_err();
    assert!(matches!(refused, KeyFileError::Io { .. }), "{refused:?}");
}
