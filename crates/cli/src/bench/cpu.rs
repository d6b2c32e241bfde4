//! Processor time of this process, which tells a slow program from a busy machine.

use std::fs;
use std::io;

/// Clock ticks a second in `/proc`, the same on every Linux.
const TICKS_PER_S: f64 = 100.0;

/// Processor time, over all cores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuTime {
    /// In the program.
    pub(crate) user_s: f64,
    /// In the kernel, for the program.
    pub(crate) system_s: f64,
}

impl CpuTime {
    /// So far.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub(crate) fn of_this_process() -> io::Result<Self> {
        let text = fs::read_to_string("/proc/self/stat")?;
        from_stat(&text).ok_or_else(|| io::Error::other(format!("/proc/self/stat says {text:?}")))
    }

    /// What was taken since `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self { user_s: self.user_s - earlier.user_s, system_s: self.system_s - earlier.system_s }
    }
}

/// Fields 14 and 15; the name of the program, field 2, may hold anything but ends with the last `)`.
fn from_stat(text: &str) -> Option<CpuTime> {
    let (_, rest) = text.rsplit_once(')')?;
    let mut ticks = rest.split_whitespace().skip(11).map(|field| field.parse::<f64>().ok());
    let (user, system) = (ticks.next()??, ticks.next()??);
    Some(CpuTime { user_s: user / TICKS_PER_S, system_s: system / TICKS_PER_S })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the two fields are found behind any name; method: a line as the kernel writes it.
    #[test]
    fn fields_are_found() {
        let text = "42 (a) b) S 1 42 42 0 -1 4194560 200 0 0 0 150 25 0 0 20 0 3 0 77 9 1";
        let found = from_stat(text).map(|own| (own.user_s, own.system_s));
        assert_eq!(found, Some((1.5, 0.25)));
        assert!(from_stat("42 (a) S 1").is_none());
    }
}
