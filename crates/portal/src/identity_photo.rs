//! `/pendaftaran/foto-ktp`: the picture of the identity card.

use app::photos::{KeptPhoto, PhotoAnswer, delete_photo, keep_photo, read_photo};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http_support::Routes;

use crate::fault::Fault;
use crate::form::Form;
use crate::picture::{Panel, PicturePage, UploadForm, hints, read};
use crate::state::Portal;
use crate::texts::texts;
use crate::upload::{UPLOAD_BYTES_MAX, Upload};
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says.
    IdentityPhotoTexts {
        title: "Foto KTP", "Photo of your identity card";
        lead: "Kami memerlukan foto Kartu Tanda Penduduk elektronik (e-KTP) Anda. Foto disimpan dalam keadaan terkunci dan dihapus setelah pendaftaran Anda selesai diperiksa, paling lama 90 hari setelah dikirim.", "We need a photo of your electronic identity card (e-KTP). It is kept locked, and deleted once your registration has been checked, or 90 days after you send it.";
        own: "Pakai e-KTP asli milik Anda sendiri, bukan salinan atau foto layar.", "Use your own original card, not a copy or a picture of a screen.";
        undamaged: "Pastikan kartu tidak rusak dan tulisannya terbaca.", "Make sure the card is undamaged and its text can be read.";
        whole: "Letakkan di tempat datar. Keempat sudutnya harus terlihat.", "Lay it flat. All four corners must be in the picture.";
        sharp: "Tahan ponsel dengan tenang sampai gambar tajam.", "Hold the phone still until the picture is sharp.";
        no_flash: "Matikan lampu kilat. Cari cahaya yang rata, tanpa pantulan.", "Switch the flash off. Find even light without reflections.";
        label: "Foto e-KTP Anda", "Photo of your card";
        submit: "Kirim foto", "Send photo";
        kept: "Foto KTP sudah tersimpan", "Your photo is kept";
        look: "Periksa: apakah semua tulisan terbaca dan keempat sudut terlihat?", "Look: can all the text be read, and are all four corners there?";
        advice: "Foto tersimpan, tetapi mungkin sulit dibaca", "The photo is kept, but may be hard to read";
        choice: "Anda boleh memakai foto ini atau mengambil foto lain.", "You may use this photo or take another one.";
        alt: "Foto KTP yang Anda kirim", "The photo of your identity card that you sent";
        go_on: "Pakai foto ini dan lanjutkan", "Use this photo and continue";
        another: "Ambil foto lain", "Take another photo";
        replaced: "Foto lain menggantikan foto ini. Wajah Anda perlu diperiksa ulang setelah itu.", "Another photo takes the place of this one. Your face is then to be checked again.";
        delete: "Hapus foto ini", "Delete this photo";
        registered: "Anda sudah terdaftar", "You are registered";
        registered_what: "Foto KTP tidak diperlukan lagi dan tidak dapat diganti.", "The photo of your identity card is no longer needed and cannot be changed.";
        account: "Akun saya", "My account";
    }
}

/// Where the page stands.
pub(crate) const PATH: &str = "/pendaftaran/foto-ktp";
const PICTURE: &str = "/pendaftaran/foto-ktp/gambar";
const DELETE: &str = "/pendaftaran/foto-ktp/hapus";

pub(crate) fn routes() -> Routes<Portal> {
    let submit = post(submit).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX));
    Routes::new()
        .get(PATH, show)
        .with(Method::POST, PATH, submit)
        .get(PICTURE, picture)
        .post(DELETE, delete)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    render(&portal, &visitor, &member, None).await
}

async fn render(
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
    fault: Option<String>,
) -> Result<Response, Fault> {
    let texts = IdentityPhotoTexts::of(visitor.language);
    if member.person_id.is_some() {
        return registered(visitor, texts).show(portal, visitor);
    }
    let kept = kept_photo(portal, visitor, member).await?;
    let is_kept = kept.is_some();
    let mut page = PicturePage { title: texts.title, ..PicturePage::default() };
    match &kept {
        Some(kept) => {
            page.panels.push(kept_panel(kept, visitor, texts));
            page.picture = Some((visitor.link(PICTURE), texts.alt));
            page.go_on = Some((visitor.link(crate::face_check::PATH), texts.go_on));
            page.lead.push(texts.replaced.to_owned());
            page.delete = Some((visitor.link(DELETE), texts.delete));
        }
        None => page.lead.push(texts.lead.to_owned()),
    }
    page.upload = Some(UploadForm {
        heading: if is_kept { texts.another.to_owned() } else { String::new() },
        advice: vec![texts.own, texts.undamaged, texts.whole, texts.sharp, texts.no_flash],
        label: texts.label,
        fault,
        capture: "environment",
        consent: None,
        submit: texts.submit,
    });
    page.show(portal, visitor)
}

fn registered(visitor: &Visitor, texts: &IdentityPhotoTexts) -> PicturePage {
    let panel = Panel {
        kind: "good",
        heading: texts.registered.to_owned(),
        paragraphs: vec![texts.registered_what.to_owned()],
        is_live: false,
    };
    let go_on = Some((visitor.link("/akun"), texts.account));
    PicturePage { title: texts.title, panels: vec![panel], go_on, ..PicturePage::default() }
}

/// What is said above a kept picture: that it is, and what may make it hard to read.
fn kept_panel(kept: &KeptPhoto, visitor: &Visitor, texts: &IdentityPhotoTexts) -> Panel {
    let mut paragraphs = hints(kept.hints, visitor.language);
    let (kind, heading, last) = if paragraphs.is_empty() {
        ("good", texts.kept, texts.look)
    } else {
        ("waits", texts.advice, texts.choice)
    };
    paragraphs.push(last.to_owned());
    Panel { kind, heading: heading.to_owned(), paragraphs, is_live: false }
}

async fn kept_photo(
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
) -> Result<Option<KeptPhoto>, Fault> {
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act("citizen", &visitor.request_id, &mut randomness);
    Ok(read_photo(act, member.account_id).await?)
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    upload: Upload,
) -> Result<Response, Fault> {
    let Upload { member, file, .. } = upload;
    let picture = match read(file, visitor.language).await? {
        Ok(picture) => picture,
        Err(fault) => return render(&portal, &visitor, &member, Some(fault)).await,
    };
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act("citizen", &visitor.request_id, &mut randomness);
    match keep_photo(act, member.account_id, &picture).await? {
        // The page says so in either case.
        PhotoAnswer::Done | PhotoAnswer::Registered => Ok(visitor.go(PATH)),
    }
}

/// The picture itself, to its owner alone.
async fn picture(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let kept = kept_photo(&portal, &visitor, &member).await?.ok_or(Fault::NoPage)?;
    Ok(([(CONTENT_TYPE, "image/jpeg")], kept.jpeg).into_response())
}

async fn delete(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    _form: Form,
) -> Result<Response, Fault> {
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act("citizen", &visitor.request_id, &mut randomness);
    match delete_photo(act, member.account_id).await? {
        PhotoAnswer::Done | PhotoAnswer::Registered => Ok(visitor.go(PATH)),
    }
}
