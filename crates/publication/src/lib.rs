//! The published folder of a wave: its files, its announcements, and whether it holds.
//!
//! Invariants: what is read is the canonical form or refused, with file and field; what is written is
//! read back by the same code; a verdict hangs on the folder and pinned keys alone.
//!
//! This crate must never read a clock, a network or a random source, and knows no database.
//!
//! Source: the selection specification, version 1; section numbers in this crate refer to it.
#![deny(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

pub mod audit;
pub mod beacon;
pub mod contribution;
mod files;
pub mod format;
pub mod key;
pub mod log;
pub mod receipt;
pub mod registration;
pub mod verify;
mod wire;
pub mod write;
