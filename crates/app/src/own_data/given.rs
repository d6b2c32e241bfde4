//! What an account gave beside or before a registration: addresses, answers, devices, pictures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ids::AccountId;
use domain::policy::Named as _;
use domain::time::Timestamp;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use storage::devices::devices_list;
use storage::error::StorageError;
use storage::faces::{FACE_PHOTO, IDENTITY_PHOTO, face_find, picture_find};
use storage::notices::delivery::contacts_read;
use storage::secrets::{SecretKind, secret_find};
use storage::vault::KeyRing;

use super::{instant, perhaps};
use crate::act::ActError;
use crate::contact::{FORMER_EMAIL, FORMER_PHONE, VERIFIED_PHONE};
use crate::draft::answers_find;
use crate::photos::find_picture;

/// The pictures that can be kept.
const PICTURES: [SecretKind; 2] = [IDENTITY_PHOTO, FACE_PHOTO];

/// How the account is reached, and was before: what is told of a change stays until the next one.
pub(super) async fn account_part(
    conn: &mut PgConnection,
    keys: &KeyRing,
    account: AccountId,
) -> Result<Value, ActError> {
    let contacts = contacts_read(conn, &[account.uuid()]).await?;
    let Some(contact) = contacts.first() else { return Ok(Value::Null) };
    let address = contact.address.as_ref();
    let address = address.map(|sealed| keys.open_contact(account, sealed)).transpose()?;
    Ok(json!({
        "account": account.to_string(),
        "email": address.as_ref().map(domain::identity::Email::expose),
        "former_email": text(conn, keys, (account, FORMER_EMAIL)).await?,
        "phone": text(conn, keys, (account, VERIFIED_PHONE)).await?,
        "former_phone": text(conn, keys, (account, FORMER_PHONE)).await?,
        "language": contact.language.tag(),
    }))
}

async fn text(
    conn: &mut PgConnection,
    keys: &KeyRing,
    kept: (AccountId, SecretKind),
) -> Result<Option<String>, StorageError> {
    let plain = secret_find(conn, keys, kept).await?;
    Ok(plain.map(|plain| String::from_utf8_lossy(&plain).into_owned()))
}

/// The answers of a form as they were typed.
pub(super) async fn answers_part(
    conn: &mut PgConnection,
    keys: &KeyRing,
    kept: (AccountId, SecretKind),
) -> Result<Value, ActError> {
    let answers = answers_find(conn, keys, kept).await?;
    let told = answers.answers().map(|(field, text)| (field.name().to_owned(), text.into()));
    Ok(Value::Object(told.collect()))
}

/// The devices that need no code, by when they were used and until when they are known.
pub(super) async fn devices_part(
    conn: &mut PgConnection,
    account: AccountId,
    now: Timestamp,
) -> Result<Value, ActError> {
    let rows = devices_list(conn, account, now).await?;
    let told = rows.iter().map(|one| {
        json!({
            "known_at": instant(one.known_at),
            "used_at": instant(one.used_at),
            "ends_at": instant(one.ends_at),
        })
    });
    Ok(told.collect())
}

/// Which pictures are kept and since when, and where the face check stands.
pub(super) async fn pictures_part(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<Value, ActError> {
    let mut told = Map::new();
    for kind in PICTURES {
        let kept = picture_find(conn, account, kind).await?;
        told.insert(format!("{}_kept_at", kind.name()), perhaps(kept.map(|kept| kept.kept_at)));
    }
    let check = face_find(conn, account).await?;
    told.insert("face_check".to_owned(), check.state.name().into());
    told.insert("face_sent_at".to_owned(), perhaps(check.sent_at));
    told.insert("face_answered_at".to_owned(), perhaps(check.answered_at));
    Ok(Value::Object(told))
}

/// The pictures themselves, in base64.
pub(super) async fn picture_files(
    conn: &mut PgConnection,
    keys: &KeyRing,
    account: AccountId,
) -> Result<Map<String, Value>, ActError> {
    let mut files = Map::new();
    for kind in PICTURES {
        if let Some(kept) = find_picture(conn, keys, (account, kind)).await? {
            let file = json!({ "media_type": "image/jpeg", "base64": STANDARD.encode(kept.jpeg) });
            files.insert(kind.name().to_owned(), file);
        }
    }
    Ok(files)
}
