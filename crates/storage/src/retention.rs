//! Removing what is over and old, through functions that remove nothing else.

use domain::retention::Perishable;
use domain::time::Timestamp;
use sqlx::PgConnection;

use crate::convert::count;
use crate::error::StorageError;

/// Removes at most so many rows that were over before an instant, the oldest first; gives how many.
///
/// # Errors
/// [`StorageError`].
pub async fn forget_some(
    conn: &mut PgConnection,
    what: Perishable,
    before: Timestamp,
    most: u32,
) -> Result<u64, StorageError> {
    let statement = match what {
        Perishable::Jobs => "SELECT forget_jobs($1, $2)",
        Perishable::Notices => "SELECT forget_notices($1, $2)",
        Perishable::Sessions => "SELECT forget_sessions($1, $2)",
        Perishable::ClientKeys => "SELECT forget_client_keys($1, $2)",
        Perishable::Proposals => "SELECT forget_proposals($1, $2)",
        Perishable::Tries => "SELECT forget_statement_tries($1, $2)",
        Perishable::Classes => "SELECT forget_member_classes($1, $2)",
        Perishable::Commitments => "SELECT forget_roll_commitments($1, $2)",
        Perishable::Pictures => "SELECT forget_account_secrets($1, $2)",
        Perishable::Codes => "SELECT forget_codes($1, $2)",
        Perishable::Drafts => "SELECT forget_drafts($1, $2)",
        Perishable::Devices => "SELECT forget_known_devices($1, $2)",
        Perishable::UnknownTries => "SELECT forget_unknown_tries($1, $2)",
        Perishable::Words => "SELECT forget_complaint_texts($1, $2)",
    };
    let gone: i64 = sqlx::query_scalar(statement)
        .bind(before.to_offset())
        .bind(i32::try_from(most).unwrap_or(i32::MAX))
        .fetch_one(conn)
        .await?;
    Ok(count(gone))
}
