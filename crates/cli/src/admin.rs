//! `admin`: officers, their roles and credentials.

mod keys;
mod recovery;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use app::act::ActError;
use app::credential::Credential;
use app::officers::{
    Empowerment, OfficerRefusal, OfficerRow, add_founder, empower, empower_request, find_in_office,
    list_officers, proposed_power, renew_credential, retire_officer, subject,
};
use app::proposals::{Listed, ProposalRow};
use app::proposals::{approve, list_proposals, open_proposal, parameters_of, propose, reject};
use app::reference::Reference;
use clap::{Args, Subcommand};
use domain::ids::OfficerId;
use domain::officers::{ProposalState, Role, TwoPersonAct};
use domain::policy::Named as _;
use domain::time::Timestamp;
use rand_core::Rng as _;
use serde_json::json;
use storage::error::StorageError;

use self::keys::KeysWhat;
use self::recovery::{CodeArgs, RecoverArgs};
use crate::clock;
use crate::desk::{AsArgs, Desk, officer_of};
use crate::installation::{DataArgs, Installation, Purpose, SystemRng};
use crate::interrupt::Stop;
use crate::print::say;

/// Arguments of `admin`.
#[derive(Debug, Args)]
pub(crate) struct AdminArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Officers: who may act for the institution.
    Officer {
        #[command(subcommand)]
        what: OfficerWhat,
    },
    /// Keys of sealed identities and draws.
    Keys {
        #[command(subcommand)]
        what: KeysWhat,
    },
}

#[derive(Debug, Subcommand)]
enum OfficerWhat {
    /// Add an officer, or propose one once the first two are there; or propose more roles for one.
    Add(AddArgs),
    /// Replace a credential: one's own at once, another's by proposal.
    Credential(CredentialArgs),
    /// Approve what another administrator proposed for an officer.
    Approve(ApproveArgs),
    /// Turn down what was proposed for an officer, or take one's own proposal back.
    Reject(ReasonArgs),
    /// End an office with its credential, at once.
    Retire(ReasonArgs),
    /// Make the recovery code of one's own office, to be kept on paper; administrators only.
    RecoveryCode(CodeArgs),
    /// Propose another credential in place of one's own lost one, by the recovery code.
    Recover(RecoverArgs),
    /// List officers with their roles.
    List(ListArgs),
}

#[derive(Debug, Args)]
struct AddArgs {
    /// Name of the officer.
    name: String,
    /// Roles: administrator, policy, operator, approver.
    #[arg(long = "role", value_name = "ROLE", value_delimiter = ',', required = true, value_parser = parse_role)]
    roles: Vec<Role>,
    /// New file for the officer's credential; left out for an officer who has one.
    #[arg(long, value_name = "FILE")]
    credential: Option<PathBuf>,
    /// Credential file of the administrator who proposes; the first two officers have none.
    #[arg(long = "as", value_name = "FILE", env = "GELOMBANG_AS", requires = "reason")]
    proposer: Option<PathBuf>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Args)]
struct CredentialArgs {
    /// Name of the officer.
    name: String,
    /// New file for the credential.
    #[arg(long, value_name = "FILE")]
    credential: PathBuf,
    /// Why; needed for another's.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    officer: AsArgs,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Args)]
struct ApproveArgs {
    /// Name of the officer.
    name: String,
    /// The roles that were proposed, all of them; none where only a credential is replaced.
    #[arg(long = "role", value_name = "ROLE", value_delimiter = ',', value_parser = parse_role)]
    roles: Vec<Role>,
    #[command(flatten)]
    officer: AsArgs,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Args)]
struct ReasonArgs {
    /// Name of the officer.
    name: String,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    officer: AsArgs,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::from_name(text).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("`{text}` is no role; choose among {}", known.join(", "))
    })
}

impl OfficerWhat {
    const fn data(&self) -> &DataArgs {
        match self {
            Self::Add(args) => &args.data,
            Self::Credential(args) => &args.data,
            Self::Approve(args) => &args.data,
            Self::Reject(args) | Self::Retire(args) => &args.data,
            Self::RecoveryCode(args) => &args.data,
            Self::Recover(args) => &args.data,
            Self::List(args) => &args.data,
        }
    }

    const fn purpose(&self) -> Purpose {
        match self {
            Self::Add(_) => Purpose::Found,
            Self::Credential(_)
            | Self::Approve(_)
            | Self::Reject(_)
            | Self::Retire(_)
            | Self::RecoveryCode(_)
            | Self::Recover(_)
            | Self::List(_) => Purpose::Beside,
        }
    }
}

/// Runs `admin`.
pub(crate) async fn run(args: AdminArgs, stop: &Stop) -> anyhow::Result<()> {
    let what = match args.what {
        What::Keys { what } => return keys::run(what, stop).await,
        What::Officer { what } => what,
    };
    let installation = Installation::open(what.data(), what.purpose(), stop).await?;
    let said = installation
        .close_after(async |installation| stop.ends(run_officer(&what, installation)).await)
        .await?;
    say(&said)
}

async fn run_officer(what: &OfficerWhat, installation: &Installation) -> anyhow::Result<String> {
    // Acts about officers are judged by no policy; an act is given the built-in ones.
    let policies = &Reference::builtin()?.policies;
    match what {
        OfficerWhat::Add(args) => match (&args.proposer, &args.reason) {
            (Some(proposer), Some(reason)) => {
                let officer = officer_of(installation, &Credential::read(proposer)?).await?;
                let mut desk = Desk::of(installation, policies, &officer).await?;
                let id = known_or_new(installation, &args.name).await?;
                let roles = args.roles.iter().copied().collect();
                let (power, made) = empowerment(id, &args.name, roles, args.credential.as_deref())?;
                let request = empower_request(&power);
                let act = &mut desk.act();
                keep_if(propose(act, &officer, &request, reason).await, made)?;
                Ok(proposed(&args.name))
            }
            _ => found(args, installation, policies).await,
        },
        OfficerWhat::Credential(args) => {
            let old = args.officer.read()?;
            let officer = officer_of(installation, &old).await?;
            let mut desk = Desk::of(installation, policies, &officer).await?;
            if officer.name == args.name {
                let credential = Credential::make(officer.id, &mut SystemRng);
                credential.write_new(&args.credential)?;
                let renewed = renew_credential(&mut desk.act(), &old, credential.sha256()).await;
                keep_if(renewed, Some(&args.credential))?;
                return Ok(format!(
                    "The credential in {} is in force, the old one no more, nor its recovery code.",
                    args.credential.display()
                ));
            }
            let Some(reason) = &args.reason else { bail!("say why with --reason") };
            let id = find_in_office(&installation.database, &args.name).await?;
            let (power, made) =
                empowerment(id, &args.name, BTreeSet::new(), Some(&args.credential))?;
            let act = &mut desk.act();
            keep_if(propose(act, &officer, &empower_request(&power), reason).await, made)?;
            Ok(proposed(&args.name))
        }
        OfficerWhat::Approve(args) => {
            let officer = officer_of(installation, &args.officer.read()?).await?;
            let mut desk = Desk::of(installation, policies, &officer).await?;
            let proposal = proposal_for(installation, &args.name).await?;
            // What is approved is what this officer says, not whatever lies there by now.
            let roles = args.roles.iter().copied().collect();
            let power = Empowerment { roles, ..power_of(&proposal)? };
            let body = async |act: &mut app::act::Act<'_>, approval: &_| {
                empower(act, &power, approval).await
            };
            approve(&mut desk.act(), &officer, &empower_request(&power), body).await?;
            let credential = if power.credential.is_some() { "a new" } else { "the same" };
            let roles: Vec<&str> = power.roles.iter().map(|role| role.name()).collect();
            let roles = if roles.is_empty() { "none".to_owned() } else { roles.join(", ") };
            Ok(format!("{}: roles added: {roles}; {credential} credential.", args.name))
        }
        OfficerWhat::Reject(args) => {
            let officer = officer_of(installation, &args.officer.read()?).await?;
            let mut desk = Desk::of(installation, policies, &officer).await?;
            let proposal = proposal_for(installation, &args.name).await?;
            let which = (TwoPersonAct::Empower, proposal.subject.as_str());
            let state = reject(&mut desk.act(), &officer, which, &args.reason).await?;
            Ok(match state {
                ProposalState::Withdrawn => format!("The proposal for {} is withdrawn.", args.name),
                _ => format!("The proposal for {} is rejected.", args.name),
            })
        }
        OfficerWhat::Retire(args) => {
            let officer = officer_of(installation, &args.officer.read()?).await?;
            let mut desk = Desk::of(installation, policies, &officer).await?;
            let retired = find_in_office(&installation.database, &args.name).await?;
            retire_officer(&mut desk.act(), &officer, retired, &args.reason).await?;
            Ok(format!("{} has retired; the credential is not in force any more.", args.name))
        }
        OfficerWhat::RecoveryCode(args) => recovery::make(args, installation, policies).await,
        OfficerWhat::Recover(args) => recovery::recover(args, installation, policies).await,
        OfficerWhat::List(args) => {
            let rows = list_officers(&installation.database).await?;
            Ok(if args.json { as_json(&rows) } else { as_table(&rows) })
        }
    }
}

/// Adds one of the first two officers.
async fn found(
    args: &AddArgs,
    installation: &Installation,
    policies: &app::reference::Policies,
) -> anyhow::Result<String> {
    let Some(path) = &args.credential else { bail!("name a new file with --credential") };
    let mut desk = Desk::named(installation, policies, "founding".to_owned()).await?;
    let roles = args.roles.iter().copied().collect();
    let (founder, made) = empowerment(new_id(), &args.name, roles, Some(path))?;
    keep_if(add_founder(&mut desk.act(), &founder).await, made)?;
    Ok(format!(
        "{} is an officer. Who holds {} acts as that officer: hand it over, and keep no copy. Then have the officer \
         make a recovery code: gelombang admin officer recovery-code --as FILE",
        args.name,
        path.display()
    ))
}

fn new_id() -> OfficerId {
    let mut random = [0; 10];
    SystemRng.fill_bytes(&mut random);
    OfficerId::at(clock::now(), random)
}

/// The id of the officer of this name, the one that an open proposal has for the name, or a new one.
async fn known_or_new(installation: &Installation, name: &str) -> anyhow::Result<OfficerId> {
    match find_in_office(&installation.database, name).await {
        Err(ActError::Officer(OfficerRefusal::Unknown(_))) => {}
        found => return Ok(found?),
    }
    let proposed = open_proposal_by_name(installation, name).await?;
    Ok(proposed
        .map(|proposal| power_of(&proposal))
        .transpose()?
        .map_or_else(new_id, |it| it.officer))
}

/// What is to be given, with the credential file that was made for it.
fn empowerment<'a>(
    officer: OfficerId,
    name: &str,
    roles: BTreeSet<Role>,
    path: Option<&'a Path>,
) -> anyhow::Result<(Empowerment, Option<&'a Path>)> {
    let credential = match path {
        Some(path) => {
            let credential = Credential::make(officer, &mut SystemRng);
            credential.write_new(path)?;
            Some(credential.sha256())
        }
        None => None,
    };
    Ok((Empowerment { officer, name: name.to_owned(), roles, credential }, path))
}

/// Takes a credential file away again if the database has refused it; if its answer is not known, the file
/// stays.
fn keep_if<T>(done: Result<T, ActError>, made: Option<&Path>) -> anyhow::Result<T> {
    let is_unknown = matches!(done, Err(ActError::Storage(StorageError::Driver(_))));
    if let (Err(_), Some(path), false) = (&done, made, is_unknown) {
        std::fs::remove_file(path)?;
    }
    Ok(done?)
}

fn proposed(name: &str) -> String {
    format!(
        "Proposed for {name}. Another administrator approves it, naming the same roles: gelombang admin officer \
         approve '{name}' --role ROLE --as FILE"
    )
}

/// The open proposal about the officer of this name, who may not be there yet.
async fn proposal_for(installation: &Installation, name: &str) -> anyhow::Result<ProposalRow> {
    let database = &installation.database;
    if let Ok(id) = find_in_office(database, name).await {
        return Ok(open_proposal(database, TwoPersonAct::Empower, &subject(id)).await?);
    }
    let proposed = open_proposal_by_name(installation, name).await?;
    proposed.with_context(|| format!("nothing is proposed for {name}; see `gelombang proposals`"))
}

/// The open proposal to add an officer of this name.
async fn open_proposal_by_name(
    installation: &Installation,
    name: &str,
) -> anyhow::Result<Option<ProposalRow>> {
    for proposal in list_proposals(&installation.database, Listed::Open).await? {
        let is_it = proposal.act == TwoPersonAct::Empower
            && parameters_of(&proposal)?.get("name").is_some_and(|known| known == name);
        if is_it {
            return Ok(Some(proposal));
        }
    }
    Ok(None)
}

fn power_of(proposal: &ProposalRow) -> anyhow::Result<Empowerment> {
    proposed_power(proposal).context("the proposal is of another version of gelombang; reject it")
}

fn roles_of(row: &OfficerRow) -> String {
    row.officer.roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(",")
}

fn as_table(rows: &[OfficerRow]) -> String {
    if rows.is_empty() {
        return "There are no officers. Add the first two: gelombang admin officer add NAME --role \
                administrator --credential FILE"
            .to_owned();
    }
    let width = rows.iter().map(|row| row.officer.name.chars().count()).max().unwrap_or(0);
    let lines = rows.iter().map(|row| {
        let standing = match (row.retired_at, row.credential_at) {
            (Some(at), _) => format!("retired {at}"),
            (None, Some(at)) => format!("credential of {at}"),
            (None, None) => "no credential, cannot act".to_owned(),
        };
        format!("{:<width$}  {:<40}  {standing}", row.officer.name, roles_of(row))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn as_json(rows: &[OfficerRow]) -> String {
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let officers: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.officer.id.to_string(),
                "name": row.officer.name,
                "roles": row.officer.roles.iter().map(|role| role.name()).collect::<Vec<_>>(),
                "created_at": row.created_at.to_string(),
                "credential_at": instant(row.credential_at),
                "retired_at": instant(row.retired_at),
            })
        })
        .collect();
    json!({ "officers": officers }).to_string()
}
