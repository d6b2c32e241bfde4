//! The demonstration: its waves around today, its logins, and the replay beside which they stand.

use crate::support::{Folder, run, run_well};

/// Goal: the replayed province keeps its figures, the other one has waves in every state with somebody behind each
/// login, every invariant holds, and a second start finds all of it. Method: the small demonstration, twice.
#[test]
fn stands_beside_the_replay() {
    let folder = Folder::new();
    let start = || {
        let output = run(&folder, &["demo", "--small", "--no-serve"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        for email in
            ["baru@contoh.id", "terpilih@contoh.id", "dicabut@contoh.id", "belum@contoh.id"]
        {
            assert!(said.contains(email), "{said}");
        }
        assert!(!said.contains("is over"), "{said}");
    };
    let counts = || {
        let funnel = |region| {
            let told = run_well(&folder, &["stats", "--region", region, "--json"]);
            serde_json::from_str::<serde_json::Value>(&told).expect("JSON")
        };
        let keys =
            ["joins", "unique_applicants", "sk_recipients", "effective", "revoked", "pending"];
        [funnel("15"), funnel("34")]
            .map(|funnel| keys.map(|key| funnel[key].as_u64().expect("a count")))
    };
    start();
    let [replayed, added] = counts();
    assert_eq!(replayed, [2_000, 700, 300, 280, 20, 0]);
    let [_, _, selected, effective, revoked, pending] = added;
    assert_eq!((selected, effective + revoked + pending), (24, 24));
    assert!(revoked > 0 && pending == 12, "{added:?}");
    let waves = run_well(&folder, &["wave", "list"]);
    for (wave, state) in [("72", "settled"), ("73", "appointed"), ("74", "open")] {
        let row = waves.lines().find(|line| line.trim_start().starts_with(wave)).expect("a row");
        assert!(row.contains(state), "{row}");
    }
    run_well(&folder, &["audit"]);
    start();
    assert_eq!(counts(), [replayed, added]);
}
