//! Reading a golden folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

use selection::digest::{DrawKey, Seed, WaveContext};
use selection::policy::{
    ApportionLevels, ApportionMethod, ApportionRule, BeaconFacts, Carryover, Guarantee, Party,
    Policy, Pool, PoolOrder, Region, SeatRules, Share, SmallCellMode, SmallCells, Timetable, Trait,
};
use selection::quota::{Incoming, RegionCounts, RegionTally, ReturnedSeats};
use selection::record::{EntryTag, RECORD_SIZE_BYTES, Record};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) fn unhex<const N: usize>(text: &str) -> [u8; N] {
    assert_eq!(text.len(), 2 * N, "{text}");
    std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
}

/// A number, also one in a string.
pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap()
}

pub(crate) fn list<T>(value: &Value, item: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().unwrap().iter().map(item).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn small<T: TryFrom<u64>>(value: &Value) -> T {
    T::try_from(number(value)).ok().unwrap()
}

/// One wave with the people behind it.
pub(crate) struct Wave {
    folder: PathBuf,
    pub(crate) policy: Policy,
    pub(crate) seed: Seed,
    pub(crate) records: Vec<Record>,
    /// True mask of every person.
    pub(crate) true_masks: BTreeMap<EntryTag, u16>,
}

impl Wave {
    pub(crate) fn all() -> [Self; 4] {
        [("01", "1"), ("02/previous", "2"), ("02", "2b"), ("03", "3")]
            .map(|(folder, key)| Self::load(folder, key))
    }

    pub(crate) fn load(folder: &str, key: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
        let json = |name: &str| -> Value {
            serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
        };
        let policy = read_policy(&json("policy.json"));
        let digest = Sha256::digest(std::fs::read(folder.join("policy.json")).unwrap()).into();
        let ctx = WaveContext::new(&policy.programme, policy.wave, &digest).unwrap();
        let key = Sha256::digest(format!("public test K golden {key}")).into();
        let key = DrawKey::from_bytes(key);
        let people = std::fs::read_to_string(folder.join("people.csv")).unwrap();
        let true_masks = people.lines().skip(1).map(|line| {
            let columns: Vec<&str> = line.split(',').collect();
            let nik: &[u8; 16] = columns[0].as_bytes().try_into().unwrap();
            (key.entry_tag(&ctx, nik), columns[2].parse().unwrap())
        });
        let entries = std::fs::read(folder.join("entries.bin")).unwrap();
        let records = entries.as_chunks::<RECORD_SIZE_BYTES>().0;
        Self {
            true_masks: true_masks.collect(),
            seed: Seed::from_bytes(unhex(json("seed.json")["seed"].as_str().unwrap())),
            records: records.iter().map(|bytes| Record::from_bytes(bytes).unwrap()).collect(),
            policy,
            folder,
        }
    }

    pub(crate) fn path(&self) -> &PathBuf {
        &self.folder
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.bytes(name)).unwrap()
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(name)).unwrap()
    }

    /// Records region by region.
    pub(crate) fn regions(&self) -> impl Iterator<Item = &[Record]> {
        self.records.chunk_by(|left, right| left.parts().region == right.parts().region)
    }

    /// Whether the record is published without its mask.
    pub(crate) fn is_hidden(record: &Record) -> bool {
        record.parts().mask == selection::record::HIDDEN_MASK
    }

    /// Counts with the true masks of hidden records.
    pub(crate) fn counts(&self) -> Vec<RegionCounts> {
        let rules = self.policy.rules.check().unwrap();
        let mut tally = RegionTally::new(rules);
        let count = |records: &[Record]| {
            tally.region(records[0].parts().region).unwrap();
            for record in records {
                if Self::is_hidden(record) {
                    let mask = self.true_masks[&record.parts().entry_tag];
                    tally.add_opened(record, mask).unwrap();
                } else {
                    tally.add(record).unwrap();
                }
            }
            tally.finish().unwrap()
        };
        self.regions().map(count).collect()
    }

    /// What earlier waves handed over, as the table says.
    pub(crate) fn incoming(&self) -> Incoming {
        let quota = self.json("quota.json");
        let returned = list(&quota["returned"], |own| ReturnedSeats {
            region: small(&own["region"]),
            count: small(&own["count"]),
        });
        Incoming { carry_in: number(&quota["q"]["carry_in"]), returned }
    }
}

fn share(value: &Value) -> Share {
    Share { num: small(&value["num"]), den: small(&value["den"]) }
}

fn guarantee(value: &Value) -> Guarantee {
    Guarantee { trait_bit: small(&value["trait"]), share: share(value) }
}

fn party(value: &Value) -> Party {
    Party { key: unhex(value["key"].as_str().unwrap()), name: text(&value["name"]) }
}

fn one_of<T>(value: &Value, names: [(&str, T); 2]) -> T {
    let name = value.as_str().unwrap();
    names.into_iter().find(|(own, _)| *own == name).unwrap().1
}

fn read_policy(json: &Value) -> Policy {
    let (beacon, times) = (&json["beacon"], &json["times"]);
    Policy {
        programme: text(&json["programme"]),
        wave: small(&json["wave"]),
        times: Timetable {
            t0: number(&times["t0"]),
            t1: number(&times["t1"]),
            t2: number(&times["t2"]),
            t3: number(&times["t3"]),
            t4: number(&times["t4"]),
            margin_s: small(&json["margin"]),
            correction_shift_s: small(&json["correction_shift"]),
            max_corrections: small(&json["max_corrections"]),
        },
        beacon: BeaconFacts {
            chain_hash: unhex(beacon["chain_hash"].as_str().unwrap()),
            public_key: Some(beacon["public_key"].as_str().unwrap())
                .filter(|key| !key.is_empty())
                .map(unhex),
            scheme: text(&beacon["scheme"]),
            genesis_s: number(&beacon["genesis"]),
            period_s: small(&beacon["period"]),
            test: beacon["test"].as_bool().unwrap(),
        },
        witnesses: list(&json["witnesses"], party),
        quorum: small(&json["quorum"]),
        contributors: list(&json["contributors"], party),
        rules: read_rules(json),
    }
}

fn read_rules(json: &Value) -> SeatRules {
    let carryover = [("same_region", Carryover::SameRegion), ("pooled", Carryover::Pooled)];
    let methods = [
        ("sainte_lague", ApportionMethod::SainteLague),
        ("largest_remainder", ApportionMethod::LargestRemainder),
    ];
    let orders =
        [("guarantees_first", PoolOrder::GuaranteesFirst), ("open_first", PoolOrder::OpenFirst)];
    let modes = [("off", SmallCellMode::Off), ("hide", SmallCellMode::Hide)];
    SeatRules {
        base: small(&json["base"]),
        carryover: one_of(&json["carryover"], carryover),
        reserve: share(&json["reserve"]),
        apportionment: ApportionRule {
            method: one_of(&json["apportionment"]["method"], methods),
            levels: match number(&json["apportionment"]["levels"]) {
                1 => ApportionLevels::One,
                2 => ApportionLevels::Two,
                other => panic!("{other} levels"),
            },
        },
        regions: list(&json["regions"], |region| Region {
            code: small(&region["code"]),
            province: small(&region["province"]),
            weight: number(&region["weight"]),
            floor: small(&region["floor"]),
            cap: region.get("cap").map(small),
        }),
        traits: list(&json["traits"], |own| Trait {
            bit: small(&own["bit"]),
            name: text(&own["name"]),
        }),
        small_cells: SmallCells {
            k: small(&json["small_cells"]["k"]),
            mode: one_of(&json["small_cells"]["mode"], modes),
        },
        household_cap: small(&json["household_cap"]),
        max_weight: small(&json["max_weight"]),
        waitlist: json["waitlist"].as_bool().unwrap(),
        pools: list(&json["pools"], |pool| Pool {
            name: text(&pool["name"]),
            need: small(&pool["need"]),
            order: one_of(&pool["order"], orders),
            share: pool.get("share").map(share),
            guarantees: list(&pool["guarantees"], guarantee),
        }),
        national: list(&json["national"], guarantee),
    }
}
