//! Random times, and beacons whose signature at the draw is known.

use selection::beacon::{BeaconSchedule, QUICKNET, TestBeacon};
use selection::policy::{BeaconFacts, Timetable};

use crate::dice::Dice;

/// The real chain's signature of round 123 (section 5), by the key that a test chain may borrow.
const ROUND_123: &str = "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92";

/// Corrections of a wave at most.
const CORRECTIONS_MAX: u64 = 2;

pub(crate) fn beacon_and_times(dice: &mut Dice) -> (BeaconFacts, Timetable) {
    match dice.within(0..=15) {
        0 => quicknet(dice),
        1 => borrowed_key(dice),
        _ => test_chain(dice),
    }
}

/// The real chain, drawn by its round 123, so without corrections.
fn quicknet(dice: &mut Dice) -> (BeaconFacts, Timetable) {
    let t4 = QUICKNET.genesis_s + 122 * 3 - dice.within(0..=2);
    let times = times(dice, t4, 86_400);
    let times = Timetable { max_corrections: 0, correction_shift_s: 86_400, ..times };
    (BeaconFacts::quicknet(), times)
}

/// A chain of its own with the real one's key, all of whose plans are drawn by round 123.
fn borrowed_key(dice: &mut Dice) -> (BeaconFacts, Timetable) {
    let times = times_around(dice);
    let (period_s, shifts) = (100_000, CORRECTIONS_MAX * u64::from(times.correction_shift_s));
    let beacon = BeaconFacts {
        chain_hash: dice.bytes(),
        genesis_s: times.t4 + dice.within(shifts..=u64::from(period_s) - 1)
            - 122 * u64::from(period_s),
        period_s,
        test: true,
        ..BeaconFacts::quicknet()
    };
    (beacon, times)
}

fn test_chain(dice: &mut Dice) -> (BeaconFacts, Timetable) {
    let times = times_around(dice);
    let beacon = BeaconFacts {
        chain_hash: dice.bytes(),
        public_key: None,
        scheme: TestBeacon::SCHEME.to_owned(),
        genesis_s: times.t4 - dice.pick(&[0, 1, 59, 1_000_000, times.t4]),
        period_s: dice.pick(&[1, 3, 60, u32::MAX]),
        test: true,
    };
    (beacon, times)
}

fn times_around(dice: &mut Dice) -> Timetable {
    let t4 = dice.pick(&[100_000_000, 1_764_547_200, 1 << 52]) + dice.within(0..=1_000_000);
    times(dice, t4, 0)
}

/// A calendar that ends at `t4`, with at least `window_s` to inspect the list.
fn times(dice: &mut Dice, t4: u64, window_s: u64) -> Timetable {
    let mut pause_s = || if dice.one_in(3) { 0 } else { dice.within(1..=100_000) };
    let (window_s, t3) = (window_s + pause_s(), pause_s());
    let (t1, t0) = (pause_s(), pause_s());
    let margin_s = dice.within_u32(1..=5_000);
    let t3 = t4 - u64::from(margin_s) - t3;
    let t2 = t3.min(t4 - window_s);
    Timetable {
        t0: t2 - t1 - t0,
        t1: t2 - t1,
        t2,
        t3,
        t4,
        margin_s,
        correction_shift_s: dice.pick(&[1, 60, 10_000]),
        max_corrections: dice.within(0..=CORRECTIONS_MAX) as u8,
    }
}

/// The beacon's signature of a round.
pub(crate) fn signature(beacon: &BeaconFacts, round: u64) -> [u8; 48] {
    if beacon.public_key.is_none() {
        let schedule = BeaconSchedule::new(beacon.genesis_s, beacon.period_s).unwrap();
        return TestBeacon::new(beacon.chain_hash, schedule).signature(round);
    }
    assert_eq!(round, 123);
    let digit = |at: usize| u8::from_str_radix(&ROUND_123[2 * at..][..2], 16).unwrap();
    std::array::from_fn(digit)
}
