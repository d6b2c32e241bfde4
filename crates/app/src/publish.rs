//! Publishing regions, policies and the calendar with each wave's own seats.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use domain::calendar::{Calendar, CalendarWave};
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::schedule::Task;
use domain::time::Timestamp;
use domain::wave::{WaveKind, WaveNumber, WaveState};
use selection::digest::DrawKey;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use storage::database::Database;
use storage::error::StorageError;
use storage::keys::to_hex;
use storage::public_folders::public_policy_insert;
use storage::reference::{
    NewWave, RegionRow, calendar_lock, policy_digest_find, policy_insert, region_version_list,
    regions_insert, wave_find, wave_insert, waves_list,
};
use storage::rewrap::draw_key_owner;

use crate::act::{Act, ActError, Event, subject};
use crate::folders::PublicSetup;
use crate::jobs::enqueue;
use crate::quota::rules_of_wave;
use crate::reference::{LoadedPolicy, Policies, RegionData};
use crate::roll::selection_error;

/// Seats and weights that come with a calendar.
#[derive(Debug)]
pub struct Publication<'a> {
    /// The regions.
    pub regions: &'a RegionData,
    /// The policies.
    pub policies: &'a Policies,
    /// The calendar.
    pub calendar: &'a Calendar,
    /// Own seats by wave; a wave that is missing has none.
    pub base_seats: &'a BTreeMap<WaveNumber, u32>,
    /// Weights of the regencies that share the quotas.
    pub weights: &'a [(RegionCode, u64)],
    /// Where the weights come from.
    pub weights_source: &'a str,
    /// The province whose own weights they are; `None` if they are brought, or of the whole country.
    pub province: Option<RegionCode>,
    /// How waves from a number on are published as folders; `None` if none is.
    pub public: Option<(&'a PublicSetup, WaveNumber)>,
}

impl Publication<'_> {
    fn regions(&self) -> Vec<RegionRow> {
        let weights: BTreeMap<RegionCode, u64> = self.weights.iter().copied().collect();
        let weight_of =
            |code| weights.get(&code).map(|weight: &u64| (*weight, self.weights_source.to_owned()));
        let regions = self.regions.table().iter();
        regions
            .map(|region| RegionRow {
                region: region.code,
                name: region.name.clone(),
                weight: weight_of(region.code),
            })
            .collect()
    }

    fn wave(&self, number: WaveNumber) -> Result<&CalendarWave, ActError> {
        self.calendar.get(number).ok_or(ActError::NotInCalendar(number))
    }

    fn public(&self, number: WaveNumber) -> Option<&PublicSetup> {
        self.public.filter(|(_, first)| *first <= number).map(|(setup, _)| setup)
    }

    fn seats(&self, number: WaveNumber) -> u32 {
        self.base_seats.get(&number).copied().unwrap_or(0)
    }

    /// What two officers agree on when they publish a wave: all its terms, the documents by their digests.
    ///
    /// # Errors
    /// [`ActError`] if the wave is not in the calendar or has no policy.
    pub fn terms(&self, number: WaveNumber) -> Result<Value, ActError> {
        let wave = self.wave(number)?;
        if wave.kind == WaveKind::Recovery && self.seats(number) > 0 {
            return Err(ActError::OwnSeats(number));
        }
        let policy = self.policies.for_wave(number)?;
        Ok(json!({
            "kind": wave.kind.name(),
            "opens_at": wave.opens_at.to_string(),
            "closes_at": wave.closes_at.to_string(),
            "results_at": wave.results_at.to_string(),
            "base_seats": self.seats(number),
            "policy": policy.id,
            "policy_sha256": to_hex(&policy.digest),
            "regions": self.regions.table().version(),
            "regions_sha256": to_hex(&regions_digest(&self.regions())),
            "regencies_with_quota": self.weights.len(),
            "weights_source": self.weights_source,
            "province": self.province.map(|province| province.to_string()),
            "public": self.public(number).map(PublicSetup::terms),
        }))
    }
}

/// Digest of a region list with its weights, one line a region.
fn regions_digest(regions: &[RegionRow]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for row in regions {
        let (weight, source) = row.weight.clone().unwrap_or_default();
        digest.update(format!("{}\t{}\t{weight}\t{source}\n", row.region, row.name));
    }
    digest.finalize().into()
}

/// Publishes every wave of the calendar in one transaction. Two-person act.
///
/// # Errors
/// [`ActError`]; nothing is published then.
pub async fn publish_calendar(
    act: &mut Act<'_>,
    publication: &Publication<'_>,
    approval: &Approval,
) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    publish_regions(act.now, &mut tx, publication).await?;
    for wave in publication.calendar.iter() {
        publish_within(act, &mut tx, publication, wave, approval).await?;
    }
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Refuses what could not be published now: regions or a policy that another document is published for, a wave that
/// is published, or whose instants do not follow those of the waves around it.
///
/// # Errors
/// [`ActError::RegionsChanged`], [`ActError::PolicyChanged`], [`ActError::Published`], [`ActError::Calendar`].
pub async fn require_place(
    database: &Database,
    publication: &Publication<'_>,
    number: WaveNumber,
) -> Result<(), ActError> {
    let conn = &mut *database.begin().await?;
    are_regions_published(conn, publication).await?;
    is_policy_published(conn, publication.policies.for_wave(number)?, number).await?;
    find_place(conn, publication.wave(number)?).await
}

/// Cancelled waves are passed over: another wave may take their place.
async fn find_place(conn: &mut PgConnection, wave: &CalendarWave) -> Result<(), ActError> {
    let (mut before, mut after) = (None, None);
    for row in waves_list(conn).await? {
        match row.wave.cmp(&wave.number) {
            Ordering::Equal => return Err(ActError::Published(wave.number)),
            _ if matches!(row.state, WaveState::Cancelled { .. }) => {}
            Ordering::Less => before = Some(row.calendar()),
            Ordering::Greater => after = after.or(Some(row.calendar())),
        }
    }
    before.map_or(Ok(()), |before| wave.follow(&before))?;
    Ok(after.map_or(Ok(()), |after| after.follow(wave))?)
}

/// Publishes one wave of the calendar, with its policy and regions unless they are published. Two-person act.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn publish_wave(
    act: &mut Act<'_>,
    publication: &Publication<'_>,
    number: WaveNumber,
    approval: &Approval,
) -> Result<(), ActError> {
    let wave = publication.wave(number)?;
    let mut tx = act.database.begin().await?;
    calendar_lock(&mut tx).await?;
    publish_regions(act.now, &mut tx, publication).await?;
    find_place(&mut tx, wave).await?;
    publish_within(act, &mut tx, publication, wave, approval).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Adds the region list. What is published stays: another list under a known version is refused.
async fn publish_regions(
    now: Timestamp,
    conn: &mut PgConnection,
    publication: &Publication<'_>,
) -> Result<(), ActError> {
    if !are_regions_published(conn, publication).await? {
        let version = publication.regions.table().version();
        regions_insert(conn, version, &publication.regions(), now).await?;
    }
    Ok(())
}

async fn are_regions_published(
    conn: &mut PgConnection,
    publication: &Publication<'_>,
) -> Result<bool, ActError> {
    let version = publication.regions.table().version();
    let published = region_version_list(conn, version).await?;
    if published.is_empty() {
        return Ok(false);
    }
    if regions_digest(&published) == regions_digest(&publication.regions()) {
        return Ok(true);
    }
    Err(ActError::RegionsChanged(version.to_owned()))
}

/// Adds the policy of a wave, and no other that lies beside it: it may be a draft. Another document under a
/// known name is refused.
async fn publish_policy(
    now: Timestamp,
    conn: &mut PgConnection,
    policy: &LoadedPolicy,
    wave: WaveNumber,
) -> Result<(), ActError> {
    if !is_policy_published(conn, policy, wave).await? {
        policy_insert(conn, &policy.id, &policy.document, policy.digest, now).await?;
    }
    Ok(())
}

async fn is_policy_published(
    conn: &mut PgConnection,
    policy: &LoadedPolicy,
    wave: WaveNumber,
) -> Result<bool, ActError> {
    match policy_digest_find(conn, &policy.id).await? {
        Some(digest) if digest != policy.digest => Err(ActError::PolicyChanged(wave)),
        found => Ok(found.is_some()),
    }
}

async fn publish_within(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    publication: &Publication<'_>,
    wave: &CalendarWave,
    approval: &Approval,
) -> Result<(), ActError> {
    let number = wave.number;
    if wave_find(conn, number).await?.is_some() {
        return Err(ActError::Published(number));
    }
    let policy = publication.policies.for_wave(number)?;
    let base_seats = publication.seats(number);
    let mut weights = publication.weights.to_vec();
    weights.sort_unstable();
    // A roll that is fixed under rules that do not hold together could never be drawn.
    let rules = rules_of_wave(&policy.version, (wave.kind, base_seats), &weights);
    rules.check().map_err(|faults| selection_error(number, &faults))?;
    publish_policy(act.now, conn, policy, number).await?;
    let (mut draw_key, mut nonce) = ([0u8; 32], [0u8; 24]);
    act.rng.fill_bytes(&mut draw_key);
    act.rng.fill_bytes(&mut nonce);
    let public = publication.public(number);
    let public = public.map(|setup| setup.policy(wave, rules, &DrawKey::from_bytes(draw_key)));
    let public = public.transpose().map_err(|error| selection_error(number, &error))?;
    let new = NewWave {
        wave: number,
        kind: wave.kind,
        policy_id: policy.id.clone(),
        region_version: publication.regions.table().version().to_owned(),
        opens_at: wave.opens_at,
        closes_at: wave.closes_at,
        results_at: wave.results_at,
        base_seats,
        draw_key: act.keys.wrap(&draw_key_owner(number), &draw_key, nonce)?,
        public_digest: public.as_ref().map(|(file, _)| file.digest),
    };
    act.approve(conn, TwoPersonAct::PublishCalendar, &subject(number), approval).await?;
    wave_insert(conn, &new).await?;
    if let Some((file, document)) = public {
        public_policy_insert(conn, number, &document, &file.digest).await?;
        enqueue(conn, act, Task::PublishFolders, act.now).await?;
    }
    let event = Event {
        act: "wave_publish",
        subject: subject(number),
        from: None,
        to: Some("draft"),
        reason: approval.reason(),
        detail: json!({ "policy": policy.id, "base_seats": base_seats }),
    };
    act.record(conn, event).await
}
