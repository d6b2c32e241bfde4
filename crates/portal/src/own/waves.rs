//! `/akun/gelombang`: waves that can be joined now, and those that one has joined.

use app::own_page::{OwnPage, read_own_page};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http_support::Routes;
use web::Frame;
use web::format::date;

use super::join::goes_on;
use super::{last_minute, wave_path};
use crate::fault::Fault;
use crate::page::page;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says; `{n}` is a wave, `{t}` an instant.
    WavesTexts {
        title: "Gelombang", "Waves";
        back: "Akun saya", "My account";
        open: "Sedang dibuka", "Open now";
        none: "Saat ini tidak ada gelombang yang dibuka. Tanggal berikutnya ada di halaman semua gelombang.", "No wave is open at the moment. The next dates are on the page of all waves.";
        wave: "Gelombang {n}", "Wave {n}";
        until: "Dapat gabung sampai {t}.", "Can be joined until {t}.";
        join: "Gabung Gelombang {n}", "Join wave {n}";
        is_member: "Sudah ikut", "Joined";
        barred: "Anda tidak dapat ikut", "You cannot join";
        taken_back: "Sudah dibatalkan", "Taken back";
        mine: "Yang pernah Anda ikuti", "Those you have joined";
        joined: "ikut {t}", "joined {t}";
        never: "Anda belum pernah ikut gelombang.", "You have not joined a wave yet.";
        all: "Semua gelombang", "All waves";
    }
}

/// A wave that is open.
#[derive(Debug)]
struct OpenView {
    title: String,
    until: String,
    /// Words of a join that was made or taken back.
    standing: Option<&'static str>,
    /// What keeps out, and where to go on: words, address and words of the link.
    barred: Option<(String, String, &'static str)>,
    /// Where to join: address and words.
    join: Option<(String, String)>,
}

#[derive(Debug, Template)]
#[template(path = "own_waves.html")]
struct WavesPage {
    frame: Frame,
    texts: &'static WavesTexts,
    back: String,
    open: Vec<OpenView>,
    /// Address, words and what stands behind them.
    mine: Vec<(String, String, String)>,
    all: &'static str,
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get("/akun/gelombang", show)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let texts = WavesTexts::of(visitor.language);
    let now = portal.service.clock.now();
    let own = read_own_page(&portal.service, member.person_id, now).await?;
    page(&WavesPage {
        frame: visitor.frame(texts.title),
        texts,
        back: visitor.link("/akun"),
        open: open_views(&own, &visitor),
        mine: mine(&own, &visitor),
        all: visitor.language.waves_path(),
    })
}

fn open_views(own: &OwnPage, visitor: &Visitor) -> Vec<OpenView> {
    let texts = WavesTexts::of(visitor.language);
    let memberships = || own.standing.iter().flat_map(|standing| &standing.memberships);
    let views = own.open.iter().map(|row| {
        let of = |text: &str| text.replace("{n}", &row.wave.to_string());
        let membership = memberships().find(|one| one.wave == row.wave);
        let until = last_minute(row.closes_at, visitor.language);
        OpenView {
            title: of(texts.wave),
            until: texts.until.replace("{t}", &until),
            standing: membership.map(|one| {
                if one.withdrawn_at.is_some() { texts.taken_back } else { texts.is_member }
            }),
            barred: own.bar(row.wave).filter(|_| membership.is_none()).map(|bar| {
                let (path, words) = goes_on(bar.rule(), visitor.language);
                (bar.sentence(visitor.language.of_sentences()), visitor.link(path), words)
            }),
            join: (membership.is_none() && own.bar(row.wave).is_none())
                .then(|| (visitor.link(&format!("{}/ikut", wave_path(row.wave))), of(texts.join))),
        }
    });
    views.collect()
}

fn mine(own: &OwnPage, visitor: &Visitor) -> Vec<(String, String, String)> {
    let texts = WavesTexts::of(visitor.language);
    let memberships = own.standing.iter().flat_map(|standing| standing.memberships.iter().rev());
    let views = memberships.map(|one| {
        let title = texts.wave.replace("{n}", &one.wave.to_string());
        let joined = texts.joined.replace("{t}", &date(one.joined_at, visitor.language));
        (visitor.link(&wave_path(one.wave)), title, joined)
    });
    views.collect()
}
