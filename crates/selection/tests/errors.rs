//! What is refused, and how the refusal reads.
#![expect(clippy::unwrap_used, reason = "a broken fixture must stop the test")]

use selection::apportion::{Claim, TOTAL_MAX, sainte_lague};
use selection::digest::{DrawKey, Seed, WaveContext};
use selection::draw::RegionDraw;
use selection::record::{
    EntryTag, HIDDEN_MASK, HouseholdTag, RECORD_SIZE_BYTES, Record, RecordParts, Weight, flags,
};
use selection::roll::RollHasher;

/// A plain record of region 1571 whose tag ends in `tag`.
fn parts(tag: u8) -> RecordParts {
    RecordParts {
        entry_tag: EntryTag([[0; 15].as_slice(), &[tag]].concat().try_into().unwrap()),
        commitment: [9; 32],
        region: 1571,
        mask: 5,
        weight: Weight::ONE,
        flags: 0,
        household: HouseholdTag([3; 8]),
    }
}

fn record(parts: RecordParts) -> Record {
    Record::new(parts).unwrap()
}

/// Goal: bytes outside the format are refused by name; method: set one byte of a good record at a
/// time and look for the words.
#[test]
fn record_bytes_out_of_range() {
    let check = |changes: &[(usize, u8)], expected: &str| {
        let mut bytes: [u8; RECORD_SIZE_BYTES] = record(parts(1)).to_bytes();
        for &(at, value) in changes {
            bytes[at] = value;
        }
        let error = Record::from_bytes(&bytes).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    check(&[(48, 0), (49, 0)], "record bytes 48-49 (region) are 0;");
    check(&[(48, 0xFF), (49, 0xFF)], "record bytes 48-49 (region) are 65535;");
    check(&[(52, 0)], "record byte 52 (weight) is 0;");
    check(&[(52, 17)], "record byte 52 (weight) is 17;");
    check(&[(53, 0x10)], "record byte 53 (flags) is 0x10;");
    check(&[(53, 0x01)], "record byte 53 (flags) is 0x01 with mask 0x0005;");
    check(&[(50, 0xFF), (51, 0xFF)], "record byte 53 (flags) is 0x00 with mask 0xffff;");
    check(&[(62, 1)], "record bytes 62-63 (reserved) are 0x0100;");
    check(&[(63, 1)], "record bytes 62-63 (reserved) are 0x0001;");
    let no_card: Vec<(usize, u8)> = (54..62).map(|at| (at, 0)).chain([(53, 0x02)]).collect();
    check(&no_card, "record byte 53 (flags) gives 1 places left but bytes 54-61 (household)");
}

/// Goal: flags carry visibility and places; method: write each combination and read it back.
#[test]
fn flags_round_trip() {
    for mask in [0, 5, HIDDEN_MASK] {
        for places_left in 0..=7 {
            let flags = flags(mask, places_left).unwrap();
            let record = record(RecordParts { mask, flags, ..parts(1) });
            assert_eq!(record.places_left(), places_left);
            assert_eq!(Record::from_bytes(&record.to_bytes()), Ok(record));
        }
    }
    assert!(flags(0, 8).unwrap_err().to_string().contains("use 0 to 7"));
}

/// Goal: a roll must ascend; method: repeat or swap its last record and look for index and advice;
/// a refused record leaves the digest as it was.
#[test]
fn roll_order() {
    let check = |tags: &[u8], expected: &str| {
        let (mut roll, mut accepted) = (RollHasher::new(), RollHasher::new());
        let (last, first) = tags.split_last().unwrap();
        for &tag in first {
            roll.push(&record(parts(tag))).unwrap();
            accepted.push(&record(parts(tag))).unwrap();
        }
        let error = roll.push(&record(parts(*last))).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(roll.finish(), accepted.finish());
    };
    check(&[1, 2, 2], "record 2 repeats region 1571, entry 00000000000000000000000000000002;");
    check(&[1, 3, 2], "record 2 (region 1571, entry 00000000000000000000000000000002) is smaller");
    let mut roll = RollHasher::new();
    roll.push(&record(RecordParts { region: 1572, ..parts(1) })).unwrap();
    assert!(roll.push(&record(parts(9))).is_err(), "regions ascend before tags");
}

/// Goal: a region that cannot be drawn says why; method: one fault at a time.
#[test]
fn draw_faults() {
    let check = |cap: u8, seats: u32, records: &[RecordParts], expected: &str| {
        let records: Vec<Record> = records.iter().copied().map(record).collect();
        let mut draw = RegionDraw::new(&Seed::from_bytes([1; 32]), cap);
        let error = draw.draw(1571, seats, &records).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    let places = |tag, places| RecordParts { flags: flags(5, places).unwrap(), ..parts(tag) };
    let elsewhere = RecordParts { region: 1572, ..parts(2) };
    check(0, 1, &[parts(1), elsewhere], "record 1 is of region 1572, not 1571;");
    check(0, 3, &[parts(1), parts(2)], "region 1571 has 3 seats but only 2 people in play;");
    check(1, 2, &[parts(1), parts(2)], "region 1571 has 2 seats but only 1 people in play;");
    check(
        0,
        1,
        &[parts(1), parts(2), parts(1)],
        "region 1571 has entry 00000000000000000000000000000001 more",
    );
    check(
        2,
        1,
        &[parts(1), places(2, 2)],
        "record 1 of region 1571 has 2 places left under a household cap of 2;",
    );
    check(
        0,
        1,
        &[places(1, 1)],
        "record 0 of region 1571 has 1 places left under a household cap of 0;",
    );
    check(
        3,
        1,
        &[places(1, 2), places(2, 1)],
        "household 0303030303030303 of region 1571 has records with",
    );
}

/// Goal: claims that contradict themselves are refused; method: one fault at a time.
#[test]
fn apportion_faults() {
    let claim = |code, start, cap| Claim { code, weight: 1, start, cap };
    let check = |total: u64, claims: &[Claim], expected: &str| {
        let error = sainte_lague(total, claims).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    check(9, &[claim(7, 3, 2)], "claim 7 starts with 3 seats but takes at most 2;");
    check(9, &[claim(7, 0, 2), claim(7, 1, 2)], "claim code 7 appears twice;");
    check(9, &[claim(1, 5, 5), claim(2, 5, 5)], "the starts add up to 10 seats but only 9 exist;");
    let most = u64::MAX;
    check(
        9,
        &[claim(1, most, most), claim(2, most, most)],
        "the starts add up to 36893488147419103230",
    );
    check(TOTAL_MAX + 1, &[], "9223372036854775808 seats are too many");
}

/// Goal: only printable programme names, and no secret in a log; method: refused names, and the
/// `Debug` text of a key.
#[test]
fn names_and_secrets() {
    for name in ["", "é", "two\nlines", &"x".repeat(65)] {
        let error = WaveContext::new(name, 1, &[0; 32]).unwrap_err().to_string();
        assert!(error.contains("use 1 to 64 printable ASCII"), "{error}");
    }
    assert!(WaveContext::new(&"x".repeat(64), 1, &[0; 32]).is_ok());
    assert_eq!(format!("{:?}", DrawKey::from_bytes([7; 32])), "DrawKey(masked)");
}
