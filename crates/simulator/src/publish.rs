//! First act of a replay: two officers publish regions, policies and the calendar.

use std::collections::BTreeMap;

use app::folders::publish_folders;
use app::officers::ensure_officers;
use app::publish::{Publication, publish_calendar};
use app::reference::RegencyWeights;
use domain::officers::Approval;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use storage::database::Database;
use storage::error::StorageError;
use storage::reference::waves_list;
use storage::vault::KeyRing;

use crate::hash::act_rng;
use crate::replay::{ReplayError, ReplayInput, act_at, act_error, both_agree};

/// Names of the two officers of a replay.
const OFFICERS: [&str; 2] = ["Petugas simulasi 1", "Petugas simulasi 2"];

/// Publishes the calendar unless its first wave is, a month before the first wave opens; gives the officers' standing
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
    let failed = |error| act_error("publishing the calendar", first.shape.wave)(error);
    // Randomness of their own, so that a replay that goes on without adding them publishes the same.
    let mut rng = act_rng(input.seed, "officers");
    let mut act = act_at(input, database, keys, now, &mut rng);
    let officers =
        ensure_officers(&mut act, OFFICERS, "officers of the replay").await.map_err(failed)?;
    let approval = both_agree(officers)?;
    let mut tx = database.begin().await?;
    let published = waves_list(&mut tx).await?.iter().any(|row| row.wave == first.shape.wave);
    tx.rollback().await.map_err(StorageError::from)?;
    if published {
        // Interrupted before the folders were begun, it goes on with them.
        publish_rules(input, database, now).await?;
        return Ok(approval);
    }
    let base_seats: BTreeMap<WaveNumber, u32> = input
        .plan
        .waves()
        .iter()
        .map(|wave| (wave.shape.wave, u32::try_from(wave.base_seats).unwrap_or(u32::MAX)))
        .collect();
    let publication = Publication {
        regions: &input.reference.regions,
        policies: &input.reference.policies,
        calendar: &input.reference.calendar,
        base_seats: &base_seats,
        weights: &weights.weights,
        weights_source: weights.basis.label(),
        province: Some(input.province),
        public: input.public.map(|public| (&public.setup, public.first)),
    };
    let mut rng = act_rng(input.seed, "publish");
    let mut act = act_at(input, database, keys, now, &mut rng);
    publish_calendar(&mut act, &publication, &approval).await.map_err(failed)?;
    publish_rules(input, database, now).await?;
    Ok(approval)
}

/// Publishes the rules of the published waves, which must be seen before they open.
async fn publish_rules(
    input: &ReplayInput<'_>,
    database: &Database,
    now: Timestamp,
) -> Result<(), ReplayError> {
    if let Some(public) = input.public {
        publish_folders(database, &public.desk, now).await?;
    }
    Ok(())
}
