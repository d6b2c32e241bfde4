//! What a person's own pages show: where she stands, what she has to do next, and what she was told.

use domain::beneficiary::BeneficiaryState;
use domain::eligibility::{CheckKind, CheckState};
use domain::ids::{AccountId, PersonId};
use domain::next_step::{Joined, NextStep, OpenWave, Situation, next_step};
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use storage::citizen::GrantStanding;
use storage::database::Database;
pub use storage::notices::told::ToldNotice;
use storage::notices::told::notices_of_account;
pub use storage::own_waves::WaveInstants;
use storage::own_waves::{check_answers_of_person, wave_instants_of_person};
use storage::reference::WaveRow;

use crate::act::ActError;
use crate::citizen::{Standing, read_standing, read_waves};

/// A person's own page.
#[derive(Clone, Debug)]
pub struct OwnPage {
    /// What to do next.
    pub next: NextStep,
    /// Where the person stands; `None` if nobody is registered with the account.
    pub standing: Option<Standing>,
    /// When the waves that the person has joined reached their states.
    pub instants: Vec<WaveInstants>,
    /// When the checks of the person were last answered.
    pub answers: Vec<(CheckKind, Timestamp)>,
    /// Waves that take joins at this moment.
    pub open: Vec<WaveRow>,
}

/// Reads a person's own page.
///
/// # Errors
/// [`ActError`].
pub async fn read_own_page(
    database: &Database,
    person: Option<PersonId>,
    now: Timestamp,
) -> Result<OwnPage, ActError> {
    let waves = read_waves(database).await?;
    let standing = match person {
        Some(person) => read_standing(database, person, now).await?,
        None => None,
    };
    let (mut instants, mut answers) = (Vec::new(), Vec::new());
    if let Some(standing) = &standing {
        let mut tx = database.begin().await?;
        instants = wave_instants_of_person(&mut tx, standing.person_id).await?;
        answers = check_answers_of_person(&mut tx, standing.person_id).await?;
    }
    let is_open =
        |wave: &&WaveRow| matches!(wave.state, WaveState::Open { .. }) && now < wave.closes_at;
    let open: Vec<WaveRow> = waves.iter().filter(is_open).cloned().collect();
    let next = step_of(standing.as_ref(), &instants, (&waves, &open), now);
    Ok(OwnPage { next, standing, instants, answers, open })
}

fn step_of(
    standing: Option<&Standing>,
    instants: &[WaveInstants],
    (waves, open): (&[WaveRow], &[WaveRow]),
    now: Timestamp,
) -> NextStep {
    let Some(standing) = standing else { return next_step(None, now) };
    let checks: Vec<(CheckKind, CheckState)> =
        standing.checks.iter().map(|check| (check.kind, check.state)).collect();
    let joined = joined(standing, instants);
    let open: Vec<OpenWave> = open
        .iter()
        .map(|row| OpenWave {
            wave: row.wave,
            closes_at: row.closes_at,
            is_settled_for_person: standing.memberships.iter().any(|one| one.wave == row.wave),
        })
        .collect();
    let drafts = waves.iter().filter(|row| row.state == WaveState::Draft);
    let situation = Situation {
        checks: &checks,
        grant: standing.grants.last().and_then(grant),
        joined: &joined,
        open: &open,
        next: drafts.min_by_key(|row| row.opens_at).map(|row| (row.wave, row.opens_at)),
    };
    next_step(Some(&situation), now)
}

fn joined(standing: &Standing, instants: &[WaveInstants]) -> Vec<Joined> {
    let staying = standing.memberships.iter().filter(|one| one.withdrawn_at.is_none());
    staying
        .map(|one| Joined {
            wave: one.wave,
            state: one.wave_state,
            closes_at: instants
                .iter()
                .find(|wave| wave.wave == one.wave)
                .map_or(one.results_at, |wave| wave.closes_at),
            results_at: one.results_at,
            outcome: one.decision.as_ref().map(|decision| decision.outcome),
            appealed: standing.appeals.iter().any(|appeal| appeal.wave == one.wave),
        })
        .collect()
}

/// The state of a grant by the instants that it has.
fn grant(row: &GrantStanding) -> Option<(WaveNumber, BeneficiaryState)> {
    let state = match (row.revoked_at, row.revocation, row.activated_at) {
        (Some(revoked_at), Some(reason), _) => BeneficiaryState::Revoked { revoked_at, reason },
        (None, None, Some(activated_at)) => BeneficiaryState::Active { activated_at },
        (None, None, None) => BeneficiaryState::Appointed { due_at: row.purchase_due_at },
        // The database lets a reason stand with its instant alone.
        (Some(_), None, _) | (None, Some(_), _) => return None,
    };
    Some((row.wave, state))
}

/// Notices on one page.
pub const NOTICES_A_PAGE: u32 = 20;

/// A page of what an account was told, from page 0 on, and whether there is more behind it.
///
/// # Errors
/// [`ActError`].
pub async fn read_notices(
    database: &Database,
    account: AccountId,
    page: u16,
) -> Result<(Vec<ToldNotice>, bool), ActError> {
    let skip = u32::from(page).saturating_mul(NOTICES_A_PAGE);
    let wanted = NOTICES_A_PAGE.saturating_add(1);
    let mut told =
        notices_of_account(&mut *database.begin().await?, account, (skip, wanted)).await?;
    let most = usize::try_from(NOTICES_A_PAGE).unwrap_or(usize::MAX);
    let has_more = told.len() > most;
    told.truncate(most);
    Ok((told, has_more))
}
