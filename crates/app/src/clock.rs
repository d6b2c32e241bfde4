//! The clock as a port: production reads the database's time, tests and replays are given theirs.

use domain::time::Timestamp;

/// Tells the present.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// The present.
    fn now(&self) -> Timestamp;
}
