//! `wave openings`: files with which auditors look behind the records of a drawn wave. They hold personal data.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use app::openings::{Opened, OpeningsAsked, open_to_auditors};
use clap::Args;
use domain::wave::WaveNumber;
use publication::audit::SAMPLE_SIZE;

use crate::desk::{OfficeArgs, Scene, as_officer};
use crate::interrupt::Stop;
use crate::key_files::{create_private, write_secret};
use crate::wave::parse_wave;

/// Arguments of `wave openings`.
#[derive(Debug, Args)]
pub(crate) struct OpeningsArgs {
    /// Number of the wave.
    #[arg(value_parser = parse_wave)]
    wave: WaveNumber,
    /// New file for the openings: NIK, class and blinding of each opened record.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// New file for the secret key of the wave, which ties entries to NIKs.
    #[arg(long, value_name = "FILE")]
    draw_key: PathBuf,
    /// Why they are handed out, in words without personal data.
    #[arg(long)]
    reason: String,
    /// Records of the sample, beside all who were selected.
    #[arg(long, value_name = "RECORDS", default_value_t = SAMPLE_SIZE)]
    size: usize,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Runs `wave openings`.
pub(crate) async fn run(args: OpeningsArgs, stop: &Stop) -> anyhow::Result<()> {
    for path in [&args.out, &args.draw_key] {
        ensure!(!path.exists(), "{} is there already; name a new file", path.display());
    }
    let policies = args.office.reference.load_ahead()?.policies;
    let unfinished = [Unfinished(&args.out), Unfinished(&args.draw_key)];
    as_officer(&args.office, &policies, stop, async |scene| {
        let opened = open(&args, scene).await?;
        let erased = match opened.erased {
            0 => String::new(),
            erased => format!(" {erased} records cannot be opened, since their identities were erased."),
        };
        Ok(format!(
            "{} records of wave {} are opened: {} selected, {} of the sample.{erased}\n{} holds PERSONAL DATA and {} the key of the \
             wave; hand them to the auditors by a safe way, and delete them.",
            opened.opened,
            args.wave,
            opened.selected,
            opened.sampled,
            args.out.display(),
            args.draw_key.display()
        ))
    })
    .await?;
    for done in unfinished {
        std::mem::forget(done);
    }
    Ok(())
}

async fn open(args: &OpeningsArgs, scene: &mut Scene<'_>) -> anyhow::Result<Opened> {
    let asked = OpeningsAsked { wave: args.wave, sample: args.size, reason: &args.reason };
    let officer = scene.officer.clone();
    let mut file = create_private(&args.out)?;
    let opened = open_to_auditors(&mut scene.desk.act(), &officer, asked, &mut file).await?;
    file.get_ref().sync_all().with_context(|| format!("could not write {}", args.out.display()))?;
    write_secret(&args.draw_key, &opened.draw_key)?;
    Ok(opened)
}

/// A file with personal data that goes away unless it is finished.
struct Unfinished<'a>(&'a Path);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        // It may not have been begun.
        let _ = fs::remove_file(self.0);
    }
}
