//! Writing files so that a kill at any point leaves the old content or the new, never half of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Writes a file whole, replacing what was there.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut pending = Pending::create(path)?;
    pending.file.write_all(bytes)?;
    pending.commit()
}

/// Writes a file that is published for good: the same content may be written again, another not.
pub(crate) fn publish(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::read(path) {
        Ok(found) if found == bytes => Ok(()),
        Ok(_) => Err(io::Error::new(
            ErrorKind::AlreadyExists,
            "another content is published under this name, and published files never change",
        )),
        Err(error) if error.kind() == ErrorKind::NotFound => replace(path, bytes),
        Err(error) => Err(error),
    }
}

/// A file that is being written beside its final name.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) file: File,
    part: PathBuf,
    path: PathBuf,
}

impl Pending {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&part)?;
        Ok(Self { file, part, path: path.to_owned() })
    }

    /// Gives the file its name once its content is on the disk.
    pub(crate) fn commit(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.part, &self.path)?;
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
            _ => Ok(()),
        }
    }
}
