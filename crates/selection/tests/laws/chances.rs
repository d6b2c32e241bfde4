//! Chances are equal: statistics with fixed seeds, so that a test either always or never passes.

use selection::digest::Seed;
use selection::draw::{GuaranteedSeats, Outcome, PoolPlan, RegionDraw};
use selection::record::{EntryTag, Record, Weight};
use selection::ticket::Ticketer;

use super::world::{REGION, record, tag, weighted};

/// Standard deviations by which a count of `trials` lies off its expectation.
fn deviation(count: u32, trials: u32, chance: f64) -> f64 {
    let trials = f64::from(trials);
    (f64::from(count) - trials * chance) / (trials * chance * (1.0 - chance)).sqrt()
}

fn seed(round: u32) -> Seed {
    let mut bytes = [9; 32];
    bytes[..4].copy_from_slice(&round.to_be_bytes());
    Seed::from_bytes(bytes)
}

fn selected(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Selected { .. })
}

/// Goal: tickets are spread evenly; method: chi-square of 10 million tickets in 1,000 bins, for tags
/// that only count up. With 999 degrees of freedom the deviation is 44.7; four of them are allowed.
#[test]
fn tickets_fill_bins_evenly() {
    let ticketer = Ticketer::new(&seed(0));
    let mut bins = vec![0u32; 1_000];
    for person in 0..10_000_000u128 {
        let ticket = ticketer.ticket(&EntryTag(person.to_be_bytes()), Weight::ONE);
        let leading = u64::from_be_bytes(*ticket.0.first_chunk().unwrap());
        bins[((u128::from(leading) * 1_000) >> 64) as usize] += 1;
    }
    let square = |count: &u32| (f64::from(*count) - 10_000.0).powi(2) / 10_000.0;
    let chi_square: f64 = bins.iter().map(square).sum();
    assert!((chi_square - 999.0).abs() < 4.0 * 44.7, "{chi_square}");
}

/// How often each person, and each pair, is selected.
fn inclusions(people: &[Record], plan: &PoolPlan, rounds: u32) -> (Vec<u32>, Vec<Vec<u32>>) {
    let mut single = vec![0; people.len()];
    let mut pairs = vec![vec![0; people.len()]; people.len()];
    for round in 0..rounds {
        let mut draw = RegionDraw::new(&seed(round), 0);
        let mut intake = draw.region(REGION);
        for own in people {
            intake.add(own).unwrap();
        }
        let result = intake.draw_pools(std::slice::from_ref(plan)).unwrap();
        let chosen: Vec<usize> =
            (0..people.len()).filter(|&at| selected(result.outcomes[at])).collect();
        for (place, &one) in chosen.iter().enumerate() {
            single[one] += 1;
            chosen[..place].iter().for_each(|&other| pairs[one][other] += 1);
        }
    }
    (single, pairs)
}

/// Goal: everybody, and every pair, is selected equally often; method: 20,000 rounds of 24 people for
/// 8 seats. Limits are those of a two-sided 1 percent, divided by the number of comparisons: 3.53
/// deviations for 24 people, 4.14 for 276 pairs.
#[test]
fn inclusion_is_equal() {
    let people: Vec<Record> = (0..24).map(|at| record(REGION, tag(at), 0)).collect();
    let rounds = 20_000;
    let (single, pairs) = inclusions(&people, &PoolPlan::open(8), rounds);
    for (person, &count) in single.iter().enumerate() {
        let off = deviation(count, rounds, 8.0 / 24.0);
        assert!(off.abs() < 3.53, "person {person}: {off}");
    }
    let chance = 8.0 * 7.0 / (24.0 * 23.0);
    for (one, row) in pairs.iter().enumerate() {
        for (other, &count) in row[..one].iter().enumerate() {
            let off = deviation(count, rounds, chance);
            assert!(off.abs() < 4.14, "people {one} and {other}: {off}");
        }
    }
}

/// Goal: with overlapping guarantees people of one mask still have one chance; method: compare each
/// person with the mean of the mask over 20,000 rounds, at the limit for 24 comparisons.
#[test]
fn inclusion_is_equal_within_a_mask() {
    let people: Vec<Record> =
        (0..24).map(|at| record(REGION, tag(at), [0, 1, 2, 3][at as usize / 6])).collect();
    let guarantees =
        [(0, 3), (1, 3)].map(|(trait_bit, seats)| GuaranteedSeats { trait_bit, seats });
    let plan = PoolPlan { guarantees: guarantees.to_vec(), ..PoolPlan::open(8) };
    let rounds = 20_000;
    let (single, _) = inclusions(&people, &plan, rounds);
    let mut means = Vec::new();
    for class in single.chunks(6) {
        let mean = f64::from(class.iter().sum::<u32>()) / 6.0 / f64::from(rounds);
        for &count in class {
            let off = deviation(count, rounds, mean);
            assert!(off.abs() < 3.53, "{class:?}: {off}");
        }
        means.push(mean);
    }
    assert!(means[0] < means[1] && means[1] < means[3], "traits help: {means:?}");
}

/// Goal: selection does not follow the order of records; method: run test over 100,000 records in the
/// order of their tags, 30,000 selected; the number of runs may lie 3.5 deviations off.
#[test]
fn runs_by_record_index() {
    let people = 100_000u32;
    let records: Vec<Record> =
        (0..people).map(|at| record(REGION, u128::from(at).to_be_bytes(), 0)).collect();
    let mut draw = RegionDraw::new(&seed(1), 0);
    let result = draw.draw(REGION, 30_000, &records).unwrap();
    let changes = result.outcomes.array_windows().filter(|[a, b]| selected(*a) != selected(*b));
    let runs = changes.count() as f64 + 1.0;
    let (all, taken) = (f64::from(people), 30_000.0);
    let expected = 1.0 + 2.0 * taken * (all - taken) / all;
    let variance = (expected - 1.0) * (expected - 2.0) / (all - 1.0);
    let off = (runs - expected) / variance.sqrt();
    assert!(off.abs() < 3.5, "{runs} runs, {off} deviations off");
}

/// Goal: weights act as that many entries; method: three people of weights 1, 2 and 4 over 20,000
/// rounds against the exact chances of the first and of the first two, at 4 deviations.
#[test]
fn weights_act_as_entries() {
    let weights = [1u8, 2, 4];
    let people: Vec<Record> =
        (0..3).map(|at| weighted(REGION, tag(at), 0, weights[at as usize], 0)).collect();
    let rounds = 20_000;
    let (first, _) = inclusions(&people, &PoolPlan::open(1), rounds);
    for (person, &count) in first.iter().enumerate() {
        let off = deviation(count, rounds, f64::from(weights[person]) / 7.0);
        assert!(off.abs() < 4.0, "first, person {person}: {off}");
    }
    // Left out of two are those drawn last: chance of the order (a, b, c) is a/7 * b/(7 - a).
    let last = |person: usize| {
        let [a, b] = match person {
            0 => [2.0, 4.0],
            1 => [1.0, 4.0],
            _ => [1.0, 2.0],
        };
        a / 7.0 * b / (7.0 - a) + b / 7.0 * a / (7.0 - b)
    };
    let (two, _) = inclusions(&people, &PoolPlan::open(2), rounds);
    for (person, &count) in two.iter().enumerate() {
        let off = deviation(count, rounds, 1.0 - last(person));
        assert!(off.abs() < 4.0, "two, person {person}: {off}");
    }
}
