//! The words of the first page, of the programme explained, of the help and of the list of regions.

pub(super) mod english;
pub(super) mod indonesian;

/// A heading and what stands below it.
pub(crate) type Step = (&'static str, &'static str);

/// All of them.
#[derive(Debug)]
pub(crate) struct FrontTexts {
    pub(crate) landing: LandingTexts,
    pub(crate) regions: RegionsTexts,
    pub(crate) programme: ProgrammeTexts,
    pub(crate) help: HelpTexts,
}

/// The first page.
#[derive(Debug)]
pub(crate) struct LandingTexts {
    pub(crate) title: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) open: fn(wave: &str) -> String,
    pub(crate) next: fn(wave: &str) -> String,
    pub(crate) opens: &'static str,
    pub(crate) closes: &'static str,
    pub(crate) results: &'static str,
    pub(crate) places: &'static str,
    pub(crate) join: fn(wave: &str) -> String,
    pub(crate) register: &'static str,
    pub(crate) register_first: &'static str,
    pub(crate) no_hurry: &'static str,
    pub(crate) register_early: &'static str,
    pub(crate) none: &'static str,
    pub(crate) none_now: &'static str,
    pub(crate) unreadable: &'static str,
    pub(crate) numbers: &'static str,
    pub(crate) numbers_none: &'static str,
    pub(crate) numbers_later: &'static str,
    /// Label and meaning of joins, applicants, recipients, effective recipients.
    pub(crate) meanings: [Step; 4],
    pub(crate) steps: &'static str,
    pub(crate) step_list: [Step; 5],
    pub(crate) more: &'static str,
    pub(crate) programme_link: &'static str,
    pub(crate) statistics_link: &'static str,
    pub(crate) waves_link: &'static str,
    pub(crate) check_link: &'static str,
    pub(crate) help_link: &'static str,
}

/// The list of regions.
#[derive(Debug)]
pub(crate) struct RegionsTexts {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) choose: &'static str,
    pub(crate) none: &'static str,
}

/// The programme explained. Words that carry figures are functions of them.
#[derive(Debug)]
pub(crate) struct ProgrammeTexts {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) summary: fn(total: &str) -> String,
    pub(crate) who: &'static str,
    pub(crate) age: fn(min: u8, max: Option<u8>) -> String,
    pub(crate) age_on_closing: &'static str,
    pub(crate) age_on_opening: &'static str,
    pub(crate) citizen: &'static str,
    pub(crate) registered: &'static str,
    pub(crate) identity: &'static str,
    pub(crate) wave_open: &'static str,
    pub(crate) test: fn(minutes: Option<u16>) -> String,
    pub(crate) answered: &'static str,
    pub(crate) household_region: &'static str,
    pub(crate) who_not: &'static str,
    pub(crate) who_not_lead: &'static str,
    pub(crate) education: &'static str,
    pub(crate) aid: fn(acronym: &str) -> String,
    pub(crate) lifetime: fn(times: u8) -> String,
    pub(crate) revoked: &'static str,
    pub(crate) household: fn(places: u8) -> String,
    pub(crate) attempts: fn(waves: u16) -> String,
    pub(crate) withdrawn: &'static str,
    pub(crate) wrong_data: &'static str,
    pub(crate) benefits: &'static str,
    pub(crate) training: &'static str,
    pub(crate) training_means: fn(hours: u16) -> String,
    pub(crate) incentive: &'static str,
    pub(crate) incentive_means: fn(count: u8, each: &str) -> String,
    pub(crate) surveys: &'static str,
    pub(crate) surveys_means: fn(count: u8, each: &str) -> String,
    pub(crate) total: &'static str,
    pub(crate) total_means: &'static str,
    pub(crate) steps: &'static str,
    pub(crate) step_list: [Step; 8],
    pub(crate) deadlines: &'static str,
    pub(crate) first_purchase: fn(days: u16, counts_first: bool) -> String,
    pub(crate) next_purchase: fn(days: u16) -> String,
    pub(crate) purchase_stop: fn(day: &str) -> String,
    pub(crate) finish_stop: fn(day: &str) -> String,
    pub(crate) link_stop: fn(day: &str) -> String,
    pub(crate) survey_stop: fn(day: &str) -> String,
    pub(crate) survey_days: fn(answer: u16, pay: u16) -> String,
    pub(crate) day_ends: &'static str,
    pub(crate) draw: &'static str,
    pub(crate) draw_paragraphs: [&'static str; 4],
    pub(crate) draw_link: &'static str,
    pub(crate) register: &'static str,
    pub(crate) help_link: &'static str,
}

/// The frame of the help; questions and answers stand beside it as data.
#[derive(Debug)]
pub(crate) struct HelpTexts {
    pub(crate) title: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) search_label: &'static str,
    pub(crate) search_hint: &'static str,
    pub(crate) search: &'static str,
    pub(crate) found: fn(count: &str, words: &str) -> String,
    pub(crate) nothing: fn(words: &str) -> String,
    pub(crate) nothing_try: [&'static str; 3],
    pub(crate) all: &'static str,
    pub(crate) topics: &'static str,
    pub(crate) link_to: &'static str,
}
