//! Every number of the golden waves, recomputed from their inputs: seat table, draw, thresholds,
//! waiting list, replacements and carry.
#![expect(clippy::unwrap_used, reason = "a broken fixture must stop the test")]

#[path = "../shared/chain.rs"]
mod chain;
mod draw;
mod load;
mod seats;
