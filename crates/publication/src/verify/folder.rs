//! The files of a folder, read once.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::report::Fault;
use crate::files;
use crate::format::{
    CorrectionsFile, FormatError, PlanFile, PolicyFile, QuotaFile, ResultFile, RevealsFile,
    RevokedFile, SeedFile, revoked_name,
};

/// Batches of revocations read at most: one a day for decades.
const BATCHES_MAX: u32 = 10_000;

/// Largest JSON file that is read into memory.
const FILE_SIZE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A JSON file of the folder.
#[derive(Debug)]
pub(crate) enum Found<T> {
    /// It is not there.
    Missing,
    /// It is there but cannot be taken for what it should be.
    Refused { digest: Option<[u8; 32]>, reason: String },
    /// It is there, well-formed and of this wave.
    Read { digest: [u8; 32], file: Box<T> },
}

impl<T> Found<T> {
    fn load(folder: &Path, name: &str, read: impl FnOnce(&[u8]) -> Result<T, FormatError>) -> Self {
        let bytes = match files::read(&folder.join(name), FILE_SIZE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::Missing,
            Err(error) => {
                return Self::Refused { digest: None, reason: format!("{name}: {error}") };
            }
        };
        let digest = Sha256::digest(&bytes).into();
        match read(&bytes) {
            Ok(file) => Self::Read { digest, file: Box::new(file) },
            Err(error) => Self::Refused { digest: Some(digest), reason: error.to_string() },
        }
    }

    /// A file that names its wave, which must be the one with this context.
    fn load_of(
        own: [u8; 32],
        folder: &Path,
        name: &str,
        read: impl FnOnce(&[u8]) -> Result<T, FormatError>,
        ctx: impl FnOnce(&T) -> [u8; 32],
    ) -> Self {
        Self::load(folder, name, |bytes| {
            let file = read(bytes)?;
            if ctx(&file) == own {
                Ok(file)
            } else {
                Err(FormatError::field(name, "ctx", "the file is of another wave or policy"))
            }
        })
    }

    /// The file, if it is well-formed.
    pub(crate) fn file(&self) -> Option<&T> {
        self.get("").ok().map(|(file, _)| file)
    }

    /// SHA-256 of whatever is there.
    pub(crate) fn digest(&self) -> Option<[u8; 32]> {
        match self {
            Self::Missing => None,
            Self::Refused { digest, .. } => *digest,
            Self::Read { digest, .. } => Some(*digest),
        }
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// File and digest, or why not.
    pub(crate) fn get(&self, name: &str) -> Result<(&T, [u8; 32]), Fault> {
        match self {
            Self::Missing => Err(Fault::new(format!("{name} is missing"))),
            Self::Refused { reason, .. } => Err(Fault::new(reason.clone())),
            Self::Read { digest, file } => Ok((file, *digest)),
        }
    }
}

/// A folder whose policy can be read.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    pub(crate) policy: PolicyFile,
    pub(crate) quota: Found<QuotaFile>,
    pub(crate) plan: Found<PlanFile>,
    pub(crate) reveals: Found<RevealsFile>,
    pub(crate) seed: Found<SeedFile>,
    pub(crate) result: Found<ResultFile>,
    pub(crate) corrections: Found<CorrectionsFile>,
    /// Batches in their order, without a gap.
    pub(crate) revoked: Vec<(String, Found<RevokedFile>)>,
}

impl Folder {
    pub(crate) fn load(path: &Path) -> Result<Self, Fault> {
        let policy = Found::load(path, "policy.json", PolicyFile::read);
        let policy = match policy {
            Found::Read { file, .. } => *file,
            Found::Missing => return Err(Fault::new("policy.json is missing")),
            Found::Refused { reason, .. } => return Err(Fault::new(reason)),
        };
        let ctx = *policy.ctx.as_bytes();
        let mut revoked = Vec::new();
        for number in 1..=BATCHES_MAX {
            let name = revoked_name(number);
            let read = |bytes: &[u8]| RevokedFile::read(&name, bytes);
            let batch = Found::load_of(ctx, path, &name, read, |own| own.ctx);
            if batch.is_missing() {
                break;
            }
            revoked.push((name, batch));
        }
        Ok(Self {
            path: path.to_owned(),
            policy,
            quota: Found::load_of(ctx, path, "quota.json", QuotaFile::read, |own| own.ctx),
            plan: Found::load_of(ctx, path, "plan.json", PlanFile::read, |own| own.ctx),
            reveals: Found::load_of(ctx, path, "reveals.json", RevealsFile::read, |own| own.ctx),
            seed: Found::load_of(ctx, path, "seed.json", SeedFile::read, |own| own.ctx),
            result: Found::load_of(ctx, path, "result.json", ResultFile::read, |own| own.ctx),
            corrections: Found::load_of(
                ctx,
                path,
                "corrections.json",
                CorrectionsFile::read,
                |own| own.ctx,
            ),
            revoked,
        })
    }

    /// The context that every file repeats.
    pub(crate) fn ctx(&self) -> [u8; 32] {
        *self.policy.ctx.as_bytes()
    }
}

/// A small file that must be there.
pub(crate) fn read_small(folder: &Path, name: &str, size_max: u64) -> Result<Vec<u8>, Fault> {
    files::read(&folder.join(name), size_max)
        .map_err(|error| Fault::new(format!("{name}: {error}")))
}
