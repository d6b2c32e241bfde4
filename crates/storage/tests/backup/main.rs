//! Backups of the private server and restoring from them, with the real programs.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod archive;
mod instant;
mod refusals;
mod round_trip;
mod support;
