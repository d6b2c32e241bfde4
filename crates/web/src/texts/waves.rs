//! Texts of the pages of waves.

pub(super) mod english;
pub(super) mod indonesian;

use domain::wave::WaveState;

/// A published file: its name, and what it is.
pub(crate) type FileText = (&'static str, &'static str);

/// An instant of the timetable: its name, and what happens then.
#[derive(Debug)]
pub(crate) struct StepText {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
}

/// Every text of the pages of waves.
#[derive(Debug)]
pub(crate) struct WaveTexts {
    pub(crate) list_title: &'static str,
    pub(crate) list_lead: &'static str,
    pub(crate) open_heading: &'static str,
    pub(crate) open_until: fn(until: &str, places: &str) -> String,
    pub(crate) open_link: fn(wave: &str) -> String,
    pub(crate) all_heading: &'static str,
    pub(crate) no_waves: &'static str,
    pub(crate) table_caption: &'static str,
    pub(crate) number: &'static str,
    pub(crate) state: &'static str,
    pub(crate) places: &'static str,
    pub(crate) entries: &'static str,
    pub(crate) selected: &'static str,
    pub(crate) opens: &'static str,
    pub(crate) closes: &'static str,
    pub(crate) results: &'static str,
    pub(crate) published: &'static str,
    pub(crate) coverage: fn(waves: &str) -> String,
    pub(crate) coverage_none: &'static str,

    pub(crate) title: fn(wave: &str) -> String,
    pub(crate) states: fn(&WaveState) -> &'static str,
    pub(crate) stage_rules: &'static str,
    pub(crate) stage_list: &'static str,
    pub(crate) stage_result: &'static str,
    pub(crate) state_is: fn(state: &str) -> String,
    pub(crate) test_beacon: &'static str,
    pub(crate) test_beacon_means: &'static str,
    pub(crate) lead_before: fn(places: &str) -> String,
    pub(crate) lead_listed: fn(entries: &str, places: &str) -> String,
    pub(crate) lead_drawn: fn(entries: &str, places: &str, selected: &str) -> String,
    pub(crate) unpublished: &'static str,
    pub(crate) all_waves: &'static str,
    pub(crate) check_receipt: &'static str,

    pub(crate) timeline: &'static str,
    pub(crate) timeline_lead: &'static str,
    pub(crate) steps: [StepText; 7],
    pub(crate) corrected: fn(plan: &str, draw_at: &str) -> String,
    pub(crate) there: &'static str,
    pub(crate) not_there: &'static str,

    pub(crate) files: &'static str,
    pub(crate) files_lead: fn(quorum: &str, witnesses: &str) -> String,
    pub(crate) file_texts: [FileText; 15],
    pub(crate) proof: &'static str,
    pub(crate) all_files: &'static str,

    pub(crate) seats: &'static str,
    pub(crate) seats_none: &'static str,
    pub(crate) source_base: fn(places: &str) -> String,
    pub(crate) source_returned: fn(places: &str) -> String,
    pub(crate) source_carried: fn(places: &str) -> String,
    pub(crate) source_reserve: fn(places: &str) -> String,
    pub(crate) by_region: &'static str,
    pub(crate) by_province: &'static str,
    pub(crate) region: &'static str,
    pub(crate) province: &'static str,
    pub(crate) in_play: &'static str,
    pub(crate) capped: fn(people: &str) -> String,
    pub(crate) general_limit: &'static str,
    pub(crate) total: &'static str,
    pub(crate) limit_means: &'static str,
    pub(crate) limit_example: fn(region: &str, hex: &str, million: &str) -> String,
    pub(crate) limit_none: &'static str,
    pub(crate) details: &'static str,
    pub(crate) csv: &'static str,

    pub(crate) region_title: fn(region: &str, wave: &str) -> String,
    pub(crate) whole_wave: fn(wave: &str) -> String,
    pub(crate) whole_province: fn(province: &str) -> String,
    pub(crate) statistics: fn(region: &str) -> String,
    pub(crate) pools: &'static str,
    pub(crate) pools_lead: &'static str,
    pub(crate) pools_caption: &'static str,
    pub(crate) pool: &'static str,
    pub(crate) open_pool: &'static str,
    pub(crate) short: &'static str,
    pub(crate) guarantees: &'static str,
    pub(crate) guarantees_lead: &'static str,
    pub(crate) guarantees_caption: &'static str,
    pub(crate) class: &'static str,
    pub(crate) asked: &'static str,
    pub(crate) guaranteed: &'static str,
    pub(crate) why: &'static str,
    pub(crate) too_few_people: &'static str,
    pub(crate) too_few_seats: &'static str,
    pub(crate) classes: &'static str,
    pub(crate) classes_lead: &'static str,
    pub(crate) classes_caption: &'static str,
    pub(crate) people: &'static str,
    pub(crate) class_limit: &'static str,
    pub(crate) no_class: &'static str,
    pub(crate) hidden_class: &'static str,
    pub(crate) has_hidden: &'static str,

    pub(crate) check: &'static str,
    pub(crate) check_own: &'static str,
    pub(crate) check_own_link: &'static str,
    pub(crate) check_whole: &'static str,
    pub(crate) check_fetch: &'static str,
    pub(crate) check_site: &'static str,
    pub(crate) check_run: &'static str,
    pub(crate) check_keys: &'static str,
    pub(crate) proves_heading: &'static str,
    pub(crate) proves: [&'static str; 4],
    pub(crate) proves_not_heading: &'static str,
    pub(crate) proves_not: [(&'static str, &'static str); 5],
}
