//! What the programme names as bad input: each refused with its code, in both languages, and nothing changed.

use std::cell::Cell;

use domain::eligibility::Rule;
use domain::officers::Role;
use domain::reasons::Language;
use domain::wave::{WaveEvent, WaveKind};
use serde_json::{Value, json};
use time::{Date, Month};

use crate::client::{Served, WAVE, registration};
use crate::officers::bearer;
use crate::support::{HOUR, World, applicant, applicants, family};

/// The wave that is open, after one that has been run to its end.
const NEXT: u16 = WAVE + 1;

struct Hall {
    served: Served,
    keys: Cell<u32>,
}

impl Hall {
    async fn ask(&self, who: &str, head: &str, body: &Value, language: &str) -> (u16, Value) {
        self.keys.set(self.keys.get() + 1);
        let key = format!("key-{}", self.keys.get());
        let headers =
            [("authorization", who), ("idempotency-key", &key), ("accept-language", language)];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.served.ask(head, &headers, &body).await;
        (answer.status.as_u16(), answer.body)
    }

    /// The request is refused in both languages, and every table is as it was.
    async fn refuses(&self, who: &str, head: &str, body: &Value, code: &str, words: [&str; 2]) {
        self.refuses_but(&[], (who, head, body), code, words).await;
    }

    /// The same, with some tables that count the refusal.
    async fn refuses_but(
        &self,
        counting: &[&str],
        (who, head, body): (&str, &str, &Value),
        code: &str,
        words: [&str; 2],
    ) {
        let contents = async || {
            let mut tables = self.served.world.contents().await;
            let counts =
                |row: &String| counting.iter().any(|one| row.starts_with(&format!("({one},")));
            tables.retain(|row| !counts(row));
            tables
        };
        let before = contents().await;
        for (language, words) in ["id", "en"].into_iter().zip(words) {
            let (status, problem) = self.ask(who, head, body, language).await;
            assert_eq!((status, problem["code"].as_str()), (422, Some(code)), "{head}: {problem}");
            let told = format!("{} {}", problem["detail"], problem["errors"]);
            assert!(told.contains(words), "{head} in {language}: {told}");
        }
        assert_eq!(contents().await, before, "{head} changed something");
    }

    async fn refuses_join(&self, who: &str, wave: u16, rule: Rule) {
        let words = [Language::Indonesian, Language::English].map(|one| rule.sentence(one));
        assert_ne!(words[0], words[1]);
        let head = format!("POST /api/v1/waves/{wave}/joins");
        self.refuses(who, &head, &Value::Null, &rule.code(), words.each_ref().map(String::as_str))
            .await;
    }

    /// Signs in as somebody who is registered already.
    async fn enter(&self, person: &app::register::Registration) -> String {
        let id = person.person_id.uuid();
        let bearer = self.served.sign_in(&format!("orang-{id}")).await;
        let link = format!("UPDATE accounts SET person_id = '{id}' WHERE person_id IS NULL");
        self.served.world.execute(&link).await;
        bearer
    }
}

/// Goal: every bad input that the programme names for people. Method: a wave is run to its end, so that there are a
/// beneficiary, a full family card and somebody who lost the place; then each asks for what the rules refuse.
#[tokio::test]
async fn of_people() {
    let mut world = World::new(WAVE, &[(WaveKind::Regular, 20), (WaveKind::Regular, 20)]).await;
    let (granted, lost) = (applicant(1), applicant(2));
    let mut card = family([10, 11, 12], 500);
    let late = card.remove(2);
    let (mut young, mut old) = (applicant(50), applicant(51));
    young.identity.born_on = Date::from_calendar_date(2010, Month::January, 1).unwrap();
    old.identity.born_on = Date::from_calendar_date(1950, Month::January, 1).unwrap();
    let members = [vec![granted.clone(), lost.clone()], card.clone()].concat();
    world.register(&members).await;
    world.register(&[late.clone(), young.clone(), old.clone()]).await;
    world.open_with(WAVE, &members).await;
    let (_, _, decree) = world.grant(WAVE).await;
    assert_eq!(decree.appointments, 4);
    world.buy(WAVE, &[vec![granted.clone()], card].concat(), 100_000).await;
    assert_eq!(world.sweep(WAVE, world.due(WAVE)).await, 1);
    world.open(NEXT).await.unwrap();
    let now = world.calendar(NEXT).opens_at.plus_micros(HOUR);
    let hall = Hall { served: Served::of(world, now, 1, 8), keys: Cell::new(0) };

    let refused = [
        (&young, NEXT, Rule::MinimumAge),
        (&old, NEXT, Rule::MaximumAge),
        (&late, NEXT, Rule::HouseholdPlaces),
        (&granted, NEXT, Rule::LifetimeGrants),
        (&lost, NEXT, Rule::NeverRevoked),
        (&late, WAVE, Rule::WaveOpen),
    ];
    let mut entered = Vec::new();
    for (person, wave, rule) in refused {
        let known = entered.iter().find(|(one, _)| *one == person.person_id);
        let bearer = match known.map(|(_, bearer): &(_, String)| bearer.clone()) {
            Some(bearer) => bearer,
            None => hall.enter(person).await,
        };
        entered.push((person.person_id, bearer.clone()));
        hall.refuses_join(&bearer, wave, rule).await;
    }

    let budi = hall.served.sign_in("budi").await;
    let register = "POST /api/v1/registrations";
    let told = |nik: &str| serde_json::from_str::<Value>(&registration(nik)).unwrap();
    let words = ["NIK terdiri dari 16 angka dan", "A NIK has 16 digits and"];
    hall.refuses(&budi, register, &told("157101410190000"), "bad_fields", words).await;
    hall.refuses(&budi, register, &told("157101410190000X"), "bad_fields", words).await;
    let words = ["NIK ini sudah terdaftar.", "This NIK is registered already."];
    let known = String::from_utf8(granted.identity.nik.expose().to_vec()).unwrap();
    let tries = ["statement_tries", "audit_events"];
    hall.refuses_but(&tries, (&budi, register, &told(&known)), "nik_taken", words).await;
}

/// Goal: every bad input that the programme names for officers. Method: two officers run a wave over HTTP and try each
/// act where it does not belong.
#[tokio::test]
async fn of_officers() {
    let mut world = World::new(WAVE, &[(WaveKind::Regular, 20)]).await;
    let operator = bearer(&world.credential("Melati", &[Role::Operator, Role::Approver]).await);
    let approver = bearer(&world.credential("Kenanga", &[Role::Approver]).await);
    let people = applicants([1, 4]);
    world.register(&people).await;
    world.open_with(WAVE, &people).await;
    world.close(WAVE).await.unwrap();
    world.freeze(WAVE).await.unwrap();
    let now = world.instant(WAVE, WaveEvent::Appoint);
    let hall = Hall { served: Served::of(world, now, 1, 8), keys: Cell::new(0) };
    let wish = |act: &str| json!({ "act": act, "wave": WAVE, "reason": "due" });
    let propose = async |act: &str| {
        let head = "POST /api/v1/officer/proposals";
        let (status, body) = hall.ask(&operator, head, &wish(act), "en").await;
        assert_eq!(status, 201, "{body}");
        let proposal = body["proposal"].as_str().unwrap().to_owned();
        format!("POST /api/v1/officer/proposals/{proposal}/approval")
    };
    let state = [
        "Keadaan gelombang ini tidak mengizinkan tindakan itu.",
        "The state of this wave does not allow that act.",
    ];

    // Appointing before the draw.
    let appoint = propose("appoint").await;
    hall.refuses(&approver, &appoint, &Value::Null, "wave_state", state).await;
    // The same officer on both sides.
    let words = ["Anda sendiri yang mengusulkan", "You prepared this act yourself."];
    hall.refuses(&operator, &appoint, &Value::Null, "same_officer", words).await;
    // Drawing twice.
    let draw = propose("draw").await;
    let (status, drawn) = hall.ask(&approver, &draw, &Value::Null, "en").await;
    assert_eq!(status, 200, "{drawn}");
    let draw = propose("draw").await;
    hall.refuses(&approver, &draw, &Value::Null, "wave_state", state).await;

    let (status, decree) = hall.ask(&approver, &appoint, &Value::Null, "en").await;
    assert_eq!(status, 200, "{decree}");
    // Above the balance, and after the deadline.
    let head = format!("POST /api/v1/officer/waves/{WAVE}/purchases");
    let order = |price: i64| {
        let person = people[0].person_id.to_string();
        json!({ "person": person, "price_rupiah": price, "paid_at": now.to_string() })
    };
    let words = ["paling banyak sebesar saldo", "at most the training balance"];
    hall.refuses(&operator, &head, &order(3_500_001), "price", words).await;
    hall.refuses(&operator, &head, &order(0), "price", words).await;
    hall.served.set_now(hall.served.world.due(WAVE));
    let words = ["setelah batas waktu", "after the deadline"];
    let late = json!({ "person": people[0].person_id.to_string(), "price_rupiah": 5,
                       "paid_at": hall.served.world.due(WAVE).to_string() });
    hall.refuses(&operator, &head, &late, "deadline_passed", words).await;
}
