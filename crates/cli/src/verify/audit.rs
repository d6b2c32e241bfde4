//! `verify sample`, `opened` and `counts`: what auditors do, on the published folder and what was handed to them.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use publication::audit::{
    AuditedList, CountFault, CountsReport, OpenedReport, OpeningFault, RegistryCounts, SAMPLE_SIZE,
    Sampled, check_counts, check_openings, sample,
};
use selection::digest::DrawKey;
use serde_json::{Value, json};

use super::require_folder;
use crate::hex::parse_bytes;
use crate::key_files::read_secret;
use crate::print::say;

/// Faults listed in words; `--json` lists all.
const LISTED_MAX: usize = 100;

#[derive(Debug, Args)]
struct FolderArgs {
    /// Published folder of the wave.
    folder: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl FolderArgs {
    fn open(&self) -> anyhow::Result<AuditedList> {
        require_folder(&self.folder)?;
        Ok(AuditedList::open(&self.folder)?)
    }
}

/// Arguments of `verify sample`.
#[derive(Debug, Args)]
pub(super) struct SampleArgs {
    #[command(flatten)]
    folder: FolderArgs,
    /// Records of the sample.
    #[arg(long, value_name = "RECORDS", default_value_t = SAMPLE_SIZE)]
    size: usize,
}

/// Arguments of `verify opened`.
#[derive(Debug, Args)]
pub(super) struct OpenedArgs {
    #[command(flatten)]
    folder: FolderArgs,
    /// The openings, as `gelombang wave openings` wrote them.
    openings: PathBuf,
    /// File with the secret key of the wave, 64 hexadecimal digits.
    #[arg(long, value_name = "FILE")]
    draw_key: PathBuf,
    /// Records of the sample, as agreed on beforehand.
    #[arg(long, value_name = "RECORDS", default_value_t = SAMPLE_SIZE)]
    size: usize,
}

/// Arguments of `verify counts`.
#[derive(Debug, Args)]
pub(super) struct CountsArgs {
    #[command(flatten)]
    folder: FolderArgs,
    /// The counts, as `gelombang registry-counts` wrote them.
    counts: PathBuf,
    /// Ed25519 public key of the civil registry, 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = parse_bytes)]
    key: [u8; 32],
}

/// Runs `verify sample`.
pub(super) fn sampled(args: &SampleArgs) -> anyhow::Result<bool> {
    let list = args.folder.open()?;
    let seed = list.seed()?;
    let found = sample(&list, &seed, args.size)?;
    if args.folder.json {
        let row = |own: &Sampled| json!({ "e": own.entry_tag.to_string(), "index": own.index, "region": own.region });
        let sample: Vec<Value> = found.iter().map(row).collect();
        let report = json!({
            "records": list.records(),
            "sample": sample,
            "seed": seed.to_string(),
            "test_beacon": list.is_rehearsal(),
        });
        say(&report.to_string())?;
    } else {
        let row =
            |own: &Sampled| format!("{:>10}  {:>5}  {}", own.index, own.region, own.entry_tag);
        let mut lines = vec![format!("{:>10}  {:>5}  entry", "record", "region")];
        lines.extend(found.iter().map(row));
        lines.push(format!(
            "{} of {} records, picked by seed {seed}; whether it was known beforehand, `gelombang verify` says.",
            found.len(),
            list.records()
        ));
        lines.extend(rehearsal(&list));
        say(&lines.join("\n"))?;
    }
    Ok(true)
}

/// Runs `verify opened`.
pub(super) fn opened(args: &OpenedArgs) -> anyhow::Result<bool> {
    let list = args.folder.open()?;
    let name = args.draw_key.display();
    let key =
        read_secret(&args.draw_key).with_context(|| format!("cannot use the key in {name}"))?;
    let openings = File::open(&args.openings)
        .with_context(|| format!("could not read {}", args.openings.display()))?;
    let key = DrawKey::from_bytes(*key);
    let report = check_openings(&list, &key, args.size, BufReader::new(openings))?;
    say(&if args.folder.json { opened_json(&list, &report) } else { opened_text(&list, &report) })?;
    Ok(report.ok())
}

fn opened_text(list: &AuditedList, report: &OpenedReport) -> String {
    let mut lines = listed(&report.faults);
    lines.extend(rehearsal(list));
    lines.push(format!(
        "{} records, {} selected, {} in the sample, {} granted appeals, {} opened: {}",
        report.records,
        report.selected,
        report.sampled,
        report.granted,
        report.opened,
        verdict(report.ok(), report.faults.len())
    ));
    lines.push(
        "Whether these people exist and have these traits is for the registers; ask them about the openings."
            .to_owned(),
    );
    lines.join("\n")
}

fn opened_json(list: &AuditedList, report: &OpenedReport) -> String {
    let fault = |own: &OpeningFault| {
        json!({
            "e": own.entry.map(|(_, entry_tag)| entry_tag.to_string()),
            "index": own.index,
            "kind": own.kind.text(),
            "line": own.line,
            "region": own.entry.map(|(region, _)| region),
        })
    };
    json!({
        "faults": report.faults.iter().map(fault).collect::<Vec<_>>(),
        "granted": report.granted,
        "ok": report.ok(),
        "opened": report.opened,
        "records": report.records,
        "sampled": report.sampled,
        "selected": report.selected,
        "test_beacon": list.is_rehearsal(),
    })
    .to_string()
}

/// Runs `verify counts`.
pub(super) fn counts(args: &CountsArgs) -> anyhow::Result<bool> {
    let list = args.folder.open()?;
    let name = args.counts.display();
    let bytes = std::fs::read(&args.counts).with_context(|| format!("could not read {name}"))?;
    let counts = RegistryCounts::read(bytes.trim_ascii_end())
        .with_context(|| format!("{name} cannot be used"))?;
    let report = check_counts(&list, &counts, &args.key);
    say(&if args.folder.json { counts_json(&report) } else { counts_text(&report) })?;
    Ok(report.ok())
}

fn counts_text(report: &CountsReport) -> String {
    let mut lines = listed(&report.faults);
    lines.push(format!(
        "{} records of {} regions against the registry's counts: {}",
        report.records,
        report.regions,
        verdict(report.ok(), report.faults.len())
    ));
    lines.join("\n")
}

fn counts_json(report: &CountsReport) -> String {
    let fault = |own: &CountFault| match own {
        CountFault::Signature => json!({ "kind": "signature" }),
        CountFault::Region { region, listed, signed } => {
            let count = |(records, n): (u32, u32)| json!({ "n": n, "records": records });
            json!({ "kind": "region", "listed": count(*listed), "region": region, "signed": count(*signed) })
        }
    };
    json!({
        "faults": report.faults.iter().map(fault).collect::<Vec<_>>(),
        "ok": report.ok(),
        "records": report.records,
        "regions": report.regions,
    })
    .to_string()
}

fn listed(faults: &[impl std::fmt::Display]) -> Vec<String> {
    let mut lines: Vec<String> =
        faults.iter().take(LISTED_MAX).map(|own| format!("FAULT {own}")).collect();
    if faults.len() > LISTED_MAX {
        lines.push(format!("and {} more faults; --json lists all", faults.len() - LISTED_MAX));
    }
    lines
}

fn verdict(ok: bool, faults: usize) -> String {
    if ok { "PASS".to_owned() } else { format!("FAIL, {faults} faults") }
}

fn rehearsal(list: &AuditedList) -> Option<String> {
    let text = "TEST BEACON: the seed was predictable, so this was no real draw";
    list.is_rehearsal().then(|| text.to_owned())
}
