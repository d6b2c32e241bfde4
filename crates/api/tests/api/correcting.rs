//! Correcting one's statement over HTTP: what is answered, what is refused with its words, and what changes nothing.

use axum::http::StatusCode;
use domain::wave::WaveEvent;
use serde_json::{Value, json};

use crate::client::{Answer, Served, WAVE, registration};

const NIK: &str = "1571014101900001";
const PATH: &str = "PATCH /api/v1/me";

struct Siti {
    served: Served,
    bearer: String,
}

impl Siti {
    async fn registered() -> Self {
        let served = Served::new(1, 8).await;
        let bearer = served.sign_in("siti").await;
        let siti = Self { served, bearer };
        let done = siti.ask("POST /api/v1/registrations", "r", "id", &registration(NIK)).await;
        assert_eq!(done.status, StatusCode::CREATED, "{}", done.body);
        siti
    }

    async fn ask(&self, head: &str, key: &str, language: &str, body: &str) -> Answer {
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("idempotency-key", key),
            ("accept-language", language),
        ];
        self.served.ask(head, &headers, body).await
    }

    async fn correct(&self, key: &str, body: &Value) -> Answer {
        self.ask(PATH, key, "en", &body.to_string()).await
    }

    /// Refused in both languages with status, code and words, and every table as it was.
    async fn refused(&self, body: &Value, status: u16, code: &str, words: [&str; 2]) {
        let before = self.served.world.contents().await;
        for (language, words) in ["id", "en"].into_iter().zip(words) {
            let answer = self.ask(PATH, "refused", language, &body.to_string()).await;
            assert_eq!((answer.status.as_u16(), answer.text("code")), (status, code), "{body}");
            let told = format!("{} {}", answer.body["detail"], answer.body["errors"]);
            assert!(told.contains(words), "{body}: {told}");
            assert!(!answer.body.to_string().contains("1571014"), "{}", answer.body);
        }
        assert_eq!(self.served.world.contents().await, before, "{body} changed something");
    }
}

/// A person corrects what she stated, once under a key, and reads it back; a statement that says the same changes
/// nothing.
#[tokio::test]
async fn corrected_and_read_back() {
    let siti = Siti::registered().await;
    let body = json!({ "education": "diploma", "born_on": "1991-02-03", "region": "15.72", "disability": true });
    for _ in 0..2 {
        let done = siti.correct("k", &body).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        assert_eq!(
            done.body,
            json!({ "changed": ["born_on", "education", "region", "disability"] })
        );
    }
    let me = siti.ask("GET /api/v1/me", "-", "en", "").await;
    let person = &me.body["person"];
    assert_eq!(
        (&person["education"], &person["birth_year"], &person["region"], &person["disability"]),
        (&json!("diploma"), &json!(1991), &json!("15.72"), &json!(true))
    );
    for (key, nothing) in [("same", body), ("empty", json!({}))] {
        let done = siti.correct(key, &nothing).await;
        assert_eq!((done.status, &done.body["changed"]), (StatusCode::OK, &json!([])));
    }
    assert_eq!(siti.ask("GET /api/v1/me", "-", "en", "").await.body, me.body);
    let reused = siti.correct("k", &json!({ "sex": "man" })).await;
    assert_eq!((reused.status.as_u16(), reused.text("code")), (422, "idempotency_key_reused"));
}

/// Goal: a mistyped NIK is corrected, one that somebody has is refused as at registering, and a join that can be taken
/// back is named. Method: two persons, of whom one wants the number of the other, then joins.
#[tokio::test]
async fn mistyped_nik() {
    let siti = Siti::registered().await;
    let bearer = siti.served.sign_in("budi").await;
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "r")];
    let other = registration("1571014101900002");
    let budi = siti.served.ask("POST /api/v1/registrations", &headers, &other).await;
    assert_eq!(budi.status, StatusCode::CREATED, "{}", budi.body);
    let taken = siti.correct("k", &json!({ "nik": "1571014101900002" })).await;
    assert_eq!((taken.status.as_u16(), taken.text("code")), (422, "nik_taken"));
    for _ in 0..2 {
        let done = siti.correct("k", &json!({ "nik": "1571014101900003" })).await;
        assert_eq!((done.status, &done.body["changed"]), (StatusCode::OK, &json!(["nik"])));
    }
    let joined = siti.ask(&format!("POST /api/v1/waves/{WAVE}/joins"), "j", "id", "").await;
    assert_eq!(joined.status, StatusCode::CREATED, "{}", joined.body);
    let back = ["Batalkan dulu keikutsertaan itu", "Take that join back first"];
    siti.refused(&json!({ "nik": NIK }), 422, "nik_joined", back).await;
}

/// Goal: every bad correction is refused with its code in both languages and changes nothing. Method: fields that are
/// unknown or wrong; no session, key or person; a wave that runs; too many in a day.
#[tokio::test]
async fn refusals() {
    let mut siti = Siti::registered().await;
    let digits = ["NIK terdiri dari 16 angka", "A NIK has 16 digits"];
    siti.refused(&json!({ "nik": "157101410190", "sex": "man" }), 422, "bad_fields", digits).await;
    let unknown = ["Isian ini tidak dikenal", "This field is not known"];
    siti.refused(&json!({ "wage": 5 }), 422, "bad_fields", unknown).await;
    let day = ["TTTT-BB-HH", "YYYY-MM-DD"];
    for day_of_birth in ["2023-02-30", "2999-01-01", "1899-12-31"] {
        siti.refused(&json!({ "born_on": day_of_birth }), 422, "bad_fields", day).await;
    }
    let given = ["Isian ini wajib diisi", "This field must be given"];
    siti.refused(&json!({ "name": null }), 422, "bad_fields", given).await;
    let regency = ["Pilih kabupaten/kota", "Choose the kabupaten/kota"];
    siti.refused(&json!({ "region": "15" }), 422, "not_a_regency", regency).await;
    let several =
        siti.correct("k", &json!({ "family_card": "1", "phone": "08", "sex": "x" })).await;
    assert_eq!(several.body["errors"].as_array().map(Vec::len), Some(3), "{}", several.body);

    let session = siti.served.ask(PATH, &[("idempotency-key", "k")], "{}").await;
    assert_eq!((session.status.as_u16(), session.text("code")), (401, "not_signed_in"));
    let auth = ("authorization", siti.bearer.as_str());
    let key = siti.served.ask(PATH, &[auth], "{}").await;
    assert_eq!((key.status.as_u16(), key.text("code")), (400, "idempotency_key_missing"));
    let budi = siti.served.sign_in("budi").await;
    let headers = [("authorization", budi.as_str()), ("idempotency-key", "k")];
    let nobody = siti.served.ask(PATH, &headers, r#"{"sex": "man"}"#).await;
    assert_eq!((nobody.status.as_u16(), nobody.text("code")), (422, "registered"));

    for name in ["Siti A", "Siti B", "Siti C", "Siti D", "Siti E"] {
        let done = siti.correct(name.trim_start_matches("Siti "), &json!({ "name": name })).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    }
    let often = ["terlalu sering dicoba", "tried too often"];
    siti.refused(&json!({ "name": "Siti F" }), 429, "too_many_tries", often).await;
    let over = siti.correct("F", &json!({ "name": "Siti F" })).await;
    assert_eq!(over.header("retry-after"), "86401");

    let joined = siti.ask(&format!("POST /api/v1/waves/{WAVE}/joins"), "j", "id", "").await;
    assert_eq!(joined.status, StatusCode::CREATED, "{}", joined.body);
    let runs = ["Ketiganya tidak dapat diubah sampai", "They stay as they are until"];
    let card = json!({ "family_card": "1571019999900002", "education": "diploma" });
    siti.refused(&card, 422, "statement_in_wave", runs).await;
    siti.served.world.execute("DELETE FROM registration_checks").await;
    siti.served.world.grant(WAVE).await;
    siti.served.set_now(siti.served.world.instant(WAVE, WaveEvent::Appoint));
    // The session of the join has ended by itself.
    let session =
        siti.served.ask("POST /api/v1/sessions", &[], &crate::client::credentials("siti")).await;
    siti.bearer = format!("Bearer {}", session.text("token"));
    let held = ["nomor KK tidak dapat diubah", "its number cannot be changed"];
    siti.refused(&card, 422, "family_card_in_use", held).await;
}
