//! One region in one wave: the regencies of a province, or pools, guarantees and classes of a regency.

use askama::Template;
use domain::region::RegionCode;

use crate::frame::Frame;
use crate::language::Language;
use crate::sections::Table;
use crate::texts::{Texts, WaveTexts};
use crate::wave_seats_view::ShownSeats;
use crate::wave_view::KnownWave;
use crate::waves::SeatTable;

#[derive(Debug, Template)]
#[template(path = "wave_region.html")]
struct WaveRegionPage {
    frame: Frame,
    texts: &'static WaveTexts,
    common: &'static Texts,
    simulated: bool,
    test_beacon: bool,
    /// Addresses and words.
    links: Vec<(String, String)>,
    /// That classes are hidden, where they are.
    hidden: Option<&'static str>,
    has_limits: bool,
    regencies: Option<Table>,
    pools: Option<Table>,
    guarantees: Option<Table>,
    classes: Option<Table>,
}

/// The page of a region in a wave as HTML; `None` if the wave has no seats there.
pub(crate) fn render_wave_region(
    wave: KnownWave<'_>,
    seats: &SeatTable,
    region: RegionCode,
    language: Language,
) -> Option<askama::Result<String>> {
    let common = Texts::of(language);
    let texts = &common.waves;
    let KnownWave { number, list, .. } = wave;
    let shown = ShownSeats { texts, language, list, wave: number, table: seats };
    let own = seats.regions.iter().find(|own| own.region == region);
    let regencies = if region.is_province() { Some(shown.province(region)?) } else { None };
    if regencies.is_none() && own.is_none() {
        return None;
    }
    let name = list.region_name(region);
    let mut links = vec![(language.wave_path(number), (texts.whole_wave)(&number.to_string()))];
    if !region.is_province() {
        let province = region.province();
        links.push((
            language.wave_path(format_args!("{number}/{province}")),
            (texts.whole_province)(&list.region_name(province)),
        ));
    }
    if wave.facts.is_some() {
        links.push((language.statistics_path(region), (texts.statistics)(&name)));
    }
    let page = WaveRegionPage {
        frame: Frame::new(language, (texts.region_title)(&name, &number.to_string()), |language| {
            language.wave_path(format_args!("{number}/{region}"))
        })
        .shared(wave.site, (texts.region_summary)(&name, &number.to_string())),
        texts,
        common,
        simulated: list.origin.is_simulated() && wave.facts.is_some(),
        test_beacon: wave.has_test_beacon(),
        links,
        hidden: own.filter(|own| own.has_hidden_classes).map(|_| texts.has_hidden),
        has_limits: shown.has_limits(),
        regencies,
        pools: own.map(|own| shown.pools(own)),
        guarantees: own.and_then(|own| shown.guarantees(own)),
        classes: own.and_then(|own| shown.masks(own)),
    };
    Some(page.render())
}
