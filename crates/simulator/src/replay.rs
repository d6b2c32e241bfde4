//! The replay: every step of the timeline through the product's own use cases.
//!
//! Each step is idempotent and every choice follows from the seed, so an interrupted replay goes on where
//! it stopped: what a past step did is recalled from the database instead of being done again.

use std::collections::HashMap;
use std::sync::Arc;

use app::act::{Act, ActError};
use app::contributions::{LocalContributor, reveal_times};
use app::folders::{FolderDesk, FolderError, PublicSetup, publish_folders};
use app::reference::Reference;
use domain::ids::OfficerId;
use domain::officers::Approval;
use domain::policy::PolicyVersion;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use rand_chacha::ChaCha12Rng;
use storage::beneficiaries::beneficiaries_of_wave;
use storage::database::Database;
use storage::error::StorageError;
use storage::memberships::members_of_wave;
use storage::reference::waves_list;
use storage::vault::KeyRing;

use crate::crowd::Crowd;
use crate::hash::act_rng;
use crate::plan::{Plan, PlannedWave};
use crate::population::{Population, PopulationError, number_of};
use crate::timeline::{Moment, Step, timeline};

/// What is replayed.
#[derive(Clone, Debug)]
pub struct ReplayInput<'a> {
    /// Regions, policies, calendar.
    pub reference: &'a Reference,
    /// Province.
    pub province: RegionCode,
    /// The plan that meets the totals.
    pub plan: &'a Plan,
    /// Seed of every choice.
    pub seed: u64,
    /// How its last waves are published as folders; `None` if none is.
    pub public: Option<&'a PublicReplay>,
}

/// Published waves of a replay.
#[derive(Clone, Debug)]
pub struct PublicReplay {
    /// The first of them; all later ones are published too.
    pub first: WaveNumber,
    /// Terms and keys.
    pub setup: PublicSetup,
    /// Where folders are written.
    pub desk: Arc<FolderDesk>,
    /// Who contributes to their seeds, alone.
    pub contributor: Arc<LocalContributor>,
}

/// Why a replay stopped.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A use case refused.
    #[error("{step} of {wave:?} failed: {source}")]
    Act {
        /// The step.
        step: &'static str,
        /// The wave.
        wave: WaveNumber,
        /// Why.
        #[source]
        source: ActError,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A use case did something else than the rules and the plan say.
    #[error("{wave:?}: {what} came out as {got} instead of {planned}")]
    Differs {
        /// The wave.
        wave: WaveNumber,
        /// What was counted.
        what: &'static str,
        /// What the plan says.
        planned: u64,
        /// What happened.
        got: u64,
    },
    /// A folder could not be published.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The province has no weights.
    #[error("province {0} has no regencies to share a quota")]
    NoWeights(RegionCode),
    /// The province cannot hold the people.
    #[error(transparent)]
    Population(#[from] PopulationError),
    /// One officer cannot be both.
    #[error(transparent)]
    SameOfficer(#[from] domain::officers::SameOfficer),
}

/// How far a replay is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The wave at hand.
    pub wave: WaveNumber,
    /// Joins done so far.
    pub joins: u64,
    /// Joins in all.
    pub joins_total: u64,
}

/// A replay under way.
pub(crate) struct Replay<'a> {
    pub(crate) input: &'a ReplayInput<'a>,
    pub(crate) database: &'a Database,
    pub(crate) keys: &'a KeyRing,
    pub(crate) population: Population,
    pub(crate) crowd: Crowd,
    approval: Approval,
    states: HashMap<WaveNumber, WaveState>,
    recipients: Vec<Vec<u32>>,
    joins: u64,
}

/// Runs the replay to its end, from wherever the database stands.
///
/// # Errors
/// [`ReplayError`]; the same call goes on from there.
pub async fn replay(
    input: &ReplayInput<'_>,
    database: &Database,
    keys: &KeyRing,
    report: &dyn Fn(Progress),
) -> Result<(), ReplayError> {
    replay_until(input, database, keys, None, report).await
}

/// As [`replay`], and leaves what comes after `until` to whoever acts then.
///
/// # Errors
/// [`ReplayError`]; the same call goes on from there.
pub async fn replay_until(
    input: &ReplayInput<'_>,
    database: &Database,
    keys: &KeyRing,
    until: Option<Timestamp>,
    report: &dyn Fn(Progress),
) -> Result<(), ReplayError> {
    let weights = input
        .reference
        .regions
        .regency_weights(input.province)
        .ok_or(ReplayError::NoWeights(input.province))?;
    let approval = crate::publish::ensure_published(input, database, keys, &weights).await?;
    let mut tx = database.begin().await?;
    let states =
        waves_list(&mut tx).await?.into_iter().map(|wave| (wave.wave, wave.state)).collect();
    tx.commit().await.map_err(StorageError::from)?;
    let mut replay = Replay {
        input,
        database,
        keys,
        population: population_of(input, &weights.weights)?,
        crowd: Crowd::new(input.seed),
        approval,
        states,
        recipients: vec![Vec::new(); input.plan.waves().len()],
        joins: 0,
    };
    let has_come = |moment: &Moment| until.is_none_or(|until| moment.at <= until);
    for moment in timeline(input.plan.waves()).into_iter().filter(has_come) {
        let began = std::time::Instant::now();
        replay.run(moment).await?;
        replay.publish(moment).await?;
        tracing::debug!(
            wave = moment.wave.get(),
            step = step_name(moment.step),
            duration_ms = began.elapsed().as_millis(),
            "step done"
        );
        let joins_total = input.plan.totals().joins;
        report(Progress { wave: moment.wave, joins: replay.joins, joins_total });
    }
    Ok(())
}

impl<'a> Replay<'a> {
    pub(crate) fn planned(&self, moment: Moment) -> &'a PlannedWave {
        &self.input.plan.waves()[moment.index]
    }

    pub(crate) fn policy(&self, wave: WaveNumber) -> Result<&'a PolicyVersion, ReplayError> {
        let policy = self.input.reference.policies.for_wave(wave);
        Ok(&policy.map_err(|error| act_error("reading the policy", wave)(error.into()))?.version)
    }

    /// An act at an instant, with its own random source.
    pub(crate) fn act<'b>(&self, now: Timestamp, rng: &'b mut ChaCha12Rng) -> Act<'b>
    where
        'a: 'b,
    {
        act_at(self.input, self.database, self.keys, now, rng)
    }

    /// True if the database shows that the wave is past this state.
    fn is_past(&self, wave: WaveNumber, step: Step) -> bool {
        let reached = match self.states.get(&wave) {
            None | Some(WaveState::Draft | WaveState::Cancelled { .. }) => return false,
            Some(WaveState::Open { .. }) => Step::Open,
            Some(WaveState::Closed { .. }) => Step::Close,
            Some(WaveState::Frozen { .. }) => Step::Freeze,
            Some(WaveState::Drawn { .. }) => Step::Draw,
            Some(WaveState::Appointed { .. }) => Step::Appoint,
            Some(WaveState::Settled { .. }) => Step::Settle,
        };
        step <= reached
    }

    /// How a wave is published; `None` if it is not.
    fn public_of(&self, wave: WaveNumber) -> Option<&'a PublicReplay> {
        self.input.public.filter(|public| wave >= public.first)
    }

    /// What the contributor gives before a step of a published wave: its commitment before the freeze, and its value
    /// once the list is public, which then is shown to the witnesses long before the draw.
    async fn contribute(&self, moment: Moment) -> Result<(), ReplayError> {
        let (wave, Some(public)) = (moment.wave, self.public_of(moment.wave)) else {
            return Ok(());
        };
        let failed = |error| act_error("the contribution", wave)(error);
        let mut rng =
            act_rng(self.input.seed, &format!("before {} {wave}", step_name(moment.step)));
        if moment.step == Step::Freeze {
            let act = &mut self.act(moment.at, &mut rng);
            return public.contributor.commit(act, wave).await.map_err(failed);
        }
        let at = reveal_times(self.database, wave).await.map_err(failed)?.from;
        public.contributor.reveal(&mut self.act(at, &mut rng), wave).await.map_err(failed)?;
        publish_folders(self.database, &public.desk, at).await?;
        Ok(())
    }

    /// Publishes what a step of a published wave has made due, as the job behind the step does.
    async fn publish(&self, moment: Moment) -> Result<(), ReplayError> {
        if let Some(public) = self.public_of(moment.wave)
            && matches!(moment.step, Step::Freeze | Step::Draw)
        {
            publish_folders(self.database, &public.desk, moment.at).await?;
        }
        Ok(())
    }

    async fn run(&mut self, moment: Moment) -> Result<(), ReplayError> {
        let past = self.is_past(moment.wave, moment.step);
        match moment.step {
            Step::Enrol if past => {
                self.meet_new(moment);
                let members = members_numbers(self.database, moment.wave).await?;
                self.settle_joins(moment, &members);
            }
            Step::Enrol => {
                let joined = self.enrol(moment).await?;
                self.settle_joins(moment, &joined);
            }
            Step::Appoint => {
                if !past {
                    self.appoint(moment).await?;
                }
                let recipients = recipients_numbers(self.database, moment.wave).await?;
                self.crowd.appointed(&recipients);
                self.recipients[moment.index] = recipients;
            }
            Step::Sweep => self.sweep(moment, past).await?,
            Step::Open
            | Step::Close
            | Step::Freeze
            | Step::Draw
            | Step::Purchase
            | Step::Settle
                if past => {}
            Step::Freeze | Step::Draw => {
                self.contribute(moment).await?;
                self.wave_step(moment).await?;
            }
            Step::Open | Step::Close | Step::Settle => {
                self.wave_step(moment).await?;
            }
            Step::Purchase => self.purchase(moment).await?,
        }
        Ok(())
    }

    fn settle_joins(&mut self, moment: Moment, joined: &[u32]) {
        self.crowd.joined(moment.wave, joined);
        self.joins += joined.len() as u64;
    }

    /// Steps that concern the wave as a whole.
    async fn wave_step(&mut self, moment: Moment) -> Result<(), ReplayError> {
        let (wave, planned) = (moment.wave, self.planned(moment));
        let name = step_name(moment.step);
        let mut rng = act_rng(self.input.seed, &format!("{name} {wave}"));
        let mut act = self.act(moment.at, &mut rng);
        let failed = act_error(name, wave);
        match moment.step {
            Step::Open => app::wave::open_wave(&mut act, wave).await.map_err(failed),
            Step::Close => app::wave::close_wave(&mut act, wave).await.map_err(failed),
            Step::Freeze => {
                let frozen = app::freeze::freeze_wave(&mut act, wave, &self.approval)
                    .await
                    .map_err(failed)?;
                same(wave, "seats published", planned.quota, u64::from(frozen.seats))?;
                same(wave, "seats nobody can take", 0, u64::from(frozen.unfilled))
            }
            Step::Draw => {
                let drawn =
                    app::draw::draw_wave(&mut act, wave, &self.approval).await.map_err(failed)?;
                same(wave, "members selected", planned.quota, u64::from(drawn.selected))
            }
            Step::Settle => app::wave::settle_wave(&mut act, wave).await.map_err(failed),
            Step::Enrol | Step::Appoint | Step::Purchase | Step::Sweep => Ok(()),
        }
    }

    async fn appoint(&mut self, moment: Moment) -> Result<(), ReplayError> {
        let wave = moment.wave;
        let mut rng = act_rng(self.input.seed, &format!("decree {wave}"));
        let mut act = self.act(moment.at, &mut rng);
        let appointed = app::appoint::appoint_wave(&mut act, wave, &self.approval)
            .await
            .map_err(act_error("the decree", wave))?;
        let planned = self.planned(moment).quota;
        same(wave, "persons appointed", planned, appointed.appointments as u64)
    }

    async fn purchase(&mut self, moment: Moment) -> Result<(), ReplayError> {
        let wave = moment.wave;
        let planned = self.planned(moment);
        let recipients = &self.recipients[moment.index];
        let (buyers, _) = self.crowd.split_buyers(wave, recipients, planned.missed as usize);
        let requests = crate::purchases::requests(self, moment, &buyers)?;
        let mut rng = act_rng(self.input.seed, &format!("purchases {wave}"));
        let mut act = self.act(moment.at, &mut rng);
        let outcome = app::purchase::record_first_purchases(&mut act, wave, &requests)
            .await
            .map_err(act_error("the purchases", wave))?;
        let again = outcome.refused.iter().filter(|(_, why)| crate::purchases::is_repeated(*why));
        let bought = outcome.recorded + again.count();
        same(wave, "first purchases", buyers.len() as u64, bought as u64)
    }

    async fn sweep(&mut self, moment: Moment, past: bool) -> Result<(), ReplayError> {
        let wave = moment.wave;
        let planned = self.planned(moment);
        let recipients = std::mem::take(&mut self.recipients[moment.index]);
        let (_, missed) = self.crowd.split_buyers(wave, &recipients, planned.missed as usize);
        if !past {
            let mut rng = act_rng(self.input.seed, &format!("sweep {wave}"));
            let mut act = self.act(moment.at, &mut rng);
            let failed = act_error("the sweep", wave);
            app::sweep::sweep_wave(&mut act, wave).await.map_err(failed)?;
        }
        let frees_place = !self.policy(wave)?.eligibility().kk_counts_revoked;
        self.crowd.revoked(&missed, frees_place);
        Ok(())
    }
}

/// An act of the replay at an instant.
pub(crate) fn act_at<'a>(
    input: &'a ReplayInput<'_>,
    database: &'a Database,
    keys: &'a KeyRing,
    now: Timestamp,
    rng: &'a mut ChaCha12Rng,
) -> Act<'a> {
    Act {
        database,
        keys,
        policies: &input.reference.policies,
        now,
        actor: "simulator",
        request_id: "replay",
        rng,
    }
}

/// The people of the province, at home in its districts.
fn population_of(
    input: &ReplayInput<'_>,
    weights: &[(RegionCode, u64)],
) -> Result<Population, PopulationError> {
    let regions = &input.reference.regions;
    let districts: Vec<(RegionCode, u32)> = weights
        .iter()
        .flat_map(|(regency, _)| {
            regions.districts_of(*regency).iter().map(|district| (*regency, *district))
        })
        .collect();
    Population::new(input.seed, weights, &districts, input.plan)
}

const fn step_name(step: Step) -> &'static str {
    match step {
        Step::Open => "opening",
        Step::Enrol => "joining",
        Step::Close => "closing",
        Step::Freeze => "freezing",
        Step::Draw => "the draw",
        Step::Appoint => "the decree",
        Step::Purchase => "the purchases",
        Step::Sweep => "the sweep",
        Step::Settle => "settling",
    }
}

/// Names the step and the wave of a use case's error.
pub(crate) fn act_error(
    step: &'static str,
    wave: WaveNumber,
) -> impl FnOnce(ActError) -> ReplayError {
    move |source| ReplayError::Act { step, wave, source }
}

/// Compares what happened with the plan.
pub(crate) fn same(
    wave: WaveNumber,
    what: &'static str,
    planned: u64,
    got: u64,
) -> Result<(), ReplayError> {
    if planned == got { Ok(()) } else { Err(ReplayError::Differs { wave, what, planned, got }) }
}

/// Numbers of a wave's members.
async fn members_numbers(database: &Database, wave: WaveNumber) -> Result<Vec<u32>, ReplayError> {
    let mut tx = database.begin().await?;
    Ok(members_of_wave(&mut tx, wave).await?.into_iter().map(number_of).collect())
}

/// Numbers of a wave's recipients.
async fn recipients_numbers(
    database: &Database,
    wave: WaveNumber,
) -> Result<Vec<u32>, ReplayError> {
    let mut tx = database.begin().await?;
    Ok(beneficiaries_of_wave(&mut tx, wave).await?.into_iter().map(number_of).collect())
}

/// The two officers of the replay agree on everything.
pub(crate) fn both_agree(officers: [OfficerId; 2]) -> Result<Approval, ReplayError> {
    let [prepared_by, approved_by] = officers;
    Ok(Approval::new(prepared_by, approved_by, "replay of the programme".to_owned())?)
}
