//! The credential file of an officer: whoever holds it acts as that officer.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use domain::ids::OfficerId;
use rand_core::Rng;
use sha2::{Digest as _, Sha256};
use storage::keys::to_hex;
use uuid::Uuid;
use zeroize::Zeroizing;

/// First line of the file; names the format.
const FORMAT_LINE: &str = "gelombang officer credential 1";
/// What a token begins with, so that it is known for what it is wherever it turns up.
const TOKEN_PREFIX: &str = "glo_";
/// More than a credential ever has, in bytes.
const FILE_BYTES_MAX: u64 = 4_096;

/// An officer's id and 256 random bits. The database knows only their SHA-256.
pub struct Credential {
    officer: OfficerId,
    secret: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({}, ***)", self.officer)
    }
}

/// Why a credential file is no use. Texts name the file, never what it holds.
#[derive(Debug, thiserror::Error)]
pub enum CredentialFileError {
    /// Something of this name is there.
    #[error("{0} is there already and is never overwritten; name a new file")]
    Exists(PathBuf),
    /// The file cannot be read or written.
    #[error("cannot use the credential file {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Others can read the file.
    #[error(
        "the credential file {0} can be read by others; take their rights away with `chmod 600`"
    )]
    Open(PathBuf),
    /// The file is none that the product wrote.
    #[error("{0} is no credential file, or is damaged; have the credential replaced")]
    Damaged(PathBuf),
}

/// Reads the SHA-256 of a secret, 64 hexadecimal digits; `None` for anything else.
pub fn read_digest(text: &str) -> Option<[u8; 32]> {
    storage::keys::from_hex(text)
}

impl Credential {
    /// A new credential of an officer.
    pub fn make(officer: OfficerId, rng: &mut (impl Rng + ?Sized)) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill_bytes(secret.as_mut_slice());
        Self { officer, secret }
    }

    /// Reads a token: `glo_`, the second line of the file, a full stop, and the third; `None` for anything else.
    pub fn from_token(text: &str) -> Option<Self> {
        let (officer, digits) = text.strip_prefix(TOKEN_PREFIX)?.split_once('.')?;
        from_lines(officer, digits)
    }

    /// Whose it is.
    pub const fn officer(&self) -> OfficerId {
        self.officer
    }

    /// What the database keeps of it.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_slice()).into()
    }

    /// Writes it to a new file that its owner alone can read, and onto the disk.
    ///
    /// # Errors
    /// [`CredentialFileError`]; a file that is there is left as it is.
    pub fn write_new(&self, path: &Path) -> Result<(), CredentialFileError> {
        let secret = Zeroizing::new(to_hex(self.secret.as_slice()));
        let text = Zeroizing::new(format!("{FORMAT_LINE}\n{}\n{}\n", self.officer.uuid(), *secret));
        let failed = |source: std::io::Error| match source.kind() {
            ErrorKind::AlreadyExists => CredentialFileError::Exists(path.to_owned()),
            _ => CredentialFileError::Io { path: path.to_owned(), source },
        };
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`CredentialFileError`].
    pub fn read(path: &Path) -> Result<Self, CredentialFileError> {
        let failed =
            |source: std::io::Error| CredentialFileError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(CredentialFileError::Open(path.to_owned()));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|source| {
            match source.kind() {
                ErrorKind::InvalidData => CredentialFileError::Damaged(path.to_owned()),
                _ => failed(source),
            }
        })?;
        parse(&text).ok_or_else(|| CredentialFileError::Damaged(path.to_owned()))
    }
}

fn parse(text: &str) -> Option<Credential> {
    let mut lines = text.lines();
    if lines.next()? != FORMAT_LINE {
        return None;
    }
    let (officer, digits) = (lines.next()?, lines.next()?);
    if lines.next().is_some() {
        return None;
    }
    from_lines(officer, digits)
}

fn from_lines(officer: &str, digits: &str) -> Option<Credential> {
    let officer = OfficerId::from_uuid(Uuid::try_parse(officer).ok()?);
    let secret = Zeroizing::new(storage::keys::from_hex(digits)?);
    Some(Credential { officer, secret })
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    fn credential() -> Credential {
        let officer = OfficerId::from_uuid(Uuid::from_u128(7));
        Credential::make(officer, &mut ChaCha8Rng::seed_from_u64(7))
    }

    /// Goal: a file reads back as it was made, is private, and is never overwritten. Method: write, read,
    /// write again, loosen its rights.
    #[test]
    fn files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("melati.credential");
        credential().write_new(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = Credential::read(&path).unwrap();
        assert_eq!(
            (read.officer(), read.sha256()),
            (credential().officer(), credential().sha256())
        );
        let again = credential().write_new(&path).unwrap_err();
        assert!(matches!(again, CredentialFileError::Exists(_)), "{again}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let open = Credential::read(&path).unwrap_err();
        assert!(matches!(open, CredentialFileError::Open(_)), "{open}");
    }

    /// Goal: nothing else passes for a credential. Method: one change at a time.
    #[test]
    fn damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("good");
        credential().write_new(&path).unwrap();
        let good = std::fs::read_to_string(&path).unwrap();
        assert!(parse(&good).is_some());
        let lines: Vec<&str> = good.lines().collect();
        let token = format!("glo_{}.{}", lines[1], lines[2]);
        let shown = Credential::from_token(&token).unwrap();
        assert_eq!(
            (shown.officer(), shown.sha256()),
            (credential().officer(), credential().sha256())
        );
        for bad in ["", "glo_", &token[4..], &token[..token.len() - 1], &token.replace('.', "")] {
            assert!(Credential::from_token(bad).is_none(), "{bad}");
        }
        let short = &good[..good.len() - 3];
        for bad in [
            "",
            short,
            &good.replace("credential 1", "credential 2"),
            &good.replace("00000000-", "zzzzzzzz-"),
            &format!("{good}more\n"),
            &format!("{}é{}", &good[..70], &good[72..]),
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
        assert!(!format!("{:?}", credential()).contains(&good.lines().last().unwrap()[..8]));
    }
}
