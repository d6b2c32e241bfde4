//! What the API and the citizens' pages share around a request: how often who may ask, whether the database is
//! there, which addresses there are, and how a receipt is shown.
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
mod receipt;
mod routes;

pub use crate::gate::Gate;
pub use crate::limits::{Limits, Rates, network};
pub use crate::receipt::{qr_picture, receipt_link};
pub use crate::routes::{Known, Routes};
