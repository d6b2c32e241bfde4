//! `/akun/data/salinan`: a copy of everything that is held, as a file or as a page.

use app::own_data::{CopyAnswer, OwnData, copy_own_data};
use askama::Template;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use domain::draft::DraftField;
use domain::policy::Named as _;
use http_support::Routes;
use web::format::date_time;
use web::{Frame, Language};

use super::readable::{Line, Reader};
use super::{PATH, password_fault, password_field};
use crate::fault::Fault;
use crate::form::Form;
use crate::page::page;
use crate::question::Question;
use crate::register::place_name;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says.
    CopyTexts {
        title: "Salinan data saya", "A copy of my data";
        what: "Salinan ini berisi semua yang program simpan tentang Anda: akun, identitas, isian, persetujuan, pemeriksaan, tes, gelombang, kepesertaan, pembelian, keberatan, pengaduan, pesan, perangkat, dan riwayat penggunaan data Anda.", "The copy has everything that the programme holds about you: account, identity, what you stated, consents, checks, test, waves, grants, purchases, appeals, complaints, messages, devices, and the history of how your data were used.";
        pictures: "Foto KTP dan foto wajah yang masih disimpan hanya ada di berkas unduhan.", "Pictures of your card and face that are still kept are in the download alone.";
        law: "Undang-undang memberi kami waktu 3 x 24 jam. Salinan Anda dibuat sekarang juga.", "The law gives us 3 x 24 hours. Your copy is made at once.";
        careful: "Salinan ini memuat NIK dan nomor KK Anda. Jangan simpan di ponsel orang lain.", "The copy has your NIK and family card number. Do not keep it on somebody else's phone.";
        download: "Unduh salinan", "Download the copy";
        read: "Baca di halaman ini", "Read it on this page";
        nothing: "Tidak ada yang tersimpan.", "Nothing is held.";
        file: "Berkas untuk diunduh", "The file to download";
        file_what: "Isi yang sama tersedia sebagai berkas JSON, yang dapat dibaca program lain. Foto hanya ada di berkas itu.", "The same is there as a JSON file, which other programs can read. Pictures are in that file alone.";
        back: "Kembali", "Back";
        often: "Hari ini salinan sudah diberikan beberapa kali. Anda dapat memintanya lagi pada", "Several copies were given today. You can ask again on";
    }
}

const READ: &str = "baca";
const COPY: &str = "/akun/data/salinan";

#[derive(Debug, Template)]
#[template(path = "own_data.html")]
struct CopyPage {
    frame: Frame,
    texts: &'static CopyTexts,
    back: String,
    copy: String,
    /// Heading of each part, its entries, and what it lists as done.
    parts: Vec<(&'static str, Vec<Vec<Line>>, Vec<Line>)>,
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get(COPY, ask).post(COPY, give)
}

async fn ask(State(portal): State<Portal>, visitor: Visitor, _: Member) -> Result<Response, Fault> {
    question(&visitor, None).show(&portal, &visitor)
}

fn question(visitor: &Visitor, fault: Option<String>) -> Question {
    let texts = CopyTexts::of(visitor.language);
    Question {
        lead: [texts.what, texts.pictures, texts.law, texts.careful].map(str::to_owned).to_vec(),
        fields: vec![password_field(visitor, fault)],
        submit: texts.download.to_owned(),
        second: Some((READ, texts.read.to_owned())),
        back: Some(visitor.link(PATH)),
        ..Question::new(visitor, texts.title)
    }
}

async fn give(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    form: Form,
) -> Result<Response, Fault> {
    if let Some(fault) = password_fault(&portal, &visitor, &member, &form).await? {
        return question(&visitor, Some(fault)).show(&portal, &visitor);
    }
    let texts = CopyTexts::of(visitor.language);
    let mut randomness = (portal.service.randomness)();
    let actor = member.account_id.to_string();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    match copy_own_data(act, member.account_id, member.person_id).await? {
        CopyAnswer::TooOften { until } => {
            let fault = format!("{} {}", texts.often, date_time(until, visitor.language));
            question(&visitor, Some(fault)).show(&portal, &visitor)
        }
        CopyAnswer::Given(data) if form.has(READ) => read(&portal, &visitor, &data),
        CopyAnswer::Given(data) => Ok(file(&data)),
    }
}

fn file(data: &OwnData) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"data-saya.json\""),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, data.json()).into_response()
}

fn read(portal: &Portal, visitor: &Visitor, data: &OwnData) -> Result<Response, Fault> {
    let texts = CopyTexts::of(visitor.language);
    let place = |field: &str, code: &str| {
        place_name(&portal.service.regions, DraftField::from_name(field)?, code)
    };
    let reader = Reader { language: visitor.language, place: &place };
    let parts = data.parts.iter();
    page(&CopyPage {
        frame: visitor.frame(texts.title),
        texts,
        back: visitor.link(PATH),
        copy: visitor.link(COPY),
        parts: parts
            .map(|part| {
                let entries = reader.entries(part.name, &part.value);
                let history = reader.history(part.name, &part.value);
                (heading(part.name, visitor.language), entries, history)
            })
            .collect(),
    })
}

/// The heading of a part of the copy.
fn heading(part: &'static str, language: Language) -> &'static str {
    let [indonesian, english] = match part {
        "account" => ["Akun", "Account"],
        "identity" => ["Identitas", "Identity"],
        "statement" => ["Isian Anda", "What you stated"],
        "checks" => ["Pemeriksaan", "Checks"],
        "memberships" => ["Gelombang", "Waves"],
        "grants" => ["Kepesertaan", "Grants"],
        "purchases" => ["Pembelian pelatihan", "Trainings bought"],
        "ability_test" => ["Tes kemampuan dasar", "Basic ability test"],
        "draft" => ["Isian yang belum dikirim", "Answers not sent yet"],
        "declared" => ["Pernyataan saat mendaftar", "What you declared when registering"],
        "devices" => ["Perangkat yang dikenal", "Known devices"],
        "appeals" => ["Keberatan", "Appeals"],
        "consents" => ["Persetujuan", "Consents"],
        "pictures" => ["Foto", "Pictures"],
        "messages" => ["Pesan dari kami", "Messages from us"],
        "complaints" => ["Pengaduan", "Complaints"],
        "requests" => ["Permintaan", "Requests"],
        "processing" => ["Riwayat penggunaan data", "How your data were used"],
        other => [other, other],
    };
    match language {
        Language::Indonesian => indonesian,
        Language::English => english,
    }
}
