//! What a person's own pages show: where she stands, what she has to do next, and what she was told.

use domain::beneficiary::BeneficiaryState;
use domain::eligibility::{CheckKind, CheckState, JoinBar, Rule};
use domain::ids::{AccountId, PersonId};
use domain::next_step::{Joined, NextStep, OpenWave, Situation, next_step};
use domain::retention::Perishable;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use selection::digest::Seed;
use selection::record::{EntryTag, Weight};
use selection::ticket::Ticketer;
use storage::citizen::GrantStanding;
use storage::database::Database;
use storage::error::StorageError;
pub use storage::notices::told::ToldNotice;
use storage::notices::told::notices_of_account;
pub use storage::own_waves::WaveInstants;
use storage::own_waves::{
    LotRow, check_answers_of_person, lots_of_person, wave_instants_of_person,
};
use storage::reference::WaveRow;
use storage::statistics::origin_read;

use crate::act::ActError;
use crate::citizen::{Standing, read_standing, read_waves};
use crate::outlook::join_bar;
use crate::service::Service;

/// The ticket of a person in a draw, and the limits that it was held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The wave.
    pub wave: WaveNumber,
    /// The ticket; the smaller comes first.
    pub ticket: [u8; 32],
    /// Largest ticket of the region with a seat by ticket.
    pub general: Option<[u8; 32]>,
    /// Largest ticket with a seat that is set apart for people of exactly the same class.
    pub own: Option<[u8; 32]>,
}

impl Lot {
    fn of(row: &LotRow) -> Result<Self, ActError> {
        let broken = StorageError::Inconsistency { table: "member_classes", column: "weight" };
        let weight = Weight::new(row.weight).map_err(|_| broken)?;
        let tickets = Ticketer::new(&Seed::from_bytes(row.seed));
        let ticket = tickets.ticket(&EntryTag(row.entry_tag), weight).0;
        Ok(Self { wave: row.wave, ticket, general: row.general, own: row.own })
    }
}

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
    /// What keeps the person from joining one of them: that she took it back, too, which is final.
    pub bars: Vec<(WaveNumber, JoinBar)>,
    /// Tickets in the draws that are announced, where all that makes them is still kept.
    pub lots: Vec<Lot>,
    /// True if people and waves are those of a simulation.
    pub is_simulated: bool,
}

impl OwnPage {
    /// What keeps the person from joining a wave that is open.
    pub fn bar(&self, wave: WaveNumber) -> Option<&JoinBar> {
        self.bars.iter().find(|(number, _)| *number == wave).map(|(_, bar)| bar)
    }
}

/// Reads a person's own page.
///
/// # Errors
/// [`ActError`].
pub async fn read_own_page(
    service: &Service,
    person: Option<PersonId>,
    now: Timestamp,
) -> Result<OwnPage, ActError> {
    let database = &service.database;
    let waves = read_waves(database).await?;
    let is_simulated = origin_read(&mut *database.begin().await?).await?.is_simulated();
    let standing = match person {
        Some(person) => read_standing(database, person, now).await?,
        None => None,
    };
    let (mut instants, mut answers, mut lots) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(standing) = &standing {
        let mut tx = database.begin().await?;
        instants = wave_instants_of_person(&mut tx, standing.person_id).await?;
        answers = check_answers_of_person(&mut tx, standing.person_id).await?;
        let rows = lots_of_person(&mut tx, standing.person_id).await?;
        let shown = rows.iter().filter(|row| shows_lot(standing, row.wave, now));
        lots = shown.map(Lot::of).collect::<Result<_, _>>()?;
    }
    let is_open =
        |wave: &&WaveRow| matches!(wave.state, WaveState::Open { .. }) && now < wave.closes_at;
    let open: Vec<WaveRow> = waves.iter().filter(is_open).cloned().collect();
    let mut bars = Vec::new();
    if let Some(standing) = &standing {
        for wave in &open {
            let bar = match standing.memberships.iter().find(|one| one.wave == wave.wave) {
                Some(joined) => joined.withdrawn_at.map(|_| JoinBar::Rule(Rule::NotWithdrawn)),
                None => join_bar(service, standing.person_id, wave).await?,
            };
            bars.extend(bar.map(|bar| (wave.wave, bar)));
        }
    }
    let next = step_of(standing.as_ref(), &instants, (&waves, &open, &bars), now);
    Ok(OwnPage { next, standing, instants, answers, open, bars, lots, is_simulated })
}

/// Nobody learns a ticket before the results, and without its class it may be that of another weight.
fn shows_lot(standing: &Standing, wave: WaveNumber, now: Timestamp) -> bool {
    let memberships = standing.memberships.iter().filter(|one| one.wave == wave);
    memberships.filter(|one| one.decision.is_some()).any(|one| match one.wave_state {
        WaveState::Settled { settled_at } => {
            settled_at >= Perishable::Classes.forgotten_before(now)
        }
        WaveState::Draft
        | WaveState::Open { .. }
        | WaveState::Closed { .. }
        | WaveState::Frozen { .. }
        | WaveState::Drawn { .. }
        | WaveState::Appointed { .. }
        | WaveState::Cancelled { .. } => true,
    })
}

fn step_of(
    standing: Option<&Standing>,
    instants: &[WaveInstants],
    (waves, open, bars): (&[WaveRow], &[WaveRow], &[(WaveNumber, JoinBar)]),
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
            is_joined: joined.iter().any(|one| one.wave == row.wave),
            bar: bars.iter().find(|(wave, _)| *wave == row.wave).map(|(_, bar)| *bar),
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
