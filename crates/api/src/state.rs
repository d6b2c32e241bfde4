//! What all handlers share.

use std::fmt;
use std::sync::Arc;

use app::service::Service;
use http_support::{Gate, Limits};

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
