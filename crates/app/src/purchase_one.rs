//! A first purchase, one at a time, under a key of whoever reports it.

use domain::client_key::ClientKey;
use domain::wave::WaveNumber;
use serde_json::json;
use storage::beneficiaries::purchases_insert;
use storage::error::StorageError;
use uuid::Uuid;

use crate::act::{Act, ActError, Event, grant_subject};
use crate::keyed::{Keyed, Known, was_taken};
use crate::purchase::{PurchaseRefusal, PurchaseRequest, judge_purchases};

/// What a reported purchase came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseAnswer {
    /// Recorded; also the answer to the same key again.
    Recorded,
    /// A rule refuses; nothing was written, and the key stays free.
    Refused(PurchaseRefusal),
    /// The key was used for another request.
    KeyReused,
}

const ACT: &str = "purchase_record";
/// The one answer that is kept with a key.
const RECORDED: &str = "recorded";

/// Records one first purchase in one transaction, judged as a batch is. `reporter` is whose key it is.
///
/// # Errors
/// [`ActError`]; nothing was kept then, and the same call may be made again.
pub async fn record_first_purchase(
    act: &mut Act<'_>,
    wave: WaveNumber,
    request: PurchaseRequest,
    (reporter, key): (Uuid, &ClientKey),
) -> Result<PurchaseAnswer, ActError> {
    let keyed = Keyed::new(act.keys, (reporter, key), ACT, &request_bytes(wave, &request));
    let done = record_once(act, wave, request, &keyed).await;
    if was_taken(&done) { record_once(act, wave, request, &keyed).await } else { done }
}

async fn record_once(
    act: &mut Act<'_>,
    wave: WaveNumber,
    request: PurchaseRequest,
    keyed: &Keyed<'_>,
) -> Result<PurchaseAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    if let Some(answer) = answer_of(&keyed.known(&mut tx).await?) {
        return Ok(answer);
    }
    let (outcome, allowed) =
        judge_purchases((act.policies, act.now), &mut tx, wave, &[request]).await?;
    if let Some((_, refusal)) = outcome.refused.first() {
        // The row of the grant was waited for; the same request may have held it.
        let known = answer_of(&keyed.known(&mut tx).await?);
        return Ok(known.unwrap_or(PurchaseAnswer::Refused(*refusal)));
    }
    purchases_insert(&mut tx, wave, &allowed).await?;
    keyed.keep(&mut tx, RECORDED, act.now).await?;
    let event = Event {
        act: ACT,
        subject: grant_subject(wave, request.person_id),
        from: Some("appointed"),
        to: Some("active"),
        reason: "first purchase",
        detail: json!({ "price_rupiah": request.price.get() }),
    };
    act.record(&mut tx, event).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(PurchaseAnswer::Recorded)
}

fn answer_of(known: &Known) -> Option<PurchaseAnswer> {
    match known {
        Known::New => None,
        Known::Answered(_) => Some(PurchaseAnswer::Recorded),
        Known::Reused => Some(PurchaseAnswer::KeyReused),
    }
}

/// Everything that makes the request what it is.
fn request_bytes(wave: WaveNumber, request: &PurchaseRequest) -> Vec<u8> {
    let mut bytes = wave.get().to_be_bytes().to_vec();
    bytes.extend_from_slice(request.person_id.uuid().as_bytes());
    bytes.extend_from_slice(&request.price.get().to_be_bytes());
    bytes.extend_from_slice(&request.paid_at.micros().to_be_bytes());
    bytes
}
