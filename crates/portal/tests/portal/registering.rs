//! Registering, from an empty account to checked data.

use app::accounts::{SignInAnswer, sign_in as sign_in_by_program};
use axum::http::StatusCode;
use domain::account::Password;
use domain::eligibility::Finding;
use domain::identity::Email;
use domain::ids::PersonId;
use storage::persons::identity_erase;

use crate::browser::Browser;
use crate::people::says;
use crate::photos::good;
use crate::served::{PASSWORD, Served, WAVE};
use crate::support::applicant;

async fn signed_in(served: &Served, name: &str) -> Browser {
    served.open_account(name).await;
    let mut browser = served.browser();
    sign_in(&mut browser, name).await;
    browser
}

async fn sign_in(browser: &mut Browser, name: &str) {
    browser.open("/masuk?lanjut=%2Fpendaftaran").await;
    let email = format!("{name}@contoh.id");
    browser.sign_in(&[("email", &email), ("sandi", PASSWORD)]).await;
    assert_eq!(browser.path, "/pendaftaran", "{}", browser.html);
}

/// Answers pages in order; each leads to the next.
async fn answers(browser: &mut Browser, pages: &[(&str, &[(&str, &str)])]) {
    for (path, fields) in pages {
        assert_eq!(browser.path, *path, "{}", browser.html);
        browser.answer(fields).await;
        assert_eq!(browser.status, StatusCode::OK, "{}", browser.html);
    }
}

const IDENTITY: &[(&str, &[(&str, &str)])] = &[
    ("/pendaftaran/nik", &[("nik", "1571 0145 0899 0001")]),
    ("/pendaftaran/kk", &[("kk", "157101-010120-0002")]),
    (
        "/pendaftaran/tanggal-lahir",
        &[("lahir_hari", "5"), ("lahir_bulan", "8"), ("lahir_tahun", "1999")],
    ),
    ("/pendaftaran/nama", &[("nama", "Kenari")]),
    ("/pendaftaran/jenis-kelamin", &[("pilihan", "woman")]),
];

const SITUATION: &[(&str, &[(&str, &str)])] = &[
    ("/pendaftaran/pendidikan", &[("pilihan", "senior_high")]),
    ("/pendaftaran/pekerjaan", &[("pilihan", "job_seeker")]),
    ("/pendaftaran/disabilitas", &[("pilihan", "no")]),
    ("/pendaftaran/pelatihan", &[]),
];

const DECLARATION: &[(&str, &[(&str, &str)])] = &[
    ("/pendaftaran/sekolah", &[("pilihan", "no")]),
    ("/pendaftaran/jabatan", &[("pilihan", "no")]),
    ("/pendaftaran/bantuan", &[("pilihan", "no")]),
    ("/pendaftaran/persetujuan", &[("syarat", "ya"), ("data", "ya"), ("benar", "ya")]),
];

async fn fill_in(browser: &mut Browser) {
    browser.open("/pendaftaran/nik").await;
    answers(browser, IDENTITY).await;
    browser.open("/pendaftaran/kabupaten?q=jambi+kota").await;
    browser.says("Kota Jambi, Jambi");
    browser.send("/pendaftaran/kabupaten?q=jambi+kota", &[("pilihan", "15.71")]).await;
    assert_eq!(browser.path, "/pendaftaran/kecamatan");
    browser.says("Telanaipura");
    browser.answer(&[("pilihan", "157101")]).await;
    browser.open("/pendaftaran/pendidikan").await;
    answers(browser, SITUATION).await;
    for path in ["/pendaftaran/foto-ktp", "/pendaftaran/wajah"] {
        browser.open(path).await;
        browser.answer_with_file(&[("setuju", "ya")], &good()).await;
        assert_eq!(browser.status, StatusCode::OK, "{}", browser.html);
    }
    browser.open("/pendaftaran/telepon").await;
    browser.answer(&[("telepon", "0812 3456 7890")]).await;
    let code = browser.newest_code("code_confirm_phone").await;
    browser.answer(&[("kode", &code)]).await;
    assert_eq!(browser.path, "/pendaftaran");
    browser.open("/pendaftaran/sekolah").await;
    answers(browser, DECLARATION).await;
    assert_eq!(browser.path, "/pendaftaran");
}

/// From an empty account to a registration that the registers have confirmed: everything is asked once, shown again,
/// changed from there, and sent once even if it is sent twice.
#[tokio::test]
async fn whole_journey() {
    let served = Served::new().await;
    let mut browser = signed_in(&served, "kenari").await;
    browser.says("Belum dimulai");
    browser.says("0 dari 7 bagian selesai");
    browser.open("/pendaftaran/periksa").await;
    assert_eq!(browser.path, "/pendaftaran", "nothing is sent half");
    fill_in(&mut browser).await;
    browser.says("7 dari 7 bagian selesai");
    browser.open("/pendaftaran/periksa").await;
    for shown in [
        "1571 0145 0899 0001",
        "1571 0101 0120 0002",
        "0812 3456 7890 (sudah dipastikan dengan kode)",
        "Menerima bantuan sosial",
        "5 Agustus 1999",
        "Kota Jambi, Jambi",
        "Tidak diisi",
    ] {
        browser.says(shown);
    }
    browser.open("/pendaftaran/nama?dari=periksa").await;
    browser.says(r#"value="Kenari""#);
    browser.answer(&[("nama", "Kenari Putih")]).await;
    assert_eq!(browser.path, "/pendaftaran/periksa");
    browser.says("Kenari Putih");
    let page = (browser.path.clone(), browser.html.clone());
    browser.answer(&[]).await;
    assert_eq!(browser.path, "/pendaftaran/pemeriksaan", "{}", browser.html);
    browser.says("Sedang diperiksa");
    browser.says(r#"href="/tes""#);
    browser.says(r#"http-equiv="refresh""#);
    (browser.path, browser.html) = page;
    browser.answer(&[]).await;
    assert_eq!(browser.path, "/pendaftaran/pemeriksaan", "sent twice");
    let world = &served.world;
    assert_eq!(world.number("SELECT count(*) FROM persons WHERE district = 157101").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM account_secrets WHERE kind = 'draft'").await, 0);
    assert_eq!(world.number("SELECT count(*) FROM consents").await, 5);
    browser.open("/pendaftaran/nik").await;
    assert_eq!(browser.path, "/pendaftaran/pemeriksaan", "nothing is left to fill in");
    world
        .execute("UPDATE registration_checks SET state = 'confirmed', answered_at = now(), ask_at = NULL")
        .await;
    browser.open("/pendaftaran/pemeriksaan").await;
    browser.says("Semua data Anda sudah sesuai");
    assert!(!browser.html.contains("http-equiv=\"refresh\""));
    world.assert_audit_clean().await;
    let person = world.rows("SELECT person_id::text FROM persons WHERE district > 0").await;
    let person = PersonId::from_uuid(person[0].trim_matches(['(', ')']).parse().unwrap());
    let mut tx = world.scratch.database().begin().await.unwrap();
    identity_erase(&mut tx, person, served.portal.service.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM persons WHERE district > 0").await, 0);
}

/// What is half filled in or wrong is told and kept, also on another device, and saving for later never asks for more.
#[tokio::test]
async fn nothing_is_lost() {
    let served = Served::new().await;
    let mut browser = signed_in(&served, "kenari").await;
    browser.open("/pendaftaran/nik").await;
    browser.answer(&[("nik", "1571 01")]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("16 angka; yang Anda tulis 6 angka");
    browser.open("/en/pendaftaran/nama").await;
    browser.answer(&[("nama", "Kenari"), ("nanti", "ya")]).await;
    assert_eq!(browser.path, "/en/pendaftaran");
    browser.says("To be corrected");
    // Another code comes after a minute.
    served.set_now(served.portal.service.clock.now().plus_micros(120_000_000));
    let mut other = served.browser();
    sign_in(&mut other, "kenari").await;
    other.says("Perlu diperbaiki");
    other.open("/pendaftaran/nik").await;
    other.says(r#"value="1571 01""#);
    other.open("/pendaftaran/nama").await;
    other.says(r#"value="Kenari""#);
}

/// A number whose digits name another day is asked about, and taken once somebody says that it is right.
#[tokio::test]
async fn doubtful_number() {
    let served = Served::new().await;
    let mut browser = signed_in(&served, "kenari").await;
    browser.open("/pendaftaran/nik").await;
    browser.answer(&[("nik", "1571014508990001")]).await;
    browser.open("/pendaftaran/tanggal-lahir").await;
    browser.answer(&[("lahir_hari", "6"), ("lahir_bulan", "8"), ("lahir_tahun", "1999")]).await;
    assert_eq!(browser.path, "/pendaftaran/cocokkan");
    browser.answer(&[]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.answer(&[("pilihan", "benar")]).await;
    assert_eq!(browser.path, "/pendaftaran/kk");
}

/// Goal: what cannot be right is told at once, before any register is asked, what may be right all the same is asked
/// about, and whoever is too young or too old is told so by the birth date. Method: each page in turn.
#[tokio::test]
async fn told_at_once() {
    let served = Served::new().await;
    let mut browser = signed_in(&served, "kenari").await;
    let born =
        |year: &'static str| [("lahir_hari", "5"), ("lahir_bulan", "8"), ("lahir_tahun", year)];
    for (path, fields, indonesian, english) in [
        ("nik", &[("nik", "0000000000000000")][..], "tidak pernah 00", "are never 00"),
        (
            "tanggal-lahir",
            &[("lahir_hari", "31"), ("lahir_bulan", "2"), ("lahir_tahun", "1999")],
            "Tanggal itu tidak ada",
            "That day does not exist",
        ),
        ("nama", &[("nama", "S1ti")], "tanpa angka", "without digits"),
        ("nama", &[("nama", "Siti 😀")], "tanpa angka", "without digits"),
    ] {
        for (prefix, words) in [("", indonesian), ("/en", english)] {
            browser.open(&format!("{prefix}/pendaftaran/{path}")).await;
            browser.answer(fields).await;
            assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
            browser.says(words);
        }
    }

    browser.open("/pendaftaran/nik").await;
    browser.answer(&[("nik", "1571017102990001")]).await;
    assert_eq!(browser.path, "/pendaftaran/cocokkan");
    browser.says("angka itu bukan tanggal");
    assert!(!browser.html.contains("Perbaiki tanggal lahir"), "none is written yet");
    browser.answer(&[]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.answer(&[("pilihan", "benar")]).await;
    assert_eq!(browser.path, "/pendaftaran/kk");
    browser.answer(&[("kk", "1571 0171 0299 0001")]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("sama dengan NIK");
    browser.open("/pendaftaran/nik").await;
    browser.answer(&[("nik", "4571014508990001")]).await;
    assert_eq!(browser.path, "/pendaftaran/cocokkan");
    browser.says("Dua angka pertama NIK");

    // The wave closes on 3 February 2023.
    for (year, told, english) in [
        ("2010", "pada 5 Agustus 2028 atau sesudahnya", "close on 5 August 2028 or later"),
        ("1940", "Usia paling tinggi 64 tahun", "The highest age is 64"),
    ] {
        browser.open("/pendaftaran/tanggal-lahir").await;
        browser.answer(&born(year)).await;
        assert_eq!((browser.status, &*browser.path), (StatusCode::OK, "/pendaftaran/usia"));
        browser.says(told);
        browser.says(r#"href="/pendaftaran/tanggal-lahir""#);
        says(&mut browser, "/pendaftaran", &[told], &[english]).await;
    }
    browser.open("/pendaftaran/tanggal-lahir").await;
    browser.answer(&born("1999")).await;
    assert_eq!(browser.path, "/pendaftaran/cocokkan", "the number is asked about still");
    browser.open("/pendaftaran/usia").await;
    assert_eq!(browser.path, "/pendaftaran", "there is nothing to tell");
}

/// A NIK that somebody has is refused with what to do, and the answers stay; a name that the register contradicts is
/// named and corrected on its page, after which the register is asked again.
#[tokio::test]
async fn refused_and_corrected() {
    let mut served = Served::new().await;
    let mut taken = applicant(1);
    taken.identity.nik = domain::nik::Nik::parse("1571014508990001").unwrap();
    served.world.register(&[taken]).await;
    let mut browser = signed_in(&served, "kenari").await;
    fill_in(&mut browser).await;
    browser.open("/pendaftaran/periksa").await;
    browser.answer(&[]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("NIK ini sudah terdaftar pada akun lain");
    browser.open("/pendaftaran/nik?dari=periksa").await;
    browser.answer(&[("nik", "1571014508990002")]).await;
    assert_eq!(browser.path, "/pendaftaran/periksa");
    browser.answer(&[]).await;
    assert_eq!(browser.path, "/pendaftaran/pemeriksaan");
    served
        .world
        .execute(
            "UPDATE registration_checks SET state = 'refuted', detail = 'name', answered_at = now()
             WHERE kind = 'population_register'",
        )
        .await;
    browser.open("/pendaftaran/pemeriksaan").await;
    browser.says("Yang tidak cocok: nama");
    browser.open("/pendaftaran/perbaiki/nama").await;
    assert!(!browser.html.contains("Kenari"), "nothing held is shown");
    browser.answer(&[("nama", "")]).await;
    browser.says("Tulis nama lengkap Anda");
    browser.answer(&[("nama", "Kenari Putih")]).await;
    assert_eq!(browser.path, "/pendaftaran/pemeriksaan");
    assert!(!browser.html.contains("Yang tidak cocok"), "it is asked again");
}

/// Goal: somebody whose NIK no register knows is told so, led to its page, asked again where the digits name another day,
/// told what keeps it as it is with a way out, and asked about anew once it is stated. Method: one account in both
/// languages, joined and withdrawn, with what the register says written beside it.
#[tokio::test]
async fn mistyped_nik() {
    const PAGE: &str = "/pendaftaran/perbaiki/nik";
    let mut served = Served::new().await;
    let mut person = applicant(1);
    person.findings = vec![Finding::IdentityRefuted];
    served.world.register(&[person.clone(), applicant(2)]).await;
    served.account_of("kenari", &person).await;
    served.world.execute("UPDATE registration_checks SET detail = 'nik'").await;
    let mut browser = served.signed_in("kenari").await;
    let told = [PAGE, "NIK yang Anda tulis tidak cocok", "Perbaiki NIK"];
    let english = ["/en/pendaftaran/perbaiki/nik", "Usually one digit is mistyped"];
    says(&mut browser, "/pendaftaran/pemeriksaan", &told, &english).await;
    says(&mut browser, "/akun/data", &[PAGE], &["/en/pendaftaran/perbaiki/nik"]).await;
    browser.open("/akun/data/ubah/nik").await;
    assert_eq!(browser.status, StatusCode::NOT_FOUND, "it has a page of its own");

    says(&mut browser, PAGE, &["Berapa NIK Anda?", "angka demi angka"], &["What is your NIK?"])
        .await;
    assert!(!browser.html.contains("1571"), "nothing held is shown");
    browser.answer(&[("nik", "1571 01")]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("yours has 6 digits");
    browser.answer(&[("nik", "1571 0101 0190 0002")]).await;
    browser.says("This NIK is registered with another account");
    browser.open(PAGE).await;
    browser.answer(&[("nik", "1571 0101 0290 4001")]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("NIK ini memuat tanggal lahir lain");
    browser.says(r#"value="1571 0101 0290 4001""#);
    browser.says("/pendaftaran/perbaiki/tanggal-lahir");

    // A join can be taken back first, and the page leads there.
    served.world.join(WAVE, std::slice::from_ref(&person)).await;
    browser.answer(&[("nik", "1571 0101 0290 4001"), ("benar", "ya")]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.says("Batalkan dulu keikutsertaan itu");
    browser.open("/en/pendaftaran/perbaiki/nik").await;
    browser.says("Take that join back first");
    browser.says("/en/akun/gelombang/48/batal");
    browser.open("/akun/gelombang/48/batal").await;
    browser.answer(&[]).await;
    browser.open(PAGE).await;
    browser.answer(&[("nik", "1571 0101 0290 4001"), ("benar", "ya")]).await;
    assert_eq!(browser.path, "/pendaftaran/pemeriksaan");
    assert!(!browser.html.contains("tidak cocok"), "it is asked again");
    browser.says("Sedang diperiksa");

    served
        .world
        .execute("UPDATE registration_checks SET state = 'confirmed', answered_at = now(), ask_at = NULL")
        .await;
    browser.open(PAGE).await;
    assert_eq!(browser.status, StatusCode::OK, "nothing was sent");
    browser.says("sudah sesuai dengan data kependudukan");
    browser.says("/akun/pengaduan/baru");
    browser.open("/en/pendaftaran/perbaiki/nik").await;
    browser.says("can no longer be changed");
    served.world.assert_audit_clean().await;
}

/// Goal: an account that a program opened registers nobody before its address is proven, and whoever else signed in to it
/// by the password alone is out then. Method: a finished registration of such an account, sent early from a form that was
/// left open; then the code, and the same again.
#[tokio::test]
async fn address_first() {
    let served = Served::new().await;
    let mut browser = signed_in(&served, "kenari").await;
    fill_in(&mut browser).await;
    assert!(!browser.html.contains("/akun/kontak/pastikan"), "it is proven");
    browser.open("/pendaftaran/periksa").await;
    let page = (browser.path.clone(), browser.html.clone());
    served.world.execute("UPDATE accounts SET email_confirmed_at = NULL").await;
    let service = &served.portal.service;
    let email = Email::parse("kenari@contoh.id").unwrap();
    let mut randomness = (service.randomness)();
    let act = &mut service.act("citizen", "test", &mut randomness);
    let password = Password::parse(PASSWORD).unwrap();
    let other = sign_in_by_program(act, &service.passwords, &email, password).await.unwrap();
    let SignInAnswer::SignedIn(other) = other else { panic!("{other:?}") };

    browser.answer(&[]).await;
    assert_eq!(browser.path, "/pendaftaran", "{}", browser.html);
    browser.says("Kirim kode ke e-mail saya");
    assert_eq!(served.world.number("SELECT count(*) FROM persons").await, 0);
    browser.open("/en/pendaftaran").await;
    browser.says("confirm your e-mail address");
    browser.send("/en/akun/kontak/pastikan", &[]).await;
    assert_eq!(browser.path, "/en/akun/kontak/email/kode");
    let code = browser.newest_code("code_change_email").await;
    browser.answer(&[("kode", &code)]).await;
    assert_eq!(browser.path, "/en/akun/kontak", "{}", browser.html);
    assert!(service.session(&other.token).await.unwrap().is_none(), "the other session goes on");
    let told = "SELECT count(*) FROM notices WHERE template = 'email_changed'";
    assert_eq!(served.world.number(told).await, 0, "the address is the same");

    (browser.path, browser.html) = page;
    browser.answer(&[]).await;
    assert_eq!(browser.path, "/pendaftaran/pemeriksaan", "{}", browser.html);
    served.world.assert_audit_clean().await;
}
