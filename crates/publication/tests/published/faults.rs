//! Whole folders made with one fault each, which fails at its step.

use std::fs;

use publication::format::{
    CorrectionsFile, Granted, PlanFile, QuotaFile, ResultFile, RevokedFile, SeedFile,
};
use publication::log::LogStore;
use publication::verify::{Options, StepName, verify};
use publication::write::FromEarlier;
use selection::announce::file_entry;
use selection::beacon::{BeaconSchedule, TestBeacon};
use selection::digest::Seed;
use selection::record::{EntryTag, RECORD_SIZE_BYTES, Weight};
use selection::ticket::Ticketer;
use selection::tree::{NodeHash, TileId, TreeBuilder, record_leaf};

use crate::maker::{Made, draw_key, earlier, people, records};
use crate::support::{FOLDERS, secret, sha};
use crate::verifying::{detail, failed, options};

/// Goal: made waves hold, also a corrected one; method: make them, draw plan 2 with one person less.
#[test]
fn made_folders_hold() {
    for (folder, label) in FOLDERS {
        let made = Made::announced(folder, label);
        let report = verify(&made.path, &options(folder));
        assert!(report.ok(), "{folder}\n{report}");
    }
}

pub(crate) fn test_signature(made: &Made, round: u64) -> [u8; 48] {
    let beacon = &made.writer.policy().policy().get().beacon;
    let schedule = BeaconSchedule::new(beacon.genesis_s, beacon.period_s).unwrap();
    TestBeacon::new(beacon.chain_hash, schedule).signature(round)
}

/// A wave whose list was corrected once, announced in time or `late_s` too late.
fn corrected(late_s: u64) -> Made {
    let (folder, label) = FOLDERS[3];
    let mut made = Made::begin(folder, |_| ());
    let list = records(made.writer.policy(), &draw_key(label), &people(folder));
    let times = made.writer.policy().policy().get().times;
    made.announce("policy.json", times.t0);
    let files = ["entries.bin", "quota.json", "plan.json"];
    made.commit(1, &list, earlier(folder));
    made.announce_all(&files, times.plan_due(1));
    let (_, plan) = made.commit(2, &list[1..], earlier(folder));
    made.announce_all(&files, times.plan_due(2) + late_s);
    made.draw(&test_signature(&made, plan.round));
    made.announce_rest(2);
    made
}

/// Goal: a correction moves the draw and stays in the log; method: a corrected wave holds, a late
/// correction does not, nor one whose first plan is hidden.
#[test]
fn corrections_hold() {
    let report = verify(&corrected(0).path, &Options::default());
    assert!(report.ok(), "{report}");
    let report = verify(&corrected(1).path, &Options::default());
    assert_eq!(failed(&report), [StepName::Log]);
    assert!(detail(&report, StepName::Log).contains("which is after"), "{report}");

    let (folder, label) = FOLDERS[3];
    let mut made = Made::begin(folder, |_| ());
    let list = records(made.writer.policy(), &draw_key(label), &people(folder));
    let (_, plan) = made.commit(2, &list, earlier(folder));
    made.draw(&test_signature(&made, plan.round));
    made.announce_everything(2);
    let report = verify(&made.path, &Options::default());
    assert_eq!(failed(&report), [StepName::Log]);
    assert!(detail(&report, StepName::Log).contains("1 different plans"), "{report}");
}

/// Goal: two plans with one number are fatal, and so is a second version of any other file; method:
/// announce another digest before the true one.
#[test]
fn second_versions_are_fatal() {
    let (folder, label) = FOLDERS[3];
    for name in ["plan.json", "policy.json", "seed.json", "result.json", "selected.bin"] {
        let made = Made::golden(folder, label);
        let (programme, wave) = made.writer.policy().wave();
        let other = file_entry(programme, wave, name, &[7; 32]).unwrap();
        let mut log = LogStore::open(&made.log(), &made.writer.policy().log).unwrap();
        log.append(&[other], &secret("log")).unwrap();
        made.announce_everything(1);
        let report = verify(&made.path, &Options::default());
        assert_eq!(failed(&report), [StepName::Log], "{name}\n{report}");
        assert!(detail(&report, StepName::Log).contains("different"), "{report}");
    }
}

/// Goal: what the log says and the folder has must be the same; method: announce a file that is not
/// there, and have one there that is not announced.
#[test]
fn folder_and_log_fit() {
    let (folder, label) = FOLDERS[3];
    let made = Made::announced(folder, label);
    fs::remove_file(made.path.join("revoked.json")).unwrap();
    let report = verify(&made.path, &Options::default());
    assert!(detail(&report, StepName::Log).contains("revoked.json"), "{report}");
    assert_eq!(failed(&report), [StepName::Log]);
    let made = Made::golden(folder, label);
    made.announce_everything(1);
    let batch = RevokedFile::new(*made.writer.policy().ctx.as_bytes(), Vec::new());
    made.writer.revoked(1, &batch).unwrap();
    let report = verify(&made.path, &Options::default());
    assert!(detail(&report, StepName::Log).contains("not announced"), "{report}");
    assert_eq!(failed(&report), [StepName::Log]);
}

/// Goal: cosignatures in time, enough of them, and none that does not hold; method: move times, cut
/// lines, and put an old line into a new proof.
#[test]
fn cosignatures_count() {
    let (folder, label) = FOLDERS[3];
    let made = Made::golden(folder, label);
    let times = made.writer.policy().policy().get().times;
    made.announce("policy.json", times.t0);
    made.announce_all(&["entries.bin", "quota.json", "plan.json"], times.t2 + 1);
    made.announce_rest(1);
    let report = verify(&made.path, &Options::default());
    assert_eq!(failed(&report), [StepName::Log]);
    assert!(detail(&report, StepName::Log).contains("which is after"), "{report}");

    let made = Made::announced(folder, label);
    assert!(verify(&made.path, &Options::default()).ok());
    let name = "proofs/plan.json.tlog-proof";
    let proof = String::from_utf8(made.read(name)).unwrap();
    let line = |text: &str, witness: &str| -> String {
        text.lines().find(|line| line.contains(witness)).unwrap().to_owned() + "\n"
    };
    let check = |text: String, said: &str| {
        made.write(name, text.as_bytes());
        let report = verify(&made.path, &Options::default());
        assert_eq!(failed(&report), [StepName::Log], "{said}");
        assert!(detail(&report, StepName::Log).contains(said), "{said}\n{report}");
    };
    let first = line(&proof, "witness1.example");
    let fewer = proof.replace(&line(&proof, "witness4.example"), "");
    made.write(name, fewer.as_bytes());
    assert!(verify(&made.path, &Options::default()).ok(), "three of four are enough");
    check(fewer.replace(&line(&proof, "witness2.example"), ""), "2 witnesses signed, 3 are needed");
    let old = String::from_utf8(made.read("proofs/policy.json.tlog-proof")).unwrap();
    let stale = proof.replace(&first, &line(&old, "witness1.example"));
    check(stale, "\"witness1.example\" is not a valid one");
    check(proof.replace(&first, &format!("{first}{first}")), "signed twice");
}

/// Goal: a wave that claims to be the first is told to do so, and where its seats come from; method:
/// take over revoked places without what was left.
#[test]
fn a_first_wave_says_so() {
    let (folder, label) = FOLDERS[2];
    let mut made = Made::begin(folder, |parts| parts.policy.contributors.clear());
    let list = records(made.writer.policy(), &draw_key(label), &people(folder));
    let first = FromEarlier { carry_in: 0, carry_from: None, ..earlier(folder) };
    let (_, plan) = made.commit(1, &list, first);
    made.draw(&test_signature(&made, plan.round));
    made.announce_everything(1);
    let report = verify(&made.path, &Options::default());
    assert!(report.ok(), "{report}");
    let said = detail(&report, StepName::Conservation);
    assert!(said.contains("no wave was before this one"), "{said}");
    assert!(said.contains("NOT CHECKED: revoked.json of wave 1"), "{said}");
    let report = verify(&made.path, &options(folder));
    assert_eq!(failed(&report), [StepName::Conservation], "{report}");
}

/// Goal: one person has one seat of the reserve; method: grant one appeal in two regions, to a tag
/// whose ticket is under the limits of both.
#[test]
fn an_appeal_is_granted_once() {
    let (folder, label) = FOLDERS[2];
    let verdict = |regions: &[u16]| {
        let made = Made::announced(folder, label);
        let seed = SeedFile::read(&made.read("seed.json")).unwrap().seed;
        let ticketer = Ticketer::new(&Seed::from_bytes(seed));
        let weight = Weight::new(1).unwrap();
        let tags = (0..=u128::MAX).map(|number| EntryTag(number.to_be_bytes()));
        let least = tags.take(1_000).min_by_key(|tag| ticketer.ticket(tag, weight)).unwrap();
        let granted = |&region: &u16| {
            let reason = "omitted".to_owned();
            Granted { entry_tag: least, region, mask: 0, weight, reason }
        };
        let ctx = *made.writer.policy().ctx.as_bytes();
        let file = CorrectionsFile { ctx, granted: regions.iter().map(granted).collect() };
        made.write("corrections.json", &file.write());
        made.announce_anew();
        verify(&made.path, &options(folder))
    };
    assert!(verdict(&[1571]).ok() && verdict(&[3171]).ok());
    let report = verdict(&[1571, 3171]);
    assert_eq!(failed(&report), [StepName::Conservation], "{report}");
    assert!(detail(&report, StepName::Conservation).contains("in two regions"), "{report}");
}

/// Rebuilds tree and plan for a changed list, so that only its content is at fault.
pub(crate) fn replan(made: &Made, entries: &[u8]) {
    made.write("entries.bin", entries);
    let tree = made.path.join("tree");
    fs::remove_dir_all(&tree).unwrap();
    let mut write = |tile: TileId, hashes: &[NodeHash]| -> std::io::Result<()> {
        let path = tree.join(tile.to_string());
        fs::create_dir_all(path.parent().unwrap())?;
        fs::write(path, hashes.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>())
    };
    let mut builder = TreeBuilder::new();
    for record in entries.as_chunks::<RECORD_SIZE_BYTES>().0 {
        builder.push(record_leaf(record), &mut write).unwrap();
    }
    let root = builder.finish(&mut write).unwrap().root.0;
    let plan = PlanFile::read(&made.read("plan.json")).unwrap();
    let plan = PlanFile { root, entries: sha(entries), ..plan };
    made.write("plan.json", &plan.write());
    follow_plan(made);
}

/// Lets seed and result name the present plan.
fn follow_plan(made: &Made) {
    let plan = sha(made.read("plan.json"));
    let seed = SeedFile { plan, ..SeedFile::read(&made.read("seed.json")).unwrap() };
    made.write("seed.json", &seed.write());
    let result = ResultFile { plan, ..ResultFile::read(&made.read("result.json")).unwrap() };
    made.write("result.json", &result.write());
    made.announce_anew();
}

/// Goal: a list that breaks its rules fails step 2 at the record; method: swap, double, borrow and
/// overfill records, each time with tree, plan and announcements to match.
#[test]
fn lists_must_be_in_order() {
    let (folder, label) = FOLDERS[3];
    let check = |change: &dyn Fn(&mut [[u8; RECORD_SIZE_BYTES]]), index: u64, said: &str| {
        let made = Made::announced(folder, label);
        let mut entries = made.read("entries.bin");
        change(entries.as_chunks_mut().0);
        replan(&made, &entries);
        let report = verify(&made.path, &Options::default());
        let failed = failed(&report);
        assert!(
            failed.contains(&StepName::Entries) && !failed.contains(&StepName::Log),
            "{report}"
        );
        let step = &report.steps[1];
        assert!(step.index == Some(index) && step.detail.contains(said), "{said}\n{report}");
    };
    check(&|list| list.swap(10, 11), 11, "not above the one before");
    check(&|list| list[11] = list[10], 11, "not above the one before");
    check(&|list| list[11][52] = 0, 11, "weight");
    check(&|list| list[11][52] = 5, 11, "weight 5");
    check(&|list| list[11][51] = 0x40, 11, "mask 0x0040");
    check(&|list| list[11][63] = 1, 11, "reserved");
    // The last record of the list gets the tag of the last one of the first region.
    let borrow = |list: &mut [[u8; RECORD_SIZE_BYTES]]| {
        let tag: [u8; 16] = *list[209].first_chunk().unwrap();
        list[289][..16].copy_from_slice(&tag);
    };
    check(&borrow, 289, "another one");
}

/// Goal: seats, seed and draw follow from what is before them; method: publish another one of each
/// kind, fully announced, and see its own step fail.
#[test]
fn steps_blame_their_files() {
    let (folder, label) = FOLDERS[3];
    let check = |change: &dyn Fn(&Made), expected: &[StepName]| {
        let made = Made::announced(folder, label);
        change(&made);
        let report = verify(&made.path, &Options::default());
        assert_eq!(failed(&report), expected, "{report}");
    };
    // A seat moves between regions.
    check(
        &|made| {
            let mut quota = QuotaFile::read(&made.read("quota.json")).unwrap();
            quota.table.regions[0].seats += 1;
            quota.table.regions[1].seats -= 1;
            made.write("quota.json", &quota.write());
            let plan = PlanFile::read(&made.read("plan.json")).unwrap();
            let plan = PlanFile { quota: sha(quota.write()), ..plan };
            made.write("plan.json", &plan.write());
            follow_plan(made);
        },
        &[StepName::Quota],
    );
    // The draw takes the next round.
    check(
        &|made| {
            let seed = SeedFile::read(&made.read("seed.json")).unwrap();
            let round = seed.round + 1;
            let signature = test_signature(made, round);
            let seed = SeedFile { round, signature, randomness: sha(signature), ..seed };
            made.write("seed.json", &seed.write());
            made.announce_anew();
        },
        &[StepName::Seed],
    );
    // Two people change places.
    check(
        &|made| {
            let mut selected = made.read("selected.bin");
            let mut waitlist = made.read("waitlist.bin");
            let codes: Vec<[u8; 4]> = waitlist.as_chunks().0.to_vec();
            let (lucky, waiting) = (
                codes.iter().position(|code| *code == [0; 4]).unwrap(),
                codes.iter().position(|code| *code == [0, 0, 0, 1]).unwrap(),
            );
            for index in [lucky, waiting] {
                selected[index / 8] ^= 0x80 >> (index % 8);
            }
            waitlist.as_chunks_mut::<4>().0.swap(lucky, waiting);
            made.write("selected.bin", &selected);
            made.write("waitlist.bin", &waitlist);
            made.announce_anew();
        },
        &[StepName::Draw],
    );
}
