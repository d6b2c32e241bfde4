//! What the pages that take a picture have in common.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use pictures::{Hint, Hints, Picture, PictureFault, read_picture};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use web::{Frame, Language};

use crate::assets::PHOTO;
use crate::fault::Fault;
use crate::field::{Control, Field};
use crate::page::{Hidden, page_with};
use crate::state::Portal;
use crate::texts::texts;
use crate::upload::{FILE, FILE_BYTES_MAX, FileTooLarge};
use crate::visitor::Visitor;

/// Pictures that are read at the same moment in this process: each takes a core and up to some 200 MB.
static PLACES: Semaphore = Semaphore::const_new(2);
/// Those that may wait for it: a few seconds' worth.
static QUEUE: Semaphore = Semaphore::const_new(16);

texts! {
    /// What both pages say.
    PictureTexts {
        back: "Kembali ke daftar langkah", "Back to the list of steps";
        faults: "Ada yang perlu diperbaiki", "There is a problem";
        fault: "Salah:", "Error:";
        hint: "Berkas JPEG atau PNG, paling besar 6 MB. Data lokasi di dalam foto kami hapus.", "A JPEG or PNG file of at most 6 MB. We remove the location kept inside the photo.";
        missing: "Ambil atau pilih foto terlebih dahulu", "Take or choose a photo first";
        format: "Berkas ini bukan foto JPEG atau PNG. Ambil foto dengan kamera ponsel Anda", "This file is not a JPEG or PNG photo. Take a photo with your phone's camera";
        large: "Foto ini terlalu besar. Pilih ukuran foto yang lebih kecil di kamera Anda", "This photo is too large. Choose a smaller photo size in your camera";
        heavy: "Foto ini lebih besar dari 6 MB, jadi tidak diterima. Pilih ukuran yang lebih kecil di pengaturan kamera, misalnya 8 megapiksel, lalu ambil foto lagi", "This photo is larger than 6 MB, so it was not taken. Choose a smaller size in the settings of your camera, such as 8 megapixels, and take the photo again";
        damaged: "Foto ini rusak atau terpotong. Ambil foto sekali lagi", "This photo is damaged or cut off. Take the photo again";
        small: "Foto ini kecil. Tulisan dan wajah mungkin sulit dikenali.", "This photo is small. Text and face may be hard to recognise.";
        dark: "Foto ini gelap. Cari tempat yang lebih terang.", "This photo is dark. Find a brighter place.";
        bright: "Foto ini terlalu terang atau memantulkan cahaya. Matikan lampu kilat.", "This photo is too bright or mirrors light. Switch the flash off.";
        blurred: "Foto ini kurang tajam. Tahan ponsel dengan tenang dan usap lensanya.", "This photo is not sharp. Hold the phone still and wipe its lens.";
        sending: "Sedang mengirim", "Sending";
        lost: "Sambungan terputus. Foto masih ada di ponsel Anda.", "The connection was lost. The photo is still on your phone.";
        again: "Kirim lagi", "Send again";
        agree: "Centang bila Anda setuju", "Tick the box if you agree";
    }
}

/// A framed part of a page.
#[derive(Debug)]
pub(crate) struct Panel {
    /// `good`, `bad`, `waits` or nothing.
    pub(crate) kind: &'static str,
    pub(crate) heading: String,
    pub(crate) paragraphs: Vec<String>,
    /// Whether it is read out, since it changes by itself.
    pub(crate) is_live: bool,
}

/// The form that takes a picture.
#[derive(Debug)]
pub(crate) struct UploadForm {
    /// Empty if it is the only thing on the page.
    pub(crate) heading: String,
    /// How to take a good one.
    pub(crate) advice: Vec<&'static str>,
    pub(crate) label: &'static str,
    pub(crate) fault: Option<String>,
    /// Which camera a phone opens.
    pub(crate) capture: &'static str,
    /// What is to be agreed to.
    pub(crate) consent: Option<Field>,
    pub(crate) submit: &'static str,
}

/// A page about a picture.
#[derive(Debug, Default)]
pub(crate) struct PicturePage {
    pub(crate) title: &'static str,
    pub(crate) panels: Vec<Panel>,
    /// Address and description of the kept picture.
    pub(crate) picture: Option<(String, &'static str)>,
    /// Where it goes on.
    pub(crate) go_on: Option<(String, &'static str)>,
    /// What to know before sending.
    pub(crate) lead: Vec<String>,
    pub(crate) upload: Option<UploadForm>,
    /// Address and words of the button that forgets it.
    pub(crate) delete: Option<(String, &'static str)>,
    /// Seconds after which it is read again.
    pub(crate) refresh: Option<u32>,
}

#[derive(Debug, Template)]
#[template(path = "picture.html")]
struct Shown {
    frame: Frame,
    texts: &'static PictureTexts,
    script: &'static str,
    bytes_max: usize,
    hidden: Hidden,
    back: String,
    faults: Vec<(&'static str, String)>,
    page: PicturePage,
}

impl PicturePage {
    /// The page; with status 422 if something is wrong with what was sent.
    pub(crate) fn show(self, portal: &Portal, visitor: &Visitor) -> Result<Response, Fault> {
        let texts = PictureTexts::of(visitor.language);
        let upload = self.upload.as_ref();
        let tick = upload.and_then(|upload| upload.consent.as_ref());
        let tick = tick.and_then(|tick| Some((tick.name, tick.fault.clone()?)));
        let file = upload.and_then(|upload| Some((FILE, upload.fault.clone()?)));
        let faults: Vec<_> = tick.into_iter().chain(file).collect();
        let mut frame = visitor.frame(self.title);
        let mut status = StatusCode::OK;
        if !faults.is_empty() {
            frame.title = format!("{} {}", texts.fault, frame.title);
            status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        let (hidden, back) = (Hidden::new(portal, visitor), visitor.link("/pendaftaran"));
        let script = PHOTO.path.as_str();
        let bytes_max = FILE_BYTES_MAX;
        let shown = Shown { frame, texts, script, bytes_max, hidden, back, faults, page: self };
        page_with(status, &shown)
    }
}

/// A box to tick under words that are agreed to.
pub(crate) fn consent_tick(
    name: &'static str,
    words: &str,
    (is_ticked, is_missing): (bool, bool),
    visitor: &Visitor,
) -> Field {
    let fault = is_missing.then(|| PictureTexts::of(visitor.language).agree.to_owned());
    let value = if is_ticked { "ya" } else { "" };
    Field::new(name, words, Control::Tick).value(value).fault(fault)
}

/// Reads a picture that was sent, once it is its turn; or what to say about it.
pub(crate) async fn read(
    file: Result<Vec<u8>, FileTooLarge>,
    language: Language,
) -> Result<Result<Picture, String>, Fault> {
    let texts = PictureTexts::of(language);
    let Ok(file) = file else { return Ok(Err(texts.heavy.to_owned())) };
    let read = in_turn(move || read_picture(&file)).await?;
    Ok(read.map_err(|fault| {
        let words = match fault {
            PictureFault::Empty => texts.missing,
            PictureFault::Format => texts.format,
            PictureFault::TooLarge => texts.large,
            PictureFault::Damaged => texts.damaged,
        };
        words.to_owned()
    }))
}

/// Does this once it is its turn. A place is held until it is done, also if whoever asked has gone away.
async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let turn = QUEUE.try_acquire().map_err(|_| Fault::Busy)?;
    // The places are never closed.
    let place = PLACES.acquire().await.map_err(|_| Fault::Busy)?;
    let done = spawn_blocking(move || {
        let done = work();
        drop((turn, place));
        done
    });
    done.await.map_err(|error| {
        tracing::error!(%error, "reading a picture broke");
        Fault::Internal
    })
}

/// What makes a picture hard to recognise, in words.
pub(crate) fn hints(hints: Hints, language: Language) -> Vec<String> {
    let texts = PictureTexts::of(language);
    let words = |hint| match hint {
        Hint::Small => texts.small,
        Hint::Dark => texts.dark,
        Hint::Bright => texts.bright,
        Hint::Blurred => texts.blurred,
    };
    hints.list().into_iter().map(|hint| words(hint).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::oneshot;

    use super::*;

    /// Somebody who hangs up while a picture is read leaves both places taken until it was read.
    #[tokio::test]
    async fn hanging_up() {
        let (go_on, waits) = mpsc::channel::<()>();
        let (began, begun) = oneshot::channel();
        let work = move || {
            began.send(()).expect("the test waits for it");
            // Ends with the sender.
            waits.recv().is_err()
        };
        tokio::select! {
            biased;
            done = in_turn(work) => panic!("done at once: {done:?}"),
            begun = begun => begun.expect("it began"),
        }
        assert_eq!((PLACES.available_permits(), QUEUE.available_permits()), (1, 15));
        drop(go_on);
        let free = (PLACES.acquire_many(2).await, QUEUE.acquire_many(16).await);
        assert!(free.0.is_ok() && free.1.is_ok());
    }
}
