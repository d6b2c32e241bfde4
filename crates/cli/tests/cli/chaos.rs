//! Pulling the plug under joins over HTTP.

use std::process::Command;

/// Goal: whatever is killed at whatever moment, an acknowledged join is there once, and the server is ready again
/// within five seconds. Method: the command `simulate --chaos`, with twenty kills of each: it runs the
/// real server on a fresh folder, joins by several clients that ask again by key, kills server, database or
/// both, ends the wave under kills, audits, and fails if a promise is broken.
#[test]
fn nothing_acknowledged_is_lost() {
    let output = Command::new(env!("CARGO_BIN_EXE_gelombang"))
        .args(["simulate", "--chaos", "--server-kills", "20", "--database-kills", "20"])
        .args(["--seed", "5"])
        .env_remove("DATABASE_URL")
        .env_remove("GELOMBANG_DATA")
        .output()
        .expect("the binary runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}\n{error}");
    assert!(printed.contains(" 20 kills of the server, 20 of the database"), "{printed}");
    assert!(printed.contains("0 lost, 0 doubled, 0 uninvited"), "{printed}");
}

/// Goal: a restore to any instant under load holds every join acknowledged before it and none that was asked for
/// after it, in a folder that goes on. Method: the command `simulate --chaos --restores`, which backs up and
/// restores by the lines of the README around a kill of everything; it prints the seed, and fails if a promise is
/// broken.
#[test]
fn any_instant_is_restored() {
    let output = Command::new(env!("CARGO_BIN_EXE_gelombang"))
        .args(["simulate", "--chaos", "--restores", "3", "--seed", "11"])
        .env_remove("DATABASE_URL")
        .env_remove("GELOMBANG_DATA")
        .output()
        .expect("the binary runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}\n{error}");
    assert_eq!(printed.matches(": clean").count(), 3, "{printed}");
}
