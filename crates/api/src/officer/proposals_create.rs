//! `POST /api/v1/officer/proposals`: proposes an act to a second officer.

use std::collections::BTreeSet;

use app::credential::read_digest;
use app::import::parse_instant;
use app::office::wishes::{ProposeAnswer, Wish, WishedPower, propose_wish};
use app::wave_line::WaveLine;
use axum::extract::State;
use axum::response::Response;
use domain::appeals::AppealAnswer;
use domain::beneficiary::RevocationCause;
use domain::calendar::CalendarWave;
use domain::ids::{AppealId, OfficerId, PersonId};
use domain::officers::{Role, TwoPersonAct};
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::wave::{WaveKind, WaveNumber};
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
    let regions = &api.service.regions;
    match propose_wish(act, &officer, (&wish, &reason), &key, regions).await.map_err(refused)? {
        ProposeAnswer::Proposed(proposal) => {
            Ok(created(&json!({ "proposal": proposal.to_string() })))
        }
        ProposeAnswer::KeyReused => Err(Problem::KeyReused),
    }
}

/// Reads the act, then the fields that it asks for.
fn wish(mut fields: Fields) -> Result<(Wish, String), Problem> {
    let act = fields.text("act", offered);
    let said = fields.text("reason", reason);
    let wish = act.and_then(|act| match act {
        TwoPersonAct::PublishQuota => wave(&mut fields).map(Wish::Freeze),
        TwoPersonAct::CorrectRoll => {
            let (wave, persons) = (wave(&mut fields), fields.take("persons", persons));
            Some(Wish::CorrectRoll(wave?, persons?))
        }
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
        TwoPersonAct::PublishCalendar => line(&mut fields).map(Wish::Publish),
        TwoPersonAct::Empower => power(&mut fields).map(Wish::Empower),
        TwoPersonAct::OpenToAuditors => None,
    });
    match wish.zip(said) {
        Some(read) if !fields.is_faulty() => Ok(read),
        _ => Err(fields.finish()),
    }
}

/// An act that may be proposed here; what writes files is proposed at the command line, where it is approved.
fn offered(name: &str) -> Option<TwoPersonAct> {
    TwoPersonAct::from_name(name).filter(|act| *act != TwoPersonAct::OpenToAuditors)
}

/// A wave with the line of the calendar that publishes it.
fn line(fields: &mut Fields) -> Option<WaveLine> {
    let number = wave(fields);
    let kind = fields.text("kind", WaveKind::from_name);
    let opens_at = fields.text("opens_at", parse_instant);
    let closes_at = fields.text("closes_at", parse_instant);
    let results_at = fields.text("results_at", parse_instant);
    // As many as the database can hold.
    let seats = fields.take("seats", |value| i32::try_from(value.as_u64()?).ok());
    let province = fields.text("province", |text| RegionCode::parse(text).ok());
    let wave = CalendarWave {
        number: number?,
        kind: kind?,
        opens_at: opens_at?,
        closes_at: closes_at?,
        results_at: results_at?,
        moved_s: 0,
    };
    Some(WaveLine { wave, seats: seats?.unsigned_abs(), province: province? })
}

/// What an officer is to be given. Only the digest of a credential is taken: the secret stays with whoever made it.
fn power(fields: &mut Fields) -> Option<WishedPower> {
    let officer = fields.text("officer", OfficerId::parse);
    let name = fields.text_given("name", |text| Some(text.to_owned()));
    let roles = fields.given("roles", |value| {
        let names = value.as_array()?.iter();
        names.map(|name| Role::from_name(name.as_str()?)).collect::<Option<BTreeSet<Role>>>()
    });
    let credential = fields.text_given("credential_sha256", read_digest);
    Some(WishedPower { officer: officer?, name, roles: roles.unwrap_or_default(), credential })
}

fn persons(ids: &Value) -> Option<BTreeSet<PersonId>> {
    ids.as_array()?.iter().map(|id| PersonId::parse(id.as_str()?)).collect()
}

fn wave(fields: &mut Fields) -> Option<WaveNumber> {
    fields.take("wave", |value: &Value| WaveNumber::new(u16::try_from(value.as_u64()?).ok()?))
}
