//! One wave's registrations and joins, in batches that are each one transaction.

use app::join::{JoinOutcome, JoinRequest, join_wave};
use app::register::{Registration, register_persons};
use domain::eligibility::Rule;
use domain::ids::PersonId;
use domain::time::Timestamp;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use rayon::prelude::*;

use crate::crowd::Joiners;
use crate::hash::{Choices, act_rng};
use crate::population::{SyntheticPerson, number_of};
use crate::replay::{Replay, ReplayError, act_error, same};
use crate::timeline::Moment;

/// Persons registered in one transaction.
const REGISTER_BATCH: usize = 20_000;
/// Joins in one transaction.
const JOIN_BATCH: usize = 40_000;
/// Batches under way at once: while the server works on one, the other is prepared.
const AT_ONCE: usize = 2;

impl Replay<'_> {
    /// Makes the crowd know the people whose first wave this is.
    pub(crate) fn meet_new(&mut self, moment: Moment) {
        let numbers = self.population.numbers_of_wave(moment.index);
        let population = &self.population;
        let faces: Vec<_> = numbers
            .into_par_iter()
            .map(|number| {
                let identity = population.person(number).identity;
                (identity.born_on, *identity.family_card.expose())
            })
            .collect();
        for (born_on, card) in faces {
            let next = u32::try_from(self.families.len()).unwrap_or(u32::MAX);
            let family = *self.families.entry(card).or_insert(next);
            self.crowd.meet(born_on, family);
        }
    }

    /// Registers the new people, then everyone who wants to joins; gives the numbers of those who did.
    pub(crate) async fn enrol(&mut self, moment: Moment) -> Result<Vec<u32>, ReplayError> {
        let numbers = self.population.numbers_of_wave(moment.index);
        let known = numbers.start as usize;
        self.register(moment, numbers.clone()).await?;
        self.meet_new(moment);
        let joiners = self.joiners(moment, numbers, known)?;
        let wanted = self.planned(moment).joiners();
        same(moment.wave, "people who want to join", wanted, joiners.welcome.len() as u64)?;
        let joined = self.join(moment, &joiners).await?;
        Ok(joined)
    }

    async fn register(
        &self,
        moment: Moment,
        numbers: std::ops::Range<u32>,
    ) -> Result<(), ReplayError> {
        let starts = numbers.clone().step_by(REGISTER_BATCH);
        stream::iter(starts)
            .map(|start| async move {
                let end = numbers_end(start, numbers.end);
                let batch: Vec<Registration> = (start..end)
                    .into_par_iter()
                    .map(|number| registration(self.population.person(number)))
                    .collect();
                let name = format!("register {} {start}", moment.wave);
                let mut rng = act_rng(self.input.seed, &name);
                let mut act = self.act(moment.at, &mut rng);
                let outcome = register_persons(&mut act, &batch)
                    .await
                    .map_err(act_error("registering", moment.wave))?;
                let kept = outcome.registered + outcome.known;
                same(moment.wave, "registrations", batch.len() as u64, kept as u64)
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    fn joiners(
        &self,
        moment: Moment,
        numbers: std::ops::Range<u32>,
        known: usize,
    ) -> Result<Joiners, ReplayError> {
        let rules = self.policy(moment.wave)?.eligibility();
        let age_day = self.age_day(moment)?;
        let wanted = self.planned(moment).returning_joiners as usize;
        let mut joiners = self.crowd.returning(moment.wave, known, wanted, rules, age_day);
        for number in numbers {
            match self.crowd.refusal(number, rules, age_day) {
                None => joiners.welcome.push(number),
                Some(rule) => joiners.refused.push((number, rule)),
            }
        }
        Ok(joiners)
    }

    fn age_day(&self, moment: Moment) -> Result<time::Date, ReplayError> {
        let rules = self.policy(moment.wave)?.eligibility();
        let wave = self.input.reference.calendar.get(moment.wave);
        Ok(wave.map_or(time::Date::MIN, |wave| wave.age_day(rules.age_reference)))
    }

    async fn join(&self, moment: Moment, joiners: &Joiners) -> Result<Vec<u32>, ReplayError> {
        let mut requests: Vec<JoinRequest> = joiners
            .welcome
            .par_iter()
            .chain(joiners.refused.par_iter().map(|(number, _)| number))
            .map(|number| self.join_request(moment, *number))
            .collect();
        requests.sort_unstable_by_key(|request| request.person_id);
        let outcomes: Vec<JoinOutcome> = stream::iter(requests.chunks(JOIN_BATCH).enumerate())
            .map(|(batch, requests)| async move {
                let mut rng = act_rng(self.input.seed, &format!("join {} {batch}", moment.wave));
                let mut act = self.act(moment.at, &mut rng);
                join_wave(&mut act, moment.wave, requests)
                    .await
                    .map_err(act_error("joining", moment.wave))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let joined: Vec<u32> = outcomes
            .iter()
            .flat_map(|outcome| outcome.joined.iter().chain(&outcome.members))
            .map(|person| number_of(*person))
            .collect();
        same(moment.wave, "joins taken", joiners.welcome.len() as u64, joined.len() as u64)?;
        let mut refused: Vec<(PersonId, Rule)> =
            outcomes.iter().flat_map(|outcome| outcome.refused.iter().copied()).collect();
        let mut foreseen: Vec<(PersonId, Rule)> = joiners
            .refused
            .iter()
            .map(|(number, rule)| (self.population.person_id(*number), *rule))
            .collect();
        refused.sort_unstable();
        foreseen.sort_unstable();
        let agreed = refused.iter().zip(&foreseen).filter(|(got, expected)| got == expected);
        same(
            moment.wave,
            "joins refused by the rule foreseen",
            refused.len() as u64,
            agreed.count() as u64,
        )?;
        Ok(joined)
    }

    /// A join at a moment of the person's own, after the registration and while the wave is open; those
    /// who may still wait for the result of the wave before come after it.
    fn join_request(&self, moment: Moment, number: u32) -> JoinRequest {
        let shape = &self.planned(moment).shape;
        let person_id = self.population.person_id(number);
        let registered_at = self.population.registered_at(number);
        let waves = self.input.plan.waves();
        let before = moment.index.checked_sub(1).and_then(|index| waves.get(index));
        let earliest =
            [Some(shape.opens_at), before.map(|wave| wave.shape.results_at), Some(registered_at)]
                .into_iter()
                .flatten()
                .max()
                .unwrap_or(shape.opens_at);
        let room = (shape.closes_at.micros() - earliest.micros()).max(1).unsigned_abs();
        let when = Choices::new(self.input.seed, "join time");
        let after = when.below(u64::from(moment.wave.get()), u64::from(number), room);
        let joined_at: Timestamp = earliest.plus_micros(after.cast_signed());
        JoinRequest { person_id, joined_at }
    }
}

fn registration(person: SyntheticPerson) -> Registration {
    let SyntheticPerson {
        person_id,
        identity,
        sex,
        education,
        employment,
        region,
        disability,
        findings,
        registered_at,
    } = person;
    Registration {
        person_id,
        identity,
        sex,
        education,
        employment,
        region,
        disability,
        findings,
        registered_at,
    }
}

fn numbers_end(start: u32, end: u32) -> u32 {
    start.saturating_add(u32::try_from(REGISTER_BATCH).unwrap_or(u32::MAX)).min(end)
}
