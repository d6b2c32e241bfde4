//! Making the cluster, and the files that say who may connect.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;

use super::account::Account;
use super::error::{EmbeddedError, io_error};
use super::folder::{DataFolder, make_private_folder, write_private};
use super::programs::Programs;
use super::settings::TUNING_FILE;
use super::space::{disk_full, reports_full_disk};

/// The cluster's bootstrap superuser.
pub(super) const SUPERUSER: &str = "postgres";
/// Roles that the local user may take: the superuser, and the serving role that the migrations make.
const CONNECTING_ROLES: [&str; 2] = [SUPERUSER, "gelombang_app"];
/// Who may connect: through the socket, under the map; `all` does not include base backups.
const HOST_RULES: &str =
    "local all all peer map=gelombang\nlocal replication postgres peer map=gelombang\n";
/// Lines of `initdb` that an error repeats.
const OUTPUT_LINES: usize = 12;

/// Makes a cluster beside its place and moves it there, so that a kill at any moment leaves none or a whole one.
pub(super) async fn make(
    folder: &DataFolder,
    programs: &Programs,
    account: &Account,
) -> Result<(), EmbeddedError> {
    let unfinished = folder.unfinished();
    make_private_folder(&unfinished, account)?;
    if let Err(error) = run_initdb(&unfinished, programs, account).await {
        // The next start removes what cannot be removed now.
        let _ = std::fs::remove_dir_all(&unfinished);
        return Err(error);
    }
    let cluster = folder.cluster();
    std::fs::rename(&unfinished, &cluster)
        .map_err(io_error("move the new cluster to", &cluster))?;
    File::open(folder.root())
        .and_then(|root| root.sync_all())
        .map_err(io_error("write", folder.root()))
}

async fn run_initdb(
    unfinished: &Path,
    programs: &Programs,
    account: &Account,
) -> Result<(), EmbeddedError> {
    let output = programs
        .command("initdb", account, unfinished)
        .arg("--pgdata")
        .arg(unfinished)
        .args(["--username", SUPERUSER, "--encoding=UTF8", "--locale=C", "--auth=peer"])
        .args(["--data-checksums", "--no-instructions"])
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| programs.spawn_failed("initdb", &error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if reports_full_disk(&said) {
        return Err(disk_full(unfinished.parent().unwrap_or(unfinished)));
    }
    Err(EmbeddedError::InitFailed {
        folder: unfinished.to_path_buf(),
        output: last_lines(&said, OUTPUT_LINES),
    })
}

/// Rewrites who may connect, and makes the cluster read our tuning; done at every start, so that a change of this
/// program or of the calling user takes effect and a damaged file is mended.
pub(super) fn configure(
    cluster: &Path,
    tuning: &str,
    account: &Account,
) -> Result<(), EmbeddedError> {
    write_private(&cluster.join("pg_hba.conf"), HOST_RULES, account)?;
    write_private(&cluster.join("pg_ident.conf"), &identity_map(account), account)?;
    write_private(&cluster.join(TUNING_FILE), tuning, account)?;
    let main = cluster.join("postgresql.conf");
    let include = format!("include_if_exists '{TUNING_FILE}'");
    let text = std::fs::read_to_string(&main).map_err(io_error("read", &main))?;
    if text.lines().any(|line| line == include) {
        return Ok(());
    }
    write_private(&main, &format!("{text}\n{include}\n"), account)
}

/// Lines "map, system user, role" for the calling user and the user who runs the server.
fn identity_map(account: &Account) -> String {
    let mut users = vec![account.name.as_str(), account.caller.as_str()];
    users.dedup();
    let mut map = String::new();
    for user in users {
        for role in CONNECTING_ROLES {
            let _ = writeln!(map, "gelombang \"{user}\" {role}");
        }
    }
    map
}

/// The last lines of a text, without the blank ones at its end.
pub(super) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let skipped = lines.len().saturating_sub(count);
    lines.into_iter().skip(skipped).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: nobody but the two users is let in, each once; method: the map for root and for an ordinary user.
    #[test]
    fn map_names_each_user_once() {
        let account = |name: &str, caller: &str| Account {
            uid: 1,
            gid: 1,
            name: name.into(),
            caller: caller.into(),
            is_switched: name != caller,
        };
        for (name, caller, expected) in [
            (
                "postgres",
                "root",
                "gelombang \"postgres\" postgres\ngelombang \"postgres\" gelombang_app\n\
                 gelombang \"root\" postgres\ngelombang \"root\" gelombang_app\n",
            ),
            ("ana", "ana", "gelombang \"ana\" postgres\ngelombang \"ana\" gelombang_app\n"),
        ] {
            assert_eq!(identity_map(&account(name, caller)), expected);
        }
    }

    /// Goal: an error shows the end of the output; method: texts around the limit.
    #[test]
    fn last_lines_are_kept() {
        for (text, expected) in
            [("", ""), ("a\n", "a"), ("a\nb\n\n", "a\nb"), ("a\nb\nc\n", "b\nc")]
        {
            assert_eq!(last_lines(text, 2), expected, "{text:?}");
        }
    }
}
