//! `/akun/gelombang/N/ikut`: joining a wave, after a page that says what it means.

use app::act::ActError;
use app::join::JoinRequest;
use app::join_desk::JoinDeskError;
use app::live_join::{JoinAnswer, KeyedJoin};
use app::outlook::join_bar;
use app::rights::{ErasureStanding, read_erasure};
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use domain::eligibility::{JoinBar, Rule};
use domain::ids::PersonId;
use domain::wave::{WaveNumber, WaveState};
use http_support::Routes;
use web::Language;
use web::format::date_time;

use super::confirm::{Confirm, refuse};
use super::step::{barred_title, not_yet_title};
use super::{NamedWave, last_minute, wave_path};
use crate::fault::Fault;
use crate::form::Form;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the pages say; `{n}` is a wave, `{t}` an instant, `{k}` a regency.
    JoinTexts {
        title: "Gabung Gelombang {n}", "Join wave {n}";
        large: "Waktu gabung tidak memengaruhi peluang Anda.", "When you join does not change your chance.";
        means: "Dengan gabung, Anda masuk daftar Gelombang {n} untuk {k}, kabupaten/kota pada Kartu Keluarga yang Anda isi. Sesudah gelombang ditutup, data Anda diperiksa dan peserta diundi; setiap nomor undian dapat dihitung kembali oleh siapa pun.", "By joining you are on the list of wave {n} for {k}, the regency or city of the family card you stated. After the wave has closed, your data are checked and the members are drawn; anybody can recompute every ticket.";
        closes: "Gelombang ditutup {t}.", "The wave closes on {t}.";
        results: "Hasil diumumkan {t}.", "The results are announced on {t}.";
        back_out: "Selama gelombang masih dibuka, Anda dapat membatalkannya. Pembatalan itu tetap untuk gelombang ini.", "While the wave is open you can take it back. That is final for this wave.";
        submit: "Ya, gabung", "Yes, join";
        opens: "Gelombang {n} dibuka {t}. Anda tidak perlu datang tepat pada jam itu: waktu gabung tidak memengaruhi peluang.", "Wave {n} opens on {t}. You need not come at that very hour: when you join does not change your chance.";
        correct: "Lihat atau perbaiki data saya", "See or correct my data";
        register: "Lengkapi pendaftaran", "Complete your registration";
        checks: "Lihat pemeriksaan data", "See the checks of your data";
        test: "Buka tes kemampuan dasar", "Open the basic ability test";
        waves: "Lihat gelombang", "See the waves";
        complain: "Kirim pengaduan", "Send a complaint";
        account: "Akun saya", "My account";
        erasing: "Anda sudah meminta akun dan data Anda dihapus. Bila Anda gabung, undian memakai data itu dan tidak ada yang dapat dihapus sampai gelombang selesai. Batalkan dahulu permintaan itu bila Anda ingin gabung.", "You have asked us to erase your account and your data. If you join, the draw uses these data and nothing can be erased until the wave is over. Take the request back first if you want to join.";
        keep: "Lihat permintaan penghapusan", "See the request for erasure";
    }
}

pub(super) fn routes() -> Routes<Portal> {
    const PATH: &str = "/akun/gelombang/{wave}/ikut";
    Routes::new().get(PATH, ask).post(PATH, join)
}

/// The desk has room; looked at before anything is read, so that a rush costs little.
struct DeskHasRoom;

impl FromRequestParts<Portal> for DeskHasRoom {
    type Rejection = Fault;

    async fn from_request_parts(_: &mut Parts, portal: &Portal) -> Result<Self, Fault> {
        if portal.service.desk.is_full() { Err(Fault::Busy) } else { Ok(Self) }
    }
}

async fn ask(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    NamedWave(wave): NamedWave,
) -> Result<Response, Fault> {
    let texts = JoinTexts::of(visitor.language);
    let row = portal.service.wave(wave).await?.ok_or(Fault::NoPage)?;
    let of = |text: &str| text.replace("{n}", &wave.to_string());
    if row.state == WaveState::Draft {
        let opens = of(texts.opens).replace("{t}", &date_time(row.opens_at, visitor.language));
        let title = not_yet_title(wave, visitor.language);
        return refuse(&visitor, &title, opens, &[("/akun", texts.account)]);
    }
    let is_open =
        matches!(row.state, WaveState::Open { .. }) && portal.service.clock.now() < row.closes_at;
    if !is_open {
        return refused(&visitor, wave, &JoinBar::Rule(Rule::WaveOpen));
    }
    let Some(person) = member.person_id else {
        return refused(&visitor, wave, &JoinBar::Rule(Rule::Registered));
    };
    if let Some(bar) = join_bar(&portal.service, person, &row).await? {
        return refused(&visitor, wave, &bar);
    }
    let erasure = read_erasure(&portal.service.database, member.account_id, Some(person)).await?;
    if matches!(erasure, ErasureStanding::Waits(_)) {
        let title = not_yet_title(wave, visitor.language);
        let links = [("/akun/data/hapus", texts.keep), ("/akun", texts.account)];
        return refuse(&visitor, &title, texts.erasing.to_owned(), &links);
    }
    let closes = last_minute(row.closes_at, visitor.language);
    let results = date_time(row.results_at, visitor.language);
    let confirm = Confirm {
        title: of(texts.title),
        large: texts.large,
        paragraphs: vec![
            of(texts.means).replace("{k}", &region_of(&portal, person).await?),
            texts.closes.replace("{t}", &closes),
            texts.results.replace("{t}", &results),
            texts.back_out.to_owned(),
        ],
        submit: texts.submit,
        class: "",
        back: "/akun/gelombang".to_owned(),
    };
    confirm.show(&portal, &visitor)
}

/// Where somebody competes for a place.
async fn region_of(portal: &Portal, person: PersonId) -> Result<String, Fault> {
    let standing = portal.service.standing(person).await?.ok_or(Fault::NotRegistered)?;
    let code = standing.facts.region;
    let region = portal.service.regions.table().get(code);
    Ok(region.map_or_else(|| code.to_string(), |region| region.name.clone()))
}

async fn join(
    State(portal): State<Portal>,
    visitor: Visitor,
    _: DeskHasRoom,
    member: Member,
    NamedWave(wave): NamedWave,
    form: Form,
) -> Result<Response, Fault> {
    let Some(person_id) = member.person_id else {
        return refused(&visitor, wave, &JoinBar::Rule(Rule::Registered));
    };
    let request = JoinRequest { person_id, joined_at: portal.service.clock.now() };
    let join = KeyedJoin {
        request,
        account: Some(member.account_id),
        client_key: form.key()?,
        request_id: visitor.request_id.to_string(),
    };
    match portal.service.desk.join(wave, join).await {
        Ok(JoinAnswer::Joined | JoinAnswer::Member) => Ok(visitor.go(&wave_path(wave))),
        Ok(JoinAnswer::Refused(rule)) => refused(&visitor, wave, &JoinBar::Rule(rule)),
        Ok(JoinAnswer::KeyReused) => Err(Fault::Forged),
        Err(JoinDeskError::Busy) => Err(Fault::Busy),
        Err(JoinDeskError::Closed) => Err(Fault::Unavailable),
        Err(JoinDeskError::Act(ActError::UnknownWave(_))) => Err(Fault::NoPage),
        Err(JoinDeskError::Act(error)) => Err(error.into()),
    }
}

/// What keeps somebody out in words, and where to go on.
pub(super) fn refused(
    visitor: &Visitor,
    wave: WaveNumber,
    bar: &JoinBar,
) -> Result<Response, Fault> {
    let account = ("/akun", JoinTexts::of(visitor.language).account);
    let title = barred_title(wave, bar.rule(), visitor.language);
    let why = bar.sentence(visitor.language.of_sentences());
    refuse(visitor, &title, why, &[goes_on(bar.rule(), visitor.language), account])
}

/// Where somebody goes on who cannot join by this rule: address and words.
pub(super) const fn goes_on(rule: Rule, language: Language) -> (&'static str, &'static str) {
    let texts = JoinTexts::of(language);
    match rule {
        Rule::Registered => ("/pendaftaran", texts.register),
        Rule::IdentityConfirmed
        | Rule::Citizenship
        | Rule::NotInFormalEducation
        | Rule::NoOffice(_)
        | Rule::NoOtherAid(_)
        | Rule::RegisterAnswered
        | Rule::HouseholdRegion => ("/pendaftaran/pemeriksaan", texts.checks),
        Rule::AbilityTest => ("/tes", texts.test),
        Rule::WaveOpen | Rule::NotWithdrawn | Rule::JoinAttempts | Rule::LifetimeGrants => {
            ("/akun/gelombang", texts.waves)
        }
        Rule::MinimumAge | Rule::MaximumAge => ("/akun/data", texts.correct),
        Rule::NeverRevoked | Rule::HouseholdPlaces => ("/akun/pengaduan/baru", texts.complain),
    }
}
