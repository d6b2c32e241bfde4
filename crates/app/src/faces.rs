//! The face check: a picture of the face is compared with that of the identity card, outside any transaction, by a job.
//!
//! The verdict is written down only if both pictures are still those that were compared. Comparing has no effect
//! elsewhere, so a job that dies in the middle is simply done again. As soon as there is a verdict the picture of the
//! face is gone.

use domain::checks::CheckEvent;
use domain::consent::ConsentKind;
use domain::eligibility::CheckState;
use domain::face::{FaceFault, FaceVerdict, faces_left, pause_micros, takes_face};
use domain::ids::AccountId;
use domain::schedule::Task;
use domain::time::Timestamp;
use integrations::faces::{FaceDesk, FacePair};
use pictures::Picture;
use sqlx::PgConnection;
use storage::accounts::account_lock;
use storage::database::{Database, Tx};
use storage::error::StorageError;
use storage::faces::{
    FACE_PHOTO, FaceCheck, IDENTITY_PHOTO, KeptPicture, face_find, face_lock, face_update,
    picture_find,
};
use storage::jobs::{LeasedJob, job_finish};
use storage::secrets::secret_delete;

use crate::act::{Act, ActError};
use crate::consents::consents_give;
use crate::jobs::{JobError, enqueue};
use crate::photos::{KeptPhoto, find_picture, put_picture, record};

/// Where the face check of an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaceStanding {
    check: FaceCheck,
}

impl FaceStanding {
    /// The state.
    pub const fn state(&self) -> CheckState {
        self.check.state
    }

    /// Why it was refuted, if it was.
    pub const fn fault(&self) -> Option<FaceFault> {
        self.check.fault
    }

    /// When the picture came that it is about; `None` if there is none.
    pub const fn sent_at(&self) -> Option<Timestamp> {
        self.check.sent_at
    }

    /// When the answer came, or when it was clear that none comes for now.
    pub const fn answered_at(&self) -> Option<Timestamp> {
        self.check.answered_at
    }

    /// True if a picture waits for its verdict.
    pub const fn is_waiting(&self) -> bool {
        match self.check.state {
            CheckState::NotAsked => self.check.sent_at.is_some(),
            CheckState::Asked | CheckState::Unavailable => true,
            CheckState::Confirmed | CheckState::Refuted | CheckState::Expired => false,
        }
    }

    /// Pictures that may still be sent today.
    pub fn left(&self, now: Timestamp) -> u8 {
        faces_left(self.check.sent_count, self.check.sent_on, now)
    }
}

/// Reads where the face check of an account stands.
///
/// # Errors
/// [`StorageError`].
pub async fn face_standing(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<FaceStanding, StorageError> {
    Ok(FaceStanding { check: face_find(conn, account).await? })
}

/// [`face_standing`] of an account, and whether there is a picture of its card.
///
/// # Errors
/// [`ActError`].
pub async fn face_standing_of(
    database: &Database,
    account: AccountId,
) -> Result<(FaceStanding, bool), ActError> {
    let mut tx = database.begin_snapshot().await?;
    let has_photo = picture_find(&mut tx, account, IDENTITY_PHOTO).await?.is_some();
    Ok((face_standing(&mut tx, account).await?, has_photo))
}

/// What sending a picture of a face came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaceAnswer {
    /// It is kept, and a job is there that has it compared.
    Sent,
    /// One waits already, or was recognised: nothing is kept.
    Needless,
    /// There is no picture of an identity card.
    NoPhoto,
    /// All of today were sent.
    NoneLeft,
    /// The account has a person already.
    Registered,
}

/// Keeps the picture of a face, and that its owner agrees to the comparison, and has it compared.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn send_face(
    act: &mut Act<'_>,
    account: AccountId,
    picture: &Picture,
) -> Result<FaceAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    if account_lock(&mut tx, account).await?.is_some() {
        return Ok(FaceAnswer::Registered);
    }
    let standing = FaceStanding { check: face_lock(&mut tx, account).await? };
    if !takes_face(standing.state(), standing.is_waiting()) {
        return Ok(FaceAnswer::Needless);
    }
    if picture_find(&mut tx, account, IDENTITY_PHOTO).await?.is_none() {
        return Ok(FaceAnswer::NoPhoto);
    }
    let left = standing.left(act.now);
    if left == 0 {
        return Ok(FaceAnswer::NoneLeft);
    }
    let today = act.now.wib_date();
    let sent_before =
        if standing.check.sent_on == Some(today) { standing.check.sent_count } else { 0 };
    consents_give(&mut tx, act, account, &[ConsentKind::PhotoAndFace]).await?;
    put_picture(&mut tx, act, (account, FACE_PHOTO), picture).await?;
    let sent = FaceCheck {
        sent_at: Some(act.now),
        sent_count: sent_before.saturating_add(1),
        sent_on: Some(today),
        ..FaceCheck::NONE
    };
    face_update(&mut tx, account, &sent).await?;
    // A job that is at an older picture finds it changed, and goes on with this one.
    enqueue(&mut tx, act, Task::CompareFaces(account), act.now).await?;
    record(&mut tx, act, account, "face_send", Some((standing.state(), sent.state))).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(FaceAnswer::Sent)
}

/// Two pictures that are compared, and which ones they are.
struct Pair {
    card: KeptPhoto,
    face: KeptPhoto,
    which: [Option<KeptPicture>; 2],
}

/// Has the face of an account compared, and writes the verdict down together with the end of the job. Whoever does not
/// answer is asked again later, by a job that is enqueued here.
pub(crate) async fn compare_faces(
    act: &mut Act<'_>,
    desk: &FaceDesk,
    job: &LeasedJob,
    account: AccountId,
) -> Result<(), JobError> {
    // None if it is decided or a picture is gone; the job ends then.
    let pair = open_pair(act, desk, account).await?;
    let verdict = match &pair {
        Some(pair) if !desk.rests(act.now) => {
            let pictures = FacePair { card: &pair.card.jpeg, face: &pair.face.jpeg };
            desk.compare(pictures, act.now).await.ok()
        }
        Some(_) | None => None,
    };
    let mut tx = act.database.begin().await?;
    if !job_finish(&mut tx, job, act.now).await? {
        return Err(JobError::Lost);
    }
    let compared = pair.map_or([None, None], |pair| pair.which);
    write_down(&mut tx, act, account, compared, verdict).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Which pictures an account has: of its card and of its face.
async fn which(
    conn: &mut Tx,
    account: AccountId,
) -> Result<[Option<KeptPicture>; 2], StorageError> {
    let card = picture_find(conn, account, IDENTITY_PHOTO).await?;
    Ok([card, picture_find(conn, account, FACE_PHOTO).await?])
}

/// Opens both pictures, and marks the check as asked with an audit event, since from here on others see them; not if
/// nobody is to be asked now.
async fn open_pair(
    act: &mut Act<'_>,
    desk: &FaceDesk,
    account: AccountId,
) -> Result<Option<Pair>, ActError> {
    let mut tx = act.database.begin().await?;
    account_lock(&mut tx, account).await?;
    let card = find_picture(&mut tx, act.keys, (account, IDENTITY_PHOTO)).await?;
    let face = find_picture(&mut tx, act.keys, (account, FACE_PHOTO)).await?;
    let (Some(card), Some(face)) = (card, face) else { return Ok(None) };
    let check = face_lock(&mut tx, account).await?;
    let Ok(state) = check.state.apply(CheckEvent::Ask) else { return Ok(None) };
    let which = which(&mut tx, account).await?;
    if !desk.rests(act.now) {
        let asked = FaceCheck { state, answered_at: None, ..check };
        face_update(&mut tx, account, &asked).await?;
        record(&mut tx, act, account, "faces_compare", Some((check.state, state))).await?;
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Some(Pair { card, face, which }))
}

/// Writes a verdict down, or that there is none for now.
async fn write_down(
    tx: &mut Tx,
    act: &mut Act<'_>,
    account: AccountId,
    compared: [Option<KeptPicture>; 2],
    verdict: Option<FaceVerdict>,
) -> Result<(), JobError> {
    account_lock(tx, account).await?;
    let present = which(tx, account).await?;
    if present != compared {
        // Another face has come meanwhile and waits for this job; without both there is nothing to do.
        return if present.iter().all(Option::is_some) { Err(JobError::Changed) } else { Ok(()) };
    }
    // An account that was erased has none, and nothing more is kept for it.
    if !compared.iter().all(Option::is_some) {
        return Ok(());
    }
    let check = face_lock(tx, account).await?;
    let (event, fault) = verdict.map_or((CheckEvent::Fail, None), FaceVerdict::judge);
    let Ok(state) = check.state.apply(event) else { return Ok(()) };
    let silent = if verdict.is_none() { check.silent.saturating_add(1) } else { 0 };
    let next = FaceCheck { state, fault, answered_at: Some(act.now), silent, ..check };
    face_update(tx, account, &next).await?;
    if verdict.is_some() {
        secret_delete(tx, (account, FACE_PHOTO)).await?;
    } else {
        let again_at = act.now.plus_micros(pause_micros(silent));
        enqueue(tx, act, Task::CompareFaces(account), again_at).await?;
    }
    Ok(record(tx, act, account, "faces_answer", Some((check.state, state))).await?)
}
