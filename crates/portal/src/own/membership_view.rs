//! What the page of a wave says to its member: state, result with reason and odds, grant, appeal, receipt.

use app::appeals::AppealRow;
use app::citizen::{GrantStanding, MembershipStanding, StandingDecision};
use app::own_page::{Lot, OwnPage, WaveInstants};
use askama::Template;
use domain::appeals::{filing_ends, refuse_outcome};
use domain::decision::{DecisionOutcome, DrawReason, Odds};
use domain::eligibility::Rule;
use domain::next_step::NextStep;
use domain::policy::Named as _;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use web::Frame;
use web::format::{date_time, number, of_million, share};

use super::days::days_left;
use super::{last_minute, wave_path};
use crate::texts::texts;
use crate::visitor::Visitor;

texts! {
    /// What the page says; `{n}` is a wave, `{t}` an instant.
    MembershipTexts {
        title: "Gelombang {n}", "Wave {n}";
        back: "Gelombang", "Waves";
        joined: "Anda ikut sejak {t}.", "You joined on {t}.";
        open: "Anda ikut", "You have joined";
        open_what: "Gelombang masih dibuka sampai {t}. Urutan mendaftar tidak memengaruhi peluang.", "The wave is open until {t}. The order of joining does not change the chances.";
        nothing_open: "Tidak ada yang perlu Anda lakukan.", "There is nothing for you to do.";
        something_open: "Masih ada yang perlu Anda selesaikan sebelum gelombang ditutup, atau Anda tidak ikut diundi.", "There is something left for you to do before the wave closes, or you will not be in the draw.";
        see_open: "Lihat yang perlu diselesaikan", "See what is left to do";
        running: "Sedang diproses", "Being processed";
        closed_what: "Gelombang sudah ditutup. Data peserta sedang diperiksa sebelum undian.", "The wave has closed. The data of its members are being checked before the draw.";
        frozen_what: "Daftar peserta undian sudah ditetapkan dan tidak berubah lagi.", "The list for the draw is fixed and does not change any more.";
        drawn_what: "Undian sudah dilakukan. Hasilnya diumumkan kepada semua orang pada saat yang sama.", "The draw was held. The result is announced to everybody at the same moment.";
        results_at: "Hasil diumumkan {t}.", "The results are announced on {t}.";
        cancelled: "Dibatalkan", "Cancelled";
        cancelled_what: "Gelombang ini dibatalkan tanpa undian. Keikutsertaan Anda tidak dihitung, dan Anda dapat ikut gelombang berikutnya.", "This wave was cancelled without a draw. Your join does not count, and you can join the next wave.";
        withdrawn: "Anda batalkan", "Taken back";
        withdrawn_what: "Anda membatalkan keikutsertaan pada {t}. Pembatalan ini tetap; Anda dapat ikut gelombang berikutnya.", "You took your join back on {t}. That is final; you can join the next wave.";
        announced: "Sudah diumumkan", "Announced";
        revoked: "Dicabut", "Place lost";
        wrong: "Bila menurut Anda ini keliru", "If you think this is wrong";
        wrong_draw: "Hasil undian mengikuti nomor undian dan tidak diubah lewat keberatan. Anda, dan siapa pun, dapat memeriksa undian ini dengan menghitungnya kembali. Bila hasilnya tidak sama, kirim pengaduan.", "The result of a draw follows from the tickets and is not changed by an appeal. You, and anybody, can check this draw by computing it again. If the result is not the same, send a complaint.";
        wrong_unpublished: "Hasil undian mengikuti nomor undian dan tidak diubah lewat keberatan. Bila ada yang tidak jelas, kirim pengaduan.", "The result of a draw follows from the tickets and is not changed by an appeal. If something is unclear, send a complaint.";
        wrong_late: "Keberatan dapat diajukan sampai {t}. Sesudah itu, Anda masih dapat mengirim pengaduan.", "An appeal could be filed until {t}. After that, you can still send a complaint.";
        wrong_lost: "Keberatan atas pencabutan disampaikan lewat pengaduan. Kami menjawab dalam lima hari kerja.", "Object to the loss of your place by a complaint. We answer within five working days.";
        check: "Periksa undian ini", "Check this draw";
        complain: "Kirim pengaduan", "Send a complaint";
        selected: "Anda terpilih", "You were selected";
        not_selected: "Anda belum terpilih", "You were not selected";
        waitlisted: "Anda dalam daftar tunggu", "You are on the waiting list";
        ineligible: "Anda tidak ikut diundi", "You were not in the draw";
        household: "Kartu keluarga Anda sudah penuh", "Your family card was full";
        why: "Alasannya", "Why";
        rank: "Urutan Anda dalam daftar tunggu: {t}.", "Your place on the waiting list: {t}.";
        ticket: "Nomor undian Anda", "Your ticket";
        ticket_is: "Nomor undian Anda {t} dari 1.000.000. Nomor yang lebih kecil didahulukan.", "Your ticket is {t} of 1,000,000. Smaller ones come first.";
        no_place: "Di daerah Anda tidak ada tempat pada gelombang ini.", "There was no place in your region in this wave.";
        above: "Di daerah Anda, tempat terakhir diberikan kepada nomor {t}. Nomor Anda di atas batas itu.", "In your region the last place went to ticket {t}. Yours is above that limit.";
        above_own: "Tempat terakhir yang disediakan bagi kelompok Anda diberikan kepada nomor {t}.", "The last place set apart for your group went to ticket {t}.";
        within: "Di daerah Anda, tempat terakhir diberikan kepada nomor {t}. Nomor Anda di dalam batas itu.", "In your region the last place went to ticket {t}. Yours is within that limit.";
        within_own: "Di daerah Anda, tempat terakhir untuk semua orang diberikan kepada nomor {t}. Anda mendapat tempat yang disediakan bagi kelompok Anda.", "In your region the last place open to everybody went to ticket {t}. You have a place that was set apart for your group.";
        odds: "Peluangnya", "The odds";
        region_share: "Di daerah Anda {t} peserta undian mendapat tempat.", "In your region {t} of those in the draw got a place.";
        class_share: "Dalam kelompok Anda {t}.", "In your group it was {t}.";
        deadline: "Batas waktu pembelian pertama", "Deadline of the first purchase";
        until: "Sampai {t}.", "Until {t}.";
        passed: "Batas waktu berakhir {t}.", "The deadline ended on {t}.";
        bought: "Pelatihan pertama dibeli pada {t}.", "The first training was bought on {t}.";
        lost: "Tempat Anda dicabut pada {t}.", "You lost your place on {t}.";
        appeal: "Keberatan", "Appeal";
        appeal_what: "Bila alasan itu keliru, Anda dapat mengajukan keberatan sampai {t}. Dua petugas memeriksanya.", "If that reason is wrong, you can appeal until {t}. Two officers look into it.";
        appeal_do: "Ajukan keberatan", "File an appeal";
        filed: "Diajukan {t}.", "Filed on {t}.";
        waits: "Menunggu jawaban", "Waits for an answer";
        answer_by: "Jawaban paling lambat {t}.", "The answer comes by {t}.";
        answered: "Dijawab", "Answered";
        answered_at: "Dijawab {t}.", "Answered on {t}.";
        receipt: "Bukti ikut", "Your receipt";
        receipt_what: "Dengan bukti ini Anda dapat memeriksa sendiri bahwa Anda tercatat dalam daftar, dan apa yang dilakukan undian dengan nomor Anda. Simpan; bukti ini tidak memuat nama atau NIK.", "With this receipt you can check by yourself that you are on the list, and what the draw did with your ticket. Keep it; no name or NIK is in it.";
        receipt_file: "Unduh bukti (berkas JSON)", "Download the receipt (JSON file)";
        receipt_check: "Periksa bukti ini", "Check this receipt";
        receipt_code: "Kode QR bukti ikut: pindai dengan kamera ponsel lain untuk memeriksanya", "QR code of the receipt: scan it with the camera of another phone to check it";
        take_back: "Batalkan keikutsertaan", "Take the join back";
        next: "Gelombang berikutnya", "The next wave";
        next_what: "Pendaftaran dan tes Anda tetap berlaku: pada gelombang berikutnya cukup tekan Gabung.", "Your registration and your test stay valid: in the next wave you only press Join.";
        next_do: "Lihat gelombang yang dibuka", "See open waves";
    }
}

/// What was decided, in words.
#[derive(Debug)]
struct ResultView {
    tone: &'static str,
    title: &'static str,
    paragraphs: Vec<String>,
    reason: Option<String>,
    /// The ticket, and the limit that decided.
    ticket: Vec<String>,
    odds: Vec<String>,
}

/// What can be done against a result.
#[derive(Debug)]
struct WrongView {
    paragraphs: Vec<String>,
    /// Addresses and words.
    links: Vec<(String, &'static str)>,
}

/// A grant in words.
#[derive(Debug)]
struct GrantView {
    tone: &'static str,
    large: Option<String>,
    paragraphs: Vec<String>,
}

/// An appeal in words.
#[derive(Debug)]
struct AppealView {
    tone: &'static str,
    state: &'static str,
    paragraphs: Vec<String>,
}

/// Where the receipt is.
#[derive(Debug)]
struct ReceiptView {
    file: String,
    check: String,
    /// The picture, where a public address is known.
    code: Option<String>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "membership.html")]
pub(super) struct MembershipPage {
    frame: Frame,
    texts: &'static MembershipTexts,
    back: String,
    tag: (&'static str, &'static str),
    paragraphs: Vec<String>,
    /// Where something is left to do: address and words.
    left: Option<(String, &'static str)>,
    wrong: Option<WrongView>,
    result: Option<ResultView>,
    grant: Option<GrantView>,
    appeals: Vec<AppealView>,
    /// Until when and where an appeal is taken.
    may_appeal: Option<(String, String)>,
    receipt: Option<ReceiptView>,
    take_back: Option<String>,
    next: Option<String>,
}

impl MembershipPage {
    /// The page of a wave; `None` for whoever has not joined it. The flags say whether receipts are signed here, and
    /// whether the public address is known.
    pub(super) fn new(
        own: &OwnPage,
        (wave, now): (WaveNumber, Timestamp),
        visitor: &Visitor,
        [has_receipts, has_address]: [bool; 2],
    ) -> Option<Self> {
        let standing = own.standing.as_ref()?;
        let one = standing.memberships.iter().find(|one| one.wave == wave)?;
        let instants = own.instants.iter().find(|row| row.wave == wave)?;
        let texts = MembershipTexts::of(visitor.language);
        let say = Say { texts, visitor, now };
        let is_published = has_receipts && instants.is_published && one.withdrawn_at.is_none();
        let grant = standing.grants.iter().find(|grant| grant.wave == wave);
        let appeals: Vec<&AppealRow> =
            standing.appeals.iter().filter(|appeal| appeal.wave == wave).collect();
        let (tag, mut state) = say.state(one, instants);
        let is_revoked = grant.is_some_and(|grant| grant.revoked_at.is_some());
        let is_open = own.open.iter().any(|row| row.wave == wave) && one.withdrawn_at.is_none();
        let path = wave_path(wave);
        let waits_for_holder = is_open && matches!(own.next, NextStep::Test | NextStep::Mend);
        if is_open {
            let left = if waits_for_holder { texts.something_open } else { texts.nothing_open };
            state.push(left.to_owned());
        }
        let left = waits_for_holder.then(|| (visitor.link("/akun"), texts.see_open));
        let check = instants.is_published.then(|| {
            if is_published {
                visitor.link(&format!("{path}/bukti"))
            } else {
                visitor.language.check_path().to_owned()
            }
        });
        let goes_on = one.withdrawn_at.is_some()
            || matches!(one.wave_state, WaveState::Cancelled { .. })
            || (one.decision.is_some() && standing.grants.is_empty());
        Some(Self {
            frame: visitor.frame(&texts.title.replace("{n}", &wave.to_string())),
            texts,
            back: visitor.link("/akun/gelombang"),
            tag: if is_revoked { ("bad", texts.revoked) } else { tag },
            left,
            paragraphs: [vec![say.at(texts.joined, one.joined_at)], state].concat(),
            result: one.decision.as_ref().map(|decision| {
                let is_pending =
                    grant.is_some_and(|one| one.revoked_at.is_none() && one.activated_at.is_none());
                let lot = own.lots.iter().find(|lot| lot.wave == wave);
                say.result(decision, (one.odds.as_ref(), lot), is_pending)
            }),
            wrong: say.wrong(one, is_revoked, check),
            grant: grant.map(|grant| say.grant(grant)),
            may_appeal: say.may_appeal(one, &appeals),
            appeals: appeals.into_iter().map(|appeal| say.appeal(appeal)).collect(),
            receipt: is_published.then(|| ReceiptView {
                file: visitor.link(&format!("{path}/bukti.json")),
                check: visitor.link(&format!("{path}/bukti")),
                code: has_address.then(|| visitor.link(&format!("{path}/bukti.svg"))),
            }),
            take_back: is_open.then(|| visitor.link(&format!("{path}/batal"))),
            next: goes_on.then(|| visitor.link("/akun/gelombang")),
        })
    }
}

/// What sentences are made with.
struct Say<'a> {
    texts: &'static MembershipTexts,
    visitor: &'a Visitor,
    now: Timestamp,
}

impl Say<'_> {
    fn at(&self, text: &str, at: Timestamp) -> String {
        text.replace("{t}", &date_time(at, self.visitor.language))
    }

    fn until(&self, text: &str, end: Timestamp) -> String {
        text.replace("{t}", &last_minute(end, self.visitor.language))
    }

    /// Class and words of the tag, and what the state means.
    fn state(
        &self,
        one: &MembershipStanding,
        instants: &WaveInstants,
    ) -> ((&'static str, &'static str), Vec<String>) {
        let texts = self.texts;
        if let Some(at) = one.withdrawn_at {
            return (("", texts.withdrawn), vec![self.at(texts.withdrawn_what, at)]);
        }
        let waits = |what: &str| {
            let results = self.at(texts.results_at, one.results_at);
            (("waits", texts.running), vec![what.to_owned(), results])
        };
        match one.wave_state {
            WaveState::Draft | WaveState::Open { .. } => {
                let open = self.until(texts.open_what, instants.closes_at);
                let results = self.at(texts.results_at, one.results_at);
                (("good", texts.open), vec![open, results])
            }
            WaveState::Closed { .. } => waits(texts.closed_what),
            WaveState::Frozen { .. } => waits(texts.frozen_what),
            WaveState::Drawn { .. } => waits(texts.drawn_what),
            WaveState::Appointed { .. } | WaveState::Settled { .. } => {
                (("", texts.announced), Vec::new())
            }
            WaveState::Cancelled { .. } => {
                (("bad", texts.cancelled), vec![texts.cancelled_what.to_owned()])
            }
        }
    }

    /// What was decided. Who was selected is asked to buy while that is still to be done.
    fn result(
        &self,
        decision: &StandingDecision,
        (odds, lot): (Option<&Odds>, Option<&Lot>),
        is_pending: bool,
    ) -> ResultView {
        let (texts, language) = (self.texts, self.visitor.language);
        let words = language.of_sentences();
        let (tone, title) = match decision.outcome {
            DecisionOutcome::Selected => (if is_pending { "good" } else { "" }, texts.selected),
            DecisionOutcome::NotSelected => ("", texts.not_selected),
            DecisionOutcome::Waitlisted => ("waits", texts.waitlisted),
            DecisionOutcome::Ineligible => ("bad", texts.ineligible),
            DecisionOutcome::HouseholdCap => ("bad", texts.household),
        };
        let is_over = decision.outcome == DecisionOutcome::Selected && !is_pending;
        let sentence = (!is_over).then(|| decision.outcome.sentence(words).to_owned());
        let mut paragraphs: Vec<String> = sentence.into_iter().collect();
        if let (DecisionOutcome::Waitlisted, Some(rank)) = (decision.outcome, decision.rank) {
            paragraphs.push(texts.rank.replace("{t}", &rank.to_string()));
        }
        let reason = decision.reason.as_deref().and_then(|code| {
            let rule = Rule::from_code(code).map(|rule| rule.sentence(words));
            rule.or_else(|| Some(DrawReason::from_name(code)?.sentence(words).to_owned()))
        });
        let seats = odds.map(|odds| odds.seats);
        let odds = odds.map(|odds| self.odds(odds)).unwrap_or_default();
        let ticket = lot.map(|lot| self.ticket(decision.outcome, lot, seats)).unwrap_or_default();
        ResultView { tone, title, paragraphs, reason, ticket, odds }
    }

    /// The ticket on the scale of the page that checks receipts, and the limit that decided. A result that was corrected
    /// beside the draw is not explained by a limit.
    fn ticket(&self, outcome: DecisionOutcome, lot: &Lot, seats: Option<u64>) -> Vec<String> {
        let texts = self.texts;
        let of = |text: &str, ticket: &[u8; 32]| {
            text.replace("{t}", &number(of_million(ticket), self.visitor.language))
        };
        let is_within = |limit: Option<&[u8; 32]>| limit.is_some_and(|limit| lot.ticket <= *limit);
        let (general, own) = (lot.general.as_ref(), lot.own.as_ref());
        let mut said = vec![of(texts.ticket_is, &lot.ticket)];
        match (outcome, general) {
            (DecisionOutcome::Selected, Some(limit)) if is_within(general) => {
                said.push(of(texts.within, limit));
            }
            (DecisionOutcome::Selected, Some(limit)) if is_within(own) => {
                said.push(of(texts.within_own, limit));
            }
            (DecisionOutcome::NotSelected | DecisionOutcome::Waitlisted, None)
                if seats == Some(0) =>
            {
                said.push(texts.no_place.to_owned());
            }
            (DecisionOutcome::NotSelected | DecisionOutcome::Waitlisted, Some(limit))
                if !is_within(general) && !is_within(own) =>
            {
                said.push(of(texts.above, limit));
                said.extend(own.map(|limit| of(texts.above_own, limit)));
            }
            (
                DecisionOutcome::Selected
                | DecisionOutcome::NotSelected
                | DecisionOutcome::Waitlisted
                | DecisionOutcome::HouseholdCap
                | DecisionOutcome::Ineligible,
                _,
            ) => {}
        }
        said
    }

    /// What can be done against a result that somebody takes for wrong, beside the appeal that is offered by itself.
    fn wrong(
        &self,
        one: &MembershipStanding,
        is_revoked: bool,
        check: Option<String>,
    ) -> Option<WrongView> {
        let (texts, outcome) = (self.texts, one.decision.as_ref()?.outcome);
        let complain = (self.visitor.link("/akun/pengaduan/baru"), texts.complain);
        let wrong_draw = if check.is_some() { texts.wrong_draw } else { texts.wrong_unpublished };
        let check = check.map(|path| (path, texts.check));
        let (said, links) = match (outcome, one.wave_state) {
            _ if is_revoked => (Some(texts.wrong_lost.to_owned()), vec![Some(complain)]),
            (DecisionOutcome::Selected, _) => return None,
            (DecisionOutcome::NotSelected | DecisionOutcome::Waitlisted, _) => {
                (Some(wrong_draw.to_owned()), vec![check, Some(complain)])
            }
            (
                DecisionOutcome::Ineligible | DecisionOutcome::HouseholdCap,
                WaveState::Appointed { appointed_at },
            ) if self.now < filing_ends(appointed_at) => (None, vec![check]),
            (
                DecisionOutcome::Ineligible | DecisionOutcome::HouseholdCap,
                WaveState::Appointed { appointed_at },
            ) => {
                let late = self.until(texts.wrong_late, filing_ends(appointed_at));
                (Some(late), vec![Some(complain), check])
            }
            (DecisionOutcome::Ineligible | DecisionOutcome::HouseholdCap, _) => {
                (None, vec![Some(complain), check])
            }
        };
        let links = links.into_iter().flatten().collect();
        Some(WrongView { paragraphs: said.into_iter().collect(), links })
    }

    fn odds(&self, odds: &Odds) -> Vec<String> {
        let (texts, language) = (self.texts, self.visitor.language);
        let mut said = vec![odds.sentence(language.of_sentences())];
        let region = share(odds.seats.min(odds.people), odds.people, language);
        let mut shares = texts.region_share.replace("{t}", &region);
        if let Some(class) = &odds.class {
            let class = share(class.selected, class.people, language);
            shares = format!("{shares} {}", texts.class_share.replace("{t}", &class));
        }
        said.push(shares);
        said
    }

    fn grant(&self, grant: &GrantStanding) -> GrantView {
        let texts = self.texts;
        let due_at = grant.purchase_due_at;
        match (grant.revoked_at, grant.activated_at) {
            (Some(at), _) => {
                let language = self.visitor.language.of_sentences();
                let why = grant.revocation.map(|reason| reason.sentence(language).to_owned());
                let lost = self.at(texts.lost, at);
                let paragraphs = [Some(lost), why].into_iter().flatten().collect();
                GrantView { tone: "bad", large: None, paragraphs }
            }
            (None, Some(at)) => {
                let paragraphs = vec![self.at(texts.bought, at)];
                GrantView { tone: "good", large: None, paragraphs }
            }
            (None, None) if self.now < due_at => GrantView {
                tone: "waits",
                large: Some(days_left(due_at, self.now, self.visitor.language)),
                paragraphs: vec![self.until(texts.until, due_at)],
            },
            (None, None) => GrantView {
                tone: "bad",
                large: None,
                paragraphs: vec![self.until(texts.passed, due_at)],
            },
        }
    }

    fn appeal(&self, appeal: &AppealRow) -> AppealView {
        let texts = self.texts;
        let filed = self.at(texts.filed, appeal.filed_at);
        match appeal.answer {
            None => AppealView {
                tone: "waits",
                state: texts.waits,
                paragraphs: vec![filed, self.until(texts.answer_by, appeal.due_at)],
            },
            Some((answer, at)) => {
                let words = answer.sentence(self.visitor.language.of_sentences()).to_owned();
                AppealView {
                    tone: "",
                    state: texts.answered,
                    paragraphs: vec![filed, self.at(texts.answered_at, at), words],
                }
            }
        }
    }

    /// Until when an appeal is taken, and where. Whether one is, `app::appeals` decides; this says where to ask.
    fn may_appeal(
        &self,
        one: &MembershipStanding,
        appeals: &[&AppealRow],
    ) -> Option<(String, String)> {
        let WaveState::Appointed { appointed_at } = one.wave_state else { return None };
        let until = filing_ends(appointed_at);
        let outcome = one.decision.as_ref()?.outcome;
        let is_open = refuse_outcome(outcome).is_none() && appeals.is_empty() && self.now < until;
        let path = format!("{}/banding", wave_path(one.wave));
        is_open.then(|| (self.until(self.texts.appeal_what, until), self.visitor.link(&path)))
    }
}
