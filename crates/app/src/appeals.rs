//! Appeals against the decision of a wave: filed by the person, answered by two officers.

use domain::appeals::{AppealAnswer, AppealGround, FilingFacts, FilingRefusal, GrantBar, may_file};
use domain::client_key::ClientKey;
use domain::ids::AppealId;
use domain::officers::TwoPersonAct;
use domain::policy::Named as _;
use domain::time::Timestamp;
use domain::wave::{InvalidTransition, WaveEvent, WaveNumber, WaveState};
use serde_json::json;
pub use storage::appeals::{AppealRow, ListedAppeals};
use storage::appeals::{
    appeal_find, appeal_insert, appeals_list, appellant_get, decision_to_appeal, region_result_get,
};
use storage::database::Database;
use storage::error::StorageError;
use storage::reference::{WaveRow, wave_find};
use uuid::Uuid;

use crate::act::{Act, ActError, Event, lock_wave};
use crate::appeal_turn::Turn;
use crate::holder::Holder;
use crate::keyed::{Keyed, Known, was_taken};
use crate::proposals::Request;

/// What a filing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilingAnswer {
    /// Filed; also the answer to the same key again.
    Filed(AppealId),
    /// A rule refuses; nothing was written, and the key stays free.
    Refused(FilingRefusal),
    /// The account has lost the person.
    NoPerson,
    /// The key was used for another request.
    KeyReused,
}

/// Why an appeal was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppealRefusal {
    /// No such appeal.
    #[error("there is no appeal {0}; see `gelombang appeals`")]
    Unknown(AppealId),
    /// It was answered before.
    #[error("appeal {id} is answered already: {answer}", id = .0, answer = .1.name())]
    Answered(AppealId, AppealAnswer),
    /// It cannot be granted.
    #[error(transparent)]
    Barred(#[from] GrantBar),
    /// What would be told to the person is not so.
    #[error("the answer {} is not so; look at the appeal again", .0.name())]
    NotSo(AppealAnswer),
    /// Somebody of the region with a better ticket may still appeal.
    #[error(
        "the answer {} is not given before {until}: until then somebody of the region with a better ticket may appeal", .answer.name()
    )]
    FilingRuns {
        /// The answer.
        answer: AppealAnswer,
        /// From when on it is given.
        until: Timestamp,
    },
    /// Appeals of the region wait whose tickets come first.
    #[error(
        "the answer {} waits for its turn among the tickets of the region; answer first: {}", .answer.name(), listed(.first)
    )]
    OutOfTurn {
        /// The answer.
        answer: AppealAnswer,
        /// What must be answered before, in this order; never empty.
        first: Vec<AppealId>,
    },
}

/// How many appeals a refusal names: answering those brings the next ones to light.
const NAMED_MAX: usize = 10;

/// Ids one after the other, and how many more there are.
pub fn listed(appeals: &[AppealId]) -> String {
    let named: Vec<String> = appeals.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    let more = appeals.len().saturating_sub(NAMED_MAX);
    if more == 0 { named.join(", ") } else { format!("{} (+{more})", named.join(", ")) }
}

impl AppealRefusal {
    /// A stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "unknown_appeal",
            Self::Answered(..) => "appeal_answered",
            Self::Barred(GrantBar::Rule(_)) => "appeal_rule_broken",
            Self::Barred(GrantBar::Restated) => "statement_changed",
            Self::Barred(GrantBar::TicketBehind) => "ticket_behind",
            Self::Barred(GrantBar::NoSeat) => "no_seat",
            Self::NotSo(_) => "appeal_answer_not_so",
            Self::FilingRuns { .. } => "appeals_may_come",
            Self::OutOfTurn { .. } => "appeal_out_of_turn",
        }
    }
}

const ACT: &str = "appeal_file";

/// How audit events and approvals name an appeal.
pub fn appeal_subject(appeal: AppealId) -> String {
    format!("appeal:{}", appeal.uuid())
}

/// Files the appeal of a person against the decision of a wave, in one transaction under the person's key.
///
/// # Errors
/// [`ActError`]; nothing was kept then, and the same call may be made again.
pub async fn file_appeal(
    act: &mut Act<'_>,
    (wave, holder): (WaveNumber, Holder),
    ground: AppealGround,
    key: &ClientKey,
) -> Result<FilingAnswer, ActError> {
    let mut request = wave.get().to_be_bytes().to_vec();
    request.extend_from_slice(ground.name().as_bytes());
    let keyed = Keyed::new(act.keys, (holder.person_id.uuid(), key), ACT, &request);
    let done = file_once(act, (wave, holder), ground, &keyed).await;
    if was_taken(&done) { file_once(act, (wave, holder), ground, &keyed).await } else { done }
}

async fn file_once(
    act: &mut Act<'_>,
    (number, holder): (WaveNumber, Holder),
    ground: AppealGround,
    keyed: &Keyed<'_>,
) -> Result<FilingAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    // Before the wave, as everywhere: this may wait for a correction of the person, and nobody else for this.
    if !holder.holds(&mut tx).await? {
        return Ok(FilingAnswer::NoPerson);
    }
    // Whoever files holds the wave, so that it is not settled meanwhile and nobody files twice.
    let wave = lock_wave(&mut tx, number).await?;
    let person = holder.person_id;
    match keyed.known(&mut tx).await? {
        Known::New => {}
        Known::Answered(answer) => return filed_before(&answer),
        Known::Reused => return Ok(FilingAnswer::KeyReused),
    }
    let (outcome, filed) = decision_to_appeal(&mut tx, number, person).await?;
    let facts = FilingFacts { wave: wave.state, outcome, filed };
    let due_at = match may_file(&facts, act.now) {
        Ok(due_at) => due_at,
        Err(refusal) => return Ok(FilingAnswer::Refused(refusal)),
    };
    let appeal = AppealRow {
        appeal_id: AppealId::at(act.now, act.id_bytes()),
        wave: number,
        person_id: person,
        ground,
        filed_at: act.now,
        due_at,
        answer: None,
    };
    appeal_insert(&mut tx, &appeal).await?;
    keyed.keep(&mut tx, &appeal.appeal_id.uuid().to_string(), act.now).await?;
    let event = Event {
        act: ACT,
        subject: appeal_subject(appeal.appeal_id),
        from: None,
        to: Some("open"),
        reason: "request of the person",
        detail: json!({ "wave": number.get(), "ground": ground.name() }),
    };
    act.record(&mut tx, event).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(FilingAnswer::Filed(appeal.appeal_id))
}

fn filed_before(answer: &str) -> Result<FilingAnswer, ActError> {
    let broken = StorageError::Inconsistency { table: "client_keys", column: "answer" };
    let appeal = Uuid::parse_str(answer).map_err(|_| broken)?;
    Ok(FilingAnswer::Filed(AppealId::from_uuid(appeal)))
}

/// What two officers are asked for: to answer an appeal.
pub fn appeal_request(appeal: AppealId, answer: AppealAnswer) -> Request {
    Request {
        act: TwoPersonAct::AnswerAppeal,
        subject: appeal_subject(appeal),
        parameters: json!({ "answer": answer.name() }),
    }
}

/// Refuses to propose an answer that is not given at `now`: to what is no open appeal, or before its turn. Whether it
/// is so is found out when it is given.
///
/// # Errors
/// [`AppealRefusal`].
pub async fn require_answerable(
    database: &Database,
    (appeal, answer): (AppealId, AppealAnswer),
    now: Timestamp,
) -> Result<(), ActError> {
    let mut tx = database.begin().await?;
    let appeal = open_appeal(&mut tx, appeal).await?;
    match answer {
        AppealAnswer::Granted | AppealAnswer::NoSeat => {}
        // These need no turn.
        AppealAnswer::DecisionStands | AppealAnswer::TicketBehind => return Ok(()),
    }
    let wave = wave_find(&mut tx, appeal.wave).await?.ok_or(ActError::UnknownWave(appeal.wave))?;
    let appointed_at = decree_of(&wave)?;
    let appellant = appellant_get(&mut tx, appeal.wave, appeal.person_id).await?;
    let result = region_result_get(&mut tx, appeal.wave, appellant.region).await?;
    let turn = Turn { appeal: &appeal, appellant: &appellant, result: &result, appointed_at };
    turn.require(&mut tx, answer, now).await
}

/// When the decree of a wave was signed whose appeals are answered.
///
/// # Errors
/// [`ActError::WaveState`] if there is none, or the wave is settled.
pub(crate) fn decree_of(wave: &WaveRow) -> Result<Timestamp, ActError> {
    let WaveState::Appointed { appointed_at } = wave.state else {
        let refused = InvalidTransition { from: wave.state.name(), event: WaveEvent::Settle };
        return Err(ActError::WaveState { wave: wave.wave, refused });
    };
    Ok(appointed_at)
}

pub(crate) async fn open_appeal(
    conn: &mut sqlx::PgConnection,
    appeal: AppealId,
) -> Result<AppealRow, ActError> {
    let found = appeal_find(conn, appeal).await?.ok_or(AppealRefusal::Unknown(appeal))?;
    match found.answer {
        None => Ok(found),
        Some((answer, _)) => Err(AppealRefusal::Answered(appeal, answer).into()),
    }
}

/// Appeals, those that are due first.
///
/// # Errors
/// [`ActError`].
pub async fn list_appeals(
    database: &Database,
    listed: ListedAppeals,
) -> Result<Vec<AppealRow>, ActError> {
    Ok(appeals_list(&mut *database.begin().await?, listed).await?)
}
