//! `kill -9` of program and database at any moment.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Folder, borrowed, gelombang, run_well, simulate};

/// Moments at which something is killed.
const KILLS: u64 = 20;
/// The replay: every kind of step happens, and it takes a few seconds.
const TOTALS: [u64; 4] = [240_000, 64_000, 30_000, 29_100];

/// What a kill hits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Victim {
    Program,
    Database,
    Both,
}

/// Runs a small replay to its end, then the same with twenty kills of program, database or both at
/// random moments. Every restart must go on, the audit must be clean, and the content the same.
#[test]
fn replay_survives_kills() {
    let mut arguments = simulate("15", TOTALS, 7);
    arguments.push("--content-hash".to_owned());
    let undisturbed = Folder::new();
    let expected = content_hash(&run_well(&undisturbed, &borrowed(&arguments)));

    let folder = Folder::new();
    let (mut finished_early, mut struck_at_work) = (0, 0);
    for kill in 0..KILLS {
        let victim = [Victim::Program, Victim::Database, Victim::Both][(kill % 3) as usize];
        // The moments are spread over start-up and the work after it, half of them over the work alone.
        let after = Duration::from_millis(60 + scatter(kill) % 800);
        let server_before = postmaster(&folder.data());
        let mut child = gelombang(&folder, &borrowed(&arguments))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let is_new = || {
            let server = postmaster(&folder.data());
            server.is_some() && server != server_before && is_ready(&folder.data())
        };
        if kill % 2 == 0 {
            wait_for(&mut child, is_new);
        }
        if ended_within(&mut child, after) {
            let output = child.wait_with_output().expect("its output");
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "kill {kill}: the restart failed by itself:\n{error}");
            finished_early += 1;
            continue;
        }
        struck_at_work += u32::from(is_new());
        strike(victim, &mut child, &folder.data());
    }
    assert!(finished_early < KILLS / 2, "the replay was over before most kills: make it larger");
    assert!(struck_at_work >= 8, "only {struck_at_work} kills met a running database: wait longer");
    let got = content_hash(&run_well(&folder, &borrowed(&arguments)));
    assert_eq!(got, expected, "content differs after {KILLS} kills");
    run_well(&folder, &["audit"]);
}

fn content_hash(printed: &str) -> String {
    let hash = printed.lines().find_map(|line| line.strip_prefix("content hash "));
    hash.expect("the hash is printed").to_owned()
}

/// A number that looks random and is the same in every run.
pub(crate) fn scatter(value: u64) -> u64 {
    let mixed = (value + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

/// Waits so long for a child, or less if it ends before.
pub(crate) fn ended_within(child: &mut Child, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if child.try_wait().expect("our child").is_some() {
            return true;
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    false
}

/// Waits until something holds, or the child has ended.
fn wait_for(child: &mut Child, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !holds() && child.try_wait().expect("our child").is_none() {
        assert!(Instant::now() < deadline, "the server does not start");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

pub(crate) fn strike(victim: Victim, child: &mut Child, data: &Path) {
    let servers = || postmaster(data).map(|pid| [children(pid), vec![pid]].concat());
    match victim {
        Victim::Program => child.kill().expect("our child"),
        Victim::Database => {
            servers().into_iter().flatten().for_each(kill_9);
            // Without its database the program ends by itself, with an error that it prints.
            assert!(
                ended_within(child, Duration::from_secs(40)),
                "the program hangs without database"
            );
        }
        Victim::Both => {
            let servers = servers();
            child.kill().expect("our child");
            servers.into_iter().flatten().for_each(kill_9);
        }
    }
    child.wait().expect("our child");
}

/// True if the record of the server says that it takes connections, so that the program is past its start.
pub(crate) fn is_ready(data: &Path) -> bool {
    let status = std::fs::read_to_string(data.join("pg/postmaster.pid"));
    status.is_ok_and(|status| status.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
}

/// Number of the server's first process, if it has started.
pub(crate) fn postmaster(data: &Path) -> Option<u32> {
    let file = std::fs::read_to_string(data.join("pg/postmaster.pid")).ok()?;
    let pid = file.lines().next()?.trim().parse().ok()?;
    // The number may be a leftover of the kill before: only a process of this folder counts.
    let works_in = std::fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    works_in.starts_with(data).then_some(pid)
}

fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("a process table").flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        after_name.split_whitespace().nth(1) == Some(&parent.to_string())
    })
    .collect()
}

fn kill_9(pid: u32) {
    // It may be gone by now, which is what is wanted.
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
}
