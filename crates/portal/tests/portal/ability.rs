//! The ability test as somebody without scripts sits it.

use app::jobs::{Tools, claim_jobs, run_job};
use axum::http::StatusCode;
use domain::eligibility::Finding;
use domain::schedule::Lane;
use domain::time::Timestamp;
use std::path::Path;
use uuid::Uuid;

use crate::people::says;
use crate::served::{Served, WAVE};
use crate::support::{HOUR, applicant};

const MINUTE: i64 = 60_000_000;

/// A portal with somebody who has to sit the test, and the present.
async fn served() -> (Served, Timestamp) {
    let mut served = Served::new().await;
    let mut person = applicant(1);
    person.findings = vec![Finding::TestNotDone];
    served.world.register(std::slice::from_ref(&person)).await;
    served.account_of("siti", &person).await;
    let now = served.world.calendar(WAVE).opens_at.plus_micros(HOUR);
    (served, now)
}

/// Goal: a person reads what the test is, sits it in two languages and on two devices, is led on, hands it in once half is
/// answered, and is told how it ended; no page tells which choice is right by its address or order. Method: a browser
/// without scripts.
#[tokio::test]
async fn from_begin_to_end() {
    let (served, now) = served().await;
    let mut one = served.signed_in("siti").await;
    let needs = [
        "20 soal",
        "40 menit",
        "Siapkan kertas",
        "tidak memengaruhi undian",
        "Sedikitnya 10 dari 20 soal",
    ];
    says(&mut one, "/tes", &needs, &["20 questions", "40 minutes", "the time keeps running"]).await;
    one.open("/tes/1").await;
    assert_eq!(one.path, "/tes", "nothing has begun");
    one.answer(&[]).await;
    assert_eq!(one.path, "/tes/1");
    one.says("Soal 1 dari 20");
    one.says(">40:00</strong>");
    one.says(&format!(r#"data-until="{}""#, now.unix_seconds() + 40 * 60));
    one.answer(&[("jawaban", "3")]).await;
    assert_eq!(one.path, "/tes/2");
    one.answer(&[]).await;
    assert_eq!(one.path, "/tes/3", "an item can be left open");
    one.open("/en/tes/1").await;
    one.says("Question 1 of 20");
    one.says(r#"value="3" checked"#);
    one.answer(&[("jawaban", "9")]).await;
    assert_eq!(one.status, StatusCode::NOT_FOUND);
    for path in ["/tes/0", "/tes/21", "/tes/x"] {
        one.open(path).await;
        assert_eq!(one.status, StatusCode::NOT_FOUND, "{path}");
    }

    served.set_now(now.plus_micros(10 * MINUTE));
    let mut other = served.signed_in("siti").await;
    says(&mut other, "/tes", &["Lanjutkan tes"], &["Go on with the test"]).await;
    other.answer(&[]).await;
    assert_eq!(other.path, "/en/tes/2", "the first open item");
    other.says(">30:00</strong>");
    let counts = ["1 dari 20 soal", "Belum dijawab"];
    says(&mut other, "/tes/ringkasan", &counts, &["1 of 20", "Answered"]).await;
    says(
        &mut other,
        "/tes/serahkan",
        &["Baru 1 dari 20", "Jawab 9 soal lagi", r#"href="/tes/2""#],
        &["at least 10 have to be", "Answer 9 more"],
    )
    .await;
    assert!(!other.html.contains("Hand in the test"), "nothing can be pressed that does nothing");
    // A form of a page from before.
    other.open("/en/tes/2").await;
    other.path = "/en/tes/serahkan".to_owned();
    other.answer(&[]).await;
    assert_eq!(other.path, "/en/tes/serahkan", "too few are answered");
    for number in 11..=20 {
        other.open(&format!("/tes/{number}")).await;
        other.answer(&[("jawaban", "1")]).await;
    }
    assert_eq!(other.path, "/tes/ringkasan", "behind the last item");
    says(&mut other, "/tes/serahkan", &["tidak dapat diubah lagi"], &["cannot be changed"]).await;
    other.answer(&[]).await;
    assert_eq!(other.path, "/en/tes/selesai");
    let done = ["Tes Anda selesai", "dari 20", "tidak memengaruhi undian"];
    says(&mut other, "/tes/selesai", &done, &["Your test is done", "of 20"]).await;
    for path in ["/tes", "/tes/1", "/tes/ringkasan", "/tes/serahkan"] {
        other.open(path).await;
        assert_eq!(other.path, "/tes/selesai", "{path}");
    }
    says(&mut other, "/akun", &["Gelombang 48 sedang dibuka"], &["Wave 48 is open"]).await;
}

/// Goal: an answer that comes at the end is refused with its reason, the page waits for the job and then says when the
/// test can be sat again. Method: the clock at the first instant after the sitting; the job after it.
#[tokio::test]
async fn too_late() {
    let (mut served, now) = served().await;
    let mut browser = served.signed_in("siti").await;
    browser.open("/tes").await;
    browser.answer(&[]).await;
    let end = now.plus_micros(40 * MINUTE);
    served.set_now(end);
    browser.answer(&[("jawaban", "1")]).await;
    assert_eq!(browser.path, "/tes/selesai?terlambat=ya");
    browser.says("Jawaban terakhir datang setelah waktu habis");
    browser.says(r#"http-equiv="refresh""#);
    hand_in(&mut served, end).await;
    let words = ["Kurang dari separuh", "lagi mulai 2 Februari 2023 pukul 01.40 WIB"];
    says(&mut browser, "/tes/selesai", &words, &["can sit the test again from"]).await;
    served.set_now(end.plus_days(1));
    let mut browser = served.signed_in("siti").await;
    says(&mut browser, "/tes", &["Mulai tes"], &["Begin the test"]).await;
    browser.answer(&[]).await;
    assert_eq!(browser.path, "/en/tes/1");
}

/// Goal: an answer that a script sends is kept and led on like any other; one that comes at the end is told so in a
/// sentence, in the language of the page, and the page that stays has the words for one that was never sent. Method: the
/// request of the script, before and at the first instant after the sitting.
#[tokio::test]
async fn sent_by_script() {
    let (mut served, now) = served().await;
    let mut browser = served.signed_in("siti").await;
    browser.open("/en/tes").await;
    browser.answer(&[]).await;
    browser.says("<form method=\"post\" data-answer>");
    assert_eq!(browser.answer_by_script(&[("jawaban", "2")]).await, "/en/tes/2");
    assert_eq!(browser.status, StatusCode::OK);
    browser.answer_by_script(&[("jawaban", "9")]).await;
    assert_eq!(browser.status, StatusCode::NOT_FOUND, "the page says what is wrong");
    let end = now.plus_micros(40 * MINUTE);
    served.set_now(end);
    let leads_to = browser.answer_by_script(&[("jawaban", "1")]).await;
    assert_eq!(leads_to, "/en/tes/selesai?terlambat=ya");
    browser.open(&leads_to).await;
    browser.says("The last answer came after the time was over");
    assert!(!browser.html.contains("data-late"), "this page reads itself anew");
    hand_in(&mut served, end).await;
    let words = ["hidden data-late>Satu jawaban tersimpan di ponsel ini", "/aset/terlambat-"];
    says(&mut browser, "/tes/selesai", &words, &["hidden data-late>One answer was kept"]).await;
}

/// Does the jobs that are due.
async fn hand_in(served: &mut Served, now: Timestamp) {
    let database = served.world.scratch.database().clone();
    let jobs = claim_jobs(&database, Uuid::nil(), Lane::Own, now, 9).await.unwrap();
    let tools = Tools { keys_folder: Path::new(""), registers: None, faces: None, folders: None };
    for job in &jobs {
        run_job(&mut served.world.act(now), tools, job).await.unwrap();
    }
}

/// Whoever is not registered is led to that, and an import that said the test is done is believed.
#[tokio::test]
async fn who_need_not() {
    let mut served = Served::new().await;
    served.open_account("budi").await;
    let mut browser = served.signed_in("budi").await;
    browser.open("/tes").await;
    assert!(!browser.path.starts_with("/tes"), "{}", browser.path);
    let done = applicant(2);
    served.world.register(std::slice::from_ref(&done)).await;
    served.account_of("ani", &done).await;
    let mut browser = served.signed_in("ani").await;
    browser.open("/tes").await;
    assert_eq!(browser.path, "/tes/selesai");
    browser.says("Tes Anda selesai");
}
