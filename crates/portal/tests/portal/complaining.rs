//! Complaints through the pages: written, read by the one who wrote, answered.

use app::complaints::{ListedComplaints, answer_complaint, list_complaints, take_complaint};
use axum::http::StatusCode;
use domain::complaints::{ComplaintText, answer_due};

use crate::people::says;
use crate::served::Served;

const NEW: &str = "/akun/pengaduan/baru";
const WRITTEN: &str = "NIK saya ditolak <b>dua kali</b>\n\nMohon diperiksa & dijawab";

/// Goal: what is missing is said at once with what was typed kept; a complaint is shown to the one who wrote it in each
/// of its states and, like one that there is not, to nobody else. Method: two accounts, an officer's acts in between.
#[tokio::test]
async fn from_writing_to_the_answer() {
    let served = Served::new().await;
    let account = served.open_account("siti").await;
    served.open_account("budi").await;
    let mut siti = served.signed_in("siti").await;
    says(&mut siti, "/akun/pengaduan", &["belum pernah"], &["have not sent"]).await;
    says(&mut siti, NEW, &["Apa yang terjadi?"], &["What happened?"]).await;
    siti.open(NEW).await;
    siti.answer(&[("uraian", "pendek & <b>")]).await;
    assert_eq!(siti.status, StatusCode::UNPROCESSABLE_ENTITY);
    siti.says("Pilih tentang apa");
    siti.says("pendek &#38; &#60;b&#62;");
    siti.answer(&[("tentang", "data"), ("uraian", WRITTEN)]).await;
    assert_eq!(siti.status, StatusCode::OK);
    let page = siti.path.clone();
    assert!(page.starts_with("/akun/pengaduan/cpl_"), "{page}");
    says(
        &mut siti,
        &page,
        &["belum dibaca", "Kami menjawab paling lambat", "&#60;b&#62;dua"],
        &["not read yet", "We answer by"],
    )
    .await;
    let digits = page.trim_start_matches("/akun/pengaduan/cpl_").to_ascii_uppercase();
    let number = format!("{}-{}", &digits[..4], &digits[4..8]);
    says(&mut siti, &page, &[&format!("Nomor {number}")], &[&format!("Number {number}")]).await;
    says(
        &mut siti,
        "/akun/pengaduan",
        &["Terkirim, belum dibaca", &page, &number, "dijawab paling lambat"],
        &["NIK, KK, name", "answer by"],
    )
    .await;

    let mut budi = served.signed_in("budi").await;
    for path in
        [page.as_str(), "/akun/pengaduan/cpl_00000000000040008000000000000000", "/akun/pengaduan/x"]
    {
        budi.open(path).await;
        assert_eq!(budi.status, StatusCode::NOT_FOUND, "{path}");
        budi.says("Tidak ada halaman di alamat ini");
    }

    let service = &served.portal.service;
    let listed = ListedComplaints::Of(account);
    let rows = list_complaints(&service.database, listed, 1).await.unwrap();
    let (id, filed_at) = (rows[0].complaint_id, rows[0].filed_at);
    let mut randomness = (service.randomness)();
    take_complaint(&mut service.act("officer", "r", &mut randomness), id).await.unwrap();
    says(&mut siti, &page, &["Sedang dikerjakan"], &["Being worked on"]).await;
    served.set_now(answer_due(filed_at));
    let mut siti = served.signed_in("siti").await;
    says(&mut siti, &page, &["Jawaban ini terlambat"], &["This answer is late"]).await;
    let answer = ComplaintText::parse("Data Anda sudah diperiksa lagi.").unwrap();
    let act = &mut service.act("officer", "r", &mut randomness);
    answer_complaint(act, id, &answer).await.unwrap();
    says(&mut siti, &page, &["Sudah dijawab", "sudah diperiksa lagi"], &["Our answer"]).await;
    assert!(!siti.html.contains("is late"));
    siti.open("/akun/pengaduan").await;
    assert!(!siti.html.contains("dijawab paling lambat"), "what is answered has no deadline");
    says(&mut siti, "/akun/pemberitahuan", &["Pengaduan Anda sudah dijawab"], &["is answered"])
        .await;
    assert!(!siti.html.contains("sudah diperiksa lagi"), "an answer is in no message");
}

/// The fourth one that would wait is refused beside its text, which is not lost.
#[tokio::test]
async fn so_many_at_a_time() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let mut browser = served.signed_in("siti").await;
    for _ in 0..3 {
        browser.open("/en/akun/pengaduan/baru").await;
        browser.answer(&[("tentang", "other"), ("uraian", WRITTEN)]).await;
        assert_eq!(browser.status, StatusCode::OK);
    }
    browser.open("/en/akun/pengaduan/baru").await;
    browser.answer(&[("tentang", "other"), ("uraian", WRITTEN)]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("3 of your complaints still wait");
    browser.says("Mohon diperiksa &#38; dijawab");
}
