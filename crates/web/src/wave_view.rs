//! The page of a wave as words: its state, what is published when, the files, the seats, how to check.

use askama::Template;
use domain::wave::WaveNumber;

use crate::format::{date_time, file_size, last_minute, number};
use crate::frame::Frame;
use crate::language::Language;
use crate::published::{PublishedFile, PublishedWave, PublishedWaves, SeatSources, folder_name};
use crate::routes::FOLDER;
use crate::sections::Table;
use crate::site::Site;
use crate::texts::{Texts, WaveTexts};
use crate::wave_seats_view::ShownSeats;
use crate::waves::{SeatTable, WaveFacts, WaveList};
use crate::waves_view::{coverage, stage};

/// What is known of one wave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownWave<'w> {
    pub(crate) number: WaveNumber,
    pub(crate) site: &'w Site,
    pub(crate) list: &'w WaveList,
    pub(crate) all_published: &'w PublishedWaves,
    pub(crate) facts: Option<&'w WaveFacts>,
    pub(crate) published: Option<&'w PublishedWave>,
    pub(crate) seats: Option<&'w SeatTable>,
}

#[derive(Debug, Template)]
#[template(path = "wave.html")]
struct WavePage {
    frame: Frame,
    texts: &'static WaveTexts,
    common: &'static Texts,
    state: String,
    simulated: bool,
    test_beacon: bool,
    lead: String,
    /// Headings and instants of the calendar.
    calendar: Vec<(&'static str, String)>,
    publication: Option<Publication>,
    /// Of which waves there is a publication, where this has none.
    coverage: Option<String>,
    seats: Option<SeatsSection>,
}

/// What the folder of the wave has.
#[derive(Debug)]
struct Publication {
    corrected: Option<String>,
    steps: Vec<Step>,
    files_lead: String,
    files: Vec<FileRow>,
    list_path: String,
    check_path: String,
    /// The commands that fetch the folder, and those that check it.
    fetch: String,
    run: String,
}

/// An instant of the timetable, and what is published then.
#[derive(Debug)]
struct Step {
    name: &'static str,
    at: Option<String>,
    what: &'static str,
    /// Whether all of it is there; registration has closed when the list is.
    done: bool,
    /// File, and whether it is there.
    files: Vec<(String, bool)>,
}

/// A file or folder that is there.
#[derive(Debug)]
struct FileRow {
    name: String,
    /// Address and length; `None` of a folder.
    download: Option<(String, String)>,
    what: &'static str,
    /// Address of the proof.
    proof: Option<String>,
}

#[derive(Debug)]
struct SeatsSection {
    sources: Option<String>,
    table: Table,
    /// Why fewer people are drawn than are in the list.
    capped: Option<String>,
    has_limits: bool,
    limit_example: Option<String>,
    csv_path: String,
}

/// The page of a wave as HTML.
pub(crate) fn render_wave(wave: KnownWave<'_>, language: Language) -> askama::Result<String> {
    let common = Texts::of(language);
    let shown = Shown { wave, texts: &common.waves, language };
    let page = WavePage {
        frame: Frame::new(language, (common.waves.title)(&wave.number.to_string()), |language| {
            language.wave_path(wave.number)
        })
        .shared(wave.site, (common.waves.page_summary)(&wave.number.to_string())),
        texts: &common.waves,
        common,
        state: shown.state(),
        simulated: wave.list.origin.is_simulated() && wave.facts.is_some(),
        test_beacon: wave.has_test_beacon(),
        lead: shown.lead(),
        calendar: shown.calendar(),
        publication: wave.published.map(|published| shown.publication(published)),
        coverage: wave.published.is_none().then(|| coverage(wave.all_published, &common.waves)),
        seats: wave.seats.map(|seats| shown.seats(seats)),
    };
    page.render()
}

impl KnownWave<'_> {
    /// Whether the draw goes by a beacon that can be predicted.
    pub(crate) fn has_test_beacon(&self) -> bool {
        self.published.is_some_and(|own| own.test_beacon)
            || self.facts.is_some_and(|own| own.test_beacon)
    }
}

#[derive(Clone, Copy)]
struct Shown<'w> {
    wave: KnownWave<'w>,
    texts: &'static WaveTexts,
    language: Language,
}

impl Shown<'_> {
    fn number(self, count: u64) -> String {
        number(count, self.language)
    }

    fn state(self) -> String {
        let state = self.wave.facts.map(|own| (self.texts.states)(&own.state));
        let state = state.or_else(|| self.wave.published.map(|own| stage(own, self.texts)));
        (self.texts.state_is)(state.unwrap_or_default())
    }

    fn lead(self) -> String {
        let KnownWave { facts, published, .. } = self.wave;
        let places = published.map(PublishedWave::places).or_else(|| facts.map(|own| own.seats));
        let places = self.number(places.unwrap_or(0));
        let entries = self.entries();
        let selected = published.and_then(|own| own.selected);
        let selected = selected.or_else(|| facts.and_then(|own| own.selected));
        match (entries, selected) {
            (Some(entries), Some(selected)) => {
                (self.texts.lead_drawn)(&self.number(entries), &places, &self.number(selected))
            }
            (Some(entries), None) => (self.texts.lead_listed)(&self.number(entries), &places),
            (None, _) => (self.texts.lead_before)(&places),
        }
    }

    /// People in the list.
    fn entries(self) -> Option<u64> {
        let entries = self.wave.published.and_then(|own| own.plan).map(|(people, _)| people);
        entries.or_else(|| self.wave.facts.and_then(|own| own.entries))
    }

    fn calendar(self) -> Vec<(&'static str, String)> {
        let Some(facts) = self.wave.facts else { return Vec::new() };
        vec![
            (self.texts.opens, date_time(facts.opens_at, self.language)),
            (self.texts.closes, last_minute(facts.closes_at, self.language)),
            (self.texts.results, date_time(facts.results_at, self.language)),
        ]
    }

    fn publication(self, published: &PublishedWave) -> Publication {
        let (texts, wave) = (self.texts, self.wave.number);
        let (witnesses, quorum) = published.witnesses;
        let folder = folder_name(wave);
        let list_path = self.language.wave_path(format_args!("{wave}/berkas.txt"));
        let site = match self.language {
            Language::Indonesian => "SITUS",
            Language::English => "SITE",
        };
        let separator = if self.language.check_path().contains('?') { '&' } else { '?' };
        Publication {
            corrected: published.plan.filter(|(_, plan)| *plan > 1).map(|(_, plan)| {
                let draw_at = date_time(published.times.t4, self.language);
                (texts.corrected)(&plan.to_string(), &draw_at)
            }),
            steps: self.steps(published),
            files_lead: (texts.files_lead)(&quorum.to_string(), &witnesses.to_string()),
            files: self.files(published),
            check_path: format!(
                "{}{separator}folder={FOLDER}/{folder}/",
                self.language.check_path()
            ),
            fetch: format!(
                "curl -fsS {site}{list_path} | wget -q -x -nH --cut-dirs=1 -B {site} -i -"
            ),
            run: format!("gelombang verify {folder}\npython3 verify/verify.py {folder}"),
            list_path,
        }
    }

    fn steps(self, published: &PublishedWave) -> Vec<Step> {
        let times = &published.times;
        let instants = [
            Some(times.t0),
            Some(times.t1),
            Some(times.t2),
            Some(times.t3),
            Some(times.t4),
            None,
            None,
        ];
        let wanted: [&[&str]; 6] = [
            &["policy.json"],
            &[],
            &["entries.bin", "tree/", "quota.json", "plan.json"],
            &["reveals.json"],
            &["seed.json"],
            &["result.json", "selected.bin", "waitlist.bin"],
        ];
        let wanted = wanted.into_iter().map(|names| {
            let there = |name: &&str| ((*name).to_owned(), published.file(name).is_some());
            names.iter().map(there).collect::<Vec<_>>()
        });
        // What comes later may never be needed, so only what is there is told.
        let later = published.files.iter().filter(|file| is_later(&file.name));
        let later: Vec<_> = later.map(|file| (file.name.clone(), true)).collect();
        let steps = self.texts.steps.iter().zip(instants).zip(wanted.chain([later]));
        let steps = steps.map(|((step, at), files)| Step {
            name: step.name,
            at: at.map(|at| {
                if at == times.t1 {
                    last_minute(at, self.language)
                } else {
                    date_time(at, self.language)
                }
            }),
            what: step.what,
            done: match files.as_slice() {
                [] => at == Some(times.t1) && published.plan.is_some(),
                files => files.iter().all(|(_, there)| *there),
            },
            files,
        });
        let has_contributors = published.contributors > 0;
        steps
            .enumerate()
            .filter(|(at, _)| *at != T3 || has_contributors)
            .map(|(_, step)| step)
            .collect()
    }

    fn files(self, published: &PublishedWave) -> Vec<FileRow> {
        let rows = self.texts.file_texts.iter().flat_map(|(name, what)| {
            // Batches of revocations are numbered from the second on.
            let is_meant = |file: &&PublishedFile| {
                file.name == *name || (*name == "revoked.json" && is_later_batch(&file.name))
            };
            published.files.iter().filter(is_meant).map(|file| self.file(published, file, what))
        });
        rows.collect()
    }

    fn file(self, published: &PublishedWave, file: &PublishedFile, what: &'static str) -> FileRow {
        let (name, folder) = (&file.name, folder_name(self.wave.number));
        let is_folder = name.ends_with('/');
        FileRow {
            name: name.clone(),
            download: (!is_folder).then(|| {
                (format!("{FOLDER}/{folder}/{name}"), file_size(file.bytes, self.language))
            }),
            what,
            proof: published
                .has_proof(name)
                .then(|| format!("{FOLDER}/{folder}/proofs/{name}.tlog-proof")),
        }
    }

    /// Where the seats come from, without what is nothing.
    fn sources(self, from: &SeatSources) -> String {
        let texts = self.texts;
        let more = [
            (texts.source_returned, from.returned),
            (texts.source_carried, from.carried),
            (texts.source_reserve, from.reserve),
        ];
        let more = more.into_iter().filter(|(_, seats)| *seats > 0);
        let sources = std::iter::once((texts.source_base, from.base)).chain(more);
        let sentences: Vec<String> =
            sources.map(|(sentence, seats)| sentence(&self.number(seats))).collect();
        sentences.join(" ")
    }

    fn seats(self, seats: &SeatTable) -> SeatsSection {
        let KnownWave { number: wave, list, published, .. } = self.wave;
        let shown =
            ShownSeats { texts: self.texts, language: self.language, list, wave, table: seats };
        let sources = published.and_then(|own| own.sources);
        SeatsSection {
            sources: sources.map(|from| self.sources(&from)),
            table: shown.overview(),
            capped: self
                .entries()
                .zip(shown.people())
                .and_then(|(entries, people)| entries.checked_sub(people))
                .filter(|capped| *capped > 0)
                .map(|capped| (self.texts.capped)(&self.number(capped))),
            has_limits: shown.has_limits(),
            limit_example: shown.limit_example(),
            csv_path: self.language.wave_path(format_args!("{wave}/wilayah.csv")),
        }
    }
}

/// Place of the step in which contributions are revealed.
const T3: usize = 3;

fn is_later(name: &str) -> bool {
    name == "corrections.json" || name == "revoked.json" || is_later_batch(name)
}

fn is_later_batch(name: &str) -> bool {
    let number = name.strip_prefix("revoked.").and_then(|rest| rest.strip_suffix(".json"));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}
