//! `/pendaftaran/telepon`: the phone of an account, which a code is sent to.

use app::codes::{NotSent, SendAnswer};
use app::contact::begin_phone;
use axum::extract::State;
use axum::response::Response;
use domain::codes::CodePurpose;
use domain::identity::Phone;
use http_support::Routes;
use web::format::date_time;

use crate::entry::code_page::next_minute;
use crate::entry::sent::sent_to_phone;
use crate::entry::{go_with, place};
use crate::fault::Fault;
use crate::field::{Control, Field, Line};
use crate::form::Form;
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says; `{at}` is an instant.
    PhoneTexts {
        title: "Berapa nomor ponsel Anda?", "What is your mobile number?";
        hint: "Misalnya 0812 3456 7890. Kami mengirim kode lewat SMS ke nomor ini, dan nanti kabar penting", "Such as 0812 3456 7890. We send a code to this number by text message, and important news later";
        wrong: "Tulis nomor ponsel Indonesia, misalnya 0812 3456 7890", "Write an Indonesian mobile number, such as 0812 3456 7890";
        send: "Kirim kode", "Send a code";
        elsewhere: "Kode Anda untuk kontak ini belum dikirim, karena satu kode baru saja diminta. Kirim lagi sesudah {at}", "No code for you has gone to this contact yet, since one was asked for a moment ago. Send it again after {at}";
        waits: "Terlalu banyak kode diminta. Anda dapat meminta kode baru pada {at}", "Too many codes were asked for. You can ask for a new one on {at}";
    }
}

pub(super) const PHONE: &str = "telepon";

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get("/pendaftaran/telepon", ask).post("/pendaftaran/telepon", send)
}

/// The field for a number, as all pages have it.
pub(super) fn phone_field(
    visitor: &Visitor,
    label: &str,
    typed: &str,
    fault: Option<String>,
) -> Field {
    let line = Line { kind: "tel", autocomplete: "tel", inputmode: "tel", characters: 0 };
    let hint = PhoneTexts::of(visitor.language).hint;
    Field::new(PHONE, label, Control::Line(line)).hint(hint).value(typed).fault(fault)
}

/// What is wrong with a number that was typed.
pub(super) fn phone_wrong(visitor: &Visitor) -> String {
    PhoneTexts::of(visitor.language).wrong.to_owned()
}

/// Why no code is sent; `None` if one is, or was to the same contact a moment ago, so that it can be typed.
pub(super) fn not_sent(visitor: &Visitor, answer: SendAnswer) -> Option<String> {
    match answer {
        SendAnswer::Sent | SendAnswer::Not(NotSent::TooSoon { .. }) => None,
        SendAnswer::Elsewhere { at } => {
            let elsewhere = PhoneTexts::of(visitor.language).elsewhere;
            Some(elsewhere.replace("{at}", &date_time(next_minute(at), visitor.language)))
        }
        SendAnswer::Not(NotSent::Waits { until }) => {
            let waits = PhoneTexts::of(visitor.language).waits;
            Some(waits.replace("{at}", &date_time(next_minute(until), visitor.language)))
        }
    }
}

fn question(visitor: &Visitor, typed: &str, fault: Option<String>) -> Question {
    let texts = PhoneTexts::of(visitor.language);
    Question {
        fields: vec![phone_field(visitor, texts.title, typed, fault)],
        submit: texts.send.to_owned(),
        back: Some(visitor.link("/pendaftaran")),
        ..Question::new(visitor, texts.title)
    }
}

/// Asks for the first number; another one is proven where contacts are changed.
async fn ask(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    match portal.service.contact(member.account_id, None).await?.phone {
        Some(_) => Ok(visitor.go("/akun/kontak")),
        None => question(&visitor, "", None).show(&portal, &visitor),
    }
}

async fn send(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    form: Form,
) -> Result<Response, Fault> {
    let typed = form.text(PHONE);
    let refuse = |why: String| question(&visitor, typed, Some(why)).show(&portal, &visitor);
    let Ok(phone) = Phone::parse_typed(typed) else { return refuse(phone_wrong(&visitor)) };
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    let (cookie, sent) = sent_to_phone(CodePurpose::ConfirmPhone, &phone);
    let Some(answer) = begin_phone(act, member.account_id, phone).await? else {
        return Ok(visitor.go("/akun/kontak"));
    };
    match not_sent(&visitor, answer) {
        None => Ok(go_with(&visitor, place(CodePurpose::ConfirmPhone), &[(cookie, &sent)])),
        Some(why) => refuse(why),
    }
}
