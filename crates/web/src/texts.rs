//! Every text of the pages, one constant a language.
//!
//! The texts are fields of a struct, so a missing one does not compile, and sentences with figures
//! are functions, so a forgotten figure does not either. Fluent files take their place once
//! operators edit texts without building the program.

mod english;
mod front;
mod indonesian;
mod waves;

use domain::funnel::Education;
use domain::nik::Sex;

use crate::language::Language;
pub(crate) use front::{FrontTexts, HelpTexts, LandingTexts, ProgrammeTexts, RegionsTexts};
pub(crate) use waves::WaveTexts;

/// The figures of the sentence over the funnel, as written in its language.
#[derive(Debug)]
pub(crate) struct Summary<'a> {
    pub(crate) region: &'a str,
    pub(crate) joins: &'a str,
    pub(crate) waves: &'a str,
    pub(crate) unique: &'a str,
    pub(crate) sk: &'a str,
    pub(crate) effective: &'a str,
    pub(crate) of_hundred: &'a str,
}

/// What stands on every page.
#[derive(Debug)]
pub struct FrameTexts {
    /// Link past the header.
    pub skip: &'static str,
    /// What the product is, beside its name.
    pub purpose: &'static str,
    /// Name of the other language, in it.
    pub other_language: &'static str,
    /// Name of the language switch.
    pub language_nav: &'static str,
    /// Name of the list of pages.
    pub pages_nav: &'static str,
    /// Link to the first page.
    pub home: &'static str,
    /// Link to the waves.
    pub waves: &'static str,
    /// Link to the check of a receipt.
    pub check: &'static str,
    /// Link to the help.
    pub help: &'static str,
    /// Link to one's own account.
    pub account: &'static str,
    /// Link to signing out.
    pub sign_out: &'static str,
    /// What the footer says.
    pub footer: &'static str,
    /// The same on pages of one's own.
    pub footer_own: &'static str,
    /// Link to the programme explained.
    pub footer_programme: &'static str,
    /// Link to the regions with figures.
    pub footer_statistics: &'static str,
    /// Link to the status page.
    pub footer_status: &'static str,
}

/// Headings of tables.
#[derive(Debug)]
pub(crate) struct TableTexts {
    pub(crate) show: &'static str,
    pub(crate) regency: &'static str,
    pub(crate) wave: &'static str,
    pub(crate) sex: &'static str,
    pub(crate) age: &'static str,
    pub(crate) education: &'static str,
    pub(crate) attempts: &'static str,
    pub(crate) persons: &'static str,
    pub(crate) joins: &'static str,
    pub(crate) unique: &'static str,
    pub(crate) sk: &'static str,
    pub(crate) effective: &'static str,
    pub(crate) pending: &'static str,
    pub(crate) revoked: &'static str,
    pub(crate) total: &'static str,
    pub(crate) by_regency: &'static str,
    pub(crate) by_wave: &'static str,
    pub(crate) by_sex: &'static str,
    pub(crate) by_age: &'static str,
    pub(crate) by_education: &'static str,
    pub(crate) by_attempts: &'static str,
}

/// The bars of the funnel: a label, and what its share is a share of.
#[derive(Debug)]
pub(crate) struct FunnelTexts {
    pub(crate) heading: &'static str,
    pub(crate) joins: &'static str,
    pub(crate) unique: &'static str,
    pub(crate) of_joins: fn(share: &str) -> String,
    pub(crate) sk: &'static str,
    pub(crate) of_unique: fn(share: &str) -> String,
    pub(crate) effective: &'static str,
    pub(crate) of_sk: fn(share: &str) -> String,
    pub(crate) apart: &'static str,
    pub(crate) pending: &'static str,
    pub(crate) revoked: &'static str,
    pub(crate) reallocated: fn(seats: &str) -> String,
}

/// The statistics page.
#[derive(Debug)]
pub(crate) struct Statistics {
    pub(crate) title: fn(region: &str) -> String,
    pub(crate) page_summary: fn(region: &str) -> String,
    pub(crate) as_of: fn(date: &str) -> String,
    pub(crate) province: fn(name: &str) -> String,
    pub(crate) simulation: &'static str,
    pub(crate) simulation_short: &'static str,
    pub(crate) simulation_partial: &'static str,
    pub(crate) summary: fn(&Summary<'_>) -> String,
    pub(crate) sexes: &'static str,
    pub(crate) ages: &'static str,
    pub(crate) young: fn(share: &str) -> String,
    pub(crate) attempts: &'static str,
    pub(crate) mean_attempts: fn(mean: &str) -> String,
    pub(crate) times: fn(count: &str) -> String,
    pub(crate) ten_or_more: &'static str,
    pub(crate) education: &'static str,
    pub(crate) regencies: &'static str,
    pub(crate) map: &'static str,
    pub(crate) map_not_geographic: &'static str,
    pub(crate) waves: &'static str,
    pub(crate) waves_link: &'static str,
    pub(crate) waves_chart: fn(wave: &str, joins: &str, sk: &str) -> String,
    pub(crate) definitions: &'static str,
    pub(crate) terms: [(&'static str, &'static str); 7],
    pub(crate) data: &'static str,
    pub(crate) data_lead: &'static str,
    pub(crate) data_json: &'static str,
    pub(crate) data_csv: &'static str,
    pub(crate) data_by: &'static str,
    pub(crate) data_simulated: &'static str,
}

/// The status page.
#[derive(Debug)]
pub(crate) struct StatusTexts {
    pub(crate) title: &'static str,
    pub(crate) page_summary: &'static str,
    pub(crate) all_run: &'static str,
    /// What is none of our services, and why a page that says all is well may still be waited for.
    pub(crate) others: &'static str,
    pub(crate) some_fail: &'static str,
    pub(crate) runs: &'static str,
    pub(crate) fails: &'static str,
    pub(crate) joining: &'static str,
    pub(crate) accepts: &'static str,
    pub(crate) accepts_not: &'static str,
    pub(crate) data: &'static str,
    pub(crate) data_runs: &'static str,
    pub(crate) data_not: &'static str,
    pub(crate) waves: &'static str,
    pub(crate) wave_open: fn(wave: &str, until: &str) -> String,
    pub(crate) wave_next: fn(wave: &str, from: &str) -> String,
    pub(crate) no_wave: &'static str,
    pub(crate) schedule: &'static str,
    pub(crate) on_schedule: &'static str,
    pub(crate) behind_schedule: &'static str,
    pub(crate) audit: &'static str,
    pub(crate) sealed: &'static str,
    pub(crate) sealed_until: fn(since: &str) -> String,
}

/// A page that says what went wrong and what to do.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) title: &'static str,
    pub(crate) what: &'static str,
    pub(crate) remedy: &'static str,
}

/// Every fault a reader can meet.
#[derive(Debug)]
pub(crate) struct Faults {
    pub(crate) no_page: Fault,
    pub(crate) bad_code: Fault,
    pub(crate) unknown_region: Fault,
    pub(crate) no_data: Fault,
    pub(crate) unavailable: Fault,
    pub(crate) no_wave: Fault,
}

/// All texts of one language.
#[derive(Debug)]
pub(crate) struct Texts {
    pub(crate) frame: FrameTexts,
    pub(crate) front: FrontTexts,
    pub(crate) table: TableTexts,
    pub(crate) funnel: FunnelTexts,
    pub(crate) statistics: Statistics,
    pub(crate) status: StatusTexts,
    pub(crate) waves: WaveTexts,
    pub(crate) faults: Faults,
    sex: fn(Sex) -> &'static str,
    education: fn(Education) -> &'static str,
}

impl Texts {
    /// The texts of a language.
    pub(crate) const fn of(language: Language) -> &'static Self {
        match language {
            Language::Indonesian => &indonesian::TEXTS,
            Language::English => &english::TEXTS,
        }
    }

    /// Men or women.
    pub(crate) fn sex(&self, sex: Sex) -> &'static str {
        (self.sex)(sex)
    }

    /// A level of education.
    pub(crate) fn education(&self, level: Education) -> &'static str {
        (self.education)(level)
    }
}
