//! What all handlers share.

use std::fmt;
use std::sync::Arc;

use app::service::Service;
use http_support::{Gate, Limits};

/// Who may open accounts and register people over this API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registering {
    /// Nobody: people register in a browser, where codes, pictures and declarations are asked for.
    InBrowser,
    /// Whoever has an account: the programs that call have proven who people are by themselves.
    ByPrograms,
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
    /// Who may open accounts and register people.
    pub registering: Registering,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("gate", &self.gate).finish_non_exhaustive()
    }
}
