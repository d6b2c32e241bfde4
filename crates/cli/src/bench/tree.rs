//! `bench tree`: the public tree over a list with all its tiles, beside the definition of its root.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use publication::write::write_tree;
use selection::record::RECORD_SIZE_BYTES;
use selection::tree::{TileId, TreeHead};
use sha2::{Digest as _, Sha256};
use tokio::task::yield_now;

use super::Plan;
use super::machine::{Machine, flush_rate};
use super::memory::MemorySampler;
use super::report::{Extras, Limit, Report, grouped, progress};
use super::sample::write_sample_entries;
use super::series::Series;

/// Records that the definition gets at most: it holds them all, 640 MB.
const DEFINITION_MAX: u64 = 10_000_000;
/// Hashes of a full tile.
const TILE_WIDTH: u64 = 256;

/// Measures the tree.
///
/// # Errors
/// Files fail, or a result is wrong.
pub(super) async fn measure(plan: Plan, dir: &Path) -> Result<Report> {
    let place = tempfile::tempdir_in(dir)
        .with_context(|| format!("could not make a folder in {}", dir.display()))?;
    let flush_per_s = flush_rate(place.path())?;
    let entries = place.path().join("entries.bin");
    progress(&format!("writing {} records of 64 bytes", grouped(plan.size)));
    write_sample_entries(&entries, plan.size)?;

    let mut ours = Series::new(plan.size);
    let mut theirs = Series::new(plan.size.min(DEFINITION_MAX));
    let mut peak_bytes = 0;
    let (mut tiles, mut bytes) = (0, 0);
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}", plan.runs));
        // A moment to be interrupted, which removes the folder.
        yield_now().await;
        // Removed at the end only: ext4 is slow to make files for minutes after many were removed.
        let tree = place.path().join(format!("tree-{run}"));
        let sampler = MemorySampler::start(None);
        let head = ours.time(|| Ok(write_tree(&entries, &tree)?))?;
        peak_bytes = peak_bytes.max(sampler.finish()?);
        (tiles, bytes) = check_tiles(&head, &tree, plan.size)?;

        let defined = theirs.time(|| define(&entries, plan.size.min(DEFINITION_MAX)))?;
        let same = defined == head.root.0;
        ensure!(same || plan.size > DEFINITION_MAX, "the tree has another root than defined");
    }
    let limits = vec![Limit::Seconds(4.0)];
    Ok(Report {
        bench: "tree",
        unit: "records",
        data: format!(
            "entries.bin of {} MiB in, {} tiles of {} MiB in files of their own out",
            grouped((plan.size * RECORD_SIZE_BYTES as u64) >> 20),
            grouped(tiles),
            grouped(bytes >> 20),
        ),
        ours,
        peak_of: "this process during the writing",
        peak_bytes,
        alternative: "RFC 6962 by its recursive definition over all records in memory, one thread; the root \
                      alone, no tiles",
        theirs,
        extras: Extras::default(),
        flush_per_s,
        machine: Machine::read(None)?,
        limits: if plan.judged { limits } else { Vec::new() },
    })
}

/// The root of the first records, by the words of the standard.
fn define(entries: &Path, records: u64) -> Result<[u8; 32]> {
    let bytes = fs::read(entries)?;
    let (all, _) = bytes.as_chunks::<RECORD_SIZE_BYTES>();
    Ok(root_of(&all[..usize::try_from(records)?]))
}

/// Merkle tree hash of RFC 6962, section 2.1: of nothing, of one leaf, of two parts, the left one as
/// large as the largest power of two below the number of leaves.
fn root_of(records: &[[u8; RECORD_SIZE_BYTES]]) -> [u8; 32] {
    match records {
        [] => Sha256::digest([]).into(),
        [record] => Sha256::new().chain_update([0]).chain_update(record).finalize().into(),
        _ => {
            let (left, right) = records.split_at(records.len().next_power_of_two() / 2);
            let parts = (root_of(left), root_of(right));
            let node = Sha256::new().chain_update([1]).chain_update(parts.0);
            node.chain_update(parts.1).finalize().into()
        }
    }
}

/// Every tile that a tree of this size has is a file of its size, and there are no others; gives their
/// number and bytes.
fn check_tiles(head: &TreeHead, tree: &Path, records: u64) -> Result<(u64, u64)> {
    ensure!(head.size == records, "the tree has {} leaves", head.size);
    let (mut tiles, mut bytes) = (0, 0);
    let mut hashes = records;
    for level in 0.. {
        let full = hashes / TILE_WIDTH;
        let rest = (hashes % TILE_WIDTH) as u16;
        let partial = (rest > 0).then_some((full, rest));
        let whole = (0..full).map(|index| (index, TILE_WIDTH as u16));
        for (index, width) in whole.chain(partial) {
            let path = tree.join(TileId { level, index, width }.to_string());
            let size = fs::metadata(&path).with_context(|| path.display().to_string())?.len();
            ensure!(size == u64::from(width) * 32, "{} has {size} bytes", path.display());
            tiles += 1;
            bytes += size;
        }
        hashes = full;
        if hashes == 0 {
            break;
        }
    }
    let found = count_files(tree)?;
    ensure!(found == tiles, "there are {found} files for {tiles} tiles");
    Ok((tiles, bytes))
}

fn count_files(folder: &Path) -> Result<u64> {
    let mut count = 0;
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                count += 1;
            }
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the definition is the one the product hashes by; method: sizes around powers of two.
    #[test]
    fn definition_equals_tree() {
        let folder = tempfile::tempdir().unwrap();
        let entries = folder.path().join("entries.bin");
        for records in [0, 1, 2, 3, 255, 256, 257, 1_000] {
            write_sample_entries(&entries, records).unwrap();
            let tree = folder.path().join(format!("tree-{records}"));
            let head = write_tree(&entries, &tree).unwrap();
            assert_eq!(define(&entries, records).unwrap(), head.root.0, "{records}");
        }
    }
}
