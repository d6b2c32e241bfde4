//! What was decided about a member of a wave, with a sentence for the person concerned.

use crate::policy::ReservedGroup;
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
        /// All places that were open to the person went to smaller tickets.
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
                "Semua tempat yang terbuka bagi Anda di daerah Anda jatuh pada nomor undian yang lebih kecil."
            }
            (Self::SeatsFilled, Language::English) => {
                "All places open to you in your region went to smaller tickets."
            }
            (Self::ReservedSeatsFilled, Language::Indonesian) => {
                "Semua tempat di daerah Anda, termasuk yang disediakan bagi kelompok Anda, jatuh pada nomor undian yang lebih kecil."
            }
            (Self::ReservedSeatsFilled, Language::English) => {
                "All places in your region, those set apart for your group included, went to smaller tickets."
            }
        }
    }
}

/// How many were drawn where somebody was in the draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odds {
    /// People of the region in play.
    pub people: u64,
    /// Seats of the region.
    pub seats: u64,
    /// The same among people of exactly the same groups; `None` where a wave has no groups, or too few people share
    /// these to publish it.
    pub class: Option<ClassOdds>,
}

/// How many of those in the same groups were drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassOdds {
    /// The groups; empty for people of none.
    pub groups: Vec<ReservedGroup>,
    /// People of the region in play who are in these groups and in no other.
    pub people: u64,
    /// Of them, with a seat.
    pub selected: u64,
}

impl Odds {
    /// The sentence for the person concerned.
    pub fn sentence(&self, language: Language) -> String {
        let Self { people, seats, class } = self;
        let region = match language {
            Language::Indonesian => {
                format!("Di daerah Anda {people} orang ikut diundi untuk {seats} tempat.")
            }
            Language::English => {
                format!("In your region {people} people were in the draw for {seats} places.")
            }
        };
        match class {
            Some(class) => format!("{region} {}", class.sentence(language)),
            None => region,
        }
    }
}

impl ClassOdds {
    fn sentence(&self, language: Language) -> String {
        let Self { groups, people, selected } = self;
        let names: Vec<&str> = groups.iter().map(|group| group.words(language)).collect();
        let names = names.join(", ");
        match (language, groups.is_empty()) {
            (Language::Indonesian, false) => format!(
                "Dari {people} orang yang sekelompok dengan Anda ({names}), {selected} terpilih."
            ),
            (Language::Indonesian, true) => format!(
                "Dari {people} orang yang seperti Anda tidak termasuk kelompok khusus, {selected} terpilih."
            ),
            (Language::English, false) => format!(
                "Of the {people} people in the same groups as you ({names}), {selected} were selected."
            ),
            (Language::English, true) => format!(
                "Of the {people} people who like you are in no special group, {selected} were selected."
            ),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The odds in words, with and without groups, in both languages.
    #[test]
    fn odds_in_words() {
        let class = |groups: &[ReservedGroup]| {
            Some(ClassOdds { groups: groups.to_vec(), people: 7, selected: 3 })
        };
        let both = [ReservedGroup::Disabled, ReservedGroup::Women];
        for (class, english, indonesian) in [
            (None, "", ""),
            (
                class(&[]),
                " Of the 7 people who like you are in no special group, 3 were selected.",
                " Dari 7 orang yang seperti Anda tidak termasuk kelompok khusus, 3 terpilih.",
            ),
            (
                class(&both),
                " Of the 7 people in the same groups as you (persons with a disability, women), 3 were selected.",
                " Dari 7 orang yang sekelompok dengan Anda (penyandang disabilitas, perempuan), 3 terpilih.",
            ),
        ] {
            let odds = Odds { people: 40, seats: 12, class };
            let region = "In your region 40 people were in the draw for 12 places.";
            assert_eq!(odds.sentence(Language::English), format!("{region}{english}"));
            let region = "Di daerah Anda 40 orang ikut diundi untuk 12 tempat.";
            assert_eq!(odds.sentence(Language::Indonesian), format!("{region}{indonesian}"));
        }
    }
}
