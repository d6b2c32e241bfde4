//! What was decided about a member of a wave, with a sentence for the person concerned.

use crate::policy::named::named_enum;
use crate::reasons::Language;

named_enum! {
    /// Outcome of a membership. Source: design.md section 4, `Decision`.
    DecisionOutcome {
        /// Kept out before the draw by a rule.
        Ineligible = "ineligible",
        /// Passed over because the family card was full.
        HouseholdCap = "household_cap",
        /// In the draw, without a seat.
        NotSelected = "not_selected",
        /// In the draw, next in line for a seat.
        Waitlisted = "waitlisted",
        /// Has a seat.
        Selected = "selected",
    }
}

impl DecisionOutcome {
    /// The sentence for the person concerned. An ineligible member is told the rule as well.
    pub const fn sentence(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Ineligible, Language::Indonesian) => {
                "Anda tidak ikut diundi karena satu syarat belum terpenuhi."
            }
            (Self::Ineligible, Language::English) => {
                "You were not in the draw because one condition was not met."
            }
            (Self::HouseholdCap, Language::Indonesian) => {
                "Jumlah penerima pada kartu keluarga Anda sudah mencapai batas pada undian ini. Anda dapat ikut gelombang berikutnya bila ada tempat."
            }
            (Self::HouseholdCap, Language::English) => {
                "In this draw your family card had reached its limit of beneficiaries. You can join the next wave if a place is left."
            }
            (Self::NotSelected, Language::Indonesian) => {
                "Anda ikut diundi dan belum terpilih. Anda dapat ikut gelombang berikutnya dengan peluang yang sama."
            }
            (Self::NotSelected, Language::English) => {
                "You were in the draw and were not selected. You can join the next wave with the same chances."
            }
            (Self::Waitlisted, Language::Indonesian) => {
                "Anda ikut diundi dan berada dalam daftar tunggu."
            }
            (Self::Waitlisted, Language::English) => {
                "You were in the draw and are on the waiting list."
            }
            (Self::Selected, Language::Indonesian) => {
                "Anda terpilih. Beli pelatihan pertama sebelum batas waktu, atau tempat Anda dialihkan."
            }
            (Self::Selected, Language::English) => {
                "You were selected. Buy a first training before the deadline, or your place goes to someone else."
            }
        }
    }
}
