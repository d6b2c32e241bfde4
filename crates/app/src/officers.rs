//! Who may act for the institution.

use std::collections::BTreeSet;

use domain::ids::OfficerId;
use domain::officers::{
    Approval, FOUNDERS, Officer, ReasonFault, Role, SoleAct, TwoPersonAct, read_reason,
};
use domain::policy::Named as _;
use serde_json::{Value, json};
pub use storage::credentials::OfficerRow;
use storage::credentials::{
    credential_replace, credentialed_count, office_lock, officer_of_credential, officer_retire,
    officer_roles_insert, officers_list, officers_of_role_count,
};
use storage::database::Database;
use storage::error::StorageError;
use storage::officers::{officer_find, officer_insert};
use storage::proposals::proposals_withdraw_of;

use crate::act::{Act, ActError, Event};
use crate::credential::Credential;

/// Why an act about officers was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfficerRefusal {
    /// The credential is not in force.
    #[error(
        "this credential is not in force: it is of another installation, was replaced, or its officer has retired; \
         have a new one issued"
    )]
    UnknownCredential,
    /// Two are there, so a second person is to be had.
    #[error(
        "this installation has its first {FOUNDERS} officers; propose the new one with --as and --reason, and have \
         another administrator approve"
    )]
    Founded,
    /// The first officers must be able to add others.
    #[error(
        "the first {FOUNDERS} officers must be administrators, or nobody could add others; give --role administrator"
    )]
    FounderRole,
    /// Nobody of this name.
    #[error("there is no officer {0}; see `gelombang admin officer list`")]
    Unknown(String),
    /// The name is taken.
    #[error(
        "there is an officer {0} already; use another name, or propose a role for the one who is there"
    )]
    NameTaken(String),
    /// The office has ended.
    #[error("officer {0} has retired; add a new officer instead")]
    Retired(String),
    /// Too few would be left.
    #[error(
        "officer {0} is one of the last {FOUNDERS} administrators, and nobody could be added any more; add another one first"
    )]
    LastAdministrators(String),
    /// The name is empty.
    #[error("the name of an officer must not be empty")]
    NoName,
    /// The reason is none.
    #[error(transparent)]
    Reason(#[from] ReasonFault),
}

/// An officer to be added, or power to be given to one who is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Empowerment {
    /// Who.
    pub officer: OfficerId,
    /// Name.
    pub name: String,
    /// Roles to be given.
    pub roles: BTreeSet<Role>,
    /// SHA-256 of the secret of the new credential, if there is to be one.
    pub credential: Option<[u8; 32]>,
}

impl Empowerment {
    /// How proposals and events name the officer.
    pub fn subject(&self) -> String {
        subject(self.officer)
    }

    /// What a proposal holds of it.
    pub fn parameters(&self) -> Value {
        let roles: Vec<&str> = self.roles.iter().map(|role| role.name()).collect();
        json!({
            "name": self.name,
            "roles": roles,
            "credential_sha256": self.credential.map(|digest| storage::keys::to_hex(&digest)),
        })
    }

    /// Reads what [`Empowerment::parameters`] wrote.
    pub fn from_parameters(officer: OfficerId, parameters: &Value) -> Option<Self> {
        let roles = parameters.get("roles")?.as_array()?;
        let roles: Option<BTreeSet<Role>> =
            roles.iter().map(|role| Role::from_name(role.as_str()?)).collect();
        let credential = match parameters.get("credential_sha256")? {
            Value::Null => None,
            digest => Some(storage::keys::from_hex(digest.as_str()?)?),
        };
        let name = parameters.get("name")?.as_str()?.to_owned();
        Some(Self { officer, name, roles: roles?, credential })
    }
}

/// How proposals and events name an officer.
pub fn subject(officer: OfficerId) -> String {
    format!("officer:{}", officer.uuid())
}

/// Adds officers of these names unless they are there, all in one transaction; gives their ids in the
/// order of the names. They have no credential, so nobody can act as one of them.
///
/// # Errors
/// [`ActError`]; none is added then. If another one adds the same name at this moment, it is a conflict.
pub async fn ensure_officers<const N: usize>(
    act: &mut Act<'_>,
    names: [&str; N],
    reason: &str,
) -> Result<[OfficerId; N], ActError> {
    let mut tx = act.database.begin().await?;
    let mut officers = names.map(|_| OfficerId::at(act.now, act.id_bytes()));
    for (officer, name) in officers.iter_mut().zip(names) {
        if let Some(known) = officer_find(&mut tx, name).await? {
            *officer = known;
            continue;
        }
        officer_insert(&mut tx, *officer, name, act.now).await?;
        record(act, &mut tx, "officer_add", *officer, reason, json!({})).await?;
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(officers)
}

/// The officer who holds a credential.
///
/// # Errors
/// [`OfficerRefusal::UnknownCredential`] unless it is in force.
pub async fn authenticate(
    database: &Database,
    credential: &Credential,
) -> Result<Officer, ActError> {
    let mut tx = database.begin().await?;
    let officer = officer_of_credential(&mut tx, credential.officer(), credential.sha256()).await?;
    Ok(officer.ok_or(OfficerRefusal::UnknownCredential)?)
}

/// All officers, by name.
///
/// # Errors
/// [`ActError`].
pub async fn list_officers(database: &Database) -> Result<Vec<OfficerRow>, ActError> {
    let mut tx = database.begin().await?;
    Ok(officers_list(&mut tx).await?)
}

/// Adds one of the first two officers, who have nobody to approve them.
///
/// # Errors
/// [`OfficerRefusal::Founded`] once two officers have had a credential; nothing changes then.
pub async fn add_founder(act: &mut Act<'_>, founder: &Empowerment) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    office_lock(&mut tx).await?;
    if credentialed_count(&mut tx).await? >= FOUNDERS {
        return Err(OfficerRefusal::Founded.into());
    }
    if !founder.roles.contains(&Role::Administrator) {
        return Err(OfficerRefusal::FounderRole.into());
    }
    if officer_find(&mut tx, &founder.name).await?.is_some() {
        return Err(OfficerRefusal::NameTaken(founder.name.clone()).into());
    }
    apply(act, &mut tx, founder).await?;
    let detail = roles_detail(founder);
    record(act, &mut tx, "officer_add", founder.officer, "first officers", detail).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Adds an officer, or gives one who is there roles or another credential. Two-person act.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn empower(
    act: &mut Act<'_>,
    power: &Empowerment,
    approval: &Approval,
) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    office_lock(&mut tx).await?;
    act.approve(&mut tx, TwoPersonAct::Empower, &power.subject(), approval).await?;
    apply(act, &mut tx, power).await?;
    let detail = roles_detail(power);
    record(act, &mut tx, "officer_empower", power.officer, approval.reason(), detail).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Replaces an officer's credential in force by a new one of the same officer.
///
/// # Errors
/// [`OfficerRefusal::UnknownCredential`] if the old one was replaced meanwhile; nothing changes then.
pub async fn renew_credential(
    act: &mut Act<'_>,
    old: &Credential,
    new: &Credential,
) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    office_lock(&mut tx).await?;
    let holder = officer_of_credential(&mut tx, old.officer(), old.sha256()).await?;
    let id = holder.ok_or(OfficerRefusal::UnknownCredential)?.id;
    credential_replace(&mut tx, id, new.sha256(), act.now).await?;
    record(act, &mut tx, "credential_renew", id, "asked by its holder", json!({})).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Ends the office of the officer of this name, with credential and open proposals. It takes power away,
/// and must be quick when a credential is lost, so one administrator does it alone.
///
/// # Errors
/// [`OfficerRefusal::LastAdministrators`] if fewer than two administrators would be left.
pub async fn retire_officer(
    act: &mut Act<'_>,
    officer: &Officer,
    name: &str,
    reason: &str,
) -> Result<(), ActError> {
    officer.require(SoleAct::Retire.role())?;
    require_reason(reason)?;
    let mut tx = act.database.begin().await?;
    office_lock(&mut tx).await?;
    let retired = in_office(&mut tx, name).await?;
    officer_retire(&mut tx, retired, act.now).await?;
    if officers_of_role_count(&mut tx, Role::Administrator).await? < FOUNDERS {
        return Err(OfficerRefusal::LastAdministrators(name.to_owned()).into());
    }
    proposals_withdraw_of(&mut tx, retired, act.now).await?;
    record(act, &mut tx, "officer_retire", retired, reason, json!({})).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Refuses what is no reason.
pub(crate) fn require_reason(text: &str) -> Result<(), OfficerRefusal> {
    Ok(read_reason(text).map(drop)?)
}

fn require_name(name: &str) -> Result<(), OfficerRefusal> {
    if name.trim().is_empty() { Err(OfficerRefusal::NoName) } else { Ok(()) }
}

/// The id of an officer in office.
///
/// # Errors
/// [`OfficerRefusal`] if there is none of this name, or the office has ended.
pub async fn find_in_office(database: &Database, name: &str) -> Result<OfficerId, ActError> {
    let mut tx = database.begin().await?;
    in_office(&mut tx, name).await
}

async fn in_office(conn: &mut sqlx::PgConnection, name: &str) -> Result<OfficerId, ActError> {
    let unknown = || OfficerRefusal::Unknown(name.to_owned());
    let listed = officers_list(conn).await?;
    let row = listed.into_iter().find(|row| row.officer.name == name).ok_or_else(unknown)?;
    match row.retired_at {
        Some(_) => Err(OfficerRefusal::Retired(name.to_owned()).into()),
        None => Ok(row.officer.id),
    }
}

async fn apply(
    act: &Act<'_>,
    conn: &mut sqlx::PgConnection,
    power: &Empowerment,
) -> Result<(), ActError> {
    require_name(&power.name)?;
    match officer_find(conn, &power.name).await? {
        None => officer_insert(conn, power.officer, &power.name, act.now).await?,
        Some(known) if known == power.officer => {
            in_office(conn, &power.name).await?;
        }
        Some(_) => return Err(OfficerRefusal::NameTaken(power.name.clone()).into()),
    }
    officer_roles_insert(conn, power.officer, &power.roles, act.now).await?;
    if let Some(digest) = power.credential {
        credential_replace(conn, power.officer, digest, act.now).await?;
    }
    Ok(())
}

fn roles_detail(power: &Empowerment) -> Value {
    let roles: Vec<&str> = power.roles.iter().map(|role| role.name()).collect();
    json!({ "roles": roles, "credential": power.credential.is_some() })
}

async fn record(
    act: &mut Act<'_>,
    conn: &mut sqlx::PgConnection,
    name: &str,
    officer: OfficerId,
    reason: &str,
    detail: Value,
) -> Result<(), ActError> {
    let subject = subject(officer);
    act.record(conn, Event { act: name, subject, from: None, to: None, reason, detail }).await
}
