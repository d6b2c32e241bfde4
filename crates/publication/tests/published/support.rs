//! Golden folders and the public test keys behind them.

use std::fs;
use std::path::{Path, PathBuf};

use publication::format::PolicyFile;
use publication::key::SecretKey;
use publication::log::Trust;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

pub(crate) use crate::files::files_under;

/// Golden folders with the label of their draw key.
pub(crate) const FOLDERS: [(&str, &str); 4] = [
    ("01-tiny-worked-example", "1"),
    ("02-pools-guarantees/previous", "2"),
    ("02-pools-guarantees", "2b"),
    ("03-household-weights-openfirst", "3"),
];

pub(crate) fn golden(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder)
}

pub(crate) fn read(folder: &str, name: &str) -> Vec<u8> {
    fs::read(golden(folder).join(name)).unwrap()
}

pub(crate) fn read_if_there(folder: &str, name: &str) -> Option<Vec<u8>> {
    fs::read(golden(folder).join(name)).ok()
}

pub(crate) fn policy(folder: &str) -> PolicyFile {
    PolicyFile::read(&read(folder, "policy.json")).unwrap()
}

pub(crate) fn trust(folder: &str) -> Trust {
    Trust::of_policy(&policy(folder)).unwrap()
}

pub(crate) fn sha(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The secret half of a golden key: `log`, `receipts`, a witness or a contributor.
pub(crate) fn secret(name: &str) -> SecretKey {
    SecretKey::from_bytes(&sha(format!("public test key: {name}")))
}

/// Copies the published files of a golden folder.
pub(crate) fn copy_golden(folder: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let published = |name: &String| {
        let private = ["people.csv", "expected.txt"].contains(&name.as_str());
        !private && !name.starts_with("receipts/") && !name.starts_with("previous/")
    };
    for name in files_under(&golden(folder)).iter().filter(|name| published(name)) {
        let target: &Path = &copy.path().join(name);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(golden(folder).join(name), target).unwrap();
    }
    copy
}
