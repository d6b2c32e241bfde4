//! What the API and the citizens' pages share around a request: how often who may ask, who goes first when not
//! all can be served, whether the database is there, and which addresses there are.
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

mod admission;
mod bodies;
mod class;
mod gate;
mod limits;
mod receipt;
mod routes;
mod sending;
mod shed;

pub use crate::admission::{Admission, Load, Turn};
pub use crate::bodies::{Bodies, FORM_BYTES_MAX};
pub use crate::class::{Class, Sends, Work};
pub use crate::gate::Gate;
pub use crate::limits::{Counted, Limits, Rates, network};
pub use crate::receipt::{qr_picture, receipt_link};
pub use crate::routes::{Known, Routes};
pub use crate::sending::Sending;
pub use crate::shed::{Classify, REQUESTS, Refusal, Refuse, Shedding, shed};
