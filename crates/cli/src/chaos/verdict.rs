//! What is left after the storm: every acknowledged join once, grants once, every invariant kept.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result};
use app::act::ActError;
use app::appoint::appoint_wave;
use app::audit::audit;
use app::draw::draw_wave;
use app::freeze::freeze_wave;
use app::wave::close_wave;
use domain::ids::PersonId;
use domain::wave::WaveEvent;
use storage::joins::{JoinTrace, join_traces};
use storage::vault::KeyRing;

use super::ground::{Ground, WAVE, act};
use super::strike::kill_database;
use crate::bench::random::mix;
use crate::installation::{DataArgs, Installation, Purpose, SystemRng};
use crate::interrupt::Stop;

/// The acts that end a wave, in order.
const ACTS: [WaveEvent; 4] =
    [WaveEvent::Close, WaveEvent::Freeze, WaveEvent::Draw, WaveEvent::Appoint];
/// Each act is struck so often before it is left alone.
const STRIKES: u64 = 3;
/// Spread of the moments of a strike within an act, in milliseconds.
const STRIKE_WITHIN_MS: u64 = 60;

/// What was found.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) memberships: usize,
    pub(super) lost: usize,
    pub(super) doubled: usize,
    /// Members who never asked.
    pub(super) uninvited: usize,
    pub(super) act_kills: u64,
    pub(super) grants: u64,
    pub(super) audit_checks: usize,
    pub(super) violations: Vec<String>,
}

/// Counts the joins, ends the wave under kills of the database, and audits everything.
pub(super) async fn reach(
    ground: &Ground,
    acknowledged: &BTreeSet<PersonId>,
    asked: &BTreeSet<PersonId>,
    seed: u64,
    stop: &Stop,
) -> Result<Verdict> {
    let args = DataArgs::private(ground.data.clone());
    let traces = Installation::open(&args, Purpose::Read, stop)
        .await?
        .close_after(async |installation| {
            Ok(join_traces(&mut *installation.database.begin().await?, WAVE).await?)
        })
        .await?;
    let act_kills = end_wave(ground, &args, seed, stop).await?;
    let (grants, report) = Installation::open(&args, Purpose::Read, stop)
        .await?
        .close_after(async |installation| {
            let mut tx = installation.database.begin().await?;
            let granted = storage::beneficiaries::beneficiaries_of_wave(&mut tx, WAVE).await?;
            tx.rollback().await?;
            let distinct: BTreeSet<PersonId> = granted.iter().copied().collect();
            let doubled = granted.len() - distinct.len();
            let report = audit(&installation.database, &ground.reference.policies).await?;
            Ok(((granted.len(), doubled), report))
        })
        .await?;
    let broken = report.checks.iter().filter(|check| check.violations > 0);
    let mut violations: Vec<String> =
        broken.map(|check| format!("audit: {} is broken", check.name)).collect();
    let seats = ground.citizens.len() / super::ground::PEOPLE_PER_SEAT;
    let expected = seats.min(traces.len());
    if grants != (expected, 0) {
        violations.push(format!("{} grants, {} doubled, for {expected} seats", grants.0, grants.1));
    }
    let members: BTreeSet<PersonId> = traces.iter().map(|trace| trace.person_id).collect();
    Ok(Verdict {
        memberships: traces.len(),
        lost: acknowledged.difference(&members).count(),
        doubled: traces.iter().filter(|trace| !is_once(trace)).count(),
        uninvited: members.difference(asked).count(),
        act_kills,
        grants: grants.0 as u64,
        audit_checks: report.checks.len(),
        violations,
    })
}

/// One membership, one audit event, one answered key.
pub(super) const fn is_once(trace: &JoinTrace) -> bool {
    trace.memberships == 1 && trace.events == 1 && trace.keys == 1
}

/// Brings the wave to its decree while the database is killed within the acts; gives the number of kills.
async fn end_wave(ground: &Ground, args: &DataArgs, seed: u64, stop: &Stop) -> Result<u64> {
    let mut kills = 0;
    for (number, event) in (0u64..).zip(ACTS) {
        let mut strikes = (0..STRIKES).map(|strike| {
            let random = mix(seed ^ mix(number * STRIKES + strike + 1));
            Duration::from_millis(random % STRIKE_WITHIN_MS)
        });
        loop {
            let installation = Installation::open(args, Purpose::Fill, stop).await?;
            let strike_after = strikes.next();
            let (done, struck) = attempt(ground, &installation, event, strike_after).await?;
            kills += u64::from(struck);
            let closed = installation.close_after(async |_| Ok(())).await;
            if done {
                // A server that was struck right after the commit has nothing left to stop.
                closed.or_else(|error| if struck { Ok(()) } else { Err(error) })?;
                break;
            }
        }
    }
    Ok(kills)
}

/// Does an act, and strikes meanwhile if told to; says whether the act is done and whether it was struck.
async fn attempt(
    ground: &Ground,
    installation: &Installation,
    event: WaveEvent,
    strike_after: Option<Duration>,
) -> Result<(bool, bool)> {
    let strike = async {
        match strike_after {
            Some(after) => {
                tokio::time::sleep(after).await;
                kill_database(&ground.data);
            }
            None => std::future::pending().await,
        }
    };
    let keys = installation.keys().await?;
    let mut strike = Box::pin(strike);
    let mut ended = Box::pin(end_with(ground, installation, &keys, event));
    tokio::select! {
        done = &mut ended => Ok((settled(done, event)?, false)),
        () = &mut strike => {
            let done = ended.await;
            // Nobody knows what an act that failed now has done; the next attempt finds out.
            Ok((done.is_ok() && settled(done, event)?, true))
        }
    }
}

/// An act that finds itself done was committed by an attempt that never heard of it.
fn settled(done: Result<(), ActError>, event: WaveEvent) -> Result<bool> {
    match done {
        Ok(()) => Ok(true),
        Err(ActError::WaveState { refused, .. }) if is_past(refused.from, event) => Ok(true),
        Err(error) => Err(error).with_context(|| format!("{event:?} failed by itself")),
    }
}

/// True if a wave in this state is past the event.
fn is_past(state: &str, event: WaveEvent) -> bool {
    let order = ["open", "closed", "frozen", "drawn", "appointed"];
    let after = ACTS.iter().position(|act| *act == event).map(|place| place + 1);
    order.iter().position(|known| *known == state) >= after && after.is_some()
}

async fn end_with(
    ground: &Ground,
    installation: &Installation,
    keys: &KeyRing,
    event: WaveEvent,
) -> Result<(), ActError> {
    let (wave, approval, mut rng) = (ground.wave, &ground.approval, SystemRng);
    let now = match event {
        WaveEvent::Draw => wave.draw_at(),
        WaveEvent::Appoint => wave.results_at,
        WaveEvent::Open
        | WaveEvent::Close
        | WaveEvent::Freeze
        | WaveEvent::Settle
        | WaveEvent::Cancel => wave.closes_at,
    };
    let act = &mut act(&installation.database, keys, &ground.reference, now, &mut rng);
    match event {
        WaveEvent::Close => close_wave(act, WAVE).await,
        WaveEvent::Freeze => freeze_wave(act, WAVE, approval).await.map(drop),
        WaveEvent::Draw => draw_wave(act, WAVE, approval).await.map(drop),
        WaveEvent::Appoint => appoint_wave(act, WAVE, approval).await.map(drop),
        WaveEvent::Open | WaveEvent::Settle | WaveEvent::Cancel => Ok(()),
    }
}

impl Verdict {
    /// Everything that must not be, in words.
    pub(super) fn faults(&self) -> Vec<String> {
        let counted = [
            (self.lost, "acknowledged joins are lost"),
            (self.doubled, "joins are not written down exactly once"),
            (self.uninvited, "members never asked to join"),
        ];
        let counted = counted.iter().filter(|(count, _)| *count > 0);
        counted
            .map(|(count, what)| format!("{count} {what}"))
            .chain(self.violations.iter().cloned())
            .collect()
    }
}
