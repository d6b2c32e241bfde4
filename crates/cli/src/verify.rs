//! `verify`: whether a published folder holds, what became of the holder of one receipt, and what auditors
//! see behind the records.
//!
//! Needs no data folder, no network and no clock: the folder and, better, pinned keys are everything.

mod audit;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use publication::log::Trust;
use publication::verify::{
    Answer, Later, Listed, Look, Options, Proven, Registered, Sample, Unregistered, me, registered,
    verify,
};
use serde_json::{Value, json};

use crate::print::say;

/// Exit code for what was asked wrongly, the same as for unknown arguments.
const USAGE: u8 = 2;

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct VerifyArgs {
    #[command(subcommand)]
    part: Option<PartCommand>,
    /// Published folder of the wave; write ./me for one named like a command.
    #[arg(required = true)]
    folder: Option<PathBuf>,
    /// Published folder of an earlier wave, for the seats taken over; may be repeated.
    #[arg(long, value_name = "FOLDER")]
    previous: Vec<PathBuf>,
    /// Look at this percentage of the regions only; proves nothing about the others.
    #[arg(long, value_name = "PERCENT", value_parser = parse_sample)]
    sample: Option<Sample>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
struct OutputArgs {
    /// JSON file of keys known from elsewhere: log, witnesses and quorum as in a policy.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum PartCommand {
    /// Say what became of the holder of a receipt.
    Me(MeArgs),
    /// List the records that the seed picks to be opened to auditors.
    Sample(audit::SampleArgs),
    /// Hold what the programme opened to auditors against the list, the draw and the key of the wave.
    Opened(audit::OpenedArgs),
    /// Hold the counts that the civil registry signed against the list.
    Counts(audit::CountsArgs),
}

#[derive(Debug, Args)]
struct MeArgs {
    /// The receipt, a JSON file.
    receipt: PathBuf,
    /// Published folder of the wave.
    folder: PathBuf,
    /// A file that holds your NIK and nothing else, to prove that the entry is yours.
    #[arg(long, value_name = "FILE")]
    nik_file: Option<PathBuf>,
    /// Proof from /api/v1/waves/N/registrations/ that the receipt is in the registration log.
    #[arg(long, value_name = "PROOF")]
    registration: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs `verify`: 0 if all holds, 1 if not, 2 if it cannot be asked so.
pub(crate) fn run(args: VerifyArgs) -> ExitCode {
    exit(match args.part {
        Some(PartCommand::Me(args)) => look_up(&args),
        Some(PartCommand::Sample(args)) => audit::sampled(&args),
        Some(PartCommand::Opened(args)) => audit::opened(&args),
        Some(PartCommand::Counts(args)) => audit::counts(&args),
        None => check(args),
    })
}

/// The exit code of what was asked.
pub(crate) fn exit(done: anyhow::Result<bool>) -> ExitCode {
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            crate::fail(&error);
            ExitCode::from(USAGE)
        }
    }
}

fn check(args: VerifyArgs) -> anyhow::Result<bool> {
    let folder = args.folder.context("name the folder to verify")?;
    for one in args.previous.iter().chain([&folder]) {
        require_folder(one)?;
    }
    let trust = read_keys(args.output.keys.as_deref())?;
    let options = Options { previous: args.previous, trust, sample: args.sample };
    let report = verify(&folder, &options);
    say(&if args.output.json { report.json() } else { report.to_string() })?;
    Ok(report.ok())
}

/// Every step would fail for want of its files; a wrong name deserves other words than a tampered folder.
pub(crate) fn require_folder(folder: &Path) -> anyhow::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    bail!("there is no folder {}; name the published folder of a wave", folder.display())
}

fn look_up(args: &MeArgs) -> anyhow::Result<bool> {
    require_folder(&args.folder)?;
    let trust = read_keys(args.output.keys.as_deref())?;
    let receipt = std::fs::read(&args.receipt)
        .with_context(|| format!("could not read the receipt {}", args.receipt.display()))?;
    let nik = args.nik_file.as_deref().map(read_nik).transpose()?;
    let look = Look { nik: nik.as_ref(), trust: trust.as_ref() };
    let mut told = Told { logged: None, answer: None };
    if let Some(path) = &args.registration {
        let proof = std::fs::read(path)
            .with_context(|| format!("could not read the proof {}", path.display()))?;
        told.logged = Some(registered(&args.folder, &receipt, &proof, look));
    }
    if !told.is_before_list() {
        told.answer = Some(me(&args.folder, &receipt, look));
    }
    say(&if args.output.json { told.as_json() } else { told.as_text(look) })?;
    Ok(told.is_good())
}

/// What the holder of a receipt is told.
struct Told {
    /// What the registration log says, if its proof was brought.
    logged: Option<Result<Registered, Unregistered>>,
    /// What the list and the draw say.
    answer: Option<Answer>,
}

impl Told {
    /// True if the receipt is logged and nobody can be in a list yet.
    fn is_before_list(&self) -> bool {
        matches!(&self.logged, Some(Ok(logged)) if logged.listed == Listed::NotYet)
    }

    fn is_good(&self) -> bool {
        let is_logged = self.logged.as_ref().is_none_or(Result::is_ok);
        is_logged && self.answer.as_ref().is_none_or(|answer| !answer.ending().is_fault())
    }

    fn ending(&self) -> &'static str {
        match (&self.answer, &self.logged) {
            (_, Some(Err(_))) => "error",
            (Some(answer), _) => answer.ending().text(),
            (None, _) => "logged",
        }
    }

    fn as_text(&self, look: Look<'_>) -> String {
        let ending = self.answer.as_ref().map(Answer::ending);
        let mut lines = match &self.logged {
            Some(Ok(logged)) => vec![logged.indonesian(ending), logged.english(ending)],
            Some(Err(fault)) => vec![fault.indonesian(), format!("Error: {fault}.")],
            None => Vec::new(),
        };
        lines.extend(self.answer.iter().flat_map(|own| [own.indonesian(), own.english()]));
        if look.trust.is_none() {
            lines.push("Keys are those of the policy itself; pin them with --keys.".to_owned());
        }
        lines.push(self.ending().to_owned());
        lines.join("\n")
    }

    fn as_json(&self) -> String {
        let mut told = self.answer.as_ref().map_or_else(|| json!({}), as_json);
        told["ending"] = self.ending().into();
        if let Some(logged) = &self.logged {
            told["registration"] = match logged {
                Ok(logged) => json!({
                    "index": logged.index,
                    "list": match logged.listed {
                        Listed::NotYet => "not_yet",
                        Listed::After => "after",
                        Listed::Before => "before",
                    },
                    "seen_at": logged.seen_at_s,
                    "size": logged.size,
                }),
                Err(fault) => json!({ "error": fault.to_string() }),
            };
        }
        told.to_string()
    }
}

fn as_json(answer: &Answer) -> Value {
    json!({
        "ending": answer.ending().text(),
        "entry_proven": answer.proven == Proven::Entry,
        "english": answer.english(),
        "indonesian": answer.indonesian(),
        "later": answer.later.map(Later::text),
        "nik_checked": answer.nik_checked,
        "pinned_keys": answer.pinned,
        "record": answer.record,
        "test_beacon": answer.test_beacon,
        "ticket": answer.ticket.map(|ticket| ticket.to_string()),
        "wave": answer.wave,
    })
}

fn read_keys(path: Option<&Path>) -> anyhow::Result<Option<Trust>> {
    let Some(path) = path else { return Ok(None) };
    let name = path.display().to_string();
    let bytes =
        std::fs::read(path).with_context(|| format!("could not read the keys in {name}"))?;
    let trust = Trust::read(&name, &bytes);
    Ok(Some(trust.with_context(|| format!("the keys in {name} cannot be used"))?))
}

/// A NIK comes in a file, since arguments are seen by others and kept in histories.
fn read_nik(path: &Path) -> anyhow::Result<[u8; 16]> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("could not read {name}"))?;
    match text.trim().as_bytes().try_into() {
        Ok(digits) if text.trim().bytes().all(|byte| byte.is_ascii_digit()) => Ok(digits),
        _ => bail!("{name} does not hold a NIK; write its 16 digits and nothing else"),
    }
}

fn parse_sample(text: &str) -> Result<Sample, String> {
    let percent = text.parse().ok().and_then(Sample::percent);
    percent.ok_or_else(|| "use 1 to 99".to_owned())
}
