//! `/akun/pemberitahuan`: what was told to this account, the newest first.

use app::own_page::{ToldNotice, read_notices};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::notice::state::NoticeState;
use domain::notice::{Channel, Notice};
use http_support::Routes;
use web::Frame;
use web::format::date_time;

use crate::fault::Fault;
use crate::page::page;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says.
    NoticesTexts {
        title: "Pemberitahuan", "Messages from us";
        back: "Akun saya", "My account";
        lead: "Semua yang pernah kami kirim kepada Anda, yang terbaru di atas.", "All that we have sent to you, the newest first.";
        none: "Belum ada pemberitahuan.", "There are no messages yet.";
        email: "E-mail", "E-mail";
        sms: "SMS", "Text message";
        waits: "menunggu dikirim", "waits to be sent";
        sent: "terkirim", "sent";
        failed: "gagal terkirim", "could not be sent";
        void: "tidak dikirim, karena isinya tidak berlaku lagi", "not sent, since it no longer applies";
        newer: "Yang lebih baru", "Newer ones";
        older: "Yang lebih lama", "Older ones";
    }
}

const PAGE: &str = "halaman";

#[derive(Debug)]
struct NoticeView {
    when: String,
    subject: String,
    paragraphs: Vec<String>,
    /// Class and words of each way.
    ways: Vec<(&'static str, String)>,
}

#[derive(Debug, Template)]
#[template(path = "notices.html")]
struct NoticesPage {
    frame: Frame,
    texts: &'static NoticesTexts,
    back: String,
    notices: Vec<NoticeView>,
    newer: Option<String>,
    older: Option<String>,
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get("/akun/pemberitahuan", show)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let texts = NoticesTexts::of(visitor.language);
    // Pages count from 1 in addresses.
    let asked = visitor.asked(PAGE).and_then(|page| page.parse::<u16>().ok());
    let at = asked.unwrap_or(1).max(1);
    let database = &portal.service.database;
    let (told, has_more) = read_notices(database, member.account_id, at - 1).await?;
    let path = |at: u16| visitor.link(&format!("/akun/pemberitahuan?{PAGE}={at}"));
    page(&NoticesPage {
        frame: visitor.frame(texts.title),
        texts,
        back: visitor.link("/akun"),
        notices: told.iter().filter_map(|notice| view(notice, &visitor)).collect(),
        newer: (at > 1).then(|| path(at - 1)),
        older: has_more.then(|| path(at.saturating_add(1))),
    })
}

/// A notice in words; `None` for one that this version does not know.
fn view(told: &ToldNotice, visitor: &Visitor) -> Option<NoticeView> {
    let texts = NoticesTexts::of(visitor.language);
    let notice = Notice::from_parts(&told.parts)?.as_of(told.created_at);
    let (subject, body) = notice.words(visitor.language.of_sentences());
    let ways = told.ways.iter().map(|(channel, state)| {
        let channel = match channel {
            Channel::Email => texts.email,
            Channel::Sms => texts.sms,
        };
        let (tone, state) = match state {
            NoticeState::Queued | NoticeState::Sending | NoticeState::Unknown => {
                ("waits", texts.waits)
            }
            NoticeState::Accepted | NoticeState::Delivered => ("good", texts.sent),
            NoticeState::Undeliverable | NoticeState::Failed => ("bad", texts.failed),
            NoticeState::Void => ("", texts.void),
        };
        (tone, format!("{channel}: {state}"))
    });
    Some(NoticeView {
        when: date_time(told.created_at, visitor.language),
        subject,
        paragraphs: body.split("\n\n").map(str::to_owned).collect(),
        ways: ways.collect(),
    })
}
