//! `revoke`: taking a place away for cause, by two officers.

use app::act::{Act, grant_subject};
use app::proposals::{approve, propose};
use app::revoke::{find_grant, require_standing, revocation_request, revoke_for_cause};
use clap::{Args, Subcommand};
use domain::beneficiary::RevocationCause;
use domain::ids::PersonId;
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::Named as _;

use crate::desk::{OfficeArgs, as_officer, proposed};
use crate::interrupt::Stop;

/// Arguments of `revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Propose to a second officer that a beneficiary loses the place.
    Propose {
        #[command(flatten)]
        finding: FindingArgs,
        /// Why: what was found, in words without personal data.
        #[arg(long)]
        reason: String,
    },
    /// Approve what another officer has proposed, naming the same cause, which does it.
    Approve(FindingArgs),
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
        Step::Propose { finding, reason } => {
            let FindingArgs { who: WhoArgs { person, office }, cause } = finding;
            let reference = office.reference.load_ahead()?;
            as_officer(&office, &reference.policies, stop, async |scene| {
                let grant = (find_grant(scene.desk.database(), person).await?, person);
                require_standing(scene.desk.database(), grant).await?;
                let request = revocation_request(grant, cause);
                propose(&mut scene.desk.act(), &scene.officer, &request, &reason).await?;
                Ok(proposed(&request))
            })
            .await
        }
        Step::Approve(FindingArgs { who: WhoArgs { person, office }, cause }) => {
            let reference = office.reference.load_ahead()?;
            as_officer(&office, &reference.policies, stop, async |scene| {
                let grant = (find_grant(scene.desk.database(), person).await?, person);
                let body = async |act: &mut Act<'_>, approval: &Approval| {
                    revoke_for_cause(act, grant, cause, approval).await
                };
                let request = revocation_request(grant, cause);
                approve(&mut scene.desk.act(), &scene.officer, &request, body).await?;
                Ok(format!(
                    "The place of {person} in wave {} is revoked; its seat waits in the pool of its region.",
                    grant.0
                ))
            })
            .await
        }
        Step::Reject { who: WhoArgs { person, office }, reason } => {
            let reference = office.reference.load_ahead()?;
            as_officer(&office, &reference.policies, stop, async |scene| {
                let wave = find_grant(scene.desk.database(), person).await?;
                let subject = grant_subject(wave, person);
                scene.turn_down((TwoPersonAct::Revoke, &subject), &reason).await
            })
            .await
        }
    }
}
