//! Who may act for the institution.

use domain::ids::OfficerId;
use serde_json::json;
use storage::error::StorageError;
use storage::officers::{officer_find, officer_insert};

use crate::act::{Act, ActError, Event};

/// Adds officers of these names unless they are there, all in one transaction; gives their ids in the
/// order of the names.
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
        let event = Event {
            act: "officer_add",
            subject: format!("officer:{}", officer.uuid()),
            from: None,
            to: None,
            reason,
            detail: json!({}),
        };
        act.record(&mut tx, event).await?;
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(officers)
}
