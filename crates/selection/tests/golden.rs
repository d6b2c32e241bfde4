//! The specification's vectors: section 1, section 5 and the golden waves, byte for byte.
#![expect(clippy::unwrap_used, reason = "a broken fixture must stop the test")]

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use selection::apportion::{Claim, sainte_lague};
use selection::beacon::{BeaconSchedule, SIGNATURE_SIZE_BYTES, TestBeacon, randomness};
use selection::digest::{DrawKey, NO_CONTRIBUTIONS, Opening, Seed, SeedSource, WaveContext};
use selection::draw::{Outcome, RegionDraw};
use selection::record::{
    EntryTag, HouseholdTag, RECORD_SIZE_BYTES, Record, RecordParts, Weight, flags,
};
use selection::roll::RollHasher;
use selection::ticket::Ticketer;
use sha2::{Digest, Sha256};

const QUICKNET_HASH: &str = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";
const ROUND_123: &str = "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d4376548\
                         2e26cd02df835d3546d23c4b13e0dfc92";

fn unhex<const N: usize>(text: &str) -> [u8; N] {
    assert_eq!(text.len(), 2 * N, "{text}");
    std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect()
}

fn sha(text: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// One wave's published files.
struct Wave {
    folder: String,
    plan: String,
    seed: String,
    ctx: WaveContext,
    records: Vec<Record>,
}

impl Wave {
    fn load(folder: &str, programme: &str, wave: u32) -> Self {
        let folder = format!("{}/tests/golden/{folder}", env!("CARGO_MANIFEST_DIR"));
        let read = |name: &str| std::fs::read(format!("{folder}/{name}")).unwrap();
        let text = |name: &str| String::from_utf8(read(name)).unwrap();
        let entries = read("entries.bin");
        let (records, rest) = entries.as_chunks::<RECORD_SIZE_BYTES>();
        assert!(rest.is_empty());
        Self {
            plan: text("plan.json"),
            seed: text("seed.json"),
            ctx: WaveContext::new(programme, wave, &sha(read("policy.json"))).unwrap(),
            records: records.iter().map(|bytes| Record::from_bytes(bytes).unwrap()).collect(),
            folder,
        }
    }

    fn all() -> [Self; 3] {
        [
            Self::load("01", "golden", 1),
            Self::load("02", "golden-pools", 2),
            Self::load("03", "golden-house", 7),
        ]
    }

    fn lines(&self, file: &str) -> Vec<String> {
        let text = std::fs::read_to_string(format!("{}/{file}", self.folder)).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn seed(&self) -> Seed {
        Seed::from_bytes(unhex(field(&self.seed, "seed")))
    }
}

/// Value of the last `"name":` in canonical JSON without the quotes.
fn field<'a>(json: &'a str, name: &str) -> &'a str {
    let (_, rest) = json.rsplit_once(&format!("\"{name}\":")).unwrap();
    rest.split([',', '}']).next().unwrap().trim_matches('"')
}

/// Goal: section 1's vector holds; method: recompute every line of it from the named inputs.
#[test]
fn section_1_vector() {
    let ctx = WaveContext::new("prakerja", 72, &sha("example policy")).unwrap();
    assert_eq!(ctx.to_string(), "7e60874f0fd4c85b00b9c91f134f8fc71afd3b0bc47259cc70fcf65d6c6d62b2");
    let random = randomness(&unhex(ROUND_123));
    assert_eq!(hex(&random), "fb8f7bc29bf24db51871ec8c79f3a1e4bd0557bc0dfcee9ed1d924e69d1c60dc");
    let source = SeedSource {
        chain_hash: &unhex(QUICKNET_HASH),
        round: 123,
        randomness: &random,
        contrib_digest: &NO_CONTRIBUTIONS,
    };
    let seed = Seed::derive(&ctx, &source);
    assert_eq!(
        seed.to_string(),
        "59af34dc691375df89da8f7db64dff068466fd377203a22e74cebc00ea4f37f8"
    );
    let key = DrawKey::from_bytes(std::array::from_fn(|at| at as u8));
    let nik_digits = b"3171234567890123";
    let entry_tag = key.entry_tag(&ctx, nik_digits);
    assert_eq!(entry_tag.to_string(), "248879705c3ac001c062a6add9f1285b");
    let opening = Opening {
        blinding: &std::array::from_fn(|at| 0x20 + at as u8),
        entry_tag,
        region: 137,
        mask: 5,
        weight: Weight::ONE,
        flags: 0,
        nik_digits,
    };
    let commitment = ctx.commitment(&opening);
    assert_eq!(
        hex(&commitment),
        "aa61767feab71fc3a771b8015191ec7d8846f92f57459b83746d46bb31062795"
    );
    let record = Record::new(RecordParts {
        entry_tag,
        commitment,
        region: 137,
        mask: 5,
        weight: Weight::ONE,
        flags: 0,
        household: HouseholdTag::NONE,
    })
    .unwrap();
    let leaf = sha([&[0], record.to_bytes().as_slice()].concat());
    assert_eq!(hex(&leaf), "7bf2117154dfe414d59423eddd77b02a2147ad03f9d495a7b3c41f468bb5f0de");
    assert_eq!(
        Ticketer::new(&seed).ticket(&entry_tag, Weight::ONE).to_string(),
        "55f8e8fa0aeffacebb27b7ad59e763c06b0aae06faab9ddba1067bde946a743c"
    );
}

/// Goal: draw times and rounds agree as in section 5; method: the published pair and its neighbours.
#[test]
fn rounds_follow_the_clock() {
    let quicknet = BeaconSchedule::new(1_692_803_367, 3).unwrap();
    let draw_at = 1_764_547_200; // 2025-12-01T00:00:00Z
    assert_eq!(quicknet.round_at(draw_at), Ok(23_914_612));
    assert_eq!(quicknet.time_of(23_914_612), Ok(draw_at));
    assert_eq!(quicknet.round_at(draw_at + 1), Ok(23_914_613));
    assert_eq!(quicknet.round_at(1_692_803_367), Ok(1));
    for refused in [
        quicknet.round_at(1_692_803_366).unwrap_err().to_string(),
        quicknet.time_of(0).unwrap_err().to_string(),
        quicknet.time_of(u64::MAX).unwrap_err().to_string(),
        BeaconSchedule::new(0, 0).unwrap_err().to_string(),
    ] {
        assert!(refused.contains(';'), "no advice in: {refused}");
    }
}

/// Goal: context, seed, roll digest and test chain match the golden waves; method: derive each from
/// the published inputs and compare with the published value.
#[test]
fn golden_commitments_and_seeds() {
    for wave in Wave::all() {
        assert_eq!(wave.ctx.to_string(), field(&wave.plan, "ctx"));
        let mut roll = RollHasher::new();
        wave.records.iter().for_each(|record| roll.push(record).unwrap());
        let roll = roll.finish();
        assert_eq!(hex(&roll.digest), field(&wave.plan, "entries"));
        assert_eq!(roll.records.to_string(), field(&wave.plan, "n"));

        let signature: [u8; SIGNATURE_SIZE_BYTES] = unhex(field(&wave.seed, "signature"));
        let (chain_hash, random) =
            (unhex(field(&wave.seed, "chain_hash")), unhex(field(&wave.seed, "randomness")));
        let round = field(&wave.seed, "round").parse().unwrap();
        assert_eq!(randomness(&signature), random);
        if field(&wave.seed, "test") == "true" {
            let chain = TestBeacon::new(chain_hash, BeaconSchedule::new(0, 3).unwrap());
            assert_eq!(chain.signature(round), signature);
            assert_eq!(chain.randomness(round), random);
            assert!(chain.to_string().starts_with("TEST BEACON"));
        }
        let source = SeedSource {
            chain_hash: &chain_hash,
            round,
            randomness: &random,
            contrib_digest: &unhex(field(&wave.seed, "contrib_digest")),
        };
        assert_eq!(Seed::derive(&wave.ctx, &source), wave.seed());
    }
}

/// Goal: every golden ticket holds, weights included; method: recompute it from tag and weight.
#[test]
fn golden_tickets() {
    for wave in Wave::all() {
        let ticketer = Ticketer::new(&wave.seed());
        let expected = wave.lines("expected.txt");
        assert_eq!(expected.len(), wave.records.len());
        for (record, line) in wave.records.iter().zip(expected) {
            let columns: Vec<&str> = line.split(' ').collect();
            let parts = record.parts();
            assert_eq!(parts.region.to_string(), columns[1]);
            assert_eq!(parts.entry_tag.to_string(), columns[2]);
            assert_eq!(format!("w{}", parts.weight.get()), columns[4]);
            let ticket = ticketer.ticket(&parts.entry_tag, parts.weight);
            assert_eq!(ticket.to_string(), columns[5]);
        }
    }
}

/// Goal: the operator's side makes the published records; method: build every record of waves 01 and
/// 03 from the people, the keys' public labels and the published class, and compare bytes.
#[test]
fn golden_records_from_people() {
    for (wave, label) in
        [(Wave::load("01", "golden", 1), "1"), (Wave::load("03", "golden-house", 7), "3")]
    {
        let key = DrawKey::from_bytes(sha(format!("public test K golden {label}")));
        let policy = std::fs::read_to_string(format!("{}/policy.json", wave.folder)).unwrap();
        assert_eq!(hex(&key.commitment()), field(&policy, "key_commit"));
        let published: BTreeMap<EntryTag, &Record> =
            wave.records.iter().map(|record| (record.parts().entry_tag, record)).collect();
        let people = wave.lines("people.csv");
        assert_eq!(people.len(), published.len() + 1);
        for person in people.iter().skip(1) {
            let columns: Vec<&str> = person.split(',').collect();
            let nik_digits: &[u8; 16] = columns[0].as_bytes().try_into().unwrap();
            let mut blinding =
                Hmac::<Sha256>::new_from_slice(&sha("public test blinding")).unwrap();
            blinding.update(wave.ctx.as_bytes());
            blinding.update(nik_digits);
            let entry_tag = key.entry_tag(&wave.ctx, nik_digits);
            let record = published[&entry_tag];
            let mask = record.parts().mask;
            let opening = Opening {
                blinding: &blinding.finalize().into_bytes().into(),
                entry_tag,
                region: columns[1].parse().unwrap(),
                mask: columns[2].parse().unwrap(),
                weight: Weight::new(columns[3].parse().unwrap()).unwrap(),
                flags: flags(mask, 0).unwrap(),
                nik_digits,
            };
            let household = match columns[4] {
                "" => HouseholdTag::NONE,
                card => key.household_tag(&wave.ctx, card.as_bytes().try_into().unwrap()),
            };
            let made = Record::new(RecordParts {
                entry_tag,
                commitment: wave.ctx.commitment(&opening),
                region: opening.region,
                mask,
                weight: opening.weight,
                flags: opening.flags,
                household,
            });
            assert_eq!(made.unwrap().to_bytes(), record.to_bytes());
        }
    }
}

/// Goal: household cap and order agree with the golden waves, whose guarantees change only who gets
/// a seat; method: the capped sets must be equal, and the waiting must be in the same order.
#[test]
fn golden_caps_and_order() {
    for (wave, cap) in
        [(Wave::load("01", "golden", 1), 0), (Wave::load("03", "golden-house", 7), 2)]
    {
        let expected = wave.lines("expected.txt");
        let mut draw = RegionDraw::new(&wave.seed(), cap);
        for region in wave.records.chunk_by(|a, b| a.parts().region == b.parts().region) {
            let code = region[0].parts().region;
            let lines = expected.iter().filter(|line| line.contains(&format!(" {code} ")));
            let result = draw.draw(code, 0, region).unwrap();
            let mut waiting = Vec::new();
            for (outcome, line) in result.outcomes.iter().zip(lines) {
                let capped = line.ends_with(" household_cap");
                assert_eq!(*outcome == Outcome::HouseholdCap, capped, "{line}");
                if let (Outcome::Waiting { rank }, Some((_, golden_rank))) =
                    (outcome, line.split_once(" waitlist "))
                {
                    waiting.push((golden_rank.parse::<u32>().unwrap(), *rank));
                }
            }
            waiting.sort_unstable();
            assert!(waiting.is_sorted_by(|a, b| a.1 < b.1), "region {code}");
        }
    }
}

/// Goal: section 6.1's examples hold; method: compare seats per claim.
#[test]
fn apportionment_examples() {
    let check = |caps: [u64; 4], expected: [u64; 4]| {
        let weights = [53_000, 24_000, 15_000, 8_000];
        let claims: Vec<Claim> = (1..)
            .zip(weights.into_iter().zip(caps))
            .map(|(code, (weight, cap))| Claim { code, weight, start: 1, cap })
            .collect();
        let result = sainte_lague(20, &claims).unwrap();
        assert_eq!((result.seats.as_slice(), result.unplaced), (expected.as_slice(), 0));
    };
    check([20; 4], [10, 5, 3, 2]);
    check([20, 20, 2, 20], [11, 5, 2, 2]);
}
