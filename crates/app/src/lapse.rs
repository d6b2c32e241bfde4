//! The end of freed seats: what no wave has reused by the end of its time returns for good.

use serde_json::json;
use storage::database::Tx;
use storage::reference::{roll_lock, wave_find};
use storage::selection::{seat_pool_return, settled_with_waiting_seats};

use crate::act::{Act, ActError, Event, subject};

/// Returns the seats of every settled wave whose policy lets them lapse, within the caller's transaction. A wave that is
/// not settled may still need its seats for appeals. Doing it again finds nothing.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub(crate) async fn lapse_within(tx: &mut Tx, act: &mut Act<'_>) -> Result<(), ActError> {
    roll_lock(tx).await?;
    for number in settled_with_waiting_seats(tx).await? {
        let wave = wave_find(tx, number).await?.ok_or(ActError::UnknownWave(number))?;
        let lapse = act.policy_of(&wave)?.version.selection().freed_places_lapse;
        let Some(before) = lapse.lapsed_before(act.now) else { continue };
        let seats = seat_pool_return(tx, number, before, act.now).await?;
        if seats == 0 {
            continue;
        }
        let event = Event {
            act: "seats_lapse",
            subject: subject(number),
            from: Some("waiting"),
            to: Some("returned"),
            reason: "no wave has reused them within their year",
            detail: json!({ "seats": seats }),
        };
        act.record(tx, event).await?;
    }
    Ok(())
}
