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
    browser.says(r#"<meta http-equiv="refresh" content="5;url=/en/antre?ke=%2Fmasuk">"#);
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
