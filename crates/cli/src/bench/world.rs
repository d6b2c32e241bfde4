//! A scratch programme with waves at the point where a bench begins, made by the product's own acts,
//! and fresh copies of it for every run.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use app::act::Act;
use app::appoint::{Appointed, appoint_wave};
use app::draw::draw_wave;
use app::freeze::freeze_wave;
use app::officers::ensure_officers;
use app::publish::{Publication, publish_calendar};
use app::purchase::{PurchaseRequest, record_first_purchases};
use app::reference::{Policies, Reference};
use app::register::register_persons;
use app::wave::{close_wave, open_wave};
use domain::calendar::CalendarWave;
use domain::ids::PersonId;
use domain::officers::Approval;
use domain::policy::PolicyVersion;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use storage::database::Database;
use storage::memberships::{NewMembership, memberships_insert};
use storage::scratch::Scratch;
use storage::vault::KeyRing;

use super::random::SplitMix;
use super::report::{grouped, progress};
use super::{SEED, members};

/// Members written at once.
const MEMBERS_AT_ONCE: usize = 100_000;
/// Purchases recorded at once.
const PURCHASES_AT_ONCE: usize = 50_000;

/// Two neighbouring waves of the normal scheme, whose family cards have a cap of two.
const EARLIER: WaveNumber = WaveNumber::new(59).expect("between 1 and 9999");
/// The wave a bench is about.
pub(crate) const PRESENT: WaveNumber = WaveNumber::new(60).expect("between 1 and 9999");

/// The programme, its keys and its officers.
#[derive(Debug)]
pub(crate) struct World {
    scratch: Scratch,
    keys: KeyRing,
    reference: Reference,
    approval: Approval,
    random: SplitMix,
}

impl World {
    /// A programme whose earlier wave is appointed and has bought, and whose present wave is drawn
    /// and gives so many seats.
    ///
    /// # Errors
    /// The server cannot be made, or an act is refused.
    pub(crate) async fn drawn(seats: u64) -> Result<Self> {
        progress(&format!("preparing a drawn wave of {} seats", grouped(seats)));
        let earlier = members::earlier_count(seats);
        let mut world = Self::start(&[(EARLIER, earlier), (PRESENT, seats)]).await?;
        let regencies = world.regencies();
        let joined_at = world.wave(EARLIER)?.opens_at;
        world.draw(EARLIER, members::earlier(seats, joined_at, &regencies), earlier).await?;
        let database = world.database().clone();
        world.appoint(&database, EARLIER).await?;
        world.purchase(EARLIER, |_| true).await?;
        let joined_at = world.wave(PRESENT)?.opens_at;
        world.draw(PRESENT, members::present(seats, joined_at, &regencies), seats).await?;
        Ok(world)
    }

    /// A programme whose present wave takes joins.
    ///
    /// # Errors
    /// The server cannot be made, or an act is refused.
    pub(crate) async fn joinable(seats: u64) -> Result<Self> {
        let mut world = Self::start(&[(PRESENT, seats)]).await?;
        let (database, wave) = (world.database().clone(), world.wave(PRESENT)?);
        open_wave(&mut world.act(&database, wave.opens_at), PRESENT).await?;
        Ok(world)
    }

    /// Registers so many people of 33, each on a family card of the own.
    ///
    /// # Errors
    /// A registration is refused.
    pub(crate) async fn register(&mut self, people: u64) -> Result<Vec<PersonId>> {
        progress(&format!("registering {} people", grouped(people)));
        let at = self.wave(PRESENT)?.opens_at;
        let regencies = self.regencies();
        let registrations = members::registrations(people, at, &regencies)?;
        let database = self.database().clone();
        for part in registrations.chunks(MEMBERS_AT_ONCE) {
            let outcome = register_persons(&mut self.act(&database, at), part).await?;
            ensure!(outcome.refused.is_empty(), "{} registrations refused", outcome.refused.len());
        }
        Ok(registrations.iter().map(|one| one.person_id).collect())
    }

    /// Keys of identities and draws.
    pub(crate) const fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// The policies of all waves.
    pub(crate) const fn policies(&self) -> &Policies {
        &self.reference.policies
    }

    /// Starts a server and publishes the calendar with these seats, shared alike by all regencies.
    ///
    /// # Errors
    /// The server cannot be made.
    pub(crate) async fn start(seats: &[(WaveNumber, u64)]) -> Result<Self> {
        let scratch = Scratch::start().await?;
        let reference = Reference::builtin()?;
        let mut random = SplitMix::new(SEED);
        let keys = KeyRing::generate(&mut random);
        let before = reference.calendar.iter().next().context("the calendar is empty")?.opens_at;
        let mut act = Act {
            database: scratch.database(),
            keys: &keys,
            policies: &reference.policies,
            now: before,
            actor: "bench",
            request_id: "bench",
            rng: &mut random,
        };
        let officers = ensure_officers(&mut act, ["first", "second"], "bench").await?;
        let approval = Approval::new(officers[0], officers[1], "bench".to_owned())?;
        let mut world = Self { scratch, keys, reference, approval, random };
        world.publish(seats, before).await?;
        Ok(world)
    }

    async fn publish(&mut self, seats: &[(WaveNumber, u64)], now: Timestamp) -> Result<()> {
        let base_seats: BTreeMap<WaveNumber, u32> = seats
            .iter()
            .map(|&(wave, seats)| Ok((wave, u32::try_from(seats)?)))
            .collect::<Result<_>>()?;
        let weights: Vec<(RegionCode, u64)> =
            self.regencies().into_iter().map(|region| (region, 1)).collect();
        let (reference, approval) = (self.reference.clone(), self.approval.clone());
        let database = self.database().clone();
        let publication = Publication {
            regions: &reference.regions,
            policies: &reference.policies,
            calendar: &reference.calendar,
            base_seats: &base_seats,
            weights: &weights,
            weights_source: "alike, for a bench",
            province: None,
            public: None,
        };
        publish_calendar(&mut self.act(&database, now), &publication, &approval).await?;
        Ok(())
    }

    /// The server.
    pub(crate) const fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// The database that runs are copied from.
    pub(crate) const fn database(&self) -> &Database {
        self.scratch.database()
    }

    /// Every regency of the country.
    pub(crate) fn regencies(&self) -> Vec<RegionCode> {
        let all = self.reference.regions.table().iter();
        all.map(|region| region.code).filter(|code| !code.is_province()).collect()
    }

    /// A wave's row of the calendar.
    ///
    /// # Errors
    /// There is no such wave.
    pub(crate) fn wave(&self, number: WaveNumber) -> Result<CalendarWave> {
        self.reference.calendar.get(number).copied().context("the calendar lacks a wave")
    }

    /// The policy of a wave.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn policy(&self, number: WaveNumber) -> Result<&PolicyVersion> {
        Ok(&self.reference.policies.for_wave(number)?.version)
    }

    /// What an act at this instant is given.
    pub(crate) fn act<'a>(&'a mut self, database: &'a Database, now: Timestamp) -> Act<'a> {
        Act {
            database,
            keys: &self.keys,
            policies: &self.reference.policies,
            now,
            actor: "bench",
            request_id: "bench",
            rng: &mut self.random,
        }
    }

    /// Brings a wave with these members through freezing and draw.
    ///
    /// # Errors
    /// An act is refused, or not as many were selected as there are seats.
    async fn draw(
        &mut self,
        number: WaveNumber,
        members: Vec<NewMembership>,
        seats: u64,
    ) -> Result<()> {
        let (database, approval) = (self.database().clone(), self.approval.clone());
        let wave = self.wave(number)?;
        open_wave(&mut self.act(&database, wave.opens_at), number).await?;
        for part in members.chunks(MEMBERS_AT_ONCE) {
            let mut tx = database.begin().await?;
            memberships_insert(&mut tx, number, part).await?;
            tx.commit().await?;
        }
        // Freezing reads the members again; the caller's copy would only weigh on memory.
        drop(members);
        storage::database::analyze(self.scratch.embedded().superuser_options()).await?;
        close_wave(&mut self.act(&database, wave.closes_at), number).await?;
        freeze_wave(&mut self.act(&database, wave.closes_at), number, &approval).await?;
        let drawn = draw_wave(&mut self.act(&database, wave.draw_at()), number, &approval).await?;
        ensure!(u64::from(drawn.selected) == seats, "{drawn:?} for {seats} seats");
        Ok(())
    }

    /// Signs the decree of a drawn wave in a database.
    ///
    /// # Errors
    /// The act is refused.
    pub(crate) async fn appoint(
        &mut self,
        database: &Database,
        number: WaveNumber,
    ) -> Result<Appointed> {
        let approval = self.approval.clone();
        let at = self.wave(number)?.results_at;
        Ok(appoint_wave(&mut self.act(database, at), number, &approval).await?)
    }

    /// Records a first purchase, a day after the results, for every beneficiary `buys` says yes to.
    ///
    /// # Errors
    /// A purchase is refused.
    pub(crate) async fn purchase(
        &mut self,
        number: WaveNumber,
        buys: impl Fn(usize) -> bool,
    ) -> Result<()> {
        let database = self.database().clone();
        let paid_at = self.wave(number)?.results_at.plus_days(1);
        let price = self.policy(number)?.grant().training;
        let mut tx = database.begin().await?;
        let persons = storage::beneficiaries::beneficiaries_of_wave(&mut tx, number).await?;
        tx.commit().await?;
        let requests: Vec<PurchaseRequest> = persons
            .into_iter()
            .enumerate()
            .filter(|(place, _)| buys(*place))
            .map(|(_, person_id)| PurchaseRequest { person_id, price, paid_at })
            .collect();
        for part in requests.chunks(PURCHASES_AT_ONCE) {
            let act = &mut self.act(&database, paid_at);
            let outcome = record_first_purchases(act, number, part).await?;
            ensure!(outcome.recorded == part.len(), "{} purchases refused", outcome.refused.len());
        }
        Ok(())
    }
}
