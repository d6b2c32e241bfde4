//! Files that come in by `gelombang import`: killed, twice, and other files than they should be.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use storage::embedded::{Embedded, EmbeddedSettings};
use storage::persons::persons_known;
use uuid::Uuid;

use crate::kill::{Victim, ended_within, is_ready, postmaster, scatter, strike};
use crate::support::{Folder, OPERATOR, add_officer, borrowed, gelombang, run, run_well, simulate};

const HEADER: &str =
    "person_id,nik,family_card,name,born_on,phone,email,sex,education,employment,region,disability";
/// Persons of the file that is killed: several chunks in each phase.
const PERSONS: u128 = 80_000;
/// Moments at which something is killed.
const KILLS: u64 = 12;

fn row(number: u128) -> String {
    format!(
        "{},15710909{number:08},15710808{number:08},Melati Merah,1990-01-02,+62811{number:08},\
         melati{number}@contoh.id,woman,diploma,worker,15.71,false\n",
        Uuid::from_u128(number)
    )
}

fn write(folder: &Folder, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

/// Goal: program and database may be killed at any moment, the same command goes on, and every row is in
/// once. Method: kill at moments spread over the run, go on, ask the database for every id.
#[test]
fn import_survives_kills() {
    let folder = Folder::new();
    run_well(&folder, &borrowed(&simulate("15", [600, 160, 74, 72], 3)));
    add_officer(&folder, OPERATOR, "administrator,operator");
    let rows = (1..=PERSONS).fold(format!("{HEADER}\n"), |text, number| text + &row(number));
    let file = write(&folder, "persons.csv", rows.as_bytes());
    let arguments = ["import", "persons", text(&file), "--json"];
    let mut struck_at_work = 0;
    for kill in 0..KILLS {
        let victim = [Victim::Program, Victim::Database, Victim::Both][(kill % 3) as usize];
        // Counted from the moment at which there is something to import into.
        let after = Duration::from_millis(scatter(kill) % 900);
        let server_before = postmaster(&folder.data());
        let mut child = gelombang(&folder, &arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let started = Instant::now();
        let is_up = || postmaster(&folder.data()) != server_before && is_ready(&folder.data());
        while !is_up() && started.elapsed() < Duration::from_secs(50) {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        if ended_within(&mut child, after) {
            let output = child.wait_with_output().expect("its output");
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "kill {kill}: the import failed by itself:\n{error}");
            break;
        }
        struck_at_work += 1;
        strike(victim, &mut child, &folder.data());
    }
    assert!(struck_at_work > 2, "the import was over after {struck_at_work} kills: make it larger");
    run_well(&folder, &arguments);
    let again: serde_json::Value =
        serde_json::from_str(&run_well(&folder, &arguments)).expect("JSON");
    assert_eq!(again["outcome"], "imported_before");
    assert_eq!(
        (&again["imported"], &again["bad"]),
        (&PERSONS.to_string().parse().unwrap(), &0.into())
    );
    let said = run_well(&folder, &["import", "persons", text(&file)]);
    assert!(said.contains("nothing was changed"), "{said}");
    run_well(&folder, &["audit"]);

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let known = runtime.block_on(async {
        let settings = EmbeddedSettings { data_dir: folder.data(), bin_dir: None };
        let embedded = Embedded::start(&settings).await.expect("the server starts");
        let database = embedded.open_database().await.expect("opens");
        let ids: Vec<Uuid> = (1..=PERSONS + 1).map(Uuid::from_u128).collect();
        let mut tx = database.begin().await.expect("a connection");
        let known = persons_known(&mut tx, &ids).await.expect("an answer");
        drop(tx);
        database.close().await;
        embedded.stop().await.expect("the server stops");
        known
    });
    assert_eq!(known.len() as u128, PERSONS);
}

/// Goal: a file with a bad row fails with a report beside it and leaves nothing in; what is no such file is
/// refused before there is a database. Method: one command a case.
#[test]
fn bad_files_change_nothing() {
    let folder = Folder::new();
    let refuse = |file: &Path, words: &[&str]| {
        let output = run(&folder, &["import", "persons", text(file)]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{error}");
        for word in words {
            assert!(error.contains(word), "no `{word}` in {error}");
        }
        assert!(!error.contains("15710909") && !error.contains("panicked"), "{error}");
    };
    let latin = [HEADER.as_bytes(), b"\nRen\xe9\n"].concat();
    let latin = write(&folder, "latin.csv", &latin);
    refuse(&latin, &["latin.csv", "on line 2", "0xE9", "CSV UTF-8", "[not_utf8]", "di baris 2"]);
    let wide = [b"\xff\xfe".to_vec(), HEADER.bytes().flat_map(|byte| [byte, 0]).collect()];
    refuse(
        &write(&folder, "wide.csv", &wide.concat()),
        &["UTF-16", "[not_utf8] byte 0 di baris 1"],
    );
    let long = write(&folder, "long.csv", &vec![b'x'; 100 << 20]);
    refuse(&long, &["line 1 is longer than 65536", "[long_line] baris 1 lebih panjang dari 65536"]);
    let nul = format!("{HEADER}\n{}", row(1)).replace("Merah", "Me\0rah");
    let nul = write(&folder, "nul.csv", nul.as_bytes());
    refuse(&nul, &["on line 2 is NUL", "[nul_byte]", "di baris 2: NUL"]);
    let unknown = format!("{HEADER},wages\n{}", row(1));
    let unknown = write(&folder, "unknown.csv", unknown.as_bytes());
    refuse(&unknown, &["column `wages` is unknown", "[header]", "kolom `wages` tidak dikenali"]);
    let missing = format!("{HEADER}\n{}", row(1)).replace("family_card,", "");
    let missing = write(&folder, "missing.csv", missing.as_bytes());
    refuse(&missing, &["column `family_card` is missing", "kolom `family_card` tidak ada"]);
    // Bombs: a packed file that would grow, a cell that never ends, columns without number.
    let packed = write(&folder, "packed.csv", b"\x1f\x8b\x08\0 whatever it holds");
    refuse(&packed, &["packed file or a workbook", "[packed_file]", "berkas terkompresi"]);
    let endless = format!("{HEADER}\n\"{}", "x".repeat(50 << 20));
    let endless = write(&folder, "endless.csv", endless.as_bytes());
    refuse(&endless, &["opened on line 2 is not closed", "[open_quote]"]);
    let open = write(&folder, "open.csv", format!("{HEADER}\n\"open").as_bytes());
    refuse(&open, &["opened on line 2 is not closed", "[open_quote]", "dibuka di baris 2"]);
    let broad = write(&folder, "broad.csv", ",".repeat(60_000).as_bytes());
    refuse(&broad, &["it has 60001 columns", "[header]", "ada 60001 kolom"]);
    let empty = write(&folder, "empty.csv", format!("{HEADER}\n").as_bytes());
    refuse(&empty, &["has no rows", "[no_rows]", "tidak berisi baris"]);
    refuse(&folder.path().join("none.csv"), &["none.csv", "could not read"]);
    refuse(folder.path(), &["no regular file"]);
    let good = write(&folder, "good.csv", format!("{HEADER}\n{}", row(1)).as_bytes());
    let onto_itself = ["import", "persons", text(&good), "--errors", text(&good)];
    assert!(!run(&folder, &onto_itself).status.success());
    assert!(!folder.data().join("pg").exists(), "a database was made before refusing");

    refuse(&good, &["operator", "cannot use the credential file"]);
    assert!(!folder.data().join("pg").exists(), "a database was made before refusing");
    add_officer(&folder, OPERATOR, "administrator,operator");
    refuse(&good, &["no regions yet", "publish the calendar"]);
    run_well(&folder, &borrowed(&simulate("15", [600, 160, 74, 72], 3)));
    let bad = row(2).replace("15.71", "15.99");
    let mixed = write(&folder, "mixed.csv", format!("{HEADER}\n{}{bad}", row(1)).as_bytes());
    let reported = folder.path().join("mixed.csv.errors.csv");
    refuse(&mixed, &["1 bad cells in 1 of 2 rows", "nothing was imported", text(&reported)]);
    let report = std::fs::read_to_string(&reported).expect("the report");
    assert_eq!(
        report,
        "row,line,column,rule,text\n2,3,region,not_a_regency,choose the kabupaten/kota of the family card\n"
    );
    let skipped = run_well(&folder, &["import", "persons", text(&mixed), "--skip-bad", "--json"]);
    let skipped: serde_json::Value = serde_json::from_str(&skipped).expect("JSON");
    assert_eq!((&skipped["imported"], &skipped["bad"]), (&1.into(), &1.into()));
    let checked = run_well(&folder, &["import", "persons", text(&good), "--dry-run"]);
    assert!(checked.contains("0 would be imported, 1 are known, 0 are bad"), "{checked}");
    let usage = run(&folder, &["import", "joins", text(&good)]);
    assert!(String::from_utf8_lossy(&usage.stderr).contains("--wave"));
}
