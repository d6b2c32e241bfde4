//! Reading files that strangers made, with bounds, and writing them so that a kill at any point leaves
//! the old content or the new, never half of it.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Writes a file whole, replacing what was there.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut pending = Pending::create(path)?;
    pending.write_all(bytes)?;
    pending.commit()
}

/// Writes a file that is published for good: the same content may be written again, another not.
pub(crate) fn publish(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::read(path) {
        Ok(found) if found == bytes => Ok(()),
        Ok(_) => Err(published_otherwise()),
        Err(error) if error.kind() == ErrorKind::NotFound => replace(path, bytes),
        Err(error) => Err(error),
    }
}

fn published_otherwise() -> io::Error {
    io::Error::new(
        ErrorKind::AlreadyExists,
        "another content is published under this name, and published files never change",
    )
}

/// Opens a regular file, or a link to one: a pipe would wait for ever, and a device has no end.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // Looked at before, since opening a pipe waits already.
    if fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::new(ErrorKind::InvalidInput, "this is no regular file"))
    }
}

/// Reads a regular file of at most `size_max` bytes.
pub(crate) fn read(path: &Path, size_max: u64) -> io::Result<Vec<u8>> {
    let too_large = || {
        let text = format!("the file is larger than {size_max} bytes");
        io::Error::new(ErrorKind::InvalidData, text)
    };
    let file = open(path)?;
    if file.metadata()?.len() > size_max {
        return Err(too_large());
    }
    // It may grow while it is read.
    let mut bytes = Vec::new();
    file.take(size_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > size_max { Err(too_large()) } else { Ok(bytes) }
}

/// SHA-256 of a file of any size; `None` if it is not there.
pub(crate) fn digest_of(path: &Path) -> io::Result<Option<[u8; 32]>> {
    let mut file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        let size = file.read(&mut block)?;
        match block.get(..size) {
            None | Some([]) => break,
            Some(read) => hasher.update(read),
        }
    }
    Ok(Some(hasher.finalize().into()))
}

/// A file that is being written beside its final name; dropped, it leaves nothing.
#[derive(Debug)]
pub(crate) struct Pending {
    file: File,
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
        let file = File::create(&part)?;
        Ok(Self { file, part, path: path.to_owned() })
    }

    /// Where its content is until then.
    pub(crate) fn part(&self) -> &Path {
        &self.part
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

    /// As [`publish`], for a file too large for memory.
    pub(crate) fn publish(self, digest: [u8; 32]) -> io::Result<()> {
        match digest_of(&self.path)? {
            Some(found) if found == digest => Ok(()),
            Some(_) => Err(published_otherwise()),
            None => self.commit(),
        }
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Nothing is there any more once it has its name.
        let _ = fs::remove_file(&self.part);
    }
}
