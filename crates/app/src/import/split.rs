//! Cuts a file into blocks of whole records and refuses what is no CSV in UTF-8, in constant memory.
//!
//! Source: RFC 4180; line ends are LF or CRLF.

use std::io::{BufRead, ErrorKind};

use super::refusal::{ImportRefusal, Unreadable};

/// Longest record in bytes, its line ends included. The longest row of the documented columns has below
/// 1 KiB; a longer "line" is another kind of file.
pub(super) const RECORD_BYTES_MAX: usize = 64 * 1024;
/// A block ends with the record that reaches this size.
const BLOCK_BYTES: usize = 2 * 1024 * 1024;

/// One record of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    start: usize,
    end: usize,
    /// Line on which it begins, from 1.
    pub(super) line: u64,
}

/// Whole records, valid as UTF-8.
#[derive(Debug)]
pub(super) struct Block {
    text: String,
    /// The records in order.
    pub(super) records: Vec<Record>,
}

impl Block {
    /// The text of a record without its line end.
    pub(super) fn text(&self, record: Record) -> &str {
        let text = self.text.get(record.start..record.end).unwrap_or_default();
        let text = text.strip_suffix('\n').unwrap_or(text);
        text.strip_suffix('\r').unwrap_or(text)
    }
}

/// Where in a record a byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Plain,
    Quoted { since_line: u64 },
    QuoteInQuoted,
}

/// Reads blocks one after the other.
pub(super) struct Splitter<R> {
    input: R,
    /// Byte of the file that is read next, from 0.
    pub(super) offset: u64,
    /// Its line, from 1.
    pub(super) line: u64,
}

impl<R: BufRead> Splitter<R> {
    /// Goes on at the start of a record.
    pub(super) fn new(input: R, offset: u64, line: u64) -> Self {
        Self { input, offset, line }
    }

    /// The next records, at most so many; `None` at the end of the file.
    ///
    /// # Errors
    /// [`ImportRefusal`] with the line and, for bytes that are no UTF-8, the byte.
    pub(super) fn next_block(
        &mut self,
        records_max: usize,
    ) -> Result<Option<Block>, ImportRefusal> {
        let (first_offset, first_line) = (self.offset, self.line);
        let mut bytes: Vec<u8> = Vec::new();
        let mut records: Vec<Record> = Vec::new();
        let (mut at, mut start, mut start_line) = (At::FieldStart, 0, self.line);
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(ImportRefusal::Read(error)),
            };
            if available.is_empty() {
                break;
            }
            let (mut used, mut is_full) = (0, false);
            for byte in available {
                used += 1;
                at = step(at, *byte, self.line);
                if *byte == 0 {
                    let offset = self.offset.saturating_add(used as u64 - 1);
                    return Err(self.refuse(Unreadable::Nul { offset }));
                }
                let end = bytes.len() + used;
                if end - start > RECORD_BYTES_MAX {
                    return Err(match at {
                        At::Quoted { since_line } => ImportRefusal::OpenQuote { line: since_line },
                        At::FieldStart | At::Plain | At::QuoteInQuoted => {
                            ImportRefusal::LongRecord { line: start_line }
                        }
                    });
                }
                if *byte == b'\n' {
                    self.line = self.line.saturating_add(1);
                    if !matches!(at, At::Quoted { .. }) {
                        records.push(Record { start, end, line: start_line });
                        (start, start_line) = (end, self.line);
                        if records.len() >= records_max || end >= BLOCK_BYTES {
                            is_full = true;
                            break;
                        }
                    }
                }
            }
            bytes.extend(available.iter().take(used));
            self.input.consume(used);
            self.offset = self.offset.saturating_add(used as u64);
            if is_full {
                break;
            }
        }
        if let At::Quoted { since_line } = at {
            return Err(ImportRefusal::OpenQuote { line: since_line });
        }
        // The last line of a file need not end.
        if bytes.len() > start {
            records.push(Record { start, end: bytes.len(), line: start_line });
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let (before, rest) = error.as_bytes().split_at_checked(valid).unwrap_or_default();
            let lines = before.split(|byte| *byte == b'\n').skip(1).count() as u64;
            ImportRefusal::Encoding {
                line: first_line.saturating_add(lines),
                what: Unreadable::NotUtf8 {
                    offset: first_offset.saturating_add(valid as u64),
                    byte: rest.first().copied().unwrap_or(0),
                },
            }
        })?;
        Ok((!records.is_empty()).then_some(Block { text, records }))
    }

    /// The input, to be asked for its digest.
    pub(super) fn into_input(self) -> R {
        self.input
    }

    fn refuse(&self, what: Unreadable) -> ImportRefusal {
        ImportRefusal::Encoding { line: self.line, what }
    }
}

/// Where the byte behind this one stands. A quote opens a cell only at its start; what stands wrongly is
/// found when the record is cut, and ends with its line.
fn step(at: At, byte: u8, line: u64) -> At {
    match (at, byte) {
        (At::Quoted { .. }, b'"') => At::QuoteInQuoted,
        (At::Quoted { since_line }, _) => At::Quoted { since_line },
        (At::FieldStart | At::QuoteInQuoted, b'"') => At::Quoted { since_line: line },
        (At::FieldStart | At::Plain | At::QuoteInQuoted, b',' | b'\n') => At::FieldStart,
        (At::FieldStart | At::Plain | At::QuoteInQuoted, _) => At::Plain,
    }
}

/// Why a record has no cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadRecord {
    /// A quote within a cell that is not quoted, or text behind a closing quote.
    StrayQuote,
    /// Another number of cells.
    Cells(usize),
}

/// Cuts a record into exactly `count` cells, quotes removed.
pub(super) fn cut<'text>(
    text: &'text str,
    count: usize,
    cells: &mut Vec<std::borrow::Cow<'text, str>>,
) -> Result<(), BadRecord> {
    cells.clear();
    let (mut rest, mut found) = (text, 0);
    loop {
        found += 1;
        let (cell, behind) = match rest.strip_prefix('"') {
            Some(quoted) => cut_quoted(quoted)?,
            None => cut_plain(rest)?,
        };
        // A bomb of cells is counted, not kept.
        if found <= count {
            cells.push(cell);
        }
        match behind {
            Some(next) => rest = next,
            None if found == count => return Ok(()),
            None => return Err(BadRecord::Cells(found)),
        }
    }
}

type Cut<'text> = (std::borrow::Cow<'text, str>, Option<&'text str>);

fn cut_plain(text: &str) -> Result<Cut<'_>, BadRecord> {
    let (cell, behind) = match text.split_once(',') {
        Some((cell, behind)) => (cell, Some(behind)),
        None => (text, None),
    };
    if cell.contains('"') { Err(BadRecord::StrayQuote) } else { Ok((cell.into(), behind)) }
}

/// A cell from behind its opening quote.
fn cut_quoted(text: &str) -> Result<Cut<'_>, BadRecord> {
    let mut from = 0;
    loop {
        let rest = text.get(from..).unwrap_or_default();
        let end = from + rest.find('"').ok_or(BadRecord::StrayQuote)?;
        let behind = text.get(end + 1..).unwrap_or_default();
        if behind.starts_with('"') {
            from = end + 2;
            continue;
        }
        let cell = text.get(..end).unwrap_or_default();
        let cell = if from == 0 { cell.into() } else { cell.replace("\"\"", "\"").into() };
        return match behind.strip_prefix(',') {
            Some(next) => Ok((cell, Some(next))),
            None if behind.is_empty() => Ok((cell, None)),
            None => Err(BadRecord::StrayQuote),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn records(bytes: &[u8], buffer: usize, at_once: usize) -> Result<Vec<(u64, String)>, String> {
        let mut splitter = Splitter::new(BufReader::with_capacity(buffer, bytes), 0, 1);
        let mut found = Vec::new();
        while let Some(block) = splitter.next_block(at_once).map_err(|error| error.to_string())? {
            found.extend(block.records.iter().map(|one| (one.line, block.text(*one).to_owned())));
        }
        assert_eq!(splitter.offset, bytes.len() as u64);
        Ok(found)
    }

    /// Goal: records keep their lines and texts wherever buffers and blocks end; method: every small
    /// buffer and block size gives the same.
    #[test]
    fn records_are_found() {
        let file = "a,b\r\n\"x\ny\",2\n\nlast,\"\"\"\"".as_bytes();
        let expected = [(1, "a,b"), (2, "\"x\ny\",2"), (4, ""), (5, "last,\"\"\"\"")]
            .map(|(line, text)| (line, text.to_owned()));
        for buffer in 1..20 {
            for at_once in 1..5 {
                assert_eq!(records(file, buffer, at_once).unwrap(), expected);
            }
        }
    }

    /// Goal: what is no CSV in UTF-8 is named with byte and line, in constant memory; method: a stream far
    /// larger than what may be held, and files with one fault each.
    #[test]
    fn other_files_are_refused() {
        let long = BufReader::new(std::io::Read::take(std::io::repeat(b'x'), 100 << 20));
        let mut splitter = Splitter::new(long, 0, 1);
        let error = splitter.next_block(9).unwrap_err();
        assert!(
            splitter.into_input().into_inner().limit() > 99 << 20,
            "no more is read than needed"
        );
        assert!(error.to_string().contains("line 1 is longer than 65536 bytes"), "{error}");
        for (file, words) in [
            (b"a\nb\xe9\n".as_slice(), "byte 3 on line 2 is no UTF-8 (0xE9)"),
            (b"a\n\0b\n", "byte 2 on line 2 is NUL"),
            (b"a\n\"b\nc\n", "the quote opened on line 2 is not closed"),
        ] {
            let error = records(file, 7, 9).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let quoted = format!("a\n\"{}", "x\n".repeat(50_000));
        let error = records(quoted.as_bytes(), 4096, 9).unwrap_err();
        assert!(error.contains("the quote opened on line 2 is not closed"), "{error}");
    }

    /// Goal: cells come without their quotes, other records are refused; method: a table of cases.
    #[test]
    fn records_are_cut() {
        for (text, expected) in [
            ("a,b,c", Ok(vec!["a", "b", "c"])),
            (",,", Ok(vec!["", "", ""])),
            ("\"a,1\",\"b \"\"x\"\"\",\"\"", Ok(vec!["a,1", "b \"x\"", ""])),
            ("a,b", Err(BadRecord::Cells(2))),
            ("a,b,c,d", Err(BadRecord::Cells(4))),
            ("a,b\"c,d", Err(BadRecord::StrayQuote)),
            ("a,\"b\"c,d", Err(BadRecord::StrayQuote)),
        ] {
            let mut cells = Vec::new();
            let cut = cut(text, 3, &mut cells).map(|()| cells.iter().map(AsRef::as_ref).collect());
            assert_eq!(cut, expected, "{text}");
        }
        let bomb = ",".repeat(60_000);
        let mut cells = Vec::new();
        assert_eq!(cut(&bomb, 3, &mut cells), Err(BadRecord::Cells(60_001)));
        assert!(cells.capacity() < 16);
    }
}
