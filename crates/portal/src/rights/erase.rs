//! `/akun/data/hapus`: asking to be erased, and taking it back.

use app::rights::{ErasureStanding, RequestRow, ask_erasure, read_erasure, take_back_erasure};
use axum::extract::State;
use axum::response::Response;
use http_support::Routes;
use web::format::date_time;

use super::{PATH, password_fault, password_field};
use crate::fault::Fault;
use crate::field::{Control, Field};
use crate::form::Form;
use crate::own::refuse;
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the pages say.
    EraseTexts {
        title: "Hapus akun dan data saya", "Erase my account and my data";
        goes: "Yang dihapus: NIK, nomor KK, nama, tanggal lahir, nomor ponsel, alamat e-mail, kata sandi, foto, draf, kode, perangkat, jawaban tes, pesan dari kami, dan isi pengaduan Anda. Kunci yang melindungi data itu dihancurkan, jadi tidak ada yang dapat membacanya lagi.", "Erased are your NIK, family card number, name, birth date, mobile number, e-mail address, password, pictures, drafts, codes, devices, answers in the test, messages from us, and the words of your complaints. The key that protects them is destroyed, so nobody can read them any more.";
        stays: "Yang tetap disimpan, tanpa nama Anda: tanda NIK yang hanya menunjukkan bahwa nomor itu pernah terdaftar, karena bantuan hanya diberikan satu kali; gelombang dan keputusannya, supaya undian tetap dapat diperiksa; catatan dana; dan catatan pemeriksaan program.", "What stays, without your name: a mark of your NIK that only shows that the number was registered, since the benefit is given once; waves and their decisions, so that draws can still be checked; the record of money; and the audit trail of the programme.";
        when: "Data dihapus 24 jam setelah Anda memintanya, dan Anda dapat membatalkannya sampai saat itu. Undang-undang memberi kami waktu 3 x 24 jam. Setelah itu akun Anda tidak dapat dibuka lagi.", "Your data are erased 24 hours after you ask, and until then you can take it back. The law gives us 3 x 24 hours. After that your account cannot be opened any more.";
        sure: "Saya mengerti bahwa data saya tidak dapat dikembalikan", "I understand that my data cannot be brought back";
        unsure: "Centang kotak ini bila Anda yakin", "Tick this box if you are sure";
        submit: "Minta penghapusan", "Ask for erasure";
        refused: "Data Anda belum dapat dihapus", "Your data cannot be erased yet";
        to_data: "Data saya", "My data";
        to_waves: "Gelombang saya", "My waves";
        waiting: "Data Anda akan dihapus", "Your data will be erased";
        at: "Data Anda dihapus setelah", "Your data are erased after";
        until_then: "Sampai saat itu tidak ada yang berubah, dan Anda dapat membatalkan permintaan ini.", "Until then nothing changes, and you can take this request back.";
        take_back: "Batalkan penghapusan", "Keep my data";
    }
}

const SURE: &str = "yakin";

pub(super) fn routes() -> Routes<Portal> {
    Routes::new()
        .get("/akun/data/hapus", show)
        .post("/akun/data/hapus", submit)
        .post("/akun/data/hapus/batal", take_back)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let database = &portal.service.database;
    let standing = read_erasure(database, member.account_id, member.person_id).await?;
    answer(&portal, &visitor, standing)
}

fn answer(
    portal: &Portal,
    visitor: &Visitor,
    standing: ErasureStanding,
) -> Result<Response, Fault> {
    let texts = EraseTexts::of(visitor.language);
    match standing {
        ErasureStanding::Possible => question(visitor, [None, None]).show(portal, visitor),
        ErasureStanding::Waits(request) => waiting(visitor, &request).show(portal, visitor),
        ErasureStanding::Refused(refusal) => refuse(
            visitor,
            texts.refused,
            refusal.sentence(visitor.language.of_sentences()),
            &[(PATH, texts.to_data), ("/akun/gelombang", texts.to_waves)],
        ),
    }
}

fn question(visitor: &Visitor, [sure, password]: [Option<String>; 2]) -> Question {
    let texts = EraseTexts::of(visitor.language);
    Question {
        lead: [texts.goes, texts.stays, texts.when].map(str::to_owned).to_vec(),
        fields: vec![
            Field::new(SURE, texts.sure, Control::Tick).fault(sure),
            password_field(visitor, password),
        ],
        submit: texts.submit.to_owned(),
        back: Some(visitor.link(PATH)),
        ..Question::new(visitor, texts.title)
    }
}

fn waiting(visitor: &Visitor, request: &RequestRow) -> Question {
    let texts = EraseTexts::of(visitor.language);
    let at = request.run_at.unwrap_or(request.due_at);
    let at = format!("{} {}.", texts.at, date_time(at, visitor.language));
    Question {
        lead: vec![at, texts.until_then.to_owned()],
        submit: texts.take_back.to_owned(),
        action: "/akun/data/hapus/batal",
        back: Some(visitor.link(PATH)),
        ..Question::new(visitor, texts.waiting)
    }
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    form: Form,
) -> Result<Response, Fault> {
    let texts = EraseTexts::of(visitor.language);
    let sure = (!form.has(SURE)).then(|| texts.unsure.to_owned());
    let password = password_fault(&portal, &visitor, &member, &form).await?;
    if sure.is_some() || password.is_some() {
        return question(&visitor, [sure, password]).show(&portal, &visitor);
    }
    let mut randomness = (portal.service.randomness)();
    let actor = member.account_id.to_string();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    match ask_erasure(act, member.account_id).await? {
        ErasureStanding::Waits(_) | ErasureStanding::Possible => Ok(visitor.go("/akun/data/hapus")),
        refused @ ErasureStanding::Refused(_) => answer(&portal, &visitor, refused),
    }
}

async fn take_back(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    _: Form,
) -> Result<Response, Fault> {
    let mut randomness = (portal.service.randomness)();
    let actor = member.account_id.to_string();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    take_back_erasure(act, member.account_id).await?;
    Ok(visitor.go(PATH))
}
