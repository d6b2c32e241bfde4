//! A beneficiary's life after the decree, the household's places, and the card number.

use crate::policy::Named as _;
use crate::policy::named::named_enum;
use crate::reasons::Language;
use crate::time::Timestamp;

named_enum! {
    /// What two officers have found against a beneficiary. Source: programme.md sections 4.1 and 4.5, trigger 3.
    RevocationCause {
        /// A condition of the programme was never met.
        Ineligible = "ineligible",
        /// False data, or somebody else's identity card.
        FalseIdentity = "false_identity",
        /// Somebody else registered or studied for pay (joki).
        Proxy = "proxy",
        /// The checks were tampered with, such as the face check by another program.
        Tampering = "tampering",
        /// The terms of use were broken in another way.
        TermsBroken = "terms_broken",
    }
}

/// Why a place was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationReason {
    /// No first purchase before the deadline.
    PurchaseDeadlineMissed,
    /// For cause.
    ForCause(RevocationCause),
}

impl RevocationReason {
    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::PurchaseDeadlineMissed => "purchase_deadline_missed",
            Self::ForCause(cause) => cause.name(),
        }
    }

    /// The reason of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        let missed = Self::PurchaseDeadlineMissed;
        if code == missed.code() {
            return Some(missed);
        }
        RevocationCause::from_name(code).map(Self::ForCause)
    }

    /// The sentence for the person concerned.
    pub const fn sentence(self, language: Language) -> &'static str {
        let (indonesian, english) = match self {
            Self::PurchaseDeadlineMissed => (
                "Pelatihan pertama tidak dibeli sebelum batas waktu, jadi tempat Anda dialihkan. Aturan program tidak mengizinkan ikut lagi.",
                "No first training was bought before the deadline, so your place went to someone else. The rules do not let you take part again.",
            ),
            Self::ForCause(RevocationCause::Ineligible) => (
                "Kepesertaan Anda dicabut karena satu syarat program ternyata tidak terpenuhi. Bila keliru, ajukan pengaduan dengan bukti.",
                "Your place was revoked because a condition of the programme turned out not to be met. If that is wrong, file a complaint with proof.",
            ),
            Self::ForCause(RevocationCause::FalseIdentity) => (
                "Kepesertaan Anda dicabut karena data atau identitas yang dipakai tidak benar. Bila keliru, ajukan pengaduan dengan KTP dan KK.",
                "Your place was revoked because the data or identity used was not true. If that is wrong, file a complaint with identity card and family card.",
            ),
            Self::ForCause(RevocationCause::Proxy) => (
                "Kepesertaan Anda dicabut karena didaftarkan atau dijalani oleh orang lain (joki). Bila keliru, ajukan pengaduan dengan bukti.",
                "Your place was revoked because somebody else registered or studied in your stead. If that is wrong, file a complaint with proof.",
            ),
            Self::ForCause(RevocationCause::Tampering) => (
                "Kepesertaan Anda dicabut karena pemeriksaan, misalnya swafoto, diakali. Bila keliru, ajukan pengaduan dengan bukti.",
                "Your place was revoked because a check, such as the face check, was tampered with. If that is wrong, file a complaint with proof.",
            ),
            Self::ForCause(RevocationCause::TermsBroken) => (
                "Kepesertaan Anda dicabut karena syarat dan ketentuan dilanggar. Bila keliru, ajukan pengaduan dengan bukti.",
                "Your place was revoked because the terms were broken. If that is wrong, file a complaint with proof.",
            ),
        };
        match language {
            Language::Indonesian => indonesian,
            Language::English => english,
        }
    }
}

/// State of a grant. The further states of programme.md section 4.2 join with their use cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeneficiaryState {
    /// Named in a decree; must buy a first training before `due_at`.
    Appointed {
        /// Exclusive deadline.
        due_at: Timestamp,
    },
    /// Bought a first training: effective.
    Active {
        /// When it was paid.
        activated_at: Timestamp,
    },
    /// Lost the place; no further wave.
    Revoked {
        /// When it was revoked.
        revoked_at: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
}

/// Why a purchase or a revocation is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeneficiaryRefusal {
    /// The deadline has passed.
    #[error("the deadline for the first purchase has passed")]
    DeadlinePassed,
    /// The deadline still runs.
    #[error("the deadline for the first purchase has not passed yet")]
    DeadlineRuns,
    /// The place was lost before.
    #[error("the place has been revoked")]
    Revoked,
    /// A first training was bought before.
    #[error("a first training has been bought already")]
    AlreadyActive,
}

impl BeneficiaryState {
    /// First purchase paid at `paid_at`.
    ///
    /// # Errors
    /// A refusal if the deadline has passed, the place is revoked or a purchase was made before.
    pub fn purchase(self, paid_at: Timestamp) -> Result<Self, BeneficiaryRefusal> {
        match self {
            Self::Appointed { due_at } if paid_at < due_at => {
                Ok(Self::Active { activated_at: paid_at })
            }
            Self::Appointed { .. } => Err(BeneficiaryRefusal::DeadlinePassed),
            Self::Active { .. } => Err(BeneficiaryRefusal::AlreadyActive),
            Self::Revoked { .. } => Err(BeneficiaryRefusal::Revoked),
        }
    }

    /// Loses the place for cause, whether a training was bought or not.
    ///
    /// # Errors
    /// A refusal if revoked before.
    pub fn revoke(
        self,
        cause: RevocationCause,
        revoked_at: Timestamp,
    ) -> Result<Self, BeneficiaryRefusal> {
        match self {
            Self::Appointed { .. } | Self::Active { .. } => {
                Ok(Self::Revoked { revoked_at, reason: RevocationReason::ForCause(cause) })
            }
            Self::Revoked { .. } => Err(BeneficiaryRefusal::Revoked),
        }
    }

    /// Loses the place because the deadline has passed at `now`.
    ///
    /// # Errors
    /// A refusal while the deadline runs, after a purchase, or if revoked before.
    pub fn miss_deadline(self, now: Timestamp) -> Result<Self, BeneficiaryRefusal> {
        match self {
            Self::Appointed { due_at } if due_at <= now => Ok(Self::Revoked {
                revoked_at: now,
                reason: RevocationReason::PurchaseDeadlineMissed,
            }),
            Self::Appointed { .. } => Err(BeneficiaryRefusal::DeadlineRuns),
            Self::Active { .. } => Err(BeneficiaryRefusal::AlreadyActive),
            Self::Revoked { .. } => Err(BeneficiaryRefusal::Revoked),
        }
    }
}

/// The lowest free places of a family card, as many as `wanted`, given the `taken` ones (any order)
/// and the cap; fewer if the cap leaves fewer.
///
/// Source: programme.md section 3.1, at most two beneficiaries a card from 2021; no cap before.
pub fn free_slots(taken: &[u8], wanted: usize, cap: Option<u8>) -> Vec<u8> {
    (1..=cap.unwrap_or(u8::MAX)).filter(|slot| !taken.contains(slot)).take(wanted).collect()
}

/// Numbers of one wave's cards: 16 digits, never 0 first, all different by construction.
///
/// `8`, the wave in four digits, ten digits of a permuted serial, and a Luhn check digit against
/// typing errors. The permutation is affine modulo 10^10 with a secret odd step that is no multiple of
/// five, hence coprime to the modulus, so that one number does not tell its neighbours.
#[derive(Clone, Debug)]
pub struct CardNumbers {
    wave: u16,
    step: u64,
    start: u64,
}

/// Serial numbers a wave can print.
const CARD_SERIALS: u64 = 10_000_000_000;

impl CardNumbers {
    /// From the wave's number and sixteen random bytes.
    pub fn new(wave: crate::wave::WaveNumber, random: [u8; 16]) -> Self {
        let [a, b] = [0, 8].map(|from: usize| {
            random.iter().skip(from).take(8).fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte))
        });
        let mut step = (a % CARD_SERIALS) | 1;
        if step.is_multiple_of(5) {
            step = step.saturating_add(2);
        }
        Self { wave: wave.get(), step, start: b % CARD_SERIALS }
    }

    /// The number of the `serial`-th card of the wave, from 0; `None` beyond ten thousand million.
    pub fn number(&self, serial: u64) -> Option<i64> {
        if serial >= CARD_SERIALS {
            return None;
        }
        let product = u128::from(serial).checked_mul(u128::from(self.step))?;
        let mixed =
            product.checked_add(u128::from(self.start))?.checked_rem(u128::from(CARD_SERIALS))?;
        let body = u64::from(self.wave)
            .checked_add(80_000)?
            .checked_mul(CARD_SERIALS)?
            .checked_add(u64::try_from(mixed).ok()?)?;
        let number = body.checked_mul(10)?.checked_add(u64::from(luhn_digit(body)))?;
        i64::try_from(number).ok()
    }
}

/// Luhn check digit of a number without it (ISO/IEC 7812-1 annex B).
fn luhn_digit(body: u64) -> u8 {
    let mut rest = body;
    let mut sum = 0u64;
    let mut double = true;
    while rest > 0 {
        let digit = rest % 10;
        let part = if double { digit.saturating_mul(2) } else { digit };
        sum = sum.saturating_add(part / 10).saturating_add(part % 10);
        double = !double;
        rest /= 10;
    }
    u8::try_from(10u64.saturating_sub(sum % 10) % 10).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::wave::WaveNumber;

    /// All transitions of the state machine, at the instant before and at the deadline.
    #[test]
    fn transitions() {
        use BeneficiaryRefusal as R;
        let at = Timestamp::from_micros;
        let appointed = BeneficiaryState::Appointed { due_at: at(100) };
        let active = BeneficiaryState::Active { activated_at: at(50) };
        let revoked = BeneficiaryState::Revoked {
            revoked_at: at(100),
            reason: RevocationReason::PurchaseDeadlineMissed,
        };
        let cases = [
            (
                appointed,
                99,
                Ok(BeneficiaryState::Active { activated_at: at(99) }),
                Err(R::DeadlineRuns),
            ),
            (appointed, 100, Err(R::DeadlinePassed), Ok(revoked)),
            (active, 100, Err(R::AlreadyActive), Err(R::AlreadyActive)),
            (revoked, 200, Err(R::Revoked), Err(R::Revoked)),
        ];
        for (state, now, purchase, miss) in cases {
            assert_eq!(state.purchase(at(now)), purchase);
            assert_eq!(state.miss_deadline(at(now)), miss);
            for cause in RevocationCause::ALL.iter().copied() {
                let lost = BeneficiaryState::Revoked {
                    revoked_at: at(now),
                    reason: RevocationReason::ForCause(cause),
                };
                let expected = if state == revoked { Err(R::Revoked) } else { Ok(lost) };
                assert_eq!(state.revoke(cause, at(now)), expected);
            }
        }
    }

    /// Every reason has a code of its own that reads back, and sentences that differ.
    #[test]
    fn reasons() {
        let causes = RevocationCause::ALL.iter().copied().map(RevocationReason::ForCause);
        let all: Vec<_> =
            [RevocationReason::PurchaseDeadlineMissed].into_iter().chain(causes).collect();
        let mut said = BTreeSet::new();
        for reason in &all {
            assert_eq!(RevocationReason::from_code(reason.code()), Some(*reason));
            for language in [Language::Indonesian, Language::English] {
                said.insert(reason.sentence(language));
            }
        }
        assert_eq!(said.len(), all.len() * 2);
    }

    /// Freed places are given out again, lowest first, never above the cap.
    #[test]
    fn slots() {
        let cases: [(&[u8], usize, Option<u8>, &[u8]); 5] = [
            (&[], 2, Some(2), &[1, 2]),
            (&[2], 1, Some(2), &[1]),
            (&[1, 2], 1, Some(2), &[]),
            (&[1, 2, 3], 1, Some(2), &[]),
            (&[1, 3], 2, None, &[2, 4]),
        ];
        for (taken, wanted, cap, free) in cases {
            assert_eq!(free_slots(taken, wanted, cap), free);
        }
    }

    /// Numbers are 16 digits, pass the Luhn test and differ, for awkward random bytes too.
    #[test]
    fn card_numbers() {
        for random in [[0; 16], [255; 16], [4; 16]] {
            let numbers = CardNumbers::new(WaveNumber::new(72).expect("wave"), random);
            let all: BTreeSet<i64> =
                (0..5000).map(|serial| numbers.number(serial).expect("in range")).collect();
            assert_eq!(all.len(), 5000);
            assert!(all.iter().all(|number| number.to_string().len() == 16));
            let luhn = |number: &i64| {
                let body = u64::try_from(number / 10).expect("positive");
                i64::from(luhn_digit(body)) == number % 10
            };
            assert!(all.iter().all(luhn));
        }
        assert_eq!(luhn_digit(7_992_739_871), 3);
    }
}
