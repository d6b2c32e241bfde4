//! `/akun/pengaduan`: one's complaints, and each with its answer.

use app::complaints::{
    ComplaintRow, ListedComplaints, ReadComplaint, list_complaints, read_own_complaint,
};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::complaints::{ComplaintState, ComplaintText, ComplaintTopic};
use domain::ids::ComplaintId;
use http_support::Routes;
use web::format::{date, date_time};
use web::{Frame, Language};

use super::last_minute;
use crate::fault::Fault;
use crate::page::page;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the pages say; `{t}` is an instant, `{n}` the number of a complaint.
    ComplaintTexts {
        title: "Pengaduan", "Complaints";
        back: "Akun saya", "My account";
        lead: "Tulis bila ada yang keliru atau macet. Kami menjawab dalam lima hari kerja, dan jawabannya tampil di halaman ini.", "Write to us if something is wrong or stuck. We answer within five working days, and the answer stands on this page.";
        new: "Tulis pengaduan baru", "Write a new complaint";
        none: "Anda belum pernah mengirim pengaduan.", "You have not sent a complaint yet.";
        mine: "Pengaduan Anda", "Your complaints";
        number: "Nomor {n}", "Number {n}";
        cite: "Sebutkan nomor ini bila Anda bertanya tentang pengaduan ini.", "Give this number when you ask about this complaint.";
        filed_on: "dikirim {t}", "sent {t}";
        due_by: "dijawab paling lambat {t}", "answer by {t}";
        filed: "Terkirim, belum dibaca", "Sent, not read yet";
        in_progress: "Sedang dikerjakan", "Being worked on";
        answered: "Sudah dijawab", "Answered";
        closed: "Selesai", "Closed";
        sent_at: "Dikirim {t}.", "Sent on {t}.";
        answer_by: "Kami menjawab paling lambat {t}. Anda diberi tahu lewat e-mail.", "We answer by {t}. You are told by e-mail.";
        late: "Jawaban ini terlambat; batasnya {t}. Maaf. Pengaduan Anda ada di urutan pertama.", "This answer is late; it was due by {t}. We are sorry. Your complaint comes first.";
        answered_at: "Dijawab {t}.", "Answered on {t}.";
        closed_at: "Ditutup {t}. Bila belum beres, tulis pengaduan baru.", "Closed on {t}. If it is not settled, write a new complaint.";
        yours: "Yang Anda tulis", "What you wrote";
        answer: "Jawaban kami", "Our answer";
        forgotten: "Teks ini sudah dihapus.", "This text was deleted.";
        data: "Pemeriksaan data: NIK, KK, nama", "Checks of my data: NIK, KK, name";
        photo: "Foto KTP atau pemeriksaan wajah", "Photo of the identity card, or face check";
        test: "Tes kemampuan dasar", "Basic ability test";
        wave: "Ikut gelombang atau hasilnya", "Joining a wave, or its result";
        place: "Pembelian pertama atau pencabutan", "First purchase, or a place that was lost";
        incentive: "Sertifikat atau insentif", "Certificate or incentive";
        account: "Akun, kode atau pesan", "Account, codes or messages";
        privacy: "Penggunaan data pribadi", "Use of personal data";
        other: "Hal lain", "Something else";
    }
}

/// Complaints that are listed at most.
const LISTED_MAX: u32 = 100;

#[derive(Debug, Template)]
#[template(path = "complaints.html")]
struct ComplaintsPage {
    frame: Frame,
    texts: &'static ComplaintTexts,
    back: String,
    new: String,
    complaints: Vec<LineView>,
}

/// A complaint in the list.
#[derive(Debug)]
struct LineView {
    path: String,
    topic: &'static str,
    /// Number, day of sending and, while it waits, the last minute for the answer.
    about: Vec<String>,
    tag: (&'static str, &'static str),
}

#[derive(Debug, Template)]
#[template(path = "complaint.html")]
struct ComplaintPage {
    frame: Frame,
    texts: &'static ComplaintTexts,
    back: String,
    tag: (&'static str, &'static str),
    number: String,
    instants: Vec<String>,
    /// Paragraphs, each of lines.
    text: Vec<Vec<String>>,
    answer: Option<Vec<Vec<String>>>,
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get("/akun/pengaduan", list).get("/akun/pengaduan/{complaint}", show)
}

/// What the list says about a complaint beside its topic.
fn about(row: &ComplaintRow, language: Language) -> Vec<String> {
    let texts = ComplaintTexts::of(language);
    let due = || texts.due_by.replace("{t}", &last_minute(row.due_at, language));
    let told = [
        Some(number(row.complaint_id, texts)),
        Some(texts.filed_on.replace("{t}", &date(row.filed_at, language))),
        row.state.waits().then(due),
    ];
    told.into_iter().flatten().collect()
}

fn number(complaint: ComplaintId, texts: &ComplaintTexts) -> String {
    texts.number.replace("{n}", &complaint.short_number())
}

/// The page of a complaint.
pub(super) fn complaint_path(complaint: ComplaintId) -> String {
    format!("/akun/pengaduan/{complaint}")
}

async fn list(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let texts = ComplaintTexts::of(visitor.language);
    let listed = ListedComplaints::Of(member.account_id);
    let rows = list_complaints(&portal.service.database, listed, LISTED_MAX).await?;
    let line = |row: &ComplaintRow| LineView {
        path: visitor.link(&complaint_path(row.complaint_id)),
        topic: topic(row.topic, visitor.language),
        about: about(row, visitor.language),
        tag: tag(row.state, texts),
    };
    page(&ComplaintsPage {
        frame: visitor.frame(texts.title),
        texts,
        back: visitor.link("/akun"),
        new: visitor.link("/akun/pengaduan/baru"),
        complaints: rows.iter().map(line).collect(),
    })
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    Path(named): Path<String>,
) -> Result<Response, Fault> {
    let id = ComplaintId::parse(&named).ok_or(Fault::NoPage)?;
    let (service, account) = (&portal.service, member.account_id);
    let read = read_own_complaint(&service.database, &service.keys, (account, id)).await?;
    let ReadComplaint { row, text, answer } = read.ok_or(Fault::NoPage)?;
    let texts = ComplaintTexts::of(visitor.language);
    let words = |text: Option<&ComplaintText>| {
        paragraphs(text.map_or(texts.forgotten, ComplaintText::expose))
    };
    page(&ComplaintPage {
        frame: visitor.frame(topic(row.topic, visitor.language)),
        texts,
        back: visitor.link("/akun/pengaduan"),
        tag: tag(row.state, texts),
        number: number(row.complaint_id, texts),
        instants: instants(&row, &portal, &visitor),
        text: words(text.as_ref()),
        answer: row.answered_at.map(|_| words(answer.as_ref())),
    })
}

fn instants(row: &ComplaintRow, portal: &Portal, visitor: &Visitor) -> Vec<String> {
    let (texts, language) = (ComplaintTexts::of(visitor.language), visitor.language);
    let at = |text: &str, at| text.replace("{t}", &date_time(at, language));
    let is_late = row.due_at <= portal.service.clock.now();
    let due = if is_late { texts.late } else { texts.answer_by };
    let due = due.replace("{t}", &last_minute(row.due_at, language));
    let lines = [
        Some(at(texts.sent_at, row.filed_at)),
        row.state.waits().then_some(due),
        row.answered_at.map(|answered| at(texts.answered_at, answered)),
        row.closed_at.map(|closed| at(texts.closed_at, closed)),
    ];
    lines.into_iter().flatten().collect()
}

fn paragraphs(text: &str) -> Vec<Vec<String>> {
    let filled = text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
    filled.map(|paragraph| paragraph.trim().lines().map(str::to_owned).collect()).collect()
}

/// Class and words of a state.
const fn tag(
    state: ComplaintState,
    texts: &'static ComplaintTexts,
) -> (&'static str, &'static str) {
    match state {
        ComplaintState::Filed => ("waits", texts.filed),
        ComplaintState::InProgress => ("waits", texts.in_progress),
        ComplaintState::Answered => ("good", texts.answered),
        ComplaintState::Closed => ("", texts.closed),
    }
}

/// A topic in words.
pub(super) const fn topic(topic: ComplaintTopic, language: Language) -> &'static str {
    let texts = ComplaintTexts::of(language);
    match topic {
        ComplaintTopic::Data => texts.data,
        ComplaintTopic::Photo => texts.photo,
        ComplaintTopic::Test => texts.test,
        ComplaintTopic::Wave => texts.wave,
        ComplaintTopic::Place => texts.place,
        ComplaintTopic::Incentive => texts.incentive,
        ComplaintTopic::Account => texts.account,
        ComplaintTopic::Privacy => texts.privacy,
        ComplaintTopic::Other => texts.other,
    }
}
