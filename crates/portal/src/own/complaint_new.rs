//! `/akun/pengaduan/baru`: writing a complaint.

use app::complaints::{ComplaintAnswer, file_complaint};
use axum::extract::State;
use axum::response::Response;
use domain::complaints::{
    ComplaintText, ComplaintTextError, ComplaintTopic, OPEN_MAX, TEXT_MAX, TEXT_MIN,
};
use domain::policy::Named as _;
use http_support::Routes;

use super::complaints::{complaint_path, topic};
use crate::fault::Fault;
use crate::field::{Choice, Control, Field};
use crate::form::Form;
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says; `{n}` is a number.
    NewTexts {
        title: "Tulis pengaduan", "Write a complaint";
        about: "Tentang apa?", "What is it about?";
        about_missing: "Pilih tentang apa pengaduan Anda", "Choose what your complaint is about";
        text: "Apa yang terjadi?", "What happened?";
        hint: "Tulis kapan terjadinya, dan apa yang Anda harapkan. Jangan tulis kata sandi atau kode. Hanya petugas yang menjawab yang dapat membacanya.", "Say when it happened and what you expect. Do not write a password or a code. Only the officer who answers can read it.";
        short: "Tulis sedikitnya {n} karakter", "Write at least {n} characters";
        long: "Tulis paling banyak {n} karakter", "Write at most {n} characters";
        submit: "Kirim pengaduan", "Send the complaint";
        full: "{n} pengaduan Anda masih menunggu jawaban. Tunggu jawaban salah satunya, lalu kirim yang berikutnya.", "{n} of your complaints still wait for an answer. Wait for one of them to be answered, then send the next.";
    }
}

const ABOUT: &str = "tentang";
const TEXT: &str = "uraian";

pub(super) fn routes() -> Routes<Portal> {
    const PATH: &str = "/akun/pengaduan/baru";
    Routes::new().get(PATH, ask).post(PATH, send)
}

fn question(
    visitor: &Visitor,
    [about, text]: [&str; 2],
    [about_fault, text_fault]: [Option<String>; 2],
) -> Question {
    let texts = NewTexts::of(visitor.language);
    let choices = ComplaintTopic::ALL
        .iter()
        .map(|one| Choice::new(one.name(), topic(*one, visitor.language)))
        .collect();
    let lines = Control::Lines { characters_max: u32::try_from(TEXT_MAX).unwrap_or(u32::MAX) };
    Question {
        fields: vec![
            Field::new(ABOUT, texts.about, Control::Choice(choices))
                .value(about)
                .fault(about_fault),
            Field::new(TEXT, texts.text, lines).hint(texts.hint).value(text).fault(text_fault),
        ],
        submit: texts.submit.to_owned(),
        back: Some(visitor.link("/akun/pengaduan")),
        ..Question::new(visitor, texts.title)
    }
}

async fn ask(State(portal): State<Portal>, visitor: Visitor, _: Member) -> Result<Response, Fault> {
    question(&visitor, ["", ""], [None, None]).show(&portal, &visitor)
}

async fn send(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    form: Form,
) -> Result<Response, Fault> {
    let texts = NewTexts::of(visitor.language);
    let key = form.key()?;
    let about = ComplaintTopic::from_name(form.text(ABOUT));
    let text = ComplaintText::parse(form.text(TEXT));
    let (about, text) = match (about, text) {
        (Some(about), Ok(text)) => (about, text),
        (about, text) => {
            let about_fault = about.is_none().then(|| texts.about_missing.to_owned());
            let text_fault = text.err().map(|error| match error {
                ComplaintTextError::TooShort => texts.short.replace("{n}", &TEXT_MIN.to_string()),
                ComplaintTextError::TooLong => texts.long.replace("{n}", &TEXT_MAX.to_string()),
            });
            let typed = [form.text(ABOUT), form.text(TEXT)];
            return question(&visitor, typed, [about_fault, text_fault]).show(&portal, &visitor);
        }
    };
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    match file_complaint(act, member.account_id, (about, &text), &key).await? {
        ComplaintAnswer::Filed(complaint) => Ok(visitor.go(&complaint_path(complaint))),
        ComplaintAnswer::TooManyWait => {
            let why = texts.full.replace("{n}", &OPEN_MAX.to_string());
            // With what was written, so that nobody has to write it again.
            let typed = [about.name(), text.expose()];
            question(&visitor, typed, [None, Some(why)]).show(&portal, &visitor)
        }
        ComplaintAnswer::KeyReused => Err(Fault::Forged),
    }
}
