//! Conservation of seats: no seat is lost and none appears.

use crate::policy::named::named_enum;

named_enum! {
    /// Why a guarantee gives fewer seats than its share.
    Lowered {
        /// Too few people belong to the class.
        People = "people",
        /// The pool has too few seats beside those of earlier guarantees.
        Seats = "seats",
    }
}

/// Counts of one region, or of all, over all its waves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeatBalance {
    /// Own quota of the waves.
    pub base: u64,
    /// Published quota, freed seats included.
    pub quota: u64,
    /// Seats given in a decree.
    pub granted: u64,
    /// Seats of the quota that nobody could take.
    pub unfilled: u64,
    /// Recipients with a purchase.
    pub effective: u64,
    /// Recipients whose deadline runs.
    pub pending: u64,
    /// Recipients who lost the place.
    pub revoked: u64,
    /// Freed seats that a later wave took.
    pub reused: u64,
    /// Freed seats waiting for a wave.
    pub waiting: u64,
    /// Freed seats given back for good.
    pub returned: u64,
}

/// A law of conservation that the counts break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeatFault {
    /// `quota = granted + unfilled`.
    #[error("quota differs from granted plus unfilled seats")]
    Quota,
    /// `granted = effective + pending + revoked`.
    #[error("granted differs from effective plus pending plus revoked")]
    Granted,
    /// `revoked + unfilled = reused + waiting + returned`.
    #[error("freed seats differ from reused plus waiting plus returned")]
    Freed,
    /// `quota = base + reused`, over all regions only.
    #[error("all quotas differ from all base seats plus reused seats")]
    Base,
}

impl SeatBalance {
    /// The laws of one region. Source: design.md section 4, `SeatPool`.
    pub fn faults_of_region(&self) -> Vec<SeatFault> {
        let mut faults = Vec::new();
        if self.quota != self.granted.saturating_add(self.unfilled) {
            faults.push(SeatFault::Quota);
        }
        if self.granted != self.effective.saturating_add(self.pending).saturating_add(self.revoked)
        {
            faults.push(SeatFault::Granted);
        }
        let freed = self.revoked.saturating_add(self.unfilled);
        if freed != self.reused.saturating_add(self.waiting).saturating_add(self.returned) {
            faults.push(SeatFault::Freed);
        }
        faults
    }

    /// The laws of all regions together.
    pub fn faults_of_all(&self) -> Vec<SeatFault> {
        let mut faults = self.faults_of_region();
        if self.quota != self.base.saturating_add(self.reused) {
            faults.push(SeatFault::Base);
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures of the seed article hold; moving any one count by one breaks a law.
    #[test]
    fn conservation() {
        let jambi = SeatBalance {
            base: 360_790,
            quota: 371_322,
            granted: 371_322,
            unfilled: 0,
            effective: 360_690,
            pending: 0,
            revoked: 10_632,
            reused: 10_532,
            waiting: 100,
            returned: 0,
        };
        assert_eq!(jambi.faults_of_all(), []);
        let moved = |change: fn(&mut SeatBalance)| {
            let mut balance = jambi;
            change(&mut balance);
            balance.faults_of_all()
        };
        assert_eq!(moved(|b| b.base += 1), [SeatFault::Base]);
        assert_eq!(moved(|b| b.quota += 1), [SeatFault::Quota, SeatFault::Base]);
        assert_eq!(moved(|b| b.effective += 1), [SeatFault::Granted]);
        assert_eq!(moved(|b| b.waiting += 1), [SeatFault::Freed]);
        assert_eq!(moved(|b| b.unfilled += 1), [SeatFault::Quota, SeatFault::Freed]);
    }
}
