//! `/akun/gelombang/N/banding`: an appeal against a decision that the draw did not make.

use app::appeals::{FilingAnswer, file_appeal};
use axum::extract::State;
use axum::response::Response;
use domain::appeals::AppealGround;
use domain::eligibility::{JoinBar, Rule};
use domain::policy::Named as _;
use domain::wave::WaveNumber;
use http_support::Routes;

use super::confirm::refuse;
use super::join::refused;
use super::{NamedWave, wave_path};
use crate::fault::Fault;
use crate::field::{Choice, Control, Field};
use crate::form::Form;
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says; `{n}` is a wave.
    AppealTexts {
        title: "Mengapa keputusan Gelombang {n} keliru?", "Why is the decision of wave {n} wrong?";
        lead: "Dua petugas memeriksa keberatan Anda bersama data terbaru. Bukti tidak perlu dikirim: bila data di suatu instansi keliru, mintalah instansi itu memperbaikinya.", "Two officers look into your appeal with the newest data. You need not send proof: if a register has wrong data, ask its office to correct them.";
        register: "Data tentang saya di suatu instansi keliru atau sudah lama", "An office has wrong or old data about me";
        register_hint: "Misalnya NIK, nama, pendidikan atau pekerjaan", "Such as NIK, name, education or work";
        card: "Kartu keluarga dihitung keliru", "My family card was counted wrongly";
        card_hint: "Misalnya orang lain tercatat pada nomor KK saya", "Such as somebody else on the number of my card";
        silent: "Suatu instansi tidak menjawab pada waktunya", "An office did not answer in time";
        missing: "Pilih satu alasan", "Choose one reason";
        submit: "Ajukan keberatan", "File the appeal";
        refused: "Keberatan tidak dapat diajukan", "The appeal cannot be filed";
        see_wave: "Lihat gelombang ini", "See this wave";
    }
}

const GROUND: &str = "alasan";

pub(super) fn routes() -> Routes<Portal> {
    const PATH: &str = "/akun/gelombang/{wave}/banding";
    Routes::new().get(PATH, ask).post(PATH, file)
}

fn question(visitor: &Visitor, wave: WaveNumber, fault: Option<String>) -> Question {
    let texts = AppealTexts::of(visitor.language);
    let title = texts.title.replace("{n}", &wave.to_string());
    let choices = AppealGround::ALL.iter().map(|ground| {
        let (label, hint) = match ground {
            AppealGround::RegisterWrong => (texts.register, texts.register_hint),
            AppealGround::FamilyCardWrong => (texts.card, texts.card_hint),
            AppealGround::RegisterSilent => (texts.silent, ""),
        };
        Choice { value: ground.name().to_owned(), label: label.to_owned(), hint: hint.to_owned() }
    });
    let control = Control::Choice(choices.collect());
    Question {
        fields: vec![Field::new(GROUND, title.clone(), control).hint(texts.lead).fault(fault)],
        submit: texts.submit.to_owned(),
        back: Some(visitor.link(&wave_path(wave))),
        ..Question::new(visitor, title)
    }
}

async fn ask(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    NamedWave(wave): NamedWave,
) -> Result<Response, Fault> {
    member.holder()?;
    question(&visitor, wave, None).show(&portal, &visitor)
}

async fn file(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    NamedWave(wave): NamedWave,
    form: Form,
) -> Result<Response, Fault> {
    let texts = AppealTexts::of(visitor.language);
    let (holder, key) = (member.holder()?, form.key()?);
    let Some(ground) = AppealGround::from_name(form.text(GROUND)) else {
        return question(&visitor, wave, Some(texts.missing.to_owned())).show(&portal, &visitor);
    };
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    match file_appeal(act, (wave, holder), ground, &key).await {
        Ok(FilingAnswer::Filed(_)) => Ok(visitor.go(&wave_path(wave))),
        Ok(FilingAnswer::Refused(refusal)) => {
            let why = refusal.sentence(visitor.language.of_sentences()).to_owned();
            refuse(&visitor, texts.refused, why, &[(&wave_path(wave), texts.see_wave)])
        }
        Ok(FilingAnswer::NoPerson) => refused(&visitor, wave, &JoinBar::Rule(Rule::Registered)),
        Ok(FilingAnswer::KeyReused) => Err(Fault::Forged),
        Err(app::act::ActError::UnknownWave(_)) => Err(Fault::NoPage),
        Err(error) => Err(error.into()),
    }
}
