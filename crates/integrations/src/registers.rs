//! The registers: what is asked about a person, and a desk that spares them.

mod circuit;
mod desk;
mod http;

use std::fmt::Debug;
use std::pin::Pin;

use domain::checks::{Answer, Register};
use domain::identity::Identity;

pub use self::desk::{AskError, RegisterDesk, Sparing};
pub use self::http::HttpRegisters;
use crate::error::CallError;

/// An answer to come.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Result<Answer, CallError>> + Send + 'a>>;

/// Registers that can be asked about a person. A question has no effect and may be repeated.
pub trait Registers: Debug + Send + Sync {
    /// Asks one register.
    fn ask<'a>(&'a self, register: Register, identity: &'a Identity) -> Asking<'a>;
}
