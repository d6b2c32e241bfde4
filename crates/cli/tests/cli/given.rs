//! A PostgreSQL that is given by its address, in place of the private one.

use std::process::Output;
use std::time::{Duration, Instant};

use sqlx::ConnectOptions as _;
use storage::database::has_schema;
use storage::officers::simulation_lock;
use storage::scratch::Scratch;
use tokio::runtime::Runtime;

use crate::serve::{serve, stop};
use crate::support::{Folder, borrowed, run, simulate};

const TOTALS: [u64; 4] = [3_000, 800, 371, 360];

/// A server, with a folder for what the program keeps beside it.
struct Given {
    runtime: Runtime,
    scratch: Scratch,
    folder: Folder,
}

impl Given {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let scratch = runtime.block_on(Scratch::start()).expect("a server");
        Self { runtime, scratch, folder: Folder::new() }
    }

    fn execute(&self, statement: &'static str) {
        self.runtime.block_on(async {
            let options = self.scratch.embedded().superuser_options();
            let mut conn = options.connect().await.expect("connects");
            sqlx::raw_sql(statement).execute(&mut conn).await.expect("executes");
        });
    }

    fn url(&self, database: &str) -> String {
        let options = self.scratch.embedded().superuser_options();
        let socket = options.get_socket().expect("a socket").to_str().expect("text");
        format!("postgres://postgres@{}/{database}", socket.replace('/', "%2F"))
    }

    fn run(&self, database: &str, arguments: &[&str]) -> Output {
        run(&self.folder, &[arguments, &["--database-url", &self.url(database)]].concat())
    }
}

/// Replays, counts and audits over an address; refuses to fill while another process does; reads without
/// the keys; says so if a replay has not run to its end.
#[test]
fn commands_use_the_server_of_an_address() {
    let given = Given::new();
    let run = |arguments: &[&str]| given.run("gelombang", arguments);
    let replay = simulate("15", TOTALS, 5);

    let mut turn = given.runtime.block_on(given.scratch.database().begin()).expect("a connection");
    assert!(given.runtime.block_on(simulation_lock(&mut turn)).expect("the lock"));
    refused(&run(&borrowed(&replay)), "another process is filling this database");
    given.runtime.block_on(turn.rollback()).expect("given back");

    succeeds(&run(&borrowed(&replay)), "3.000");
    let keys = given.folder.data().join("keys");
    std::fs::rename(&keys, given.folder.data().join("elsewhere")).expect("there");
    succeeds(&run(&["stats", "--region", "15", "--json"]), "\"joins\":3000,");
    succeeds(&run(&["stats", "--region", "15", "--by", "regency"]), "15.71  Kota Jambi");
    succeeds(&run(&["audit"]), "figures_add_up");
    let other = simulate("15", [3_001, 800, 371, 360], 5);
    refused(&run(&borrowed(&other)), "another replay: --region 15 --joins 3000");

    given.execute("UPDATE gelombang.simulations SET finished = false");
    succeeds(&run(&["stats", "--region", "15"]), "has not run to its end");
    succeeds(&run(&["stats", "--region", "15", "--json"]), "\"partial\":true");
    refused(&run(&borrowed(&replay)), "put the backed-up key file back");
    assert!(!keys.exists(), "lost keys are not replaced");
    std::fs::rename(given.folder.data().join("elsewhere"), &keys).expect("there");
    succeeds(&run(&borrowed(&replay)), "no row stands for a real person");
    assert!(!given.folder.data().join("pg").exists(), "a private server was made beside");
}

/// Goal: the figures are counted when the server starts, and a stop does not wait for that. Method: a lock keeps the count
/// from its first row, and no page is asked for.
#[test]
fn a_stop_waits_for_no_count() {
    let given = Given::new();
    succeeds(&given.run("gelombang", &borrowed(&simulate("15", TOTALS, 5))), "3.000");
    let mut lock = given.runtime.block_on(async {
        let options = given.scratch.embedded().superuser_options();
        let mut conn = options.connect().await.expect("connects");
        let statement = "BEGIN; LOCK TABLE gelombang.memberships";
        sqlx::raw_sql(statement).execute(&mut conn).await.expect("locked");
        conn
    });
    let url = given.url("gelombang");
    let arguments = ["--pages-only", "--no-worker", "--database-url", &url];
    let (mut child, _address) = serve(&given.folder, &arguments);
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    let deadline = Instant::now() + Duration::from_mins(1);
    given.runtime.block_on(async {
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut lock).await.expect("rows") == 0 {
            assert!(Instant::now() < deadline, "nothing is counted");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    stop(&mut child);
}

/// Commands that read make nothing in a database of somebody else.
#[test]
fn reading_an_empty_database_changes_nothing() {
    let given = Given::new();
    given.execute("CREATE DATABASE somebody_elses");
    for arguments in
        [&["audit"][..], &["stats", "--region", "15"], &["serve", "--listen", "127.0.0.1:0"]]
    {
        let output = given.run("somebody_elses", arguments);
        refused(&output, "there is no data in the database of DATABASE_URL");
    }
    let options = given.scratch.embedded().superuser_options().database("somebody_elses");
    assert!(!given.runtime.block_on(has_schema(options)).expect("a look"));
    assert!(!given.folder.data().join("keys").exists());
}

/// Goal: an explicit migration says what it applied, once, and never beside somebody who uses the database. Method: an
/// empty database, the same again, one in use, and a folder without data.
#[test]
fn migrating() {
    let given = Given::new();
    given.execute("CREATE DATABASE upgraded");
    succeeds(&given.run("upgraded", &["migrate"]), "20260101000100  create reference");
    succeeds(&given.run("upgraded", &["migrate"]), "Nothing to apply");
    let options = given.scratch.embedded().superuser_options().database("upgraded");
    assert!(given.runtime.block_on(has_schema(options)).expect("a look"));
    let turn = given.runtime.block_on(given.scratch.database().begin()).expect("a connection");
    refused(&given.run("gelombang", &["migrate"]), "the database is in use");
    given.runtime.block_on(turn.rollback()).expect("given back");
    refused(&run(&given.folder, &["migrate"]), "there is no data in");
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
