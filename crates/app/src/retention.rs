//! Forgetting what is over and old, in batches of a transaction each.

use domain::policy::Named as _;
use domain::retention::Perishable;
use domain::time::Timestamp;
use storage::database::Database;
use storage::error::StorageError;
use storage::retention::forget_some;

/// Rows that one transaction removes at most, so that it holds few locks and little log.
const BATCH: u32 = 5_000;
/// Batches of each kind that one job removes at most: seconds, so that it ends before its lease does and others have
/// their turn.
const BATCHES: u32 = 20;

/// What a round has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// Rows removed.
    pub rows: u64,
    /// True if more may be left.
    pub is_more: bool,
}

/// Removes what was over before its time, a bounded number of rows of each kind. Safe to repeat.
///
/// # Errors
/// [`StorageError`]; the batches before are gone then.
pub async fn forget(database: &Database, now: Timestamp) -> Result<Forgotten, StorageError> {
    let mut forgotten = Forgotten { rows: 0, is_more: false };
    for what in Perishable::ALL {
        let mut batches = 0;
        loop {
            let mut tx = database.begin().await?;
            let gone = forget_some(&mut tx, *what, what.forgotten_before(now), BATCH).await?;
            tx.commit().await?;
            forgotten.rows = forgotten.rows.saturating_add(gone);
            batches += 1;
            if gone < u64::from(BATCH) {
                break;
            }
            if batches == BATCHES {
                forgotten.is_more = true;
                break;
            }
        }
    }
    Ok(forgotten)
}
