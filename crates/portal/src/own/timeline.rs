//! What has happened, and what is to come, each with its date; the newest first.

use app::citizen::{CheckStanding, GrantStanding, MembershipStanding, Standing};
use app::own_page::{OwnPage, WaveInstants};
use domain::eligibility::{CheckKind, CheckState};
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use web::Language;
use web::format::date_time;

use super::wave_path;
use crate::texts::texts;
use crate::visitor::Visitor;

texts! {
    /// What the timeline says; `{n}` is a wave.
    TimelineTexts {
        registered: "Pendaftaran selesai", "Registration complete";
        joined: "Ikut Gelombang {n}", "Joined wave {n}";
        withdrawn: "Keikutsertaan pada Gelombang {n} dibatalkan", "Join of wave {n} taken back";
        closes: "Gelombang {n} ditutup", "Wave {n} closes";
        closed: "Gelombang {n} ditutup", "Wave {n} closed";
        frozen: "Daftar peserta undian Gelombang {n} ditetapkan", "List for the draw of wave {n} fixed";
        drawn: "Undian Gelombang {n} dilakukan", "Draw of wave {n} held";
        to_announce: "Hasil Gelombang {n} diumumkan", "Results of wave {n} are announced";
        announced: "Hasil Gelombang {n} diumumkan", "Results of wave {n} announced";
        cancelled: "Gelombang {n} dibatalkan tanpa undian", "Wave {n} cancelled without a draw";
        decree: "Ditetapkan sebagai penerima (surat keputusan, SK) Gelombang {n}", "Appointed as a beneficiary (decree, SK) of wave {n}";
        bought: "Pelatihan pertama dibeli", "First training bought";
        due: "Batas waktu pembelian pertama", "Deadline of the first purchase";
        revoked: "Kepesertaan dicabut", "Place lost";
        appealed: "Keberatan terhadap keputusan Gelombang {n} diajukan", "Appeal against the decision of wave {n} filed";
        appeal_due: "Jawaban atas keberatan paling lambat", "Answer to the appeal at the latest";
        appeal_answered: "Keberatan pada Gelombang {n} dijawab", "Appeal in wave {n} answered";
        population: "Data kependudukan (Dukcapil)", "Population register (Dukcapil)";
        citizenship: "Kewarganegaraan", "Citizenship";
        education: "Pendidikan formal", "Formal education";
        occupation: "Pekerjaan yang tidak diperbolehkan", "Barred occupations";
        aid: "Bantuan lain", "Other aid";
        test: "Tes kemampuan dasar", "Basic ability test";
        agrees: "sesuai", "confirmed";
        differs: "tidak sesuai", "does not agree";
        silent: "belum ada jawaban", "no answer yet";
        running: "sedang diperiksa", "being checked";
        expired: "akan diperiksa lagi", "to be checked again";
    }
}

/// A point of the timeline.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    at: Timestamp,
    /// Its date and time.
    pub(crate) when: String,
    /// What happened.
    pub(crate) title: String,
    /// More about it; empty if that is plain.
    pub(crate) what: String,
    /// The page with more, if there is one.
    pub(crate) link: Option<String>,
    /// It is still to come.
    pub(crate) is_ahead: bool,
}

/// Collects entries.
struct Line<'a> {
    visitor: &'a Visitor,
    texts: &'static TimelineTexts,
    now: Timestamp,
    entries: Vec<Entry>,
}

/// All that a page has, the newest first, what is to come before that.
pub(crate) fn timeline(page: &OwnPage, now: Timestamp, visitor: &Visitor) -> Vec<Entry> {
    let texts = TimelineTexts::of(visitor.language);
    let Some(standing) = &page.standing else { return Vec::new() };
    let mut line = Line { visitor, texts, now, entries: Vec::new() };
    line.add(standing.facts.registered_at, texts.registered.to_owned());
    for (kind, at) in &page.answers {
        if let Some(check) = standing.checks.iter().find(|check| check.kind == *kind) {
            line.add(*at, check_line(check, visitor.language));
        }
    }
    for membership in &standing.memberships {
        let instants = page.instants.iter().find(|wave| wave.wave == membership.wave);
        line.membership(membership, instants);
    }
    for grant in &standing.grants {
        line.grant(grant);
    }
    line.appeals(standing);
    // Instants may be equal, and then what was added later came later.
    line.entries.reverse();
    line.entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    line.entries
}

/// Checks that are not answered yet.
pub(crate) fn pending_checks(page: &OwnPage, language: Language) -> Vec<String> {
    let checks = page.standing.iter().flat_map(|standing| &standing.checks);
    let pending = checks.filter(|check| match check.state {
        CheckState::NotAsked
        | CheckState::Asked
        | CheckState::Unavailable
        | CheckState::Expired => {
            // The test is the person's to take, and stands in the panel.
            check.kind != CheckKind::AbilityTest
        }
        CheckState::Confirmed | CheckState::Refuted => false,
    });
    pending.map(|check| check_line(check, language)).collect()
}

/// A check with where it stands.
fn check_line(check: &CheckStanding, language: Language) -> String {
    let texts = TimelineTexts::of(language);
    let kind = match check.kind {
        CheckKind::PopulationRegister => texts.population,
        CheckKind::Citizenship => texts.citizenship,
        CheckKind::FormalEducation => texts.education,
        CheckKind::Occupation => texts.occupation,
        CheckKind::SocialAid => texts.aid,
        CheckKind::AbilityTest => texts.test,
    };
    let state = match check.state {
        CheckState::NotAsked | CheckState::Asked => texts.running,
        CheckState::Confirmed => texts.agrees,
        CheckState::Refuted => texts.differs,
        CheckState::Unavailable => texts.silent,
        CheckState::Expired => texts.expired,
    };
    format!("{kind}: {state}")
}

impl Line<'_> {
    fn add(&mut self, at: Timestamp, title: String) {
        self.add_with(at, title, String::new(), None);
    }

    fn add_with(&mut self, at: Timestamp, title: String, what: String, wave: Option<WaveNumber>) {
        let is_ahead = at > self.now;
        let link = wave.map(|wave| self.visitor.link(&wave_path(wave)));
        let when = date_time(at, self.visitor.language);
        self.entries.push(Entry { at, when, title, what, link, is_ahead });
    }

    /// As [`Line::add`], for a deadline: shown by its last minute.
    fn add_end(&mut self, end: Timestamp, title: String) {
        self.add(end.minus_micros(1), title);
    }

    fn membership(&mut self, one: &MembershipStanding, instants: Option<&WaveInstants>) {
        let texts = self.texts;
        let of = |text: &str| text.replace("{n}", &one.wave.to_string());
        self.add_with(one.joined_at, of(texts.joined), String::new(), Some(one.wave));
        if let Some(at) = one.withdrawn_at {
            return self.add(at, of(texts.withdrawn));
        }
        let Some(instants) = instants else { return };
        // It is closed a moment after its end.
        let closes = if instants.closed_at.is_some() { texts.closed } else { texts.closes };
        self.add_end(instants.closes_at, of(closes));
        if let Some(at) = instants.cancelled_at {
            return self.add(at, of(texts.cancelled));
        }
        if let Some(at) = instants.frozen_at {
            self.add(at, of(texts.frozen));
        }
        if let Some(at) = instants.drawn_at {
            self.add(at, of(texts.drawn));
        }
        let language = self.visitor.language.of_sentences();
        let outcome = one.decision.as_ref().map(|decision| decision.outcome.sentence(language));
        let what = outcome.unwrap_or_default().to_owned();
        match (instants.appointed_at, one.wave_state) {
            (Some(at), _) => self.add_with(at, of(texts.announced), what, Some(one.wave)),
            (None, WaveState::Cancelled { .. }) => {}
            (None, _) => self.add(one.results_at, of(texts.to_announce)),
        }
    }

    fn grant(&mut self, grant: &GrantStanding) {
        let texts = self.texts;
        let decree = texts.decree.replace("{n}", &grant.wave.to_string());
        self.add(grant.appointed_at, decree);
        match (grant.activated_at, grant.revoked_at) {
            (Some(at), _) => self.add(at, texts.bought.to_owned()),
            (None, Some(revoked_at)) if revoked_at < grant.purchase_due_at => {}
            (None, _) => self.add_end(grant.purchase_due_at, texts.due.to_owned()),
        }
        if let Some(at) = grant.revoked_at {
            let language = self.visitor.language.of_sentences();
            let why = grant.revocation.map(|reason| reason.sentence(language));
            let why = why.unwrap_or_default().to_owned();
            self.add_with(at, texts.revoked.to_owned(), why, None);
        }
    }

    fn appeals(&mut self, standing: &Standing) {
        let (texts, language) = (self.texts, self.visitor.language.of_sentences());
        for appeal in &standing.appeals {
            let of = |text: &str| text.replace("{n}", &appeal.wave.to_string());
            let wave = Some(appeal.wave);
            self.add_with(appeal.filed_at, of(texts.appealed), String::new(), wave);
            match appeal.answer {
                Some((answer, at)) => {
                    let what = answer.sentence(language).to_owned();
                    self.add_with(at, of(texts.appeal_answered), what, wave);
                }
                None => self.add_end(appeal.due_at, texts.appeal_due.to_owned()),
            }
        }
    }
}
