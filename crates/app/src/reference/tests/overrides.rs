//! An operator's files in place of the built-in ones.

use std::fs;

use super::*;

/// The data folder of the repository, given as an operator would, loads to the built-in data.
#[test]
fn own_files_load_like_builtin_ones() {
    let data = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data"));
    let own = Reference::load(&ReferenceOverrides {
        regions_dir: Some(data.clone()),
        policies_dir: Some(data.join("policies")),
        calendar_file: Some(data.join("waves.csv")),
    });
    let (own, builtin) = (own.expect("the repository's data"), builtin());
    assert_eq!(own.calendar, builtin.calendar);
    assert_eq!(own.regions.counts(), builtin.regions.counts());
    let digests = |reference: &Reference| -> Vec<[u8; 32]> {
        reference.policies.iter().map(|policy| policy.digest).collect()
    };
    assert_eq!(digests(&own), digests(&builtin));
}

/// Faults of all files come together, each with the path the operator gave.
#[test]
fn missing_files_are_named_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let absent = folder.path().join("absent");
    fs::write(folder.path().join("provinces.csv"), "code,name\n").expect("a file");
    let faults = Reference::load(&ReferenceOverrides {
        regions_dir: Some(folder.path().to_owned()),
        policies_dir: Some(folder.path().to_owned()),
        calendar_file: Some(absent),
    })
    .expect_err("nothing is there");
    let folder = folder.path().display().to_string();
    let missing = "cannot be read: No such file or directory (os error 2); check the path and \
                   that it may be read";
    assert_eq!(
        faults.to_string(),
        format!(
            "cannot load the reference data, 5 to mend\n  {folder}/regencies.csv: {missing}\n  \
             {folder}/districts.csv: {missing}\n  {folder}/population-2020.csv: {missing}\n  \
             {folder}: has no .toml file; put the policy files there\n  {folder}/absent: {missing}"
        )
    );
}

/// Calendar and policies must fit: a wave without rules, and a recovery wave that closes while the
/// places it reuses can still be kept.
#[test]
fn calendar_and_policies_must_fit() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |text: String, faults: &[&str]| {
        let path = folder.path().join("waves.csv");
        fs::write(&path, text).expect("a file");
        let overrides =
            ReferenceOverrides { calendar_file: Some(path.clone()), ..ReferenceOverrides::NONE };
        let found = Reference::load(&overrides).err().map_or(Vec::new(), |Faults(found)| found);
        let expected: Vec<String> =
            faults.iter().map(|fault| format!("{}: {fault}", path.display())).collect();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    };
    let waves = include_str!("../../../../../data/waves.csv");
    check(waves.to_owned(), &[]);
    let beyond = (72..=100).fold(String::new(), |rows, wave| {
        let year = 2025 + wave - 72;
        rows + &format!(
            "{wave},regular,{year}-01-03T12:00+07:00,synthetic,{year}-01-07T00:00+07:00,synthetic,\
             {year}-01-09T12:00+07:00,synthetic,1,synthetic,1,synthetic,,\n"
        )
    });
    check(
        format!("{waves}{beyond}"),
        &["no policy governs wave 100; add a policy file whose `waves` include it"],
    );
    check(
        waves.replace("2021-10-28T00:00", "2021-10-21T00:00").replace("2021-10-25T", "2021-10-20T"),
        &[
            "recovery wave 22 closes at 2021-10-20T17:00:00Z, before the first purchases of wave 21 \
           are due at 2021-10-21T17:00:00Z; close it later",
        ],
    );
}
