//! `/pendaftaran/wajah`: the face check.

use app::faces::{FaceAnswer, FaceStanding, face_standing_of, send_face};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::post;
use domain::consent::ConsentKind;
use domain::eligibility::CheckState;
use domain::face::{FACES_A_DAY, FaceFault};
use domain::time::Timestamp;
use http_support::Routes;
use web::format::date_time;

use crate::fault::Fault;
use crate::identity_photo;
use crate::picture::{Panel, PicturePage, UploadForm, consent_tick, read};
use crate::state::Portal;
use crate::texts::texts;
use crate::upload::{UPLOAD_BYTES_MAX, Upload};
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says.
    FaceTexts {
        title: "Periksa wajah", "Face check";
        lead: "Wajah Anda dibandingkan dengan foto di KTP, supaya tidak ada orang lain yang mendaftar memakai nama Anda.", "Your face is compared with the photo on your identity card, so that nobody else can register in your name.";
        kept: "Foto wajah dihapus segera setelah ada hasil. Yang disimpan hanya hasilnya.", "The photo of your face is deleted as soon as there is a result. Only the result is kept.";
        glasses: "Lepas kacamata, topi, dan masker.", "Take off glasses, hat and mask.";
        veil: "Wajah terlihat utuh dari dahi sampai dagu. Kerudung boleh dipakai.", "The whole face can be seen from forehead to chin. A headscarf is fine.";
        light: "Cari cahaya yang rata dari depan, jangan membelakangi lampu atau jendela.", "Find even light from the front; do not stand with your back to a lamp or window.";
        straight: "Hadapkan wajah lurus ke kamera dengan mata terbuka.", "Look straight into the camera with open eyes.";
        alone: "Hanya Anda yang ada di foto.", "Nobody else is in the picture.";
        label: "Foto wajah Anda", "Photo of your face";
        submit: "Kirim dan periksa", "Send and check";
        again: "Coba lagi", "Try again";
        card_first: "Kirim foto KTP terlebih dahulu", "Send the photo of your identity card first";
        card_first_what: "Wajah Anda dibandingkan dengan foto itu.", "Your face is compared with that photo.";
        card_go: "Ke halaman foto KTP", "Go to the photo of your card";
        waits: "Wajah Anda sedang diperiksa", "Your face is being checked";
        waits_what: "Biasanya selesai dalam satu menit. Halaman ini membaca ulang dirinya sendiri; Anda tidak perlu mengirim lagi.", "This usually takes less than a minute. This page reads itself again; you need not send anything more.";
        waits_on: "Anda boleh melanjutkan langkah lain dan kembali ke sini nanti.", "You may go on with other steps and come back later.";
        sent: "Dikirim:", "Sent:";
        away: "Pemeriksaan wajah sedang tidak dapat dihubungi", "The face check cannot be reached at the moment";
        away_what: "Foto Anda tersimpan dan kami mencoba lagi dengan sendirinya. Anda tidak perlu berbuat apa-apa, dan tidak kehilangan kesempatan.", "Your photo is kept, and we try again by ourselves. You need not do anything, and you lose no chance.";
        good: "Wajah Anda cocok dengan foto KTP", "Your face is that of the card";
        good_what: "Foto wajah Anda sudah dihapus. Langkah ini selesai.", "The photo of your face has been deleted. This step is done.";
        answered: "Hasil:", "Result:";
        go_on: "Lanjutkan pendaftaran", "Continue registering";
        mismatch: "Wajah belum cocok dengan foto KTP", "The face could not be matched with the card";
        mismatch_what: "Pemeriksa tidak mengenali wajah di foto sebagai wajah di KTP. Ini dapat terjadi karena cahaya, sudut, atau foto KTP yang kurang tajam.", "The check did not recognise the face in your photo as the one on the card. Light, angle, or a photo of the card that is not sharp can cause this.";
        unclear: "Salah satu foto kurang jelas", "One of the photos is not clear enough";
        unclear_what: "Wajah di foto atau di KTP tidak dapat dilihat dengan cukup jelas.", "The face in your photo, or on the card, cannot be seen clearly enough.";
        no_face: "Wajah tidak ditemukan di foto", "No face was found in the photo";
        no_face_what: "Pastikan wajah Anda memenuhi bagian tengah foto, dan tidak ada orang lain.", "Make sure that your face fills the middle of the picture, and that nobody else is in it.";
        deleted: "Foto wajah itu sudah dihapus.", "That photo of your face has been deleted.";
        card_too: "Anda juga dapat mengganti foto KTP bila kurang tajam.", "You can also replace the photo of your card if it is not sharp.";
        left: "Sisa percobaan hari ini:", "Tries left today:";
        none_left: "Percobaan hari ini sudah habis. Anda dapat mencoba lagi besok mulai pukul 00.00 WIB.", "You have used all tries of today. You can try again tomorrow from 00:00 WIB.";
        assisted: "Anda juga dapat dibantu petugas di dinas ketenagakerjaan kabupaten atau kota Anda. Bawa KTP asli; petugas memeriksa wajah Anda langsung.", "You can also be helped by an officer at the manpower office of your regency or city. Bring your original card; the officer checks your face in person.";
        expired: "Hasil pemeriksaan wajah sudah terlalu lama", "The result of your face check is too old";
        expired_what: "Foto KTP Anda sudah dihapus karena pendaftaran lama tidak dilanjutkan. Kirim foto KTP dan wajah sekali lagi.", "The photo of your card was deleted because your registration was not continued for long. Send the photos of card and face once more.";
        registered: "Anda sudah terdaftar", "You are registered";
        registered_what: "Pemeriksaan wajah tidak diperlukan lagi.", "The face check is no longer needed.";
        account: "Akun saya", "My account";
    }
}

/// Where the page stands.
pub(crate) const PATH: &str = "/pendaftaran/wajah";
/// Name of the box that agrees.
const AGREES: &str = "setuju";
/// Seconds after which the page is read again while somebody looks at the face, and while nobody answers.
const REFRESH_S: u32 = 5;
const REFRESH_AWAY_S: u32 = 30;

pub(crate) fn routes() -> Routes<Portal> {
    let submit = post(submit).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX));
    Routes::new().get(PATH, show).with(Method::POST, PATH, submit)
}

/// What is wrong with what was sent.
#[derive(Clone, Debug, Default)]
struct Wrong {
    picture: Option<String>,
    agrees_not: bool,
    /// What was ticked stays so.
    agrees: bool,
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    render(&portal, &visitor, &member, Wrong::default()).await
}

async fn render(
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
    wrong: Wrong,
) -> Result<Response, Fault> {
    let texts = FaceTexts::of(visitor.language);
    let mut page = PicturePage { title: texts.title, ..PicturePage::default() };
    if member.person_id.is_some() {
        page.panels.push(panel("good", texts.registered, &[texts.registered_what]));
        page.go_on = Some((visitor.link("/akun"), texts.account));
        return page.show(portal, visitor);
    }
    let (face, has_photo) = face_standing_of(&portal.service.database, member.account_id).await?;
    let takes_face = say(&mut page, &face, visitor, portal.service.clock.now());
    if takes_face && !has_photo {
        page.panels.push(panel("waits", texts.card_first, &[texts.card_first_what]));
        page.go_on = Some((visitor.link(identity_photo::PATH), texts.card_go));
    } else if takes_face {
        page.lead = vec![texts.lead.to_owned(), texts.kept.to_owned()];
        page.upload = Some(form(&face, visitor, wrong));
    }
    page.show(portal, visitor)
}

fn form(face: &FaceStanding, visitor: &Visitor, wrong: Wrong) -> UploadForm {
    let texts = FaceTexts::of(visitor.language);
    let words = ConsentKind::PhotoAndFace.text().words(visitor.language.of_sentences());
    let is_first = face.state() == CheckState::NotAsked;
    UploadForm {
        heading: if is_first { String::new() } else { texts.again.to_owned() },
        advice: vec![texts.glasses, texts.veil, texts.light, texts.straight, texts.alone],
        label: texts.label,
        fault: wrong.picture,
        capture: "user",
        consent: Some(consent_tick(AGREES, words, (wrong.agrees, wrong.agrees_not), visitor)),
        submit: texts.submit,
    }
}

fn panel(kind: &'static str, heading: &str, paragraphs: &[&str]) -> Panel {
    let paragraphs = paragraphs.iter().map(|words| (*words).to_owned()).collect();
    Panel { kind, heading: heading.to_owned(), paragraphs, is_live: false }
}

/// Says where the check stands and what to do; true if a picture of a face may be sent.
fn say(page: &mut PicturePage, face: &FaceStanding, visitor: &Visitor, now: Timestamp) -> bool {
    let texts = FaceTexts::of(visitor.language);
    let dated = |words: &str, at: Option<Timestamp>| {
        at.map(|at| format!("{words} {}", date_time(at, visitor.language)))
    };
    let sent = dated(texts.sent, face.sent_at());
    match face.state() {
        CheckState::NotAsked if !face.is_waiting() => return left(page, face, texts, now),
        CheckState::NotAsked | CheckState::Asked => {
            let mut waits = panel("waits", texts.waits, &[texts.waits_what, texts.waits_on]);
            waits.paragraphs.extend(sent);
            page.panels.push(Panel { is_live: true, ..waits });
            page.refresh = Some(REFRESH_S);
        }
        CheckState::Unavailable => {
            let mut away = panel("waits", texts.away, &[texts.away_what, texts.waits_on]);
            away.paragraphs.extend(sent);
            page.panels.push(Panel { is_live: true, ..away });
            page.refresh = Some(REFRESH_AWAY_S);
        }
        CheckState::Confirmed => {
            let mut good = panel("good", texts.good, &[texts.good_what]);
            good.paragraphs.extend(dated(texts.answered, face.answered_at()));
            page.panels.push(good);
        }
        CheckState::Refuted => {
            let [heading, what] = refusal(face.fault(), texts);
            let mut bad = panel("bad", heading, &[what, texts.deleted, texts.card_too]);
            bad.paragraphs.extend(dated(texts.answered, face.answered_at()));
            page.panels.push(bad);
            return left(page, face, texts, now);
        }
        CheckState::Expired => {
            page.panels.push(panel("waits", texts.expired, &[texts.expired_what]));
            return left(page, face, texts, now);
        }
    }
    page.go_on = Some((visitor.link("/pendaftaran"), texts.go_on));
    false
}

fn refusal(fault: Option<FaceFault>, texts: &FaceTexts) -> [&'static str; 2] {
    match fault {
        Some(FaceFault::Mismatch) => [texts.mismatch, texts.mismatch_what],
        Some(FaceFault::NoFace) => [texts.no_face, texts.no_face_what],
        // The database keeps no refusal without a fault.
        Some(FaceFault::Unclear) | None => [texts.unclear, texts.unclear_what],
    }
}

/// Says how many pictures may still be sent today, once some were; true if there is one.
fn left(page: &mut PicturePage, face: &FaceStanding, texts: &FaceTexts, now: Timestamp) -> bool {
    let left = face.left(now);
    if left == 0 {
        page.panels.push(panel("waits", texts.none_left, &[texts.assisted]));
    } else if left < FACES_A_DAY
        && let Some(last) = page.panels.last_mut()
    {
        last.paragraphs.push(format!("{} {left}.", texts.left));
        last.paragraphs.push(texts.assisted.to_owned());
    }
    left > 0
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    upload: Upload,
) -> Result<Response, Fault> {
    let Upload { member, form, file, .. } = upload;
    let agrees_not = form.text(AGREES) != "ya";
    let brings_picture = file.as_ref().is_ok_and(|file| !file.is_empty());
    // Nobody's face is looked at before it may be; that no picture came is said all the same.
    let waits_for_consent = agrees_not && brings_picture;
    let picture = if waits_for_consent { None } else { Some(read(file, visitor.language).await?) };
    let picture = match picture {
        Some(Ok(picture)) => picture,
        refused => {
            let picture = refused.and_then(Result::err);
            let wrong = Wrong { picture, agrees_not, agrees: !agrees_not };
            return render(&portal, &visitor, &member, wrong).await;
        }
    };
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act("citizen", &visitor.request_id, &mut randomness);
    match send_face(act, member.account_id, &picture).await? {
        // The page says where it stands in each case.
        FaceAnswer::Sent
        | FaceAnswer::Needless
        | FaceAnswer::NoPhoto
        | FaceAnswer::NoneLeft
        | FaceAnswer::Registered => Ok(visitor.go(PATH)),
    }
}
