//! The data folder: who may use it, what is in it, and the lock that keeps a second process out.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::account::Account;
use super::error::{EmbeddedError, io_error};

const LOCK_NAME: &str = "gelombang.lock";
const CLUSTER_NAME: &str = "pg";
const LOG_NAME: &str = "postgres.log";
const UNFINISHED_PREFIX: &str = "pg.new-";
/// File in which every cluster names the major version that made it.
const VERSION_NAME: &str = "PG_VERSION";

/// A locked data folder. The lock ends with this value, or with the process however it ends.
#[derive(Debug)]
pub(super) struct DataFolder {
    root: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is missing, checks that the account can reach it and that it is ours, and locks it.
    pub(super) fn open(wanted: &Path, account: &Account) -> Result<Self, EmbeddedError> {
        let wanted = std::path::absolute(wanted).map_err(io_error("look up", wanted))?;
        // The folders above are judged first, so that a refusal leaves nothing behind.
        if let Some(existing) = wanted.ancestors().find(|folder| folder.exists()) {
            require_reachable(existing, account)?;
        }
        // Root's folder is passed through by the service user, who needs no more than the search bit.
        let mode = if account.is_switched { 0o711 } else { 0o700 };
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(&wanted)
            .map_err(io_error("make folder", &wanted))?;
        require_reachable(&wanted, account)?;
        let root = wanted.canonicalize().map_err(io_error("look up", &wanted))?;
        require_ours(&root)?;
        let lock = take_lock(&root)?;
        Ok(Self { root, _lock: lock })
    }

    /// The folder itself, without symbolic links.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The cluster's folder; it appears whole or not at all.
    pub(super) fn cluster(&self) -> PathBuf {
        Self::cluster_of(&self.root)
    }

    /// The cluster's folder in a data folder that need not be locked.
    pub(super) fn cluster_of(root: &Path) -> PathBuf {
        root.join(CLUSTER_NAME)
    }

    /// Whether a folder holds nothing but what an interrupted start or restore leaves.
    pub(super) fn is_unused(root: &Path) -> Result<bool, EmbeddedError> {
        let entries = match std::fs::read_dir(root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(io_error("list", root)(error)),
        };
        Ok(entries.flatten().all(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name == LOCK_NAME || name == LOG_NAME || name.starts_with(UNFINISHED_PREFIX)
        }))
    }

    /// Where this process makes a cluster before it takes its place.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.root.join(format!("{UNFINISHED_PREFIX}{}", std::process::id()))
    }

    /// What starts left behind that were killed while they made the cluster.
    pub(super) fn left_unfinished(&self) -> Result<Vec<PathBuf>, EmbeddedError> {
        let entries = std::fs::read_dir(&self.root).map_err(io_error("list", &self.root))?;
        Ok(entries
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED_PREFIX))
            .map(|entry| entry.path())
            .collect())
    }

    /// The server's log.
    pub(super) fn log(&self) -> PathBuf {
        self.root.join(LOG_NAME)
    }

    /// Major version that made the cluster; `None` while there is none.
    pub(super) fn cluster_major(&self, account: &Account) -> Result<Option<u32>, EmbeddedError> {
        Self::major_of(&self.cluster(), account)
    }

    /// Major version that made the cluster in this folder; `None` while there is none.
    pub(super) fn major_of(
        cluster: &Path,
        account: &Account,
    ) -> Result<Option<u32>, EmbeddedError> {
        if is_empty(cluster)? {
            return Ok(None);
        }
        let owner = cluster.metadata().map_err(io_error("look at", cluster))?.uid();
        if owner != account.uid {
            return Err(EmbeddedError::ForeignOwner {
                path: cluster.to_path_buf(),
                owner,
                user: account.name.clone(),
            });
        }
        let path = cluster.join(VERSION_NAME);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            other => other.map_err(io_error("read", &path))?,
        };
        let no_cluster = EmbeddedError::NotOurs {
            folder: cluster.to_path_buf(),
            found: "it holds files but no readable PG_VERSION",
        };
        text.trim().parse().map(Some).map_err(|_| no_cluster)
    }
}

/// Writes a file that the account owns and only it can read, whole or not at all.
///
/// The folder belongs to the account, so what lies there is not trusted: the new file is made under a name
/// of its own, which never follows a link, and then takes its place.
pub(super) fn write_private(
    path: &Path,
    text: &str,
    account: &Account,
) -> Result<(), EmbeddedError> {
    let fresh = path.with_extension("fresh");
    let write = || -> io::Result<()> {
        match std::fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        if account.is_switched {
            std::os::unix::fs::fchown(&file, Some(account.uid), Some(account.gid))?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)
    };
    write().map_err(io_error("write", path))
}

/// Makes a folder that only the account can enter, and hands it over.
pub(super) fn make_private_folder(path: &Path, account: &Account) -> Result<(), EmbeddedError> {
    DirBuilder::new().mode(0o700).create(path).map_err(io_error("make folder", path))?;
    hand_over(path, account)
}

/// Gives a folder to the account, closed to all others.
pub(super) fn hand_over(path: &Path, account: &Account) -> Result<(), EmbeddedError> {
    if account.is_switched {
        std::os::unix::fs::lchown(path, Some(account.uid), Some(account.gid))
            .map_err(io_error("hand over", path))?;
    }
    std::fs::set_permissions(path, Permissions::from_mode(0o700))
        .map_err(io_error("close to others", path))
}

pub(super) fn require_reachable(folder: &Path, account: &Account) -> Result<(), EmbeddedError> {
    if !account.is_switched {
        // The caller runs the server too: the operating system refuses by itself what cannot be reached.
        return Ok(());
    }
    match account.first_closed_folder(folder)? {
        Some(blocked_by) => {
            Err(EmbeddedError::Unreachable { blocked_by, user: account.name.clone() })
        }
        None => Ok(()),
    }
}

/// Refuses a cluster that somebody else made. Our lock file is the mark of our folders; other files may lie beside it.
fn require_ours(root: &Path) -> Result<(), EmbeddedError> {
    let refuse = |folder: PathBuf, found| Err(EmbeddedError::NotOurs { folder, found });
    if root.join(VERSION_NAME).exists() {
        return refuse(root.to_path_buf(), "it is itself a PostgreSQL cluster");
    }
    let cluster = root.join(CLUSTER_NAME);
    if !is_empty(&cluster)? && !root.join(LOCK_NAME).exists() {
        return refuse(
            cluster,
            "it is not empty, and no gelombang.lock beside it says that gelombang made it",
        );
    }
    Ok(())
}

/// Whether a folder is missing or has nothing in it.
fn is_empty(folder: &Path) -> Result<bool, EmbeddedError> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(io_error("list", folder)(error)),
    }
}

/// Takes the lock and writes this process's number into it; the file's own time says since when.
fn take_lock(root: &Path) -> Result<File, EmbeddedError> {
    let path = root.join(LOCK_NAME);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(io_error("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(EmbeddedError::InUse {
                folder: root.to_path_buf(),
                holder: read_holder(&mut file),
            });
        }
        Err(TryLockError::Error(error)) => return Err(io_error("lock", &path)(error)),
    }
    let text = format!("{}\n", std::process::id());
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(text.as_bytes()))
        .map_err(io_error("write", &path))?;
    Ok(file)
}

/// Who holds the lock, for people: "process 4711, started 2026-03-01 8:15:00 +00".
fn read_holder(file: &mut File) -> String {
    let mut pid = String::new();
    let since = file.metadata().and_then(|metadata| metadata.modified());
    match (file.read_to_string(&mut pid), since) {
        (Ok(1..), Ok(since)) => {
            let since = time::UtcDateTime::from(since).truncate_to_second();
            format!("process {}, started {since}", pid.trim())
        }
        _ => "another gelombang process that is just starting".to_owned(),
    }
}
