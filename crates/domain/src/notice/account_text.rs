//! The words about accounts and their codes.
//!
//! A notice holds no secret: where the code goes, the words have a mark of the same length, which is filled in when they
//! are sent ([`Letter::fill`], [`fill_text`]).

use super::Notice;
use super::text::{Letter, until};
use crate::codes::{Code, CodePurpose};
use crate::reasons::Language;
use crate::time::Timestamp;

/// Stands for a code in words.
const CODE_MARK: &str = "######";
/// Stands in a letter for the paragraph with the link to where the code is typed.
const LINK_MARK: &str = "\n\n#link";

impl Letter {
    /// With its code, and with the address of the page that asks for it, if somebody has said where pages stand. The link
    /// about a forgotten password needs no code.
    #[must_use]
    pub fn fill(
        self,
        code: &Code,
        link: Option<&str>,
        (purpose, language): (CodePurpose, Language),
    ) -> Self {
        let words = match (language, purpose) {
            (Language::Indonesian, CodePurpose::ResetPassword) => {
                "Atau buka tautan ini dalam 3 jam. Di sana Anda memilih kata sandi baru tanpa kode, juga bila kode tidak diterima lagi:"
            }
            (Language::English, CodePurpose::ResetPassword) => {
                "Or open this link within 3 hours. There you choose a new password without a code, even when codes are not taken any more:"
            }
            (Language::Indonesian, _) => {
                "Anda membuka pesan ini di perangkat lain? Halaman untuk menulis kode ada di sini:"
            }
            (Language::English, _) => {
                "Are you reading this on another device? The page that asks for the code is here:"
            }
        };
        let link = link.map_or(String::new(), |link| format!("\n\n{words}\n{link}"));
        let body = self.body.replace(LINK_MARK, &link);
        Self { body: body.replace(CODE_MARK, code.expose()), ..self }
    }
}

impl Letter {
    /// With the address of the page that takes a new password, whoever has locked what.
    #[must_use]
    pub fn with_reset_link(self, link: &str, language: Language) -> Self {
        let words = match language {
            Language::Indonesian => {
                "Anda tidak perlu menunggu. Lewat tautan ini, dalam 3 jam, Anda memilih kata sandi baru tanpa kode:"
            }
            Language::English => {
                "You need not wait. By this link, within 3 hours, you choose a new password without a code:"
            }
        };
        Self { body: format!("{}\n\n{words}\n{link}", self.body), ..self }
    }
}

/// A short text with its code.
pub fn fill_text(text: &str, code: &Code) -> String {
    text.replace(CODE_MARK, code.expose())
}

impl CodePurpose {
    /// What the code does, as the end of a sentence that begins with the code.
    pub const fn words(self, language: Language) -> &'static str {
        match (language, self) {
            (Language::Indonesian, Self::ConfirmEmail) => {
                "untuk memastikan alamat e-mail akun Anda"
            }
            (Language::Indonesian, Self::SignIn) => "untuk masuk",
            (Language::Indonesian, Self::ResetPassword) => "untuk memilih kata sandi baru",
            (Language::Indonesian, Self::ConfirmPhone) => "untuk memastikan nomor telepon Anda",
            (Language::Indonesian, Self::ChangeEmail) => "untuk memakai alamat e-mail ini",
            (Language::Indonesian, Self::ChangePhone) => "untuk memakai nomor telepon ini",
            (Language::English, Self::ConfirmEmail) => {
                "to confirm the e-mail address of your account"
            }
            (Language::English, Self::SignIn) => "to sign in",
            (Language::English, Self::ResetPassword) => "to choose a new password",
            (Language::English, Self::ConfirmPhone) => "to confirm your phone number",
            (Language::English, Self::ChangeEmail) => "to use this e-mail address",
            (Language::English, Self::ChangePhone) => "to use this phone number",
        }
    }
}

/// What to do for somebody who has not asked for the code. Whoever opens an account has chosen its password, so what keeps
/// a stranger from registering is the code alone.
const fn not_you(purpose: CodePurpose, language: Language) -> &'static str {
    match (language, purpose) {
        (Language::Indonesian, CodePurpose::ConfirmEmail) => {
            "Bila bukan Anda yang membuka akun, abaikan pesan ini: tanpa kode ini tidak ada yang dapat mendaftar dengan alamat Anda."
        }
        (Language::English, CodePurpose::ConfirmEmail) => {
            "If it was not you who opened the account, ignore this message: without this code nobody can register with your address."
        }
        (Language::Indonesian, _) => "Bila bukan Anda yang memintanya, abaikan pesan ini.",
        (Language::English, _) => "If it was not you who asked for it, ignore this message.",
    }
}

fn code_letter(
    purpose: CodePurpose,
    expires_at: Timestamp,
    language: Language,
) -> (String, String) {
    let (what, end) = (purpose.words(language), until(expires_at, language));
    let not_you = not_you(purpose, language);
    match language {
        Language::Indonesian => (
            format!("Kode Anda {what}"),
            format!(
                "{CODE_MARK}\n\nItu kode Anda {what}. Kode berlaku sampai tanggal {end}, dan hanya kode terakhir yang diterima.{LINK_MARK}\n\nJangan berikan isi pesan ini kepada siapa pun, juga bila ia mengaku sebagai petugas. {not_you}"
            ),
        ),
        Language::English => (
            format!("Your code {what}"),
            format!(
                "{CODE_MARK}\n\nThis is your code {what}. It is valid until {end}, and only the last code is taken.{LINK_MARK}\n\nGive what is in this message to nobody, even somebody who claims to be an officer. {not_you}"
            ),
        ),
    }
}

const STILL_YOURS: [&str; 2] = [
    "Bila bukan Anda yang menggantinya, pilih kata sandi baru lewat \"Lupa kata sandi\" di halaman masuk dan hubungi pengelola program.",
    "If it was not you who changed it, choose a new password by \"Forgotten password\" on the sign-in page and write to the programme.",
];

impl Notice {
    /// Subject and paragraphs of what is about the account alone; empty for anything else.
    pub(super) fn account_words(self, language: Language) -> (String, String) {
        let [indonesian, english] = STILL_YOURS;
        let (subject, body) = match (self, language) {
            (Self::Code { purpose, expires_at, .. }, _) => {
                return code_letter(purpose, expires_at, language);
            }
            (Self::AccountKnown { .. }, Language::Indonesian) => (
                "Alamat e-mail ini sudah punya akun",
                "Seseorang ingin membuka akun dengan alamat e-mail ini, tetapi Anda sudah punya akun. Bila itu Anda, masuk dengan kata sandi Anda. Bila lupa, pilih \"Lupa kata sandi\" di halaman masuk.\n\nBila itu bukan Anda, tidak ada yang perlu dilakukan: akun Anda tidak dimasuki.".to_owned(),
            ),
            (Self::AccountKnown { .. }, Language::English) => (
                "This e-mail address has an account",
                "Somebody wanted to open an account with this e-mail address, but you already have one. If it was you, sign in with your password. If you have forgotten it, choose \"Forgotten password\" on the sign-in page.\n\nIf it was not you, there is nothing to do: nobody got into your account.".to_owned(),
            ),
            (Self::PasswordChanged { .. }, Language::Indonesian) => (
                "Kata sandi akun Anda sudah diganti",
                format!("Kata sandi akun Anda sudah diganti, dan semua perangkat sudah dikeluarkan dari akun. Masuk lagi dengan kata sandi yang baru.\n\n{indonesian}"),
            ),
            (Self::PasswordChanged { .. }, Language::English) => (
                "The password of your account was changed",
                format!("The password of your account was changed, and all devices were signed out. Sign in again with the new password.\n\n{english}"),
            ),
            (Self::EmailChanged { .. }, Language::Indonesian) => (
                "Alamat e-mail akun Anda sudah diganti",
                "Akun Anda sekarang memakai alamat e-mail lain. Pesan ini dikirim ke alamat yang lama, dan pesan berikutnya ke alamat yang baru.\n\nBila bukan Anda yang menggantinya, segera hubungi pengelola program.".to_owned(),
            ),
            (Self::EmailChanged { .. }, Language::English) => (
                "The e-mail address of your account was changed",
                "Your account has another e-mail address now. This message goes to the former address, and the next ones go to the new one.\n\nIf it was not you who changed it, write to the programme at once.".to_owned(),
            ),
            (Self::PhoneChanged { .. }, Language::Indonesian) => (
                "Nomor telepon akun Anda sudah diganti",
                format!("Akun Anda sekarang memakai nomor telepon lain. Pesan singkat berikutnya dikirim ke nomor yang baru.\n\n{indonesian}"),
            ),
            (Self::PhoneChanged { .. }, Language::English) => (
                "The phone number of your account was changed",
                format!("Your account has another phone number now. The next short texts go to the new one.\n\n{english}"),
            ),
            (
                Self::AccountOpened
                | Self::SignInLocked { .. }
                | Self::Registered
                | Self::Released { .. }
                | Self::ErasureAsked { .. }
                | Self::ErasureRefused { .. }
                | Self::CheckRefuted { .. }
                | Self::Joined(_)
                | Self::Withdrawn(_)
                | Self::Selected { .. }
                | Self::NotSelected { .. }
                | Self::PurchaseReminder { .. }
                | Self::Revoked(_)
                | Self::RevokedForCause { .. }
                | Self::AppealGranted { .. }
                | Self::AppealRejected { .. }
                | Self::ComplaintAnswered { .. },
                _,
            ) => ("", String::new()),
        };
        (subject.to_owned(), body)
    }

    /// The short text of what is about the account alone; empty for anything else.
    pub(super) fn account_short_text(self, language: Language) -> String {
        match (self, language) {
            (Self::Code { purpose, .. }, Language::Indonesian) => {
                let what = purpose.words(language);
                format!("{CODE_MARK} adalah kode Gelombang {what}. Berlaku 10 menit. Jangan berikan kepada siapa pun.")
            }
            (Self::Code { purpose, .. }, Language::English) => {
                let what = purpose.words(language);
                format!("{CODE_MARK} is your Gelombang code {what}. Valid for 10 minutes. Give it to nobody.")
            }
            (Self::AccountKnown { .. }, Language::Indonesian) => {
                "Gelombang: Anda sudah punya akun. Masuk dengan kata sandi Anda.".to_owned()
            }
            (Self::AccountKnown { .. }, Language::English) => {
                "Gelombang: you already have an account. Sign in with your password.".to_owned()
            }
            (Self::PasswordChanged { .. }, Language::Indonesian) => {
                "Gelombang: kata sandi akun Anda sudah diganti. Bila bukan oleh Anda, hubungi pengelola program.".to_owned()
            }
            (Self::PasswordChanged { .. }, Language::English) => {
                "Gelombang: the password of your account was changed. If not by you, write to the programme.".to_owned()
            }
            (Self::EmailChanged { .. }, Language::Indonesian) => {
                "Gelombang: alamat e-mail akun Anda sudah diganti. Bila bukan oleh Anda, hubungi pengelola program.".to_owned()
            }
            (Self::EmailChanged { .. }, Language::English) => {
                "Gelombang: the e-mail address of your account was changed. If not by you, write to the programme.".to_owned()
            }
            (Self::PhoneChanged { .. }, Language::Indonesian) => {
                "Gelombang: akun Anda sekarang memakai nomor telepon lain. Bila bukan oleh Anda, hubungi pengelola program.".to_owned()
            }
            (Self::PhoneChanged { .. }, Language::English) => {
                "Gelombang: your account has another phone number now. If not by you, write to the programme.".to_owned()
            }
            (
                Self::AccountOpened
                | Self::SignInLocked { .. }
                | Self::Registered
                | Self::Released { .. }
                | Self::ErasureAsked { .. }
                | Self::ErasureRefused { .. }
                | Self::CheckRefuted { .. }
                | Self::Joined(_)
                | Self::Withdrawn(_)
                | Self::Selected { .. }
                | Self::NotSelected { .. }
                | Self::PurchaseReminder { .. }
                | Self::Revoked(_)
                | Self::RevokedForCause { .. }
                | Self::AppealGranted { .. }
                | Self::AppealRejected { .. }
                | Self::ComplaintAnswered { .. },
                _,
            ) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Channel;
    use crate::policy::Named as _;

    /// Goal: a code stands in its words once, where the mark was, and no mark stays, with a link and without. Method: all
    /// purposes in both languages.
    #[test]
    fn filling() {
        let code = Code::of_random(42);
        let expires_at = Timestamp::from_micros(1_000_000);
        for purpose in CodePurpose::ALL {
            let notice = Notice::Code { purpose: *purpose, channel: Channel::Email, expires_at };
            for language in [Language::Indonesian, Language::English] {
                for link in [None, Some("https://contoh.id/kode?k=0a")] {
                    let letter = notice.letter(language).fill(&code, link, (*purpose, language));
                    assert_eq!(letter.body.matches("000042").count(), 1, "{letter:?}");
                    let opens = ["tanpa kode ini tidak ada", "without this code nobody"];
                    let says = opens.iter().any(|words| letter.body.contains(words));
                    assert_eq!(says, *purpose == CodePurpose::ConfirmEmail, "{letter:?}");
                    assert_eq!(link.is_some(), letter.body.contains("\nhttps://"), "{letter:?}");
                    assert!(!letter.body.contains('#') && !letter.subject.contains('#'));
                    assert!(!letter.body.contains("\n\n\n"), "{letter:?}");
                }
                let text = fill_text(&notice.short_text(language), &code);
                assert!(text.starts_with("000042 ") && !text.contains('#'), "{text}");
            }
        }
    }
}
