//! Free room on the disk of the data folder.

use std::path::Path;

use super::backup::BackupError;
use super::error::EmbeddedError;

/// Units of 2^20 bytes. A fresh cluster takes 39, of which one write-ahead segment is 16; a second segment must fit beside it.
const NEEDED_MB: u64 = 64;

/// Refuses a disk on which a start would soon end in the middle of a write.
pub(super) fn require_space(folder: &Path) -> Result<(), EmbeddedError> {
    let stat = rustix::fs::statvfs(folder)
        .map_err(|e| super::error::io_error("measure the free room of", folder)(e.into()))?;
    if is_enough(stat.f_bavail, stat.f_frsize) { Ok(()) } else { Err(disk_full(folder)) }
}

/// Refuses a disk that has no room for so many bytes and a start beside them.
pub(super) fn require_room(folder: &Path, bytes: u64) -> Result<(), BackupError> {
    let needed_mb = (bytes >> 20).saturating_add(NEEDED_MB);
    let free_mb = rustix::fs::statvfs(folder).map_or(0, |s| to_mb(s.f_bavail, s.f_frsize));
    if free_mb >= needed_mb {
        return Ok(());
    }
    Err(BackupError::NoRoom { folder: folder.to_path_buf(), free_mb, needed_mb })
}

/// The error for a full disk, measured now; 0 MB where even that fails.
pub(super) fn disk_full(folder: &Path) -> EmbeddedError {
    let free_mb = rustix::fs::statvfs(folder).map_or(0, |s| to_mb(s.f_bavail, s.f_frsize));
    EmbeddedError::DiskFull { folder: folder.to_path_buf(), free_mb, needed_mb: NEEDED_MB }
}

/// Whether a line of the server or of `initdb` reports a full disk (both speak English here: `LC_ALL=C`).
pub(super) fn reports_full_disk(text: &str) -> bool {
    text.contains("No space left on device") || text.contains("Disk quota exceeded")
}

fn to_mb(blocks: u64, block_size: u64) -> u64 {
    blocks.saturating_mul(block_size) >> 20
}

fn is_enough(blocks: u64, block_size: u64) -> bool {
    to_mb(blocks, block_size) >= NEEDED_MB
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the limit is 64 MB whatever the block size; method: a table around the limit.
    #[test]
    fn limit_is_in_bytes() {
        for (blocks, block_size, enough) in [
            (0, 4096, false),
            (16_383, 4096, false),
            (16_384, 4096, true),
            (63, 1 << 20, false),
            (64, 1 << 20, true),
            (u64::MAX, 4096, true),
        ] {
            assert_eq!(is_enough(blocks, block_size), enough, "{blocks} blocks of {block_size}");
        }
    }

    /// Goal: a full disk is told from other failures by the text; method: lines as the programs print them.
    #[test]
    fn full_disk_is_recognised() {
        for (line, full) in [
            ("initdb: error: could not write to file \"x\": No space left on device", true),
            ("PANIC:  could not write to file \"pg_wal/xlogtemp.9\": Disk quota exceeded", true),
            ("FATAL:  could not create shared memory segment: Invalid argument", false),
        ] {
            assert_eq!(reports_full_disk(line), full, "{line}");
        }
    }
}
