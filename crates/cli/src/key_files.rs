//! Files that only their owner may read: secret keys, and what holds personal data.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use zeroize::Zeroizing;

use crate::hex::{parse_bytes, to_hex};

/// Reads a file that holds 32 bytes as 64 digits, and that others cannot read.
pub(crate) fn read_secret(path: &Path) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!("others can read it; take that right away with chmod 600");
    }
    let mut text = Zeroizing::new(String::new());
    match file.take(100).read_to_string(&mut text) {
        Err(error) if error.kind() != ErrorKind::InvalidData => return Err(error.into()),
        _ => {}
    }
    let bytes = parse_bytes(text.trim()).map(Zeroizing::new);
    bytes.map_err(|_| anyhow::anyhow!("it does not hold a key, which is 64 hexadecimal digits"))
}

/// Writes 32 secret bytes as 64 digits into a new file.
pub(crate) fn write_secret(path: &Path, secret: &[u8]) -> anyhow::Result<()> {
    let text = Zeroizing::new(format!("{}\n", *Zeroizing::new(to_hex(secret))));
    let mut file = create_private(path)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.flush())
        .and_then(|()| file.get_ref().sync_all())
        .with_context(|| format!("could not write {}", path.display()))
}

/// Begins a file that only its owner may read, and that is not there yet.
pub(crate) fn create_private(path: &Path) -> anyhow::Result<BufWriter<File>> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file = file.with_context(|| format!("could not begin {}", path.display()))?;
    Ok(BufWriter::new(file))
}
