//! Witnesses of the announcement log over C2SP tlog-witness: each is shown the newest checkpoint with the proof
//! from the size that it signed last, and signs it or says why not. How to run one is in docs/WITNESS.md.

mod fault;

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use publication::log::{Checkpoint, LogStore, SignatureLine, StoreError, Submission};
use selection::policy::Party;

pub use self::fault::WitnessFault;
use crate::address::{Address, AddressError};
use crate::http::{HttpClient, HttpSetup, SetupError};

/// Longest time of a call.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Calls to one witness for one checkpoint: the first may be from a size that is not the witness's, and somebody
/// else may submit between the first and the second.
const CALLS_MAX: u32 = 3;

/// Where a witness is, written `NAME=URL`; its key comes from the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessAddress {
    /// Name as in the policy.
    pub name: String,
    /// Its submission prefix, below which `add-checkpoint` is.
    pub address: Address,
}

/// Why a witness's address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessAddressError {
    /// No name and address.
    #[error("write name and address, such as witness.example/w1=https://witness.example")]
    Shape,
    /// The address is none.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl FromStr for WitnessAddress {
    type Err = WitnessAddressError;

    fn from_str(text: &str) -> Result<Self, WitnessAddressError> {
        let (name, address) = text.split_once('=').ok_or(WitnessAddressError::Shape)?;
        if name.is_empty() {
            return Err(WitnessAddressError::Shape);
        }
        Ok(Self { name: name.to_owned(), address: address.parse()? })
    }
}

/// Why witnesses cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessSetupError {
    /// The client could not be made.
    #[error(transparent)]
    Client(#[from] SetupError),
    /// An address is of nobody.
    #[error("{name:?} is no witness of the policy; use a name that stands there")]
    Unknown {
        /// Name given with the address.
        name: String,
    },
    /// Two addresses for one witness.
    #[error("{name:?} has two addresses; give one")]
    Twice {
        /// Name given with the addresses.
        name: String,
    },
}

/// The witnesses of a log.
#[derive(Debug)]
pub struct Witnesses(Vec<Station>);

#[derive(Debug)]
struct Station {
    party: Party,
    /// `None` if nobody has said where it is.
    client: Option<HttpClient>,
    /// Entries of the log that it signed last, as far as this process knows. Any value is right to begin with.
    signed: AtomicU64,
}

/// A cosignature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// Name of the witness.
    pub witness: String,
    /// Line for the checkpoint.
    pub line: SignatureLine,
    /// When the witness says to have seen it, Unix seconds.
    pub time_s: u64,
}

/// A witness that has not signed.
#[derive(Debug)]
pub struct Refusal {
    /// Name of the witness.
    pub witness: String,
    /// Why.
    pub fault: WitnessFault,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "witness {} {}", self.witness, self.fault)
    }
}

/// What all witnesses together answered, each once, in the order of the policy.
#[derive(Debug, Default)]
pub struct Answers {
    /// Those who signed.
    pub cosignatures: Vec<Cosignature>,
    /// Those who did not.
    pub refusals: Vec<Refusal>,
}

impl Answers {
    /// The lines for [`LogStore::add_cosignatures`].
    pub fn lines(&self) -> Vec<SignatureLine> {
        self.cosignatures.iter().map(|own| own.line.clone()).collect()
    }
}

impl Witnesses {
    /// The witnesses of a policy, called at these addresses when something is submitted.
    ///
    /// # Errors
    /// [`WitnessSetupError`].
    pub fn new(
        witnesses: &[Party],
        addresses: &[WitnessAddress],
    ) -> Result<Self, WitnessSetupError> {
        Self::with_timeout(witnesses, addresses, TIMEOUT)
    }

    /// As [`Witnesses::new`], with another longest time of a call.
    ///
    /// # Errors
    /// [`WitnessSetupError`].
    pub fn with_timeout(
        witnesses: &[Party],
        addresses: &[WitnessAddress],
        timeout: Duration,
    ) -> Result<Self, WitnessSetupError> {
        for (at, WitnessAddress { name, .. }) in addresses.iter().enumerate() {
            if witnesses.iter().all(|party| party.name != *name) {
                return Err(WitnessSetupError::Unknown { name: name.clone() });
            }
            if addresses.iter().skip(at + 1).any(|other| other.name == *name) {
                return Err(WitnessSetupError::Twice { name: name.clone() });
            }
        }
        let station = |party: &Party| {
            let own = addresses.iter().find(|own| own.name == party.name);
            let client = own.map(|WitnessAddress { address, .. }| {
                let address = address.clone();
                HttpClient::new(HttpSetup { system: "witness", address, token: None, timeout })
            });
            let (party, client) = (party.clone(), client.transpose()?);
            Ok(Station { party, client, signed: AtomicU64::new(0) })
        };
        Ok(Self(witnesses.iter().map(station).collect::<Result<_, SetupError>>()?))
    }

    /// Shows the newest checkpoint of the log to all witnesses at once. One that has signed it before signs again,
    /// with a later time, so this may be repeated.
    ///
    /// # Errors
    /// [`StoreError`] if the log's own checkpoint cannot be read.
    pub async fn submit(&self, log: &LogStore) -> Result<Answers, StoreError> {
        let note = log.checkpoint()?;
        let asked = self.0.iter().map(|station| station.submit(log, &note));
        let mut answers = Answers::default();
        for (station, answer) in self.0.iter().zip(join_all(asked).await) {
            let witness = station.party.name.clone();
            match answer {
                Ok((line, time_s)) => {
                    answers.cosignatures.push(Cosignature { witness, line, time_s });
                }
                Err(fault) => {
                    tracing::warn!(%witness, %fault, "a witness has not signed");
                    answers.refusals.push(Refusal { witness, fault });
                }
            }
        }
        Ok(answers)
    }
}

impl Station {
    async fn submit(
        &self,
        log: &LogStore,
        note: &[u8],
    ) -> Result<(SignatureLine, u64), WitnessFault> {
        let client = self.client.as_ref().ok_or(WitnessFault::NoAddress)?;
        let checkpoint = Checkpoint { origin: log.log().origin.clone(), head: log.head() };
        let size = checkpoint.head.size;
        // More than is there would be refused as malformed, before the witness says where it is.
        let mut old = self.signed.load(Ordering::Relaxed).min(size);
        for _ in 0..CALLS_MAX {
            let submission =
                Submission { old, proof: log.prove_from(old)?, checkpoint: note.to_vec() };
            let (status, body) = client.post_text("add-checkpoint", submission.write()).await?;
            let seen = match status {
                200 => {
                    let signed = find_line(&body, &checkpoint, &self.party)?;
                    self.signed.store(size, Ordering::Relaxed);
                    return Ok(signed);
                }
                409 => read_size(&body),
                status => return Err(WitnessFault::of_status(status)),
            };
            old = match seen {
                Some(seen) if seen > size => return Err(WitnessFault::Ahead { seen, size }),
                Some(seen) if seen != old => seen,
                // The size is right, so what it refuses is the tree; some name no size then.
                _ if old == size => return Err(WitnessFault::Forked { size }),
                _ => return Err(WitnessFault::Unreadable),
            };
            self.signed.store(old, Ordering::Relaxed);
        }
        Err(WitnessFault::Restless)
    }
}

/// The line by this witness, with its time; lines by others are left alone.
fn find_line(
    body: &[u8],
    checkpoint: &Checkpoint,
    party: &Party,
) -> Result<(SignatureLine, u64), WitnessFault> {
    let text = std::str::from_utf8(body).map_err(|_| WitnessFault::Unreadable)?;
    let mut lines = text.lines().filter_map(SignatureLine::read);
    let found = lines.find_map(|line| {
        let time_s = checkpoint.cosigned_at(&line, party)?;
        Some((line, time_s))
    });
    found.ok_or(WitnessFault::NoCosignature)
}

/// The size that a witness names: decimal digits and a line end.
fn read_size(body: &[u8]) -> Option<u64> {
    std::str::from_utf8(body).ok()?.trim_end().parse().ok()
}
