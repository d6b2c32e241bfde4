//! Whether golden folders hold, and what the report says.

use std::fs;
use std::path::PathBuf;

use publication::format::LogName;
use publication::log::Trust;
use publication::verify::{Options, Report, Sample, StepName, verify};

use selection::tree::NodeHash;

use crate::support::{FOLDERS, copy_golden, golden, policy, read, secret, trust};

/// Options of a golden folder: the second wave has one before it.
pub(crate) fn options(folder: &str) -> Options {
    let previous: Vec<PathBuf> =
        if folder == FOLDERS[2].0 { vec![golden(FOLDERS[1].0)] } else { Vec::new() };
    Options { previous, ..Options::default() }
}

pub(crate) fn failed(report: &Report) -> Vec<StepName> {
    StepName::ALL.into_iter().filter(|step| !report.passed(*step)).collect()
}

pub(crate) fn detail(report: &Report, step: StepName) -> &str {
    &report.steps.iter().find(|own| own.step == step).unwrap().detail
}

/// Goal: the golden folders hold; method: verify each, with and without pinned keys and the wave
/// before, and read the report.
#[test]
fn golden_folders_hold() {
    for ((folder, _), records) in FOLDERS.into_iter().zip([14, 72, 130, 290]) {
        let report = verify(&golden(folder), &options(folder));
        assert!(report.ok(), "{folder}\n{report}");
        assert_eq!((report.records, report.test_beacon), (records, records != 14));
        assert!(detail(&report, StepName::Log).contains("none pinned"));
        let pinned = Options {
            trust: Some(Trust::read("k", &trust(folder).write()).unwrap()),
            ..options(folder)
        };
        let report = verify(&golden(folder), &pinned);
        assert!(report.ok() && detail(&report, StepName::Log).contains("pinned keys"), "{report}");
    }
    let alone = verify(&golden(FOLDERS[2].0), &Options::default());
    assert!(alone.ok(), "{alone}");
    let said = detail(&alone, StepName::Conservation);
    assert!(said.contains("NOT CHECKED") && said.contains("result.json of wave 1"), "{said}");
    assert!(!said.contains("add up") && !said.contains("no wave was before"), "{said}");
    let given = verify(&golden(FOLDERS[2].0), &options(FOLDERS[2].0));
    let said = detail(&given, StepName::Conservation);
    assert!(said.ends_with("seats from earlier waves add up"), "{said}");
    let first = verify(&golden(FOLDERS[0].0), &Options::default());
    let said = detail(&first, StepName::Conservation);
    assert!(said.ends_with("says that no wave was before this one"), "{said}");
    let text = verify(&golden(FOLDERS[1].0), &Options::default()).to_string();
    assert!(text.starts_with("TEST BEACON") && text.ends_with("72 records: PASS"), "{text}");
}

/// Goal: the report for machines has its fixed form; method: the beginning and end for wave 1.
#[test]
fn reports_for_machines() {
    let json = verify(&golden(FOLDERS[0].0), &Options::default()).json();
    assert!(json.starts_with(r#"{"ok":true,"records":14,"steps":[{"detail":""#), "{json}");
    assert!(json.contains(r#","name":"log","status":"pass","step":1},{"#), "{json}");
    assert!(
        json.ends_with(r#""name":"conservation","status":"pass","step":6}],"test_beacon":false}"#)
    );
    let copy = copy_golden(FOLDERS[0].0);
    let mut waitlist = read(FOLDERS[0].0, "waitlist.bin");
    waitlist[3 * 4 + 3] ^= 1;
    fs::write(copy.path().join("waitlist.bin"), waitlist).unwrap();
    let json = verify(copy.path(), &Options::default()).json();
    assert!(
        json.starts_with(r#"{"ok":false,"#) && json.contains(r#""index":3,"name":"draw""#),
        "{json}"
    );
}

/// Goal: a quick look says so and passes; method: verify half of the regions.
#[test]
fn samples_are_labelled() {
    for (folder, _) in FOLDERS {
        let sample = Sample::percent(50);
        assert!(sample.is_some() && Sample::percent(0).is_none() && Sample::percent(100).is_none());
        let report = verify(&golden(folder), &Options { sample, ..options(folder) });
        assert!(report.ok(), "{folder}\n{report}");
        assert!(report.to_string().contains("SAMPLE of 50 %"));
        assert!(report.json().contains(r#""sample":50"#));
    }
}

/// Goal: other keys than the folder's fail the log alone; method: pin a stranger's log and witnesses.
#[test]
fn strangers_keys_fail_the_log() {
    let folder = FOLDERS[0].0;
    let own = trust(folder);
    let log = LogName { key: secret("stranger").public(), origin: own.log().origin.clone() };
    let other = Trust::new(log, own.witnesses().to_vec(), 3).unwrap();
    let report = verify(&golden(folder), &Options { trust: Some(other), ..Options::default() });
    assert_eq!(failed(&report), [StepName::Log]);
    let few = Trust::new(own.log().clone(), own.witnesses()[..1].to_vec(), 1).unwrap();
    let report = verify(&golden(folder), &Options { trust: Some(few), ..Options::default() });
    assert_eq!(failed(&report), [StepName::Log], "an unknown cosignature is an error");
}

/// Goal: contributions and the wave before are held to account; method: reveal what was withheld, and
/// give folders that are not the source.
#[test]
fn sources_are_checked() {
    let folder = FOLDERS[2].0;
    let check = |previous: Vec<PathBuf>, said: &str| {
        let report = verify(&golden(folder), &Options { previous, ..Options::default() });
        assert_eq!(failed(&report), [StepName::Conservation], "{said}");
        assert!(detail(&report, StepName::Conservation).contains(said), "{said}\n{report}");
    };
    check(vec![golden(FOLDERS[0].0)], "no earlier one of");
    check(vec![golden("none")], "policy.json");
    check(vec![golden(FOLDERS[1].0), golden(FOLDERS[1].0)], "given twice");
    for (name, said) in [
        ("revoked.json", "revoked.json of wave 1 is not the one named"),
        ("result.json", "result.json of wave 1 is not the one named"),
        ("corrections.json", "corrections.json"),
    ] {
        let copy = copy_golden(FOLDERS[1].0);
        let mut text = String::from_utf8(read(FOLDERS[1].0, name)).unwrap();
        text = match name {
            "revoked.json" => text.replacen("withdrawn", "other", 1),
            "result.json" => text.replacen(r#""short":0"#, r#""short":1"#, 1),
            _ => text.replacen(r#""version":1"#, r#""version":2"#, 1),
        };
        fs::write(copy.path().join(name), text).unwrap();
        check(vec![copy.path().to_owned()], said);
    }
    for name in ["quota.json", "corrections.json"] {
        let copy = copy_golden(FOLDERS[1].0);
        let text = String::from_utf8(read(FOLDERS[1].0, name)).unwrap();
        let own = NodeHash(*policy(FOLDERS[1].0).ctx.as_bytes()).to_string();
        let text = text.replace(&own, &NodeHash([7; 32]).to_string());
        fs::write(copy.path().join(name), text).unwrap();
        check(vec![copy.path().to_owned()], &format!("{name}: field ctx"));
    }
    let copy = copy_golden(FOLDERS[1].0);
    fs::remove_file(copy.path().join("corrections.json")).unwrap();
    check(vec![copy.path().to_owned()], "has a reserve but no corrections.json");
}
