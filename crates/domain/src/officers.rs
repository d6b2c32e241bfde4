//! The two-person rule.

use crate::ids::OfficerId;

/// Acts that move seats or money, or fix a rule; each needs a second officer.
/// Source: design.md section 4, "Two persons", as far as the acts exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TwoPersonAct {
    /// Loading policy versions and the calendar of the waves they govern.
    PublishCalendar,
    /// Deciding eligibility, fixing the roll and publishing the quota table.
    PublishQuota,
    /// The draw.
    Draw,
    /// The decree.
    Appoint,
}

impl TwoPersonAct {
    /// Name in storage.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublishCalendar => "publish_calendar",
            Self::PublishQuota => "publish_quota",
            Self::Draw => "draw",
            Self::Appoint => "appoint",
        }
    }
}

/// The same officer stood on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("officer {0} prepared this act and cannot approve it; ask a second officer")]
pub struct SameOfficer(pub OfficerId);

/// Two different officers who agree on an act, with their reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    prepared_by: OfficerId,
    approved_by: OfficerId,
    reason: String,
}

impl Approval {
    /// Pairs two officers.
    ///
    /// # Errors
    /// [`SameOfficer`] if they are one.
    pub fn new(
        prepared_by: OfficerId,
        approved_by: OfficerId,
        reason: String,
    ) -> Result<Self, SameOfficer> {
        if prepared_by == approved_by {
            return Err(SameOfficer(prepared_by));
        }
        Ok(Self { prepared_by, approved_by, reason })
    }

    /// Who prepared the act.
    pub const fn prepared_by(&self) -> OfficerId {
        self.prepared_by
    }

    /// Who approved it.
    pub const fn approved_by(&self) -> OfficerId {
        self.approved_by
    }

    /// Why, in the officers' words.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    /// One officer cannot be both.
    #[test]
    fn two_persons() {
        let officer = |byte| OfficerId::at(Timestamp::from_micros(0), [byte; 10]);
        assert!(Approval::new(officer(1), officer(2), "draw".into()).is_ok());
        let error = Approval::new(officer(1), officer(1), "draw".into()).expect_err("same");
        assert_eq!(error, SameOfficer(officer(1)));
    }
}
