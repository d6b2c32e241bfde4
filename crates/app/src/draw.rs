//! The draw of a frozen wave.

use std::collections::BTreeMap;

use domain::decision::DrawReason;
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveNumber};
use rayon::prelude::*;
use selection::beacon::{BeaconSchedule, TestBeacon};
use selection::digest::{NO_CONTRIBUTIONS, Seed, SeedSource};
use selection::draw::{
    DrawError, GuaranteedSeats, MaskResult, Outcome, PoolPlan, PoolResult, RegionDraw, Step,
};
use selection::policy::SeatRules;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use storage::classes::{member_classes_of_wave, roll_commitments_of_wave};
use storage::database::Tx;
use storage::error::StorageError;
use storage::memberships::members_undecided;
use storage::reference::{WaveRow, quota_weights_list};
use storage::seats::{ClassResultRow, PoolResultRow, QuotaRow, draw_results_insert, quotas_get};
use storage::selection::{DecisionRows, DrawRow, draw_insert, roll_get};

use crate::act::{Act, ActError, lock_wave, next_state, subject};
use crate::quota::{pool_plans, rules_of_wave};
use crate::roll::{Entry, Roll, RollFacts, selection_error, wave_context};

/// Name of the local test chain; its hash is the chain hash. No real round exists for waves before
/// August 2023, so a replay can only use a chain of its own, and says so.
const TEST_CHAIN: &str = "gelombang local test chain 1";
/// Genesis of the test chain, 2020-01-01T00:00:00Z, before the first wave.
const TEST_GENESIS_S: u64 = 1_577_836_800;
/// Seconds between rounds of the test chain, as drand quicknet has them.
const TEST_PERIOD_S: u32 = 3;

/// Counts of a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Members selected.
    pub selected: u32,
    /// Members in play and not selected.
    pub not_selected: u32,
    /// Members beyond the cap of their household.
    pub household_cap: u32,
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
    let rules = rules_of_wave(policy, (wave.kind, wave.base_seats), &weights);
    let roll = frozen_roll(&mut tx, number, &rules).await?;
    let quotas = quotas_get(&mut tx, number).await?;
    let beacon = read_beacon(&wave)?;
    let drawing = Drawing {
        wave: number,
        seed: &beacon.seed,
        rules: &rules,
        quotas: quotas.regions.iter().map(|quota| (quota.region, quota)).collect(),
        has_classes: !quotas.classes.is_empty(),
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
    let mut drawn = Drawn { selected: 0, not_selected: 0, household_cap: 0 };
    for region in &regions {
        rows.append(&region.rows);
        codes.update(&region.codes);
        drawn.selected = drawn.selected.saturating_add(region.counts.selected);
        drawn.not_selected = drawn.not_selected.saturating_add(region.counts.not_selected);
        drawn.household_cap = drawn.household_cap.saturating_add(region.counts.household_cap);
    }
    rows.insert(&mut tx).await?;
    let row = DrawRow {
        chain: format!("TEST BEACON {TEST_CHAIN}"),
        test_beacon: true,
        round: beacon.round,
        randomness: beacon.randomness,
        seed: *beacon.seed.as_bytes(),
        roll_digest: roll.digest.digest,
        result_digest: codes.finalize().into(),
        selected: drawn.selected,
    };
    draw_insert(&mut tx, number, &row, act.now).await?;
    let results = regions.iter().map(|region| (region.region, region.pools.as_slice()));
    draw_results_insert(&mut tx, number, results).await?;
    let detail = json!({
        "selected": drawn.selected,
        "not_selected": drawn.not_selected,
        "household_cap": drawn.household_cap,
        "test_beacon": true,
    });
    act.transition(&mut tx, &wave, WaveEvent::Draw, approval.reason(), detail).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(drawn)
}

struct Beacon {
    round: u64,
    randomness: [u8; 32],
    seed: Seed,
}

/// The round that the calendar fixes for this wave, and the seed it gives.
fn read_beacon(wave: &WaveRow) -> Result<Beacon, ActError> {
    let failed = |error: selection::beacon::BeaconError| selection_error(wave.wave, &error);
    let schedule = BeaconSchedule::new(TEST_GENESIS_S, TEST_PERIOD_S).map_err(failed)?;
    let chain = TestBeacon::new(Sha256::digest(TEST_CHAIN).into(), schedule);
    let seconds = u64::try_from(wave.calendar().draw_at().unix_seconds()).unwrap_or(0);
    let round = chain.schedule().round_at(seconds).map_err(failed)?;
    let randomness = chain.randomness(round);
    let source = SeedSource {
        chain_hash: chain.chain_hash(),
        round,
        randomness: &randomness,
        contrib_digest: &NO_CONTRIBUTIONS,
    };
    Ok(Beacon { round, randomness, seed: Seed::derive(&wave_context(wave)?, &source) })
}

/// The roll of a frozen wave, from its members as they are now.
///
/// # Errors
/// [`ActError::RollChanged`] if it is not the one that was frozen.
async fn frozen_roll(tx: &mut Tx, wave: WaveNumber, rules: &SeatRules) -> Result<Roll, ActError> {
    let frozen = roll_get(tx, wave).await?;
    let members = members_undecided(tx, wave).await?;
    let facts = RollFacts {
        places_left: &frozen.places,
        classes: &member_classes_of_wave(tx, wave).await?,
        small_cells: rules.small_cells,
    };
    let commitments = roll_commitments_of_wave(tx, wave).await?;
    let mut entries = facts.entries(wave, &members)?;
    for entry in &mut entries {
        if let Some(commitment) = commitments.get(&entry.person_id) {
            entry.commit_to(wave, *commitment)?;
        }
    }
    let roll = Roll::of(wave, entries)?;
    if roll.digest.digest != frozen.digest || roll.entries.len() != frozen.entries {
        return Err(ActError::RollChanged(wave));
    }
    Ok(roll)
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
