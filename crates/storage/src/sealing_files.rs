//! The files of the audit chain in the keys folder: the key that signs checkpoints, and of each chain the
//! newest checkpoint, which whoever rules the database alone cannot take back.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::chain::Digest;
use domain::chain::checkpoint::{SealingKey, SignedCheckpoint};
use domain::chain::verify::Kept;
use rand_core::Rng;

use crate::keys::{KeyFileError, io_error, take_turn, write_whole};
use crate::secret_files::{OpenedSecret, SecretFile};

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
    Ok(SecretFile::AUDIT.find(folder)?.map(|secret| SealingKey::from_secret(&secret)))
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
    if is_in_use && SecretFile::AUDIT.find(folder)?.is_none() {
        return Err(KeyFileError::SealingKeyMissing { path: SecretFile::AUDIT.path(folder) });
    }
    let OpenedSecret { secret, path, is_new } = SecretFile::AUDIT.open(folder, rng)?;
    Ok(OpenedSealingKey { key: SealingKey::from_secret(&secret), path, is_new })
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
