//! Registers that answer, do not answer, or answer too late: the worker on a real server, asking real
//! simulators over sockets, under a clock that the test sets.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[expect(dead_code, reason = "the world serves other tests too")]
#[path = "../../app/tests/support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::accounts::{OpenAnswer, open_account};
use app::clock::Clock;
use app::correct::{CorrectAnswer, Correction, correct_statement};
use app::join::{JoinRequest, join_wave};
use app::passwords::Passwords;
use app::register_one::{RegisterAnswer, Registrant, Statement, register_person};
use domain::account::Password;
use domain::client_key::ClientKey;
use domain::identity::{Email, PersonName};
use domain::ids::{AccountId, PersonId};
use domain::nik::Nik;
use domain::reasons::Language;
use domain::statement::StatementField;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};
use integrations::http::{HttpClient, HttpSetup};
use integrations::registers::{HttpRegisters, RegisterDesk, Sparing};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use sandbox::register::{Behaviour, router};
use support::{World, applicant, wave};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use worker::{Worker, WorkerSetup};

/// The wave of the tests.
const WAVE: u16 = 50;
/// One minute in microseconds.
const MINUTE: i64 = 60_000_000;

/// A clock that stands still until it is set.
#[derive(Debug)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

struct Office {
    world: World,
    clock: Arc<SetClock>,
    registers: SocketAddr,
    /// Ends the registers and every connection to them.
    stop: Option<oneshot::Sender<()>>,
}

impl Office {
    /// An open wave, and registers of this behaviour that last as long as the tasks.
    async fn new(behaviour: Behaviour, tasks: &mut JoinSet<()>) -> Self {
        let mut world = World::new(WAVE, &[(WaveKind::Regular, 9)]).await;
        world.open(WAVE).await.unwrap();
        let (registers, stop) = simulate("127.0.0.1:0".parse().unwrap(), behaviour, tasks).await;
        let at = world.instant(WAVE, WaveEvent::Open);
        Self {
            world,
            clock: Arc::new(SetClock(AtomicI64::new(at.micros()))),
            registers,
            stop: Some(stop),
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn pass(&self, minutes: i64) {
        self.clock.0.fetch_add(minutes * MINUTE, Ordering::SeqCst);
    }

    fn worker(&self, seed: u64) -> Worker<impl FnMut() -> ChaCha8Rng + use<>> {
        let http = HttpSetup {
            system: HttpRegisters::SYSTEM,
            address: format!("http://{}", self.registers).parse().unwrap(),
            token: None,
            timeout: Duration::from_secs(10),
        };
        let registers = Arc::new(HttpRegisters::new(HttpClient::new(http).unwrap()));
        let sparing = Sparing { at_once_max: 4, gap: Duration::ZERO };
        let setup = WorkerSetup {
            database: self.world.scratch.database().clone(),
            keys: Arc::new(self.world.keys.clone()),
            keys_folder: self.world.scratch.folder().join("keys"),
            policies: Arc::new(self.world.reference.policies.clone()),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            jobs_max: 4,
            registers: Some(Arc::new(RegisterDesk::new(registers, sparing))),
            faces: None,
            folders: None,
            outside_max: 8,
        };
        let seeds = Mutex::new(ChaCha8Rng::seed_from_u64(seed));
        Worker::new(setup, move || ChaCha8Rng::from_rng(&mut *seeds.lock().unwrap()))
    }

    /// Registers a person by an account of her own; the NIK ends in `ending`. Everybody but 89 sits the test at once.
    async fn register(&mut self, number: u32, ending: u8) -> PersonId {
        let one = applicant(number);
        let mut identity = one.identity;
        identity.nik = Nik::parse(&format!("157101010190{number:02}{ending:02}")).unwrap();
        let statement = Statement {
            identity,
            sex: one.sex,
            education: one.education,
            employment: one.employment,
            region: one.region,
            disability: one.disability,
        };
        let now = self.now();
        let passwords = Passwords::new(2).unwrap();
        let email = Email::parse(&format!("orang{number}@contoh.id")).unwrap();
        let password = Password::parse("kata sandi yang benar").unwrap();
        let key = ClientKey::parse("key").unwrap();
        let act = &mut self.world.act(now);
        let opened =
            open_account(act, &passwords, email, password, Language::English, &key).await.unwrap();
        let OpenAnswer::Opened(account) = opened else { panic!("{opened:?}") };
        match register_person(act, Registrant { account, network: None }, &key, &statement)
            .await
            .unwrap()
        {
            RegisterAnswer::Registered(person) => {
                if ending != 89 {
                    self.world.sit_test(person, now).await;
                }
                person
            }
            refused => panic!("{refused:?}"),
        }
    }

    /// Checks of a person that are in a state, in the order of their kinds.
    async fn checks(&self, person: PersonId, state: &str) -> Vec<String> {
        let query = format!(
            "SELECT kind, detail FROM registration_checks
             WHERE person_id = '{}' AND state = '{state}' ORDER BY kind",
            person.uuid()
        );
        self.world.rows(&query).await
    }

    async fn waiting(&self) -> i64 {
        let query = "SELECT count(*) FROM jobs WHERE kind = 'registers_ask' AND state <> 'done'";
        self.world.number(query).await
    }
}

/// Serves simulated registers until they are told to stop or the sender is gone.
async fn simulate(
    address: SocketAddr,
    behaviour: Behaviour,
    tasks: &mut JoinSet<()>,
) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap_or_default() };
    tasks.spawn(async move {
        sandbox::serve(listener, router(behaviour), stopped).await.unwrap();
    });
    (address, stop)
}

/// Goal: whoever registers by an account is drawn once the registers have confirmed, and whoever they
/// contradict or do not answer about is kept out by the rule of that answer. Method: one person for each case
/// of the simulator, through a whole wave; the audit trail says that somebody was asked about and never what came.
#[tokio::test]
async fn who_is_confirmed_can_be_drawn() {
    let mut tasks = JoinSet::new();
    let mut office = Office::new(Behaviour::default(), &mut tasks).await;
    let cases = [
        (1, "selected"),
        (89, "ability_test"),
        (91, "identity_confirmed"),
        (94, "citizenship"),
        (95, "not_in_formal_education"),
        (96, "no_office:police"),
        (98, "register_answered"),
    ];
    let mut people = Vec::new();
    for (number, (ending, _)) in (1..).zip(cases) {
        people.push(office.register(number, ending).await);
    }
    assert_eq!(office.checks(people[0], "not_asked").await.len(), 5);
    assert_eq!(office.waiting().await, 7);
    office.worker(1).run_due().await;
    assert_eq!(office.waiting().await, 0);
    assert_eq!(office.checks(people[0], "confirmed").await.len(), 6);
    assert_eq!(office.checks(people[2], "refuted").await, ["(population_register,name)"]);
    assert_eq!(office.checks(people[5], "refuted").await, ["(occupation,police)"]);
    assert_eq!(office.checks(people[6], "unavailable").await.len(), 5);
    // Whoever is contradicted is told what, and once.
    let contradicted =
        "SELECT code FROM notices WHERE template = 'check_refuted' AND channel = 'email'
                        ORDER BY code";
    assert_eq!(
        office.world.rows(contradicted).await,
        [
            "(citizenship)",
            "(identity_confirmed:name)",
            "(no_office:police)",
            "(not_in_formal_education)"
        ]
    );

    let joined_at = office.now();
    let requests: Vec<JoinRequest> =
        people.iter().map(|person| JoinRequest { person_id: *person, joined_at }).collect();
    let world = &mut office.world;
    let outcome = join_wave(&mut world.act(joined_at), wave(WAVE), &requests).await.unwrap();
    assert_eq!(outcome.joined.len(), 7, "{:?}", outcome.refused);
    let (frozen, _, appointed) = world.grant(WAVE).await;
    assert_eq!((frozen.entries, frozen.ineligible), (1, 6));
    assert_eq!(appointed.appointments, 1);
    for (person, (_, expected)) in people.iter().zip(cases) {
        let query = format!(
            "SELECT coalesce(reason, outcome::text) FROM decisions WHERE person_id = '{}'",
            person.uuid()
        );
        assert_eq!(world.rows(&query).await, [format!("({expected})")]);
    }
    let told =
        "SELECT count(*) FROM audit_events WHERE act IN ('registers_ask', 'registers_answer')
                AND detail::text ~ 'police|1571|Kenari|name'";
    assert_eq!(world.number(told).await, 0);
    let asked = "SELECT count(*) FROM audit_events WHERE act = 'registers_ask'";
    assert_eq!(world.number(asked).await, 7);
    world.assert_audit_clean().await;
}

/// Goal: an outage loses nobody, and the pauses grow. Method: registers that are away, then the same address
/// with registers that answer; the schedule asks again after one minute and two, never before, and what is
/// confirmed is left alone.
#[tokio::test]
async fn an_outage_only_delays() {
    let mut tasks = JoinSet::new();
    let away = Behaviour { is_away: true, ..Behaviour::default() };
    let mut office = Office::new(away, &mut tasks).await;
    let person = office.register(1, 1).await;
    let mut worker = office.worker(1);
    let asked = "SELECT count(*) FROM audit_events WHERE act = 'registers_ask'";
    let steps = [(0, 1), (0, 1), (1, 2), (1, 2), (1, 3)];
    for (minutes, expected) in steps {
        office.pass(minutes);
        worker.run_due().await;
        assert_eq!(office.world.number(asked).await, expected, "{steps:?}");
        assert_eq!(office.checks(person, "unavailable").await.len(), 5);
        assert_eq!(office.waiting().await, 0);
    }
    office.stop.take().unwrap().send(()).unwrap();
    tasks.join_next().await.unwrap().unwrap();
    let _stop = simulate(office.registers, Behaviour::default(), &mut tasks).await;
    office.pass(4);
    worker.run_due().await;
    assert_eq!(office.checks(person, "confirmed").await.len(), 6);
    let open = "SELECT count(*) FROM registration_checks WHERE ask_at IS NOT NULL OR tries <> 0";
    assert_eq!(office.world.number(open).await, 0);
    office.pass(60 * 24);
    worker.run_due().await;
    assert_eq!(office.world.number(asked).await, 4);
}

/// Goal: dead jobs take no room from whoever is to be asked about again. Method: as many dead ones as may be open, then
/// somebody whose registers were away.
#[tokio::test]
async fn dead_jobs_stop_no_asking() {
    let mut tasks = JoinSet::new();
    let away = Behaviour { is_away: true, ..Behaviour::default() };
    let mut office = Office::new(away, &mut tasks).await;
    let dead = "INSERT INTO jobs (job_id, kind, subject, payload, state, run_at, request_id, created_at, finished_at,
                                  lane)
                SELECT gen_random_uuid(), 'registers_ask', 'person:' || n, '{}', 'dead', now(), 'test', now(), now(),
                       'outside'
                FROM generate_series(1, 1000) AS n";
    office.world.execute(dead).await;
    office.register(1, 1).await;
    let asked = "SELECT count(*) FROM audit_events WHERE act = 'registers_ask'";
    for (minutes, expected) in [(0, 1), (1, 2)] {
        office.pass(minutes);
        office.worker(1).run_due().await;
        assert_eq!(office.world.number(asked).await, expected);
    }
    assert_eq!(office.waiting().await, 1000, "they wait for whoever mends them");
}

/// Goal: while registers are away, nobody is written down as asked about who was not. Method: forty people at once,
/// of whom the first few find out that nobody answers; all of them are asked again later.
#[tokio::test]
async fn who_was_not_asked_about_is_not_in_the_trail() {
    let mut tasks = JoinSet::new();
    let away = Behaviour { is_away: true, ..Behaviour::default() };
    let mut office = Office::new(away, &mut tasks).await;
    for number in 1..=40 {
        office.register(number, 1).await;
    }
    office.worker(1).run_due().await;
    let query = |act| format!("SELECT count(*) FROM audit_events WHERE act = '{act}'");
    let asked = office.world.number(&query("registers_ask")).await;
    assert!((5..40).contains(&asked), "{asked}");
    assert_eq!(office.world.number(&query("registers_answer")).await, asked);
    let later = "SELECT count(*) FROM registration_checks WHERE state = 'unavailable' AND ask_at > answered_at";
    assert_eq!((office.world.number(later).await, office.waiting().await), (200, 0));
}

/// Goal: registers that take long hold up no other job, and an answer about a statement that was corrected
/// meanwhile is not written down but asked again. Method: registers that take half a second; once the question
/// is out, the wave closes by its calendar and the person corrects her name.
#[tokio::test]
async fn a_late_answer_about_another_statement_does_not_count() {
    let mut tasks = JoinSet::new();
    let slow = Behaviour { latency: Duration::from_millis(500), ..Behaviour::default() };
    let mut office = Office::new(slow, &mut tasks).await;
    let person = office.register(1, 1).await;
    let mut worker = office.worker(1);
    let (mut asking, mut beside) = (office.worker(2), office.worker(3));
    tokio::join!(asking.run_due(), async {
        while office.checks(person, "asked").await.len() < 5 {
            tokio::task::yield_now().await;
        }
        restate(&office, person).await;
        office.clock.0.store(office.world.calendar(WAVE).closes_at.micros(), Ordering::SeqCst);
        beside.run_due().await;
        let closed = "SELECT count(*) FROM waves WHERE state = 'closed'";
        assert_eq!(office.world.number(closed).await, 1, "nothing waits for the registers");
    });
    let answers = "SELECT count(*) FROM audit_events WHERE act = 'registers_answer'";
    assert_eq!(office.checks(person, "confirmed").await.len(), 6, "asked again at once");
    assert_eq!(office.world.number(answers).await, 1, "the first answer was dropped");
    worker.run_due().await;
    assert_eq!(office.waiting().await, 0);
}

/// The person corrects her name.
async fn restate(office: &Office, person: PersonId) {
    let query = format!("SELECT account_id FROM accounts WHERE person_id = '{}'", person.uuid());
    let account = office.world.rows(&query).await.concat();
    let account = AccountId::parse(account.trim_matches(['(', ')'])).unwrap();
    let name = Some(PersonName::parse("Kenari Hijau").unwrap());
    let correction = Correction { name, ..Correction::default() };
    let (key, mut rng) = (ClientKey::parse("restate").unwrap(), ChaCha8Rng::seed_from_u64(9));
    let act = &mut office.world.act_beside(office.now(), &mut rng);
    let answer = correct_statement(act, account, &key, &correction).await.unwrap();
    assert_eq!(answer, CorrectAnswer::Corrected(vec![StatementField::Name]));
}
