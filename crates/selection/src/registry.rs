//! What the civil registry signs of a list (section 12): how many people of each region it knows.

use crate::digest::{WaveContext, label};

/// People of one region whom the registry knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryCount {
    /// Regency code.
    pub region: u16,
    /// People in the list.
    pub records: u32,
    /// Of them, people in play after the household cap (`n_r`).
    pub n: u32,
}

/// The bytes under the registry's Ed25519 signature: `T("registry-counts") || ctx || u32 number of
/// regions ||` for each region `u16 region || u32 records || u32 n`.
pub fn registry_message(ctx: &WaveContext, counts: &[RegistryCount]) -> Vec<u8> {
    let mut message = label!("registry-counts").to_vec();
    message.extend(ctx.as_bytes());
    // There are fewer regions than region codes.
    message.extend(u32::try_from(counts.len()).unwrap_or(u32::MAX).to_be_bytes());
    for own in counts {
        message.extend(own.region.to_be_bytes());
        message.extend(own.records.to_be_bytes());
        message.extend(own.n.to_be_bytes());
    }
    message
}
