//! When a mistyped NIK may be stated anew: while nothing rests on it that others have seen or can still see.
//!
//! Entries of a draw are computed from it at the join, auditors open published records by it, and a grant is made out
//! to it. Once the population register has confirmed it, it is not mistyped.

use crate::notice::text::until;
use crate::reasons::Language;
use crate::time::Timestamp;
use crate::wave::WaveNumber;

/// A join that was not taken back, of a wave whose result is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningJoin {
    /// The wave.
    pub wave: WaveNumber,
    /// Until when the join can be taken back; `None` once the wave is closed.
    pub open_until: Option<Timestamp>,
    /// When the results are announced.
    pub results_at: Timestamp,
}

/// What rests on the NIK of a person at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NikBounds {
    /// The population register has confirmed it.
    pub confirmed: bool,
    /// A grant was ever made out to it, whether or not it stands.
    pub granted: bool,
    /// A wave whose list had an entry of it.
    pub listed: Option<WaveNumber>,
    /// A join that may still come into a list.
    pub running: Option<RunningJoin>,
}

/// Why the NIK stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NikRefusal {
    /// A second grant is barred by it for ever.
    #[error("a grant was made out to this NIK")]
    Granted,
    /// Auditors open the entry by it.
    #[error("the list of {0:?} has an entry of this NIK")]
    Listed(WaveNumber),
    /// It is right.
    #[error("the population register has confirmed this NIK")]
    Confirmed,
    /// The entry was computed from it; the join can be taken back first.
    #[error("the person has joined {0:?}, which is open")]
    Joined(WaveNumber),
    /// The entry was computed from it, and the list is being made.
    #[error("the person has joined {wave:?}, whose results are to come")]
    WaveRuns {
        /// The wave.
        wave: WaveNumber,
        /// When its results are announced.
        results_at: Timestamp,
    },
}

impl NikRefusal {
    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Granted => "nik_granted",
            Self::Listed(_) => "nik_listed",
            Self::Confirmed => "nik_confirmed",
            Self::Joined(_) => "nik_joined",
            Self::WaveRuns { .. } => "nik_in_wave",
        }
    }

    /// The sentence for the person concerned.
    pub fn sentence(self, language: Language) -> String {
        match (self, language) {
            (Self::Granted, Language::Indonesian) => {
                "Anda pernah ditetapkan sebagai penerima dengan NIK ini, jadi NIK tidak dapat diubah di sini. Bila nomornya keliru, laporkan kepada pengelola program."
                    .to_owned()
            }
            (Self::Granted, Language::English) => {
                "You were appointed as a recipient under this NIK, so it cannot be changed here. If the number is wrong, report it to the programme."
                    .to_owned()
            }
            (Self::Listed(wave), Language::Indonesian) => format!(
                "NIK ini sudah dipakai dalam daftar undian Gelombang {wave}, yang dapat diperiksa oleh auditor, jadi tidak dapat diubah di sini. Bila nomornya keliru, laporkan kepada pengelola program."
            ),
            (Self::Listed(wave), Language::English) => format!(
                "This NIK was used in the list of the draw of wave {wave}, which auditors can check, so it cannot be changed here. If the number is wrong, report it to the programme."
            ),
            (Self::Confirmed, Language::Indonesian) => {
                "NIK Anda sudah sesuai dengan data kependudukan, jadi tidak dapat diubah lagi. Bila NIK itu bukan milik Anda, laporkan kepada pengelola program."
                    .to_owned()
            }
            (Self::Confirmed, Language::English) => {
                "Your NIK agrees with the population register, so it can no longer be changed. If it is not yours, report that to the programme."
                    .to_owned()
            }
            (Self::Joined(wave), Language::Indonesian) => format!(
                "Anda ikut Gelombang {wave}, dan tanda Anda dalam undian dihitung dari NIK. Batalkan dulu keikutsertaan itu, lalu perbaiki NIK Anda. Selama NIK tidak cocok, Anda tidak ikut diundi; gelombang berikutnya tetap terbuka bagi Anda."
            ),
            (Self::Joined(wave), Language::English) => format!(
                "You have joined wave {wave}, and your entry in the draw is worked out from the NIK. Take that join back first, then correct your NIK. While the NIK does not agree you are not drawn; the next waves stay open to you."
            ),
            (Self::WaveRuns { wave, results_at }, Language::Indonesian) => format!(
                "Anda ikut Gelombang {wave}, yang sudah ditutup, dan tanda Anda dalam undian dihitung dari NIK. NIK tidak dapat diubah sampai hasilnya diumumkan, menurut jadwal sampai {}.",
                until(results_at, language)
            ),
            (Self::WaveRuns { wave, results_at }, Language::English) => format!(
                "You have joined wave {wave}, which is closed, and your entry in the draw is worked out from the NIK. It stays as it is until the results are announced, by the calendar until {}.",
                until(results_at, language)
            ),
        }
    }
}

/// Why the NIK may not change, if so: what lasts for ever comes before what passes, so that nobody takes a join back in
/// vain.
pub fn refuse_nik(bounds: &NikBounds, now: Timestamp) -> Option<NikRefusal> {
    if bounds.granted {
        return Some(NikRefusal::Granted);
    }
    if let Some(wave) = bounds.listed {
        return Some(NikRefusal::Listed(wave));
    }
    if bounds.confirmed {
        return Some(NikRefusal::Confirmed);
    }
    let RunningJoin { wave, open_until, results_at } = bounds.running?;
    Some(if open_until.is_some_and(|end| now < end) {
        NikRefusal::Joined(wave)
    } else {
        NikRefusal::WaveRuns { wave, results_at }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);

    /// Each thing that rests on a NIK by the refusal it gives, alone and with all that come after it; a join of a wave
    /// that is open until now cannot be taken back any more.
    #[test]
    fn bounds() {
        let wave = WaveNumber::new(48).expect("a number");
        let results_at = NOW.plus_days(5);
        let join = |open_until| RunningJoin { wave, open_until, results_at };
        let free = NikBounds::default();
        assert_eq!(refuse_nik(&free, NOW), None);
        let runs = NikRefusal::WaveRuns { wave, results_at };
        for (open_until, expected) in
            [(None, runs), (Some(NOW), runs), (Some(NOW.plus_micros(1)), NikRefusal::Joined(wave))]
        {
            let bounds = NikBounds { running: Some(join(open_until)), ..free };
            assert_eq!(refuse_nik(&bounds, NOW), Some(expected));
        }
        let all = NikBounds {
            confirmed: true,
            granted: true,
            listed: Some(wave),
            running: Some(join(None)),
        };
        let unlisted = NikBounds { granted: false, listed: None, ..all };
        for (bounds, expected) in [
            (all, NikRefusal::Granted),
            (NikBounds { granted: true, ..free }, NikRefusal::Granted),
            (NikBounds { granted: false, ..all }, NikRefusal::Listed(wave)),
            (NikBounds { listed: Some(wave), ..free }, NikRefusal::Listed(wave)),
            (unlisted, NikRefusal::Confirmed),
            (NikBounds { confirmed: true, ..free }, NikRefusal::Confirmed),
        ] {
            assert_eq!(refuse_nik(&bounds, NOW), Some(expected));
        }
    }

    /// Every refusal has a code of its own and says something in each language; those of a wave name it.
    #[test]
    fn words() {
        let wave = WaveNumber::new(48).expect("a number");
        let all = [
            NikRefusal::Granted,
            NikRefusal::Listed(wave),
            NikRefusal::Confirmed,
            NikRefusal::Joined(wave),
            NikRefusal::WaveRuns { wave, results_at: NOW },
        ];
        let codes: std::collections::BTreeSet<_> = all.iter().map(|one| one.code()).collect();
        assert_eq!(codes.len(), all.len());
        for refusal in all {
            let [id, en] = [Language::Indonesian, Language::English].map(|l| refusal.sentence(l));
            assert!(id != en && id.ends_with('.') && en.ends_with('.'), "{id} {en}");
            let of_wave = !matches!(refusal, NikRefusal::Granted | NikRefusal::Confirmed);
            assert_eq!((id.contains("Gelombang 48"), en.contains("wave 48")), (of_wave, of_wave));
        }
    }
}
