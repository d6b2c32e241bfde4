//! What the API and the citizens' pages share around a request: how often who may ask, who goes first when not
//! all can be served, whether the database is there, and which addresses there are.
//!
//! It knows no use case and no page.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod admission;
mod class;
mod gate;
mod limits;
mod routes;
mod shed;

pub use crate::admission::{Admission, Load, Turn};
pub use crate::class::{Class, Work};
pub use crate::gate::Gate;
pub use crate::limits::{Limits, Rates, network};
pub use crate::routes::{Known, Routes};
pub use crate::shed::{Classify, REQUESTS, Refusal, Refuse, Shedding, shed};
