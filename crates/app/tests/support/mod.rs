//! A small world for tests of use cases: a real server, a few waves of the built-in policies, people
//! with valid defaults. A test states only what matters to it.

use std::collections::BTreeMap;
use std::path::Path;

use app::ability::{answer_test, begin_test, submit_test};
use app::act::{Act, ActError};
use app::appoint::{Appointed, appoint_wave};
use app::audit::audit;
use app::credential::Credential;
use app::draw::{Drawn, draw_wave};
use app::folders::PublicSetup;
use app::freeze::{Frozen, freeze_wave};
use app::join::{JoinOutcome, JoinRequest, join_wave};
use app::officers::{Empowerment, add_founder, authenticate, empower, ensure_officers};
use app::publish::{Publication, publish_calendar};
use app::purchase::{PurchaseOutcome, PurchaseRequest, record_first_purchases};
use app::reference::{Reference, ReferenceOverrides};
use app::register::{Registration, RegistrationOutcome, register_persons};
use app::sweep::sweep_wave;
use app::wave::{close_wave, open_wave, settle_wave};
use domain::calendar::{Calendar, CalendarWave};
use domain::funnel::Education;
use domain::identity::{Email, Employment, Identity, PersonName, Phone};
use domain::ids::{OfficerId, PersonId};
use domain::nik::{FamilyCard, Nik, Sex};
use domain::officers::{Approval, Officer, Role};
use domain::region::RegionCode;
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind, WaveNumber};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};
use storage::scratch::Scratch;
use storage::vault::KeyRing;
use time::{Date, Month};

/// Regencies that share the quotas, with their weights.
pub(crate) const REGIONS: [(u16, u64); 3] = [(1501, 2), (1571, 5), (1572, 3)];
/// The day the first wave opens, at 00:00 WIB; the next ones follow every 40 days, so that each deadline
/// has passed before the next wave closes.
const FIRST_DAY: (i32, Month, u8) = (2023, Month::February, 1);
/// One hour in microseconds.
pub(crate) const HOUR: i64 = 3_600_000_000;

pub(crate) struct World {
    pub(crate) scratch: Scratch,
    pub(crate) keys: KeyRing,
    pub(crate) reference: Reference,
    pub(crate) rng: ChaCha8Rng,
    officers: [OfficerId; 2],
}

pub(crate) fn wave(number: u16) -> WaveNumber {
    WaveNumber::new(number).unwrap()
}

pub(crate) fn region(code: u16) -> RegionCode {
    RegionCode::new(code).unwrap()
}

pub(crate) fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

fn start() -> Timestamp {
    let (year, month, day) = FIRST_DAY;
    Timestamp::start_of_wib_day(Date::from_calendar_date(year, month, day).unwrap())
}

/// A complete registration of the person of this number: 33 years old at the first wave, alone on the
/// card, no findings, regions in turn.
pub(crate) fn applicant(number: u32) -> Registration {
    let registered_at = start().minus_micros(HOUR);
    let mut random = [0; 10];
    random[6..].copy_from_slice(&number.to_be_bytes());
    Registration {
        person_id: PersonId::at(registered_at, random),
        identity: Identity {
            nik: Nik::parse(&format!("15710101019{number:05}")).unwrap(),
            family_card: card(number),
            name: PersonName::parse("Kenari Kuning").unwrap(),
            born_on: Date::from_calendar_date(1990, Month::January, 1).unwrap(),
            phone: Phone::parse("+6281255512345").unwrap(),
            email: Email::parse("kenari@contoh.id").unwrap(),
        },
        sex: if number.is_multiple_of(2) { Sex::Man } else { Sex::Woman },
        education: Education::SeniorHigh,
        employment: Employment::JobSeeker,
        region: region(REGIONS[number as usize % REGIONS.len()].0),
        disability: false,
        findings: Vec::new(),
        registered_at,
    }
}

pub(crate) fn applicants(numbers: impl IntoIterator<Item = u32>) -> Vec<Registration> {
    numbers.into_iter().map(applicant).collect()
}

/// The family card of this number.
pub(crate) fn card(number: u32) -> FamilyCard {
    FamilyCard::parse(&format!("15710199999{number:05}")).unwrap()
}

/// People of one region on one family card.
pub(crate) fn family(
    numbers: impl IntoIterator<Item = u32>,
    card_number: u32,
) -> Vec<Registration> {
    let mut members = applicants(numbers);
    for member in &mut members {
        member.identity.family_card = card(card_number);
        member.region = region(1571);
    }
    members
}

pub(crate) fn ids(people: &[Registration]) -> Vec<PersonId> {
    people.iter().map(|person| person.person_id).collect()
}

impl World {
    /// Waves from `first` on, of these kinds and own seats, under the built-in policies.
    pub(crate) async fn new(first: u16, waves: &[(WaveKind, u32)]) -> Self {
        Self::with_reference(Reference::builtin().unwrap(), first, waves, None).await
    }

    /// As [`World::new`], under the built-in policies with each text replaced by another.
    pub(crate) async fn with_policies(
        edits: &[(&str, &str)],
        first: u16,
        waves: &[(WaveKind, u32)],
    ) -> Self {
        Self::with_reference(edited(edits), first, waves, None).await
    }
}

/// The built-in reference with each text of the policies replaced by another.
pub(crate) fn edited(edits: &[(&str, &str)]) -> Reference {
    let folder = tempfile::tempdir().unwrap();
    let builtin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/policies");
    for entry in std::fs::read_dir(builtin).unwrap() {
        let entry = entry.unwrap();
        let mut text = std::fs::read_to_string(entry.path()).unwrap();
        for (from, to) in edits {
            assert!(text.contains(from), "{} has no {from}", entry.path().display());
            text = text.replace(from, to);
        }
        std::fs::write(folder.path().join(entry.file_name()), text).unwrap();
    }
    let overrides = ReferenceOverrides {
        policies_dir: Some(folder.path().to_owned()),
        ..ReferenceOverrides::NONE
    };
    Reference::load(&overrides).unwrap()
}

impl World {
    pub(crate) async fn with_reference(
        mut reference: Reference,
        first: u16,
        waves: &[(WaveKind, u32)],
        public: Option<(&PublicSetup, WaveNumber)>,
    ) -> Self {
        let rows = (first..).zip(0i64..).zip(waves).map(|((number, at), (kind, _))| CalendarWave {
            number: wave(number),
            kind: *kind,
            opens_at: start().plus_days(40 * at),
            closes_at: start().plus_days(40 * at + 3),
            results_at: start().plus_days(40 * at + 5).plus_micros(12 * HOUR),
            moved_s: 0,
        });
        reference.calendar = Calendar::new(rows.collect()).unwrap();
        let base_seats: BTreeMap<WaveNumber, u32> =
            (first..).zip(waves).map(|(number, (_, seats))| (wave(number), *seats)).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(first));
        let keys = KeyRing::generate(&mut rng);
        let scratch = Scratch::start().await.unwrap();
        let nobody = [OfficerId::at(start(), [0; 10]); 2];
        let mut world = Self { scratch, keys, reference, rng, officers: nobody };
        let names = ["Officer One", "Officer Two"];
        let mut act = world.act(start().minus_micros(HOUR));
        world.officers = ensure_officers(&mut act, names, "named for a test").await.unwrap();
        let weights = REGIONS.map(|(code, weight)| (region(code), weight));
        let (approval, reference) = (world.approval(), world.reference.clone());
        let publication = Publication {
            regions: &reference.regions,
            policies: &reference.policies,
            calendar: &reference.calendar,
            base_seats: &base_seats,
            weights: &weights,
            weights_source: "test",
            province: None,
            public,
        };
        let mut act = world.act(start().minus_micros(HOUR));
        publish_calendar(&mut act, &publication, &approval).await.unwrap();
        world
    }

    pub(crate) fn approval(&self) -> Approval {
        Approval::new(self.officers[0], self.officers[1], "agreed in the meeting".into()).unwrap()
    }

    pub(crate) fn calendar(&self, number: u16) -> CalendarWave {
        *self.reference.calendar.get(wave(number)).unwrap()
    }

    /// An act at `now` with the world's own randomness.
    pub(crate) fn act(&mut self, now: Timestamp) -> Act<'_> {
        Act {
            database: self.scratch.database(),
            keys: &self.keys,
            policies: &self.reference.policies,
            now,
            actor: "test",
            request_id: "test",
            rng: &mut self.rng,
        }
    }

    /// An act at `now` beside others.
    pub(crate) fn act_beside<'a>(&'a self, now: Timestamp, rng: &'a mut ChaCha8Rng) -> Act<'a> {
        Act {
            database: self.scratch.database(),
            keys: &self.keys,
            policies: &self.reference.policies,
            now,
            actor: "test",
            request_id: "test",
            rng,
        }
    }

    pub(crate) async fn register(&mut self, people: &[Registration]) -> RegistrationOutcome {
        register_persons(&mut self.act(start()), people).await.unwrap()
    }

    /// Joins an hour after the opening.
    pub(crate) async fn join(&mut self, number: u16, people: &[Registration]) -> JoinOutcome {
        let joined_at = self.calendar(number).opens_at.plus_micros(HOUR);
        let requests: Vec<JoinRequest> =
            ids(people).into_iter().map(|person_id| JoinRequest { person_id, joined_at }).collect();
        join_wave(&mut self.act(joined_at), wave(number), &requests).await.unwrap()
    }

    /// Opens a wave and joins people, all of whom must be taken.
    pub(crate) async fn open_with(&mut self, number: u16, people: &[Registration]) {
        self.open(number).await.unwrap();
        let outcome = self.join(number, people).await;
        assert_eq!(outcome.joined.len(), people.len(), "{:?}", outcome.refused);
    }

    /// The instant at which the calendar lets an event of a wave happen.
    pub(crate) fn instant(&self, number: u16, event: WaveEvent) -> Timestamp {
        let calendar = self.calendar(number);
        match event {
            WaveEvent::Open | WaveEvent::Cancel => calendar.opens_at,
            WaveEvent::Close => calendar.closes_at,
            WaveEvent::Freeze => calendar.closes_at.plus_micros(HOUR),
            WaveEvent::Draw => calendar.draw_at(),
            WaveEvent::Appoint => calendar.results_at,
            WaveEvent::Settle => self.due(number),
        }
    }

    /// The deadline of a wave's first purchases by its policy.
    pub(crate) fn due(&self, number: u16) -> Timestamp {
        let policy = self.reference.policies.for_wave(wave(number)).unwrap();
        let announced_on = self.calendar(number).results_at.wib_date();
        policy.version.deadlines().first_purchase_due(announced_on)
    }

    pub(crate) async fn open(&mut self, number: u16) -> Result<(), ActError> {
        let at = self.instant(number, WaveEvent::Open);
        open_wave(&mut self.act(at), wave(number)).await
    }

    pub(crate) async fn close(&mut self, number: u16) -> Result<(), ActError> {
        let at = self.instant(number, WaveEvent::Close);
        close_wave(&mut self.act(at), wave(number)).await
    }

    pub(crate) async fn freeze(&mut self, number: u16) -> Result<Frozen, ActError> {
        let (at, approval) = (self.instant(number, WaveEvent::Freeze), self.approval());
        freeze_wave(&mut self.act(at), wave(number), &approval).await
    }

    pub(crate) async fn draw(&mut self, number: u16) -> Result<Drawn, ActError> {
        let (at, approval) = (self.instant(number, WaveEvent::Draw), self.approval());
        draw_wave(&mut self.act(at), wave(number), &approval).await
    }

    pub(crate) async fn appoint(&mut self, number: u16) -> Result<Appointed, ActError> {
        let (at, approval) = (self.instant(number, WaveEvent::Appoint), self.approval());
        appoint_wave(&mut self.act(at), wave(number), &approval).await
    }

    pub(crate) async fn settle(&mut self, number: u16) -> Result<(), ActError> {
        let at = self.instant(number, WaveEvent::Settle);
        settle_wave(&mut self.act(at), wave(number)).await
    }

    pub(crate) async fn sweep(&mut self, number: u16, at: Timestamp) -> u32 {
        sweep_wave(&mut self.act(at), wave(number)).await.unwrap()
    }

    /// Closes, freezes, draws and appoints an open wave.
    pub(crate) async fn grant(&mut self, number: u16) -> (Frozen, Drawn, Appointed) {
        self.close(number).await.unwrap();
        let frozen = self.freeze(number).await.unwrap();
        let drawn = self.draw(number).await.unwrap();
        (frozen, drawn, self.appoint(number).await.unwrap())
    }

    /// Buys for so much the hour after the decree.
    pub(crate) async fn buy(
        &mut self,
        number: u16,
        people: &[Registration],
        price: i64,
    ) -> PurchaseOutcome {
        let paid_at = self.calendar(number).results_at.plus_micros(HOUR);
        let requests: Vec<PurchaseRequest> = ids(people)
            .into_iter()
            .map(|person_id| PurchaseRequest { person_id, price: rupiah(price), paid_at })
            .collect();
        record_first_purchases(&mut self.act(paid_at), wave(number), &requests).await.unwrap()
    }

    /// Somebody sits the ability test: the first choice of every item of the first half.
    pub(crate) async fn sit_test(&mut self, person: PersonId, now: Timestamp) {
        let act = &mut self.act(now);
        begin_test(act, person).await.unwrap().unwrap();
        for number in 1..=10 {
            answer_test(act, person, (number, 1)).await.unwrap().unwrap();
        }
        submit_test(act, person).await.unwrap().unwrap();
    }

    /// A connection with all rights, for looking and for damage.
    pub(crate) async fn superuser(&self) -> PgConnection {
        let options = self.scratch.embedded().superuser_options();
        options.options([("search_path", "gelombang")]).connect().await.unwrap()
    }

    pub(crate) async fn execute(&self, statements: &str) {
        let mut conn = self.superuser().await;
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut conn).await.unwrap();
    }

    /// The one number a query gives.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let query = format!("SELECT ({query})::bigint");
        let mut conn = self.superuser().await;
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut conn).await.unwrap()
    }

    /// The rows of a query, in its order, as text.
    pub(crate) async fn rows(&self, query: &str) -> Vec<String> {
        let query =
            format!("SELECT array_to_string(array(SELECT r::text FROM ({query}) r), E'\\n')");
        let mut conn = self.superuser().await;
        let text: String =
            sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut conn).await.unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Every invariant holds.
    pub(crate) async fn assert_audit_clean(&self) {
        let report = audit(self.scratch.database(), &self.reference.policies).await.unwrap();
        let broken: Vec<_> = report.checks.iter().filter(|check| check.violations > 0).collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }

    /// An officer with these roles and a credential: the first two as founders, who are administrators too,
    /// later ones because those agreed.
    pub(crate) async fn officer(&mut self, name: &str, roles: &[Role]) -> Officer {
        let credential = self.credential(name, roles).await;
        authenticate(self.scratch.database(), &credential).await.unwrap()
    }

    /// The credential of such an officer.
    pub(crate) async fn credential(&mut self, name: &str, roles: &[Role]) -> Credential {
        let now = start().minus_micros(HOUR);
        let id = OfficerId::at(
            now,
            self.rng.next_u64().to_be_bytes().repeat(2)[..10].try_into().unwrap(),
        );
        let credential = Credential::make(id, &mut self.rng);
        let mut power = Empowerment {
            officer: id,
            name: name.to_owned(),
            roles: roles.iter().copied().collect(),
            credential: Some(credential.sha256()),
        };
        if self.number("SELECT count(*) FROM officer_credentials").await < 2 {
            power.roles.insert(Role::Administrator);
            add_founder(&mut self.act(now), &power).await.unwrap();
        } else {
            let approval = self.approval();
            empower(&mut self.act(now), &power, &approval).await.unwrap();
        }
        credential
    }

    /// The tables, in the order of their names.
    async fn tables(&self) -> Vec<String> {
        let rows = self
            .rows(
                "SELECT c.oid::regclass FROM pg_class c
                 WHERE relnamespace = 'gelombang'::regnamespace AND relkind = 'r' AND relname <> '_sqlx_migrations'
                 ORDER BY c.oid::regclass::text",
            )
            .await;
        rows.iter().map(|row| row.trim_matches(['(', ')']).to_owned()).collect()
    }

    /// Every table with its number of rows and a digest of them.
    pub(crate) async fn contents(&self) -> Vec<String> {
        let tables = self.tables().await;
        let counts: Vec<String> = tables
            .iter()
            .map(|table| {
                format!("SELECT '{table}', count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")
            })
            .collect();
        // In an order of its own: a server that goes through a large table by several processes appends as they end.
        self.rows(&format!("SELECT * FROM ({}) tables ORDER BY 1", counts.join(" UNION ALL ")))
            .await
    }

    /// Every row of every table as text.
    pub(crate) async fn every_row(&self) -> Vec<String> {
        let mut found = Vec::new();
        for table in self.tables().await {
            found.extend(self.rows(&format!("SELECT '{table}', t::text FROM {table} t")).await);
        }
        found
    }
}
