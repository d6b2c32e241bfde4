//! `revoke`: taking a place away for cause, by two officers.

use app::act::grant_subject;
use app::revoke::{find_grant, require_standing, revocation_request, revoke_for_cause};
use clap::Args;
use domain::beneficiary::RevocationCause;
use domain::ids::PersonId;
use domain::officers::TwoPersonAct;
use domain::policy::Named as _;
use storage::database::Database;

use crate::desk::OfficeArgs;
use crate::interrupt::Stop;
use crate::steps::{Step, run_approve, run_propose, run_reject};

/// Arguments of `revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    #[command(subcommand)]
    step: Step<FindingArgs, WhoArgs>,
}

#[derive(Debug, Args)]
struct WhoArgs {
    /// Id of the beneficiary, such as `per_0190b0c0...`.
    #[arg(value_parser = parse_person)]
    person: PersonId,
    #[command(flatten)]
    office: OfficeArgs,
}

#[derive(Debug, Args)]
struct FindingArgs {
    #[command(flatten)]
    who: WhoArgs,
    /// What was found: `ineligible`, `false_identity`, `proxy`, `tampering` or `terms_broken`.
    #[arg(long, value_parser = parse_cause)]
    cause: RevocationCause,
}

pub(crate) fn parse_person(text: &str) -> Result<PersonId, String> {
    PersonId::parse(text)
        .ok_or_else(|| format!("`{text}` is no id of a person; write per_ and 32 digits"))
}

fn parse_cause(text: &str) -> Result<RevocationCause, String> {
    RevocationCause::from_name(text).ok_or_else(|| {
        let known: Vec<&str> = RevocationCause::ALL.iter().map(|cause| cause.name()).collect();
        format!("`{text}` is no cause; write one of {}", known.join(", "))
    })
}

/// Runs `revoke`.
pub(crate) async fn run(args: RevokeArgs, stop: &Stop) -> anyhow::Result<()> {
    match args.step {
        Step::Propose { terms: FindingArgs { who: WhoArgs { person, office }, cause }, reason } => {
            run_propose(&office, stop, &reason, async |database| {
                let grant = (find_grant(database, person).await?, person);
                require_standing(database, grant).await?;
                Ok(revocation_request(grant, cause))
            })
            .await
        }
        Step::Approve(FindingArgs { who: WhoArgs { person, office }, cause }) => {
            let request = async |database: &Database| {
                Ok(revocation_request((find_grant(database, person).await?, person), cause))
            };
            run_approve(&office, stop, request, async |act, approval| {
                let wave = find_grant(act.database, person).await?;
                revoke_for_cause(act, (wave, person), cause, approval).await?;
                Ok(format!(
                    "The place of {person} in wave {wave} is revoked; its seat waits in the pool of its region."
                ))
            })
            .await
        }
        Step::Reject { which: WhoArgs { person, office }, reason } => {
            let subject = async |database: &Database| {
                Ok(grant_subject(find_grant(database, person).await?, person))
            };
            run_reject(&office, stop, &reason, (TwoPersonAct::Revoke, subject)).await
        }
    }
}
