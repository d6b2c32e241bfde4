//! Deciding what was proposed by its id, as it comes over a network.

use domain::appeals::AppealAnswer;
use domain::beneficiary::RevocationCause;
use domain::ids::{AppealId, PersonId, ProposalId};
use domain::officers::{Approval, Officer, ProposalState, TwoPersonAct};
use domain::policy::Named as _;
use domain::statement::StatementBounds;
use domain::wave::WaveNumber;
use serde_json::{Value, json};
use storage::database::Database;
use storage::error::StorageError;
use storage::proposals::proposal_find;

use crate::act::{Act, ActError};
use crate::appeal_answer::answer_appeal;
use crate::appoint::appoint_wave;
use crate::draw::draw_wave;
use crate::freeze::freeze_wave;
use crate::officers::{empower, proposed_power};
use crate::proposals::{
    ProposalRefusal, ProposalRow, Request, consent, parameters_of, refused_or_decided, reject_row,
};
use crate::reference::RegionData;
use crate::release::release_account;
use crate::revoke::revoke_for_cause;
use crate::roll_correct::{correct_roll, proposed_correction};
use crate::wave::cancel_wave;
use crate::wave_line::WaveLine;

/// A proposal.
///
/// # Errors
/// [`ProposalRefusal::Unknown`].
pub async fn find_proposal(
    database: &Database,
    proposal: ProposalId,
) -> Result<ProposalRow, ActError> {
    let found = proposal_find(&mut *database.begin().await?, proposal).await?;
    Ok(found.ok_or(ProposalRefusal::Unknown(proposal))?)
}

/// Approves the proposal of this id by doing the act, and gives what came out: counts, as far as there are any.
/// Its terms cannot change, so the id says what is approved; a wave is published with these regions and the policies of
/// the act, which must be those that were proposed. Asked again by the officer who approved it, it is
/// done already, and there is nothing more to tell.
///
/// # Errors
/// [`ActError`]; a refused act leaves the proposal open.
pub async fn approve_proposal(
    act: &mut Act<'_>,
    officer: &Officer,
    proposal: ProposalId,
    regions: &RegionData,
) -> Result<Option<Value>, ActError> {
    let row = find_proposal(act.database, proposal).await?;
    officer.require(row.act.approver())?;
    if row.state == ProposalState::Approved && row.decided_by == Some(officer.id) {
        return Ok(None);
    }
    if row.state != ProposalState::Open {
        let refusal =
            ProposalRefusal::Decided { act: row.act, subject: row.subject, state: row.state };
        return Err(refusal.into());
    }
    let request = if row.act == TwoPersonAct::PublishCalendar {
        line_of(&row)?.request(regions, act.policies)?
    } else {
        let parameters = parameters_of(&row)?;
        Request { act: row.act, subject: row.subject.clone(), parameters }
    };
    let approval = consent((act.database, act.now), officer, &request).await?;
    // Another one may have taken its place since.
    if approval.proposal() != Some(proposal) {
        return Err(ProposalRefusal::Unknown(proposal).into());
    }
    match do_approved(act, (&row, regions), &request.parameters, &approval).await {
        Ok(result) => Ok(Some(result)),
        Err(error) => Err(refused_or_decided((act.database, act.now), error, &approval).await),
    }
}

/// Does what was approved.
async fn do_approved(
    act: &mut Act<'_>,
    (row, regions): (&ProposalRow, &RegionData),
    parameters: &Value,
    approval: &Approval,
) -> Result<Value, ActError> {
    let broken = || StorageError::Inconsistency { table: "proposals", column: "subject" };
    let wave = || wave_of(&row.subject).ok_or_else(broken);
    let named = |name: &str| parameters.get(name).and_then(Value::as_str);
    Ok(match row.act {
        TwoPersonAct::PublishQuota => {
            let frozen = freeze_wave(act, wave()?, approval).await?;
            json!({
                "entries": frozen.entries,
                "ineligible": frozen.ineligible,
                "seats": frozen.seats,
                "reused": frozen.reused,
                "unfilled": frozen.unfilled,
            })
        }
        TwoPersonAct::CorrectRoll => {
            let (plan, persons) =
                proposed_correction(&row.subject, parameters).ok_or_else(broken)?;
            let corrected = correct_roll(act, plan, &persons, approval).await?;
            json!({
                "plan": corrected.plan,
                "draw_at": corrected.draw_at.to_string(),
                "results_at": corrected.results_at.to_string(),
                "entries": corrected.entries,
                "entered": corrected.entered,
                "left": corrected.left,
                "rewritten": corrected.rewritten,
                "unfilled": corrected.unfilled,
            })
        }
        TwoPersonAct::Draw => {
            let drawn = draw_wave(act, wave()?, approval).await?;
            json!({
                "selected": drawn.selected,
                "not_selected": drawn.not_selected,
                "household_cap": drawn.household_cap,
                "test_beacon": true,
            })
        }
        TwoPersonAct::Appoint => {
            let appointed = appoint_wave(act, wave()?, approval).await?;
            json!({
                "decree": appointed.decree_number,
                "appointments": appointed.appointments,
                "purchase_due_at": appointed.purchase_due_at.to_string(),
            })
        }
        TwoPersonAct::Cancel => {
            cancel_wave(act, wave()?, approval).await?;
            json!({})
        }
        TwoPersonAct::Revoke => {
            let grant = grant_of(&row.subject).ok_or_else(broken)?;
            let cause = named("cause").and_then(RevocationCause::from_name).ok_or_else(broken)?;
            revoke_for_cause(act, grant, cause, approval).await?;
            json!({})
        }
        TwoPersonAct::AnswerAppeal => {
            let appeal = row.subject.strip_prefix("appeal:").and_then(AppealId::parse);
            let appeal = appeal.ok_or_else(broken)?;
            let answer = named("answer").and_then(AppealAnswer::from_name).ok_or_else(broken)?;
            answer_appeal(act, appeal, answer, approval).await?;
            json!({ "answer": answer.name() })
        }
        TwoPersonAct::ReleaseAccount => {
            let person = row.subject.strip_prefix("person:").and_then(PersonId::parse);
            let bounds = release_account(act, person.ok_or_else(broken)?, approval).await?;
            json!({ "only_by_what_is_held": bounds != StatementBounds::default() })
        }
        TwoPersonAct::OpenToAuditors => return Err(ProposalRefusal::WritesFiles(row.act).into()),
        TwoPersonAct::PublishCalendar => {
            line_of(row)?.publish(act, regions, approval).await?;
            json!({})
        }
        TwoPersonAct::Empower => {
            let power = proposed_power(row)?;
            empower(act, &power, approval).await?;
            json!({ "officer": power.officer.to_string() })
        }
    })
}

/// The wave that a proposal is to publish.
fn line_of(row: &ProposalRow) -> Result<WaveLine, ActError> {
    let wave = wave_of(&row.subject);
    let parameters = parameters_of(row)?;
    let line = wave.and_then(|wave| WaveLine::from_terms(wave, &parameters));
    Ok(line.ok_or(ProposalRefusal::NeedsDocuments(row.act))?)
}

fn wave_of(subject: &str) -> Option<WaveNumber> {
    WaveNumber::new(subject.strip_prefix("wave:")?.parse().ok()?)
}

fn grant_of(subject: &str) -> Option<(WaveNumber, PersonId)> {
    let (wave, person) = subject.strip_prefix("grant:")?.split_once(':')?;
    Some((WaveNumber::new(wave.parse().ok()?)?, PersonId::parse(person)?))
}

/// Turns the proposal of this id down, or takes the officer's own back. Asked again by the same officer, it is done
/// already.
///
/// # Errors
/// [`ActError`]; the proposal stays as it is then.
pub async fn reject_proposal(
    act: &mut Act<'_>,
    officer: &Officer,
    proposal: ProposalId,
    reason: &str,
) -> Result<ProposalState, ActError> {
    let row = find_proposal(act.database, proposal).await?;
    if row.proposed_by != officer.id {
        officer.require(row.act.approver())?;
    }
    match row.state {
        ProposalState::Open => reject_row(act, officer, &row, reason).await,
        state @ (ProposalState::Rejected | ProposalState::Withdrawn)
            if row.decided_by == Some(officer.id) =>
        {
            Ok(state)
        }
        state => Err(ProposalRefusal::Decided { act: row.act, subject: row.subject, state }.into()),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::act::{grant_subject, subject};

    /// What a proposal is about reads back from its subject, and from nothing else.
    #[test]
    fn subjects() {
        let wave = WaveNumber::new(48).unwrap();
        let person = PersonId::from_uuid(Uuid::from_u128(7));
        assert_eq!(wave_of(&subject(wave)), Some(wave));
        assert_eq!(grant_of(&grant_subject(wave, person)), Some((wave, person)));
        assert_eq!(
            (wave_of("wave:x"), grant_of("grant:48"), grant_of("wave:48")),
            (None, None, None)
        );
    }
}
