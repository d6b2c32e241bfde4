//! `sessions`: ending what people are signed in by.

use app::end_sessions::{Whose, end_sessions};
use clap::{ArgGroup, Args, Subcommand};
use domain::ids::PersonId;

use crate::desk::{OfficeArgs, as_officer};
use crate::interrupt::Stop;
use crate::revoke::parse_person;

/// Arguments of `sessions`.
#[derive(Debug, Args)]
pub(crate) struct SessionsArgs {
    #[command(subcommand)]
    act: SessionsAct,
}

#[derive(Debug, Subcommand)]
enum SessionsAct {
    /// End the sessions of a person, whose devices are not known any more then, or of everybody.
    End(EndArgs),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true))]
struct EndArgs {
    /// Id of the person, such as `per_0190b0c0...`; operators.
    #[arg(value_parser = parse_person, group = "whose")]
    person: Option<PersonId>,
    /// The sessions of all citizens; administrators.
    #[arg(long, group = "whose")]
    everybody: bool,
    /// Why, kept in the audit trail; it names nobody.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Runs `sessions`.
pub(crate) async fn run(args: SessionsArgs, stop: &Stop) -> anyhow::Result<()> {
    let SessionsAct::End(EndArgs { person, reason, office, .. }) = args.act;
    let whose = person.map_or(Whose::Everybody, Whose::Person);
    let policies = office.reference.load_ahead()?.policies;
    as_officer(&office, &policies, stop, async |scene| {
        let ended =
            end_sessions(&mut scene.desk.act(), &scene.officer, whose, reason.as_str()).await?;
        Ok(format!("{ended} sessions have ended; whoever had one signs in again."))
    })
    .await
}
