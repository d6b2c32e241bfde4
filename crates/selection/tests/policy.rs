//! What a policy is refused for.

use selection::beacon::QUICKNET;
use selection::policy::{
    ApportionLevels, ApportionMethod, ApportionRule, BeaconFacts, Carryover, Guarantee, Party,
    Policy, PolicyFault, Pool, PoolOrder, Region, SeatRules, Share, SmallCellMode, SmallCells,
    Timetable, Trait,
};

const TENTH: Share = Share { num: 1, den: 10 };

fn guarantee(trait_bit: u8) -> Guarantee {
    Guarantee { trait_bit, share: TENTH }
}

fn pool(name: &str, share: Option<Share>) -> Pool {
    Pool {
        name: name.to_owned(),
        need: 0,
        order: PoolOrder::GuaranteesFirst,
        share,
        guarantees: vec![guarantee(0)],
    }
}

fn region(code: u16) -> Region {
    Region { code, province: code / 100, weight: 5, floor: 2, cap: Some(9) }
}

/// A policy without fault: real beacon, two pools, two regions, nine traits.
fn policy() -> Policy {
    let traits = (0..9).map(|bit| Trait { bit, name: format!("trait {bit}") }).collect();
    let witness = |at: u8| Party { key: [at; 32], name: format!("witness {at}") };
    let draw_at = QUICKNET.genesis_s + 900_000;
    Policy {
        programme: "programme".to_owned(),
        wave: 3,
        times: Timetable {
            t0: draw_at - 900_000,
            t1: draw_at - 400_000,
            t2: draw_at - 200_000,
            t3: draw_at - 4_000,
            t4: draw_at,
            margin_s: 3_600,
            correction_shift_s: 86_400,
            max_corrections: 2,
        },
        beacon: BeaconFacts::quicknet(),
        witnesses: (0..3).map(witness).collect(),
        quorum: 2,
        contributors: vec![witness(9)],
        rules: SeatRules {
            base: 10,
            carryover: Carryover::Pooled,
            reserve: TENTH,
            apportionment: ApportionRule {
                method: ApportionMethod::SainteLague,
                levels: ApportionLevels::Two,
            },
            regions: vec![region(1501), region(1571)],
            traits,
            small_cells: SmallCells { k: 10, mode: SmallCellMode::Hide },
            household_cap: 2,
            max_weight: 4,
            waitlist: true,
            pools: vec![pool("poor", Some(Share { num: 1, den: 3 })), pool("open", None)],
            national: vec![guarantee(1)],
        },
    }
}

/// The faults of the good policy after a change.
fn faults(change: impl FnOnce(&mut Policy)) -> Vec<PolicyFault> {
    let mut changed = policy();
    change(&mut changed);
    match changed.clone().check() {
        Ok(checked) => {
            assert_eq!(checked.get(), &changed);
            assert_eq!(checked.rules().get(), &changed.rules);
            Vec::new()
        }
        Err(faults) => faults.0,
    }
}

/// One change must give exactly one fault, whose text contains `expected`.
fn check(expected: &str, change: impl FnOnce(&mut Policy)) {
    let faults = faults(change);
    let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(matches!(texts.as_slice(), [only] if only.contains(expected)), "{expected}: {texts:?}");
}

/// Goal: times, beacon and trust obey section 16.3; method: break one rule at a time.
#[test]
fn times_beacon_and_trust() {
    assert_eq!(faults(|_| {}), []);
    check("t0", |policy| policy.times.t0 = policy.times.t1 + 1);
    check("t1", |policy| policy.times.t1 = policy.times.t2 + 1);
    check("t2", |policy| policy.times.t3 = policy.times.t2 - 1);
    check("t4 less the margin", |policy| policy.times.t3 = policy.times.t4 - 3_599);
    check("margin is 0", |policy| policy.times.margin_s = 0);
    check("correction_shift is 0", |policy| policy.times.correction_shift_s = 0);
    check("leave 86399 s to inspect a corrected roll", |policy| {
        policy.times.correction_shift_s = 86_399 - policy.times.margin_s;
    });
    assert_eq!(faults(|policy| policy.times.correction_shift_s -= policy.times.margin_s), []);
    check("86399 s from t2 to t4", |policy| policy.times.t2 = policy.times.t4 - 86_399);
    check("set test to false", |policy| policy.beacon.test = true);
    check("facts are not those of quicknet; set test to true", |policy| {
        policy.beacon.chain_hash[0] ^= 1;
    });
    check("set test to true", |policy| policy.beacon.public_key = None);
    check("set test to true", |policy| policy.beacon.scheme.push('!'));
    check("set test to true", |policy| policy.beacon.genesis_s -= 1);
    check("set test to true", |policy| policy.beacon.period_s = 30);
    check("has no round for t4", |policy| {
        (policy.beacon.test, policy.beacon.genesis_s) = (true, policy.times.t4 + 1);
    });
    check("has no round for t4", |policy| {
        (policy.beacon.test, policy.beacon.period_s) = (true, 0);
    });
    check("quorum 0", |policy| policy.quorum = 0);
    check("quorum 4 does not fit 3", |policy| policy.quorum = 4);
    check("the programme", |policy| policy.programme.clear());
    check("a witness", |policy| policy.witnesses[0].name = "x".repeat(65));
    check("a contributor", |policy| policy.contributors[0].name = "\u{e9}".to_owned());
    let twin = |change: fn(&mut Party)| {
        move |policy: &mut Policy| {
            let mut other = Party { key: [7; 32], name: "other".to_owned() };
            change(&mut other);
            policy.contributors.push(other);
        }
    };
    check("contributor \"witness 9\"", twin(|other| other.name = "witness 9".to_owned()));
    check("contributor \"other\"", twin(|other| other.key = [9; 32]));
    assert_eq!(faults(twin(|_| ())), []);
    let test_chain = |policy: &mut Policy| {
        (policy.beacon.test, policy.beacon.public_key) = (true, None);
        policy.times.t2 = policy.times.t3;
        policy.times.correction_shift_s = 1;
    };
    assert_eq!(faults(test_chain), [], "a test chain needs no window");
}

/// Goal: seats, regions and traits obey section 16.3; method: break one rule at a time.
#[test]
fn seats_regions_and_traits() {
    check("share 11/10 of the reserve", |policy| {
        policy.rules.reserve = Share { num: 11, den: 10 };
        policy.rules.regions.iter_mut().for_each(|region| region.floor = 0);
    });
    check("the reserve", |policy| policy.rules.reserve = Share { num: 0, den: 0 });
    check("the reserve", |policy| policy.rules.reserve = Share { num: 0, den: 10_001 });
    check("floors add up to 10 but only 9", |policy| policy.rules.regions[0].floor = 8);
    check("region code 0", |policy| policy.rules.regions[0].code = 0);
    check("region code 65535", |policy| policy.rules.regions[1].code = u16::MAX);
    check("region 1501 does not come after 1571", |policy| policy.rules.regions.reverse());
    check("region 1571 does not come after 1571", |policy| policy.rules.regions[0].code = 1571);
    check("weight 0", |policy| policy.rules.regions[0].weight = 0);
    check("cap 1 below its floor 2", |policy| policy.rules.regions[1].cap = Some(1));
    check("trait bit 15", |policy| policy.rules.traits[8].bit = 15);
    check("trait bit 2 does not come after 2", |policy| policy.rules.traits[3].bit = 2);
    check("a trait", |policy| policy.rules.traits[0].name = "\n".to_owned());
    check("max_weight is 0", |policy| policy.rules.max_weight = 0);
    check("max_weight is 17", |policy| policy.rules.max_weight = 17);
}

/// Goal: pools and guarantees obey section 16.3; method: break one rule at a time.
#[test]
fn pools_and_guarantees() {
    check("0 pools are called open", |policy| {
        policy.rules.pools[1].name = "all".to_owned();
        policy.rules.pools[1].share = Some(Share::NONE);
    });
    check("2 pools are called open", |policy| {
        policy.rules.pools[0].name = "open".to_owned();
        policy.rules.pools[0].share = None;
    });
    check("pool open has a share", |policy| policy.rules.pools[1].share = Some(TENTH));
    check("pool open needs trait bits 0x0001", |policy| policy.rules.pools[1].need = 1);
    check("pool \"poor\" has no share", |policy| policy.rules.pools[0].share = None);
    check("\"poor\" uses trait bit 9", |policy| policy.rules.pools[0].need = 1 << 9);
    check("more than 1", |policy| {
        policy.rules.pools[0].share = Some(Share { num: 9_999, den: 10_000 });
        policy.rules.pools.push(pool("more", Some(Share { num: 1, den: 9_999 })));
    });
    check("9 pools", |policy| {
        let more = (2..9).map(|at| pool(&format!("pool {at}"), Some(Share::NONE)));
        policy.rules.pools.extend(more);
    });
    check("a pool", |policy| policy.rules.pools[0].name.clear());
    check("share 1/0 of pool \"poor\"", |policy| {
        policy.rules.pools[0].share = Some(Share { num: 1, den: 0 });
    });
    check("share 3/2 of trait bit 0 in pool \"poor\"", |policy| {
        policy.rules.pools[0].guarantees[0].share = Share { num: 3, den: 2 };
    });
    check("\"poor\" guarantees trait bit 0 twice", |policy| {
        policy.rules.pools[0].guarantees.push(guarantee(0));
    });
    check("\"poor\" uses trait bit 14", |policy| {
        policy.rules.pools[0].guarantees.push(guarantee(14));
    });
    check("the national list guarantees trait bit 1 twice", |policy| {
        policy.rules.national.push(guarantee(1));
    });
    check("the national list uses trait bit 10", |policy| {
        policy.rules.national.push(guarantee(10));
    });
    let eight =
        |policy: &mut Policy| policy.rules.pools[1].guarantees = (0..8).map(guarantee).collect();
    assert_eq!(faults(eight), [], "the national trait is one of the eight");
    check("pool \"open\" guarantees 9 traits", |policy| {
        eight(policy);
        policy.rules.national = vec![guarantee(8)];
    });
}

/// Goal: all faults come at once; method: break rules of every part and count.
#[test]
fn all_faults_at_once() {
    let mut broken = policy();
    broken.quorum = 9;
    broken.times.margin_s = 0;
    broken.rules.max_weight = 0;
    broken.rules.regions[0].weight = 0;
    let text = broken.check().map(|_| ()).map_err(|faults| faults.to_string());
    let text = text.err().unwrap_or_default();
    assert!(text.starts_with("the policy breaks 4 rules: "), "{text}");
    for part in ["quorum 9", "margin is 0", "max_weight is 0", "weight 0;"] {
        assert!(text.contains(part), "{text}");
    }
}

/// Goal: shares round as named; method: small numbers and the edge of 64 bits.
#[test]
fn shares_round() {
    assert_eq!((TENTH.floor_of(19), TENTH.ceil_of(19)), (1, 2));
    assert_eq!((TENTH.floor_of(20), TENTH.ceil_of(20)), (2, 2));
    assert_eq!((TENTH.floor_of(0), TENTH.ceil_of(0)), (0, 0));
    let most = Share { num: 10_000, den: 10_000 };
    assert_eq!((most.floor_of(u64::MAX), most.ceil_of(u64::MAX)), (u64::MAX, u64::MAX));
    assert_eq!(Share::NONE.ceil_of(u64::MAX), 0);
}
