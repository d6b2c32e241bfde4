//! Answers in words, for the holder of a receipt.

use std::fmt::Write as _;

use selection::draw::Step;
use selection::ticket::Ticket;
use time::{OffsetDateTime, UtcOffset};

use super::later::Later;
use super::me::{Against, Answer, Ending, Proven, Refusal, Standing, Threshold};
use crate::wire::hex;

const MONTHS: [[&str; 2]; 12] = [
    ["Januari", "January"],
    ["Februari", "February"],
    ["Maret", "March"],
    ["April", "April"],
    ["Mei", "May"],
    ["Juni", "June"],
    ["Juli", "July"],
    ["Agustus", "August"],
    ["September", "September"],
    ["Oktober", "October"],
    ["November", "November"],
    ["Desember", "December"],
];

impl Answer {
    /// One or two sentences in Indonesian.
    pub fn indonesian(&self) -> String {
        let own = self.ticket.as_ref().map(short).unwrap_or_default();
        let wave = self.wave.unwrap_or_default();
        let mut text = match &self.standing {
            Standing::Selected { against: Against::Threshold(limit) } => format!(
                "Anda terpilih dalam gelombang {wave}: nomor undian Anda {own} tidak di atas batas \
                 {} (langkah {}, jalur {}).",
                short(&limit.ticket),
                number(limit),
                limit.pool
            ),
            Standing::Selected { .. } => format!(
                "Anda terpilih dalam gelombang {wave}: nomor undian Anda {own}; batas kelas Anda \
                 ditutup demi kerahasiaan dan diperiksa oleh auditor."
            ),
            Standing::Waitlist { rank, waiting, against } => {
                let why = match against {
                    Against::Threshold(limit) => format!(
                        "di atas batas {} (langkah {}, jalur {}) untuk kelas Anda",
                        short(&limit.ticket),
                        number(limit),
                        limit.pool
                    ),
                    Against::NoSeats => "tidak memperoleh tempat, sebab tidak ada tempat untuk \
                                         kelas Anda"
                        .to_owned(),
                    Against::Hidden => "tidak memperoleh tempat; batas kelas Anda ditutup demi \
                                        kerahasiaan dan diperiksa oleh auditor"
                        .to_owned(),
                };
                format!(
                    "Nomor undian Anda {own} {why}; urutan daftar tunggu Anda {rank} dari {waiting}."
                )
            }
            Standing::HouseholdCap => format!(
                "Nomor undian Anda {own}: anggota lain dengan nomor lebih kecil sudah mengisi semua \
                 tempat untuk satu kartu keluarga."
            ),
            Standing::Missing { registered_at_s } => format!(
                "Anda tidak ada dalam daftar, padahal bukti Anda bertanggal {}: bukti ini dasar \
                 untuk mengajukan keberatan.",
                day(*registered_at_s, 0)
            ),
            Standing::Undrawn { draw_at_s } => format!(
                "Anda ada dalam daftar gelombang {wave}; undiannya pada {}.",
                day(*draw_at_s, 0)
            ),
            Standing::Error(refusal) => in_indonesian(refusal),
        };
        text += &self.notes(0);
        if self.test_beacon {
            text.push_str(" SUAR UJI: hasilnya dapat diramal, jadi ini bukan undian sungguhan.");
        }
        text
    }

    /// The same in English.
    pub fn english(&self) -> String {
        let own = self.ticket.as_ref().map(short).unwrap_or_default();
        let wave = self.wave.unwrap_or_default();
        let mut text = match &self.standing {
            Standing::Selected { against: Against::Threshold(limit) } => format!(
                "You are selected in wave {wave}: your ticket {own} is not above the limit {} (step \
                 {}, pool {}).",
                short(&limit.ticket),
                number(limit),
                limit.pool
            ),
            Standing::Selected { .. } => format!(
                "You are selected in wave {wave}: your ticket is {own}; the limit of your class is \
                 hidden for privacy and checked by auditors."
            ),
            Standing::Waitlist { rank, waiting, against } => {
                let why = match against {
                    Against::Threshold(limit) => format!(
                        "is above the limit {} (step {}, pool {}) for your class",
                        short(&limit.ticket),
                        number(limit),
                        limit.pool
                    ),
                    Against::NoSeats => {
                        "got no place, since there are no seats for your class".to_owned()
                    }
                    Against::Hidden => {
                        "got no place; the limit of your class is hidden for privacy \
                                        and checked by auditors"
                            .to_owned()
                    }
                };
                format!(
                    "Your ticket {own} {why}; your place on the waiting list is {rank} of {waiting}."
                )
            }
            Standing::HouseholdCap => format!(
                "Your ticket is {own}: members with smaller tickets fill all places of one card."
            ),
            Standing::Missing { registered_at_s } => format!(
                "You are not in the list although your receipt is dated {}: this receipt is proof \
                 for an appeal.",
                day(*registered_at_s, 1)
            ),
            Standing::Undrawn { draw_at_s } => {
                format!(
                    "You are in the list of wave {wave}; it is drawn on {}.",
                    day(*draw_at_s, 1)
                )
            }
            Standing::Error(refusal) => format!("Error: {refusal}."),
        };
        text += &self.notes(1);
        if self.test_beacon {
            text.push_str(" TEST BEACON: the outcome was predictable, so this was no real draw.");
        }
        text
    }
}

impl Answer {
    /// What happened since the draw, and what was not checked.
    fn notes(&self, language: usize) -> String {
        let mut notes = String::new();
        let mut say = |indonesian: &str, english: &str| {
            notes.push(' ');
            notes.push_str(if language == 0 { indonesian } else { english });
        };
        match self.later {
            Some(Later::Granted) => say(
                "Keberatan Anda dikabulkan: Anda memperoleh satu tempat cadangan.",
                "Your appeal was granted: you have a seat of the reserve.",
            ),
            Some(Later::Revoked { at_s }) => say(
                &format!("Namun tempat Anda telah ditarik kembali pada {}.", day(at_s, 0)),
                &format!("But your seat was taken back on {}.", day(at_s, 1)),
            ),
            Some(Later::TookOver { at_s }) => say(
                &format!("Pada {} tempat peserta lain beralih kepada Anda.", day(at_s, 0)),
                &format!("On {} the seat of somebody else passed to you.", day(at_s, 1)),
            ),
            None => {}
        }
        let answered = self.ending() != Ending::Error;
        if answered && !self.nik_checked {
            say(
                "Tidak diperiksa milik siapa bukti ini, sebab tidak ada NIK yang diberikan.",
                "Whose receipt this is was not checked, since no NIK was given.",
            );
        }
        if answered && self.record.is_some() && self.proven == Proven::Registration {
            say(
                "Bukti ini berasal dari saat pendaftaran; hanya bukti yang terbit setelah daftar ditetapkan \
                 yang membuktikan bahwa entri itu milik Anda.",
                "This receipt is from your registration; only the one that is issued once the list is fixed \
                 proves that the entry is yours.",
            );
        }
        if answered {
            say(
                "Daftar dan undian secara keseluruhan tidak diperiksa di sini.",
                "The list and the draw as a whole were not checked here.",
            );
        }
        notes
    }
}

pub(super) fn in_indonesian(refusal: &Refusal) -> String {
    let text = match refusal {
        Refusal::Unreadable => "berkas ini bukan bukti yang sah",
        Refusal::OtherWave => "bukti ini bukan dari gelombang ini",
        Refusal::Forged => "tanda tangan pada bukti ini tidak sah",
        Refusal::OtherNik => "bukti ini bukan milik NIK yang diberikan",
        Refusal::OtherRecord => {
            "isi daftar berbeda dari bukti Anda; bukti ini dasar untuk mengajukan keberatan"
        }
        Refusal::NotWitnessed => "entri Anda tidak ada dalam daftar yang disaksikan",
        Refusal::Contradiction => "hasil yang diumumkan bertentangan dengan nomor undian Anda",
        Refusal::Folder(_) => "folder yang diumumkan tidak dapat dipercaya",
    };
    let mut text = format!("Galat: {text}");
    if let Refusal::Folder(reason) = refusal {
        // Writing to a string cannot fail.
        let _ = write!(text, " ({reason})");
    }
    text + "."
}

/// The leading digits, enough to tell tickets apart.
fn short(ticket: &Ticket) -> String {
    let digits = hex(&ticket.0);
    format!("0x{}…", digits.get(..16).unwrap_or(&digits))
}

fn number(limit: &Threshold) -> u8 {
    match limit.step {
        Step::Guarantee => 1,
        Step::Ticket => 2,
    }
}

/// The minute in western Indonesian time (WIB).
pub(super) fn minute(time_s: u64, language: usize) -> String {
    let clock = in_wib(time_s).map(|time| format!("{:02}.{:02}", time.hour(), time.minute()));
    match (clock, language) {
        (None, _) => time_s.to_string(),
        (Some(clock), 0) => format!("{} pukul {clock} WIB", day(time_s, 0)),
        (Some(clock), _) => {
            format!("{} at {} WIB", day(time_s, language), clock.replace('.', ":"))
        }
    }
}

fn in_wib(time_s: u64) -> Option<OffsetDateTime> {
    let wib = UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC);
    let time = OffsetDateTime::from_unix_timestamp(i64::try_from(time_s).ok()?).ok()?;
    Some(time.to_offset(wib))
}

/// The day in western Indonesian time (WIB).
fn day(time_s: u64, language: usize) -> String {
    let Some(date) = in_wib(time_s).map(OffsetDateTime::date) else {
        return time_s.to_string();
    };
    let month =
        MONTHS.get(usize::from(u8::from(date.month())) - 1).and_then(|own| own.get(language));
    format!("{} {} {}", date.day(), month.unwrap_or(&""), date.year())
}
