//! A policy version from a TOML file, with the source of each value and the file's digest.

use std::collections::BTreeMap;

use domain::policy::PolicyVersion;
use domain::wave::WaveNumber;
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::fault::{Fault, Place, SourceFile, line_after};
use super::policy_reader::{RuleReader, ValueSource, wave_range};
use super::policy_rules::read_parts;
use super::policy_shares::share_faults;

/// A policy version as loaded. It is never edited: another text is another digest.
#[derive(Clone, Debug)]
pub struct LoadedPolicy {
    /// Short name, such as `p2-2020`.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// First wave it governs.
    pub first_wave: WaveNumber,
    /// Last wave it governs.
    pub last_wave: WaveNumber,
    /// Regulations it rests on.
    pub legal_basis: Vec<String>,
    /// The rules.
    pub version: PolicyVersion,
    /// Where each value comes from, by `group.parameter`.
    pub sources: BTreeMap<String, ValueSource>,
    /// SHA-256 of the document, which the draw of every governed wave commits to.
    pub digest: [u8; 32],
    /// The text of the file, without a byte-order mark.
    pub document: String,
    /// The file it comes from.
    pub(super) file: String,
}

/// What stands above the groups of rules.
struct Heading {
    id: String,
    title: String,
    waves: (WaveNumber, WaveNumber),
    legal_basis: Vec<String>,
}

/// Loads one file.
///
/// # Errors
/// Every fault: not TOML, unknown or missing keys, wrong types, values out of range, rules that
/// contradict each other. A rule that could not be read is not blamed again for its range.
pub(super) fn load_policy(file: &SourceFile) -> Result<LoadedPolicy, Vec<Fault>> {
    let text = file.text().map_err(|fault| vec![fault])?;
    let mut document = parse(file, text).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let heading = read_heading(&file.name, &mut document, &mut faults);
    let mut rules = RuleReader::new(&file.name, document);
    let parts = read_parts(&mut rules);
    for (key, message) in share_faults(&parts.selection.shares, &parts.eligibility) {
        faults.push(Fault::new(&file.name, Place::Key(key.to_owned()), message));
    }
    let version = PolicyVersion::new(parts);
    if let Err(found) = &version {
        for fault in found {
            let [key, other] = fault.keys();
            if !rules.is_faulty(key) && !rules.is_faulty(other) {
                let named = if key == other { String::new() } else { format!(" (with `{other}`)") };
                faults.push(Fault::new(
                    &file.name,
                    Place::Key(key.to_owned()),
                    format!("{fault}{named}; correct the value"),
                ));
            }
        }
    }
    let (sources, rule_faults) = rules.finish();
    faults.extend(rule_faults);
    match (heading, version) {
        (Some(heading), Ok(version)) if faults.is_empty() => Ok(LoadedPolicy {
            id: heading.id,
            title: heading.title,
            first_wave: heading.waves.0,
            last_wave: heading.waves.1,
            legal_basis: heading.legal_basis,
            version,
            sources,
            digest: Sha256::digest(text).into(),
            document: text.to_owned(),
            file: file.name.clone(),
        }),
        _ => Err(faults),
    }
}

/// The document as a table, or the line at which it stops being TOML.
fn parse(file: &SourceFile, text: &str) -> Result<Table, Fault> {
    text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let message = format!("is not TOML: {}; correct the line", error.message());
        Fault::new(&file.name, Place::Line(line_after(before.as_bytes())), message)
    })
}

/// Takes `id`, `title`, `waves` and `legal_basis` out of the document.
fn read_heading(file: &str, document: &mut Table, faults: &mut Vec<Fault>) -> Option<Heading> {
    let id = take(file, document, "id", "a short name such as \"p2-2020\"", faults, |value| {
        let id = value.as_str()?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (!id.is_empty() && id.chars().all(plain)).then(|| id.to_owned())
    });
    let title = take(file, document, "title", "a title for people", faults, text);
    let waves = "the first and last wave, such as [4, 11]";
    let waves = take(file, document, "waves", waves, faults, |value| {
        wave_range(value).filter(|(first, last)| first <= last)
    });
    let legal = "a list of regulations, at least one";
    let legal_basis = take(file, document, "legal_basis", legal, faults, |value| {
        let list = value.as_array().filter(|list| !list.is_empty())?;
        list.iter().map(text).collect::<Option<Vec<_>>>()
    });
    Some(Heading { id: id?, title: title?, waves: waves?, legal_basis: legal_basis? })
}

/// Takes one key of the heading, or notes what was expected.
fn take<T>(
    file: &str,
    document: &mut Table,
    key: &str,
    expected: &str,
    faults: &mut Vec<Fault>,
    parse: impl FnOnce(&Value) -> Option<T>,
) -> Option<T> {
    let value = document.remove(key);
    let read = value.as_ref().and_then(parse);
    if read.is_none() {
        let problem = value.map_or("is missing".to_owned(), |value| format!("is {value}"));
        let message = format!("{problem}; write {expected}");
        faults.push(Fault::new(file, Place::Key(key.to_owned()), message));
    }
    read
}

/// A text that is not blank.
fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}
