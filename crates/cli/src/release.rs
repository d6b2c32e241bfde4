//! `release`: taking a person from an account, by two officers.

use app::act::{Act, person_subject};
use app::proposals::{approve, propose};
use app::release::{release_account, release_request, require_account};
use clap::{Args, Subcommand};
use domain::ids::PersonId;
use domain::officers::{Approval, TwoPersonAct};
use domain::statement::StatementBounds;

use crate::desk::{OfficeArgs, as_officer, proposed};
use crate::interrupt::Stop;
use crate::revoke::parse_person;

/// Arguments of `release`.
#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Propose to a second officer that an account loses its person.
    Propose {
        #[command(flatten)]
        who: WhoArgs,
        /// Why: what was found, in words without personal data.
        #[arg(long)]
        reason: String,
    },
    /// Approve what another officer has proposed, which does it.
    Approve(WhoArgs),
    /// Turn the proposal down, or take one's own back.
    Reject {
        #[command(flatten)]
        who: WhoArgs,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
struct WhoArgs {
    /// Id of the person, such as `per_0190b0c0...`.
    #[arg(value_parser = parse_person)]
    person: PersonId,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Runs `release`.
pub(crate) async fn run(args: ReleaseArgs, stop: &Stop) -> anyhow::Result<()> {
    match args.step {
        Step::Propose { who: WhoArgs { person, office }, reason } => {
            let reference = office.reference.load_ahead()?;
            as_officer(&office, &reference.policies, stop, async |scene| {
                require_account(scene.desk.database(), person).await?;
                let request = release_request(person);
                propose(&mut scene.desk.act(), &scene.officer, &request, &reason).await?;
                Ok(proposed(&request))
            })
            .await
        }
        Step::Approve(WhoArgs { person, office }) => {
            let reference = office.reference.load_ahead()?;
            as_officer(&office, &reference.policies, stop, async |scene| {
                let body = async |act: &mut Act<'_>, approval: &Approval| {
                    release_account(act, person, approval).await
                };
                let request = release_request(person);
                let bounds = approve(&mut scene.desk.act(), &scene.officer, &request, body).await?;
                Ok(released(person, &bounds))
            })
            .await
        }
        Step::Reject { who: WhoArgs { person, office }, reason } => {
            let reference = office.reference.load_ahead()?;
            as_officer(&office, &reference.policies, stop, async |scene| {
                scene
                    .turn_down((TwoPersonAct::ReleaseAccount, &person_subject(person)), &reason)
                    .await
            })
            .await
        }
    }
}

/// What was done, and who can have the person now.
fn released(person: PersonId, bounds: &StatementBounds) -> String {
    let who = match bounds {
        StatementBounds { holds_place: true, .. } => {
            "Whoever states what is held can claim it; nobody else, while a grant holds a place."
                .to_owned()
        }
        StatementBounds { running: Some((wave, _)), .. } => format!(
            "Whoever states what is held can claim it; after the decree of wave {wave}, the next account that registers \
             the NIK."
        ),
        StatementBounds { running: None, holds_place: false } => {
            "The next account that registers the NIK has it, with what it states.".to_owned()
        }
    };
    format!("{person} is taken from its account, whose sessions have ended.\n{who}")
}
