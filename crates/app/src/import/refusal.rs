//! Why a file is not imported.

use std::path::PathBuf;

use domain::reasons::Language;
use domain::time::Timestamp;
use storage::error::StorageError;

use super::columns::HeaderFault;
use super::split::RECORD_BYTES_MAX;
use crate::act::ActError;

/// Bytes that no text in UTF-8 has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A NUL byte.
    Nul {
        /// Byte of the file, from 0.
        offset: u64,
    },
    /// A byte that is not part of a character.
    NotUtf8 {
        /// Byte of the file, from 0.
        offset: u64,
        /// Its value.
        byte: u8,
    },
    /// The mark of UTF-16 at the start.
    Utf16,
    /// The mark of a packed file or workbook at the start.
    Packed,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nul { offset } | Self::NotUtf8 { offset, .. } => write!(f, "byte {offset}"),
            Self::Utf16 | Self::Packed => f.write_str("byte 0"),
        }
    }
}

impl Unreadable {
    fn advice_indonesian(self) -> String {
        match self {
            Self::Nul { .. } => "NUL, yang tidak ada dalam teks; berkas ini mungkin UTF-16 atau rusak: simpan lagi \
                                 tabelnya sebagai CSV UTF-8"
                .to_owned(),
            Self::NotUtf8 { byte, .. } => format!(
                "bukan UTF-8 (0x{byte:02X}); berkas ini mungkin Latin-1 atau Windows-1252: simpan lagi tabelnya \
                 sebagai CSV UTF-8"
            ),
            Self::Packed => {
                "tanda berkas terkompresi atau buku kerja; buka dahulu, atau simpan tabelnya sebagai CSV UTF-8"
                    .to_owned()
            }
            Self::Utf16 => {
                "tanda UTF-16; simpan lagi tabelnya sebagai CSV UTF-8, bukan teks Unicode".to_owned()
            }
        }
    }

    fn advice(self) -> String {
        match self {
            Self::Nul { .. } => {
                "NUL, which no text has; the file may be UTF-16 or damaged: save the table \
                                 again as CSV UTF-8"
                    .to_owned()
            }
            Self::NotUtf8 { byte, .. } => format!(
                "no UTF-8 (0x{byte:02X}); the file may be Latin-1 or Windows-1252: save the table again as CSV \
                 UTF-8"
            ),
            Self::Packed => {
                "the mark of a packed file or a workbook; unpack it, or save the table as CSV UTF-8"
                    .to_owned()
            }
            Self::Utf16 => {
                "the mark of UTF-16; save the table again as CSV UTF-8, not as Unicode text"
                    .to_owned()
            }
        }
    }
}

/// Why nothing of a file was imported, or no more than was.
#[derive(Debug, thiserror::Error)]
pub enum ImportRefusal {
    /// The file cannot be read.
    #[error("could not read the file")]
    Read(#[source] std::io::Error),
    /// The report cannot be written.
    #[error("could not write the report {path}; name another file with --errors")]
    Report {
        /// Where it was to be.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A device, a pipe or a folder: it cannot be read twice.
    #[error("{0} is no regular file; write the table to a file first")]
    NotAFile(PathBuf),
    /// The file is not in UTF-8.
    #[error("{what} on line {line} is {advice}", advice = .what.advice())]
    Encoding {
        /// Line, from 1.
        line: u64,
        /// What was found.
        what: Unreadable,
    },
    /// A record that no row can have.
    #[error(
        "line {line} is longer than {RECORD_BYTES_MAX} bytes; no row is, so this is another kind of file or its \
         line ends are lost"
    )]
    LongRecord {
        /// Line on which it begins.
        line: u64,
    },
    /// A quoted cell without end.
    #[error(
        "the quote opened on line {line} is not closed; close it, or write a quote within a cell as two"
    )]
    OpenQuote {
        /// Line of the opening quote.
        line: u64,
    },
    /// The header is not that of the kind.
    #[error("line 1, the header: {}", sentences(.0, Language::English))]
    Header(Vec<HeaderFault>),
    /// No row below the header.
    #[error("the file has no rows; add them below the header")]
    Empty,
    /// The file is not what it was a moment ago.
    #[error("the file changed while it was read; nothing of it was imported, import it again")]
    Changed,
    /// Another process imports the same file.
    #[error("another process is importing this file; wait for its end")]
    Busy,
    /// The database knows no regency.
    #[error("the database has no regions yet; publish the calendar first, which brings them")]
    NoRegions,
    /// A dry run of a file that is being imported.
    #[error("an import of this file is under way; finish it by the same command without --dry-run")]
    UnderWay,
    /// Far more faults than a file of the kind has.
    #[error(
        "the file has more than {limit} bad cells; reading stopped on line {line}, and nothing was imported: see \
         the report, and check that this is the right file"
    )]
    TooManyFaults {
        /// How many are kept.
        limit: usize,
        /// Where reading stopped.
        line: u64,
    },
    /// What was staged is not what was staged.
    #[error(
        "the staged rows of the import begun at {0} cannot be read; restore the key files of that time"
    )]
    Damaged(Timestamp),
    /// A use case failed.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl ImportRefusal {
    /// A stable code for programs; never a text from outside.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "file_unreadable",
            Self::Report { .. } => "report_unwritable",
            Self::NotAFile(_) => "not_a_file",
            Self::Encoding { what: Unreadable::Nul { .. }, .. } => "nul_byte",
            Self::Encoding { what: Unreadable::NotUtf8 { .. } | Unreadable::Utf16, .. } => {
                "not_utf8"
            }
            Self::Encoding { what: Unreadable::Packed, .. } => "packed_file",
            Self::LongRecord { .. } => "long_line",
            Self::OpenQuote { .. } => "open_quote",
            Self::Header(_) => "header",
            Self::Empty => "no_rows",
            Self::Changed => "file_changed",
            Self::Busy => "import_busy",
            Self::NoRegions => "no_regions",
            Self::UnderWay => "import_under_way",
            Self::TooManyFaults { .. } => "too_many_faults",
            Self::Damaged(_) => "staged_damaged",
            Self::Act(error) => error.code(),
        }
    }

    /// What is wrong with the file and what to do; `None` if the file is not to blame but what is around it.
    pub fn sentence(&self, language: Language) -> Option<String> {
        let indonesian = self.indonesian()?;
        Some(match language {
            Language::Indonesian => indonesian,
            Language::English => self.to_string(),
        })
    }

    fn indonesian(&self) -> Option<String> {
        let text = match self {
            Self::NotAFile(path) => {
                format!(
                    "{} bukan berkas biasa; simpan dahulu tabelnya ke sebuah berkas",
                    path.display()
                )
            }
            Self::Encoding { line, what } => {
                format!("{what} di baris {line}: {}", what.advice_indonesian())
            }
            Self::LongRecord { line } => format!(
                "baris {line} lebih panjang dari {RECORD_BYTES_MAX} byte; baris tabel tidak sepanjang itu, jadi ini \
                 berkas jenis lain atau akhir barisnya hilang"
            ),
            Self::OpenQuote { line } => format!(
                "tanda kutip yang dibuka di baris {line} tidak ditutup; tutup, atau tulis kutip di dalam sel dua kali"
            ),
            Self::Header(faults) => {
                format!("baris 1, judul kolom: {}", sentences(faults, Language::Indonesian))
            }
            Self::Empty => {
                "berkas ini tidak berisi baris; tambahkan di bawah judul kolom".to_owned()
            }
            Self::TooManyFaults { limit, line } => format!(
                "berkas ini berisi lebih dari {limit} sel yang salah; pembacaan berhenti di baris {line} dan tidak ada \
                 yang diimpor: lihat laporan, dan pastikan ini berkas yang benar"
            ),
            Self::Read(_)
            | Self::Report { .. }
            | Self::Changed
            | Self::Busy
            | Self::NoRegions
            | Self::UnderWay
            | Self::Damaged(_)
            | Self::Act(_) => return None,
        };
        Some(text)
    }
}

fn sentences(faults: &[HeaderFault], language: Language) -> String {
    let told: Vec<String> = faults.iter().map(|fault| fault.sentence(language)).collect();
    told.join("; ")
}

impl From<StorageError> for ImportRefusal {
    fn from(error: StorageError) -> Self {
        Self::Act(error.into())
    }
}
