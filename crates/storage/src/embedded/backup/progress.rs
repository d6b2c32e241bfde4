//! How far a long backup or restore is, for whoever waits.

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Files of a base backup are copied; counted in bytes.
    Copy,
    /// Files of a base backup are held against their checksums; not counted.
    Files,
    /// Segments of the log are held against their checksums; counted in segments.
    Log,
    /// The server replays the log; counted in segments.
    Replay,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Done so far, in the unit of the stage.
    pub done: u64,
    /// All there is to do, as far as is known; 0 if it is not.
    pub total: u64,
}

/// Told now and then, more often than anybody can read.
pub type Report<'a> = &'a (dyn Fn(Progress) + Sync);
