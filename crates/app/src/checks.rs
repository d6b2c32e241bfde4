//! Asking the registers about a person: outside any transaction, by a job, until they have answered.
//!
//! The answers are written down only if the identity is still the one that was asked about: a correction seals
//! it anew, so the sealed bytes tell. Asking has no effect on a register, so a job that dies in the middle is
//! simply done again.

use std::collections::BTreeSet;

use domain::checks::{Answer, CheckEvent, IdentityFields, Judgement, Register, pause_micros};
use domain::eligibility::{CheckKind, CheckState, Finding, Rule};
use domain::identity::Identity;
use domain::ids::{PersonId, uuid_at};
use domain::notice::Notice;
use domain::policy::Named as _;
use domain::schedule::{Lane, REGISTERS_ASK, Task};
use domain::time::Timestamp;
use futures_util::future::join_all;
use integrations::registers::{AskError, RegisterDesk};
use serde_json::json;
use storage::checks::{
    OpenCheck, check_update, checks_lock, checks_reset, identity_lock, persons_to_ask,
};
use storage::database::Tx;
use storage::error::StorageError;
use storage::jobs::{LeasedJob, job_finish, jobs_insert, jobs_open_count};
use storage::notices::tell_persons;
use storage::persons::identity_find;

use crate::act::{Act, ActError, Event};
use crate::jobs::{JobError, enqueue, payload_of};

/// Jobs that ask a register which may be open when persons are enqueued again: fewer than the registers answer in
/// the minute until the next look, so that whoever registers now never waits for long behind them.
const AGAIN_MAX: u32 = 1_000;

/// Within the transaction of a statement: these checks are not asked yet, and a job is there that asks. None are
/// asked about what no register compares.
pub(crate) async fn begin_checks(
    tx: &mut Tx,
    act: &mut Act<'_>,
    person: PersonId,
    kinds: &[CheckKind],
) -> Result<(), ActError> {
    if kinds.is_empty() {
        return Ok(());
    }
    checks_reset(tx, person, kinds, act.now).await?;
    // A job that is at it finds the identity changed, and asks again.
    enqueue(tx, act, Task::AskRegisters(person), act.now).await?;
    Ok(())
}

/// Enqueues the persons whose registers are to be asked again, those who wait longest first, as far as there is room
/// beside the jobs of those who have just registered.
pub(crate) async fn ask_again_within(tx: &mut Tx, act: &mut Act<'_>) -> Result<(), ActError> {
    let open = jobs_open_count(tx, REGISTERS_ASK, AGAIN_MAX).await?;
    let room = AGAIN_MAX.saturating_sub(open);
    let persons = persons_to_ask(tx, REGISTERS_ASK, act.now, room).await?;
    let mut jobs = Vec::with_capacity(persons.len());
    for person in persons {
        let task = Task::AskRegisters(person);
        let job_id = uuid_at(act.now, act.id_bytes());
        jobs.push((job_id, task.subject().to_string(), payload_of(task).to_string()));
    }
    jobs_insert(tx, REGISTERS_ASK, Lane::Outside, &jobs, act.request_id, act.now).await?;
    Ok(())
}

/// What the registers are asked about.
struct Question {
    person: PersonId,
    identity: Identity,
    /// The identity as it lay sealed; another one was not asked about.
    sealed: Vec<u8>,
    kinds: BTreeSet<CheckKind>,
}

impl Question {
    fn registers(&self) -> BTreeSet<Register> {
        self.kinds.iter().filter_map(|kind| Register::of(*kind)).collect()
    }
}

/// Asks every register that is due to be asked about a person, all at the same time, and writes down what they
/// say together with the end of the job. Whoever does not answer is asked again later, which the schedule sees to.
pub(crate) async fn ask_registers(
    act: &mut Act<'_>,
    desk: &RegisterDesk,
    job: &LeasedJob,
    person: PersonId,
) -> Result<(), JobError> {
    // Nothing is due if everything is answered or the identity was erased; the job ends then.
    let question = open_question(act, desk, person).await?;
    let judged = match &question {
        Some(question) => ask(desk, question).await,
        None => Vec::new(),
    };
    let mut tx = act.database.begin().await?;
    if !job_finish(&mut tx, job, act.now).await? {
        return Err(JobError::Lost);
    }
    if let Some(question) = &question {
        record_within(&mut tx, act, question, judged).await?;
    }
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Asks all registers at the same moment.
async fn ask(desk: &RegisterDesk, question: &Question) -> Vec<Judgement> {
    let asking = question.registers().into_iter().map(async |register| {
        let answer = desk.ask(register, &question.identity).await;
        judgements(register, answer)
    });
    join_all(asking).await.into_iter().flatten().collect()
}

/// Marks what is due as asked, with an audit event, since from here on others are told who is meant; `None` if
/// nothing is to be asked. What is due of a register that is left alone is put off and told to nobody.
async fn open_question(
    act: &mut Act<'_>,
    desk: &RegisterDesk,
    person: PersonId,
) -> Result<Option<Question>, ActError> {
    let mut tx = act.database.begin().await?;
    let Some(stored) = identity_find(&mut tx, person).await? else { return Ok(None) };
    let mut kinds = BTreeSet::new();
    for check in checks_lock(&mut tx, person).await? {
        if check.ask_at.is_none_or(|at| at > act.now) {
            continue;
        }
        let Some(register) = Register::of(check.kind) else { continue };
        if desk.rests(register) {
            if let Some(next) = next_check(&check, Judgement::silent(check.kind), act.now) {
                check_update(&mut tx, person, check.state, &next).await?;
            }
            continue;
        }
        // Nothing that is confirmed is open, and everything else can be asked.
        let Ok(state) = check.state.apply(CheckEvent::Ask) else { continue };
        kinds.insert(check.kind);
        if state != check.state {
            let (from, detail, answered_at) = (check.state, None, None);
            let asked = OpenCheck { state, detail, answered_at, ..check };
            check_update(&mut tx, person, from, &asked).await?;
        }
    }
    if kinds.is_empty() {
        tx.commit().await.map_err(StorageError::from)?;
        return Ok(None);
    }
    let identity = act.keys.open(person, &stored.wrapped_key, &stored.sealed)?;
    let question = Question { person, identity, sealed: stored.sealed, kinds };
    let registers: Vec<&str> = question.registers().into_iter().map(Register::name).collect();
    let detail = json!({ "registers": registers });
    record(&mut tx, act, person, "registers_ask", "checks of a registration", detail).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Some(question))
}

fn judgements(register: Register, answer: Result<Answer, AskError>) -> Vec<Judgement> {
    match answer {
        Ok(answer) => answer.judge(),
        Err(AskError::Resting | AskError::Call(_)) => {
            register.kinds().iter().map(|kind| Judgement::silent(*kind)).collect()
        }
    }
}

/// Writes down what was answered, with an audit event that counts and does not say what.
async fn record_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    question: &Question,
    judged: Vec<Judgement>,
) -> Result<(), JobError> {
    let person = question.person;
    // Erased meanwhile: nobody is asked about any more.
    let Some(stored) = identity_lock(tx, person).await? else { return Ok(()) };
    if stored.sealed != question.sealed {
        return Err(JobError::Changed);
    }
    let checks = checks_lock(tx, person).await?;
    let [mut confirmed, mut refuted, mut unavailable] = [0u8; 3];
    for judgement in judged {
        let check = checks.iter().find(|check| check.kind == judgement.kind);
        let asked = check.filter(|check| question.kinds.contains(&check.kind));
        let Some(check) = asked else { continue };
        let count = match judgement.event {
            CheckEvent::Confirm => &mut confirmed,
            CheckEvent::Refute => &mut refuted,
            CheckEvent::Fail | CheckEvent::Ask | CheckEvent::Expire | CheckEvent::Change => {
                &mut unavailable
            }
        };
        // A state that the answer does not fit was set by somebody else; what is due is asked again.
        let Some(next) = next_check(check, judgement, act.now) else { continue };
        check_update(tx, person, check.state, &next).await?;
        *count = count.saturating_add(1);
        if let Some(rule) = contradicted(check, &next) {
            let detail = next.detail.as_deref().unwrap_or_default();
            let fields = match next.kind {
                CheckKind::PopulationRegister => IdentityFields::of_detail(detail),
                _ => IdentityFields::default(),
            };
            let notice = Notice::CheckRefuted { rule, fields, answered_at: act.now };
            tell_persons(tx, act.telling(), notice, &[person]).await?;
        }
    }
    let detail = json!({ "confirmed": confirmed, "refuted": refuted, "unavailable": unavailable });
    Ok(record(tx, act, person, "registers_answer", "answers of the registers", detail).await?)
}

/// The rule that an answer says is not met, if it says so for the first time.
fn contradicted(before: &OpenCheck, after: &OpenCheck) -> Option<Rule> {
    if after.state != CheckState::Refuted || before.state == CheckState::Refuted {
        return None;
    }
    let finding = Finding::from_answer(after.kind, after.state, after.detail.as_deref());
    finding.map(Finding::rule)
}

/// Where a check stands after an answer.
fn next_check(check: &OpenCheck, judgement: Judgement, now: Timestamp) -> Option<OpenCheck> {
    let state = check.state.apply(judgement.event).ok()?;
    let is_answer = judgement.event != CheckEvent::Fail || state != check.state;
    let tries = match judgement.event {
        CheckEvent::Confirm => 0,
        CheckEvent::Refute
        | CheckEvent::Fail
        | CheckEvent::Ask
        | CheckEvent::Expire
        | CheckEvent::Change => check.tries.saturating_add(1),
    };
    Some(OpenCheck {
        kind: check.kind,
        state,
        // A contradiction stands until another answer comes.
        detail: if is_answer { judgement.detail } else { check.detail.clone() },
        answered_at: if is_answer { Some(now) } else { check.answered_at },
        ask_at: pause_micros(state, tries).map(|pause| now.plus_micros(pause)),
        tries,
    })
}

async fn record(
    tx: &mut Tx,
    act: &mut Act<'_>,
    person: PersonId,
    name: &str,
    reason: &str,
    detail: serde_json::Value,
) -> Result<(), ActError> {
    let subject = Task::AskRegisters(person).subject().to_string();
    let event = Event { act: name, subject, from: None, to: None, reason, detail };
    act.record(tx, event).await
}
