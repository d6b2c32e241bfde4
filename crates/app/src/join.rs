//! Joining a wave, set form; the form for a few is in [`crate::live_join`] and judges by the same door.

use domain::eligibility::{AgeDay, JoinBar, JoinFacts, Rule, age_bar, refuse_join};
use domain::ids::PersonId;
use domain::notice::Notice;
use domain::policy::EligibilityRules;
use domain::time::{Timestamp, age_on};
use domain::wave::{WaveNumber, WaveState};
use rayon::prelude::*;
use selection::digest::{DrawKey, WaveContext};
use serde_json::json;
use sqlx::PgConnection;
use storage::error::StorageError;
pub use storage::memberships::JoinRequest;
use storage::memberships::{JoinRecord, NewMembership, join_records, memberships_insert};
use storage::notices::tell_persons;
use storage::reference::{JoinLock, WaveRow, wave_find, wave_lock_joins};
use storage::statements::{SetsLock, sets_lock};
use storage::vault::KeyRing;
use time::Date;

use crate::act::{Act, ActError, Event, policy_of, subject};
use crate::reference::Policies;
use crate::roll::{wave_context, wave_draw_key};

/// What became of a batch of joins.
#[derive(Debug, Default)]
pub struct JoinOutcome {
    /// New members.
    pub joined: Vec<PersonId>,
    /// Members before; joining again changes nothing.
    pub members: Vec<PersonId>,
    /// Refused at once, with the rule.
    pub refused: Vec<(PersonId, Rule)>,
}

/// What one request comes to.
pub(crate) enum Verdict {
    Joins(Box<NewMembership>),
    Member(PersonId),
    Refused(PersonId, Rule),
}

/// Joins a batch to a wave in one transaction; a refused join does not hold up the others.
///
/// # Errors
/// [`ActError`]; nothing of the batch is kept then.
pub async fn join_wave(
    act: &mut Act<'_>,
    number: WaveNumber,
    requests: &[JoinRequest],
) -> Result<JoinOutcome, ActError> {
    let mut tx = act.database.begin().await?;
    let outcome = join_within(act, &mut tx, number, requests).await?;
    if !outcome.joined.is_empty() {
        tx.commit().await.map_err(StorageError::from)?;
    }
    Ok(outcome)
}

/// [`join_wave`] within a transaction of the caller, who commits it.
pub(crate) async fn join_within(
    act: &mut Act<'_>,
    tx: &mut PgConnection,
    number: WaveNumber,
    requests: &[JoinRequest],
) -> Result<JoinOutcome, ActError> {
    let (outcome, memberships) = judge_joins(act, tx, number, requests).await?;
    if memberships.is_empty() {
        return Ok(outcome);
    }
    memberships_insert(tx, number, &memberships).await?;
    tell_persons(tx, act.telling(), Notice::Joined(number), &outcome.joined).await?;
    let event = Event {
        act: "wave_join",
        subject: subject(number),
        from: None,
        to: None,
        reason: "request of the person",
        detail: json!({ "joined": outcome.joined.len(), "refused": outcome.refused.len() }),
    };
    act.record(tx, event).await?;
    Ok(outcome)
}

/// What a batch of joins comes to, and the memberships to be added. Writes nothing.
pub(crate) async fn judge_joins(
    act: &Act<'_>,
    tx: &mut PgConnection,
    number: WaveNumber,
    requests: &[JoinRequest],
) -> Result<(JoinOutcome, Vec<NewMembership>), ActError> {
    wave_lock_joins(tx, number, JoinLock::Joining).await?;
    sets_lock(tx, SetsLock::Joining).await?;
    let wave = wave_find(tx, number).await?.ok_or(ActError::UnknownWave(number))?;
    let door = Door::of(act, &wave)?;
    let records = join_records(tx, number, requests, counts_joins(door.rules)).await?;
    let verdicts: Vec<Verdict> =
        records.par_iter().map(|record| door.judge(record)).collect::<Result<_, StorageError>>()?;
    let mut outcome = JoinOutcome::default();
    let mut memberships = Vec::with_capacity(verdicts.len());
    for verdict in verdicts {
        match verdict {
            Verdict::Joins(membership) => memberships.push(*membership),
            Verdict::Member(person) => outcome.members.push(person),
            Verdict::Refused(person, rule) => outcome.refused.push((person, rule)),
        }
    }
    // Who stands twice in a batch has joined once, at the earlier instant.
    memberships.sort_unstable_by_key(|membership| (membership.person_id, membership.joined_at));
    memberships.dedup_by_key(|membership| membership.person_id);
    outcome.joined = memberships.iter().map(|membership| membership.person_id).collect();
    refuse_unknown(&mut outcome, requests);
    Ok((outcome, memberships))
}

/// Requests of persons who are not registered, or were erased, have no record to judge.
fn refuse_unknown(outcome: &mut JoinOutcome, requests: &[JoinRequest]) {
    let judged = outcome.joined.len() + outcome.members.len() + outcome.refused.len();
    if judged == requests.len() {
        return;
    }
    let known: std::collections::BTreeSet<PersonId> = outcome
        .joined
        .iter()
        .chain(&outcome.members)
        .chain(outcome.refused.iter().map(|(person, _)| person))
        .copied()
        .collect();
    let unknown = requests.iter().map(|request| request.person_id).filter(|id| !known.contains(id));
    outcome.refused.extend(unknown.map(|person| (person, Rule::Registered)));
}

/// True if the rules limit how many waves a person may join.
pub(crate) const fn counts_joins(rules: &EligibilityRules) -> bool {
    rules.join_attempts_max.is_some()
}

/// What all joins of a batch are judged with.
pub(crate) struct Door<'a> {
    wave: &'a WaveRow,
    rules: &'a EligibilityRules,
    keys: &'a KeyRing,
    context: WaveContext,
    draw_key: DrawKey,
    age_day: Date,
    now: Timestamp,
}

impl<'a> Door<'a> {
    /// The door of a wave at the instant of an act.
    pub(crate) fn of(act: &'a Act<'_>, wave: &'a WaveRow) -> Result<Self, ActError> {
        Self::at((act.keys, act.policies), wave, act.now)
    }

    /// The door of a wave at an instant.
    pub(crate) fn at(
        (keys, policies): (&'a KeyRing, &'a Policies),
        wave: &'a WaveRow,
        now: Timestamp,
    ) -> Result<Self, ActError> {
        let rules = policy_of(policies, wave)?.version.eligibility();
        Ok(Self {
            wave,
            rules,
            keys,
            context: wave_context(wave)?,
            draw_key: wave_draw_key(keys, wave)?,
            now,
            age_day: wave.calendar().age_day(rules.age_reference),
        })
    }

    /// What keeps somebody out, for whom [`Self::judge`] may be about to decide.
    pub(crate) fn bar(&self, record: &JoinRecord) -> Result<Option<JoinBar>, StorageError> {
        let rule = match self.judge(record)? {
            Verdict::Joins(_) | Verdict::Member(_) => return Ok(None),
            Verdict::Refused(_, rule) => rule,
        };
        if !matches!(rule, Rule::MinimumAge | Rule::MaximumAge) {
            return Ok(Some(JoinBar::Rule(rule)));
        }
        let sealed = &record.identity;
        let person = record.request.person_id;
        let identity = self.keys.open(person, &sealed.wrapped_key, &sealed.sealed)?;
        let day = AgeDay::OfWave(self.rules.age_reference, self.age_day);
        Ok(age_bar(self.rules, identity.born_on, day).map(JoinBar::Age))
    }

    pub(crate) fn judge(&self, record: &JoinRecord) -> Result<Verdict, StorageError> {
        let person = record.request.person_id;
        if record.member && !record.withdrawn {
            return Ok(Verdict::Member(person));
        }
        let sealed = &record.identity;
        let identity = self.keys.open(person, &sealed.wrapped_key, &sealed.sealed)?;
        let age = age_on(identity.born_on, self.age_day);
        let joined_at = record.request.joined_at;
        let facts = JoinFacts {
            wave_open: matches!(self.wave.state, WaveState::Open { .. })
                && (self.wave.opens_at..self.wave.closes_at).contains(&joined_at)
                && joined_at <= self.now,
            age,
            grants: record.grants,
            revoked: record.revoked,
            household_places_taken: record.household_places_taken,
            joins_before: record.joins_before,
            withdrawn: record.withdrawn,
        };
        if let Some(rule) = refuse_join(self.rules, &facts) {
            return Ok(Verdict::Refused(person, rule));
        }
        let capped = self.rules.max_beneficiaries_per_kk.is_some();
        let household_tag = if capped {
            self.draw_key.household_tag(&self.context, identity.family_card.expose()).0
        } else {
            [0; 8]
        };
        Ok(Verdict::Joins(Box::new(NewMembership {
            joined_at,
            person_id: person,
            kk_index: record.kk_index,
            sex: record.sex,
            education: record.education,
            region: record.region,
            age,
            entry_tag: self.draw_key.entry_tag(&self.context, identity.nik.expose()).0,
            household_tag,
        })))
    }
}
