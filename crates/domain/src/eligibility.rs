//! Who may join and who may be drawn, with a reason code and a plain sentence for each rule.
//!
//! A join is refused at once by [`refuse_join`]; what the registers answer is judged when the wave is
//! frozen, by [`find_ineligible`] and then, among those who passed, by [`refuse_apart`]. Each names the
//! first broken rule in a fixed order. Source:
//! programme.md section 3 and the definition of a join in design.md section 5.

mod bar;

use std::cmp::Reverse;

pub use self::bar::{AgeBar, AgeBound, AgeDay, JoinBar, age_bar};
use crate::policy::named::named_enum;
use crate::policy::{AidProgramme, EligibilityRules, Named as _, Occupation, RevokedBar};
use crate::region::RegionCode;

/// A rule that stands between a person and the draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The person is registered.
    Registered,
    /// The wave takes joins at that instant.
    WaveOpen,
    /// Not younger than the policy allows.
    MinimumAge,
    /// Not older than the policy allows.
    MaximumAge,
    /// Never lost a place, where that bars for life.
    NeverRevoked,
    /// Fewer grants than a lifetime allows.
    LifetimeGrants,
    /// The family card has a place left.
    HouseholdPlaces,
    /// The stated kabupaten/kota is that of the family card.
    HouseholdRegion,
    /// Fewer joins than the policy allows.
    JoinAttempts,
    /// The join of this wave was not taken back.
    NotWithdrawn,
    /// The population register knows the person as stated.
    IdentityConfirmed,
    /// Indonesian citizen.
    Citizenship,
    /// Not a pupil or student.
    NotInFormalEducation,
    /// Does not hold this office.
    NoOffice(Occupation),
    /// Does not receive this aid.
    NoOtherAid(AidProgramme),
    /// The basic ability test is done.
    AbilityTest,
    /// Every register has answered.
    RegisterAnswered,
}

impl Rule {
    /// True if nothing that a person or the time to come can change lets her join again.
    pub const fn is_final(self) -> bool {
        match self {
            Self::MaximumAge | Self::NeverRevoked | Self::LifetimeGrants | Self::JoinAttempts => {
                true
            }
            Self::Registered
            | Self::WaveOpen
            | Self::MinimumAge
            | Self::HouseholdPlaces
            | Self::HouseholdRegion
            | Self::NotWithdrawn
            | Self::IdentityConfirmed
            | Self::Citizenship
            | Self::NotInFormalEducation
            | Self::NoOffice(_)
            | Self::NoOtherAid(_)
            | Self::AbilityTest
            | Self::RegisterAnswered => false,
        }
    }
}

/// What a join is judged by, all as of the instant of the join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinFacts {
    /// The join lies in `[opens_at, closes_at)` of an open wave.
    pub wave_open: bool,
    /// Full years on the day the policy names.
    pub age: u8,
    /// Grants ever made to the person that were not revoked.
    pub grants: u8,
    /// A grant was revoked.
    pub revoked: bool,
    /// Places of the family card that are taken.
    pub household_places_taken: u8,
    /// Waves joined before, without those taken back.
    pub joins_before: u16,
    /// The person joined this wave and took that back.
    pub withdrawn: bool,
}

/// The first rule that refuses a join at once, if any.
pub fn refuse_join(rules: &EligibilityRules, facts: &JoinFacts) -> Option<Rule> {
    let full =
        rules.max_beneficiaries_per_kk.is_some_and(|cap| facts.household_places_taken >= cap);
    let barred = facts.revoked && rules.revoked_barred == RevokedBar::ForLife;
    let broken = [
        (!facts.wave_open, Rule::WaveOpen),
        (facts.withdrawn, Rule::NotWithdrawn),
        (facts.age < rules.min_age, Rule::MinimumAge),
        (rules.max_age.is_some_and(|max| facts.age > max), Rule::MaximumAge),
        (barred, Rule::NeverRevoked),
        (facts.grants >= rules.lifetime_grants, Rule::LifetimeGrants),
        (full, Rule::HouseholdPlaces),
        (rules.join_attempts_max.is_some_and(|max| facts.joins_before >= max), Rule::JoinAttempts),
    ];
    broken.into_iter().find_map(|(broken, rule)| broken.then_some(rule))
}

named_enum! {
    /// What a register is asked.
    CheckKind {
        /// Do NIK, family card, name and birth date agree (Dukcapil)?
        PopulationRegister = "population_register",
        /// Is the person a citizen?
        Citizenship = "citizenship",
        /// Is the person outside school and university (Dapodik, PDDikti)?
        FormalEducation = "formal_education",
        /// Does the person hold no office that bars?
        Occupation = "occupation",
        /// Does the person receive no other aid (DTKS, BSU, BPUM)?
        SocialAid = "social_aid",
        /// Was the basic ability test completed?
        AbilityTest = "ability_test",
    }
}

named_enum! {
    /// What came back.
    CheckState {
        /// Not asked yet.
        NotAsked = "not_asked",
        /// Asked, no answer yet.
        Asked = "asked",
        /// The answer supports the person's statement.
        Confirmed = "confirmed",
        /// The answer contradicts it.
        Refuted = "refuted",
        /// The register did not answer.
        Unavailable = "unavailable",
        /// The answer is too old to count.
        Expired = "expired",
    }
}

/// A register's answer about one person that is anything but a plain confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Finding {
    /// NIK, card, name or birth date do not agree.
    IdentityRefuted,
    /// No citizen.
    NotCitizen,
    /// Pupil or student.
    InFormalEducation,
    /// Holds an office.
    Holds(Occupation),
    /// Receives aid.
    Receives(AidProgramme),
    /// The test is not done.
    TestNotDone,
    /// This register has given no valid answer.
    Outstanding(CheckKind),
}

impl Finding {
    /// Reads a stored answer; `None` for a confirmation, an answer without meaning, or a detail that
    /// is no known office or aid.
    pub fn from_answer(kind: CheckKind, state: CheckState, detail: Option<&str>) -> Option<Self> {
        match state {
            CheckState::Confirmed => None,
            // Nobody is asked about the test: the person has not done it.
            CheckState::NotAsked if kind == CheckKind::AbilityTest => Some(Self::TestNotDone),
            CheckState::NotAsked
            | CheckState::Asked
            | CheckState::Unavailable
            | CheckState::Expired => Some(Self::Outstanding(kind)),
            CheckState::Refuted => match kind {
                CheckKind::PopulationRegister => Some(Self::IdentityRefuted),
                CheckKind::Citizenship => Some(Self::NotCitizen),
                CheckKind::FormalEducation => Some(Self::InFormalEducation),
                CheckKind::Occupation => detail.and_then(Occupation::from_name).map(Self::Holds),
                CheckKind::SocialAid => {
                    detail.and_then(AidProgramme::from_name).map(Self::Receives)
                }
                CheckKind::AbilityTest => Some(Self::TestNotDone),
            },
        }
    }

    /// The stored form: kind, state, detail. The inverse of [`Finding::from_answer`].
    pub fn answer(self) -> (CheckKind, CheckState, Option<&'static str>) {
        match self {
            Self::IdentityRefuted => (CheckKind::PopulationRegister, CheckState::Refuted, None),
            Self::NotCitizen => (CheckKind::Citizenship, CheckState::Refuted, None),
            Self::InFormalEducation => (CheckKind::FormalEducation, CheckState::Refuted, None),
            Self::Holds(office) => {
                (CheckKind::Occupation, CheckState::Refuted, Some(office.name()))
            }
            Self::Receives(aid) => (CheckKind::SocialAid, CheckState::Refuted, Some(aid.name())),
            Self::TestNotDone => (CheckKind::AbilityTest, CheckState::Refuted, None),
            Self::Outstanding(kind) => (kind, CheckState::Unavailable, None),
        }
    }

    /// The rule that this finding breaks where a policy has it.
    pub const fn rule(self) -> Rule {
        match self {
            Self::IdentityRefuted => Rule::IdentityConfirmed,
            Self::NotCitizen => Rule::Citizenship,
            Self::InFormalEducation => Rule::NotInFormalEducation,
            Self::Holds(office) => Rule::NoOffice(office),
            Self::Receives(aid) => Rule::NoOtherAid(aid),
            Self::TestNotDone => Rule::AbilityTest,
            Self::Outstanding(_) => Rule::RegisterAnswered,
        }
    }

    /// The rule this finding breaks under a policy, if it has that rule.
    fn broken_rule(self, rules: &EligibilityRules) -> Option<Rule> {
        let applies = match self {
            Self::IdentityRefuted | Self::TestNotDone | Self::Outstanding(_) => true,
            Self::NotCitizen => rules.require_citizen,
            Self::InFormalEducation => rules.exclude_in_formal_education,
            Self::Holds(office) => rules.excluded_occupations.contains(&office),
            Self::Receives(aid) => rules.exclude_other_aid.contains(&aid),
        };
        applies.then_some(self.rule())
    }
}

/// What a member is judged by when the wave is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreezeFacts<'a> {
    /// A grant was revoked.
    pub revoked: bool,
    /// Grants ever made to the person that were not revoked.
    pub grants: u8,
    /// Places of the family card that are taken.
    pub household_places_taken: u8,
    /// The registers' answers that are no plain confirmation.
    pub findings: &'a [Finding],
}

/// The first rule that keeps a member out of the draw, if any.
pub fn find_ineligible(rules: &EligibilityRules, facts: &FreezeFacts<'_>) -> Option<Rule> {
    let barred = facts.revoked && rules.revoked_barred == RevokedBar::ForLife;
    let cap = rules.max_beneficiaries_per_kk;
    let full = cap.is_some_and(|cap| facts.household_places_taken >= cap);
    let registers = facts.findings.iter().filter_map(|finding| finding.broken_rule(rules)).min();
    let standing = [
        (barred, Rule::NeverRevoked),
        (facts.grants >= rules.lifetime_grants, Rule::LifetimeGrants),
    ];
    standing
        .into_iter()
        .find_map(|(broken, rule)| broken.then_some(rule))
        .or(registers)
        .or(full.then_some(Rule::HouseholdPlaces))
}

/// The rule that keeps out a member who states another region than the family card's home, if the policy
/// counts by card. The draw counts the places of a card within one region, since a card has one domicile
/// (selection.md section 16.5).
pub fn refuse_apart(
    rules: &EligibilityRules,
    home: RegionCode,
    stated: RegionCode,
) -> Option<Rule> {
    let apart = rules.max_beneficiaries_per_kk.is_some() && home != stated;
    apart.then_some(Rule::HouseholdRegion)
}

/// The regency of a family card, from what its members state in ascending order: the one that most of
/// them state, the smaller code if two are stated as often; `None` without members. Members are those
/// who passed every other rule: nobody else may decide over the others of a card, least of all a
/// stranger who states its number.
pub fn home_of_card(stated: &[RegionCode]) -> Option<RegionCode> {
    let runs = stated.chunk_by(PartialEq::eq);
    let largest = runs.max_by_key(|run| (run.len(), Reverse(run.first().copied())));
    largest.and_then(|run| run.first().copied())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::AgeReference;

    fn rules() -> EligibilityRules {
        EligibilityRules {
            min_age: 18,
            max_age: Some(64),
            age_reference: AgeReference::WaveClosingDate,
            require_citizen: true,
            exclude_in_formal_education: true,
            excluded_occupations: BTreeSet::from([Occupation::Police]),
            max_beneficiaries_per_kk: Some(2),
            kk_counts_revoked: false,
            exclude_other_aid: BTreeSet::from([AidProgramme::WageSubsidy]),
            lifetime_grants: 1,
            revoked_barred: RevokedBar::ForLife,
            wage_ceiling: None,
            join_attempts_max: None,
        }
    }

    const GOOD: JoinFacts = JoinFacts {
        wave_open: true,
        age: 30,
        grants: 0,
        revoked: false,
        household_places_taken: 1,
        joins_before: 70,
        withdrawn: false,
    };

    /// Each rule of the join by the fact that breaks it, and the edges of the age.
    #[test]
    fn joins() {
        let cases = [
            (GOOD, None),
            (JoinFacts { age: 18, ..GOOD }, None),
            (JoinFacts { age: 64, ..GOOD }, None),
            (JoinFacts { wave_open: false, age: 3, ..GOOD }, Some(Rule::WaveOpen)),
            (JoinFacts { age: 17, ..GOOD }, Some(Rule::MinimumAge)),
            (JoinFacts { age: 65, ..GOOD }, Some(Rule::MaximumAge)),
            (JoinFacts { withdrawn: true, age: 17, ..GOOD }, Some(Rule::NotWithdrawn)),
            (JoinFacts { revoked: true, ..GOOD }, Some(Rule::NeverRevoked)),
            (JoinFacts { grants: 1, ..GOOD }, Some(Rule::LifetimeGrants)),
            (JoinFacts { household_places_taken: 2, ..GOOD }, Some(Rule::HouseholdPlaces)),
        ];
        for (facts, rule) in cases {
            assert_eq!(refuse_join(&rules(), &facts), rule, "{facts:?}");
        }
        let lenient = EligibilityRules {
            max_age: None,
            max_beneficiaries_per_kk: None,
            revoked_barred: RevokedBar::NotBarred,
            join_attempts_max: Some(71),
            ..rules()
        };
        let old = JoinFacts { age: 90, revoked: true, household_places_taken: 9, ..GOOD };
        assert_eq!(refuse_join(&lenient, &old), None);
        let often = JoinFacts { joins_before: 71, ..GOOD };
        assert_eq!(refuse_join(&lenient, &often), Some(Rule::JoinAttempts));
    }

    /// Each finding breaks its rule where the policy has it, and only there; the order is fixed.
    #[test]
    fn freezing() {
        use Finding as F;
        let check = |rules: &EligibilityRules, findings: &[F], taken, rule| {
            let facts =
                FreezeFacts { revoked: false, grants: 0, household_places_taken: taken, findings };
            assert_eq!(find_ineligible(rules, &facts), rule, "{findings:?}");
        };
        let none = EligibilityRules {
            require_citizen: false,
            exclude_in_formal_education: false,
            excluded_occupations: BTreeSet::new(),
            exclude_other_aid: BTreeSet::new(),
            max_beneficiaries_per_kk: None,
            ..rules()
        };
        let office = F::Holds(Occupation::Police);
        let aid = F::Receives(AidProgramme::WageSubsidy);
        for (finding, rule, without) in [
            (F::IdentityRefuted, Rule::IdentityConfirmed, Some(Rule::IdentityConfirmed)),
            (F::NotCitizen, Rule::Citizenship, None),
            (F::InFormalEducation, Rule::NotInFormalEducation, None),
            (office, Rule::NoOffice(Occupation::Police), None),
            (aid, Rule::NoOtherAid(AidProgramme::WageSubsidy), None),
            (F::TestNotDone, Rule::AbilityTest, Some(Rule::AbilityTest)),
            (
                F::Outstanding(CheckKind::SocialAid),
                Rule::RegisterAnswered,
                Some(Rule::RegisterAnswered),
            ),
        ] {
            check(&rules(), &[finding], 0, Some(rule));
            check(&none, &[finding], 9, without);
            let (kind, state, detail) = finding.answer();
            assert_eq!(F::from_answer(kind, state, detail), Some(finding));
        }
        check(&rules(), &[], 2, Some(Rule::HouseholdPlaces));
        check(&rules(), &[aid, F::NotCitizen], 2, Some(Rule::Citizenship));
        check(&rules(), &[F::Holds(Occupation::Soldier)], 0, None);
        assert_eq!(F::from_answer(CheckKind::Occupation, CheckState::Confirmed, None), None);
    }

    /// A card is at home where most of its members are, at the smaller code if two are equal; who states
    /// another region is kept out where the policy counts by card, and only there.
    #[test]
    fn cards_have_one_home() {
        let code = |number| RegionCode::new(number).expect("a code");
        let cases: [(&[u16], Option<u16>); 4] = [
            (&[], None),
            (&[1571], Some(1571)),
            (&[1501, 1571, 1571], Some(1571)),
            (&[1501, 1501, 1571, 1571], Some(1501)),
        ];
        for (stated, home) in cases {
            let stated: Vec<RegionCode> = stated.iter().copied().map(code).collect();
            assert_eq!(home_of_card(&stated), home.map(code));
        }
        let (home, elsewhere) = (code(1571), code(1501));
        assert_eq!(refuse_apart(&rules(), home, elsewhere), Some(Rule::HouseholdRegion));
        assert_eq!(refuse_apart(&rules(), home, home), None);
        let uncapped = EligibilityRules { max_beneficiaries_per_kk: None, ..rules() };
        assert_eq!(refuse_apart(&uncapped, home, elsewhere), None);
    }
}
