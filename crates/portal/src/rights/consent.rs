//! `/akun/data/persetujuan/JENIS`: withdrawing a consent, after it is said what that means.

use app::rights::{WithdrawalAnswer, withdraw_consent};
use axum::extract::{Path, State};
use axum::response::Response;
use domain::consent::{ConsentKind, Withdrawal};
use domain::policy::Named as _;
use http_support::Routes;

use super::PATH;
use crate::fault::Fault;
use crate::form::Form;
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says.
    ConsentTexts {
        title: "Tarik persetujuan ini?", "Withdraw this consent?";
        photo: "Foto KTP dan foto wajah Anda dihapus saat itu juga. Bila Anda belum terdaftar, Anda perlu mengirim foto lagi untuk mendaftar. Gelombang yang sudah Anda ikuti dan kepesertaan Anda tidak berubah.", "The pictures of your identity card and of your face are erased at once. If you are not registered yet, you have to send pictures again to register. Waves that you have joined and your grant stay as they are.";
        sms: "Kami tidak mengirim pesan singkat lagi, juga pengingat batas waktu; hanya kode yang Anda minta sendiri tetap dikirim. Kabar tetap datang lewat e-mail dan di akun Anda.", "We send no short messages any more, reminders of deadlines among them; only codes that you ask for yourself are still sent. News still comes by e-mail and on your page.";
        all: "Tanpa data ini kami tidak dapat menjalankan program untuk Anda. Karena itu menariknya berarti menghapus akun dan data Anda: di halaman berikutnya tertulis apa yang dihapus, apa yang tetap disimpan, dan kapan. Belum ada yang terjadi sebelum Anda memastikannya di sana.", "Without these data we cannot run the programme for you. So withdrawing this means erasing your account and your data: the next page says what is erased, what stays, and when. Nothing happens before you confirm it there.";
        go_on: "Lanjut ke penghapusan", "Go on to erasure";
        submit: "Ya, tarik persetujuan", "Yes, withdraw it";
    }
}

pub(super) fn routes() -> Routes<Portal> {
    const CONSENT: &str = "/akun/data/persetujuan/{kind}";
    Routes::new().get(CONSENT, ask).post(CONSENT, withdraw)
}

async fn ask(
    State(portal): State<Portal>,
    visitor: Visitor,
    _: Member,
    Path(kind): Path<String>,
) -> Result<Response, Fault> {
    let kind = ConsentKind::from_name(&kind).ok_or(Fault::NoPage)?;
    let texts = ConsentTexts::of(visitor.language);
    let (means, submit) = match kind.withdrawal() {
        Withdrawal::ErasesPhoto => (texts.photo, texts.submit),
        Withdrawal::EndsSms => (texts.sms, texts.submit),
        Withdrawal::LeadsToErasure => (texts.all, texts.go_on),
        Withdrawal::Impossible => return Err(Fault::NoPage),
    };
    let question = Question {
        lead: vec![kind.text().words(visitor.language.of_sentences()).to_owned(), means.to_owned()],
        submit: submit.to_owned(),
        back: Some(visitor.link(PATH)),
        ..Question::new(&visitor, texts.title)
    };
    question.show(&portal, &visitor)
}

async fn withdraw(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    Path(kind): Path<String>,
    _: Form,
) -> Result<Response, Fault> {
    let kind = ConsentKind::from_name(&kind).ok_or(Fault::NoPage)?;
    let mut randomness = (portal.service.randomness)();
    let actor = member.account_id.to_string();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    match withdraw_consent(act, member.account_id, kind).await? {
        WithdrawalAnswer::Withdrawn | WithdrawalAnswer::NothingHeld => Ok(visitor.go(PATH)),
        WithdrawalAnswer::LeadsToErasure => Ok(visitor.go("/akun/data/hapus")),
        WithdrawalAnswer::Impossible => Err(Fault::NoPage),
    }
}
