//! First act of a replay: two officers publish regions, policies and the calendar.

use std::collections::BTreeMap;

use app::publish::{Publication, publish_calendar};
use app::reference::RegencyWeights;
use domain::ids::OfficerId;
use domain::officers::Approval;
use domain::wave::WaveNumber;
use rand_core::Rng as _;
use storage::database::Database;
use storage::error::StorageError;
use storage::officers::officer_ensure;
use storage::reference::waves_list;
use storage::vault::KeyRing;

use crate::hash::act_rng;
use crate::replay::{ReplayError, ReplayInput, act_error, both_agree};

/// Names of the two officers of a replay.
const OFFICERS: [&str; 2] = ["Petugas simulasi 1", "Petugas simulasi 2"];

/// Publishes the calendar unless it is, a month before the first wave opens; gives the officers' standing
/// approval.
pub(crate) async fn ensure_published(
    input: &ReplayInput<'_>,
    database: &Database,
    keys: &KeyRing,
    weights: &RegencyWeights,
) -> Result<Approval, ReplayError> {
    let Some(first) = input.plan.waves().first() else {
        return Err(ReplayError::NoWeights(input.province));
    };
    let now = first.shape.opens_at.plus_days(-30);
    let mut rng = act_rng(input.seed, "publish");
    let mut tx = database.begin().await?;
    let mut officers = [OfficerId::from_uuid(uuid::Uuid::nil()); 2];
    for (officer, name) in officers.iter_mut().zip(OFFICERS) {
        let mut random = [0; 10];
        rng.fill_bytes(&mut random);
        *officer = officer_ensure(&mut tx, OfficerId::at(now, random), name, now).await?;
    }
    let published = !waves_list(&mut tx).await?.is_empty();
    tx.commit().await.map_err(StorageError::from)?;
    let approval = both_agree(officers)?;
    if published {
        return Ok(approval);
    }
    let base_seats: BTreeMap<WaveNumber, u32> = input
        .plan
        .waves()
        .iter()
        .map(|wave| (wave.shape.wave, u32::try_from(wave.base_seats).unwrap_or(u32::MAX)))
        .collect();
    let publication = Publication {
        reference: input.reference,
        base_seats: &base_seats,
        weights: &weights.weights,
        weights_source: weights.basis.label(),
    };
    let mut act = app::act::Act {
        database,
        keys,
        policies: &input.reference.policies,
        now,
        actor: "simulator",
        request_id: "replay",
        rng: &mut rng,
    };
    publish_calendar(&mut act, &publication, &approval)
        .await
        .map_err(act_error("publishing the calendar", first.shape.wave))?;
    Ok(approval)
}
