//! Ending sessions from the office: of one person whose phone was stolen, or of everybody when tokens may have leaked.

use domain::ids::PersonId;
use domain::officers::{Officer, SoleAct};
use serde_json::json;
use storage::accounts::{account_of_person, sessions_revoke_all};
use storage::devices::sign_out_everywhere;
use storage::error::StorageError;

use crate::act::{Act, ActError, Event, person_subject};
use crate::officers::require_reason;
use crate::release::ReleaseRefusal;

/// Whose sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of the account of one person, whose devices are not known any more either.
    Person(PersonId),
    /// All of all citizens.
    Everybody,
}

impl Whose {
    /// What the officer has to be allowed.
    pub const fn act(self) -> SoleAct {
        match self {
            Self::Person(_) => SoleAct::EndSessions,
            Self::Everybody => SoleAct::EndAllSessions,
        }
    }
}

/// Ends sessions in one transaction; gives how many.
///
/// # Errors
/// [`ActError`]: the officer may not, the reason names somebody, or no account has the person. Nothing ends then.
pub async fn end_sessions(
    act: &mut Act<'_>,
    officer: &Officer,
    whose: Whose,
    reason: &str,
) -> Result<u64, ActError> {
    officer.require(whose.act().role())?;
    require_reason(reason)?;
    let mut tx = act.database.begin().await?;
    let (subject, ended, devices) = match whose {
        Whose::Person(person) => {
            let account = account_of_person(&mut tx, person).await?;
            let account = account.ok_or(ReleaseRefusal::NoAccount(person))?;
            let [devices, sessions] = sign_out_everywhere(&mut tx, account, act.now).await?;
            (person_subject(person), sessions, devices)
        }
        Whose::Everybody => {
            ("everybody".to_owned(), sessions_revoke_all(&mut tx, act.now).await?, 0)
        }
    };
    let detail = json!({ "sessions": ended, "devices": devices });
    let event = Event { act: "sessions_end", subject, from: None, to: None, reason, detail };
    act.record(&mut tx, event).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(ended)
}
