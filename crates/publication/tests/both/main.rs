//! Two implementations of the draw, one verdict: waves that nobody chose, written and verified by this
//! crate, verified and computed again by the plain Python of `verify/`.
//!
//! A seed makes one to three waves of one history. `BOTH_WAVES` seeds are tried (200 unless it is set),
//! from `BOTH_SEED` on (1 unless it is set):
//!
//! ```text
//! BOTH_WAVES=1000 cargo test -p publication --test both            # the long run
//! BOTH_SEED=17 BOTH_WAVES=1 cargo test -p publication --test both  # one failure again
//! cargo test -p publication --test both -- --nocapture             # what the waves had
//! ```
#![expect(clippy::unwrap_used, reason = "a broken fixture must stop the test")]

mod after;
mod announcer;
mod calendar;
mod coverage;
mod dice;
#[path = "../shared/files.rs"]
mod files;
mod history;
mod judging;
mod people;
mod python;
mod rules;

use std::{env, thread};

use crate::coverage::Coverage;
use crate::dice::Dice;
use crate::history::History;
use crate::judging::judge;
use crate::python::Python;

/// Seeds tried where the environment names no other number.
const WAVES: u64 = 200;

/// A number from the environment.
fn setting(name: &str, otherwise: u64) -> u64 {
    let number =
        |text: String| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number"));
    env::var(name).map_or(otherwise, number)
}

/// Goal: no folder on which the two implementations differ; method: write random waves, have both
/// verify each, compute its files again in Python and compare the bytes, then flip one bit and have
/// both verify it again.
#[test]
fn both_agree() {
    let (first, seeds) = (setting("BOTH_SEED", 1), setting("BOTH_WAVES", WAVES));
    let (mut python, mut coverage) = (Python::start(), Coverage::default());
    for seed in first..first + seeds {
        // Whatever panics, its message names the thread.
        let thread = thread::Builder::new().name(format!("seed {seed}"));
        thread::scope(|scope| {
            let run = || run(seed, &mut python, &mut coverage);
            thread.spawn_scoped(scope, run).unwrap().join().unwrap();
        });
    }
    show(&coverage);
    coverage.check(seeds);
}

/// Writes the waves of one seed and has them judged.
fn run(seed: u64, python: &mut Python, coverage: &mut Coverage) {
    let mut dice = Dice::new(seed);
    let mut history = History::begin(&mut dice);
    let waves = dice.pick(&[1, 1, 2, 3]);
    for place in 1..=waves {
        history.add(&mut dice, place == waves);
    }
    for place in 0..waves {
        if let Err(difference) = judge(&history, place, &mut dice, python, coverage) {
            let kept = history.dir.keep();
            panic!("seed {seed}, {difference}\n(the folders are kept in {})", kept.display());
        }
    }
}

#[expect(clippy::print_stderr, reason = "shown with --nocapture")]
fn show(coverage: &Coverage) {
    eprintln!("{coverage}");
}
