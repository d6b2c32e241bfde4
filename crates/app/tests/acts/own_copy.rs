//! The copy of one's own data: everything that an erasure would take away, and what stays, is in it.

use app::accounts::open_sessions;
use app::complaints::{ComplaintAnswer, answer_complaint, file_complaint, take_complaint};
use app::own_data::{CopyAnswer, copy_own_data};
use app::passwords::Passwords;
use app::revoke::revoke_for_cause;
use domain::beneficiary::RevocationCause;
use domain::client_key::ClientKey;
use domain::complaints::{ComplaintText, ComplaintTopic};
use domain::ids::{AccountId, PersonId};
use domain::time::Timestamp;
use domain::wave::WaveKind;
use serde_json::{Value, json};
use storage::devices::device_put;
use storage::secrets::{SecretKind, secret_put};
use storage::vault::SealRandom;
use uuid::Uuid;

use crate::erasing::{member, registration};
use crate::support::{HOUR, World, wave};

/// Keeps something sealed of an account.
async fn keep(world: &mut World, account: AccountId, kind: &'static str, plain: &[u8]) {
    let at = world.calendar(48).opens_at;
    let act = &mut world.act(at);
    let random = SealRandom::draw(act.rng);
    let place = (Uuid::from_u128(u128::from(act.rng.next_u64())), &random);
    let mut tx = act.database.begin().await.unwrap();
    let kept = (account, SecretKind::new(kind));
    secret_put(&mut tx, act.keys, kept, plain, place, at).await.unwrap();
    tx.commit().await.unwrap();
}

/// A member who has done everything there is to do, up to a grant that was taken for cause.
async fn full_life(world: &mut World) -> (AccountId, PersonId, Timestamp) {
    let passwords = Passwords::new(2).unwrap();
    let at = world.calendar(48).opens_at.minus_micros(HOUR);
    let (account, person) = member(world, &passwords, ("kutilang", 3), at).await;
    world.sit_test(person, at).await;
    world.execute("UPDATE registration_checks SET state = 'confirmed', answered_at = now(), ask_at = NULL").await;
    let member = [registration(person)];
    world.open_with(48, &member).await;
    world.grant(48).await;
    world.buy(48, &member, 600_000).await;
    let now = world.calendar(48).results_at.plus_days(2);
    let approval = world.approval();
    let cause = RevocationCause::Proxy;
    revoke_for_cause(&mut world.act(now), (wave(48), person), cause, &approval).await.unwrap();

    let words = ComplaintText::parse("Kenapa dicabut").unwrap();
    let key = ClientKey::parse("complaint").unwrap();
    let about = (ComplaintTopic::Other, &words);
    let filed = file_complaint(&mut world.act(now), account, about, &key).await.unwrap();
    let ComplaintAnswer::Filed(id) = filed else { panic!("{filed:?}") };
    take_complaint(&mut world.act(now), id).await.unwrap();
    let answer = ComplaintText::parse("Karena terbukti").unwrap();
    answer_complaint(&mut world.act(now), id, &answer).await.unwrap();
    open_sessions(&mut world.act(now), &[account]).await.unwrap();
    let mut tx = world.scratch.database().begin().await.unwrap();
    device_put(&mut tx, account, Uuid::from_u128(5), [now, now.plus_days(90)]).await.unwrap();
    tx.commit().await.unwrap();
    // A picture has a byte of hints before it.
    for (kind, plain) in [
        ("identity_photo", b"\0kartu".as_slice()),
        ("face_photo", b"\0wajah"),
        ("verified_phone", b"+6281255512399"),
        ("former_phone", b"+6281255512398"),
        ("former_email", b"lama@contoh.id"),
        ("draft", br#"{"topic":"digital"}"#),
        ("declared", br#"{"student":"no"}"#),
    ] {
        keep(world, account, kind, plain).await;
    }
    world.execute("UPDATE persons SET district = region * 100 + 1").await;
    (account, person, now)
}

/// Goal: whoever asks is given all that is held, by others' acts about her too, and the pictures themselves; no
/// officer's name and no right answer. Method: a member who has done everything, and each part of the copy.
#[tokio::test]
async fn everything_that_is_held() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let (account, person, now) = full_life(&mut world).await;
    let given = copy_own_data(&mut world.act(now), account, Some(person)).await.unwrap();
    let CopyAnswer::Given(data) = given else { panic!("{given:?}") };
    let copy: Value = serde_json::from_str(&data.json()).unwrap();

    let own = &copy["account"];
    assert_eq!(
        [&own["email"], &own["former_email"], &own["phone"], &own["former_phone"]],
        [
            &json!("kutilang@contoh.id"),
            &json!("lama@contoh.id"),
            &json!("+6281255512399"),
            &json!("+6281255512398")
        ]
    );
    assert_eq!(copy["draft"], json!({ "topic": "digital" }));
    assert_eq!(copy["declared"], json!({ "student": "no" }));
    assert!(copy["statement"]["district"].is_i64());
    let sitting = &copy["ability_test"][0];
    let score = world.number("SELECT score FROM ability_sittings").await;
    assert_eq!((&sitting["score"], &sitting["ended_by"]), (&json!(score), &json!("person")));
    let answers = sitting["answers"].as_array().unwrap();
    assert_eq!(answers.iter().filter(|one| one["answer"].is_string()).count(), 10);
    assert_eq!(copy["devices"][0]["ends_at"], json!(now.plus_days(90).to_string()));
    assert_eq!(copy["picture_files"]["identity_photo"]["base64"], json!("a2FydHU="));
    assert_eq!(copy["picture_files"]["face_photo"]["base64"], json!("d2FqYWg="));
    assert!(copy["pictures"]["identity_photo_kept_at"].is_string());
    assert_eq!(copy["purchases"][0]["price_rupiah"], json!(600_000));
    assert_eq!(copy["grants"][0]["state"], json!("revoked"));
    assert_eq!(copy["complaints"][0]["answer"], json!("Karena terbukti"));
    for part in ["identity", "checks", "memberships", "consents", "messages", "requests"] {
        let part = &copy[part];
        let is_full = part.as_array().map_or(part.is_object(), |rows| !rows.is_empty());
        assert!(is_full, "{part}");
    }
    let acts: Vec<&str> = copy["processing"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["act"].as_str())
        .collect();
    for act in
        ["consents_give", "test_end", "beneficiary_revoke", "complaint_read", "own_data_copy"]
    {
        assert!(acts.contains(&act), "{act} is not among {acts:?}");
    }
    let json = data.json();
    assert!(!json.contains("Officer One") && !json.contains("\"key\""), "{json}");
    // What the page shows has no pictures in it.
    assert!(data.parts.iter().all(|part| !part.value.to_string().contains("a2FydHU=")));
}
