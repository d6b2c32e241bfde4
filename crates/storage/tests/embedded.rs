//! The private server with the real programs: starts, crashes, and every refusal with its message.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::{ConnectOptions, Connection, PgConnection};
use storage::embedded::{DATABASE, Embedded, EmbeddedError, EmbeddedSettings};
use tempfile::TempDir;

/// No condition awaited here takes more than a second on an idle machine.
const LIMIT: Duration = Duration::from_mins(1);

/// A folder below /tmp that the service user may pass through, with a data folder to be made in it.
struct Place {
    outer: TempDir,
}

impl Place {
    fn new() -> Self {
        let outer = tempfile::tempdir_in("/tmp").unwrap();
        fs::set_permissions(outer.path(), Permissions::from_mode(0o711)).unwrap();
        Self { outer }
    }

    fn data(&self) -> PathBuf {
        self.outer.path().join("data")
    }

    fn settings(&self) -> EmbeddedSettings {
        EmbeddedSettings { data_dir: self.data(), bin_dir: None }
    }

    async fn start(&self) -> Embedded {
        Embedded::start(&self.settings()).await.unwrap()
    }

    async fn refusal(&self) -> EmbeddedError {
        Embedded::start(&self.settings()).await.unwrap_err()
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

async fn connect(embedded: &Embedded) -> PgConnection {
    embedded.superuser_options().connect().await.unwrap()
}

async fn make_marks(embedded: &Embedded) {
    let mut connection = connect(embedded).await;
    sqlx::query("CREATE TABLE marks (mark bigint PRIMARY KEY)")
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn add_mark(embedded: &Embedded, mark: i64) {
    let mut connection = connect(embedded).await;
    sqlx::query("INSERT INTO marks (mark) VALUES ($1)")
        .bind(mark)
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn marks(embedded: &Embedded) -> Vec<i64> {
    let mut connection = connect(embedded).await;
    sqlx::query_scalar("SELECT mark FROM marks ORDER BY mark")
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

fn kill(pid: u32) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
}

/// Waits until a process has ended; one that is dead but not yet collected by its parent counts as ended.
async fn wait_for_end(pid: u32) {
    let deadline = Instant::now() + LIMIT;
    let status = format!("/proc/{pid}/status");
    while fs::read_to_string(&status).is_ok_and(|text| !text.contains("State:\tZ")) {
        assert!(Instant::now() < deadline, "process {pid} still runs");
        tokio::task::yield_now().await;
    }
}

/// Goal: data outlives a stop; method: start, write, stop, look for leftovers, start, read, through an odd path.
#[tokio::test]
async fn starts_stops_and_starts_again() {
    let place = Place::new();
    let first = place.start().await;
    assert!(first.version().major() >= 15, "{}", first.version());
    make_marks(&first).await;
    add_mark(&first, 1).await;
    let pid = first.server_pid();
    first.stop().await.unwrap();
    assert!(!Path::new(&format!("/proc/{pid}")).exists(), "the server outlived its stop");
    assert!(!place.data().join("pg/postmaster.pid").exists(), "the stop was not a clean one");

    // The same folder by another spelling.
    let link = place.outer.path().join("a link");
    std::os::unix::fs::symlink(place.data(), &link).unwrap();
    let settings = EmbeddedSettings { data_dir: link.join("."), bin_dir: None };
    let second = Embedded::start(&settings).await.unwrap();
    assert_eq!(marks(&second).await, [1]);
    assert!(second.options("nobody_here", DATABASE).connect().await.is_err());
    second.stop().await.unwrap();
    let mut names: Vec<_> =
        fs::read_dir(place.data()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["gelombang.lock", "pg", "postgres.log"]);
}

/// Goal: the settings that guard data and privacy are in force; method: SHOW each, and read owner and mode of the folder.
#[tokio::test]
async fn settings_are_in_force() {
    let place = Place::new();
    let embedded = place.start().await;
    let mut connection = connect(&embedded).await;
    // A later change by the superuser must not weaken what the command line holds.
    sqlx::query("ALTER SYSTEM SET fsync = off").execute(&mut connection).await.unwrap();
    sqlx::query("ALTER SYSTEM SET log_min_messages = debug1")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::query("SELECT pg_reload_conf()").execute(&mut connection).await.unwrap();
    for (name, expected) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("wal_level", "replica"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C"),
        ("max_connections", "100"),
        ("jit", "off"),
        ("max_wal_size", "4GB"),
        ("TimeZone", "UTC"),
        ("log_min_messages", "log"),
        ("log_error_verbosity", "terse"),
        ("log_parameter_max_length", "0"),
    ] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(value, expected, "{name}");
    }
    let database: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(database, DATABASE);
    let cluster = place.data().join("pg").metadata().unwrap();
    assert_eq!(cluster.permissions().mode() & 0o777, 0o700);
    let server = Path::new("/proc").join(embedded.server_pid().to_string()).metadata().unwrap();
    assert_ne!(server.uid(), 0, "the server runs as root");
    assert_eq!(server.uid(), cluster.uid());
    if is_root() {
        let status = fs::read_to_string(format!("/proc/{}/status", embedded.server_pid())).unwrap();
        let groups = status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap();
        assert_eq!(groups.trim(), "", "the server kept groups of root");
    }
    embedded.stop().await.unwrap();
}

/// Goal: no value of a statement reaches the log; method: fail in three ways with a marked value, then read the log.
#[tokio::test]
async fn log_holds_no_values() {
    const MARK: &str = "1571999900001234";
    let place = Place::new();
    let embedded = place.start().await;
    let mut connection = connect(&embedded).await;
    sqlx::query("CREATE TABLE people (nik text CONSTRAINT people_nik_key UNIQUE)")
        .execute(&mut connection)
        .await
        .unwrap();
    let insert = "INSERT INTO people (nik) VALUES ($1)";
    sqlx::query(insert).bind(MARK).execute(&mut connection).await.unwrap();
    for statement in [
        insert,
        "SELECT ($1::text || 'x')::bigint",
        "SELECT 1 FROM nowhere WHERE nik = '1571999900001234' AND $1::text IS NOT NULL",
    ] {
        let error = sqlx::query(statement).bind(MARK).execute(&mut connection).await.unwrap_err();
        assert!(matches!(error, sqlx::Error::Database(_)), "{error}");
    }
    embedded.stop().await.unwrap();
    let log = fs::read_to_string(place.data().join("postgres.log")).unwrap();
    assert!(log.contains("database system is ready"), "the log was not written: {log}");
    assert!(!log.contains(MARK), "{log}");
}

/// Goal: one server per folder; method: start a second one while the first runs, after it was dropped without a stop,
/// and after a stop.
#[tokio::test]
async fn one_server_per_folder() {
    let place = Place::new();
    let first = place.start().await;
    let error = place.refusal().await;
    assert!(matches!(error, EmbeddedError::InUse { .. }), "{error}");
    let message = error.to_string();
    let holder = format!("process {}, started 2", std::process::id());
    assert!(message.contains(&holder), "{message}");
    make_marks(&first).await;
    let pid = first.server_pid();
    drop(first);
    let second = place.start().await;
    wait_for_end(pid).await;
    second.stop().await.unwrap();
    place.start().await.stop().await.unwrap();
}

/// Goal: a killed server is noticed and recovered from, with its children in mid-work; method: kill -9 the postmaster
/// while a statement runs, wait for the notice, start on the same folder, and read what was committed.
#[tokio::test]
async fn killed_server_recovers() {
    let place = Place::new();
    let mut embedded = place.start().await;
    make_marks(&embedded).await;
    add_mark(&embedded, 7).await;
    let mut busy = connect(&embedded).await;
    let backend: i32 =
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut busy).await.unwrap();
    // A backend that computes does not look at its postmaster, so it outlives it.
    let work =
        sqlx::query("SELECT count(*) FROM generate_series(1, 100000000000)").execute(&mut busy);
    let crash = async {
        // The kill comes once the statement is seen to run.
        let mut watcher = connect(&embedded).await;
        let deadline = Instant::now() + LIMIT;
        loop {
            let active: bool = sqlx::query_scalar(
                "SELECT state = 'active' AND query LIKE '%generate_series%' FROM pg_stat_activity WHERE pid = $1",
            )
            .bind(backend)
            .fetch_one(&mut watcher)
            .await
            .unwrap();
            if active {
                break;
            }
            assert!(Instant::now() < deadline, "the statement never ran");
        }
        kill(embedded.server_pid());
        let notice = embedded.exited().await;
        assert!(matches!(notice, EmbeddedError::Died { .. }), "{notice}");
        assert!(notice.to_string().contains("signal: 9"), "{notice}");
        drop(watcher);
        drop(embedded);
        place.start().await
    };
    let (outcome, again) = tokio::join!(work, crash);
    assert!(outcome.is_err(), "the statement cannot have ended");
    assert_eq!(marks(&again).await, [7]);
    again.stop().await.unwrap();
}

/// Goal: the server of a killed gelombang is taken over without a manual step; method: a child process (this test in
/// another role) starts the server and commits, is killed with -9, and the folder is started again, three times.
#[tokio::test]
async fn killed_gelombang_leaves_no_orphan() {
    const ROLE: &str = "GELOMBANG_TEST_HOLD";
    if let Some(data) = std::env::var_os(ROLE) {
        let settings = EmbeddedSettings { data_dir: data.into(), bin_dir: None };
        let mut embedded = Embedded::start(&settings).await.unwrap();
        let existing: i64 = {
            let mut connection = connect(&embedded).await;
            sqlx::query("CREATE TABLE IF NOT EXISTS marks (mark bigint PRIMARY KEY)")
                .execute(&mut connection)
                .await
                .unwrap();
            sqlx::query_scalar("SELECT count(*) FROM marks")
                .fetch_one(&mut connection)
                .await
                .unwrap()
        };
        add_mark(&embedded, existing + 1).await;
        writeln!(std::io::stderr(), "server {}", embedded.server_pid()).unwrap();
        panic!("{}", embedded.exited().await);
    }
    let place = Place::new();
    let mut orphans = Vec::new();
    for _ in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed_gelombang_leaves_no_orphan", "--nocapture"])
            .env(ROLE, place.data())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let pid = lines.find_map(|line| line.strip_prefix("server ").map(str::to_owned)).unwrap();
        orphans.push(pid.parse::<u32>().unwrap());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(
            Path::new("/proc").join(&pid).exists(),
            "the server ended by itself, so nothing is proved"
        );
    }
    let embedded = place.start().await;
    assert_eq!(marks(&embedded).await, [1, 2, 3]);
    for orphan in orphans {
        wait_for_end(orphan).await;
    }
    embedded.stop().await.unwrap();
}

/// Goal: traces of kills at other moments need no hand; method: plant each trace, then start.
#[tokio::test]
async fn traces_of_a_crash_are_cleared() {
    let place = Place::new();
    place.start().await.stop().await.unwrap();
    let pg = place.data().join("pg");
    // A cluster half made by a process that is gone.
    let unfinished = place.data().join("pg.new-1");
    fs::create_dir_all(unfinished.join("base/1")).unwrap();
    // Our own files, cut short.
    fs::write(pg.join("gelombang.conf"), "shared_buf").unwrap();
    fs::write(pg.join("pg_hba.conf"), "").unwrap();
    // A record of a server whose number has become another program's: this test's.
    record_server(&pg, std::process::id());
    let embedded = place.start().await;
    assert!(!unfinished.exists());
    connect(&embedded).await.close().await.unwrap();
    embedded.stop().await.unwrap();
}

/// Goal: a server that is dead but not yet collected by its parent blocks nothing; method: a stand-in of the server's
/// name, folder and user that ends on the first signal and is collected only after the next start.
#[tokio::test]
async fn uncollected_server_blocks_nothing() {
    let place = Place::new();
    place.start().await.stop().await.unwrap();
    let pg = place.data().join("pg");
    let owner = pg.metadata().unwrap();
    let program = place.outer.path().join("postgres");
    std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
    // Whoever starts the tests in a script's background has signals ignored, which a server would not.
    let mut stand_in = Command::new("env")
        .args(["--default-signal=INT".as_ref(), program.as_os_str(), "600".as_ref()])
        .current_dir(&pg)
        .uid(owner.uid())
        .gid(owner.gid())
        .spawn()
        .unwrap();
    let name = Path::new("/proc").join(stand_in.id().to_string()).join("comm");
    while fs::read_to_string(&name).unwrap().trim_end() != "postgres" {
        std::thread::yield_now();
    }
    record_server(&pg, stand_in.id());
    let embedded = place.start().await;
    let end = stand_in.try_wait().unwrap().expect("the stand-in still runs");
    assert_eq!(end.signal(), Some(2), "a server is told to stop in order");
    embedded.stop().await.unwrap();
}

/// Writes what a server killed with -9 leaves in its folder: its process number, as its own user.
fn record_server(pg: &Path, pid: u32) {
    let owner = pg.metadata().unwrap();
    let record = pg.join("postmaster.pid");
    fs::write(&record, format!("{pid}\n{}\n1\n5432\n", pg.display())).unwrap();
    std::os::unix::fs::chown(&record, Some(owner.uid()), Some(owner.gid())).unwrap();
}

/// Goal: folders that are not ours or not of this version are refused and left as they are; method: a table of folders.
#[tokio::test]
async fn foreign_folders_are_refused() {
    for (files, expected, hint) in [
        (&[("PG_VERSION", "15\n")][..], "NotOurs", "itself a PostgreSQL cluster"),
        (&[("pg/notes.txt", "x")], "NotOurs", "no gelombang.lock"),
        (&[("gelombang.lock", "1\n"), ("pg/notes.txt", "x")], "NotOurs", "no readable PG_VERSION"),
        (&[("gelombang.lock", "1\n"), ("pg/PG_VERSION", "11\n")], "OtherMajor", "pg_upgrade"),
    ] {
        let place = Place::new();
        fs::create_dir_all(place.data().join("pg")).unwrap();
        for (path, text) in files {
            fs::write(place.data().join(path), text).unwrap();
        }
        if is_root() {
            // As if an earlier start had handed the cluster over.
            let pg = place.data().join("pg");
            let status = Command::new("chown").args(["-R", service_user()]).arg(pg).status();
            assert!(status.unwrap().success());
        }
        let error = place.refusal().await;
        assert!(format!("{error:?}").starts_with(expected), "{files:?}: {error:?}");
        assert!(error.to_string().contains(hint), "{files:?}: {error}");
        for (path, text) in files.iter().filter(|(path, _)| *path != "gelombang.lock") {
            let found = fs::read_to_string(place.data().join(path)).unwrap();
            assert_eq!(found, *text, "{path} was changed");
        }
    }
}

/// Name of the user who runs the server when this test runs as root.
fn service_user() -> &'static str {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    if users.lines().any(|line| line.starts_with("postgres:")) { "postgres" } else { "nobody" }
}

/// Goal: a data folder owned by another user is refused by name; method: give the cluster to a third user (root only:
/// nobody else can give folders away, and then the operating system's refusal is what remains to be seen).
#[tokio::test]
async fn closed_and_foreign_owned_folders_are_refused() {
    let place = Place::new();
    fs::create_dir(place.data()).unwrap();
    if is_root() {
        let closed = place.outer.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
        let settings = EmbeddedSettings { data_dir: closed.join("deep/data"), bin_dir: None };
        let error = Embedded::start(&settings).await.unwrap_err();
        let message = error.to_string();
        assert!(
            matches!(&error, EmbeddedError::Unreachable { blocked_by, .. } if *blocked_by == closed),
            "{error:?}"
        );
        assert!(message.contains(&format!("chmod o+x {}", closed.display())), "{message}");
        assert!(!closed.join("deep").exists(), "the refusal left a folder behind");

        fs::write(place.data().join("gelombang.lock"), "1\n").unwrap();
        let pg = place.data().join("pg");
        fs::create_dir(&pg).unwrap();
        fs::write(pg.join("PG_VERSION"), "15\n").unwrap();
        std::os::unix::fs::chown(&pg, Some(12_345), None).unwrap();
        let error = place.refusal().await;
        assert!(matches!(error, EmbeddedError::ForeignOwner { owner: 12_345, .. }), "{error:?}");
    } else {
        fs::set_permissions(place.data(), Permissions::from_mode(0o500)).unwrap();
        let error = place.refusal().await;
        assert!(matches!(error, EmbeddedError::Denied { .. }), "{error:?}");
        assert!(error.to_string().contains("permission denied"), "{error}");
    }
}

/// Goal: missing programs give the line that installs them; method: a programs folder that is empty.
#[tokio::test]
async fn missing_programs_are_named() {
    let place = Place::new();
    let bin = place.outer.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let settings = EmbeddedSettings { data_dir: place.data(), bin_dir: Some(bin.clone()) };
    let error = Embedded::start(&settings).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::NotInstalled { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("apt-get install -y postgresql"), "{message}");
    assert!(message.contains(&bin.display().to_string()), "{message}");
}

/// Goal: a full disk is told before and during the making of a cluster; method: small disks in memory, one short of
/// bytes and one short of file entries (mounted, so where mounting is allowed; the limit itself has a table of its own).
#[tokio::test]
async fn full_disks_are_told() {
    for options in ["size=20m,mode=0755", "size=200m,nr_inodes=400,mode=0755"] {
        let place = Place::new();
        let Some(_disk) = Disk::mount(place.outer.path(), options) else { return };
        let error = place.refusal().await;
        assert!(matches!(error, EmbeddedError::DiskFull { .. }), "{options}: {error:?}");
        assert!(error.to_string().contains("at least 64 MB"), "{error}");
        assert!(!place.data().join("pg").exists(), "{options}: a cluster was left");
    }
}

/// A disk in memory, unmounted at the end.
struct Disk(PathBuf);

impl Disk {
    fn mount(folder: &Path, options: &str) -> Option<Self> {
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder)
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success()).then(|| Self(folder.to_path_buf()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let status = Command::new("umount").arg(&self.0).status().unwrap();
        assert!(status.success() || std::thread::panicking(), "{} stays mounted", self.0.display());
    }
}

/// Goal: a server that cannot start says why; method: a cluster without its control file.
#[tokio::test]
async fn broken_cluster_shows_the_log() {
    let place = Place::new();
    place.start().await.stop().await.unwrap();
    fs::remove_file(place.data().join("pg/global/pg_control")).unwrap();
    let error = place.refusal().await;
    assert!(matches!(error, EmbeddedError::NotStarted { .. }), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains("pg_control") || message.contains("could not find the database system"),
        "{message}"
    );
    assert!(
        !message.contains("ready to accept connections"),
        "lines of an earlier start are shown: {message}"
    );
    // The failed start releases the folder.
    let lock = File::options().write(true).open(place.data().join("gelombang.lock")).unwrap();
    lock.try_lock().unwrap();
}
