//! Names of log segments, timelines, and which segments of an archive follow each other.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use super::super::error::{EmbeddedError, io_error};

/// Bytes of a segment: 2^24, PostgreSQL's default, with which our clusters are made.
pub(super) const SEGMENT_BYTES: u64 = 1 << 24;
/// Segments that share the middle eight digits of their names: 2^32 bytes of log.
const SEGMENTS_PER_FILE: u64 = (1 << 32) / SEGMENT_BYTES;

/// One segment of the log; its name has 8 hex digits each of timeline, high and low part of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Segment {
    pub(super) timeline: u32,
    pub(super) number: u64,
}

impl Segment {
    /// Reads the name of a segment file; `None` for every other file.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let is_hex = |c: char| matches!(c, '0'..='9' | 'A'..='F');
        if name.len() != 24 || !name.chars().all(is_hex) {
            return None;
        }
        let part = |from: usize| u64::from_str_radix(name.get(from..from + 8)?, 16).ok();
        let low = part(16).filter(|low| *low < SEGMENTS_PER_FILE)?;
        let timeline = u32::try_from(part(0)?).ok()?;
        Some(Self { timeline, number: part(8)? * SEGMENTS_PER_FILE + low })
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = (self.number / SEGMENTS_PER_FILE, self.number % SEGMENTS_PER_FILE);
        write!(f, "{:08X}{high:08X}{low:08X}", self.timeline)
    }
}

/// Reads a position in the log, such as `0/2000028`.
pub(super) fn parse_lsn(text: &str) -> Option<u64> {
    let (high, low) = text.split_once('/')?;
    let low = u32::from_str_radix(low, 16).ok()?;
    Some(u64::from(u32::from_str_radix(high, 16).ok()?) << 32 | u64::from(low))
}

/// The way from the first timeline to the newest one: which timeline each segment number lies on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lineage {
    /// Timelines that were left, with the number of the segment in which that happened, in order.
    left: Vec<(u32, u64)>,
    pub(super) latest: u32,
}

impl Lineage {
    /// Reads the server's history file of the latest timeline: lines "timeline, position, reason".
    fn parse(latest: u32, history: &str) -> Self {
        let left = history.lines().filter_map(|line| {
            let mut fields = line.split_whitespace();
            let timeline = fields.next()?.parse().ok()?;
            Some((timeline, parse_lsn(fields.next()?)? / SEGMENT_BYTES))
        });
        Self { left: left.collect(), latest }
    }

    /// The segment of this number on the way. The one in which a timeline was left belongs to the next.
    pub(super) fn segment(&self, number: u64) -> Segment {
        let found = self.left.iter().find(|(_, left_in)| number < *left_in);
        Segment { timeline: found.map_or(self.latest, |(timeline, _)| *timeline), number }
    }
}

/// What an archive holds.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) segments: BTreeSet<Segment>,
    pub(super) lineage: Lineage,
}

/// Segments that follow each other without a gap.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) segments: Vec<Segment>,
    /// The first one that is not there although a later one is.
    pub(super) missing: Option<Segment>,
}

impl Archive {
    /// Lists the archive in this folder.
    pub(super) fn read(folder: &Path) -> Result<Self, EmbeddedError> {
        let mut segments = BTreeSet::new();
        let mut latest = 1;
        for entry in std::fs::read_dir(folder).map_err(io_error("list", folder))?.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let history = name.strip_suffix(".history").filter(|timeline| timeline.len() == 8);
            if let Some(segment) = Segment::parse(&name) {
                segments.insert(segment);
                latest = latest.max(segment.timeline);
            } else if let Some(timeline) =
                history.and_then(|timeline| u32::from_str_radix(timeline, 16).ok())
            {
                latest = latest.max(timeline);
            }
        }
        // The first timeline has no history; that of a later one lies outside an archive begun after it.
        let history = std::fs::read_to_string(folder.join(format!("{latest:08X}.history")));
        let lineage = Lineage::parse(latest, &history.unwrap_or_default());
        Ok(Self { segments, lineage })
    }

    /// Segments from `first` on. Those up to `held` lie in the base backup too, so they may be missing.
    pub(super) fn chain(&self, first: Segment, held: Segment) -> Chain {
        let on_the_way = |segment: &&Segment| self.lineage.segment(segment.number) == **segment;
        let last = self.segments.iter().filter(on_the_way).map(|segment| segment.number).max();
        let last = last.unwrap_or(held.number).max(held.number);
        let mut segments = Vec::new();
        for number in first.number..=last {
            let segment = self.lineage.segment(number);
            if number > held.number && !self.segments.contains(&segment) {
                return Chain { segments, missing: Some(segment) };
            }
            segments.push(segment);
        }
        Chain { segments, missing: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: names are read and printed as the server writes them; method: real names, and files that lie beside.
    #[test]
    fn names_of_segments() {
        for (name, timeline, number) in [
            ("000000010000000000000002", 1, 2),
            ("0000000A00000001000000FF", 10, 511),
            ("000000010000000200000000", 1, 512),
        ] {
            let segment = Segment { timeline, number };
            assert_eq!(Segment::parse(name), Some(segment));
            assert_eq!(segment.to_string(), name);
        }
        for name in [
            "00000002.history",
            "000000010000000000000002.00000028.backup",
            "000000010000000000000002.part-17",
            "00000001000000000000000g",
            "000000010000000000000100",
            "",
        ] {
            assert_eq!(Segment::parse(name), None, "{name}");
        }
        assert_eq!(parse_lsn("1/A000028"), Some(0x1_0A00_0028));
        assert_eq!(parse_lsn("nonsense"), None);
    }

    /// Goal: the way through timelines and gaps is found; method: an archive of two timelines, with and without a hole.
    #[test]
    fn chains_follow_timelines() {
        let lineage = Lineage::parse(2, "1\t0/5000060\tno recovery target specified\n");
        let on = |timeline, number| Segment { timeline, number };
        let all = [on(1, 3), on(1, 4), on(1, 5), on(1, 6), on(2, 5), on(2, 6), on(2, 7)];
        let archive = |without: &[Segment]| Archive {
            segments: all.iter().filter(|s| !without.contains(s)).copied().collect(),
            lineage: Lineage { left: lineage.left.clone(), latest: 2 },
        };
        let whole = Chain {
            segments: vec![on(1, 3), on(1, 4), on(2, 5), on(2, 6), on(2, 7)],
            missing: None,
        };
        assert_eq!(archive(&[]).chain(on(1, 3), on(1, 3)), whole);
        // What the left timeline wrote after the fork does not matter, nor what the base backup holds.
        assert_eq!(archive(&[on(1, 6), on(1, 3)]).chain(on(1, 3), on(1, 3)), whole);
        let broken = Chain { segments: vec![on(1, 3), on(1, 4)], missing: Some(on(2, 5)) };
        assert_eq!(archive(&[on(2, 5)]).chain(on(1, 3), on(1, 3)), broken);
        let none = Archive { segments: BTreeSet::new(), lineage: Lineage::parse(1, "") };
        let held = Chain { segments: vec![on(1, 3), on(1, 4)], missing: None };
        assert_eq!(none.chain(on(1, 3), on(1, 4)), held);
    }
}
