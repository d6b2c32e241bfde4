//! Where officers act: the installation, the officer's credential, and what an act needs.

use std::path::PathBuf;

use app::act::Act;
use app::credential::Credential;
use app::officers::authenticate;
use app::proposals::reject;
use app::reference::Policies;
use clap::Args;
use domain::ids::uuid_at;
use domain::officers::{Officer, ProposalState, TwoPersonAct};
use domain::time::Timestamp;
use rand_core::Rng as _;
use storage::database::Database;
use storage::vault::KeyRing;

use crate::installation::{DataArgs, Installation, Purpose, ReferenceArgs, SystemRng};
use crate::interrupt::Stop;
use crate::print::say;

/// Who acts.
#[derive(Debug, Args)]
pub(crate) struct AsArgs {
    /// Credential file of the officer who acts.
    #[arg(id = "as", long = "as", value_name = "FILE", env = "GELOMBANG_AS")]
    pub(crate) credential: PathBuf,
}

impl AsArgs {
    /// Reads the file; before the database is opened, so that a wrong one costs nothing.
    pub(crate) fn read(&self) -> anyhow::Result<Credential> {
        Ok(Credential::read(&self.credential)?)
    }
}

/// Who acts, where, and under which rules.
#[derive(Debug, Args)]
pub(crate) struct OfficeArgs {
    #[command(flatten)]
    pub(crate) officer: AsArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) reference: ReferenceArgs,
}

/// What an act of an officer is done with.
pub(crate) struct Scene<'a> {
    pub(crate) officer: Officer,
    pub(crate) desk: Desk<'a>,
}

impl Scene<'_> {
    /// Turns a proposal down, or takes the officer's own back; says which.
    pub(crate) async fn turn_down(
        &mut self,
        which: (TwoPersonAct, &str),
        reason: &str,
    ) -> anyhow::Result<String> {
        let state = reject(&mut self.desk.act(), &self.officer, which, reason).await?;
        Ok(match state {
            ProposalState::Withdrawn => "The proposal is withdrawn.".to_owned(),
            _ => "The proposal is rejected.".to_owned(),
        })
    }
}

/// Runs the body for the officer of these arguments, and prints what it says.
pub(crate) async fn as_officer(
    office: &OfficeArgs,
    policies: &Policies,
    stop: &Stop,
    body: impl AsyncFnOnce(&mut Scene<'_>) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    let credential = office.officer.read()?;
    let installation = Installation::open(&office.data, Purpose::Beside, stop).await?;
    let said = installation
        .close_after(async |installation| {
            stop.ends(async {
                let officer = officer_of(installation, &credential).await?;
                let desk = Desk::of(installation, policies, &officer).await?;
                body(&mut Scene { officer, desk }).await
            })
            .await
        })
        .await?;
    say(&said)
}

/// The officer who holds a credential.
pub(crate) async fn officer_of(
    installation: &Installation,
    credential: &Credential,
) -> anyhow::Result<Officer> {
    Ok(authenticate(&installation.database, credential).await?)
}

/// An officer's place at the machine.
pub(crate) struct Desk<'a> {
    installation: &'a Installation,
    policies: &'a Policies,
    keys: KeyRing,
    rng: SystemRng,
    actor: String,
    request_id: String,
    now: Timestamp,
}

impl<'a> Desk<'a> {
    /// A desk of an officer.
    pub(crate) async fn of(
        installation: &'a Installation,
        policies: &'a Policies,
        officer: &Officer,
    ) -> anyhow::Result<Self> {
        Self::named(installation, policies, officer.id.to_string()).await
    }

    /// A desk of somebody whose name goes into the trail.
    pub(crate) async fn named(
        installation: &'a Installation,
        policies: &'a Policies,
        actor: String,
    ) -> anyhow::Result<Self> {
        let keys = installation.keys().await?;
        // The database's time decides what is due, whatever this machine's clock says.
        let (now, mut random) = (installation.database.server_time().await?, [0; 10]);
        SystemRng.fill_bytes(&mut random);
        let request_id = format!("cli_{}", uuid_at(now, random).simple());
        Ok(Self { installation, policies, keys, rng: SystemRng, actor, request_id, now })
    }

    /// The database of the installation.
    pub(crate) const fn database(&self) -> &Database {
        &self.installation.database
    }

    /// An act of this call of the command.
    pub(crate) fn act(&mut self) -> Act<'_> {
        Act {
            database: &self.installation.database,
            keys: &self.keys,
            policies: self.policies,
            now: self.now,
            actor: &self.actor,
            request_id: &self.request_id,
            rng: &mut self.rng,
        }
    }
}
