//! Registering one person, by the holder of an account and under a client's key.

use std::net::IpAddr;

use domain::checks::ASKED;
use domain::client_key::ClientKey;
use domain::draft::Draft;
use domain::funnel::Education;
use domain::identity::{Employment, Identity};
use domain::ids::{AccountId, PersonId};
use domain::nik::Sex;
use domain::notice::Notice;
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::statement::{StatementTries, TryHolder};
use domain::time::Timestamp;
use serde_json::json;
use storage::ability::test_open;
use storage::accounts::{account_link, account_lock};
use storage::database::Tx;
use storage::error::StorageError;
use storage::notices::tell_accounts;
use storage::statements::{tries_find, tries_set};
use storage::vault::identity_encode;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::act::{Act, ActError, Event};
use crate::checks::begin_checks;
use crate::claim::{Claim, claim_within};
use crate::keyed::{Keyed, Known};
use crate::register::{Registration, RegistrationRefusal, register_within};
use crate::registration::end_draft;

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

/// Who registers somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registrant {
    /// The account.
    pub account: AccountId,
    /// Address of the network that asks, where there is one: failed claims from it are counted apart.
    pub network: Option<IpAddr>,
}

/// What a registration came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterAnswer {
    /// Registered; also the answer to the same key again.
    Registered(PersonId),
    /// Refused, so the same key may be sent again; nothing was done but to count a try at a NIK that is taken.
    Refused(RegistrationRefusal),
    /// The account has tried NIKs that are taken too often within a day.
    TooOften {
        /// First instant at which it may register again.
        until: Timestamp,
    },
    /// The account has registered somebody before, under another key.
    AccountHasPerson,
    /// The key was used for another request.
    KeyReused,
}

const ACT: &str = "person_register";
/// Constraint that refuses the second of two who state a number at the same moment.
pub(crate) const NIK_TAKEN: &str = "person_niks_pkey";

/// Registers a person for an account in one transaction, with the job that asks the registers: until they
/// have answered the person can join, and is drawn once the answers are in. Somebody whom the programme knows and no
/// account has is claimed by stating what is held.
///
/// # Errors
/// [`ActError`]; nothing is kept then.
pub async fn register_person(
    act: &mut Act<'_>,
    registrant: Registrant,
    key: &ClientKey,
    statement: &Statement,
) -> Result<RegisterAnswer, ActError> {
    match register_once(act, registrant, key, statement).await {
        Err(error) if is_nik_race(&error) => register_once(act, registrant, key, statement).await,
        done => done,
    }
}

/// True if another registration of the number has committed meanwhile, so that this one is judged beside it when it is
/// done again.
pub(crate) fn is_nik_race(error: &ActError) -> bool {
    matches!(error, ActError::Storage(StorageError::Conflict { constraint }) if constraint == NIK_TAKEN)
}

async fn register_once(
    act: &mut Act<'_>,
    registrant: Registrant,
    key: &ClientKey,
    statement: &Statement,
) -> Result<RegisterAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    // Requests of one account come one after another, so its keys cannot collide.
    let person = account_lock(&mut tx, registrant.account).await?;
    register_locked(act, (tx, person), registrant, key, (statement, None)).await
}

/// Registers in a transaction that holds the account, whose person this is, and ends it. A draft ends with it.
pub(crate) async fn register_locked(
    act: &mut Act<'_>,
    (mut tx, person): (Tx, Option<PersonId>),
    registrant: Registrant,
    key: &ClientKey,
    (statement, draft): (&Statement, Option<&Draft>),
) -> Result<RegisterAnswer, ActError> {
    let account = registrant.account;
    let request = request_bytes(statement);
    let keyed = Keyed::new(act.keys, (account.uuid(), key), ACT, &request);
    match keyed.known(&mut tx).await? {
        Known::New => {}
        Known::Reused => return Ok(RegisterAnswer::KeyReused),
        Known::Answered(id) => return answer_before(&id, person),
    }
    if person.is_some() {
        return Ok(RegisterAnswer::AccountHasPerson);
    }
    let before = tries_find(&mut tx, account.uuid()).await?;
    let tries = match StatementTries::take(before, TryHolder::Party, act.now) {
        Ok(tries) => tries,
        Err(over) => return Ok(RegisterAnswer::TooOften { until: over.until }),
    };
    let registration = registration(act, statement);
    let new_id = registration.person_id;
    let outcome = register_within(act, &mut tx, &[registration]).await?;
    let person_id = match outcome.refused.first() {
        None => {
            account_link(&mut tx, account, new_id).await?;
            begin_checks(&mut tx, act, new_id, ASKED).await?;
            test_open(&mut tx, new_id).await?;
            new_id
        }
        Some((_, RegistrationRefusal::NikTaken)) => {
            match claim_within(act, &mut tx, registrant, statement).await? {
                Claim::Claimed(person) => person,
                Claim::Taken(person) => {
                    count_try(act, tx, (account, account.uuid()), tries, person).await?;
                    return Ok(RegisterAnswer::Refused(RegistrationRefusal::NikTaken));
                }
            }
        }
        Some((_, refusal)) => return Ok(RegisterAnswer::Refused(*refusal)),
    };
    if let Some(draft) = draft {
        end_draft(&mut tx, act, (account, person_id), draft).await?;
    }
    tell_accounts(&mut tx, act.telling(), Notice::Registered, &[account]).await?;
    keyed.keep(&mut tx, &person_id.uuid().to_string(), act.now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(RegisterAnswer::Registered(person_id))
}

/// Writes down that an account has stated a NIK that it cannot have, and whose it is; the try is at whoever `holder` is.
pub(crate) async fn count_try(
    act: &mut Act<'_>,
    mut tx: Tx,
    (account, holder): (AccountId, Uuid),
    tries: StatementTries,
    person: Option<PersonId>,
) -> Result<(), ActError> {
    tries_set(&mut tx, holder, tries).await?;
    let event = Event {
        act: "person_claim_try",
        subject: format!("account:{account}"),
        from: None,
        to: None,
        reason: "the NIK is taken",
        detail: json!({ "try": tries.taken, "person": person.map(|person| person.to_string()) }),
    };
    act.record(&mut tx, event).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
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

/// The answer kept with a key: the person, as far as the account still has her. A person who was taken from it is
/// somebody else's, as a registration under another key would be told.
fn answer_before(id: &str, has: Option<PersonId>) -> Result<RegisterAnswer, ActError> {
    let broken = StorageError::Inconsistency { table: "client_keys", column: "answer" };
    let person = PersonId::from_uuid(Uuid::parse_str(id).map_err(|_| broken)?);
    Ok(if has == Some(person) {
        RegisterAnswer::Registered(person)
    } else {
        RegisterAnswer::Refused(RegistrationRefusal::NikTaken)
    })
}
