//! Secrets of ours with other systems: read from a file, never printed.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

/// Tokens are far shorter; a file of another kind is refused before it is read into a header.
const BYTES_MAX: u64 = 4096;

/// A token or password. Visible ASCII, at most 4 KiB; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

/// Why a file holds no secret. Never repeats what is in it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the secret in {0}; the file must be there, and readable by this user")]
    Unread(String, #[source] std::io::Error),
    /// The file holds no secret.
    #[error("{0} holds no secret; it must be one line of 1 to 4096 visible ASCII characters")]
    Shape(String),
}

impl Secret {
    /// Reads the only line of a file.
    ///
    /// # Errors
    /// [`SecretError`] names the file.
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        let name = || path.display().to_string();
        let unread = |error| SecretError::Unread(name(), error);
        if std::fs::metadata(path).map_err(unread)?.len() > BYTES_MAX {
            return Err(SecretError::Shape(name()));
        }
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unread)?);
        Self::parse(text.trim()).ok_or_else(|| SecretError::Shape(name()))
    }

    /// Accepts visible ASCII.
    pub fn parse(text: &str) -> Option<Self> {
        let has_shape = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        has_shape.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret in clear. Every use is a place where it leaves its wrapper.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line is read without its end; an empty, missing, long or strange file is refused by name, and
    /// nothing of a secret is printed.
    #[test]
    fn files() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        std::fs::write(&path, "s3cret-token\n").expect("written");
        let secret = Secret::from_file(&path).expect("a secret");
        assert_eq!(secret.expose(), "s3cret-token");
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        for wrong in ["", "\n", "two words", "kunci-é", &"x".repeat(5000)] {
            std::fs::write(&path, wrong).expect("written");
            let error = Secret::from_file(&path).expect_err("no secret").to_string();
            assert!(error.contains("token holds no secret"), "{error}");
            assert!(wrong.trim().is_empty() || !error.contains(wrong), "{error}");
        }
        let missing = Secret::from_file(&folder.path().join("none")).expect_err("no file");
        assert!(missing.to_string().starts_with("cannot read the secret in "), "{missing}");
    }
}
