//! Laws of seat table and draw, against slow and plain references.
#![expect(clippy::unwrap_used, reason = "a broken fixture must stop the test")]

#[path = "../shared/chain.rs"]
mod chain;
mod chances;
mod guarantees;
mod independence;
mod newcomers;
mod pools;
mod tables;
mod waves;
mod world;
