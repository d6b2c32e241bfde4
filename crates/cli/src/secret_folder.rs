//! Folders of other institutions' programs, which hold secrets that nobody else can read.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use zeroize::Zeroizing;

use crate::key_files;

/// Makes a folder that is not there or empty; another one is refused with `why`.
pub(crate) fn make_empty(folder: &Path, why: &str) -> anyhow::Result<()> {
    let name = folder.display();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("could not make the folder {name}"))?;
    let mut content =
        fs::read_dir(folder).with_context(|| format!("could not look into {name}"))?;
    ensure!(content.next().is_none(), "{name} is not empty; {why}");
    Ok(())
}

/// Brings what is new in a folder onto the disk, and the folder itself.
pub(crate) fn sync(folder: &Path) -> anyhow::Result<()> {
    let whole =
        fs::canonicalize(folder).with_context(|| format!("could not find {}", folder.display()))?;
    for one in [Some(whole.as_path()), whole.parent()].into_iter().flatten() {
        File::open(one)
            .and_then(|folder| folder.sync_all())
            .with_context(|| format!("could not bring {} onto the disk", one.display()))?;
    }
    Ok(())
}

/// The lock by which this process alone has a folder; `busy` says who else may have it.
pub(crate) fn lock(folder: &Path, busy: &str) -> anyhow::Result<File> {
    let name = folder.display();
    let lock = File::open(folder).with_context(|| format!("could not open {name}"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => bail!("{busy} in {name}"),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("could not lock {name}"))
        }
    }
}

/// Writes a file that is not there yet, onto the disk.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .with_context(|| format!("could not write {}", path.display()))
}

/// Reads the secret that the command `maker` wrote; `None` if nothing is there.
pub(crate) fn read_secret(path: &Path, maker: &str) -> anyhow::Result<Option<Zeroizing<[u8; 32]>>> {
    let name = path.display();
    if !path.try_exists().with_context(|| format!("could not look for {name}"))? {
        return Ok(None);
    }
    let secret = key_files::read_secret(path);
    secret.map(Some).with_context(|| format!("cannot use {name}, which `{maker}` writes"))
}
