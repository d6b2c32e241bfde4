//! `/akun`: one's own account.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http_support::Routes;
use web::Frame;

use crate::fault::Fault;
use crate::page::{Hidden, page};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says.
    AccountTexts {
        title: "Akun saya", "My account";
        register: "Anda belum terdaftar. Lengkapi pendaftaran untuk dapat ikut gelombang.", "You are not registered yet. Complete your registration to join a wave.";
        go_on: "Lanjutkan pendaftaran", "Continue your registration";
        sign_out: "Keluar", "Sign out";
    }
}

#[derive(Debug, Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    texts: &'static AccountTexts,
    hidden: Hidden,
    sign_out: String,
    register: String,
    is_registered: bool,
}

pub(crate) fn routes() -> Routes<Portal> {
    Routes::new().get("/akun", show)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let texts = AccountTexts::of(visitor.language);
    page(&AccountPage {
        frame: visitor.frame(texts.title),
        texts,
        hidden: Hidden::new(&portal, &visitor),
        sign_out: visitor.link("/keluar"),
        register: visitor.link("/pendaftaran"),
        is_registered: member.person_id.is_some(),
    })
}
