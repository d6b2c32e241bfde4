//! Who may act for the institution.

use std::collections::BTreeSet;

use domain::ids::OfficerId;
use domain::officers::{
    Approval, FOUNDERS, Officer, ReasonFault, Role, SoleAct, TwoPersonAct, read_reason,
};
use domain::policy::Named as _;
use domain::time::Timestamp;
use serde_json::{Value, json};
pub use storage::credentials::OfficerRow;
use storage::credentials::{
    USED_CREDENTIAL, credential_replace, credentialed_count, office_lock, officer_of_credential,
    officer_retire, officer_roles_insert, officers_list, officers_of_role_count,
};
use storage::database::{Database, Tx};
use storage::error::StorageError;
use storage::officers::{officer_find, officer_insert};
use storage::proposals::proposals_withdraw_of;

use crate::act::{Act, ActError, Event};
use crate::credential::Credential;
use crate::proposals::{ProposalRow, Request, parameters_of};

/// Longest name of an officer in bytes; it stands in one line of a list.
const NAME_BYTES_MAX: usize = 100;

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
    /// The id is of an officer with another name.
    #[error("the officer of this id has another name; see `gelombang admin officer list`")]
    OtherName,
    /// Too little for a new officer.
    #[error("a new officer needs a name, a role and a credential")]
    Incomplete,
    /// Nothing is given to an officer who is there.
    #[error("officer {0} would be given nothing; name a role or a credential")]
    NothingGiven(String),
    /// The credential is not new.
    #[error("the officer had this credential before; make a new one")]
    CredentialUsed,
    /// Not the recovery code in force.
    #[error(
        "this is not the recovery code of that officer; look for a mistake in copying, and mind that a code ends with \
         the credential it was made under"
    )]
    WrongCode,
    /// The name is none.
    #[error("the name of an officer has 1 to {NAME_BYTES_MAX} bytes and no control characters")]
    NoName,
    /// The reason is none.
    #[error(transparent)]
    Reason(#[from] ReasonFault),
}

impl OfficerRefusal {
    /// A stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownCredential => "no_officer",
            Self::Founded => "officers_founded",
            Self::FounderRole => "founder_role",
            Self::Unknown(_) => "unknown_officer",
            Self::NameTaken(_) => "officer_name_taken",
            Self::Retired(_) => "office_ended",
            Self::LastAdministrators(_) => "last_administrators",
            Self::OtherName => "officer_other_name",
            Self::Incomplete => "officer_incomplete",
            Self::NothingGiven(_) => "nothing_given",
            Self::CredentialUsed => "credential_used",
            Self::WrongCode => "wrong_recovery_code",
            Self::NoName => "officer_no_name",
            Self::Reason(_) => "reason",
        }
    }
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

/// The request to two administrators that asks for this.
pub fn empower_request(power: &Empowerment) -> Request {
    Request { act: TwoPersonAct::Empower, subject: power.subject(), parameters: power.parameters() }
}

/// What a proposal asks for.
///
/// # Errors
/// [`StorageError::Inconsistency`] if another version has written it.
pub fn proposed_power(proposal: &ProposalRow) -> Result<Empowerment, ActError> {
    let parameters = parameters_of(proposal)?;
    let id = proposal.subject.strip_prefix("officer:").and_then(OfficerId::parse);
    let power = id.and_then(|id| Empowerment::from_parameters(id, &parameters));
    let broken = StorageError::Inconsistency { table: "proposals", column: "parameters" };
    Ok(power.ok_or(broken)?)
}

/// What an officer is to be given whose id and credential a client has made: the name may be left out of who is
/// there, and roles or credential where they stay.
///
/// # Errors
/// [`OfficerRefusal`] if it does not fit who is there.
pub async fn complete_power(
    database: &Database,
    officer: OfficerId,
    name: Option<&str>,
    roles: BTreeSet<Role>,
    credential: Option<[u8; 32]>,
) -> Result<Empowerment, ActError> {
    let listed = officers_list(&mut *database.begin().await?).await?;
    let known = listed.iter().find(|row| row.officer.id == officer);
    let name = match (known, name) {
        (Some(row), _) if row.retired_at.is_some() => {
            return Err(OfficerRefusal::Retired(row.officer.name.clone()).into());
        }
        (Some(row), Some(name)) if name != row.officer.name => {
            return Err(OfficerRefusal::OtherName.into());
        }
        (Some(row), _) if roles.is_empty() && credential.is_none() => {
            return Err(OfficerRefusal::NothingGiven(row.officer.name.clone()).into());
        }
        (Some(row), _) => row.officer.name.clone(),
        (None, Some(name)) if !roles.is_empty() && credential.is_some() => {
            require_name(name)?;
            if listed.iter().any(|row| row.officer.name == name) {
                return Err(OfficerRefusal::NameTaken(name.to_owned()).into());
            }
            name.to_owned()
        }
        (None, _) => return Err(OfficerRefusal::Incomplete.into()),
    };
    Ok(Empowerment { officer, name, roles, credential })
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
    apply(act.now, &mut tx, founder).await?;
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
    apply(act.now, &mut tx, power).await?;
    let detail = roles_detail(power);
    record(act, &mut tx, "officer_empower", power.officer, approval.reason(), detail).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Replaces an officer's credential in force by a new one of the same officer, known by its SHA-256. Asked again
/// with the new one, it is done already.
///
/// # Errors
/// [`OfficerRefusal::UnknownCredential`] if the old one was replaced meanwhile; nothing changes then.
pub async fn renew_credential(
    act: &mut Act<'_>,
    old: &Credential,
    new_sha256: [u8; 32],
) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    office_lock(&mut tx).await?;
    let holder = officer_of_credential(&mut tx, old.officer(), old.sha256()).await?;
    let id = holder.ok_or(OfficerRefusal::UnknownCredential)?.id;
    if old.sha256() == new_sha256 {
        return Ok(());
    }
    issue(&mut tx, id, new_sha256, act.now).await?;
    record(act, &mut tx, "credential_renew", id, "asked by its holder", json!({})).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Ends an office, with credential and open proposals. It takes power away, and must be quick when a credential
/// is lost, so one administrator does it alone.
///
/// # Errors
/// [`OfficerRefusal::LastAdministrators`] if fewer than two administrators would be left.
pub async fn retire_officer(
    act: &mut Act<'_>,
    officer: &Officer,
    retired: OfficerId,
    reason: &str,
) -> Result<(), ActError> {
    officer.require(SoleAct::Retire.role())?;
    let mut tx = act.database.begin().await?;
    retire_within(&mut tx, act, retired, reason).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// [`retire_officer`] within the caller's transaction, by an officer who has the role.
pub(crate) async fn retire_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    retired: OfficerId,
    reason: &str,
) -> Result<(), ActError> {
    require_reason(reason)?;
    office_lock(tx).await?;
    let name = in_office(tx, |officer| officer.id == retired).await?;
    let name = name.ok_or_else(|| OfficerRefusal::Unknown(retired.to_string()))?.name;
    officer_retire(tx, retired, act.now).await?;
    if officers_of_role_count(tx, Role::Administrator).await? < FOUNDERS {
        return Err(OfficerRefusal::LastAdministrators(name).into());
    }
    proposals_withdraw_of(tx, retired, act.now).await?;
    record(act, tx, "officer_retire", retired, reason, json!({})).await
}

/// Refuses what is no reason.
pub(crate) fn require_reason(text: &str) -> Result<(), OfficerRefusal> {
    Ok(read_reason(text).map(drop)?)
}

fn require_name(name: &str) -> Result<(), OfficerRefusal> {
    let is_name = !name.trim().is_empty()
        && name.len() <= NAME_BYTES_MAX
        && !name.chars().any(char::is_control);
    if is_name { Ok(()) } else { Err(OfficerRefusal::NoName) }
}

/// The id of an officer in office.
///
/// # Errors
/// [`OfficerRefusal`] if there is none of this name, or the office has ended.
pub async fn find_in_office(database: &Database, name: &str) -> Result<OfficerId, ActError> {
    let mut tx = database.begin().await?;
    let found = in_office(&mut tx, |officer| officer.name == name).await?;
    Ok(found.ok_or_else(|| OfficerRefusal::Unknown(name.to_owned()))?.id)
}

/// The officer who is looked for, who must not have retired; `None` if there is none.
pub(crate) async fn in_office(
    conn: &mut sqlx::PgConnection,
    is_sought: impl Fn(&Officer) -> bool,
) -> Result<Option<Officer>, ActError> {
    let found = officers_list(conn).await?.into_iter().find(|row| is_sought(&row.officer));
    match found {
        Some(row) if row.retired_at.is_some() => {
            Err(OfficerRefusal::Retired(row.officer.name).into())
        }
        found => Ok(found.map(|row| row.officer)),
    }
}

async fn apply(
    now: Timestamp,
    conn: &mut sqlx::PgConnection,
    power: &Empowerment,
) -> Result<(), ActError> {
    require_name(&power.name)?;
    match officer_find(conn, &power.name).await? {
        None => officer_insert(conn, power.officer, &power.name, now).await?,
        Some(known) if known == power.officer => {
            in_office(conn, |officer| officer.id == known).await?;
        }
        Some(_) => return Err(OfficerRefusal::NameTaken(power.name.clone()).into()),
    }
    officer_roles_insert(conn, power.officer, &power.roles, now).await?;
    if let Some(digest) = power.credential {
        issue(conn, power.officer, digest, now).await?;
    }
    Ok(())
}

/// Puts a credential in force in place of the one before.
async fn issue(
    conn: &mut sqlx::PgConnection,
    officer: OfficerId,
    secret_sha256: [u8; 32],
    now: Timestamp,
) -> Result<(), ActError> {
    match credential_replace(conn, officer, secret_sha256, now).await {
        Err(StorageError::Conflict { constraint }) if constraint == USED_CREDENTIAL => {
            Err(OfficerRefusal::CredentialUsed.into())
        }
        done => Ok(done?),
    }
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
