//! What people may read: the waves, and everything the programme holds about themselves.

use domain::eligibility::{CheckKind, CheckState};
use domain::ids::PersonId;
use domain::policy::Named as _;
use domain::retention::Perishable;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use storage::appeals::{AppealRow, ListedAppeals, appeals_list};
pub use storage::citizen::{
    CheckStanding, GrantStanding, MembershipStanding, PersonFacts, StandingDecision,
};
use storage::citizen::{
    checks_of_person, grants_of_person, memberships_of_person, person_facts_find,
};
use storage::database::Database;
pub use storage::reference::WaveRow;
use storage::reference::{wave_find, waves_list};

use crate::act::ActError;

/// A person's own page.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Who.
    pub person_id: PersonId,
    /// Facts.
    pub facts: PersonFacts,
    /// Every check, in the order of its kinds.
    pub checks: Vec<CheckStanding>,
    /// Memberships by wave; decisions and odds only of waves that are announced.
    pub memberships: Vec<MembershipStanding>,
    /// Grants by wave.
    pub grants: Vec<GrantStanding>,
    /// Appeals, those that are due first.
    pub appeals: Vec<AppealRow>,
}

/// Everything a person may know about herself, as of one instant; `None` if nobody of this id is registered.
///
/// # Errors
/// [`ActError`].
pub async fn read_standing(
    database: &Database,
    person_id: PersonId,
    now: Timestamp,
) -> Result<Option<Standing>, ActError> {
    let mut tx = database.begin_snapshot().await?;
    let Some(facts) = person_facts_find(&mut tx, person_id).await? else { return Ok(None) };
    let mut memberships = memberships_of_person(&mut tx, person_id).await?;
    for membership in &mut memberships {
        // Nobody learns an outcome before the others do.
        if !is_announced(&membership.wave_state) {
            (membership.decision, membership.odds) = (None, None);
        }
        if let (WaveState::Settled { settled_at }, Some(odds)) =
            (membership.wave_state, &mut membership.odds)
            && settled_at < Perishable::Classes.forgotten_before(now)
        {
            // Whose class is forgotten would be told the figures of another.
            odds.class = None;
        }
    }
    Ok(Some(Standing {
        person_id,
        facts,
        checks: all_checks(checks_of_person(&mut tx, person_id).await?),
        memberships,
        grants: grants_of_person(&mut tx, person_id).await?,
        appeals: appeals_list(&mut tx, ListedAppeals::Of(person_id)).await?,
    }))
}

/// What is not written down was confirmed before the person was imported.
fn all_checks(mut written: Vec<CheckStanding>) -> Vec<CheckStanding> {
    for kind in CheckKind::ALL {
        if !written.iter().any(|check| check.kind == *kind) {
            let (state, detail, since) = (CheckState::Confirmed, None, None);
            written.push(CheckStanding { kind: *kind, state, detail, since });
        }
    }
    written.sort_unstable_by_key(|check| check.kind);
    written
}

const fn is_announced(state: &WaveState) -> bool {
    match state {
        WaveState::Appointed { .. } | WaveState::Settled { .. } => true,
        WaveState::Draft
        | WaveState::Open { .. }
        | WaveState::Closed { .. }
        | WaveState::Frozen { .. }
        | WaveState::Drawn { .. }
        | WaveState::Cancelled { .. } => false,
    }
}

/// All waves in order.
///
/// # Errors
/// [`ActError`].
pub async fn read_waves(database: &Database) -> Result<Vec<WaveRow>, ActError> {
    Ok(waves_list(&mut *database.begin().await?).await?)
}

/// One wave; `None` if there is no such one.
///
/// # Errors
/// [`ActError`].
pub async fn read_wave(database: &Database, wave: WaveNumber) -> Result<Option<WaveRow>, ActError> {
    Ok(wave_find(&mut *database.begin().await?, wave).await?)
}
