//! `/akun/pemberitahuan`: what was told to this account, the newest first.

use app::own_page::{ToldNotice, read_notices};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::notice::state::NoticeState;
use domain::notice::{Channel, Notice};
use http_support::Routes;
use web::format::date_time;
use web::{Frame, Language};

use crate::fault::Fault;
use crate::page::page;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says; `{untuk}` is what a code is for.
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
        code_email: "Kode {untuk} dikirim lewat e-mail. Kode dan tautannya tidak ditampilkan di sini.", "A code {untuk} was sent by e-mail. The code and its link are not shown here.";
        code_sms: "Kode {untuk} dikirim lewat SMS. Kode tidak ditampilkan di sini.", "A code {untuk} was sent by text message. The code is not shown here.";
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
    let (subject, body) = words(notice, visitor.language);
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

/// Subject and paragraphs. A code is told once, in its message: kept here, it would let in whoever holds a device that is
/// signed in, so only its way is told.
fn words(notice: Notice, language: Language) -> (String, String) {
    let texts = NoticesTexts::of(language);
    let (subject, body) = notice.words(language.of_sentences());
    let Notice::Code { purpose, channel, .. } = notice else { return (subject, body) };
    let sent = match channel {
        Channel::Email => texts.code_email,
        Channel::Sms => texts.code_sms,
    };
    (subject, sent.replace("{untuk}", purpose.words(language.of_sentences())))
}

#[cfg(test)]
mod tests {
    use domain::codes::CodePurpose;
    use domain::policy::Named as _;
    use domain::time::Timestamp;

    use super::*;

    /// Goal: no mark of a code or link is shown, and a code by text message is not told of as an e-mail. Method: every
    /// purpose on both ways in both languages.
    #[test]
    fn codes() {
        let expires_at = Timestamp::from_micros(1_000_000);
        for purpose in CodePurpose::ALL {
            for (channel, way) in
                [(Channel::Email, ["e-mail", "e-mail"]), (Channel::Sms, ["SMS", "text message"])]
            {
                let notice = Notice::Code { purpose: *purpose, channel, expires_at };
                for (language, way) in
                    [Language::Indonesian, Language::English].into_iter().zip(way)
                {
                    let (subject, body) = words(notice, language);
                    assert!(!subject.contains('#') && !body.contains(['#', '{']), "{body}");
                    assert!(body.contains(&format!(" {way}. ")), "{body}");
                }
            }
        }
        let notice =
            Notice::Code { purpose: CodePurpose::SignIn, channel: Channel::Sms, expires_at };
        let (_, body) = words(notice, Language::Indonesian);
        assert_eq!(body, "Kode untuk masuk dikirim lewat SMS. Kode tidak ditampilkan di sini.");
    }
}
