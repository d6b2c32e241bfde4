//! Charts as view models: zero-based bars with their figures as text, and the columns of the waves.
//!
//! Shapes are SVG, not styled boxes, so that they print and survive without the style sheet.

use std::fmt::Write as _;

use domain::funnel::Funnel;
use domain::wave::WaveNumber;

use crate::format::{number, scaled, share, tenths};
use crate::language::Language;

/// One bar: its words and its length.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) figure: String,
    /// A share or another word on the figure; may be empty.
    pub(crate) note: String,
    /// Length in percent of the longest bar, to a tenth, as SVG writes it.
    pub(crate) length: String,
}

impl Bar {
    pub(crate) fn new(
        label: impl Into<String>,
        count: u64,
        longest: u64,
        note: String,
        language: Language,
    ) -> Self {
        Self {
            label: label.into(),
            figure: number(count, language),
            note,
            length: tenths(scaled(count, longest, 1000), Language::English),
        }
    }
}

/// Bars of parts of one whole, each with its share.
pub(crate) fn part_bars(parts: Vec<(String, u64)>, language: Language) -> Vec<Bar> {
    let whole = parts.iter().map(|(_, count)| count).sum();
    let longest = parts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    parts
        .into_iter()
        .map(|(label, count)| {
            Bar::new(label, count, longest, share(count, whole, language), language)
        })
        .collect()
}

/// Height of the wave chart in its own units; a column is ten wide, eight of them filled.
const COLUMNS_HEIGHT: u64 = 160;

/// The waves as columns: joins, and within them the SK recipients.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) width: usize,
    pub(crate) height: u64,
    /// SVG path of the joins.
    pub(crate) joins: String,
    /// SVG path of the SK recipients.
    pub(crate) sk: String,
    pub(crate) first: String,
    pub(crate) last: String,
}

/// Draws the columns; `None` without waves.
pub(crate) fn wave_columns(waves: &[(WaveNumber, Funnel)]) -> Option<Columns> {
    let (first, last) = (waves.first()?.0, waves.last()?.0);
    let tallest = waves.iter().map(|(_, wave)| wave.joins.max(wave.sk_recipients)).max()?;
    let path = |value: fn(&Funnel) -> u64| {
        let mut path = String::new();
        for (at, (_, wave)) in waves.iter().enumerate() {
            let height = scaled(value(wave), tallest, COLUMNS_HEIGHT);
            // Writing to a String cannot fail.
            let _ = write!(path, "M{} {COLUMNS_HEIGHT}v-{height}h8v{height}", at * 10 + 1);
        }
        path
    };
    Some(Columns {
        width: waves.len() * 10,
        height: COLUMNS_HEIGHT,
        joins: path(|wave| wave.joins),
        sk: path(|wave| wave.sk_recipients),
        first: first.to_string(),
        last: last.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bars start at zero and the longest part fills the width; shares are of the whole.
    #[test]
    fn parts() {
        let bars = part_bars(
            vec![("a".to_owned(), 300), ("b".to_owned(), 100), ("c".to_owned(), 0)],
            Language::Indonesian,
        );
        let shown: Vec<(&str, &str)> =
            bars.iter().map(|bar| (bar.length.as_str(), bar.note.as_str())).collect();
        assert_eq!(shown, [("100.0", "75,0%"), ("33.3", "25,0%"), ("0.0", "0,0%")]);
    }

    /// Columns stand on one line, the tallest fills the height, and no wave means no chart.
    #[test]
    fn columns() {
        let wave = |number, joins, sk_recipients| {
            let funnel = Funnel { joins, sk_recipients, ..Funnel::default() };
            (WaveNumber::new(number).expect("a number"), funnel)
        };
        let columns = wave_columns(&[wave(1, 50, 25), wave(2, 100, 0)]).expect("two waves");
        assert_eq!(columns.joins, "M1 160v-80h8v80M11 160v-160h8v160");
        assert_eq!(columns.sk, "M1 160v-40h8v40M11 160v-0h8v0");
        assert_eq!((columns.width, columns.first.as_str(), columns.last.as_str()), (20, "1", "2"));
        assert!(wave_columns(&[]).is_none());
    }
}
