//! `/akun/kontak`: how the account is reached, and the devices that are signed in from.

use app::contact::{ContactView, DeviceRow, begin_confirmation, leave_everywhere};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::codes::CodePurpose;
use domain::identity::Phone;
use http_support::Routes;
use web::Frame;
use web::format::date;

use crate::cookies::Cookie;
use crate::entry::sent::sent_to_email;
use crate::entry::{go_with, place};
use crate::fault::Fault;
use crate::form::Form;
use crate::page::{Hidden, page};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says; `{n}` is the end of a number, `{from}`, `{used}` and `{to}` are days.
    ContactTexts {
        title: "Kontak dan perangkat", "Contact and devices";
        back: "Kembali", "Back";
        email: "Alamat e-mail", "E-mail address";
        phone: "Nomor telepon", "Phone number";
        none: "Belum ada", "None yet";
        ends_in: "Berakhir dengan {n}, sudah dipastikan", "Ends in {n}, confirmed";
        change: "Ganti", "Change";
        add: "Tambah", "Add";
        devices: "Perangkat yang dikenal", "Known devices";
        devices_lead: "Di perangkat ini Anda masuk dengan kata sandi saja, tanpa kode.", "On these devices you sign in with the password alone, without a code.";
        device: "Dikenal sejak {from}, terakhir dipakai {used}, sampai {to}", "Known since {from}, last used {used}, until {to}";
        own: "Perangkat ini.", "This device.";
        no_devices: "Tidak ada perangkat yang dikenal. Setiap kali masuk, kami mengirim kode.", "No device is known. We send a code at each sign-in.";
        leave: "Keluar dari semua perangkat", "Sign out of all devices";
        leave_what: "Semua perangkat dikeluarkan, juga yang ini. Setelah itu setiap perangkat memerlukan kode lagi.", "All devices are signed out, this one too. After that every device needs a code again.";
    }
}

/// A contact: what it is, its value, and the page that changes it with its word.
#[derive(Debug)]
struct ContactLine {
    label: &'static str,
    value: String,
    path: String,
    word: &'static str,
}

#[derive(Debug, Template)]
#[template(path = "contact.html")]
struct ContactPage {
    frame: Frame,
    texts: &'static ContactTexts,
    hidden: Hidden,
    back: String,
    lines: [ContactLine; 2],
    devices: Vec<String>,
    leave: String,
}

const LEAVE: &str = "/akun/kontak/keluar";
/// Where a code for the present address is asked for.
pub(crate) const CONFIRM: &str = "/akun/kontak/pastikan";

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get("/akun/kontak", show).post(LEAVE, leave).post(CONFIRM, confirm)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let contact = portal.service.contact(member.account_id, visitor.device).await?;
    let texts = ContactTexts::of(visitor.language);
    page(&ContactPage {
        frame: visitor.frame(texts.title),
        texts,
        hidden: Hidden::new(&portal, &visitor),
        back: visitor.link("/akun"),
        lines: lines(&visitor, &contact),
        devices: devices(&visitor, &contact),
        leave: visitor.link(LEAVE),
    })
}

/// The last digits of a number, which tell its owner which one it is.
fn last_digits(phone: &Phone) -> &str {
    let digits = phone.expose();
    digits.get(digits.len().saturating_sub(3)..).unwrap_or_default()
}

fn lines(visitor: &Visitor, contact: &ContactView) -> [ContactLine; 2] {
    let texts = ContactTexts::of(visitor.language);
    let email = contact.email.as_ref().map_or(texts.none, |email| email.expose());
    let (phone, path, word) = match &contact.phone {
        Some(phone) => {
            let ends_in = texts.ends_in.replace("{n}", last_digits(phone));
            (ends_in, "/akun/kontak/telepon", texts.change)
        }
        None => (texts.none.to_owned(), "/pendaftaran/telepon", texts.add),
    };
    [
        ContactLine {
            label: texts.email,
            value: email.to_owned(),
            path: visitor.link("/akun/kontak/email"),
            word: texts.change,
        },
        ContactLine { label: texts.phone, value: phone, path: visitor.link(path), word },
    ]
}

fn devices(visitor: &Visitor, contact: &ContactView) -> Vec<String> {
    let texts = ContactTexts::of(visitor.language);
    let day = |at| date(at, visitor.language);
    let line = |(device, is_own): &(DeviceRow, bool)| {
        let words = texts.device.replace("{from}", &day(device.known_at));
        let words = words.replace("{used}", &day(device.used_at));
        let words = words.replace("{to}", &day(device.ends_at));
        if *is_own { format!("{} {words}", texts.own) } else { words }
    };
    contact.devices.iter().map(line).collect()
}

async fn leave(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    _: Form,
) -> Result<Response, Fault> {
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    leave_everywhere(act, member.account_id).await?;
    Ok(go_with(
        &visitor,
        "/masuk",
        &[(Cookie::Session, ""), (Cookie::Device, ""), (Cookie::Visit, "")],
    ))
}

async fn confirm(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    _: Form,
) -> Result<Response, Fault> {
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    if begin_confirmation(act, member.account_id).await?.is_none() {
        return Ok(visitor.go("/akun/kontak"));
    }
    // One that is not sent yet is told of on the page.
    let own = portal.service.contact(member.account_id, None).await?.email;
    let sent = own.map(|email| sent_to_email(CodePurpose::ChangeEmail, &email));
    let cookies: Vec<(Cookie, &str)> =
        sent.iter().map(|(cookie, sent)| (*cookie, sent.as_str())).collect();
    Ok(go_with(&visitor, place(CodePurpose::ChangeEmail), &cookies))
}
