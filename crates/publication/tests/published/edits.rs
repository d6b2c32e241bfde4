//! One field of a published file edited at a time, in canonical form: the step that reads it fails, and
//! says why. The log fails beside it, since the file is not announced so.
//!
//! `verify/tests/test_faults.py` tries the same on the other implementation.

use std::fs;
use std::path::PathBuf;

use publication::format::CarrySource;
use publication::verify::{Options, StepName, verify};
use publication::write::FromEarlier;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::faults::test_signature;
use crate::maker::{Made, draw_key, earlier, people, records};
use crate::support::{FOLDERS, copy_golden, golden, read, sha};
use crate::verifying::{detail, failed};

const POOLS: &str = "02-pools-guarantees";
const EARLIER: &str = "02-pools-guarantees/previous";
const HOUSEHOLD: &str = "03-household-weights-openfirst";

type Edit<'e> = &'e dyn Fn(&mut Value);

/// A copy of a golden folder with one file edited.
fn edited(folder: &str, name: &str, edit: Edit<'_>) -> TempDir {
    let copy = copy_golden(folder);
    edit_in(&copy, name, edit);
    copy
}

fn edit_in(copy: &TempDir, name: &str, edit: Edit<'_>) {
    let path = copy.path().join(name);
    let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let original = value.clone();
    edit(&mut value);
    assert_ne!(value, original, "{name} was not edited");
    // Keys are sorted, and there are no fractions: this is the canonical form.
    fs::write(path, value.to_string()).unwrap();
}

/// What is wrong with the report of a folder whose step should fail so.
fn mismatch(copy: &TempDir, previous: &[PathBuf], step: StepName, said: &str) -> Option<String> {
    let options = Options { previous: previous.to_vec(), ..Options::default() };
    let report = verify(copy.path(), &options);
    let found = failed(&report).contains(&step) && detail(&report, step).contains(said);
    (!found).then(|| format!("{said:?} in {:?}", detail(&report, step)))
}

fn assert_fails(copy: &TempDir, previous: &[PathBuf], step: StepName, said: &str) {
    assert_eq!(mismatch(copy, previous, step, said), None);
}

fn check(folder: &str, name: &str, step: StepName, cases: &[(Edit<'_>, &str)]) {
    let previous = if folder == POOLS { vec![golden(EARLIER)] } else { Vec::new() };
    let found = cases
        .iter()
        .filter_map(|(edit, said)| mismatch(&edited(folder, name, edit), &previous, step, said));
    assert_eq!(found.collect::<Vec<_>>(), [""; 0]);
}

fn zeros(bytes: usize) -> String {
    "00".repeat(bytes)
}

/// Goal: the seed follows from plan, beacon and contributions alone; method: edit each field of them,
/// and give reveals to a wave without contributors.
#[test]
fn seeds_follow() {
    check(
        POOLS,
        "plan.json",
        StepName::Seed,
        &[
            (&|own| own["policy"] = zeros(32).into(), "another policy"),
            (&|own| own["round"] = "1000002".into(), "the policy gives round 1000001"),
            (
                &|own| drop(own["contributions"].as_array_mut().unwrap().pop()),
                "exactly the policy's",
            ),
            (
                &|own| own["contributions"][0]["commitment"] = zeros(32).into(),
                "not signed by its key",
            ),
        ],
    );
    check(
        POOLS,
        "reveals.json",
        StepName::Seed,
        &[
            (&|own| own["contributions"].as_array_mut().unwrap().reverse(), "not those of reveals"),
            (&|own| own["contributions"][0]["value"] = zeros(32).into(), "not those of reveals"),
            (
                &|own| drop(own["contributions"].as_array_mut().unwrap().pop()),
                "not those of reveals",
            ),
        ],
    );
    check(
        POOLS,
        "seed.json",
        StepName::Seed,
        &[
            (&|own| own["plan"] = zeros(32).into(), "another plan"),
            (&|own| own["test"] = false.into(), "another beacon"),
            (&|own| own["chain_hash"] = zeros(32).into(), "another beacon"),
            (&|own| own["round"] = "1000002".into(), "not the round of the plan"),
            (&|own| own["signature"] = zeros(48).into(), "signature"),
            (&|own| own["randomness"] = zeros(32).into(), "randomness"),
            (&|own| own["contrib_digest"] = zeros(32).into(), "digest of the contributions"),
            (&|own| own["seed"] = zeros(32).into(), "states another seed"),
        ],
    );
    let copy = copy_golden(HOUSEHOLD);
    let ctx = crate::support::policy(HOUSEHOLD).ctx;
    fs::write(copy.path().join("reveals.json"), read(POOLS, "reveals.json")).unwrap();
    edit_in(&copy, "reveals.json", &|own| own["ctx"] = ctx.to_string().into());
    assert_fails(&copy, &[], StepName::Seed, "lists no contributor");
    // Both say that another value was revealed.
    let copy =
        edited(POOLS, "reveals.json", &|own| own["contributions"][0]["value"] = zeros(32).into());
    edit_in(&copy, "seed.json", &|own| own["contributions"][0]["value"] = zeros(32).into());
    assert_fails(&copy, &[], StepName::Seed, "is not the committed one");
}

fn guarantee(own: &mut Value) -> &mut Value {
    &mut own["regions"][1]["pools"][0]["guarantees"][0]
}

/// Goal: every number of the seat table follows, of a region with hidden classes as far as it can; method:
/// edit one, and have the plan name the table.
#[test]
fn seat_tables_follow() {
    let check = |folder: &str, edit: Edit<'_>, said: &str| {
        let copy = edited(folder, "quota.json", edit);
        let digest = sha(fs::read(copy.path().join("quota.json")).unwrap());
        let digest = selection::tree::NodeHash(digest).to_string();
        edit_in(&copy, "plan.json", &|own| own["quota"] = digest.clone().into());
        assert_fails(&copy, &[], StepName::Quota, said);
    };
    check(POOLS, &|own| own["q"]["base"] = 41.into(), "quota.json");
    check(POOLS, &|own| own["q"]["carry_in"] = 3.into(), "quota.json");
    check(POOLS, &|own| own["returned"][0]["count"] = 0.into(), "quota.json");
    check(POOLS, &|own| own["regions"][0]["seats"] = 5.into(), "region 1501");
    check(POOLS, &|own| own["regions"][0]["public"] = false.into(), "quota.json");
    check(POOLS, &|own| own["regions"][0]["holders"] = json!([]), "quota.json");
    check(POOLS, &|own| drop(own["regions"].as_array_mut().unwrap().pop()), "quota.json");
    let stated = "region 9401";
    check(HOUSEHOLD, &|own| guarantee(own)["seats"] = 11.into(), stated);
    check(HOUSEHOLD, &|own| guarantee(own)["seats"] = 9.into(), stated);
    check(HOUSEHOLD, &|own| guarantee(own)["asked"] = 9.into(), stated);
    check(
        HOUSEHOLD,
        &|own| drop(own["regions"][1].as_object_mut().unwrap().remove("holders")),
        "holders",
    );
    let copy = edited(POOLS, "quota.json", &|own| own["regions"][0]["n"] = 1.into());
    assert_fails(&copy, &[], StepName::Quota, "quota.json");
}

/// Goal: the true signature of round 123 is not one of round 124; method: policy, plan and seed that all
/// fit round 124.
#[test]
fn a_signature_is_of_its_round() {
    let folder = FOLDERS[0].0;
    let copy = edited(folder, "policy.json", &|own| own["times"]["t4"] = 1_692_803_736.into());
    let bytes = fs::read(copy.path().join("policy.json")).unwrap();
    let ctx = publication::format::PolicyFile::read(&bytes).unwrap().ctx.to_string();
    let digest = |bytes: &[u8]| selection::tree::NodeHash(sha(bytes)).to_string();
    let policy = digest(&bytes);
    edit_in(&copy, "plan.json", &|own| {
        own["ctx"] = ctx.clone().into();
        own["round"] = "124".into();
        own["policy"] = policy.clone().into();
        own["t4"] = 1_692_803_736.into();
    });
    let plan = digest(&fs::read(copy.path().join("plan.json")).unwrap());
    edit_in(&copy, "seed.json", &|own| {
        own["ctx"] = ctx.clone().into();
        own["round"] = "124".into();
        own["plan"] = plan.clone().into();
    });
    assert_fails(&copy, &[], StepName::Seed, "round 124");
}

/// Goal: every word of the result is held against the draw; method: edit one field of a public region at
/// a time, and lengthen a list.
#[test]
fn results_follow() {
    check(
        POOLS,
        "result.json",
        StepName::Draw,
        &[
            (&|own| own["plan"] = zeros(32).into(), "another plan"),
            (&|own| own["seed"] = zeros(32).into(), "another seed"),
            (&|own| own["totals"]["carry"] = 1.into(), "totals"),
            (&|own| drop(own["regions"].as_array_mut().unwrap().pop()), "is missing"),
            (&|own| own["regions"][0]["pools"].as_array_mut().unwrap().reverse(), "other counts"),
            (&|own| own["regions"][1]["pools"][1]["short"] = 0.into(), "other counts"),
        ],
    );
    let copy = copy_golden(POOLS);
    let longer = [&read(POOLS, "selected.bin")[..], &[0]].concat();
    fs::write(copy.path().join("selected.bin"), longer).unwrap();
    assert_fails(&copy, &[], StepName::Draw, "has 18 bytes");
}

/// The region of the folder with households whose small classes are hidden.
fn hidden(own: &mut Value) -> &mut Value {
    &mut own["regions"][1]
}

fn masks(own: &mut Value) -> &mut Vec<Value> {
    hidden(own)["pools"][0]["masks"].as_array_mut().unwrap()
}

/// Goal: where classes are hidden, what is public is checked, and all of that; method: edit people, pool,
/// masks and limits of such a region, in the seat table too.
#[test]
fn hidden_regions_are_checked_as_far_as_they_are_public() {
    let close = |own: &mut Value, at: usize| masks(own)[at]["close"].clone();
    check(
        HOUSEHOLD,
        "result.json",
        StepName::Draw,
        &[
            (&|own| hidden(own)["n"] = 54.into(), "counts other people"),
            (&|own| hidden(own)["public"] = true.into(), "counts other people"),
            (&|own| hidden(own)["pools"][0]["seats"] = 31.into(), "not those of the seat table"),
            (&|own| hidden(own)["pools"][0]["filled"] = 29.into(), "do not add up"),
            (&|own| hidden(own)["pools"][0]["short"] = 1.into(), ""),
            (&|own| hidden(own)["pools"][0]["cutoff"] = zeros(32).into(), "result.json"),
            (
                &|own| drop(hidden(own)["pools"][0].as_object_mut().unwrap().remove("cutoff")),
                "result.json",
            ),
            (&|own| masks(own)[0]["selected"] = 4.into(), "masks"),
            (
                &|own| {
                    for (at, by) in [(0, 1), (4, -1)] {
                        let count = masks(own)[at]["selected"].as_i64().unwrap();
                        masks(own)[at]["selected"] = (count + by).into();
                    }
                },
                "other masks than the list",
            ),
            (&|own| masks(own).reverse(), "result.json"),
            (&|own| masks(own)[0]["n"] = 0.into(), "counted wrong"),
            (&|own| masks(own)[4]["close"] = close(own, 1), "result.json"),
            (&|own| drop(masks(own)[1].as_object_mut().unwrap().remove("close")), "result.json"),
            (&|own| masks(own)[1]["close"] = close(own, 2), "result.json"),
            (&|own| hidden(own)["pools"][0]["cutoff"] = close(own, 1), "result.json"),
        ],
    );
    check(
        HOUSEHOLD,
        "revoked.json",
        StepName::Conservation,
        &[
            (&|own| own["revocations"][2]["replaced_by"] = own["revocations"][1]["e"].clone(), ""),
            (&|own| own["revocations"][2]["replaced_by"] = own["revocations"][2]["e"].clone(), ""),
        ],
    );
}

fn part(own: &mut Value, at: usize) -> &mut Value {
    &mut own["revocations"][at]
}

/// Goal: a revocation is of a person with a place, in order, and who follows is the one whose turn it is;
/// method: forge each part of the first golden batch.
#[test]
fn forged_revocations_are_found() {
    let batch: Value = serde_json::from_slice(&read(EARLIER, "revoked.json")).unwrap();
    let name = |at: usize| batch["revocations"][at]["e"].clone();
    let follower = |at: usize| batch["revocations"][at]["replaced_by"].clone();
    check(
        EARLIER,
        "revoked.json",
        StepName::Conservation,
        &[
            (&|own| own["revocations"].as_array_mut().unwrap().reverse(), "ascending by time"),
            (&|own| part(own, 2)["e"] = name(0), "is revoked"),
            (&|own| part(own, 0)["e"] = follower(2), "holds no seat"),
            (&|own| part(own, 0)["e"] = zeros(16).into(), "not in the list"),
            (&|own| part(own, 4)["region"] = 2000.into(), "region 2000"),
            (&|own| part(own, 0)["replaced_by"] = follower(2), "is not who follows"),
            (&|own| part(own, 2)["replaced_by"] = follower(0), "is not who follows"),
            (&|own| part(own, 0)["replaced_by"] = name(2), "is not who follows"),
            (&|own| part(own, 0)["replaced_by"] = zeros(16).into(), "not in the list"),
            (&|own| drop(part(own, 0).as_object_mut().unwrap().remove("replaced_by")), "count the"),
            (&|own| own["returned"][0]["count"] = 2.into(), "count the"),
            (&|own| own["returned"].as_array_mut().unwrap().clear(), "count the"),
        ],
    );
}

fn first(own: &mut Value) -> &mut Value {
    &mut own["granted"][0]
}

/// Goal: appeals are granted within the reserve, to people outside the list, within limits; method: edit
/// the one golden appeal.
#[test]
fn forged_appeals_are_found() {
    let listed = selection::record::EntryTag(*read(EARLIER, "entries.bin").first_chunk().unwrap());
    check(
        EARLIER,
        "corrections.json",
        StepName::Conservation,
        &[
            (&|own| first(own)["e"] = listed.to_string().into(), "is in the list already"),
            (&|own| first(own)["mask"] = 8.into(), "allows no such class"),
            (&|own| first(own)["weight"] = 2.into(), "allows no such class"),
            (&|own| first(own)["region"] = 9999.into(), "allows no such class"),
            (&|own| first(own)["mask"] = 0.into(), "above its limits"),
            (
                &|own| {
                    let many = (0..4).map(|number| {
                        let mut one = first(own).clone();
                        one["e"] = format!("{number:032x}").into();
                        one
                    });
                    own["granted"] = Value::Array(many.collect());
                },
                "4 appeals from a reserve of",
            ),
        ],
    );
}

/// Goal: seats of earlier waves are taken over whole, once, and from the true files; method: edit what
/// the second golden wave names, and the folders it comes from.
#[test]
fn seats_are_taken_over_once() {
    check(
        POOLS,
        "quota.json",
        StepName::Conservation,
        &[
            (&|own| own["returned"][0]["count"] = 2.into(), "other seats than were returned"),
            (&|own| own["returned"][0]["count"] = 4.into(), "other seats than were returned"),
            (&|own| own["returned_from"].as_array_mut().unwrap().clear(), "other seats than"),
            (
                &|own| {
                    let twice = own["returned_from"][0].clone();
                    own["returned_from"].as_array_mut().unwrap().push(twice);
                },
                "",
            ),
            (&|own| own["returned_from"][0]["wave"] = 2.into(), "takes seats back from wave 2"),
            (&|own| own["carry_from"]["wave"] = 2.into(), "not the one before"),
            (&|own| drop(own.as_object_mut().unwrap().remove("carry_from")), ""),
        ],
    );
    let source: Value = serde_json::from_slice(&read(POOLS, "quota.json")).unwrap();
    let other = |name: &str, edit: Edit<'_>, said: &str| {
        let earlier = edited(EARLIER, name, edit);
        let previous = [earlier.path().to_owned()];
        assert_fails(&copy_golden(POOLS), &previous, StepName::Conservation, said);
    };
    let itself = |own: &mut Value| own["returned_from"] = source["returned_from"].clone();
    other("quota.json", &itself, "takes seats back from wave 1");
    other("result.json", &|own| own["totals"]["carry"] = 1.into(), "is not the one named");
    let none = |own: &mut Value| own["granted"] = json!([]);
    other("corrections.json", &none, "carries in 2 seats, but 3 were left");
    let fewer = |own: &mut Value| drop(own["revocations"].as_array_mut().unwrap().pop());
    other("revoked.json", &fewer, "");
    for (previous, said) in [
        (vec![golden(HOUSEHOLD)], "no earlier one of"),
        (vec![golden(EARLIER), golden(EARLIER)], "given twice"),
        (vec![golden(POOLS)], "no earlier one of"),
    ] {
        assert_fails(&copy_golden(POOLS), &previous, StepName::Conservation, said);
    }
    // A batch of a name outside the sequence, and one with seats out of nothing.
    for (name, count, said) in
        [("revoked.9.json", 3, "has no revoked.9.json"), ("revoked.json", 9, "")]
    {
        let earlier = copy_golden(EARLIER);
        let mut batch: Value = serde_json::from_slice(&read(EARLIER, "revoked.json")).unwrap();
        batch["returned"] = json!([{ "count": count, "region": 1571 }]);
        let bytes = batch.to_string();
        fs::write(earlier.path().join(name), &bytes).unwrap();
        let digest = selection::tree::NodeHash(sha(bytes)).to_string();
        let copy = edited(POOLS, "quota.json", &|own| {
            own["returned"] = json!([{ "count": count, "region": 1571 }]);
            own["returned_from"] = json!([{ "digest": digest, "file": name, "wave": 1 }]);
        });
        assert_fails(&copy, &[earlier.path().to_owned()], StepName::Conservation, said);
    }
}

/// Goal: a batch that one wave has used is used up; method: a third wave that takes over what the second
/// has taken, with both before it at hand.
#[test]
fn a_batch_is_used_once() {
    let (folder, label) = FOLDERS[2];
    let mut made = Made::begin(folder, |parts| {
        parts.policy.wave = 3;
        parts.policy.contributors.clear();
    });
    let list = records(made.writer.policy(), &draw_key(label), &people(folder));
    let carry_from = Some(CarrySource { digest: sha(read(POOLS, "result.json")), wave: 2 });
    let (_, plan) =
        made.commit(1, &list, FromEarlier { carry_in: 4, carry_from, ..earlier(folder) });
    made.draw(&test_signature(&made, plan.round));
    made.announce_everything(1);
    let previous = vec![golden(EARLIER), golden(POOLS)];
    let report = verify(&made.path, &Options { previous, ..Options::default() });
    assert_eq!(failed(&report), [StepName::Conservation], "{report}");
    let said = detail(&report, StepName::Conservation);
    assert!(said.contains("revoked.json of wave 1 is used twice"), "{said}");
}
