//! `/tes/selesai`: how the test ended, and what comes now.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::ability_test::{BeginRefusal, Sitting};
use http_support::Routes;
use web::Frame;
use web::format::date_time;

use super::standing;
use crate::assets::LATE;
use crate::fault::Fault;
use crate::page::page;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says; `{n}` of `{m}` answers, `{t}` an instant.
    DoneTexts {
        done: "Tes Anda selesai", "Your test is done";
        done_what: "Anda tidak perlu mengerjakannya lagi, juga untuk gelombang berikutnya.", "You need not sit it again, for later waves either.";
        score: "Jawaban benar: {n} dari {m}.", "Right answers: {n} of {m}.";
        no_effect: "Nilai ini dicatat dan tidak memengaruhi undian.", "The score is recorded and does not change the draw.";
        short: "Waktu tes habis", "The time of the test is over";
        short_what: "Kurang dari separuh soal terjawab, jadi tes belum dihitung selesai.", "Fewer than half of the questions were answered, so the test does not count as done.";
        missed: "Nilai Anda belum cukup", "Your score is not enough yet";
        missed_what: "Diperlukan sedikitnya {m} jawaban benar. Anda menjawab {n} dengan benar.", "At least {m} right answers are needed. You had {n}.";
        again: "Anda dapat mengerjakan tes lagi mulai {t}.", "You can sit the test again from {t}.";
        again_now: "Anda dapat mengerjakan tes lagi sekarang.", "You can sit the test again now.";
        none_left: "Tes tidak dapat dikerjakan lagi. Bila ada yang keliru, kirim pengaduan.", "The test cannot be sat again. If something is wrong, send a complaint.";
        handing: "Waktu tes habis", "The time of the test is over";
        handing_what: "Jawaban yang sudah disimpan sedang diserahkan. Halaman ini memuat ulang sendiri.", "The answers you have saved are being handed in. This page reloads by itself.";
        late: "Jawaban terakhir datang setelah waktu habis, jadi tidak dihitung.", "The last answer came after the time was over, so it does not count.";
        unsent: "Satu jawaban tersimpan di ponsel ini dan belum terkirim sebelum waktu habis, jadi tidak dihitung.", "One answer was kept on this phone and was not sent before the time was over, so it does not count.";
        begin: "Buka tes", "Open the test";
        account: "Akun saya", "My account";
    }
}

#[derive(Debug, Template)]
#[template(path = "test_done.html")]
struct DonePage {
    frame: Frame,
    tone: &'static str,
    paragraphs: Vec<String>,
    /// Reads itself anew after a few seconds.
    is_waiting: bool,
    /// Said by the script where this phone still keeps an answer.
    unsent: &'static str,
    /// The script, on the page that stays.
    script: Option<&'static str>,
    /// Address and words.
    links: Vec<(String, &'static str)>,
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get("/tes/selesai", show)
}

/// Class, title, and what to say about a sitting; `None` if there is none, which is when an import said it was done.
fn outcome(
    sitting: Option<&Sitting>,
    is_done: bool,
    texts: &'static DoneTexts,
) -> (&'static str, &'static str, Vec<String>) {
    let Some((sitting, ended)) = sitting.and_then(|one| Some((one, one.ended?))) else {
        return ("good", texts.done, vec![texts.done_what.to_owned()]);
    };
    let numbers = |text: &str, of: usize| {
        text.replace("{n}", &ended.score.to_string()).replace("{m}", &of.to_string())
    };
    if is_done {
        let mut said = vec![numbers(texts.score, sitting.places.len())];
        if sitting.pass_mark.is_none() {
            said.push(texts.no_effect.to_owned());
        }
        said.push(texts.done_what.to_owned());
        return ("good", texts.done, said);
    }
    match sitting.pass_mark {
        Some(mark) if ended.is_completed => {
            ("bad", texts.missed, vec![numbers(texts.missed_what, usize::from(mark))])
        }
        Some(_) | None => ("waits", texts.short, vec![texts.short_what.to_owned()]),
    }
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let texts = DoneTexts::of(visitor.language);
    let standing = standing(&portal, &member).await?;
    let sitting = standing.sitting.as_ref();
    let is_done = standing.may_begin == Err(BeginRefusal::Done);
    let (mut tone, mut title, mut paragraphs) = outcome(sitting, is_done, texts);
    let account = (visitor.link("/akun"), texts.account);
    let begin = (visitor.link("/tes"), texts.begin);
    let (mut links, mut is_waiting) = (vec![account], false);
    match standing.may_begin {
        Ok(()) if sitting.is_none() => return Ok(visitor.go("/tes")),
        Ok(()) => {
            paragraphs.push(texts.again_now.to_owned());
            links.insert(0, begin);
        }
        Err(BeginRefusal::Runs) => {
            if sitting.is_some_and(|one| one.runs(portal.service.clock.now())) {
                return Ok(visitor.go("/tes"));
            }
            is_waiting = true;
            (tone, title) = ("waits", texts.handing);
            paragraphs = vec![texts.handing_what.to_owned()];
        }
        Err(BeginRefusal::Wait(at)) => {
            paragraphs.push(texts.again.replace("{t}", &date_time(at, visitor.language)));
        }
        Err(BeginRefusal::NoneLeft) => paragraphs.push(texts.none_left.to_owned()),
        Err(BeginRefusal::Done) => {}
    }
    if visitor.asked("terlambat").is_some() {
        paragraphs.insert(0, texts.late.to_owned());
    }
    let frame = visitor.frame(title);
    let script = (!is_waiting).then_some(&*LATE.path);
    page(&DonePage { frame, tone, paragraphs, is_waiting, unsent: texts.unsent, script, links })
}
