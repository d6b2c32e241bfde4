//! Whether the holder of a receipt was in the registration log when witnesses saw it (sections 12 and 16.7): with that,
//! leaving her out of the list can be proven.

use std::io::ErrorKind;
use std::path::Path;

use selection::receipt::ReceiptKind;
use sha2::{Digest as _, Sha256};

use super::Fault;
use super::folder::Folder;
use super::log::check_rules;
use super::me::{Ending, Look, Refusal, check_receipt};
use super::sentence::{in_indonesian, minute};
use crate::files;
use crate::log::{
    LogCopy, LogProof, LogProofError, REGISTRATION_CHECKPOINT, Trust, WitnessedCheckpoint,
};
use crate::receipt::{SignedReceipt, registration_log};
use crate::registration::{announced_name, checkpoint_entry};

/// Largest proof that is read.
const PROOF_SIZE_BYTES_MAX: u64 = 128 * 1024;

/// A receipt in a witnessed state of the registration log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Place of the receipt, from 0.
    pub index: u64,
    /// Receipts in the log by then.
    pub size: u64,
    /// By when enough witnesses had seen that state, Unix seconds.
    pub seen_at_s: u64,
    /// When the list came.
    pub listed: Listed,
}

/// When the wave's list was announced, as seen from a state of the registration log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Not yet.
    NotYet,
    /// After that state, so whoever made the list knew of the receipt.
    After,
    /// Before it.
    Before,
}

/// Why a receipt does not count as logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unregistered {
    /// The receipt, or the folder, does not hold.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Only receipts of registrations are logged.
    #[error(
        "this receipt is of the entry in the list; the registration log holds the receipts given before the list"
    )]
    Entered,
    /// It is no proof, or one of another receipt or log.
    #[error(
        "this proof does not show this receipt in the registration log of the wave ({0}); fetch the proof again"
    )]
    Proof(LogProofError),
    /// Nobody was shown that state of the log.
    #[error(
        "the state of the registration log under this proof is not announced in this folder; \
         fetch folder and proof again, and if it stays like this, appeal"
    )]
    Unannounced,
}

impl From<Fault> for Unregistered {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.into())
    }
}

/// Looks up a receipt in the registration log of a published folder, by the proof that its holder fetched.
///
/// # Errors
/// [`Unregistered`].
pub fn registered(
    path: &Path,
    receipt: &[u8],
    proof: &[u8],
    look: Look<'_>,
) -> Result<Registered, Unregistered> {
    let receipt = SignedReceipt::read(receipt).map_err(|_| Refusal::Unreadable)?;
    let folder = Folder::load(path)?;
    check_receipt(&folder, &receipt, look)?;
    if receipt.receipt.kind == ReceiptKind::Entered {
        return Err(Unregistered::Entered);
    }
    let (trust, copy) = check_rules(&folder, look.trust)?;
    let proof = LogProof::read(proof).map_err(Unregistered::Proof)?;
    let size = proven_size(&folder, &receipt, &proof, &trust)?;
    let (programme, wave) = folder.policy.wave();
    let announced = copy.announced(programme, wave);
    let digest: [u8; 32] = Sha256::digest(&proof.checkpoint).into();
    let states = announced.get(REGISTRATION_CHECKPOINT).map_or([].as_slice(), Vec::as_slice);
    let place = states.iter().find(|(_, own)| *own == digest).map(|(place, _)| *place);
    let place = place.ok_or(Unregistered::Unannounced)?;
    let listed = match announced.get("plan.json").and_then(|versions| versions.first()) {
        None => Listed::NotYet,
        Some((list, _)) if place < *list => Listed::After,
        Some(_) => Listed::Before,
    };
    let seen_at_s = seen_at_s(&folder, &copy, &trust, (size, &proof.checkpoint))?;
    Ok(Registered { index: proof.index, size, seen_at_s, listed })
}

/// The size of the state that the proof shows the receipt in.
fn proven_size(
    folder: &Folder,
    receipt: &SignedReceipt,
    proof: &LogProof,
    trust: &Trust,
) -> Result<u64, Unregistered> {
    let (witnesses, quorum) = (trust.witnesses().to_vec(), trust.quorum());
    let own = Trust::new(registration_log(&folder.policy), witnesses, quorum);
    let own = own.map_err(|error| Fault::new(format!("policy.json: {error}")))?;
    let read = |bytes: &[u8]| WitnessedCheckpoint::read(bytes, &own);
    let witnessed = proof.verify_with(&receipt.digest(), read).map_err(Unregistered::Proof)?;
    Ok(witnessed.checkpoint.head.size)
}

/// When enough witnesses had seen a state, by the proof in the folder; without one, when they had seen the whole log.
fn seen_at_s(
    folder: &Folder,
    copy: &LogCopy,
    trust: &Trust,
    (size, checkpoint): (u64, &[u8]),
) -> Result<u64, Fault> {
    let name = announced_name(size);
    let failed = |reason: &dyn std::fmt::Display| Fault::new(format!("{name}: {reason}"));
    let bytes = match files::read(&folder.path.join(&name), PROOF_SIZE_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(copy.witnessed_at_s()),
        Err(error) => return Err(failed(&error)),
    };
    let (programme, wave) = folder.policy.wave();
    let entry = checkpoint_entry(programme, wave, checkpoint).map_err(|error| failed(&error))?;
    let witnessed = LogProof::read(&bytes).and_then(|proof| proof.verify(&entry, trust));
    let witnessed = witnessed.map_err(|error| failed(&error))?;
    if !copy.continues(&witnessed.checkpoint) {
        return Err(failed(&"its checkpoint is not of the log in log/"));
    }
    let time_s = witnessed.quorum_time(trust.quorum());
    time_s.ok_or_else(|| failed(&"too few witnesses have signed"))
}

impl Registered {
    /// What it means for the holder, in Indonesian; `ending` is the answer about the list, if there is a list.
    pub fn indonesian(&self, ending: Option<Ending>) -> String {
        let (number, seen) = (self.index.saturating_add(1), minute(self.seen_at_s, 0));
        let mut text = format!(
            "Bukti Anda adalah nomor {number} dari {} bukti dalam catatan pendaftaran, sebagaimana dilihat cukup \
             banyak saksi paling lambat {seen}.",
            self.size
        );
        text.push_str(match self.listed {
            Listed::NotYet => " Daftar gelombang ini belum diumumkan; periksa lagi sesudahnya.",
            Listed::After => " Daftar gelombang ini diumumkan sesudah itu.",
            Listed::Before => " Daftar gelombang ini sudah diumumkan sebelum itu.",
        });
        if ending == Some(Ending::Missing) {
            text.push_str(
                " Anda tercatat mendaftar, tetapi tidak dimuat dalam daftar. Bila Anda tidak mengundurkan diri dan \
                 tidak diberi tahu alasan penolakan, ajukan keberatan dengan bukti ini dan berkas catatannya.",
            );
        }
        text
    }

    /// The same in English.
    pub fn english(&self, ending: Option<Ending>) -> String {
        let (number, seen) = (self.index.saturating_add(1), minute(self.seen_at_s, 1));
        let mut text = format!(
            "Your receipt is number {number} of {} in the registration log, as enough witnesses had seen it by \
             {seen}.",
            self.size
        );
        text.push_str(match self.listed {
            Listed::NotYet => {
                " The list of this wave has not been announced yet; check again after that."
            }
            Listed::After => " The list of this wave was announced after that.",
            Listed::Before => " The list of this wave had been announced before that.",
        });
        if ending == Some(Ending::Missing) {
            text.push_str(
                " You were registered, and the list leaves you out. Unless you withdrew or were told why you were \
                 refused, appeal with this receipt and its proof.",
            );
        }
        text
    }
}

impl Unregistered {
    /// The fault in Indonesian.
    pub fn indonesian(&self) -> String {
        match self {
            Self::Refused(refusal) => in_indonesian(refusal),
            Self::Entered => "Galat: bukti ini adalah bukti entri dalam daftar; catatan pendaftaran memuat bukti yang \
                              diberikan sebelum daftar itu."
                .to_owned(),
            Self::Proof(_) => "Galat: berkas ini tidak menunjukkan bahwa bukti Anda ada dalam catatan pendaftaran \
                               gelombang ini; ambil lagi berkas itu."
                .to_owned(),
            Self::Unannounced => "Galat: keadaan catatan pendaftaran ini tidak diumumkan dalam folder ini; ambil lagi \
                                  folder dan berkasnya, dan bila tetap begini, ajukan keberatan."
                .to_owned(),
        }
    }
}
