//! What stands in the log, and in which order.

use std::fs;

use publication::log::LogStore;
use publication::verify::{Options, StepName, verify};
use selection::announce::file_entry;

use crate::faults::test_signature;
use crate::maker::{Made, draw_key, earlier, people, records};
use crate::support::{FOLDERS, policy, secret};
use crate::verifying::{detail, failed};

/// The log alone must fail, with these words.
fn refused(made: &Made, said: &str) {
    let report = verify(&made.path, &Options::default());
    assert_eq!(failed(&report), [StepName::Log], "{said}\n{report}");
    assert!(detail(&report, StepName::Log).contains(said), "{said}\n{report}");
}

/// A whole wave with this entry in the log, before the policy or after everything.
fn with_entry(entry: Vec<u8>, first: bool) -> Made {
    let (folder, label) = FOLDERS[3];
    let made = Made::golden(folder, label);
    let append = || {
        let mut log = LogStore::open(&made.log(), &made.writer.policy().log).unwrap();
        log.append(&[entry], &secret("log")).unwrap();
    };
    if first {
        append();
        made.announce_everything(1);
    } else {
        made.announce_everything(1);
        append();
        // Another announcement, so that the folder gets the log as it is now.
        fs::write(made.path.join("corrections.json"), corrections(&made)).unwrap();
        made.announce("corrections.json", 1_705_100_000);
    }
    made
}

fn corrections(made: &Made) -> Vec<u8> {
    let ctx = *made.writer.policy().ctx.as_bytes();
    publication::format::CorrectionsFile { ctx, granted: Vec::new() }.write()
}

/// Goal: a corrected list may be an earlier one again; method: take somebody out by plan 2 and back in
/// by plan 3.
#[test]
fn a_list_may_come_back() {
    let (folder, label) = FOLDERS[3];
    let mut made = Made::begin(folder, |_| ());
    let list = records(made.writer.policy(), &draw_key(label), &people(folder));
    let times = made.writer.policy().policy().get().times;
    made.announce("policy.json", times.t0);
    let mut round = 0;
    for (plan, list) in [(1, &list[..]), (2, &list[1..]), (3, &list[..])] {
        round = made.commit(plan, list, earlier(folder)).1.round;
        made.announce_all(&["entries.bin", "quota.json", "plan.json"], times.plan_due(plan));
    }
    made.draw(&test_signature(&made, round));
    made.announce_rest(3);
    let report = verify(&made.path, &Options::default());
    assert!(report.ok(), "{report}");
}

/// Goal: the rules precede the registration; method: a state of the registration log before and after
/// the policy, and one of another wave before it.
#[test]
fn the_policy_comes_first() {
    let file = policy(FOLDERS[3].0);
    let (programme, wave) = file.wave();
    let entry = |wave| file_entry(programme, wave, "registration-checkpoint", &[7; 32]).unwrap();
    refused(&with_entry(entry(wave), true), "a state of the registration log before policy.json");
    for (wave, first) in [(wave, false), (wave + 1, true)] {
        let report = verify(&with_entry(entry(wave), first).path, &Options::default());
        assert!(report.ok(), "{report}");
    }
}

/// Goal: nothing is announced for a wave unseen; method: entries with a name that is no text, cut, and
/// grown, and one of another wave.
#[test]
fn entries_are_whole() {
    let made = Made::golden(FOLDERS[3].0, FOLDERS[3].1);
    let (programme, wave) = made.writer.policy().wave();
    let mut entry = file_entry(programme, wave, "xy", &[7; 32]).unwrap();
    let at = entry.len() - 34;
    entry[at..at + 2].copy_from_slice(&[0xff, 0xfe]);
    let cut = entry[..at].to_vec();
    let grown = [&entry[..], &[0]].concat();
    for malformed in [entry, cut, grown] {
        refused(&with_entry(malformed, false), "begins like one of this wave and is malformed");
    }
    let mut other = file_entry(programme, wave + 1, "xy", &[7; 32]).unwrap();
    other.pop();
    let report = verify(&with_entry(other, false).path, &Options::default());
    assert!(report.ok(), "{report}");
}

/// Goal: no batch of revocations lies about unread; method: put one behind a gap, and others with names
/// like those of batches.
#[test]
fn batches_have_no_gap() {
    let (folder, label) = FOLDERS[3];
    for name in ["revoked.3.json", "revoked.1.json", "revoked.02.json", "revoked-old.json"] {
        let made = Made::announced(folder, label);
        made.write(name, &made.read("revoked.json"));
        refused(&made, name);
    }
}

/// Goal: people see how old the copy of the log is; method: the time of the third of four witnesses.
#[test]
fn the_last_look_is_told() {
    let made = Made::announced(FOLDERS[3].0, FOLDERS[3].1);
    let report = verify(&made.path, &Options::default());
    // The draw and two minutes, at which revocations were announced.
    let said = "last seen by them on 2024-01-11 at 19:08 UTC";
    assert!(detail(&report, StepName::Log).contains(said), "{report}");
}
