//! The key files: made at the first use by a database, kept apart from it, read whenever identities are
//! sealed or opened.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use domain::time::Timestamp;
use rand_core::Rng;
use sqlx::PgConnection;
use zeroize::Zeroizing;

use crate::error::StorageError;
use crate::vault::{KeyRing, RetiredKey};

/// First line of a key file; names the format.
const FORMAT_LINE: &str = "gelombang key ring 1";
/// Advisory lock of whoever opens the keys of a database.
const KEYS_LOCK: i64 = 0x6765_6c6f_6d6b_6579;
const FILE_NAME: &str = "key-ring.txt";

/// Why the key file cannot be used. Texts name the file, never its content.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file or its folder cannot be read or written.
    #[error("cannot use the key file {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what the product wrote.
    #[error("the key file {path} is damaged; put the backed-up copy back")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The database holds sealed data and the key file is gone.
    #[error(
        "the database holds data sealed under keys that are not in {path}; put the backed-up key file back"
    )]
    Missing {
        /// Where it must be.
        path: PathBuf,
    },
    /// The database holds signed checkpoints and the key that signed them is gone.
    #[error(
        "the audit chain was signed by a key that is not in {path}; put the backed-up key file back"
    )]
    SealingKeyMissing {
        /// Where it must be.
        path: PathBuf,
    },
    /// The database could not say which keys it was filled with, or names others.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A ring that was read, or made just now and needs a backup.
#[derive(Debug)]
pub struct OpenedKeys {
    /// The keys.
    pub ring: KeyRing,
    /// Where they are.
    pub path: PathBuf,
    /// True if this database takes the keys for its own only now, so that they need a backup.
    pub is_first_use: bool,
    /// True if the database did not know the present key; at the first use, or within a change of keys.
    pub is_new_key: bool,
}

/// Reads the ring of `folder` and checks that the database was filled with it; makes both at the first
/// start. Call it inside a transaction.
///
/// # Errors
/// [`KeyFileError`] if the file is unreadable, damaged, missing while data exist, or another one.
pub async fn open_keys(
    folder: &Path,
    conn: &mut PgConnection,
    now: Timestamp,
    rng: &mut (impl Rng + ?Sized),
) -> Result<OpenedKeys, KeyFileError> {
    // Of two first starts on one database only one may make keys; the lock ends with the transaction.
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(KEYS_LOCK)
        .execute(&mut *conn)
        .await
        .map_err(StorageError::from)?;
    let path = folder.join(FILE_NAME);
    let known: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT check_value FROM key_rings ORDER BY key_id DESC LIMIT 1")
            .fetch_optional(&mut *conn)
            .await
            .map_err(StorageError::from)?;
    let is_first_use = known.is_none();
    let ring = match read(&path)? {
        Some(ring) if !beside(&path).exists() => ring,
        None if !is_first_use => return Err(KeyFileError::Missing { path }),
        _ => read_or_make(folder, &path, rng)?,
    };
    let is_new_key = known.as_deref() != Some(ring.check_value().as_slice());
    match known.as_deref() {
        Some(_) if !is_new_key => {}
        // A change of keys has come as far as the file.
        Some(check) if ring.retired_check_value().is_some_and(|retired| retired == check) => {
            record_ring(conn, &ring, now).await?;
        }
        Some(_) => return Err(StorageError::WrongKeys.into()),
        None => {
            // The ring must be on disk before a database is filled with it, whoever wrote the file.
            sync_folder(folder).map_err(io_error(folder))?;
            record_ring(conn, &ring, now).await?;
        }
    }
    Ok(OpenedKeys { ring, path, is_first_use, is_new_key })
}

/// The key file, if it is the one that the database was filled with; `None` if the database holds nothing sealed
/// yet. Changes nothing.
///
/// # Errors
/// As [`open_keys`].
pub async fn keys_check(
    folder: &Path,
    conn: &mut PgConnection,
) -> Result<Option<PathBuf>, KeyFileError> {
    let path = folder.join(FILE_NAME);
    let known: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT check_value FROM key_rings ORDER BY key_id DESC LIMIT 1")
            .fetch_optional(conn)
            .await
            .map_err(StorageError::from)?;
    let Some(known) = known else { return Ok(None) };
    let Some(ring) = read(&path)? else { return Err(KeyFileError::Missing { path }) };
    let fits = ring.check_value().as_slice() == known
        || ring.retired_check_value().is_some_and(|retired| known == retired);
    if fits { Ok(Some(path)) } else { Err(StorageError::WrongKeys.into()) }
}

/// True if the database was filled with keys.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn has_keys(conn: &mut PgConnection) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM key_rings)").fetch_one(conn).await?)
}

async fn record_ring(
    conn: &mut PgConnection,
    ring: &KeyRing,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO key_rings (key_id, check_value, created_at) VALUES ($1, $2, $3)")
        .bind(i16::try_from(ring.key_id()).unwrap_or(i16::MAX))
        .bind(ring.check_value().as_slice())
        .bind(now.to_offset())
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts a fresh wrapping key into the file, beside the one it replaces, which still opens what it sealed. The
/// file as it was stays as `key-ring.N.txt`, N being its key, for whatever else was sealed under it: backups
/// from before, and other databases that share the folder. Does nothing if a change of keys is under way.
/// True if the key is new.
///
/// # Errors
/// [`KeyFileError`] if the file is missing, damaged, or cannot be written; it is the old one or the new one then.
pub fn renew_wrapping_key(
    folder: &Path,
    rng: &mut (impl Rng + ?Sized),
) -> Result<bool, KeyFileError> {
    change_file(folder, |turn, ring| {
        if ring.retired().is_some() {
            return Ok(None);
        }
        keep_beside(turn, folder, ring)?;
        Ok(Some(ring.rotated(rng)))
    })
}

/// Writes a ring under the name of its key, unless it is there.
fn keep_beside(turn: &File, folder: &Path, ring: &KeyRing) -> Result<(), KeyFileError> {
    let kept = folder.join(format!("key-ring.{}.txt", ring.key_id()));
    if read(&kept)?.is_some() {
        return Ok(());
    }
    remove_leftover(&kept)?;
    write_whole(&kept, &ring_text(ring)).map_err(io_error(&kept))?;
    turn.sync_all().map_err(io_error(folder))
}

/// Takes the retired key out of the file. What is sealed under it can never be opened again with this file.
///
/// # Errors
/// As [`renew_wrapping_key`].
pub fn forget_retired_key(folder: &Path) -> Result<bool, KeyFileError> {
    change_file(folder, |_, ring| Ok(ring.retired().map(|_| ring.clone().with_retired(None))))
}

/// Replaces the ring in the file, whole or not at all, by what `change` makes of it; true if it did.
fn change_file(
    folder: &Path,
    change: impl FnOnce(&File, &KeyRing) -> Result<Option<KeyRing>, KeyFileError>,
) -> Result<bool, KeyFileError> {
    let path = folder.join(FILE_NAME);
    let turn = take_turn(folder, &path)?;
    let ring = read(&path)?.ok_or_else(|| KeyFileError::Missing { path: path.clone() })?;
    let Some(changed) = change(&turn, &ring)? else { return Ok(false) };
    write_whole(&path, &ring_text(&changed)).map_err(io_error(&path))?;
    turn.sync_all().map_err(io_error(folder))?;
    Ok(true)
}

pub(crate) fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> KeyFileError + '_ {
    |source| KeyFileError::Io { path: path.to_owned(), source }
}

fn read(path: &Path) -> Result<Option<KeyRing>, KeyFileError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            return Err(KeyFileError::Damaged { path: path.to_owned() });
        }
        Err(error) => return Err(io_error(path)(error)),
    };
    parse(&text).map(Some).ok_or_else(|| KeyFileError::Damaged { path: path.to_owned() })
}

fn parse(text: &str) -> Option<KeyRing> {
    let mut lines = text.lines();
    (lines.next()? == FORMAT_LINE).then_some(())?;
    let mut value =
        |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
    let (id, wrapping, index) = (value("id")?, value("wrapping")?, value("index")?);
    let retired = match lines.next() {
        None => None,
        Some(line) => {
            let (id, wrapping) = line.strip_prefix("retired ")?.split_once(' ')?;
            Some(RetiredKey { key_id: id.parse().ok()?, wrapping: from_hex(wrapping)? })
        }
    };
    let ring = KeyRing::new(id.parse().ok()?, from_hex(&wrapping)?, from_hex(&index)?);
    Some(ring.with_retired(retired))
}

/// Where a key file is written before it takes its name.
fn beside(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Only one process at a time makes keys in a folder, whatever database it makes them for; who comes
/// second reads those of the first.
fn read_or_make(
    folder: &Path,
    path: &Path,
    rng: &mut (impl Rng + ?Sized),
) -> Result<KeyRing, KeyFileError> {
    let _turn = take_turn(folder, path)?;
    if let Some(ring) = read(path)? {
        return Ok(ring);
    }
    let ring = KeyRing::generate(rng);
    match write_new(path, &ring_text(&ring)) {
        // Where the lock of a folder does not reach other machines, the link still refuses to take the
        // place of a ring that a database may have been filled with.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| io_error(path)(error))
        }
        Err(error) => Err(io_error(path)(error)),
        Ok(()) => Ok(ring),
    }
}

/// Makes the folder, durably, unless it is there.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    match folder.parent() {
        Some(parent) if parent != Path::new("") => sync_folder(parent),
        _ => sync_folder(Path::new(".")),
    }
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes the folder, waits for its lock, and removes what a crash left beside `path`, which may be a
/// second copy of keys. Flush what this gives after writing: it is the folder.
pub(crate) fn take_turn(folder: &Path, path: &Path) -> Result<File, KeyFileError> {
    make_folder(folder).map_err(io_error(folder))?;
    // The lock ends with the handle, also at a crash.
    let turn = File::open(folder).map_err(io_error(folder))?;
    turn.lock().map_err(io_error(folder))?;
    remove_leftover(path)?;
    Ok(turn)
}

fn remove_leftover(path: &Path) -> Result<(), KeyFileError> {
    match fs::remove_file(beside(path)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io_error(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn ring_text(ring: &KeyRing) -> Zeroizing<String> {
    let (wrapping, index) = ring.secrets();
    let mut text = Zeroizing::new(format!(
        "{FORMAT_LINE}\nid {}\nwrapping {}\nindex {}\n",
        ring.key_id(),
        to_hex(wrapping),
        to_hex(index)
    ));
    if let Some(retired) = ring.retired() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "retired {} {}", retired.key_id, to_hex(&retired.wrapping));
    }
    text
}

/// Writes a file that must not take the place of another: beside, flushed, then linked, so that a crash
/// leaves the whole file or none. Only under [`take_turn`].
pub(crate) fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let written = write_beside(path, text)?;
    fs::hard_link(&written, path)?;
    fs::remove_file(&written)
}

/// Writes a file in the place of an earlier one, whole or not at all. Only under [`take_turn`].
pub(crate) fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    fs::rename(write_beside(path, text)?, path)
}

fn write_beside(path: &Path, text: &str) -> std::io::Result<PathBuf> {
    let beside = beside(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(beside)
}

/// Bytes as lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads two hexadecimal digits for each byte.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0u8; N];
    let is_hex = text.len() == 2 * N && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then_some(())?;
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    /// Goal: first starts on different databases that share a folder end up with the ring of its file;
    /// method: eight threads at once, with other randomness each, many times.
    #[test]
    fn a_folder_has_one_ring() {
        for round in 0..50 {
            let home = tempfile::tempdir().expect("a folder");
            let folder = home.path().join("keys");
            let path = folder.join(FILE_NAME);
            let start = Barrier::new(8);
            let rings: Vec<KeyRing> = thread::scope(|scope| {
                let (folder, path, start) = (&folder, &path, &start);
                let makers: Vec<_> = (0..8)
                    .map(|maker| {
                        scope.spawn(move || {
                            let mut rng = ChaCha8Rng::seed_from_u64(round * 8 + maker);
                            start.wait();
                            read_or_make(folder, path, &mut rng).expect("a ring")
                        })
                    })
                    .collect();
                makers.into_iter().map(|maker| maker.join().expect("no panic")).collect()
            });
            let kept = read(&path).expect("readable").expect("written");
            for ring in rings {
                assert_eq!(ring.check_value(), kept.check_value(), "a ring on no disk");
            }
            assert!(!beside(&path).exists());
        }
    }
}
