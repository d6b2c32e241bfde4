//! Removing old base backups and the segments that only they need.

use std::path::Path;

use super::super::archive::SUM_KIND;
use super::super::error::{EmbeddedError, io_error};
use super::place::BackupFolder;
use super::record::BaseBackup;
use super::wal::Segment;

/// Keeps the newest `keep` base backups and every segment from the first that any of them needs.
///
/// Gives the names of the base backups removed and how many segments went.
pub(super) fn prune(
    folder: &BackupFolder,
    keep: usize,
) -> Result<(Vec<String>, usize), EmbeddedError> {
    let backups = folder.backups()?;
    let (old, kept) = backups.split_at(backups.len().saturating_sub(keep));
    for backup in old {
        folder.remove(backup)?;
    }
    let removed = old.iter().map(|backup| backup.name.clone()).collect();
    Ok((removed, remove_segments(folder, kept)?))
}

fn remove_segments(folder: &BackupFolder, kept: &[BaseBackup]) -> Result<usize, EmbeddedError> {
    // Without a kept backup nothing is known to be useless.
    let Some(first) = kept.iter().map(|backup| backup.first.number).min() else {
        return Ok(0);
    };
    let wal = folder.wal();
    let mut count = 0;
    for entry in std::fs::read_dir(&wal).map_err(io_error("list", &wal))?.flatten() {
        if is_useless(&entry.file_name().to_string_lossy(), first) {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(io_error("remove", &path))?;
            count += usize::from(path.extension().is_none());
        }
    }
    Ok(count)
}

/// Whether a file is a segment before `first`, the server's note about one, or its checksum. Timelines do not matter: numbers go
/// on from one to the next. Histories of timelines are kept, being small and of use to all.
fn is_useless(name: &str, first: u64) -> bool {
    let kind = Path::new(name).extension();
    let is_ours = kind.is_none_or(|kind| kind == "backup" || kind == SUM_KIND);
    let segment = name.split('.').next().and_then(Segment::parse);
    is_ours && segment.is_some_and(|segment| segment.number < first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: nothing that a kept backup needs is removed; method: names of every kind around the first segment.
    #[test]
    fn only_older_segments_go() {
        for (name, expected) in [
            ("000000010000000000000004", true),
            ("000000020000000000000004", true),
            ("000000010000000000000004.00000028.backup", true),
            ("000000010000000000000004.sha256", true),
            ("000000010000000000000004.00000028.backup.sha256", true),
            ("000000010000000000000005", false),
            ("000000010000000000000005.sha256", false),
            ("000000010000000000000005.00000028.backup", false),
            ("000000010000000100000000", false),
            ("00000002.history", false),
            ("000000010000000000000004.part-17", false),
            ("notes", false),
        ] {
            assert_eq!(is_useless(name, 5), expected, "{name}");
        }
    }
}
