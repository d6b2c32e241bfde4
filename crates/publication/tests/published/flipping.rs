//! One changed bit anywhere fails the right step (section 16.11).

use std::fs;
use std::path::Path;

use publication::format::{
    CorrectionsFile, Granted, ResultFile, RevocationReason, RevokedFile, SeedFile,
};
use publication::verify::{Memo, Options, Report, StepName, verify_again};
use selection::digest::Seed;
use selection::draw::is_selected;
use selection::ticket::Ticketer;

use crate::support::{FOLDERS, copy_golden, files_under, policy, read};
use crate::verifying::{detail, failed, options};

/// Steps of which one must fail for a changed file, beside the log.
fn blamed(name: &str) -> &'static [StepName] {
    match name {
        "entries.bin" => &[StepName::Entries],
        "plan.json" => &[StepName::Entries, StepName::Quota, StepName::Seed],
        "quota.json" => &[StepName::Quota],
        "reveals.json" | "seed.json" => &[StepName::Seed],
        "result.json" | "selected.bin" | "waitlist.bin" => &[StepName::Draw],
        "corrections.json" | "revoked.json" => &[StepName::Conservation],
        "policy.json" => &[StepName::Log],
        other => panic!("{other} is not a published file"),
    }
}

/// Whether a change is of a kind that only the log can show.
///
/// Section 16.11 names reasons and times. Two more kinds cannot fail another step: in a region with
/// hidden classes most of `result.json` is for auditors (section 16.10), and an appeal of
/// `corrections.json` that was changed into one which the policy allows, whose ticket is within its
/// limits, is as good as the true one for everybody who does not hold the key of the wave.
fn only_the_log_shows(folder: &str, name: &str, original: &[u8], flipped: &[u8]) -> bool {
    match name {
        "revoked.json" => {
            let read = |bytes| {
                let mut file = RevokedFile::read(name, bytes).ok()?;
                for own in &mut file.revocations {
                    own.at = 0;
                    own.reason = RevocationReason::Other;
                }
                Some(file)
            };
            read(flipped).is_some() && read(flipped) == read(original)
        }
        "corrections.json" => CorrectionsFile::read(flipped).is_ok_and(|file| {
            file.ctx == *policy(folder).ctx.as_bytes()
                && file.granted.iter().all(|own| could_be_granted(folder, own))
        }),
        "result.json" => ResultFile::read(flipped).is_ok_and(|file| {
            let before = ResultFile::read(original).unwrap();
            let mut regions = file.regions.iter().zip(&before.regions);
            let hidden = regions.all(|(own, before)| own == before || !before.public);
            hidden && ResultFile { regions: before.regions.clone(), ..file } == before
        }),
        _ => false,
    }
}

/// Whether anybody with this tag and class could have been granted an appeal.
fn could_be_granted(folder: &str, own: &Granted) -> bool {
    let policy = policy(folder);
    let rules = &policy.policy().get().rules;
    let seed = SeedFile::read(&read(folder, "seed.json")).unwrap().seed;
    let ticket = Ticketer::new(&Seed::from_bytes(seed)).ticket(&own.entry_tag, own.weight);
    let result = ResultFile::read(&read(folder, "result.json")).unwrap();
    let region = result.regions.iter().find(|region| region.code == own.region);
    let listed = read(folder, "entries.bin").chunks(64).any(|one| one[..16] == own.entry_tag.0);
    let allowed = own.mask & !rules.trait_bits() == 0 && own.weight.get() <= rules.max_weight;
    let within = region.is_some_and(|one| is_selected(&one.limits(rules), own.mask, &ticket));
    within && allowed && !listed
}

pub(crate) fn check(name: &str, report: &Report, only_log: bool, place: &str) {
    let failed = failed(report);
    if name.starts_with("tree/") {
        assert_eq!(failed, [StepName::Entries], "{place}\n{report}");
        assert!(detail(report, StepName::Entries).contains(name), "{place}\n{report}");
    } else if name.starts_with("log/") {
        assert_eq!(failed, [StepName::Log], "{place}\n{report}");
        assert!(detail(report, StepName::Log).contains("log/"), "{place}\n{report}");
    } else if name.starts_with("proofs/") {
        assert_eq!(failed, [StepName::Log], "{place}\n{report}");
        assert!(detail(report, StepName::Log).contains(name), "{place}\n{report}");
    } else {
        assert!(failed.contains(&StepName::Log), "{place}\n{report}");
        // The keys of a changed policy fit no signature of the log.
        let said = detail(report, StepName::Log).contains(name) || name == "policy.json";
        assert!(said, "{place}\n{report}");
        let blamed = blamed(name).iter().any(|step| failed.contains(step));
        // Of a region with hidden classes some limits are for everybody all the same.
        let may_both = name == "result.json" && only_log;
        assert!(blamed != only_log || may_both, "{place}\n{report}");
    }
    for step in failed {
        let names_a_file = [".json", ".bin", "tree/", "log/", "proofs/"];
        let detail = detail(report, step);
        assert!(names_a_file.iter().any(|own| detail.contains(own)), "{place}\n{report}");
    }
}

/// Flips bits `first`, `first + step`, … of all files of a folder taken as one.
fn flip(folder: &str, first: usize, step: usize, files: &dyn Fn(&str) -> bool) -> usize {
    let copy = copy_golden(folder);
    let options: Options = options(folder);
    let mut memo = Memo::default();
    assert!(verify_again(copy.path(), &options, &mut memo).ok());
    let (mut flips, mut bit) = (0, first);
    for name in files_under(copy.path()).iter().filter(|name| files(name)) {
        let path: &Path = &copy.path().join(name);
        let original = read(folder, name);
        while bit < original.len() * 8 {
            let mut flipped = original.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(path, &flipped).unwrap();
            let report = verify_again(copy.path(), &options, &mut memo);
            let only_log = only_the_log_shows(folder, name, &original, &flipped);
            check(name, &report, only_log, &format!("{folder}/{name} bit {bit}"));
            flips += 1;
            bit += step;
        }
        bit -= original.len() * 8;
        fs::write(path, original).unwrap();
    }
    assert!(verify_again(copy.path(), &options, &mut memo).ok());
    flips
}

fn is_signed(name: &str) -> bool {
    name.starts_with("log/") || name.starts_with("proofs/")
}

/// Goal: no bit of the smallest folder can change; method: flip each bit of its content files.
#[test]
fn no_bit_of_the_small_folder_can_change() {
    let flips = flip(FOLDERS[0].0, 0, 1, &|name| !is_signed(name));
    assert_eq!(flips, 8 * (896 + 453 + 2007 + 442 + 1075 + 650 + 2 + 448 + 56));
}

/// Goal: the same for what is signed; method: flip each bit of its log and proofs.
#[test]
fn no_bit_of_the_small_log_can_change() {
    let flips = flip(FOLDERS[0].0, 0, 1, &is_signed);
    assert_eq!(flips, 8 * (684 + 416 + 735 + 895 * 2 + 760 + 805 + 897 * 2 + 896 + 807));
}

/// Goal: larger folders likewise; method: flip about a thousand bits spread over each.
#[test]
fn no_sampled_bit_of_the_larger_folders_can_change() {
    for (folder, step) in [(FOLDERS[1].0, 251), (FOLDERS[2].0, 379), (FOLDERS[3].0, 509)] {
        let flips = flip(folder, 5, step, &|_| true);
        assert!(flips > 500, "{folder}: {flips}");
    }
}

/// Goal: appeals are held to what everybody can know of them; method: flip each bit of a granted one.
#[test]
fn no_bit_of_an_appeal_can_change_beyond_what_is_allowed() {
    for folder in [FOLDERS[1].0, FOLDERS[2].0] {
        assert!(flip(folder, 0, 1, &|name| name == "corrections.json") > 500);
    }
}
