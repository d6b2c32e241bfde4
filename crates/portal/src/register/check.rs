//! `/pendaftaran/periksa`: all answers, each with a way to change it, and the button that registers.

use app::act::ActError;
use app::reference::RegionData;
use app::register::RegistrationRefusal;
use app::register_one::{RegisterAnswer, Registrant};
use app::registration::{Application, SendAnswer, send_application};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::draft::{Draft, DraftField, read_birth_date, read_yes_no};
use domain::identity::Phone;
use domain::time::Timestamp;
use http_support::Routes;
use time::Date;
use web::Frame;
use web::format::{date, date_time};

use super::age::outlook;
use super::place::place_name;
use super::step::{STEPS, Step};
use super::words::{StepTexts, choices};
use super::{CHECK, FROM_CHECK, PHONE, RESULTS, TASKS, applicant};
use crate::fault::Fault;
use crate::form::Form;
use crate::page::{Hidden, page_with};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says.
    CheckTexts {
        title: "Periksa jawaban Anda", "Check your answers";
        back: "Kembali", "Back";
        change: "Ubah", "Change";
        none: "Tidak diisi", "Left out";
        agreed: "Disetujui", "Agreed";
        not_agreed: "Tidak disetujui", "Not agreed";
        verified: "sudah dipastikan dengan kode", "proven by a code";
        sms: "Pesan singkat", "Short messages";
        consent: "Syarat, data pribadi, pernyataan", "Terms, personal data, declaration";
        barred: "Menurut jawaban Anda, aturan program mungkin membuat Anda tidak dapat ikut undian. Anda tetap boleh mendaftar; instansi yang berwenang yang memastikannya.", "By your answers, the rules of the programme may keep you out of the draw. You may register all the same; the authorities in charge decide.";
        before: "Periksa NIK Anda sekali lagi. Setelah dikirim, NIK hanya dapat diperbaiki selama belum dipastikan dengan data kependudukan. Data lain masih dapat diperbaiki.", "Look at your NIK once more. Once sent, it can be corrected only until the population register has confirmed it. Other data can still be corrected.";
        send: "Kirim pendaftaran", "Send registration";
        refused: "Pendaftaran belum dapat diterima", "The registration could not be taken";
        taken: "NIK ini sudah terdaftar pada akun lain, atau data yang Anda tulis tidak sama dengan data yang sudah ada. Periksa NIK, nomor KK, nama, dan tanggal lahir. Bila akun itu milik Anda, masuk dengan akun itu. Bila orang lain memakai NIK Anda, laporkan kepada pengelola program.", "This NIK is registered with another account, or what you wrote differs from what is held already. Check NIK, family card number, name and date of birth. If that account is yours, sign in to it. If somebody else uses your NIK, report it to the programme.";
        again: "Kirim sekali lagi. Belum ada yang berubah.", "Send it once more. Nothing has changed.";
        region: "Kabupaten atau kota itu tidak ada dalam daftar. Pilih kembali.", "That kabupaten or kota is not on the list. Choose it again.";
        often: "Terlalu banyak percobaan dengan NIK yang sudah terdaftar. Jawaban Anda tetap tersimpan; kirim lagi sesudah", "Too many tries with a NIK that is registered. Your answers are kept; send them again after";
    }
}

/// One answer.
struct Row {
    label: &'static str,
    value: String,
    change: String,
}

#[derive(Template)]
#[template(path = "register_check.html")]
struct CheckPage {
    frame: Frame,
    texts: &'static CheckTexts,
    hidden: Hidden,
    back: String,
    rows: Vec<Row>,
    /// What the age keeps from.
    age: Option<String>,
    is_barred: bool,
    refusal: Option<String>,
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get(CHECK, show).post(CHECK, send)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    match applicant(&portal, &visitor, &member).await? {
        Ok(application) if application.can_be_sent() => {
            check_page(&portal, &visitor, &application, None).await
        }
        Ok(_) => Ok(visitor.go(TASKS)),
        Err(elsewhere) => Ok(elsewhere),
    }
}

async fn send(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    form: Form,
) -> Result<Response, Fault> {
    let registrant = Registrant { account: member.account_id, network: Some(visitor.network) };
    let refusal = match send_once(&portal, &visitor, registrant, &form).await? {
        SendAnswer::Registered(_) | SendAnswer::Other(RegisterAnswer::Registered(_)) => {
            return Ok(visitor.go(RESULTS));
        }
        SendAnswer::Incomplete => return Ok(visitor.go(TASKS)),
        SendAnswer::Other(answer) => refusal_words(&visitor, answer),
    };
    match applicant(&portal, &visitor, &member).await? {
        Ok(application) => check_page(&portal, &visitor, &application, Some(refusal)).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

async fn send_once(
    portal: &Portal,
    visitor: &Visitor,
    registrant: Registrant,
    form: &Form,
) -> Result<SendAnswer, Fault> {
    let key = form.key()?;
    let actor = registrant.account.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    let sent: Result<SendAnswer, ActError> = send_application(act, registrant, &key).await;
    Ok(sent?)
}

fn refusal_words(visitor: &Visitor, answer: RegisterAnswer) -> String {
    let texts = CheckTexts::of(visitor.language);
    match answer {
        RegisterAnswer::Refused(RegistrationRefusal::NikTaken) => texts.taken.to_owned(),
        RegisterAnswer::Refused(RegistrationRefusal::NotARegency) => texts.region.to_owned(),
        RegisterAnswer::TooOften { until } => {
            format!("{} {}.", texts.often, date_time(until, visitor.language))
        }
        // The form was left open while answers changed.
        RegisterAnswer::Refused(RegistrationRefusal::IdTaken | RegistrationRefusal::CardIsNik)
        | RegisterAnswer::KeyReused
        | RegisterAnswer::AccountHasPerson
        | RegisterAnswer::Registered(_) => texts.again.to_owned(),
    }
}

async fn check_page(
    portal: &Portal,
    visitor: &Visitor,
    application: &Application,
    refusal: Option<String>,
) -> Result<Response, Fault> {
    let texts = CheckTexts::of(visitor.language);
    let today = portal.service.clock.now().wib_date();
    let age = outlook(portal, &application.draft).await?;
    let declares = [DraftField::Student, DraftField::Office, DraftField::Aid];
    let status = if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page_with(
        status,
        &CheckPage {
            frame: visitor.frame(if refusal.is_some() { texts.refused } else { texts.title }),
            texts,
            hidden: Hidden::new(portal, visitor),
            back: visitor.link(TASKS),
            rows: rows(&portal.service.regions, visitor, application, today),
            age: age.map(|bar| bar.sentence(visitor.language.of_sentences())),
            is_barred: declares
                .iter()
                .any(|field| read_yes_no(application.draft.text(*field)) == Some(true)),
            refusal,
        },
    )
}

fn rows(
    regions: &RegionData,
    visitor: &Visitor,
    application: &Application,
    today: Date,
) -> Vec<Row> {
    let texts = CheckTexts::of(visitor.language);
    let draft = &application.draft;
    let row = |step: &Step| {
        let value = value(regions, visitor, (draft, step.field), today);
        let value = if value.is_empty() { texts.none.to_owned() } else { value };
        let change = format!("{}?{FROM_CHECK}", visitor.link(step.path));
        Row { label: label(step.field, visitor), value, change }
    };
    let mut rows: Vec<Row> = STEPS.iter().map(row).collect();
    if let Some(phone) = &application.verified_phone {
        rows.push(Row {
            label: StepTexts::of(visitor.language).task_phone,
            value: format!("{} ({})", as_dialled(phone), texts.verified),
            change: visitor.link(PHONE),
        });
    }
    if let Some(step) = Step::of(DraftField::Terms) {
        let agrees = draft.agrees_to(DraftField::SmsContact);
        rows.push(Row {
            label: texts.sms,
            value: if agrees { texts.agreed } else { texts.not_agreed }.to_owned(),
            change: format!("{}?{FROM_CHECK}", visitor.link(step.path)),
        });
    }
    rows
}

/// A number in groups of four, as cards have it; a last group of one or two digits stays with the one before.
fn in_fours(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let mut grouped = String::new();
    for (at, digit) in digits.iter().enumerate() {
        if at > 0 && at % 4 == 0 && digits.len() - at > 2 {
            grouped.push(' ');
        }
        grouped.push(*digit);
    }
    grouped
}

/// A number as people in the country write it.
fn as_dialled(phone: &Phone) -> String {
    match phone.expose().strip_prefix("+62") {
        Some(rest) => in_fours(&format!("0{rest}")),
        None => phone.expose().to_owned(),
    }
}

/// An answer in words.
fn value(
    regions: &RegionData,
    visitor: &Visitor,
    (draft, field): (&Draft, DraftField),
    today: Date,
) -> String {
    let text = draft.text(field);
    match field {
        DraftField::BornOn => read_birth_date(text, today).map_or_else(
            |_| text.to_owned(),
            |day| date(Timestamp::start_of_wib_day(day), visitor.language),
        ),
        DraftField::Region | DraftField::District => {
            place_name(regions, field, text).unwrap_or_default()
        }
        DraftField::Terms => CheckTexts::of(visitor.language).agreed.to_owned(),
        DraftField::Nik | DraftField::FamilyCard => in_fours(text),
        DraftField::Name
        | DraftField::Sex
        | DraftField::NikChecked
        | DraftField::Education
        | DraftField::Employment
        | DraftField::Disability
        | DraftField::Topic
        | DraftField::Student
        | DraftField::Office
        | DraftField::Aid
        | DraftField::Privacy
        | DraftField::Truth
        | DraftField::SmsContact => {
            let choices = choices(field, StepTexts::of(visitor.language));
            let chosen = choices.into_iter().find(|(value, _)| *value == text);
            chosen.map_or(text, |(_, words)| words).to_owned()
        }
    }
}

fn label(field: DraftField, visitor: &Visitor) -> &'static str {
    let texts = StepTexts::of(visitor.language);
    match field {
        DraftField::Nik | DraftField::NikChecked => texts.nik_short,
        DraftField::FamilyCard => texts.card_short,
        DraftField::BornOn => texts.born_short,
        DraftField::Name => texts.name_short,
        DraftField::Sex => texts.sex_short,
        DraftField::Region => texts.region_short,
        DraftField::District => texts.district_short,
        DraftField::Education => texts.education_short,
        DraftField::Employment => texts.employment_short,
        DraftField::Disability => texts.disability_short,
        DraftField::Topic => texts.topic_short,
        DraftField::Student => texts.student_short,
        DraftField::Office => texts.office_short,
        DraftField::Aid => texts.aid_short,
        DraftField::Terms | DraftField::Privacy | DraftField::Truth | DraftField::SmsContact => {
            CheckTexts::of(visitor.language).consent
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers are read in groups, however they were typed.
    #[test]
    fn groups() {
        for (typed, shown) in [
            ("1571014508990001", "1571 0145 0899 0001"),
            ("15.7101 4508-990001", "1571 0145 0899 0001"),
            ("", ""),
        ] {
            assert_eq!(in_fours(typed), shown);
        }
        for (kept, shown) in [
            ("+6281399112231", "0813 9911 2231"),
            ("+628139911223", "0813 9911 223"),
            ("+62813991122312", "0813 9911 22312"),
        ] {
            assert_eq!(as_dialled(&Phone::parse(kept).expect("a number")), shown);
        }
    }
}
