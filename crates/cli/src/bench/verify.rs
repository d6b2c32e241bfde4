//! `bench verify`: a published folder verified whole, beside the second implementation, which is in
//! Python; and the smaller jobs that have bars of their own.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use publication::beacon::verify_round;
use publication::verify::{Ending, Look, Options, me, verify};
use selection::policy::BeaconFacts;
use selection::quota::{HiddenClasses, Incoming, MaskCount, RegionCounts, solve};
use selection::record::{RECORD_SIZE_BYTES, Record};
use sha2::{Digest as _, Sha256};
use tokio::task::yield_now;

use super::Plan;
use super::machine::{Machine, flush_rate};
use super::memory::MemorySampler;
use super::published::{SampleWave, seat_rules};
use super::report::{Extras, Limit, Report, grouped, progress};
use super::sample::{REGIONS, TRAITS, sample_regions};
use super::series::{Part, Series};

/// Records of the folder for Python, which takes about a minute.
const PYTHON_MAX: u64 = 1_000_000;
/// Calls of each small job.
const CALLS: usize = 21;
/// Country and seats of the table that is solved.
const TABLE_PEOPLE: u64 = 10_000_000;
const TABLE_SEATS: u32 = 2_000_000;

/// The real chain's signature of its round 123.
const ROUND_123: [u8; 48] = [
    0xb7, 0x5c, 0x69, 0xd0, 0xb7, 0x2a, 0x5d, 0x90, 0x6e, 0x85, 0x4e, 0x80, 0x8b, 0xa7, 0xe2, 0xac,
    0xcb, 0x15, 0x42, 0xac, 0x35, 0x5a, 0xe4, 0x86, 0xd5, 0x91, 0xaa, 0x9d, 0x43, 0x76, 0x54, 0x82,
    0xe2, 0x6c, 0xd0, 0x2d, 0xf8, 0x35, 0xd3, 0x54, 0x6d, 0x23, 0xc4, 0xb1, 0x3e, 0x0d, 0xfc, 0x92,
];

/// Measures the verification.
///
/// # Errors
/// Files or Python fail, or a result is wrong.
pub(super) async fn measure(plan: Plan, dir: &Path) -> Result<Report> {
    let program = python_program()?;
    let flush_per_s = flush_rate(dir)?;
    progress(&format!("publishing a wave of {} people", grouped(plan.size)));
    let wave = publish(dir, plan.size)?;
    let small = publish(dir, plan.size.min(PYTHON_MAX))?;

    let mut ours = Series::new(plan.size);
    let mut theirs = Series::new(plan.size.min(PYTHON_MAX));
    let mut peak_bytes = 0;
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}", plan.runs));
        // A moment to be interrupted, which removes the folders.
        yield_now().await;
        let sampler = MemorySampler::start(None);
        let report = ours.time(|| Ok(verify(&wave.folder(), &Options::default())))?;
        peak_bytes = peak_bytes.max(sampler.finish()?);
        ensure!(report.ok(), "the folder does not verify:\n{report}");

        let started = Instant::now();
        run_python(&program, &small.folder())?;
        theirs.seconds.push(started.elapsed().as_secs_f64());
    }
    progress("the smaller jobs");
    let ranks = digest_of_ranks(&wave)?;
    let me = verify_me(&wave, plan, ranks.median_ms())?;
    let parts = vec![quota_table(plan.judged)?, ranks, me, beacon_signature(plan.judged)?];
    let limits = vec![Limit::Seconds(6.0), Limit::PeakMib(256.0)];
    Ok(Report {
        bench: "verify",
        unit: "records",
        data: format!(
            "published folder, {REGIONS} regions, entries.bin of {} MiB, its tiles, log with 3 witnesses, \
             test beacon; all six steps",
            grouped((plan.size * RECORD_SIZE_BYTES as u64) >> 20),
        ),
        ours,
        peak_of: "this process during the verification",
        peak_bytes,
        alternative: "python3 verify/verify.py on a smaller folder of the same kind, so compare the rates",
        theirs,
        extras: Extras { others: Vec::new(), parts },
        flush_per_s,
        machine: Machine::read(None)?,
        limits: if plan.judged { limits } else { Vec::new() },
    })
}

fn publish(dir: &Path, people: u64) -> Result<SampleWave> {
    let wave = SampleWave::commit(dir, people)?;
    wave.draw()?;
    wave.announce()?;
    Ok(wave)
}

/// The second implementation, which lies in the repository and not in the program.
fn python_program() -> Result<PathBuf> {
    let here = std::env::current_dir()?;
    let mut programs = here.ancestors().map(|folder| folder.join("verify/verify.py"));
    programs
        .find(|program| program.is_file())
        .context("there is no verify/verify.py here; run this bench within the repository")
}

fn run_python(program: &Path, folder: &Path) -> Result<()> {
    // Without bytecode files, so that nothing is left in the repository.
    let mut command = Command::new("python3");
    let output = command.arg("-B").arg(program).arg(folder).stdin(Stdio::null()).output();
    let output = output.context("cannot run python3; install Python 3.9 or newer")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "the second implementation refuses the folder:\n{said}{error}"
    );
    Ok(())
}

/// Seats of the whole country from its counts.
fn quota_table(judged: bool) -> Result<Part> {
    let regions = sample_regions(TABLE_PEOPLE);
    let rules = seat_rules(&regions, TABLE_SEATS);
    let rules = rules.check()?;
    let counts: Vec<RegionCounts> = regions.iter().map(|own| counts_of(*own)).collect();
    let (name, mut runs) = ("quota table, 514 regions, 2,000,000 seats", Series::new(1));
    for _ in 0..CALLS {
        let table = runs.time(|| Ok(solve(rules, &counts, &Incoming::default())?))?;
        let seats: u64 = table.regions.iter().map(|own| u64::from(own.seats)).sum();
        ensure!(seats == u64::from(TABLE_SEATS), "the table gives {seats} seats");
    }
    Ok(Part { name, runs, most_ms: judged.then_some(500.0) })
}

/// A region where all masks are as frequent and nine in ten people are in play.
fn counts_of((code, people): (u16, u64)) -> RegionCounts {
    let cells = 1u64 << TRAITS;
    let records = |mask: u64| people / cells + u64::from(mask < people % cells);
    let masks = (0..cells)
        .map(|mask| MaskCount { mask: mask as u16, records: records(mask) as u32 })
        .collect();
    RegionCounts { code, n: (people * 9 / 10) as u32, masks, hidden: HiddenClasses::None }
}

/// SHA-256 of `waitlist.bin` alone, without which nobody's rank is proven.
fn digest_of_ranks(wave: &SampleWave) -> Result<Part> {
    let path = wave.folder().join("waitlist.bin");
    let (name, mut runs) = ("digest of waitlist.bin alone", Series::new(1));
    for _ in 0..CALLS {
        runs.time(|| {
            let mut file = std::fs::File::open(&path)?;
            let (mut hasher, mut block) = (Sha256::new(), vec![0; 1 << 20]);
            loop {
                match file.read(&mut block)? {
                    0 => return Ok(hasher.finalize()),
                    size => hasher.update(&block[..size]),
                }
            }
        })?;
    }
    Ok(Part { name, runs, most_ms: None })
}

/// The answer to one receipt, of the record in the middle of the list. It may take 20 ms beside the digest that a rank
/// needs, which grows with the list.
fn verify_me(wave: &SampleWave, plan: Plan, digest_ms: f64) -> Result<Part> {
    let folder = wave.folder();
    let receipt = wave.receipt(&record_at(&folder, plan.size / 2)?);
    let (name, mut runs) = ("verify me", Series::new(1));
    for _ in 0..CALLS {
        let answer = runs.time(|| Ok(me(&folder, &receipt, Look::default())))?;
        let drawn = [Ending::Selected, Ending::Waitlist, Ending::HouseholdCap];
        ensure!(drawn.contains(&answer.ending()), "the receipt gives {answer:?}");
    }
    Ok(Part { name, runs, most_ms: plan.judged.then_some(20.0 + digest_ms) })
}

fn record_at(folder: &Path, index: u64) -> Result<Record> {
    use std::os::unix::fs::FileExt as _;
    let mut bytes = [0; RECORD_SIZE_BYTES];
    let entries = std::fs::File::open(folder.join("entries.bin"))?;
    entries.read_exact_at(&mut bytes, index * RECORD_SIZE_BYTES as u64)?;
    Ok(Record::from_bytes(&bytes)?)
}

/// A signature of the real beacon.
fn beacon_signature(judged: bool) -> Result<Part> {
    let (name, mut runs) = ("BLS check of a beacon round", Series::new(1));
    for _ in 0..CALLS {
        runs.time(|| Ok(verify_round(&BeaconFacts::quicknet(), 123, &ROUND_123)?))?;
    }
    Ok(Part { name, runs, most_ms: judged.then_some(5.0) })
}
