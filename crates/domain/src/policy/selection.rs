//! How long a wave takes joins, how it is drawn, and where freed places go.

use time::Date;

use super::check::Checker;
use super::named::named_enum;
use super::shares::SeatShares;
use super::units::{BasisPoints, DayRange};
use crate::reasons::Language;
use crate::time::Timestamp;
use crate::wave::WaveNumber;

named_enum! {
    /// How beneficiaries are chosen after the wave has closed.
    DrawMethod {
        /// A random draw among all eligible members.
        RandomAmongEligible = "random_among_eligible",
        /// Persons on the ministries' lists of affected workers first, then a random draw.
        PriorityListsThenRandom = "priority_lists_then_random",
    }
}

named_enum! {
    /// How deep a wave's national number of places is divided before the draw.
    RegionalQuota {
        /// By province, then by kabupaten/kota.
        Regency = "regency",
        /// By province only.
        Province = "province",
        /// Not at all.
        National = "national",
    }
}

named_enum! {
    /// A group for which places may be reserved.
    ReservedGroup {
        /// Persons with a disability.
        Disabled = "disabled",
        /// Prospective migrant workers (CPMI).
        ProspectiveMigrant = "prospective_migrant_worker",
        /// Residents of remote areas.
        RemoteArea = "remote_area",
        /// Women.
        Women = "women",
        /// Residents of kabupaten/kota targeted for extreme poverty.
        ExtremePoverty = "extreme_poverty_area",
    }
}

named_enum! {
    /// Where the places of revoked beneficiaries go.
    FreedPlaces {
        /// Kept for the next recovery wave (gelombang pemulihan).
        RecoveryWave = "recovery_wave",
        /// Added to the next wave that freezes.
        NextWave = "next_wave",
    }
}

named_enum! {
    /// How long freed places wait for a wave that reuses them.
    FreedPlacesLapse {
        /// For ever.
        Never = "never",
        /// Until the Jakarta calendar year ends in which they were freed.
        YearEnd = "year_end",
    }
}

impl FreedPlacesLapse {
    /// Places freed before this instant wait no more; `None` if they wait for ever.
    pub fn lapsed_before(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::YearEnd => Date::from_ordinal_date(now.wib_date().year(), 1)
                .ok()
                .map(Timestamp::start_of_wib_day),
        }
    }
}

impl ReservedGroup {
    /// The group in words.
    pub const fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Disabled, Language::Indonesian) => "penyandang disabilitas",
            (Self::Disabled, Language::English) => "persons with a disability",
            (Self::ProspectiveMigrant, Language::Indonesian) => "calon pekerja migran",
            (Self::ProspectiveMigrant, Language::English) => "prospective migrant workers",
            (Self::RemoteArea, Language::Indonesian) => "warga daerah terpencil",
            (Self::RemoteArea, Language::English) => "residents of remote areas",
            (Self::Women, Language::Indonesian) => "perempuan",
            (Self::Women, Language::English) => "women",
            (Self::ExtremePoverty, Language::Indonesian) => {
                "warga daerah prioritas kemiskinan ekstrem"
            }
            (Self::ExtremePoverty, Language::English) => {
                "residents of areas targeted for extreme poverty"
            }
        }
    }
}

/// How much is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservedAmount {
    /// So many places.
    Seats(u32),
    /// A share of the wave's places.
    Share(BasisPoints),
}

/// Places set apart for a group, filled first; what the group leaves joins the open draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservedShare {
    /// For whom.
    pub group: ReservedGroup,
    /// How much.
    pub amount: ReservedAmount,
    /// First and last wave it holds for; `None` for every wave of the policy.
    pub waves: Option<(WaveNumber, WaveNumber)>,
}

impl ReservedShare {
    /// True if the reservation holds for this wave.
    pub fn holds_for(&self, wave: WaveNumber) -> bool {
        self.waves.is_none_or(|(first, last)| (first..=last).contains(&wave))
    }
}

/// Rules of a wave's calendar. The calendar itself states the real instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaveRules {
    /// Days a wave takes joins.
    pub open_days: DayRange,
    /// Whether an officer may prolong an open wave.
    pub can_be_prolonged: bool,
    /// Days from the close to the announcement.
    pub results_after_days: DayRange,
}

/// Rules of the draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectionRules {
    /// How beneficiaries are chosen.
    pub draw_method: DrawMethod,
    /// How places are divided over regions.
    pub regional_quota: RegionalQuota,
    /// Places that the programme announced as set apart; empty without any. The draw goes by `shares`.
    pub reserved_shares: Vec<ReservedShare>,
    /// How the draw sets seats apart.
    pub shares: SeatShares,
    /// Where freed places go.
    pub freed_places_to: FreedPlaces,
    /// How long they wait. Assumed: no source says that they lapse, so a policy that does not say so keeps them.
    pub freed_places_lapse: FreedPlacesLapse,
}

impl WaveRules {
    pub(super) fn check(&self, check: &mut Checker) {
        check.days("wave.open_days", self.open_days, 90);
        check.days("wave.results_after_days", self.results_after_days, 90);
    }
}

impl SelectionRules {
    pub(super) fn check(&self, check: &mut Checker) {
        const KEY: &str = "selection.reserved_shares";
        let mut shares = 0_i64;
        for reserved in &self.reserved_shares {
            match reserved.amount {
                ReservedAmount::Seats(seats) => check.range(KEY, seats, 1, i64::from(u32::MAX)),
                ReservedAmount::Share(share) => {
                    check.range(KEY, share.get(), 1, i64::from(BasisPoints::WHOLE.get()));
                    shares = shares.saturating_add(i64::from(share.get()));
                }
            }
            if reserved.waves.is_some_and(|(first, last)| first > last) {
                check.contradiction(KEY, KEY, "a reservation ends before it begins");
            }
        }
        if shares > i64::from(BasisPoints::WHOLE.get()) {
            check.contradiction(KEY, KEY, "the reserved shares add up to more than the whole");
        }
        self.shares.check(check);
    }
}
