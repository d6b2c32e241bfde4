//! Why a file is not imported.

use std::path::PathBuf;

use domain::time::Timestamp;
use storage::error::StorageError;

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
    #[error("line 1, the header: {}", .0.join("; "))]
    Header(Vec<String>),
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

impl From<StorageError> for ImportRefusal {
    fn from(error: StorageError) -> Self {
        Self::Act(error.into())
    }
}
