//! Signing in and out, and what a form needs to be taken.

use axum::http::StatusCode;

use crate::served::{PASSWORD, Served};

/// Whoever asks for the account signs in first and is led back; what is wrong is said beside its field, in both
/// languages, without the password; signed out, the account is closed again.
#[tokio::test]
async fn in_and_out() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let mut browser = served.browser();
    browser.open("/en/akun").await;
    assert_eq!(browser.path, "/en/masuk?lanjut=%2Fakun");
    browser.answer(&[("email", "siti"), ("sandi", "")]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("Write an e-mail address");
    browser.says("Write your password");
    browser.says(r#"value="siti""#);
    browser.answer(&[("email", "siti@contoh.id"), ("sandi", "kata sandi yang salah")]).await;
    browser.says("not right");
    assert!(!browser.html.contains("yang salah"), "a password is shown");
    browser.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
    assert_eq!((browser.status, browser.path.as_str()), (StatusCode::OK, "/en/akun"));
    browser.send("/en/keluar", &[]).await;
    assert_eq!(browser.path, "/en/masuk");
    browser.open("/akun").await;
    assert!(browser.path.starts_with("/masuk"), "{}", browser.path);
}

/// A form without the token of this visit is refused, whoever is signed in; a page of one visit gives no token to another.
#[tokio::test]
async fn tokens() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let (mut one, mut other) = (served.browser(), served.browser());
    one.open("/masuk").await;
    other.open("/masuk").await;
    one.html = other.html.clone();
    one.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
    assert_eq!(one.status, StatusCode::FORBIDDEN);
    one.says("sudah terlalu lama terbuka");
    other.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
    assert_eq!((other.status, other.path.as_str()), (StatusCode::OK, "/akun"));
}

/// After signing in nobody is led to another site.
#[tokio::test]
async fn leads_nowhere_else() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let wishes = ["https:%2F%2F", "%2F%2F", "%2F%5C", "%2F%09%2F", "%2F%0a%2F", "%2F%0d%2F"];
    for wished in wishes.map(|wish| format!("{wish}lain.id")) {
        let mut browser = served.browser();
        let path = format!("/masuk?lanjut={wished}");
        browser.open(&path).await;
        browser.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
        assert_eq!(browser.path, "/akun");
        browser.open(&format!("/antre?ke={wished}")).await;
        assert_eq!(browser.path, "/akun", "{wished}");
    }
    let mut browser = served.browser();
    browser.open("/masuk?lanjut=%2Fakun%2Fgelombang%3Fdari%3D2").await;
    browser.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
    assert_eq!(browser.path, "/akun/gelombang?dari=2");
}

/// Once the database is away, a page says so and when to come back, and keeps what it must.
#[tokio::test]
async fn database_away() {
    let served = Served::new().await;
    served.portal.gate.set_open(false);
    let mut browser = served.browser();
    browser.open("/masuk").await;
    assert_eq!(browser.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(browser.headers.contains_key("retry-after"));
    browser.says("Waktu mendaftar tidak memengaruhi peluang Anda");
}

/// Goal: every page shows whoever is signed in the way out and nobody else, and it leads to a page that ends this session
/// or says where all are ended. Method: pages of each kind, also one that is not there, in both languages.
#[tokio::test]
async fn way_out() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let mut browser = served.browser();
    for path in ["/masuk", "/daftar", "/en/masuk"] {
        browser.open(path).await;
        assert!(!browser.html.contains("/keluar\""), "{path}");
    }
    let mut browser = served.signed_in("siti").await;
    let pages =
        ["/akun", "/akun/kontak", "/akun/data", "/akun/gelombang", "/pendaftaran/nik", "/tes/x"];
    for path in pages {
        for (path, link) in [
            (path.to_owned(), r#"<a href="/keluar">Keluar</a>"#),
            (format!("/en{path}"), r#"<a href="/en/keluar">Sign out</a>"#),
        ] {
            browser.open(&path).await;
            browser.says(link);
        }
    }
    browser.open("/en/keluar").await;
    browser.says(r#"href="/en/akun/kontak""#);
    browser.says("What you have saved stays");
    browser.open("/keluar").await;
    browser.answer(&[]).await;
    assert_eq!(browser.path, "/masuk");
    browser.open("/akun").await;
    assert!(browser.path.starts_with("/masuk"), "{}", browser.path);
}

/// Goal: whoever comes back after an hour signs in again, is led on to where she was with her answers kept, and is shown
/// no way out before. Method: an answer, the clock an hour on, the page again.
#[tokio::test]
async fn unused_session() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let mut browser = served.signed_in("siti").await;
    browser.open("/pendaftaran/nama").await;
    browser.answer(&[("nama", "Siti Aminah")]).await;
    let now = served.portal.service.clock.now();
    served.set_now(now.plus_micros(domain::account::SESSION_UNUSED_MICROS));
    browser.open("/pendaftaran/nama").await;
    assert_eq!(browser.path, "/masuk?lanjut=%2Fpendaftaran%2Fnama&sesi=berakhir");
    assert!(!browser.html.contains("/keluar\""), "nobody is signed in");
    browser.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
    assert_eq!(browser.path, "/pendaftaran/nama");
    browser.says(r#"value="Siti Aminah""#);
}
