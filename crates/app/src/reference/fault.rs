//! What is wrong in a reference file, where, and what to do about it.

use std::fmt;
use std::path::Path;

/// Where in a file a fault lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line, from 1.
    Line(u64),
    /// A cell of a table.
    Cell {
        /// Its line, from 1; the header is line 1.
        line: u64,
        /// Its column by name.
        column: &'static str,
    },
    /// A parameter of a policy, such as `eligibility.min_age`.
    Key(String),
}

/// One fault of one file. The message says what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{place}: {message}")]
pub struct Fault {
    /// The file's name, or its path if an operator gave it.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong and what to do.
    pub message: String,
}

impl Fault {
    /// A fault at `place` of `file`.
    pub(super) fn new(file: &str, place: Place, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), place, message: message.into() }
    }
}

/// Every fault found while loading; nothing was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => Ok(()),
            Self::Line(line) => write!(f, ", line {line}"),
            Self::Cell { line, column } => write!(f, ", line {line}, column `{column}`"),
            Self::Key(key) => write!(f, ", key `{key}`"),
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot load the reference data, {} to mend", self.0.len())?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for Faults {}

/// A file with the name its faults carry.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl SourceFile {
    /// A file built into the binary.
    pub(super) fn embedded(name: &str, text: &'static str) -> Self {
        Self { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    /// Reads a file of the operator's.
    ///
    /// # Errors
    /// One fault if it cannot be read.
    pub(super) fn read(path: &Path) -> Result<Self, Fault> {
        let name = path.display().to_string();
        match std::fs::read(path) {
            Ok(bytes) => Ok(Self { name, bytes }),
            Err(error) => Err(Fault::new(
                &name,
                Place::File,
                format!("cannot be read: {error}; check the path and that it may be read"),
            )),
        }
    }

    /// The file as text, without the byte-order mark that spreadsheets put in front.
    ///
    /// # Errors
    /// One fault naming the line of the first byte that is not UTF-8, or of the first NUL.
    pub(super) fn text(&self) -> Result<&str, Fault> {
        let fault = |before: &[u8], message: &str| {
            Fault::new(&self.name, Place::Line(line_after(before)), message)
        };
        let text = std::str::from_utf8(&self.bytes).map_err(|error| {
            let before = self.bytes.get(..error.valid_up_to()).unwrap_or_default();
            fault(before, "is not UTF-8; save the file with the encoding UTF-8")
        })?;
        if let Some((before, _)) = text.split_once('\0') {
            return Err(fault(before.as_bytes(), "has a NUL byte; save the file as plain text"));
        }
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
    }
}

/// The line, from 1, on which the byte after `before` stands.
pub(super) fn line_after(before: &[u8]) -> u64 {
    before.split(|byte| *byte == b'\n').count() as u64
}
