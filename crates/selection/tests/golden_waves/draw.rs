//! Draws, thresholds and replacements.

use std::collections::BTreeMap;

use selection::draw::{
    Admission, Limit, Outcome, PoolPlan, RegionDraw, RegionResult, SeatBook, Step, admission,
};
use selection::policy::PoolOrder;
use selection::quota::{QuotaTable, solve};
use selection::record::{EntryTag, Record};
use selection::ticket::Ticketer;
use serde_json::{Value, json};

use super::load::{Wave, number, unhex};

fn table(wave: &Wave) -> QuotaTable {
    solve(wave.policy.rules.check().unwrap(), &wave.counts(), &wave.incoming()).unwrap()
}

fn plans(wave: &Wave, table: &QuotaTable, region: u16) -> Vec<PoolPlan> {
    let own = table.regions.iter().find(|own| own.code == region).unwrap();
    own.pool_plans(wave.policy.rules.check().unwrap())
}

fn draw<'d>(
    draw: &'d mut RegionDraw,
    wave: &Wave,
    plans: &[PoolPlan],
    records: &[Record],
    region: u16,
) -> RegionResult<'d> {
    let mut intake = draw.region(region);
    for record in records {
        if Wave::is_hidden(record) {
            intake.add_opened(record, wave.true_masks[&record.parts().entry_tag]).unwrap();
        } else {
            intake.add(record).unwrap();
        }
    }
    intake.draw_pools(plans).unwrap()
}

fn pool_json(name: &str, pool: &selection::draw::PoolResult) -> Value {
    let masks = pool.masks.iter().map(|row| {
        let mut json =
            json!({"mask": row.mask, "n": row.n, "selected": row.selected, "step1": row.step1});
        if let Some(close) = row.close {
            json["close"] = close.to_string().into();
        }
        json
    });
    let mut json = json!({
        "name": name, "seats": pool.seats, "filled": pool.filled, "short": pool.short,
        "masks": masks.collect::<Vec<_>>(),
    });
    if let Some(cutoff) = pool.cutoff {
        json["cutoff"] = cutoff.to_string().into();
    }
    json
}

/// Goal: every outcome, rank, count and threshold of every golden wave; method: draw each region and
/// compare `expected.txt`, `selected.bin`, `waitlist.bin` and `result.json`.
#[test]
fn draws() {
    for wave in Wave::all() {
        let table = table(&wave);
        let mut workspace = RegionDraw::new(&wave.seed, wave.policy.rules.household_cap);
        let mut regions: Vec<Value> = Vec::new();
        let mut codes: BTreeMap<(u16, EntryTag), u32> = BTreeMap::new();
        for quota in &table.regions {
            let records: Vec<Record> = wave
                .records
                .iter()
                .filter(|record| record.parts().region == quota.code)
                .copied()
                .collect();
            let plans = quota.pool_plans(wave.policy.rules.check().unwrap());
            let result = draw(&mut workspace, &wave, &plans, &records, quota.code);
            for (record, outcome) in records.iter().zip(result.outcomes) {
                codes.insert(record.sort_key(), outcome.waitlist_code());
            }
            let pools = quota.pools.iter().zip(&result.pools);
            regions.push(json!({
                "code": quota.code, "n": result.in_play, "capped": result.capped,
                "selected": result.selected, "public": quota.public,
                "pools": pools.map(|(own, pool)| pool_json(&own.name, pool)).collect::<Vec<_>>(),
            }));
        }
        assert_eq!(Value::from(regions), wave.json("result.json")["regions"]);

        let codes: Vec<u32> = codes.into_values().collect();
        let ranks: Vec<u8> = codes.iter().flat_map(|code| code.to_be_bytes()).collect();
        assert_eq!(ranks, wave.bytes("waitlist.bin"));
        let mut bits = vec![0u8; codes.len().div_ceil(8)];
        for (index, _) in codes.iter().enumerate().filter(|(_, code)| **code == 0) {
            bits[index / 8] |= 0x80 >> (index % 8);
        }
        assert_eq!(bits, wave.bytes("selected.bin"));
        let expected = String::from_utf8(wave.bytes("expected.txt")).unwrap();
        for (line, code) in expected.lines().zip(&codes) {
            let outcome = line.split(' ').skip(6).collect::<Vec<_>>().join(" ");
            let drawn = match *code {
                0 => "selected".to_owned(),
                u32::MAX => "household_cap".to_owned(),
                rank => format!("waitlist {rank}"),
            };
            assert_eq!(outcome, drawn, "{line}");
        }
    }
}

/// Goal: thresholds alone say who is selected, hidden people included; method: compare every person
/// in play with the outcome, and name pool and limit for those of wave 01.
#[test]
fn thresholds() {
    for wave in Wave::all() {
        let (table, ticketer) = (table(&wave), Ticketer::new(&wave.seed));
        let mut workspace = RegionDraw::new(&wave.seed, wave.policy.rules.household_cap);
        for records in wave.regions() {
            let region = records[0].parts().region;
            let plans = plans(&wave, &table, region);
            let result = draw(&mut workspace, &wave, &plans, records, region);
            let limits = result.limits();
            for (record, outcome) in records.iter().zip(result.outcomes) {
                let parts = record.parts();
                let ticket = ticketer.ticket(&parts.entry_tag, parts.weight);
                let found = admission(&limits, wave.true_masks[&parts.entry_tag], &ticket);
                match outcome {
                    Outcome::Selected { seat, .. } if wave.policy.wave == 1 => {
                        let limit = match seat.step {
                            Step::Guarantee => Limit::Close,
                            Step::Ticket => Limit::Cutoff,
                        };
                        assert_eq!(found, Some(Admission { pool: seat.pool.into(), limit }));
                    }
                    Outcome::Selected { .. } => assert!(found.is_some()),
                    Outcome::Waiting { .. } => assert_eq!(found, None),
                    Outcome::HouseholdCap => {}
                }
            }
        }
    }
}

/// Goal: the worked example with the other law; method: draw wave 01 with `open_first`.
#[test]
fn open_first_example() {
    let wave = Wave::load("01", "1");
    let mut plans = plans(&wave, &table(&wave), 1571);
    plans[0].order = PoolOrder::OpenFirst;
    let mut workspace = RegionDraw::new(&wave.seed, 0);
    let result = draw(&mut workspace, &wave, &plans, &wave.records, 1571);
    let ticketer = Ticketer::new(&wave.seed);
    let mut by_ticket: Vec<_> = wave
        .records
        .iter()
        .zip(result.outcomes)
        .map(|(record, outcome)| {
            (ticketer.ticket(&record.parts().entry_tag, record.parts().weight), outcome)
        })
        .collect();
    by_ticket.sort_by_key(|(ticket, _)| *ticket);
    let letters = ('A'..).zip(&by_ticket);
    let selected: String = letters
        .filter(|(_, (_, outcome))| matches!(outcome, Outcome::Selected { .. }))
        .map(|(letter, _)| letter)
        .collect();
    assert_eq!(selected, "ABCFHJKL");
    assert_eq!(result.pools[0].cutoff, Some(by_ticket[1].0));
    let women = result.pools[0].masks.iter().find(|row| row.mask == 4).unwrap();
    assert_eq!(women.close, Some(by_ticket[11].0));
}

/// Goal: replacements are the golden ones; method: go through each list of revocations in order, and
/// compare who follows and how many seats come back.
#[test]
fn replacements() {
    for wave in [Wave::load("02/previous", "2"), Wave::load("03", "3")] {
        let (table, revoked) = (table(&wave), wave.json("revoked.json"));
        let mut workspace = RegionDraw::new(&wave.seed, wave.policy.rules.household_cap);
        let mut books = BTreeMap::new();
        for records in wave.regions() {
            let region = records[0].parts().region;
            let plans = plans(&wave, &table, region);
            let result = draw(&mut workspace, &wave, &plans, records, region);
            let people =
                (0..).zip(records.iter().zip(result.outcomes)).map(|(index, (record, outcome))| {
                    (index, wave.true_masks[&record.parts().entry_tag], *outcome)
                });
            books.insert(region, (SeatBook::new(&plans, people), records));
        }
        let mut returned: BTreeMap<u64, u64> = BTreeMap::new();
        let mut replaced = 0;
        for revocation in revoked["revocations"].as_array().unwrap() {
            let region = number(&revocation["region"]);
            let (book, records) = books.get_mut(&(region as u16)).unwrap();
            let index_of = |tag: &Value| {
                let tag = EntryTag(unhex(tag.as_str().unwrap()));
                records.iter().position(|record| record.parts().entry_tag == tag).unwrap() as u32
            };
            let index = index_of(&revocation["e"]);
            let free = book.revoke(index).unwrap();
            assert!(book.revoke(index).is_err());
            if let Some(follower) = revocation.get("replaced_by") {
                let successor = book.successor(free).unwrap();
                assert_eq!(successor.index, index_of(follower), "region {region}");
                book.appoint(successor).unwrap();
                assert!(book.appoint(successor).is_err());
                replaced += 1;
            } else {
                *returned.entry(region).or_default() += 1;
            }
        }
        assert!(replaced > 0);
        let returned: Vec<Value> = returned
            .into_iter()
            .map(|(region, count)| json!({"region": region, "count": count}))
            .collect();
        assert_eq!(Value::from(returned), revoked["returned"]);
    }
}
