//! Asking witnesses to sign the announcement log.

use std::path::Path;
use std::sync::Arc;

use domain::time::Timestamp;
use integrations::witnesses::Witnesses as Stations;
use publication::log::{LogStore, SignatureLine, Witness};

use super::write::log_folder;
use super::{FolderDesk, FolderError, blocking};

/// Who witnesses the log.
#[derive(Debug)]
pub enum Witnesses {
    /// Other institutions, asked over the network.
    Stations(Stations),
    /// Witnesses within this process, for rehearsals and replays: whoever runs the programme signs for them too.
    Local(Vec<Witness>),
}

/// What witnesses gave.
#[derive(Debug, Default)]
pub(super) struct Signed {
    pub lines: Vec<SignatureLine>,
    /// What those who did not sign said.
    pub refused: Vec<String>,
}

/// Asks all witnesses to sign the log as it is.
pub(super) async fn collect(
    desk: &Arc<FolderDesk>,
    log: LogStore,
    now: Timestamp,
) -> Result<Signed, FolderError> {
    if let Witnesses::Stations(stations) = &desk.witnesses {
        let answers = stations.submit(&log).await?;
        let refused = answers.refusals.iter().map(ToString::to_string).collect();
        return Ok(Signed { lines: answers.lines(), refused });
    }
    let (desk, now_s) = (Arc::clone(desk), u64::try_from(now.unix_seconds()).unwrap_or(0));
    blocking(move || match &desk.witnesses {
        Witnesses::Local(witnesses) => Ok(ask_local(witnesses, &log_folder(&desk.root), now_s)),
        Witnesses::Stations(_) => Ok(Signed::default()),
    })
    .await
}

fn ask_local(witnesses: &[Witness], log: &Path, now_s: u64) -> Signed {
    let mut signed = Signed::default();
    for witness in witnesses {
        match witness.cosign_folder(log, now_s) {
            Ok(line) => signed.lines.push(line),
            Err(error) => signed.refused.push(format!("{}: {error}", witness.party().name)),
        }
    }
    signed
}
