//! What every use case is given, and how it can fail.

use domain::calendar::CalendarFault;
use domain::ids::{AuditEventId, PersonId};
use domain::officers::{Approval, NotAllowed, ProposalState, SameOfficer, TwoPersonAct};
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::{InvalidTransition, WaveEvent, WaveNumber};
use rand_core::Rng;
use serde_json::Value;
use storage::database::Database;
use storage::error::StorageError;
use storage::officers::{AuditEvent, approval_insert, audit_event_insert};
use storage::proposals::ProposalDecision;
use storage::reference::{WaveRow, wave_lock, wave_transition};
use storage::vault::KeyRing;

use crate::appeals::AppealRefusal;
use crate::contributions::ContributionRefusal;
use crate::folders::PublicRefusal;
use crate::officers::OfficerRefusal;
use crate::openings::OpeningsRefusal;
use crate::proposals::{ProposalRefusal, close};
use crate::reference::{LoadedPolicy, NoPolicy, Policies};
use crate::release::ReleaseRefusal;
use crate::revoke::RevocationRefusal;
use crate::roll_correct::RollRefusal;

/// One act: who does it, when, under which rules, with which randomness.
pub struct Act<'a> {
    /// The database.
    pub database: &'a Database,
    /// Keys of identities and draws.
    pub keys: &'a KeyRing,
    /// The policies of the waves.
    pub policies: &'a Policies,
    /// The instant of the act.
    pub now: Timestamp,
    /// Who acts: an officer's id, `schedule`, or `simulator`.
    pub actor: &'a str,
    /// The request or run it belongs to.
    pub request_id: &'a str,
    /// Randomness for ids and keys.
    pub rng: &'a mut (dyn Rng + Send),
}

impl std::fmt::Debug for Act<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Act({} at {})", self.actor, self.now)
    }
}

/// Why a use case did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The database refused or failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The officer lacks the role.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// One officer on both sides.
    #[error(transparent)]
    SameOfficer(#[from] SameOfficer),
    /// An act about officers was refused.
    #[error(transparent)]
    Officer(#[from] OfficerRefusal),
    /// A proposal was not made or decided.
    #[error(transparent)]
    Proposal(#[from] ProposalRefusal),
    /// There is no such grant to be revoked.
    #[error(transparent)]
    Revocation(#[from] RevocationRefusal),
    /// A person was not taken from an account.
    #[error(transparent)]
    Release(#[from] ReleaseRefusal),
    /// An appeal was not answered.
    #[error(transparent)]
    Appeal(#[from] AppealRefusal),
    /// The public could not see in time what comes before the act.
    #[error(transparent)]
    Public(#[from] PublicRefusal),
    /// A list was not corrected.
    #[error(transparent)]
    Roll(#[from] RollRefusal),
    /// A contribution to the seed was not kept, or is missing.
    #[error(transparent)]
    Contribution(#[from] ContributionRefusal),
    /// Nothing was opened to auditors.
    #[error(transparent)]
    Openings(#[from] OpeningsRefusal),
    /// Appeals of the wave wait for an answer.
    #[error(
        "{wave:?} cannot be settled while {open} appeals wait for an answer; see `gelombang appeals`"
    )]
    AppealsOpen {
        /// The wave.
        wave: WaveNumber,
        /// How many.
        open: u64,
    },
    /// The wave is in the calendar already.
    #[error("{0:?} is published already; a published wave is never changed, only cancelled")]
    Published(WaveNumber),
    /// The wave's instants do not fit each other or the waves around it.
    #[error("the calendar of this wave does not fit: {0}; correct its instants")]
    Calendar(#[from] CalendarFault),
    /// No province of this code.
    #[error("there is no province {0}; see the list of regions in data/")]
    UnknownProvince(RegionCode),
    /// The wave is not in the calendar that was brought.
    #[error("{0:?} is not in the calendar that was given; name a file with it by --calendar")]
    NotInCalendar(WaveNumber),
    /// The regions or weights differ from those of the same version.
    #[error(
        "the regions or weights of version {0} differ from those published under that version; give them a version \
         of their own, or bring the published ones"
    )]
    RegionsChanged(String),
    /// A recovery wave takes freed seats only.
    #[error(
        "{0:?} is a recovery wave, which has freed seats and none of its own; leave its seats out"
    )]
    OwnSeats(WaveNumber),
    /// No such wave.
    #[error("there is no {0:?}; see `gelombang wave list`, or have two officers publish it")]
    UnknownWave(WaveNumber),
    /// The wave is not in a state that allows the act.
    #[error("{wave:?}: {refused}")]
    WaveState {
        /// The wave.
        wave: WaveNumber,
        /// What was refused.
        refused: InvalidTransition,
    },
    /// The calendar does not allow the act yet.
    #[error("{wave:?} cannot {event:?} before {at}")]
    TooEarly {
        /// The wave.
        wave: WaveNumber,
        /// The act.
        event: WaveEvent,
        /// When it may happen.
        at: Timestamp,
    },
    /// No policy governs the wave.
    #[error(transparent)]
    Policy(#[from] NoPolicy),
    /// The policy of the wave is not the one it was published under.
    #[error(
        "the policy file of {0:?} differs from the one it was published under; restore that file"
    )]
    PolicyChanged(WaveNumber),
    /// The random value of the draw can be known already.
    #[error(
        "{wave:?} cannot be frozen any more: its beacon round was drawn at {at}, and a roll fixed after it could be chosen; the wave needs a later announcement"
    )]
    RoundKnown {
        /// The wave.
        wave: WaveNumber,
        /// When its round was drawn.
        at: Timestamp,
    },
    /// Another wave's roll is fixed and its decree not signed.
    #[error(
        "no seat of {wave:?} can be fixed or given before the decree of {open:?}, whose roll is fixed already"
    )]
    OpenRoll {
        /// The wave to be frozen.
        wave: WaveNumber,
        /// The wave that waits for its decree.
        open: WaveNumber,
    },
    /// The roll read for the draw is not the roll that was frozen.
    #[error(
        "the roll of {0:?} differs from the frozen one; nothing was drawn, run `gelombang audit`"
    )]
    RollChanged(WaveNumber),
    /// A deadline of the wave still runs.
    #[error("{wave:?} cannot be settled while {pending} beneficiaries may still buy")]
    DeadlineRuns {
        /// The wave.
        wave: WaveNumber,
        /// How many.
        pending: u64,
    },
    /// The items of the ability test that were built in have faults.
    #[error("the items of the ability test have faults, so nobody can sit it: {0}")]
    ItemBank(&'static str),
    /// An amount left the range of the ledger.
    #[error("an amount of {0:?} is outside the range of the ledger")]
    Amount(WaveNumber),
    /// The selection refused its input.
    #[error("the selection of {wave:?} refused its input: {why}")]
    Selection {
        /// The wave.
        wave: WaveNumber,
        /// Its words.
        why: String,
    },
}

impl ActError {
    /// A stable code for programs; never a text from outside.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Storage(StorageError::Driver(_)) => "database_away",
            Self::Storage(_) => "database_refused",
            Self::NotAllowed(_) => "not_allowed",
            Self::SameOfficer(_) => "same_officer",
            Self::Officer(refusal) => refusal.code(),
            Self::Proposal(refusal) => refusal.code(),
            Self::Revocation(refusal) => refusal.code(),
            Self::Release(refusal) => refusal.code(),
            Self::Appeal(refusal) => refusal.code(),
            Self::Public(refusal) => refusal.code(),
            Self::Roll(refusal) => refusal.code(),
            Self::Contribution(refusal) => refusal.code(),
            Self::Openings(refusal) => refusal.code(),
            Self::AppealsOpen { .. } => "appeals_open",
            Self::Published(_) => "published",
            Self::Calendar(_) => "calendar",
            Self::UnknownProvince(_) => "unknown_province",
            Self::NotInCalendar(_) => "not_in_calendar",
            Self::RegionsChanged(_) => "regions_changed",
            Self::OwnSeats(_) => "own_seats",
            Self::UnknownWave(_) => "unknown_wave",
            Self::WaveState { .. } => "wave_state",
            Self::TooEarly { .. } => "too_early",
            Self::Policy(_) => "no_policy",
            Self::PolicyChanged(_) => "policy_changed",
            Self::RoundKnown { .. } => "round_known",
            Self::OpenRoll { .. } => "open_roll",
            Self::RollChanged(_) => "roll_changed",
            Self::DeadlineRuns { .. } => "deadline_runs",
            Self::ItemBank(_) => "item_bank",
            Self::Amount(_) => "amount",
            Self::Selection { .. } => "selection",
        }
    }

    /// True if the server was not to be reached or ended the connection, so that asking again may help; what
    /// was asked may or may not be done.
    pub const fn is_database_away(&self) -> bool {
        matches!(self, Self::Storage(StorageError::Driver(_)))
    }
}

/// Fields of an audit event that differ from act to act.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub act: &'a str,
    pub subject: String,
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
    pub reason: &'a str,
    pub detail: Value,
}

impl Act<'_> {
    /// The policy a wave runs under, checked against the digest it was published with.
    pub(crate) fn policy_of(&self, wave: &WaveRow) -> Result<&LoadedPolicy, ActError> {
        policy_of(self.policies, wave)
    }

    /// Ten random bytes for an id.
    pub(crate) fn id_bytes(&mut self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// Writes the audit event of this act into its transaction.
    pub(crate) async fn record(
        &mut self,
        conn: &mut sqlx::PgConnection,
        event: Event<'_>,
    ) -> Result<(), ActError> {
        let event_id = AuditEventId::at(self.now, self.id_bytes());
        let row = AuditEvent {
            event_id,
            occurred_at: self.now,
            actor: self.actor,
            act: event.act,
            subject: &event.subject,
            from_state: event.from,
            to_state: event.to,
            reason: event.reason,
            request_id: self.request_id,
            detail: &event.detail.to_string(),
        };
        Ok(audit_event_insert(conn, &row).await?)
    }

    /// Records the approval of a two-person act, and closes the proposal it came from.
    pub(crate) async fn approve(
        &mut self,
        conn: &mut sqlx::PgConnection,
        act: TwoPersonAct,
        subject: &str,
        approval: &Approval,
    ) -> Result<(), ActError> {
        if let Some(proposal) = approval.proposal() {
            let decision = ProposalDecision {
                proposal,
                state: ProposalState::Approved,
                decided_by: Some(approval.approved_by()),
                decided_at: self.now,
                reason: approval.reason(),
            };
            close(conn, &decision, subject, act).await?;
        }
        Ok(approval_insert(conn, act, subject, approval, self.now).await?)
    }

    /// Moves a locked wave on and records it.
    pub(crate) async fn transition(
        &mut self,
        conn: &mut sqlx::PgConnection,
        wave: &WaveRow,
        event: WaveEvent,
        reason: &str,
        detail: Value,
    ) -> Result<(), ActError> {
        let to = next_state(wave, event, self.now)?;
        wave_transition(conn, wave.wave, &wave.state, event, &to, self.now).await?;
        self.record(
            conn,
            Event {
                act: act_name(event),
                subject: subject(wave.wave),
                from: Some(wave.state.name()),
                to: Some(to.name()),
                reason,
                detail,
            },
        )
        .await
    }
}

/// The policy a wave runs under, checked against the digest it was published with.
pub(crate) fn policy_of<'a>(
    policies: &'a Policies,
    wave: &WaveRow,
) -> Result<&'a LoadedPolicy, ActError> {
    let policy = policies.for_wave(wave.wave)?;
    if policy.digest == wave.policy_digest {
        Ok(policy)
    } else {
        Err(ActError::PolicyChanged(wave.wave))
    }
}

/// How audit events and approvals name a wave.
pub fn subject(wave: WaveNumber) -> String {
    format!("wave:{wave}")
}

/// How proposals and approvals name a plan of a wave that takes the place of the one before.
pub fn plan_subject(wave: WaveNumber, plan: u8) -> String {
    format!("plan:{wave}:{plan}")
}

/// How proposals and approvals name what of a wave is opened to auditors: a sample of so many records.
pub fn openings_subject(wave: WaveNumber, sample: usize) -> String {
    format!("openings:{wave}:{sample}")
}

/// How audit events and approvals name the grant of a person.
pub fn grant_subject(wave: WaveNumber, person: PersonId) -> String {
    format!("grant:{wave}:{}", person.uuid())
}

/// How audit events and approvals name a person.
pub fn person_subject(person: PersonId) -> String {
    format!("person:{}", person.uuid())
}

/// How audit events name what happened to a wave.
const fn act_name(event: WaveEvent) -> &'static str {
    match event {
        WaveEvent::Open => "wave_open",
        WaveEvent::Close => "wave_close",
        WaveEvent::Freeze => "wave_freeze",
        WaveEvent::Draw => "wave_draw",
        WaveEvent::Appoint => "wave_appoint",
        WaveEvent::Settle => "wave_settle",
        WaveEvent::Cancel => "wave_cancel",
    }
}

/// The state a wave would move to.
pub(crate) fn next_state(
    wave: &WaveRow,
    event: WaveEvent,
    now: Timestamp,
) -> Result<domain::wave::WaveState, ActError> {
    wave.state.apply(event, now).map_err(|refused| ActError::WaveState { wave: wave.wave, refused })
}

/// Takes the row of a wave, or says that there is none.
pub(crate) async fn lock_wave(
    conn: &mut sqlx::PgConnection,
    wave: WaveNumber,
) -> Result<WaveRow, ActError> {
    wave_lock(conn, wave).await?.ok_or(ActError::UnknownWave(wave))
}
