//! What people agree to and declare, kept with the version of the words they saw.

use domain::consent::ConsentKind;
use domain::ids::AccountId;
use domain::policy::Named as _;
use serde_json::json;
use sqlx::PgConnection;
pub use storage::consents::ConsentRow;
use storage::consents::{consents_insert, consents_list};
use storage::database::Database;

use crate::act::{Act, ActError, Event};

/// Keeps within the caller's transaction that an account gave these, in the words that are shown now. Those that hold
/// already stay as they are.
///
/// # Errors
/// [`ActError`].
pub async fn consents_give(
    conn: &mut PgConnection,
    act: &mut Act<'_>,
    account: AccountId,
    kinds: &[ConsentKind],
) -> Result<(), ActError> {
    let given = consents_insert(conn, account, kinds, act.now).await?;
    if given.is_empty() {
        return Ok(());
    }
    let names: Vec<String> =
        given.iter().map(|kind| format!("{}:{}", kind.name(), kind.text().version)).collect();
    let event = Event {
        act: "consents_give",
        subject: format!("account:{account}"),
        from: None,
        to: None,
        reason: "given by the person",
        detail: json!({ "given": names }),
    };
    act.record(conn, event).await
}

/// Everything an account gave, in the order of time, with what was withdrawn.
///
/// # Errors
/// [`ActError`].
pub async fn consents_of(
    database: &Database,
    account: AccountId,
) -> Result<Vec<ConsentRow>, ActError> {
    Ok(consents_list(&mut *database.begin_snapshot().await?, account).await?)
}
