//! A NIK that somebody has already, over HTTP: claimed by what is held, or tried too often.

use axum::http::StatusCode;

use crate::client::{Answer, Served, registration};
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
