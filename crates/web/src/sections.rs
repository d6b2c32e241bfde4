//! The parts of the statistics page: the sentence, the funnel, the groups and their tables.

use domain::funnel::{AgeBand, Funnel, FunnelReport};

use crate::chart::{Bar, part_bars};
use crate::format::{number, scaled, share, tenths};
use crate::language::Language;
use crate::snapshot::Snapshot;
use crate::texts::{Summary, Texts};

/// A table: what it is of, its columns, its rows.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) caption: &'static str,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
}

/// A row: its heading, then its figures.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// Address of a page of its own.
    pub(crate) path: Option<String>,
    pub(crate) cells: Vec<String>,
}

/// A section with bars, a sentence on them, and the table behind them.
#[derive(Debug)]
pub(crate) struct BarSection {
    pub(crate) id: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) sentence: Option<String>,
    pub(crate) bars: Vec<Bar>,
    pub(crate) table: Table,
}

/// A column of a table: its heading and its figure.
type Column = (&'static str, fn(&Funnel) -> u64);

/// Puts counts into the words of one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) texts: &'static Texts,
    pub(crate) language: Language,
}

impl Shown {
    fn number(self, count: u64) -> String {
        number(count, self.language)
    }

    fn share(self, part: u64, whole: u64) -> String {
        share(part, whole, self.language)
    }

    /// The funnel in one sentence.
    pub(crate) fn summary(self, region: &str, total: &Funnel, waves: usize) -> String {
        (self.texts.statistics.summary)(&Summary {
            region,
            joins: &self.number(total.joins),
            waves: &waves.to_string(),
            unique: &self.number(total.unique_applicants),
            sk: &self.number(total.sk_recipients),
            effective: &self.number(total.effective),
            of_hundred: &scaled(total.effective, total.unique_applicants, 100).to_string(),
        })
    }

    /// The four steps, each with its share of the one before.
    pub(crate) fn funnel(self, total: &Funnel) -> Vec<Bar> {
        let words = &self.texts.funnel;
        let of = |part, whole| self.share(part, whole);
        let steps = [
            (words.joins, total.joins, String::new()),
            (
                words.unique,
                total.unique_applicants,
                (words.of_joins)(&of(total.unique_applicants, total.joins)),
            ),
            (
                words.sk,
                total.sk_recipients,
                (words.of_unique)(&of(total.sk_recipients, total.unique_applicants)),
            ),
            (
                words.effective,
                total.effective,
                (words.of_sk)(&of(total.effective, total.sk_recipients)),
            ),
        ];
        steps
            .into_iter()
            .map(|(label, count, note)| Bar::new(label, count, total.joins, note, self.language))
            .collect()
    }

    /// The SK recipients who are not effective, on the scale of the funnel.
    pub(crate) fn apart(self, total: &Funnel) -> Vec<Bar> {
        let words = &self.texts.funnel;
        [(words.revoked, total.revoked), (words.pending, total.pending)]
            .into_iter()
            .map(|(label, count)| {
                let note = (words.of_sk)(&self.share(count, total.sk_recipients));
                Bar::new(label, count, total.joins, note, self.language)
            })
            .collect()
    }

    /// Men and women, ages, attempts, education.
    pub(crate) fn sections(self, report: &FunnelReport) -> Vec<BarSection> {
        vec![self.sexes(report), self.ages(report), self.attempts(report), self.education(report)]
    }

    fn sexes(self, report: &FunnelReport) -> BarSection {
        let (words, table) = (&self.texts.statistics, &self.texts.table);
        let groups = report.by_sex.iter().map(|(sex, row)| (self.texts.sex(*sex).to_owned(), *row));
        self.group("sex", (words.sexes, table.by_sex, table.sex), None, groups.collect())
    }

    fn ages(self, report: &FunnelReport) -> BarSection {
        let (words, table) = (&self.texts.statistics, &self.texts.table);
        let up_to_35 = report
            .by_age
            .iter()
            .filter(|(band, _)| *band <= AgeBand::From26To35)
            .map(|(_, row)| row.unique_applicants)
            .sum();
        let sentence = (words.young)(&self.share(up_to_35, report.total.unique_applicants));
        let groups = report.by_age.iter().map(|(band, row)| (band.label().to_owned(), *row));
        self.group("age", (words.ages, table.by_age, table.age), Some(sentence), groups.collect())
    }

    fn education(self, report: &FunnelReport) -> BarSection {
        let (words, table) = (&self.texts.statistics, &self.texts.table);
        let groups = report
            .by_education
            .iter()
            .map(|(level, row)| (self.texts.education(*level).to_owned(), *row));
        let names = (words.education, table.by_education, table.education);
        self.group("education", names, None, groups.collect())
    }

    /// A section on groups of applicants; `names` are its heading, caption and first column.
    fn group(
        self,
        id: &'static str,
        names: (&'static str, &'static str, &'static str),
        sentence: Option<String>,
        groups: Vec<(String, Funnel)>,
    ) -> BarSection {
        let (heading, caption, first) = names;
        let words = &self.texts.table;
        let columns: [Column; 4] = [
            (words.joins, |row| row.joins),
            (words.unique, |row| row.unique_applicants),
            (words.sk, |row| row.sk_recipients),
            (words.effective, |row| row.effective),
        ];
        let parts = groups.iter().map(|(name, row)| (name.clone(), row.unique_applicants));
        let bars = part_bars(parts.collect(), self.language);
        let rows = groups.into_iter().map(|(name, row)| self.row(name, None, &columns, &row));
        let table = table(caption, first, &columns, rows.collect());
        BarSection { id, heading, sentence, bars, table }
    }

    /// Once, twice ... nine times, and ten or more together; the table has every count.
    fn attempts(self, report: &FunnelReport) -> BarSection {
        let (words, names) = (&self.texts.statistics, &self.texts.table);
        let mut parts: Vec<(String, u64)> = Vec::new();
        let mut ten_or_more = 0;
        for (joins, persons) in &report.by_attempts {
            match joins {
                0..=9 => parts.push(((words.times)(&joins.to_string()), *persons)),
                10.. => ten_or_more += persons,
            }
        }
        parts.push((words.ten_or_more.to_owned(), ten_or_more));
        let mean = scaled(report.total.joins, report.total.unique_applicants, 10);
        let rows = report.by_attempts.iter().map(|(joins, persons)| Row {
            name: (words.times)(&joins.to_string()),
            path: None,
            cells: vec![self.number(*persons)],
        });
        BarSection {
            id: "attempts",
            heading: words.attempts,
            sentence: Some((words.mean_attempts)(&tenths(mean, self.language))),
            bars: part_bars(parts, self.language),
            table: Table {
                caption: names.by_attempts,
                columns: vec![names.attempts, names.persons],
                rows: rows.collect(),
            },
        }
    }

    /// Every kabupaten/kota, and their sum.
    pub(crate) fn regencies(self, snapshot: &Snapshot) -> Table {
        let words = &self.texts.table;
        let columns: [Column; 6] = [
            (words.joins, |row| row.joins),
            (words.unique, |row| row.unique_applicants),
            (words.sk, |row| row.sk_recipients),
            (words.effective, |row| row.effective),
            (words.pending, |row| row.pending),
            (words.revoked, |row| row.revoked),
        ];
        let report = &snapshot.report;
        let mut rows: Vec<Row> = report
            .by_regency
            .iter()
            .map(|(code, row)| {
                let path = self.language.statistics_path(code);
                self.row(snapshot.region_name(*code), Some(path), &columns, row)
            })
            .collect();
        rows.push(self.row(words.total.to_owned(), None, &columns, &report.total));
        table(words.by_regency, words.regency, &columns, rows)
    }

    /// Every wave. Unique applicants are left out: within one wave they are its joins.
    pub(crate) fn waves(self, report: &FunnelReport) -> Table {
        let words = &self.texts.table;
        let columns: [Column; 5] = [
            (words.joins, |row| row.joins),
            (words.sk, |row| row.sk_recipients),
            (words.effective, |row| row.effective),
            (words.pending, |row| row.pending),
            (words.revoked, |row| row.revoked),
        ];
        let rows = report.by_wave.iter();
        let rows = rows.map(|(wave, row)| {
            let path = self.language.wave_path(wave);
            self.row(wave.to_string(), Some(path), &columns, row)
        });
        table(words.by_wave, words.wave, &columns, rows.collect())
    }

    /// What the columns of the waves show, with the busiest wave; the earliest of equals.
    pub(crate) fn busiest_wave(self, report: &FunnelReport) -> Option<String> {
        let (wave, row) = report.by_wave.iter().rev().max_by_key(|(_, row)| row.joins)?;
        let (joins, sk) = (self.number(row.joins), self.number(row.sk_recipients));
        Some((self.texts.statistics.waves_chart)(&wave.to_string(), &joins, &sk))
    }

    fn row(self, name: String, path: Option<String>, columns: &[Column], row: &Funnel) -> Row {
        let cells = columns.iter().map(|(_, figure)| self.number(figure(row))).collect();
        Row { name, path, cells }
    }
}

fn table(caption: &'static str, first: &'static str, columns: &[Column], rows: Vec<Row>) -> Table {
    let headings = columns.iter().map(|(heading, _)| *heading);
    Table { caption, columns: std::iter::once(first).chain(headings).collect(), rows }
}
