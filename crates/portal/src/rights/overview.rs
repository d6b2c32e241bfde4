//! `/akun/data`: what is held, in plain words, what can be done about it, and where requests stand.

use app::citizen::PersonFacts;
use app::consents::{ConsentRow, consents_of};
use app::rights::{RequestRow, requests_of};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::consent::{Basis, Withdrawal};
use domain::policy::Named as _;
use domain::rights::{RequestKind, RequestState};
use domain::statement::StatementField;
use http_support::Routes;
use web::Frame;
use web::format::date_time;

use super::PATH;
use super::correct::{path_of, stated_words, title_of};
use crate::fault::Fault;
use crate::page::page;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says.
    DataTexts {
        title: "Data saya", "My data";
        back: "Akun saya", "My account";
        lead: "Kami menyimpan data yang Anda berikan, jawaban instansi tentang data itu, dan catatan tentang apa yang terjadi dengannya. Identitas Anda disegel dengan kunci tersendiri.", "We hold the data that you gave us, what registers answered about them, and a record of what happened to them. Your identity is sealed under a key of its own.";
        law: "Undang-Undang Nomor 27 Tahun 2022 memberi Anda hak atas data Anda. Setiap permintaan dijawab dalam 3 x 24 jam; sebagian besar langsung selesai.", "Law 27 of 2022 gives you rights over your data. Every request is answered within 3 x 24 hours; most are done at once.";
        rights: "Hak Anda", "Your rights";
        copy: "Minta salinan semua data", "Get a copy of everything";
        erase: "Hapus akun dan data saya", "Erase my account and my data";
        correct: "Perbaiki isian", "Correct what you stated";
        with_password: "NIK, KK, nama, tanggal lahir, nomor ponsel, e-mail, dan disabilitas tidak tampil di sini. Anda dapat membacanya di salinan data, dengan kata sandi.", "NIK, family card, name, date of birth, phone, e-mail and disability are not shown here. You can read them in the copy of your data, with your password.";
        consents: "Persetujuan dan pernyataan", "Consents and declarations";
        no_consents: "Belum ada persetujuan yang tercatat.", "No consent is on record.";
        given: "Diberikan", "Given";
        withdrawn: "Ditarik", "Withdrawn";
        duty: "Kewajiban program, tidak dapat ditarik", "A duty of the programme; cannot be withdrawn";
        declared: "Pernyataan, tetap tercatat", "A declaration; stays on record";
        withdraw: "Tarik", "Withdraw";
        requests: "Permintaan Anda", "Your requests";
        no_requests: "Belum ada permintaan.", "There are no requests.";
        due: "dijawab paling lambat", "answered by";
        access: "Salinan data", "Copy of the data";
        correction: "Perbaikan isian", "Correction";
        withdrawal: "Penarikan persetujuan", "Withdrawal of a consent";
        erasure: "Penghapusan", "Erasure";
        received: "Menunggu waktunya", "Waits for its time";
        done: "Selesai", "Done";
        refused: "Tidak dilakukan", "Not done";
        taken_back: "Dibatalkan", "Taken back";
    }
}

#[derive(Debug, Template)]
#[template(path = "data.html")]
struct DataPage {
    frame: Frame,
    texts: &'static DataTexts,
    back: String,
    copy: String,
    erase: String,
    /// Addresses and words of the fields that can be corrected, and what is stated there now where it is shown;
    /// none without a registration.
    fields: Vec<(String, &'static str, Option<String>)>,
    consents: Vec<ConsentLine>,
    requests: Vec<RequestLine>,
}

#[derive(Debug)]
struct ConsentLine {
    title: &'static str,
    words: &'static str,
    standing: String,
    /// Where it is withdrawn, if it can be.
    withdraw: Option<String>,
}

#[derive(Debug)]
struct RequestLine {
    kind: &'static str,
    when: String,
    class: &'static str,
    state: &'static str,
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get(PATH, show)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let texts = DataTexts::of(visitor.language);
    let database = &portal.service.database;
    let consents = consents_of(database, member.account_id).await?;
    let requests = requests_of(database, member.account_id).await?;
    let standing = match member.person_id {
        Some(person) => portal.service.standing(person).await?,
        None => None,
    };
    page(&DataPage {
        frame: visitor.frame(texts.title),
        texts,
        back: visitor.link("/akun"),
        copy: visitor.link("/akun/data/salinan"),
        erase: visitor.link("/akun/data/hapus"),
        fields: standing
            .map(|standing| field_lines(&portal, &visitor, &standing.facts))
            .unwrap_or_default(),
        consents: consents.iter().map(|row| consent_line(row, &visitor)).collect(),
        requests: requests.iter().map(|row| request_line(row, &visitor)).collect(),
    })
}

fn field_lines(
    portal: &Portal,
    visitor: &Visitor,
    facts: &PersonFacts,
) -> Vec<(String, &'static str, Option<String>)> {
    let language = visitor.language;
    let line = |field: &StatementField| {
        let stated = stated_words(portal, *field, facts, language);
        (visitor.link(&path_of(*field)), title_of(*field, language), stated)
    };
    StatementField::ALL.iter().map(line).collect()
}

fn consent_line(row: &ConsentRow, visitor: &Visitor) -> ConsentLine {
    let (texts, language) = (DataTexts::of(visitor.language), visitor.language);
    // A version that this program does not know is of a newer one; its words are shown there.
    let text = row.kind.text_of(row.version).unwrap_or(row.kind.text());
    let standing = match (row.withdrawn_at, row.kind.basis()) {
        (Some(at), _) => format!("{} {}", texts.withdrawn, date_time(at, language)),
        (None, Basis::Consent) => {
            format!("{} {}", texts.given, date_time(row.given_at, language))
        }
        (None, Basis::PublicDuty) => texts.duty.to_owned(),
        (None, Basis::Declaration) => {
            format!("{} {}", texts.declared, date_time(row.given_at, language))
        }
    };
    let is_held = row.withdrawn_at.is_none() && row.kind.withdrawal() != Withdrawal::Impossible;
    let path = format!("/akun/data/persetujuan/{}", row.kind.name());
    ConsentLine {
        title: text.title(language.of_sentences()),
        words: text.words(language.of_sentences()),
        standing,
        withdraw: is_held.then(|| visitor.link(&path)),
    }
}

fn request_line(row: &RequestRow, visitor: &Visitor) -> RequestLine {
    let (texts, language) = (DataTexts::of(visitor.language), visitor.language);
    let kind = match row.kind {
        RequestKind::Access => texts.access,
        RequestKind::Correction => texts.correction,
        RequestKind::Withdrawal => texts.withdrawal,
        RequestKind::Erasure => texts.erasure,
    };
    let (class, state) = match row.state {
        RequestState::Received => ("waits", texts.received),
        RequestState::Done => ("good", texts.done),
        RequestState::Refused => ("bad", texts.refused),
        RequestState::TakenBack => ("", texts.taken_back),
    };
    let received = date_time(row.received_at, language);
    let when = match row.state {
        RequestState::Received => {
            format!("{received}, {} {}", texts.due, date_time(row.due_at, language))
        }
        RequestState::Done | RequestState::Refused | RequestState::TakenBack => received,
    };
    RequestLine { kind, when, class, state }
}
