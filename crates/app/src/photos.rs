//! The picture of the identity card: kept sealed for an account until its registration is decided.

use domain::eligibility::CheckState;
use domain::ids::{AccountId, uuid_at};
use domain::policy::Named as _;
use domain::time::Timestamp;
use pictures::{Hints, Picture};
use serde_json::json;
use sqlx::PgConnection;
use storage::accounts::account_lock;
use storage::database::Tx;
use storage::error::StorageError;
use storage::faces::{FACE_PHOTO, FaceCheck, IDENTITY_PHOTO, face_lock, face_update, picture_find};
use storage::secrets::{SecretKind, secret_delete, secret_find, secret_put};
use storage::vault::{KeyRing, SealRandom};

use crate::act::{Act, ActError, Event};

/// What keeping a picture came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoAnswer {
    /// It is kept, or gone if it was to be.
    Done,
    /// The account has a person, so the picture is part of a registration and stays as it is.
    Registered,
}

/// When the picture of the identity card came; `None` if there is none.
///
/// # Errors
/// [`StorageError`].
pub async fn photo_standing(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<Option<Timestamp>, StorageError> {
    Ok(picture_find(conn, account, IDENTITY_PHOTO).await?.map(|kept| kept.kept_at))
}

/// Keeps the picture of the identity card in the place of the one before. A face was compared with that one, so it is
/// to be compared anew.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn keep_photo(
    act: &mut Act<'_>,
    account: AccountId,
    picture: &Picture,
) -> Result<PhotoAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    if account_lock(&mut tx, account).await?.is_some() {
        return Ok(PhotoAnswer::Registered);
    }
    put_picture(&mut tx, act, (account, IDENTITY_PHOTO), picture).await?;
    begin_anew(&mut tx, account).await?;
    record(&mut tx, act, account, "identity_photo_keep", None).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(PhotoAnswer::Done)
}

/// Forgets the picture of the identity card, and the face check with it.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn delete_photo(act: &mut Act<'_>, account: AccountId) -> Result<PhotoAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    if account_lock(&mut tx, account).await?.is_some() {
        return Ok(PhotoAnswer::Registered);
    }
    if secret_delete(&mut tx, (account, IDENTITY_PHOTO)).await? {
        begin_anew(&mut tx, account).await?;
        record(&mut tx, act, account, "identity_photo_delete", None).await?;
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(PhotoAnswer::Done)
}

/// A kept picture as its owner sees it.
pub struct KeptPhoto {
    /// The file, a JPEG.
    pub jpeg: Vec<u8>,
    /// What makes it hard to recognise.
    pub hints: Hints,
}

/// It shows a person, so it is not shown.
impl std::fmt::Debug for KeptPhoto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeptPhoto({:?})", self.hints)
    }
}

/// The picture of the identity card of an account.
///
/// # Errors
/// [`ActError`].
pub async fn read_photo(
    act: &mut Act<'_>,
    account: AccountId,
) -> Result<Option<KeptPhoto>, ActError> {
    let mut tx = act.database.begin_snapshot().await?;
    Ok(find_picture(&mut tx, act.keys, (account, IDENTITY_PHOTO)).await?)
}

/// Seals a picture, with its hints before it.
pub(crate) async fn put_picture(
    tx: &mut Tx,
    act: &mut Act<'_>,
    place: (AccountId, SecretKind),
    picture: &Picture,
) -> Result<(), ActError> {
    let plain = [&[picture.hints().to_byte()], picture.jpeg()].concat();
    let secret_id = uuid_at(act.now, act.id_bytes());
    let random = SealRandom::draw(act.rng);
    secret_put(tx, act.keys, place, &plain, (secret_id, &random), act.now).await?;
    Ok(())
}

/// Opens what [`put_picture`] has sealed.
pub(crate) async fn find_picture(
    conn: &mut PgConnection,
    keys: &KeyRing,
    place: (AccountId, SecretKind),
) -> Result<Option<KeptPhoto>, StorageError> {
    let plain = secret_find(conn, keys, place).await?;
    let split = plain.as_ref().and_then(|plain| plain.split_first());
    Ok(split
        .map(|(hints, jpeg)| KeptPhoto { jpeg: jpeg.to_vec(), hints: Hints::from_byte(*hints) }))
}

/// The face check as if none had been sent; pictures sent today still count.
async fn begin_anew(tx: &mut Tx, account: AccountId) -> Result<(), ActError> {
    secret_delete(tx, (account, FACE_PHOTO)).await?;
    let check = face_lock(tx, account).await?;
    let FaceCheck { sent_count, sent_on, .. } = check;
    face_update(tx, account, &FaceCheck { sent_count, sent_on, ..FaceCheck::NONE }).await?;
    Ok(())
}

/// Writes the audit event of an act about a picture: that there was one, never what it shows.
pub(crate) async fn record(
    tx: &mut Tx,
    act: &mut Act<'_>,
    account: AccountId,
    name: &str,
    states: Option<(CheckState, CheckState)>,
) -> Result<(), ActError> {
    let event = Event {
        act: name,
        subject: format!("account:{account}"),
        from: states.map(|(from, _)| from.name()),
        to: states.map(|(_, to)| to.name()),
        reason: "pictures of a registration",
        detail: json!({}),
    };
    act.record(tx, event).await
}
