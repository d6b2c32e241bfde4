//! Golden folders.

use std::fs;
use std::path::{Path, PathBuf};

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


pub(crate) fn read_if_there(folder: &str, name: &str) -> Option<Vec<u8>> {
    fs::read(golden(folder).join(name)).ok()
}
