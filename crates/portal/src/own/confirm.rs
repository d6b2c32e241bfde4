//! A page that asks before something is done, or says why it is not.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use web::Frame;

use crate::fault::Fault;
use crate::page::{Hidden, page_with};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::Visitor;

texts! {
    /// What all such pages say.
    ConfirmTexts {
        back: "Kembali", "Back";
    }
}

/// What is asked.
#[derive(Debug)]
pub(super) struct Confirm {
    /// Heading.
    pub(super) title: String,
    /// What stands in large letters; empty for nothing.
    pub(super) large: &'static str,
    /// What to know before, a paragraph each.
    pub(super) paragraphs: Vec<String>,
    /// The button.
    pub(super) submit: &'static str,
    /// Class of the button: `danger` for what cannot be undone.
    pub(super) class: &'static str,
    /// Where the page before stands, in Indonesian.
    pub(super) back: String,
}

#[derive(Debug, Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    frame: Frame,
    texts: &'static ConfirmTexts,
    hidden: Hidden,
    back: String,
    confirm: Confirm,
}

impl Confirm {
    /// The page, whose form is sent to itself.
    pub(super) fn show(self, portal: &Portal, visitor: &Visitor) -> Result<Response, Fault> {
        let page = ConfirmPage {
            frame: visitor.frame(&self.title),
            texts: ConfirmTexts::of(visitor.language),
            hidden: Hidden::new(portal, visitor),
            back: visitor.link(&self.back),
            confirm: self,
        };
        page_with(StatusCode::OK, &page)
    }
}

#[derive(Debug, Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    frame: Frame,
    why: String,
    /// Where to go on: address and words.
    links: Vec<(String, String)>,
}

/// Says why something was not done, and where to go on: addresses in Indonesian, and words.
pub(crate) fn refuse(
    visitor: &Visitor,
    title: &str,
    why: String,
    links: &[(&str, &str)],
) -> Result<Response, Fault> {
    refusal((StatusCode::UNPROCESSABLE_ENTITY, visitor), title, why, links)
}

/// As [`refuse`], where somebody only looks at what cannot be done now.
pub(crate) fn explain(
    visitor: &Visitor,
    title: &str,
    why: String,
    links: &[(&str, &str)],
) -> Result<Response, Fault> {
    refusal((StatusCode::OK, visitor), title, why, links)
}

fn refusal(
    (status, visitor): (StatusCode, &Visitor),
    title: &str,
    why: String,
    links: &[(&str, &str)],
) -> Result<Response, Fault> {
    let links = links.iter().map(|(path, words)| (visitor.link(path), (*words).to_owned()));
    let page = RefusalPage { frame: visitor.frame(title), why, links: links.collect() };
    page_with(status, &page)
}
