//! Files of one secret in the keys folder: made once, never replaced.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rand_core::Rng;
use zeroize::Zeroizing;

use crate::keys::{KeyFileError, from_hex, io_error, take_turn, to_hex, write_new};

/// A secret that was read, or made just now and needs a backup.
#[derive(Debug)]
pub struct OpenedSecret {
    /// The secret.
    pub secret: Zeroizing<[u8; 32]>,
    /// Where it is.
    pub path: PathBuf,
    /// True if it was made just now.
    pub is_new: bool,
}

/// A file of one secret.
#[derive(Clone, Copy, Debug)]
pub struct SecretFile {
    name: &'static str,
    /// First line; names the format.
    format: &'static str,
}

impl SecretFile {
    /// The key that seals the audit trail.
    pub(crate) const AUDIT: Self = Self { name: "audit-key.txt", format: "gelombang audit key 1" };
    /// The key of the announcement log.
    pub const LOG: Self = Self { name: "log-key.txt", format: "gelombang log key 1" };
    /// The key that signs receipts.
    pub const RECEIPTS: Self = Self { name: "receipt-key.txt", format: "gelombang receipt key 1" };

    /// Where the file is.
    pub(crate) fn path(self, folder: &Path) -> PathBuf {
        folder.join(self.name)
    }

    /// Reads the secret; `None` if there is none.
    ///
    /// # Errors
    /// [`KeyFileError`] if the file is unreadable or damaged.
    pub fn find(self, folder: &Path) -> Result<Option<Zeroizing<[u8; 32]>>, KeyFileError> {
        let path = self.path(folder);
        let text = match fs::read_to_string(&path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(KeyFileError::Damaged { path });
            }
            Err(error) => return Err(io_error(&path)(error)),
        };
        let secret = text.strip_prefix(self.format);
        let secret = secret.and_then(|rest| rest.strip_prefix("\nsecret ")?.strip_suffix('\n'));
        let secret = secret.and_then(from_hex).ok_or(KeyFileError::Damaged { path })?;
        Ok(Some(Zeroizing::new(secret)))
    }

    /// Reads the secret, or makes it.
    ///
    /// # Errors
    /// [`KeyFileError`] if the file is unreadable or damaged, or cannot be written.
    pub fn open(
        self,
        folder: &Path,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<OpenedSecret, KeyFileError> {
        let path = self.path(folder);
        if let Some(secret) = self.find(folder)? {
            return Ok(OpenedSecret { secret, path, is_new: false });
        }
        let turn = take_turn(folder, &path)?;
        if let Some(secret) = self.find(folder)? {
            return Ok(OpenedSecret { secret, path, is_new: false });
        }
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *secret);
        let hex = Zeroizing::new(to_hex(&*secret));
        let text = Zeroizing::new(format!("{}\nsecret {}\n", self.format, *hex));
        write_new(&path, &text).and_then(|()| turn.sync_all()).map_err(io_error(&path))?;
        Ok(OpenedSecret { secret, path, is_new: true })
    }
}
