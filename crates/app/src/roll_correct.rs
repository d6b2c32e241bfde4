//! Correcting the frozen list of a published wave while everybody looks at it (selection.md sections 3 and 16.8): members
//! are judged again, everything that follows from the list is worked out anew, and draw and announcement move by what the
//! published rules say. Nothing of the plan before is lost, and everybody else's entry stays as it is.

mod again;
mod refusal;

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::CalendarWave;
use domain::ids::PersonId;
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::PolicyVersion;
use domain::roll_correction::{CorrectionBounds, JUDGED_MAX, refuse_roll_correction};
use domain::schedule::Task;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use publication::format::PolicyFile;
use selection::record::RecordParts;
use serde_json::{Value, json};
use sqlx::PgConnection;
use storage::classes::{
    CommitmentRow, MemberClass, class_facts_of_wave, member_classes_insert, roll_commitments_insert,
};
use storage::database::{Database, Tx};
use storage::error::StorageError;
use storage::memberships::members_undecided;
use storage::plans::{JudgedMember, NewPlan, members_judged, plan_replace};
use storage::public_folders::seats_taken_by;
use storage::reference::{WaveRow, calendar_lock, wave_find, waves_list};
use storage::seats::{QuotaRows, quotas_get};

use self::again::{Again, judge_again};
pub use self::refusal::{RollRefusal, listed_persons};
use crate::act::{Act, ActError, Event, lock_wave, plan_subject, policy_of, subject};
use crate::commitments::make_few_commitments;
use crate::contributions::RevealTimes;
use crate::folders::{instant, public_policy, require_seen_plan};
use crate::freeze::{class_of, publish_quotas};
use crate::jobs::enqueue;
use crate::judge::MemberFacts;
use crate::proposals::Request;
use crate::quota::solve_quotas;
use crate::roll::{Entry, FrozenRoll, Roll, RollFacts};

/// What a correction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// Number of the new plan.
    pub plan: u8,
    /// When the wave is drawn now.
    pub draw_at: Timestamp,
    /// When its results are announced now.
    pub results_at: Timestamp,
    /// Members in the draw.
    pub entries: usize,
    /// Judged again and now in the list.
    pub entered: usize,
    /// Judged again and now out of it.
    pub left: usize,
    /// In the list before and since, with another entry: another class, or it is hidden, or no longer.
    pub rewritten: usize,
    /// Seats that nobody can take.
    pub unfilled: u32,
}

/// What two officers are asked for, if it could be done now: the next plan of a wave, and whom to judge again.
///
/// # Errors
/// [`RollRefusal`] and others.
pub async fn correction_request(
    database: &Database,
    number: WaveNumber,
    persons: &BTreeSet<PersonId>,
    now: Timestamp,
) -> Result<Request, ActError> {
    let mut tx = database.begin().await?;
    let wave = wave_find(&mut tx, number).await?.ok_or(ActError::UnknownWave(number))?;
    let (_, next) = next_plan(&mut tx, &wave, now).await?;
    require_room(&mut tx, &next).await?;
    named_members(&mut tx, number, persons).await?;
    let plan = wave.plan().saturating_add(1);
    let persons: Vec<String> = persons.iter().map(ToString::to_string).collect();
    Ok(Request {
        act: TwoPersonAct::CorrectRoll,
        subject: plan_subject(number, plan),
        parameters: json!({ "plan": plan, "draw_at": next.draw_at().to_string(), "persons": persons }),
    })
}

/// Number of the plan that the next correction of a wave makes.
///
/// # Errors
/// [`ActError::UnknownWave`].
pub async fn next_plan_number(database: &Database, number: WaveNumber) -> Result<u8, ActError> {
    let wave = wave_find(&mut *database.begin().await?, number).await?;
    Ok(wave.ok_or(ActError::UnknownWave(number))?.plan().saturating_add(1))
}

/// Reads what a proposal to correct a list says: the plan, and whom to judge again; `None` if it is none.
pub fn proposed_correction(
    subject: &str,
    parameters: &Value,
) -> Option<((WaveNumber, u8), BTreeSet<PersonId>)> {
    let (wave, plan) = subject.strip_prefix("plan:")?.split_once(':')?;
    let wave = WaveNumber::new(wave.parse().ok()?)?;
    let persons = parameters.get("persons")?.as_array()?.iter();
    let persons = persons.map(|person| PersonId::parse(person.as_str()?));
    Some(((wave, plan.parse().ok()?), persons.collect::<Option<_>>()?))
}

/// Judges members of a frozen wave again and puts another plan in the place of the present one, in one transaction with the
/// job that publishes it. Two-person act.
///
/// The wave's seats stay as many as they were, so its money does too; what moves is who has a claim to them.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn correct_roll(
    act: &mut Act<'_>,
    (number, plan): (WaveNumber, u8),
    persons: &BTreeSet<PersonId>,
    approval: &Approval,
) -> Result<Corrected, ActError> {
    let mut tx = act.database.begin().await?;
    // No wave may be published meanwhile that would collide with the later announcement.
    calendar_lock(&mut tx).await?;
    let wave = lock_wave(&mut tx, number).await?;
    let (public, next) = next_plan(&mut tx, &wave, act.now).await?;
    require_room(&mut tx, &next).await?;
    let named = named_members(&mut tx, number, persons).await?;
    let possible = wave.plan().saturating_add(1);
    if plan != possible {
        return Err(RollRefusal::OtherPlan { wave: number, plan, next: possible }.into());
    }
    act.approve(&mut tx, TwoPersonAct::CorrectRoll, &plan_subject(number, plan), approval).await?;
    let policy = &policy_of(act.policies, &wave)?.version;
    let correcting = Correcting { wave: &wave, public: &public, policy, plan, next };
    let corrected = correcting.replace(&mut tx, act, &named).await?;
    let detail = json!({
        "plan": corrected.plan,
        "draw_at": corrected.draw_at.to_string(),
        "judged_again": named.len(),
        "entries": corrected.entries,
        "entered": corrected.entered,
        "left": corrected.left,
        "rewritten": corrected.rewritten,
        "unfilled": corrected.unfilled,
    });
    let event = Event {
        act: "wave_correct",
        subject: subject(number),
        from: None,
        to: None,
        reason: approval.reason(),
        detail,
    };
    act.record(&mut tx, event).await?;
    enqueue(&mut tx, act, Task::PublishFolders, act.now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(corrected)
}

/// The published rules of a wave whose list may be corrected now, and its calendar under the next plan. The present plan
/// must have been seen in time: what nobody saw cannot be corrected before everybody's eyes.
async fn next_plan(
    conn: &mut PgConnection,
    wave: &WaveRow,
    now: Timestamp,
) -> Result<(PolicyFile, CalendarWave), ActError> {
    let file = public_policy(conn, wave.wave).await?;
    let file = file.ok_or(RollRefusal::NotPublished(wave.wave))?;
    let times = file.policy().get().times;
    let plan = wave.plan().saturating_add(1);
    let bounds = CorrectionBounds {
        made: wave.corrections,
        allowed: times.max_corrections,
        seen_before: seen_before(&file, wave.plan()),
    };
    if let Some(bar) = refuse_roll_correction((wave.wave, &wave.state), &bounds, now) {
        return Err(RollRefusal::Bar(bar).into());
    }
    require_seen_plan(conn, wave, &file).await?;
    let moved_s = times.t4_of(plan).saturating_sub(times.t4);
    let moved_s = u32::try_from(moved_s).map_err(|_| StorageError::Inconsistency {
        table: "public_policies",
        column: "document",
    })?;
    Ok((file, wave.calendar().moved_by(moved_s)))
}

/// By when the next plan must have been seen: a margin before the draw of the present one, and before contributors reveal,
/// since whoever foresaw the beacon could choose a list by their values.
fn seen_before(rules: &PolicyFile, plan: u8) -> Timestamp {
    let policy = rules.policy().get();
    if policy.contributors.is_empty() {
        instant(policy.times.plan_due(plan.saturating_add(1)))
    } else {
        RevealTimes::of(&policy.times, plan).from
    }
}

/// Refuses an announcement that comes too late for the next wave.
async fn require_room(conn: &mut PgConnection, moved: &CalendarWave) -> Result<(), ActError> {
    let waves = waves_list(conn).await?;
    let mut after = waves.iter().filter(|row| row.wave > moved.number);
    let after = after.find(|row| !matches!(row.state, WaveState::Cancelled { .. }));
    let room = after.map_or(Ok(()), |after| after.calendar().follow(moved));
    Ok(room.map_err(|fault| RollRefusal::NoRoom { wave: moved.number, fault })?)
}

/// The members named, if all are.
async fn named_members(
    conn: &mut PgConnection,
    wave: WaveNumber,
    persons: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, JudgedMember>, ActError> {
    if !(1..=JUDGED_MAX).contains(&persons.len()) {
        return Err(RollRefusal::Number { named: persons.len() }.into());
    }
    let list: Vec<PersonId> = persons.iter().copied().collect();
    let members = members_judged(conn, wave, &list).await?;
    let missing: Vec<PersonId> =
        persons.iter().filter(|one| !members.contains_key(one)).copied().collect();
    if missing.is_empty() {
        Ok(members)
    } else {
        Err(RollRefusal::NotMembers { wave, persons: missing }.into())
    }
}

/// A correction under way, of a wave whose row is held.
struct Correcting<'a> {
    wave: &'a WaveRow,
    public: &'a PolicyFile,
    policy: &'a PolicyVersion,
    plan: u8,
    next: CalendarWave,
}

/// A list with what hangs on it.
struct NewList {
    roll: Roll,
    /// Commitments of entries that are new or changed.
    commitments: BTreeMap<PersonId, CommitmentRow>,
    /// Persons whose entry is another one, or gone.
    changed: Vec<PersonId>,
    /// Entries of before that are another one now.
    rewritten: usize,
}

impl Correcting<'_> {
    async fn replace(
        &self,
        tx: &mut Tx,
        act: &mut Act<'_>,
        named: &BTreeMap<PersonId, JudgedMember>,
    ) -> Result<Corrected, ActError> {
        let (number, now) = (self.wave.wave, act.now);
        let seat_rules = &self.public.policy().get().rules;
        let members = members_undecided(tx, number).await?;
        let frozen = FrozenRoll::read(tx, number, seat_rules, members).await?;
        let rules = self.policy.eligibility();
        let facts = MemberFacts::read(tx, number, rules).await?;
        let again = judge_again(rules, &facts, &frozen, named);
        let classes = self.classify(tx, named).await?;
        let list = self.list(tx, act, (&frozen, &again, &classes)).await?;
        let quotas = self.quotas(tx, &list.roll).await?;
        let new = NewPlan {
            plan: self.plan,
            moved_s: self.next.moved_s,
            entries: list.roll.entries.len(),
            digest: list.roll.digest.digest,
            judged: &again.judged,
            changed: &list.changed,
            places: &again.changed_places,
        };
        plan_replace(tx, number, &new, now).await?;
        member_classes_insert(tx, number, &classes).await?;
        roll_commitments_insert(tx, number, &list.commitments).await?;
        let unfilled = publish_quotas(tx, number, &quotas, now).await?;
        let is_moved = |was_in: bool| {
            let moved = again.judged.iter().filter(move |(person, reason)| {
                let before = named.get(*person).is_some_and(|one| one.reason.is_none());
                before == was_in && reason.is_none() != was_in
            });
            moved.count()
        };
        Ok(Corrected {
            plan: self.plan,
            draw_at: self.next.draw_at(),
            results_at: self.next.results_at,
            entries: new.entries,
            entered: is_moved(false),
            left: is_moved(true),
            rewritten: list.rewritten,
            unfilled,
        })
    }

    /// What those judged again count as now, also those kept out: an appeal may bring them back.
    async fn classify(
        &self,
        tx: &mut Tx,
        named: &BTreeMap<PersonId, JudgedMember>,
    ) -> Result<BTreeMap<PersonId, MemberClass>, ActError> {
        let shares = &self.policy.selection().shares;
        if !shares.tells_people_apart() {
            return Ok(BTreeMap::new());
        }
        let facts = class_facts_of_wave(tx, self.wave.wave).await?;
        let facts = facts.into_iter().filter(|(person, _)| named.contains_key(person));
        Ok(facts.map(|(person, facts)| (person, class_of(shares, facts))).collect())
    }

    /// The new list. Whose entry says the same as before keeps it to the last byte, and with it every receipt.
    async fn list(
        &self,
        tx: &mut Tx,
        act: &mut Act<'_>,
        (frozen, again, classes): (&FrozenRoll, &Again, &BTreeMap<PersonId, MemberClass>),
    ) -> Result<NewList, ActError> {
        let number = self.wave.wave;
        let mut all_classes = frozen.classes.clone();
        all_classes.extend(classes);
        let facts = RollFacts {
            places_left: &again.places_left,
            classes: &all_classes,
            small_cells: self.public.policy().get().rules.small_cells,
        };
        let mut entries = facts.entries(number, &again.members)?;
        let before: BTreeMap<PersonId, &Entry> =
            frozen.roll.entries.iter().map(|entry| (entry.person_id, entry)).collect();
        let is_same = |entry: &Entry| {
            before.get(&entry.person_id).is_some_and(|old| says_the_same(old, entry))
        };
        let other: Vec<Entry> = entries.iter().filter(|own| !is_same(own)).cloned().collect();
        let gone = again
            .judged
            .iter()
            .filter(|(person, reason)| reason.is_some() && before.contains_key(*person));
        let mut changed: Vec<PersonId> = gone.map(|(person, _)| *person).collect();
        changed.extend(other.iter().map(|entry| entry.person_id));
        if changed.is_empty() {
            return Err(RollRefusal::Unchanged(number).into());
        }
        let rewritten = other.iter().filter(|own| before.contains_key(&own.person_id)).count();
        let commitments = make_few_commitments(tx, act, self.wave, &other).await?;
        for entry in &mut entries {
            let fresh = commitments.get(&entry.person_id).map(|row| row.commitment);
            let kept = frozen.commitments.get(&entry.person_id).copied();
            let commitment = if is_same(entry) { kept } else { fresh };
            if let Some(commitment) = commitment {
                entry.commit_to(number, commitment)?;
            }
        }
        Ok(NewList { roll: Roll::of(number, entries)?, commitments, changed, rewritten })
    }

    /// The seats that follow from the new list. They are as many as before, since the wave keeps what it has taken over.
    async fn quotas(&self, tx: &mut Tx, roll: &Roll) -> Result<QuotaRows, ActError> {
        let number = self.wave.wave;
        let taken = seats_taken_by(tx, number).await?;
        let rules = &self.public.policy().get().rules;
        let quotas = solve_quotas(number, self.policy, rules, &taken, roll)?;
        let sum = |table: &QuotaRows| -> u64 {
            table.regions.iter().map(|own| u64::from(own.seats)).sum()
        };
        if sum(&quotas) != sum(&quotas_get(tx, number).await?) {
            let broken = StorageError::Inconsistency { table: "quotas", column: "seats" };
            return Err(broken.into());
        }
        Ok(quotas)
    }
}

/// True if two entries say the same of a person, whatever they commit to.
fn says_the_same(one: &Entry, other: &Entry) -> bool {
    let bare = |entry: &Entry| RecordParts { commitment: [0; 32], ..*entry.record.parts() };
    one.mask == other.mask && bare(one) == bare(other)
}
