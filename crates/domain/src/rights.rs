//! The rights of persons over their data (UU 27/2022 articles 5 to 13): requests, their state, and until when each is
//! answered.

use crate::notice::text::until;
use crate::policy::named::named_enum;
use crate::reasons::Language;
use crate::statement::StatementBounds;
use crate::time::Timestamp;
use crate::wave::WaveNumber;

/// One hour in microseconds.
const HOUR: i64 = 3600 * 1_000_000;
/// Hours in which every request is answered: 3 x 24 (UU 27/2022 articles 30, 32, 40 and 41).
pub const ANSWER_HOURS: i64 = 72;
/// Hours in which an erasure can be taken back, so that nobody is erased by a hasty tap or by whoever holds the phone
/// for a moment; well inside [`ANSWER_HOURS`]. Source: assumed.
pub const COOLING_HOURS: i64 = 24;
/// Hours before its time at which somebody must look at a request. Source: assumed.
pub const NEAR_HOURS: i64 = 24;
/// Copies of the data that one account is given within a day. Source: assumed, as codes by e-mail (programme.md section
/// 4.1, row 2).
pub const COPIES_MAX: u64 = 5;

named_enum! {
    /// What is asked for.
    RequestKind {
        /// A copy of everything that is held.
        Access = "access",
        /// That something is corrected.
        Correction = "correction",
        /// That a consent counts no more.
        Withdrawal = "withdrawal",
        /// That everything is erased.
        Erasure = "erasure",
    }
}

named_enum! {
    /// State of a request.
    RequestState {
        /// It waits for its time.
        Received = "received",
        /// It is done.
        Done = "done",
        /// It was not done, and the person was told why.
        Refused = "refused",
        /// The person wants it no more.
        TakenBack = "taken_back",
    }
}

named_enum! {
    /// What can happen to a request.
    RequestEvent {
        /// It is done.
        Fulfil = "fulfil",
        /// It cannot be done now.
        Refuse = "refuse",
        /// The person takes it back.
        TakeBack = "take_back",
    }
}

/// An event that the present state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request that is {from:?} is over: {event:?} changes nothing")]
pub struct InvalidRequestEvent {
    /// The present state.
    pub from: RequestState,
    /// The event refused.
    pub event: RequestEvent,
}

impl RequestState {
    /// The state after `event`: what is over stays as it is.
    ///
    /// # Errors
    /// [`InvalidRequestEvent`] if the request is over.
    pub const fn apply(self, event: RequestEvent) -> Result<Self, InvalidRequestEvent> {
        match (self, event) {
            (Self::Received, RequestEvent::Fulfil) => Ok(Self::Done),
            (Self::Received, RequestEvent::Refuse) => Ok(Self::Refused),
            (Self::Received, RequestEvent::TakeBack) => Ok(Self::TakenBack),
            (
                Self::Done | Self::Refused | Self::TakenBack,
                RequestEvent::Fulfil | RequestEvent::Refuse | RequestEvent::TakeBack,
            ) => Err(InvalidRequestEvent { from: self, event }),
        }
    }
}

/// First instant at which the answer to a request is late.
pub const fn answer_due(received_at: Timestamp) -> Timestamp {
    received_at.plus_micros(ANSWER_HOURS.saturating_mul(HOUR))
}

/// When an erasure is done, unless it is taken back before.
pub const fn erased_at(received_at: Timestamp) -> Timestamp {
    received_at.plus_micros(COOLING_HOURS.saturating_mul(HOUR))
}

/// Requests that are due before this instant are near their time.
pub const fn near(now: Timestamp) -> Timestamp {
    now.plus_micros(NEAR_HOURS.saturating_mul(HOUR))
}

/// Why a person is not erased now. The programme acts by public duty while it decides and gives (article 20): what it
/// decides on must be there, and what it gave must be accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErasureRefusal {
    /// A wave that the person joined has no decree yet.
    #[error("nobody is erased who is a member of {wave:?} before its decree")]
    WaveRuns {
        /// The wave.
        wave: WaveNumber,
        /// When its results are announced.
        results_at: Timestamp,
    },
    /// A grant holds a place.
    #[error("nobody is erased whose grant holds a place")]
    PlaceHeld,
    /// An appeal waits for its answer.
    #[error("nobody is erased whose appeal waits for an answer")]
    AppealOpen,
}

impl ErasureRefusal {
    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::WaveRuns { .. } => "erasure_in_wave",
            Self::PlaceHeld => "erasure_place_held",
            Self::AppealOpen => "erasure_appeal_open",
        }
    }

    /// The sentence for the person concerned.
    pub fn sentence(self, language: Language) -> String {
        match (self, language) {
            (Self::WaveRuns { wave, results_at }, Language::Indonesian) => format!(
                "Anda ikut Gelombang {wave} yang belum diputuskan, dan undian memakai data Anda. Penghapusan dapat diminta setelah hasilnya diumumkan, menurut jadwal mulai {}. Selama gelombang masih dibuka, Anda dapat membatalkan keikutsertaan lebih dahulu.",
                until(results_at.plus_micros(1), language)
            ),
            (Self::WaveRuns { wave, results_at }, Language::English) => format!(
                "You are a member of wave {wave}, which is not decided yet, and its draw goes by your data. You can ask for erasure once the results are announced, by the calendar from {}. While the wave is open you can take your join back first.",
                until(results_at.plus_micros(1), language)
            ),
            (Self::PlaceHeld, Language::Indonesian) => {
                "Anda penerima bantuan dan kepesertaan Anda masih memakai satu tempat. Program wajib mempertanggungjawabkan dana itu, jadi data Anda belum dapat dihapus. Minta kembali setelah kepesertaan Anda berakhir."
                    .to_owned()
            }
            (Self::PlaceHeld, Language::English) => {
                "You are a beneficiary and your grant still holds a place. The programme has to account for that money, so your data cannot be erased yet. Ask again once your grant has ended."
                    .to_owned()
            }
            (Self::AppealOpen, Language::Indonesian) => {
                "Keberatan Anda masih menunggu jawaban, dan jawabannya memakai data Anda. Minta kembali setelah keberatan dijawab."
                    .to_owned()
            }
            (Self::AppealOpen, Language::English) => {
                "Your appeal still waits for its answer, which goes by your data. Ask again once it is answered."
                    .to_owned()
            }
        }
    }
}

/// Why a person may not be erased now, if so.
pub const fn refuse_erasure(
    bounds: &StatementBounds,
    appeals_open: usize,
) -> Option<ErasureRefusal> {
    if let Some((wave, results_at)) = bounds.running {
        return Some(ErasureRefusal::WaveRuns { wave, results_at });
    }
    if bounds.holds_place {
        return Some(ErasureRefusal::PlaceHeld);
    }
    if appeals_open > 0 { Some(ErasureRefusal::AppealOpen) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Named as _;

    /// Compares the code with the table in docs/ARCHITECTURE.md over all (state, event) pairs.
    #[test]
    fn table_in_the_docs_is_the_code() {
        let docs = include_str!("../../../docs/ARCHITECTURE.md");
        let mut lines = String::new();
        for state in RequestState::ALL {
            let cells: Vec<&str> = RequestEvent::ALL
                .iter()
                .map(|event| state.apply(*event).map_or("-", |next| next.name()))
                .collect();
            lines.push_str(&format!("| {} | {} |\n", state.name(), cells.join(" | ")));
        }
        assert!(docs.contains(&lines), "docs/ARCHITECTURE.md lacks the table:\n{lines}");
    }

    /// An erasure can be taken back for a day and is done long before its time.
    #[test]
    fn times() {
        let at = Timestamp::from_micros(5);
        assert_eq!(answer_due(at), at.plus_days(3));
        assert_eq!(erased_at(at), at.plus_days(1));
        assert!(near(erased_at(at)) < answer_due(at), "who is erased in time never comes near");
    }

    /// A wave that runs comes first, since that is over first; each refusal says something in each language.
    #[test]
    fn refusals() {
        let wave = WaveNumber::new(48).expect("a number");
        let results_at = Timestamp::from_micros(0);
        let runs = StatementBounds { running: Some((wave, results_at)), holds_place: true };
        let held = StatementBounds { running: None, holds_place: true };
        let free = StatementBounds::default();
        let found = [(runs, 1), (held, 1), (free, 1)].map(|(b, open)| refuse_erasure(&b, open));
        let wanted = [
            ErasureRefusal::WaveRuns { wave, results_at },
            ErasureRefusal::PlaceHeld,
            ErasureRefusal::AppealOpen,
        ];
        assert_eq!(found, wanted.map(Some));
        assert_eq!(refuse_erasure(&free, 0), None);
        for refusal in wanted {
            let [id, en] = [Language::Indonesian, Language::English].map(|l| refusal.sentence(l));
            assert!(id != en && id.ends_with('.') && en.ends_with('.'), "{id} {en}");
        }
        let said = wanted[0].sentence(Language::Indonesian);
        assert!(said.contains("mulai 1 Januari 1970 pukul 07.00 WIB."), "{said}");
    }
}
