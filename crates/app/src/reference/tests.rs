//! The built-in data against published facts, and each rule of loading by a file that breaks it.

mod calendar;
mod overrides;
mod policies;
mod regions;
mod shares;

use std::collections::BTreeSet;

use super::*;

/// The built-in data, which must load.
fn builtin() -> Reference {
    match Reference::builtin() {
        Ok(reference) => reference,
        Err(faults) => panic!("{faults}"),
    }
}

fn wave(number: u16) -> WaveNumber {
    WaveNumber::new(number).expect("a wave number")
}

/// The faults as text, or nothing for what loads.
fn texts<T>(loaded: Result<T, Vec<Fault>>) -> Vec<String> {
    match loaded {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

/// Every tag of a source that a value names is explained in the list of sources, and none is
/// explained in vain.
#[test]
fn sources_are_listed() {
    let reference = builtin();
    let listed: BTreeSet<&str> = include_str!("../../../../data/SOURCES.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| S")?.split_once(' '))
        .map(|(number, _)| number)
        .collect();
    let of_policies = reference.policies.iter().flat_map(|policy| policy.sources.values());
    let of_waves = reference.wave_facts.values();
    let words = of_policies
        .flat_map(|source| [source.source.as_str(), source.note.as_deref().unwrap_or_default()])
        .chain(of_waves.map(|facts| facts.source.as_str()))
        .flat_map(|text| text.split([' ', ';', ',']));
    let used: BTreeSet<&str> = words
        .filter_map(|word| word.strip_prefix('S'))
        .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    assert!(used.len() > 100, "tags are read");
    assert_eq!(used, listed);
}
