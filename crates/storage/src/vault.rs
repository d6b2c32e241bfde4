//! Keys, sealed identities and blind indexes.
//!
//! Envelope: each identity is sealed under a random key of its own, used once, and that key is
//! wrapped under the key-encryption key whose id stands in the value. Forgetting the wrapped key
//! erases the person. Equality goes through keyed 128-bit indexes, because a NIK is guessable and a
//! plain hash of it would hide nothing (anchors/reliability.md B6).

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, XChaCha20Poly1305, XNonce};
use domain::identity::{Email, Identity, PersonName, Phone};
use domain::ids::{AccountId, PersonId};
use domain::nik::{FamilyCard, Nik};
use hmac::{Hmac, Mac as _};
use rand_core::Rng;
use sha2::Sha256;
use time::Date;
use uuid::Uuid;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::error::StorageError;

/// First byte of a sealed identity: the layout of what is inside.
const IDENTITY_LAYOUT: u8 = 1;
/// Bytes of the nonce of a wrapped key: long enough to be random for any number of keys.
const NONCE_BYTES: usize = 24;
/// Bytes of a wrapped key: id, nonce, key, tag.
const WRAPPED_BYTES: usize = 2 + NONCE_BYTES + 32 + 16;

/// Randomness that one sealing consumes; never used twice. Drawn ahead, so that a batch can be sealed
/// on all cores from one source.
#[derive(ZeroizeOnDrop)]
pub struct SealRandom {
    key: [u8; 32],
    nonce: [u8; NONCE_BYTES],
}

impl SealRandom {
    /// Draws it.
    pub fn draw(rng: &mut (impl Rng + ?Sized)) -> Self {
        let mut random = Self { key: [0; 32], nonce: [0; NONCE_BYTES] };
        rng.fill_bytes(&mut random.key);
        rng.fill_bytes(&mut random.nonce);
        random
    }
}

impl std::fmt::Debug for SealRandom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealRandom(***)")
    }
}

/// The secrets of an installation. Lives in files of its own, never in the database or its dumps.
#[derive(Clone, ZeroizeOnDrop)]
pub struct KeyRing {
    key_id: u16,
    wrapping: [u8; 32],
    index: [u8; 32],
    retired: Option<RetiredKey>,
}

/// The wrapping key before the present one: it opens what is not wrapped anew yet, and seals nothing.
#[derive(Clone, ZeroizeOnDrop)]
pub(crate) struct RetiredKey {
    pub(crate) key_id: u16,
    pub(crate) wrapping: [u8; 32],
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyRing(id {}, ***)", self.key_id)
    }
}

/// An identity as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedIdentity {
    /// Key of this identity, wrapped: key id, nonce, sealed key.
    pub wrapped_key: Vec<u8>,
    /// The identity under that key.
    pub sealed: Vec<u8>,
}

impl std::fmt::Debug for SealedIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedIdentity(***)")
    }
}

/// The address of an account as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedContact {
    /// Key of this address, wrapped: key id, nonce, sealed key.
    pub wrapped_key: Vec<u8>,
    /// The address under that key.
    pub sealed: Vec<u8>,
}

impl std::fmt::Debug for SealedContact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedContact(***)")
    }
}

/// To whom the key of an account's address belongs in its sealed form.
pub fn contact_owner(account: AccountId) -> Vec<u8> {
    [b"account".as_slice(), account.uuid().as_bytes()].concat()
}

impl KeyRing {
    /// Puts a ring together from its parts.
    pub const fn new(key_id: u16, wrapping: [u8; 32], index: [u8; 32]) -> Self {
        Self { key_id, wrapping, index, retired: None }
    }

    /// The same ring with the wrapping key that it had before.
    pub(crate) fn with_retired(mut self, retired: Option<RetiredKey>) -> Self {
        self.retired = retired;
        self
    }

    pub(crate) const fn retired(&self) -> Option<&RetiredKey> {
        self.retired.as_ref()
    }

    /// A ring with a fresh wrapping key, beside which the present one is retired. Blind indexes stay.
    pub(crate) fn rotated(&self, rng: &mut (impl Rng + ?Sized)) -> Self {
        let retired = RetiredKey { key_id: self.key_id, wrapping: self.wrapping };
        let mut ring = self.clone().with_retired(Some(retired));
        ring.key_id = self.key_id.saturating_add(1);
        rng.fill_bytes(&mut ring.wrapping);
        ring
    }

    /// A ring of fresh random keys with id 1.
    pub fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        let mut ring = Self::new(1, [0; 32], [0; 32]);
        rng.fill_bytes(&mut ring.wrapping);
        rng.fill_bytes(&mut ring.index);
        ring
    }

    /// Id of the wrapping key in use.
    pub const fn key_id(&self) -> u16 {
        self.key_id
    }

    /// The secrets as written to the key files: wrapping key, index key.
    pub(crate) const fn secrets(&self) -> (&[u8; 32], &[u8; 32]) {
        (&self.wrapping, &self.index)
    }

    fn keyed_digest(&self, label: &str, text: &[u8]) -> [u8; 32] {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.index).expect("any length");
        mac.update(label.as_bytes());
        mac.update(&[0]);
        mac.update(text);
        mac.finalize().into_bytes().into()
    }

    fn blind_index(&self, label: &str, text: &[u8]) -> Uuid {
        let digest = self.keyed_digest(label, text);
        Uuid::from_bytes(*digest.first_chunk().unwrap_or(&[0; 16]))
    }

    /// Index for equality on a person number.
    pub fn nik_index(&self, nik: &Nik) -> Uuid {
        self.blind_index("nik", nik.expose())
    }

    /// Index for equality on a family card.
    pub fn kk_index(&self, card: &FamilyCard) -> Uuid {
        self.blind_index("kk", card.expose())
    }

    /// Index for equality on the e-mail address of an account; upper and lower case are the same address.
    pub fn email_index(&self, email: &Email) -> Uuid {
        self.blind_index("email", email.expose().to_lowercase().as_bytes())
    }

    /// Index for equality of what a client asked for under a key.
    pub fn request_index(&self, act: &str, request: &[u8]) -> Uuid {
        self.blind_index(act, request)
    }

    /// The id of a person whose registration brings none of its own: the same for the same NIK, whatever
    /// file or day it comes with, and another value than the index it is made from.
    pub fn person_id(&self, nik_index: Uuid) -> PersonId {
        let derived = self.blind_index("person", nik_index.as_bytes());
        PersonId::from_uuid(uuid::Builder::from_custom_bytes(derived.into_bytes()).into_uuid())
    }

    /// The key that signs places in the waiting room.
    pub fn waiting_room_key(&self) -> [u8; 32] {
        self.keyed_digest("waiting room", b"")
    }

    /// A value that shows which ring a database was filled with, and nothing about its keys: the
    /// wrapping key under the index key.
    pub fn check_value(&self) -> [u8; 32] {
        self.keyed_digest("ring", &self.wrapping)
    }

    /// The check value of the retired key.
    pub(crate) fn retired_check_value(&self) -> Option<[u8; 32]> {
        self.retired.as_ref().map(|retired| self.keyed_digest("ring", &retired.wrapping))
    }

    /// The wrapping key of this id, if the ring has it.
    fn wrapping_of(&self, key_id: u16) -> Option<&[u8; 32]> {
        if key_id == self.key_id {
            return Some(&self.wrapping);
        }
        self.retired.as_ref().filter(|key| key.key_id == key_id).map(|key| &key.wrapping)
    }

    /// Wraps anew what lies under the retired key; `None` if it lies under the present one already.
    ///
    /// # Errors
    /// As [`KeyRing::unwrap`].
    pub fn rewrap(
        &self,
        owner: &[u8],
        wrapped: &[u8],
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Option<Vec<u8>>, StorageError> {
        if wrapped.starts_with(&self.key_id.to_be_bytes()) {
            return Ok(None);
        }
        self.wrap(owner, &self.unwrap(owner, wrapped)?, nonce).map(Some)
    }

    /// Seals a secret that belongs to `owner`, under the wrapping key.
    ///
    /// # Errors
    /// [`StorageError::Unsealable`] never in practice: the cipher refuses only absurd lengths.
    pub fn wrap(
        &self,
        owner: &[u8],
        secret: &[u8],
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Vec<u8>, StorageError> {
        let sealed = XChaCha20Poly1305::new(&self.wrapping.into())
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: owner })
            .map_err(|_| StorageError::Unsealable)?;
        let mut out = Vec::with_capacity(26_usize.saturating_add(sealed.len()));
        out.extend_from_slice(&self.key_id.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what [`KeyRing::wrap`] sealed for the same owner.
    ///
    /// # Errors
    /// [`StorageError::Unsealable`] for another key id, another owner or changed bytes.
    pub fn unwrap(&self, owner: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, StorageError> {
        let (id, rest) = wrapped.split_first_chunk::<2>().ok_or(StorageError::Unsealable)?;
        let (nonce, sealed) =
            rest.split_first_chunk::<NONCE_BYTES>().ok_or(StorageError::Unsealable)?;
        let wrapping = self.wrapping_of(u16::from_be_bytes(*id));
        let wrapping = wrapping.ok_or(StorageError::Unsealable)?;
        XChaCha20Poly1305::new(wrapping.into())
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: owner })
            .map(Zeroizing::new)
            .map_err(|_| StorageError::Unsealable)
    }

    /// Seals an identity for its person under a fresh key.
    ///
    /// # Errors
    /// As [`KeyRing::wrap`].
    pub fn seal(
        &self,
        person: PersonId,
        identity: &Identity,
        random: &SealRandom,
    ) -> Result<SealedIdentity, StorageError> {
        let mut plain = identity_encode(identity);
        let (wrapped_key, sealed) = self.seal_bytes(person.uuid().as_bytes(), &plain, random)?;
        plain.zeroize();
        Ok(SealedIdentity { wrapped_key, sealed })
    }

    /// Seals the address of an account under a fresh key.
    ///
    /// # Errors
    /// As [`KeyRing::wrap`].
    pub fn seal_contact(
        &self,
        account: AccountId,
        email: &Email,
        random: &SealRandom,
    ) -> Result<SealedContact, StorageError> {
        let plain = email.expose().as_bytes();
        let (wrapped_key, sealed) = self.seal_bytes(&contact_owner(account), plain, random)?;
        Ok(SealedContact { wrapped_key, sealed })
    }

    /// Opens the address of an account.
    ///
    /// # Errors
    /// [`StorageError::Unsealable`] for a wrong key, another account's row or changed bytes.
    pub fn open_contact(
        &self,
        account: AccountId,
        contact: &SealedContact,
    ) -> Result<Email, StorageError> {
        let owner = contact_owner(account);
        let plain = self.open_bytes(&owner, &contact.wrapped_key, &contact.sealed)?;
        let text = std::str::from_utf8(&plain).ok();
        text.and_then(|text| Email::parse(text).ok()).ok_or(StorageError::Unsealable)
    }

    /// The wrapped key and the text under it.
    pub(crate) fn seal_bytes(
        &self,
        owner: &[u8],
        plain: &[u8],
        SealRandom { key, nonce }: &SealRandom,
    ) -> Result<(Vec<u8>, Vec<u8>), StorageError> {
        let wrapped_key = self.wrap(owner, key, *nonce)?;
        // The nonce may be constant: this key seals exactly one text, a correction takes a new key.
        let sealed = ChaCha20Poly1305::new(key.into())
            .encrypt(&Nonce::default(), Payload { msg: plain, aad: owner })
            .map_err(|_| StorageError::Unsealable)?;
        Ok((wrapped_key, sealed))
    }

    /// Opens a person's identity.
    ///
    /// # Errors
    /// [`StorageError::Unsealable`] for a wrong key, another person's row or changed bytes.
    pub fn open(
        &self,
        person: PersonId,
        wrapped_key: &[u8],
        sealed: &[u8],
    ) -> Result<Identity, StorageError> {
        let plain = self.open_bytes(person.uuid().as_bytes(), wrapped_key, sealed)?;
        identity_decode(&plain).ok_or(StorageError::Unsealable)
    }

    pub(crate) fn open_bytes(
        &self,
        owner: &[u8],
        wrapped_key: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StorageError> {
        if wrapped_key.len() != WRAPPED_BYTES {
            return Err(StorageError::Unsealable);
        }
        let key = self.unwrap(owner, wrapped_key)?;
        let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| StorageError::Unsealable)?;
        ChaCha20Poly1305::new(key.into())
            .decrypt(&Nonce::default(), Payload { msg: sealed, aad: owner })
            .map(Zeroizing::new)
            .map_err(|_| StorageError::Unsealable)
    }
}

/// The plain bytes of an identity, to be sealed: layout byte, NIK, card, Julian day of birth, then name,
/// phone and e-mail each after its length.
pub fn identity_encode(identity: &Identity) -> Vec<u8> {
    let texts = [identity.name.expose(), identity.phone.expose(), identity.email.expose()];
    let mut out = Vec::with_capacity(160);
    out.push(IDENTITY_LAYOUT);
    out.extend_from_slice(identity.nik.expose());
    out.extend_from_slice(identity.family_card.expose());
    out.extend_from_slice(&identity.born_on.to_julian_day().to_be_bytes());
    for text in texts {
        // The domain bounds every text below 255 bytes.
        out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(text.as_bytes());
    }
    out
}

/// The inverse of [`identity_encode`]; `None` for anything else.
pub fn identity_decode(plain: &[u8]) -> Option<Identity> {
    let (layout, rest) = plain.split_first()?;
    let (nik, rest) = rest.split_first_chunk::<16>()?;
    let (card, rest) = rest.split_first_chunk::<16>()?;
    let (day, mut rest) = rest.split_first_chunk::<4>()?;
    let mut text = || {
        let (length, tail) = rest.split_first()?;
        let (text, tail) = tail.split_at_checked(usize::from(*length))?;
        rest = tail;
        std::str::from_utf8(text).ok()
    };
    let (name, phone, email) = (text()?, text()?, text()?);
    (*layout == IDENTITY_LAYOUT).then_some(())?;
    Some(Identity {
        nik: Nik::parse(std::str::from_utf8(nik).ok()?).ok()?,
        family_card: FamilyCard::parse(std::str::from_utf8(card).ok()?).ok()?,
        name: PersonName::parse(name).ok()?,
        born_on: Date::from_julian_day(i32::from_be_bytes(*day)).ok()?,
        phone: Phone::parse(phone).ok()?,
        email: Email::parse(email).ok()?,
    })
}
