//! The draw of a frozen wave.

use std::collections::BTreeMap;

use domain::officers::{Approval, TwoPersonAct};
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveNumber};
use rayon::prelude::*;
use selection::beacon::{BeaconSchedule, TestBeacon};
use selection::digest::{NO_CONTRIBUTIONS, Seed, SeedSource};
use selection::draw::{Outcome, RegionDraw};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use storage::error::StorageError;
use storage::memberships::members_undecided;
use storage::reference::WaveRow;
use storage::selection::{DecisionRows, DrawRow, draw_insert, quotas_list, roll_get};

use crate::act::{Act, ActError, lock_wave, next_state, subject};
use crate::roll::{Entry, Roll, selection_error, wave_context};

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
    let rules = act.policy_of(&wave)?.version.eligibility();
    let household_cap = rules.max_beneficiaries_per_kk.unwrap_or(0);

    let frozen = roll_get(&mut tx, number).await?;
    let members = members_undecided(&mut tx, number).await?;
    let roll = Roll::build(number, &members, &frozen.places)?;
    if roll.digest.digest != frozen.digest || roll.entries.len() != frozen.entries {
        return Err(ActError::RollChanged(number));
    }
    let seats: BTreeMap<RegionCode, u32> = quotas_list(&mut tx, number)
        .await?
        .iter()
        .map(|quota| (quota.region, quota.seats.saturating_sub(quota.unfilled)))
        .collect();
    let beacon = read_beacon(&wave)?;
    let regions: Vec<RegionDecisions> = roll
        .regions()
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(region, entries)| {
            let seats = seats.get(&region).copied().unwrap_or(0);
            draw_region(number, &beacon.seed, household_cap, seats, entries, act.now)
        })
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

/// One region's decisions, ready to be written.
struct RegionDecisions {
    rows: DecisionRows,
    /// The region's part of `waitlist.bin` (selection.md section 16.4).
    codes: Vec<u8>,
    counts: Drawn,
}

fn draw_region(
    wave: WaveNumber,
    seed: &Seed,
    household_cap: u8,
    seats: u32,
    entries: &[Entry],
    now: Timestamp,
) -> Result<RegionDecisions, ActError> {
    let region = entries.first().map_or(0, |entry| entry.record.parts().region);
    let failed = |error: selection::draw::DrawError| selection_error(wave, &error);
    let mut draw = RegionDraw::new(seed, household_cap);
    let mut intake = draw.region(region);
    for entry in entries {
        intake.add(&entry.record).map_err(failed)?;
    }
    let result = intake.draw(seats).map_err(failed)?;
    let mut rows = DecisionRows::new(wave, now);
    let mut codes = Vec::with_capacity(entries.len().saturating_mul(4));
    for (entry, outcome) in entries.iter().zip(result.outcomes) {
        codes.extend_from_slice(&outcome.waitlist_code().to_be_bytes());
        match outcome {
            Outcome::Selected { .. } => rows.selected(entry.person_id),
            Outcome::Waiting { rank } => rows.not_selected(entry.person_id, *rank),
            Outcome::HouseholdCap => rows.household_cap(entry.person_id),
        }
    }
    let counts = Drawn {
        selected: result.selected,
        not_selected: result.waiting,
        household_cap: result.capped,
    };
    Ok(RegionDecisions { rows, codes, counts })
}
