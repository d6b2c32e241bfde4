//! The items of the ability test, built in from `data/ability-test/items.toml`.

use std::sync::LazyLock;

use domain::ability_test::{Bank, CHOICES, Choice, Item, ItemId, ItemKind, Wording};
use domain::policy::Named;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::act::ActError;
use crate::import::hex;

/// The file with the items.
pub const BUILTIN: &str = include_str!("../../../data/ability-test/items.toml");

/// A bank, and which one it is.
#[derive(Clone, Debug)]
pub struct LoadedBank {
    /// The items.
    pub bank: Bank,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    item: Vec<FileItem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileItem {
    id: String,
    kind: String,
    source: String,
    key: String,
    /// For the test that computes it.
    #[serde(rename = "calc")]
    _calc: Option<String>,
    indonesian: FileWording,
    english: FileWording,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileWording {
    text: String,
    choices: [String; CHOICES],
}

impl From<FileWording> for Wording {
    fn from(file: FileWording) -> Self {
        Self { text: file.text, choices: file.choices }
    }
}

/// Reads a bank.
///
/// # Errors
/// Every fault, a line each.
pub fn load_bank(text: &str) -> Result<LoadedBank, Vec<String>> {
    let file: File = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
    let mut faults = Vec::new();
    let mut items = Vec::new();
    for (number, one) in (1u32..).zip(file.item) {
        let id = ItemId::parse(&one.id);
        if id.is_none() {
            faults.push(format!("item number {number} has no id of small letters and digits"));
        }
        let kind = named::<ItemKind>(&one.id, "kind", &one.kind, &mut faults);
        let key = named::<Choice>(&one.id, "key", &one.key, &mut faults);
        if one.source != "own" {
            faults.push(format!("item {} is not our own; write one that is", one.id));
        }
        if let (Some(id), Some(kind), Some(key)) = (id, kind, key) {
            let (indonesian, english) = (one.indonesian.into(), one.english.into());
            items.push(Item { id, kind, key, indonesian, english });
        }
    }
    match Bank::new(items) {
        Ok(bank) if faults.is_empty() => {
            let digest = hex(&Sha256::digest(text.as_bytes()));
            Ok(LoadedBank { bank, digest })
        }
        Ok(_) => Err(faults),
        Err(more) => {
            faults.extend(more.iter().map(ToString::to_string));
            Err(faults)
        }
    }
}

fn named<T: Named>(item: &str, field: &str, name: &str, faults: &mut Vec<String>) -> Option<T> {
    let found = T::from_name(name);
    if found.is_none() {
        let known: Vec<&str> = T::ALL.iter().map(|one| one.name()).collect();
        faults.push(format!("item {item}: {field} `{name}` is none of {}", known.join(", ")));
    }
    found
}

/// The built-in items.
///
/// # Errors
/// [`ActError::ItemBank`] if the program was built with faulty ones; a test keeps it from that.
pub fn item_bank() -> Result<&'static LoadedBank, ActError> {
    static LOADED: LazyLock<Result<LoadedBank, String>> =
        LazyLock::new(|| load_bank(BUILTIN).map_err(|faults| faults.join("; ")));
    LOADED.as_ref().map_err(|faults| ActError::ItemBank(faults))
}
