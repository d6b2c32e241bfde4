//! The key files: made at the first start, kept apart from the database, read at every start.

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
use crate::vault::KeyRing;

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
    /// True at the first start.
    pub made_now: bool,
}

/// Call it inside a transaction. Reads the ring of `folder` and checks that the database was filled with it; makes both at the first
/// start.
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
        sqlx::query_scalar("SELECT check_value FROM key_rings ORDER BY key_id LIMIT 1")
            .fetch_optional(&mut *conn)
            .await
            .map_err(StorageError::from)?;
    let (ring, made_now) = match (read(&path)?, &known) {
        (Some(ring), _) => (ring, false),
        (None, Some(_)) => return Err(KeyFileError::Missing { path }),
        (None, None) => {
            let ring = KeyRing::generate(rng);
            write(folder, &path, &ring)?;
            (ring, true)
        }
    };
    match known {
        Some(check) if check == ring.check_value() => {}
        Some(_) => return Err(StorageError::WrongKeys.into()),
        None => {
            sqlx::query(
                "INSERT INTO key_rings (key_id, check_value, created_at) VALUES ($1, $2, $3)",
            )
            .bind(i16::try_from(ring.key_id()).unwrap_or(i16::MAX))
            .bind(ring.check_value().as_slice())
            .bind(now.to_offset())
            .execute(&mut *conn)
            .await
            .map_err(StorageError::from)?;
        }
    }
    Ok(OpenedKeys { ring, path, made_now })
}

fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> KeyFileError + '_ {
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
    Some(KeyRing::new(id.parse().ok()?, from_hex(&wrapping)?, from_hex(&index)?))
}

/// Writes beside, flushes, then links: a crash leaves the whole file or none.
fn write(folder: &Path, path: &Path, ring: &KeyRing) -> Result<(), KeyFileError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io_error(folder))?;
    let (wrapping, index) = ring.secrets();
    let text = Zeroizing::new(format!(
        "{FORMAT_LINE}\nid {}\nwrapping {}\nindex {}\n",
        ring.key_id(),
        to_hex(wrapping),
        to_hex(index)
    ));
    let beside = path.with_extension("new");
    let written = (|| {
        // What a crash left may allow more than a new file does.
        if let Err(error) = fs::remove_file(&beside)
            && error.kind() != ErrorKind::NotFound
        {
            return Err(error);
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        // A link refuses to take the place of a file that another database's first start made.
        fs::hard_link(&beside, path)?;
        fs::remove_file(&beside)?;
        File::open(folder)?.sync_all()
    })();
    written.map_err(io_error(path))
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0u8; 32];
    (text.len() == 64 && text.is_ascii()).then_some(())?;
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}
