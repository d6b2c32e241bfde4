//! What two officers agree on beside calendar and policy when a wave is to be published as a folder: who keeps the log and
//! who witnesses it, the beacon, who contributes to the seed, and the seats kept for appeals.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::CalendarWave;
use domain::time::Timestamp;
use integrations::witnesses::WitnessAddress;
use publication::format::{FormatError, LogName, PolicyFile, PolicyParts};
use selection::digest::{DrawKey, is_published_name};
use selection::policy::{BeaconFacts, Party, Policy, SeatRules, Share, Timetable};
use serde::Deserialize;
use serde_json::{Value, json};
use storage::keys::{from_hex, to_hex};

use crate::beacon::test_facts;
use crate::roll::PROGRAMME;

/// Seconds before the draw at which the list must have been witnessed: everybody has a day to look at it
/// (selection.md section 16.3).
const INSPECTION_S: u64 = 86_400;
/// Seconds by which a correction moves the draw: another day to look.
const CORRECTION_SHIFT_S: u32 = 86_400;
/// Corrections that may move a draw.
const CORRECTIONS_MAX: u8 = 3;

/// How waves are published, as an operator writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicTerms {
    /// Name of the announcement log.
    pub origin: String,
    /// Witnesses whose signatures are enough.
    pub quorum: u8,
    /// Seconds by which witnesses must have seen a plan before its draw.
    pub margin_s: u32,
    /// Seats kept for appeals, as a share of a wave's own.
    pub reserve: Share,
    /// The witnesses.
    pub witnesses: Vec<Party>,
    /// Where witnesses answer; not published.
    pub addresses: Vec<WitnessAddress>,
    /// The beacon.
    pub beacon: BeaconFacts,
    /// Who contributes to the seed, in this order.
    pub contributors: Vec<Party>,
}

/// Why a file of terms cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
    /// No TOML of this form.
    #[error("the terms of publication cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// A value that cannot be.
    #[error("the terms of publication, `{key}`: {what}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong, and how to mend it.
        what: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    origin: String,
    quorum: u8,
    #[serde(default = "hour")]
    margin_minutes: u16,
    #[serde(default)]
    appeal_reserve: Option<ShareFile>,
    beacon: String,
    witnesses: Vec<WitnessFile>,
    #[serde(default)]
    contributors: Vec<ContributorFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareFile {
    num: u32,
    den: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WitnessFile {
    name: String,
    key: String,
    #[serde(default)]
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContributorFile {
    name: String,
    key: String,
}

const fn hour() -> u16 {
    60
}

impl PublicTerms {
    /// Reads a file of terms (TOML; docs/PUBLISHING.md).
    ///
    /// # Errors
    /// [`TermsError`] with the first fault.
    pub fn read(text: &str) -> Result<Self, TermsError> {
        let file: File = toml::from_str(text)?;
        let beacon = match file.beacon.as_str() {
            "quicknet" => BeaconFacts::quicknet(),
            "test" => test_facts(),
            _ => return Err(fault("beacon", "write \"quicknet\", or \"test\" for a rehearsal")),
        };
        let mut names = BTreeSet::from([file.origin.clone()]);
        let (mut witnesses, mut addresses) = (Vec::new(), Vec::new());
        for witness in file.witnesses {
            let key = from_hex(&witness.key).ok_or_else(|| {
                fault("witnesses.key", "write the 64 digits that `gelombang witness init` prints")
            })?;
            if !names.insert(witness.name.clone()) {
                return Err(fault("witnesses.name", "each witness has a name of its own"));
            }
            if let Some(url) = witness.url {
                let address = url.parse().map_err(|_| {
                    fault("witnesses.url", "write an address such as https://witness.example")
                })?;
                addresses.push(WitnessAddress { name: witness.name.clone(), address });
            }
            witnesses.push(Party { key, name: witness.name });
        }
        let contributors = read_contributors(file.contributors, &mut names)?;
        let reserve =
            file.appeal_reserve.map_or(Share::NONE, |ShareFile { num, den }| Share { num, den });
        if usize::from(file.quorum) > witnesses.len() || file.quorum == 0 {
            return Err(fault("quorum", "write 1 to the number of witnesses"));
        }
        let margin_s = u32::from(file.margin_minutes).saturating_mul(60);
        let (origin, quorum) = (file.origin, file.quorum);
        Ok(Self { origin, quorum, margin_s, reserve, witnesses, addresses, beacon, contributors })
    }
}

fn fault(key: &str, what: &'static str) -> TermsError {
    TermsError::Value { key: key.to_owned(), what }
}

/// Contributors with names that nobody has yet.
fn read_contributors(
    files: Vec<ContributorFile>,
    names: &mut BTreeSet<String>,
) -> Result<Vec<Party>, TermsError> {
    let (mut contributors, mut keys) = (Vec::new(), BTreeSet::new());
    for ContributorFile { name, key } in files {
        let key = from_hex(&key).ok_or_else(|| {
            fault(
                "contributors.key",
                "write the 64 digits that `gelombang contributor init` prints",
            )
        })?;
        if !is_published_name(&name) {
            return Err(fault(
                "contributors.name",
                "write 1 to 64 characters of ASCII that can be printed",
            ));
        }
        if !names.insert(name.clone()) {
            return Err(fault(
                "contributors.name",
                "each contributor has a name of its own, which neither the log nor a witness has",
            ));
        }
        if !keys.insert(key) {
            return Err(fault("contributors.key", "each contributor has a key of its own"));
        }
        contributors.push(Party { key, name });
    }
    Ok(contributors)
}

/// Terms with the keys of this installation.
#[derive(Clone, Debug)]
pub struct PublicSetup {
    /// The terms.
    pub terms: PublicTerms,
    /// Public key of the log.
    pub log_key: [u8; 32],
    /// Public key of receipts.
    pub receipt_key: [u8; 32],
}

impl PublicSetup {
    /// What two officers agree on.
    pub(crate) fn terms(&self) -> Value {
        let terms = &self.terms;
        let parties = |list: &[Party]| -> Value {
            let party = |own: &Party| json!({ "name": own.name, "key": to_hex(&own.key) });
            list.iter().map(party).collect()
        };
        json!({
            "origin": terms.origin,
            "log_key": to_hex(&self.log_key),
            "receipt_key": to_hex(&self.receipt_key),
            "quorum": terms.quorum,
            "margin_s": terms.margin_s,
            "reserve": [terms.reserve.num, terms.reserve.den],
            "witnesses": parties(&terms.witnesses),
            "contributors": parties(&terms.contributors),
            "beacon": to_hex(&terms.beacon.chain_hash),
            "test_beacon": terms.beacon.test,
        })
    }

    /// The published rules of a wave, and the file.
    ///
    /// # Errors
    /// [`FormatError`] if the rules break section 16.3, such as a calendar that leaves no day to look at the list.
    pub(crate) fn policy(
        &self,
        wave: &CalendarWave,
        rules: SeatRules,
        draw_key: &DrawKey,
    ) -> Result<(PolicyFile, Vec<u8>), FormatError> {
        let terms = &self.terms;
        let policy = Policy {
            programme: PROGRAMME.to_owned(),
            wave: u32::from(wave.number.get()),
            times: timetable(wave, terms),
            beacon: terms.beacon.clone(),
            witnesses: terms.witnesses.clone(),
            quorum: terms.quorum,
            contributors: terms.contributors.clone(),
            rules: SeatRules { reserve: terms.reserve, ..rules },
        };
        let mut notes = BTreeMap::new();
        if terms.beacon.test {
            let text = "TEST BEACON: its values are known beforehand, so this draw is a rehearsal";
            notes.insert("beacon".to_owned(), text.to_owned());
        }
        PolicyFile::write(&PolicyParts {
            policy,
            key_commit: draw_key.commitment(),
            receipt_key: self.receipt_key,
            log: LogName { origin: terms.origin.clone(), key: self.log_key },
            notes,
        })
    }
}

/// The times that follow from a calendar. The list is published a day before the draw; where a rehearsal's calendar
/// leaves less than that, half way to it. Contributions are revealed by T3, the margin before the draw; without contributors
/// there is no such time of its own.
fn timetable(wave: &CalendarWave, terms: &PublicTerms) -> Timetable {
    let margin_s = terms.margin_s;
    let seconds = |at: Timestamp| u64::try_from(at.unix_seconds()).unwrap_or(0);
    let (t1, t4) = (seconds(wave.closes_at), seconds(wave.draw_at()));
    let day_before = t4.saturating_sub(INSPECTION_S);
    let half_way = t1.saturating_add(t4.saturating_sub(t1) / 2);
    let t2 = if day_before > t1 { day_before } else { half_way };
    let last = t4.saturating_sub(u64::from(margin_s));
    let t3 = if terms.contributors.is_empty() { t2 } else { last.max(t2) };
    Timetable {
        t0: seconds(wave.opens_at),
        t1,
        t2,
        t3,
        t4,
        margin_s,
        correction_shift_s: CORRECTION_SHIFT_S,
        max_corrections: CORRECTIONS_MAX,
    }
}
