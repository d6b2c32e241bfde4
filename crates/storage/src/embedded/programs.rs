//! Finding the database server's programs and calling them.

use std::env;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command as BlockingCommand, Stdio};

use tokio::process::Command;

use super::account::Account;
use super::error::EmbeddedError;

/// Oldest major version whose SQL this product is written in.
const OLDEST_MAJOR: u32 = 15;
/// Where Debian and Ubuntu keep one folder per major version.
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";
/// Environment variable that names the folder of the programs.
const BIN_VARIABLE: &str = "GELOMBANG_PG_BIN";

/// Version of the server's programs, such as 15.18.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PgVersion {
    major: u32,
    minor: u32,
}

impl PgVersion {
    /// The part that decides whether a data folder fits.
    pub const fn major(self) -> u32 {
        self.major
    }

    /// The part that only mends faults; 0 for a version before its first release.
    pub const fn minor(self) -> u32 {
        self.minor
    }

    /// Reads `postgres (PostgreSQL) 15.18 (Debian ...)`, and `17beta1` as 17.0.
    fn parse(answer: &str) -> Option<Self> {
        let number = answer.split_whitespace().nth(2)?;
        let (major, rest) = split_number(number)?;
        let minor = rest.strip_prefix('.').and_then(split_number).map_or(0, |(minor, _)| minor);
        Some(Self { major, minor })
    }
}

impl fmt::Display for PgVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

fn split_number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, rest))
}

/// A folder with the server's programs, of a version that fits.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    folder: PathBuf,
    pub(super) version: PgVersion,
}

impl Programs {
    /// Finds the programs: setting, environment, Debian's folders (the cluster's own major first, then the newest),
    /// `pg_config`, search path.
    ///
    /// A folder named by setting or environment is final: if it does not fit, nothing else is tried.
    pub(super) fn find(
        setting: Option<&Path>,
        wanted_major: Option<u32>,
    ) -> Result<Self, EmbeddedError> {
        let variable = || env::var_os(BIN_VARIABLE).filter(|folder| !folder.is_empty());
        let named = setting.map(Path::to_path_buf).or_else(|| variable().map(PathBuf::from));
        if let Some(folder) = named {
            return if has_programs(&folder) {
                Self::check(folder)
            } else {
                Err(EmbeddedError::NotInstalled { looked_in: folder.display().to_string() })
            };
        }
        let folder = debian_folder(Path::new(DEBIAN_FOLDER), wanted_major)
            .or_else(|| pg_config_folder().filter(|folder| has_programs(folder)))
            .or_else(|| {
                env::split_paths(&env::var_os("PATH")?).find(|folder| has_programs(folder))
            });
        match folder {
            Some(folder) => Self::check(folder),
            None => Err(EmbeddedError::NotInstalled {
                looked_in: format!(
                    "{DEBIAN_FOLDER}/15 and newer, the folder that pg_config names, PATH"
                ),
            }),
        }
    }

    fn check(folder: PathBuf) -> Result<Self, EmbeddedError> {
        // The programs run in another work folder than ours.
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        let program = folder.join("postgres");
        match BlockingCommand::new(&program).arg("--version").output() {
            Ok(output) => Self::judge(folder, &String::from_utf8_lossy(&output.stdout)),
            Err(error) => Err(EmbeddedError::BadProgram { program, detail: error.to_string() }),
        }
    }

    /// Accepts or refuses a folder by what its server answered about its version.
    fn judge(folder: PathBuf, answer: &str) -> Result<Self, EmbeddedError> {
        match PgVersion::parse(answer) {
            Some(version) if version.major >= OLDEST_MAJOR => Ok(Self { folder, version }),
            Some(version) => Err(EmbeddedError::TooOld { folder, found: version.major }),
            None => Err(EmbeddedError::BadProgram {
                program: folder.join("postgres"),
                detail: format!("it answered {answer:?}"),
            }),
        }
    }

    /// A call of one program as the account, in `work_folder`, with an environment that holds no setting of the caller.
    ///
    /// The work folder is set before the program runs, which is how a later start recognises its processes.
    pub(super) fn command(&self, program: &str, account: &Account, work_folder: &Path) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.env_clear().env("LC_ALL", "C").current_dir(work_folder).stdin(Stdio::null());
        if let Some(path) = env::var_os("PATH") {
            command.env("PATH", path);
        }
        if account.is_switched {
            // Changing the user as root also drops the supplementary groups.
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    /// The error for a program that did not run at all.
    pub(super) fn spawn_failed(&self, program: &str, error: &io::Error) -> EmbeddedError {
        EmbeddedError::BadProgram { program: self.folder.join(program), detail: error.to_string() }
    }
}

fn has_programs(folder: &Path) -> bool {
    ["postgres", "initdb"].iter().all(|program| folder.join(program).is_file())
}

/// `<base>/<major>/bin` of the wanted major if it is there, else of the newest that is supported.
fn debian_folder(base: &Path, wanted_major: Option<u32>) -> Option<PathBuf> {
    let installed = std::fs::read_dir(base).ok()?.flatten().filter_map(|entry| {
        let major = entry.file_name().to_str()?.parse::<u32>().ok()?;
        let folder = entry.path().join("bin");
        (major >= OLDEST_MAJOR && has_programs(&folder)).then_some((major, folder))
    });
    installed
        .max_by_key(|(major, _)| (Some(*major) == wanted_major, *major))
        .map(|(_, folder)| folder)
}

fn pg_config_folder() -> Option<PathBuf> {
    let output = BlockingCommand::new("pg_config").arg("--bindir").output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(folder.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the version is read from each shape in use; method: a table of answers.
    #[test]
    fn version_is_read() {
        for (answer, expected) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some("15.18")),
            ("postgres (PostgreSQL) 18.0\n", Some("18.0")),
            ("postgres (PostgreSQL) 19beta2", Some("19.0")),
            ("postgres (PostgreSQL) 14.2", Some("14.2")),
            ("postgres (PostgreSQL) devel", None),
            ("", None),
        ] {
            let found = PgVersion::parse(answer).map(|version| version.to_string());
            assert_eq!(found.as_deref(), expected, "{answer:?}");
        }
    }

    /// A folder that looks as if a package had put its programs there.
    fn put_programs(folder: &Path, names: &[&str]) {
        std::fs::create_dir_all(folder).unwrap();
        for name in names {
            std::fs::write(folder.join(name), "").unwrap();
        }
    }

    /// Goal: the cluster's own major wins, else the newest supported; method: folders with stand-in programs.
    #[test]
    fn debian_folders_are_ranked() {
        let base = tempfile::tempdir().unwrap();
        for major in ["9.6", "14", "15", "17", "lost+found"] {
            put_programs(&base.path().join(major).join("bin"), &["postgres", "initdb"]);
        }
        put_programs(&base.path().join("18/bin"), &["initdb"]);
        for (wanted, expected) in
            [(None, "17"), (Some(15), "15"), (Some(16), "17"), (Some(14), "17"), (Some(18), "17")]
        {
            let found = debian_folder(base.path(), wanted);
            assert_eq!(found, Some(base.path().join(expected).join("bin")), "wanted {wanted:?}");
        }
        assert_eq!(debian_folder(&base.path().join("absent"), None), None);
    }

    /// Goal: each unfit server has its own error; method: answers as a fitting, an old and a broken one give them.
    #[test]
    fn unfit_versions_are_refused() {
        let judge = |answer| Programs::judge(PathBuf::from("/opt/pg/bin"), answer);
        let found = judge("postgres (PostgreSQL) 16.1").unwrap();
        assert_eq!(found.version, PgVersion { major: 16, minor: 1 });
        let error = judge("postgres (PostgreSQL) 14.9").unwrap_err();
        assert!(matches!(error, EmbeddedError::TooOld { found: 14, .. }), "{error}");
        let error = judge("what").unwrap_err();
        assert!(matches!(error, EmbeddedError::BadProgram { .. }), "{error}");
    }
}
