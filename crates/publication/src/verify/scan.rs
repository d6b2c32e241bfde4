//! One pass over all records: digest, order, tree.

use std::convert::Infallible;
use std::path::Path;

use rayon::prelude::*;
use selection::record::{EntryTag, RECORD_SIZE_BYTES, Record};
use selection::tree::{ChunkBuilder, NodeHash, TileId, TreeBuilder, record_leaf};
use sha2::{Digest as _, Sha256};

use super::distinct::{Slice, Slicing};
use super::entries::{Entries, Span, unreadable};
use super::report::{Fault, Sample};
use crate::files;
use crate::log::{tile_bytes, tile_path};

/// Level of the subtrees that are hashed in parallel.
const LEVEL: u8 = 2;

/// Records of such a subtree: `256^2`, 4 MiB.
const CHUNK: u64 = 1 << 16;

/// Subtrees read at once.
const CHUNKS_AT_ONCE: u64 = 4;

/// What one pass found.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) digest: [u8; 32],
    pub(super) root: NodeHash,
    /// Records with one region and one range of tags, in order.
    pub(super) slices: Vec<Slice>,
    /// First record that is none, or out of order.
    pub(super) fault: Option<Fault>,
    /// First tile under `tree/` that is missing or differs.
    pub(super) tile_fault: Option<Fault>,
}

impl Scan {
    /// The records of each region.
    pub(super) fn spans(&self) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for slice in &self.slices {
            match spans.last_mut().filter(|last| last.region == slice.span.region) {
                Some(last) => last.end = slice.span.end,
                None => spans.push(slice.span),
            }
        }
        spans
    }
}

/// Whether a region is part of a quick look; anybody gets the same regions for the same wave.
pub(super) fn is_sampled(ctx: &[u8; 32], region: u16, sample: Sample) -> bool {
    let digest: [u8; 32] =
        Sha256::new().chain_update(ctx).chain_update(region.to_be_bytes()).finalize().into();
    let [first, second, ..] = digest;
    u16::from_be_bytes([first, second]) % 100 < u16::from(sample.get())
}

/// Checks that the records of a span ascend.
pub(super) fn check_order(entries: &Entries, span: Span) -> Result<(), Fault> {
    let mut last = None;
    entries.each(span, |index, record| {
        let key = record.sort_key();
        let in_order = last.is_none_or(|last| last < key);
        last = Some(key);
        if in_order { Ok(()) } else { Err(out_of_order(index)) }
    })
}

fn out_of_order(index: u64) -> Fault {
    Fault::record(index, "the record is not above the one before it by region and entry")
}

/// Reads the whole list once and compares its tree with the folder `tree`.
pub(super) fn scan(entries: &Entries, tree: &Path) -> Result<Scan, Fault> {
    let records = entries.records();
    let slicing = Slicing::of(records);
    let mut hasher = Sha256::new();
    let mut builder = TreeBuilder::new();
    let mut found = Found { slices: Vec::new(), last: None, fault: None, tile_fault: None };
    let mut bytes = Vec::new();
    let mut start = 0;
    while start < records {
        let count = (CHUNKS_AT_ONCE * CHUNK).min(records - start);
        // At most 16 MiB.
        bytes.resize(count as usize * RECORD_SIZE_BYTES, 0);
        entries.read(start, &mut bytes).map_err(|error| unreadable(&error))?;
        let blocks: Vec<(u64, &[[u8; RECORD_SIZE_BYTES]])> = (start..)
            .step_by(CHUNK as usize)
            .zip(bytes.as_chunks().0.chunks(CHUNK as usize))
            .collect();
        let ((), chunks) = rayon::join(
            || hasher.update(&bytes),
            || -> Vec<Chunk> {
                blocks
                    .par_iter()
                    .map(|(at, block)| Chunk::read(*at, block, slicing, tree))
                    .collect()
            },
        );
        for (chunk, (at, block)) in chunks.into_iter().zip(&blocks) {
            found.add(chunk, *at, block, &mut builder, tree);
        }
        start += count;
    }
    let head = builder.finish(tiles(tree, &mut found.tile_fault));
    let root = head.unwrap_or_else(|never| match never {}).root;
    let Found { slices, fault, tile_fault, .. } = found;
    Ok(Scan { digest: hasher.finalize().into(), root, slices, fault, tile_fault })
}

/// Compares each tile with its file and keeps the first fault.
fn tiles(
    tree: &Path,
    fault: &mut Option<Fault>,
) -> impl FnMut(TileId, &[NodeHash]) -> Result<(), Infallible> {
    |tile, hashes| {
        if fault.is_none() {
            *fault = tile_fault(tree, tile, hashes);
        }
        Ok(())
    }
}

fn tile_fault(tree: &Path, tile: TileId, hashes: &[NodeHash]) -> Option<Fault> {
    let own = tile_bytes(hashes);
    match files::read(&tile_path(tree, tile), own.len() as u64) {
        Err(error) => Some(Fault::new(format!("tree/{tile}: {error}"))),
        Ok(bytes) if bytes == own => None,
        Ok(_) => Some(Fault::new(format!("tree/{tile} differs from the hashes of the records"))),
    }
}

/// Place of a record in the list.
type Place = (u16, EntryTag);

/// What was found so far.
struct Found {
    slices: Vec<Slice>,
    last: Option<Place>,
    fault: Option<Fault>,
    tile_fault: Option<Fault>,
}

impl Found {
    /// Takes up the next block.
    fn add(
        &mut self,
        chunk: Chunk,
        start: u64,
        block: &[[u8; RECORD_SIZE_BYTES]],
        builder: &mut TreeBuilder,
        tree: &Path,
    ) {
        let in_order = self.last.is_none() || self.last < chunk.first;
        let border = (!in_order).then(|| out_of_order(start));
        // A fault within the block comes after one at its border.
        self.fault = self.fault.take().or(border).or(chunk.fault);
        self.tile_fault = self.tile_fault.take().or(chunk.tile_fault);
        self.last = chunk.last;
        let mut slices = chunk.slices.into_iter();
        if let (Some(last), Some(first)) = (self.slices.last_mut(), slices.as_slice().first())
            && last.continues(first)
        {
            last.span.end = first.span.end;
            slices.next();
        }
        self.slices.extend(slices);
        let built = match chunk.root {
            Some(root) => builder.push_chunk(LEVEL, root, tiles(tree, &mut self.tile_fault)),
            None => block.iter().try_for_each(|bytes| {
                builder.push(record_leaf(bytes), tiles(tree, &mut self.tile_fault))
            }),
        };
        built.unwrap_or_else(|never| match never {});
    }
}

/// What was found in one block.
struct Chunk {
    slices: Vec<Slice>,
    first: Option<Place>,
    last: Option<Place>,
    fault: Option<Fault>,
    tile_fault: Option<Fault>,
    /// Root of the block, if it is a whole subtree.
    root: Option<NodeHash>,
}

impl Chunk {
    fn read(start: u64, block: &[[u8; RECORD_SIZE_BYTES]], slicing: Slicing, tree: &Path) -> Self {
        let mut chunk = Self {
            slices: Vec::new(),
            first: None,
            last: None,
            fault: None,
            tile_fault: None,
            root: None,
        };
        for (index, bytes) in (start..).zip(block) {
            match Record::from_bytes(bytes) {
                Ok(record) => chunk.place(index, record.sort_key(), slicing),
                Err(error) => {
                    chunk.fault.get_or_insert_with(|| Fault::record(index, error));
                }
            }
        }
        if block.len() as u64 == CHUNK {
            let mut builder = ChunkBuilder::new(LEVEL, start / CHUNK);
            let built = block.iter().try_for_each(|bytes| {
                builder.push(record_leaf(bytes), tiles(tree, &mut chunk.tile_fault))
            });
            built.unwrap_or_else(|never| match never {});
            chunk.root = builder.finish();
        }
        chunk
    }

    fn place(&mut self, index: u64, key: Place, slicing: Slicing) {
        if self.last.is_some_and(|last| last >= key) {
            self.fault.get_or_insert_with(|| out_of_order(index));
        }
        self.first.get_or_insert(key);
        self.last = Some(key);
        let slice = slicing.slice(key, index);
        match self.slices.last_mut().filter(|last| last.continues(&slice)) {
            Some(last) => last.span.end = slice.span.end,
            None => self.slices.push(slice),
        }
    }
}
