//! What the figures were measured on.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use storage::embedded::PgVersion;

/// The machine, and the server if a bench has one.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory_mib: u64,
    kernel: String,
    postgresql: Option<PgVersion>,
}

impl Machine {
    /// Reads the machine's own description.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub(crate) fn read(postgresql: Option<PgVersion>) -> io::Result<Self> {
        let memory_kib: u64 = field(&fs::read_to_string("/proc/meminfo")?, "MemTotal")
            .and_then(|text| text.trim_end_matches(" kB").parse().ok())
            .unwrap_or(0);
        let cpu = field(&fs::read_to_string("/proc/cpuinfo")?, "model name");
        Ok(Self {
            cpu: cpu.unwrap_or_else(|| "unknown processor".to_owned()),
            cores: cores(),
            memory_mib: memory_kib / 1024,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            postgresql,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, memory_mib, kernel, postgresql } = self;
        let memory_gib = *memory_mib as f64 / 1024.0;
        write!(f, "{cpu}, {cores} cores, {memory_gib:.1} GiB, Linux {kernel}")?;
        match postgresql {
            Some(version) => write!(f, ", PostgreSQL {version}"),
            None => Ok(()),
        }
    }
}

/// Cores this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Processes that ran or waited to run, on average over the last minute.
///
/// # Errors
/// `/proc` cannot be read.
pub(crate) fn load() -> io::Result<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    let first = text.split_whitespace().next().and_then(|number| number.parse().ok());
    first.ok_or_else(|| io::Error::other(format!("/proc/loadavg says {text:?}")))
}

/// Value of the first line `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

/// Bytes of one probing write, the page of the database.
const PROBE_BYTES: usize = 8192;
/// Pages of the probed file: 1024 x 8 KiB = 8 MiB.
const PROBE_PAGES: u64 = 1024;
/// How long the probe runs.
const PROBE_TIME: Duration = Duration::from_secs(1);

/// Durable overwrites of 8 KiB a second in this folder, one after another: the ceiling of single
/// commits, which differs several-fold between disks and must be read beside every figure.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn flush_rate(folder: &Path) -> io::Result<f64> {
    let path = folder.join("flush-probe");
    let mut file = File::create(&path)?;
    let page = [0x5A; PROBE_BYTES];
    for _ in 0..PROBE_PAGES {
        file.write_all(&page)?;
    }
    file.sync_all()?;
    let started = Instant::now();
    let mut flushes = 0u64;
    while started.elapsed() < PROBE_TIME {
        file.write_all_at(&page, flushes % PROBE_PAGES * PROBE_BYTES as u64)?;
        file.sync_data()?;
        flushes += 1;
    }
    let rate = flushes as f64 / started.elapsed().as_secs_f64();
    fs::remove_file(&path)?;
    Ok(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: fields are found whatever the spacing; method: lines as the two files have them.
    #[test]
    fn fields_are_found() {
        let check = |text: &str, name: &str, value: Option<&str>| {
            assert_eq!(field(text, name).as_deref(), value);
        };
        check(
            "vendor_id\t: X\nmodel name\t: EPYC 9\nmodel name\t: Y\n",
            "model name",
            Some("EPYC 9"),
        );
        check("MemTotal:       24609628 kB\n", "MemTotal", Some("24609628 kB"));
        check("MemFree: 1 kB\n", "MemTotal", None);
    }

    /// Goal: the probe measures something and leaves nothing; method: probe an empty folder.
    #[test]
    fn the_probe_cleans_up() {
        let folder = tempfile::tempdir().unwrap();
        assert!(flush_rate(folder.path()).unwrap() > 0.0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
