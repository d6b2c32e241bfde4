//! The draw: a pure function from a frozen roll, seats and a public seed to one outcome per record.
//!
//! Invariants: integers only; the same inputs give the same bytes on any machine, with any number of
//! threads and in any input order; adding or removing one applicant never moves another's ticket.
//!
//! This crate must never read a clock, a file, a network or a random source, and holds no NIK.
//!
//! Source: the selection specification, version 1; section numbers in this crate refer to it.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs
)]

pub mod announce;
pub mod apportion;
pub mod audit;
pub mod beacon;
pub mod conserve;
pub mod contrib;
pub mod digest;
pub mod draw;
mod hex;
pub mod policy;
pub mod quota;
pub mod receipt;
pub mod record;
pub mod registry;
pub mod roll;
mod sha;
pub mod small_cells;
pub mod ticket;
mod traits;
pub mod tree;
