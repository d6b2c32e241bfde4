//! Waves around the present beside a finished replay, with accounts to try the portal with: one wave is settled, in one a
//! deadline runs, one is open. All of it by use cases, on synthetic people of another province than the replay's.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use app::accounts::{AccountOpening, open_accounts};
use app::act::{Act, ActError};
use app::citizen::{read_standing, read_waves};
use app::passwords::{Passwords, SALT_BYTES};
use app::reference::Reference;
use domain::account::Password;
use domain::calendar::{Calendar, CalendarWave};
use domain::decision::DecisionOutcome;
use domain::identity::Email;
use domain::ids::PersonId;
use domain::reasons::Language;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::{WaveKind, WaveNumber};
use rand_core::Rng as _;
use simulator::plan::{Plan, Totals};
use simulator::replay::{PublicReplay, ReplayInput, replay_until};
use simulator::shapes::wave_shapes;
use storage::beneficiaries::beneficiaries_of_wave;
use storage::error::StorageError;
use storage::memberships::members_of_wave;

use crate::clock;
use crate::installation::{Installation, SystemRng};

/// Daerah Istimewa Yogyakarta.
const PROVINCE: &str = "34";
/// Settled, deadline running, open: the three after the last one of the calendar.
const WAVES: [u16; 3] = [72, 73, 74];
/// First and last open day, announcement, in days from today: what is settled now has lost its seats a week ago, and
/// the running deadline of 15 days has a week left.
const DAYS: [[i64; 3]; 3] = [[-28, -24, -22], [-14, -10, -8], [-1, 13, 15]];
/// Small enough to take a second, large enough for every outcome.
const TOTALS: Totals = Totals { joins: 210, people: 120, sk: 36, effective: 27 };
const SEED: u64 = 72;
/// Results come at noon.
const NOON_MICROS: i64 = 12 * 3_600 * 1_000_000;

/// Of every account here; everybody may know it.
const PASSWORD: &str = "ombak-di-pantai";

/// Who has an account to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    New,
    Selected,
    Revoked,
    NotSelected,
}

impl Role {
    const ALL: [Self; 4] = [Self::New, Self::Selected, Self::Revoked, Self::NotSelected];

    const fn email(self) -> &'static str {
        match self {
            Self::New => "baru@contoh.id",
            Self::Selected => "terpilih@contoh.id",
            Self::Revoked => "dicabut@contoh.id",
            Self::NotSelected => "belum@contoh.id",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::New => "new, not registered yet",
            Self::Selected => "selected, the deadline runs",
            Self::Revoked => "lost the place",
            Self::NotSelected => "not selected, may join the open wave",
        }
    }
}

/// What there is around the present.
#[derive(Debug)]
pub(crate) struct Present {
    /// When the deadline ends, and the open wave closes.
    ends: [(WaveNumber, &'static str, Timestamp); 2],
}

impl Present {
    /// The logins, and what has run out since they were made.
    pub(crate) fn words(&self, base: &str, now: Timestamp) -> String {
        let mut words =
            format!("Sign in at {base}/masuk with one of these addresses and this password:\n");
        for role in Role::ALL {
            let _ = writeln!(words, "  {:<20} {PASSWORD}   {}", role.email(), role.words());
        }
        for (wave, what, at) in self.ends.iter().filter(|(_, _, at)| *at <= now) {
            let _ = writeln!(
                words,
                "  Since {at} {what} of wave {wave} is over; begin in another folder for new waves."
            );
        }
        words
    }
}

/// Adds the waves and accounts, or finds them there. `public` says how the open wave is published.
pub(crate) async fn add(
    installation: &Installation,
    base: &Reference,
    public: impl FnOnce(WaveNumber) -> anyhow::Result<PublicReplay>,
) -> anyhow::Result<Present> {
    let waves = WAVES.map(|number| WaveNumber::new(number).context("above nought"));
    let [Ok(settled), Ok(running), Ok(open)] = waves else { bail!("the numbers are of waves") };
    let calendar = calendar(installation, [settled, running, open]).await?;
    let opens_at = calendar.get(open).context("it is in the calendar")?.opens_at;
    let province = RegionCode::parse(PROVINCE)?;
    let version = format!("{} ({province})", base.regions.table().version());
    let reference = Reference {
        regions: base.regions.clone().called(version),
        policies: base.policies.clone(),
        calendar,
        wave_facts: BTreeMap::new(),
    };
    let plan = Plan::new(&TOTALS, &wave_shapes(&reference)?)?;
    let public = public(open)?;
    let keys = installation.keys().await?;
    let input = ReplayInput {
        reference: &reference,
        province,
        plan: &plan,
        seed: SEED,
        public: Some(&public),
    };
    // What came after its opening is the schedules' and people's own.
    replay_until(&input, &installation.database, &keys, Some(opens_at), &|_| {}).await?;
    let selected = person_in(installation, running, "appointed").await?;
    let revoked = person_in(installation, settled, "revoked").await?;
    let passwords = Passwords::new(1)?;
    let not_selected = person_without_seat(installation, running).await?;
    for (role, person) in Role::ALL.into_iter().zip([None, selected, revoked, not_selected]) {
        ensure_account(installation, base, &passwords, role, person).await?;
    }
    let policy = reference.policies.for_wave(running)?;
    let calendar = |wave| reference.calendar.get(wave).context("it is in the calendar");
    let announced_on = calendar(running)?.results_at.wib_date();
    let due_at = policy.version.deadlines().first_purchase_due(announced_on);
    Ok(Present {
        ends: [
            (running, "the deadline", due_at),
            (open, "the time to join", calendar(open)?.closes_at),
        ],
    })
}

/// The calendar of the waves: as published, or around today.
async fn calendar(installation: &Installation, waves: [WaveNumber; 3]) -> anyhow::Result<Calendar> {
    let today = Timestamp::start_of_wib_day(clock::now().wib_date());
    let published = read_waves(&installation.database).await?;
    let rows = waves.into_iter().zip(DAYS).map(|(number, [opens, closes, results])| {
        let known = published.iter().find(|row| row.wave == number);
        known.map_or_else(
            || CalendarWave {
                number,
                kind: WaveKind::Regular,
                opens_at: today.plus_days(opens),
                closes_at: today.plus_days(closes),
                results_at: today.plus_days(results).plus_micros(NOON_MICROS),
                moved_s: 0,
            },
            storage::reference::WaveRow::calendar,
        )
    });
    let faults = |faults: Vec<domain::calendar::CalendarFault>| {
        anyhow::anyhow!("the waves around today do not follow each other: {faults:?}")
    };
    Calendar::new(rows.collect()).map_err(faults)
}

/// The first person whose grant of a wave is in a state; nobody if time has moved all of them on.
async fn person_in(
    installation: &Installation,
    wave: WaveNumber,
    state: &str,
) -> anyhow::Result<Option<PersonId>> {
    let mut tx = installation.database.begin_snapshot().await?;
    let persons = beneficiaries_of_wave(&mut tx, wave).await?;
    drop(tx);
    for person in persons {
        let standing = read_standing(&installation.database, person, clock::now()).await?;
        let grants = standing.map(|standing| standing.grants).unwrap_or_default();
        if grants.iter().any(|grant| grant.wave == wave && grant.state == state) {
            return Ok(Some(person));
        }
    }
    Ok(None)
}

/// The first person who was in a wave's draw and has never had a seat.
async fn person_without_seat(
    installation: &Installation,
    wave: WaveNumber,
) -> anyhow::Result<Option<PersonId>> {
    let mut tx = installation.database.begin_snapshot().await?;
    let persons = members_of_wave(&mut tx, wave).await?;
    drop(tx);
    for person in persons {
        let standing = read_standing(&installation.database, person, clock::now()).await?;
        let Some(standing) = standing.filter(|standing| standing.grants.is_empty()) else {
            continue;
        };
        let outcomes = standing.memberships.iter().filter(|one| one.wave == wave);
        let mut outcomes = outcomes.filter_map(|one| Some(one.decision.as_ref()?.outcome));
        if outcomes.any(|outcome| outcome == DecisionOutcome::NotSelected) {
            return Ok(Some(person));
        }
    }
    Ok(None)
}

/// Opens the account of a role unless it is there.
async fn ensure_account(
    installation: &Installation,
    reference: &Reference,
    passwords: &Passwords,
    role: Role,
    person_id: Option<PersonId>,
) -> anyhow::Result<()> {
    if person_id.is_none() && role != Role::New {
        return Ok(());
    }
    let mut salt = [0; SALT_BYTES];
    SystemRng.fill_bytes(&mut salt);
    let password = Password::parse(PASSWORD)?;
    let opening = AccountOpening {
        email: Email::parse(role.email())?,
        password_hash: passwords.hash(password, salt).await?,
        person_id,
        language: Language::Indonesian,
    };
    let mut act = Act {
        database: &installation.database,
        keys: &installation.keys().await?,
        policies: &reference.policies,
        now: clock::now(),
        actor: "simulator",
        request_id: "demonstration",
        rng: &mut SystemRng,
    };
    match open_accounts(&mut act, &[opening]).await {
        // It was opened before.
        Ok(_) | Err(ActError::Storage(StorageError::Conflict { .. })) => Ok(()),
        Err(error) => Err(error).context("could not open an account to try"),
    }
}
