//! Seat tables and what passes between waves.

use selection::conserve::WaveSeats;
use selection::contrib::contrib_digest;
use selection::quota::{
    HiddenClasses, LoweredReason, QuotaTable, StatedGuarantee, StatedRegion, solve,
};
use selection::small_cells::{published_masks, small_cell};
use selection::tree::{
    NodeHash, TileId, TreeBuilder, inclusion_path, record_leaf, verify_inclusion,
};
use serde_json::{Value, json};

use super::chain::check_chain;
use super::load::{Wave, list, number, unhex};

fn reason(reason: LoweredReason) -> &'static str {
    match reason {
        LoweredReason::People => "people",
        LoweredReason::Seats => "seats",
    }
}

/// The table as `quota.json` has it, without the sources.
fn table_json(table: &QuotaTable) -> Value {
    let q = &table.q;
    let regions = table.regions.iter().map(|region| {
        let pools = region.pools.iter().map(|pool| {
            let guarantees = pool.guarantees.iter().map(|own| {
                let mut json =
                    json!({"asked": own.asked, "seats": own.seats, "trait": own.trait_bit});
                if let Some(lowered) = own.reason {
                    json["reason"] = reason(lowered).into();
                }
                json
            });
            let guarantees = guarantees.collect::<Vec<_>>();
            json!({"name": pool.name, "seats": pool.seats, "guarantees": guarantees})
        });
        let mut json = json!({
            "code": region.code, "records": region.records, "n": region.n, "cap": region.cap,
            "floor": region.floor, "seats": region.seats, "public": region.public,
            "pools": pools.collect::<Vec<_>>(),
        });
        if !region.public {
            let holders = region.holders.iter();
            let holders = holders.map(|own| json!({"n": own.records, "trait": own.trait_bit}));
            json["holders"] = holders.collect();
        }
        json
    });
    let national = table
        .national
        .iter()
        .map(|own| json!({"asked": own.asked, "placed": own.placed, "trait": own.trait_bit}));
    json!({
        "q": {
            "base": q.base, "carry_in": q.carry_in, "reserve": q.reserve,
            "returned": q.returned, "total": q.total,
        },
        "carry": table.carry,
        "national": national.collect::<Vec<_>>(),
        "regions": regions.collect::<Vec<_>>(),
    })
}

fn without_sources(mut quota: Value) -> Value {
    let fields = quota.as_object_mut().unwrap();
    for source in ["ctx", "version", "returned", "returned_from", "carry_from"] {
        fields.remove(source);
    }
    quota
}

/// Goal: every number of every golden table; method: solve it from the records, hidden ones with
/// their true masks, and compare all fields.
#[test]
fn tables() {
    for wave in Wave::all() {
        wave.policy.clone().check().unwrap();
        let rules = wave.policy.rules.check().unwrap();
        let table = solve(rules, &wave.counts(), &wave.incoming()).unwrap();
        assert_eq!(table_json(&table), without_sources(wave.json("quota.json")));
    }
}

/// Goal: the public can check a table with hidden classes; method: give what the table states in
/// place of the true masks, and see one seat or holder too many refused.
#[test]
fn public_check_of_hidden_regions() {
    let wave = Wave::load("03", "3");
    let rules = wave.policy.rules.check().unwrap();
    let published = wave.json("quota.json");
    let mut counts = wave.counts();
    for region in &mut counts {
        if region.hidden == HiddenClasses::None {
            continue;
        }
        let regions = published["regions"].as_array().unwrap();
        let own =
            regions.iter().find(|own| number(&own["code"]) == u64::from(region.code)).unwrap();
        let guarantees = list(&own["pools"], |pool| {
            list(&pool["guarantees"], |own| StatedGuarantee {
                seats: number(&own["seats"]) as u32,
                reason: own.get("reason").map(|reason| match reason.as_str().unwrap() {
                    "people" => LoweredReason::People,
                    "seats" => LoweredReason::Seats,
                    other => panic!("{other}"),
                }),
            })
        });
        region.hidden = HiddenClasses::Stated(StatedRegion { holders: vec![], guarantees });
    }
    let incoming = wave.incoming();
    let table = solve(rules, &counts, &incoming).unwrap();
    assert_eq!(table_json(&table), without_sources(published));

    let refused = |change: fn(&mut StatedRegion)| {
        let mut counts = counts.clone();
        let stated = counts.iter_mut().find_map(|region| match &mut region.hidden {
            HiddenClasses::Stated(stated) => Some(stated),
            HiddenClasses::None | HiddenClasses::Opened(_) => None,
        });
        change(stated.unwrap());
        solve(rules, &counts, &incoming).unwrap_err().to_string()
    };
    assert!(refused(|stated| stated.guarantees[0][0].seats += 1).contains("above those asked"));
    assert!(refused(|stated| stated.guarantees[0][0].seats -= 1).contains("without being lowered"));
    assert!(refused(|stated| stated.guarantees[0].truncate(1)).contains("other pools"));
    assert!(refused(|stated| stated.guarantees.clear()).contains("other pools"));
}

/// Goal: hidden cells are those that the rule hides; method: apply it to the true masks of every
/// region and compare with the published records.
#[test]
fn small_cells() {
    for wave in Wave::all() {
        let rule = wave.policy.rules.small_cells;
        let mut hidden = 0;
        for records in wave.regions() {
            let mut cells = std::collections::BTreeMap::new();
            for record in records {
                *cells.entry(wave.true_masks[&record.parts().entry_tag]).or_insert(0) += 1;
            }
            let cell =
                |(&mask, &records): (&u16, &u32)| selection::quota::MaskCount { mask, records };
            let published = published_masks(rule, &cells.iter().map(cell).collect::<Vec<_>>());
            for record in records {
                let parts = record.parts();
                assert_eq!(parts.mask, published[&wave.true_masks[&parts.entry_tag]]);
                hidden += u32::from(Wave::is_hidden(record));
            }
        }
        assert!(wave.counts().iter().all(|own| small_cell(rule, &own.masks).is_none()));
        assert_eq!(hidden > 0, wave.policy.wave == 7);
    }
}

/// Goal: contributions give the golden digest and round; method: the reveals of wave 02, with its
/// withheld one, and none at all.
#[test]
fn contributions_and_rounds() {
    for wave in Wave::all() {
        let seed = wave.json("seed.json");
        let value = |party: &selection::policy::Party| {
            let reveals = seed["contributions"].as_array().unwrap();
            let own = reveals.iter().find(|own| own["name"] == party.name.as_str())?;
            Some(unhex(own["value"].as_str().unwrap()))
        };
        let values: Vec<Option<[u8; 32]>> = wave.policy.contributors.iter().map(value).collect();
        let expected: [u8; 32] = unhex(seed["contrib_digest"].as_str().unwrap());
        assert_eq!(contrib_digest(&values), expected);
        let plan = wave.json("plan.json");
        for (party, own) in
            wave.policy.contributors.iter().zip(list(&plan["contributions"], Value::clone))
        {
            if let Some(value) = value(party) {
                let commitment: [u8; 32] = unhex(own["commitment"].as_str().unwrap());
                assert_eq!(
                    selection::contrib::contribution_commitment(&party.name, &value),
                    commitment
                );
            }
        }
        let beacon = &wave.policy.beacon;
        let schedule =
            selection::beacon::BeaconSchedule::new(beacon.genesis_s, beacon.period_s).unwrap();
        let times = &wave.policy.times;
        assert_eq!(times.round_of(1, &schedule), Ok(number(&plan["round"])));
        assert_eq!(times.t4_of(1), number(&plan["t4"]));
        assert_eq!(times.t4_of(2), times.t4 + 86_400);
        assert_eq!(times.t3_of(3), times.t3 + 2 * 86_400);
        assert_eq!([times.plan_due(1), times.plan_due(2)], [times.t2, times.t4 - 3600]);
        assert!(!times.allows_plan(0) && times.allows_plan(4) && !times.allows_plan(5));
    }
}

/// Goal: seats are conserved from golden wave 1 to 2; method: chain their published numbers, then
/// lose a seat in each place.
#[test]
fn conservation() {
    let wave = |folder, key, granted| {
        let wave = Wave::load(folder, key);
        let (q, totals) = (wave.json("quota.json"), wave.json("result.json"));
        let q = &q["q"];
        let own = WaveSeats {
            base: number(&q["base"]),
            returned: number(&q["returned"]),
            carry_in: number(&q["carry_in"]),
            reserve: number(&q["reserve"]),
            selected: number(&totals["totals"]["selected"]),
            granted,
        };
        assert_eq!(own.carry(), Some(number(&totals["totals"]["carry"])));
        assert_eq!(own.total(), Some(number(&q["total"])));
        own
    };
    let granted = Wave::load("02/previous", "2").json("corrections.json");
    let granted = granted["granted"].as_array().unwrap().len() as u64;
    let chain = [wave("02/previous", "2", granted), wave("02", "2b", 0)];
    let sum = check_chain(&chain).unwrap();
    assert_eq!(
        sum.given + u128::from(sum.left),
        sum.base + sum.returned + u128::from(sum.carry_in)
    );
    assert_eq!((sum.given, sum.left), (27 + 1 + 41, 4));
    let refused = |change: fn(&mut [WaveSeats; 2])| {
        let mut chain = chain;
        change(&mut chain);
        check_chain(&chain).unwrap_err()
    };
    assert!(refused(|chain| chain[1].carry_in += 1).contains("takes over 3 seats"));
    assert!(refused(|chain| chain[0].granted = 4).contains("granted 4 appeals"));
    assert!(refused(|chain| chain[1].selected = 42).contains("selected 42 people for 41"));
    assert!(refused(|chain| chain[0].base = u64::MAX).contains("takes over"));
    assert!(refused(|chain| chain[1].returned = u64::MAX).contains("beyond 64-bit"));
}

/// Goal: tiles and root are the published ones and prove every record; method: build the tree of
/// each wave, compare each tile file, and verify all paths.
#[test]
fn trees() {
    for wave in Wave::all() {
        let leaves: Vec<NodeHash> =
            wave.records.iter().map(|record| record_leaf(&record.to_bytes())).collect();
        let mut tiles = std::collections::BTreeMap::new();
        let mut keep =
            |tile: TileId, hashes: &[NodeHash]| -> Result<(), std::convert::Infallible> {
                assert_eq!(tiles.insert(tile, hashes.to_vec()), None);
                Ok(())
            };
        let mut tree = TreeBuilder::new();
        for leaf in &leaves {
            tree.push(*leaf, &mut keep).unwrap();
        }
        let head = tree.finish(&mut keep).unwrap();
        assert_eq!(head.root.to_string(), wave.json("plan.json")["root"].as_str().unwrap());
        for (tile, hashes) in &tiles {
            let bytes = std::fs::read(wave.path().join("tree").join(tile.to_string())).unwrap();
            assert_eq!(bytes, hashes.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>());
        }
        for (index, leaf) in (0..).zip(&leaves) {
            let fetch = |tile| tiles.get(&tile).cloned().ok_or("no such tile");
            let path = inclusion_path(index, head.size, fetch).unwrap();
            verify_inclusion(leaf, index, head.size, &path, &head.root).unwrap();
        }
    }
}
