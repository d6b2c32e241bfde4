//! Peak memory: the proportional set size (PSS) of processes, sampled while something runs.
//!
//! PSS counts a page that several processes share once over all of them, so the sum over a server and
//! its backends is what they really hold; the page cache belongs to none of them.

use std::fs;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Time between samples of this process alone: the shortest bench takes under a second.
const OWN_INTERVAL: Duration = Duration::from_millis(50);
/// Time between samples of a server with all its backends, which cost ten times as much each.
const SERVER_INTERVAL: Duration = Duration::from_millis(250);
/// Time between samples as a multiple of what one took, so that sampling takes below 2 % of a core.
const REST_FACTOR: u32 = 50;

/// Samples until it is told to stop.
#[derive(Debug)]
pub(crate) struct MemorySampler {
    stop: Sender<()>,
    sampling: JoinHandle<io::Result<u64>>,
}

impl MemorySampler {
    /// Begins to sample this process, and a server with all its children if one is named.
    pub(crate) fn start(server_pid: Option<u32>) -> Self {
        let (stop, stopped) = channel();
        Self { stop, sampling: thread::spawn(move || peak(server_pid, &stopped)) }
    }

    /// Ends sampling and gives the largest sum seen, in bytes.
    ///
    /// # Errors
    /// `/proc` could not be read.
    pub(crate) fn finish(self) -> io::Result<u64> {
        // Fails only if the thread has ended by itself, which then says why.
        let _ = self.stop.send(());
        self.sampling
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the sampling thread panicked")))
    }
}

fn peak(server_pid: Option<u32>, stopped: &Receiver<()>) -> io::Result<u64> {
    let interval = if server_pid.is_some() { SERVER_INTERVAL } else { OWN_INTERVAL };
    let mut peak = 0;
    loop {
        let started = Instant::now();
        peak = peak.max(sample(server_pid)?);
        match stopped.recv_timeout(interval.max(started.elapsed() * REST_FACTOR)) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                return Ok(peak.max(sample(server_pid)?));
            }
        }
    }
}

fn sample(server_pid: Option<u32>) -> io::Result<u64> {
    let own = pss(std::process::id())?;
    let Some(server) = server_pid else { return Ok(own) };
    // A backend may end between being listed and being read; it holds nothing then.
    let backends = children(server)?.into_iter().map(|pid| pss(pid).unwrap_or(0));
    Ok(own + pss(server)? + backends.sum::<u64>())
}

/// Memory of this process now, in bytes.
///
/// # Errors
/// `/proc` could not be read.
pub(crate) fn own_pss() -> io::Result<u64> {
    pss(std::process::id())
}

fn children(pid: u32) -> io::Result<Vec<u32>> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    Ok(list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect())
}

fn pss(pid: u32) -> io::Result<u64> {
    let path = format!("/proc/{pid}/smaps_rollup");
    pss_bytes(&fs::read_to_string(&path)?)
        .ok_or_else(|| io::Error::other(format!("{path} has no line `Pss`")))
}

fn pss_bytes(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the one line is read, not its neighbours; method: a file as the kernel writes it.
    #[test]
    fn the_line_is_found() {
        let text = "55d0-7ffe ---p 00000000 00:00 0 [rollup]\nRss:  9 kB\nPss:       42 kB\nPss_Dirty: 7 kB\n";
        assert_eq!(pss_bytes(text), Some(42 * 1024));
        assert_eq!(pss_bytes("Pss_Dirty: 7 kB\n"), None);
    }

    /// Goal: memory in use during the run is seen; method: hold 64 MiB until a sample shows them.
    #[test]
    fn held_memory_is_seen() {
        let before = sample(None).unwrap();
        let held = vec![1u8; 64 << 20];
        let peak = MemorySampler::start(None).finish().unwrap();
        assert!(peak >= before + (48 << 20), "{before} {peak}");
        drop(held);
    }
}
