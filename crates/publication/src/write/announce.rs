//! Announcing files in the log, and the proofs that they were (section 16.7).

use selection::announce::file_entry;

use super::{FolderWriter, WriteError};
use crate::files::{self, digest_of};
use crate::key::SecretKey;
use crate::log::LogStore;

impl FolderWriter {
    /// Appends the present digests of files to the log, all under one new checkpoint that witnesses
    /// have yet to see.
    ///
    /// # Errors
    /// [`WriteError`]; the log must be opened again then.
    pub fn announce(
        &self,
        log: &mut LogStore,
        names: &[&str],
        key: &SecretKey,
    ) -> Result<(), WriteError> {
        let entries = names.iter().map(|name| self.entry(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(log.append(&entries, key)?)
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
            let path = self.path(&format!("proofs/{name}.tlog-proof"));
            files::replace(&path, &proof.write())
                .map_err(|source| WriteError::Io { path, source })?;
        }
        Ok(())
    }

    /// The entry that announces a file as it is.
    fn entry(&self, name: &str) -> Result<Vec<u8>, WriteError> {
        let path = self.path(name);
        let digest = digest_of(&path).map_err(|source| WriteError::Io { path, source })?;
        let digest = digest.ok_or_else(|| WriteError::Early { name: name.to_owned() })?;
        let (programme, wave) = self.policy.wave();
        Ok(file_entry(programme, wave, name, &digest)?)
    }
}
