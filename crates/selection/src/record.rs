//! The 64-byte record of `entries.bin`: one applicant as the public sees them (sections 2 and 16.4).

use crate::hex::impl_hex;

/// Size of one record in `entries.bin`.
pub const RECORD_SIZE_BYTES: usize = 64;

/// Mask published for a record whose class is hidden; its true mask stays in the commitment.
pub const HIDDEN_MASK: u16 = 0xFFFF;

/// Highest weight: an applicant counts as at most this many entries (section 7, Weights).
pub const WEIGHT_MAX: u8 = 16;

/// Highest number of places that the three flag bits can carry.
pub const PLACES_LEFT_MAX: u8 = 7;

const FLAG_HIDDEN: u8 = 0b0000_0001;
const FLAG_PLACES: u8 = 0b0000_1110;
const PLACES_SHIFT: u32 = 1;

/// Pseudonym of a person in one wave: 16 bytes that only the holder of the draw key can tie to a NIK.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryTag(pub [u8; 16]);
impl_hex!(EntryTag);

/// Pseudonym of a family card in one wave; all zero means that no card counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HouseholdTag(pub [u8; 8]);
impl_hex!(HouseholdTag);

impl HouseholdTag {
    /// No family card: such a person is never capped.
    pub const NONE: Self = Self([0; 8]);
}

/// How many times an applicant is entered, 1 to [`WEIGHT_MAX`]; the person still counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(u8);

impl Weight {
    /// One entry, the default of the programme.
    pub const ONE: Self = Self(1);

    /// Takes a weight from the outside.
    ///
    /// # Errors
    /// [`RecordError::Weight`] outside 1 to [`WEIGHT_MAX`].
    pub fn new(weight: u8) -> Result<Self, RecordError> {
        if (1..=WEIGHT_MAX).contains(&weight) {
            Ok(Self(weight))
        } else {
            Err(RecordError::Weight { weight })
        }
    }

    /// The number itself.
    pub fn get(self) -> u8 {
        self.0
    }
}

/// Why 64 bytes, or the parts given for them, are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Region codes run from 1 to 65534.
    #[error("record bytes 48-49 (region) are {region}; use a regency code from 1 to 65534")]
    Region {
        /// The refused code.
        region: u16,
    },
    /// The weight is outside its range.
    #[error("record byte 52 (weight) is {weight}; use 1 to 16")]
    Weight {
        /// The refused weight.
        weight: u8,
    },
    /// Flag bit 0 and the hidden mask must come together.
    #[error(
        "record byte 53 (flags) is {flags:#04x} with mask {mask:#06x}; set bit 0 exactly when the \
         mask is 0xffff"
    )]
    HiddenFlag {
        /// The flags byte.
        flags: u8,
        /// The published mask.
        mask: u16,
    },
    /// Flag bits 4 to 7 have no meaning in version 1.
    #[error("record byte 53 (flags) is {flags:#04x}; leave bits 4 to 7 zero")]
    FlagBits {
        /// The flags byte.
        flags: u8,
    },
    /// Places left belong to a family card.
    #[error(
        "record byte 53 (flags) gives {places_left} places left but bytes 54-61 (household) are \
         zero; give the household tag or leave bits 1 to 3 zero"
    )]
    PlacesWithoutHousehold {
        /// The places in the flags.
        places_left: u8,
    },
    /// More places than the flag bits can hold.
    #[error("{places_left} places left do not fit flag bits 1 to 3; use 0 to 7")]
    PlacesLeft {
        /// The refused number.
        places_left: u8,
    },
    /// The last two bytes are reserved.
    #[error("record bytes 62-63 (reserved) are {reserved:#06x}; leave them zero")]
    Reserved {
        /// The two bytes as a number.
        reserved: u16,
    },
}

/// Flags byte for a published mask and the places left on the family card (0 = the full cap).
///
/// # Errors
/// [`RecordError::PlacesLeft`] above [`PLACES_LEFT_MAX`].
pub fn flags(mask: u16, places_left: u8) -> Result<u8, RecordError> {
    if places_left > PLACES_LEFT_MAX {
        return Err(RecordError::PlacesLeft { places_left });
    }
    let hidden = if mask == HIDDEN_MASK { FLAG_HIDDEN } else { 0 };
    Ok(hidden | (places_left << PLACES_SHIFT))
}

/// The parts of a record, as the operator knows them before they are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordParts {
    /// Pseudonym of the person.
    pub entry_tag: EntryTag,
    /// Blinded commitment to the person and the class, see [`crate::digest::Opening`].
    pub commitment: [u8; 32],
    /// Regency code without its dot, 1 to 65534.
    pub region: u16,
    /// Trait bits, or [`HIDDEN_MASK`].
    pub mask: u16,
    /// Entries of this person.
    pub weight: Weight,
    /// Bit 0 = class hidden, bits 1 to 3 = places left; see [`flags`].
    pub flags: u8,
    /// Pseudonym of the family card.
    pub household: HouseholdTag,
}

/// One checked record: region, weight, flags and household fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record(RecordParts);

impl Record {
    /// Checks the parts against each other.
    ///
    /// # Errors
    /// The first rule of [`RecordError`] that does not hold.
    pub fn new(parts: RecordParts) -> Result<Self, RecordError> {
        let RecordParts { region, mask, flags, household, .. } = parts;
        if region == 0 || region == u16::MAX {
            return Err(RecordError::Region { region });
        }
        if flags & !(FLAG_HIDDEN | FLAG_PLACES) != 0 {
            return Err(RecordError::FlagBits { flags });
        }
        if (flags & FLAG_HIDDEN != 0) != (mask == HIDDEN_MASK) {
            return Err(RecordError::HiddenFlag { flags, mask });
        }
        let record = Self(parts);
        if household == HouseholdTag::NONE && record.places_left() != 0 {
            return Err(RecordError::PlacesWithoutHousehold { places_left: record.places_left() });
        }
        Ok(record)
    }

    /// Reads the published form: tag 16, commitment 32, region 2, mask 2, weight 1, flags 1,
    /// household 8, zero 2; numbers big-endian.
    ///
    /// # Errors
    /// [`RecordError`], naming the bytes at fault.
    pub fn from_bytes(bytes: &[u8; RECORD_SIZE_BYTES]) -> Result<Self, RecordError> {
        let mut rest = bytes.as_slice();
        let entry_tag = EntryTag(take(&mut rest));
        let commitment = take(&mut rest);
        let region = u16::from_be_bytes(take(&mut rest));
        let mask = u16::from_be_bytes(take(&mut rest));
        let [weight, flags] = take(&mut rest);
        let household = HouseholdTag(take(&mut rest));
        let reserved = u16::from_be_bytes(take(&mut rest));
        if reserved != 0 {
            return Err(RecordError::Reserved { reserved });
        }
        let weight = Weight::new(weight)?;
        Self::new(RecordParts { entry_tag, commitment, region, mask, weight, flags, household })
    }

    /// The published form, the inverse of [`Record::from_bytes`].
    pub fn to_bytes(&self) -> [u8; RECORD_SIZE_BYTES] {
        let parts = &self.0;
        let mut bytes = [0; RECORD_SIZE_BYTES];
        bytes[..16].copy_from_slice(&parts.entry_tag.0);
        bytes[16..48].copy_from_slice(&parts.commitment);
        bytes[48..50].copy_from_slice(&parts.region.to_be_bytes());
        bytes[50..52].copy_from_slice(&parts.mask.to_be_bytes());
        bytes[52] = parts.weight.get();
        bytes[53] = parts.flags;
        bytes[54..62].copy_from_slice(&parts.household.0);
        bytes
    }

    /// The checked parts.
    pub fn parts(&self) -> &RecordParts {
        &self.0
    }

    /// Place in `entries.bin`: ascending by region, then by tag; no two records share it.
    pub fn sort_key(&self) -> (u16, EntryTag) {
        (self.0.region, self.0.entry_tag)
    }

    /// Places that the family card still has in this wave; 0 means the full household cap.
    pub fn places_left(&self) -> u8 {
        (self.0.flags & FLAG_PLACES) >> PLACES_SHIFT
    }
}

/// Cuts the next field from the front; a missing byte reads as zero, which no caller can reach
/// because the field widths of the record add up to its size.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let mut field = [0; N];
    if let Some((head, tail)) = rest.split_first_chunk() {
        field = *head;
        *rest = tail;
    }
    field
}
