//! The draw of a frozen wave.

use std::collections::BTreeMap;

use domain::decision::DrawReason;
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::schedule::Task;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveNumber};
use rayon::prelude::*;
use selection::digest::Seed;
use selection::draw::{
    DrawError, GuaranteedSeats, MaskResult, Outcome, PoolPlan, PoolResult, RegionDraw, Step,
};
use selection::policy::SeatRules;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use storage::error::StorageError;
use storage::memberships::members_undecided;
use storage::reference::quota_weights_list;
use storage::seats::{ClassResultRow, PoolResultRow, QuotaRow, draw_results_insert, quotas_get};
use storage::selection::{DecisionRows, DrawRow, draw_insert};

use crate::act::{Act, ActError, lock_wave, next_state, subject};
use crate::beacon::read_beacon;
use crate::folders::{public_policy, require_seen_plan, require_seen_reveals};
use crate::jobs::enqueue;
use crate::quota::{pool_plans, rules_of_wave};
use crate::roll::{Entry, FrozenRoll, selection_error};

/// Counts of a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Members selected.
    pub selected: u32,
    /// Members in play and not selected.
    pub not_selected: u32,
    /// Members beyond the cap of their household.
    pub household_cap: u32,
    /// True if the beacon was a test.
    pub test_beacon: bool,
}

/// Draws a frozen wave and writes every member's decision. Two-person act; a wave is drawn once.
///
/// # Errors
/// [`ActError::RollChanged`] if the members are no longer those of the frozen roll; otherwise as for every
/// act. Nothing changes then.
pub async fn draw_wave(
    act: &mut Act<'_>,
    number: WaveNumber,
    approval: &Approval,
) -> Result<Drawn, ActError> {
    let mut tx = act.database.begin().await?;
    let wave = lock_wave(&mut tx, number).await?;
    next_state(&wave, WaveEvent::Draw, act.now)?;
    let at = wave.calendar().draw_at();
    if act.now < at {
        return Err(ActError::TooEarly { wave: number, event: WaveEvent::Draw, at });
    }
    act.approve(&mut tx, TwoPersonAct::Draw, &subject(number), approval).await?;
    let policy = &act.policy_of(&wave)?.version;
    let weights = quota_weights_list(&mut tx, number).await?;
    let public = public_policy(&mut tx, number).await?;
    let rules = match &public {
        Some(file) => file.policy().get().rules.clone(),
        None => rules_of_wave(policy, (wave.kind, wave.base_seats), &weights),
    };
    if let Some(file) = &public {
        require_seen_plan(&mut tx, &wave, file).await?;
        require_seen_reveals(&mut tx, &wave, file).await?;
    }
    let members = members_undecided(&mut tx, number).await?;
    let roll = FrozenRoll::read(&mut tx, number, &rules, members).await?.roll;
    let quotas = quotas_get(&mut tx, number).await?;
    let beacon = read_beacon(&mut tx, &wave, public.as_ref()).await?;
    let drawing = Drawing {
        wave: number,
        seed: &beacon.seed,
        rules: &rules,
        quotas: quotas.regions.iter().map(|quota| (quota.region, quota)).collect(),
        has_classes: !quotas.classes.is_empty(),
        test_beacon: beacon.is_test,
        now: act.now,
    };
    let regions: Vec<RegionDecisions> = roll
        .regions()
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(region, entries)| drawing.draw_region(region, entries))
        .collect::<Result<_, ActError>>()?;

    let mut rows = DecisionRows::new(number, act.now);
    let mut codes = Sha256::new();
    let mut drawn =
        Drawn { selected: 0, not_selected: 0, household_cap: 0, test_beacon: beacon.is_test };
    for region in &regions {
        rows.append(&region.rows);
        codes.update(&region.codes);
        drawn.selected = drawn.selected.saturating_add(region.counts.selected);
        drawn.not_selected = drawn.not_selected.saturating_add(region.counts.not_selected);
        drawn.household_cap = drawn.household_cap.saturating_add(region.counts.household_cap);
    }
    rows.insert(&mut tx).await?;
    let row = DrawRow {
        chain: beacon.chain,
        test_beacon: beacon.is_test,
        round: beacon.round,
        randomness: beacon.randomness,
        seed: *beacon.seed.as_bytes(),
        roll_digest: roll.digest.digest,
        result_digest: codes.finalize().into(),
        selected: drawn.selected,
        signature: beacon.signature,
    };
    draw_insert(&mut tx, number, &row, act.now).await?;
    let results = regions.iter().map(|region| (region.region, region.pools.as_slice()));
    draw_results_insert(&mut tx, number, results).await?;
    let detail = json!({
        "selected": drawn.selected,
        "not_selected": drawn.not_selected,
        "household_cap": drawn.household_cap,
        "test_beacon": beacon.is_test,
    });
    act.transition(&mut tx, &wave, WaveEvent::Draw, approval.reason(), detail).await?;
    if public.is_some() {
        enqueue(&mut tx, act, Task::PublishFolders, act.now).await?;
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(drawn)
}

/// One region's decisions, ready to be written.
struct RegionDecisions {
    region: RegionCode,
    rows: DecisionRows,
    /// What each pool did; none in a region without seats.
    pools: Vec<PoolResultRow>,
    /// The region's part of `waitlist.bin` (selection.md section 16.4).
    codes: Vec<u8>,
    counts: Drawn,
}

/// What every region is drawn with.
struct Drawing<'a> {
    wave: WaveNumber,
    seed: &'a Seed,
    rules: &'a SeatRules,
    quotas: BTreeMap<RegionCode, &'a QuotaRow>,
    has_classes: bool,
    test_beacon: bool,
    now: Timestamp,
}

impl Drawing<'_> {
    fn draw_region(
        &self,
        region: RegionCode,
        entries: &[Entry],
    ) -> Result<RegionDecisions, ActError> {
        let failed = |error: DrawError| selection_error(self.wave, &error);
        let quota = self.quotas.get(&region);
        let plans = match quota {
            Some(quota) => pool_plans(self.rules, &quota.pools)?,
            None => vec![PoolPlan::open(0)],
        };
        let mut draw = RegionDraw::new(self.seed, self.rules.household_cap);
        let mut intake = draw.region(region.get());
        for entry in entries {
            if entry.is_hidden() {
                intake.add_opened(&entry.record, entry.mask).map_err(failed)?;
            } else {
                intake.add(&entry.record).map_err(failed)?;
            }
        }
        let result = intake.draw_pools(&plans).map_err(failed)?;
        let mut rows = DecisionRows::new(self.wave, self.now);
        let mut codes = Vec::with_capacity(entries.len().saturating_mul(4));
        for (entry, outcome) in entries.iter().zip(result.outcomes) {
            codes.extend_from_slice(&outcome.waitlist_code().to_be_bytes());
            match outcome {
                Outcome::Selected { seat, .. } => {
                    rows.selected(entry.person_id, seat.pool, seat.step == Step::Guarantee);
                }
                Outcome::Waiting { rank } => {
                    let reason = self.has_classes.then(|| reason_of(&plans, entry.mask).name());
                    rows.not_selected(entry.person_id, *rank, reason);
                }
                Outcome::HouseholdCap => rows.household_cap(entry.person_id),
            }
        }
        let counts = Drawn {
            selected: result.selected,
            not_selected: result.waiting,
            household_cap: result.capped,
            test_beacon: self.test_beacon,
        };
        let pools = if quota.is_some() {
            result.pools.iter().map(pool_result).collect()
        } else {
            Vec::new()
        };
        Ok(RegionDecisions { region, rows, pools, codes, counts })
    }
}

/// Why somebody with this mask is left without a seat of these pools.
fn reason_of(pools: &[PoolPlan], mask: u16) -> DrawReason {
    let holds = |bit: u8| mask.checked_shr(u32::from(bit)).unwrap_or(0) & 1 == 1;
    let is_reserved = |pool: &PoolPlan| {
        let guaranteed = |own: &GuaranteedSeats| own.seats > 0 && holds(own.trait_bit);
        (pool.need != 0 && pool.seats > 0) || pool.guarantees.iter().any(guaranteed)
    };
    if pools.iter().filter(|pool| pool.accepts(mask)).any(is_reserved) {
        DrawReason::ReservedSeatsFilled
    } else {
        DrawReason::SeatsFilled
    }
}

fn pool_result(pool: &PoolResult) -> PoolResultRow {
    let class = |own: &MaskResult| ClassResultRow {
        mask: own.mask,
        people: own.n,
        selected: own.selected,
        guaranteed: own.step1,
        close: own.close.map(|ticket| ticket.0),
    };
    PoolResultRow {
        filled: pool.filled,
        short: pool.short,
        cutoff: pool.cutoff.map(|ticket| ticket.0),
        classes: pool.masks.iter().map(class).collect(),
    }
}
