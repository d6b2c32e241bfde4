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

named_enum! {
    /// Why the draw left somebody without a seat, where seats are set apart.
    DrawReason {
        /// All seats that were open to the person went to smaller tickets.
        SeatsFilled = "seats_filled",
        /// So did those set apart for classes of the person.
        ReservedSeatsFilled = "reserved_seats_filled",
    }
}

impl DrawReason {
    /// The sentence for the person concerned.
    pub const fn sentence(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::SeatsFilled, Language::Indonesian) => {
                "Semua kursi yang terbuka bagi Anda di daerah Anda jatuh pada nomor undian yang lebih kecil."
            }
            (Self::SeatsFilled, Language::English) => {
                "All seats open to you in your region went to smaller tickets."
            }
            (Self::ReservedSeatsFilled, Language::Indonesian) => {
                "Semua kursi di daerah Anda, termasuk yang disediakan bagi kelompok Anda, jatuh pada nomor undian yang lebih kecil."
            }
            (Self::ReservedSeatsFilled, Language::English) => {
                "All seats in your region, those set apart for your group included, went to smaller tickets."
            }
        }
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
