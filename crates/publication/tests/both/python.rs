//! The second implementation, as one process that answers all questions.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};

/// What to verify, and perhaps to recompute.
#[derive(Debug, Serialize)]
pub(crate) struct Question<'q> {
    pub(crate) folder: &'q Path,
    pub(crate) previous: &'q [PathBuf],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) keys: Option<&'q Path>,
    /// True masks by entry, and where the recomputed files go.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) recompute: Option<Recompute>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Recompute {
    pub(crate) opened: PathBuf,
    pub(crate) out: PathBuf,
}

/// Failed steps with what was wrong.
pub(crate) type Failed = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
enum Answer {
    #[serde(rename = "failed")]
    Failed(Failed),
    #[serde(rename = "error")]
    Error(String),
}

pub(crate) struct Python {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Python {
    pub(crate) fn start() -> Self {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new("python3");
        // Without bytecode files, so that the test leaves nothing in the source folders.
        command.arg("-B").arg(own.join("tests/both/judge.py")).arg(own.join("../../verify"));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| {
            panic!("cannot start python3 ({error}); install Python 3.9 or newer: the draw is checked by two implementations, and the second one is in Python")
        });
        let (questions, answers) = (child.stdin.take(), child.stdout.take().unwrap());
        Self { child, questions, answers: BufReader::new(answers) }
    }

    /// # Errors
    /// What stopped the second implementation.
    pub(crate) fn ask(&mut self, question: &Question<'_>) -> Result<Failed, String> {
        let mut line = serde_json::to_vec(question).unwrap();
        line.push(b'\n');
        let mut answer = String::new();
        let sent = self.questions.as_mut().unwrap().write_all(&line);
        let heard = sent.and_then(|()| self.answers.read_line(&mut answer));
        match heard.map(|_| serde_json::from_str(&answer)) {
            Ok(Ok(Answer::Failed(failed))) => Ok(failed),
            Ok(Ok(Answer::Error(error))) => Err(error),
            other => Err(format!(
                "python3 ended or said {answer:?} ({other:?}); its own words are above"
            )),
        }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It ends with its input.
        self.questions = None;
        let _ = self.child.wait();
    }
}
