//! Officers over HTTP: a wave is published, and officers are added, empowered, renewed and retired, by whose clients make
//! the credentials.

use app::credential::Credential;
use domain::ids::OfficerId;
use domain::officers::Role;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::{Value, json};
use storage::keys::to_hex;
use uuid::Uuid;

use crate::client::WAVE;
use crate::officers::{Office, bearer, refused};

/// The server's regions are not those of the waves of the world, which have another version from here on.
const OTHER_REGIONS: &str = "
    SET session_replication_role = replica;
    UPDATE region_versions SET version = 'of the world';
    UPDATE regions SET version = 'of the world';
    UPDATE waves SET region_version = 'of the world'";

/// The next wave, `days` after the first one opened.
fn next_wave(office: &Office, days: i64) -> Value {
    let first = office.served.world.calendar(WAVE);
    json!({
        "act": "publish_calendar",
        "wave": WAVE + 1,
        "kind": "regular",
        "opens_at": first.opens_at.plus_days(days).to_string(),
        "closes_at": first.closes_at.plus_days(days).to_string(),
        "results_at": first.results_at.plus_days(days).to_string(),
        "seats": 4000,
        "province": "15",
        "reason": "plan of 2024",
    })
}

/// Goal: two officers publish a wave over HTTP alone with the server's policies and regions; what does not fit is refused
/// with its code and changes nothing. Method: one fault after another, then the wave, then the same again.
#[tokio::test]
async fn publishing() {
    let mut office = Office::new().await;
    let policy = bearer(&office.served.world.credential("Mawar", &[Role::Policy]).await);
    let before = office.served.world.contents().await;
    for (field, value, code) in [
        ("opens_at", json!("tomorrow"), "bad_fields"),
        ("seats", json!(u32::MAX), "bad_fields"),
        ("kind", json!("special"), "bad_fields"),
        ("province", json!("99"), "unknown_province"),
        ("province", json!("15.71"), "unknown_province"),
        ("wave", json!(9_999), "no_policy"),
        ("wave", json!(WAVE), "published"),
        ("closes_at", json!("2020-01-01T00:00:00Z"), "calendar"),
    ] {
        let mut wish = next_wave(&office, 40);
        wish[field] = value;
        let answer = office.order(&policy, "POST proposals", wish).await;
        assert_eq!(refused(&answer), (422, code), "{field}: {}", answer.body);
    }
    // Closes before the results of the wave before.
    let overlapping = office.order(&policy, "POST proposals", next_wave(&office, 1)).await;
    assert_eq!(refused(&overlapping), (422, "calendar"));
    assert_eq!(office.served.world.contents().await, before);

    let wish = next_wave(&office, 40);
    let proposed = office.ask(&policy, "POST proposals", "publish", &wish).await;
    assert_eq!(proposed.status.as_u16(), 201, "{}", proposed.body);
    let same = office.ask(&policy, "POST proposals", "publish", &wish).await;
    assert_eq!(same.body, proposed.body);
    let mut more = wish.clone();
    more["seats"] = json!(4001);
    let reused = office.ask(&policy, "POST proposals", "publish", &more).await;
    assert_eq!(refused(&reused), (422, "idempotency_key_reused"));
    let listed = office.ask(&office.approver, "GET proposals", "-", &Value::Null).await;
    let terms = &listed.body["proposals"][0]["parameters"];
    assert_eq!((&terms["base_seats"], &terms["province"]), (&json!(4000), &json!("15")));

    let approve = format!("POST proposals/{}/approval", proposed.text("proposal"));
    let regions = office.ask(&office.approver, &approve, "-", &Value::Null).await;
    assert_eq!(refused(&regions), (422, "regions_changed"));
    office.served.world.execute(OTHER_REGIONS).await;
    let policies = "UPDATE proposals SET parameters = jsonb_set(parameters, '{policy_sha256}', ";
    office.served.world.execute(&format!("{policies} '\"00\"')")).await;
    let differs = office.ask(&office.approver, &approve, "-", &Value::Null).await;
    assert_eq!(refused(&differs), (422, "proposal_differs"));
    let digest = terms["policy_sha256"].to_string();
    office.served.world.execute(&format!("{policies} '{digest}')")).await;
    for _ in 0..2 {
        let approved = office.ask(&office.approver, &approve, "-", &Value::Null).await;
        assert_eq!(approved.status.as_u16(), 200, "{}", approved.body);
    }
    let kept = "SELECT wave, kind, base_seats, state, region_version <> 'of the world' FROM waves WHERE wave = 49";
    assert_eq!(office.served.world.rows(kept).await, ["(49,regular,4000,draft,t)"]);
    let weights =
        "SELECT count(*) FROM regions WHERE version <> 'of the world' AND quota_weight > 0";
    assert_eq!(office.served.world.number(weights).await, 11, "all of Jambi");
    let again = office.order(&policy, "POST proposals", wish).await;
    assert_eq!(refused(&again), (422, "published"));
}

/// A proposal made with a file of weights is approved by who brings that file.
#[tokio::test]
async fn brought_documents() {
    let mut office = Office::new().await;
    let policy = bearer(&office.served.world.credential("Mawar", &[Role::Policy]).await);
    let proposed = office.order(&policy, "POST proposals", next_wave(&office, 40)).await;
    let null = "UPDATE proposals SET parameters = jsonb_set(parameters, '{province}', 'null')";
    office.served.world.execute(null).await;
    let approve = format!("POST proposals/{}/approval", proposed.text("proposal"));
    let answer = office.ask(&office.approver, &approve, "-", &Value::Null).await;
    assert_eq!(refused(&answer), (422, "proposal_needs_documents"));
}

fn made(number: u8) -> Credential {
    let officer = OfficerId::from_uuid(Uuid::from_u128(u128::from(number)));
    Credential::make(officer, &mut ChaCha8Rng::seed_from_u64(u64::from(number)))
}

/// Goal: an officer comes in by a credential whose secret never leaves its maker, gets a role, renews, and retires, by
/// two where power is given. Method: the acts over HTTP, each with what is refused, and every token before and after.
#[tokio::test]
async fn officers_come_and_go() {
    let office = Office::new().await;
    let (melati, kenanga) = (&office.operator, &office.approver);
    let mawar = made(3);
    let sha256 = |credential: &Credential| to_hex(&credential.sha256());
    let wish = |fields: Value| {
        let mut wish = json!({ "act": "empower", "officer": mawar.officer().to_string(), "reason": "more work" });
        wish.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        wish
    };
    for (fields, code) in [
        (json!({ "name": "Mawar", "roles": ["operator"] }), "officer_incomplete"),
        (json!({ "name": "Mawar", "roles": ["king"] }), "bad_fields"),
        (
            json!({ "name": "a\nb", "roles": ["operator"], "credential_sha256": sha256(&mawar) }),
            "officer_no_name",
        ),
        (
            json!({ "name": "Melati", "roles": ["operator"], "credential_sha256": sha256(&mawar) }),
            "officer_name_taken",
        ),
        (
            json!({ "name": "Mawar", "roles": ["operator"], "credential_sha256": "00" }),
            "bad_fields",
        ),
    ] {
        let answer = office.order(melati, "POST proposals", wish(fields)).await;
        assert_eq!(refused(&answer), (422, code));
    }
    let new = json!({ "name": "Mawar", "roles": ["policy"], "credential_sha256": sha256(&mawar) });
    let proposed = office.order(melati, "POST proposals", wish(new)).await;
    let approve = format!("POST proposals/{}/approval", proposed.text("proposal"));
    let alone = office.ask(melati, &approve, "-", &Value::Null).await;
    assert_eq!(refused(&alone), (422, "same_officer"));
    let early = office.ask(&bearer(&mawar), "GET waves", "-", &Value::Null).await;
    assert_eq!(refused(&early), (401, "no_officer"));
    let approved = office.ask(kenanga, &approve, "-", &Value::Null).await;
    assert_eq!(approved.body["result"]["officer"], mawar.officer().to_string());
    let listed = office.ask(&bearer(&mawar), "GET officers", "-", &Value::Null).await;
    assert_eq!(listed.body["officers"][1]["name"], "Mawar", "{}", listed.body);

    for (fields, code) in [
        (json!({ "name": "Anggrek", "roles": ["operator"] }), "officer_other_name"),
        (json!({}), "nothing_given"),
    ] {
        let answer = office.order(melati, "POST proposals", wish(fields)).await;
        assert_eq!(refused(&answer), (422, code));
    }
    let more =
        office.order(kenanga, "POST proposals", wish(json!({ "roles": ["operator"] }))).await;
    let approve = format!("POST proposals/{}/approval", more.text("proposal"));
    assert_eq!(office.ask(melati, &approve, "-", &Value::Null).await.status.as_u16(), 200);
    let roles = office.ask(melati, "GET officers", "-", &Value::Null).await;
    assert_eq!(roles.body["officers"][1]["roles"].as_array().map(Vec::len), Some(2));

    let renewed = Credential::make(mawar.officer(), &mut ChaCha8Rng::seed_from_u64(9));
    let body = json!({ "credential_sha256": sha256(&renewed) });
    for token in [&mawar, &renewed] {
        let answer = office.ask(&bearer(token), "PUT credential", "-", &body).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    }
    let old = office.ask(&bearer(&mawar), "PUT credential", "-", &body).await;
    assert_eq!(refused(&old), (401, "no_officer"));
    let back = json!({ "credential_sha256": sha256(&mawar) });
    let back = office.ask(&bearer(&renewed), "PUT credential", "-", &back).await;
    assert_eq!(refused(&back), (422, "credential_used"));

    let retire = format!("POST officers/{}/retirement", mawar.officer());
    let left = json!({ "reason": "left" });
    for _ in 0..2 {
        let retired = office.ask(kenanga, &retire, "retire", &left).await;
        assert_eq!((retired.status.as_u16(), &retired.body["concerned"]), (200, &json!(1)));
    }
    let twice = office.order(kenanga, &retire, left.clone()).await;
    assert_eq!(refused(&twice), (422, "office_ended"));
    let gone = office.ask(&bearer(&renewed), "GET waves", "-", &Value::Null).await;
    assert_eq!(refused(&gone), (401, "no_officer"));
    let late = office.order(melati, "POST proposals", wish(json!({ "roles": ["approver"] }))).await;
    assert_eq!(refused(&late), (422, "office_ended"));
    let nobody = format!("POST officers/{}/retirement", made(8).officer());
    let nobody = office.order(kenanga, &nobody, left.clone()).await;
    assert_eq!(refused(&nobody), (404, "unknown_officer"));
    let last = office.ask(melati, "GET officers", "-", &Value::Null).await;
    let last = format!(
        "POST officers/{}/retirement",
        last.body["officers"][0]["officer"].as_str().unwrap()
    );
    let last = office.order(melati, &last, left).await;
    assert_eq!(refused(&last), (422, "last_administrators"));
}
