//! The receipt of a join on one's own pages: as a file, as a picture, and led to where it is checked.

use std::sync::Arc;

use app::folders::{FolderDesk, PublicSetup, PublicTerms, Witnesses, publish_folders, test_facts};
use axum::http::StatusCode;
use domain::wave::WaveKind;
use http_support::{qr_picture, receipt_link};
use publication::format::LogName;
use publication::key::SecretKey;
use publication::log::Witness;
use selection::policy::Share;
use tempfile::TempDir;

use crate::people::says;
use crate::served::{Served, WAVE};
use crate::support::{HOUR, World, applicant, applicants, wave};

const PUBLIC_URL: &str = "https://prakerja.contoh.go.id";

/// A portal on an open published wave with two people registered, and the folder it is published in.
async fn published() -> (Served, TempDir) {
    let [log_key, receipts, witness] =
        [[7; 32], [8; 32], [9; 32]].map(|secret| SecretKey::from_bytes(&secret));
    let log = LogName { origin: "gelombang.test/log".to_owned(), key: log_key.public() };
    let folder = tempfile::tempdir().unwrap();
    let witness = Witness::new("ombudsman", witness, &log, &folder.path().join("seen"));
    witness.begin(0).unwrap();
    let terms = PublicTerms {
        origin: log.origin,
        quorum: 1,
        margin_s: 3_600,
        reserve: Share::NONE,
        witnesses: vec![witness.party()],
        contributors: Vec::new(),
        addresses: Vec::new(),
        beacon: test_facts(),
    };
    let setup = PublicSetup { terms, log_key: log_key.public(), receipt_key: receipts.public() };
    let reference = app::reference::Reference::builtin().unwrap();
    let waves = [(WaveKind::Regular, 3)];
    let mut world =
        World::with_reference(reference, WAVE, &waves, Some((&setup, wave(WAVE)))).await;
    let root = folder.path().join("public");
    let desk = Arc::new(FolderDesk { root, log_key, witnesses: Witnesses::Local(vec![witness]) });
    let opens_at = world.calendar(WAVE).opens_at;
    let database = world.scratch.database().clone();
    publish_folders(&database, &desk, opens_at.minus_micros(1)).await.unwrap();
    world.register(&applicants(1..=2)).await;
    world.open(WAVE).await.unwrap();
    let mut served = Served::of(world, opens_at.plus_micros(HOUR));
    served.portal.service.receipt_key = Some(Arc::new(receipts));
    served.portal.service.public_folder.clone_from(&desk.root);
    served.portal.public_url = Some(PUBLIC_URL.into());
    (served, folder)
}

/// Whoever has joined gets the receipt in each form, and it is the one that the service gives; whoever has not joined, or
/// has taken the join back, is offered none and finds nothing at its addresses.
#[tokio::test]
async fn in_each_form() {
    let (served, _folder) = published().await;
    let (siti, budi) = (applicant(1), applicant(2));
    served.account_of("siti", &siti).await;
    served.account_of("budi", &budi).await;
    let mut browser = served.signed_in("siti").await;
    let page = format!("/akun/gelombang/{WAVE}");
    browser.open(&format!("{page}/ikut")).await;
    browser.answer(&[]).await;
    let picture = format!("{page}/bukti.svg");
    says(&mut browser, &page, &["Bukti ikut", &picture], &["Your receipt"]).await;

    let receipt = served.portal.service.receipt(wave(WAVE), siti.person_id).await.unwrap().unwrap();
    browser.open(&format!("{page}/bukti.json")).await;
    assert_eq!((browser.status, browser.html.as_bytes()), (StatusCode::OK, receipt.as_slice()));
    let header = |name: &str| browser.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("content-type"), Some("application/json"));
    assert!(header("content-disposition").unwrap().starts_with("attachment"));
    browser.open(&picture).await;
    let link = receipt_link(PUBLIC_URL, WAVE, &receipt);
    assert_eq!(browser.html, qr_picture(&link).unwrap());
    browser.open(&format!("{page}/bukti")).await;
    assert_eq!(browser.path, receipt_link("", WAVE, &receipt));
    browser.open(&format!("/en{page}/bukti")).await;
    assert!(browser.path.starts_with("/periksa/?lang=en&folder=/berkas/"), "{}", browser.path);

    let mut other = served.signed_in("budi").await;
    for form in ["bukti", "bukti.json", "bukti.svg"] {
        other.open(&format!("{page}/{form}")).await;
        assert_eq!(other.status, StatusCode::NOT_FOUND, "{form}");
    }
    browser.open(&format!("{page}/batal")).await;
    browser.answer(&[]).await;
    browser.says("Anda batalkan");
    assert!(!browser.html.contains("Bukti ikut"));
}
