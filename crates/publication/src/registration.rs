//! The registration log of a wave: digests of the receipts that were handed out, in the folder `registration` of the
//! wave (section 16.7).
//!
//! Its checkpoints are signed by the key of the announcement log and announced there, so that the witnesses of that log
//! vouch for them. Each is kept as `checkpoints/SIZE`, with the proof that it was announced beside it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use selection::announce::file_entry;
use sha2::{Digest as _, Sha256};

use crate::files;
use crate::format::PolicyFile;
use crate::key::SecretKey;
use crate::log::{LogProof, LogStore, REGISTRATION_CHECKPOINT, StoreError, Trust};
use crate::receipt::registration_log;
use crate::write::WriteError;

/// Folder of the log within that of its wave.
const FOLDER: &str = "registration";

/// Folder of its checkpoints within that.
const KEPT: &str = "checkpoints";

/// The registration log of a wave.
#[derive(Debug)]
pub struct RegistrationLog {
    /// The wave's folder.
    folder: PathBuf,
    programme: String,
    wave: u32,
    store: LogStore,
}

impl RegistrationLog {
    /// Opens the log in the folder of a wave, empty if there is none.
    ///
    /// # Errors
    /// [`StoreError`] unless checkpoint and tiles fit.
    pub fn open(folder: &Path, policy: &PolicyFile) -> Result<Self, StoreError> {
        let (programme, wave) = policy.wave();
        let store = LogStore::open(&folder.join(FOLDER), &registration_log(policy))?;
        Ok(Self { folder: folder.to_owned(), programme: programme.to_owned(), wave, store })
    }

    /// Number of receipts.
    pub fn size(&self) -> u64 {
        self.store.head().size
    }

    /// Appends digests of receipts under one new checkpoint.
    ///
    /// # Errors
    /// [`StoreError`]; the log must be opened again then.
    pub fn append(&mut self, digests: &[[u8; 32]], key: &SecretKey) -> Result<(), StoreError> {
        let entries: Vec<Vec<u8>> = digests.iter().map(|digest| digest.to_vec()).collect();
        self.store.append(&entries, key)
    }

    /// The digests from a place on.
    ///
    /// # Errors
    /// [`StoreError`] if a bundle cannot be read.
    pub fn digests_from(&self, first: u64) -> Result<Vec<[u8; 32]>, StoreError> {
        let mut digests = Vec::new();
        for index in first..self.size() {
            // Only `append` writes entries, so each is a digest.
            let entry = self.store.entry(index)?.and_then(|entry| entry.try_into().ok());
            digests.push(entry.ok_or(StoreError::Damaged)?);
        }
        Ok(digests)
    }

    /// The proof of the receipt at a place under the first checkpoint that was announced with it: what comes later must not
    /// make a receipt look younger than it is.
    ///
    /// # Errors
    /// [`StoreError`], also if there is no such place.
    pub fn prove_receipt(&self, index: u64) -> Result<LogProof, StoreError> {
        match self.first_kept(index)? {
            Some(kept) => self.store.prove_under(index, kept),
            None => self.store.prove(index),
        }
    }

    /// Size and bytes of the first kept checkpoint that has the receipt at a place.
    fn first_kept(&self, index: u64) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let folder = self.folder.join(FOLDER).join(KEPT);
        let failed = |source| StoreError::Io { path: folder.clone(), source };
        let names = match fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            names => names.map_err(failed)?,
        };
        let mut first = None;
        for name in names {
            let name = name.map_err(failed)?.file_name();
            let size: Option<u64> = name.to_str().and_then(|name| name.parse().ok());
            let later = size.filter(|size| *size > index);
            first = first.into_iter().chain(later).min();
        }
        let Some(size) = first else { return Ok(None) };
        let path = folder.join(size.to_string());
        let bytes = fs::read(&path).map_err(|source| StoreError::Io { path, source })?;
        Ok(Some((size, bytes)))
    }

    /// When enough witnesses had seen the present checkpoint announced; `None` without a proof that holds.
    ///
    /// # Errors
    /// [`WriteError`] if a file cannot be read.
    pub fn witnessed(&self, trust: &Trust) -> Result<Option<u64>, WriteError> {
        let path = self.folder.join(announced_name(self.size()));
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(WriteError::Io { path, source }),
        };
        let entry = self.entry()?;
        let proven = LogProof::read(&bytes).and_then(|proof| proof.verify(&entry, trust));
        Ok(proven.ok().and_then(|witnessed| witnessed.quorum_time(trust.quorum())))
    }

    /// Keeps the present checkpoint and puts it into the announcement log, unless that has it.
    ///
    /// # Errors
    /// [`WriteError`]; the announcement log must be opened again then.
    pub fn announce(&self, log: &mut LogStore, key: &SecretKey) -> Result<(), WriteError> {
        let path = self.folder.join(kept_name(self.size()));
        files::publish(&path, &self.store.checkpoint()?)
            .map_err(|source| WriteError::Io { path, source })?;
        let entry = self.entry()?;
        if log.find_last(&entry)?.is_none() {
            log.append(&[entry], key)?;
        }
        Ok(())
    }

    /// Copies the announcement log into the wave's folder, with the signatures that it has by now, and proves by it that
    /// the present checkpoint was announced.
    ///
    /// # Errors
    /// [`WriteError::Unannounced`] unless it was; others.
    pub fn prove(&self, log: &LogStore) -> Result<(), WriteError> {
        let index = log.find_last(&self.entry()?)?;
        let index =
            index.ok_or_else(|| WriteError::Unannounced { name: kept_name(self.size()) })?;
        log.copy_to(&self.folder.join("log"))?;
        let path = self.folder.join(announced_name(self.size()));
        files::replace(&path, &log.prove(index)?.write())
            .map_err(|source| WriteError::Io { path, source })
    }

    fn entry(&self) -> Result<Vec<u8>, WriteError> {
        Ok(checkpoint_entry(&self.programme, self.wave, &self.store.checkpoint()?)?)
    }
}

/// The entry that announces a checkpoint of a registration log.
pub(crate) fn checkpoint_entry(
    programme: &str,
    wave: u32,
    checkpoint: &[u8],
) -> Result<Vec<u8>, selection::announce::AnnounceError> {
    file_entry(programme, wave, REGISTRATION_CHECKPOINT, &Sha256::digest(checkpoint).into())
}

/// Name of a kept checkpoint in the wave's folder.
fn kept_name(size: u64) -> String {
    format!("{FOLDER}/{KEPT}/{size}")
}

/// Name of the proof that a checkpoint was announced.
pub(crate) fn announced_name(size: u64) -> String {
    format!("{}.tlog-proof", kept_name(size))
}
