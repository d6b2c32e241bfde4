//! An act that fails near its end leaves no trace.

use app::act::ActError;
use app::join::{JoinRequest, join_wave};
use app::purchase::{PurchaseRequest, record_first_purchases};
use app::register::register_persons;
use app::sweep::sweep_wave;
use domain::wave::{WaveEvent, WaveKind};

use crate::support::{World, applicants, rupiah, wave};

/// One act of the life of a wave; what it gives does not matter here.
#[derive(Clone, Copy, Debug)]
enum Step {
    Register,
    Open,
    Join,
    Close,
    Freeze,
    Draw,
    Appoint,
    Purchase,
    Sweep,
    Settle,
}

const LIFE: [Step; 10] = [
    Step::Register,
    Step::Open,
    Step::Join,
    Step::Close,
    Step::Freeze,
    Step::Draw,
    Step::Appoint,
    Step::Purchase,
    Step::Sweep,
    Step::Settle,
];

async fn run(world: &mut World, step: Step) -> Result<(), ActError> {
    let people = applicants(0..12);
    let opens_at = world.calendar(48).opens_at;
    let paid_at = world.instant(48, WaveEvent::Appoint);
    match step {
        Step::Register => register_persons(&mut world.act(opens_at), &people).await.map(drop),
        Step::Open => world.open(48).await,
        Step::Join => {
            let request = |person_id| JoinRequest { person_id, joined_at: opens_at };
            let requests: Vec<_> = people.iter().map(|one| request(one.person_id)).collect();
            join_wave(&mut world.act(opens_at), wave(48), &requests).await.map(drop)
        }
        Step::Close => world.close(48).await,
        Step::Freeze => world.freeze(48).await.map(drop),
        Step::Draw => world.draw(48).await.map(drop),
        Step::Appoint => world.appoint(48).await.map(drop),
        Step::Purchase => {
            let request = |person_id| PurchaseRequest { person_id, price: rupiah(9), paid_at };
            let requests: Vec<_> = people[..6].iter().map(|one| request(one.person_id)).collect();
            record_first_purchases(&mut world.act(paid_at), wave(48), &requests).await.map(drop)
        }
        Step::Sweep => {
            let at = world.due(48);
            sweep_wave(&mut world.act(at), wave(48)).await.map(drop)
        }
        Step::Settle => world.settle(48).await,
    }
}

/// Walks a wave through its life. Before each act the audit trail, which every act writes last, is out of
/// reach: the act fails and every table is as before. With the trail back the same act runs.
#[tokio::test]
async fn no_trace() {
    let mut world = World::new(48, &[(WaveKind::Regular, 20)]).await;
    for step in LIFE {
        let before = world.contents().await;
        world.execute("ALTER TABLE audit_events RENAME TO out_of_reach").await;
        let failed = run(&mut world, step).await;
        assert!(matches!(failed, Err(ActError::Storage(_))), "{step:?}: {failed:?}");
        world.execute("ALTER TABLE out_of_reach RENAME TO audit_events").await;
        assert_eq!(world.contents().await, before, "{step:?}");
        run(&mut world, step).await.unwrap_or_else(|error| panic!("{step:?}: {error:?}"));
        assert_ne!(world.contents().await, before, "{step:?}");
    }
}
