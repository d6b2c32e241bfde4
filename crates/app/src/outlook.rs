//! What stands between somebody and the waves that can be joined, told before anything is asked of her.

use domain::client_key::ClientKey;
use domain::eligibility::{AgeBar, AgeDay, JoinBar, age_bar};
use domain::ids::PersonId;
use domain::wave::WaveState;
use storage::joins::{AskedJoin, keyed_join_records, members_among};
use storage::memberships::JoinRequest;
use storage::reference::WaveRow;
use time::Date;

use crate::act::{ActError, policy_of};
use crate::citizen::read_waves;
use crate::join::{Door, counts_joins};
use crate::service::Service;

/// A key that keeps nothing: what is read under it is never written.
const LOOKING: &str = "looking";

/// What would refuse a join at this moment, judged by the door that judges it; `None` for whoever may join, for whom
/// nobody knows, and where the rules of the wave are not at hand, which a join says itself.
///
/// # Errors
/// [`ActError`].
pub async fn join_bar(
    service: &Service,
    person_id: PersonId,
    wave: &WaveRow,
) -> Result<Option<JoinBar>, ActError> {
    let now = service.clock.now();
    let Ok(policy) = policy_of(&service.policies, wave) else { return Ok(None) };
    let door = Door::at((&service.keys, &service.policies), wave, now)?;
    let Ok(client_key) = ClientKey::parse(LOOKING) else { return Ok(None) };
    let request = JoinRequest { person_id, joined_at: now };
    let asked = [AskedJoin { request, client_key: &client_key, account: None }];
    let counts = counts_joins(policy.version.eligibility());
    // Nothing is written, and what is locked is let go at the end.
    let mut tx = service.database.begin().await?;
    let found = keyed_join_records(&mut tx, wave.wave, &asked, counts).await?;
    let record = found.and_then(|(_, records)| records.into_iter().next()?.record);
    let bar = record.map(|record| door.bar(&record)).transpose()?.flatten();
    // Who is a member already is left open above, and joining once more is no refusal.
    if bar.is_some() && !members_among(&mut tx, wave.wave, &[person_id]).await?.is_empty() {
        return Ok(None);
    }
    Ok(bar)
}

/// What the age of somebody born on this day is to the waves that she might join next: those that are open, or else the
/// one that opens next, or else any of today by the newest rules. `None` if one of them takes her, or the rules are not at
/// hand.
///
/// # Errors
/// [`ActError`].
pub async fn age_outlook(service: &Service, born_on: Date) -> Result<Option<AgeBar>, ActError> {
    let now = service.clock.now();
    let waves = read_waves(&service.database).await?;
    let is_open =
        |wave: &&WaveRow| matches!(wave.state, WaveState::Open { .. }) && now < wave.closes_at;
    let mut candidates: Vec<&WaveRow> = waves.iter().filter(is_open).collect();
    if candidates.is_empty() {
        let drafts = waves.iter().filter(|wave| wave.state == WaveState::Draft);
        candidates.extend(drafts.min_by_key(|wave| wave.opens_at));
    }
    let mut bar = None;
    for wave in &candidates {
        let Ok(policy) = policy_of(&service.policies, wave) else { return Ok(None) };
        let rules = policy.version.eligibility();
        let day = AgeDay::OfWave(rules.age_reference, wave.calendar().age_day(rules.age_reference));
        match age_bar(rules, born_on, day) {
            Some(found) => bar = Some(found),
            None => return Ok(None),
        }
    }
    let last = waves.last().filter(|_| candidates.is_empty());
    let Some(policy) = last.and_then(|last| policy_of(&service.policies, last).ok()) else {
        return Ok(bar);
    };
    Ok(age_bar(policy.version.eligibility(), born_on, AgeDay::Today(now.wib_date())))
}
