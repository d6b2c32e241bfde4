//! The figures as data: one JSON object or one CSV table, the same over HTTP and on the command line.

use domain::funnel::{AgeBand, Funnel};
use domain::nik::Sex;
use domain::policy::Named as _;
use domain::time::Timestamp;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::language::Language;
use crate::snapshot::Snapshot;
use crate::texts::Texts;

/// How the rows are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakdown {
    /// One row a kabupaten/kota, applicants by their last join.
    Regency,
    /// One row a wave; unique applicants are those of that wave alone.
    Wave,
    /// One row a sex.
    Sex,
    /// One row an age band.
    Age,
    /// One row a level of education.
    Education,
}

/// A breakdown nobody offers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no breakdown: use regency, wave, sex, age or education")]
pub struct BreakdownError(pub String);

/// A text that is no instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no time: write a date as 2024-09-30 (its end in Jakarta counts) or an instant as \
     2024-09-30T23:59:00+07:00"
)]
pub struct AsOfError(pub String);

impl Breakdown {
    /// Every breakdown.
    pub const ALL: [Self; 5] = [Self::Regency, Self::Wave, Self::Sex, Self::Age, Self::Education];

    /// The name in addresses, options and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regency => "regency",
            Self::Wave => "wave",
            Self::Sex => "sex",
            Self::Age => "age",
            Self::Education => "education",
        }
    }

    /// Reads a name.
    ///
    /// # Errors
    /// [`BreakdownError`] with the text and the names there are.
    pub fn parse(text: &str) -> Result<Self, BreakdownError> {
        let found = Self::ALL.into_iter().find(|breakdown| breakdown.name() == text);
        found.ok_or_else(|| BreakdownError(text.to_owned()))
    }
}

/// Reads the instant of `as_of`: RFC 3339, or a date, which means the last microsecond of that day
/// in Jakarta. A space counts as the plus sign that addresses turn into one.
///
/// # Errors
/// [`AsOfError`] with the text and the two forms.
pub fn parse_as_of(text: &str) -> Result<Timestamp, AsOfError> {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).map(Timestamp::from_offset);
    let instant = text.replace(' ', "+");
    parse(&instant)
        .or_else(|_| {
            parse(&format!("{instant}T00:00:00+07:00"))
                .map(|midnight| midnight.plus_days(1).minus_micros(1))
        })
        .map_err(|_| AsOfError(text.to_owned()))
}

/// The counts under their public names.
#[derive(Clone, Copy, Debug, Serialize)]
struct Counts {
    joins: u64,
    unique_applicants: u64,
    sk_recipients: u64,
    effective: u64,
    pending: u64,
    revoked: u64,
    reallocated: u64,
    men: u64,
    women: u64,
}

impl From<&Funnel> for Counts {
    fn from(funnel: &Funnel) -> Self {
        Self {
            joins: funnel.joins,
            unique_applicants: funnel.unique_applicants,
            sk_recipients: funnel.sk_recipients,
            effective: funnel.effective,
            pending: funnel.pending,
            revoked: funnel.revoked,
            reallocated: funnel.reallocated,
            men: funnel.men,
            women: funnel.women,
        }
    }
}

#[derive(Debug, Serialize)]
struct JsonRow {
    key: String,
    name: String,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Debug, Serialize)]
struct JsonReport {
    region: String,
    name: String,
    as_of: String,
    simulated: bool,
    partial: bool,
    #[serde(flatten)]
    counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Vec<JsonRow>>,
}

/// The columns of the CSV. Every row repeats what it belongs to, so that files can be joined and
/// none can be mistaken.
pub const CSV_HEADER: [&str; 16] = [
    "region",
    "as_of",
    "simulated",
    "partial",
    "by",
    "key",
    "name",
    "joins",
    "unique_applicants",
    "sk_recipients",
    "effective",
    "pending",
    "revoked",
    "reallocated",
    "men",
    "women",
];

/// A row of a breakdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRow {
    /// Its stable name for programs.
    pub key: String,
    /// Its name for people, in Indonesian; regions keep their official names.
    pub name: String,
    /// The counts.
    pub funnel: Funnel,
}

fn row(key: String, name: String, funnel: &Funnel) -> NamedRow {
    NamedRow { key, name, funnel: *funnel }
}

impl From<NamedRow> for JsonRow {
    fn from(NamedRow { key, name, funnel }: NamedRow) -> Self {
        Self { key, name, counts: Counts::from(&funnel) }
    }
}

/// The rows of a breakdown, in the order of the report.
pub fn named_rows(snapshot: &Snapshot, by: Breakdown) -> Vec<NamedRow> {
    let report = &snapshot.report;
    let texts = Texts::of(Language::Indonesian);
    match by {
        Breakdown::Regency => report
            .by_regency
            .iter()
            .map(|(code, funnel)| row(code.to_string(), snapshot.region_name(*code), funnel))
            .collect(),
        Breakdown::Wave => report
            .by_wave
            .iter()
            .map(|(wave, funnel)| {
                row(wave.to_string(), format!("{} {wave}", texts.table.wave), funnel)
            })
            .collect(),
        Breakdown::Sex => report
            .by_sex
            .iter()
            .map(|(sex, funnel)| row(sex_key(*sex).to_owned(), texts.sex(*sex).to_owned(), funnel))
            .collect(),
        Breakdown::Age => report
            .by_age
            .iter()
            .map(|(band, funnel)| row(age_key(*band), band.label().to_owned(), funnel))
            .collect(),
        Breakdown::Education => report
            .by_education
            .iter()
            .map(|(level, funnel)| {
                row(level.name().to_owned(), texts.education(*level).to_owned(), funnel)
            })
            .collect(),
    }
}

const fn sex_key(sex: Sex) -> &'static str {
    match sex {
        Sex::Man => "man",
        Sex::Woman => "woman",
    }
}

/// The band with a plain hyphen, so that it can be typed.
fn age_key(band: AgeBand) -> String {
    band.label().replace('–', "-")
}

/// The figures as one JSON object: `region, name, as_of, simulated, partial` (a replay that has not
/// run to its end), the nine counts, and with a breakdown also `by` and `rows` of `key, name` and the nine counts.
///
/// # Errors
/// Those of the JSON writer; none is known for these types.
pub fn to_json(snapshot: &Snapshot, by: Option<Breakdown>) -> serde_json::Result<String> {
    let report = &snapshot.report;
    serde_json::to_string(&JsonReport {
        region: report.region.to_string(),
        name: snapshot.region_name(report.region),
        as_of: report.as_of.to_string(),
        simulated: snapshot.origin.is_simulated(),
        partial: snapshot.origin.is_partial(),
        counts: Counts::from(&report.total),
        by: by.map(Breakdown::name),
        rows: by.map(|by| named_rows(snapshot, by).into_iter().map(JsonRow::from).collect()),
    })
}

/// The figures as one CSV table with the columns of [`CSV_HEADER`]; without a breakdown it has one
/// row, `by` reads `total` and `key` is the region.
///
/// # Errors
/// Those of the CSV writer; none is known when it writes to memory.
pub fn to_csv(snapshot: &Snapshot, by: Option<Breakdown>) -> Result<String, csv::Error> {
    let report = &snapshot.report;
    let rows = by.map_or_else(
        || {
            let name = snapshot.region_name(report.region);
            vec![row(report.region.to_string(), name, &report.total)]
        },
        |by| named_rows(snapshot, by),
    );
    // The header is written by hand, since the counts are a record within the row.
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(CSV_HEADER)?;
    for NamedRow { key, name, funnel } in &rows {
        writer.serialize((
            report.region.to_string(),
            report.as_of.to_string(),
            snapshot.origin.is_simulated(),
            snapshot.origin.is_partial(),
            by.map_or("total", Breakdown::name),
            key,
            name,
            Counts::from(funnel),
        ))?;
    }
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A date means its end in Jakarta, an instant itself, also with a plus sign lost on the way.
    #[test]
    fn as_of() {
        for (text, instant) in [
            ("2024-09-30", "2024-09-30T16:59:59.999999Z"),
            ("2024-09-30T23:59:00+07:00", "2024-09-30T16:59:00Z"),
            ("2024-09-30T23:59:00 07:00", "2024-09-30T16:59:00Z"),
            ("2024-09-30T16:59:00Z", "2024-09-30T16:59:00Z"),
        ] {
            assert_eq!(parse_as_of(text).expect(text).to_string(), instant);
        }
        for text in ["", "2024", "2024-02-30", "30-09-2024", "kemarin", "2024-09-30T25:00:00Z"] {
            assert_eq!(parse_as_of(text), Err(AsOfError(text.to_owned())));
        }
    }

    /// Every breakdown reads back from its name.
    #[test]
    fn breakdowns() {
        for by in Breakdown::ALL {
            assert_eq!(Breakdown::parse(by.name()), Ok(by));
        }
        assert!(Breakdown::parse("Regency").is_err());
    }
}
