//! The files of the audit chain in the keys folder: the key that signs checkpoints, and of each chain the
//! newest checkpoint, which whoever rules the database alone cannot take back.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::chain::Digest;
use domain::chain::checkpoint::{SealingKey, SignedCheckpoint};
use domain::chain::verify::Kept;
use rand_core::Rng;
use zeroize::Zeroizing;

use crate::keys::{KeyFileError, from_hex, io_error, take_turn, to_hex, write_new, write_whole};

/// First line of the key file; names the format.
const FORMAT_LINE: &str = "gelombang audit key 1";
const FILE_NAME: &str = "audit-key.txt";

/// A key that was read, or made just now and needs a backup.
#[derive(Debug)]
pub struct OpenedSealingKey {
    /// The key.
    pub key: SealingKey,
    /// Where it is.
    pub path: PathBuf,
    /// True if it was made just now.
    pub is_new: bool,
}

/// Reads the sealing key of `folder`; `None` if there is none.
///
/// # Errors
/// [`KeyFileError`] if the file is unreadable or damaged.
pub fn sealing_key_find(folder: &Path) -> Result<Option<SealingKey>, KeyFileError> {
    let path = folder.join(FILE_NAME);
    let Some(text) = read(&path)?.map(Zeroizing::new) else { return Ok(None) };
    let key = parse(&text).ok_or(KeyFileError::Damaged { path })?;
    Ok(Some(key))
}

fn parse(text: &str) -> Option<SealingKey> {
    let secret = text.strip_prefix(FORMAT_LINE)?.strip_prefix("\nsecret ")?.strip_suffix('\n')?;
    Some(SealingKey::from_secret(&Zeroizing::new(from_hex(secret)?)))
}

/// Reads the sealing key of `folder`; makes it unless `is_in_use` says that the database has checkpoints.
///
/// # Errors
/// [`KeyFileError`] if the file is unreadable, damaged, or missing while in use.
pub fn sealing_key_open(
    folder: &Path,
    is_in_use: bool,
    rng: &mut (impl Rng + ?Sized),
) -> Result<OpenedSealingKey, KeyFileError> {
    let path = folder.join(FILE_NAME);
    if let Some(key) = sealing_key_find(folder)? {
        return Ok(OpenedSealingKey { key, path, is_new: false });
    }
    if is_in_use {
        return Err(KeyFileError::SealingKeyMissing { path });
    }
    let turn = take_turn(folder, &path)?;
    if let Some(key) = sealing_key_find(folder)? {
        return Ok(OpenedSealingKey { key, path, is_new: false });
    }
    let mut secret = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut *secret);
    let hex = Zeroizing::new(to_hex(&*secret));
    let text = Zeroizing::new(format!("{FORMAT_LINE}\nsecret {}\n", *hex));
    write_new(&path, &text).and_then(|()| turn.sync_all()).map_err(io_error(&path))?;
    Ok(OpenedSealingKey { key: SealingKey::from_secret(&secret), path, is_new: true })
}

/// The newest checkpoint of a chain that `folder` keeps; `None` if there is none.
///
/// # Errors
/// [`KeyFileError`] if the file is unreadable or no checkpoint.
pub fn kept_find(folder: &Path, chain: &Digest) -> Result<Option<Kept>, KeyFileError> {
    let path = kept_path(folder, chain);
    let Some(text) = read(&path)? else { return Ok(None) };
    let checkpoint = SignedCheckpoint::parse(&text);
    let checkpoint = checkpoint.ok_or_else(|| KeyFileError::Damaged { path: path.clone() })?;
    Ok(Some(Kept { place: path.display().to_string(), checkpoint }))
}

/// Keeps a checkpoint that the database has for good. An older one never replaces a newer one.
///
/// # Errors
/// [`KeyFileError`].
pub fn kept_write(folder: &Path, signed: &SignedCheckpoint) -> Result<(), KeyFileError> {
    let chain = &signed.checkpoint.chain;
    let path = kept_path(folder, chain);
    let turn = take_turn(folder, &path)?;
    let there = kept_find(folder, chain)?;
    if there.is_some_and(|kept| kept.checkpoint.checkpoint.number >= signed.checkpoint.number) {
        return Ok(());
    }
    write_whole(&path, &signed.text()).and_then(|()| turn.sync_all()).map_err(io_error(&path))
}

/// Folders may serve several databases, so the name has the first digits of the chain.
fn kept_path(folder: &Path, chain: &Digest) -> PathBuf {
    let name: String = chain.to_string().chars().take(16).collect();
    folder.join(format!("audit-checkpoint-{name}.txt"))
}

fn read(path: &Path) -> Result<Option<String>, KeyFileError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            Err(KeyFileError::Damaged { path: path.to_owned() })
        }
        Err(error) => Err(io_error(path)(error)),
    }
}
