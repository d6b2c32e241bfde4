//! `POST /api/v1/officer/proposals`: proposes an act to a second officer.

use app::office::wishes::{ProposeAnswer, Wish, propose_wish};
use axum::extract::State;
use axum::response::Response;
use domain::appeals::AppealAnswer;
use domain::beneficiary::RevocationCause;
use domain::ids::{AppealId, PersonId};
use domain::officers::TwoPersonAct;
use domain::policy::Named as _;
use domain::wave::WaveNumber;
use serde_json::{Value, json};

use super::caller::OfficerCaller;
use super::reading::reason;
use super::refusal::refused;
use crate::caller::WriteKey;
use crate::fields::Fields;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::respond::created;
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    OfficerCaller(officer): OfficerCaller,
    WriteKey(key): WriteKey,
    fields: Fields,
) -> Result<Response, Problem> {
    let (wish, reason) = wish(fields)?;
    let actor = officer.id.to_string();
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act(&actor, &info.request_id, &mut randomness);
    match propose_wish(act, &officer, (wish, &reason), &key).await.map_err(refused)? {
        ProposeAnswer::Proposed(proposal) => {
            Ok(created(&json!({ "proposal": proposal.to_string() })))
        }
        ProposeAnswer::KeyReused => Err(Problem::KeyReused),
    }
}

/// Reads the act, then the fields that it asks for.
fn wish(mut fields: Fields) -> Result<(Wish, String), Problem> {
    let act = fields.text("act", TwoPersonAct::from_name);
    let said = fields.text("reason", reason);
    let wish = act.and_then(|act| match act {
        TwoPersonAct::PublishQuota => wave(&mut fields).map(Wish::Freeze),
        TwoPersonAct::Draw => wave(&mut fields).map(Wish::Draw),
        TwoPersonAct::Appoint => wave(&mut fields).map(Wish::Appoint),
        TwoPersonAct::Cancel => wave(&mut fields).map(Wish::Cancel),
        TwoPersonAct::Revoke => {
            let person = fields.text("person", PersonId::parse);
            let cause = fields.text("cause", RevocationCause::from_name);
            Some(Wish::Revoke(person?, cause?))
        }
        TwoPersonAct::AnswerAppeal => {
            let appeal = fields.text("appeal", AppealId::parse);
            let answer = fields.text("answer", AppealAnswer::from_name);
            Some(Wish::AnswerAppeal(appeal?, answer?))
        }
        TwoPersonAct::ReleaseAccount => fields.text("person", PersonId::parse).map(Wish::Release),
        TwoPersonAct::PublishCalendar | TwoPersonAct::Empower => None,
    });
    if let Some(TwoPersonAct::PublishCalendar | TwoPersonAct::Empower) = act {
        return Err(Problem::AtCommandLine);
    }
    match wish.zip(said) {
        Some(read) if !fields.is_faulty() => Ok(read),
        _ => Err(fields.finish()),
    }
}

fn wave(fields: &mut Fields) -> Option<WaveNumber> {
    fields.take("wave", |value: &Value| WaveNumber::new(u16::try_from(value.as_u64()?).ok()?))
}
