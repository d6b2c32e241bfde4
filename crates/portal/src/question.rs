//! A page that asks: one question, or few that belong together, with one button to go on.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use web::Frame;

use crate::assets::{LINE, REFUSED};
use crate::fault::Fault;
use crate::field::{Control, Field};
use crate::page::{Hidden, page_with};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::Visitor;

/// Id of the form on the page.
const FORM_ID: &str = "lembar-isian";

texts! {
    /// What all such pages say.
    QuestionTexts {
        back: "Kembali", "Back";
        go_on: "Lanjutkan", "Continue";
        faults: "Ada yang perlu diperbaiki", "There is a problem";
        fault: "Salah:", "Error:";
        pick: "Pilih satu", "Choose one";
        offline: "Sambungan terputus. Isian Anda belum terkirim dan masih ada di halaman ini. Kirim lagi setelah tersambung.", "You are offline. What you typed was not sent and is still on this page. Send it again once you are connected.";
        kept: "Isian Anda belum terkirim, tetapi masih ada di bawah ini. Periksa, lalu kirim sekali lagi.", "What you typed was not sent yet. It is still here below: check it, then send it again.";
    }
}

/// What a page asks.
#[derive(Debug)]
pub(crate) struct Question {
    /// The question, which is the heading.
    pub(crate) title: String,
    /// Which step of how many it is; empty if it is none.
    pub(crate) caption: String,
    /// What to know before answering, a paragraph each.
    pub(crate) lead: Vec<String>,
    /// The fields. The heading is the label of a field that is alone and has the same words.
    pub(crate) fields: Vec<Field>,
    /// The button.
    pub(crate) submit: String,
    /// A second button, by its name and words, which saves without going on.
    pub(crate) second: Option<(&'static str, String)>,
    /// Where the form is sent to, as it stands in Indonesian; the page itself if empty.
    pub(crate) action: &'static str,
    /// Where the page before stands.
    pub(crate) back: Option<String>,
    /// Links below the form: address and words.
    pub(crate) links: Vec<(String, String)>,
    /// A hidden field more than every form has.
    pub(crate) hidden: Vec<(&'static str, String)>,
    /// Scripts that help with it, by their addresses; it works without.
    pub(crate) scripts: Vec<&'static str>,
}

impl Question {
    /// A question that is sent to its own page.
    pub(crate) fn new(visitor: &Visitor, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            caption: String::new(),
            lead: Vec::new(),
            fields: Vec::new(),
            submit: QuestionTexts::of(visitor.language).go_on.to_owned(),
            second: None,
            action: "",
            back: None,
            links: Vec::new(),
            hidden: Vec::new(),
            scripts: Vec::new(),
        }
    }

    /// The page; with status 422 if a field is wrong, so that nobody takes it for done.
    pub(crate) fn show(mut self, portal: &Portal, visitor: &Visitor) -> Result<Response, Fault> {
        if let Some(kept) = &visitor.kept {
            self.fields = self.fields.into_iter().map(|field| field.refilled(&kept.form)).collect();
        }
        let faults: Vec<(String, String)> = self
            .fields
            .iter()
            .filter_map(|field| Some((field.first_id(), field.fault.clone()?)))
            .collect();
        let status =
            if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let texts = QuestionTexts::of(visitor.language);
        let frame = visitor.frame(&self.title);
        // A form that is switched to another language takes along what was typed.
        let mut frame = Frame { form: Some(FORM_ID), ..frame };
        if !faults.is_empty() {
            // Read out first, so that whoever does not see the page knows at once.
            frame.title = format!("{} {}", texts.fault, frame.title);
        }
        let hidden =
            self.hidden.iter().fold(Hidden::new(portal, visitor), |hidden, (name, value)| {
                hidden.with(name, value.as_str())
            });
        let action = if self.action.is_empty() { String::new() } else { visitor.link(self.action) };
        let is_late = visitor.kept.as_ref().is_some_and(|kept| kept.is_late);
        let page = QuestionPage { frame, texts, hidden, action, faults, is_late, question: self };
        page_with(status, &page)
    }
}

#[derive(Debug, Template)]
#[template(path = "question.html")]
struct QuestionPage {
    frame: Frame,
    texts: &'static QuestionTexts,
    hidden: Hidden,
    action: String,
    faults: Vec<(String, String)>,
    /// True if what is shown was sent before, too late.
    is_late: bool,
    question: Question,
}

impl QuestionPage {
    /// True if the heading is the label of the only field.
    fn has_labelled_heading(&self) -> bool {
        matches!(self.question.fields.as_slice(), [field] if field.label == self.question.title)
    }
}
