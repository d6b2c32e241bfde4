//! The beacon of a wave: which round decides the draw, and the seed it gives.

use publication::beacon::verify_round;
use publication::format::PolicyFile;
use selection::beacon::{BeaconSchedule, TestBeacon};
use selection::contrib::contrib_digest;
use selection::digest::{Seed, SeedSource};
use selection::policy::BeaconFacts;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use storage::public_folders::beacon_round_get;
use storage::reference::WaveRow;

use crate::act::ActError;
use crate::contributions::values_of;
use crate::folders::PublicRefusal;
use crate::roll::{selection_error, wave_context};

/// Name of the local test chain; its hash is the chain hash. No real round exists for waves before
/// August 2023, so a replay can only use a chain of its own, and says so.
const TEST_CHAIN: &str = "gelombang local test chain 1";
/// Genesis of the test chain, 2020-01-01T00:00:00Z, before the first wave.
const TEST_GENESIS_S: u64 = 1_577_836_800;
/// Seconds between rounds of the test chain, as drand quicknet has them.
const TEST_PERIOD_S: u32 = 3;

/// What the draw takes from a beacon.
pub(crate) struct Beacon {
    /// Name of the chain, which says if it is a test.
    pub chain: String,
    /// True for every chain but the real one.
    pub is_test: bool,
    /// The round that the calendar fixes.
    pub round: u64,
    /// Its signature; of unpublished waves it is not kept.
    pub signature: Option<[u8; 48]>,
    /// Its value.
    pub randomness: [u8; 32],
    /// Seed of the draw.
    pub seed: Seed,
}

/// The facts of the local test chain, for rehearsals and replays.
pub fn test_facts() -> BeaconFacts {
    BeaconFacts {
        chain_hash: Sha256::digest(TEST_CHAIN).into(),
        public_key: None,
        scheme: TestBeacon::SCHEME.to_owned(),
        genesis_s: TEST_GENESIS_S,
        period_s: TEST_PERIOD_S,
        test: true,
    }
}

/// The round that the calendar fixes for a wave.
pub(crate) fn round_of(wave: &WaveRow, facts: &BeaconFacts) -> Result<u64, ActError> {
    let failed = |error: selection::beacon::BeaconError| selection_error(wave.wave, &error);
    let schedule = BeaconSchedule::new(facts.genesis_s, facts.period_s).map_err(failed)?;
    let draw_at = u64::try_from(wave.calendar().draw_at().unix_seconds()).unwrap_or(0);
    schedule.round_at(draw_at).map_err(failed)
}

/// The round that the calendar fixes for this wave, and the seed it gives.
///
/// # Errors
/// [`PublicRefusal::NoRound`] while a published wave's round has not been fetched.
pub(crate) async fn read_beacon(
    conn: &mut PgConnection,
    wave: &WaveRow,
    public: Option<&PolicyFile>,
) -> Result<Beacon, ActError> {
    let failed = |error: selection::beacon::BeaconError| selection_error(wave.wave, &error);
    let facts = public.map_or_else(test_facts, |file| file.policy().get().beacon.clone());
    let schedule = BeaconSchedule::new(facts.genesis_s, facts.period_s).map_err(failed)?;
    let round = round_of(wave, &facts)?;
    let signature = if facts.scheme == TestBeacon::SCHEME {
        TestBeacon::new(facts.chain_hash, schedule).signature(round)
    } else {
        let found = beacon_round_get(conn, (&facts.chain_hash, round)).await?;
        found.ok_or(PublicRefusal::NoRound { wave: wave.wave, round })?
    };
    let randomness = verify_round(&facts, round, &signature)
        .map_err(|error| selection_error(wave.wave, &error))?;
    let values = match public {
        Some(file) => values_of(conn, wave.wave, file).await?,
        None => Vec::new(),
    };
    let source = SeedSource {
        chain_hash: &facts.chain_hash,
        round,
        randomness: &randomness,
        contrib_digest: &contrib_digest(&values),
    };
    let seed = Seed::derive(&wave_context(wave)?, &source);
    let chain = if facts == test_facts() {
        format!("TEST BEACON {TEST_CHAIN}")
    } else if facts.test {
        "TEST BEACON".to_owned()
    } else {
        "drand quicknet".to_owned()
    };
    let signature = public.is_some().then_some(signature);
    Ok(Beacon { chain, is_test: facts.test, round, signature, randomness, seed })
}
