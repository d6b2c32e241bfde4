//! The built-in policies against the published rules, and each rule of a policy file.

use domain::policy::{DrawMethod, FreedPlaces, FreedPlacesLapse, PolicyVersion, RevokedFunds};
use sha2::{Digest, Sha256};

use super::super::fault::SourceFile;
use super::super::policies::{builtin_files, load_policies};
use super::{builtin, texts, wave};

/// What a wave's policy says, in the order of [`rules_by_period`].
type Rules = (usize, Option<u8>, Option<u8>, u8, u16, FreedPlaces, i64);

fn rules(policy: &PolicyVersion) -> Rules {
    (
        policy.eligibility().excluded_occupations.len(),
        policy.eligibility().max_beneficiaries_per_kk,
        policy.eligibility().max_age,
        policy.training().intro_videos_required,
        policy.deadlines().first_purchase_days,
        policy.selection().freed_places_to,
        policy.grant().total.get(),
    )
}

/// Barred offices, family cards, age, videos, days, freed places and the grant change with the
/// waves at which the programme changed them.
#[test]
fn rules_by_period() {
    use FreedPlaces::{NextWave, RecoveryWave};
    let policies = builtin().policies;
    for (first, last, expected) in [
        (1, 3, (0, None, None, 0, 30, RecoveryWave, 3_550_000)),
        (4, 11, (10, None, None, 0, 30, RecoveryWave, 3_550_000)),
        (12, 14, (10, Some(2), None, 0, 30, RecoveryWave, 3_550_000)),
        (15, 22, (10, Some(2), None, 3, 30, RecoveryWave, 3_550_000)),
        (23, 47, (10, Some(2), Some(64), 3, 30, NextWave, 3_550_000)),
        (48, 71, (10, Some(2), Some(64), 3, 15, NextWave, 4_200_000)),
        (72, 99, (10, Some(2), Some(64), 3, 15, RecoveryWave, 4_200_000)),
    ] {
        for number in first..=last {
            let policy = policies.for_wave(wave(number)).expect("a policy");
            assert_eq!(rules(&policy.version), expected, "wave {number}");
        }
    }
    let at = |number| &policies.for_wave(wave(number)).expect("a policy").version;
    assert_eq!(at(11).selection().draw_method, DrawMethod::PriorityListsThenRandom);
    assert_eq!(at(12).selection().draw_method, DrawMethod::RandomAmongEligible);
    assert_eq!(at(47).money().revoked_funds_to, RevokedFunds::ProgrammeFund);
    assert_eq!(at(48).money().revoked_funds_to, RevokedFunds::StateTreasury);
    assert_eq!(at(47).eligibility().exclude_other_aid.len(), 3);
    assert_eq!(at(48).eligibility().exclude_other_aid.len(), 0);
    let reserved = &at(30).selection().reserved_shares;
    assert!(reserved[0].holds_for(wave(23)) && !reserved[0].holds_for(wave(24)));
    let beyond = policies.for_wave(wave(100)).expect_err("no such wave yet");
    let message = "no policy governs wave 100; add a policy file whose `waves` include it";
    assert_eq!(beyond.to_string(), message);
}

/// The digest is that of the published document, and values keep their source.
#[test]
fn digest_and_sources() {
    let policies = builtin().policies;
    for policy in policies.iter() {
        assert_eq!(<[u8; 32]>::from(Sha256::digest(&policy.document)), policy.digest);
        assert!(policy.document.contains(&policy.id));
        let stated = policy.document.matches(", source = ").count();
        assert_eq!((policy.sources.len(), stated), (70, 70), "{}", policy.id);
    }
    let normal = policies.for_wave(wave(71)).expect("a policy");
    assert_eq!(normal.sources["deadlines.first_purchase_days"].source, "S38");
    let assumed = &normal.sources["deadlines.finish_hard_stop"];
    assert!(assumed.source == "assumed" && assumed.note.is_some());
}

/// A built-in file's text.
fn document(name: &str) -> String {
    let files = builtin_files();
    let file = files.iter().find(|file| file.name == name).expect("a built-in file");
    file.text().expect("text").to_owned()
}

fn check_set(documents: &[(&str, String)], faults: &[&str]) {
    let files: Vec<SourceFile> = documents
        .iter()
        .map(|(name, text)| SourceFile {
            name: (*name).to_owned(),
            bytes: text.clone().into_bytes(),
        })
        .collect();
    assert_eq!(texts(load_policies(&files)), faults);
}

/// Replaces lines, by their key, in the file of the normal scheme; an empty text removes the line.
fn check(changes: &[(&str, &str)], faults: &[&str]) {
    let mut text = document("p4-normal-scheme.toml");
    for (key, line) in changes {
        let begins = format!("{key} = ");
        let found = text.lines().filter(|line| line.starts_with(&begins)).count();
        assert_eq!(found, 1, "{key} stands once");
        let lines = text.lines().map(|old| if old.starts_with(&begins) { *line } else { old });
        text = lines.collect::<Vec<_>>().join("\n");
    }
    check_set(&[("p4.toml", text)], faults);
}

/// Each way a rule can be miswritten, with the key and the remedy.
#[test]
fn broken_rules() {
    check(&[], &[]);
    check(
        &[("min_age", "")],
        &["p4.toml, key `eligibility.min_age`: is missing; write it as { value = ..., source = \
           \"...\" }"],
    );
    check(
        &[("min_age", "minimum_age = { value = 18, source = \"S1\" }")],
        &[
            "p4.toml, key `eligibility.min_age`: is missing; write it as { value = ..., source = \
             \"...\" }",
            "p4.toml, key `eligibility.minimum_age`: is unknown; remove it or correct its name",
        ],
    );
    check(
        &[("min_age", "min_age = 18")],
        &[
            "p4.toml, key `eligibility.min_age`: has no source; write it as { value = ..., source = \
           \"...\" }",
        ],
    );
    for (line, message) in [
        (
            "{ value = 18 }",
            "has the source \"\"; write tags such as \"S1 S19\", or \"assumed\" or \
          \"derived\" with a note",
        ),
        (
            "{ value = 18, source = \"a friend\" }",
            "has the source \"a friend\"; write tags such as \
          \"S1 S19\", or \"assumed\" or \"derived\" with a note",
        ),
        (
            "{ value = 18, source = \"assumed\" }",
            "is assumed or derived without a note; say why \
          in note = \"...\"",
        ),
        ("{ value = 18, source = \"S1\", note = 3 }", "has the note 3; write a short text"),
        ("{ value = \"old\", source = \"S1\" }", "is \"old\"; write a whole number from 0 to 255"),
        ("{ value = 300, source = \"S1\" }", "is 300; write a whole number from 0 to 255"),
        (
            "{ value = 18, source = \"S1\", why = 1 }",
            "has an unknown part `why`; write it as \
          { value = ..., source = \"...\" }, with a note if needed",
        ),
        ("{ source = \"S1\" }", "has no value; write it as { value = ..., source = \"...\" }"),
        ("{ value = 0, source = \"S1\" }", "0 is outside 1 to 120; correct the value"),
        (
            "{ value = 65, source = \"S1\" }",
            "the youngest age is above the oldest (with \
          `eligibility.max_age`); correct the value",
        ),
    ] {
        let line = format!("min_age = {line}");
        let fault = format!("p4.toml, key `eligibility.min_age`: {message}");
        check(&[("min_age", &line)], &[&fault]);
    }
}

/// A rule that files of an earlier time lack is its own value then.
#[test]
fn lapse_of_freed_places() {
    let lapse = |files: &[SourceFile]| {
        let policies = load_policies(files).expect("sound policies");
        policies.for_wave(wave(48)).expect("a policy").version.selection().freed_places_lapse
    };
    let (builtin, mut stated) = (builtin_files(), builtin_files());
    assert_eq!(lapse(&builtin), FreedPlacesLapse::Never);
    for file in &mut stated {
        let text = file.text().expect("text").replace(
            "[selection]\n",
            "[selection]\nfreed_places_lapse = { value = \"year_end\", source = \"S5\" }\n",
        );
        file.bytes = text.into_bytes();
    }
    assert_eq!(lapse(&stated), FreedPlacesLapse::YearEnd);
}

/// Each kind of value by one of the wrong kind.
#[test]
fn wrong_kinds() {
    for (key, value, message) in [
        (
            "selection.freed_places_to",
            "\"sea\"",
            "is \"sea\"; write one of \"recovery_wave\", \
          \"next_wave\"",
        ),
        (
            "training.modes",
            "[\"webinar\", \"webinar\"]",
            "is [\"webinar\", \"webinar\"]; write a \
          list, without repetition, of \"webinar\", \"self_paced\", \"offline\"",
        ),
        ("eligibility.require_citizen", "\"yes\"", "is \"yes\"; write true or false"),
        ("benefits.training_balance", "-1", "is -1; write an amount in whole rupiah"),
        ("wave.open_days", "[4]", "is [4]; write two numbers of days, such as [2, 3]"),
        (
            "deadlines.purchase_hard_stop",
            "\"02-30\"",
            "is \"02-30\"; write a month and day, such \
          as \"12-15\", or \"none\"",
        ),
        (
            "money.dp_commission_max_basis_points",
            "10001",
            "is 10001; write hundredths of a \
          percent from 0 to 10000, or \"none\"",
        ),
        (
            "benefits.survey_open_after",
            "\"soon\"",
            "is \"soon\"; write \"after_incentive_paid\", \
          or a list of days such as [30, 90]",
        ),
        (
            "training.redeem_window",
            "60",
            "is 60; write { before_minutes = ..., after_minutes = \
          ... }, or \"none\"",
        ),
        (
            "selection.reserved_shares",
            "[{ group = \"women\" }]",
            "is [{ group = \"women\" }]; \
          write a list of { group = ..., seats = ... or basis_points = ..., waves = [first, last] \
          if not for all } with a group out of \"disabled\", \"prospective_migrant_worker\", \
          \"remote_area\", \"women\", \"extreme_poverty_area\"",
        ),
    ] {
        let name = key.split_once('.').expect("a group").1;
        let line = format!("{name} = {{ value = {value}, source = \"S1\" }}");
        check(&[(name, &line)], &[&format!("p4.toml, key `{key}`: {message}")]);
    }
}

/// A file tells all its faults at once: heading, missing rule, wrong value, clash.
#[test]
fn all_at_once() {
    check(
        &[
            ("id", "id = \"Normal Scheme\""),
            ("waves", "waves = [71, 48]\nsurprise = 1"),
            ("legal_basis", ""),
            ("max_age", "max_age = { value = 17, source = \"S1\" }"),
            ("minutes", "minutes = { value = \"long\", source = \"S68\" }"),
            ("repayment_days", ""),
        ],
        &[
            "p4.toml, key `id`: is \"Normal Scheme\"; write a short name such as \"p2-2020\"",
            "p4.toml, key `waves`: is [71, 48]; write the first and last wave, such as [4, 11]",
            "p4.toml, key `legal_basis`: is missing; write a list of regulations, at least one",
            "p4.toml, key `eligibility.min_age`: the youngest age is above the oldest (with \
             `eligibility.max_age`); correct the value",
            "p4.toml, key `surprise`: is unknown; remove it or correct its name",
            "p4.toml, key `test.minutes`: is \"long\"; write a whole number from 0 to 65535, or \
             \"none\"",
            "p4.toml, key `money.repayment_days`: is missing; write it as { value = ..., source = \
             \"...\" }",
        ],
    );
}

/// A text that is no TOML is refused with the line at which it stops being TOML.
#[test]
fn not_toml() {
    let text = document("p4-normal-scheme.toml").replace("min_age = {", "min_age {");
    let line = 1 + text.lines().position(|line| line.starts_with("min_age")).expect("the line");
    let file = SourceFile { name: "p4.toml".to_owned(), bytes: text.into_bytes() };
    let faults = texts(load_policies(&[file]));
    let begins = format!("p4.toml, line {line}: is not TOML: ");
    assert!(matches!(&faults[..], [fault] if fault.starts_with(&begins)), "{faults:?}");
}

/// Versions that leave a wave without rules, or give it two, or share a name.
#[test]
fn coverage() {
    let (p1, p2) = (document("p1-2020-launch.toml"), document("p2-2020.toml"));
    let with_waves = |waves: &str| p2.replace("waves = [4, 11]", waves);
    check_set(&[("b.toml", p2.clone()), ("a.toml", p1.clone())], &[]);
    check_set(
        &[("a.toml", p1.clone()), ("b.toml", with_waves("waves = [5, 11]"))],
        &[
            "b.toml, key `waves`: begins with wave 5, but a.toml ends with wave 3; every wave needs \
           exactly one policy",
        ],
    );
    check_set(
        &[("a.toml", p1.clone()), ("b.toml", with_waves("waves = [3, 11]"))],
        &["b.toml, key `waves`: begins with wave 3, but a.toml goes to wave 3; every wave needs \
           exactly one policy"],
    );
    check_set(
        &[("a.toml", p1), ("b.toml", p2.replace("id = \"p2-2020\"", "id = \"p1-2020-launch\""))],
        &[
            "a.toml, key `id`: `p1-2020-launch` is used by 2 files; give each its own",
            "b.toml, key `id`: `p1-2020-launch` is used by 2 files; give each its own",
        ],
    );
}
