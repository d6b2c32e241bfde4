//! Announcing files in the log, and the proofs that they were (section 16.7).

use std::io::ErrorKind;

use selection::announce::file_entry;

use super::{FolderWriter, WriteError};
use crate::files;
use crate::key::SecretKey;
use crate::log::{LogProof, LogStore, Trust};

/// An entry ends with the digest of its file; what is before names the file.
const DIGEST_SIZE_BYTES: usize = 32;

impl FolderWriter {
    /// Appends the present digests of files to the log, all under one new checkpoint that witnesses
    /// have yet to see. What the log says of a file last is not said again.
    ///
    /// # Errors
    /// [`WriteError`]; the log must be opened again then.
    pub fn announce(
        &self,
        log: &mut LogStore,
        names: &[&str],
        key: &SecretKey,
    ) -> Result<(), WriteError> {
        let mut entries = Vec::with_capacity(names.len());
        for name in names {
            let entry = self.entry(name)?;
            // A corrected list may be an earlier one again, which counts only if it is the last.
            let (same_file, _) = entry.split_at(entry.len().saturating_sub(DIGEST_SIZE_BYTES));
            let last = log.last(|own| own.len() == entry.len() && own.starts_with(same_file))?;
            if last.is_none_or(|(_, last)| last != entry) {
                entries.push(entry);
            }
        }
        if entries.is_empty() { Ok(()) } else { Ok(log.append(&entries, key)?) }
    }

    /// When enough witnesses had seen a file as it is, by the proof in the folder; `None` without a proof that holds.
    ///
    /// # Errors
    /// [`WriteError`] if a file cannot be read.
    pub fn witnessed(&self, name: &str, trust: &Trust) -> Result<Option<u64>, WriteError> {
        let path = self.path(&proof_name(name));
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(WriteError::Io { path, source }),
        };
        let entry = self.entry(name)?;
        let proven = LogProof::read(&bytes).and_then(|proof| proof.verify(&entry, trust));
        Ok(proven.ok().and_then(|witnessed| witnessed.quorum_time(trust.quorum())))
    }

    /// Copies the log into the folder, with the signatures that its checkpoint has by now, and writes
    /// the proof of each file named.
    ///
    /// # Errors
    /// [`WriteError::Unannounced`] unless the log has the present digest of each file; others.
    pub fn prove(&self, log: &LogStore, names: &[&str]) -> Result<(), WriteError> {
        let mut proofs = Vec::with_capacity(names.len());
        for name in names {
            let index = log.find_last(&self.entry(name)?)?;
            let index =
                index.ok_or_else(|| WriteError::Unannounced { name: (*name).to_owned() })?;
            proofs.push((name, log.prove(index)?));
        }
        log.copy_to(&self.path("log"))?;
        for (name, proof) in proofs {
            let path = self.path(&proof_name(name));
            files::replace(&path, &proof.write())
                .map_err(|source| WriteError::Io { path, source })?;
        }
        Ok(())
    }

    /// The entry that announces a file as it is.
    fn entry(&self, name: &str) -> Result<Vec<u8>, WriteError> {
        let (programme, wave) = self.policy.wave();
        Ok(file_entry(programme, wave, name, &self.digest(name)?)?)
    }
}

fn proof_name(name: &str) -> String {
    format!("proofs/{name}.tlog-proof")
}
