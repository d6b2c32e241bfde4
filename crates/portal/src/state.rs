//! What all pages share.

use std::fmt;
use std::sync::Arc;

use app::service::Service;
use http_support::{Gate, Limits};

/// The portal's state; cheap to copy.
#[derive(Clone)]
pub struct Portal {
    /// The use cases.
    pub service: Service,
    /// How often who may ask.
    pub limits: Arc<Limits>,
    /// Whether the database is there.
    pub gate: Gate,
    /// Where people reach the pages, without a slash at the end; `None` if nobody has said.
    pub public_url: Option<Arc<str>>,
}

impl Portal {
    /// True if people reach the pages by HTTPS, so that browsers keep cookies for it alone.
    pub(crate) fn is_secure(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal").field("gate", &self.gate).finish_non_exhaustive()
    }
}
