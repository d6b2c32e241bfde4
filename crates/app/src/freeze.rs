//! Freezing a wave: eligibility with reasons, the roll, and the quota table.

use std::collections::BTreeMap;

use domain::eligibility::{Rule, home_of_card, refuse_apart};
use domain::ids::PersonId;
use domain::ledger::{Transfer, TransferReason};
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::{
    ClassFacts, EligibilityRules, FreedPlaces, PolicyVersion, RevokedFunds, SeatShares,
};
use domain::region::RegionCode;
use domain::rupiah::Rupiah;
use domain::schedule::Task;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind, WaveNumber};
use serde_json::json;
use storage::classes::{
    MemberClass, class_facts_of_wave, member_classes_insert, roll_commitments_insert,
};
use storage::database::Tx;
use storage::error::StorageError;
use storage::ledger::transfer_insert;
use storage::memberships::{Member, members_undecided};
use storage::public_folders::{TakenSeats, seat_pool_take_public};
use storage::reference::{WaveRow, quota_weights_list, wave_with_open_roll};
use storage::seats::quotas_insert;
pub use storage::seats::{GuaranteeRow, NationalRow, PoolRow, QuotaRow, QuotaRows};
use storage::selection::{
    DecisionRows, FreedCause, roll_insert, seat_pool_insert, seat_pool_reuse,
};
use uuid::Uuid;

use crate::act::{Act, ActError, lock_wave, next_state, policy_of, subject};
use crate::commitments::make_commitments;
use crate::contributions::commitments_of;
use crate::folders::{public_policy, require_time_to_look};
use crate::jobs::enqueue;
use crate::judge::MemberFacts;
use crate::quota::{rules_of_wave, solve_quotas};
use crate::roll::{Roll, RollFacts};

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
    let public = public_policy(&mut tx, number).await?;
    if let Some(file) = &public {
        require_time_to_look(&wave, file, act.now)?;
        commitments_of(&mut tx, number, file).await?;
    }
    act.approve(&mut tx, TwoPersonAct::PublishQuota, &subject(number), approval).await?;
    let policy = &policy_of(act.policies, &wave)?.version;
    let (frozen, _) = freeze_within(&mut tx, act, &wave, policy).await?;
    let grant = policy.grant();
    allocate(&mut tx, number, grant.total, frozen.seats, act.now).await?;
    let detail = json!({
        "entries": frozen.entries,
        "ineligible": frozen.ineligible,
        "seats": frozen.seats,
        "reused": frozen.reused,
        "unfilled": frozen.unfilled,
    });
    act.transition(&mut tx, &wave, WaveEvent::Freeze, approval.reason(), detail).await?;
    if public.is_some() {
        enqueue(&mut tx, act, Task::PublishFolders, act.now).await?;
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(frozen)
}

/// What the quota table of a closed wave would be if it were frozen now. Changes nothing.
///
/// # Errors
/// [`ActError`] as for the freeze, but for its calendar.
pub async fn preview_quotas(
    act: &mut Act<'_>,
    number: WaveNumber,
) -> Result<(Frozen, QuotaRows), ActError> {
    let mut tx = act.database.begin().await?;
    let wave = lock_wave(&mut tx, number).await?;
    next_state(&wave, WaveEvent::Freeze, act.now)?;
    if let Some(open) = wave_with_open_roll(&mut tx, number).await? {
        return Err(ActError::OpenRoll { wave: number, open });
    }
    let policy = &policy_of(act.policies, &wave)?.version;
    let frozen = freeze_within(&mut tx, act, &wave, policy).await?;
    tx.rollback().await.map_err(StorageError::from)?;
    Ok(frozen)
}

/// Decides, fixes and solves within a transaction of the caller, who has locked the wave.
async fn freeze_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    wave: &WaveRow,
    policy: &PolicyVersion,
) -> Result<(Frozen, QuotaRows), ActError> {
    let (number, now) = (wave.wave, act.now);
    let (rules, shares) = (policy.eligibility(), &policy.selection().shares);
    let public = public_policy(tx, number).await?;
    let classes = classify_members(tx, number, shares).await?;
    let judged = judge_members(tx, number, rules, now).await?;
    let weights = quota_weights_list(tx, number).await?;
    let seat_rules = match &public {
        Some(file) => file.policy().get().rules.clone(),
        None => rules_of_wave(policy, (wave.kind, wave.base_seats), &weights),
    };
    let facts = RollFacts {
        places_left: &judged.places_left,
        classes: &classes,
        small_cells: seat_rules.small_cells,
    };
    let mut entries = facts.entries(number, &judged.eligible)?;
    if shares.commits || public.is_some() {
        let commitments = make_commitments(tx, act, wave, &entries).await?;
        roll_commitments_insert(tx, number, &commitments).await?;
        for entry in &mut entries {
            if let Some(row) = commitments.get(&entry.person_id) {
                entry.commit_to(number, row.commitment)?;
            }
        }
    }
    let roll = Roll::of(number, entries)?;
    roll_insert(tx, number, roll.entries.len(), roll.digest.digest, &judged.places_left).await?;

    let taken = take_freed(tx, wave, policy, public.is_some()).await?;
    let quotas = solve_quotas(number, policy, &seat_rules, &taken, &roll)?;
    let unfilled = publish_quotas(tx, number, &quotas, now).await?;
    let frozen = Frozen {
        entries: roll.entries.len(),
        ineligible: judged.ineligible,
        seats: sum(quotas.regions.iter().map(|quota| quota.seats)),
        reused: sum(taken.returned.values().chain(taken.carried.values()).copied()),
        unfilled,
    };
    Ok((frozen, quotas))
}

/// Writes the quota table, and puts what nobody can take into the pool; gives how many seats that is.
pub(crate) async fn publish_quotas(
    tx: &mut Tx,
    wave: WaveNumber,
    quotas: &QuotaRows,
    now: Timestamp,
) -> Result<u32, StorageError> {
    quotas_insert(tx, wave, quotas).await?;
    let unfilled: BTreeMap<RegionCode, u32> = quotas
        .regions
        .iter()
        .filter(|quota| quota.unfilled > 0)
        .map(|quota| (quota.region, quota.unfilled))
        .collect();
    seat_pool_insert(tx, wave, FreedCause::Unfilled, &unfilled, now).await?;
    Ok(sum(unfilled.values().copied()))
}

/// Freed seats that the wave takes over: a published one those that everybody can account for, another one all.
async fn take_freed(
    tx: &mut Tx,
    wave: &WaveRow,
    policy: &PolicyVersion,
    is_public: bool,
) -> Result<TakenSeats, StorageError> {
    if is_public {
        return seat_pool_take_public(tx, wave.wave).await;
    }
    let takes = wave.kind == WaveKind::Recovery
        || policy.selection().freed_places_to == FreedPlaces::NextWave;
    let returned = if takes { seat_pool_reuse(tx, wave.wave).await? } else { BTreeMap::new() };
    Ok(TakenSeats { returned, carried: BTreeMap::new() })
}

/// Writes down what each member counts as, those that a rule keeps out too: an appeal may bring them back.
async fn classify_members(
    tx: &mut Tx,
    wave: WaveNumber,
    shares: &SeatShares,
) -> Result<BTreeMap<PersonId, MemberClass>, ActError> {
    if !shares.tells_people_apart() {
        return Ok(BTreeMap::new());
    }
    let facts = class_facts_of_wave(tx, wave).await?;
    let class = |(person, facts)| (person, class_of(shares, facts));
    let classes: BTreeMap<PersonId, MemberClass> = facts.into_iter().map(class).collect();
    member_classes_insert(tx, wave, &classes).await?;
    Ok(classes)
}

/// What somebody with these facts counts as.
pub(crate) fn class_of(shares: &SeatShares, facts: ClassFacts) -> MemberClass {
    MemberClass { mask: shares.mask_of(facts), weight: shares.weight_of(facts) }
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
    now: Timestamp,
) -> Result<Judged, ActError> {
    let mut members = members_undecided(tx, wave).await?;
    let facts = MemberFacts::read(tx, wave, rules).await?;
    let joined = members.len();
    let mut rows = DecisionRows::new(wave, now);
    let mut passes = |member: &Member, rule: Option<Rule>| {
        if let Some(rule) = rule {
            rows.ineligible(member.person_id, &rule.code());
        }
        rule.is_none()
    };
    members.retain(|member| passes(member, facts.refuse(member, facts.taken_of(member))));
    let homes = homes_of_split_cards(&members);
    members.retain(|member| {
        let home = homes.get(&member.kk_index);
        passes(member, home.and_then(|home| refuse_apart(rules, *home, member.region)))
    });
    rows.insert(tx).await?;
    let cap = rules.max_beneficiaries_per_kk.unwrap_or(0);
    let places_left = members
        .iter()
        .filter(|member| cap > 0 && facts.taken_of(member) > 0)
        .map(|member| (member.kk_index, cap.saturating_sub(facts.taken_of(member))))
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

/// Funds the wave's seats from the appropriation.
async fn allocate(
    tx: &mut Tx,
    wave: WaveNumber,
    grant: Rupiah,
    seats: u32,
    now: Timestamp,
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
