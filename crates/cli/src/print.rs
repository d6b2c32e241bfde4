//! Printing results. A reader that stops early, as `head` does, is no error.

use std::io::{ErrorKind, Write as _};

use anyhow::Context as _;

/// Prints a text and a line end.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("could not write the output"),
    }
}

/// An error with all its causes on one line, for the log.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    let mut said: Vec<String> = chain.map(ToString::to_string).collect();
    // A transparent error says what its cause says.
    said.dedup();
    said.join(": ")
}
