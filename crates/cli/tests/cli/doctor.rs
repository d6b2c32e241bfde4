//! `doctor` on installations that are well and that are not, and the status page beside it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::serve::{get, serve, stop};
use crate::support::{Folder, borrowed, execute, run, run_well, simulate};

/// The verdict on each subject, the worst where there are several, and whether the command succeeded.
fn doctor(folder: &Folder) -> (Vec<(String, String)>, bool) {
    let output = run(folder, &["doctor", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("a list");
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    for finding in findings {
        let is_fine = finding["verdict"] == "fine";
        assert_eq!(finding["advice"].is_null(), is_fine, "advice wherever it is needed: {finding}");
    }
    let verdicts = findings.iter().map(|one| (text(one, "subject"), text(one, "verdict")));
    (verdicts.collect(), output.status.success())
}

fn verdict(folder: &Folder, subject: &str, expected: &str) {
    let (findings, succeeded) = doctor(folder);
    let found: Vec<&str> =
        findings.iter().filter(|(of, _)| of == subject).map(|(_, is)| is.as_str()).collect();
    assert!(found.contains(&expected), "{subject} is {found:?}, not {expected}: {findings:?}");
    assert_eq!(succeeded, expected != "wrong", "{findings:?}");
}

/// Goal: what is wrong is named, with success only where nothing is; method: one installation, hurt and mended in
/// one point after the other.
#[test]
fn troubles_are_named() {
    let folder = Folder::new();
    let none = run(&folder, &["doctor"]);
    let error = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(!none.status.success() && error.contains("there is no data in"), "{error}");

    run_well(&folder, &borrowed(&simulate("93", [700, 300, 120, 110], 1)));
    for subject in ["server", "durability", "clock", "migrations", "roles", "keys", "jobs", "disk"]
    {
        verdict(&folder, subject, "fine");
    }
    verdict(&folder, "backups", "attention");
    verdict(&folder, "officers", "attention");
    execute(
        &folder,
        "INSERT INTO gelombang.audit_events (event_id, occurred_at, actor, act, subject, reason, request_id, detail)
         VALUES (gen_random_uuid(), '2024-01-01', 'test', 'test', 'test', 'test', 'test', '{}')",
    );
    verdict(&folder, "unsealed window", "attention");
    run_well(&folder, &["audit", "--seal"]);
    verdict(&folder, "unsealed window", "fine");
    let table = run_well(&folder, &["doctor"]);
    assert!(table.contains("PostgreSQL 1") && table.contains("-> `gelombang backup"), "{table}");

    let file = folder.data().join("keys/key-ring.txt");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("ours");
    verdict(&folder, "keys", "wrong");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("ours");
    fs::rename(&file, folder.path().join("elsewhere")).expect("moved");
    verdict(&folder, "keys", "wrong");
    assert!(!file.exists(), "the doctor makes no keys");
    fs::rename(folder.path().join("elsewhere"), &file).expect("moved back");
    verdict(&folder, "keys", "fine");

    execute(&folder, "GRANT UPDATE (reason) ON gelombang.audit_events TO gelombang_app");
    verdict(&folder, "roles", "wrong");
    execute(&folder, "REVOKE UPDATE (reason) ON gelombang.audit_events FROM gelombang_app");
    verdict(&folder, "roles", "fine");
    execute(&folder, "ALTER ROLE gelombang_owner LOGIN");
    verdict(&folder, "roles", "wrong");
    execute(&folder, "ALTER ROLE gelombang_owner NOLOGIN");

    execute(
        &folder,
        "INSERT INTO gelombang._sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99990101000000, 'of a later version', true, 'x', 0)",
    );
    verdict(&folder, "migrations", "wrong");
    execute(&folder, "DELETE FROM gelombang._sqlx_migrations WHERE version = 99990101000000");
    verdict(&folder, "migrations", "fine");

    let cluster = folder.data().join("pg/PG_VERSION");
    fs::write(&cluster, "9.6\n").expect("written");
    verdict(&folder, "server", "wrong");
}

/// Goal: the doctor looks beside a server at work and sees its backup; method: serve, back up, look; the status
/// page of the same server says that it accepts, and that it does not once its database has become read-only.
#[test]
fn beside_a_server_at_work() {
    let folder = Folder::new();
    run_well(&folder, &borrowed(&simulate("93", [700, 300, 120, 110], 1)));
    let (mut child, address) = serve(&folder, &[]);
    let to = folder.path().join("backup");
    run_well(&folder, &["backup", "--to", to.to_str().expect("text")]);
    verdict(&folder, "backups", "fine");
    verdict(&folder, "archive", "fine");
    let page = get(&address, "/status");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Semua layanan berjalan."), "{page}");
    assert!(get(&address, "/en/status").contains("All services run."));
    stop(&mut child);
    execute(&folder, "ALTER ROLE gelombang_app SET default_transaction_read_only = on");
    let (mut child, address) = serve(&folder, &["--no-worker"]);
    let page = get(&address, "/en/status");
    assert!(page.contains("Some services are disturbed."), "{page}");
    stop(&mut child);
}
