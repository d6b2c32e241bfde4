//! Contributions of outside parties to the seed (section 5): committed before the roll is public,
//! revealed before the beacon.

use crate::digest::{NO_CONTRIBUTIONS, WaveContext, label, sha256};

/// Commitment of a party to its 32 bytes.
pub fn contribution_commitment(party: &str, value: &[u8; 32]) -> [u8; 32] {
    sha256(&[label!("contrib"), party.as_bytes(), value])
}

/// What the party signs with Ed25519 to make the commitment its own (section 16.1).
pub fn contribution_message(ctx: &WaveContext, commitment: &[u8; 32]) -> Vec<u8> {
    [label!("contrib-sign"), ctx.as_bytes(), commitment].concat()
}

/// Digest of all contributions in the order of the policy, `None` for a party that withheld; the
/// fixed [`NO_CONTRIBUTIONS`] if the policy lists no party.
pub fn contrib_digest(values: &[Option<[u8; 32]>]) -> [u8; 32] {
    if values.is_empty() {
        return NO_CONTRIBUTIONS;
    }
    let mut content = label!("contribs").to_vec();
    for value in values {
        content.push(u8::from(value.is_some()));
        content.extend(value.unwrap_or([0; 32]));
    }
    sha256(&[&content])
}
