//! One path, two speeds: the same random acts one by one and in bulk leave the same database behind.

use app::join::{JoinRequest, join_wave};
use app::live_join::{JoinAnswer, KeyedJoin, join_few};
use app::purchase::{PurchaseRequest, record_first_purchases};
use app::purchase_one::{PurchaseAnswer, record_first_purchase};
use app::register::{Registration, register_persons};
use app::register_one::{RegisterAnswer, Registrant, Statement, register_person};
use app::revoke::revoke_for_cause;
use app::withdraw::withdraw;
use domain::beneficiary::RevocationCause;
use domain::client_key::ClientKey;
use domain::eligibility::{CheckKind, Finding};
use domain::ids::{AccountId, PersonId};
use domain::policy::Named as _;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use storage::content::content_hash_without;
use uuid::Uuid;

use crate::support::{HOUR, World, applicant, card, region, rupiah, wave};

const WAVES: [(WaveKind, u32); 2] = [(WaveKind::Regular, 9), (WaveKind::Regular, 9)];

/// The same place, reached in bulk and one by one.
struct Twins {
    bulk: World,
    single: World,
    random: ChaCha8Rng,
    keys: u32,
}

impl Twins {
    async fn new(seed: u64) -> Self {
        let (bulk, single) = tokio::join!(World::new(48, &WAVES), World::new(48, &WAVES));
        Self { bulk, single, random: ChaCha8Rng::seed_from_u64(seed), keys: 0 }
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.random.next_u32() % limit
    }

    fn key(&mut self) -> ClientKey {
        self.keys += 1;
        ClientKey::parse(&self.keys.to_string()).unwrap()
    }

    /// What an act draws at random must not depend on how many acts came before.
    fn reseed(&mut self) {
        let seed = u64::from(self.random.next_u32());
        self.bulk.rng = ChaCha8Rng::seed_from_u64(seed);
        self.single.rng = ChaCha8Rng::seed_from_u64(seed);
    }

    /// The trail differs, since a batch is one act.
    async fn compare(&self, after: &str) {
        let mut hashes = Vec::new();
        for world in [&self.bulk, &self.single] {
            let mut tx = world.scratch.database().begin_snapshot().await.unwrap();
            hashes.push(content_hash_without(&mut tx, &["audit_events"]).await.unwrap());
        }
        assert_eq!(hashes[0], hashes[1], "after {after}");
    }

    /// Some of so many are on one card, some state a NIK that is taken, some no regency.
    async fn register(&mut self, number: u32, now: Timestamp) -> Vec<PersonId> {
        let (mut batch, mut refusals, mut known) = (Vec::new(), 0, Vec::new());
        for place in 0..number {
            let mut person = Registration { registered_at: now, ..applicant(place) };
            match self.below(10) {
                0 => person.identity.nik = applicant(self.below(place + 1)).identity.nik,
                1 => person.region = region(15),
                2..5 => person.identity.family_card = card(self.below(3)),
                _ => {}
            }
            person.findings =
                CheckKind::ALL.iter().map(|kind| Finding::Outstanding(*kind)).collect();
            let account = AccountId::from_uuid(Uuid::from_u128(u128::from(place) + 1));
            let (id, hash) = (account.uuid(), "$argon2id$");
            self.single
                .execute(&format!(
                    "INSERT INTO accounts VALUES ('{id}', '{id}', NULL, '{hash}', '{now}')"
                ))
                .await;
            let statement = Statement {
                identity: person.identity.clone(),
                sex: person.sex,
                education: person.education,
                employment: person.employment,
                region: person.region,
                disability: person.disability,
            };
            let (key, act) = (self.key(), &mut self.single.act(now));
            match register_person(act, Registrant { account, network: None }, &key, &statement)
                .await
                .unwrap()
            {
                RegisterAnswer::Registered(id) => {
                    person.person_id = id;
                    known.push(id);
                }
                RegisterAnswer::Refused(_) => refusals += 1,
                answer => panic!("{answer:?}"),
            }
            batch.push(person);
        }
        // A file brings what the registers said, a single registration has them asked: here nobody has answered.
        let silent = format!(
            "UPDATE registration_checks SET state = 'unavailable', answered_at = '{now}', ask_at = NULL
             WHERE state = 'not_asked'"
        );
        self.single.execute(&silent).await;
        let outcome = register_persons(&mut self.bulk.act(now), &batch).await.unwrap();
        assert_eq!((outcome.registered, outcome.refused.len()), (known.len(), refusals));
        known
    }

    /// The registers answer for most.
    async fn confirm(&mut self, people: &[PersonId]) {
        for person in people {
            if self.below(5) > 0 {
                let id = person.uuid();
                let answered = format!("DELETE FROM registration_checks WHERE person_id = '{id}'");
                self.bulk.execute(&answered).await;
                self.single.execute(&answered).await;
            }
        }
    }

    async fn join(&mut self, number: u16, people: &[PersonId]) {
        let opens_at = self.bulk.calendar(number).opens_at;
        let now = opens_at.plus_micros(4 * HOUR);
        for _ in 0..people.len() / 4 {
            let mut requests: Vec<JoinRequest> = Vec::new();
            for _ in 0..=self.below(12) {
                let person_id = people[self.below(people.len() as u32) as usize];
                // Some are dated before the opening.
                let joined_at =
                    opens_at.plus_micros(i64::from(self.below(8)) * HOUR / 2 - HOUR / 4);
                if requests.iter().all(|one| one.person_id != person_id) {
                    requests.push(JoinRequest { person_id, joined_at });
                }
            }
            let many = join_wave(&mut self.bulk.act(now), wave(number), &requests).await.unwrap();
            let mut joined = 0;
            for request in requests {
                let join = KeyedJoin {
                    request,
                    account: None,
                    client_key: self.key(),
                    request_id: "test".to_owned(),
                };
                let act = &mut self.single.act(now);
                let answers = join_few(act, wave(number), &[join]).await.unwrap();
                joined += usize::from(answers == [JoinAnswer::Joined]);
            }
            assert_eq!(many.joined.len(), joined);
        }
    }

    async fn withdraw(&mut self, number: u16, people: &[PersonId]) {
        let now = self.bulk.calendar(number).opens_at.plus_micros(5 * HOUR);
        for person in people {
            if self.below(8) == 0 {
                let key = self.key();
                let bulk = withdraw(&mut self.bulk.act(now), wave(number), *person, &key).await;
                let act = &mut self.single.act(now);
                let single = withdraw(act, wave(number), *person, &key).await;
                assert_eq!(bulk.unwrap(), single.unwrap());
            }
        }
    }

    async fn buy(&mut self, number: u16, people: &[PersonId]) {
        let due = self.bulk.due(number);
        let mut requests = Vec::new();
        for person_id in people {
            if self.below(5) > 0 {
                let price = rupiah(i64::from(self.below(7)) * 600_000);
                let paid_at = due.minus_micros(i64::from(self.below(20)) * HOUR - HOUR);
                requests.push(PurchaseRequest { person_id: *person_id, price, paid_at });
            }
        }
        let act = &mut self.bulk.act(due);
        let many = record_first_purchases(act, wave(number), &requests).await.unwrap();
        let mut recorded = 0;
        for request in requests {
            let (key, act) = (self.key(), &mut self.single.act(due));
            let one = record_first_purchase(act, wave(number), request, (Uuid::nil(), &key)).await;
            recorded += usize::from(one.unwrap() == PurchaseAnswer::Recorded);
        }
        assert_eq!(many.recorded, recorded);
    }

    /// One of those who hold a grant loses it for cause.
    async fn revoke(&mut self, number: u16, people: &[PersonId], now: Timestamp) {
        let from = self.below(people.len() as u32) as usize;
        for person in people[from..].iter().chain(&people[..from]) {
            let (approval, cause) = (self.bulk.approval(), RevocationCause::Ineligible);
            let grant = (wave(number), *person);
            let bulk = revoke_for_cause(&mut self.bulk.act(now), grant, cause, &approval).await;
            let single = revoke_for_cause(&mut self.single.act(now), grant, cause, &approval).await;
            assert_eq!(bulk.is_ok(), single.is_ok());
            if bulk.is_ok() {
                return;
            }
        }
    }
}

/// Goal: a rule has one meaning at both speeds. Method: two worlds that are equal but for the form of registering,
/// joining and buying, through two waves of random acts, compared after each kind of them; withdrawals, sweeps and
/// revocations between make the next ones see every state. Several seeds.
#[tokio::test]
async fn one_by_one_is_as_in_bulk() {
    for seed in 0..4 {
        let mut twins = Twins::new(seed).await;
        let start = twins.bulk.calendar(48).opens_at.minus_micros(HOUR);
        let people = twins.register(32, start).await;
        twins.compare("registering").await;
        twins.confirm(&people).await;
        for number in [48, 49] {
            twins.bulk.open(number).await.unwrap();
            twins.single.open(number).await.unwrap();
            twins.join(number, &people).await;
            twins.compare("joining").await;
            twins.withdraw(number, &people).await;
            twins.reseed();
            twins.bulk.grant(number).await;
            twins.single.grant(number).await;
            twins.compare("granting").await;
            let at = twins.bulk.calendar(number).results_at.plus_micros(HOUR);
            twins.revoke(number, &people, at).await;
            twins.buy(number, &people).await;
            twins.compare("buying").await;
            let due = twins.bulk.due(number);
            assert_eq!(twins.bulk.sweep(number, due).await, twins.single.sweep(number, due).await);
            twins.revoke(number, &people, due).await;
            twins.compare("revoking").await;
        }
        let facts = "SELECT count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE state = 'revoked')
                     FROM beneficiaries";
        let counts = twins.bulk.rows(facts).await;
        assert!(!counts[0].contains("(0,") && !counts[0].contains(",0)"), "{counts:?} says little");
        twins.single.assert_audit_clean().await;
    }
}
