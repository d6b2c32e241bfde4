//! The file of openings: one line of JSON for each opened record, since a wave may have millions of them, then one for
//! each granted appeal.
//!
//! The first line is `{"ctx":hex32,"version":1}`; each other one is
//! `{"e":hex16,"flags":u8,"mask":u16,"nik":"16 digits","r":hex32,"region":u16,"weight":u8}`, ascending by
//! region and e. A granted appeal has no record, so its line is
//! `{"e":hex16,"nik":"16 digits","region":u16}`; these follow, in the same order. Every line is canonical (RFC 8785) and ends with a line feed.

use std::fmt;
use std::io::{self, BufRead, Read as _};

use selection::digest::{Opening, WaveContext};
use selection::record::{EntryTag, Weight};
use serde::{Deserialize, Serialize};

use crate::wire::{self, Hex, Version};

/// Longest line that is read; honest ones have some 200 bytes.
const LINE_SIZE_BYTES_MAX: u64 = 512;

/// What the programme opens of a record to auditors: personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedEntry {
    /// Pseudonym, as published.
    pub entry_tag: EntryTag,
    /// Regency code.
    pub region: u16,
    /// True mask, also where the record hides it.
    pub mask: u16,
    /// Entries of this person.
    pub weight: Weight,
    /// Flags as published.
    pub flags: u8,
    /// Opens the commitment.
    pub blinding: [u8; 32],
    /// The NIK, 16 ASCII digits.
    pub nik_digits: [u8; 16],
}

impl fmt::Debug for OpenedEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedEntry").field("entry_tag", &self.entry_tag).finish_non_exhaustive()
    }
}

/// The first line of a file of openings.
pub fn openings_head(ctx: &WaveContext) -> Vec<u8> {
    line(&Head { ctx: Hex(*ctx.as_bytes()), version: Version })
}

impl OpenedEntry {
    /// The record's line.
    pub fn line(&self) -> Vec<u8> {
        line(&Line {
            e: Hex(self.entry_tag.0),
            flags: self.flags,
            mask: self.mask,
            nik: String::from_utf8_lossy(&self.nik_digits).into_owned(),
            r: Hex(self.blinding),
            region: self.region,
            weight: self.weight.get(),
        })
    }

    /// The commitment that this opens.
    pub(super) fn commitment(&self, ctx: &WaveContext) -> [u8; 32] {
        ctx.commitment(&Opening {
            blinding: &self.blinding,
            entry_tag: self.entry_tag,
            region: self.region,
            mask: self.mask,
            weight: self.weight,
            flags: self.flags,
            nik_digits: &self.nik_digits,
        })
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        // What is wrong with a line is not told, since it would repeat what stands there.
        let line: Line = wire::read("openings", bytes).ok()?;
        Some(Self {
            entry_tag: EntryTag(line.e.0),
            region: line.region,
            mask: line.mask,
            weight: Weight::new(line.weight).ok()?,
            flags: line.flags,
            blinding: line.r.0,
            nik_digits: digits(&line.nik)?,
        })
    }
}

/// What the programme opens of a granted appeal to auditors: personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedGrant {
    /// Pseudonym, as published.
    pub entry_tag: EntryTag,
    /// Regency code.
    pub region: u16,
    /// The NIK, 16 ASCII digits.
    pub nik_digits: [u8; 16],
}

impl fmt::Debug for OpenedGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedGrant").field("entry_tag", &self.entry_tag).finish_non_exhaustive()
    }
}

impl OpenedGrant {
    /// The appeal's line.
    pub fn line(&self) -> Vec<u8> {
        line(&GrantLine {
            e: Hex(self.entry_tag.0),
            nik: String::from_utf8_lossy(&self.nik_digits).into_owned(),
            region: self.region,
        })
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let line: GrantLine = wire::read("openings", bytes).ok()?;
        let (entry_tag, region) = (EntryTag(line.e.0), line.region);
        Some(Self { entry_tag, region, nik_digits: digits(&line.nik)? })
    }
}

fn digits(nik: &str) -> Option<[u8; 16]> {
    let digits: [u8; 16] = nik.as_bytes().try_into().ok()?;
    digits.iter().all(u8::is_ascii_digit).then_some(digits)
}

/// What a line opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    Record(OpenedEntry),
    Grant(OpenedGrant),
}

/// Place in the file: records by region and entry, then granted appeals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Record(u16, EntryTag),
    Grant(u16, EntryTag),
}

impl Place {
    /// Region and pseudonym.
    pub(super) const fn entry(self) -> (u16, EntryTag) {
        match self {
            Self::Record(region, entry_tag) | Self::Grant(region, entry_tag) => (region, entry_tag),
        }
    }
}

impl Opened {
    fn read(bytes: &[u8]) -> Option<Self> {
        let record = OpenedEntry::read(bytes).map(Self::Record);
        record.or_else(|| OpenedGrant::read(bytes).map(Self::Grant))
    }

    pub(super) const fn place(&self) -> Place {
        match self {
            Self::Record(own) => Place::Record(own.region, own.entry_tag),
            Self::Grant(own) => Place::Grant(own.region, own.entry_tag),
        }
    }
}

/// Reads openings line by line.
pub(super) struct Openings<R> {
    from: R,
    line: u64,
}

/// A line, from 1, and what it opens; `None` if it is not in its one form.
pub(super) type NumberedLine = (u64, Option<Opened>);

impl<R: BufRead> Openings<R> {
    /// Takes a file of this wave; `None` if it is of another one, or none.
    pub(super) fn begin(from: R, ctx: &WaveContext) -> io::Result<Option<Self>> {
        let mut own = Self { from, line: 0 };
        let head: Option<Head> =
            own.read_line()?.and_then(|bytes| wire::read("openings", &bytes).ok());
        Ok(head.is_some_and(|head| head.ctx.0 == *ctx.as_bytes()).then_some(own))
    }

    /// The next line without its end; an endless one comes in pieces, which are no openings.
    fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        self.from.by_ref().take(LINE_SIZE_BYTES_MAX).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.line += 1;
        // A line without its end was cut off.
        Ok(Some(if bytes.pop() == Some(b'\n') { bytes } else { Vec::new() }))
    }

    pub(super) fn next(&mut self) -> io::Result<Option<NumberedLine>> {
        let read = self.read_line()?;
        Ok(read.map(|bytes| (self.line, Opened::read(&bytes))))
    }
}

fn line(content: &impl Serialize) -> Vec<u8> {
    let mut line = wire::write(content);
    line.push(b'\n');
    line
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Head {
    ctx: Hex<32>,
    version: Version,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line {
    e: Hex<16>,
    flags: u8,
    mask: u16,
    nik: String,
    r: Hex<32>,
    region: u16,
    weight: u8,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct GrantLine {
    e: Hex<16>,
    nik: String,
    region: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> OpenedEntry {
        OpenedEntry {
            entry_tag: EntryTag([1; 16]),
            region: 1571,
            mask: 5,
            weight: Weight::ONE,
            flags: 0,
            blinding: [2; 32],
            nik_digits: *b"9999000000000008",
        }
    }

    /// Goal: a line survives its bytes, no other form is read, and nothing prints the NIK; method: write,
    /// read, and break a line in each way.
    #[test]
    fn lines_have_one_form() {
        let line = String::from_utf8(opened().line()).unwrap();
        let read = |text: &str| OpenedEntry::read(text.as_bytes());
        assert_eq!(read(line.trim_end()), Some(opened()));
        assert!(!format!("{:?}", opened()).contains("9999000000000008"));
        for (from, to) in [
            ("9999000000000008", "999900000000000"),
            ("9999000000000008", "999900000000000x"),
            ("\"mask\":5", "\"mask\": 5"),
            ("\"weight\":1", "\"weight\":0"),
            ("\"e\"", "\"x\""),
            ("{", "["),
        ] {
            assert_eq!(read(&line.trim_end().replace(from, to)), None, "{to}");
        }
        let (entry_tag, region, nik_digits) = (EntryTag([1; 16]), 1571, *b"9999000000000008");
        let granted = OpenedGrant { entry_tag, region, nik_digits };
        let line = String::from_utf8(granted.line()).unwrap();
        let read = |text: &str| Opened::read(text.as_bytes());
        assert_eq!(read(line.trim_end()), Some(Opened::Grant(granted.clone())));
        assert!(!format!("{granted:?}").contains("9999000000000008"));
        assert_eq!(read(&line.trim_end().replace("08\"", "0x\"")), None);
        assert_eq!(read(&line.trim_end().replace("\"region\"", "\"weight\"")), None);
    }

    /// Goal: a file of another wave is refused, and a line that was cut off or never ends is none;
    /// method: files of a head and some lines.
    #[test]
    fn files_begin_with_their_wave() {
        let (ctx, other) = (
            WaveContext::new("p", 1, &[0; 32]).unwrap(),
            WaveContext::new("p", 2, &[0; 32]).unwrap(),
        );
        let cut = &opened().line()[..100];
        let file = [&openings_head(&ctx)[..], &opened().line(), cut].concat();
        let mut openings = Openings::begin(file.as_slice(), &ctx).unwrap().unwrap();
        assert_eq!(openings.next().unwrap(), Some((2, Some(Opened::Record(opened())))));
        assert_eq!(openings.next().unwrap(), Some((3, None)));
        assert_eq!(openings.next().unwrap(), None);
        assert!(Openings::begin(file.as_slice(), &other).unwrap().is_none());
        assert!(Openings::begin(&b""[..], &ctx).unwrap().is_none());
        let endless = [&openings_head(&ctx)[..], &[b'x'; 2_000]].concat();
        let mut openings = Openings::begin(endless.as_slice(), &ctx).unwrap().unwrap();
        assert_eq!(openings.next().unwrap(), Some((2, None)));
    }
}
