//! The draft of a registration: kept sealed with its account, saved field by field, so that nothing typed is lost and
//! two devices do not take each other's answers away.

use std::collections::BTreeMap;

use domain::draft::{Draft, DraftField};
use domain::ids::{AccountId, uuid_at};
use domain::policy::Named as _;
use serde_json::json;
use sqlx::PgConnection;
use storage::accounts::account_lock;
use storage::error::StorageError;
use storage::secrets::{SecretKind, secret_find, secret_put};
use storage::vault::{KeyRing, SealRandom};
use zeroize::Zeroizing;

use crate::act::{Act, ActError, Event};

/// The draft of an account.
pub(crate) const DRAFT: SecretKind = SecretKind::new("draft");

/// Saves these answers beside those that are kept already, whatever another device has saved meanwhile; an empty one
/// is taken away. Gives the draft as it is then; `None` if the account has registered somebody, so that nothing is to
/// be filled in any more.
///
/// # Errors
/// [`ActError`]; nothing is kept then.
pub async fn save_answers(
    act: &mut Act<'_>,
    account: AccountId,
    answers: &[(DraftField, &str)],
) -> Result<Option<Draft>, ActError> {
    let mut tx = act.database.begin().await?;
    // Of two that save at once the second reads what the first has saved.
    if account_lock(&mut tx, account).await?.is_some() {
        return Ok(None);
    }
    let mut draft = draft_find(&mut tx, act.keys, account).await?;
    let mut changed = Vec::new();
    for (field, text) in answers {
        if draft.set(*field, text) {
            changed.push(field.name());
        }
    }
    if changed.is_empty() {
        return Ok(Some(draft));
    }
    keep(&mut tx, act, (account, DRAFT), &draft).await?;
    let event = Event {
        act: "draft_save",
        subject: format!("account:{account}"),
        from: None,
        to: None,
        reason: "request of the person",
        detail: json!({ "fields": changed }),
    };
    act.record(&mut tx, event).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Some(draft))
}

/// The draft of an account; empty if nothing was saved.
pub(crate) async fn draft_find(
    conn: &mut PgConnection,
    keys: &KeyRing,
    account: AccountId,
) -> Result<Draft, ActError> {
    answers_find(conn, keys, (account, DRAFT)).await
}

/// Answers as [`keep`] has sealed them; empty if there are none.
pub(crate) async fn answers_find(
    conn: &mut PgConnection,
    keys: &KeyRing,
    holder: (AccountId, SecretKind),
) -> Result<Draft, ActError> {
    let kept = secret_find(conn, keys, holder).await?;
    let mut draft = Draft::default();
    let Some(kept) = kept else { return Ok(draft) };
    let broken = StorageError::Inconsistency { table: "account_secrets", column: "sealed" };
    let answers: BTreeMap<String, String> = serde_json::from_slice(&kept).map_err(|_| broken)?;
    let mut known: Vec<(DraftField, &str)> = answers
        .iter()
        // A field that is not asked any more is left out.
        .filter_map(|(name, text)| Some((DraftField::from_name(name)?, text.as_str())))
        .collect();
    // In the order of the fields, since setting one takes away what only made sense beside its old answer.
    known.sort_unstable_by_key(|(field, _)| *field);
    for (field, text) in known {
        draft.set(field, text);
    }
    Ok(draft)
}

/// Seals answers of an account in the place of those before.
pub(crate) async fn keep(
    conn: &mut PgConnection,
    act: &mut Act<'_>,
    holder: (AccountId, SecretKind),
    draft: &Draft,
) -> Result<(), ActError> {
    let answers: BTreeMap<&str, &str> =
        draft.answers().map(|(field, text)| (field.name(), text)).collect();
    let plain = Zeroizing::new(json!(answers).to_string().into_bytes());
    let secret_id = uuid_at(act.now, act.id_bytes());
    let random = SealRandom::draw(act.rng);
    Ok(secret_put(conn, act.keys, holder, &plain, (secret_id, &random), act.now).await?)
}
