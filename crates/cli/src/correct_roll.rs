//! `wave correct`: judging members again while everybody looks at the list, by two officers.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, bail};
use app::act::plan_subject;
use app::roll_correct::{Corrected, correct_roll, correction_request, next_plan_number};
use clap::Args;
use domain::ids::PersonId;
use domain::officers::TwoPersonAct;
use domain::wave::WaveNumber;
use storage::database::Database;

use crate::desk::OfficeArgs;
use crate::interrupt::Stop;
use crate::steps::{Step, run_approve, run_propose, run_reject};
use crate::wave::parse_wave;

/// The wave whose list is to be corrected.
#[derive(Debug, Args)]
pub(crate) struct WhichArgs {
    /// Number of the wave.
    #[arg(value_parser = parse_wave)]
    wave: WaveNumber,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Whom to judge again.
#[derive(Debug, Args)]
pub(crate) struct CorrectArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// The members to be judged again: ids such as `per_0190b0c0...`, or files with an id in each line.
    #[arg(long, required = true, num_args = 1.., value_name = "FILE|ID")]
    persons: Vec<String>,
}

/// Runs `wave correct`.
pub(crate) async fn run(step: Step<CorrectArgs, WhichArgs>, stop: &Stop) -> anyhow::Result<()> {
    match step {
        Step::Propose {
            terms: CorrectArgs { which: WhichArgs { wave, office }, persons },
            reason,
        } => {
            let persons = read_persons(&persons)?;
            run_propose(&office, stop, &reason, async |database| {
                let now = database.server_time().await?;
                correction_request(database, wave, &persons, now).await
            })
            .await
        }
        Step::Approve(CorrectArgs { which: WhichArgs { wave, office }, persons }) => {
            let persons = read_persons(&persons)?;
            let request = async |database: &Database| {
                let now = database.server_time().await?;
                correction_request(database, wave, &persons, now).await
            };
            run_approve(&office, stop, request, async |act, approval| {
                let plan = next_plan_number(act.database, wave).await?;
                Ok(told(wave, &correct_roll(act, (wave, plan), &persons, approval).await?))
            })
            .await
        }
        Step::Reject { which: WhichArgs { wave, office }, reason } => {
            let subject = async |database: &Database| {
                Ok(plan_subject(wave, next_plan_number(database, wave).await?))
            };
            run_reject(&office, stop, &reason, (TwoPersonAct::CorrectRoll, subject)).await
        }
    }
}

fn told(wave: WaveNumber, corrected: &Corrected) -> String {
    let Corrected { plan, draw_at, results_at, entries, entered, left, rewritten, unfilled } =
        corrected;
    format!(
        "The list of wave {wave} is corrected: {entered} came in, {left} went out, {rewritten} have another entry; {entries} \
         are in the draw and {unfilled} seats nobody can take.\n\
         Plan {plan} is on its way to the witnesses. Wave {wave} is drawn at {draw_at} now, and its results are due at \
         {results_at}."
    )
}

/// Ids as they stand, and those of files, line by line; what is neither is told all at once.
fn read_persons(given: &[String]) -> anyhow::Result<BTreeSet<PersonId>> {
    let (mut persons, mut faults) = (BTreeSet::new(), Vec::new());
    for one in given {
        if let Some(person) = PersonId::parse(one) {
            persons.insert(person);
            continue;
        }
        let text = std::fs::read_to_string(Path::new(one)).with_context(|| {
            format!("`{one}` is no id of a person, and no file that can be read")
        })?;
        for (line, text) in (1u32..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
            match PersonId::parse(text.trim()) {
                Some(person) => {
                    persons.insert(person);
                }
                None => faults.push(format!("{one}:{line}")),
            }
        }
    }
    if !faults.is_empty() {
        bail!("no id of a person (per_ and 32 digits) in: {}", faults.join(", "));
    }
    Ok(persons)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: ids and files of ids are read alike, and every bad line is named. Method: both together, then two bad lines.
    #[test]
    fn persons() {
        let id = |digit: char| format!("per_{}", digit.to_string().repeat(32));
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        std::fs::write(file.path(), format!("{}\n\n {} \n", id('2'), id('1'))).unwrap();
        let read = read_persons(&[id('1'), path.clone()]).unwrap();
        assert_eq!(read.len(), 2);
        std::fs::write(file.path(), format!("{}\nx\n{}\ny", id('2'), id('1'))).unwrap();
        let refused = read_persons(std::slice::from_ref(&path)).unwrap_err().to_string();
        assert!(refused.ends_with(&format!("{path}:2, {path}:4")), "{refused}");
        assert!(read_persons(&["nowhere".to_owned()]).is_err());
    }
}
