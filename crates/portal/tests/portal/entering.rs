//! Opening an account, signing in with codes, choosing another password, proving a phone: as a browser without scripts,
//! with the codes that the courier would send.

use app::consents::consents_give;
use app::contact::verified_phone;
use app::notices::{Message, claim_notices};
use app::rights::withdraw_consent;
use axum::http::StatusCode;
use domain::consent::ConsentKind;
use domain::ids::AccountId;
use domain::notice::Channel;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::browser::Browser;
use crate::served::{PASSWORD, Served};

const EMAIL: (&str, &str) = ("email", "siti@contoh.id");
const GOOD: [(&str, &str); 4] = [EMAIL, ("sandi", PASSWORD), ("syarat", "ya"), ("privasi", "ya")];
const MINUTE: i64 = 60_000_000;

/// Everything the courier would send now on a channel: to whom, and the words.
async fn sent(served: &Served, channel: Channel) -> Vec<(String, String)> {
    let service = &served.portal.service;
    let (database, keys, now) = (&service.database, &service.keys, service.clock.now());
    let held = claim_notices(database, keys, Uuid::from_u128(1), channel, now, 50).await.unwrap();
    let words = |message| match message {
        Message::Email(mail) => (mail.to.expose().to_owned(), mail.letter.body),
        Message::Sms(text) => (text.to.expose().to_owned(), text.text),
    };
    held.into_iter().map(|one| words(one.message)).collect()
}

/// The one code among messages to an address or number.
fn code_to(messages: &[(String, String)], to: &str) -> String {
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let own = messages.iter().filter(|(address, _)| address == to);
    let codes: Vec<&str> =
        own.filter_map(|(_, words)| words.split_whitespace().find(is_code)).collect();
    assert_eq!(codes.len(), 1, "{messages:?}");
    codes[0].to_owned()
}

fn other_than(code: &str) -> &'static str {
    if code == "000000" { "111111" } else { "000000" }
}

fn later(served: &Served, micros: i64) -> Timestamp {
    served.portal.service.clock.now().plus_micros(micros)
}

/// An account is opened, proven by the code of the letter, and used on: the device needs no other code, a strange one does;
/// a new code comes after a minute and only it is taken; nothing secret is in the outbox.
#[tokio::test]
async fn opened_and_entered() {
    let served = Served::new().await;
    let mut browser = served.browser();
    browser.open("/daftar").await;
    browser.answer(&[("email", "siti"), ("sandi", "pendek")]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("Tulis alamat e-mail");
    browser.says("12 sampai 128 karakter");
    browser.says("Centang persetujuan atas syarat");
    browser.says("Centang persetujuan atas penggunaan");
    browser.answer(&GOOD).await;
    assert_eq!((browser.status, browser.path.as_str()), (StatusCode::OK, "/daftar/kode"));
    browser.says("one-time-code");
    let code = code_to(&sent(&served, Channel::Email).await, EMAIL.1);
    let stored = served
        .world
        .rows("SELECT n::text FROM notices n UNION ALL SELECT a::text FROM audit_events a")
        .await;
    assert!(stored.iter().all(|row| !row.contains(&code)), "{stored:?}");
    browser.answer(&[("kode", "12")]).await;
    browser.says("terdiri dari 6 angka");
    browser.answer(&[("kode", other_than(&code))]).await;
    browser.says("Sisa percobaan: 4");
    browser.answer(&[("kode", &code)]).await;
    assert_eq!(browser.path, "/pendaftaran");
    assert_eq!(served.world.number("SELECT count(*) FROM consents").await, 2);

    browser.open("/akun/kontak").await;
    browser.says("siti@contoh.id");
    browser.says("Perangkat ini.");
    browser.open("/akun").await;
    browser.send("/keluar", &[]).await;
    browser.answer(&[EMAIL, ("sandi", PASSWORD)]).await;
    assert_eq!(browser.path, "/akun", "a known device needs no code");

    let mut strange = served.browser();
    strange.open("/en/masuk").await;
    strange.answer(&[EMAIL, ("sandi", PASSWORD)]).await;
    assert!(strange.path.starts_with("/en/masuk/kode"), "{}", strange.path);
    let first = strange.newest_code("code_sign_in").await;
    strange.answer(&[("ulang", "email")]).await;
    strange.says("A new code cannot be sent yet");
    served.set_now(later(&served, MINUTE));
    strange.answer(&[("ulang", "email")]).await;
    let second = code_to(&sent(&served, Channel::Email).await, EMAIL.1);
    assert_eq!(second, strange.newest_code("code_sign_in").await);
    if first != second {
        strange.answer(&[("kode", &first)]).await;
        strange.says("Tries left: 4");
    }
    strange.answer(&[("kode", &second)]).await;
    assert_eq!((strange.status, strange.path.as_str()), (StatusCode::OK, "/en/akun"));

    strange.open("/en/akun/kontak").await;
    strange.send("/en/akun/kontak/keluar", &[]).await;
    browser.open("/akun").await;
    assert!(browser.path.starts_with("/masuk"), "signed out everywhere: {}", browser.path);
}

/// What a page says without what differs at each visit.
fn plain(browser: &Browser) -> String {
    let hidden = |part: &str| part.split_once('>').map(|(_, rest)| rest.to_owned());
    browser
        .html
        .split("<input type=\"hidden\"")
        .map(|part| hidden(part).unwrap_or_default())
        .collect()
}

/// What the page for signing in says to each of these wrong passwords, without the address.
async fn wrong_passwords(served: &Served, address: &str, at: &[Timestamp]) -> Vec<String> {
    let mut browser = served.browser();
    let mut pages = Vec::new();
    for now in at {
        served.set_now(*now);
        browser.open("/masuk").await;
        browser.answer(&[("email", address), ("sandi", "kata sandi yang salah")]).await;
        pages.push(plain(&browser).replace(address, ""));
    }
    pages
}

/// Nobody learns from a page whether an address has an account; its owner is told. Five wrong codes lock both alike, and
/// five wrong passwords do, also after tries that lie a day back.
#[tokio::test]
async fn addresses_are_not_told() {
    let served = Served::new().await;
    served.open_account("siti").await;
    for (path, place) in [("/daftar", "/daftar/kode"), ("/lupa-sandi", "/lupa-sandi/kode")] {
        let mut shown = Vec::new();
        for address in ["siti@contoh.id", "nobody@contoh.id"] {
            let mut browser = served.browser();
            browser.open(path).await;
            let fields = [&[("email", address)], &GOOD[1..]].concat();
            browser.answer(&fields).await;
            assert_eq!(browser.path, place);
            // What was typed is shown in either case, as its owner knows it again.
            let masked = format!("{}•••@contoh.id", &address[..1]);
            let words = match path {
                "/daftar" => "Kode dikirim ke",
                _ => "Alamat yang Anda tulis:",
            };
            browser.says(&format!("{words} {masked}."));
            let plain = |browser: &Browser| plain(browser).replace(&masked, "");
            let mut pages = vec![plain(&browser)];
            if path == "/lupa-sandi" {
                let code = browser.newest_code("code_reset_password").await;
                for _ in 0..5 {
                    let wrong = [("kode", other_than(&code)), ("sandi", PASSWORD)];
                    browser.answer(&wrong).await;
                    pages.push(plain(&browser));
                }
                browser.says("Terlalu banyak percobaan");
                browser.says("Bila Anda ingat kata sandi Anda, Anda tetap dapat masuk.");
            }
            shown.push(pages);
        }
        assert_eq!(shown[0], shown[1], "{path}");
    }
    let now = served.portal.service.clock.now();
    let next = now.plus_days(1);
    let at = [&[now; 4][..], &[next; 6], &[next.plus_micros(120 * MINUTE)]].concat();
    let pages = wrong_passwords(&served, "nobody@contoh.id", &at).await;
    assert_eq!(wrong_passwords(&served, EMAIL.1, &at).await, pages);
    let is_locked = |page: &String| page.contains("Terlalu banyak percobaan");
    let locked: Vec<usize> = (0..11).filter(|number| is_locked(&pages[*number])).collect();
    assert_eq!(locked, [9]);
    served.set_now(now);
    let letters = sent(&served, Channel::Email).await;
    let known = letters.iter().filter(|(_, words)| words.contains("sudah punya akun"));
    assert!(
        known.clone().count() == 1 && known.clone().all(|(to, _)| to == EMAIL.1),
        "{letters:?}"
    );
}

/// Another password is chosen by the code of a letter; everybody is signed out, and the former one is taken no more.
#[tokio::test]
async fn another_password() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let mut before = served.browser();
    before.open("/masuk").await;
    before.sign_in(&[EMAIL, ("sandi", PASSWORD)]).await;
    let mut browser = served.browser();
    browser.open("/lupa-sandi").await;
    browser.answer(&[EMAIL]).await;
    let code = browser.newest_code("code_reset_password").await;
    browser.answer(&[("kode", &code), ("sandi", "123456789012")]).await;
    browser.says("mudah ditebak");
    browser.answer(&[("kode", &code), ("sandi", "dua belas kuda hitam")]).await;
    assert_eq!((browser.status, browser.path.as_str()), (StatusCode::OK, "/akun"));
    before.open("/akun").await;
    assert!(before.path.starts_with("/masuk"), "the former session is over");
    before.answer(&[EMAIL, ("sandi", PASSWORD)]).await;
    before.says("tidak cocok");
    before.answer(&[EMAIL, ("sandi", "dua belas kuda hitam")]).await;
    assert!(before.path.starts_with("/masuk/kode"), "the device is known no more");
    let letters = sent(&served, Channel::Email).await;
    assert!(letters.iter().any(|(_, words)| words.contains("sudah diganti")), "{letters:?}");
}

/// The newest link of our own among letters.
fn newest_link(letters: &[(String, String)]) -> Option<String> {
    let lines = letters.iter().rev().flat_map(|(_, words)| words.lines());
    lines.filter_map(|line| line.strip_prefix("http://contoh.id")).map(str::to_owned).next()
}

/// Locks the codes of a forgotten password, and gives the right one.
async fn lock_codes(served: &Served) -> String {
    let mut stranger = served.browser();
    stranger.open("/lupa-sandi").await;
    stranger.answer(&[EMAIL]).await;
    let code = stranger.newest_code("code_reset_password").await;
    for _ in 0..5 {
        stranger.answer(&[("kode", other_than(&code)), ("sandi", PASSWORD)]).await;
    }
    stranger.says("Terlalu banyak percobaan");
    code
}

/// Goal: nobody keeps the owner of an address out by using up tries. Method: somebody else locks password and codes, again
/// and again; each time a letter comes whose link outlives the lock. By it the owner chooses a password without a code,
/// once, and comes in; spent, it says so.
#[tokio::test]
async fn letters_need_no_code() {
    let mut served = Served::new().await;
    served.portal.public_url = Some("http://contoh.id".into());
    served.open_account("siti").await;
    let now = served.portal.service.clock.now();
    wrong_passwords(&served, EMAIL.1, &[now; 6]).await;
    lock_codes(&served).await;
    sent(&served, Channel::Email).await;
    served.set_now(now.plus_micros(121 * MINUTE));
    lock_codes(&served).await;
    let letters = sent(&served, Channel::Email).await;
    assert!(letters.iter().any(|(_, words)| words.contains("Anda tidak perlu menunggu")));
    let link = newest_link(&letters).expect("a letter with a link");
    // A minute before the lock ends, the link is good.
    served.set_now(now.plus_micros(240 * MINUTE));
    let mut siti = served.browser();
    siti.open(&link).await;
    assert_eq!(siti.path, "/lupa-sandi/kode");
    siti.says("akun dengan alamat s•••@contoh.id");
    let mut twice = siti.clone();
    siti.answer(&[("sandi", "123456789012")]).await;
    siti.says("mudah ditebak");
    siti.answer(&[("sandi", "dua belas kuda hitam")]).await;
    assert_eq!((siti.status, siti.path.as_str()), (StatusCode::OK, "/akun"));
    twice.answer(&[("sandi", "tiga belas kuda putih")]).await;
    assert_eq!(twice.path, "/lupa-sandi?tautan=lama");
    twice.says("sudah dipakai");
    siti.open("/keluar").await;
    siti.send("/keluar", &[]).await;
    wrong_passwords(&served, EMAIL.1, &[served.portal.service.clock.now(); 6]).await;
    siti.answer(&[EMAIL, ("sandi", "dua belas kuda hitam")]).await;
    assert_eq!((siti.status, siti.path.as_str()), (StatusCode::OK, "/akun"));
    served.set_now(now.plus_micros(121 * MINUTE + app::step::STEP_MICROS));
    let mut late = served.browser();
    late.open(&link).await;
    assert_eq!(late.path, "/lupa-sandi?tautan=lama");
}

/// Once the link of a letter was used, its code is of no use to whoever was told it.
#[tokio::test]
async fn a_link_spends_its_code() {
    let mut served = Served::new().await;
    served.portal.public_url = Some("http://contoh.id".into());
    served.open_account("siti").await;
    let mut stranger = served.browser();
    stranger.open("/lupa-sandi").await;
    stranger.answer(&[EMAIL]).await;
    let code = stranger.newest_code("code_reset_password").await;
    let link = newest_link(&sent(&served, Channel::Email).await).expect("a letter with a link");
    let mut siti = served.browser();
    siti.open(&link).await;
    siti.answer(&[("sandi", "dua belas kuda hitam")]).await;
    assert_eq!(siti.path, "/akun");
    stranger.answer(&[("kode", &code), ("sandi", "tiga belas kuda putih")]).await;
    assert_eq!(stranger.path, "/lupa-sandi/kode");
    stranger.says("sudah tidak berlaku");
}

/// A phone is the account's once the code of a text has come back; another one and another address need the password, and
/// the former ones are told.
#[tokio::test]
async fn contacts() {
    let served = Served::new().await;
    let account = served.open_account("siti").await;
    let mut browser = served.browser();
    browser.open("/masuk").await;
    browser.sign_in(&[EMAIL, ("sandi", PASSWORD)]).await;
    browser.open("/pendaftaran/telepon").await;
    browser.answer(&[("telepon", "0812")]).await;
    browser.says("Tulis nomor ponsel Indonesia");
    browser.answer(&[("telepon", "0812 3456 7890")]).await;
    assert_eq!(browser.path, "/pendaftaran/telepon/kode");
    let code = code_to(&sent(&served, Channel::Sms).await, "+6281234567890");
    browser.answer(&[("kode", &code)]).await;
    assert_eq!(proven(&served, account).await.as_deref(), Some("+6281234567890"));

    browser.open("/akun/kontak/telepon").await;
    browser.answer(&[("telepon", "081299998888"), ("sandi", "")]).await;
    browser.says("Tulis kata sandi Anda");
    browser.answer(&[("telepon", "081299998888"), ("sandi", "kata sandi yang salah")]).await;
    browser.says("Kata sandi tidak cocok");
    browser.answer(&[("telepon", "081299998888"), ("sandi", PASSWORD)]).await;
    let code = code_to(&sent(&served, Channel::Sms).await, "+6281299998888");
    browser.answer(&[("kode", &code)]).await;
    assert_eq!(browser.path, "/akun/kontak");
    browser.says("Berakhir dengan 888");
    let texts = sent(&served, Channel::Sms).await;
    assert!(texts.iter().any(|(to, _)| to == "+6281234567890"), "{texts:?}");

    browser.open("/akun/kontak/email").await;
    browser.answer(&[("email", "baru@contoh.id"), ("sandi", PASSWORD)]).await;
    let code = code_to(&sent(&served, Channel::Email).await, "baru@contoh.id");
    browser.answer(&[("kode", &code)]).await;
    browser.says("baru@contoh.id");
    let letters = sent(&served, Channel::Email).await;
    assert!(
        letters.iter().any(|(to, words)| to == EMAIL.1 && words.contains("alamat e-mail lain")),
        "{letters:?}"
    );
}

/// The proven number of an account.
async fn proven(served: &Served, account: AccountId) -> Option<String> {
    let service = &served.portal.service;
    let mut tx = service.database.begin().await.unwrap();
    let phone = verified_phone(&mut tx, &service.keys, account).await.unwrap();
    phone.map(|phone| phone.expose().to_owned())
}

/// Whoever corrects a number within the minute is told that no code has gone there yet, keeps what was typed, and proves
/// that number a minute later; whoever sends the same number twice goes on. With addresses it is alike, and does not tell
/// which have an account.
#[tokio::test]
async fn corrected_at_once() {
    let served = Served::new().await;
    let account = served.open_account("siti").await;
    served.open_account("budi").await;
    let mut browser = served.browser();
    browser.open("/masuk").await;
    browser.sign_in(&[EMAIL, ("sandi", PASSWORD)]).await;
    let (typed, corrected) = ("0812 3456 7809", "0812 3456 7890");
    for (number, is_sent) in [(typed, true), (typed, true), (corrected, false)] {
        browser.open("/pendaftaran/telepon").await;
        browser.answer(&[("telepon", number)]).await;
        assert_eq!(browser.path.ends_with("/kode"), is_sent, "{number}");
    }
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("Kode Anda untuk kontak ini belum dikirim");
    browser.says(&format!("value=\"{corrected}\""));
    let former = code_to(&sent(&served, Channel::Sms).await, "+6281234567809");
    served.set_now(later(&served, MINUTE));
    browser.answer(&[("telepon", corrected)]).await;
    assert_eq!(browser.path, "/pendaftaran/telepon/kode");
    let code = code_to(&sent(&served, Channel::Sms).await, "+6281234567890");
    if former != code {
        browser.answer(&[("kode", &former)]).await;
        browser.says("Kode tidak cocok");
    }
    browser.answer(&[("kode", &code)]).await;
    assert_eq!(proven(&served, account).await.as_deref(), Some("+6281234567890"));

    for [first, second] in
        [["budi@contoh.id", "baru@contoh.id"], ["lain@contoh.id", "budi@contoh.id"]]
    {
        served.set_now(later(&served, MINUTE));
        for (address, is_sent) in [(first, true), (first, true), (second, false)] {
            browser.open("/akun/kontak/email").await;
            browser.answer(&[("email", address), ("sandi", PASSWORD)]).await;
            assert_eq!(browser.path.ends_with("/kode"), is_sent, "{address}");
        }
        browser.says("Kode Anda untuk kontak ini belum dikirim");
        browser.says(second);
    }
}

/// Whoever has withdrawn the consent to short messages gets a code that was asked for, and nothing else.
#[tokio::test]
async fn codes_without_consent() {
    let served = Served::new().await;
    let account = served.open_account("siti").await;
    let service = &served.portal.service;
    let mut randomness = (service.randomness)();
    let act = &mut service.act("citizen", "test", &mut randomness);
    let mut tx = act.database.begin().await.unwrap();
    consents_give(&mut tx, act, account, &[ConsentKind::SmsContact]).await.unwrap();
    tx.commit().await.unwrap();
    withdraw_consent(act, account, ConsentKind::SmsContact).await.unwrap();
    let mut browser = served.browser();
    browser.open("/masuk").await;
    browser.sign_in(&[EMAIL, ("sandi", PASSWORD)]).await;
    browser.open("/pendaftaran/telepon").await;
    browser.answer(&[("telepon", "081234567890")]).await;
    let code = code_to(&sent(&served, Channel::Sms).await, "+6281234567890");
    browser.answer(&[("kode", &code)]).await;
    browser.open("/akun/kontak/telepon").await;
    browser.answer(&[("telepon", "081299998888"), ("sandi", PASSWORD)]).await;
    let code = code_to(&sent(&served, Channel::Sms).await, "+6281299998888");
    browser.answer(&[("kode", &code)]).await;
    assert_eq!(proven(&served, account).await.as_deref(), Some("+6281299998888"));
    let texts = sent(&served, Channel::Sms).await;
    assert!(texts.is_empty(), "the former number is told nothing: {texts:?}");
    assert_eq!(served.world.number("SELECT count(*) FROM notices WHERE state = 'void'").await, 1);
}

/// Whoever locks an address locks out no device that is known: it signs in and confirms passwords by tries of its own, five
/// of them, and a strange one stays locked out.
#[tokio::test]
async fn known_devices_are_not_locked_out() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let mut known = served.browser();
    known.open("/masuk").await;
    known.sign_in(&[EMAIL, ("sandi", PASSWORD)]).await;
    let mut strange = served.browser();
    strange.open("/masuk").await;
    for _ in 0..5 {
        strange.answer(&[EMAIL, ("sandi", "kata sandi yang salah")]).await;
    }
    known.open("/akun/kontak/email").await;
    known.answer(&[("email", "baru@contoh.id"), ("sandi", PASSWORD)]).await;
    assert_eq!(known.path, "/akun/kontak/email/kode");
    known.open("/akun").await;
    known.send("/keluar", &[]).await;
    for round in 0..2 {
        known.answer(&[EMAIL, ("sandi", "kata sandi yang salah")]).await;
        known.says("tidak cocok");
        known.answer(&[EMAIL, ("sandi", PASSWORD)]).await;
        assert_eq!(known.path, "/akun", "{round}");
        known.send("/keluar", &[]).await;
    }
    strange.answer(&[EMAIL, ("sandi", PASSWORD)]).await;
    strange.says("Terlalu banyak percobaan");
    for _ in 0..5 {
        known.answer(&[EMAIL, ("sandi", "kata sandi yang salah")]).await;
    }
    known.answer(&[EMAIL, ("sandi", PASSWORD)]).await;
    known.says("Terlalu banyak percobaan");
}
