//! `/akun/data`: what is held about oneself, and the rights over it (UU 27/2022).

mod consent;
mod copy;
mod correct;
mod erase;
mod overview;
mod readable;
mod readable_words;

use app::password_again::{PasswordAgain, PasswordAnswer, confirm_password};
use domain::account::Password;
use http_support::Routes;
use web::format::date_time;

use crate::entry::code_page::next_minute;
use crate::fault::Fault;
use crate::field::{Control, Field, Line};
use crate::form::{Form, PASSWORD};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

/// Where the overview stands.
const PATH: &str = "/akun/data";

texts! {
    /// What is said where the password is asked for again.
    PasswordTexts {
        label: "Kata sandi", "Password";
        hint: "Kami meminta kata sandi sekali lagi, supaya hanya Anda yang dapat melakukan ini.", "We ask for your password once more, so that nobody but you can do this.";
        missing: "Tulis kata sandi Anda", "Write your password";
        wrong: "Kata sandi tidak cocok", "The password is not right";
        locked: "Terlalu banyak percobaan. Anda dapat mencoba lagi pada", "Too many tries. You can try again on";
    }
}

pub(crate) fn routes() -> Routes<Portal> {
    Routes::new()
        .merge(overview::routes())
        .merge(copy::routes())
        .merge(consent::routes())
        .merge(correct::routes())
        .merge(erase::routes())
}

/// The field that asks for the password again.
fn password_field(visitor: &Visitor, fault: Option<String>) -> Field {
    let texts = PasswordTexts::of(visitor.language);
    Field::new(PASSWORD, texts.label, Control::Line(Line::PASSWORD)).hint(texts.hint).fault(fault)
}

/// What is wrong with the password that was sent; `None` if it is the account's.
async fn password_fault(
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
    form: &Form,
) -> Result<Option<String>, Fault> {
    let texts = PasswordTexts::of(visitor.language);
    if form.raw(PASSWORD).is_empty() {
        return Ok(Some(texts.missing.to_owned()));
    }
    let Ok(password) = Password::parse(form.raw(PASSWORD)) else {
        return Ok(Some(texts.wrong.to_owned()));
    };
    let service = &portal.service;
    let mut randomness = (service.randomness)();
    let actor = member.account_id.to_string();
    let act = &mut service.act(&actor, &visitor.request_id, &mut randomness);
    let again = PasswordAgain { account: member.account_id, device: visitor.device, password };
    let answer = confirm_password(act, &service.passwords, again).await?;
    Ok(match answer {
        PasswordAnswer::Right => None,
        PasswordAnswer::Wrong => Some(texts.wrong.to_owned()),
        PasswordAnswer::Locked { until } => {
            Some(format!("{} {}", texts.locked, date_time(next_minute(until), visitor.language)))
        }
    })
}
