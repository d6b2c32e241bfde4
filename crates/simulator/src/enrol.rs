//! One wave's registrations and joins, in batches that are each one transaction.

use app::join::{JoinOutcome, JoinRequest, join_wave};
use app::register::{Registration, RegistrationRefusal, register_persons};
use domain::eligibility::Rule;
use domain::ids::PersonId;
use domain::time::Timestamp;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use rayon::prelude::*;

use crate::crowd::Joiners;
use crate::hash::{Choices, act_rng};
use crate::population::{Impostor, ImpostorKind, number_of};
use crate::replay::{Replay, ReplayError, act_error, same};
use crate::timeline::Moment;

/// Persons registered in one transaction.
const REGISTER_BATCH: usize = 5_000;
/// Joins in one transaction: most waves of a province are several batches, so that two can run.
const JOIN_BATCH: usize = 10_000;
/// Batches under way at once, each on a connection and so on a process of the server of its own.
const AT_ONCE: usize = 2;

impl Replay<'_> {
    /// Makes the crowd know the people whose first wave this is.
    pub(crate) fn meet_new(&mut self, moment: Moment) {
        let population = &self.population;
        let faces: Vec<_> = population
            .numbers_of_wave(moment.index)
            .into_par_iter()
            .map(|number| (population.born_on(number), population.family_of(number)))
            .collect();
        for (born_on, family) in faces {
            self.crowd.meet(born_on, family as usize);
        }
    }

    /// Registers the new people, then everyone who wants to joins; gives the numbers of those who did.
    pub(crate) async fn enrol(&mut self, moment: Moment) -> Result<Vec<u32>, ReplayError> {
        self.register(moment).await?;
        let mut foreseen = self.register_impostors(moment).await?;
        self.meet_new(moment);
        let joiners = self.joiners(moment)?;
        let wanted = self.planned(moment).joiners();
        same(moment.wave, "people who want to join", wanted, joiners.welcome.len() as u64)?;
        let refused = joiners.refused.iter();
        foreseen.extend(refused.map(|(number, rule)| (self.join_request(moment, *number), *rule)));
        self.join(moment, &joiners.welcome, &foreseen).await
    }

    /// Impostors register too. Those who take another's number are refused at once; the others are in
    /// order until they try to join, and what will refuse them then is foreseen.
    async fn register_impostors(
        &self,
        moment: Moment,
    ) -> Result<Vec<(JoinRequest, Rule)>, ReplayError> {
        let mut foreseen = Vec::new();
        let mut batch = Vec::new();
        let mut taken = 0;
        for Impostor { kind, attempt } in self.population.impostors(moment.index) {
            let rule = match kind {
                ImpostorKind::NikTaken => {
                    taken += 1;
                    None
                }
                ImpostorKind::UnderAge => Some(Rule::MinimumAge),
                ImpostorKind::OverAge => Some(Rule::MaximumAge),
            };
            let request = self.request(moment, attempt.person_id, attempt.registered_at);
            foreseen.extend(rule.map(|rule| (request, rule)));
            batch.push(attempt);
        }
        let mut rng = act_rng(self.input.seed, &format!("impostors {}", moment.wave));
        let mut act = self.act(moment.at, &mut rng);
        let outcome = register_persons(&mut act, &batch)
            .await
            .map_err(act_error("registering impostors", moment.wave))?;
        let refused =
            outcome.refused.iter().filter(|(_, why)| *why == RegistrationRefusal::NikTaken);
        same(moment.wave, "taken numbers refused", taken, refused.count() as u64)?;
        Ok(foreseen)
    }

    async fn register(&self, moment: Moment) -> Result<(), ReplayError> {
        let numbers = self.population.numbers_of_wave(moment.index);
        let starts = numbers.clone().step_by(REGISTER_BATCH);
        stream::iter(starts)
            .map(|start| async move {
                let end = numbers_end(start, numbers.end);
                let batch: Vec<Registration> = (start..end)
                    .into_par_iter()
                    .map(|number| self.population.person(number))
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

    fn joiners(&self, moment: Moment) -> Result<Joiners, ReplayError> {
        let numbers = self.population.numbers_of_wave(moment.index);
        let known = numbers.start as usize;
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

    /// Sends the joins of those who are welcome and of those who are not, and compares each answer.
    async fn join(
        &self,
        moment: Moment,
        welcome: &[u32],
        foreseen: &[(JoinRequest, Rule)],
    ) -> Result<Vec<u32>, ReplayError> {
        let mut requests: Vec<JoinRequest> =
            welcome.par_iter().map(|number| self.join_request(moment, *number)).collect();
        requests.extend(foreseen.iter().map(|(request, _)| *request));
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
        same(moment.wave, "joins taken", welcome.len() as u64, joined.len() as u64)?;
        let answers = outcomes.iter().flat_map(|outcome| outcome.refused.iter().copied());
        let mut answers: Vec<(PersonId, Rule)> = answers.collect();
        let foreseen = foreseen.iter().map(|(request, rule)| (request.person_id, *rule));
        let mut foreseen: Vec<(PersonId, Rule)> = foreseen.collect();
        answers.sort_unstable();
        foreseen.sort_unstable();
        let agreed = answers.iter().zip(&foreseen).filter(|(answer, rule)| answer == rule).count();
        same(
            moment.wave,
            "joins refused by the rule foreseen",
            foreseen.len() as u64,
            agreed as u64,
        )?;
        Ok(joined)
    }

    fn join_request(&self, moment: Moment, number: u32) -> JoinRequest {
        let registered_at = self.population.registered_at(number);
        self.request(moment, self.population.person_id(number), registered_at)
    }

    /// A join at a moment of the person's own, after the registration and while the wave is open; people
    /// wait for the result of the wave before.
    fn request(
        &self,
        moment: Moment,
        person_id: PersonId,
        registered_at: Timestamp,
    ) -> JoinRequest {
        let shape = &self.planned(moment).shape;
        let before = moment.index.checked_sub(1).and_then(|at| self.input.plan.waves().get(at));
        let earliest = registered_at
            .max(shape.opens_at)
            .max(before.map_or(shape.opens_at, |wave| wave.shape.results_at));
        let room = (shape.closes_at.micros() - earliest.micros()).max(1).unsigned_abs();
        let when = Choices::new(self.input.seed, "join time");
        let number = u64::from(number_of(person_id));
        let after = when.below(u64::from(moment.wave.get()), number, room);
        JoinRequest { person_id, joined_at: earliest.plus_micros(after.cast_signed()) }
    }
}

fn numbers_end(start: u32, end: u32) -> u32 {
    start.saturating_add(u32::try_from(REGISTER_BATCH).unwrap_or(u32::MAX)).min(end)
}
