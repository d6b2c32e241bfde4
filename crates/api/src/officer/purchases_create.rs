//! `POST /api/v1/officer/waves/{number}/purchases`: records a first purchase that a platform has reported.

use app::import::parse_instant;
use app::office::record_purchase;
use app::purchase::PurchaseRequest;
use app::purchase_one::PurchaseAnswer;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::PersonId;
use domain::rupiah::Rupiah;
use serde_json::{Value, json};

use super::caller::OfficerCaller;
use super::refusal::refused;
use crate::caller::WriteKey;
use crate::fields::Fields;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::respond::created;
use crate::state::Api;
use crate::waves_read::number;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    OfficerCaller(officer): OfficerCaller,
    WriteKey(key): WriteKey,
    path: Result<Path<u16>, PathRejection>,
    fields: Fields,
) -> Result<Response, Problem> {
    let wave = number(path)?;
    let request = purchase(fields)?;
    let actor = officer.id.to_string();
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act(&actor, &info.request_id, &mut randomness);
    match record_purchase(act, &officer, (wave, request), &key).await.map_err(refused)? {
        PurchaseAnswer::Recorded => Ok(created(&json!({
            "wave": wave.get(),
            "person": request.person_id.to_string(),
            "answer": "recorded",
        }))),
        PurchaseAnswer::Refused(refusal) => Err(Problem::PurchaseRefused(refusal)),
        PurchaseAnswer::KeyReused => Err(Problem::KeyReused),
    }
}

fn purchase(mut fields: Fields) -> Result<PurchaseRequest, Problem> {
    let person_id = fields.text("person", PersonId::parse);
    let price = fields.take("price_rupiah", |value: &Value| Rupiah::new(value.as_i64()?).ok());
    let paid_at = fields.text("paid_at", parse_instant);
    let read =
        move || Some(PurchaseRequest { person_id: person_id?, price: price?, paid_at: paid_at? });
    match read() {
        Some(request) if !fields.is_faulty() => Ok(request),
        _ => Err(fields.finish()),
    }
}
