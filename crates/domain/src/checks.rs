//! Asking the registers: which register answers which checks, what an answer comes to, the states of a
//! check, and when it is asked again. Source: programme.md section 3.2.

mod words;

use std::fmt;

pub use self::words::{check_sentence, differing_fields, identity_sentence};

use crate::eligibility::{CheckKind, CheckState};
use crate::policy::named::named_enum;
use crate::policy::{AidProgramme, Named as _, Occupation};

/// One minute in microseconds.
const MINUTE: i64 = 60_000_000;
/// Longest pause before a register that did not answer is asked again: an hour after its outage ends,
/// everybody has been asked.
const SILENT_MAX: i64 = 60 * MINUTE;
/// One day, the first pause before a register that contradicted is asked again.
const DAY: i64 = 24 * 60 * MINUTE;
/// The longest such pause, 32 days.
const REFUTED_MAX: i64 = 32 * DAY;

named_enum! {
    /// A register that can be asked, each on its own.
    Register {
        /// Dukcapil: number, family card, name, birth date, citizenship.
        Population = "population",
        /// Dapodik and PDDikti.
        Education = "education",
        /// Lists of state officials, civil servants, soldiers, police, village and state-company offices.
        Offices = "offices",
        /// DTKS, BSU and BPUM.
        Aid = "aid",
    }
}

/// What registers are asked about: every check but the ability test, which is sat here.
pub const ASKED: &[CheckKind] = &[
    CheckKind::PopulationRegister,
    CheckKind::Citizenship,
    CheckKind::FormalEducation,
    CheckKind::Occupation,
    CheckKind::SocialAid,
];

impl Register {
    /// The checks that it answers.
    pub const fn kinds(self) -> &'static [CheckKind] {
        match self {
            Self::Population => &[CheckKind::PopulationRegister, CheckKind::Citizenship],
            Self::Education => &[CheckKind::FormalEducation],
            Self::Offices => &[CheckKind::Occupation],
            Self::Aid => &[CheckKind::SocialAid],
        }
    }

    /// The register that answers a check; `None` for the ability test, which is sat here.
    pub const fn of(kind: CheckKind) -> Option<Self> {
        match kind {
            CheckKind::PopulationRegister | CheckKind::Citizenship => Some(Self::Population),
            CheckKind::FormalEducation => Some(Self::Education),
            CheckKind::Occupation => Some(Self::Offices),
            CheckKind::SocialAid => Some(Self::Aid),
            CheckKind::AbilityTest => None,
        }
    }
}

/// Whether what a person states is what the population register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldMatch {
    /// The same.
    Match,
    /// Another value.
    Mismatch,
    /// The register cannot tell.
    Unknown,
}

/// An answer that may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Yes.
    Yes,
    /// No.
    No,
    /// The register cannot tell.
    Unknown,
}

/// What the population register says about the fields stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PopulationAnswer {
    /// The number exists.
    pub nik: FieldMatch,
    /// Family card.
    pub family_card: FieldMatch,
    /// Name.
    pub name: FieldMatch,
    /// Birth date.
    pub born_on: FieldMatch,
    /// An Indonesian citizen.
    pub citizen: Told,
}

/// What a register says about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Field by field.
    Population(PopulationAnswer),
    /// A pupil or student.
    Education(Told),
    /// Offices held.
    Offices(Vec<Occupation>),
    /// Aid received.
    Aid(Vec<AidProgramme>),
}

/// What an answer comes to for one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The check.
    pub kind: CheckKind,
    /// What happens to it.
    pub event: CheckEvent,
    /// What contradicts: fields of the identity separated by commas, or the name of an office or aid.
    pub detail: Option<String>,
}

impl Judgement {
    fn plain(kind: CheckKind, event: CheckEvent) -> Self {
        Self { kind, event, detail: None }
    }

    /// A check whose register gave no usable answer.
    pub fn silent(kind: CheckKind) -> Self {
        Self::plain(kind, CheckEvent::Fail)
    }
}

impl Answer {
    /// What it comes to, one judgement for each check of its register. Of several offices or aids the first
    /// in the order of the lists counts: in the policies known so far whoever bars a later one bars that too.
    pub fn judge(&self) -> Vec<Judgement> {
        match self {
            Self::Population(fields) => {
                let citizen = confirm(CheckKind::Citizenship, fields.citizen, CheckEvent::Confirm);
                vec![judge_identity(*fields), citizen]
            }
            Self::Education(enrolled) => {
                vec![confirm(CheckKind::FormalEducation, *enrolled, CheckEvent::Refute)]
            }
            Self::Offices(held) => {
                let first = held.iter().min().map(|office| office.name());
                vec![judge_list(CheckKind::Occupation, first)]
            }
            Self::Aid(received) => {
                let first = received.iter().min().map(|aid| aid.name());
                vec![judge_list(CheckKind::SocialAid, first)]
            }
        }
    }
}

/// A yes is `of_yes`, a no its opposite.
fn confirm(kind: CheckKind, told: Told, of_yes: CheckEvent) -> Judgement {
    let is_good = of_yes == CheckEvent::Confirm;
    let event = match told {
        Told::Unknown => CheckEvent::Fail,
        Told::Yes if is_good => CheckEvent::Confirm,
        Told::No if !is_good => CheckEvent::Confirm,
        Told::Yes | Told::No => CheckEvent::Refute,
    };
    Judgement::plain(kind, event)
}

fn judge_list(kind: CheckKind, first: Option<&str>) -> Judgement {
    match first {
        None => Judgement::plain(kind, CheckEvent::Confirm),
        Some(name) => Judgement { kind, event: CheckEvent::Refute, detail: Some(name.to_owned()) },
    }
}

/// One field that differs refutes; all must agree to confirm.
fn judge_identity(fields: PopulationAnswer) -> Judgement {
    let kind = CheckKind::PopulationRegister;
    let stated = [
        (IdentityField::Nik, fields.nik),
        (IdentityField::FamilyCard, fields.family_card),
        (IdentityField::Name, fields.name),
        (IdentityField::BornOn, fields.born_on),
    ];
    let differing: Vec<&str> = stated
        .iter()
        .filter(|(_, found)| *found == FieldMatch::Mismatch)
        .map(|(field, _)| field.name())
        .collect();
    if !differing.is_empty() {
        let detail = Some(differing.join(","));
        return Judgement { kind, event: CheckEvent::Refute, detail };
    }
    let agrees = stated.iter().all(|(_, found)| *found == FieldMatch::Match);
    Judgement::plain(kind, if agrees { CheckEvent::Confirm } else { CheckEvent::Fail })
}

named_enum! {
    /// A field that the population register compares.
    IdentityField {
        /// Person number.
        Nik = "nik",
        /// Family card.
        FamilyCard = "family_card",
        /// Name.
        Name = "name",
        /// Birth date.
        BornOn = "born_on",
    }
}

/// Some of the fields that the population register compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdentityFields([bool; 4]);

impl IdentityFields {
    /// Those that the detail of a refuted check names, by names separated by commas.
    pub fn of_detail(detail: &str) -> Self {
        let mut fields = Self::default();
        for (is_named, field) in fields.0.iter_mut().zip(IdentityField::ALL) {
            *is_named = detail.split(',').any(|name| name == field.name());
        }
        fields
    }

    /// The fields in their order.
    pub fn list(self) -> Vec<IdentityField> {
        let fields = IdentityField::ALL.iter().zip(self.0);
        fields.filter(|(_, is_named)| *is_named).map(|(field, _)| *field).collect()
    }
}

named_enum! {
    /// What can happen to a check.
    CheckEvent {
        /// The register is asked.
        Ask = "ask",
        /// It supports the statement.
        Confirm = "confirm",
        /// It contradicts the statement.
        Refute = "refute",
        /// It gave no usable answer.
        Fail = "fail",
        /// The answer has become too old.
        Expire = "expire",
        /// What was asked about has changed.
        Change = "change",
    }
}

/// An event that the present state of a check does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {event:?} a check that is {from:?}")]
pub struct InvalidCheckEvent {
    /// The present state.
    pub from: CheckState,
    /// The event refused.
    pub event: CheckEvent,
}

impl CheckState {
    /// The state after an event. What is confirmed is not asked again unless it expires or the statement
    /// changes; a contradiction stands while it is asked about again, until another answer comes; a register
    /// that is known to be away is not asked, so it may fail without having been.
    ///
    /// # Errors
    /// [`InvalidCheckEvent`].
    pub const fn apply(self, event: CheckEvent) -> Result<Self, InvalidCheckEvent> {
        match (self, event) {
            (_, CheckEvent::Change) => Ok(Self::NotAsked),
            (Self::NotAsked | Self::Asked | Self::Unavailable | Self::Expired, CheckEvent::Ask) => {
                Ok(Self::Asked)
            }
            (Self::Refuted, CheckEvent::Ask | CheckEvent::Refute | CheckEvent::Fail)
            | (Self::Asked, CheckEvent::Refute) => Ok(Self::Refuted),
            (Self::Asked | Self::Refuted, CheckEvent::Confirm) => Ok(Self::Confirmed),
            (
                Self::NotAsked | Self::Asked | Self::Unavailable | Self::Expired,
                CheckEvent::Fail,
            ) => Ok(Self::Unavailable),
            (Self::Confirmed | Self::Refuted, CheckEvent::Expire) => Ok(Self::Expired),
            (
                Self::Confirmed,
                CheckEvent::Ask | CheckEvent::Confirm | CheckEvent::Refute | CheckEvent::Fail,
            )
            | (
                Self::NotAsked | Self::Unavailable | Self::Expired,
                CheckEvent::Confirm | CheckEvent::Refute,
            )
            | (
                Self::NotAsked | Self::Asked | Self::Unavailable | Self::Expired,
                CheckEvent::Expire,
            ) => Err(InvalidCheckEvent { from: self, event }),
        }
    }
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Microseconds until a check in this state is asked again, after so many tries without a confirmation;
/// `None` if it is not. A register that did not answer is asked again after a minute, then twice as long each
/// time, at most an hour; one that contradicted, after a day and at most 32 days, since offices bring their own records
/// up to date (programme.md section 14, row 2: re-check by itself).
pub fn pause_micros(state: CheckState, tries: u16) -> Option<i64> {
    let doublings = u32::from(tries.clamp(1, 20)).saturating_sub(1);
    let grown =
        |first: i64, max: i64| Some(first.saturating_mul(2i64.saturating_pow(doublings)).min(max));
    match state {
        CheckState::Confirmed => None,
        CheckState::Refuted => grown(DAY, REFUTED_MAX),
        CheckState::NotAsked
        | CheckState::Asked
        | CheckState::Unavailable
        | CheckState::Expired => grown(MINUTE, SILENT_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the code with the table in docs/ARCHITECTURE.md over all (state, event) pairs.
    #[test]
    fn table_in_the_docs_is_the_code() {
        let docs = include_str!("../../../docs/ARCHITECTURE.md");
        let mut lines = String::new();
        for state in CheckState::ALL {
            let cells: Vec<&str> = CheckEvent::ALL
                .iter()
                .map(|event| state.apply(*event).map_or("-", |next| next.name()))
                .collect();
            lines.push_str(&format!("| {} | {} |\n", state.name(), cells.join(" | ")));
        }
        assert!(docs.contains(&lines), "docs/ARCHITECTURE.md lacks the table:\n{lines}");
    }

    /// Registers and checks name each other, every check once.
    #[test]
    fn every_check_has_its_register() {
        for register in Register::ALL {
            assert!(register.kinds().iter().all(|kind| Register::of(*kind) == Some(*register)));
        }
        let kinds: Vec<CheckKind> =
            Register::ALL.iter().flat_map(|register| register.kinds()).copied().collect();
        assert_eq!(kinds, ASKED);
        assert_eq!([ASKED, &[CheckKind::AbilityTest]].concat(), CheckKind::ALL);
    }

    /// What each check of an answer comes to.
    type Expected<'a> = &'a [(CheckKind, CheckEvent, Option<&'a str>)];

    /// Each answer by what it comes to: one field that differs refutes and is named, one that the register
    /// cannot tell leaves the check open, and only the first of several offices counts.
    #[test]
    fn answers() {
        use CheckEvent as E;
        use CheckKind as K;
        use FieldMatch as F;
        let good = PopulationAnswer {
            nik: F::Match,
            family_card: F::Match,
            name: F::Match,
            born_on: F::Match,
            citizen: Told::Yes,
        };
        let two = PopulationAnswer { name: F::Mismatch, born_on: F::Mismatch, ..good };
        let unsure = PopulationAnswer { name: F::Unknown, citizen: Told::Unknown, ..good };
        let unknown = PopulationAnswer { nik: F::Mismatch, name: F::Unknown, ..good };
        let foreign = PopulationAnswer { citizen: Told::No, ..good };
        let identity = K::PopulationRegister;
        let offices = vec![Occupation::Police, Occupation::CivilServant];
        let cases: [(Answer, Expected<'_>); 11] = [
            (
                Answer::Population(good),
                &[(identity, E::Confirm, None), (K::Citizenship, E::Confirm, None)],
            ),
            (
                Answer::Population(two),
                &[(identity, E::Refute, Some("name,born_on")), (K::Citizenship, E::Confirm, None)],
            ),
            (
                Answer::Population(unsure),
                &[(identity, E::Fail, None), (K::Citizenship, E::Fail, None)],
            ),
            (
                Answer::Population(unknown),
                &[(identity, E::Refute, Some("nik")), (K::Citizenship, E::Confirm, None)],
            ),
            (
                Answer::Population(foreign),
                &[(identity, E::Confirm, None), (K::Citizenship, E::Refute, None)],
            ),
            (Answer::Education(Told::No), &[(K::FormalEducation, E::Confirm, None)]),
            (Answer::Education(Told::Yes), &[(K::FormalEducation, E::Refute, None)]),
            (Answer::Education(Told::Unknown), &[(K::FormalEducation, E::Fail, None)]),
            (Answer::Offices(Vec::new()), &[(K::Occupation, E::Confirm, None)]),
            (Answer::Offices(offices), &[(K::Occupation, E::Refute, Some("civil_servant"))]),
            (
                Answer::Aid(vec![AidProgramme::WageSubsidy]),
                &[(K::SocialAid, E::Refute, Some("bsu"))],
            ),
        ];
        for (answer, expected) in cases {
            let judged = answer.judge();
            let judged: Vec<_> =
                judged.iter().map(|one| (one.kind, one.event, one.detail.as_deref())).collect();
            assert_eq!(judged, expected, "{answer:?}");
        }
    }

    /// Pauses grow from a minute to an hour, those of a contradiction from a day to 32; what is confirmed is left alone.
    #[test]
    fn pauses() {
        let minutes = |state, tries| pause_micros(state, tries).map(|all| all / MINUTE);
        let silent = CheckState::Unavailable;
        for (tries, expected) in [(0, 1), (1, 1), (2, 2), (6, 32), (7, 60), (u16::MAX, 60)] {
            assert_eq!(minutes(silent, tries), Some(expected), "{tries}");
        }
        for (tries, days) in [(1, 1), (2, 2), (6, 32), (u16::MAX, 32)] {
            assert_eq!(minutes(CheckState::Refuted, tries), Some(days * 24 * 60), "{tries}");
        }
        assert_eq!(minutes(CheckState::Confirmed, 1), None);
    }
}
