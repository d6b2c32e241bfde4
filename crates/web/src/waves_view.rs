//! The list of all waves as words: those of the database and those that are published.

use askama::Template;
use domain::wave::{WaveNumber, WaveState};

use crate::format::{last_minute, number, short_date};
use crate::frame::Frame;
use crate::language::Language;
use crate::published::{PublishedWave, PublishedWaves};
use crate::site::Site;
use crate::texts::{Texts, WaveTexts};
use crate::waves::{WaveFacts, WaveList};

#[derive(Debug, Template)]
#[template(path = "waves.html")]
struct WavesPage {
    frame: Frame,
    texts: &'static WaveTexts,
    /// The words of a simulation, if this is one.
    simulation: Option<&'static str>,
    simulation_short: &'static str,
    open: Vec<OpenWave>,
    rows: Vec<WaveRow>,
    coverage: String,
}

/// A wave that takes joins.
#[derive(Debug)]
struct OpenWave {
    title: String,
    sentence: String,
    path: String,
    link: String,
}

/// A line of the table.
#[derive(Debug)]
struct WaveRow {
    name: String,
    path: String,
    state: &'static str,
    /// How much of it is published, if anything is.
    publication: Option<&'static str>,
    /// Places, people in the draw, people selected; opening, closing, announcement. Each with its name, which phones
    /// show beside it.
    cells: Vec<(&'static str, String)>,
}

/// What stands where there is nothing to say.
const NOTHING: &str = "–";

/// Puts the waves into the words of one language.
#[derive(Clone, Copy)]
struct Shown {
    texts: &'static WaveTexts,
    language: Language,
}

/// The page of all waves as HTML.
pub(crate) fn render_waves(
    list: &WaveList,
    published: &PublishedWaves,
    site: &Site,
    language: Language,
) -> askama::Result<String> {
    let texts = &Texts::of(language).waves;
    let shown = Shown { texts, language };
    let statistics = &Texts::of(language).statistics;
    let mut numbers: Vec<WaveNumber> = list.waves.iter().map(|wave| wave.number).collect();
    numbers.extend(published.keys());
    numbers.sort_unstable();
    numbers.dedup();
    let rows = numbers.into_iter().rev();
    let rows =
        rows.map(|wave| shown.row(wave, list.find(wave), published.get(&wave).map(|own| &**own)));
    let open = list.waves.iter().rev().filter(|wave| matches!(wave.state, WaveState::Open { .. }));
    let page = WavesPage {
        frame: Frame::new(language, texts.list_title.to_owned(), |language| {
            language.waves_path().to_owned()
        })
        .shared(site, texts.list_summary),
        texts,
        simulation: list.origin.is_simulated().then_some(statistics.simulation),
        simulation_short: statistics.simulation_short,
        open: open.map(|wave| shown.open(wave)).collect(),
        rows: rows.collect(),
        coverage: coverage(published, texts),
    };
    page.render()
}

/// Of which waves there is the full publication.
pub(crate) fn coverage(published: &PublishedWaves, texts: &WaveTexts) -> String {
    let complete = published.iter().filter(|(_, own)| own.is_complete());
    let complete: Vec<u16> = complete.map(|(wave, _)| wave.get()).collect();
    if complete.is_empty() {
        return texts.coverage_none.to_owned();
    }
    (texts.coverage)(&ranges(complete.into_iter()))
}

/// Ascending numbers as `68–70, 72`.
fn ranges(numbers: impl Iterator<Item = u16>) -> String {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for number in numbers {
        match runs.last_mut().filter(|(_, last)| last.checked_add(1) == Some(number)) {
            Some((_, last)) => *last = number,
            None => runs.push((number, number)),
        }
    }
    let written = runs.into_iter().map(|(first, last)| {
        if first == last { first.to_string() } else { format!("{first}–{last}") }
    });
    written.collect::<Vec<_>>().join(", ")
}

/// How far a wave is that is known by its folder alone.
pub(crate) fn stage(wave: &PublishedWave, texts: &WaveTexts) -> &'static str {
    match (wave.selected, wave.plan) {
        (Some(_), _) => texts.stage_result,
        (None, Some(_)) => texts.stage_list,
        (None, None) => texts.stage_rules,
    }
}

impl Shown {
    fn open(self, wave: &WaveFacts) -> OpenWave {
        let (name, until) = (wave.number.to_string(), last_minute(wave.closes_at, self.language));
        OpenWave {
            title: (self.texts.title)(&name),
            sentence: (self.texts.open_until)(&until, &number(wave.seats, self.language)),
            path: self.language.wave_path(wave.number),
            link: (self.texts.open_link)(&name),
        }
    }

    fn row(
        self,
        wave: WaveNumber,
        facts: Option<&WaveFacts>,
        published: Option<&PublishedWave>,
    ) -> WaveRow {
        let entries = published.and_then(|own| own.plan).map(|(people, _)| people);
        let entries = entries.or_else(|| facts.and_then(|facts| facts.entries));
        let selected = published.and_then(|own| own.selected);
        let selected = selected.or_else(|| facts.and_then(|facts| facts.selected));
        let places = published.map(PublishedWave::places).or_else(|| facts.map(|own| own.seats));
        let days = match (facts, published) {
            (Some(own), _) => {
                let last_day = own.closes_at.minus_micros(1);
                [Some(own.opens_at), Some(last_day), Some(own.results_at)]
            }
            // The policy does not say when registration opens.
            (None, Some(own)) => [None, Some(own.times.t1.minus_micros(1)), Some(own.times.t4)],
            (None, None) => [None; 3],
        };
        let state = facts.map(|own| (self.texts.states)(&own.state));
        let texts = self.texts;
        let names =
            [texts.places, texts.entries, texts.selected, texts.opens, texts.closes, texts.results];
        let counts = [places, entries, selected].map(|count| Some(number(count?, self.language)));
        let days = days.map(|day| Some(short_date(day?, self.language)));
        let cells = counts.into_iter().chain(days);
        let cells = cells.map(|cell| cell.unwrap_or_else(|| NOTHING.to_owned()));
        WaveRow {
            name: wave.to_string(),
            path: self.language.wave_path(wave),
            state: state.or_else(|| published.map(|own| stage(own, self.texts))).unwrap_or(NOTHING),
            publication: published.map(|own| {
                if own.is_complete() { texts.published } else { texts.published_so_far }
            }),
            cells: names.into_iter().zip(cells).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs are told by their ends.
    #[test]
    fn runs() {
        for (numbers, written) in
            [(vec![72], "72"), (vec![68, 69, 70, 72], "68–70, 72"), (vec![1, 3, 4], "1, 3–4")]
        {
            assert_eq!(ranges(numbers.into_iter()), written);
        }
    }
}
