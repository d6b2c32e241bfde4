//! The calendar of waves with its national figures, from one CSV file.

use std::collections::BTreeMap;

use domain::calendar::{Calendar, CalendarWave};
use domain::policy::Named as _;
use domain::time::Timestamp;
use domain::wave::{WaveKind, WaveNumber};
use time::{Date, Month, Time};

use super::fault::{Fault, Place, SourceFile};
use super::table::{Row, positive, read_rows};

const COLUMNS: [&str; 14] = [
    "wave",
    "kind",
    "opens_at",
    "opens_mark",
    "closes_at",
    "closes_mark",
    "results_at",
    "results_mark",
    "quota_national",
    "quota_mark",
    "joined_national",
    "joined_mark",
    "source",
    "note",
];

/// How a value of the calendar is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A source states it.
    Published,
    /// It lies between published values, or follows from them.
    Interpolated,
    /// It is made up so that known totals are roughly met.
    Synthetic,
}

/// What the calendar tells about a wave besides its instants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaveFacts {
    /// How the opening is known.
    pub opens_mark: Mark,
    /// How the close is known.
    pub closes_mark: Mark,
    /// How the announcement is known.
    pub results_mark: Mark,
    /// Planned places of the whole country.
    pub quota_national: u32,
    /// How they are known.
    pub quota_mark: Mark,
    /// Joins of the whole country.
    pub joined_national: u32,
    /// How they are known.
    pub joined_mark: Mark,
    /// Tags of the sources, as in `data/SOURCES.md`.
    pub source: String,
    /// What else is to say.
    pub note: String,
}

/// The calendar and the facts of each of its waves.
#[derive(Clone, Debug)]
pub struct CalendarData {
    /// When each wave opens, closes and is announced.
    pub calendar: Calendar,
    /// The facts by wave; every wave of the calendar has them.
    pub facts: BTreeMap<WaveNumber, WaveFacts>,
}

/// The file built into the binary.
pub(super) fn builtin_file() -> SourceFile {
    SourceFile::embedded("waves.csv", include_str!("../../../../data/waves.csv"))
}

/// Loads a calendar.
///
/// # Errors
/// Every bad cell; and if there is none, every fault between the waves.
pub(super) fn load_calendar(file: &SourceFile) -> Result<CalendarData, Vec<Fault>> {
    let mut faults = Vec::new();
    let (mut waves, mut facts, mut lines) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for row in read_rows(file, &COLUMNS, &mut faults) {
        let wave = read_wave(&row, &mut faults);
        let known = read_facts(&row, &mut faults);
        if let (Some(wave), Some(known)) = (wave, known) {
            waves.push(wave);
            facts.insert(wave.number, known);
            lines.insert(wave.number, row.line);
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let calendar = Calendar::new(waves).map_err(|found| -> Vec<Fault> {
        let place = |wave: Option<WaveNumber>| {
            wave.and_then(|wave| lines.get(&wave)).map_or(Place::File, |line| Place::Line(*line))
        };
        let told = |message: String| format!("{message}; correct the row or the one before");
        let fault = |fault: &domain::calendar::CalendarFault| {
            Fault::new(&file.name, place(fault.wave()), told(fault.to_string()))
        };
        found.iter().map(fault).collect()
    })?;
    Ok(CalendarData { calendar, facts })
}

/// The wave's instants.
fn read_wave(row: &Row<'_>, faults: &mut Vec<Fault>) -> Option<CalendarWave> {
    let number = row.read("wave", faults, |text| {
        let number = positive::<u16>(text)?;
        WaveNumber::new(number).ok_or_else(|| format!("{number} is above 9999; number from 1"))
    });
    let kind = row.read("kind", faults, |text| {
        let kind = WaveKind::from_name(text);
        kind.ok_or_else(|| format!("`{text}` is no kind of wave; write `regular` or `recovery`"))
    });
    let opens_at = row.read("opens_at", faults, wib_instant);
    let closes_at = row.read("closes_at", faults, wib_instant);
    let results_at = row.read("results_at", faults, wib_instant);
    Some(CalendarWave {
        number: number?,
        kind: kind?,
        opens_at: opens_at?,
        closes_at: closes_at?,
        results_at: results_at?,
        moved_s: 0,
    })
}

/// The wave's figures and marks.
fn read_facts(row: &Row<'_>, faults: &mut Vec<Fault>) -> Option<WaveFacts> {
    let opens_mark = row.read("opens_mark", faults, mark);
    let closes_mark = row.read("closes_mark", faults, mark);
    let results_mark = row.read("results_mark", faults, mark);
    let quota_national = row.read("quota_national", faults, positive::<u32>);
    let quota_mark = row.read("quota_mark", faults, mark);
    let joined_national = row.read("joined_national", faults, positive::<u32>);
    let joined_mark = row.read("joined_mark", faults, mark);
    let facts = WaveFacts {
        opens_mark: opens_mark?,
        closes_mark: closes_mark?,
        results_mark: results_mark?,
        quota_national: quota_national?,
        quota_mark: quota_mark?,
        joined_national: joined_national?,
        joined_mark: joined_mark?,
        source: row.text("source").to_owned(),
        note: row.text("note").to_owned(),
    };
    let marks = [
        facts.opens_mark,
        facts.closes_mark,
        facts.results_mark,
        facts.quota_mark,
        facts.joined_mark,
    ];
    if marks.contains(&Mark::Published) && facts.source.is_empty() && facts.note.is_empty() {
        let message = "is empty although a cell is marked published; name the source";
        faults.push(row.fault("source", message));
    }
    Some(facts)
}

fn mark(text: &str) -> Result<Mark, String> {
    match text {
        "published" => Ok(Mark::Published),
        "interpolated" => Ok(Mark::Interpolated),
        "synthetic" => Ok(Mark::Synthetic),
        _ => Err(format!("`{text}` is no mark; write `published`, `interpolated` or `synthetic`")),
    }
}

/// Reads `2020-04-11T12:00+07:00`.
fn wib_instant(text: &str) -> Result<Timestamp, String> {
    parse_wib(text).ok_or_else(|| {
        format!("`{text}` is no instant of Jakarta; write it as 2020-04-11T12:00+07:00")
    })
}

fn parse_wib(text: &str) -> Option<Timestamp> {
    let (day, clock) = text.strip_suffix("+07:00")?.split_once('T')?;
    let mut day = day.split('-');
    let (year, month, date) = (day.next()?, day.next()?, day.next()?);
    let (hour, minute) = clock.split_once(':')?;
    let month = Month::try_from(number::<u8>(month, 2)?).ok()?;
    let day_is_done = day.next().is_none();
    let day = Date::from_calendar_date(number(year, 4)?, month, number(date, 2)?).ok()?;
    let clock = Time::from_hms(number(hour, 2)?, number(minute, 2)?, 0).ok()?;
    day_is_done.then(|| Timestamp::from_wib(day, clock))
}

/// A number of exactly so many digits.
fn number<T: std::str::FromStr>(text: &str, digits: usize) -> Option<T> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}
