//! The statistics page as words and lengths: everything the template prints, nothing to compute.

use askama::Template;

use crate::chart::{Bar, Columns, wave_columns};
use crate::format::{date_time, number};
use crate::frame::Frame;
use crate::language::Language;
use crate::sections::{BarSection, Shown, Table};
use crate::site::Site;
use crate::snapshot::Snapshot;
use crate::texts::Texts;
use crate::tiles::{TileMap, tile_map};

#[derive(Debug, Template)]
#[template(path = "statistics.html")]
struct StatisticsPage {
    frame: Frame,
    texts: &'static Texts,
    as_of: String,
    /// Address of the province a regency lies in, and the words of the link.
    province: Option<(String, String)>,
    simulated: bool,
    partial: bool,
    summary: String,
    funnel: Vec<Bar>,
    apart: Vec<Bar>,
    reallocated: Option<String>,
    sections: Vec<BarSection>,
    map: Option<TileMap>,
    regencies: Option<Table>,
    columns: Option<Columns>,
    columns_sentence: Option<String>,
    waves: Table,
    data_path: String,
}

/// The whole page of a region as HTML.
///
/// # Errors
/// Those of the template engine; none is known when it writes to memory.
pub fn render_statistics(
    snapshot: &Snapshot,
    site: &Site,
    language: Language,
) -> askama::Result<String> {
    let texts = Texts::of(language);
    let report = &snapshot.report;
    let total = &report.total;
    let region = snapshot.region_name(report.region);
    let shown = Shown { texts, language };
    let province = report.region.province();
    let title = (texts.statistics.title)(&region);
    let page = StatisticsPage {
        frame: Frame::new(language, title, |language| language.statistics_path(report.region))
            .shared(site, (texts.statistics.page_summary)(&region)),
        texts,
        as_of: (texts.statistics.as_of)(&date_time(snapshot.data_as_of, language)),
        province: (!report.region.is_province()).then(|| {
            let words = (texts.statistics.province)(&snapshot.region_name(province));
            (language.statistics_path(province), words)
        }),
        simulated: snapshot.origin.is_simulated(),
        partial: snapshot.origin.is_partial(),
        summary: shown.summary(&region, total, report.by_wave.len()),
        funnel: shown.funnel(total),
        apart: shown.apart(total),
        reallocated: (total.reallocated > 0)
            .then(|| (texts.funnel.reallocated)(&number(total.reallocated, language))),
        sections: shown.sections(report),
        map: tile_map(snapshot, language),
        regencies: report.region.is_province().then(|| shown.regencies(snapshot)),
        columns: wave_columns(&report.by_wave),
        columns_sentence: shown.busiest_wave(report),
        waves: shown.waves(report),
        data_path: format!("/api/statistik/{}", report.region),
    };
    page.render()
}
