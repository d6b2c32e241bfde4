//! A replay stopped between two acts of one step goes on to the same content.

use app::reference::Reference;
use domain::region::RegionCode;
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;
use simulator::plan::{Plan, Totals};
use simulator::replay::{ReplayInput, replay};
use simulator::shapes::wave_shapes;
use sqlx::ConnectOptions as _;
use storage::content::content_hash;
use storage::scratch::Scratch;
use storage::vault::KeyRing;

/// Takes every settlement back, as if each kill had fallen between a wave's sweep and its settlement.
const TAKE_SETTLEMENTS_BACK: &str = "
    UPDATE gelombang.waves SET state = 'appointed', settled_at = NULL;
    DELETE FROM gelombang.audit_events WHERE act = 'wave_settle';
    DELETE FROM gelombang.transfers WHERE reason = 'fund_return'";

/// Replays to the end, takes the settlements back, replays again: nothing conflicts, the content is the
/// same to the last byte.
#[tokio::test]
async fn between_sweep_and_settlement() {
    let reference = Reference::builtin().expect("built-in data");
    let totals = Totals { joins: 6_000, people: 1_600, sk: 740, effective: 700 };
    let shapes = wave_shapes(&reference).expect("a policy for each wave");
    let plan = Plan::new(&totals, &shapes).expect("totals that can be met");
    let province = RegionCode::parse("15").expect("a code");
    let input =
        ReplayInput { reference: &reference, province, plan: &plan, seed: 11, public: None };
    let scratch = Scratch::start().await.expect("a server");
    let database = scratch.database();
    let keys = KeyRing::generate(&mut ChaCha12Rng::seed_from_u64(1));
    replay(&input, database, &keys, &|_| {}).await.expect("it runs to its end");
    let mut tx = database.begin_snapshot().await.expect("a snapshot");
    let expected = content_hash(&mut tx).await.expect("a hash");
    drop(tx);

    let mut superuser = scratch.embedded().superuser_options().connect().await.expect("connects");
    sqlx::raw_sql(TAKE_SETTLEMENTS_BACK).execute(&mut superuser).await.expect("taken back");
    replay(&input, database, &keys, &|_| {}).await.expect("it goes on");
    let mut tx = database.begin_snapshot().await.expect("a snapshot");
    assert_eq!(content_hash(&mut tx).await.expect("a hash"), expected);
}
