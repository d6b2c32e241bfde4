//! Typing the code that was sent to a phone or another address.

use app::contact::{prove_contact, send_member_again};
use axum::extract::State;
use axum::response::Response;
use domain::codes::{Code, CodePurpose};
use domain::policy::Named as _;
use http_support::Routes;

use crate::entry::code_page::{CodeQuestion, asks_again, code_fault, is_early, shape_fault};
use crate::entry::place;
use crate::fault::Fault;
use crate::form::{CODE, Form};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the pages say.
    ProofTexts {
        phone_title: "Pastikan nomor telepon Anda", "Confirm your phone number";
        phone_lead: "Kami mengirim kode lewat SMS ke nomor yang Anda tulis.", "We have sent a code by text message to the number that you wrote.";
        email_title: "Pastikan alamat e-mail Anda", "Confirm your e-mail address";
        email_lead: "Kami mengirim kode ke alamat e-mail itu.", "We have sent a code to that e-mail address.";
        submit: "Pastikan", "Confirm";
    }
}

pub(super) fn routes() -> Routes<Portal> {
    let purposes = CodePurpose::ALL.iter().filter(|purpose| purpose.is_of_member());
    purposes.fold(Routes::new(), |routes, purpose| {
        routes.get(place(*purpose), show).post(place(*purpose), submit)
    })
}

/// What the code of this page is for.
fn purpose_here(visitor: &Visitor) -> Result<CodePurpose, Fault> {
    let mut all = CodePurpose::ALL.iter().copied();
    all.find(|purpose| *visitor.path == *place(*purpose)).ok_or(Fault::NoPage)
}

/// The page before, and the page after.
const fn around(purpose: CodePurpose) -> [&'static str; 2] {
    match purpose {
        CodePurpose::ConfirmPhone => ["/pendaftaran/telepon", "/pendaftaran"],
        CodePurpose::ChangePhone => ["/akun/kontak/telepon", "/akun/kontak"],
        CodePurpose::ChangeEmail
        | CodePurpose::ConfirmEmail
        | CodePurpose::SignIn
        | CodePurpose::ResetPassword => ["/akun/kontak/email", "/akun/kontak"],
    }
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    (member, purpose): (&Member, CodePurpose),
    shown: (Option<String>, bool),
) -> Result<Response, Fault> {
    let texts = ProofTexts::of(visitor.language);
    let title = match purpose {
        CodePurpose::ConfirmPhone | CodePurpose::ChangePhone => texts.phone_title,
        CodePurpose::ChangeEmail
        | CodePurpose::ConfirmEmail
        | CodePurpose::SignIn
        | CodePurpose::ResetPassword => texts.email_title,
    };
    let lead = [texts.email_lead, texts.phone_lead];
    let [back, _] = around(purpose);
    let question =
        CodeQuestion { purpose, title, lead, fields: Vec::new(), submit: texts.submit, back };
    let view = portal.service.member_code(member.account_id, purpose).await?;
    question.show((portal, visitor), &view, shown)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let purpose = purpose_here(&visitor)?;
    page(&portal, &visitor, (&member, purpose), (None, false)).await
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    form: Form,
) -> Result<Response, Fault> {
    let purpose = purpose_here(&visitor)?;
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    if asks_again(&form).is_some() {
        let sent = send_member_again(act, member.account_id, purpose).await?;
        if is_early(sent) {
            return page(&portal, &visitor, (&member, purpose), (None, true)).await;
        }
        return Ok(visitor.go(place(purpose)));
    }
    let whose = (member.account_id, &member.token);
    let fault = match Code::parse(form.text(CODE)) {
        Some(code) => match prove_contact(act, whose, purpose, &code).await? {
            Ok(()) => {
                let [_, after] = around(purpose);
                return Ok(visitor.go(after));
            }
            Err(refusal) => code_fault(refusal, visitor.language),
        },
        None => shape_fault(visitor.language),
    };
    page(&portal, &visitor, (&member, purpose), (Some(fault), false)).await
}
