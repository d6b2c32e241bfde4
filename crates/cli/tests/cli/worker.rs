//! The worker as a process: it works, stops in order, and its queue can be looked at.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::serve::stop;
use crate::support::{Folder, borrowed, gelombang, run, run_well, simulate};

/// `worker`, and `serve` by itself, seal the trail of a small replay without being asked and stop cleanly on
/// SIGINT; `serve --no-worker` does not; the queue then says what was done, and a job that is not dead is
/// not run again.
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
    let id = "00000000-0000-0000-0000-000000000001";
    let refused = run(&folder, &["jobs", "retry", id]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && error.contains("jobs --dead"), "{error}");
}

fn queue(folder: &Folder) -> String {
    run_well(folder, &["jobs", "--json"])
}
