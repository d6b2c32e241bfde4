//! Appeals against the decision of a wave: who may file one, until when, and what it comes to.

use crate::decision::DecisionOutcome;
use crate::eligibility::Rule;
use crate::policy::named::named_enum;
use crate::reasons::Language;
use crate::time::Timestamp;
use crate::wave::WaveState;

/// Days after the decree in which an appeal may be filed; no wave is settled before.
/// Source: assumed; programme.md section 14 asks for a time limit.
const FILING_DAYS: i64 = 14;
/// Days after those for filing within which appeals are to be answered: some answers are given only once all
/// appeals are known. Source: assumed.
pub const ANSWER_DAYS: i64 = 14;

named_enum! {
    /// What a person holds against a decision. A choice and no free text: who the person is stays sealed, and
    /// evidence goes to the register that is wrong.
    AppealGround {
        /// A register had wrong or old data about the person.
        RegisterWrong = "register_wrong",
        /// The person was counted to a family card that is not theirs, or its places were counted wrongly.
        FamilyCardWrong = "family_card_wrong",
        /// A register gave no answer in time.
        RegisterSilent = "register_silent",
    }
}

named_enum! {
    /// What an appeal comes to.
    AppealAnswer {
        /// The decision was wrong: the person is appointed beside those who were drawn.
        Granted = "granted",
        /// The data were looked at again and agree with the decision.
        DecisionStands = "decision_stands",
        /// The decision was wrong, and the ticket is behind those that were drawn all the same.
        TicketBehind = "ticket_behind",
        /// The decision was wrong, and no seat of the region waits.
        NoSeat = "no_seat",
    }
}

impl AppealAnswer {
    /// The sentence for the person concerned.
    pub const fn sentence(self, language: Language) -> &'static str {
        let (indonesian, english) = match self {
            Self::Granted => (
                "Keberatan Anda diterima. Anda menjadi penerima; beli pelatihan pertama sebelum batas waktu.",
                "Your appeal is granted. You are a beneficiary; buy a first training before the deadline.",
            ),
            Self::DecisionStands => (
                "Data Anda diperiksa lagi dan sesuai dengan keputusan itu. Anda dapat memperbaiki data, lalu ikut gelombang berikutnya.",
                "Your data were checked again and agree with the decision. You can have them corrected and join the next wave.",
            ),
            Self::TicketBehind => (
                "Anda seharusnya ikut diundi, tetapi nomor undian Anda tetap di belakang nomor yang terpilih. Anda dapat ikut gelombang berikutnya.",
                "You should have been in the draw, but your ticket is behind those that were drawn. You can join the next wave.",
            ),
            Self::NoSeat => (
                "Anda seharusnya ikut diundi, tetapi tidak ada tempat yang tersisa di daerah Anda. Anda dapat ikut gelombang berikutnya.",
                "You should have been in the draw, but no place is left in your region. You can join the next wave.",
            ),
        };
        match language {
            Language::Indonesian => indonesian,
            Language::English => english,
        }
    }
}

/// Why an appeal is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilingRefusal {
    /// The person did not join the wave, or took the join back.
    #[error("the person has no decision in this wave")]
    NoDecision,
    /// The wave is not announced yet, or was cancelled.
    #[error("the decisions of this wave are not announced")]
    NotAnnounced,
    /// The days for filing are over, or the wave is settled.
    #[error("the time for an appeal has passed")]
    TooLate,
    /// The person was selected.
    #[error("the person was selected, so there is nothing to appeal against")]
    Selected,
    /// The person was in the draw, which anybody can recompute and nobody may correct.
    #[error("the draw itself decided, and it is not changed")]
    Drawn,
    /// An appeal waits, or was granted.
    #[error("the person has an appeal in this wave already")]
    Filed,
}

impl FilingRefusal {
    /// Every refusal.
    pub const ALL: [Self; 6] = [
        Self::NoDecision,
        Self::NotAnnounced,
        Self::TooLate,
        Self::Selected,
        Self::Drawn,
        Self::Filed,
    ];

    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoDecision => "no_decision",
            Self::NotAnnounced => "not_announced",
            Self::TooLate => "appeal_too_late",
            Self::Selected => "appeal_selected",
            Self::Drawn => "appeal_drawn",
            Self::Filed => "appeal_filed",
        }
    }

    /// The sentence for the person concerned.
    pub const fn sentence(self, language: Language) -> &'static str {
        let (indonesian, english) = match self {
            Self::NoDecision => (
                "Anda tidak tercatat dengan keputusan pada gelombang ini, jadi tidak ada yang dapat diajukan keberatan.",
                "You have no decision in this wave, so there is nothing to appeal against.",
            ),
            Self::NotAnnounced => (
                "Hasil gelombang ini belum diumumkan. Ajukan keberatan setelah pengumuman.",
                "The results of this wave are not announced. File the appeal after they are.",
            ),
            Self::TooLate => (
                "Batas waktu keberatan untuk gelombang ini sudah lewat. Anda dapat ikut gelombang berikutnya.",
                "The time for appeals in this wave has passed. You can join the next wave.",
            ),
            Self::Selected => (
                "Anda terpilih pada gelombang ini, jadi keberatan tidak diperlukan.",
                "You were selected in this wave, so no appeal is needed.",
            ),
            Self::Drawn => (
                "Anda ikut diundi, dan hasil undian tidak diubah; siapa pun dapat menghitungnya kembali. Anda dapat ikut gelombang berikutnya dengan peluang yang sama.",
                "You were in the draw, and its result is not changed; anybody can recompute it. You can join the next wave with the same chances.",
            ),
            Self::Filed => (
                "Anda sudah mengajukan keberatan untuk gelombang ini. Lihat jawabannya pada data diri Anda.",
                "You have filed an appeal in this wave. Its answer stands with your own data.",
            ),
        };
        match language {
            Language::Indonesian => indonesian,
            Language::English => english,
        }
    }
}

/// What the filing of an appeal is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilingFacts {
    /// State of the wave.
    pub wave: WaveState,
    /// The decision, if there is one.
    pub outcome: Option<DecisionOutcome>,
    /// An appeal of the person in this wave is open or was granted.
    pub filed: bool,
}

/// First instant at which no appeal is taken any more against the decisions announced at `appointed_at`.
pub const fn filing_ends(appointed_at: Timestamp) -> Timestamp {
    appointed_at.plus_days(FILING_DAYS)
}

/// Why no appeal is taken against an outcome, if none is.
pub const fn refuse_outcome(outcome: DecisionOutcome) -> Option<FilingRefusal> {
    match outcome {
        DecisionOutcome::Selected => Some(FilingRefusal::Selected),
        DecisionOutcome::NotSelected | DecisionOutcome::Waitlisted => Some(FilingRefusal::Drawn),
        DecisionOutcome::Ineligible | DecisionOutcome::HouseholdCap => None,
    }
}

/// When an appeal filed at `now` is to be answered, or why it is not taken.
///
/// # Errors
/// [`FilingRefusal`].
pub fn may_file(facts: &FilingFacts, now: Timestamp) -> Result<Timestamp, FilingRefusal> {
    let appointed_at = match facts.wave {
        WaveState::Appointed { appointed_at } => appointed_at,
        WaveState::Settled { .. } => return Err(FilingRefusal::TooLate),
        WaveState::Draft
        | WaveState::Open { .. }
        | WaveState::Closed { .. }
        | WaveState::Frozen { .. }
        | WaveState::Drawn { .. }
        | WaveState::Cancelled { .. } => return Err(FilingRefusal::NotAnnounced),
    };
    let Some(outcome) = facts.outcome else { return Err(FilingRefusal::NoDecision) };
    if let Some(refusal) = refuse_outcome(outcome) {
        return Err(refusal);
    }
    if facts.filed {
        return Err(FilingRefusal::Filed);
    }
    let until = filing_ends(appointed_at);
    if now >= until {
        return Err(FilingRefusal::TooLate);
    }
    Ok(until.plus_days(ANSWER_DAYS))
}

/// Why an appeal cannot be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantBar {
    /// A rule is still broken by what is known now.
    #[error("the rule {} still keeps the person out; have the answer of its register corrected first", .0.code())]
    Rule(Rule),
    /// The person has stated another family card, birth date or region since the decree, so what was stated at the
    /// join, by which a grant would go, was not so.
    #[error(
        "the person has corrected family card, birth date or region since, so the decision cannot be made good by what was stated at the join; answer decision_stands"
    )]
    Restated,
    /// The person would not have been drawn either.
    #[error("the ticket of the person is behind those that were drawn; answer ticket_behind")]
    TicketBehind,
    /// No seat of the region waits in the pool.
    #[error(
        "no seat of the person's region waits in the pool; answer no_seat, or wait until one comes free"
    )]
    NoSeat,
}

impl GrantBar {
    /// A stable code for programs.
    pub fn code(self) -> String {
        match self {
            Self::Rule(rule) => rule.code(),
            Self::Restated => "statement_changed".to_owned(),
            Self::TicketBehind => "ticket_behind".to_owned(),
            Self::NoSeat => "no_seat".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::Named as _;

    /// Every outcome and state, and the edges of the time; all appeals of a wave are due at one instant.
    #[test]
    fn filing() {
        use DecisionOutcome as D;
        use FilingRefusal as R;
        let at = Timestamp::from_micros(0);
        let late = filing_ends(at);
        let good = FilingFacts {
            wave: WaveState::Appointed { appointed_at: at },
            outcome: Some(D::Ineligible),
            filed: false,
        };
        let with = |outcome| FilingFacts { outcome, ..good };
        let cases = [
            (good, at, None),
            (good, late.minus_micros(1), None),
            (good, late, Some(R::TooLate)),
            (with(Some(D::HouseholdCap)), at, None),
            (with(Some(D::Selected)), at, Some(R::Selected)),
            (with(Some(D::NotSelected)), at, Some(R::Drawn)),
            (with(Some(D::Waitlisted)), at, Some(R::Drawn)),
            (with(None), at, Some(R::NoDecision)),
            (FilingFacts { filed: true, ..good }, late, Some(R::Filed)),
            (
                FilingFacts { wave: WaveState::Drawn { drawn_at: at }, ..good },
                at,
                Some(R::NotAnnounced),
            ),
            (
                FilingFacts { wave: WaveState::Settled { settled_at: at }, ..good },
                at,
                Some(R::TooLate),
            ),
        ];
        for (facts, now, refusal) in cases {
            let due = refusal.map_or(Ok(late.plus_days(14)), Err);
            assert_eq!(may_file(&facts, now), due, "{facts:?}");
        }
    }

    /// Codes and sentences all differ.
    #[test]
    fn words() {
        let mut said = BTreeSet::new();
        for language in [Language::Indonesian, Language::English] {
            said.extend(AppealAnswer::ALL.iter().map(|answer| answer.sentence(language)));
            said.extend(FilingRefusal::ALL.iter().map(|refusal| refusal.sentence(language)));
        }
        assert_eq!(said.len(), 2 * (AppealAnswer::ALL.len() + FilingRefusal::ALL.len()));
        let codes: BTreeSet<_> = FilingRefusal::ALL.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(codes.len(), FilingRefusal::ALL.len());
    }
}
