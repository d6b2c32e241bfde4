//! The record of a base backup, `backup.json`, and the server's manifest it is made from.

use std::path::Path;

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::super::archive::write_durable;
use super::super::error::EmbeddedError;
use super::wal::{SEGMENT_BYTES, Segment, parse_lsn};

/// File beside the cluster of a base backup; written last.
const RECORD_FILE: &str = "backup.json";
/// The server's own list of files with their checksums.
const MANIFEST_FILE: &str = "backup_manifest";

/// One base backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseBackup {
    /// Name of its folder: its end in UTC, so that names sort by time.
    pub name: String,
    /// The server's clock right after the backup ended; every instant from here on can be restored.
    pub ended_at: Timestamp,
    /// Bytes of its files.
    pub bytes: u64,
    pub(super) first: Segment,
    pub(super) last: Segment,
}

/// What the server's manifest says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    bytes: u64,
    first: Segment,
    last: Segment,
}

impl Manifest {
    /// Reads the manifest of a cluster; `None` if it is not in the known form.
    pub(super) fn read(cluster: &Path) -> Option<Self> {
        let text = std::fs::read(cluster.join(MANIFEST_FILE)).ok()?;
        Self::parse(&serde_json::from_slice(&text).ok()?)
    }

    fn parse(manifest: &Value) -> Option<Self> {
        let files = manifest.get("Files")?.as_array()?;
        let bytes = files.iter().filter_map(|file| file.get("Size")?.as_u64()).sum();
        let ranges = manifest.get("WAL-Ranges")?.as_array()?;
        let segment = |range: &Value, key: &str, back: u64| {
            let timeline = u32::try_from(range.get("Timeline")?.as_u64()?).ok()?;
            let position = parse_lsn(range.get(key)?.as_str()?)?;
            Some(Segment { timeline, number: position.saturating_sub(back) / SEGMENT_BYTES })
        };
        // Ranges of several timelines are listed newest first. The end is that of the byte before it.
        let first = segment(ranges.last()?, "Start-LSN", 0)?;
        Some(Self { bytes, first, last: segment(ranges.first()?, "End-LSN", 1)? })
    }
}

impl BaseBackup {
    pub(super) fn new(manifest: &Manifest, ended_at: Timestamp) -> Self {
        let name = ended_at.to_string().replace([':', '-'], "");
        let Manifest { bytes, first, last } = *manifest;
        Self { name, ended_at, bytes, first, last }
    }

    /// Reads the record in the folder of a base backup; `None` if there is none that can be read.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let name = folder.file_name()?.to_str()?.to_owned();
        let text = std::fs::read(folder.join(RECORD_FILE)).ok()?;
        let record: Value = serde_json::from_slice(&text).ok()?;
        let segment = |key: &str| Segment::parse(record.get(key)?.as_str()?);
        Some(Self {
            name,
            ended_at: Timestamp::from_micros(record.get("ended_at_micros")?.as_i64()?),
            bytes: record.get("bytes")?.as_u64()?,
            first: segment("first_segment")?,
            last: segment("last_segment")?,
        })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), EmbeddedError> {
        let record = json!({
            "ended_at": self.ended_at.to_string(),
            "ended_at_micros": self.ended_at.micros(),
            "bytes": self.bytes,
            "first_segment": self.first.to_string(),
            "last_segment": self.last.to_string(),
        });
        write_durable(&folder.join(RECORD_FILE), format!("{record:#}\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the manifest gives size and segments, and a record comes back as written; method: a manifest as the
    /// server writes it, whose end is the first byte of a segment.
    #[test]
    fn records_come_back() {
        let manifest = json!({
            "Files": [{ "Path": "a", "Size": 8192 }, { "Path": "b", "Size": 1 }],
            "WAL-Ranges": [{ "Timeline": 3, "Start-LSN": "0/2000028", "End-LSN": "0/4000000" }],
        });
        let manifest = Manifest::parse(&manifest).unwrap();
        let on = |number| Segment { timeline: 3, number };
        assert_eq!(manifest, Manifest { bytes: 8193, first: on(2), last: on(3) });
        let backup = BaseBackup::new(&manifest, Timestamp::from_micros(1_700_000_000_000_001));
        assert_eq!(backup.name, "20231114T221320.000001Z");
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join(&backup.name);
        std::fs::create_dir(&folder).unwrap();
        assert_eq!(BaseBackup::read(&folder), None);
        backup.write(&folder).unwrap();
        assert_eq!(BaseBackup::read(&folder), Some(backup));
        assert_eq!(Manifest::parse(&json!({ "Files": [] })), None);
    }
}
