//! The picture of the identity card and the face check, by forms that bring a file.

use std::io::Cursor;

use axum::http::StatusCode;
use domain::ids::AccountId;
use domain::time::Timestamp;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use tokio::sync::oneshot;

use crate::browser::Browser;
use crate::served::{PASSWORD, Served};

const CARD: &str = "/pendaftaran/foto-ktp";
const FACE: &str = "/pendaftaran/wajah";

fn encoded(picture: RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A sharp picture in good light.
fn sharp(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([if (x / 4 + y / 4) % 2 == 0 { 70 } else { 170 }; 3])
    })
}

pub(crate) fn good() -> Vec<u8> {
    encoded(sharp(800, 600), ImageFormat::Jpeg)
}

async fn signed_in(served: &Served, name: &str) -> (Browser, AccountId) {
    let account = served.open_account(name).await;
    let mut browser = served.browser();
    browser.open("/masuk").await;
    browser.sign_in(&[("email", &format!("{name}@contoh.id")), ("sandi", PASSWORD)]).await;
    (browser, account)
}

async fn count(served: &Served, of: &str) -> i64 {
    served.world.number(&format!("SELECT count(*) FROM {of}")).await
}

/// Goal: a card is photographed, looked at, replaced and deleted, by its owner alone. Method: two people, each format,
/// a picture without anything in it, and what the database holds after each step.
#[tokio::test]
async fn a_card() {
    let served = Served::new().await;
    let (mut siti, _) = signed_in(&served, "siti").await;
    siti.open(CARD).await;
    siti.says("e-KTP asli milik Anda sendiri");
    siti.says(r#"capture="environment""#);
    assert!(!siti.html.contains("Hapus foto ini"));
    siti.answer_with_file(&[], &good()).await;
    assert_eq!((siti.status, siti.path.as_str()), (StatusCode::OK, CARD));
    siti.says("Foto KTP sudah tersimpan");
    siti.open("/pendaftaran/foto-ktp/gambar").await;
    assert_eq!(siti.headers["content-type"], "image/jpeg");
    assert_eq!(siti.headers["cache-control"], "no-store");
    assert_eq!(image::load_from_memory(&siti.bytes).unwrap().width(), 800);

    let (mut other, _) = signed_in(&served, "budi").await;
    other.open("/pendaftaran/foto-ktp/gambar").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let mut stranger = served.browser();
    stranger.open("/pendaftaran/foto-ktp/gambar").await;
    assert!(stranger.path.starts_with("/masuk"), "{}", stranger.path);

    siti.open(CARD).await;
    let dark = encoded(RgbImage::from_pixel(900, 400, Rgb([20; 3])), ImageFormat::Png);
    siti.answer_with_file(&[], &dark).await;
    for hint in ["Foto ini kecil", "Foto ini gelap", "Foto ini kurang tajam"] {
        siti.says(hint);
    }
    siti.says("Pakai foto ini dan lanjutkan");
    assert_eq!(count(&served, "account_secrets WHERE kind = 'identity_photo'").await, 1);
    siti.send("/pendaftaran/foto-ktp/hapus", &[]).await;
    assert_eq!(siti.path, CARD);
    assert!(!siti.html.contains("Hapus foto ini"));
    assert_eq!(count(&served, "account_secrets").await, 0);
}

/// Goal: what is no picture is refused in words, and nothing of it is kept. Method: other formats under the name of a
/// JPEG, half a picture, no file, a bomb, and one that is too large to be taken.
#[tokio::test]
async fn hostile_files() {
    let served = Served::new().await;
    let (mut siti, _) = signed_in(&served, "siti").await;
    let half = good()[..4_000].to_vec();
    let bomb = encoded(RgbImage::from_pixel(6_000, 4_100, Rgb([9; 3])), ImageFormat::Png);
    let cases: [(&[u8], &str); 5] = [
        (b"", "Ambil atau pilih foto"),
        (b"GIF89a\x01\0\x01\0\x80\0\0", "bukan foto JPEG atau PNG"),
        (b"<svg onload=alert(1)>", "bukan foto JPEG atau PNG"),
        (&half, "rusak atau terpotong"),
        (&bomb, "terlalu besar"),
    ];
    for (file, words) in cases {
        siti.open(CARD).await;
        siti.answer_with_file(&[], file).await;
        assert_eq!(siti.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        siti.says(words);
        siti.says("aria-invalid=\"true\"");
    }
    // The page comes back with the limit and what to do, up to the largest that is read to its end.
    for (bytes, status) in [
        (6_000_001, StatusCode::UNPROCESSABLE_ENTITY),
        (25_000_000, StatusCode::UNPROCESSABLE_ENTITY),
        (32 * 1024 * 1024, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        siti.open(CARD).await;
        siti.says(r#"data-max="6000000""#);
        siti.answer_with_file(&[], &vec![0; bytes]).await;
        assert_eq!(siti.status, status, "{bytes}");
        siti.says("6 MB");
        siti.says("ukuran yang lebih kecil di pengaturan kamera");
    }
    siti.says(&format!(r#"href="{CARD}""#));
    siti.open(CARD).await;
    siti.answer_with_file(&[], &good()).await;
    siti.open(FACE).await;
    siti.answer_with_file(&[("setuju", "ya")], &vec![0; 6_000_001]).await;
    siti.says(r#"value="ya" checked"#);
    siti.open(CARD).await;
    siti.send("/pendaftaran/foto-ktp/hapus", &[]).await;
    assert_eq!(count(&served, "account_secrets").await, 0);
}

/// Goal: a file without the token of the visit, or before it, is not taken, and an account sends only so many. Method:
/// forms written by hand; then one after the other.
#[tokio::test]
async fn tokens_and_rates() {
    let served = Served::new().await;
    let (mut siti, _) = signed_in(&served, "siti").await;
    let (mut budi, _) = signed_in(&served, "budi").await;
    siti.send_parts(CARD, &[], &good()).await;
    assert_eq!(siti.status, StatusCode::FORBIDDEN);
    siti.says(&format!(r#"href="{CARD}">Buka halaman itu lagi"#));
    siti.send_parts("/pendaftaran/foto-ktp/hapus", &[], &good()).await;
    siti.says(&format!(r#"href="{CARD}">Buka halaman itu lagi"#));
    budi.open(CARD).await;
    siti.path = CARD.to_owned();
    siti.html.clone_from(&budi.html);
    siti.answer_with_file(&[], &good()).await;
    assert_eq!(siti.status, StatusCode::FORBIDDEN);
    assert_eq!(count(&served, "account_secrets").await, 0);
    for _ in 0..10 {
        budi.open(CARD).await;
        budi.answer_with_file(&[], b"GIF89a").await;
        assert_eq!(budi.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    budi.open(CARD).await;
    budi.answer_with_file(&[], &good()).await;
    assert_eq!(budi.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(budi.headers.contains_key("retry-after"));
}

/// Goal: whoever stops sending is not waited for, and an account has one file on its way. Method: a file stops amid it and
/// another is sent; then one stops and nothing more comes.
#[tokio::test]
async fn stopped_files() {
    let served = Served::new().await;
    let (mut siti, _) = signed_in(&served, "siti").await;
    siti.open(CARD).await;
    let mut again = siti.clone();
    let (stopped, stops) = oneshot::channel();
    tokio::join!(siti.stop_amid_file(stopped), async {
        stops.await.unwrap();
        again.answer_with_file(&[], &good()).await;
    });
    again.says("Foto KTP sudah tersimpan");
    assert_eq!(siti.status, StatusCode::SERVICE_UNAVAILABLE);
    siti.says("Foto belum sampai");

    let (stopped, stops) = oneshot::channel();
    let mut last = again.clone();
    tokio::join!(last.stop_amid_file(stopped), async {
        stops.await.unwrap();
        // Time passes by itself once nobody has anything to do.
        tokio::time::pause();
    });
    last.says("Foto belum sampai");
}

/// Sets the state of a check as a verdict would.
async fn set(served: &Served, account: AccountId, to: &str) {
    let account = account.uuid();
    served
        .world
        .execute(&format!("UPDATE face_checks SET {to} WHERE account_id = '{account}'"))
        .await;
}

/// Goal: each state of the check has its words and its next step, in both languages, and the page reads itself again
/// while it waits. Method: a face is sent, then each state is set.
#[tokio::test]
async fn a_face() {
    let served = Served::new().await;
    let (mut siti, account) = signed_in(&served, "siti").await;
    siti.open(FACE).await;
    siti.says("Kirim foto KTP terlebih dahulu");
    siti.open(CARD).await;
    siti.answer_with_file(&[], &good()).await;
    siti.open(FACE).await;
    siti.says(r#"capture="user""#);
    siti.says("Saya setuju foto Kartu Tanda Penduduk dan wajah saya");
    siti.answer_with_file(&[], &good()).await;
    assert_eq!(siti.status, StatusCode::UNPROCESSABLE_ENTITY);
    siti.says("Centang bila Anda setuju");
    siti.answer_with_file(&[], &[]).await;
    siti.says("Centang bila Anda setuju");
    siti.says("Ambil atau pilih foto");
    assert_eq!(count(&served, "account_secrets WHERE kind = 'face_photo'").await, 0);
    siti.answer_with_file(&[("setuju", "ya")], &good()).await;
    assert_eq!((siti.status, siti.path.as_str()), (StatusCode::OK, FACE));
    siti.says("Wajah Anda sedang diperiksa");
    siti.says(r#"<noscript><meta http-equiv="refresh" content="5"></noscript>"#);
    assert!(!siti.html.contains("type=\"file\""), "one waits already");
    assert_eq!(count(&served, "consents WHERE kind = 'photo_and_face'").await, 1);
    assert_eq!(count(&served, "jobs WHERE kind = 'faces_compare' AND lane = 'faces'").await, 1);

    let now = "answered_at = '2023-02-01T01:00Z'";
    set(&served, account, &format!("state = 'unavailable', {now}")).await;
    siti.open(FACE).await;
    siti.says("sedang tidak dapat dihubungi");
    siti.says(r#"<noscript><meta http-equiv="refresh" content="30"></noscript>"#);
    for (fault, words) in [
        ("mismatch", "Wajah belum cocok dengan foto KTP"),
        ("unclear", "Salah satu foto kurang jelas"),
        ("no_face", "Wajah tidak ditemukan di foto"),
    ] {
        set(&served, account, &format!("state = 'refuted', fault = '{fault}', {now}")).await;
        siti.open(FACE).await;
        siti.says(words);
        siti.says("Sisa percobaan hari ini: 4.");
        siti.says("dinas ketenagakerjaan");
        siti.says("type=\"file\"");
    }
    siti.open("/en/pendaftaran/wajah").await;
    siti.says("No face was found in the photo");
    set(&served, account, "sent_count = 5").await;
    siti.open(FACE).await;
    siti.says("Percobaan hari ini sudah habis");
    assert!(!siti.html.contains("type=\"file\""));
    set(&served, account, &format!("state = 'confirmed', fault = NULL, {now}")).await;
    siti.open(FACE).await;
    siti.says("Wajah Anda cocok dengan foto KTP");
    set(&served, account, "state = 'expired'").await;
    served.set_now(Timestamp::from_micros(
        served.portal.service.clock.now().micros() + 86_400_000_000,
    ));
    siti.open("/masuk").await;
    siti.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
    siti.open(FACE).await;
    siti.says("sudah terlalu lama");
    siti.says("type=\"file\"");
}

/// The script that helps with pictures is small, and is only on pages that take one.
#[tokio::test]
async fn the_script() {
    let served = Served::new().await;
    let (mut siti, _) = signed_in(&served, "siti").await;
    siti.open("/akun").await;
    assert!(!siti.html.contains("/aset/foto-"));
    siti.open(CARD).await;
    let (_, rest) = siti.html.split_once("src=\"/aset/foto-").unwrap();
    let address = format!("/aset/foto-{}", rest.split('"').next().unwrap());
    siti.open(&address).await;
    assert!(siti.bytes.len() < 4_096, "{}", siti.bytes.len());
}
