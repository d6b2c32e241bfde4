//! Whether what lies in a backup folder is what was put there: without the server, and without replaying anything.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::super::account::Account;
use super::super::archive::SUM_KIND;
use super::super::cluster::last_lines;
use super::super::error::{EmbeddedError, io_error};
use super::super::programs::Programs;
use super::error::BackupError;
use super::progress::{Progress, Report, Stage};
use super::wal::{Chain, SEGMENT_BYTES, Segment};
use crate::keys::to_hex;

/// Lines of a check that an error repeats.
const OUTPUT_LINES: usize = 12;

/// What the checksums say of a chain of segments.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Checked {
    /// The first segment that is not what the server wrote; those after it were not looked at.
    pub(super) damaged: Option<Segment>,
    /// Segments without a checksum, as an earlier version archived them.
    pub(super) unknown: usize,
}

/// What one segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Good,
    Damaged,
    Unknown,
    /// Not in the archive: the base backup holds it.
    Elsewhere,
}

/// Reads each segment of a chain and cuts the chain off before the first one that is damaged.
pub(super) async fn check(
    wal: &Path,
    chain: &mut Chain,
    report: Report<'_>,
) -> Result<Checked, EmbeddedError> {
    let mut checked = Checked::default();
    let total = chain.segments.len() as u64;
    for (place, segment) in chain.segments.iter().enumerate() {
        report(Progress { stage: Stage::Log, done: place as u64, total });
        match state_of(wal, *segment).await? {
            State::Good | State::Elsewhere => {}
            State::Unknown => checked.unknown += 1,
            State::Damaged => {
                checked.damaged = Some(*segment);
                chain.segments.truncate(place);
                break;
            }
        }
    }
    Ok(checked)
}

/// Holds one segment against its checksum.
pub(super) async fn state_of(wal: &Path, segment: Segment) -> Result<State, EmbeddedError> {
    let path = wal.join(segment.to_string());
    let looked_at = path.clone();
    let state = tokio::task::spawn_blocking(move || read_state(&looked_at)).await;
    state.map_err(io::Error::other).flatten().map_err(io_error("read", &path))
}

fn read_state(path: &Path) -> io::Result<State> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Elsewhere),
        opened => opened?,
    };
    if file.metadata()?.len() != SEGMENT_BYTES {
        return Ok(State::Damaged);
    }
    let sum = match std::fs::read_to_string(path.with_added_extension(SUM_KIND)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Unknown),
        // Bytes that are no text are no checksum.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(State::Damaged),
        read => read?,
    };
    let (mut digest, mut part) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let count = file.read(&mut part)?;
        if count == 0 {
            break;
        }
        digest.update(part.get(..count).unwrap_or_default());
    }
    let found = to_hex(&digest.finalize());
    Ok(if found == sum.trim_end() { State::Good } else { State::Damaged })
}

/// Holds every file of a cluster against the manifest of its base backup; the last lines of what is wrong.
pub(super) async fn faults_of_base(
    programs: &Programs,
    account: &Account,
    cluster: &Path,
    report: Report<'_>,
) -> Result<Option<String>, BackupError> {
    report(Progress { stage: Stage::Files, done: 0, total: 0 });
    let output = programs
        .command("pg_verifybackup", account, cluster)
        .arg("--quiet")
        .arg(cluster)
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| programs.spawn_failed("pg_verifybackup", &error))?;
    let said = String::from_utf8_lossy(&output.stderr);
    Ok((!output.status.success()).then(|| last_lines(&said, OUTPUT_LINES)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: good, damaged, short, unknown and missing segments are told apart, and nothing behind a damage is
    /// used; method: a chain in which one after the other goes wrong.
    #[tokio::test]
    async fn segments_are_told_apart() {
        let wal = tempfile::tempdir().unwrap();
        let segments: Vec<_> = (1..=3).map(|number| Segment { timeline: 1, number }).collect();
        let path = |number: usize| wal.path().join(segments[number].to_string());
        let whole = vec![7; SEGMENT_BYTES as usize];
        for number in 0..3 {
            std::fs::write(path(number), &whole).unwrap();
            let sum = to_hex(&Sha256::digest(&whole)) + "\n";
            std::fs::write(path(number).with_added_extension(SUM_KIND), sum).unwrap();
        }
        let look = async || {
            let mut chain = Chain { segments: segments.clone(), missing: None };
            let checked = check(wal.path(), &mut chain, &|_| {}).await.unwrap();
            (checked.damaged, checked.unknown, chain.segments.len())
        };
        assert_eq!(look().await, (None, 0, 3));
        std::fs::remove_file(path(0).with_added_extension(SUM_KIND)).unwrap();
        assert_eq!(look().await, (None, 1, 3));
        std::fs::remove_file(path(0)).unwrap();
        assert_eq!(look().await, (None, 0, 3));
        let mut flipped = whole.clone();
        flipped[5_000_000] ^= 1;
        std::fs::write(path(2), flipped).unwrap();
        assert_eq!(look().await, (Some(segments[2]), 0, 2));
        std::fs::write(path(1), &whole[..4096]).unwrap();
        assert_eq!(look().await, (Some(segments[1]), 0, 1));
    }
}
