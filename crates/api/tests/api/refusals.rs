//! What is turned away: with which status, code and words, and that nothing changed.

use std::sync::Arc;

use app::join::JoinRequest;
use app::live_join::KeyedJoin;
use domain::client_key::ClientKey;
use domain::ids::PersonId;
use domain::time::Timestamp;

use crate::client::{Served, WAVE, credentials, limits, registration};

const NIK: &str = "1571014101900001";

/// Requests that are refused for their shape: each gives its status and code, as a problem document with the id of
/// the request, and changes no row.
#[tokio::test]
async fn shapes() {
    let served = Served::new(1, 8).await;
    let bearer = served.sign_in("siti").await;
    let auth = ("authorization", bearer.as_str());
    let key = ("idempotency-key", "k");
    let forged = format!("Bearer gls_{}", "0".repeat(64));
    let long = format!(r#"{{"email": "{}"}}"#, "x".repeat(20_000));
    let join = format!("POST /api/v1/waves/{WAVE}/joins");
    let good = credentials("siti");
    let before = served.world.contents().await;
    let cases: [(&str, &[(&str, &str)], &str, u16, &str); 16] = [
        ("POST /api/v1/accounts", &[key], "{", 400, "bad_json"),
        ("POST /api/v1/accounts", &[key], "[]", 400, "bad_json"),
        ("POST /api/v1/accounts", &[key], "{\"email\": \"\0\"}", 400, "bad_json"),
        ("POST /api/v1/accounts", &[key], &long, 413, "body_too_large"),
        ("POST /api/v1/accounts", &[], &good, 400, "idempotency_key_missing"),
        ("POST /api/v1/accounts", &[("idempotency-key", "a b")], &good, 400, "bad_idempotency_key"),
        ("POST /api/v1/accounts", &[("idempotency-key", "b")], &good, 422, "email_taken"),
        ("POST /api/v1/sessions", &[], "{}", 422, "bad_fields"),
        ("GET /api/v1/me", &[], "", 401, "not_signed_in"),
        ("GET /api/v1/me", &[("authorization", &forged)], "", 401, "not_signed_in"),
        ("GET /api/v1/me", &[("authorization", "Basic abc")], "", 401, "not_signed_in"),
        (&join, &[auth], "", 400, "idempotency_key_missing"),
        (&join, &[auth, key], r#"{"seat": 1}"#, 422, "bad_fields"),
        ("POST /api/v1/waves/0/joins", &[auth, key], "", 404, "unknown_wave"),
        ("GET /api/v1/nothing", &[], "", 404, "no_such_address"),
        ("DELETE /api/v1/me", &[auth], "", 405, "method_not_allowed"),
    ];
    for (head, headers, body, status, code) in cases {
        let answer = served.ask(head, headers, body).await;
        assert_eq!((answer.status.as_u16(), answer.text("code")), (status, code), "{head} {body}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{head}");
        assert_eq!(answer.text("request_id"), answer.header("x-request-id"), "{head}");
        assert!(!answer.body.to_string().contains("siti"), "{}", answer.body);
    }
    assert_eq!(served.world.contents().await, before);
    let unknown = served.ask("GET /api/v1/waves/4711", &[], "").await;
    assert_eq!(unknown.text("code"), "unknown_wave");
    // A try is counted, whether the address has an account or not.
    let nobody = served.ask("POST /api/v1/sessions", &[], &credentials("nobody")).await;
    assert_eq!((nobody.status.as_u16(), nobody.text("code")), (401, "wrong_credentials"));
}

/// A registration with every field wrong is told all of it at once, in the language asked for, and a field that
/// nobody asked for is one of the faults.
#[tokio::test]
async fn all_fields_at_once() {
    let served = Served::new(1, 8).await;
    let bearer = served.sign_in("siti").await;
    let body = r#"{"nik": "157101", "family_card": 1571019999900001, "name": " ", "born_on": "1990-02-30",
                   "phone": "0812", "email": "siti", "sex": "x", "region": "7", "disability": "no",
                   "wages": 1}"#;
    for (language, words) in [
        ("id", "NIK terdiri dari 16 angka dan diawali nomor kecamatan."),
        ("en", "A NIK has 16 digits and begins with the number of a kecamatan."),
    ] {
        let headers = [
            ("authorization", bearer.as_str()),
            ("idempotency-key", "k"),
            ("accept-language", language),
        ];
        let answer = served.ask("POST /api/v1/registrations", &headers, body).await;
        assert_eq!((answer.status.as_u16(), answer.text("code")), (422, "bad_fields"));
        assert_eq!(answer.header("content-language"), language);
        let errors = answer.body["errors"].as_array().expect("a list");
        let told: Vec<(&str, &str)> = errors
            .iter()
            .map(|error| (error["field"].as_str().unwrap(), error["code"].as_str().unwrap()))
            .collect();
        let invalid = ["nik", "family_card", "name", "born_on", "phone", "email", "sex"];
        let mut expected: Vec<(&str, &str)> = invalid.map(|field| (field, "invalid")).to_vec();
        expected.extend([("education", "missing"), ("employment", "missing")]);
        expected.extend([("region", "invalid"), ("disability", "invalid"), ("wages", "unknown")]);
        assert_eq!(told, expected);
        assert_eq!(errors[0]["detail"], words);
    }
    assert_eq!(served.world.number("SELECT count(*) FROM persons").await, 0);
}

/// A password that others would guess is not taken for a new account, and the answer says what is wrong with it.
#[tokio::test]
async fn guessable_passwords() {
    let served = Served::new(1, 8).await;
    for password in ["Gelombang 2026", "123456789012", "siti.aminah1"] {
        let body = format!(r#"{{"email": "siti.aminah@contoh.id", "password": "{password}"}}"#);
        let path = "POST /api/v1/accounts";
        let answer = served.ask(path, &[("idempotency-key", "k")], &body).await;
        assert_eq!((answer.status.as_u16(), answer.text("code")), (422, "bad_fields"));
        assert_eq!(answer.body["errors"][0]["code"], "guessable");
    }
    assert_eq!(served.world.number("SELECT count(*) FROM accounts").await, 0);
}

/// A NIK of somebody else is refused with its rule, and so are a province in place of a regency and
/// the NIK in place of the family card; what no card has is a wrong field.
#[tokio::test]
async fn rules_of_registration() {
    let served = Served::new(1, 8).await;
    let (siti, budi) = (served.sign_in("siti").await, served.sign_in("budi").await);
    let register = async |bearer: &str, key: &str, body: &str| {
        let headers = [("authorization", bearer), ("idempotency-key", key)];
        served.ask("POST /api/v1/registrations", &headers, body).await
    };
    assert_eq!(register(&siti, "a", &registration(NIK)).await.status.as_u16(), 201);
    let taken = register(&budi, "a", &registration(NIK)).await;
    assert_eq!((taken.status.as_u16(), taken.text("code")), (422, "nik_taken"));
    let other = registration("1571014101900002").replace("15.71", "15");
    let province = register(&budi, "b", &other).await;
    assert_eq!((province.status.as_u16(), province.text("code")), (422, "not_a_regency"));
    let one_number = registration("1571019999900001");
    let one_number = register(&budi, "c", &one_number).await;
    assert_eq!((one_number.status.as_u16(), one_number.text("code")), (422, "family_card_is_nik"));
    for (from, to) in [
        (NIK, "0000000000000000"),
        ("Siti Aminah", "S1ti"),
        ("1571019999900001", "1571009999900001"),
    ] {
        let bad = register(&budi, "d", &registration(NIK).replace(from, to)).await;
        assert_eq!((bad.status.as_u16(), bad.text("code")), (422, "bad_fields"), "{to}");
    }
    assert_eq!(served.world.number("SELECT count(*) FROM persons").await, 1);
}

/// Five wrong passwords lock: the sixth request is told when to come back.
#[tokio::test]
async fn locked_out() {
    let served = Served::new(1, 8).await;
    served.sign_in("siti").await;
    for name in ["siti", "nobody"] {
        let wrong = credentials(name).replace("benar", "salah");
        for _ in 0..5 {
            let answer = served.ask("POST /api/v1/sessions", &[], &wrong).await;
            assert_eq!(answer.text("code"), "wrong_credentials");
        }
        let locked = served.ask("POST /api/v1/sessions", &[], &credentials(name)).await;
        assert_eq!((locked.status.as_u16(), locked.text("code")), (429, "sign_in_locked"));
        assert_eq!(locked.header("retry-after"), "7201");
    }
}

/// A desk that is full turns a join away before it looks at session or body; a shut gate turns everything
/// away; who asks too often is told how long to wait. All of them say when to come back.
#[tokio::test]
async fn turned_away_early() {
    let mut served = Served::new(1, 1).await;
    let desk = served.api.service.desk.clone();
    let request = JoinRequest {
        person_id: PersonId::at(Timestamp::from_micros(0), [0; 10]),
        joined_at: Timestamp::from_micros(0),
    };
    let client_key = ClientKey::parse("key").unwrap();
    let join = KeyedJoin { request, account: None, client_key, request_id: "test".to_owned() };
    // The clerk runs only when this test waits for something, so the one in line stays there until then.
    let waiting = desk.join(crate::support::wave(WAVE), join);
    let mut waiting = Box::pin(waiting);
    let waker = std::task::Waker::noop();
    assert!(waiting.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
    let path = format!("POST /api/v1/waves/{WAVE}/joins");
    let busy = served.ask(&path, &[], "not read").await;
    assert_eq!((busy.status.as_u16(), busy.text("code")), (503, "busy"));
    assert_eq!(busy.header("retry-after"), "2");

    served.api.gate.set_open(false);
    let away = served.ask("GET /api/v1/waves", &[], "").await;
    assert_eq!((away.status.as_u16(), away.text("code")), (503, "unavailable"));
    assert_eq!(away.header("retry-after"), "3");
    served.api.gate.set_open(true);

    served.api.limits = Arc::new(limits(1));
    let statuses = [(); 3].map(|()| served.ask("GET /api/v1/nothing", &[], ""));
    let mut answers = Vec::new();
    for asked in statuses {
        answers.push(asked.await);
    }
    let codes: Vec<&str> = answers.iter().map(|answer| answer.text("code")).collect();
    assert_eq!(codes, ["no_such_address", "no_such_address", "too_many_requests"]);
    assert_eq!(answers[2].header("retry-after"), "1");
}
