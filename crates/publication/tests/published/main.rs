//! The published folders of the golden waves: read, written, verified, and broken on purpose.
#![expect(clippy::unwrap_used, reason = "a broken fixture must stop the test")]

mod announcing;
mod faults;
#[path = "../shared/files.rs"]
mod files;
mod flipping;
mod formats;
mod hiding;
mod hostile;
mod logs;
mod maker;
mod mine;
mod parsing;
mod receipts;
mod support;
mod threads;
mod verifying;
mod writing;
