//! The programme's rules: types, money, time, states, eligibility. Pure.
//!
//! Invariants: no I/O, no async, no clock, no randomness, no serde, no floats. Everything a rule
//! needs arrives as an argument, so that the same function serves one request and a whole wave.
//! A wrong state cannot be built: parsing happens in constructors and transitions consume the
//! state they leave.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::float_arithmetic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm
)]

pub mod ability_test;
pub mod account;
pub mod appeals;
pub mod beneficiary;
pub mod calendar;
pub mod chain;
pub mod checks;
pub mod client_key;
pub mod codes;
pub mod complaints;
pub mod consent;
pub mod decision;
pub mod draft;
pub mod eligibility;
pub mod face;
pub mod funnel;
pub mod identity;
pub mod ids;
pub mod jobs;
pub mod ledger;
pub mod next_step;
pub mod nik;
pub mod notice;
pub mod officers;
pub mod policy;
pub mod reasons;
pub mod region;
pub mod retention;
pub mod rights;
pub mod roll_correction;
pub mod rupiah;
pub mod schedule;
pub mod seats;
pub mod statement;
pub mod time;
pub mod wave;
