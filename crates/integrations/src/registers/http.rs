//! The registers over HTTP, as docs/REGISTERS.md has it. The wire types are written here alone, so that the
//! agreement changes in one place.

use domain::checks::{Answer, FieldMatch, PopulationAnswer, Register, Told};
use domain::identity::Identity;
use domain::policy::{AidProgramme, Named, Occupation};
use serde::{Deserialize, Serialize};
use time::Date;

use super::{Asking, Registers};
use crate::error::{CallError, CallErrorKind};
use crate::http::HttpClient;

/// Registers behind one address.
#[derive(Clone, Debug)]
pub struct HttpRegisters {
    client: HttpClient,
}

#[derive(Serialize)]
struct PopulationQuestion<'a> {
    nik: &'a str,
    family_card: &'a str,
    name: &'a str,
    born_on: String,
}

#[derive(Serialize)]
struct NumberQuestion<'a> {
    nik: &'a str,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireMatch {
    Match,
    Mismatch,
    Unknown,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireTold {
    Yes,
    No,
    Unknown,
}

#[derive(Deserialize)]
struct PopulationReply {
    nik: WireMatch,
    family_card: WireMatch,
    name: WireMatch,
    born_on: WireMatch,
    citizen: WireTold,
}

#[derive(Deserialize)]
struct EducationReply {
    enrolled: WireTold,
}

#[derive(Deserialize)]
struct OfficesReply {
    offices: Vec<String>,
}

#[derive(Deserialize)]
struct AidReply {
    programmes: Vec<String>,
}

impl From<WireMatch> for FieldMatch {
    fn from(found: WireMatch) -> Self {
        match found {
            WireMatch::Match => Self::Match,
            WireMatch::Mismatch => Self::Mismatch,
            WireMatch::Unknown => Self::Unknown,
        }
    }
}

impl From<WireTold> for Told {
    fn from(told: WireTold) -> Self {
        match told {
            WireTold::Yes => Self::Yes,
            WireTold::No => Self::No,
            WireTold::Unknown => Self::Unknown,
        }
    }
}

impl Registers for HttpRegisters {
    fn ask<'a>(&'a self, register: Register, identity: &'a Identity) -> Asking<'a> {
        Box::pin(self.exchange(register, identity))
    }
}

impl HttpRegisters {
    /// Name of the system in errors and logs.
    pub const SYSTEM: &'static str = "registers";

    /// The registers that this client reaches.
    pub const fn new(client: HttpClient) -> Self {
        Self { client }
    }

    async fn exchange(&self, register: Register, identity: &Identity) -> Result<Answer, CallError> {
        let nik = digits(identity.nik.expose());
        let number = NumberQuestion { nik };
        match register {
            Register::Population => {
                let question = PopulationQuestion {
                    nik,
                    family_card: digits(identity.family_card.expose()),
                    name: identity.name.expose(),
                    born_on: iso(identity.born_on),
                };
                let reply: PopulationReply =
                    self.client.post("population/check", &question).await?;
                Ok(Answer::Population(PopulationAnswer {
                    nik: reply.nik.into(),
                    family_card: reply.family_card.into(),
                    name: reply.name.into(),
                    born_on: reply.born_on.into(),
                    citizen: reply.citizen.into(),
                }))
            }
            Register::Education => {
                let reply: EducationReply = self.client.post("education/check", &number).await?;
                Ok(Answer::Education(reply.enrolled.into()))
            }
            Register::Offices => {
                let reply: OfficesReply = self.client.post("offices/check", &number).await?;
                Ok(Answer::Offices(known::<Occupation>(&reply.offices)?))
            }
            Register::Aid => {
                let reply: AidReply = self.client.post("aid/check", &number).await?;
                Ok(Answer::Aid(known::<AidProgramme>(&reply.programmes)?))
            }
        }
    }
}

/// The digits as text; they are ASCII by construction.
fn digits(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// `YYYY-MM-DD`.
fn iso(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

/// A name that we do not know may bar, so the whole answer counts as none.
fn known<T: Named>(names: &[String]) -> Result<Vec<T>, CallError> {
    let strange = CallError { system: HttpRegisters::SYSTEM, kind: CallErrorKind::Unreadable };
    names.iter().map(|name| T::from_name(name).ok_or(strange)).collect()
}
