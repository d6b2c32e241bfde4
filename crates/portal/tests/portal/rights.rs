//! The rights over one's data, as pages.

use app::consents::consents_give;
use axum::http::StatusCode;
use domain::consent::ConsentKind;

use crate::browser::Browser;
use crate::served::{PASSWORD, Served};
use crate::support::applicant;

async fn signed_in(served: &Served) -> Browser {
    let mut browser = served.browser();
    browser.open("/masuk?lanjut=%2Fakun%2Fdata").await;
    browser.sign_in(&[("email", "siti@contoh.id"), ("sandi", PASSWORD)]).await;
    assert_eq!((browser.status, browser.path.as_str()), (StatusCode::OK, "/akun/data"));
    browser
}

/// A copy is given for the password alone, as a file that nobody keeps, or as a page.
#[tokio::test]
async fn copy() {
    let mut served = Served::new().await;
    let person = applicant(1);
    served.world.register(std::slice::from_ref(&person)).await;
    served.account_of("siti", &person).await;
    let mut browser = signed_in(&served).await;
    browser.open("/akun/data/salinan").await;
    browser.answer(&[("sandi", "")]).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.answer(&[("sandi", "kata sandi yang salah")]).await;
    browser.says("Kata sandi tidak cocok");
    browser.answer(&[("sandi", PASSWORD), ("baca", "ya")]).await;
    browser.says("Riwayat penggunaan data");
    browser.says("<dt>Alamat e-mail</dt><dd>siti@contoh.id</dd>");
    browser.says("<dt>Diterima</dt><dd>1 Februari 2023 pukul");
    assert!(!browser.html.contains("<pre>") && !browser.html.contains("received_at"));
    browser.says("<span>Masuk ke akun</span> <span class=\"quiet\">1 Februari 2023 pukul");
    browser.says("<dt>Kabupaten atau kota</dt><dd>Kota Jambi, Jambi</dd>");
    for told in browser.html.split("<dd>").skip(1) {
        let words = told.split("</dd>").next().unwrap_or_default();
        assert!(!words.contains('_') || words.starts_with("acc_"), "a code name: {words}");
    }
    browser.says(r#"href="/akun/data/salinan">Unduh salinan"#);
    browser.open("/akun/data/salinan").await;
    browser.answer(&[("sandi", PASSWORD)]).await;
    let header = |name| browser.headers.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(header("cache-control"), Some("no-store"));
    assert!(header("content-disposition").is_some_and(|value| value.starts_with("attachment")));
    browser.says("\"processing\"");
}

/// An erasure is asked for with box and password, shown with its hour, and taken back.
#[tokio::test]
async fn erasure() {
    let served = Served::new().await;
    served.open_account("siti").await;
    let mut browser = signed_in(&served).await;
    browser.open("/akun/data/hapus").await;
    browser.answer(&[("sandi", PASSWORD)]).await;
    browser.says("Centang kotak ini");
    browser.answer(&[("sandi", PASSWORD), ("yakin", "ya")]).await;
    assert_eq!((browser.status, browser.path.as_str()), (StatusCode::OK, "/akun/data/hapus"));
    browser.says("Data Anda dihapus setelah");
    browser.send("/akun/data/hapus/batal", &[]).await;
    assert_eq!(browser.path, "/akun/data");
    browser.says("Dibatalkan");
    browser.open("/en/akun/data/hapus").await;
    browser.says("Ask for erasure");
}

/// What can be withdrawn is withdrawn after it is said what that means; a duty has no such page.
#[tokio::test]
async fn consents() {
    let served = Served::new().await;
    let account = served.open_account("siti").await;
    let service = &served.portal.service;
    let mut randomness = (service.randomness)();
    let act = &mut service.act("citizen", "test", &mut randomness);
    let mut tx = act.database.begin().await.unwrap();
    let kinds = [ConsentKind::SmsContact, ConsentKind::RegistryChecks, ConsentKind::Privacy];
    consents_give(&mut tx, act, account, &kinds).await.unwrap();
    tx.commit().await.unwrap();
    let mut browser = signed_in(&served).await;
    browser.says("Kewajiban program");
    browser.open("/akun/data/persetujuan/registry_checks").await;
    assert_eq!(browser.status, StatusCode::NOT_FOUND);
    browser.open("/akun/data/persetujuan/sms_contact").await;
    browser.says("Kami tidak mengirim pesan singkat lagi");
    browser.says("Kode yang saya minta sendiri tetap dikirim");
    browser.answer(&[]).await;
    assert_eq!(browser.path, "/akun/data");
    browser.says("Ditarik");
    browser.open("/akun/data/persetujuan/privacy").await;
    browser.says("menghapus akun dan data Anda");
    browser.answer(&[]).await;
    assert_eq!(browser.path, "/akun/data/hapus", "what cannot go on without it is asked for apart");
    // Correcting is for whoever is registered.
    browser.open("/akun/data/ubah/name").await;
    assert_eq!(browser.path, "/akun");
}

/// Whoever holds a phone that is signed in changes no contact without a code: the page of one's data leads to the page that
/// asks for it, and there is no other.
#[tokio::test]
async fn contacts_by_code() {
    let mut served = Served::new().await;
    let person = applicant(1);
    served.world.register(std::slice::from_ref(&person)).await;
    served.account_of("siti", &person).await;
    let mut browser = signed_in(&served).await;
    browser.says(r#"href="/akun/kontak">Nomor ponsel"#);
    browser.says(r#"href="/akun/kontak">Alamat e-mail"#);
    // What is not sealed is shown, and stands in the form that corrects it.
    browser.says("Jenis kelamin</a> <span>Perempuan</span>");
    browser.open("/akun/data/ubah/sex").await;
    browser.says(r#"value="woman" checked"#);
    browser.open("/akun/data/ubah/name").await;
    assert_eq!(browser.status, StatusCode::OK);
    browser.says(r#"name="isian" type="text""#);
    for field in ["phone", "email"] {
        browser.open(&format!("/akun/data/ubah/{field}")).await;
        assert_eq!(browser.status, StatusCode::NOT_FOUND, "{field}");
    }
}
