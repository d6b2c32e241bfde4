//! The three steps of what two officers do at the command line: proposed by one, approved or rejected by another.

use app::act::{Act, ActError};
use app::proposals::{Request, approve, propose};
use clap::{Args, Subcommand};
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::Named as _;
use storage::database::Database;

use crate::desk::{OfficeArgs, as_officer};
use crate::interrupt::Stop;

/// A step; `T` names the terms, `W` what they are about, and `A` the terms with what an approval needs beside them.
#[derive(Debug, Subcommand)]
pub(crate) enum Step<T: Args, W: Args, A: Args = T> {
    /// Propose it to a second officer.
    Propose {
        #[command(flatten)]
        terms: T,
        /// Why, in words without personal data.
        #[arg(long)]
        reason: String,
    },
    /// Approve what another officer has proposed, naming the same terms, which does it.
    Approve(A),
    /// Turn the proposal down, or take one's own back.
    Reject {
        #[command(flatten)]
        which: W,
        /// Why, in words without personal data.
        #[arg(long)]
        reason: String,
    },
}

/// Proposes what `request` gives, which refuses what nobody could approve.
pub(crate) async fn run_propose(
    office: &OfficeArgs,
    stop: &Stop,
    reason: &str,
    request: impl AsyncFnOnce(&Database) -> Result<Request, ActError>,
) -> anyhow::Result<()> {
    let policies = office.reference.load_ahead()?.policies;
    as_officer(office, &policies, stop, async |scene| {
        let request = request(scene.desk.database()).await?;
        propose(&mut scene.desk.act(), &scene.officer, &request, reason).await?;
        Ok(format!(
            "Proposed: {} {}. A second officer with the role {} approves it.",
            request.act.name(),
            request.subject,
            request.act.approver().name()
        ))
    })
    .await
}

/// Approves what `request` gives by doing it, and prints what `act` says of it.
pub(crate) async fn run_approve(
    office: &OfficeArgs,
    stop: &Stop,
    request: impl AsyncFnOnce(&Database) -> Result<Request, ActError>,
    act: impl AsyncFnOnce(&mut Act<'_>, &Approval) -> Result<String, ActError>,
) -> anyhow::Result<()> {
    let policies = office.reference.load_ahead()?.policies;
    as_officer(office, &policies, stop, async |scene| {
        let request = request(scene.desk.database()).await?;
        Ok(approve(&mut scene.desk.act(), &scene.officer, &request, act).await?)
    })
    .await
}

/// Turns down what is proposed about the subject that `subject` gives.
pub(crate) async fn run_reject(
    office: &OfficeArgs,
    stop: &Stop,
    reason: &str,
    (act, subject): (TwoPersonAct, impl AsyncFnOnce(&Database) -> Result<String, ActError>),
) -> anyhow::Result<()> {
    let policies = office.reference.load_ahead()?.policies;
    as_officer(office, &policies, stop, async |scene| {
        let subject = subject(scene.desk.database()).await?;
        scene.turn_down((act, &subject), reason).await
    })
    .await
}
