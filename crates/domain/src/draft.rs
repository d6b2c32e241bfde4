//! A registration that is being filled in: what was typed, field by field, and what is wrong with it.
//!
//! A draft keeps what people type as they typed it, so that a half-filled answer is shown again; what it means is read
//! anew each time.

mod task;

use std::collections::BTreeMap;
use std::fmt;

use time::{Date, Month};

pub use self::task::{RegistrationTask, TaskState};
use crate::consent::ConsentKind;
use crate::funnel::Education;
use crate::identity::{Employment, IdentityTextError, PersonName, may_be_born_on};
use crate::nik::{FamilyCard, Nik, NikDoubt, NumberShapeError, Sex};
use crate::policy::Named as _;
use crate::policy::named::named_enum;
use crate::region::RegionCode;

/// Longest text kept of one answer, in characters: more than any field takes, so that a mistake is shown whole.
const CHARACTERS_MAX: usize = 300;

named_enum! {
    /// A field of the draft.
    DraftField {
        /// Person number.
        Nik = "nik",
        /// Number of the family card.
        FamilyCard = "family_card",
        /// Birth date, as `DD-MM-YYYY`.
        BornOn = "born_on",
        /// Name.
        Name = "name",
        /// Sex.
        Sex = "sex",
        /// That number and birth date are right although they do not agree.
        NikChecked = "nik_checked",
        /// Regency of the family card.
        Region = "region",
        /// Kecamatan of the family card, six digits.
        District = "district",
        /// Last education completed.
        Education = "education",
        /// Work situation.
        Employment = "employment",
        /// States a disability.
        Disability = "disability",
        /// Training wanted; may be left out.
        Topic = "topic",
        /// Declares to be a pupil or student.
        Student = "student",
        /// Declares to hold an office that bars.
        Office = "office",
        /// Declares to receive other aid.
        Aid = "aid",
        /// The version of the terms that was agreed to.
        Terms = "terms",
        /// The version of the privacy text that was agreed to.
        Privacy = "privacy",
        /// The version of the declaration of truth.
        Truth = "truth",
        /// The version of the consent to short messages; may be left out.
        SmsContact = "sms_contact",
    }
}

named_enum! {
    /// A field of learning that somebody would like.
    TrainingTopic {
        /// Computers and the internet.
        Digital = "digital",
        /// Selling and marketing.
        Sales = "sales",
        /// Office and bookkeeping.
        Office = "office",
        /// Languages.
        Language = "language",
        /// Food and hospitality.
        Hospitality = "hospitality",
        /// Technical work, building and repairs.
        Technical = "technical",
        /// Farming and fishing.
        Farming = "farming",
        /// Care and health.
        Care = "care",
        /// Not decided.
        Undecided = "undecided",
    }
}

impl DraftField {
    /// True if a registration is complete without it.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::NikChecked | Self::Topic | Self::SmsContact)
    }

    /// The text of which it keeps the version, if it is a consent or declaration.
    pub const fn consent(self) -> Option<ConsentKind> {
        match self {
            Self::Terms => Some(ConsentKind::Terms),
            Self::Privacy => Some(ConsentKind::Privacy),
            Self::Truth => Some(ConsentKind::Truth),
            Self::SmsContact => Some(ConsentKind::SmsContact),
            Self::Nik
            | Self::FamilyCard
            | Self::BornOn
            | Self::Name
            | Self::Sex
            | Self::NikChecked
            | Self::Region
            | Self::District
            | Self::Education
            | Self::Employment
            | Self::Disability
            | Self::Topic
            | Self::Student
            | Self::Office
            | Self::Aid => None,
        }
    }
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftFault {
    /// Nothing was answered.
    Missing,
    /// Not sixteen digits, but so many.
    Digits(usize),
    /// Something that is no digit.
    NotADigit,
    /// Begins with the number of no kecamatan.
    NoDistrict,
    /// The number of the family card is that of the person.
    SameAsNik,
    /// No day, month and year in digits.
    NotADay,
    /// A day that the calendar does not have.
    NoSuchDay,
    /// A day on which nobody who registers was born.
    NotABirthDate,
    /// Longer than the field takes.
    NotAName,
    /// With characters that no name has.
    NotOfNames,
    /// None of the choices.
    Unknown,
}

/// A registration that is being filled in.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Draft {
    answers: BTreeMap<DraftField, String>,
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft({} answers)", self.answers.len())
    }
}

impl Draft {
    /// An answer as typed; empty if there is none.
    pub fn text(&self, field: DraftField) -> &str {
        self.answers.get(&field).map_or("", String::as_str)
    }

    /// Everything answered, by field.
    pub fn answers(&self) -> impl Iterator<Item = (DraftField, &str)> {
        self.answers.iter().map(|(field, text)| (*field, text.as_str()))
    }

    /// Keeps an answer in the place of the one before; an empty one takes it away. True if it differs. What only made
    /// sense beside the old answer goes with it.
    pub fn set(&mut self, field: DraftField, text: &str) -> bool {
        let text: String = text.trim().chars().take(CHARACTERS_MAX).collect();
        if self.text(field) == text {
            return false;
        }
        // A number that is doubtful by itself is so beside any birth date.
        let is_plain =
            read_nik(self.text(DraftField::Nik)).is_ok_and(|nik| !nik.is_doubtful_alone());
        match field {
            DraftField::Nik | DraftField::BornOn => {
                if field == DraftField::Nik || is_plain {
                    self.answers.remove(&DraftField::NikChecked);
                }
            }
            DraftField::Region => {
                self.answers.remove(&DraftField::District);
            }
            DraftField::FamilyCard
            | DraftField::Name
            | DraftField::Sex
            | DraftField::NikChecked
            | DraftField::District
            | DraftField::Education
            | DraftField::Employment
            | DraftField::Disability
            | DraftField::Topic
            | DraftField::Student
            | DraftField::Office
            | DraftField::Aid
            | DraftField::Terms
            | DraftField::Privacy
            | DraftField::Truth
            | DraftField::SmsContact => {}
        }
        if text.is_empty() {
            self.answers.remove(&field);
        } else {
            self.answers.insert(field, text);
        }
        true
    }

    /// What is wrong with an answer; [`DraftFault::Missing`] for none where one is needed.
    pub fn fault(&self, field: DraftField, today: Date) -> Option<DraftFault> {
        let text = self.text(field);
        if text.is_empty() {
            return (!field.is_optional()).then_some(DraftFault::Missing);
        }
        let known = |is_known: bool| (!is_known).then_some(DraftFault::Unknown);
        match field {
            DraftField::Nik => read_nik(text).err(),
            DraftField::FamilyCard => {
                match (read_family_card(text), read_nik(self.text(DraftField::Nik))) {
                    (Err(fault), _) => Some(fault),
                    (Ok(card), Ok(nik)) if nik.is_number_of(&card) => Some(DraftFault::SameAsNik),
                    (Ok(_), _) => None,
                }
            }
            DraftField::BornOn => read_birth_date(text, today).err(),
            DraftField::Name => read_name(text).err(),
            DraftField::Sex => known(Sex::from_name(text).is_some()),
            DraftField::Region => known(read_region(text).is_some()),
            DraftField::District => known(self.district().is_some()),
            DraftField::Education => known(Education::from_name(text).is_some()),
            DraftField::Employment => known(Employment::from_name(text).is_some()),
            DraftField::Topic => known(TrainingTopic::from_name(text).is_some()),
            DraftField::Disability
            | DraftField::Student
            | DraftField::Office
            | DraftField::Aid
            | DraftField::NikChecked => known(read_yes_no(text).is_some()),
            // Words that have changed since are to be read again.
            DraftField::Terms
            | DraftField::Privacy
            | DraftField::Truth
            | DraftField::SmsContact => (!self.agrees_to(field)).then_some(DraftFault::Missing),
        }
    }

    /// True if the words that are shown now were agreed to.
    pub fn agrees_to(&self, field: DraftField) -> bool {
        field.consent().is_some_and(|kind| self.text(field) == kind.text().version.to_string())
    }

    /// The kecamatan, if it lies in the regency.
    pub fn district(&self) -> Option<u32> {
        let district = self.text(DraftField::District).parse::<u32>().ok()?;
        let region = read_region(self.text(DraftField::Region))?;
        (district.checked_div(100) == Some(u32::from(region.get()))).then_some(district)
    }

    /// What is to be asked about the NIK, unless somebody has said that it is right.
    pub fn nik_doubt(&self, today: Date) -> Option<NikDoubt> {
        let is_checked = read_yes_no(self.text(DraftField::NikChecked)) == Some(true);
        if is_checked { None } else { self.doubt(today) }
    }

    fn doubt(&self, today: Date) -> Option<NikDoubt> {
        let nik = read_nik(self.text(DraftField::Nik)).ok()?;
        nik.doubt(read_birth_date(self.text(DraftField::BornOn), today).ok(), today)
    }
}

/// The digits of a number as people write or paste it.
fn digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '–')).collect()
}

fn of_number(error: NumberShapeError) -> DraftFault {
    match error {
        NumberShapeError::Length(found) => DraftFault::Digits(found),
        NumberShapeError::NotADigit(_) => DraftFault::NotADigit,
        NumberShapeError::NoDistrict => DraftFault::NoDistrict,
    }
}

/// Reads a person number, with spaces and dashes.
///
/// # Errors
/// [`DraftFault`].
pub fn read_nik(text: &str) -> Result<Nik, DraftFault> {
    Nik::parse_stated(&digits(text)).map_err(of_number)
}

/// Reads the number of a family card, with spaces and dashes.
///
/// # Errors
/// [`DraftFault`].
pub fn read_family_card(text: &str) -> Result<FamilyCard, DraftFault> {
    FamilyCard::parse_stated(&digits(text)).map_err(of_number)
}

/// Reads a name.
///
/// # Errors
/// [`DraftFault`].
pub fn read_name(text: &str) -> Result<PersonName, DraftFault> {
    PersonName::parse_stated(text).map_err(|error| match error {
        IdentityTextError::NotOfNames | IdentityTextError::ControlCharacter => {
            DraftFault::NotOfNames
        }
        IdentityTextError::Empty => DraftFault::Missing,
        IdentityTextError::TooLong(_)
        | IdentityTextError::PhoneShape
        | IdentityTextError::EmailShape => DraftFault::NotAName,
    })
}

/// Reads `DD-MM-YYYY`.
///
/// # Errors
/// [`DraftFault`].
pub fn read_birth_date(text: &str, today: Date) -> Result<Date, DraftFault> {
    let mut parts = text.splitn(3, '-').map(|part| part.trim().parse::<u16>().ok());
    let mut part = || parts.next().flatten().ok_or(DraftFault::NotADay);
    let (day, month, year) = (part()?, part()?, part()?);
    let small = |number: u16| u8::try_from(number).map_err(|_| DraftFault::NoSuchDay);
    let month = Month::try_from(small(month)?).map_err(|_| DraftFault::NoSuchDay)?;
    let day = Date::from_calendar_date(i32::from(year), month, small(day)?)
        .map_err(|_| DraftFault::NoSuchDay)?;
    if may_be_born_on(day, today) { Ok(day) } else { Err(DraftFault::NotABirthDate) }
}

/// Reads the code of a kabupaten/kota.
pub fn read_region(text: &str) -> Option<RegionCode> {
    RegionCode::parse(text).ok().filter(|code| !code.is_province())
}

/// Reads `yes` or `no`.
pub fn read_yes_no(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
