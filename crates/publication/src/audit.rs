//! What auditors look at beyond the public check, since no folder tells an invented person from a real
//! one (section 12): the sample that the seed picks, the openings of the sample and of all who were
//! selected or granted an appeal, and the counts of the civil registry.
//!
//! The list is streamed; what is held at once is the sample, a region's outcomes, and two numbers for
//! each opening. Openings hold personal data: nothing here repeats a NIK, in errors neither.

mod counts;
mod list;
mod opened;
mod opening;
mod sample;

pub use self::counts::{CountFault, CountsReport, RegistryCounts, check_counts};
pub use self::list::{AuditError, AuditedList};
pub use self::opened::{OpenedReport, OpeningFault, OpeningFaultKind, check_openings};
pub use self::opening::{OpenedEntry, OpenedGrant, openings_head};
pub use self::sample::{SAMPLE_SIZE, Sampled, sample};
