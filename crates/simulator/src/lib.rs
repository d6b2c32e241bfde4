//! The simulator: a whole programme on synthetic people, through the product's own use cases.
//!
//! Purpose: the demo, realistic data for every test and benchmark, and a check that the rules, the plan and
//! the database agree. Invariants: everything follows from one seed; the database is written by use cases
//! only; no outcome is written down, counts are planned and people decided by behaviour and the draw.
#![deny(missing_docs)]

mod crowd;
mod enrol;
mod hash;
mod names;
pub mod plan;
pub mod population;
mod publish;
mod purchases;
pub mod replay;
pub mod shapes;
mod timeline;
