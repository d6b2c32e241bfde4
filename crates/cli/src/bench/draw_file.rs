//! The draw from file to file: region-sorted `entries.bin` in, `waitlist.bin` out, bounded memory.
//!
//! Regions are found by binary search, handed to threads largest first, read in chunks, and written
//! at their own offsets, so neither the result nor the memory depends on the number of threads.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rand_core::Rng as _;
use selection::digest::Seed;
use selection::draw::{RegionDraw, RegionResult};
use selection::record::{EntryTag, HouseholdTag, RECORD_SIZE_BYTES, Record, RecordParts, Weight};
use selection::ticket::Ticket;

use super::random::SplitMix;

/// Records read at a time: 8192 x 64 bytes = 512 KiB per thread.
const CHUNK_RECORDS: usize = 8192;

/// Bytes per record in `waitlist.bin`.
const RANK_SIZE_BYTES: usize = 4;

/// Offset of the region code in a record.
const REGION_OFFSET_BYTES: u64 = 48;

/// Totals of a draw from file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DrawFileSummary {
    /// Records in the file.
    pub(crate) records: u64,
    /// People with a seat.
    pub(crate) selected: u64,
    /// People in play without a seat.
    pub(crate) waiting: u64,
    /// People out of play by the household cap.
    pub(crate) capped: u64,
    /// Largest selected ticket of each region that has people, in the order of `seats`.
    pub(crate) cutoffs: Vec<(u16, Option<Ticket>)>,
}

/// Draws every region of `entries` and writes the rank of every record to `waitlist`.
///
/// `seats` lists each region once, in ascending order. `household_cap` 0 = no cap.
///
/// # Errors
/// Reading or writing fails, a record or region cannot be drawn, or the file has a region that is
/// not in `seats`; the text says which.
pub(crate) fn draw_file(
    entries: &Path,
    waitlist: &Path,
    seats: &[(u16, u32)],
    seed: &Seed,
    household_cap: u8,
    threads: usize,
) -> io::Result<DrawFileSummary> {
    let input = File::open(entries)?;
    let records = record_count(&input)?;
    let parts = split_regions(&input, records, seats)?;
    let output = File::create(waitlist)?;
    output.set_len(records * RANK_SIZE_BYTES as u64)?;

    let next = AtomicUsize::new(0);
    let work = || -> io::Result<Vec<Drawn>> {
        let mut worker = Worker::new(&input, &output, seed, household_cap);
        let mut drawn = Vec::new();
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            drawn.push(worker.draw(part)?);
        }
        Ok(drawn)
    };
    let mut drawn = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let joined = handles.into_iter().map(|handle| {
            handle.join().unwrap_or_else(|_| Err(io::Error::other("a drawing thread panicked")))
        });
        joined.collect::<io::Result<Vec<_>>>()
    })?
    .concat();
    drawn.sort_unstable_by_key(|part| part.region);
    Ok(DrawFileSummary {
        records,
        selected: drawn.iter().map(|part| u64::from(part.selected)).sum(),
        waiting: drawn.iter().map(|part| u64::from(part.waiting)).sum(),
        capped: drawn.iter().map(|part| u64::from(part.capped)).sum(),
        cutoffs: drawn.iter().map(|part| (part.region, part.cutoff)).collect(),
    })
}

fn record_count(entries: &File) -> io::Result<u64> {
    let (size, record_size) = (entries.metadata()?.len(), RECORD_SIZE_BYTES as u64);
    if size % record_size == 0 {
        Ok(size / record_size)
    } else {
        Err(io::Error::other(format!(
            "entries file has {size} bytes, which is not a whole number of {record_size}-byte \
             records; write it again"
        )))
    }
}

/// The records of one region: a stretch of the file.
#[derive(Debug)]
struct RegionPart {
    region: u16,
    seats: u32,
    first: u64,
    records: u64,
}

/// Finds every region's stretch, largest first so that no thread is left with the largest last.
fn split_regions(
    entries: &File,
    records: u64,
    seats: &[(u16, u32)],
) -> io::Result<Vec<RegionPart>> {
    let mut parts = Vec::with_capacity(seats.len());
    let mut first = 0;
    for &(region, seats) in seats {
        let end = first_after(entries, region, first, records)?;
        parts.push(RegionPart { region, seats, first, records: end - first });
        first = end;
    }
    if first != records {
        return Err(io::Error::other(format!(
            "record {first} has a region above the last one with seats; list every region of the \
             file once, in ascending order"
        )));
    }
    parts.retain(|part| part.records > 0 || part.seats > 0);
    parts.sort_by_key(|part| Reverse(part.records));
    Ok(parts)
}

/// Index of the first record from `low` on whose region is above `region`.
fn first_after(entries: &File, region: u16, mut low: u64, mut high: u64) -> io::Result<u64> {
    while low < high {
        let middle = low.midpoint(high);
        let mut code = [0; 2];
        let offset = middle * RECORD_SIZE_BYTES as u64 + REGION_OFFSET_BYTES;
        entries.read_exact_at(&mut code, offset)?;
        if u16::from_be_bytes(code) > region {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

/// Totals of one region.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    region: u16,
    selected: u32,
    waiting: u32,
    capped: u32,
    cutoff: Option<Ticket>,
}

/// One thread's buffers, reused for every region it draws.
struct Worker<'f> {
    input: &'f File,
    output: &'f File,
    draw: RegionDraw,
    chunk: Vec<u8>,
    ranks: Vec<u8>,
}

impl<'f> Worker<'f> {
    fn new(input: &'f File, output: &'f File, seed: &Seed, household_cap: u8) -> Self {
        let draw = RegionDraw::new(seed, household_cap);
        Self { input, output, draw, chunk: Vec::new(), ranks: Vec::new() }
    }

    fn draw(&mut self, part: &RegionPart) -> io::Result<Drawn> {
        let mut intake = self.draw.region(part.region);
        let mut at = part.first;
        let end = part.first + part.records;
        while at < end {
            let records = (end - at).min(CHUNK_RECORDS as u64);
            self.chunk.resize(records as usize * RECORD_SIZE_BYTES, 0);
            self.input.read_exact_at(&mut self.chunk, at * RECORD_SIZE_BYTES as u64)?;
            for (index, bytes) in (at..).zip(self.chunk.as_chunks().0) {
                let record = Record::from_bytes(bytes).map_err(|error| at_record(index, &error))?;
                intake.add(&record).map_err(|error| at_record(index, &error))?;
            }
            at += records;
        }
        let result = intake.draw(part.seats).map_err(io::Error::other)?;
        write_ranks(self.output, part.first, &result, &mut self.ranks)?;
        Ok(Drawn {
            region: part.region,
            selected: result.selected,
            waiting: result.waiting,
            capped: result.capped,
            cutoff: result.pools.first().and_then(|pool| pool.cutoff),
        })
    }
}

fn at_record(index: u64, error: &dyn std::error::Error) -> io::Error {
    io::Error::other(format!("entries file, record {index}: {error}"))
}

fn write_ranks(
    output: &File,
    first: u64,
    result: &RegionResult<'_>,
    buffer: &mut Vec<u8>,
) -> io::Result<()> {
    let mut offset = first * RANK_SIZE_BYTES as u64;
    for outcomes in result.outcomes.chunks(CHUNK_RECORDS) {
        buffer.clear();
        buffer.extend(outcomes.iter().flat_map(|o| o.waitlist_code().to_be_bytes()));
        output.write_all_at(buffer, offset)?;
        offset += buffer.len() as u64;
    }
    Ok(())
}

/// People per region for a synthetic file: `regions` codes from 1101 on, sizes falling like those
/// of cities (the first of 514 has about 2 percent), adding up to `people`.
pub(crate) fn sample_regions(people: u64, regions: u16) -> Vec<(u16, u64)> {
    let weights: Vec<u64> = (0..u64::from(regions)).map(|place| 1_000_000 / (place + 16)).collect();
    let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    let mut passed = 0u128;
    let mut given = 0;
    let mut sizes = Vec::with_capacity(weights.len());
    for (code, weight) in (1101..).zip(weights) {
        passed += u128::from(weight);
        let upto = (u128::from(people) * passed / total) as u64;
        sizes.push((code, upto - given));
        given = upto;
    }
    sizes
}

/// Writes a synthetic `entries.bin`: region-sorted, tags ascending, one person in eight without a
/// family card, the others in households of two on average.
///
/// # Errors
/// Writing fails.
pub(crate) fn write_sample_entries(
    path: &Path,
    regions: &[(u16, u64)],
    seed: u64,
) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut random = SplitMix::new(seed);
    for &(region, people) in regions {
        let step = u64::MAX / people.max(1);
        let cards_from = random.next_u64();
        for person in 0..people {
            // Tags ascend because each stays inside its own step of the tag range.
            let tag = person * step + random.next_u64() % step;
            let card = cards_from.wrapping_add(random.next_u64() % people.div_ceil(2));
            let household =
                if random.next_u64().is_multiple_of(8) { [0; 8] } else { card.to_be_bytes() };
            let record = Record::new(RecordParts {
                entry_tag: EntryTag((u128::from(tag) << 64 | u128::from(card)).to_be_bytes()),
                commitment: std::array::from_fn(|_| random.next_u64() as u8),
                region,
                mask: (random.next_u64() % 16) as u16,
                weight: Weight::ONE,
                flags: 0,
                household: HouseholdTag(household),
            });
            output.write_all(&record.map_err(io::Error::other)?.to_bytes())?;
        }
    }
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u8; 32] = [7; 32];

    /// A change to the bytes of the file or to the list of seats.
    type Break = fn(&mut Vec<u8>, &mut Vec<(u16, u32)>);

    /// A folder with a sample file of 3,000 people in 9 regions.
    fn sample() -> (tempfile::TempDir, Vec<(u16, u64)>) {
        let folder = tempfile::tempdir().unwrap();
        let regions = sample_regions(3_000, 9);
        write_sample_entries(&folder.path().join("entries.bin"), &regions, 1).unwrap();
        (folder, regions)
    }

    fn run(folder: &Path, seats: &[(u16, u32)], threads: usize) -> io::Result<DrawFileSummary> {
        let (entries, waitlist) = (folder.join("entries.bin"), folder.join("waitlist.bin"));
        draw_file(&entries, &waitlist, seats, &Seed::from_bytes(SEED), 2, threads)
    }

    /// Goal: the files say what the core says; method: draw each region in memory and compare ranks,
    /// totals and cutoffs, with 1 to 4 threads.
    #[test]
    fn file_draw_equals_core_draw() {
        let (folder, regions) = sample();
        let seats: Vec<(u16, u32)> =
            regions.iter().map(|&(code, people)| (code, people as u32 / 5)).collect();
        let bytes = std::fs::read(folder.path().join("entries.bin")).unwrap();
        let (records, rest) = bytes.as_chunks::<RECORD_SIZE_BYTES>();
        assert!(rest.is_empty());
        let records: Vec<Record> =
            records.iter().map(|bytes| Record::from_bytes(bytes).unwrap()).collect();
        assert!(records.is_sorted_by(|left, right| left.sort_key() < right.sort_key()));

        let mut draw = RegionDraw::new(&Seed::from_bytes(SEED), 2);
        let mut ranks = Vec::new();
        let mut expected =
            DrawFileSummary { records: 3_000, selected: 0, waiting: 0, capped: 0, cutoffs: vec![] };
        for &(region, seats) in &seats {
            let own = records.iter().filter(|record| record.parts().region == region);
            let result = draw.draw(region, seats, own).unwrap();
            ranks.extend(result.outcomes.iter().flat_map(|o| o.waitlist_code().to_be_bytes()));
            expected.selected += u64::from(result.selected);
            expected.waiting += u64::from(result.waiting);
            expected.capped += u64::from(result.capped);
            expected.cutoffs.push((region, result.pools[0].cutoff));
        }
        assert!(expected.capped > 0 && expected.waiting > 0);
        for threads in 1..=4 {
            assert_eq!(run(folder.path(), &seats, threads).unwrap(), expected);
            assert_eq!(std::fs::read(folder.path().join("waitlist.bin")).unwrap(), ranks);
        }
    }

    /// Goal: a file that cannot be drawn is refused with its place; method: break it in four ways.
    #[test]
    fn faults_name_their_place() {
        let check = |expected: &str, break_it: Break| {
            let (folder, regions) = sample();
            let mut seats = regions.iter().map(|&(code, _)| (code, 1)).collect();
            let path = folder.path().join("entries.bin");
            let mut bytes = std::fs::read(&path).unwrap();
            break_it(&mut bytes, &mut seats);
            std::fs::write(&path, bytes).unwrap();
            let error = run(folder.path(), &seats, 2).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("not a whole number of 64-byte records", |bytes, _| bytes.truncate(65));
        check("record 100: record bytes 62-63", |bytes, _| bytes[100 * 64 + 63] = 1);
        check("region above the last one with seats", |_, seats| seats.truncate(3));
        check("people in play", |_, seats| seats[0].1 = 2_000);
    }
}
