//! The first look at a file, before any database: is it a table of the kind, and which file is it?

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::Kind;
use super::columns::{HeaderFault, read_header};
use super::refusal::{ImportRefusal, Unreadable};
use super::split::{Splitter, cut};

/// Records looked at once.
const RECORDS_AT_ONCE: usize = 16_384;
/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;
/// Most columns of a header.
const COLUMNS_MAX: usize = 64;
/// Mark of UTF-8 that some programs write first.
const BYTE_ORDER_MARK: &[u8; 3] = b"\xef\xbb\xbf";

/// A file that is a table in UTF-8 with the header of its kind.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its size in bytes.
    pub bytes: u64,
    /// Its rows below the header.
    pub rows: u64,
    /// For each cell of a row the place of its column.
    pub(super) order: Vec<usize>,
    /// Byte and line of the first row.
    pub(super) first: (u64, u64),
}

/// Reads a file once from end to end.
///
/// # Errors
/// [`ImportRefusal`] with the line, and the byte where bytes are no text.
pub fn survey_file(path: &Path, kind: Kind) -> Result<Survey, ImportRefusal> {
    let mut input = BufReader::with_capacity(READ_BYTES, HashingReader::open(path)?);
    let start = skip_mark(&mut input)?;
    let mut splitter = Splitter::new(input, start, 1);
    let header = splitter.next_block(1)?.ok_or(ImportRefusal::Empty)?;
    let order = header.records.first().map(|record| header_order(header.text(*record), kind));
    let order = order.ok_or(ImportRefusal::Empty)??;
    let first = (splitter.offset, splitter.line);
    let mut rows = 0u64;
    while let Some(block) = splitter.next_block(RECORDS_AT_ONCE)? {
        rows = rows.saturating_add(block.records.len() as u64);
    }
    if rows == 0 {
        return Err(ImportRefusal::Empty);
    }
    let bytes = splitter.offset;
    let sha256 = splitter.into_input().into_inner().finish();
    Ok(Survey { path: path.to_owned(), sha256, bytes, rows, order, first })
}

fn header_order(text: &str, kind: Kind) -> Result<Vec<usize>, ImportRefusal> {
    // As many cells as there are: the number is bounded before they are kept.
    let count = text.bytes().filter(|byte| *byte == b',').count().saturating_add(1);
    if count > COLUMNS_MAX {
        let fault = HeaderFault::TooMany { count, limit: COLUMNS_MAX };
        return Err(ImportRefusal::Header(vec![fault]));
    }
    let mut cells = Vec::new();
    cut(text, count, &mut cells).map_err(|_| ImportRefusal::Header(vec![HeaderFault::Quotes]))?;
    let names: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
    read_header(&names, kind.columns()).map_err(ImportRefusal::Header)
}

/// Passes over the mark of UTF-8 and refuses the marks of other files; gives the byte it stopped at.
fn skip_mark(input: &mut BufReader<HashingReader>) -> Result<u64, ImportRefusal> {
    use std::io::BufRead as _;
    let begin = input.fill_buf().map_err(ImportRefusal::Read)?;
    let refuse = |what| Err(ImportRefusal::Encoding { line: 1, what });
    if begin.starts_with(b"\xff\xfe") || begin.starts_with(b"\xfe\xff") {
        return refuse(Unreadable::Utf16);
    }
    if begin.starts_with(b"\x1f\x8b") || begin.starts_with(b"PK\x03\x04") {
        return refuse(Unreadable::Packed);
    }
    let mark = if begin.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    input.consume(mark);
    Ok(mark as u64)
}

/// A file whose bytes are digested as they are read.
pub(super) struct HashingReader {
    file: File,
    digest: Sha256,
}

impl HashingReader {
    /// Opens a regular file.
    pub(super) fn open(path: &Path) -> Result<Self, ImportRefusal> {
        let file = File::open(path).map_err(ImportRefusal::Read)?;
        if !file.metadata().map_err(ImportRefusal::Read)?.is_file() {
            return Err(ImportRefusal::NotAFile(path.to_owned()));
        }
        Ok(Self { file, digest: Sha256::new() })
    }

    /// The digest of what was read.
    pub(super) fn finish(self) -> [u8; 32] {
        self.digest.finalize().into()
    }
}

impl Read for HashingReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.digest.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Opens the surveyed file at a byte, digesting what is passed over.
pub(super) fn reopen(
    survey: &Survey,
    offset: u64,
) -> Result<BufReader<HashingReader>, ImportRefusal> {
    let mut reader = HashingReader::open(&survey.path)?;
    let passed = std::io::copy(&mut (&mut reader).take(offset), &mut std::io::sink());
    if passed.map_err(ImportRefusal::Read)? != offset {
        return Err(ImportRefusal::Changed);
    }
    Ok(BufReader::with_capacity(READ_BYTES, reader))
}
