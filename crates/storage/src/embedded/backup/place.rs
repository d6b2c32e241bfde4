//! The backup folder: what is in it, whose it is, and the lock that keeps a second backup out.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::account::Account;
use super::super::archive::{MARK_FILE, WAL_FOLDER, sync_folder, write_durable};
use super::super::error::{EmbeddedError, io_error};
use super::super::folder::{make_private_folder, require_reachable};
use super::super::leftovers::remove_half_made;
use super::error::BackupError;
use super::record::BaseBackup;

const LOCK_FILE: &str = "gelombang-backup.lock";
const BASE_FOLDER: &str = "base";
/// A base backup that is being made, and one that is being removed; neither is ever read.
const NEW_PREFIX: &str = "new-";
const GONE_PREFIX: &str = "gone-";
/// Version of the folder's layout.
const FORMAT: u64 = 1;

/// Which installation a backup folder belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// The server's system identifier, which survives restoring and nothing else shares.
    pub(super) system: String,
    pub(super) major: u32,
}

/// A locked backup folder. The lock ends with this value, or with the process however it ends.
#[derive(Debug)]
pub(super) struct BackupFolder {
    root: PathBuf,
    _lock: File,
}

impl BackupFolder {
    /// Makes the folder if it is missing and locks it for one backup.
    pub(super) fn make(wanted: &Path, mark: &Mark, account: &Account) -> Result<Self, BackupError> {
        let wanted = std::path::absolute(wanted).map_err(io_error("look up", wanted))?;
        // The folders above are judged first, so that a refusal leaves nothing behind.
        if let Some(existing) = wanted.ancestors().find(|folder| folder.exists()) {
            require_reachable(existing, account)?;
        }
        let mode = if account.is_switched { 0o711 } else { 0o700 };
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(&wanted)
            .map_err(io_error("make folder", &wanted))?;
        let root = wanted.canonicalize().map_err(io_error("look up", &wanted))?;
        require_reachable(&root, account)?;
        require_free_or_ours(&root)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(root.join(LOCK_FILE))
            .map_err(io_error("open", &root.join(LOCK_FILE)))?;
        locked(lock.try_lock(), &root)?;
        let folder = Self { root, _lock: lock };
        folder.complete(mark, mode, account)?;
        Ok(folder)
    }

    /// Makes what is missing inside, the mark last.
    fn complete(&self, mark: &Mark, mode: u32, account: &Account) -> Result<(), BackupError> {
        if self.root.join(MARK_FILE).exists() {
            let found = read_mark(&self.root)?;
            if found.system != mark.system {
                let (theirs, ours) = (found.system, mark.system.clone());
                return Err(BackupError::OtherInstallation {
                    folder: self.root.clone(),
                    theirs,
                    ours,
                });
            }
            return Ok(());
        }
        for (path, is_servers) in [(self.wal(), true), (self.base(), false)] {
            match path.metadata() {
                Ok(_) => {}
                Err(_) if is_servers => make_private_folder(&path, account)?,
                Err(_) => DirBuilder::new()
                    .mode(mode)
                    .create(&path)
                    .map_err(io_error("make folder", &path))?,
            }
        }
        sync_folder(&self.root)?;
        let text = json!({ "format": FORMAT, "system": mark.system, "major": mark.major });
        write_durable(&self.root.join(MARK_FILE), format!("{text}\n").as_bytes())?;
        Ok(())
    }

    /// Opens a folder to restore from it; several may do so at once, beside no backup.
    pub(super) fn open(wanted: &Path, account: &Account) -> Result<(Self, Mark), BackupError> {
        if !wanted.is_dir() {
            return Err(BackupError::NoFolder(wanted.to_path_buf()));
        }
        let root = wanted.canonicalize().map_err(io_error("look up", wanted))?;
        let mark = read_mark(&root)?;
        require_plain(&root)?;
        require_reachable(&root, account)?;
        let lock =
            File::open(root.join(LOCK_FILE)).map_err(io_error("open", &root.join(LOCK_FILE)))?;
        locked(lock.try_lock_shared(), &root)?;
        let folder = Self { root, _lock: lock };
        let wal = folder.wal();
        let owner = wal.metadata().map_err(io_error("look at", &wal))?.uid();
        if account.is_switched && owner != account.uid {
            // The server reads the archive itself.
            let (path, user) = (folder.root, account.name.clone());
            return Err(EmbeddedError::ForeignOwner { path, owner, user }.into());
        }
        Ok((folder, mark))
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Folder of the archived segments; the server's.
    pub(super) fn wal(&self) -> PathBuf {
        self.root.join(WAL_FOLDER)
    }

    /// Folder of the base backups; the caller's.
    pub(super) fn base(&self) -> PathBuf {
        self.root.join(BASE_FOLDER)
    }

    /// Where this process makes a base backup before it gets its name.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.base().join(format!("{NEW_PREFIX}{}", std::process::id()))
    }

    /// Finished base backups, oldest first.
    pub(super) fn backups(&self) -> Result<Vec<BaseBackup>, EmbeddedError> {
        finished_in(&self.base())
    }

    /// Removes what interrupted backups left. Must not be called beside another one, which the lock sees to.
    pub(super) async fn clear_half_made(&self) -> Result<(), EmbeddedError> {
        for path in entries_in(&self.base(), is_half_made)? {
            tracing::warn!(folder = %path.display(), "removing a half-made backup");
            remove_half_made(&path).await?;
        }
        Ok(())
    }

    /// Removes a base backup: at once under a name that is never read, then its files.
    pub(super) fn remove(&self, backup: &BaseBackup) -> Result<(), EmbeddedError> {
        let path = self.base().join(&backup.name);
        let gone = self.base().join(format!("{GONE_PREFIX}{}", backup.name));
        std::fs::rename(&path, &gone).map_err(io_error("remove", &path))?;
        sync_folder(&self.base())?;
        std::fs::remove_dir_all(&gone).map_err(io_error("remove", &gone))
    }
}

/// Finished base backups of a folder that nobody need have locked, oldest first. One that is removed meanwhile
/// is left out.
pub(super) fn finished_of(root: &Path) -> Result<Vec<BaseBackup>, EmbeddedError> {
    finished_in(&root.join(BASE_FOLDER))
}

fn finished_in(base: &Path) -> Result<Vec<BaseBackup>, EmbeddedError> {
    let folders = entries_in(base, |name| !is_half_made(name))?;
    let mut found: Vec<_> = folders.iter().filter_map(|path| BaseBackup::read(path)).collect();
    found.sort_by(|a, b| (a.ended_at, &a.name).cmp(&(b.ended_at, &b.name)));
    Ok(found)
}

fn entries_in(base: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, EmbeddedError> {
    let entries = std::fs::read_dir(base).map_err(io_error("list", base))?;
    let wanted = entries.flatten().filter(|e| wanted(&e.file_name().to_string_lossy()));
    Ok(wanted.map(|entry| entry.path()).collect())
}

fn is_half_made(name: &str) -> bool {
    name.starts_with(NEW_PREFIX) || name.starts_with(GONE_PREFIX)
}

/// Refuses a folder that the archive script or a setting could not name.
fn require_plain(root: &Path) -> Result<(), BackupError> {
    match root.to_str() {
        Some(text) if !text.chars().any(char::is_control) => Ok(()),
        Some(_) | None => Err(BackupError::OddPath(root.to_path_buf())),
    }
}

/// Refuses a folder in which something lies that is not ours, unless it has our mark.
fn require_free_or_ours(root: &Path) -> Result<(), BackupError> {
    require_plain(root)?;
    if root.join(MARK_FILE).exists() {
        return Ok(());
    }
    let ours = [LOCK_FILE, WAL_FOLDER, BASE_FOLDER];
    let entries = std::fs::read_dir(root).map_err(io_error("list", root))?.flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    match names.find(|name| !ours.contains(&name.as_str()) && !name.starts_with(MARK_FILE)) {
        None => Ok(()),
        Some(name) => Err(BackupError::NotBackup {
            folder: root.to_path_buf(),
            found: format!("it holds {name}, and no {MARK_FILE}"),
        }),
    }
}

fn read_mark(root: &Path) -> Result<Mark, BackupError> {
    let path = root.join(MARK_FILE);
    let refuse = |found| BackupError::NotBackup { folder: root.to_path_buf(), found };
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(refuse(format!("it has no {MARK_FILE}")));
        }
        Err(error) => return Err(io_error("read", &path)(error).into()),
    };
    let read = || {
        let mark: Value = serde_json::from_slice(&text).ok()?;
        let format = mark.get("format")?.as_u64()?;
        let system = mark.get("system")?.as_str()?.to_owned();
        let major = u32::try_from(mark.get("major")?.as_u64()?).ok()?;
        (format == FORMAT).then_some(Mark { system, major })
    };
    read().ok_or_else(|| refuse(format!("its {MARK_FILE} is not one of this version")))
}

fn locked(tried: Result<(), TryLockError>, root: &Path) -> Result<(), BackupError> {
    match tried {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(BackupError::InUse(root.to_path_buf())),
        Err(TryLockError::Error(error)) => Err(io_error("lock", root)(error).into()),
    }
}
