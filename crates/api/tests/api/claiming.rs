//! A NIK that somebody has already, over HTTP: claimed by what is held, tried too often, released by two officers.

use axum::http::StatusCode;
use domain::officers::Role;
use serde_json::{Value, json};

use crate::client::{Answer, Served, registration};
use crate::officers::bearer;
use crate::support::applicant;

async fn register(served: &Served, who: &str, language: &str, body: &str) -> Answer {
    let headers = [("authorization", who), ("idempotency-key", "k"), ("accept-language", language)];
    served.ask("POST /api/v1/registrations", &headers, body).await
}

/// The registration of an imported person, with this family card.
fn claim(number: u32, card: &str) -> String {
    let identity = applicant(number).identity;
    let nik = std::str::from_utf8(identity.nik.expose()).unwrap();
    let body = registration(nik).replace("Siti Aminah", identity.name.expose());
    body.replace("1571019999900001", card)
}

fn card_of(number: u32) -> String {
    String::from_utf8(applicant(number).identity.family_card.expose().to_vec()).unwrap()
}

/// Goal: a claim is answered as a registration, a failed one as a taken NIK whatever failed, and after five the account
/// is told in both languages when to come back. Method: two imported persons, one claimed at once, the other tried.
#[tokio::test]
async fn claims() {
    let mut served = Served::new(1, 8).await;
    served.world.register(&[applicant(1), applicant(2)]).await;
    let (siti, budi) = (served.sign_in("siti").await, served.sign_in("budi").await);
    let claimed = register(&served, &siti, "id", &claim(1, &card_of(1))).await;
    assert_eq!(claimed.status, StatusCode::CREATED, "{}", claimed.body);
    assert_eq!(claimed.text("person"), applicant(1).person_id.to_string());
    let me = served.ask("GET /api/v1/me", &[("authorization", &siti)], "").await;
    assert_eq!(me.body["person"]["checks"][0]["state"], "confirmed", "{}", me.body);

    let linked = register(&served, &budi, "id", &claim(1, &card_of(1))).await;
    let mut told = vec![linked.body["detail"].clone()];
    for _ in 0..4 {
        let wrong = register(&served, &budi, "id", &claim(2, &card_of(1))).await;
        assert_eq!((wrong.status.as_u16(), wrong.text("code")), (422, "nik_taken"));
        told.push(wrong.body["detail"].clone());
    }
    told.dedup();
    assert_eq!(told.len(), 1, "every failure is told alike: {told:?}");
    let before = served.world.contents().await;
    for (language, words) in [("id", "terlalu sering dicoba"), ("en", "tried too often")] {
        let over = register(&served, &budi, language, &claim(2, &card_of(2))).await;
        assert_eq!((over.status.as_u16(), over.text("code")), (429, "too_many_tries"));
        assert!(over.text("detail").contains(words), "{}", over.body);
        assert_eq!(over.header("retry-after"), "86401");
    }
    assert_eq!(served.world.contents().await, before);
}

/// Goal: two officers take a NIK from the account that registered it, and the next account that registers it has it;
/// what cannot be released is refused with its code. Method: proposed and approved over HTTP.
#[tokio::test]
async fn released_by_two_officers() {
    let mut served = Served::new(1, 8).await;
    let operator = bearer(&served.world.credential("Melati", &[Role::Operator]).await);
    let approver = bearer(&served.world.credential("Kenanga", &[Role::Approver]).await);
    let (budi, siti) = (served.sign_in("budi").await, served.sign_in("siti").await);
    let nik = "1571014101900001";
    let squatted = register(&served, &budi, "id", &registration(nik)).await;
    let person = squatted.text("person").to_owned();
    let propose = async |key: &str, person: &str| {
        let wish =
            json!({ "act": "release_account", "person": person, "reason": "shown at the desk" });
        let headers = [("authorization", operator.as_str()), ("idempotency-key", key)];
        served.ask("POST /api/v1/officer/proposals", &headers, &wish.to_string()).await
    };
    let nobody = propose("a", "per_00000000000070008000000000000007").await;
    assert_eq!((nobody.status.as_u16(), nobody.text("code")), (422, "no_account"));
    let bad = propose("b", "x").await;
    assert_eq!((bad.status.as_u16(), bad.text("code")), (422, "bad_fields"));
    let proposed = propose("c", &person).await;
    assert_eq!(proposed.status, StatusCode::CREATED, "{}", proposed.body);
    let head = format!("POST /api/v1/officer/proposals/{}/approval", proposed.text("proposal"));
    let alone = served.ask(&head, &[("authorization", &operator)], "").await;
    assert_eq!((alone.status.as_u16(), alone.text("code")), (403, "not_allowed"));
    for result in [json!({ "only_by_what_is_held": false }), Value::Null] {
        let approved = served.ask(&head, &[("authorization", &approver)], "").await;
        assert_eq!((approved.status, &approved.body["result"]), (StatusCode::OK, &result));
    }
    let ended = served.ask("GET /api/v1/me", &[("authorization", &budi)], "").await;
    assert_eq!((ended.status.as_u16(), ended.text("code")), (401, "not_signed_in"));

    let right = registration(nik).replace("Siti Aminah", "Siti Aminah Putri");
    let rightful = register(&served, &siti, "id", &right).await;
    assert_eq!((rightful.status, rightful.text("person")), (StatusCode::CREATED, person.as_str()));
    let again = propose("d", &person).await;
    assert_eq!(again.status, StatusCode::CREATED, "one account after another: {}", again.body);
}
