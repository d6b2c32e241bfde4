//! Replays end with the figures asked for, by the product's count and by an own count in SQL.

use std::path::Path;
use std::process::Command;

use crate::support::{Folder, borrowed, run, run_well, simulate};

/// Provinces of all sizes, with totals as loose and as tight as people may ask for.
const REPLAYS: [(&str, [u64; 4]); 4] = [
    // Jambi, the proportions of the demo.
    ("15", [30_000, 7_949, 3_713, 3_607]),
    // Nusa Tenggara Barat, the proportions of the issue that asked for it.
    ("52", [18_000, 5_000, 2_400, 2_340]),
    // Papua Selatan: few people, four regencies, no census row of its own.
    ("93", [700, 300, 120, 110]),
    // Everybody joins about once, nobody misses the deadline: recovery waves have no seats.
    ("31", [5_200, 5_000, 1_000, 1_000]),
];

/// Replays each and compares the printed funnel, the audit, and the counts of plain SQL that shares
/// nothing with the product's.
#[test]
fn figures_come_out_exactly() {
    for (region, totals) in REPLAYS {
        let folder = Folder::new();
        let mut arguments = simulate(region, totals, 3);
        arguments.push("--json".to_owned());
        let printed = run_well(&folder, &borrowed(&arguments));
        let funnel: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
        let [joins, people, sk, effective] = totals;
        let expected = [
            ("joins", joins),
            ("unique_applicants", people),
            ("sk_recipients", sk),
            ("effective", effective),
            ("pending", 0),
            ("revoked", sk - effective),
        ];
        for (key, count) in expected {
            assert_eq!(funnel[key], count, "{region}: {key}");
        }
        let men = funnel["men"].as_u64().expect("a count");
        assert!((men * 1000 / people).abs_diff(480) <= 2, "{region}: {men} men of {people}");
        run_well(&folder, &["audit"]);
        assert_eq!(recount(&folder), totals, "{region}: plain SQL counts otherwise");
        let other = simulate(region, [joins + 1, people, sk, effective], 3);
        let refused = run(&folder, &borrowed(&other));
        let error = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && error.contains("--data"), "{error}");
    }
}

/// Goal: the last waves of a replay are published, and both implementations recompute them from the folders alone; the
/// same replay again publishes the same bytes, and the figures are those of a replay without folders. Method: the program's
/// `verify`, the Python one, with the wave before, and two runs.
#[test]
fn published_waves_verify_twice() {
    let totals = [30_000, 7_949, 3_713, 3_607];
    let mut arguments = simulate("15", totals, 3);
    arguments.extend(["--publish-from".to_owned(), "70".to_owned()]);
    let folders = [Folder::new(), Folder::new()];
    for folder in &folders {
        let printed = run_well(folder, &borrowed(&arguments));
        assert!(printed.contains("3,713") || printed.contains("3.713"), "{printed}");
        run_well(folder, &["audit"]);
    }
    let public = folders[0].data().join("public");
    let text = |path: &Path| path.to_str().expect("text").to_owned();
    let [before, last] = ["gelombang-70", "gelombang-71"].map(|name| text(&public.join(name)));
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../verify/verify.py");
    let (ours, theirs) = (env!("CARGO_BIN_EXE_gelombang"), text(&python));
    for [program, first] in [[ours, "verify"], ["python3", &theirs]] {
        for arguments in [vec![&before], vec![&last, &"--previous".to_owned(), &before]] {
            let said = Command::new(program).arg(first).args(arguments).output();
            let said = said.expect("it starts");
            let words = String::from_utf8_lossy(&said.stdout);
            assert!(said.status.success() && words.contains("TEST BEACON"), "{program}: {words}");
        }
    }
    let other = folders[1].data().join("public");
    for name in
        ["policy.json", "entries.bin", "quota.json", "reveals.json", "result.json", "waitlist.bin"]
    {
        let file = Path::new("gelombang-71").join(name);
        let read = |root: &Path| std::fs::read(root.join(&file)).expect("published");
        assert_eq!(read(&public), read(&other), "{name}");
    }
}

/// Joins, people, SK and effective, counted without the product's SQL.
fn recount(folder: &Folder) -> [u64; 4] {
    let sql = "
        SELECT count(*), count(DISTINCT person_id) FROM gelombang.memberships;
        SELECT count(*), count(*) FILTER (
            WHERE EXISTS (SELECT FROM gelombang.training_orders o
                          WHERE o.person_id = b.person_id AND o.wave = b.wave)
        ) FROM gelombang.beneficiaries b";
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        use sqlx::{ConnectOptions as _, Row as _};
        let settings =
            storage::embedded::EmbeddedSettings { data_dir: folder.data(), bin_dir: None };
        let server = storage::embedded::Embedded::start(&settings).await.expect("starts again");
        let mut conn = server.superuser_options().connect().await.expect("connects");
        let mut counts = Vec::new();
        for statement in sql.split(';') {
            let row = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
                .fetch_one(&mut conn)
                .await
                .expect("counts");
            counts.extend([0, 1].map(|at| row.get::<i64, _>(at).unsigned_abs()));
        }
        drop(conn);
        server.stop().await.expect("stops");
        counts.try_into().expect("four counts")
    })
}
