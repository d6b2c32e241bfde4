//! Publishing regions, policies and the calendar with each wave's own seats.

use std::collections::BTreeMap;

use domain::officers::{Approval, TwoPersonAct};
use domain::region::RegionCode;
use domain::wave::WaveNumber;
use serde_json::json;
use storage::rewrap::draw_key_owner;
use storage::reference::{NewWave, RegionRow, policy_insert, regions_insert, wave_insert};

use crate::act::{Act, ActError, Event, subject};
use crate::reference::Reference;

/// Seats and weights that come with a calendar.
#[derive(Debug)]
pub struct Publication<'a> {
    /// Regions, policies, calendar.
    pub reference: &'a Reference,
    /// Own seats by wave; a wave that is missing has none.
    pub base_seats: &'a BTreeMap<WaveNumber, u32>,
    /// Weights of the regencies that share the quotas.
    pub weights: &'a [(RegionCode, u64)],
    /// Where the weights come from.
    pub weights_source: &'a str,
}

/// Publishes everything in one transaction. Two-person act, once an installation.
///
/// # Errors
/// [`ActError`]; a second publication is a conflict.
pub async fn publish_calendar(
    act: &mut Act<'_>,
    publication: &Publication<'_>,
    approval: &Approval,
) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    let reference = publication.reference;
    let weights: BTreeMap<RegionCode, u64> = publication.weights.iter().copied().collect();
    let regions: Vec<RegionRow> = reference
        .regions
        .table()
        .iter()
        .map(|region| RegionRow {
            region: region.code,
            name: region.name.clone(),
            weight: weights
                .get(&region.code)
                .map(|weight| (*weight, publication.weights_source.to_owned())),
        })
        .collect();
    let version = reference.regions.table().version().to_owned();
    regions_insert(&mut tx, &version, &regions, act.now).await?;
    for policy in reference.policies.iter() {
        policy_insert(&mut tx, &policy.id, &policy.document, policy.digest, act.now).await?;
    }
    for wave in reference.calendar.iter() {
        let policy = reference.policies.for_wave(wave.number)?;
        let base_seats = publication.base_seats.get(&wave.number).copied().unwrap_or(0);
        let (mut draw_key, mut nonce) = ([0u8; 32], [0u8; 24]);
        act.rng.fill_bytes(&mut draw_key);
        act.rng.fill_bytes(&mut nonce);
        let new = NewWave {
            wave: wave.number,
            kind: wave.kind,
            policy_id: policy.id.clone(),
            region_version: version.clone(),
            opens_at: wave.opens_at,
            closes_at: wave.closes_at,
            results_at: wave.results_at,
            base_seats,
            draw_key: act.keys.wrap(&draw_key_owner(wave.number), &draw_key, nonce)?,
        };
        wave_insert(&mut tx, &new).await?;
        act.approve(&mut tx, TwoPersonAct::PublishCalendar, wave.number, approval).await?;
        let event = Event {
            act: "wave_publish",
            subject: subject(wave.number),
            from: None,
            to: Some("draft"),
            reason: approval.reason(),
            detail: json!({ "policy": policy.id, "base_seats": base_seats }),
        };
        act.record(&mut tx, event).await?;
    }
    Ok(tx.commit().await.map_err(storage::error::StorageError::from)?)
}
