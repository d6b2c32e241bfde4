//! What is kept for a while only. Facts of the programme (memberships, decisions, grants, money, approvals, audit
//! events) are in no list here: they stay for ever.

use crate::policy::named::named_enum;
use crate::time::Timestamp;

named_enum! {
    /// Rows that are forgotten once they are over and old.
    Perishable {
        /// Jobs that are done; dead ones wait for somebody.
        Jobs = "jobs",
        /// Notices that were sent or given up, or whose time has passed.
        Notices = "notices",
        /// Sessions that have expired.
        Sessions = "sessions",
        /// Answers under the keys of clients.
        ClientKeys = "client_keys",
        /// Proposals that are decided; the approval and the audit trail stay.
        Proposals = "proposals",
        /// Tries at stating what is compared.
        Tries = "statement_tries",
        /// What people counted as in the draw of a wave that is over, and of erased ones at once then.
        Classes = "member_classes",
        /// What opens the entries of such a wave's roll.
        Commitments = "roll_commitments",
        /// Of what accounts gave the pictures of cards and faces: at once when the registration is decided, else when they
        /// are old.
        Pictures = "account_secrets",
        /// How codes stood, with those that came back from nowhere.
        Codes = "codes",
        /// Registrations that were begun and never sent, since they were last touched.
        Drafts = "drafts",
        /// Devices that a code is asked on again.
        Devices = "known_devices",
        /// Tries at passwords of addresses that have no account, by a keyed index.
        UnknownTries = "unknown_tries",
        /// Words of complaints and of their answers, since the answer; that there was a complaint stays.
        Words = "complaint_texts",
    }
}

impl Perishable {
    /// Days that it is kept, from when it is over. Assumed: no source names a period for any of them.
    pub const fn kept_days(self) -> i64 {
        match self {
            // Long enough to look into last week.
            Self::Jobs => 7,
            // A row is also what keeps an act from being told twice, and reminders of one deadline come within weeks;
            // half a year answers whoever says that nothing came.
            Self::Notices => 180,
            // Long enough to look into a report of misuse.
            Self::Sessions | Self::Devices => 30,
            // Must outlive every retry. Clients repeat within minutes, a phone without network or a batch of a partner
            // within weeks. Whoever repeats later is told that it is done or refused: every act refuses itself twice.
            // Whoever waits for a wave to open comes back within it; a picture of a card is worth stealing.
            Self::ClientKeys | Self::Pictures => 90,
            // So that a yearly audit can look at what was turned down, open the entries of a roll and draw it anew.
            Self::Proposals | Self::Classes | Self::Commitments => 400,
            // They count for a day at most; older ones mean nothing.
            Self::Tries | Self::Codes | Self::UnknownTries => 2,
            // Waves come several times a year: whoever misses one finds what was typed before the next.
            Self::Drafts => 365,
            // Whoever was wronged by an answer has years to say so, and words may name anybody.
            Self::Words => 5 * 365,
        }
    }

    /// What was over before this instant is forgotten.
    pub const fn forgotten_before(self, now: Timestamp) -> Timestamp {
        now.plus_days(self.kept_days().saturating_neg())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::SESSION_MICROS;
    use crate::officers::PROPOSAL_DAYS;

    /// Goal: nothing is forgotten while it still has an effect. Method: the periods beside what bounds the effects.
    #[test]
    fn periods_outlive_effects() {
        const DAY: i64 = 24 * 3600 * 1_000_000;
        assert!(Perishable::Proposals.kept_days() > PROPOSAL_DAYS);
        assert!(Perishable::ClientKeys.kept_days().saturating_mul(DAY) > SESSION_MICROS);
        assert!(Perishable::Tries.kept_days() > 1, "tries are counted for a day");
        let counted = 2 * 3600 * 1_000_000;
        assert!(Perishable::Codes.kept_days().saturating_sub(1).saturating_mul(DAY) > counted);
        let now = Timestamp::from_micros(100 * DAY);
        assert_eq!(Perishable::Jobs.forgotten_before(now), Timestamp::from_micros(93 * DAY));
    }
}
