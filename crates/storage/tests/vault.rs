//! The vault: what is sealed opens for its owner under its ring alone, and nothing of it prints.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use domain::identity::{Email, Identity, PersonName, Phone};
use domain::ids::{AccountId, PersonId};
use domain::nik::{FamilyCard, Nik};
use domain::time::Timestamp;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use storage::error::StorageError;
use storage::keys::{KeyFileError, OpenedKeys};
use storage::memberships::{JoinRecord, JoinRequest};
use storage::persons::{NewPerson, PersonRows};
use storage::vault::{KeyRing, SealRandom, SealedIdentity};
use time::Date;

/// Parts of the canary that must never print. The last four digits of a number may.
const SECRETS: [&str; 6] =
    ["157101450899", "157101999999", "Kenari", "812555", "kenari", "1999-08-05"];

fn person(byte: u8) -> PersonId {
    PersonId::at(Timestamp::from_micros(1_600_000_000_000_000), [byte; 10])
}

fn ring(seed: u64) -> KeyRing {
    KeyRing::generate(&mut ChaCha8Rng::seed_from_u64(seed))
}

fn random(seed: u64) -> SealRandom {
    SealRandom::draw(&mut ChaCha8Rng::seed_from_u64(seed))
}

fn canary() -> Identity {
    Identity {
        nik: Nik::parse("1571014508990001").unwrap(),
        family_card: FamilyCard::parse("1571019999990002").unwrap(),
        name: PersonName::parse("Kenari Kuning").unwrap(),
        born_on: Date::from_calendar_date(1999, time::Month::August, 5).unwrap(),
        phone: Phone::parse("+6281255512345").unwrap(),
        email: Email::parse("kenari@contoh.id").unwrap(),
    }
}

fn open(ring: &KeyRing, owner: PersonId, sealed: &SealedIdentity) -> Option<Identity> {
    match ring.open(owner, &sealed.wrapped_key, &sealed.sealed) {
        Ok(identity) => Some(identity),
        Err(StorageError::Unsealable) => None,
        Err(other) => panic!("an opening fails in one way only: {other}"),
    }
}

/// Goal: a derived id is the same for the same NIK under one ring only, and is not the index it comes from.
/// Method: two NIKs under two rings.
#[test]
fn derived_ids_follow_the_nik_and_the_ring() {
    let index = |ring: &KeyRing, nik: &str| ring.nik_index(&Nik::parse(nik).unwrap());
    let (one, other) = ("1571014508990001", "1571014508990002");
    let id = |seed, nik| ring(seed).person_id(index(&ring(seed), nik));
    assert_eq!(id(1, one), id(1, one));
    assert_ne!(id(1, one), id(1, other));
    assert_ne!(id(1, one), id(2, one));
    assert_ne!(id(1, one).uuid(), index(&ring(1), one));
    assert_eq!(id(1, one).uuid().get_version_num(), 8, "RFC 9562: of a form of its own");
}

/// Goal: an address opens for its account under its ring alone, and prints nowhere. Method: another ring,
/// another account, a person of the same id, and each byte changed.
#[test]
fn addresses_open_for_their_account() {
    let address = canary().email;
    let account = AccountId::from_uuid(person(1).uuid());
    let sealed = ring(1).seal_contact(account, &address, &random(1)).unwrap();
    assert_eq!(ring(1).open_contact(account, &sealed).unwrap(), address);
    assert!(ring(2).open_contact(account, &sealed).is_err());
    let other = AccountId::from_uuid(person(2).uuid());
    assert!(ring(1).open_contact(other, &sealed).is_err());
    let as_identity =
        SealedIdentity { wrapped_key: sealed.wrapped_key.clone(), sealed: sealed.sealed.clone() };
    assert!(open(&ring(1), person(1), &as_identity).is_none());
    for at in 0..sealed.sealed.len() {
        let mut changed = sealed.clone();
        changed.sealed[at] ^= 1;
        assert!(ring(1).open_contact(account, &changed).is_err(), "byte {at}");
    }
    assert!(!format!("{sealed:?}").contains("kenari"));
}

/// Every text the domain accepts, shapes and lengths at random.
fn identities() -> impl Strategy<Value = Identity> {
    let name = "\\PC{1,25}".prop_filter_map("a name", |text| PersonName::parse(&text).ok());
    (
        "[0-9]{16}",
        "[0-9]{16}",
        name,
        Date::MIN.to_julian_day()..=Date::MAX.to_julian_day(),
        "\\+62[0-9]{8,13}",
        "[a-z]{1,60}@[a-z]{1,60}\\.id",
    )
        .prop_map(|(nik, card, name, day, phone, email)| Identity {
            nik: Nik::parse(&nik).unwrap(),
            family_card: FamilyCard::parse(&card).unwrap(),
            name,
            born_on: Date::from_julian_day(day).unwrap(),
            phone: Phone::parse(&phone).unwrap(),
            email: Email::parse(&email).unwrap(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Seals any identity for any person and reads the same one back, never in clear on the way.
    #[test]
    fn round_trip(identity in identities(), owner: u8, seed: u64) {
        let ring = ring(seed);
        let sealed = ring.seal(person(owner), &identity, &random(seed ^ 1)).unwrap();
        let stored = [sealed.wrapped_key.clone(), sealed.sealed.clone()].concat();
        prop_assert!(!stored.windows(16).any(|part| part == identity.nik.expose()));
        prop_assert_eq!(open(&ring, person(owner), &sealed), Some(identity));
    }
}

/// Seals the longest texts the domain accepts: their lengths must fit the layout.
#[test]
fn longest_texts() {
    let identity = Identity {
        name: PersonName::parse(&"é".repeat(50)).unwrap(),
        phone: Phone::parse("+621234567890123").unwrap(),
        email: Email::parse(&format!("{}@contoh.id", "x".repeat(244))).unwrap(),
        ..canary()
    };
    let sealed = ring(1).seal(person(1), &identity, &random(2)).unwrap();
    assert_eq!(open(&ring(1), person(1), &sealed), Some(identity));
}

/// Opens a sealed identity with one thing wrong at a time: owner, ring, either key, key id, or the
/// parts of two rows mixed up; each is refused.
#[test]
fn only_the_owner_under_the_ring() {
    let good = ring(1);
    let sealed = good.seal(person(1), &canary(), &random(2)).unwrap();
    assert_eq!(open(&good, person(1), &sealed), Some(canary()));
    assert_eq!(open(&good, person(2), &sealed), None, "another person's row");
    assert_eq!(open(&ring(3), person(1), &sealed), None, "another ring");
    let keys = ([7; 32], [8; 32]);
    let first = KeyRing::new(1, keys.0, keys.1);
    let sealed = first.seal(person(1), &canary(), &random(2)).unwrap();
    assert_eq!(open(&KeyRing::new(1, keys.0, [9; 32]), person(1), &sealed), Some(canary()));
    assert_eq!(open(&KeyRing::new(1, [9; 32], keys.1), person(1), &sealed), None, "wrapping key");
    assert_eq!(open(&KeyRing::new(2, keys.0, keys.1), person(1), &sealed), None, "key id");
    let again = first.seal(person(1), &canary(), &random(4)).unwrap();
    assert_ne!(again, sealed, "each sealing has its own randomness");
    let mixed = SealedIdentity { wrapped_key: again.wrapped_key, sealed: sealed.sealed };
    assert_eq!(open(&first, person(1), &mixed), None, "parts of two sealings");
}

/// Flips every single bit, cuts at every length and adds a byte, in both parts: nothing opens.
#[test]
fn changed_bytes() {
    let ring = ring(1);
    let sealed = ring.seal(person(1), &canary(), &random(2)).unwrap();
    let mut parts = [sealed.wrapped_key.clone(), sealed.sealed.clone()];
    for part in 0..parts.len() {
        let whole = parts[part].clone();
        let flipped = (0..whole.len() * 8).map(|bit| {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        });
        let cut = (0..whole.len()).map(|length| whole[..length].to_vec());
        let longer = [whole.clone(), vec![0]].concat();
        for (case, changed) in flipped.chain(cut).chain([longer]).enumerate() {
            parts[part] = changed;
            let changed =
                SealedIdentity { wrapped_key: parts[0].clone(), sealed: parts[1].clone() };
            assert_eq!(open(&ring, person(1), &changed), None, "part {part}, case {case}");
        }
        parts[part] = whole;
    }
}

/// Wraps a secret of a wave: only the same owner opens it, and short values are refused, not read.
#[test]
fn wrapped_secrets() {
    let ring = ring(1);
    let wrapped = ring.wrap(b"wave 1", b"secret", [3; 24]).unwrap();
    assert_eq!(ring.unwrap(b"wave 1", &wrapped).unwrap().as_slice(), b"secret");
    for (owner, wrapped) in
        [(&b"wave 2"[..], &wrapped[..]), (b"wave 1", b""), (b"wave 1", b"\0\x01")]
    {
        assert!(matches!(ring.unwrap(owner, wrapped), Err(StorageError::Unsealable)));
    }
}

/// Indexes equal numbers alike, and differ between numbers, kinds of number and index keys; the wrapping
/// key has no part in them, so that it can be exchanged.
#[test]
fn blind_indexes() {
    let number = |text: &str| (Nik::parse(text).unwrap(), FamilyCard::parse(text).unwrap());
    let ((nik, card), (other_nik, other_card)) =
        (number("1571014508990001"), number("1571014508990002"));
    let ring = KeyRing::new(1, [1; 32], [2; 32]);
    let same_index_key = KeyRing::new(2, [3; 32], [2; 32]);
    let other_index_key = KeyRing::new(1, [1; 32], [4; 32]);
    assert_eq!(ring.nik_index(&nik), same_index_key.nik_index(&nik));
    assert_eq!(ring.kk_index(&card), same_index_key.kk_index(&card));
    let mut all = vec![
        ring.nik_index(&nik),
        ring.nik_index(&other_nik),
        ring.kk_index(&card),
        ring.kk_index(&other_card),
        other_index_key.nik_index(&nik),
        other_index_key.kk_index(&card),
    ];
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 6, "different numbers, kinds and keys never share an index");
}

/// Tells rings apart by either key, without showing them.
#[test]
fn check_values() {
    let values = [[1, 2], [1, 3], [4, 2]]
        .map(|[wrapping, index]| KeyRing::new(1, [wrapping; 32], [index; 32]).check_value());
    assert!(values[0] != values[1] && values[0] != values[2] && values[1] != values[2]);
    assert_eq!(values[0], KeyRing::new(9, [1; 32], [2; 32]).check_value());
}

/// Prints every type and error of the vault, of registering and of joining while each holds the canary:
/// no part of it and no key byte shows.
#[test]
fn nothing_personal_prints() {
    let ring = KeyRing::new(1, [0x5a; 32], [0x6b; 32]);
    let identity = canary();
    let sealed = ring.seal(person(1), &identity, &random(2)).unwrap();
    let request = JoinRequest { person_id: person(1), joined_at: Timestamp::from_micros(1) };
    let new_person = NewPerson {
        person_id: person(1),
        registered_at: Timestamp::from_micros(1),
        sex: domain::nik::Sex::Woman,
        education: domain::funnel::Education::Bachelor,
        employment: domain::identity::Employment::JobSeeker,
        region: domain::region::RegionCode::new(1571).unwrap(),
        birth_year: 1999,
        disability: false,
        nik_index: ring.nik_index(&identity.nik),
        kk_index: ring.kk_index(&identity.family_card),
        identity: sealed.clone(),
        findings: Vec::new(),
    };
    let record = JoinRecord {
        request,
        region: new_person.region,
        sex: new_person.sex,
        education: new_person.education,
        kk_index: new_person.kk_index,
        identity: sealed.clone(),
        grants: 0,
        revoked: false,
        household_places_taken: 0,
        joins_before: 0,
        member: false,
        withdrawn: false,
    };
    let mut rows = PersonRows::default();
    rows.push(&new_person);
    let wrong = ring.open(person(2), &sealed.wrapped_key, &sealed.sealed).unwrap_err();
    let errors: [&dyn std::error::Error; 2] =
        [&wrong, &KeyFileError::Damaged { path: "keys/key-ring.txt".into() }];
    let opened = OpenedKeys {
        ring: ring.clone(),
        path: "keys".into(),
        is_first_use: true,
        is_new_key: true,
    };
    let mut printed = format!(
        "{identity:?} {ring:?} {:?} {sealed:?} {new_person:?} {record:?} {rows:?} {opened:?}",
        random(2)
    );
    for error in errors {
        printed.push_str(&format!(" {error:?} {error}"));
    }
    for secret in SECRETS.iter().chain(&["5a5a", "6b6b", "90, 90", "107, 107"]) {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
    let bytes = format!("{:?}", sealed.sealed);
    assert!(!printed.contains(bytes.trim_matches(['[', ']'])), "sealed bytes in {printed}");
}
