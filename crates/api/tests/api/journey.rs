//! From an account to a result, as one person sees it.

use api::Registering;
use axum::http::StatusCode;

use crate::client::{Served, WAVE, registration};

const NIK: &str = "1571014101900001";

/// A person opens an account, signs in, is told to register, registers, joins, reads her standing and signs
/// out. Every write is sent twice under its key and done once; the audit event of the join carries the id of
/// its request.
#[tokio::test]
async fn from_account_to_join() {
    let served = Served::new(1, 8).await;
    let bearer = served.sign_in("siti").await;
    let join = format!("POST /api/v1/waves/{WAVE}/joins");
    let signed = |key: &'static str| [("authorization", bearer.as_str()), ("idempotency-key", key)];

    let me = served.ask("GET /api/v1/me", &signed("-"), "").await;
    assert!(me.status == StatusCode::OK && me.body["person"].is_null(), "{}", me.body);
    let early = served.ask(&join, &signed("j0"), "").await;
    assert_eq!((early.status.as_u16(), early.text("code")), (422, "registered"));

    let body = registration(NIK);
    let path = "POST /api/v1/registrations";
    let first = served.ask(path, &signed("r1"), &body).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let again = served.ask(path, &signed("r1"), &body).await;
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body));
    let others = registration("1571014101900002");
    let reused = served.ask(path, &signed("r1"), &others).await;
    assert_eq!((reused.status.as_u16(), reused.text("code")), (422, "idempotency_key_reused"));
    let second = served.ask(path, &signed("r2"), &body).await;
    assert_eq!((second.status.as_u16(), second.text("code")), (422, "account_has_person"));

    let joined = served.ask(&join, &signed("j1"), "").await;
    assert_eq!((joined.status, joined.text("answer")), (StatusCode::CREATED, "joined"));
    let again = served.ask(&join, &signed("j1"), "{}").await;
    assert_eq!((again.status, again.text("answer")), (StatusCode::CREATED, "joined"));
    let other = served.ask(&join, &signed("j2"), "").await;
    assert_eq!((other.status, other.text("answer")), (StatusCode::OK, "member"));
    let events = "SELECT request_id FROM audit_events WHERE act = 'wave_join'";
    assert_eq!(served.world.rows(events).await, [format!("({})", joined.header("x-request-id"))]);

    let me = served.ask("GET /api/v1/me", &signed("-"), "").await;
    let person = &me.body["person"];
    assert_eq!((&person["sex"], &person["region"]), (&"woman".into(), &"15.71".into()));
    assert_eq!(person["checks"].as_array().map(Vec::len), Some(6), "{person}");
    let check = &person["checks"][0];
    let stands = (&check["kind"], &check["state"]);
    assert_eq!(stands, (&"population_register".into(), &"not_asked".into()), "{check}");
    assert!(check["detail"].as_str().unwrap().contains("sedang memeriksa"), "{check}");
    let membership = &person["memberships"][0];
    assert_eq!((&membership["wave"], &membership["wave_state"]), (&WAVE.into(), &"open".into()));
    assert!(membership["decision"].is_null(), "{membership}");

    let back = format!("DELETE {}", join.trim_start_matches("POST "));
    let taken = served.ask(&back, &signed("w1"), "").await;
    assert_eq!((taken.status, taken.text("answer")), (StatusCode::OK, "withdrawn"));
    let again = served.ask(&back, &signed("w1"), "").await;
    assert_eq!((again.status, again.text("answer")), (StatusCode::OK, "withdrawn"));
    let none = served.ask(&back, &signed("w2"), "").await;
    assert_eq!((none.status.as_u16(), none.text("code")), (422, "no_member"));
    let final_for_the_wave = served.ask(&join, &signed("j3"), "").await;
    assert_eq!(final_for_the_wave.text("code"), "not_withdrawn");
    let me = served.ask("GET /api/v1/me", &signed("-"), "").await;
    assert!(me.body["person"]["memberships"][0]["withdrawn_at"].is_string(), "{}", me.body);

    let end = served.ask("DELETE /api/v1/sessions/current", &signed("-"), "").await;
    assert_eq!(end.status, StatusCode::NO_CONTENT);
    let after = served.ask("GET /api/v1/me", &signed("-"), "").await;
    assert_eq!((after.status.as_u16(), after.text("code")), (401, "not_signed_in"));
    assert_eq!(after.header("www-authenticate"), "Bearer");
}

/// The outcome of a wave is told once it is announced and not before, with the rule and its sentence in the
/// language asked for: the member never sat the ability test, so was not in the draw.
#[tokio::test]
async fn told_why() {
    let mut served = Served::new(1, 8).await;
    let bearer = served.sign_in("siti").await;
    let signed = [("authorization", bearer.as_str()), ("idempotency-key", "k")];
    served.ask("POST /api/v1/registrations", &signed, &registration(NIK)).await;
    let join = format!("POST /api/v1/waves/{WAVE}/joins");
    let joined = served.ask(&join, &signed, "").await;
    assert_eq!(joined.status, StatusCode::CREATED, "{}", joined.body);

    served.world.close(WAVE).await.unwrap();
    served.world.freeze(WAVE).await.unwrap();
    let me = served.ask("GET /api/v1/me", &signed, "").await;
    assert!(me.body["person"]["memberships"][0]["decision"].is_null(), "{}", me.body);
    served.world.draw(WAVE).await.unwrap();
    served.world.appoint(WAVE).await.unwrap();
    for (language, words) in [("id", "tidak ikut diundi"), ("en", "not in the draw")] {
        let asked = [signed[0], ("accept-language", language)];
        let me = served.ask("GET /api/v1/me", &asked, "").await;
        let decision = &me.body["person"]["memberships"][0]["decision"];
        assert_eq!(decision["outcome"], "ineligible", "{decision}");
        assert_eq!(decision["reason"]["code"], "ability_test", "{decision}");
        assert!(decision["detail"].as_str().unwrap().contains(words), "{decision}");
    }
    let wave = served.ask(&format!("GET /api/v1/waves/{WAVE}"), &[], "").await;
    assert_eq!((wave.text("state"), &wave.body["seats"]), ("appointed", &3.into()));
    let waves = served.ask("GET /api/v1/waves", &[], "").await;
    assert_eq!(waves.body["waves"][0], wave.body);
}

/// Goal: an account and its password alone make nobody a member, and nobody learns who has an account. Method: the same registration at a server for browsers,
/// which refuses it in both languages whatever it says and keeps nothing, and at one for trusted programs.
#[tokio::test]
async fn registers_in_a_browser() {
    let mut served = Served::new(1, 8).await;
    let bearer = served.sign_in("siti").await;
    served.api.registering = Registering::InBrowser;
    let path = "POST /api/v1/registrations";
    for (language, words, body) in
        [("id", "Buka /pendaftaran", registration(NIK)), ("en", "on the website", "{}".to_owned())]
    {
        let headers = [
            ("authorization", bearer.as_str()),
            ("idempotency-key", "r1"),
            ("accept-language", language),
        ];
        let refused = served.ask(path, &headers, &body).await;
        assert_eq!((refused.status.as_u16(), refused.text("code")), (403, "register_in_browser"));
        assert!(refused.text("detail").contains(words), "{}", refused.body);
    }
    assert_eq!(served.world.number("SELECT count(*) FROM persons").await, 0);
    // Whether the address has an account is not told.
    for email in ["siti@contoh.id", "budi@contoh.id"] {
        let body = format!(r#"{{"email": "{email}", "password": "kata sandi yang panjang"}}"#);
        let key = [("idempotency-key", "r2")];
        let refused = served.ask("POST /api/v1/accounts", &key, &body).await;
        assert_eq!((refused.status.as_u16(), refused.text("code")), (403, "register_in_browser"));
    }
    assert_eq!(served.world.number("SELECT count(*) FROM accounts").await, 1);
    let nobody = served.ask(path, &[], "{}").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    served.api.registering = Registering::ByPrograms;
    let signed = [("authorization", bearer.as_str()), ("idempotency-key", "r1")];
    let done = served.ask(path, &signed, &registration(NIK)).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.body);
}
