//! The ground of a run: a folder of its own, an open wave, people with accounts and sessions, all made by
//! the product's own acts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use app::accounts::{AccountOpening, open_accounts, open_sessions};
use app::act::Act;
use app::officers::ensure_officers;
use app::passwords::{Passwords, SALT_BYTES};
use app::publish::{Publication, publish_calendar};
use app::reference::Reference;
use app::register::register_persons;
use app::wave::open_wave;
use domain::account::Password;
use domain::calendar::{Calendar, CalendarWave};
use domain::identity::Email;
use domain::ids::PersonId;
use domain::officers::Approval;
use domain::reasons::Language;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::{WaveKind, WaveNumber};
use storage::database::Database;
use storage::vault::KeyRing;

use crate::bench::members::registrations;
use crate::clock;
use crate::installation::{DataArgs, Installation, Purpose, SystemRng};
use crate::interrupt::Stop;

/// A wave of the normal scheme.
pub(super) const WAVE: WaveNumber = WaveNumber::new(71).expect("between 1 and 9999");
/// People written at once.
const AT_ONCE: usize = 10_000;
/// One in so many gets a seat, so that the draw has something to decide.
pub(super) const PEOPLE_PER_SEAT: usize = 3;

/// Somebody who can act over HTTP.
#[derive(Clone, Debug)]
pub(super) struct Citizen {
    pub(super) person_id: PersonId,
    pub(super) token: String,
}

/// The folder and what is in it.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) data: PathBuf,
    pub(super) reference: Reference,
    pub(super) wave: CalendarWave,
    pub(super) approval: Approval,
    pub(super) citizens: Vec<Citizen>,
}

impl Ground {
    /// Makes everything in `data` and stops the private server again.
    pub(super) async fn make(data: &Path, people: usize, stop: &Stop) -> Result<Self> {
        let now = clock::now();
        let wave = CalendarWave {
            number: WAVE,
            kind: WaveKind::Regular,
            opens_at: now.plus_days(-1),
            closes_at: now.plus_days(2),
            results_at: now.plus_days(4),
            moved_s: 0,
        };
        let mut reference = Reference::builtin()?;
        reference.calendar =
            Calendar::new(vec![wave]).map_err(|faults| anyhow::anyhow!("{faults:?}"))?;
        let args = DataArgs::private(data.to_owned());
        let installation = Installation::open(&args, Purpose::Fill, stop).await?;
        let (approval, citizens) = installation
            .close_after(async |installation| {
                let keys = installation.keys().await?;
                let maker =
                    Maker { database: &installation.database, keys: &keys, reference: &reference };
                let approval = maker.publish(&wave, people / PEOPLE_PER_SEAT).await?;
                Ok((approval, maker.people(people, wave.opens_at).await?))
            })
            .await?;
        Ok(Self { data: data.to_owned(), reference, wave, approval, citizens })
    }
}

struct Maker<'a> {
    database: &'a Database,
    keys: &'a KeyRing,
    reference: &'a Reference,
}

impl Maker<'_> {
    async fn publish(&self, wave: &CalendarWave, seats: usize) -> Result<Approval> {
        let mut rng = SystemRng;
        let before = wave.opens_at.plus_days(-1);
        let mut act = act(self.database, self.keys, self.reference, before, &mut rng);
        let officers = ensure_officers(&mut act, ["first", "second"], "chaos").await?;
        let approval = Approval::new(officers[0], officers[1], "chaos".to_owned())?;
        let base_seats = BTreeMap::from([(WAVE, u32::try_from(seats)?)]);
        let weights: Vec<(RegionCode, u64)> =
            self.regencies().into_iter().map(|region| (region, 1)).collect();
        let publication = Publication {
            regions: &self.reference.regions,
            policies: &self.reference.policies,
            calendar: &self.reference.calendar,
            base_seats: &base_seats,
            weights: &weights,
            weights_source: "alike, for chaos",
            province: None,
            public: None,
        };
        publish_calendar(&mut act, &publication, &approval).await?;
        act.now = wave.opens_at;
        open_wave(&mut act, WAVE).await?;
        Ok(approval)
    }

    fn regencies(&self) -> Vec<RegionCode> {
        let all = self.reference.regions.table().iter();
        all.map(|region| region.code).filter(|code| !code.is_province()).collect()
    }

    /// Registers people, opens an account for each, and signs them in.
    async fn people(&self, people: usize, at: Timestamp) -> Result<Vec<Citizen>> {
        let registrations = registrations(people as u64, at, &self.regencies())?;
        // All have the same password, so one costly hash serves them all.
        let password = Password::parse("everybody in chaos")?;
        let password_hash = Passwords::new(1)?.hash(password, [7; SALT_BYTES]).await?;
        let mut rng = SystemRng;
        let mut act = act(self.database, self.keys, self.reference, clock::now(), &mut rng);
        let mut citizens = Vec::with_capacity(people);
        for part in registrations.chunks(AT_ONCE) {
            let outcome = register_persons(&mut act, part).await?;
            ensure!(outcome.refused.is_empty(), "{:?}", outcome.refused);
            let openings: Vec<AccountOpening> = part
                .iter()
                .map(|one| {
                    let address = format!("{}@contoh.id", one.person_id.uuid().simple());
                    let email = Email::parse(&address).context("an address")?;
                    let password_hash = password_hash.clone();
                    Ok(AccountOpening {
                        email,
                        password_hash,
                        person_id: Some(one.person_id),
                        language: Language::Indonesian,
                    })
                })
                .collect::<Result<_>>()?;
            let accounts = open_accounts(&mut act, &openings).await?;
            let sessions = open_sessions(&mut act, &accounts).await?;
            citizens.extend(part.iter().zip(sessions).map(|(one, session)| Citizen {
                person_id: one.person_id,
                token: session.token.expose(),
            }));
        }
        Ok(citizens)
    }
}

/// An act of the run itself.
pub(super) fn act<'a>(
    database: &'a Database,
    keys: &'a KeyRing,
    reference: &'a Reference,
    now: Timestamp,
    rng: &'a mut SystemRng,
) -> Act<'a> {
    Act {
        database,
        keys,
        policies: &reference.policies,
        now,
        actor: "chaos",
        request_id: "chaos",
        rng,
    }
}
