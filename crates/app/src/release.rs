//! Taking a person from an account: two officers have found that somebody else's NIK was registered with it.
//!
//! The rightful person may have stated other data than the account did, so after a release the next account that
//! registers the NIK has the person and states it anew, as if the NIK were free; the registers then say whether it is
//! so. The account that lost the person never has it again.

use domain::ids::PersonId;
use domain::notice::Notice;
use domain::officers::{Approval, TwoPersonAct};
use domain::statement::StatementBounds;
use serde_json::json;
use storage::accounts::{account_lock, account_of_person};
use storage::checks::identity_lock;
use storage::database::Database;
use storage::error::StorageError;
use storage::notices::tell_accounts;
use storage::releases::release_insert;
use storage::statements::{statement_bounds, statement_lock};

use crate::act::{Act, ActError, Event, person_subject};
use crate::proposals::Request;

/// Why nothing was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseRefusal {
    /// No account has a person of this id.
    #[error("no account has {0}; check the id, or let the person register")]
    NoAccount(PersonId),
}

impl ReleaseRefusal {
    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoAccount(_) => "no_account",
        }
    }
}

/// Refuses to propose what cannot be done: nobody to take the person from.
///
/// # Errors
/// [`ReleaseRefusal`].
pub async fn require_account(database: &Database, person: PersonId) -> Result<(), ActError> {
    let account = account_of_person(&mut *database.begin().await?, person).await?;
    account.map(drop).ok_or_else(|| ReleaseRefusal::NoAccount(person).into())
}

/// What two officers are asked for.
pub fn release_request(person: PersonId) -> Request {
    Request {
        act: TwoPersonAct::ReleaseAccount,
        subject: person_subject(person),
        parameters: json!({}),
    }
}

/// Takes a person from its account in one transaction: sessions of the account end, the account is told, and stays;
/// it may register somebody else. Gives what keeps the statement of the person as it is meanwhile, so that only who
/// states what is held can claim it. Two-person act.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn release_account(
    act: &mut Act<'_>,
    person: PersonId,
    approval: &Approval,
) -> Result<StatementBounds, ActError> {
    let mut tx = act.database.begin().await?;
    let account = account_of_person(&mut tx, person).await?;
    let account = account.ok_or(ReleaseRefusal::NoAccount(person))?;
    // Another release may have been first.
    if account_lock(&mut tx, account).await? != Some(person) {
        return Err(ReleaseRefusal::NoAccount(person).into());
    }
    // Corrections and claims of the person come before or after.
    statement_lock(&mut tx, person).await?;
    identity_lock(&mut tx, person).await?;
    let subject = person_subject(person);
    act.approve(&mut tx, TwoPersonAct::ReleaseAccount, &subject, approval).await?;
    release_insert(&mut tx, (person, account), act.now).await?;
    let notice = Notice::Released { at: act.now };
    tell_accounts(&mut tx, act.telling(), notice, &[account]).await?;
    let event = Event {
        act: "account_release",
        subject,
        from: None,
        to: None,
        reason: approval.reason(),
        detail: json!({ "account": account.to_string() }),
    };
    act.record(&mut tx, event).await?;
    let bounds = statement_bounds(&mut tx, person).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(bounds)
}
