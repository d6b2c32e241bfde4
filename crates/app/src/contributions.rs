//! What outside parties give to the seed of a published wave (selection.md section 5): each party that the rules name
//! commits itself before the list is public, and reveals after it and before the beacon.
//!
//! Whoever never commits stops the wave, since the published plan names the commitments of all. Whoever commits and
//! never reveals is left out of the seed, which everybody sees.

mod local;
mod refusal;

use domain::schedule::Task;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use publication::contribution::{check_commitments, open_commitments};
use publication::format::{Commitment, ContributionFile, Given, PolicyFile, Reveal};
use selection::contrib::contribution_commitment;
use selection::policy::{Party, Timetable};
use serde_json::json;
use sqlx::PgConnection;
use storage::contributions::{
    ContributionRow, are_reveals_closed, contribution_insert, contributions_list, reveal_insert,
    reveals_close,
};
use storage::database::Tx;
use storage::error::StorageError;
use storage::reference::WaveRow;

use crate::act::{Act, ActError, Event, lock_wave, subject};
use crate::folders::{instant, public_policy};
use crate::jobs::enqueue;

pub use self::local::{LocalContributor, reveal_times};
pub use self::refusal::ContributionRefusal;

/// Seconds between the last reveal that is taken and T3, so that witnesses can be shown all of them in time.
const SHOWING_S: u64 = 3_600;

/// When contributors commit themselves and when they reveal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevealTimes {
    /// First instant after the last commitment: the list is fixed (T2).
    pub committed_by: Timestamp,
    /// First instant for values: half way from T2 to T3. No correction is possible from then on, so nobody chooses a list
    /// by them.
    pub from: Timestamp,
    /// First instant after it: an hour before T3, or half way to it where that is later.
    pub until: Timestamp,
}

impl RevealTimes {
    /// Those of a wave under its plan of this number.
    pub fn of(times: &Timetable, plan: u8) -> Self {
        let t3 = times.t3_of(plan);
        let from = times.t2.saturating_add(t3.saturating_sub(times.t2) / 2);
        let showing = SHOWING_S.min(t3.saturating_sub(from) / 2);
        Self {
            committed_by: instant(times.t2),
            from: instant(from),
            until: instant(t3.saturating_sub(showing)),
        }
    }

    fn of_wave(wave: &WaveRow, rules: &PolicyFile) -> Self {
        Self::of(&rules.policy().get().times, wave.plan())
    }
}

/// What became of a contribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// True of a revealed value, false of a commitment.
    pub is_reveal: bool,
    /// False if it was here already.
    pub is_new: bool,
    /// How many parties have given as much.
    pub given: usize,
    /// How many parties there are.
    pub parties: usize,
}

/// Keeps what a party gives. Its signature and its commitment say whose it is, so one officer does it; the same again
/// changes nothing. The last value that is revealed closes the reveals.
///
/// # Errors
/// [`ContributionRefusal`]; nothing changes then.
pub async fn keep_contribution(
    act: &mut Act<'_>,
    number: WaveNumber,
    file: &ContributionFile,
) -> Result<Kept, ActError> {
    let mut tx = act.database.begin().await?;
    let wave = lock_wave(&mut tx, number).await?;
    let rules = asking_policy(&mut tx, number).await?;
    let rules = rules.ok_or(ContributionRefusal::NotAsked(number))?;
    if file.ctx != *rules.ctx.as_bytes() {
        return Err(ContributionRefusal::OtherRules(number).into());
    }
    let parties = rules.policy().get().contributors.len();
    let known = contributions_list(&mut tx, number).await?;
    let own = known.iter().find(|row| row.name == file.name());
    let is_reveal = matches!(file.given, Given::Reveal(_));
    let before = known.iter().filter(|row| !is_reveal || row.value.is_some()).count();
    let is_new = match &file.given {
        Given::Commitment(given) => is_commitment_new(act.now, &wave, &rules, own, given)?,
        Given::Reveal(given) => {
            let closed = are_reveals_closed(&mut tx, number).await?;
            is_reveal_new(act.now, &wave, &rules, own, given, closed)?
        }
    };
    let given = before.saturating_add(usize::from(is_new));
    let kept = Kept { is_reveal, is_new, given, parties };
    if !is_new {
        return Ok(kept);
    }
    write(&mut tx, act, number, file).await?;
    if is_reveal && given == parties {
        close(&mut tx, act, number, given).await?;
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(kept)
}

/// The published rules, if they name contributors.
async fn asking_policy(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Option<PolicyFile>, ActError> {
    let file = public_policy(conn, wave).await?;
    Ok(file.filter(|file| !file.policy().get().contributors.is_empty()))
}

/// False if this commitment is here already.
fn is_commitment_new(
    now: Timestamp,
    wave: &WaveRow,
    rules: &PolicyFile,
    own: Option<&ContributionRow>,
    given: &Commitment,
) -> Result<bool, ContributionRefusal> {
    let (number, name) = (wave.wave, given.name.clone());
    let party = rules.policy().get().contributors.iter().find(|party| party.name == name);
    let Some(party) = party else {
        return Err(ContributionRefusal::NoParty { wave: number, name });
    };
    let parties = std::slice::from_ref(party);
    if check_commitments(&rules.ctx, parties, std::slice::from_ref(given)).is_err() {
        return Err(ContributionRefusal::Signature { name });
    }
    match own {
        // One key signs the same in one way; another signature under the same commitment says nothing more.
        Some(own) if own.commitment == given.commitment => return Ok(false),
        Some(_) => return Err(ContributionRefusal::Committed { name }),
        None => {}
    }
    let by = RevealTimes::of_wave(wave, rules).committed_by;
    let is_before_freeze =
        matches!(wave.state, WaveState::Draft | WaveState::Open { .. } | WaveState::Closed { .. });
    if now < by && is_before_freeze {
        Ok(true)
    } else {
        Err(ContributionRefusal::LateCommitment { wave: number, by })
    }
}

/// False if this value is here already.
fn is_reveal_new(
    now: Timestamp,
    wave: &WaveRow,
    rules: &PolicyFile,
    own: Option<&ContributionRow>,
    given: &Reveal,
    closed: bool,
) -> Result<bool, ContributionRefusal> {
    let (number, name) = (wave.wave, given.name.clone());
    let Some(own) = own else { return Err(ContributionRefusal::NoCommitment { name }) };
    if own.value == Some(given.value) {
        return Ok(false);
    }
    let RevealTimes { from, until, .. } = RevealTimes::of_wave(wave, rules);
    match wave.state {
        WaveState::Frozen { .. } if now >= from => {}
        WaveState::Frozen { .. }
        | WaveState::Draft
        | WaveState::Open { .. }
        | WaveState::Closed { .. } => {
            return Err(ContributionRefusal::EarlyReveal { wave: number, from });
        }
        WaveState::Drawn { .. }
        | WaveState::Appointed { .. }
        | WaveState::Settled { .. }
        | WaveState::Cancelled { .. } => {
            return Err(ContributionRefusal::LateReveal { wave: number, until });
        }
    }
    let commitment = commitment_of(own);
    if open_commitments(&[commitment], std::slice::from_ref(given)).is_err() {
        return Err(ContributionRefusal::OtherValue { name });
    }
    if closed || now >= until {
        return Err(ContributionRefusal::LateReveal { wave: number, until });
    }
    Ok(true)
}

fn commitment_of(row: &ContributionRow) -> Commitment {
    Commitment { name: row.name.clone(), commitment: row.commitment, signature: row.signature }
}

async fn write(
    tx: &mut Tx,
    act: &mut Act<'_>,
    wave: WaveNumber,
    file: &ContributionFile,
) -> Result<(), ActError> {
    let done = match &file.given {
        Given::Commitment(own) => {
            let row = ContributionRow {
                name: own.name.clone(),
                commitment: own.commitment,
                signature: own.signature,
                value: None,
            };
            contribution_insert(tx, wave, &row, act.now).await?;
            "contribution_commit"
        }
        Given::Reveal(own) => {
            let commitment = contribution_commitment(&own.name, &own.value);
            reveal_insert(tx, wave, (&own.name, &commitment), &own.value, act.now).await?;
            "contribution_reveal"
        }
    };
    let event = Event {
        act: done,
        subject: subject(wave),
        from: None,
        to: None,
        reason: "given by the contributor",
        detail: json!({ "name": file.name() }),
    };
    act.record(tx, event).await
}

/// Fixes what was revealed, and has it published.
async fn close(
    tx: &mut Tx,
    act: &mut Act<'_>,
    wave: WaveNumber,
    revealed: usize,
) -> Result<(), ActError> {
    reveals_close(tx, wave, act.now).await?;
    let event = Event {
        act: "reveals_close",
        subject: subject(wave),
        from: None,
        to: None,
        reason: "all are revealed, or their time is over",
        detail: json!({ "revealed": revealed }),
    };
    act.record(tx, event).await?;
    enqueue(tx, act, Task::PublishFolders, act.now).await?;
    Ok(())
}

/// Closes the reveals of a wave whose time is over, within the caller's transaction. Otherwise, or if they are closed,
/// there is nothing to do.
pub(crate) async fn close_reveals_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    number: WaveNumber,
) -> Result<(), ActError> {
    let wave = lock_wave(tx, number).await?;
    if reveals_close_at(tx, &wave).await?.is_none_or(|at| act.now < at) {
        return Ok(());
    }
    let known = contributions_list(tx, number).await?;
    let revealed = known.iter().filter(|row| row.value.is_some()).count();
    close(tx, act, number, revealed).await
}

/// When the reveals of a frozen wave close by themselves; `None` if nobody contributes, or they are closed.
pub(crate) async fn reveals_close_at(
    conn: &mut PgConnection,
    wave: &WaveRow,
) -> Result<Option<Timestamp>, ActError> {
    if !matches!(wave.state, WaveState::Frozen { .. }) {
        return Ok(None);
    }
    let Some(rules) = asking_policy(conn, wave.wave).await? else { return Ok(None) };
    let closed = are_reveals_closed(conn, wave.wave).await?;
    Ok((!closed).then(|| RevealTimes::of_wave(wave, &rules).until))
}

/// The commitments of all contributors, in the order of the rules.
///
/// # Errors
/// [`ContributionRefusal::Missing`] unless all have committed themselves.
pub(crate) async fn commitments_of(
    conn: &mut PgConnection,
    wave: WaveNumber,
    rules: &PolicyFile,
) -> Result<Vec<Commitment>, ActError> {
    let known = contributions_list(conn, wave).await?;
    let (mut commitments, mut names) = (Vec::new(), Vec::new());
    for party in &rules.policy().get().contributors {
        match known.iter().find(|row| row.name == party.name) {
            Some(row) => commitments.push(commitment_of(row)),
            None => names.push(party.name.clone()),
        }
    }
    if names.is_empty() {
        Ok(commitments)
    } else {
        Err(ContributionRefusal::Missing { wave, names }.into())
    }
}

/// The value of each contributor, in the order of the rules; `None` where it was withheld. They are final once the
/// reveals are closed.
pub(crate) async fn values_of(
    conn: &mut PgConnection,
    wave: WaveNumber,
    rules: &PolicyFile,
) -> Result<Vec<Option<[u8; 32]>>, ActError> {
    let known = contributions_list(conn, wave).await?;
    let value = |name: &str| known.iter().find(|row| row.name == name).and_then(|row| row.value);
    Ok(rules.policy().get().contributors.iter().map(|party| value(&party.name)).collect())
}

/// What was revealed, as it is published; `None` before the reveals are closed.
pub(crate) async fn reveals_of(
    conn: &mut PgConnection,
    wave: WaveNumber,
    rules: &PolicyFile,
) -> Result<Option<Vec<Reveal>>, ActError> {
    if !are_reveals_closed(conn, wave).await? {
        return Ok(None);
    }
    let values = values_of(conn, wave, rules).await?;
    let revealed = rules.policy().get().contributors.iter().zip(values);
    let reveal = |(party, value): (&Party, Option<[u8; 32]>)| {
        Some(Reveal { name: party.name.clone(), value: value? })
    };
    Ok(Some(revealed.filter_map(reveal).collect()))
}
