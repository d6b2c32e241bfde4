//! `wave openings`: files with which auditors look behind the records of a drawn wave, by two officers. They hold personal
//! data.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use app::act::openings_subject;
use app::openings::{Opened, OpeningsAsked, open_to_auditors, openings_request, write_openings};
use app::proposals::approve;
use clap::Args;
use domain::officers::TwoPersonAct;
use domain::wave::WaveNumber;
use publication::audit::SAMPLE_SIZE;
use storage::database::Database;

use crate::desk::{OfficeArgs, Scene, as_officer};
use crate::interrupt::Stop;
use crate::key_files::{create_private, write_secret};
use crate::steps::{Step, run_propose, run_reject};
use crate::wave::parse_wave;

/// What is to be opened.
#[derive(Debug, Args)]
pub(crate) struct AskedArgs {
    /// Number of the wave.
    #[arg(value_parser = parse_wave)]
    wave: WaveNumber,
    /// Records of the sample, at most 10,000, beside all who were selected.
    #[arg(long, value_name = "RECORDS", default_value_t = SAMPLE_SIZE)]
    size: usize,
    #[command(flatten)]
    office: OfficeArgs,
}

impl AskedArgs {
    const fn asked(&self) -> OpeningsAsked {
        OpeningsAsked { wave: self.wave, sample: self.size }
    }
}

/// What is to be opened, and where to.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    asked: AskedArgs,
    /// New file for the openings: NIK, class and blinding of each opened record.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// New file for the secret key of the wave, which ties entries to NIKs.
    #[arg(long, value_name = "FILE")]
    draw_key: PathBuf,
}

/// Runs `wave openings`.
pub(crate) async fn run(
    step: Step<AskedArgs, AskedArgs, ExportArgs>,
    stop: &Stop,
) -> anyhow::Result<()> {
    match step {
        Step::Propose { terms, reason } => {
            run_propose(&terms.office, stop, &reason, async |database| {
                openings_request(database, terms.asked()).await
            })
            .await
        }
        Step::Approve(args) => export(&args, stop).await,
        Step::Reject { which, reason } => {
            let subject = async |_: &Database| Ok(openings_subject(which.wave, which.size));
            run_reject(&which.office, stop, &reason, (TwoPersonAct::OpenToAuditors, subject)).await
        }
    }
}

/// Approves what another officer has proposed, and writes it into new files.
async fn export(args: &ExportArgs, stop: &Stop) -> anyhow::Result<()> {
    for path in [&args.out, &args.draw_key] {
        ensure!(!path.exists(), "{} is there already; name a new file", path.display());
    }
    let office = &args.asked.office;
    let policies = office.reference.load_ahead()?.policies;
    let unfinished = [Unfinished(&args.out), Unfinished(&args.draw_key)];
    as_officer(office, &policies, stop, async |scene| Ok(told(args, &open(args, scene).await?)))
        .await?;
    for done in unfinished {
        std::mem::forget(done);
    }
    Ok(())
}

async fn open(args: &ExportArgs, scene: &mut Scene<'_>) -> anyhow::Result<Opened> {
    let asked = args.asked.asked();
    // Begun before the approval, so that a file that cannot be written does not use it up.
    let mut file = create_private(&args.out)?;
    let request = openings_request(scene.desk.database(), asked).await?;
    let act = &mut scene.desk.act();
    let due = approve(act, &scene.officer, &request, async |act, approval| {
        open_to_auditors(act, asked, approval).await
    })
    .await?;
    let opened = write_openings(act, &due, &mut file).await?;
    file.get_ref().sync_all().with_context(|| format!("could not write {}", args.out.display()))?;
    write_secret(&args.draw_key, &opened.draw_key)?;
    Ok(opened)
}

fn told(args: &ExportArgs, opened: &Opened) -> String {
    let erased = match opened.erased {
        0 => String::new(),
        erased => {
            format!(" {erased} of them cannot be opened, since their identities were erased.")
        }
    };
    format!(
        "Wave {} is opened: {} selected, {} of the sample, {} granted appeals; {} lines.{erased}\n{} holds PERSONAL DATA and {} \
         the key of the wave; hand them to the auditors by a safe way, and delete them.",
        args.asked.wave,
        opened.selected,
        opened.sampled,
        opened.granted,
        opened.opened,
        args.out.display(),
        args.draw_key.display()
    )
}

/// A file with personal data that goes away unless it is finished.
struct Unfinished<'a>(&'a Path);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        // It may not have been begun.
        let _ = fs::remove_file(self.0);
    }
}
