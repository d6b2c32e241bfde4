//! What a person states about herself, as far as it may be corrected: which fields count where, what keeps one as
//! it is, and how often one may try.

pub mod nik;

use self::nik::NikRefusal;
use crate::checks::{ASKED, Register};
use crate::eligibility::CheckKind;
use crate::notice::text::until;
use crate::policy::named::named_enum;
use crate::reasons::Language;
use crate::time::Timestamp;
use crate::wave::WaveNumber;

named_enum! {
    /// A field that may be corrected; the NIK by rules of its own, since it says who the person is.
    StatementField {
        /// Person number.
        Nik = "nik",
        /// Family card.
        FamilyCard = "family_card",
        /// Name.
        Name = "name",
        /// Birth date.
        BornOn = "born_on",
        /// Mobile number.
        Phone = "phone",
        /// E-mail address.
        Email = "email",
        /// Sex.
        Sex = "sex",
        /// Last education completed.
        Education = "education",
        /// Work situation.
        Employment = "employment",
        /// Regency of the family card.
        Region = "region",
        /// States a disability.
        Disability = "disability",
    }
}

impl StatementField {
    /// True if a draw goes by it: a membership keeps it as it was at the join.
    pub const fn counts_in_draw(self) -> bool {
        match self {
            Self::Nik | Self::FamilyCard | Self::BornOn | Self::Region => true,
            Self::Name
            | Self::Phone
            | Self::Email
            | Self::Sex
            | Self::Education
            | Self::Employment
            | Self::Disability => false,
        }
    }

    /// True if the population register compares it; the other registers are asked by the NIK alone.
    pub const fn is_compared(self) -> bool {
        match self {
            Self::Nik | Self::FamilyCard | Self::Name | Self::BornOn => true,
            Self::Phone
            | Self::Email
            | Self::Sex
            | Self::Education
            | Self::Employment
            | Self::Region
            | Self::Disability => false,
        }
    }
}

/// The checks that are to be asked again once these fields have changed: all of them if it is the NIK, by which every
/// register finds the person.
pub fn checks_about(changed: &[StatementField]) -> &'static [CheckKind] {
    if changed.contains(&StatementField::Nik) {
        return ASKED;
    }
    if changed.iter().any(|field| field.is_compared()) { Register::Population.kinds() } else { &[] }
}

/// What a statement is bound by at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatementBounds {
    /// The wave joined and not decreed yet whose results come last, and when they do.
    pub running: Option<(WaveNumber, Timestamp)>,
    /// A grant holds a place of the family card.
    pub holds_place: bool,
}

/// Why a field stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionRefusal {
    /// A draw that is still to come goes by what was stated at the join.
    #[error("family card, birth date and region stay as they are until the decree of {wave:?}")]
    WaveRuns {
        /// The wave.
        wave: WaveNumber,
        /// When its results are announced.
        results_at: Timestamp,
    },
    /// The place would stand on another card than the person's.
    #[error("the family card stays as it is while a grant holds a place of it")]
    PlaceHeld,
    /// NIK and family card would be one number, which they never are.
    #[error("the number of the family card is not the NIK")]
    CardIsNik,
    /// Something rests on the NIK.
    #[error(transparent)]
    Nik(#[from] NikRefusal),
}

impl CorrectionRefusal {
    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::WaveRuns { .. } => "statement_in_wave",
            Self::PlaceHeld => "family_card_in_use",
            Self::CardIsNik => "family_card_is_nik",
            Self::Nik(refusal) => refusal.code(),
        }
    }

    /// The sentence for the person concerned.
    pub fn sentence(self, language: Language) -> String {
        match (self, language) {
            (Self::Nik(refusal), _) => refusal.sentence(language),
            (Self::WaveRuns { wave, results_at }, Language::Indonesian) => format!(
                "Anda ikut Gelombang {wave}, dan undiannya memakai kartu keluarga, tanggal lahir, dan kabupaten/kota seperti saat Anda ikut. Ketiganya tidak dapat diubah sampai hasilnya diumumkan, menurut jadwal sampai {}. Isian lain dapat diubah sekarang.",
                until(results_at, language)
            ),
            (Self::WaveRuns { wave, results_at }, Language::English) => format!(
                "You are a member of wave {wave}, and its draw goes by family card, birth date and kabupaten/kota as they were when you joined. They stay as they are until the results are announced, by the calendar until {}. Other fields can be changed now.",
                until(results_at, language)
            ),
            (Self::CardIsNik, Language::Indonesian) => {
                "NIK dan nomor KK selalu berbeda. Nomor KK, 16 angka, ada di bagian atas Kartu Keluarga; NIK ada di KTP."
                    .to_owned()
            }
            (Self::CardIsNik, Language::English) => {
                "NIK and family card number always differ. The family card number, 16 digits, is at the top of the family card; the NIK is on the KTP."
                    .to_owned()
            }
            (Self::PlaceHeld, Language::Indonesian) => {
                "Kepesertaan Anda memakai satu tempat pada kartu keluarga ini, jadi nomor KK tidak dapat diubah selama itu. Bila KK Anda memang berganti, hubungi pengelola program."
                    .to_owned()
            }
            (Self::PlaceHeld, Language::English) => {
                "Your grant holds a place of this family card, so its number cannot be changed meanwhile. If you have another card now, write to the programme."
                    .to_owned()
            }
        }
    }
}

/// Why these fields may not change, if so. Design.md section 4: a membership is a snapshot of the join, and a live
/// grant holds a place of its household.
pub fn refuse_correction(
    changed: &[StatementField],
    bounds: &StatementBounds,
) -> Option<CorrectionRefusal> {
    let is_drawn_by = changed.iter().any(|field| field.counts_in_draw());
    if let Some((wave, results_at)) = bounds.running.filter(|_| is_drawn_by) {
        return Some(CorrectionRefusal::WaveRuns { wave, results_at });
    }
    let moves_card = changed.contains(&StatementField::FamilyCard);
    (moves_card && bounds.holds_place).then_some(CorrectionRefusal::PlaceHeld)
}

/// Whose tries are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryHolder {
    /// An account, or a person who states her own data. Five a day: assumed, as for codes by e-mail (programme.md
    /// section 4.1, row 2). No honest person states a card, name or birth date more often, and nobody finds one out
    /// in so few.
    Party,
    /// All accounts of one network at one person. Several times as many, since a house, an office or a carrier is one
    /// network, and a stranger's account there must not use up the rightful claim.
    Network,
    /// All accounts and networks at one person. A hundred a day, so that it takes twenty accounts to block the
    /// rightful claim, and many together find nothing out: the number of a family card alone has a day of issue
    /// (20 years, 7,300 days) and a serial (50 a day and more), 365,000 ways and more when the district is known,
    /// which take 10 years at this rate.
    Everybody,
}

impl TryHolder {
    const fn tries_max(self) -> u8 {
        match self {
            Self::Party => 5,
            Self::Network => 25,
            Self::Everybody => 100,
        }
    }
}

/// Tries at data that are compared with what a register or we hold, since the first of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementTries {
    /// Tries taken, from 1 to the bound of the holder.
    pub taken: u8,
    /// When the first was.
    pub since: Timestamp,
}

/// No try is taken before this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many tries; none is taken before {until}")]
pub struct TriesOver {
    /// First instant at which a try is taken again.
    pub until: Timestamp,
}

impl StatementTries {
    /// The tries of a holder after one more than `before`.
    ///
    /// # Errors
    /// [`TriesOver`] if the day has had all of them.
    pub fn take(
        before: Option<Self>,
        holder: TryHolder,
        now: Timestamp,
    ) -> Result<Self, TriesOver> {
        match before.map(|tries| (tries, tries.since.plus_days(1))) {
            Some((tries, until)) if now < until && tries.taken >= holder.tries_max() => {
                Err(TriesOver { until })
            }
            Some((tries, until)) if now < until => {
                Ok(Self { taken: tries.taken.saturating_add(1), since: tries.since })
            }
            Some(_) | None => Ok(Self { taken: 1, since: now }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Named as _;

    /// Each field by what binds it, and by what is asked again once it has changed.
    #[test]
    fn bounds() {
        use StatementField as F;
        let results_at = Timestamp::from_micros(0);
        let wave = WaveNumber::new(48).expect("a number");
        let runs = CorrectionRefusal::WaveRuns { wave, results_at };
        let free = StatementBounds::default();
        let running = StatementBounds { running: Some((wave, results_at)), ..free };
        let held = StatementBounds { holds_place: true, ..free };
        for field in F::ALL {
            let drawn = matches!(field, F::Nik | F::FamilyCard | F::BornOn | F::Region);
            assert_eq!(refuse_correction(&[*field], &free), None);
            assert_eq!(refuse_correction(&[*field], &running), drawn.then_some(runs));
            let place = (*field == F::FamilyCard).then_some(CorrectionRefusal::PlaceHeld);
            assert_eq!(refuse_correction(&[*field], &held), place);
            let asked = matches!(field, F::FamilyCard | F::Name | F::BornOn);
            let kinds = [CheckKind::PopulationRegister, CheckKind::Citizenship];
            let expected = if asked { &kinds[..] } else { &[] };
            let expected = if *field == F::Nik { ASKED } else { expected };
            assert_eq!(checks_about(&[*field]), expected);
        }
        assert_eq!(refuse_correction(&[F::Phone, F::Region], &running), Some(runs));
        assert_eq!(refuse_correction(&[], &running), None);
    }

    /// Each refusal says something in each language, and until when.
    #[test]
    fn words() {
        let wave = WaveNumber::new(48).expect("a number");
        let results_at = Timestamp::from_micros(1_000_000);
        for refusal in [
            CorrectionRefusal::WaveRuns { wave, results_at },
            CorrectionRefusal::PlaceHeld,
            CorrectionRefusal::CardIsNik,
        ] {
            let [id, en] = [Language::Indonesian, Language::English].map(|l| refusal.sentence(l));
            assert!(id != en && id.ends_with('.') && en.ends_with('.'), "{id} {en}");
        }
        let runs = CorrectionRefusal::WaveRuns { wave, results_at };
        let said = runs.sentence(Language::Indonesian);
        assert!(said.contains("sampai 1 Januari 1970 pukul 07.00 WIB."), "{said}");
    }

    /// So many tries a day as the holder has, counted from the first; the next is told when the day is over.
    #[test]
    fn so_many_a_day() {
        let start = Timestamp::from_micros(7);
        for (holder, max) in
            [(TryHolder::Party, 5), (TryHolder::Network, 25), (TryHolder::Everybody, 100)]
        {
            let mut tries = None;
            for taken in 1..=max {
                let now = start.plus_micros(taken);
                let next = StatementTries::take(tries, holder, now).expect("not over");
                assert_eq!(i64::from(next.taken), taken);
                tries = Some(next);
            }
            let until = start.plus_micros(1).plus_days(1);
            let last = until.minus_micros(1);
            assert_eq!(StatementTries::take(tries, holder, last), Err(TriesOver { until }));
            let again = StatementTries { taken: 1, since: until };
            assert_eq!(StatementTries::take(tries, holder, until), Ok(again));
        }
    }
}
