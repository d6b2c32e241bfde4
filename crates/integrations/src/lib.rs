//! Outside systems: one module and one trait each, and the small HTTP client that they share.
//!
//! Purpose: ask and tell other systems, in their formats, and say of every failure whose fault it is and
//! whether the call may be repeated. Invariants: a call has a bounded time and a bounded answer, goes to
//! the stated address alone and follows no redirect; secrets and what is said about a person are never in
//! an error or in `Debug`. It never decides a rule, never knows the database, and is never called while a
//! transaction is open or somebody's request waits.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

pub mod address;
pub mod beacon;
pub mod circuit;
pub mod error;
pub mod faces;
pub mod gateway;
pub mod http;
pub mod registers;
pub mod relay;
pub mod secret;
pub mod smtp;
#[cfg(feature = "tls")]
mod tls;
pub mod witnesses;
