//! Running the binary on data folders that go away.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sqlx::ConnectOptions as _;
use storage::embedded::{Embedded, EmbeddedSettings};
use tempfile::TempDir;

/// A folder for data that the server's own user can reach too.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("gelombang-cli-").tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))
            .expect("ours");
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }
}

/// The binary with arguments, not started yet, on this folder's data.
pub(crate) fn gelombang(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gelombang"));
    command
        .args(arguments)
        .arg("--data")
        .arg(folder.data())
        .env_remove("DATABASE_URL")
        .env_remove("GELOMBANG_DATA")
        .env("GELOMBANG_AS", folder.path().join(OPERATOR))
        .env_remove("RUST_BACKTRACE");
    command
}

/// The officer whom commands act as unless they say otherwise; [`add_officer`] makes the file.
pub(crate) const OPERATOR: &str = "operator";

/// Adds one of the first two officers; the credential is in the file of that name in the folder.
pub(crate) fn add_officer(folder: &Folder, name: &str, roles: &str) {
    let credential = folder.path().join(name);
    let arguments = ["admin", "officer", "add", name, "--role", roles, "--credential"];
    let mut command =
        gelombang(folder, &[&arguments[..], &[credential.to_str().expect("text")]].concat());
    let output = command.env_remove("GELOMBANG_AS").output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs it to its end.
pub(crate) fn run(folder: &Folder, arguments: &[&str]) -> Output {
    gelombang(folder, arguments).output().expect("the binary runs")
}

/// Runs it and demands success; gives what it printed.
pub(crate) fn run_well(folder: &Folder, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?} failed:\n{error}");
    String::from_utf8(output.stdout).expect("text")
}

/// Arguments of a replay.
pub(crate) fn simulate(region: &str, totals: [u64; 4], seed: u64) -> Vec<String> {
    let [joins, people, sk, effective] = totals.map(|total| total.to_string());
    let seed = seed.to_string();
    [
        "simulate",
        "--region",
        region,
        "--joins",
        &joins,
        "--people",
        &people,
        "--sk",
        &sk,
        "--effective",
        &effective,
        "--seed",
        &seed,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Borrows the arguments.
pub(crate) fn borrowed(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// Changes the database of a folder behind the product, which must not run.
pub(crate) fn execute(folder: &Folder, statement: &'static str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let settings = EmbeddedSettings { data_dir: folder.data(), bin_dir: None };
        let server = Embedded::start(&settings).await.expect("starts");
        let mut conn = server.superuser_options().connect().await.expect("connects");
        sqlx::raw_sql(statement).execute(&mut conn).await.expect("executes");
        drop(conn);
        server.stop().await.expect("stops");
    });
}
