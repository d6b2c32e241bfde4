//! The seats of a wave by region, as tables: of all regions or provinces, and of one region in detail.

use domain::policy::{Named as _, ReservedGroup};
use domain::reasons::Language as WordLanguage;
use domain::region::RegionCode;
use domain::seats::Lowered;
use domain::wave::WaveNumber;

use crate::format::{number, of_million, short_hex};
use crate::language::Language;
use crate::sections::{Row, Table};
use crate::texts::WaveTexts;
use crate::waves::{MaskDrawn, PoolDrawn, PoolSeats, RegionSeats, SeatTable, WaveList};

/// More regions than this are shown by province, or a page would be too heavy.
const REGIONS_MAX: usize = 40;
/// The pool that takes everybody.
const OPEN_POOL: &str = "open";
/// The mask that stands for hidden classes.
const HIDDEN_MASK: u16 = u16::MAX;

/// The seats of a wave in the words of one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShownSeats<'s> {
    pub(crate) texts: &'static WaveTexts,
    pub(crate) language: Language,
    pub(crate) list: &'s WaveList,
    pub(crate) wave: WaveNumber,
    pub(crate) table: &'s SeatTable,
}

/// Sums over regions.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    in_play: u64,
    seats: u64,
    selected: u64,
}

impl Sums {
    fn of<'r>(regions: impl IntoIterator<Item = &'r RegionSeats>) -> Self {
        let mut sums = Self::default();
        for own in regions {
            sums.in_play += u64::from(own.in_play.unwrap_or(0));
            sums.seats += u64::from(own.seats);
            sums.selected += u64::from(own.selected.unwrap_or(0));
        }
        sums
    }
}

/// The limit of whoever comes by ticket alone.
pub(crate) fn general_limit(region: &RegionSeats) -> Option<[u8; 32]> {
    let open = region.pools.iter().find(|pool| pool.name == OPEN_POOL)?;
    open.drawn.as_ref()?.cutoff
}

impl ShownSeats<'_> {
    fn number(self, count: impl Into<u64>) -> String {
        number(count.into(), self.language)
    }

    fn knows_people(self) -> bool {
        self.table.regions.iter().any(|own| own.in_play.is_some())
    }

    /// Everybody who is drawn, if that is known of all regions.
    pub(crate) fn people(self) -> Option<u64> {
        self.table.regions.iter().map(|own| own.in_play.map(u64::from)).sum()
    }

    fn is_drawn(self) -> bool {
        self.table.regions.iter().any(|own| own.selected.is_some())
    }

    pub(crate) fn has_limits(self) -> bool {
        self.table.regions.iter().any(|own| own.pools.iter().any(|pool| pool.drawn.is_some()))
    }

    /// Every region, or every province if there are many.
    pub(crate) fn overview(self) -> Table {
        if self.table.regions.len() <= REGIONS_MAX {
            return self
                .regencies(self.texts.by_region, &self.table.regions.iter().collect::<Vec<_>>());
        }
        let mut provinces: Vec<(RegionCode, Vec<&RegionSeats>)> = Vec::new();
        for own in &self.table.regions {
            let province = own.region.province();
            match provinces.last_mut().filter(|(code, _)| *code == province) {
                Some((_, regions)) => regions.push(own),
                None => provinces.push((province, vec![own])),
            }
        }
        let rows = provinces.into_iter().map(|(province, regions)| {
            let sums = Sums::of(regions);
            self.row(self.list.region_name(province), Some(self.path(province)), sums)
        });
        let mut rows: Vec<Row> = rows.collect();
        rows.push(self.row(self.texts.total.to_owned(), None, Sums::of(&self.table.regions)));
        Table { caption: self.texts.by_province, columns: self.columns(self.texts.province), rows }
    }

    /// The regencies of a province.
    pub(crate) fn province(self, province: RegionCode) -> Option<Table> {
        let regions = self.table.regions.iter().filter(|own| own.region.province() == province);
        let regions: Vec<&RegionSeats> = regions.collect();
        (!regions.is_empty()).then(|| self.regencies(self.texts.by_region, &regions))
    }

    fn regencies(self, caption: &'static str, regions: &[&RegionSeats]) -> Table {
        let has_limits = self.has_limits();
        let rows = regions.iter().map(|own| {
            let name = self.list.region_name(own.region);
            let mut row = self.row(name, Some(self.path(own.region)), Sums::of([*own]));
            if has_limits {
                row.cells.push(self.limit(general_limit(own).as_ref()));
            }
            row
        });
        let mut rows: Vec<Row> = rows.collect();
        let mut total =
            self.row(self.texts.total.to_owned(), None, Sums::of(regions.iter().copied()));
        let mut columns = self.columns(self.texts.region);
        if has_limits {
            columns.push(self.texts.general_limit);
            total.cells.push(String::new());
        }
        rows.push(total);
        Table { caption, columns, rows }
    }

    fn columns(self, first: &'static str) -> Vec<&'static str> {
        let mut columns = vec![first];
        if self.knows_people() {
            columns.push(self.texts.in_play);
        }
        columns.push(self.texts.places);
        if self.is_drawn() {
            columns.push(self.texts.selected);
        }
        columns
    }

    fn row(self, name: String, path: Option<String>, sums: Sums) -> Row {
        let mut cells = Vec::new();
        if self.knows_people() {
            cells.push(self.number(sums.in_play));
        }
        cells.push(self.number(sums.seats));
        if self.is_drawn() {
            cells.push(self.number(sums.selected));
        }
        Row { name, path, cells }
    }

    fn path(self, region: RegionCode) -> String {
        self.language.wave_path(format_args!("{}/{region}", self.wave))
    }

    fn limit(self, ticket: Option<&[u8; 32]>) -> String {
        ticket.map_or_else(
            || self.texts.limit_none.to_owned(),
            |ticket| format!("{}…", short_hex(ticket)),
        )
    }

    /// What the first general limit is on the scale of a million.
    pub(crate) fn limit_example(self) -> Option<String> {
        let found = self.table.regions.iter().find_map(|own| Some((own, general_limit(own)?)));
        found.map(|(own, limit)| {
            let million = number(of_million(&limit), self.language);
            let name = self.list.region_name(own.region);
            (self.texts.limit_example)(&name, &short_hex(&limit), &million)
        })
    }

    pub(crate) fn pools(self, region: &RegionSeats) -> Table {
        let texts = self.texts;
        let is_drawn = region.pools.iter().any(|pool| pool.drawn.is_some());
        let mut columns = vec![texts.pool, texts.places];
        if is_drawn {
            columns.extend([texts.selected, texts.short, texts.general_limit]);
        }
        let rows = region.pools.iter().map(|pool| {
            let mut cells = vec![self.number(pool.seats)];
            if is_drawn {
                let (selected, short, cutoff) = pool
                    .drawn
                    .as_ref()
                    .map_or((0, 0, None), |drawn| (drawn.selected, drawn.short, drawn.cutoff));
                cells.extend([self.number(selected), self.number(short)]);
                cells.push(self.limit(cutoff.as_ref()));
            }
            Row { name: self.pool_name(pool), path: None, cells }
        });
        Table { caption: texts.pools_caption, columns, rows: rows.collect() }
    }

    /// The guarantees of all pools; `None` if there are none.
    pub(crate) fn guarantees(self, region: &RegionSeats) -> Option<Table> {
        let texts = self.texts;
        let guarantees =
            region.pools.iter().flat_map(|pool| pool.guarantees.iter().map(move |own| (pool, own)));
        let is_lowered = guarantees.clone().any(|(_, own)| own.lowered.is_some());
        let rows = guarantees.map(|(pool, own)| {
            let mut cells =
                vec![self.class(own.bit), self.number(own.asked), self.number(own.seats)];
            if is_lowered {
                let why = match own.lowered {
                    Some(Lowered::People) => texts.too_few_people,
                    Some(Lowered::Seats) => texts.too_few_seats,
                    None => "",
                };
                cells.push(why.to_owned());
            }
            Row { name: self.pool_name(pool), path: None, cells }
        });
        let rows: Vec<Row> = rows.collect();
        let mut columns = vec![texts.pool, texts.class, texts.asked, texts.guaranteed];
        columns.extend(is_lowered.then_some(texts.why));
        (!rows.is_empty()).then_some(Table { caption: texts.guarantees_caption, columns, rows })
    }

    /// What the draw did with each class; `None` where all people are alike, or before the draw.
    pub(crate) fn masks(self, region: &RegionSeats) -> Option<Table> {
        let texts = self.texts;
        let drawn = region.pools.iter().filter_map(|pool| Some((pool, pool.drawn.as_ref()?)));
        let masks = drawn.flat_map(|(pool, drawn): (&PoolSeats, &PoolDrawn)| {
            drawn.masks.iter().map(move |own| (pool, own))
        });
        let rows = masks.map(|(pool, own): (&PoolSeats, &MaskDrawn)| {
            let limit = match own.mask {
                HIDDEN_MASK => texts.hidden_class.to_owned(),
                _ => self.limit(own.close.as_ref()),
            };
            let cells = vec![
                self.pool_name(pool),
                self.number(own.people),
                self.number(own.selected),
                limit,
            ];
            Row { name: self.mask(own.mask), path: None, cells }
        });
        let rows: Vec<Row> = rows.collect();
        let columns =
            vec![texts.class, texts.pool, texts.people, texts.selected, texts.class_limit];
        (!self.table.classes.is_empty() && !rows.is_empty()).then_some(Table {
            caption: texts.classes_caption,
            columns,
            rows,
        })
    }

    fn pool_name(self, pool: &PoolSeats) -> String {
        if pool.name == OPEN_POOL { self.texts.open_pool.to_owned() } else { pool.name.clone() }
    }

    fn mask(self, mask: u16) -> String {
        match mask {
            0 => self.texts.no_class.to_owned(),
            HIDDEN_MASK => self.texts.hidden_class.to_owned(),
            _ => {
                let bits = (0..15).filter(|bit| mask & (1 << bit) != 0);
                bits.map(|bit| self.class(bit)).collect::<Vec<_>>().join(" + ")
            }
        }
    }

    /// The class in words where it is one of the programme's, or under its published name.
    fn class(self, bit: u8) -> String {
        let name = self.table.classes.iter().find(|(own, _)| *own == bit).map(|(_, name)| name);
        let name = name.map_or_else(|| bit.to_string(), String::clone);
        let language = match self.language {
            Language::Indonesian => WordLanguage::Indonesian,
            Language::English => WordLanguage::English,
        };
        let known = ReservedGroup::ALL.iter().find(|group| group.name() == name);
        known.map_or(name, |group| group.words(language).to_owned())
    }
}
