//! What the API and the citizens' pages share around a request: how often who may ask, whether the database is
//! there, and which addresses there are.
//!
//! It knows no use case and no page.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod gate;
mod limits;
mod routes;

pub use crate::gate::Gate;
pub use crate::limits::{Limits, Rates, network};
pub use crate::routes::{Known, Routes};
