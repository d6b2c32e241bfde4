//! One's own pages in every state of a person, in both languages.

use app::register::Registration;
use app::revoke::revoke_for_cause;
use axum::http::StatusCode;
use domain::beneficiary::RevocationCause;
use domain::eligibility::{CheckKind, Finding};
use domain::wave::{WaveEvent, WaveKind};

use crate::people::says;
use crate::served::{PASSWORD, Served, WAVE};
use crate::support::{HOUR, World, applicant, applicants, wave};

/// Somebody with an answer of a register.
fn found(number: u32, finding: Finding) -> Registration {
    Registration { findings: vec![finding], ..applicant(number) }
}

/// Whoever is not registered is led to it, and finds no page of a wave; an account that had a person and lost her, and
/// one whose person is gone, look the same.
#[tokio::test]
async fn without_a_person() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let mut browser = served.signed_in("siti").await;
    let register = (["Lengkapi pendaftaran", "Giliran Anda"], ["Complete your", "Your turn"]);
    says(&mut browser, "/akun", &register.0, &register.1).await;
    browser.says(r#"href="/en/pendaftaran""#);
    browser.open(&format!("/akun/gelombang/{WAVE}/ikut")).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("Anda belum terdaftar");
    for path in ["/akun/gelombang/99", "/akun/gelombang/x", "/akun/gelombang/0"] {
        browser.open(path).await;
        assert_eq!(browser.status, StatusCode::NOT_FOUND, "{path}");
    }
    browser.open(&format!("/akun/gelombang/{WAVE}/batal")).await;
    assert_eq!(browser.status, StatusCode::NOT_FOUND);
    browser.open(&format!("/akun/gelombang/{WAVE}/banding")).await;
    assert_eq!(browser.path, "/akun");
    says(&mut browser, "/akun/gelombang", &["belum pernah ikut"], &["not joined a wave"]).await;
    served.world.execute("UPDATE accounts SET person_id = gen_random_uuid()").await;
    says(&mut browser, "/akun", &register.0, &register.1).await;
}

/// What is to be mended comes before the test, and both before the wave that is open.
#[tokio::test]
async fn before_joining() {
    let mut served = Served::new().await;
    let people = [
        found(1, Finding::IdentityRefuted),
        found(2, Finding::TestNotDone),
        found(3, Finding::Outstanding(CheckKind::Citizenship)),
    ];
    served.world.register(&people).await;
    for (person, name) in people.iter().zip(["refuted", "untested", "waiting"]) {
        served.account_of(name, person).await;
    }
    let mut browser = served.signed_in("refuted").await;
    says(
        &mut browser,
        "/akun",
        &["perlu diperbaiki", "/pendaftaran/pemeriksaan"],
        &["needs to be put right", "Population register (Dukcapil): does not agree"],
    )
    .await;
    let mut browser = served.signed_in("untested").await;
    says(&mut browser, "/akun", &["Kerjakan tes", r#"href="/tes""#], &["Take the basic"]).await;
    let mut browser = served.signed_in("waiting").await;
    let closes =
        ["Gelombang 48 sedang dibuka", "3 Februari 2023 pukul 23.59 WIB", "belum ada jawaban"];
    says(&mut browser, "/akun", &closes, &["Wave 48 is open", "3 February 2023 at 23:59"]).await;
}

/// Goal: whoever cannot join is told why, and until when, wherever a join would be offered, and what is final is not
/// called so for now. Method: one too young and one too old in both languages, on each page with a way to join.
#[tokio::test]
async fn told_before_joining() {
    let mut served = Served::new().await;
    let born = |number, year| {
        let mut one = applicant(number);
        one.identity.born_on =
            time::Date::from_calendar_date(year, time::Month::August, 5).unwrap();
        one
    };
    let (young, old) = (born(1, 2010), born(2, 1940));
    served.world.register(&[young.clone(), old.clone()]).await;
    served.account_of("young", &young).await;
    served.account_of("old", &old).await;
    for (name, [title, why], [english, because]) in [
        (
            "young",
            ["Anda belum dapat ikut Gelombang 48", "5 Agustus 2028 atau sesudahnya"],
            ["You cannot join wave 48 yet", "close on 5 August 2028 or later"],
        ),
        (
            "old",
            ["Anda tidak dapat ikut gelombang", "Usia paling tinggi 64 tahun"],
            ["You cannot join waves", "The highest age is 64"],
        ),
    ] {
        let mut browser = served.signed_in(name).await;
        let ask = format!("/akun/gelombang/{WAVE}/ikut");
        says(&mut browser, "/akun", &[title, why], &[english, because]).await;
        says(&mut browser, "/akun/gelombang", &[why], &[because]).await;
        assert!(!browser.html.contains("/ikut\""), "nothing is offered");
        browser.open(&ask).await;
        assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in [title, why] {
            browser.says(words);
        }
        assert!(!browser.html.contains("Ya, gabung"), "there is no button");
        assert_eq!(browser.html.contains("belum dapat"), name == "young");
    }
}

/// Whoever has asked for erasure is told before joining that both cannot be, and may take it back.
#[tokio::test]
async fn not_both_joined_and_erased() {
    let mut served = Served::new().await;
    let person = applicant(1);
    served.world.register(std::slice::from_ref(&person)).await;
    served.account_of("siti", &person).await;
    let mut browser = served.signed_in("siti").await;
    let ask = format!("/akun/gelombang/{WAVE}/ikut");
    browser.open("/akun/data/hapus").await;
    browser.answer(&[("sandi", PASSWORD), ("yakin", "ya")]).await;
    browser.open(&ask).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("Batalkan dahulu permintaan itu");
    assert!(!browser.html.contains("Ya, gabung"), "there is no button");
    browser.open("/akun/data/hapus").await;
    browser.send("/akun/data/hapus/batal", &[]).await;
    says(&mut browser, &ask, &["Ya, gabung"], &["Yes, join"]).await;
}

/// Goal: a person joins, is shown that the time does not matter, sends it twice and has joined once, takes it back, and
/// cannot join again; each page says so. Method: a browser without scripts.
#[tokio::test]
async fn joining_and_taking_back() {
    let mut served = Served::new().await;
    let person = applicant(1);
    served.world.register(std::slice::from_ref(&person)).await;
    served.account_of("siti", &person).await;
    let mut browser = served.signed_in("siti").await;
    let (page, ask) = (format!("/akun/gelombang/{WAVE}"), format!("/akun/gelombang/{WAVE}/ikut"));
    says(&mut browser, "/akun/gelombang", &["Gabung Gelombang 48"], &["Join wave 48"]).await;
    browser.open(&page).await;
    assert_eq!(browser.path, ask, "who has not joined is shown how to");
    let large = [r#"class="large after">Waktu gabung tidak memengaruhi peluang Anda."#];
    says(&mut browser, &ask, &large, &["does not change your chance"]).await;
    browser.open(&ask).await;
    let form = browser.html.clone();
    browser.answer(&[]).await;
    assert_eq!((browser.status, browser.path.as_str()), (StatusCode::OK, page.as_str()));
    browser.says("Anda ikut sejak");
    (browser.path, browser.html) = (ask.clone(), form.clone());
    browser.answer(&[]).await;
    assert_eq!(browser.path, page, "sending it again changes nothing");
    assert_eq!(served.world.number("SELECT count(*) FROM memberships").await, 1);
    says(
        &mut browser,
        "/akun",
        &["Anda ikut Gelombang 48", "Giliran kami"],
        &["You have joined wave 48", "To come: Wave 48 closes", "To come: Results of wave 48"],
    )
    .await;

    let back = format!("{page}/batal");
    says(&mut browser, &back, &["tidak dapat ditarik kembali"], &["cannot be undone"]).await;
    browser.open(&back).await;
    browser.answer(&[]).await;
    assert_eq!(browser.path, page);
    says(&mut browser, &page, &["Anda batalkan"], &["Taken back"]).await;
    browser.open(&back).await;
    assert_eq!(browser.path, page, "there is nothing to take back twice");
    let gone = ["Anda tidak dapat ikut Gelombang 48", "pembatalan tidak dapat ditarik kembali"];
    says(&mut browser, "/akun", &gone, &["Join of wave 48 taken back"]).await;
    browser.open(&ask).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY, "told before pressing");
    browser.says("pembatalan tidak dapat ditarik kembali");
    // A form that was left open, under another key than the one that was answered.
    (browser.path, browser.html) =
        (ask.clone(), form.replace("name=\"kunci\" value=\"", "name=\"kunci\" value=\"x"));
    browser.answer(&[]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("pembatalan tidak dapat ditarik kembali");
    says(
        &mut browser,
        "/akun/pemberitahuan",
        &["Anda ikut Gelombang 48", "menunggu dikirim"],
        &["Your join of wave 48 is taken back", "E-mail: waits to be sent"],
    )
    .await;
    assert!(!browser.html.contains("was sent automatically"), "the end of a letter is no news");

    served.set_now(served.world.calendar(WAVE).closes_at);
    let mut browser = served.signed_in("siti").await;
    browser.open(&ask).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("tidak sedang dibuka");
}

/// Goal: every state from the close to the end of a grant has its words, nothing of an outcome is told before the
/// announcement, and a deadline counts down by calendar days. Method: one who gets the only seat, one who does not, one
/// kept out by a register; a second wave shows what comes next.
#[tokio::test]
async fn from_close_to_revocation() {
    let mut world = World::new(WAVE, &[(WaveKind::Regular, 10), (WaveKind::Regular, 1)]).await;
    let drawn = applicants(1..=4);
    let out = found(9, Finding::IdentityRefuted);
    world.register(&[&drawn[..], std::slice::from_ref(&out)].concat()).await;
    world.open_with(WAVE, &[&drawn[..], std::slice::from_ref(&out)].concat()).await;
    world.close(WAVE).await.unwrap();
    let closed = world.instant(WAVE, WaveEvent::Close);
    let mut served = Served::of(world, closed);
    served.account_of("siti", &drawn[0]).await;
    served.account_of("budi", &drawn[1]).await;
    served.account_of("out", &out).await;
    let mut siti = served.signed_in("siti").await;
    let mut out = served.signed_in("out").await;
    let page = format!("/akun/gelombang/{WAVE}");
    says(&mut siti, "/akun", &["Tunggu hasil Gelombang 48"], &["Wait for the results"]).await;
    says(&mut siti, &page, &["sedang diperiksa"], &["has closed"]).await;
    says(&mut out, "/akun", &["perlu diperbaiki"], &["put right"]).await;
    served.world.freeze(WAVE).await.unwrap();
    says(&mut siti, &page, &["sudah ditetapkan"], &["is fixed"]).await;
    says(&mut out, "/akun", &["Tunggu hasil"], &["Wait for the results"]).await;
    served.world.draw(WAVE).await.unwrap();
    says(&mut siti, &page, &["diumumkan kepada semua orang"], &["The draw was held"]).await;
    assert!(!siti.html.contains("You were selected"), "told before the others");
    served.world.appoint(WAVE).await.unwrap();

    let due = served.world.due(WAVE);
    served.set_now(due.plus_days(-4));
    let mut siti = served.signed_in("siti").await;
    says(
        &mut siti,
        "/akun",
        &["Tiga hari lagi", "Batas waktu: ", "23.59 WIB"],
        &[
            "Three days left",
            "Appointed as a beneficiary",
            "To come: Deadline of the first purchase",
        ],
    )
    .await;
    says(
        &mut siti,
        &page,
        &["Anda terpilih", "Di daerah Anda", "Nomor undian Anda", "di dalam batas itu"],
        &["of those in the draw", "Yours is within that limit"],
    )
    .await;
    assert!(!siti.html.contains("Send a complaint"), "there is nothing to object to");
    served.set_now(due.minus_micros(1));
    let mut siti = served.signed_in("siti").await;
    says(&mut siti, "/akun", &["Hari ini hari terakhir"], &["Today is the last day"]).await;
    served.set_now(due);
    let mut siti = served.signed_in("siti").await;
    says(&mut siti, "/akun", &["sudah lewat", "Giliran kami"], &["has passed"]).await;

    let bought = std::slice::from_ref(&drawn[1]);
    served.world.buy(WAVE, bought, 500_000).await;
    let mut budi = served.signed_in("budi").await;
    says(&mut budi, "/akun", &["Ikuti pelatihan Anda"], &["First training bought"]).await;
    served.world.sweep(WAVE, due).await;
    says(
        &mut siti,
        "/akun",
        &["Kepesertaan Anda dicabut", "tidak dibeli sebelum batas"],
        &["You have lost your place", "No first training was bought", "/en/akun/pengaduan/baru"],
    )
    .await;
    let object = ["Tempat Anda dicabut", "Keberatan atas pencabutan", "/akun/pengaduan/baru"];
    says(&mut siti, &page, &object, &["You lost your place on", "by a complaint"]).await;
    says(&mut siti, "/akun/pemberitahuan", &["dicabut"], &["You were selected in wave 48"]).await;

    let approval = served.world.approval();
    let grant = (wave(WAVE), drawn[1].person_id);
    let cause = RevocationCause::Proxy;
    revoke_for_cause(&mut served.world.act(due), grant, cause, &approval).await.unwrap();
    says(&mut budi, "/akun", &["joki"], &["in your stead"]).await;
}

/// Whoever was kept out reads which rule it was, appeals once with one choice to make, and reads until when it is
/// answered; a second appeal, and one of somebody whom the draw decided about, are refused in words.
#[tokio::test]
async fn appealing() {
    let mut world = World::new(WAVE, &[(WaveKind::Regular, 1)]).await;
    let (drawn, out) = (applicants(1..=6), found(9, Finding::IdentityRefuted));
    let all = [&drawn[..], std::slice::from_ref(&out)].concat();
    world.register(&all).await;
    world.open_with(WAVE, &all).await;
    world.grant(WAVE).await;
    let at = world.calendar(WAVE).results_at.plus_micros(HOUR);
    let served = Served::of(world, at);
    served.account_of("out", &out).await;
    let mut browser = served.signed_in("out").await;
    let page = format!("/akun/gelombang/{WAVE}");
    let file = format!("{page}/banding");
    // Her data do not agree still, so that is hers to mend first.
    says(&mut browser, "/akun", &["perlu diperbaiki"], &["put right"]).await;
    says(
        &mut browser,
        &page,
        &["Anda tidak ikut diundi", "Dukcapil", "keberatan sampai"],
        &["You were not in the draw", "File an appeal"],
    )
    .await;
    says(&mut browser, &file, &["Mengapa keputusan"], &["Why is the decision"]).await;
    browser.open(&file).await;
    browser.answer(&[]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("Pilih satu alasan");
    browser.answer(&[("alasan", "register_wrong")]).await;
    assert_eq!((browser.status, browser.path.as_str()), (StatusCode::OK, page.as_str()));
    says(&mut browser, &page, &["Menunggu jawaban", "Jawaban paling lambat"], &["answer comes by"])
        .await;
    assert!(!browser.html.contains("banding"), "one appeal at a time");
    browser.open(&file).await;
    browser.answer(&[("alasan", "register_silent")]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("sudah mengajukan keberatan");

    let loser = served
        .world
        .rows(
            "SELECT d.person_id FROM decisions d
             JOIN memberships m ON m.wave = d.wave AND m.person_id = d.person_id
             JOIN quotas q ON q.wave = m.wave AND q.region = m.region AND q.seats > q.unfilled
             WHERE d.outcome IN ('not_selected', 'waitlisted') LIMIT 1",
        )
        .await;
    let loser = loser[0].trim_matches(['(', ')']).to_owned();
    let person = drawn.iter().find(|one| one.person_id.uuid().to_string() == loser).unwrap();
    served.account_of("budi", person).await;
    let mut budi = served.signed_in("budi").await;
    says(
        &mut budi,
        &page,
        &[
            "Peluangnya",
            "Gelombang berikutnya",
            "dari 1.000.000",
            "di atas batas itu",
            r#"href="/periksa/""#,
        ],
        &["The odds", "%", "of 1,000,000", "is above that limit", "is not changed by an appeal"],
    )
    .await;
    budi.open(&file).await;
    budi.answer(&[("alasan", "register_wrong")]).await;
    assert_eq!(budi.status, StatusCode::UNPROCESSABLE_ENTITY);
    budi.says("hasil undian tidak diubah");
}
