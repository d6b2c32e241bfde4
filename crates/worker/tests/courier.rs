//! The courier on a real database and against real servers on sockets: a first provider that is away, answers that
//! are lost, a courier that dies in the middle, refusals now and for good.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[expect(dead_code, reason = "the world serves other tests too")]
#[path = "../../app/tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use app::accounts::{AccountOpening, open_accounts};
use app::clock::Clock;
use app::notices::{CountScope, read_outbox};
use app::passwords::{Passwords, SALT_BYTES};
use domain::account::Password;
use domain::identity::Email;
use domain::notice::state::NoticeState;
use domain::reasons::Language;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use integrations::gateway::Gateway;
use integrations::relay::Relay;
use integrations::smtp::Smtp;
use sandbox::gateway::GatewayBehaviour;
use sandbox::mail::{MailBehaviour, MailMode};
use support::{World, applicants, ids};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use worker::courier::{Courier, CourierSetup};

/// The wave of the tests.
const WAVE: u16 = 50;
/// Accounts that are told that they are open.
const ACCOUNTS: u32 = 12;
/// Longer than the lease of a notice, and than the pause after a first try.
const AFTER: i64 = 31_000_000;

/// A clock that stands still until it is set.
#[derive(Debug)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A world with accounts that wait to be told, and the servers of the test.
struct Post {
    world: World,
    clock: Arc<SetClock>,
    servers: JoinSet<std::io::Result<()>>,
    kept: TempDir,
}

impl Post {
    async fn new() -> Self {
        let mut world = World::new(WAVE, &[(WaveKind::Regular, 4)]).await;
        let people = applicants(1..=ACCOUNTS);
        world.register(&people).await;
        let now = world.calendar(WAVE).opens_at;
        let password = Password::parse("kata sandi yang benar").unwrap();
        let hash = Passwords::new(1).unwrap().hash(password, [3; SALT_BYTES]).await.unwrap();
        let openings: Vec<AccountOpening> = ids(&people)
            .into_iter()
            .enumerate()
            .map(|(number, person)| AccountOpening {
                email: Email::parse(&format!("rahasia{number}@contoh.id")).unwrap(),
                password_hash: hash.clone(),
                person_id: Some(person),
                language: Language::Indonesian,
            })
            .collect();
        open_accounts(&mut world.act(now), &openings).await.unwrap();
        Self {
            world,
            clock: Arc::new(SetClock(AtomicI64::new(now.micros()))),
            servers: JoinSet::new(),
            kept: tempfile::tempdir().unwrap(),
        }
    }

    /// A mail server of this kind, which keeps what it takes in a folder of this name.
    async fn mail(&mut self, name: &str, mode: MailMode, latency_ms: u64) -> Smtp {
        let folder = self.kept.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let latency = Duration::from_millis(latency_ms);
        let behaviour =
            MailBehaviour { mode, latency, folder: Some(folder), ..MailBehaviour::default() };
        let (listener, address) = listen().await;
        self.servers.spawn(sandbox::mail::serve(listener, behaviour, std::future::pending()));
        smtp(address)
    }

    async fn gateway(&mut self, name: &str, is_away: bool) -> Gateway {
        let folder = self.kept.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let behaviour =
            GatewayBehaviour { is_away, folder: Some(folder), ..GatewayBehaviour::default() };
        let (listener, address) = listen().await;
        let router = sandbox::gateway::router(behaviour);
        self.servers.spawn(sandbox::serve(listener, router, std::future::pending()));
        Gateway::new(format!("http://{address}").parse().unwrap(), None).unwrap()
    }

    fn courier(
        &self,
        mail: Option<Relay<Smtp>>,
        sms: Option<Relay<Gateway>>,
        number: u8,
    ) -> Courier {
        let setup = CourierSetup {
            database: self.world.scratch.database().clone(),
            keys: Arc::new(self.world.keys.clone()),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            mail,
            sms,
            per_second: 100,
        };
        Courier::new(setup, [number; 10])
    }

    fn pass(&self, micros: i64) {
        self.clock.0.fetch_add(micros, Ordering::SeqCst);
    }

    /// Puts a short text into the outbox.
    async fn tell_by_text(&self, subject: &str) {
        let insert = format!(
            "INSERT INTO notices (account_id, template, subject, channel, wave, run_at, useless_at, request_id, created_at)
             SELECT account_id, 'revoked', '{subject}', 'sms', {WAVE}, created_at, useless_at, 'test', created_at
             FROM notices ORDER BY notice_id LIMIT 1"
        );
        self.world.execute(&insert).await;
    }

    /// Waits until so many messages have come to a server.
    async fn until_came(&self, name: &str, number: usize) {
        while messages(&self.kept.path().join(name)).len() < number {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// How often each Message-ID has come to a server.
    fn came(&self, name: &str) -> BTreeMap<String, usize> {
        let mut came = BTreeMap::new();
        for message in messages(&self.kept.path().join(name)) {
            let id = message.lines().find(|line| line.starts_with("Message-ID: <")).unwrap();
            *came.entry(id.to_owned()).or_default() += 1;
        }
        came
    }

    async fn states(&self) -> Vec<(NoticeState, u64)> {
        let now = self.clock.now();
        let database = self.world.scratch.database();
        let outbox = read_outbox(database, CountScope::All, now).await.unwrap();
        outbox.counts.iter().map(|count| (count.state, count.notices)).collect()
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn smtp(address: SocketAddr) -> Smtp {
    let from = Email::parse("kabar@gelombang.example").unwrap();
    Smtp::new(&format!("smtp://{address}").parse().unwrap(), None, &from).unwrap()
}

fn messages(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let whole = files.filter(|path| path.extension().is_none_or(|extension| extension != "part"));
    whole.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

const ALL: u64 = ACCOUNTS as u64;

/// Goal: with the first server away, the second one takes every letter at once, with the words and the address of
/// its account. Method: a first address at which nobody listens.
#[tokio::test]
async fn the_second_server_takes_over() {
    let mut post = Post::new().await;
    let (listener, nobody) = listen().await;
    drop(listener);
    let second = post.mail("second", MailMode::Accept, 0).await;
    let mut courier = post.courier(Some(Relay::new(smtp(nobody), Some(second))), None, 1);
    courier.run_due().await;
    assert_eq!(post.states().await, [(NoticeState::Accepted, ALL)]);
    assert_eq!(post.came("second").len(), ACCOUNTS as usize);
    let letters = messages(&post.kept.path().join("second")).join("\n");
    for number in 0..ACCOUNTS {
        assert!(letters.contains(&format!("RCPT TO:<rahasia{number}@contoh.id>")), "{letters}");
    }
    assert!(letters.contains("Subject: Akun Anda sudah dibuka\n"), "{letters}");
    let taken_by = "SELECT count(*) FROM notices WHERE provider = 'second' AND tries = 1";
    assert_eq!(post.world.number(taken_by).await, i64::from(ACCOUNTS));
}

/// Goal: a letter whose answer is lost is sent again later under the same Message-ID, and is accepted then. Method: a
/// server that keeps each letter and drops the connection the first time.
#[tokio::test]
async fn a_lost_answer_is_asked_again() {
    let mut post = Post::new().await;
    let server = post.mail("drop", MailMode::Drop, 0).await;
    let mut courier = post.courier(Some(Relay::new(server, None)), None, 1);
    for _ in 0..60 {
        courier.run_due().await;
        if post.states().await == [(NoticeState::Accepted, ALL)] {
            break;
        }
        // Three lost answers in a row leave the server alone for half a minute.
        post.pass(AFTER);
    }
    assert_eq!(post.states().await, [(NoticeState::Accepted, ALL)]);
    let came = post.came("drop");
    assert_eq!(came.len(), ACCOUNTS as usize);
    assert!(came.values().all(|times| *times == 2), "{came:?}");
}

/// Goal: a courier that dies in the middle loses nothing: after the lease another one sends everything that is not
/// written down as sent, doubles under the same Message-ID. Method: a slow server; the courier is dropped as soon as
/// some letters have come, and not yet all.
#[tokio::test]
async fn a_dead_courier_is_replaced() {
    let mut post = Post::new().await;
    let slow = post.mail("sink", MailMode::Accept, 30).await;
    let mut dying = post.courier(Some(Relay::new(slow, None)), None, 1);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { dying.run_due().await });
    let some = async {
        while post.came("sink").len() < 3 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), some).await.unwrap();
    tasks.shutdown().await;
    let before = post.came("sink").len();
    assert!(before < ACCOUNTS as usize, "it was done before it could die");

    let quick = post.mail("sink", MailMode::Accept, 0).await;
    let mut courier = post.courier(Some(Relay::new(quick, None)), None, 2);
    courier.run_due().await;
    assert_ne!(post.states().await, [(NoticeState::Accepted, ALL)], "the lease still runs");
    post.pass(AFTER);
    courier.run_due().await;
    assert_eq!(post.states().await, [(NoticeState::Accepted, ALL)]);
    assert_eq!(post.came("sink").len(), ACCOUNTS as usize);
}

/// How many notices wait, by the tries that count.
async fn waiting(post: &Post) -> Vec<String> {
    let rows =
        "SELECT tries, count(*) FROM notices WHERE state = 'queued' GROUP BY tries ORDER BY tries";
    post.world.rows(rows).await
}

/// Goal: what was taken while a provider rests, or when the courier stops, and was never begun costs no try and keeps
/// its place; while every provider rests nothing is taken. Method: a server that is away, then a slow one that is
/// stopped once a letter has come.
#[tokio::test]
async fn unbegun_costs_no_try() {
    let mut post = Post::new().await;
    let (listener, nobody) = listen().await;
    drop(listener);
    let mut courier = post.courier(Some(Relay::new(smtp(nobody), None)), None, 1);
    courier.run_due().await;
    let begun = "SELECT count(*) FROM notices WHERE state = 'queued' AND tries = 1 AND fault = 'provider_away'
                 AND run_at > created_at";
    let unbegun =
        "SELECT count(*) FROM notices WHERE state = 'queued' AND tries = 0 AND fault IS NULL
                   AND run_at = created_at";
    let tried = post.world.number(begun).await;
    assert!((3..=8).contains(&tried), "three failures in a row, of eight at once: {tried}");
    assert_eq!(post.world.number(unbegun).await, i64::from(ACCOUNTS) - tried);
    let before = waiting(&post).await;
    courier.run_due().await;
    assert_eq!(waiting(&post).await, before);

    let slow = post.mail("sink", MailMode::Accept, 30).await;
    let stopped = post.courier(Some(Relay::new(slow, None)), None, 2);
    let (stop, asked) = tokio::sync::oneshot::channel::<()>();
    let running = stopped.run(async move { asked.await.unwrap() });
    let stopping = async {
        while post.came("sink").is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stop.send(()).unwrap();
    };
    let both = async { tokio::join!(running, stopping) };
    tokio::time::timeout(Duration::from_mins(1), both).await.unwrap();
    let sent = post.came("sink").len() as u64;
    assert!(sent < ALL, "it was done before it could be stopped");
    let states = [(NoticeState::Accepted, sent), (NoticeState::Queued, ALL - sent)];
    assert_eq!(post.states().await, states);
    let again = "SELECT count(*) FROM notices WHERE state = 'queued' AND tries > 1";
    assert_eq!(post.world.number(again).await, 0);
}

/// Goal: a slow provider of one channel does not delay the other. Method: a mail server that is slower than one message
/// may take; while its first letters are still on their way, a text that came about later is taken.
#[tokio::test]
async fn each_channel_by_itself() {
    let mut post = Post::new().await;
    let slow = post.mail("slow", MailMode::Accept, 60_000).await;
    let gateway = post.gateway("texts", false).await;
    let courier = post.courier(Some(Relay::new(slow, None)), Some(Relay::new(gateway, None)), 1);
    let (stop, asked) = tokio::sync::oneshot::channel::<()>();
    post.tell_by_text("wave:1").await;
    let watching = async {
        post.until_came("texts", 1).await;
        post.tell_by_text("wave:2").await;
        post.until_came("texts", 2).await;
        let on_their_way =
            "SELECT count(*) FROM notices WHERE channel = 'email' AND state = 'sending'";
        assert_eq!(post.world.number(on_their_way).await, i64::from(ACCOUNTS));
        stop.send(()).unwrap();
    };
    let both = async { tokio::join!(courier.run(async move { asked.await.unwrap() }), watching) };
    tokio::time::timeout(Duration::from_mins(1), both).await.unwrap();
}

/// Goal: a gateway that is slow to tell what has become of texts does not delay sending. Method: a second gateway that
/// took a text once and never answers; while the question is still open, a text that came about later is sent by the
/// first.
#[tokio::test]
async fn receipts_by_themselves() {
    let mut post = Post::new().await;
    let (silent, address) = listen().await;
    let second = Gateway::new(format!("http://{address}").parse().unwrap(), None).unwrap();
    let first = post.gateway("texts", false).await;
    post.tell_by_text("wave:1").await;
    let taken = "UPDATE notices SET state = 'accepted', provider = 'second', ended_at = run_at WHERE channel = 'sms'";
    post.world.execute(taken).await;
    let courier = post.courier(None, Some(Relay::new(first, Some(second))), 1);
    let (stop, asked) = tokio::sync::oneshot::channel::<()>();
    let watching = async {
        let (question, _) = silent.accept().await.unwrap();
        post.tell_by_text("wave:2").await;
        post.until_came("texts", 1).await;
        let mut read = [0; 4096];
        let error = loop {
            match question.try_read(&mut read) {
                Ok(length) => assert_ne!(length, 0, "the question was given up before the text"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        stop.send(()).unwrap();
    };
    let both = async { tokio::join!(courier.run(async move { asked.await.unwrap() }), watching) };
    tokio::time::timeout(Duration::from_mins(1), both).await.unwrap();
}

/// Goal: a mailbox that is not known ends its notice at once; a server that asks to come back later is asked later.
/// Method: a server of each kind.
#[tokio::test]
async fn refused_now_and_for_good() {
    let mut post = Post::new().await;
    let server = post.mail("greylist", MailMode::Greylist, 0).await;
    let mut courier = post.courier(Some(Relay::new(server, None)), None, 1);
    courier.run_due().await;
    assert_eq!(post.states().await, [(NoticeState::Queued, ALL)]);
    courier.run_due().await;
    assert_eq!(post.states().await, [(NoticeState::Queued, ALL)], "not before its pause");
    post.pass(AFTER);
    courier.run_due().await;
    assert_eq!(post.states().await, [(NoticeState::Accepted, ALL)]);

    let mut post = Post::new().await;
    let server = post.mail("refuse", MailMode::Refuse, 0).await;
    let mut courier = post.courier(Some(Relay::new(server, None)), None, 1);
    courier.run_due().await;
    assert_eq!(post.states().await, [(NoticeState::Undeliverable, ALL)]);
    let unknown = "SELECT count(*) FROM notices WHERE fault = 'unknown_address'";
    assert_eq!(post.world.number(unknown).await, i64::from(ACCOUNTS));
}

/// Goal: a server that bars us by its policy ends no notice: a second server takes the letters at once, and without one
/// they are tried again until it has let us in. Method: such a server with and without a second one, which takes its
/// place at last.
#[tokio::test]
async fn barred_by_one_server() {
    let mut post = Post::new().await;
    let barring = post.mail("policy", MailMode::Policy, 0).await;
    let second = post.mail("second", MailMode::Accept, 0).await;
    post.courier(Some(Relay::new(barring, Some(second))), None, 1).run_due().await;
    assert_eq!(post.states().await, [(NoticeState::Accepted, ALL)]);
    let taken_by = "SELECT count(*) FROM notices WHERE provider = 'second' AND tries = 1";
    assert_eq!(post.world.number(taken_by).await, i64::from(ACCOUNTS));

    let mut post = Post::new().await;
    let barring = post.mail("policy", MailMode::Policy, 0).await;
    post.courier(Some(Relay::new(barring, None)), None, 1).run_due().await;
    assert_eq!(post.states().await, [(NoticeState::Queued, ALL)]);
    let barred = "SELECT count(*) FROM notices WHERE fault = 'barred'";
    assert_eq!(post.world.number(barred).await, i64::from(ACCOUNTS));
    post.pass(AFTER);
    let open = post.mail("open", MailMode::Accept, 0).await;
    post.courier(Some(Relay::new(open, None)), None, 2).run_due().await;
    assert_eq!(post.states().await, [(NoticeState::Accepted, ALL)]);
}

/// Goal: short texts go to the number of the account's person by the gateway that is there, and without one they
/// wait; what has arrived is written down. Method: a decree; a first gateway that is away; couriers with and without
/// gateways.
#[tokio::test]
async fn short_texts_by_the_second_gateway() {
    let mut post = Post::new().await;
    let people = applicants(1..=ACCOUNTS);
    post.world.open_with(WAVE, &people).await;
    post.world.grant(WAVE).await;
    post.clock.0.store(post.world.calendar(WAVE).results_at.micros(), Ordering::SeqCst);
    post.courier(None, None, 1).run_due().await;
    let waiting = "SELECT count(*) FROM notices WHERE channel = 'sms' AND state = 'queued'";
    assert_eq!(post.world.number(waiting).await, 4, "one for each seat");
    let second = post.gateway("second", false).await;
    let relay = Relay::new(post.gateway("first", true).await, Some(second.clone()));
    post.courier(None, Some(relay), 2).run_due().await;
    let taken = "SELECT count(*) FROM notices WHERE channel = 'sms' AND state = 'accepted' AND provider = 'second'";
    assert_eq!(post.world.number(taken).await, 4);
    let texts = messages(&post.kept.path().join("second"));
    assert_eq!(texts.len(), 4);
    let expected = "+6281255512345\nGelombang 50: Anda terpilih. Beli pelatihan pertama sampai ";
    assert!(texts.iter().all(|text| text.starts_with(expected)), "{texts:?}");
    assert!(messages(&post.kept.path().join("first")).is_empty());

    // Another courier asks the same gateway what has become of them, a minute later and not before.
    let mut courier = post.courier(None, Some(Relay::new(second.clone(), Some(second))), 3);
    let arrived = "SELECT count(*) FROM notices WHERE state = 'delivered'";
    courier.run_due().await;
    assert_eq!(post.world.number(arrived).await, 0);
    post.pass(60_000_000);
    courier.run_due().await;
    assert_eq!(post.world.number(arrived).await, 4);
}
