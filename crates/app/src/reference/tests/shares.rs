//! Shares of a draw as a policy file states them: read whole, left out, and wrong in every way at once.

use domain::identity::Employment;
use domain::policy::{PoolOrder, ReservedGroup, SeatShares, Share};
use domain::region::RegionCode;

use super::texts;
use crate::reference::fault::SourceFile;
use crate::reference::policies::{builtin_files, load_policies};

/// The shares that the tests of use cases draw by.
const SHARES: &str = include_str!("../../../tests/support/shares.toml");

/// The normal scheme with more rules of selection.
fn load(rules: &str) -> Result<SeatShares, Vec<String>> {
    let files = builtin_files();
    let normal = files.iter().find(|file| file.name == "p4-normal-scheme.toml").expect("a file");
    let text =
        normal.text().expect("text").replace("[selection]\n", &format!("[selection]\n{rules}"));
    let file = SourceFile { name: "p4.toml".to_owned(), bytes: text.into_bytes() };
    match load_policies(&[file]) {
        Ok(policies) => {
            let policy = policies.iter().next().expect("a policy");
            Ok(policy.version.selection().shares.clone())
        }
        faults => Err(texts(faults)),
    }
}

/// Built-in files set nothing apart; stated shares are read as they stand, with what is left out as default.
#[test]
fn stated_and_left_out() {
    assert_eq!(load(""), Ok(SeatShares::open()));
    let shares = load(SHARES).expect("sound shares");
    let groups: Vec<ReservedGroup> = shares.classes.iter().map(|class| class.group).collect();
    assert_eq!(
        groups,
        [ReservedGroup::Disabled, ReservedGroup::Women, ReservedGroup::ExtremePoverty]
    );
    let [poor, open] = shares.pools.as_slice() else { panic!("{:?}", shares.pools) };
    assert_eq!((poor.share, poor.need.len()), (Some(Share { num: 1, den: 4 }), 2));
    assert_eq!((open.share, open.order), (None, PoolOrder::GuaranteesFirst));
    assert_eq!(open.guarantees[1].group, ReservedGroup::Women);
    assert_eq!(shares.national[0].share, Share { num: 1, den: 10 });
    assert_eq!(shares.weights, [(Employment::LaidOff, 3)].into());
    let floor = |code| shares.floor_of(RegionCode::new(code).expect("a code"));
    assert_eq!((floor(1501), floor(1571)), (4, 1));
    assert_eq!((shares.small_cells_below, shares.commits), (2, true));
}

/// Every parameter that cannot be read, and all that does not hold together, is told at once by its key.
#[test]
fn all_faults_at_once() {
    let rule = |key: &str, value: &str| format!("{key} = {{ value = {value}, source = \"S1\" }}\n");
    let unreadable = [
        rule("classes", "[{ group = \"men\" }]"),
        rule("pools", "[{ name = \"open\", seats = 3 }]"),
        rule("national_guarantees", "[{ group = \"women\", num = -1, den = 2 }]"),
        rule("weights", "{ laid_off = 300 }"),
        rule("regional_floors", "{ \"15\" = 2 }"),
        rule("small_cells_below", "-1"),
        rule("commits_to_openings", "1"),
    ];
    let told = load(&unreadable.concat()).expect_err("nothing can be read");
    let keys: Vec<&str> =
        told.iter().map(|fault| fault.split('`').nth(1).unwrap_or_default()).collect();
    assert_eq!(
        keys,
        [
            "selection.classes",
            "selection.pools",
            "selection.national_guarantees",
            "selection.weights",
            "selection.regional_floors",
            "selection.small_cells_below",
            "selection.commits_to_openings",
        ]
    );
    assert!(
        told[3].contains("is { laid_off = 300 }; write numbers of entries such as"),
        "{told:?}"
    );

    let contradicting = [
        rule("classes", "[{ group = \"women\", regions = [\"15.01\"] }]"),
        rule(
            "pools",
            "[{ name = \"half\", share = { num = 2, den = 3 } }, { name = \"rest\", share = { num = 1, den = 2 }, \
             guarantees = [{ group = \"women\", num = 3, den = 2 }, { group = \"disabled\", num = 1, den = 2 }] }]",
        ),
        rule("national_guarantees", "[{ group = \"women\", num = 1, den = 0 }]"),
        rule("weights", "{ laid_off = 17 }"),
    ];
    let told = load(&contradicting.concat()).expect_err("nothing holds together");
    assert_eq!(
        told,
        [
            "p4.toml, key `selection.pools`: 0 pools are called open; list exactly one",
            "p4.toml, key `selection.pools`: the shares of the pools add up to more than 1; lower them",
            "p4.toml, key `selection.pools`: share 3/2 of trait bit 0 in pool \"rest\" is out of range; use 0 <= num <= \
             den <= 10000, den >= 1",
            "p4.toml, key `selection.national_guarantees`: share 1/0 of trait bit 0 in the national list is out of \
             range; use 0 <= num <= den <= 10000, den >= 1",
            "p4.toml, key `selection.classes`: regions are listed exactly for groups by residence; correct the value",
            "p4.toml, key `selection.pools`: seats are set apart for a group that is no class (with \
             `selection.classes`); correct the value",
            "p4.toml, key `selection.weights`: 17 is outside 1 to 16; correct the value",
        ]
    );
}
