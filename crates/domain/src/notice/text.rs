//! The words of notices, in both languages: what happened, why, what can be done, by when.
//!
//! No name, number or address is among them, so that a letter that somebody else reads tells nobody's data.

use super::{NoSeat, Notice};
use crate::appeals::ANSWER_DAYS;
use crate::beneficiary::RevocationReason;
use crate::checks::{IdentityFields, identity_sentence};
use crate::decision::DecisionOutcome;
use crate::eligibility::Rule;
use crate::identity::{Email, Phone};
use crate::reasons::Language;
use crate::time::{Timestamp, day_in_words};

/// An e-mail in words: a subject on one line, and paragraphs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Lines ended by `\n`, paragraphs apart by an empty one.
    pub body: String,
}

/// A letter to an address. `Debug` shows no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: Email,
    /// The words.
    pub letter: Letter,
}

/// A short text to a number. `Debug` shows no number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortMessage {
    /// To whom.
    pub to: Phone,
    /// The words.
    pub text: String,
}

/// Characters of one short text in the seven-bit alphabet of GSM 03.38.
pub const SMS_CHARACTERS: usize = 160;

/// The minute up to which something lasts that ends, exclusively, at `end`.
pub(crate) fn until(end: Timestamp, language: Language) -> String {
    let last = end.minus_micros(1).in_wib();
    let (hour, minute) = (last.hour(), last.minute());
    let day = day_in_words(last.date(), language);
    match language {
        Language::Indonesian => format!("{day} pukul {hour:02}.{minute:02} WIB"),
        Language::English => format!("{day} at {hour:02}:{minute:02} WIB"),
    }
}

/// Days in words.
pub(super) fn days(number: u8, language: Language) -> String {
    match (language, number) {
        (Language::Indonesian, 0) => "hari terakhir".to_owned(),
        (Language::English, 0) => "last day".to_owned(),
        (Language::Indonesian, _) => format!("{number} hari lagi"),
        (Language::English, 1) => "1 day left".to_owned(),
        (Language::English, _) => format!("{number} days left"),
    }
}

const ERASURE_REFUSED_INDONESIAN: [&str; 2] = [
    "Data Anda belum dapat dihapus",
    "Penghapusan data yang Anda minta tidak dilakukan, karena data itu masih diperlukan untuk gelombang, kepesertaan, atau keberatan Anda. Alasannya ada di halaman Data saya. Setelah itu selesai, Anda dapat meminta kembali.",
];
const ERASURE_REFUSED_ENGLISH: [&str; 2] = [
    "Your data cannot be erased yet",
    "The erasure that you asked for was not done, since your data are still needed for your wave, grant or appeal. The page My data says why. You can ask again once that is over.",
];

fn pair([subject, body]: [&str; 2]) -> (String, String) {
    (subject.to_owned(), body.to_owned())
}

impl Notice {
    /// The words of an e-mail.
    pub fn letter(self, language: Language) -> Letter {
        let (subject, paragraphs) = self.words(language);
        let end = match language {
            Language::Indonesian => {
                "Pesan ini dikirim otomatis. Kami tidak pernah meminta kata sandi atau kode lewat pesan.\n\nGelombang"
            }
            Language::English => {
                "This message was sent automatically. We never ask for a password or a code in a message.\n\nGelombang"
            }
        };
        Letter { subject, body: format!("{paragraphs}\n\n{end}\n") }
    }

    /// Subject and paragraphs, these apart by an empty line, without what every letter ends with.
    pub fn words(self, language: Language) -> (String, String) {
        match language {
            Language::Indonesian => self.indonesian(),
            Language::English => self.english(),
        }
    }

    fn indonesian(self) -> (String, String) {
        let language = Language::Indonesian;
        match self {
            Self::AccountOpened => (
                "Akun Anda sudah dibuka".to_owned(),
                "Akun Anda sudah dibuka dengan alamat e-mail ini. Masuk, lalu daftarkan diri Anda untuk dapat ikut gelombang.\n\nBila bukan Anda yang membukanya, pilih \"Lupa kata sandi\" di halaman masuk dan buat kata sandi Anda sendiri. Setelah itu kata sandi yang lama tidak berlaku lagi.".to_owned(),
            ),
            Self::SignInLocked { until: end } => (
                "Akun Anda dikunci sementara".to_owned(),
                format!(
                    "Kata sandi atau kode yang salah dimasukkan terlalu sering, sehingga akun Anda dikunci sampai {}. Setelah itu Anda dapat mencoba lagi. Di perangkat lain yang sudah dikenal Anda tetap dapat masuk.\n\nBila bukan Anda yang mencoba, tidak ada yang perlu dilakukan: akun Anda tidak dimasuki.",
                    until(end, language)
                ),
            ),
            Self::Code { .. }
            | Self::AccountKnown { .. }
            | Self::PasswordChanged { .. }
            | Self::EmailChanged { .. }
            | Self::PhoneChanged { .. } => self.account_words(language),
            Self::Registered => (
                "Pendaftaran Anda sudah kami terima".to_owned(),
                "Pendaftaran Anda sudah kami terima. Kami sedang memeriksa data Anda pada pusat data kependudukan dan pusat data lain; Anda tidak perlu melakukan apa pun untuk itu.\n\nAnda sudah dapat ikut gelombang yang dibuka. Waktu mendaftar tidak memengaruhi peluang.".to_owned(),
            ),
            Self::Released { .. } => (
                "Pendaftaran pada akun Anda dilepas".to_owned(),
                "Dua petugas memeriksa laporan tentang NIK yang didaftarkan dengan akun Anda dan melepas pendaftaran itu dari akun Anda. Akun Anda tetap ada; masuk kembali bila ingin mendaftarkan diri dengan NIK Anda sendiri.\n\nBila ini keliru, hubungi pengelola program.".to_owned(),
            ),
            Self::ErasureAsked { at } => (
                "Permintaan hapus data sudah kami terima".to_owned(),
                format!(
                    "Anda meminta agar akun dan data pribadi Anda dihapus. Penghapusan berjalan setelah {}. Sampai saat itu Anda dapat membatalkannya di halaman Data saya.\n\nSetelah data dihapus, kami tidak dapat lagi menulis kepada Anda.\n\nBila bukan Anda yang memintanya, masuk sekarang, batalkan permintaan itu, dan ganti kata sandi Anda.",
                    until(at, language)
                ),
            ),
            Self::ErasureRefused { .. } => pair(ERASURE_REFUSED_INDONESIAN),
            Self::CheckRefuted { rule, fields, .. } => (
                "Satu pemeriksaan data Anda tidak cocok".to_owned(),
                check_refuted(rule, fields, language),
            ),
            Self::Joined(wave) => (
                format!("Anda ikut Gelombang {wave}"),
                format!("Anda tercatat ikut Gelombang {wave}. Urutan mendaftar tidak memengaruhi peluang.\n\nKami memberi kabar setelah undian diumumkan. Selama gelombang masih dibuka, Anda dapat membatalkannya di halaman Anda."),
            ),
            Self::Withdrawn(wave) => (
                format!("Keikutsertaan Anda pada Gelombang {wave} dibatalkan"),
                format!("Sesuai permintaan Anda, keikutsertaan pada Gelombang {wave} dibatalkan. Pembatalan ini tetap; Anda dapat ikut gelombang berikutnya."),
            ),
            Self::Selected { wave, due_at } => (
                format!("Anda terpilih pada Gelombang {wave}"),
                format!(
                    "Anda terpilih pada undian Gelombang {wave} dan ditetapkan sebagai penerima.\n\nBeli pelatihan pertama Anda sampai tanggal {}. Bila sampai saat itu belum ada pembelian, tempat Anda dialihkan kepada orang lain.",
                    until(due_at, language)
                ),
            ),
            Self::NotSelected { wave, reason, appeal_until } => (
                format!("Hasil Gelombang {wave}: Anda belum terpilih"),
                format!(
                    "Anda belum terpilih pada Gelombang {wave}.\n\n{}{}",
                    no_seat(reason, language),
                    appeal(appeal_until, language)
                ),
            ),
            Self::PurchaseReminder { wave, days: left, due_at } => (
                format!("Gelombang {wave}: {} untuk membeli pelatihan pertama", days(left, language)),
                format!(
                    "Anda belum membeli pelatihan pertama. Batas waktunya tanggal {}.\n\nBila sampai saat itu belum ada pembelian, tempat Anda dialihkan kepada orang lain.",
                    until(due_at, language)
                ),
            ),
            Self::Revoked(wave) => (
                format!("Kepesertaan Anda pada Gelombang {wave} dicabut"),
                format!("Sampai batas waktu belum ada pembelian pelatihan pertama, sehingga kepesertaan Anda pada Gelombang {wave} dicabut dan tempatnya dialihkan.\n\nBila Anda sudah membeli dan ini keliru, hubungi pengelola program."),
            ),
            Self::RevokedForCause { wave, cause } => (
                format!("Kepesertaan Anda pada Gelombang {wave} dicabut"),
                format!(
                    "{}\n\nDana Gelombang {wave} yang belum dipakai ditarik kembali. Sampaikan pengaduan kepada pengelola program.",
                    RevocationReason::ForCause(cause).sentence(language)
                ),
            ),
            Self::AppealGranted { wave, due_at } => (
                format!("Keberatan Anda pada Gelombang {wave} diterima"),
                format!(
                    "Keberatan Anda terhadap keputusan Gelombang {wave} diterima, dan Anda ditetapkan sebagai penerima.\n\nBeli pelatihan pertama Anda sampai tanggal {}. Bila sampai saat itu belum ada pembelian, tempat Anda dialihkan kepada orang lain.",
                    until(due_at, language)
                ),
            ),
            Self::AppealRejected { wave, answer, .. } => (
                format!("Jawaban atas keberatan Anda pada Gelombang {wave}"),
                format!(
                    "Keberatan Anda terhadap keputusan Gelombang {wave} tidak dikabulkan.\n\n{}",
                    answer.sentence(language)
                ),
            ),
            Self::ComplaintAnswered { .. } => (
                "Pengaduan Anda sudah dijawab".to_owned(),
                "Pengaduan Anda sudah dijawab. Masuk ke akun Anda dan buka halaman Pengaduan untuk membacanya.\n\nIsi jawaban tidak kami kirim lewat pesan, agar tidak terbaca orang lain.".to_owned(),
            ),
        }
    }

    fn english(self) -> (String, String) {
        let language = Language::English;
        match self {
            Self::AccountOpened => (
                "Your account is open".to_owned(),
                "Your account was opened with this e-mail address. Sign in and register yourself, so that you can join a wave.\n\nIf it was not you who opened it, choose \"Forgotten password\" on the sign-in page and set a password of your own. The former one is not taken any more then.".to_owned(),
            ),
            Self::SignInLocked { until: end } => (
                "Your account is locked for a while".to_owned(),
                format!(
                    "A wrong password or code was given too often, so your account is locked until {}. After that you can try again. On other devices that are known you can still sign in.\n\nIf it was not you who tried, there is nothing to do: nobody got into your account.",
                    until(end, language)
                ),
            ),
            Self::Code { .. }
            | Self::AccountKnown { .. }
            | Self::PasswordChanged { .. }
            | Self::EmailChanged { .. }
            | Self::PhoneChanged { .. } => self.account_words(language),
            Self::Registered => (
                "We have received your registration".to_owned(),
                "We have received your registration. We are checking your data with the population register and other registers; you need not do anything for that.\n\nYou can join a wave that is open already. When you join does not change your chances.".to_owned(),
            ),
            Self::Released { .. } => (
                "The registration was taken from your account".to_owned(),
                "Two officers have looked into a report about the NIK that was registered with your account, and have taken that registration from it. The account stays; sign in again if you want to register yourself with your own NIK.\n\nIf this is a mistake, write to the programme.".to_owned(),
            ),
            Self::ErasureAsked { at } => (
                "We have received your request for erasure".to_owned(),
                format!(
                    "You asked us to erase your account and your personal data. They are erased after {}. Until then you can take the request back on the page My data.\n\nOnce they are erased, we cannot write to you any more.\n\nIf it was not you who asked, sign in now, take the request back, and change your password.",
                    until(at, language)
                ),
            ),
            Self::ErasureRefused { .. } => pair(ERASURE_REFUSED_ENGLISH),
            Self::CheckRefuted { rule, fields, .. } => (
                "One check of your data does not agree".to_owned(),
                check_refuted(rule, fields, language),
            ),
            Self::Joined(wave) => (
                format!("You have joined wave {wave}"),
                format!("You are recorded as a member of wave {wave}. The order of joining does not change the chances.\n\nWe write again once the draw is announced. While the wave is open you can take your join back on your page."),
            ),
            Self::Withdrawn(wave) => (
                format!("Your join of wave {wave} is taken back"),
                format!("As you asked, your join of wave {wave} is taken back. That is final; you can join the next wave."),
            ),
            Self::Selected { wave, due_at } => (
                format!("You were selected in wave {wave}"),
                format!(
                    "You were selected in the draw of wave {wave} and appointed as a beneficiary.\n\nBuy your first training by {}. If nothing is bought by then, your place goes to someone else.",
                    until(due_at, language)
                ),
            ),
            Self::NotSelected { wave, reason, appeal_until } => (
                format!("Result of wave {wave}: you were not selected"),
                format!(
                    "You were not selected in wave {wave}.\n\n{}{}",
                    no_seat(reason, language),
                    appeal(appeal_until, language)
                ),
            ),
            Self::PurchaseReminder { wave, days: left, due_at } => (
                format!("Wave {wave}: {} to buy your first training", days(left, language)),
                format!(
                    "You have not bought a first training yet. The deadline is {}.\n\nIf nothing is bought by then, your place goes to someone else.",
                    until(due_at, language)
                ),
            ),
            Self::Revoked(wave) => (
                format!("You have lost your place of wave {wave}"),
                format!("No first training was bought before the deadline, so you have lost your place of wave {wave}, and it goes to someone else.\n\nIf you did buy one and this is a mistake, write to the programme."),
            ),
            Self::RevokedForCause { wave, cause } => (
                format!("You have lost your place of wave {wave}"),
                format!(
                    "{}\n\nMoney of wave {wave} that is not spent yet is taken back. Send a complaint to the programme.",
                    RevocationReason::ForCause(cause).sentence(language)
                ),
            ),
            Self::AppealGranted { wave, due_at } => (
                format!("Your appeal in wave {wave} is granted"),
                format!(
                    "Your appeal against the decision of wave {wave} is granted, and you are appointed as a beneficiary.\n\nBuy your first training by {}. If nothing is bought by then, your place goes to someone else.",
                    until(due_at, language)
                ),
            ),
            Self::AppealRejected { wave, answer, .. } => (
                format!("The answer to your appeal in wave {wave}"),
                format!(
                    "Your appeal against the decision of wave {wave} is not granted.\n\n{}",
                    answer.sentence(language)
                ),
            ),
            Self::ComplaintAnswered { .. } => (
                "Your complaint is answered".to_owned(),
                "Your complaint is answered. Sign in to your account and open the page Complaints to read it.\n\nWe do not send the answer in a message, so that nobody else reads it.".to_owned(),
            ),
        }
    }
}

/// What a register contradicts, and what can still be done about it before a draw.
fn check_refuted(rule: Rule, fields: IdentityFields, language: Language) -> String {
    if rule != Rule::IdentityConfirmed {
        return rule.sentence(language);
    }
    let what = identity_sentence(&fields.list(), language);
    let until_then = match language {
        Language::Indonesian => "Selama belum cocok, Anda tidak ikut diundi.",
        Language::English => "As long as it does not agree, you are not in a draw.",
    };
    format!("{what}\n\n{until_then}")
}

/// Why there is no seat. A rule kept the person out of the draw, so that is said first.
fn no_seat(reason: NoSeat, language: Language) -> String {
    match reason {
        NoSeat::Rule(rule) => {
            let kept_out = DecisionOutcome::Ineligible.sentence(language);
            format!("{kept_out} {}", rule.sentence(language))
        }
        NoSeat::Outcome(outcome) => outcome.sentence(language).to_owned(),
    }
}

/// A paragraph about how to appeal, if an appeal is taken.
fn appeal(appeal_until: Option<Timestamp>, language: Language) -> String {
    let Some(end) = appeal_until else { return String::new() };
    let last = until(end, language);
    match language {
        Language::Indonesian => format!(
            "\n\nBila keputusan ini keliru, Anda dapat mengajukan keberatan sampai tanggal {last}: masuk, buka gelombang ini di halaman Anda, dan pilih alasannya. Kami menjawab paling lambat {ANSWER_DAYS} hari setelah tanggal itu; mengajukan lebih awal tidak mengubah jawabannya. Data yang keliru di pusat data lain hanya dapat diperbaiki oleh instansi yang menyimpannya, jadi mintalah perbaikan di sana juga."
        ),
        Language::English => format!(
            "\n\nIf this decision is wrong, you can appeal until {last}: sign in, open this wave on your page and choose the ground. We answer within {ANSWER_DAYS} days after that day; filing earlier does not change the answer. Wrong data in another register can be corrected only by whoever keeps it, so ask there for a correction too."
        ),
    }
}

#[cfg(test)]
mod tests {
    use time::{Date, Month};

    use super::*;
    use crate::appeals::{FilingFacts, filing_ends, may_file};
    use crate::policy::Named as _;
    use crate::wave::{WaveNumber, WaveState};

    /// Characters that GSM 03.38 has outside letters and digits, as far as words use them.
    const GSM_MARKS: &str = " .,:;-()/'#\n";

    fn samples() -> Vec<Notice> {
        let due = Date::from_calendar_date(2024, Month::September, 25).expect("a day");
        let wave = WaveNumber::new(9999).expect("the longest number");
        Notice::samples(wave, Timestamp::start_of_wib_day(due))
    }

    /// Goal: every notice has words of its own in each language and on each way, on one line where there is
    /// room for one, and a short text is one short text. Method: render all samples.
    #[test]
    fn every_notice_has_words() {
        for notice in samples() {
            let [id, en] = [Language::Indonesian, Language::English].map(|l| notice.letter(l));
            assert_ne!(id, en, "{notice:?}");
            for letter in [id, en] {
                assert!((10..=78).contains(&letter.subject.len()), "{letter:?}");
                assert!(letter.subject.is_ascii() && !letter.subject.contains('\n'), "{letter:?}");
                assert!(letter.body.ends_with("\n\nGelombang\n"), "{letter:?}");
                assert!(
                    !letter.body.contains("\n\n\n") && !letter.body.contains("  "),
                    "{letter:?}"
                );
                assert!(!letter.body.contains('!') && !letter.body.contains('{'), "{letter:?}");
            }
            for language in [Language::Indonesian, Language::English] {
                let text = notice.short_text(language);
                assert!(text.ends_with('.') && text.chars().count() <= SMS_CHARACTERS, "{text}");
                let is_plain = |c: char| c.is_ascii_alphanumeric() || GSM_MARKS.contains(c);
                assert!(text.chars().all(is_plain), "{text}");
            }
        }
    }

    /// Each cause of a revocation and each answer to an appeal is told in its own sentence, with a next step.
    #[test]
    fn causes_and_answers() {
        for language in [Language::Indonesian, Language::English] {
            for notice in samples() {
                let sentence = if let Notice::RevokedForCause { cause, .. } = notice {
                    RevocationReason::ForCause(cause).sentence(language)
                } else if let Notice::AppealRejected { answer, .. } = notice {
                    answer.sentence(language)
                } else {
                    continue;
                };
                let letter = notice.letter(language).body;
                assert!(letter.contains(sentence), "{letter}");
            }
        }
    }

    /// Goal: whoever may appeal is told so with the last minute, in time after the decree, and nobody else is. Method: the
    /// letter of every rule and outcome, held against what a filing is judged by.
    #[test]
    fn appeals() {
        let appointed_at = Timestamp::from_micros(1_726_000_000_000_000);
        let wave = WaveNumber::new(72).expect("a number");
        let rules = Rule::all().into_iter().map(NoSeat::Rule);
        let outcomes = DecisionOutcome::ALL.iter().map(|outcome| NoSeat::Outcome(*outcome));
        let mut told = 0;
        for reason in rules.chain(outcomes) {
            let facts = FilingFacts {
                wave: WaveState::Appointed { appointed_at },
                outcome: Some(reason.outcome()),
                filed: false,
            };
            let ends_at = filing_ends(appointed_at);
            let may = may_file(&facts, ends_at.minus_micros(1)).is_ok();
            told += u32::from(may);
            let notice = Notice::not_selected(wave, reason, appointed_at);
            for (language, words) in [
                (Language::Indonesian, "mengajukan keberatan sampai tanggal"),
                (Language::English, "you can appeal until"),
            ] {
                let letter = notice.letter(language).body;
                let words = format!("{words} {}", until(ends_at, language));
                assert_eq!(letter.contains(&words), may, "{reason:?}: {letter}");
                assert!(may || !letter.contains("mengajukan keberatan"), "{letter}");
            }
        }
        assert_eq!(told, u32::try_from(Rule::all().len()).expect("few") + 2);
    }

    /// A letter about a contradicted identity names what differs and nothing else, and sends nobody to another wave.
    #[test]
    fn contradicted_identity() {
        let rule = Rule::IdentityConfirmed;
        let answered_at = Timestamp::from_micros(0);
        for (detail, names) in [("born_on", ["tanggal lahir", "birth date"]), ("", ["", ""])] {
            let fields = IdentityFields::of_detail(detail);
            let notice = Notice::CheckRefuted { rule, fields, answered_at };
            assert_eq!(Notice::from_parts(&notice.parts()), Some(notice));
            // The only characters that the database takes for a code.
            let code = notice.parts().code.expect("a code");
            assert!(code.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | ':')), "{code}");
            let [id, en] = [Language::Indonesian, Language::English].map(|l| notice.letter(l).body);
            assert!(id.contains(names[0]) && en.contains(names[1]), "{id} {en}");
            assert!(
                !id.contains("nomor KK") && !id.contains("nama") && !en.contains("name"),
                "{id} {en}"
            );
            assert!(!id.contains("gelombang berikutnya") && !en.contains("next wave"), "{id} {en}");
            assert!(id.contains("perbaiki di halaman") && en.contains("correct it on the page"));
        }
    }

    /// Deadlines are told by their last minute, and a refusal with its reason.
    #[test]
    fn deadlines_and_reasons() {
        let said = |notice: fn(&Notice) -> bool, language| {
            let found = samples().into_iter().find(notice).expect("a sample");
            (found.letter(language).body, found.short_text(language))
        };
        let selected = |one: &Notice| matches!(one, Notice::Selected { .. });
        let (letter, short) = said(selected, Language::Indonesian);
        let last = "24 September 2024 pukul 23.59 WIB";
        assert!(letter.contains(&format!("sampai tanggal {last}.")), "{letter}");
        assert!(short.contains(last), "{short}");
        let (letter, _) = said(selected, Language::English);
        assert!(letter.contains("by 24 September 2024 at 23:59 WIB."), "{letter}");
        let kept_out =
            |one: &Notice| matches!(one, Notice::NotSelected { reason: NoSeat::Rule(_), .. });
        let (letter, _) = said(kept_out, Language::English);
        let rule = crate::eligibility::Rule::Registered.sentence(Language::English);
        assert!(letter.contains("because one condition was not met.") && letter.contains(&rule));
        let granted = |one: &Notice| matches!(one, Notice::AppealGranted { .. });
        let (letter, short) = said(granted, Language::Indonesian);
        assert!(letter.contains(&format!("sampai tanggal {last}.")) && short.contains(last));
        let tomorrow = |one: &Notice| matches!(one, Notice::PurchaseReminder { days: 1, .. });
        let (_, short) = said(tomorrow, Language::English);
        assert!(short.contains("1 day left"), "{short}");
    }
}
