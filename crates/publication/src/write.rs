//! The folder of a wave in the making: one call for each step of its timeline (sections 2 and 3).
//!
//! Published files never change. Each call may be repeated after a kill and then finds what it wrote
//! before; another content under a published name is refused. Only the list, its seats and its plan
//! have later versions, one for each number of a plan.

mod announce;
mod error;
mod list;
mod outcome;
mod seats;
mod seed;
mod tree;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub use self::error::WriteError;
pub use self::list::{Committed, OpenedRecord};
pub use self::seats::{FromEarlier, PlanParts};
pub use self::tree::write_tree;
use crate::files::{self, digest_of};
use crate::format::{
    CorrectionsFile, FormatError, PlanFile, PolicyFile, PolicyParts, RevokedFile, revoked_name,
};

/// Publishes a batch of revocations in a wave's folder, numbered from 1, and gives its file name. A wave that is not
/// published itself can have batches, so that others can say where their seats come from.
///
/// # Errors
/// [`WriteError::BatchGap`] unless the batch before is there; others.
pub fn publish_batch(folder: &Path, number: u32, file: &RevokedFile) -> Result<String, WriteError> {
    let before = number.checked_sub(1).ok_or(WriteError::BatchGap { number })?;
    if before > 0 && !folder.join(revoked_name(before)).exists() {
        return Err(WriteError::BatchGap { number });
    }
    let name = revoked_name(number);
    let path = folder.join(&name);
    files::publish(&path, &file.write()).map_err(|source| WriteError::Io { path, source })?;
    Ok(name)
}

/// The folder of one wave.
#[derive(Debug)]
pub struct FolderWriter {
    folder: PathBuf,
    policy: PolicyFile,
}

impl FolderWriter {
    /// T0: publishes the policy.
    ///
    /// # Errors
    /// [`WriteError`], also if another policy is published there.
    pub fn create(folder: &Path, parts: &PolicyParts) -> Result<Self, WriteError> {
        let (policy, bytes) = PolicyFile::write(parts)?;
        let own = Self { folder: folder.to_owned(), policy };
        own.publish("policy.json", &bytes)?;
        Ok(own)
    }

    /// Takes up a folder that has its policy.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn open(folder: &Path) -> Result<Self, WriteError> {
        let path = folder.join("policy.json");
        let bytes = fs::read(&path).map_err(|source| WriteError::Io { path, source })?;
        Ok(Self { folder: folder.to_owned(), policy: PolicyFile::read(&bytes)? })
    }

    /// The policy.
    pub fn policy(&self) -> &PolicyFile {
        &self.policy
    }

    /// Publishes granted appeals.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn corrections(&self, file: &CorrectionsFile) -> Result<(), WriteError> {
        self.publish("corrections.json", &file.write())
    }

    /// Publishes a batch of revocations, numbered from 1, and gives its file name.
    ///
    /// # Errors
    /// [`WriteError::BatchGap`] unless the batch before is there; others.
    pub fn revoked(&self, number: u32, file: &RevokedFile) -> Result<String, WriteError> {
        publish_batch(&self.folder, number, file)
    }

    /// SHA-256 of a published file.
    ///
    /// # Errors
    /// [`WriteError::Early`] if it is not there; others.
    pub fn digest(&self, name: &str) -> Result<[u8; 32], WriteError> {
        let path = self.path(name);
        let digest = digest_of(&path).map_err(|source| WriteError::Io { path, source })?;
        digest.ok_or_else(|| WriteError::Early { name: name.to_owned() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn publish(&self, name: &str, bytes: &[u8]) -> Result<(), WriteError> {
        let path = self.path(name);
        files::publish(&path, bytes).map_err(|source| WriteError::Io { path, source })
    }

    /// Publishes a file that a plan with a higher number may replace.
    fn publish_for(&self, plan: u8, name: &str, bytes: &[u8]) -> Result<(), WriteError> {
        if self.is_planned(plan)? {
            return self.publish(name, bytes);
        }
        let path = self.path(name);
        files::replace(&path, bytes).map_err(|source| WriteError::Io { path, source })
    }

    /// Whether this plan or a later one is published already.
    fn is_planned(&self, plan: u8) -> Result<bool, WriteError> {
        Ok(self.find("plan.json", PlanFile::read)?.is_some_and(|(found, _)| found.plan >= plan))
    }

    fn find<T>(
        &self,
        name: &str,
        read: impl FnOnce(&[u8]) -> Result<T, FormatError>,
    ) -> Result<Option<(T, Vec<u8>)>, WriteError> {
        let path = self.path(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some((read(&bytes)?, bytes))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(WriteError::Io { path, source }),
        }
    }

    fn get<T>(
        &self,
        name: &str,
        read: impl FnOnce(&[u8]) -> Result<T, FormatError>,
    ) -> Result<(T, Vec<u8>), WriteError> {
        self.find(name, read)?.ok_or_else(|| WriteError::Early { name: name.to_owned() })
    }
}
