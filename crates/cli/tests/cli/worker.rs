//! The worker as a process: it works, stops in order, and its queue can be looked at.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::serve::{get, stop};
use crate::support::{Folder, OPERATOR, add_officer, borrowed, gelombang, run_well, simulate};

/// `worker`, and `serve` by itself, seal the trail of a small replay without being asked and stop cleanly on
/// SIGINT; `serve --no-worker` does not; the queue then says what was done; a job that is not dead is not run
/// again, and retries take an operator.
#[test]
fn works_and_stops() {
    let folder = Folder::new();
    run_well(&folder, &borrowed(&simulate("15", [300, 80, 37, 36], 5)));
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let (mut child, address) = crate::serve::serve(&folder, &["--no-worker"]);
    assert!(!address.is_empty());
    stop(&mut child);
    assert!(queue(&folder).contains("\"last_done_at\":null"), "{}", queue(&folder));

    for arguments in [&["worker"][..], &serve] {
        let mut child = gelombang(&folder, arguments)
            .env("GELOMBANG_LOG", "info")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let mut said = lines.by_ref().map_while(Result::ok);
        let done = said.find(|line| line.contains("job done") && line.contains("audit_seal"));
        assert!(done.is_some(), "{arguments:?} has sealed nothing");
        stop(&mut child);
    }
    let queue = queue(&folder);
    assert!(queue.contains("\"dead\":0") && queue.contains("\"leased\":0"), "{queue}");
    assert!(!queue.contains("\"last_done_at\":null"), "{queue}");
    run_well(&folder, &["audit", "--chain"]);
    add_officer(&folder, OPERATOR, "administrator,operator");
    add_officer(&folder, "kenanga", "administrator,approver");
    let id = "00000000-0000-0000-0000-000000000001";
    let refused = |retry: &[&str], officer: &str, words: &str| {
        let mut command = gelombang(&folder, retry);
        let output = command.env("GELOMBANG_AS", folder.path().join(officer)).output();
        let output = output.expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(words), "{error}");
    };
    refused(&["jobs", "retry", id], OPERATOR, "jobs --dead");
    refused(&["jobs", "retry", id], "kenanga", "kenanga is no operator");
    refused(&["notices", "retry"], "kenanga", "kenanga is no operator");
    refused(&["notices", "retry"], "nobody", "cannot use the credential file");
    let none = run_well(&folder, &["notices", "retry"]);
    assert!(none.contains("0 notices are queued again"), "{none}");
}

/// The figures stand on an address of their own, in the form of Prometheus, and not on the public one.
#[test]
fn figures_on_their_own_address() {
    let folder = Folder::new();
    run_well(&folder, &borrowed(&simulate("15", [300, 80, 37, 36], 5)));
    let mut child = gelombang(
        &folder,
        &["serve", "--no-worker", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"],
    )
    .stdout(Stdio::null())
    .stderr(Stdio::piped())
    .spawn()
    .expect("the binary starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut said = lines.by_ref().map_while(Result::ok);
    let mut address = |begin: &str| {
        let line = said.find_map(|line| line.strip_prefix(begin).map(str::to_owned));
        line.expect("it says where").trim_end_matches("/metrics").trim_end_matches('/').to_owned()
    };
    let figures = address("Figures on http://");
    let public = address("Serving on http://");
    let answer = get(&figures, "/metrics");
    for line in [
        "# TYPE gelombang_jobs gauge",
        "gelombang_jobs{state=\"dead\"} 0",
        "gelombang_jobs_oldest_age_seconds 0",
        "gelombang_database_connections{use=\"busy\"} ",
    ] {
        assert!(answer.contains(line), "no {line} in {answer}");
    }
    assert!(get(&figures, "/").starts_with("HTTP/1.1 404"));
    assert!(get(&public, "/metrics").starts_with("HTTP/1.1 404"));
    assert!(get(&public, "/api/v1/waves/48").starts_with("HTTP/1.1 200"));
    let answer = get(&figures, "/metrics");
    for labels in [
        "{route=\"other\",method=\"GET\",status=\"404\"}",
        "{route=\"/api/v1/waves/{number}\",method=\"GET\",status=\"200\"}",
    ] {
        let counted = format!("gelombang_http_request_duration_seconds_count{labels} 1");
        assert!(answer.contains(&counted), "no {counted} in {answer}");
    }
    stop(&mut child);
}

fn queue(folder: &Folder) -> String {
    run_well(folder, &["jobs", "--json"])
}
