//! Officers over HTTP: a wave from its close to an appeal, every refusal with its code, and access to every route.

use app::credential::Credential;
use domain::appeals::filing_ends;
use domain::eligibility::Finding;
use domain::officers::Role;
use domain::wave::WaveEvent;
use serde_json::{Value, json};

use crate::client::{Answer, Served, WAVE, credentials};
use crate::support::applicants;

/// The header that acts for whoever holds a credential, made from its file as the documentation says.
pub(crate) fn bearer(credential: &Credential) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credential");
    credential.write_new(&path).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    format!("Bearer glo_{}.{}", lines[1], lines[2])
}

pub(crate) struct Office {
    pub(crate) served: Served,
    pub(crate) operator: String,
    pub(crate) approver: String,
    keys: std::cell::Cell<u32>,
}

impl Office {
    pub(crate) async fn new() -> Self {
        let mut served = Served::new(1, 8).await;
        let operator = bearer(&served.world.credential("Melati", &[Role::Operator]).await);
        let approver = bearer(&served.world.credential("Kenanga", &[Role::Approver]).await);
        Self { served, operator, approver, keys: std::cell::Cell::new(0) }
    }

    pub(crate) async fn ask(&self, who: &str, head: &str, key: &str, body: &Value) -> Answer {
        let (method, path) = head.split_once(' ').unwrap();
        let head = format!("{method} /api/v1/officer/{path}");
        let headers = [("authorization", who), ("idempotency-key", key)];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.served.ask(&head, &headers, &body).await
    }

    /// Under a key of its own.
    pub(crate) async fn order(&self, who: &str, head: &str, body: Value) -> Answer {
        self.keys.set(self.keys.get() + 1);
        self.ask(who, head, &format!("key-{}", self.keys.get()), &body).await
    }

    /// Proposes and approves; the result must be there.
    async fn agree(&self, wish: Value) -> Value {
        let proposed = self.order(&self.operator, "POST proposals", wish).await;
        assert_eq!(proposed.status.as_u16(), 201, "{}", proposed.body);
        let head = format!("POST proposals/{}/approval", proposed.text("proposal"));
        let approved = self.ask(&self.approver, &head, "-", &Value::Null).await;
        assert_eq!(approved.status.as_u16(), 200, "{}", approved.body);
        let again = self.ask(&self.approver, &head, "-", &Value::Null).await;
        assert_eq!((again.status.as_u16(), again.text("state")), (200, "approved"));
        approved.body["result"].clone()
    }
}

pub(crate) fn refused(answer: &Answer) -> (u16, &str) {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.body);
    (answer.status.as_u16(), answer.text("code"))
}

/// Goal: two officers run a wave over HTTP alone, from its close to an appeal that is granted; what is sent again under
/// its key is done once; refusals have their code and words and change nothing. Method: one of three members is kept
/// out by a register that is wrong, another is revoked for cause.
#[tokio::test]
async fn a_wave_by_officers() {
    let mut office = Office::new().await;
    let mut people = applicants([1, 4, 7]);
    people[2].findings = vec![Finding::IdentityRefuted];
    office.served.world.register(&people).await;
    office.served.world.join(WAVE, &people).await;
    let at = |event| office.served.world.instant(WAVE, event);
    let close = format!("POST waves/{WAVE}/closing");

    let early = office.order(&office.operator, &close, Value::Null).await;
    assert_eq!(refused(&early), (422, "too_early"));
    office.served.set_now(at(WaveEvent::Close));
    let before = office.served.world.contents().await;
    let wrong = office.order(&office.approver, &close, Value::Null).await;
    assert_eq!(refused(&wrong), (403, "not_allowed"));
    assert_eq!(office.served.world.contents().await, before);
    for _ in 0..2 {
        let closed = office.ask(&office.operator, &close, "close", &Value::Null).await;
        assert_eq!((closed.status.as_u16(), &closed.body["concerned"]), (200, &json!(1)));
    }
    let again = office.order(&office.operator, &close, Value::Null).await;
    assert_eq!(refused(&again), (422, "wave_state"));
    let sweep = format!("POST waves/{WAVE}/sweeps");
    let other = office.ask(&office.operator, &sweep, "close", &Value::Null).await;
    assert_eq!(refused(&other), (422, "idempotency_key_reused"));

    office.served.set_now(at(WaveEvent::Freeze));
    let freeze = json!({ "act": "publish_quota", "wave": WAVE, "reason": "agreed on Monday" });
    let silent = json!({ "act": "publish_quota", "wave": WAVE, "reason": " " });
    let silent = office.order(&office.operator, "POST proposals", silent).await;
    assert_eq!(refused(&silent), (422, "bad_fields"));
    let nothing = json!({ "act": "draw", "wave": 4711, "reason": "x" });
    let nothing = office.order(&office.operator, "POST proposals", nothing).await;
    assert_eq!(refused(&nothing), (404, "unknown_wave"));
    let first = office.ask(&office.operator, "POST proposals", "freeze", &freeze).await;
    let same = office.ask(&office.operator, "POST proposals", "freeze", &freeze).await;
    assert_eq!((first.status.as_u16(), &first.body), (201, &same.body));
    let twice = office.order(&office.operator, "POST proposals", freeze.clone()).await;
    assert_eq!(refused(&twice), (422, "proposal_open"));
    let listed = office.ask(&office.approver, "GET proposals", "-", &Value::Null).await;
    assert_eq!(listed.body["proposals"][0]["reason"], "agreed on Monday");
    let reject = format!("POST proposals/{}/rejection", first.text("proposal"));
    for _ in 0..2 {
        let reason = json!({ "reason": "one more look" });
        let rejected = office.ask(&office.approver, &reject, "-", &reason).await;
        assert_eq!(rejected.text("state"), "rejected", "{}", rejected.body);
    }
    let approve = reject.replace("rejection", "approval");
    let late = office.ask(&office.approver, &approve, "-", &Value::Null).await;
    assert_eq!(refused(&late), (422, "proposal_decided"));
    let frozen = office.agree(freeze).await;
    assert_eq!((&frozen["entries"], &frozen["ineligible"]), (&json!(2), &json!(1)));
    let again = |persons: Value| json!({ "act": "correct_roll", "wave": WAVE, "persons": persons, "reason": "seen" });
    let person = people[2].person_id.to_string();
    for (persons, refusal) in [
        (json!(["x"]), "bad_fields"),
        (json!(person), "bad_fields"),
        (json!([person]), "roll_not_published"),
    ] {
        let refusal_of = office.order(&office.operator, "POST proposals", again(persons)).await;
        assert_eq!(refused(&refusal_of), (422, refusal));
    }
    office.served.set_now(at(WaveEvent::Draw));
    let drawn = office.agree(json!({ "act": "draw", "wave": WAVE, "reason": "due" })).await;
    assert_eq!((&drawn["selected"], &drawn["test_beacon"]), (&json!(2), &json!(true)));
    office.served.set_now(at(WaveEvent::Appoint));
    let decree = office.agree(json!({ "act": "appoint", "wave": WAVE, "reason": "due" })).await;
    assert_eq!(decree["appointments"], 2);

    purchases(&office, &people[0].person_id.to_string()).await;
    let revoke = json!({
        "act": "revoke",
        "person": people[1].person_id.to_string(),
        "cause": "proxy",
        "reason": "found by the data team",
    });
    office.agree(revoke.clone()).await;
    let again = office.order(&office.operator, "POST proposals", revoke).await;
    assert_eq!(refused(&again), (422, "revoked"));
    appeal(&office, &people[2]).await;
    office.served.world.assert_audit_clean().await;
}

/// A first purchase, sent twice, and its refusals.
async fn purchases(office: &Office, person: &str) {
    let paid_at = office.served.world.instant(WAVE, WaveEvent::Appoint).to_string();
    let head = format!("POST waves/{WAVE}/purchases");
    let bought =
        |price: i64| json!({ "person": person, "price_rupiah": price, "paid_at": paid_at });
    for _ in 0..2 {
        let recorded = office.ask(&office.operator, &head, "buy", &bought(5)).await;
        assert_eq!((recorded.status.as_u16(), recorded.text("answer")), (201, "recorded"));
    }
    let dear = office.order(&office.operator, &head, bought(5_000_000)).await;
    assert_eq!(refused(&dear), (422, "already_active"));
    let wrong =
        office.order(&office.operator, &head, json!({ "person": "x", "paid_at": "now" })).await;
    assert_eq!(
        (refused(&wrong), wrong.body["errors"].as_array().map(Vec::len)),
        ((422, "bad_fields"), Some(3))
    );
}

/// An appeal of a person, listed, answered by two officers, and told to the person.
async fn appeal(office: &Office, person: &app::register::Registration) {
    let bearer = office.served.sign_in("siti").await;
    let id = person.person_id.uuid();
    let world = &office.served.world;
    world
        .execute(&format!(
            "UPDATE accounts SET person_id = '{id}'; DELETE FROM registration_checks"
        ))
        .await;
    let signed = [("authorization", bearer.as_str()), ("idempotency-key", "appeal")];
    let head = format!("POST /api/v1/waves/{WAVE}/appeals");
    let body = r#"{"ground": "register_wrong"}"#;
    let filed = office.served.ask(&head, &signed, body).await;
    assert_eq!(filed.status.as_u16(), 201, "{}", filed.body);
    let again = office.served.ask(&head, &signed, body).await;
    assert_eq!(again.body, filed.body);
    let other = [signed[0], ("idempotency-key", "other"), ("accept-language", "en")];
    let twice = office.served.ask(&head, &other, body).await;
    assert_eq!(refused(&twice), (422, "appeal_filed"));
    let listed = office.ask(&office.approver, "GET appeals", "-", &Value::Null).await;
    assert_eq!(listed.body["appeals"][0]["appeal"], filed.body["appeal"]);
    let me = office.served.ask("GET /api/v1/me", &signed, "").await;
    assert_eq!(me.body["person"]["appeals"][0]["state"], "open");

    let wish = |answer: &str| json!({ "act": "answer_appeal", "appeal": filed.text("appeal"), "answer": answer, "reason": "looked into" });
    let untrue = office.order(&office.operator, "POST proposals", wish("ticket_behind")).await;
    let head = format!("POST proposals/{}/approval", untrue.text("proposal"));
    let untrue = office.ask(&office.approver, &head, "-", &Value::Null).await;
    assert_eq!(refused(&untrue), (422, "appeal_answer_not_so"));
    let reject = head.replace("approval", "rejection");
    office.ask(&office.operator, &reject, "-", &json!({ "reason": "not so" })).await;
    let until = filing_ends(office.served.world.instant(WAVE, WaveEvent::Appoint));
    let early = office.order(&office.operator, "POST proposals", wish("granted")).await;
    assert_eq!(refused(&early), (422, "appeals_may_come"));
    assert!(early.text("detail").ends_with(&format!("{until}.")), "{}", early.body);
    office.served.set_now(until);
    assert_eq!(office.agree(wish("granted")).await["answer"], "granted");
    // The session is over by now.
    let session = office.served.ask("POST /api/v1/sessions", &[], &credentials("siti")).await;
    let bearer = format!("Bearer {}", session.text("token"));
    let signed = [("authorization", bearer.as_str()), ("idempotency-key", "appeal")];
    for (language, words) in [("id", "diterima"), ("en", "granted")] {
        let asked = [signed[0], ("accept-language", language)];
        let me = office.served.ask("GET /api/v1/me", &asked, "").await;
        let told = &me.body["person"]["appeals"][0];
        assert_eq!(
            (&told["state"], &told["answer"]["code"]),
            (&json!("answered"), &json!("granted"))
        );
        assert!(told["answer"]["detail"].as_str().unwrap().contains(words), "{told}");
        assert_eq!(me.body["person"]["grants"][0]["state"], "appointed");
    }
}

/// Goal: no route of officers answers anybody else. Method: each route without a token, with a person's, with an unknown
/// credential, a retired officer's, and where it acts, with one whose roles do not allow it; nothing changes.
#[tokio::test]
async fn access() {
    let mut office = Office::new().await;
    let stranger = office.served.world.credential("Mawar", &[Role::Policy]).await;
    let unchanged = json!({ "credential_sha256": storage::keys::to_hex(&stranger.sha256()) });
    let stranger = bearer(&stranger);
    let person = office.served.sign_in("siti").await;
    let unknown = format!("Bearer glo_00000000-0000-0000-0000-000000000007.{}", "0".repeat(64));
    let id = uuid::Uuid::from_u128(7).to_string();
    let wish = json!({ "act": "cancel", "wave": WAVE, "reason": "flood" });
    let proposed = office.order(&office.operator, "POST proposals", wish.clone()).await;
    let proposal = proposed.text("proposal").to_owned();
    let bought = json!({ "person": id, "price_rupiah": 5, "paid_at": "2023-02-07T00:00:00Z" });
    let routes = [
        ("GET waves".to_owned(), Value::Null, false),
        (format!("POST waves/{WAVE}/opening"), Value::Null, true),
        (format!("POST waves/{WAVE}/closing"), Value::Null, true),
        (format!("POST waves/{WAVE}/sweeps"), Value::Null, true),
        (format!("POST waves/{WAVE}/purchases"), bought, true),
        ("GET proposals".to_owned(), Value::Null, false),
        ("POST proposals".to_owned(), wish, true),
        (format!("POST proposals/{proposal}/approval"), Value::Null, true),
        (format!("POST proposals/{proposal}/rejection"), json!({ "reason": "no" }), true),
        ("GET appeals".to_owned(), Value::Null, false),
        ("GET jobs".to_owned(), Value::Null, false),
        (format!("POST jobs/{id}/retry"), Value::Null, true),
        ("GET officers".to_owned(), Value::Null, false),
        (format!("POST officers/{id}/retirement"), json!({ "reason": "no" }), true),
        // Any officer may renew the own credential, here by the one that is in force.
        ("PUT credential".to_owned(), unchanged, false),
    ];
    let source = include_str!("../../src/officer/mod.rs");
    let served: usize =
        ["get(", "post(", "put("].map(|way| source.matches(way).count()).iter().sum();
    assert_eq!(routes.len(), served, "every route of officers is asked for");
    let before = office.served.world.contents().await;
    for (head, body, acts) in &routes {
        for who in ["", "Basic abc", &person, &unknown] {
            let answer = office.ask(who, head, "key", body).await;
            assert_eq!(refused(&answer), (401, "no_officer"), "{head} as {who}");
        }
        let answer = office.ask(&stranger, head, "key", body).await;
        if *acts {
            assert_eq!(refused(&answer), (403, "not_allowed"), "{head}");
        } else {
            assert_eq!(answer.status.as_u16(), 200, "{head}: {}", answer.body);
        }
    }
    assert_eq!(office.served.world.contents().await, before);
    let me = office.served.ask("GET /api/v1/me", &[("authorization", &office.operator)], "").await;
    assert_eq!(refused(&me), (401, "not_signed_in"), "an officer is no person");
    office
        .served
        .world
        .execute("UPDATE officers SET retired_at = now() WHERE name = 'Melati'")
        .await;
    let retired = office.ask(&office.operator, "GET waves", "-", &Value::Null).await;
    assert_eq!(refused(&retired), (401, "no_officer"));
}

/// A dead job is listed with its code and queued again, once under a key; a job that is not dead is not there.
#[tokio::test]
async fn dead_jobs() {
    let office = Office::new().await;
    let id = uuid::Uuid::from_u128(9);
    let dead = format!(
        "INSERT INTO jobs (job_id, kind, subject, payload, state, run_at, attempts, last_error, request_id, created_at,
                           finished_at)
         VALUES ('{id}', 'wave_sweep', 'wave:48', '{{\"wave\": 48}}', 'dead', '2023-02-01Z', 25, 'no_policy', 'test',
                 '2023-02-01Z', '2023-02-01Z')"
    );
    office.served.world.execute(&dead).await;
    let listed = office.ask(&office.approver, "GET jobs", "-", &Value::Null).await;
    assert_eq!(listed.body["jobs"][0]["last_error"], "no_policy", "{}", listed.body);
    let head = format!("POST jobs/{id}/retry");
    for _ in 0..2 {
        let queued = office.ask(&office.operator, &head, "retry", &Value::Null).await;
        assert_eq!((queued.status.as_u16(), &queued.body["concerned"]), (200, &json!(1)));
    }
    let alive = office.order(&office.operator, &head, Value::Null).await;
    assert_eq!(refused(&alive), (404, "unknown_job"));
    let events = "SELECT count(*) FROM audit_events WHERE act = 'job_retry'";
    assert_eq!(office.served.world.number(events).await, 1);
}
