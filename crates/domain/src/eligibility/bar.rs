//! What keeps somebody from joining a wave, to be told before anything is asked of her; who is too young or too old, and
//! from when somebody is old enough.

use time::Date;

use super::Rule;
use crate::policy::{AgeReference, EligibilityRules};
use crate::reasons::Language;
use crate::time::{age_on, day_in_words};

/// What would refuse a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinBar {
    /// A rule.
    Rule(Rule),
    /// One of the two rules about the age, with what there is to say about it.
    Age(AgeBar),
}

impl JoinBar {
    /// The rule that is broken.
    pub const fn rule(&self) -> Rule {
        match self {
            Self::Rule(rule) => *rule,
            Self::Age(bar) => bar.rule(),
        }
    }

    /// The sentences for the person concerned.
    pub fn sentence(&self, language: Language) -> String {
        match self {
            Self::Rule(rule) => rule.sentence(language),
            Self::Age(bar) => bar.sentence(language),
        }
    }
}

/// The day on which an age is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeDay {
    /// That of a wave, by its rules.
    OfWave(AgeReference, Date),
    /// Today, while no wave is to come.
    Today(Date),
}

/// Why an age bars from a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeBar {
    /// Full years on the day.
    pub age: u8,
    /// The day.
    pub day: AgeDay,
    /// What the rules ask for.
    pub bound: AgeBound,
}

/// The bound of the rules that an age is beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeBound {
    /// Too young yet.
    Youngest {
        /// Full years.
        age: u8,
        /// First day on which the person is so old.
        from: Date,
    },
    /// Too old for good.
    Oldest {
        /// Full years.
        age: u8,
    },
}

/// What bars somebody born on this day from a wave, if anything does: the age rules of [`super::refuse_join`], with
/// what to tell before anything is asked of anybody.
pub fn age_bar(rules: &EligibilityRules, born_on: Date, day: AgeDay) -> Option<AgeBar> {
    let (AgeDay::OfWave(_, on) | AgeDay::Today(on)) = day;
    let age = age_on(born_on, on);
    let bound = match rules.max_age {
        _ if age < rules.min_age => {
            AgeBound::Youngest { age: rules.min_age, from: birthday(born_on, rules.min_age)? }
        }
        Some(max) if age > max => AgeBound::Oldest { age: max },
        Some(_) | None => return None,
    };
    Some(AgeBar { age, day, bound })
}

/// The first day on which somebody is so old, which is 1 March for the 29 February of other years.
fn birthday(born_on: Date, age: u8) -> Option<Date> {
    let year = born_on.year().saturating_add(i32::from(age));
    let day = Date::from_calendar_date(year, born_on.month(), born_on.day());
    day.or_else(|_| Date::from_calendar_date(year, time::Month::March, 1)).ok()
}

impl AgeBar {
    /// The rule that is broken.
    pub const fn rule(&self) -> Rule {
        match self.bound {
            AgeBound::Youngest { .. } => Rule::MinimumAge,
            AgeBound::Oldest { .. } => Rule::MaximumAge,
        }
    }

    /// The sentences for the person concerned.
    pub fn sentence(&self, language: Language) -> String {
        let (AgeDay::OfWave(_, on) | AgeDay::Today(on)) = self.day;
        let (on, age) = (day_in_words(on, language), self.age);
        match language {
            Language::Indonesian => {
                let (name, is_taken) = match self.day {
                    AgeDay::OfWave(AgeReference::WaveClosingDate, _) => {
                        (", hari penutupan gelombang", "ditutup")
                    }
                    AgeDay::OfWave(AgeReference::WaveOpeningDate, _) => {
                        (", hari pembukaan gelombang", "dibuka")
                    }
                    AgeDay::Today(_) => ("", "ditutup"),
                };
                let known =
                    format!("Menurut tanggal lahir Anda, usia Anda {age} tahun pada {on}{name}.");
                match self.bound {
                    AgeBound::Youngest { age, from } => format!(
                        "{known} Usia paling rendah {age} tahun. Anda dapat ikut gelombang yang {is_taken} pada {} atau sesudahnya.",
                        day_in_words(from, language)
                    ),
                    AgeBound::Oldest { age } => format!(
                        "{known} Usia paling tinggi {age} tahun, jadi Anda tidak dapat ikut gelombang ini dan gelombang sesudahnya."
                    ),
                }
            }
            Language::English => {
                let (name, takes) = match self.day {
                    AgeDay::OfWave(AgeReference::WaveClosingDate, _) => {
                        (", the closing day of the wave", "close")
                    }
                    AgeDay::OfWave(AgeReference::WaveOpeningDate, _) => {
                        (", the opening day of the wave", "open")
                    }
                    AgeDay::Today(_) => ("", "close"),
                };
                let known = format!("By your date of birth you are {age} on {on}{name}.");
                match self.bound {
                    AgeBound::Youngest { age, from } => format!(
                        "{known} The lowest age is {age}. You can join waves that {takes} on {} or later.",
                        day_in_words(from, language)
                    ),
                    AgeBound::Oldest { age } => format!(
                        "{known} The highest age is {age}, so you cannot join this wave or those after it."
                    ),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use time::Month;

    use super::*;
    use crate::eligibility::{JoinFacts, refuse_join};
    use crate::policy::RevokedBar;

    fn day(year: i32, month: Month, day: u8) -> Date {
        Date::from_calendar_date(year, month, day).expect("a day")
    }

    fn rules(max_age: Option<u8>) -> EligibilityRules {
        EligibilityRules {
            min_age: 18,
            max_age,
            age_reference: AgeReference::WaveClosingDate,
            require_citizen: true,
            exclude_in_formal_education: true,
            excluded_occupations: BTreeSet::new(),
            max_beneficiaries_per_kk: None,
            kk_counts_revoked: false,
            exclude_other_aid: BTreeSet::new(),
            lifetime_grants: 1,
            revoked_barred: RevokedBar::ForLife,
            wage_ceiling: None,
            join_attempts_max: None,
        }
    }

    /// Goal: whom the bar names is whom a join would be refused, on the days around each bound, with the day from which
    /// somebody is old enough. Method: both rules beside each other.
    #[test]
    fn as_a_join_is_judged() {
        let on = day(2024, Month::September, 24);
        for (born_on, max_age, bound) in [
            (day(2006, Month::September, 24), Some(64), None),
            (
                day(2006, Month::September, 25),
                Some(64),
                Some(AgeBound::Youngest { age: 18, from: day(2024, Month::September, 25) }),
            ),
            (
                day(2008, Month::February, 29),
                Some(64),
                Some(AgeBound::Youngest { age: 18, from: day(2026, Month::March, 1) }),
            ),
            (day(1959, Month::September, 25), Some(64), None),
            (day(1959, Month::September, 24), Some(64), Some(AgeBound::Oldest { age: 64 })),
            (day(1930, Month::January, 1), None, None),
        ] {
            let rules = rules(max_age);
            let at = AgeDay::OfWave(rules.age_reference, on);
            let bar = age_bar(&rules, born_on, at);
            assert_eq!(bar.map(|bar| bar.bound), bound, "{born_on}");
            let facts = JoinFacts {
                wave_open: true,
                age: age_on(born_on, on),
                grants: 0,
                revoked: false,
                household_places_taken: 0,
                joins_before: 0,
                withdrawn: false,
            };
            assert_eq!(bar.map(|bar| bar.rule()), refuse_join(&rules, &facts), "{born_on}");
        }
    }

    /// Both bounds in words, by the day that counts.
    #[test]
    fn words() {
        let on = day(2024, Month::September, 24);
        let at = AgeDay::OfWave(AgeReference::WaveClosingDate, on);
        let young = age_bar(&rules(None), day(2007, Month::August, 5), at).expect("a bar");
        assert_eq!(
            young.sentence(Language::Indonesian),
            "Menurut tanggal lahir Anda, usia Anda 17 tahun pada 24 September 2024, hari penutupan gelombang. Usia paling rendah 18 tahun. Anda dapat ikut gelombang yang ditutup pada 5 Agustus 2025 atau sesudahnya."
        );
        assert_eq!(
            young.sentence(Language::English),
            "By your date of birth you are 17 on 24 September 2024, the closing day of the wave. The lowest age is 18. You can join waves that close on 5 August 2025 or later."
        );
        let old = age_bar(&rules(Some(64)), day(1950, Month::August, 5), AgeDay::Today(on));
        let old = old.expect("a bar");
        assert_eq!(
            old.sentence(Language::Indonesian),
            "Menurut tanggal lahir Anda, usia Anda 74 tahun pada 24 September 2024. Usia paling tinggi 64 tahun, jadi Anda tidak dapat ikut gelombang ini dan gelombang sesudahnya."
        );
        assert!(old.sentence(Language::English).contains("The highest age is 64"), "{old:?}");
    }
}
