//! What all handlers share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use app::service::Service;

use crate::limits::Limits;

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

/// The API's state; cheap to copy.
#[derive(Clone)]
pub struct Api {
    /// The use cases.
    pub service: Service,
    /// How often who may ask.
    pub limits: Arc<Limits>,
    /// Whether the database is there.
    pub gate: Gate,
    /// Where people reach the public pages, without a slash at the end; `None` if nobody has said.
    pub public_url: Option<Arc<str>>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("gate", &self.gate).finish_non_exhaustive()
    }
}
