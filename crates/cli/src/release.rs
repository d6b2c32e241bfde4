//! `release`: taking a person from an account, by two officers.

use app::act::person_subject;
use app::release::{release_account, release_request, require_account};
use clap::Args;
use domain::ids::PersonId;
use domain::officers::TwoPersonAct;
use domain::statement::StatementBounds;
use storage::database::Database;

use crate::desk::OfficeArgs;
use crate::interrupt::Stop;
use crate::revoke::parse_person;
use crate::steps::{Step, run_approve, run_propose, run_reject};

/// Arguments of `release`.
#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(subcommand)]
    step: Step<WhoArgs, WhoArgs>,
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
        Step::Propose { terms: WhoArgs { person, office }, reason } => {
            run_propose(&office, stop, &reason, async |database| {
                require_account(database, person).await?;
                Ok(release_request(person))
            })
            .await
        }
        Step::Approve(WhoArgs { person, office }) => {
            let request = async |_: &Database| Ok(release_request(person));
            run_approve(&office, stop, request, async |act, approval| {
                Ok(released(person, &release_account(act, person, approval).await?))
            })
            .await
        }
        Step::Reject { which: WhoArgs { person, office }, reason } => {
            let subject = async |_: &Database| Ok(person_subject(person));
            run_reject(&office, stop, &reason, (TwoPersonAct::ReleaseAccount, subject)).await
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
