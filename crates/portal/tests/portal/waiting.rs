//! The waiting room: who waits, who passes, and that nothing sent is lost.

use axum::http::StatusCode;
use http_support::Admission;
use portal::{WaitingRoom, router_with_room};

use crate::browser::Browser;
use crate::served::{PASSWORD, Served};

/// A portal whose room has been opened by load that lasts, and the instant of that.
async fn crowded() -> (Served, WaitingRoom) {
    let served = Served::new().await;
    served.open_account("siti").await;
    // Nobody is let in, so it is as crowded as can be.
    let room = WaitingRoom::new(served.portal.service.clone(), Admission::closed());
    let mut first = browser(&served, &room);
    for _ in 0..2 {
        first.open("/masuk").await;
        assert_eq!(first.path, "/masuk", "a moment of load makes somebody wait");
        pass_seconds(&served, 1);
    }
    (served, room)
}

fn browser(served: &Served, room: &WaitingRoom) -> Browser {
    Browser::of(router_with_room(served.portal.clone(), room.clone()), served.portal.clone())
}

fn pass_seconds(served: &Served, seconds: i64) {
    let now = served.portal.service.clock.now();
    served.set_now(now.plus_micros(seconds * 1_000_000));
}

/// Whoever comes to sign in waits, in either language, and is told that it changes nothing; called, they go on to where
/// they wanted, and stay in.
#[tokio::test]
async fn waits_and_is_called() {
    let (served, room) = crowded().await;
    let mut browser = browser(&served, &room);
    browser.open("/en/masuk").await;
    assert_eq!((browser.path.as_str(), browser.status), ("/en/antre?ke=%2Fmasuk", StatusCode::OK));
    browser.says("Your place here does not change your chance.");
    browser.says(r#"<noscript><meta http-equiv="refresh" content="5"></noscript>"#);
    for seconds in 1..60 {
        pass_seconds(&served, 1);
        browser.open("/en/antre?ke=%2Fmasuk").await;
        if browser.path == "/en/masuk" {
            assert!(seconds >= 9, "called before the first group was complete");
            browser.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
            assert_eq!(browser.path, "/en/akun");
            return;
        }
    }
    panic!("never called");
}

/// A form opened before the room is taken when it is sent, and whoever sent it goes on; one's own pages are read by
/// anybody.
#[tokio::test]
async fn what_is_sent_passes() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let room = WaitingRoom::new(served.portal.service.clone(), Admission::closed());
    let mut early = browser(&served, &room);
    early.open("/masuk").await;
    let mut others = browser(&served, &room);
    for _ in 0..3 {
        pass_seconds(&served, 1);
        others.open("/akun").await;
    }
    assert!(others.path.starts_with("/antre"), "the room is closed: {}", others.path);
    early.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
    assert_eq!((early.path.as_str(), early.status), ("/akun", StatusCode::OK));
    early.open("/masuk").await;
    assert_eq!(early.path, "/masuk", "let in, and made to wait");
}

/// A form that anybody can send lets nobody in, with whatever cookie, and whoever asks for a new password waits as all do;
/// what is sent is taken all the same.
#[tokio::test]
async fn forms_of_anybody() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let room = WaitingRoom::new(served.portal.service.clone(), Admission::closed());
    let mut early = browser(&served, &room);
    early.open("/lupa-sandi").await;
    let mut forger = browser(&served, &room);
    forger.set_cookie("sesi", &format!("gls_{}", "0".repeat(64)));
    forger.open("/lupa-sandi").await;
    for _ in 0..3 {
        pass_seconds(&served, 1);
        browser(&served, &room).open("/akun").await;
    }
    for visit in [&mut early, &mut forger] {
        visit.answer(&[("email", "siti@contoh.id")]).await;
        assert_eq!((visit.path.as_str(), visit.status), ("/lupa-sandi/kode", StatusCode::OK));
        for begins in ["/masuk", "/en/daftar", "/lupa-sandi"] {
            visit.open(begins).await;
            assert!(visit.path.contains("/antre?ke="), "{begins}: let in, at {}", visit.path);
        }
    }
}

/// Whoever was let in and typed for longer than that lasts goes on with what they send.
#[tokio::test]
async fn long_forms() {
    let (served, room) = crowded().await;
    let mut browser = browser(&served, &room);
    browser.open("/lupa-sandi").await;
    while browser.path.contains("/antre") {
        pass_seconds(&served, 1);
        let again = browser.path.clone();
        browser.open(&again).await;
    }
    pass_seconds(&served, 31 * 60);
    browser.answer(&[("email", "siti@contoh.id")]).await;
    assert_eq!(browser.path, "/lupa-sandi/kode");
    browser.open("/masuk").await;
    assert_eq!(browser.path, "/masuk", "let in, and made to wait");
}

/// Without a crowd nobody waits, also not who asks for the room itself.
#[tokio::test]
async fn closed_room() {
    let served = Served::new().await;
    let room = WaitingRoom::new(served.portal.service.clone(), Admission::default());
    let mut browser = browser(&served, &room);
    browser.open("/antre?ke=%2Fmasuk").await;
    assert_eq!(browser.path, "/masuk");
    browser.open("/antre?ke=%2F%2Flain.id").await;
    assert!(browser.path.starts_with("/masuk"), "{}", browser.path);
}
