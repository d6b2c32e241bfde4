//! Freezing a wave: eligibility with reasons, the roll, and the quota table.

use std::collections::BTreeMap;

use domain::eligibility::{FreezeFacts, Rule, find_ineligible, home_of_card, refuse_apart};
use domain::ledger::{Transfer, TransferReason};
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::{EligibilityRules, FreedPlaces, RevokedFunds};
use domain::region::RegionCode;
use domain::rupiah::Rupiah;
use domain::wave::{WaveEvent, WaveKind, WaveNumber};
use selection::apportion::{Claim, sainte_lague};
use serde_json::json;
use storage::database::Tx;
use storage::error::StorageError;
use storage::ledger::transfer_insert;
use storage::memberships::{Member, grants_of_wave, members_undecided, places_taken_of_wave};
use storage::persons::findings_of_wave;
use storage::reference::{WaveRow, quota_weights_list, wave_with_open_roll};
use storage::selection::{
    DecisionRows, FreedCause, QuotaRow, quotas_insert, roll_insert, seat_pool_insert,
    seat_pool_reuse,
};
use uuid::Uuid;

use crate::act::{Act, ActError, lock_wave, next_state, subject};
use crate::roll::{Roll, selection_error};

/// Counts of a frozen wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// Members in the draw.
    pub entries: usize,
    /// Members kept out by a rule.
    pub ineligible: usize,
    /// Seats published.
    pub seats: u32,
    /// Seats among them that were freed in earlier waves.
    pub reused: u32,
    /// Seats that nobody can take.
    pub unfilled: u32,
}

/// Decides who is eligible, fixes the roll, hands over freed seats, solves and publishes the quota table,
/// and funds it. Two-person act.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn freeze_wave(
    act: &mut Act<'_>,
    number: WaveNumber,
    approval: &Approval,
) -> Result<Frozen, ActError> {
    let mut tx = act.database.begin().await?;
    let wave = lock_wave(&mut tx, number).await?;
    next_state(&wave, WaveEvent::Freeze, act.now)?;
    let draw_at = wave.calendar().draw_at();
    if act.now >= draw_at {
        return Err(ActError::RoundKnown { wave: number, at: draw_at });
    }
    if let Some(open) = wave_with_open_roll(&mut tx, number).await? {
        return Err(ActError::OpenRoll { wave: number, open });
    }
    act.approve(&mut tx, TwoPersonAct::PublishQuota, &subject(number), approval).await?;
    let policy = act.policy_of(&wave)?;
    let rules = policy.version.eligibility();
    let grant = policy.version.grant();
    let takes_freed = wave.kind == WaveKind::Recovery
        || policy.version.selection().freed_places_to == FreedPlaces::NextWave;

    let judged = judge_members(&mut tx, number, rules, act.now).await?;
    let ineligible = judged.ineligible;
    let roll = Roll::build(number, &judged.eligible, &judged.places_left)?;
    roll_insert(&mut tx, number, roll.entries.len(), roll.digest.digest, &judged.places_left)
        .await?;

    let reused =
        if takes_freed { seat_pool_reuse(&mut tx, number).await? } else { BTreeMap::new() };
    let in_play = roll.in_play(rules.max_beneficiaries_per_kk.unwrap_or(0));
    let quotas = solve_quotas(&mut tx, &wave, &reused, &in_play).await?;
    quotas_insert(&mut tx, number, &quotas).await?;
    let unfilled: BTreeMap<RegionCode, u32> = quotas
        .iter()
        .filter(|quota| quota.unfilled > 0)
        .map(|quota| (quota.region, quota.unfilled))
        .collect();
    seat_pool_insert(&mut tx, number, FreedCause::Unfilled, &unfilled, act.now).await?;

    let frozen = Frozen {
        entries: roll.entries.len(),
        ineligible,
        seats: sum(quotas.iter().map(|quota| quota.seats)),
        reused: sum(reused.values().copied()),
        unfilled: sum(unfilled.values().copied()),
    };
    allocate(&mut tx, number, grant.total, frozen.seats, act.now).await?;
    let detail = json!({
        "entries": frozen.entries,
        "ineligible": frozen.ineligible,
        "seats": frozen.seats,
        "reused": frozen.reused,
        "unfilled": frozen.unfilled,
    });
    act.transition(&mut tx, &wave, WaveEvent::Freeze, approval.reason(), detail).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(frozen)
}

fn sum(counts: impl Iterator<Item = u32>) -> u32 {
    counts.fold(0, u32::saturating_add)
}

/// Members after judgement.
struct Judged {
    eligible: Vec<Member>,
    ineligible: usize,
    /// Places left of family cards that earlier grants have used, for cards in the draw.
    places_left: BTreeMap<Uuid, u8>,
}

/// Judges every member and writes the decisions of those kept out: each by the own facts first, then by
/// the home of the family card, which only those who passed decide.
async fn judge_members(
    tx: &mut Tx,
    wave: WaveNumber,
    rules: &EligibilityRules,
    now: domain::time::Timestamp,
) -> Result<Judged, ActError> {
    let mut members = members_undecided(tx, wave).await?;
    let findings = findings_of_wave(tx, wave).await?;
    let grants = grants_of_wave(tx, wave).await?;
    let taken = places_taken_of_wave(tx, wave).await?;
    let taken_of = |member: &Member| taken.get(&member.kk_index).copied().unwrap_or(0);
    let joined = members.len();
    let mut rows = DecisionRows::new(wave, now);
    let mut passes = |member: &Member, rule: Option<Rule>| {
        if let Some(rule) = rule {
            rows.ineligible(member.person_id, &rule.code());
        }
        rule.is_none()
    };
    members.retain(|member| {
        let (standing, revoked) = grants.get(&member.person_id).copied().unwrap_or((0, false));
        let facts = FreezeFacts {
            revoked,
            grants: standing,
            household_places_taken: taken_of(member),
            findings: findings.get(&member.person_id).map_or(&[], Vec::as_slice),
        };
        passes(member, find_ineligible(rules, &facts))
    });
    let homes = homes_of_split_cards(&members);
    members.retain(|member| {
        let home = homes.get(&member.kk_index);
        passes(member, home.and_then(|home| refuse_apart(rules, *home, member.region)))
    });
    rows.insert(tx).await?;
    let cap = rules.max_beneficiaries_per_kk.unwrap_or(0);
    let places_left = members
        .iter()
        .filter(|member| cap > 0 && taken_of(member) > 0)
        .map(|member| (member.kk_index, cap.saturating_sub(taken_of(member))))
        .collect();
    let ineligible = joined.saturating_sub(members.len());
    Ok(Judged { eligible: members, ineligible, places_left })
}

/// The regency of each family card whose members state more than one.
fn homes_of_split_cards(members: &[Member]) -> BTreeMap<Uuid, RegionCode> {
    let mut stated: Vec<(Uuid, RegionCode)> =
        members.iter().map(|member| (member.kk_index, member.region)).collect();
    stated.sort_unstable();
    stated
        .chunk_by(|one, next| one.0 == next.0)
        .filter(|card| card.first() != card.last())
        .filter_map(|card| {
            let regions: Vec<RegionCode> = card.iter().map(|(_, region)| *region).collect();
            Some((card.first()?.0, home_of_card(&regions)?))
        })
        .collect()
}

/// Splits the wave's seats over its regions by weight: each region first gets back what it freed, none
/// gets more than it has people in play, and seats that nobody can take stay visible as unfilled.
async fn solve_quotas(
    tx: &mut Tx,
    wave: &WaveRow,
    reused: &BTreeMap<RegionCode, u32>,
    in_play: &BTreeMap<RegionCode, u32>,
) -> Result<Vec<QuotaRow>, ActError> {
    let weights = quota_weights_list(tx, wave.wave).await?;
    let total = u64::from(wave.base_seats).saturating_add(u64::from(sum(reused.values().copied())));
    let claims: Vec<Claim> = weights
        .iter()
        .map(|(region, weight)| {
            let cap = u64::from(in_play.get(region).copied().unwrap_or(0));
            let start = u64::from(reused.get(region).copied().unwrap_or(0)).min(cap);
            Claim { code: u32::from(region.get()), weight: *weight, start, cap }
        })
        .collect();
    let failed = |error| selection_error(wave.wave, &error);
    let filled = sainte_lague(total, &claims).map_err(failed)?;
    let open: Vec<Claim> =
        claims.iter().map(|claim| Claim { start: 0, cap: u64::MAX, ..*claim }).collect();
    let unfilled = sainte_lague(filled.unplaced, &open).map_err(failed)?;
    let small = |seats: u64| u32::try_from(seats).unwrap_or(u32::MAX);
    Ok(weights
        .iter()
        .zip(filled.seats.iter().zip(&unfilled.seats))
        .map(|((region, _), (filled, unfilled))| QuotaRow {
            region: *region,
            seats: small(filled.saturating_add(*unfilled)),
            unfilled: small(*unfilled),
        })
        .collect())
}

/// Funds the wave's seats from the appropriation.
async fn allocate(
    tx: &mut Tx,
    wave: WaveNumber,
    grant: Rupiah,
    seats: u32,
    now: domain::time::Timestamp,
) -> Result<(), ActError> {
    let amount = grant.checked_mul(seats).ok_or(ActError::Amount(wave))?;
    if amount == Rupiah::ZERO {
        return Ok(());
    }
    let transfer = Transfer {
        wave,
        person: None,
        reason: TransferReason::Allocation,
        number: 1,
        return_to: RevokedFunds::ProgrammeFund,
        amount,
        posted_at: now,
    };
    Ok(transfer_insert(tx, &transfer).await?)
}
