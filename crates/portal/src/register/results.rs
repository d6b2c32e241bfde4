//! `/pendaftaran/pemeriksaan`: what the registers say about each thing they are asked, and what can be done. While
//! anything is asked the page loads itself again.

use app::citizen::CheckStanding;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::checks::{IdentityField, check_sentence, differing_fields};
use domain::eligibility::{CheckKind, CheckState};
use http_support::Routes;
use web::Frame;
use web::format::date_time;

use super::correct::path_of;
use super::{CORRECT_NIK, RESULTS, TASKS};
use crate::fault::Fault;
use crate::page::page;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

/// Seconds until the page is loaded again while a register is asked.
const ASKED_S: u32 = 10;
/// Seconds while a register is away: it is asked again after a minute.
const AWAY_S: u32 = 60;

texts! {
    /// What the page says.
    ResultTexts {
        title: "Pemeriksaan data", "Checks of your data";
        back: "Akun saya", "My account";
        sent: "Pendaftaran Anda sudah kami terima.", "We have your registration.";
        waiting: "Data Anda sedang diperiksa ke instansi yang berwenang. Biasanya selesai dalam beberapa menit. Halaman ini memuat ulang sendiri; Anda boleh menutupnya dan kembali nanti.", "Your data are being checked with the authorities in charge, usually within minutes. This page reloads by itself; you may close it and come back later.";
        to_do: "Ada yang perlu Anda lakukan. Lihat bagian yang ditandai di bawah.", "There is something for you to do. See the marked parts below.";
        all_good: "Semua data Anda sudah sesuai.", "Everything you stated is confirmed.";
        join: "Anda dapat ikut gelombang yang dibuka. Waktu gabung tidak memengaruhi peluang Anda.", "You can join a wave that is open. When you join does not change your chance.";
        join_meanwhile: "Sambil menunggu, Anda sudah dapat ikut gelombang yang dibuka. Data dilihat lagi sebelum undian: bila saat daftar undian ditetapkan masih ada yang belum terjawab atau belum sesuai, Anda tidak ikut diundi pada gelombang itu.", "Meanwhile you can already join a wave that is open. The checks are looked at again before the draw: if anything is unanswered or not confirmed when the list is fixed, you are not in the draw of that wave.";
        waves: "Lihat gelombang", "See the waves";
        since: "Sejak", "Since";
        next: "Langkah berikutnya:", "Next step:";
        population: "Data kependudukan (Dukcapil)", "Population register (Dukcapil)";
        citizenship: "Kewarganegaraan (Dukcapil)", "Citizenship (Dukcapil)";
        education: "Pendidikan formal", "Formal education";
        occupation: "Jabatan", "Offices";
        aid: "Bantuan lain", "Other aid";
        test: "Tes kemampuan dasar", "Basic ability test";
        asked_tag: "Sedang diperiksa", "Being checked";
        away_tag: "Belum ada jawaban", "No answer yet";
        good_tag: "Sesuai", "Confirmed";
        bad_tag: "Belum sesuai", "Not confirmed";
        old_tag: "Diperiksa lagi", "Checked again";
        test_tag: "Belum selesai", "Not done yet";
        tested_tag: "Selesai", "Done";
        citizen: "Minta dinas kependudukan dan pencatatan sipil setempat memeriksa data kewarganegaraan Anda. Kami bertanya lagi dengan sendirinya.", "Ask your local population office to look at your citizenship. We ask again by ourselves.";
        school: "Bila Anda sudah lulus atau berhenti, minta sekolah atau kampus memperbarui datanya. Kami bertanya lagi dengan sendirinya.", "If you have finished or left, ask your school or university to update its data. We ask again by ourselves.";
        post: "Bila Anda tidak lagi memegang jabatan itu, minta instansinya memperbarui data. Kami bertanya lagi dengan sendirinya.", "If you no longer hold that office, ask the institution to update its data. We ask again by ourselves.";
        helped: "Bila Anda tidak menerima bantuan itu, minta dinas sosial atau penyelenggaranya memperbarui data. Kami bertanya lagi dengan sendirinya.", "If you do not receive that aid, ask the social office or whoever gives it to update its data. We ask again by ourselves.";
        open_test: "Buka tes", "Open the test";
        fix_card: "Perbaiki nomor Kartu Keluarga", "Correct the family card number";
        fix_name: "Perbaiki nama", "Correct the name";
        fix_born: "Perbaiki tanggal lahir", "Correct the date of birth";
        fix_nik: "Perbaiki NIK", "Correct the NIK";
        nik_differs: "NIK yang Anda tulis tidak cocok. Biasanya satu angka salah ketik. Bandingkan angka demi angka dengan KTP Anda, lalu perbaiki.", "The NIK you wrote does not agree. Usually one digit is mistyped. Compare it digit by digit with your KTP, then correct it.";
        nik_too: "Bila isian itu sudah sama dengan KTP, periksa juga NIK Anda. NIK orang lain membuat data yang lain tampak tidak cocok.", "If these are as on your KTP, look at your NIK too. With somebody else's NIK the other data seem not to agree.";
    }
}

/// One check as shown.
struct CheckView {
    name: &'static str,
    tag: &'static str,
    class: &'static str,
    sentence: String,
    since: Option<String>,
    next: Option<&'static str>,
    /// Said besides where the number may be corrected.
    number: Option<&'static str>,
    links: Vec<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "register_results.html")]
struct ResultsPage {
    frame: Frame,
    texts: &'static ResultTexts,
    back: String,
    waves: String,
    refresh_s: Option<u32>,
    summary: &'static str,
    class: &'static str,
    join: &'static str,
    checks: Vec<CheckView>,
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get(RESULTS, show)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let Some(person) = member.person_id else { return Ok(visitor.go(TASKS)) };
    let standing = portal.service.standing(person).await?.ok_or(Fault::NotRegistered)?;
    let texts = ResultTexts::of(visitor.language);
    let checks = || standing.checks.iter().map(|check| (check.kind, check.state));
    let refresh_s = checks().filter_map(|(kind, state)| refresh_s(kind, state)).min();
    let has = |class| checks().any(|(kind, state)| class_of(kind, state) == class);
    let (summary, class) = if has("bad") {
        (texts.to_do, "bad")
    } else if checks().any(|(kind, state)| waits_for_others(kind, state)) {
        (texts.waiting, "waits")
    } else if has("waits") {
        (texts.to_do, "waits")
    } else {
        (texts.all_good, "good")
    };
    page(&ResultsPage {
        frame: visitor.frame(texts.title),
        texts,
        back: visitor.link("/akun"),
        waves: visitor.language.waves_path().to_owned(),
        refresh_s,
        summary,
        class,
        join: if class == "good" { texts.join } else { texts.join_meanwhile },
        checks: standing.checks.iter().map(|check| view(check, &visitor)).collect(),
    })
}

fn view(check: &CheckStanding, visitor: &Visitor) -> CheckView {
    let language = visitor.language;
    let texts = ResultTexts::of(language);
    let detail = check.detail.as_deref();
    let links = links(check.kind, check.state, detail);
    let fields = differing_fields(check.kind, detail);
    let number =
        if fields.contains(&IdentityField::Nik) { texts.nik_differs } else { texts.nik_too };
    CheckView {
        number: links.contains(&(CORRECT_NIK, NIK)).then_some(number),
        name: name(check.kind, texts),
        tag: tag(check.kind, check.state, texts),
        class: class_of(check.kind, check.state),
        sentence: check_sentence(check.kind, check.state, detail, language.of_sentences()),
        since: check.since.map(|since| date_time(since, language)),
        next: next_step(check.kind, check.state, texts),
        links: links.iter().map(|link| (visitor.link(link.0), link.1.words(texts))).collect(),
    }
}

/// Where a link of a check leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    Correct(IdentityField),
    Test,
}

/// The remedy of a mistyped number.
const NIK: Remedy = Remedy::Correct(IdentityField::Nik);

impl Remedy {
    const fn words(self, texts: &'static ResultTexts) -> &'static str {
        match self {
            Self::Correct(IdentityField::Nik) => texts.fix_nik,
            Self::Correct(IdentityField::FamilyCard) => texts.fix_card,
            Self::Correct(IdentityField::Name) => texts.fix_name,
            Self::Correct(IdentityField::BornOn) => texts.fix_born,
            Self::Test => texts.open_test,
        }
    }
}

/// True if it is the test and waits for the person: nobody else is asked about it.
const fn is_to_sit(kind: CheckKind, state: CheckState) -> bool {
    matches!(kind, CheckKind::AbilityTest) && !matches!(state, CheckState::Confirmed)
}

/// True if it waits for a register.
const fn waits_for_others(kind: CheckKind, state: CheckState) -> bool {
    match state {
        CheckState::NotAsked
        | CheckState::Asked
        | CheckState::Unavailable
        | CheckState::Expired => !is_to_sit(kind, state),
        CheckState::Confirmed | CheckState::Refuted => false,
    }
}

/// The pages that put right what a register contradicts.
fn links(kind: CheckKind, state: CheckState, detail: Option<&str>) -> Vec<(&'static str, Remedy)> {
    if is_to_sit(kind, state) {
        return vec![("/tes", Remedy::Test)];
    }
    match (kind, state) {
        (CheckKind::PopulationRegister, CheckState::Refuted) => {
            let fields = differing_fields(kind, detail);
            // A number that is another person's makes everything else differ.
            let number = (!fields.contains(&IdentityField::Nik)).then_some(IdentityField::Nik);
            let link = |field| (path_of(field), Remedy::Correct(field));
            fields.into_iter().chain(number).map(link).collect()
        }
        (
            CheckKind::Citizenship
            | CheckKind::FormalEducation
            | CheckKind::Occupation
            | CheckKind::SocialAid
            | CheckKind::AbilityTest,
            CheckState::Refuted,
        )
        | (
            _,
            CheckState::NotAsked
            | CheckState::Asked
            | CheckState::Confirmed
            | CheckState::Unavailable
            | CheckState::Expired,
        ) => Vec::new(),
    }
}

const fn name(kind: CheckKind, texts: &'static ResultTexts) -> &'static str {
    match kind {
        CheckKind::PopulationRegister => texts.population,
        CheckKind::Citizenship => texts.citizenship,
        CheckKind::FormalEducation => texts.education,
        CheckKind::Occupation => texts.occupation,
        CheckKind::SocialAid => texts.aid,
        CheckKind::AbilityTest => texts.test,
    }
}

const fn tag(kind: CheckKind, state: CheckState, texts: &'static ResultTexts) -> &'static str {
    if is_to_sit(kind, state) {
        return texts.test_tag;
    }
    match state {
        CheckState::NotAsked | CheckState::Asked => texts.asked_tag,
        CheckState::Unavailable => texts.away_tag,
        CheckState::Confirmed if matches!(kind, CheckKind::AbilityTest) => texts.tested_tag,
        CheckState::Confirmed => texts.good_tag,
        CheckState::Refuted => texts.bad_tag,
        CheckState::Expired => texts.old_tag,
    }
}

const fn class_of(kind: CheckKind, state: CheckState) -> &'static str {
    if is_to_sit(kind, state) {
        return "waits";
    }
    match state {
        CheckState::NotAsked
        | CheckState::Asked
        | CheckState::Unavailable
        | CheckState::Expired => "waits",
        CheckState::Confirmed => "good",
        CheckState::Refuted => "bad",
    }
}

const fn refresh_s(kind: CheckKind, state: CheckState) -> Option<u32> {
    if is_to_sit(kind, state) {
        return None;
    }
    match state {
        CheckState::NotAsked | CheckState::Asked => Some(ASKED_S),
        CheckState::Unavailable => Some(AWAY_S),
        CheckState::Confirmed | CheckState::Refuted | CheckState::Expired => None,
    }
}

/// What somebody can do about a contradiction, where the sentence of the check does not say it all.
const fn next_step(
    kind: CheckKind,
    state: CheckState,
    texts: &'static ResultTexts,
) -> Option<&'static str> {
    if !matches!(state, CheckState::Refuted) {
        return None;
    }
    match kind {
        CheckKind::Citizenship => Some(texts.citizen),
        CheckKind::FormalEducation => Some(texts.school),
        CheckKind::Occupation => Some(texts.post),
        CheckKind::SocialAid => Some(texts.helped),
        CheckKind::PopulationRegister | CheckKind::AbilityTest => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::policy::Named as _;
    use web::Language;

    use super::*;

    /// Every check in every state has a name and a tag, in two languages that differ; only what waits
    /// for a register loads the page again; only what contradicts has links, one for each field that differs and one for the NIK;
    /// the test has one until it is done, and loads nothing again.
    #[test]
    fn words() {
        let [one, other] = Language::ALL.map(ResultTexts::of);
        for (kind, state) in
            CheckKind::ALL.iter().flat_map(|kind| CheckState::ALL.iter().map(move |s| (*kind, *s)))
        {
            let told = |texts| [name(kind, texts), tag(kind, state, texts)];
            for (indonesian, english) in told(one).into_iter().zip(told(other)) {
                assert!(!indonesian.is_empty() && !english.is_empty());
                assert_ne!(indonesian, english, "{kind:?} {state:?}");
            }
            let waits =
                matches!(state, CheckState::NotAsked | CheckState::Asked | CheckState::Unavailable)
                    && kind != CheckKind::AbilityTest;
            assert_eq!(refresh_s(kind, state).is_some(), waits, "{kind:?} {state:?}");
            let expected = match (kind, state) {
                (CheckKind::PopulationRegister, CheckState::Refuted) => 3,
                (CheckKind::AbilityTest, CheckState::Confirmed) => 0,
                (CheckKind::AbilityTest, _) => 1,
                _ => 0,
            };
            assert_eq!(links(kind, state, Some("name,born_on")).len(), expected, "{kind:?}");
        }
        // Each contradiction of another register asks for something else.
        let steps = CheckKind::ALL
            .iter()
            .filter_map(|kind| next_step(*kind, CheckState::Refuted, one))
            .collect::<std::collections::BTreeSet<_>>();
        assert_eq!(steps.len(), CheckKind::ALL.len() - 2);
    }
}
