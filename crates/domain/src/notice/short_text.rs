//! The words of short texts, which have to fit one message: what happened, and where to read more.

use super::Notice;
use super::text::{days, until};
use crate::reasons::Language;

impl Notice {
    /// The words of a short text, at most [`super::text::SMS_CHARACTERS`] of the seven-bit alphabet.
    pub fn short_text(self, language: Language) -> String {
        match language {
            Language::Indonesian => self.short_indonesian(),
            Language::English => self.short_english(),
        }
    }

    fn short_indonesian(self) -> String {
        let until = |end| until(end, Language::Indonesian);
        match self {
            Self::AccountOpened => {
                "Gelombang: akun Anda sudah dibuka. Masuk dan daftarkan diri Anda.".to_owned()
            }
            Self::SignInLocked { until: end } => {
                format!("Gelombang: akun Anda dikunci sampai {}.", until(end))
            }
            Self::Code { .. }
            | Self::AccountKnown { .. }
            | Self::PasswordChanged { .. }
            | Self::EmailChanged { .. }
            | Self::PhoneChanged { .. } => self.account_short_text(Language::Indonesian),
            Self::Registered => {
                "Gelombang: pendaftaran Anda sudah kami terima. Data Anda sedang diperiksa.".to_owned()
            }
            Self::Released { .. } => {
                "Gelombang: pendaftaran pada akun Anda dilepas. Bila keliru, hubungi pengelola program.".to_owned()
            }
            Self::ErasureAsked { at } => {
                format!("Gelombang: data Anda dihapus setelah {}, bila tidak dibatalkan.", until(at))
            }
            Self::ErasureRefused { .. } => {
                "Gelombang: data Anda belum dapat dihapus. Alasannya ada di halaman Anda.".to_owned()
            }
            Self::CheckRefuted { .. } => {
                "Gelombang: satu pemeriksaan data Anda tidak cocok. Alasan dan langkah berikutnya ada di halaman Anda.".to_owned()
            }
            Self::Joined(wave) => format!("Gelombang {wave}: Anda tercatat ikut."),
            Self::Withdrawn(wave) => format!("Gelombang {wave}: keikutsertaan Anda dibatalkan."),
            Self::Selected { wave, due_at } => format!(
                "Gelombang {wave}: Anda terpilih. Beli pelatihan pertama sampai {}, atau tempat Anda dialihkan.",
                until(due_at)
            ),
            Self::NotSelected { wave, .. } => format!(
                "Gelombang {wave}: Anda belum terpilih. Alasan dan langkah berikutnya ada di halaman Anda."
            ),
            Self::PurchaseReminder { wave, days: left, due_at } => format!(
                "Gelombang {wave}: {} untuk membeli pelatihan pertama, sampai {}.",
                days(left, Language::Indonesian),
                until(due_at)
            ),
            Self::Revoked(wave) => format!(
                "Gelombang {wave}: kepesertaan Anda dicabut karena belum ada pembelian sampai batas waktu. Bila keliru, hubungi pengelola program."
            ),
            Self::RevokedForCause { wave, .. } => format!(
                "Gelombang {wave}: kepesertaan Anda dicabut. Alasan dan langkah berikutnya ada di halaman Anda."
            ),
            Self::AppealGranted { wave, due_at } => format!(
                "Gelombang {wave}: keberatan Anda diterima. Beli pelatihan pertama sampai {}, atau tempat Anda dialihkan.",
                until(due_at)
            ),
            Self::AppealRejected { wave, .. } => format!(
                "Gelombang {wave}: keberatan Anda tidak dikabulkan. Alasan dan langkah berikutnya ada di halaman Anda."
            ),
            Self::ComplaintAnswered { .. } => {
                "Gelombang: pengaduan Anda sudah dijawab. Jawabannya ada di halaman Anda.".to_owned()
            }
        }
    }

    fn short_english(self) -> String {
        let until = |end| until(end, Language::English);
        match self {
            Self::AccountOpened => {
                "Gelombang: your account is open. Sign in and register yourself.".to_owned()
            }
            Self::SignInLocked { until: end } => {
                format!("Gelombang: your account is locked until {}.", until(end))
            }
            Self::Code { .. }
            | Self::AccountKnown { .. }
            | Self::PasswordChanged { .. }
            | Self::EmailChanged { .. }
            | Self::PhoneChanged { .. } => self.account_short_text(Language::English),
            Self::Registered => {
                "Gelombang: we have received your registration and are checking your data.".to_owned()
            }
            Self::Released { .. } => {
                "Gelombang: the registration was taken from your account. If that is a mistake, write to the programme.".to_owned()
            }
            Self::ErasureAsked { at } => {
                format!("Gelombang: your data are erased after {}, unless you take it back.", until(at))
            }
            Self::ErasureRefused { .. } => {
                "Gelombang: your data cannot be erased yet. Your page says why.".to_owned()
            }
            Self::CheckRefuted { .. } => {
                "Gelombang: one check of your data does not agree. Your page says why and what can be done.".to_owned()
            }
            Self::Joined(wave) => format!("Wave {wave}: your join is recorded."),
            Self::Withdrawn(wave) => format!("Wave {wave}: your join is taken back."),
            Self::Selected { wave, due_at } => format!(
                "Wave {wave}: you were selected. Buy a first training by {}, or your place goes to someone else.",
                until(due_at)
            ),
            Self::NotSelected { wave, .. } => format!(
                "Wave {wave}: you were not selected. Your page says why and what can be done."
            ),
            Self::PurchaseReminder { wave, days: left, due_at } => format!(
                "Wave {wave}: {} to buy your first training, until {}.",
                days(left, Language::English),
                until(due_at)
            ),
            Self::Revoked(wave) => format!(
                "Wave {wave}: you have lost your place because nothing was bought before the deadline. If that is a mistake, write to the programme."
            ),
            Self::RevokedForCause { wave, .. } => format!(
                "Wave {wave}: you have lost your place. Your page says why and what can be done."
            ),
            Self::AppealGranted { wave, due_at } => format!(
                "Wave {wave}: your appeal is granted. Buy a first training by {}, or your place goes to someone else.",
                until(due_at)
            ),
            Self::AppealRejected { wave, .. } => format!(
                "Wave {wave}: your appeal is not granted. Your page says why and what can be done."
            ),
            Self::ComplaintAnswered { .. } => {
                "Gelombang: your complaint is answered. The answer is on your page.".to_owned()
            }
        }
    }
}
