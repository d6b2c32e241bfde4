//! The funnel, defined once: from joins to effective beneficiaries.
//!
//! Source: design.md section 5. For a region, a set of waves, a group and an instant:
//! *joins* are memberships of waves that closed, not withdrawn; *unique applicants* the distinct
//! persons among them, counted in the region and group of their last join; *SK recipients* the
//! persons a decree names, by the wave of the draw; *effective* those not revoked whose first
//! purchase was made; *pending* those whose deadline still runs; *revoked* the rest.

use crate::nik::Sex;
use crate::policy::named::named_enum;
use crate::region::RegionCode;
use crate::time::Timestamp;
use crate::wave::WaveNumber;

/// What the rows behind a count are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// What people and officers did.
    Programme,
    /// A replay with synthetic people.
    Replay {
        /// False while it has waves before it: its counts are those of a part.
        finished: bool,
    },
}

impl Origin {
    /// True if not one row stands for a real person.
    pub const fn is_simulated(self) -> bool {
        matches!(self, Self::Replay { .. })
    }

    /// True if a replay has not run to its end.
    pub const fn is_partial(self) -> bool {
        matches!(self, Self::Replay { finished: false })
    }
}

/// The counts of one row of the funnel, persons or joins as named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Memberships of closed waves, not withdrawn.
    pub joins: u64,
    /// Distinct persons among them.
    pub unique_applicants: u64,
    /// Persons named in a decree.
    pub sk_recipients: u64,
    /// Recipients not revoked who bought a first training.
    pub effective: u64,
    /// Recipients whose deadline runs and who have bought nothing yet.
    pub pending: u64,
    /// Recipients who lost the place.
    pub revoked: u64,
    /// Freed seats given out again in a later wave.
    pub reallocated: u64,
    /// Men among the unique applicants.
    pub men: u64,
    /// Women among the unique applicants.
    pub women: u64,
}

/// A rule of the funnel that its counts break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FunnelFault {
    /// More persons than joins.
    #[error("more unique applicants than joins")]
    UniqueAboveJoins,
    /// Recipients that are neither effective nor pending nor revoked, or counted twice.
    #[error("effective, pending and revoked do not add up to the SK recipients")]
    RecipientsDoNotAddUp,
    /// Applicants that are neither men nor women, or counted twice.
    #[error("men and women do not add up to the unique applicants")]
    SexesDoNotAddUp,
}

impl Funnel {
    /// The rules every row obeys, whatever its region, group and waves.
    pub fn faults(&self) -> Vec<FunnelFault> {
        let mut faults = Vec::new();
        if self.unique_applicants > self.joins {
            faults.push(FunnelFault::UniqueAboveJoins);
        }
        let settled = self.effective.saturating_add(self.pending).saturating_add(self.revoked);
        if settled != self.sk_recipients {
            faults.push(FunnelFault::RecipientsDoNotAddUp);
        }
        if self.men.saturating_add(self.women) != self.unique_applicants {
            faults.push(FunnelFault::SexesDoNotAddUp);
        }
        faults
    }

    /// Adds another row's counts; the caller sees to it that no person stands in both.
    pub fn add(&mut self, other: &Self) {
        for (sum, part) in [
            (&mut self.joins, other.joins),
            (&mut self.unique_applicants, other.unique_applicants),
            (&mut self.sk_recipients, other.sk_recipients),
            (&mut self.effective, other.effective),
            (&mut self.pending, other.pending),
            (&mut self.revoked, other.revoked),
            (&mut self.reallocated, other.reallocated),
            (&mut self.men, other.men),
            (&mut self.women, other.women),
        ] {
            *sum = sum.saturating_add(part);
        }
    }
}

/// Age bands of the public figures, by age on the closing day of the wave joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgeBand {
    /// 18 to 25.
    From18To25,
    /// 26 to 35.
    From26To35,
    /// 36 to 45.
    From36To45,
    /// 46 to 55.
    From46To55,
    /// 56 to 64.
    From56To64,
    /// 65 and older, possible before the upper limit came in 2022.
    From65,
}

impl AgeBand {
    /// Every band, youngest first.
    pub const ALL: [Self; 6] = [
        Self::From18To25,
        Self::From26To35,
        Self::From36To45,
        Self::From46To55,
        Self::From56To64,
        Self::From65,
    ];

    /// The band of an age in full years; those under 18 never join and count as the youngest.
    pub const fn of(age: u8) -> Self {
        match age {
            0..=25 => Self::From18To25,
            26..=35 => Self::From26To35,
            36..=45 => Self::From36To45,
            46..=55 => Self::From46To55,
            56..=64 => Self::From56To64,
            65.. => Self::From65,
        }
    }

    /// The band as printed, in both languages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::From18To25 => "18–25",
            Self::From26To35 => "26–35",
            Self::From36To45 => "36–45",
            Self::From46To55 => "46–55",
            Self::From56To64 => "56–64",
            Self::From65 => "65+",
        }
    }
}

named_enum! {
    /// Last education completed, lowest first.
    Education {
        /// No school completed.
        None = "none",
        /// SD or equal.
        Primary = "primary",
        /// SMP or equal.
        JuniorHigh = "junior_high",
        /// SMA or equal.
        SeniorHigh = "senior_high",
        /// SMK.
        Vocational = "vocational",
        /// D1 to D4.
        Diploma = "diploma",
        /// S1.
        Bachelor = "bachelor",
        /// S2 and above.
        Postgraduate = "postgraduate",
    }
}

/// The public report on one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelReport {
    /// The region asked for.
    pub region: RegionCode,
    /// The instant for which states are counted.
    pub as_of: Timestamp,
    /// Everything together.
    pub total: Funnel,
    /// One row a kabupaten/kota, by code; applicants by the region of their last join.
    pub by_regency: Vec<(RegionCode, Funnel)>,
    /// One row a wave, ascending; here *unique applicants* are those of that wave alone.
    pub by_wave: Vec<(WaveNumber, Funnel)>,
    /// One row a sex.
    pub by_sex: Vec<(Sex, Funnel)>,
    /// One row an age band, youngest first.
    pub by_age: Vec<(AgeBand, Funnel)>,
    /// One row a level of education, lowest first.
    pub by_education: Vec<(Education, Funnel)>,
    /// Applicants by how many waves they joined: `(joins, persons)`, ascending.
    pub by_attempts: Vec<(u32, u64)>,
}
