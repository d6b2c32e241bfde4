//! What members of a closed wave are judged by, as it is known at the moment of reading.

use std::collections::BTreeMap;

use domain::eligibility::{Finding, FreezeFacts, Rule, find_ineligible};
use domain::ids::PersonId;
use domain::policy::EligibilityRules;
use domain::wave::WaveNumber;
use sqlx::PgConnection;
use storage::error::StorageError;
use storage::memberships::{Member, grants_of_wave, places_taken_of_wave};
use storage::persons::findings_of_wave;
use uuid::Uuid;

/// Answers of registers, grants and places of family cards of a wave's members.
#[derive(Debug)]
pub(crate) struct MemberFacts<'r> {
    rules: &'r EligibilityRules,
    findings: BTreeMap<PersonId, Vec<Finding>>,
    grants: BTreeMap<PersonId, (u8, bool)>,
    taken: BTreeMap<Uuid, u8>,
}

impl<'r> MemberFacts<'r> {
    /// Reads them.
    pub(crate) async fn read(
        conn: &mut PgConnection,
        wave: WaveNumber,
        rules: &'r EligibilityRules,
    ) -> Result<Self, StorageError> {
        Ok(Self {
            rules,
            findings: findings_of_wave(conn, wave).await?,
            grants: grants_of_wave(conn, wave).await?,
            taken: places_taken_of_wave(conn, wave).await?,
        })
    }

    /// Places of the member's family card that earlier grants have used.
    pub(crate) fn taken_of(&self, member: &Member) -> u8 {
        self.taken.get(&member.kk_index).copied().unwrap_or(0)
    }

    /// The first rule that keeps the member out, if any, with so many places of the family card taken.
    pub(crate) fn refuse(&self, member: &Member, household_places_taken: u8) -> Option<Rule> {
        let (grants, revoked) = self.grants.get(&member.person_id).copied().unwrap_or((0, false));
        let facts = FreezeFacts {
            revoked,
            grants,
            household_places_taken,
            findings: self.findings.get(&member.person_id).map_or(&[], Vec::as_slice),
        };
        find_ineligible(self.rules, &facts)
    }
}
