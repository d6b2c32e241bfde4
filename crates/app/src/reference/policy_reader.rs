//! Typed access to the rules of a policy file, noting every fault on the way.
//!
//! A rule that cannot be read yields a placeholder, so that reading goes on and finds the other
//! faults too. Placeholders never leave this folder: one fault refuses the whole file.

use std::collections::{BTreeMap, BTreeSet};

use domain::policy::{
    BasisPoints, DayRange, MonthDay, Named, RedeemWindow, ReservedAmount, ReservedGroup,
    ReservedShare, SurveyOpening,
};
use domain::rupiah::Rupiah;
use domain::wave::WaveNumber;
use toml::{Table, Value};

use super::fault::{Fault, Place};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueSource {
    /// Tags of `data/SOURCES.md`, or `assumed` or `derived`, separated by spaces.
    pub source: String,
    /// Why this value, where the source does not say it outright.
    pub note: Option<String>,
}

/// A whole number that policies use.
pub(super) trait Whole: TryFrom<i64> + Default {
    /// The largest of the type.
    const MAX: i64;
}

impl Whole for u8 {
    const MAX: i64 = 255;
}

impl Whole for u16 {
    const MAX: i64 = 65_535;
}

/// The rules of one file, taken one after another.
#[derive(Debug)]
pub(super) struct RuleReader<'a> {
    file: &'a str,
    /// Rules not taken yet, by `group.parameter`.
    rules: BTreeMap<String, Value>,
    sources: BTreeMap<String, ValueSource>,
    faulty: BTreeSet<String>,
    faults: Vec<Fault>,
}

impl<'a> RuleReader<'a> {
    /// Takes the groups out of a document; what is no group is noted as unknown.
    pub(super) fn new(file: &'a str, document: Table) -> Self {
        let mut reader = Self {
            file,
            rules: BTreeMap::new(),
            sources: BTreeMap::new(),
            faulty: BTreeSet::new(),
            faults: Vec::new(),
        };
        for (group, value) in document {
            match value {
                Value::Table(table) => {
                    let rules = table.into_iter();
                    reader.rules.extend(rules.map(|(key, rule)| (format!("{group}.{key}"), rule)));
                }
                _ => reader.fault(&group, "is unknown; remove it or correct its name"),
            }
        }
        reader
    }

    /// Notes a fault of a rule.
    pub(super) fn fault(&mut self, key: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(self.file, Place::Key(key.to_owned()), message));
        self.faulty.insert(key.to_owned());
    }

    /// True if a fault of this rule is noted already.
    pub(super) fn is_faulty(&self, key: &str) -> bool {
        self.faulty.contains(key)
    }

    /// The sources and the faults, with every rule that nobody took among them.
    pub(super) fn finish(mut self) -> (BTreeMap<String, ValueSource>, Vec<Fault>) {
        for key in std::mem::take(&mut self.rules).into_keys() {
            self.fault(&key, "is unknown; remove it or correct its name");
        }
        (self.sources, self.faults)
    }

    /// Takes a rule apart into its value and its source, which is kept.
    fn take(&mut self, key: &'static str) -> Option<Value> {
        const FORM: &str = "write it as { value = ..., source = \"...\" }";
        let Some(rule) = self.rules.remove(key) else {
            self.fault(key, format!("is missing; {FORM}"));
            return None;
        };
        let Value::Table(mut rule) = rule else {
            self.fault(key, format!("has no source; {FORM}"));
            return None;
        };
        let (value, source, note) =
            (rule.remove("value"), rule.remove("source"), rule.remove("note"));
        if let Some(unknown) = rule.keys().next() {
            self.fault(
                key,
                format!("has an unknown part `{unknown}`; {FORM}, with a note if needed"),
            );
        }
        match read_source(source.as_ref(), note.as_ref()) {
            Ok(source) => {
                self.sources.insert(key.to_owned(), source);
            }
            Err(message) => self.fault(key, message),
        }
        if value.is_none() {
            self.fault(key, format!("has no value; {FORM}"));
        }
        value
    }

    /// Reads a rule's value, or notes what was expected.
    fn read<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        placeholder: T,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> T {
        let Some(value) = self.take(key) else { return placeholder };
        if let Some(read) = parse(&value) {
            return read;
        }
        self.fault(key, format!("is {value}; write {expected}"));
        placeholder
    }

    /// Reads a rule that may be left out, which is its own value then.
    pub(super) fn stated<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        left_out: T,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> T {
        if self.rules.contains_key(key) {
            self.read(key, expected, left_out, parse)
        } else {
            left_out
        }
    }

    /// Reads a rule that may be `"none"`.
    fn read_if<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        self.read(key, &format!("{expected}, or \"none\""), None, |value| {
            if value.as_str() == Some("none") { Some(None) } else { parse(value).map(Some) }
        })
    }

    /// A whole number.
    pub(super) fn whole<T: Whole>(&mut self, key: &'static str) -> T {
        self.read(key, &whole_expected::<T>(), T::default(), whole)
    }

    /// A whole number or none.
    pub(super) fn whole_if<T: Whole>(&mut self, key: &'static str) -> Option<T> {
        self.read_if(key, &whole_expected::<T>(), whole)
    }

    /// True or false.
    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        self.read(key, "true or false", false, Value::as_bool)
    }

    /// An amount.
    pub(super) fn rupiah(&mut self, key: &'static str) -> Rupiah {
        self.read(key, "an amount in whole rupiah", Rupiah::ZERO, rupiah)
    }

    /// An amount or none.
    pub(super) fn rupiah_if(&mut self, key: &'static str) -> Option<Rupiah> {
        self.read_if(key, "an amount in whole rupiah", rupiah)
    }

    /// One of the names of an enum.
    pub(super) fn choice<T: Named>(&mut self, key: &'static str) -> T {
        self.read(key, &format!("one of {}", names::<T>()), T::FIRST, named)
    }

    /// One of the names of an enum; this value where the file says nothing, as files of an earlier time do.
    pub(super) fn choice_or<T: Named>(&mut self, key: &'static str, left_out: T) -> T {
        self.stated(key, &format!("one of {}", names::<T>()), left_out, named)
    }

    /// A set of names of an enum, each at most once.
    pub(super) fn set<T: Named>(&mut self, key: &'static str) -> BTreeSet<T> {
        let expected = format!("a list, without repetition, of {}", names::<T>());
        self.read(key, &expected, BTreeSet::from([T::FIRST]), |value| {
            let list = value.as_array()?;
            let set: BTreeSet<T> = list.iter().map(named).collect::<Option<_>>()?;
            (set.len() == list.len()).then_some(set)
        })
    }

    /// A range of days.
    pub(super) fn days(&mut self, key: &'static str) -> DayRange {
        let placeholder = DayRange { min: 1, max: 1 };
        self.read(key, "two numbers of days, such as [2, 3]", placeholder, |value| {
            let [min, max] = value.as_array()?.as_slice() else { return None };
            Some(DayRange { min: whole(min)?, max: whole(max)? })
        })
    }

    /// A day of the year or none.
    pub(super) fn month_day(&mut self, key: &'static str) -> Option<MonthDay> {
        let expected = "a month and day, such as \"12-15\"";
        self.read_if(key, expected, |value| value.as_str().and_then(MonthDay::parse))
    }

    /// A share in basis points or none.
    pub(super) fn basis_points_if(&mut self, key: &'static str) -> Option<BasisPoints> {
        let expected = "hundredths of a percent from 0 to 10000";
        self.read_if(key, expected, |value| whole(value).and_then(BasisPoints::new))
    }

    /// When surveys open.
    pub(super) fn survey_opening(&mut self, key: &'static str) -> SurveyOpening {
        let expected = "\"after_incentive_paid\", or a list of days such as [30, 90]";
        self.read(key, expected, SurveyOpening::AfterIncentivePaid, |value| match value {
            Value::String(text) if text == "after_incentive_paid" => {
                Some(SurveyOpening::AfterIncentivePaid)
            }
            Value::Array(days) => {
                let days = days.iter().map(whole).collect::<Option<_>>()?;
                Some(SurveyOpening::DaysAfterIncentive(days))
            }
            _ => None,
        })
    }

    /// The window of a redeem code or none.
    pub(super) fn redeem_window(&mut self, key: &'static str) -> Option<RedeemWindow> {
        let expected = "{ before_minutes = ..., after_minutes = ... }";
        self.read_if(key, expected, |value| {
            let table = value.as_table().filter(|table| table.len() == 2)?;
            Some(RedeemWindow {
                before_minutes: whole(table.get("before_minutes")?)?,
                after_minutes: whole(table.get("after_minutes")?)?,
            })
        })
    }

    /// Places set apart.
    pub(super) fn reserved_shares(&mut self, key: &'static str) -> Vec<ReservedShare> {
        let expected = format!(
            "a list of {{ group = ..., seats = ... or basis_points = ..., waves = [first, last] if \
             not for all }} with a group out of {}",
            names::<ReservedGroup>()
        );
        self.read(key, &expected, Vec::new(), |value| {
            value.as_array()?.iter().map(reserved_share).collect()
        })
    }
}

/// The source of a value; an assumption must say why.
fn read_source(source: Option<&Value>, note: Option<&Value>) -> Result<ValueSource, String> {
    let source = source.and_then(Value::as_str).unwrap_or_default();
    let is_tag = |word: &str| {
        let digits = word.strip_prefix('S').unwrap_or_default();
        let numbered = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        numbered || word == "assumed" || word == "derived"
    };
    if source.is_empty() || !source.split(' ').all(is_tag) {
        return Err(format!(
            "has the source \"{source}\"; write tags such as \"S1 S19\", or \"assumed\" or \
             \"derived\" with a note"
        ));
    }
    let note = match note {
        None => None,
        Some(Value::String(note)) if !note.trim().is_empty() => Some(note.clone()),
        Some(other) => return Err(format!("has the note {other}; write a short text")),
    };
    let is_stated = source.split(' ').all(|word| word.starts_with('S'));
    if note.is_none() && !is_stated {
        return Err("is assumed or derived without a note; say why in note = \"...\"".to_owned());
    }
    Ok(ValueSource { source: source.to_owned(), note })
}

/// The names of an enum, for messages.
pub(super) fn names<T: Named>() -> String {
    let names: Vec<String> = T::ALL.iter().map(|value| format!("\"{}\"", value.name())).collect();
    names.join(", ")
}

fn whole_expected<T: Whole>() -> String {
    format!("a whole number from 0 to {}", T::MAX)
}

pub(super) fn whole<T: Whole>(value: &Value) -> Option<T> {
    value.as_integer().and_then(|number| T::try_from(number).ok())
}

fn rupiah(value: &Value) -> Option<Rupiah> {
    value.as_integer().and_then(|amount| Rupiah::new(amount).ok())
}

pub(super) fn named<T: Named>(value: &Value) -> Option<T> {
    value.as_str().and_then(T::from_name)
}

/// A first and a last wave.
pub(super) fn wave_range(value: &Value) -> Option<(WaveNumber, WaveNumber)> {
    let [first, last] = value.as_array()?.as_slice() else { return None };
    let wave = |value| whole(value).and_then(WaveNumber::new);
    Some((wave(first)?, wave(last)?))
}

fn reserved_share(value: &Value) -> Option<ReservedShare> {
    let table = value.as_table()?;
    let amount = match (table.get("seats"), table.get("basis_points")) {
        (Some(seats), None) => {
            ReservedAmount::Seats(seats.as_integer().and_then(|seats| seats.try_into().ok())?)
        }
        (None, Some(share)) => ReservedAmount::Share(whole(share).and_then(BasisPoints::new)?),
        _ => return None,
    };
    let waves = match table.get("waves") {
        Some(waves) => Some(wave_range(waves)?),
        None => None,
    };
    let parts = 2 + usize::from(waves.is_some());
    (table.len() == parts).then_some(())?;
    Some(ReservedShare { group: named(table.get("group")?)?, amount, waves })
}
