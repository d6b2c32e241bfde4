//! Registering one person, by the holder of an account and under a client's key.

use domain::client_key::ClientKey;
use domain::eligibility::CheckKind;
use domain::funnel::Education;
use domain::identity::{Employment, Identity};
use domain::ids::{AccountId, PersonId};
use domain::nik::Sex;
use domain::notice::Notice;
use domain::policy::Named as _;
use domain::region::RegionCode;
use storage::accounts::{account_link, account_lock};
use storage::client_keys::{NewAnswer, client_key_find, client_key_insert};
use storage::error::StorageError;
use storage::notices::tell_accounts;
use storage::vault::identity_encode;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::act::{Act, ActError};
use crate::checks::begin_checks;
use crate::register::{Registration, RegistrationRefusal, register_within};

/// What a person states about herself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Who it is.
    pub identity: Identity,
    /// Sex.
    pub sex: Sex,
    /// Last education completed.
    pub education: Education,
    /// Work situation.
    pub employment: Employment,
    /// Regency of the family card.
    pub region: RegionCode,
    /// States a disability.
    pub disability: bool,
}

/// What a registration came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterAnswer {
    /// Registered; also the answer to the same key again.
    Registered(PersonId),
    /// Refused; the key is answered so from now on.
    Refused(RegistrationRefusal),
    /// The account has registered somebody before, under another key.
    AccountHasPerson,
    /// The key was used for another request.
    KeyReused,
}

const ACT: &str = "person_register";
/// Constraint that refuses the second of two registrations of a number at the same moment.
const NIK_TAKEN: &str = "person_niks_pkey";

/// Registers a person for an account in one transaction, with the job that asks the registers: until they
/// have answered the person can join, and is drawn once the answers are in.
///
/// # Errors
/// [`ActError`]; nothing is kept then.
pub async fn register_person(
    act: &mut Act<'_>,
    account: AccountId,
    key: &ClientKey,
    statement: &Statement,
) -> Result<RegisterAnswer, ActError> {
    match register_once(act, account, key, statement).await {
        // The other registration of this number has committed, so this one is judged beside it.
        Err(ActError::Storage(StorageError::Conflict { constraint }))
            if constraint == NIK_TAKEN =>
        {
            register_once(act, account, key, statement).await
        }
        done => done,
    }
}

async fn register_once(
    act: &mut Act<'_>,
    account: AccountId,
    key: &ClientKey,
    statement: &Statement,
) -> Result<RegisterAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    // Requests of one account come one after another, so its keys cannot collide.
    let person = account_lock(&mut tx, account).await?;
    let request_index = act.keys.request_index(ACT, &request_bytes(statement));
    if let Some(known) = client_key_find(&mut tx, account.uuid(), key).await? {
        return match from_code(&known.answer) {
            _ if known.request_index != request_index => Ok(RegisterAnswer::KeyReused),
            Some(answer) => Ok(answer),
            None => {
                Err(StorageError::Inconsistency { table: "client_keys", column: "answer" }.into())
            }
        };
    }
    if person.is_some() {
        return Ok(RegisterAnswer::AccountHasPerson);
    }
    let registration = registration(act, statement);
    let person_id = registration.person_id;
    let outcome = register_within(act, &mut tx, &[registration]).await?;
    let answer = if let Some((_, refusal)) = outcome.refused.first() {
        RegisterAnswer::Refused(*refusal)
    } else {
        account_link(&mut tx, account, person_id).await?;
        tell_accounts(&mut tx, act.telling(), Notice::Registered, &[account]).await?;
        begin_checks(&mut tx, act, person_id, CheckKind::ALL).await?;
        RegisterAnswer::Registered(person_id)
    };
    let code = code(answer);
    let new = NewAnswer { actor: account.uuid(), key, act: ACT, request_index, answer: &code };
    client_key_insert(&mut tx, new, act.now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(answer)
}

fn registration(act: &mut Act<'_>, statement: &Statement) -> Registration {
    Registration {
        person_id: PersonId::at(act.now, act.id_bytes()),
        identity: statement.identity.clone(),
        sex: statement.sex,
        education: statement.education,
        employment: statement.employment,
        region: statement.region,
        disability: statement.disability,
        findings: Vec::new(),
        registered_at: act.now,
    }
}

/// Everything stated, for the keyed digest that is kept with the client's key.
fn request_bytes(statement: &Statement) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(identity_encode(&statement.identity));
    for name in [statement.sex.name(), statement.education.name(), statement.employment.name()] {
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
    }
    bytes.extend_from_slice(&statement.region.get().to_be_bytes());
    bytes.push(u8::from(statement.disability));
    bytes
}

/// The code kept with the key.
fn code(answer: RegisterAnswer) -> String {
    match answer {
        RegisterAnswer::Registered(person) => person.uuid().to_string(),
        RegisterAnswer::Refused(refusal) => refusal.code().to_owned(),
        RegisterAnswer::AccountHasPerson | RegisterAnswer::KeyReused => String::new(),
    }
}

fn from_code(code: &str) -> Option<RegisterAnswer> {
    let refused = RegistrationRefusal::ALL.into_iter().find(|refusal| refusal.code() == code);
    refused.map(RegisterAnswer::Refused).or_else(|| {
        let id = Uuid::parse_str(code).ok()?;
        Some(RegisterAnswer::Registered(PersonId::from_uuid(id)))
    })
}
