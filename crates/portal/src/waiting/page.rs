//! `GET /antre`: the place, the estimate, and that the order changes nothing.

use askama::Template;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::Response;
use web::Frame;
use web::format::number;

use super::WaitingRoom;
use crate::fault::Fault;
use crate::page::page;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Visitor, goes_on_to};

/// Seconds between two looks: nobody waits longer than this after being called, and nobody asks more often than that.
const REFRESH_SECONDS_MIN: u64 = 5;
const REFRESH_SECONDS_MAX: u64 = 30;

texts! {
    /// The waiting room.
    WaitingTexts {
        title: "Ruang tunggu", "Waiting room";
        chance: "Urutan di sini tidak mengubah peluang Anda.", "Your place here does not change your chance.";
        why: "Banyak orang datang pada saat yang sama. Penerima diundi setelah gelombang ditutup: yang masuk pertama dan yang masuk terakhir memiliki peluang yang sama.", "Many people come at the same moment. The draw is held after the wave closes: whoever comes in first and whoever comes in last have the same chance.";
        before: "Orang sebelum Anda", "People before you";
        estimate: "Perkiraan menunggu", "Expected wait";
        less: "kurang dari satu menit", "less than a minute";
        minutes: "menit", "minutes";
        stay: "Biarkan halaman ini terbuka. Halaman ini menyegarkan diri dan membawa Anda masuk dengan sendirinya. Bila Anda menutupnya, tempat Anda disimpan tiga jam di peramban ini.", "Leave this page open. It refreshes itself and takes you in by itself. If you close it, your place is kept for three hours in this browser.";
        status: "Status layanan", "Service status";
    }
}

#[derive(Debug, Template)]
#[template(path = "waiting.html")]
struct WaitingPage {
    frame: Frame,
    texts: &'static WaitingTexts,
    before: String,
    estimate: String,
    refresh_s: u64,
    status: &'static str,
}

pub(super) async fn show(
    State(_): State<Portal>,
    room: Option<Extension<WaitingRoom>>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let wished = goes_on_to(visitor.asked("ke").as_deref());
    let Some(Extension(room)) = room else { return Ok(visitor.go(&wished)) };
    let known = room.ticket(&headers, &visitor);
    let (random, now_s) = (room.random(), room.now_s());
    let (place, standing) = {
        let mut crowd = room.crowd();
        if !crowd.is_open() {
            drop(crowd);
            return Ok(visitor.go(&wished));
        }
        let place = match known {
            Some(ticket) => ticket.place,
            None => Some(crowd.add(now_s, random)),
        };
        (place, place.and_then(|place| crowd.standing(place)))
    };
    let Some(standing) = standing else {
        // Called: the leave takes the place of the place.
        let mut response = visitor.go(&wished);
        room.give(&mut response, &visitor, None);
        return Ok(response);
    };
    let texts = WaitingTexts::of(visitor.language);
    let minutes = standing.seconds.div_ceil(60);
    let shown = WaitingPage {
        frame: visitor.frame(texts.title),
        texts,
        before: number(standing.before, visitor.language),
        estimate: if standing.seconds < 60 {
            texts.less.to_owned()
        } else {
            format!("{} {}", number(minutes, visitor.language), texts.minutes)
        },
        refresh_s: (standing.seconds / 2).clamp(REFRESH_SECONDS_MIN, REFRESH_SECONDS_MAX),
        status: visitor.language.status_path(),
    };
    let mut response = page(&shown)?;
    if known.is_none() {
        room.give(&mut response, &visitor, place);
    }
    Ok(response)
}
