//! The bank of items, in both languages, and what a sitting is drawn from it.

use std::collections::BTreeSet;
use std::fmt;

use super::{Choice, Place};
use crate::policy::Named as _;
use crate::policy::named::named_enum;
use crate::reasons::Language;

/// Choices of an item.
pub const CHOICES: usize = 4;
/// Longest text of an item or choice, in characters: what a small phone shows without scrolling for long. (assumed)
const TEXT_MAX: usize = 400;

named_enum! {
    /// What an item tests.
    ItemKind {
        /// Reasoning with words.
        Verbal = "verbal",
        /// Reasoning with numbers.
        Quantitative = "quantitative",
    }
}

/// Short name of an item, which it keeps for ever: 1 to 16 small letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemId(String);

impl ItemId {
    /// Reads a name; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        (is_plain && (1..=16).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An item in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// The question.
    pub text: String,
    /// The choices, `a` to `d`.
    pub choices: [String; CHOICES],
}

impl Wording {
    /// The words of a choice.
    pub fn choice(&self, choice: Choice) -> &str {
        let [a, b, c, d] = &self.choices;
        match choice {
            Choice::A => a,
            Choice::B => b,
            Choice::C => c,
            Choice::D => d,
        }
    }
}

/// An item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub id: ItemId,
    /// What it tests.
    pub kind: ItemKind,
    /// The right choice.
    pub key: Choice,
    /// In Indonesian.
    pub indonesian: Wording,
    /// In English.
    pub english: Wording,
}

impl Item {
    /// The item in a language.
    pub const fn wording(&self, language: Language) -> &Wording {
        match language {
            Language::Indonesian => &self.indonesian,
            Language::English => &self.english,
        }
    }
}

/// What is wrong with a bank.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BankFault {
    /// A name twice.
    #[error("item {0} stands there twice; give each its own id")]
    Twice(ItemId),
    /// A text is empty or too long.
    #[error("item {0} has an empty text, or one of more than {TEXT_MAX} characters")]
    Text(ItemId),
    /// Two choices read the same.
    #[error("item {0} has the same choice twice in one language")]
    Choices(ItemId),
    /// Too few items of a kind.
    #[error("there are {found} {kind:?} items, too few for a sitting; add some")]
    Few {
        /// The kind.
        kind: ItemKind,
        /// How many there are.
        found: usize,
    },
}

/// Items without a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    items: Vec<Item>,
}

impl Bank {
    /// Takes items.
    ///
    /// # Errors
    /// Every fault of every item.
    pub fn new(items: Vec<Item>) -> Result<Self, Vec<BankFault>> {
        let mut faults = Vec::new();
        let mut names = BTreeSet::new();
        for item in &items {
            if !names.insert(&item.id) {
                faults.push(BankFault::Twice(item.id.clone()));
            }
            for words in [&item.indonesian, &item.english] {
                let texts = words.choices.iter().chain([&words.text]);
                if !texts.map(|text| text.chars().count()).all(|n| (1..=TEXT_MAX).contains(&n)) {
                    faults.push(BankFault::Text(item.id.clone()));
                }
                if words.choices.iter().collect::<BTreeSet<_>>().len() != CHOICES {
                    faults.push(BankFault::Choices(item.id.clone()));
                }
            }
        }
        for kind in ItemKind::ALL {
            let found = items.iter().filter(|item| item.kind == *kind).count();
            if found == 0 {
                faults.push(BankFault::Few { kind: *kind, found });
            }
        }
        if faults.is_empty() { Ok(Self { items }) } else { Err(faults) }
    }

    /// All items.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// An item by its name.
    pub fn get(&self, id: &ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.id == *id)
    }

    /// Draws the places of a sitting, half of each kind, verbal ones first, as far as there are items. `below(n)` gives
    /// a random number below `n`.
    pub fn draw(&self, count: u16, mut below: impl FnMut(usize) -> usize) -> Vec<Place> {
        let half = usize::from(count / 2);
        let mut places = Vec::new();
        for kind in ItemKind::ALL {
            let mut items: Vec<&Item> =
                self.items.iter().filter(|item| item.kind == *kind).collect();
            shuffle(&mut items, &mut below);
            for item in items.into_iter().take(half) {
                let mut order = [Choice::A, Choice::B, Choice::C, Choice::D];
                shuffle(&mut order, &mut below);
                places.push(Place { item: item.id.clone(), order, key: item.key, answer: None });
            }
        }
        places
    }
}

/// Fisher and Yates, from the end.
fn shuffle<T>(items: &mut [T], below: &mut impl FnMut(usize) -> usize) {
    for at in (1..items.len()).rev() {
        items.swap(at, below(at.saturating_add(1)).min(at));
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
