//! One folder under the eyes of both implementations.

use std::fs;
use std::path::{Path, PathBuf};

use publication::log::Trust;
use publication::verify::{Memo, Options, Report, StepName, verify_again};

use crate::coverage::Coverage;
use crate::dice::Dice;
use crate::files::files_under;
use crate::history::{History, Wave};
use crate::python::{Failed, Python, Question, Recompute};

/// What `recompute.py` makes.
const RECOMPUTED: [&str; 4] = ["quota.json", "result.json", "selected.bin", "waitlist.bin"];

/// Has both look at a wave of a history; puts its folder back as it was.
///
/// # Errors
/// On what they differ.
pub(crate) fn judge(
    history: &History,
    place: usize,
    dice: &mut Dice,
    python: &mut Python,
    coverage: &mut Coverage,
) -> Result<(), String> {
    let wave = &history.waves[place];
    let earlier = history.waves[..place].iter().filter(|_| !dice.one_in(4));
    let previous: Vec<PathBuf> = earlier.map(|wave| wave.path.clone()).collect();
    let keys = dice.one_in(3).then(|| pin(history, wave));
    coverage.count(wave, place, previous.len(), keys.is_some());
    let trust =
        keys.as_ref().map(|keys| Trust::read("keys.json", &fs::read(keys).unwrap()).unwrap());
    let options = Options { previous, trust, sample: None };
    let mut memo = Memo::default();
    let mut both = |recompute: Option<Recompute>| {
        let report = verify_again(&wave.path, &options, &mut memo);
        let (folder, previous) = (wave.path.as_path(), options.previous.as_slice());
        let question = Question { folder, previous, keys: keys.as_deref(), recompute };
        let found = python.ask(&question);
        let number = wave.writer.policy().wave().1;
        found.map(|failed| (report, failed)).map_err(|error| format!("wave {number}: {error}"))
    };
    let out = history.dir.path().join("out");
    let (report, failed) =
        both(Some(Recompute { opened: opened(history, wave), out: out.clone() }))?;
    if !report.ok() || !failed.is_empty() {
        return Err(differ(wave, "a good folder is refused", &report, &failed));
    }
    for name in RECOMPUTED {
        compare(wave, name, &fs::read(out.join(name)).unwrap())?;
    }
    let (name, bit) = flip(dice, &wave.path);
    let (report, failed) = both(None)?;
    turn(&wave.path.join(&name), bit);
    if both_blame(&name, wave, &report, &failed) {
        Ok(())
    } else {
        Err(differ(wave, &format!("{name} with bit {bit} flipped"), &report, &failed))
    }
}

/// Whether both fail a folder with one flipped bit, and at the same steps as far as section 16.11 names
/// them for the file; steps after these may fail along or not.
fn both_blame(name: &str, wave: &Wave, report: &Report, failed: &Failed) -> bool {
    let rust = |step: StepName| !report.passed(step);
    let python = |step: StepName| failed.contains_key(step.text());
    let only = |step: StepName| {
        let others = report.steps.iter().filter(|own| own.step != step);
        rust(step)
            && others.filter(|own| !own.passed).count() == 0
            && python(step)
            && failed.len() == 1
    };
    let by_content: &[StepName] = match name {
        _ if name.starts_with("tree/") => return only(StepName::Entries),
        _ if name.starts_with("log/") || name.starts_with("proofs/") => return only(StepName::Log),
        "entries.bin" => &[StepName::Entries],
        "plan.json" => &[StepName::Entries, StepName::Quota, StepName::Seed],
        "quota.json" => &[StepName::Quota],
        "reveals.json" | "seed.json" => &[StepName::Seed],
        // How many people a pool had to choose from is for auditors where classes are hidden.
        "result.json" if !wave.true_masks().is_empty() => &[],
        "result.json" | "selected.bin" | "waitlist.bin" => &[StepName::Draw],
        // A policy can hardly be read with another digest; the log shows it.
        "policy.json" => &[],
        _ => &[StepName::Conservation],
    };
    let alike =
        by_content.iter().any(|&step| rust(step)) == by_content.iter().any(|&step| python(step));
    rust(StepName::Log) && python(StepName::Log) && alike
}

/// The policy's keys in a file, as known from elsewhere.
fn pin(history: &History, wave: &Wave) -> PathBuf {
    let path = history.dir.path().join("keys.json");
    fs::write(&path, Trust::of_policy(wave.writer.policy()).unwrap().write()).unwrap();
    path
}

/// The true masks of hidden classes in the file that auditors get.
fn opened(history: &History, wave: &Wave) -> PathBuf {
    let path = history.dir.path().join("opened.csv");
    let lines = wave.true_masks().into_iter().map(|(entry, mask)| format!("{entry},{mask}\n"));
    fs::write(&path, "e,mask\n".to_owned() + &lines.collect::<String>()).unwrap();
    path
}

/// Names the first byte at which the recomputed file differs from the published one.
fn compare(wave: &Wave, name: &str, recomputed: &[u8]) -> Result<(), String> {
    let published = wave.read(name);
    if published == recomputed {
        return Ok(());
    }
    let same = published.iter().zip(recomputed).take_while(|(left, right)| left == right).count();
    let around = |bytes: &[u8]| {
        let end = bytes.len().min(same + 80);
        bytes[same.saturating_sub(80).min(end)..end].escape_ascii().to_string()
    };
    Err(format!(
        "wave {}: {name} differs from byte {same} on\nRust:   {}\nPython: {}",
        wave.writer.policy().wave().1,
        around(&published),
        around(recomputed)
    ))
}

fn differ(wave: &Wave, what: &str, report: &Report, failed: &Failed) -> String {
    let number = wave.writer.policy().wave().1;
    format!("wave {number}: {what}\nRust:\n{report}\nPython, failed steps:\n{failed:#?}")
}

/// Flips a random bit of a random file.
fn flip(dice: &mut Dice, folder: &Path) -> (String, u64) {
    let mut names = files_under(folder);
    names.retain(|name| fs::metadata(folder.join(name)).unwrap().len() > 0);
    let name = dice.pick(&names);
    let path = folder.join(&name);
    let bit = dice.within(0..=fs::metadata(&path).unwrap().len() * 8 - 1);
    turn(&path, bit);
    (name, bit)
}

fn turn(path: &Path, bit: u64) {
    let mut bytes = fs::read(path).unwrap();
    bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
    fs::write(path, bytes).unwrap();
}
