//! One changed bit in a long list: the same as in the small folders, with tiles of three levels.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use publication::verify::{Memo, Options, StepName, verify_again};

use crate::faults::test_signature;
use crate::files::files_under;
use crate::flipping::check;
use crate::maker::{Made, crowd, draw_key, earlier, records};
use crate::support::FOLDERS;

/// 391 tiles of level 0, two of level 1 and one of level 2.
const RECORDS: u32 = 100_000;

/// Bits flipped in all, at least.
const FLIPS: usize = 200;

/// Bytes of a file that get a flip each: the first, the last, and others in even steps between.
fn places(size: usize, flips: usize) -> BTreeSet<usize> {
    (0..flips).map(|step| step * (size - 1) / (flips - 1).max(1)).collect()
}

/// Goal: no bit of a long list, its tree, its log or its outcome can change; method: 100,000 records, a
/// flip in every file but tiles of level 0, of which some get one, more in the large ones.
#[test]
fn no_sampled_bit_of_a_crowd_can_change() {
    let (folder, label) = FOLDERS[3];
    let mut made = Made::begin(folder, |parts| parts.policy.rules.base = 9_000);
    let list = records(made.writer.policy(), &draw_key(label), &crowd(RECORDS));
    let (_, plan) = made.commit(1, &list, earlier(folder));
    made.draw(&test_signature(&made, plan.round));
    made.announce_everything(1);
    let (mut memo, options) = (Memo::default(), Options::default());
    let report = verify_again(&made.path, &options, &mut memo);
    assert!(report.ok() && report.records == u64::from(RECORDS), "{report}");

    let (mut flips, mut failed) = (0, BTreeSet::new());
    let names = files_under(&made.path);
    assert!(names.iter().any(|name| name.starts_with("tree/tile/2/")), "three levels");
    for (number, name) in names.iter().enumerate() {
        let many = ["entries.bin", "waitlist.bin", "selected.bin"].contains(&name.as_str());
        let few = name.starts_with("tree/tile/0/") && number % 10 != 0;
        let count = if many { 30 } else { usize::from(!few) * 2 };
        let path: &Path = &made.path.join(name);
        let original = fs::read(path).unwrap();
        for place in places(original.len(), count) {
            let mut flipped = original.clone();
            flipped[place] ^= 1 << (place % 8);
            fs::write(path, &flipped).unwrap();
            let report = verify_again(&made.path, &options, &mut memo);
            check(name, &report, false, &format!("{name} byte {place}"));
            failed.extend(report.steps.iter().filter(|own| !own.passed).map(|own| own.step));
            flips += 1;
        }
        fs::write(path, original).unwrap();
    }
    assert!(flips >= FLIPS, "{flips}");
    assert_eq!(failed, StepName::ALL.into_iter().collect());
    assert!(verify_again(&made.path, &options, &mut memo).ok());
}
