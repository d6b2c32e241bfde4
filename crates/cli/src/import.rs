//! `gelombang import`: files of persons, joins and first purchases.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use app::credential::Credential;
use app::import::{
    Column, ImportJob, ImportOutcome, ImportResult, JOIN_COLUMNS, Kind, Mode, PERSON_COLUMNS,
    PURCHASE_COLUMNS, Phase, Presence, Progress, Survey, import_file, survey_file,
};
use app::reference::Reference;
use clap::{Args, Subcommand};
use domain::officers::SoleAct;
use domain::wave::WaveNumber;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::desk::{AsArgs, officer_of};
use crate::installation::{DataArgs, Installation, Purpose, ReferenceArgs, SystemRng};
use crate::interrupt::Stop;
use crate::print::say;

/// Arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Register persons.
    #[command(after_help = columns_help(PERSON_COLUMNS))]
    Persons(FileArgs),
    /// Join persons to a wave.
    #[command(after_help = columns_help(JOIN_COLUMNS))]
    Joins(WaveFileArgs),
    /// Record first purchases of a wave's beneficiaries.
    #[command(after_help = columns_help(PURCHASE_COLUMNS))]
    Purchases(WaveFileArgs),
}

#[derive(Debug, Args)]
struct WaveFileArgs {
    /// Number of the wave.
    #[arg(long, value_parser = parse_wave)]
    wave: WaveNumber,
    #[command(flatten)]
    file: FileArgs,
}

#[derive(Debug, Args)]
struct FileArgs {
    /// CSV in UTF-8 with the columns below in any order.
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// Check every row and say what would happen; leave nothing behind.
    #[arg(long, conflicts_with = "skip_bad")]
    dry_run: bool,
    /// Import the good rows although others are bad.
    #[arg(long)]
    skip_bad: bool,
    /// Where the report of bad cells goes; beside the file by default.
    #[arg(long, value_name = "FILE.csv")]
    errors: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    officer: AsArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    reference: ReferenceArgs,
}

impl FileArgs {
    const fn mode(&self) -> Mode {
        match (self.dry_run, self.skip_bad) {
            (true, _) => Mode::CheckOnly,
            (false, true) => Mode::SkipBad,
            (false, false) => Mode::AllOrNothing,
        }
    }

    fn report(&self) -> anyhow::Result<PathBuf> {
        let report = self.errors.clone().unwrap_or_else(|| {
            let mut name = self.file.clone().into_os_string();
            name.push(".errors.csv");
            name.into()
        });
        // A report that replaced the file, by whatever name, would destroy what it reports on.
        if report
            .canonicalize()
            .is_ok_and(|report| self.file.canonicalize().is_ok_and(|file| file == report))
        {
            bail!("--errors names the file itself; name another one");
        }
        Ok(report)
    }
}

fn parse_wave(text: &str) -> Result<WaveNumber, String> {
    let number = text.parse().ok().and_then(WaveNumber::new);
    number.ok_or_else(|| format!("`{text}` is no number of a wave; write 1 to 9999"))
}

/// The columns as the help shows them.
fn columns_help(columns: &[Column]) -> String {
    let mut text = "Columns:\n".to_owned();
    for column in columns {
        let optional = match column.presence {
            Presence::Required | Presence::OneOf => "",
            Presence::Optional => " (optional)",
        };
        text.push_str(&format!("  {:<13} {}{optional}\n", column.name, column.meaning));
    }
    text
}

/// Runs the command.
///
/// # Errors
/// The file is refused, has bad rows, or the database fails.
pub(crate) async fn run(args: ImportArgs, stop: &Stop) -> anyhow::Result<()> {
    let (kind, args) = match args.what {
        What::Persons(file) => (Kind::Persons, file),
        What::Joins(args) => (Kind::Joins(args.wave), args.file),
        What::Purchases(args) => (Kind::Purchases(args.wave), args.file),
    };
    let report = args.report()?;
    let reference = args.reference.load_ahead()?;
    let survey = survey_file(&args.file, kind)
        .with_context(|| format!("cannot import {}", args.file.display()))?;
    let credential = args.officer.read()?;
    let installation = Installation::open(&args.data, Purpose::Beside, stop).await?;
    let outcome = installation
        .close_after(async |installation| {
            let words = "interrupted; the same command goes on from what was done";
            let work = import(
                installation,
                &reference,
                &survey,
                (kind, args.mode()),
                &credential,
                &report,
            );
            stop.ends_saying(words, work).await
        })
        .await?;
    print(&outcome, kind, &args)
}

async fn import(
    installation: &Installation,
    reference: &Reference,
    survey: &Survey,
    (kind, mode): (Kind, Mode),
    credential: &Credential,
    report: &std::path::Path,
) -> anyhow::Result<ImportOutcome> {
    let officer = officer_of(installation, credential).await?;
    officer.require(SoleAct::Import.role())?;
    let keys = installation.keys().await?;
    let bar = progress_bar(survey.rows);
    let progress = |progress: Progress| {
        bar.set_message(match progress.phase {
            Phase::Checking => "checked",
            Phase::Applying => "imported",
        });
        bar.set_position(progress.rows);
    };
    let job = ImportJob {
        database: &installation.database,
        keys: &keys,
        policies: &reference.policies,
        now: installation.database.server_time().await?,
        actor: &officer.id.to_string(),
        rng: &|| Box::new(SystemRng),
        survey,
        kind,
        mode,
        report,
        progress: &progress,
    };
    let outcome = import_file(&job)
        .await
        .with_context(|| format!("cannot import {}", survey.path.display()))?;
    bar.finish_and_clear();
    Ok(outcome)
}

/// Prints what became of the file; bad rows without --skip-bad are a failure.
fn print(outcome: &ImportOutcome, kind: Kind, args: &FileArgs) -> anyhow::Result<()> {
    if args.json {
        say(&json_of(outcome, kind).to_string())?;
    } else if let Some(text) = text_of(outcome, kind) {
        say(&text)?;
    }
    let file = args.file.display();
    match outcome {
        ImportOutcome::Refused(result) | ImportOutcome::Checked(result)
            if result.counts.bad > 0 =>
        {
            bail!(
                "{file}: {} bad cells in {} of {} rows, nothing was imported; {}correct them, or import the \
                 others with --skip-bad",
                result.bad_cells,
                result.counts.bad,
                result.counts.read,
                reported(result)
            )
        }
        ImportOutcome::Refused(_)
        | ImportOutcome::Checked(_)
        | ImportOutcome::Imported(_)
        | ImportOutcome::Before { .. } => Ok(()),
    }
}

fn reported(result: &ImportResult) -> String {
    result.report.as_ref().map_or_else(String::new, |path| format!("see {}; ", path.display()))
}

fn text_of(outcome: &ImportOutcome, kind: Kind) -> Option<String> {
    let name = kind.name();
    match outcome {
        ImportOutcome::Refused(_) => None,
        ImportOutcome::Checked(result) => Some(format!(
            "{} rows of {name} checked: {} would be imported, {} are known, {} are bad; nothing was changed.",
            result.counts.read, result.counts.done, result.counts.known, result.counts.bad
        )),
        ImportOutcome::Imported(result) if result.counts.bad > 0 => Some(format!(
            "{} rows of {name}: {} imported, {} known before, {} left out; {}the others are in.",
            result.counts.read,
            result.counts.done,
            result.counts.known,
            result.counts.bad,
            reported(result)
        )),
        ImportOutcome::Imported(result) => Some(format!(
            "{} rows of {name}: {} imported, {} known before.",
            result.counts.read, result.counts.done, result.counts.known
        )),
        ImportOutcome::Before { finished_at, counts } => Some(format!(
            "this file was imported at {finished_at}: {} rows of {name}, {} imported, {} known before, {} left \
             out; nothing was changed.",
            counts.read, counts.done, counts.known, counts.bad
        )),
    }
}

fn json_of(outcome: &ImportOutcome, kind: Kind) -> serde_json::Value {
    let (state, counts, result) = match outcome {
        ImportOutcome::Checked(result) => ("checked", &result.counts, Some(result)),
        ImportOutcome::Refused(result) => ("refused", &result.counts, Some(result)),
        ImportOutcome::Imported(result) => ("imported", &result.counts, Some(result)),
        ImportOutcome::Before { counts, .. } => ("imported_before", counts, None),
    };
    json!({
        "kind": kind.name(),
        "outcome": state,
        "rows": counts.read,
        "imported": counts.done,
        "known": counts.known,
        "bad": counts.bad,
        "bad_cells": result.map(|result| result.bad_cells),
        "errors": result.and_then(|result| result.report.as_ref()),
    })
}

fn progress_bar(rows: u64) -> ProgressBar {
    let bar = ProgressBar::new(rows);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let style = "{msg:>8} [{bar:40}] {human_pos} of {human_len} rows, {elapsed}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
