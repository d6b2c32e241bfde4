//! What was typed stays when a form could not be taken.

use axum::http::StatusCode;
use domain::account::SESSION_UNUSED_MICROS;

use crate::browser::Browser;
use crate::served::{PASSWORD, Served};

const NEW: &str = "/akun/pengaduan/baru";
const WRITTEN: &str = "Insentif saya belum datang & saya sudah menunggu";
const FIELDS: [(&str, &str); 2] = [("tentang", "data"), ("uraian", WRITTEN)];

/// Fails unless the page shows the complaint as it was typed, or nothing of it.
fn shows(browser: &Browser, is_there: bool) {
    assert_eq!((browser.status, browser.path.trim_start_matches("/en")), (StatusCode::OK, NEW));
    assert_eq!(browser.html.contains("belum datang &#38; saya"), is_there, "{}", browser.html);
    assert_eq!(browser.html.contains(r#"value="data" checked"#), is_there, "{}", browser.html);
}

/// Goal: a session that ends takes nothing with it. Method: a complaint is sent when the session was not used for too
/// long; whoever wrote it signs in again, finds it, sends it once, and it is kept no longer. Somebody else who signs in
/// at the same browser does not find it.
#[tokio::test]
async fn after_a_session() {
    let served = Served::new().await;
    served.open_account("siti").await;
    served.open_account("budi").await;
    let mut siti = served.signed_in("siti").await;
    siti.open(NEW).await;
    let now = served.portal.service.clock.now();
    served.set_now(now.plus_micros(SESSION_UNUSED_MICROS + 1));
    siti.answer(&FIELDS).await;
    assert_eq!(siti.path, "/masuk?lanjut=%2Fakun%2Fpengaduan%2Fbaru&sesi=isian");
    siti.says("Isian yang tadi masih ada");
    let mut budi = siti.clone();
    budi.sign_in(&[("email", "budi@contoh.id"), ("sandi", PASSWORD)]).await;
    shows(&budi, false);
    siti.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
    shows(&siti, true);
    siti.says("belum terkirim");
    let complaints = "SELECT count(*) FROM complaints";
    assert_eq!(served.world.number(complaints).await, 0);
    let form = siti.clone();
    siti.answer(&FIELDS).await;
    siti.says("belum dibaca");
    siti.open(NEW).await;
    shows(&siti, false);
    let mut twice = form;
    twice.answer(&FIELDS).await;
    assert_eq!(served.world.number(complaints).await, 1);
}

/// A session that was ended on purpose keeps nothing for whoever comes next.
#[tokio::test]
async fn signed_out() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let mut siti = served.signed_in("siti").await;
    siti.open(NEW).await;
    let mut elsewhere = siti.clone();
    elsewhere.open("/keluar").await;
    elsewhere.send("/keluar", &[]).await;
    siti.answer(&FIELDS).await;
    assert_eq!(siti.path, "/masuk?lanjut=%2Fakun%2Fpengaduan%2Fbaru", "it was ended on purpose");
    siti.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
    shows(&siti, false);
}

/// What somebody typed is not handed to whoever has signed in meanwhile in another tab, and what was typed before anybody
/// signed in goes with signing out.
#[tokio::test]
async fn of_somebody_else() {
    let served = Served::new().await;
    served.open_account("siti").await;
    served.open_account("budi").await;
    let mut siti = served.signed_in("siti").await;
    siti.open(NEW).await;
    let typed = siti.html.clone();
    let mut budi = siti.clone();
    budi.open("/masuk").await;
    budi.sign_in(&[("email", "budi@contoh.id"), ("sandi", PASSWORD)]).await;
    (budi.path, budi.html, budi.site) = (NEW.to_owned(), typed, Some("same-origin"));
    budi.answer(&FIELDS).await;
    shows(&budi, false);
    assert_eq!(served.world.number("SELECT count(*) FROM complaints").await, 0);

    let mut shared = served.browser();
    shared.open("/masuk").await;
    shared.answer_at("/en/masuk", &[("email", "siti@"), ("bahasa", "en")]).await;
    shared.says(r#"value="siti@""#);
    let mut before = shared.clone();
    before.open("/en/masuk").await;
    before.says(r#"value="siti@""#);
    shared.open("/masuk").await;
    shared.sign_in(&[("email", "budi@contoh.id"), ("sandi", PASSWORD)]).await;
    shared.open("/keluar").await;
    shared.send("/keluar", &[]).await;
    shared.open("/en/masuk").await;
    assert!(!shared.html.contains("siti@"), "{}", shared.html);
}

/// Switching the language takes along what was typed, but no password; nobody is told that it had been sent.
#[tokio::test]
async fn in_another_language() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let mut browser = served.browser();
    browser.open("/daftar?dari=kartu").await;
    let typed =
        [("email", "siti@"), ("sandi", "rahasia sekali 1"), ("syarat", "ya"), ("bahasa", "en")];
    browser.answer_at("/en/daftar?dari=kartu", &typed).await;
    assert_eq!((browser.status, browser.path.as_str()), (StatusCode::OK, "/en/daftar?dari=kartu"));
    browser.says(r#"value="siti@""#);
    assert!(!browser.html.contains("rahasia"), "a password is shown");
    assert!(!browser.html.contains(" checked"), "a consent is given anew");
    assert!(!browser.html.contains("not sent yet"));
    let mut siti = served.signed_in("siti").await;
    siti.open("/akun/pengaduan/baru").await;
    let typed = [FIELDS.as_slice(), &[("bahasa", "en")]].concat();
    siti.answer_at("/en/akun/pengaduan/baru", &typed).await;
    shows(&siti, true);
    siti.says("What happened?");
    assert_eq!(served.world.number("SELECT count(*) FROM complaints").await, 0);
}

/// A page that is older than the session is shown anew with what was typed, if the browser says that it was ours; a form
/// that another site may have filled in is not kept.
#[tokio::test]
async fn of_an_old_page() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let mut siti = served.signed_in("siti").await;
    siti.open(NEW).await;
    let old = siti.html.clone();
    siti.open("/masuk").await;
    siti.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
    for (site, is_kept) in [(None, false), (Some("cross-site"), false), (Some("same-origin"), true)]
    {
        let mut tab = siti.clone();
        (tab.path, tab.html, tab.site) = (NEW.to_owned(), old.clone(), site);
        tab.answer(&FIELDS).await;
        if !is_kept {
            assert_eq!(tab.status, StatusCode::FORBIDDEN, "{site:?}");
            tab.open(NEW).await;
        }
        shows(&tab, is_kept);
    }
}
