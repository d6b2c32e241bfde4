//! Hashes that bind a wave together: context, pseudonyms, commitments and the seed (section 1).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::hex::impl_hex;
use crate::record::{EntryTag, HouseholdTag, Weight};

/// Domain separator `T("x")`: the name of the use, then one zero byte.
macro_rules! label {
    ($use:literal) => {
        concat!("selection/v1/", $use, "\0").as_bytes()
    };
}
pub(crate) use label;

/// Contribution digest of a wave whose policy lists no contributor (section 5).
pub const NO_CONTRIBUTIONS: [u8; 32] = [0; 32];

/// SHA-256 of the concatenated parts.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// HMAC-SHA-256 of the concatenated parts.
pub(crate) fn hmac_sha256(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC fills a short key up to its block of 64 bytes with zeros; done here, the key always fits.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether a name may stand in a published file: 1 to 64 printable ASCII characters (section 16.1).
pub fn is_published_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// Identity of one wave of one programme under one policy document; every hash of the wave uses it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WaveContext([u8; 32]);
impl_hex!(WaveContext);

/// A programme name that cannot be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("programme name {name:?} cannot be published; use 1 to 64 printable ASCII characters")]
pub struct ProgrammeNameError {
    /// The refused name.
    pub name: String,
}

impl WaveContext {
    /// Context of wave number `wave` of `programme`; `policy_digest` is SHA-256 of the policy
    /// document as published.
    ///
    /// # Errors
    /// [`ProgrammeNameError`] unless the name is 1 to 64 printable ASCII characters (section 16.1).
    pub fn new(
        programme: &str,
        wave: u32,
        policy_digest: &[u8; 32],
    ) -> Result<Self, ProgrammeNameError> {
        let refused = || ProgrammeNameError { name: programme.to_owned() };
        if !is_published_name(programme) {
            return Err(refused());
        }
        let length = u16::try_from(programme.len()).map_err(|_| refused())?;
        Ok(Self(sha256(&[
            label!("wave"),
            &length.to_be_bytes(),
            programme.as_bytes(),
            &wave.to_be_bytes(),
            policy_digest,
        ])))
    }

    /// The context as stored in the published files.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Commitment to a person and their class; the applicant holds the opening in the receipt.
    pub fn commitment(&self, opening: &Opening<'_>) -> [u8; 32] {
        sha256(&[
            label!("commit"),
            &self.0,
            opening.blinding,
            &opening.entry_tag.0,
            &opening.region.to_be_bytes(),
            &opening.mask.to_be_bytes(),
            &[opening.weight.get(), opening.flags],
            opening.nik_digits,
        ])
    }
}

/// What a commitment hides; without the 32 blinding bytes nobody can test a NIK against it.
pub struct Opening<'a> {
    /// Random bytes made for this applicant and wave.
    pub blinding: &'a [u8; 32],
    /// Pseudonym of the person.
    pub entry_tag: EntryTag,
    /// Regency code.
    pub region: u16,
    /// True trait bits, also where the published mask is hidden.
    pub mask: u16,
    /// Entries of this person.
    pub weight: Weight,
    /// Flags as published.
    pub flags: u8,
    /// The NIK as 16 ASCII digits.
    pub nik_digits: &'a [u8; 16],
}

impl fmt::Debug for Opening<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("entry_tag", &self.entry_tag).finish_non_exhaustive()
    }
}

/// Secret of one wave, 32 random bytes; whoever holds it can tie pseudonyms to NIKs.
#[derive(Clone)]
pub struct DrawKey([u8; 32]);

impl fmt::Debug for DrawKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DrawKey(masked)")
    }
}

impl DrawKey {
    /// Takes 32 bytes drawn from a random source by the caller.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Commitment to the key, published with the policy before registration opens.
    pub fn commitment(&self) -> [u8; 32] {
        sha256(&[label!("key"), &self.0])
    }

    /// Pseudonym of the person with this NIK (16 ASCII digits) in this wave.
    pub fn entry_tag(&self, ctx: &WaveContext, nik_digits: &[u8; 16]) -> EntryTag {
        let mac = hmac_sha256(&self.0, &[label!("entry"), &ctx.0, nik_digits]);
        let mut tag = [0; 16];
        tag.copy_from_slice(&mac[..16]);
        EntryTag(tag)
    }

    /// Blinding of the entry with this pseudonym, from random bytes that were made for it alone. Who keeps them apart
    /// from the key gives nothing away if one of both leaks, and unmakes the blinding by forgetting either.
    pub fn blinding(&self, ctx: &WaveContext, entry_tag: &EntryTag, random: &[u8; 32]) -> [u8; 32] {
        hmac_sha256(&self.0, &[label!("blind"), &ctx.0, &entry_tag.0, random])
    }

    /// Pseudonym of the family card with this number (16 ASCII digits) in this wave.
    pub fn household_tag(&self, ctx: &WaveContext, card_digits: &[u8; 16]) -> HouseholdTag {
        let mac = hmac_sha256(&self.0, &[label!("hh"), &ctx.0, card_digits]);
        let mut tag = [0; 8];
        tag.copy_from_slice(&mac[..8]);
        HouseholdTag(tag)
    }
}

/// The public random value that fixes every ticket of a wave.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 32]);
impl_hex!(Seed);

/// What a seed is made of; all of it is published in `seed.json`.
#[derive(Clone, Copy, Debug)]
pub struct SeedSource<'a> {
    /// Hash that names the beacon chain.
    pub chain_hash: &'a [u8; 32],
    /// Beacon round, computed from the policy's draw time.
    pub round: u64,
    /// The beacon's value of that round.
    pub randomness: &'a [u8; 32],
    /// Digest of the revealed contributions, or [`NO_CONTRIBUTIONS`].
    pub contrib_digest: &'a [u8; 32],
}

impl Seed {
    /// Mixes the beacon value and the contributions into the seed of this wave.
    pub fn derive(ctx: &WaveContext, source: &SeedSource<'_>) -> Self {
        Self(sha256(&[
            label!("seed"),
            &ctx.0,
            source.chain_hash,
            &source.round.to_be_bytes(),
            source.randomness,
            source.contrib_digest,
        ]))
    }

    /// Takes back a stored seed.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The seed as published.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
