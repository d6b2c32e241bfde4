//! A PostgreSQL that is given by its address, in place of the private one.

use std::process::Output;

use storage::officers::simulation_lock;
use storage::scratch::Scratch;

use crate::support::{Folder, borrowed, run, simulate};

const TOTALS: [u64; 4] = [3_000, 800, 371, 360];

/// Replays, counts and audits over an address; refuses to fill while another process does.
#[test]
fn commands_use_the_server_of_an_address() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let scratch = runtime.block_on(Scratch::start()).expect("a server");
    let socket = scratch.embedded().superuser_options().get_socket().cloned().expect("a socket");
    let socket = socket.to_str().expect("text").replace('/', "%2F");
    let url = format!("postgres://postgres@{socket}/gelombang");
    let folder = Folder::new();
    let run = |arguments: &[&str]| run(&folder, &[arguments, &["--database-url", &url]].concat());
    let replay = simulate("15", TOTALS, 5);

    let mut turn = runtime.block_on(scratch.database().begin()).expect("a connection");
    assert!(runtime.block_on(simulation_lock(&mut turn)).expect("the lock"));
    refused(&run(&borrowed(&replay)), "another process is filling this database");
    runtime.block_on(turn.rollback()).expect("given back");

    succeeds(&run(&borrowed(&replay)), "3.000");
    succeeds(&run(&["stats", "--region", "15", "--json"]), "\"joins\":3000,");
    succeeds(&run(&["stats", "--region", "15", "--by", "regency"]), "15.71  Kota Jambi");
    succeeds(&run(&["audit"]), "figures_add_up");
    let other = simulate("15", [3_001, 800, 371, 360], 5);
    refused(&run(&borrowed(&other)), "another replay: --region 15 --joins 3000");
    assert!(!folder.data().join("pg").exists(), "a private server was made beside");
    drop(scratch);
}

fn succeeds(output: &Output, words: &str) {
    let printed = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && printed.contains(words), "{words}:\n{printed}\n{error}");
}

fn refused(output: &Output, words: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains(words), "{words}:\n{error}");
}
