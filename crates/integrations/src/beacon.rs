//! Fetching one round of a beacon by drand's HTTP API, from any of several addresses or from a file.
//!
//! Where a round comes from proves nothing and need not: its signature is checked against the pinned
//! chain before it is given on, so any mirror will do.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::Duration;

use publication::beacon::{BeaconFault, BeaconRound, round_path};
use selection::policy::BeaconFacts;

use crate::address::Address;
use crate::error::{CallError, CallErrorKind};
use crate::http::{HttpClient, HttpSetup, SetupError};

/// Longest time of a call. drand holds a question about the next round back until it is there.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest file that is read; a round takes some 300 bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Servers of a beacon, in the order in which they are asked.
#[derive(Clone, Debug)]
pub struct BeaconSources(Vec<HttpClient>);

/// Why there is no round from a server or a file.
#[derive(Debug, thiserror::Error)]
pub enum RoundFault {
    /// The server says that the round is not there (yet), with this status.
    #[error(
        "does not have the round yet (status {0}); if its time has long passed, check the address"
    )]
    NotYet(u16),
    /// No answer, or none to use.
    #[error("{0}")]
    Call(CallErrorKind),
    /// What was given is not the round.
    #[error(transparent)]
    Wrong(#[from] BeaconFault),
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    File(#[source] io::Error),
}

/// No server gave the round.
#[derive(Debug)]
pub struct NoRound {
    /// The round that was asked for.
    pub round: u64,
    /// Each server that was asked, and why it gave nothing.
    pub faults: Vec<(Address, RoundFault)>,
}

impl NoRound {
    /// True if asking again later is all there is to do: at least one server answered, and every one that
    /// did said that the round is not there yet.
    pub fn is_early(&self) -> bool {
        let mut is_said = false;
        for (_, fault) in &self.faults {
            match fault {
                RoundFault::NotYet(_) => is_said = true,
                RoundFault::Call(CallErrorKind::Unreadable | CallErrorKind::TooLong) => {
                    return false;
                }
                RoundFault::Call(_) => {}
                RoundFault::Wrong(_) | RoundFault::File(_) => return false,
            }
        }
        is_said
    }
}

impl fmt::Display for NoRound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let round = self.round;
        match (self.is_early(), self.faults.is_empty()) {
            (true, _) => write!(f, "round {round} of the beacon is not there yet"),
            (_, true) => write!(f, "name a server of the beacon to fetch round {round} from"),
            _ => write!(f, "no server gave round {round} of the beacon"),
        }?;
        self.faults.iter().try_for_each(|(address, fault)| write!(f, "; {address}: {fault}"))
    }
}

impl std::error::Error for NoRound {}

impl BeaconSources {
    /// Servers at these addresses; they are called when a round is fetched.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(addresses: &[Address]) -> Result<Self, SetupError> {
        Self::with_timeout(addresses, TIMEOUT)
    }

    /// As [`BeaconSources::new`], with another longest time of a call.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn with_timeout(addresses: &[Address], timeout: Duration) -> Result<Self, SetupError> {
        let client = |address: &Address| {
            let address = address.clone();
            HttpClient::new(HttpSetup { system: "beacon", address, token: None, timeout })
        };
        Ok(Self(addresses.iter().map(client).collect::<Result<_, _>>()?))
    }

    /// The round, from the first server that has it.
    ///
    /// # Errors
    /// [`NoRound`]; asking has no effect, so it may be asked again.
    pub async fn fetch(&self, chain: &BeaconFacts, round: u64) -> Result<BeaconRound, NoRound> {
        let mut faults = Vec::new();
        for source in &self.0 {
            match ask(source, chain, round).await {
                Ok(found) => return Ok(found),
                Err(fault) => {
                    let address = source.address();
                    // Another server may have the round, and nobody would hear of this one.
                    if !matches!(fault, RoundFault::NotYet(_)) {
                        tracing::warn!(round, %address, %fault, "a beacon server gave no round");
                    }
                    faults.push((address.clone(), fault));
                }
            }
        }
        Err(NoRound { round, faults })
    }
}

async fn ask(
    source: &HttpClient,
    chain: &BeaconFacts,
    round: u64,
) -> Result<BeaconRound, RoundFault> {
    let body = source.get(&round_path(chain, round)).await.map_err(fault_of)?;
    Ok(BeaconRound::read(&body, chain, round)?)
}

/// drand answers 404 or 425 about a round of the future, according to its version.
const fn fault_of(error: CallError) -> RoundFault {
    match error.kind {
        CallErrorKind::Status(status @ (404 | 425)) => RoundFault::NotYet(status),
        kind => RoundFault::Call(kind),
    }
}

/// The round from a file that holds what a server says of it: on the day of a draw any way will do.
///
/// # Errors
/// [`RoundFault`].
pub fn read_round(path: &Path, chain: &BeaconFacts, round: u64) -> Result<BeaconRound, RoundFault> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes));
    read.map_err(RoundFault::File)?;
    Ok(BeaconRound::read(&bytes, chain, round)?)
}
