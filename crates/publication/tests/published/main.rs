//! The published folders of the golden waves: read, written, verified, and broken on purpose.
#![expect(clippy::unwrap_used, reason = "a broken fixture must stop the test")]

mod announcing;
mod attacks;
mod auditing;
mod auditing_counts;
mod auditing_grants;
mod edits;
mod faults;
#[path = "../shared/files.rs"]
mod files;
mod flipping;
mod flipping_crowd;
mod forged;
mod formats;
mod hiding;
mod hostile;
mod logs;
mod maker;
mod mine;
mod mutating;
mod parsing;
mod receipts;
mod support;
mod threads;
mod verifying;
mod writing;
