//! `/pendaftaran/perbaiki/nik`: stating a mistyped NIK anew, while nothing rests on the one before.

use app::correct::{CorrectAnswer, Correction, StatedNik, correct_statement, nik_refusal};
use axum::extract::State;
use axum::response::Response;
use domain::draft::{Draft, DraftField, read_nik};
use domain::nik::NikDoubt;
use domain::statement::CorrectionRefusal;
use domain::statement::nik::NikRefusal;
use http_support::Routes;
use web::format::date_time;

use super::check::CheckTexts;
use super::correct::{BORN_ON, CorrectTexts};
use super::doubt::{DoubtTexts, words};
use super::step::{Step, typed};
use super::{RESULTS, TASKS};
use crate::fault::Fault;
use crate::field::{Control, Field};
use crate::form::Form;
use crate::own::{explain, refuse};
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says beside the question.
    NikTexts {
        lead: "Bandingkan angka demi angka dengan KTP Anda. Setelah disimpan, NIK yang lama dilepas dan data Anda ditanyakan lagi ke semua instansi.", "Compare it digit by digit with your KTP. Once saved, the NIK before is given up and all authorities are asked about your data again.";
        doubt: "NIK ini memuat tanggal lahir lain daripada yang Anda tulis", "This NIK has another date of birth in it than the one you wrote";
        doubt_alone: "Periksa NIK ini sekali lagi", "Look at this NIK once more";
        refused: "NIK tidak dapat diubah sekarang", "The NIK cannot be changed now";
        withdraw: "Batalkan keikutsertaan pada Gelombang {n}", "Take your join of wave {n} back";
        report: "Laporkan kepada pengelola program", "Report it to the programme";
        results: "Pemeriksaan data", "Checks of your data";
    }
}

/// Where a mistyped NIK is stated anew.
pub(crate) const CORRECT_NIK: &str = "/pendaftaran/perbaiki/nik";
/// The box of whoever says that number and birth date are right.
const CERTAIN: &str = "benar";

/// What the page shows about what was typed.
#[derive(PartialEq, Eq)]
enum Said {
    /// Nothing was sent yet.
    Nothing,
    /// What is wrong with its shape.
    Shape,
    /// Why it was not taken.
    Refused(String),
    /// It is worth a second look.
    Doubt(NikDoubt),
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get(CORRECT_NIK, show).post(CORRECT_NIK, submit)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let Some(person) = member.person_id else { return Ok(visitor.go(TASKS)) };
    let now = portal.service.clock.now();
    match nik_refusal(&portal.service.database, person, now).await? {
        Some(refusal) => stays(&visitor, refusal, explain),
        None => {
            question(&portal, &visitor, &Draft::default(), &Said::Nothing)?.show(&portal, &visitor)
        }
    }
}

fn question(
    portal: &Portal,
    visitor: &Visitor,
    draft: &Draft,
    said: &Said,
) -> Result<Question, Fault> {
    let texts = NikTexts::of(visitor.language);
    let today = portal.service.clock.now().wib_date();
    let step = Step::of(DraftField::Nik).ok_or(Fault::Internal)?;
    let mut asked = super::correct::question(step, visitor, draft, (today, *said == Said::Shape));
    asked.lead = vec![texts.lead.to_owned()];
    let fault = match said {
        Said::Nothing | Said::Shape => None,
        Said::Refused(why) => Some(why.clone()),
        Said::Doubt(NikDoubt::OtherDay) => Some(texts.doubt.to_owned()),
        Said::Doubt(NikDoubt::UnknownProvince | NikDoubt::NoDate) => {
            Some(texts.doubt_alone.to_owned())
        }
    };
    for field in asked.fields.iter_mut().filter(|_| fault.is_some()) {
        field.fault.clone_from(&fault);
    }
    if let Said::Doubt(doubt) = *said {
        let texts = DoubtTexts::of(visitor.language);
        let (_, why, right) = words(doubt, texts);
        asked.fields.push(Field::new(CERTAIN, right, Control::Tick).hint(why));
        if doubt == NikDoubt::OtherDay {
            asked.links.push((visitor.link(BORN_ON), texts.born.to_owned()));
        }
    }
    Ok(asked)
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    form: Form,
) -> Result<Response, Fault> {
    let mut draft = Draft::default();
    draft.set(DraftField::Nik, &typed(&form, DraftField::Nik));
    let again = |said: Said| question(&portal, &visitor, &draft, &said)?.show(&portal, &visitor);
    let Ok(nik) = read_nik(draft.text(DraftField::Nik)) else { return again(Said::Shape) };
    let nik = if form.has(CERTAIN) { StatedNik::Certain(nik) } else { StatedNik::Typed(nik) };
    let correction = Correction { nik: Some(nik), ..Correction::default() };
    let key = form.key()?;
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    match correct_statement(act, member.account_id, &key, &correction).await? {
        CorrectAnswer::Corrected(_) => Ok(visitor.go(RESULTS)),
        CorrectAnswer::NoPerson => Ok(visitor.go(TASKS)),
        CorrectAnswer::KeyReused => Err(Fault::Forged),
        // No region is stated here.
        CorrectAnswer::NotARegency => Err(Fault::Internal),
        CorrectAnswer::NikDoubtful(doubt) => again(Said::Doubt(doubt)),
        CorrectAnswer::NikTaken => {
            again(Said::Refused(CheckTexts::of(visitor.language).taken.to_owned()))
        }
        CorrectAnswer::Refused(CorrectionRefusal::Nik(refusal)) => stays(&visitor, refusal, refuse),
        CorrectAnswer::Refused(refusal) => {
            again(Said::Refused(refusal.sentence(visitor.language.of_sentences())))
        }
        CorrectAnswer::TooOften { until } => {
            let often = CorrectTexts::of(visitor.language).often;
            again(Said::Refused(format!("{often} {}", date_time(until, visitor.language))))
        }
    }
}

/// Says why it stays as it is, with what can be done first, to whoever sent another or opened the page.
fn stays(
    visitor: &Visitor,
    refusal: NikRefusal,
    say: fn(&Visitor, &str, String, &[(&str, &str)]) -> Result<Response, Fault>,
) -> Result<Response, Fault> {
    let texts = NikTexts::of(visitor.language);
    let (path, words) = match refusal {
        NikRefusal::Joined(wave) => (
            format!("/akun/gelombang/{wave}/batal"),
            texts.withdraw.replace("{n}", &wave.to_string()),
        ),
        NikRefusal::Granted
        | NikRefusal::Listed(_)
        | NikRefusal::Confirmed
        | NikRefusal::WaveRuns { .. } => {
            ("/akun/pengaduan/baru".to_owned(), texts.report.to_owned())
        }
    };
    let links = [(path.as_str(), words.as_str()), (RESULTS, texts.results)];
    say(visitor, texts.refused, refusal.sentence(visitor.language.of_sentences()), &links)
}
