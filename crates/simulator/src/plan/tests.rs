use app::reference::Reference;
use proptest::prelude::*;

use super::*;
use crate::shapes::wave_shapes;

fn builtin_shapes() -> Vec<WaveShape> {
    let reference = Reference::builtin().expect("built-in data");
    wave_shapes(&reference).expect("a policy for each wave")
}

/// Waves of ten days each. A sweep comes so many days after the close.
fn small_shapes(rows: &[(WaveKind, bool, [u64; 3], i64)]) -> Vec<WaveShape> {
    let rows = rows.iter().zip(1u16..);
    rows.map(|((kind, takes_freed, [quota, join, revoked], sweep), number)| {
        let at = |day: i64| Timestamp::from_micros(0).plus_days(i64::from(number) * 10 + day);
        WaveShape {
            wave: WaveNumber::new(number).expect("a number"),
            kind: *kind,
            opens_at: at(0),
            closes_at: at(4),
            results_at: at(6),
            freezes_at: at(4),
            sweep_at: at(4 + sweep),
            max_age: None,
            takes_freed: *takes_freed,
            quota_weight: *quota,
            join_weight: *join,
            revoked_weight: *revoked,
        }
    })
    .collect()
}

const fn totals(joins: u64, people: u64, sk: u64, effective: u64) -> Totals {
    Totals { joins, people, sk, effective }
}

/// Checks a plan against the equations, from its figures alone.
fn check(totals: Totals, shapes: &[WaveShape], plan: &Plan) {
    let waves = plan.waves();
    let sum = |figure: fn(&PlannedWave) -> u64| waves.iter().map(figure).sum::<u64>();
    assert!(waves.iter().map(|wave| wave.shape).eq(shapes.iter().copied()));
    assert_eq!(sum(|w| w.new_joiners), totals.people, "{plan:?}");
    assert_eq!(sum(|w| w.new_joiners + w.returning_joiners), totals.joins);
    assert_eq!(sum(|w| w.quota), totals.sk);
    assert_eq!(sum(|w| w.missed), totals.sk - totals.effective);
    assert_eq!(sum(|w| w.base_seats), totals.effective + plan.waiting_seats());
    let (mut joined, mut won) = (0, 0);
    for (at, wave) in waves.iter().enumerate() {
        let takes = |giver: usize| {
            let free = |v: usize| shapes[v].freezes_at > shapes[giver].sweep_at;
            (giver + 1..shapes.len()).find(|v| shapes[*v].takes_freed && free(*v)) == Some(at)
        };
        let freed = (0..at).filter(|giver| takes(*giver)).map(|giver| waves[giver].missed);
        assert_eq!(wave.reused_seats, freed.sum::<u64>(), "wave {}", at + 1);
        assert_eq!(wave.quota, wave.base_seats + wave.reused_seats);
        assert!(wave.is_regular() || wave.base_seats == 0);
        assert!(wave.missed <= wave.quota);
        assert!(wave.joiners() >= wave.quota, "wave {} cannot fill its quota", at + 1);
        assert!(wave.returning_joiners <= joined - won, "wave {}: too few return", at + 1);
        joined += wave.new_joiners;
        won += wave.quota;
    }
    let mix = plan.mix();
    assert!(mix.ineligible_per_mille <= 60);
    let barred = totals.people * u64::from(mix.ineligible_per_mille) / 1_000;
    assert!(barred <= totals.people - totals.sk, "{mix:?}");
}

impl PlannedWave {
    fn is_regular(&self) -> bool {
        self.shape.kind == WaveKind::Regular
    }
}

/// Checks that the inequality a refusal names is broken, from the totals and the waves alone.
fn check_refusal(totals: Totals, shapes: &[WaveShape], refusal: PlanRefusal) {
    let broken = match refusal {
        PlanRefusal::NobodyJoins => totals.people == 0,
        PlanRefusal::TooManyPeople { .. } => totals.people > 4_000_000_000,
        PlanRefusal::PeopleAboveJoins { .. } => totals.people > totals.joins,
        PlanRefusal::RecipientsAbovePeople { .. } => totals.sk > totals.people,
        PlanRefusal::EffectiveAboveRecipients { .. } => totals.effective > totals.sk,
        PlanRefusal::NoWave => shapes.is_empty(),
        PlanRefusal::NoRegularWave { .. } => shapes.iter().all(|s| s.kind == WaveKind::Recovery),
        PlanRefusal::WavesOutOfOrder { .. } => {
            shapes.windows(2).any(|pair| pair[0].closes_at >= pair[1].closes_at)
        }
        PlanRefusal::MissedAboveEffective { .. } => totals.sk - totals.effective > totals.effective,
        PlanRefusal::JoinsAboveMaximum { maximum, .. } => {
            // With the seats of a plan of few joins for the same recipients, count who is left.
            let seats = Plan::new(&Totals { joins: totals.people, ..totals }, shapes);
            let mut left = totals.people;
            let mut most = 0;
            for wave in seats.expect("one join each is possible").waves() {
                most += left;
                left -= wave.quota;
            }
            most == maximum && totals.joins > most
        }
    };
    assert!(broken, "{totals:?}: {refusal}");
}

/// Real and extreme totals over the built-in calendar have plans that satisfy every equation, with
/// room for the ineligible where the totals leave it.
#[test]
fn totals_over_the_calendar() {
    let shapes = builtin_shapes();
    let cases = [
        (totals(3_000_000, 794_900, 371_322, 360_690), 60, true),
        (totals(900_000, 250_000, 120_000, 117_000), 60, true),
        (totals(2_000, 700, 300, 290), 50, true),
        (totals(30_000_000, 8_000_000, 2_900_000, 2_820_000), 60, true),
        (totals(3_000_000, 794_900, 371_322, 371_322), 60, true),
        (totals(400_000, 100_000, 0, 0), 60, true),
        (totals(100_000, 100_000, 40_000, 39_000), 60, true),
        (totals(300_000, 100_000, 90_000, 88_000), 20, false),
        (totals(100_000, 100_000, 100_000, 100_000), 0, false),
        (totals(150_000, 100_000, 100_000, 97_000), 0, false),
        (totals(4_500_000, 100_000, 50_000, 49_000), 40, false),
        (totals(100_000, 50_000, 20_000, 1_000), 60, true),
        (totals(100_000, 50_000, 20_000, 0), 60, true),
        (totals(1, 1, 1, 1), 0, false),
        (totals(71, 1, 0, 0), 0, false),
    ];
    for (totals, ineligible_min, large_families) in cases {
        let plan = Plan::new(&totals, &shapes).unwrap_or_else(|no| panic!("{totals:?}: {no}"));
        check(totals, &shapes, &plan);
        let mix = plan.mix();
        assert!(mix.ineligible_per_mille >= ineligible_min, "{totals:?}: {mix:?}");
        assert_eq!(mix.large_families, large_families, "{totals:?}: {mix:?}");
    }
}

/// In the plan of the reference case the first wave has new joiners only, most people have joined by
/// the end of 2021, recovery waves draw what was freed, and each wave has a third more joiners than
/// seats.
#[test]
fn reference_case() {
    let shapes = builtin_shapes();
    let plan = Plan::new(&totals(3_000_000, 794_900, 371_322, 360_690), &shapes).expect("a plan");
    let waves = plan.waves();
    assert_eq!(waves[0].returning_joiners, 0);
    let by_2021: u64 = waves[..22].iter().map(|wave| wave.new_joiners).sum();
    assert!(by_2021 * 10 > 794_900 * 6, "{by_2021}");
    for wave in waves {
        assert!(wave.joiners() * 100 >= wave.quota * 135, "{wave:?}");
        assert!(wave.is_regular() || (wave.base_seats == 0 && wave.quota > 0), "{wave:?}");
        assert!(wave.new_joiners > 0 && wave.quota > 0, "{wave:?}");
    }
    let missed_2020: u64 = waves[..11].iter().map(|wave| wave.missed).sum();
    assert!(missed_2020 * 2 > 10_632, "2020 lost most: {missed_2020}");
}

/// Each broken inequality is named with its numbers.
#[test]
fn refusals() {
    use WaveKind::{Recovery, Regular};
    let check = |totals: Totals, shapes: &[WaveShape], text: &str| {
        let refusal = Plan::new(&totals, shapes).expect_err(text);
        check_refusal(totals, shapes, refusal);
        assert!(refusal.to_string().contains(text), "{refusal}");
    };
    let two = small_shapes(&[(Regular, true, [1, 1, 1], 3), (Regular, true, [1, 1, 1], 3)]);
    let chain = small_shapes(&[(Regular, false, [1, 1, 1], 3), (Recovery, true, [1, 1, 0], 3)]);
    check(totals(5, 0, 0, 0), &two, "people >= 1");
    check(totals(1 << 40, 1 << 33, 0, 0), &two, "people <= 4000000000");
    check(totals(5, 6, 1, 1), &two, "people <= joins is violated: 6 people");
    check(totals(9, 6, 7, 1), &two, "sk <= people is violated: 7 recipients");
    check(totals(9, 6, 5, 6), &two, "effective <= sk is violated: 6 effective");
    check(totals(9, 6, 5, 5), &[], "waves >= 1");
    check(totals(9, 6, 5, 5), &chain[1..], "sk <= 0 is violated");
    check(totals(9, 6, 5, 5), &[two[1], two[0]], "the close of wave 2");
    check(totals(20, 10, 8, 1), &chain, "sk - effective <= effective is violated: 7 recipients");
    check(totals(18, 10, 6, 6), &two, "joins <= 17 is violated: 10 people can join 2 waves");
    let shapes = builtin_shapes();
    check(totals(71_000_000, 794_900, 371_322, 360_690), &shapes, "joins <= ");
}

fn any_shapes() -> impl Strategy<Value = Vec<WaveShape>> {
    let weight = prop_oneof![Just(0u64), 1..1_000u64, 1..10_000_000u64];
    let kind = prop_oneof![3 => Just(WaveKind::Regular), 1 => Just(WaveKind::Recovery)];
    let row = (kind, any::<bool>(), [weight.clone(), weight.clone(), weight], 1..60i64);
    prop::collection::vec(row, 1..12).prop_map(|rows| small_shapes(&rows))
}

fn any_totals() -> impl Strategy<Value = Totals> {
    let people = prop_oneof![0..40u64, 1..5_000u64, 1..2_000_000u64];
    // Parts per 1000, with the ends likely.
    let part = || prop_oneof![Just(0u64), Just(1_000), 0..1_050u64, 900..1_010u64];
    let times = prop_oneof![Just(1_000u64), 950..1_300u64, 1_000..12_000u64];
    (people, part(), part(), times, 0..3u64).prop_map(|(people, sk, effective, times, more)| {
        let sk = people * sk / 1_000;
        totals(people * times / 1_000 + more, people, sk, sk * effective / 1_000)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// Random totals over random waves have a correct plan, or a refusal whose inequality is broken.
    #[test]
    fn plan_or_true_refusal(totals in any_totals(), shapes in any_shapes()) {
        match Plan::new(&totals, &shapes) {
            Ok(plan) => check(totals, &shapes, &plan),
            Err(refusal) => check_refusal(totals, &shapes, refusal),
        }
    }
}
