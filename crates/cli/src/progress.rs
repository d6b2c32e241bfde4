//! The bar that a long backup or restore shows whoever waits at a terminal.

use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use storage::embedded::backup::{Progress, Stage};

/// A bar that is gone with its end, so that what is printed afterwards stands alone.
pub(crate) struct Bar {
    bar: ProgressBar,
    stage: Mutex<Option<Stage>>,
}

/// Between two turns of the sign that something is going on.
const TURN: Duration = Duration::from_millis(200);

impl Bar {
    /// A bar; nothing is shown if standard error is no terminal.
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TURN);
        }
        Self { bar, stage: Mutex::new(None) }
    }

    /// Shows how far it is.
    pub(crate) fn show(&self, progress: Progress) {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if stage.replace(progress.stage) != Some(progress.stage) {
            let (words, template) = words_of(progress.stage);
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style.progress_chars("=> "));
            }
            self.bar.set_message(words);
        }
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

const fn words_of(stage: Stage) -> (&'static str, &'static str) {
    const BYTES: &str = "{msg:>22} [{bar:40}] {bytes} of {total_bytes}, {elapsed}";
    const SEGMENTS: &str = "{msg:>22} [{bar:40}] {pos} of {len} log segments, {elapsed}";
    const UNCOUNTED: &str = "{msg:>22} {spinner} {elapsed}";
    match stage {
        Stage::Copy => ("copying the base", BYTES),
        Stage::Files => ("verifying the base", UNCOUNTED),
        Stage::Log => ("verifying the log", SEGMENTS),
        Stage::Replay => ("replaying the log", SEGMENTS),
    }
}
