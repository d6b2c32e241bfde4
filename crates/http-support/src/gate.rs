//! Whether the database is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the database is there, as whoever watches over it says. Shut, every request is told to come back
/// without waiting for a connection.
#[derive(Clone, Debug)]
pub struct Gate(Arc<AtomicBool>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Gate {
    /// Lets requests through, or not.
    pub fn set_open(&self, open: bool) {
        self.0.store(open, Ordering::Release);
    }

    /// True if requests pass.
    pub fn is_open(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
