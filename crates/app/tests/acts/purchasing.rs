//! First purchases one at a time: judged as in bulk, once under a key, answered alike when sent again.

use app::act::ActError;
use app::purchase::{PurchaseRefusal, PurchaseRequest};
use app::purchase_one::{PurchaseAnswer, record_first_purchase};
use app::register::Registration;
use domain::beneficiary::BeneficiaryRefusal;
use domain::client_key::ClientKey;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use uuid::Uuid;

use crate::support::{HOUR, World, applicants, rupiah, wave};

fn request(person: &Registration, price: i64, paid_at: Timestamp) -> PurchaseRequest {
    PurchaseRequest { person_id: person.person_id, price: rupiah(price), paid_at }
}

/// The one who reports purchases.
const REPORTER: Uuid = Uuid::from_u128(1);

async fn report(
    world: &mut World,
    request: PurchaseRequest,
    key: &str,
    now: Timestamp,
) -> Result<PurchaseAnswer, ActError> {
    let key = ClientKey::parse(key).unwrap();
    record_first_purchase(&mut world.act(now), wave(48), request, (REPORTER, &key)).await
}

/// Goal: each refusal has its code and writes nothing, its key stays free; what is recorded is so once, under its
/// key as often as sent, and the same key with other content is refused. Method: every answer, one after another.
#[tokio::test]
async fn once_under_a_key() {
    use PurchaseAnswer as A;
    use PurchaseRefusal as R;
    let mut world = World::new(48, &[(WaveKind::Regular, 30)]).await;
    let people = applicants(1..=3);
    let stranger = applicants(9..=9);
    world.register(&[&people[..], &stranger].concat()).await;
    world.open_with(48, &people).await;
    let due = world.due(48);
    let early = report(&mut world, request(&people[0], 1, due.minus_micros(HOUR)), "k", due).await;
    assert!(matches!(early, Err(ActError::WaveState { .. })), "{early:?}");
    world.grant(48).await;

    let (last, now) = (due.minus_micros(1), due.plus_micros(HOUR));
    let before = world.contents().await;
    for (one, refusal, code) in [
        (request(&stranger[0], 5, last), R::NoGrant, "no_grant"),
        (
            request(&people[0], 5, due),
            R::State(BeneficiaryRefusal::DeadlinePassed),
            "deadline_passed",
        ),
        (request(&people[0], 3_500_001, last), R::Price, "price"),
        (request(&people[0], 0, last), R::Price, "price"),
        (request(&people[0], 5, now.plus_micros(1)), R::Future, "future"),
    ] {
        let answer = report(&mut world, one, "k", now).await.unwrap();
        assert_eq!((answer, refusal.code()), (A::Refused(refusal), code));
    }
    assert_eq!(world.contents().await, before, "refusals write nothing");

    let bought = request(&people[0], 3_500_000, last);
    assert_eq!(report(&mut world, bought, "k", now).await.unwrap(), A::Recorded);
    let after = world.contents().await;
    assert_eq!(report(&mut world, bought, "k", now).await.unwrap(), A::Recorded);
    let dearer = request(&people[0], 3_499_999, last);
    assert_eq!(report(&mut world, dearer, "k", now).await.unwrap(), A::KeyReused);
    let again = R::State(BeneficiaryRefusal::AlreadyActive);
    assert_eq!(report(&mut world, bought, "k2", now).await.unwrap(), A::Refused(again));
    assert_eq!(world.contents().await, after, "sent again, it writes nothing");
    world.sweep(48, now).await;
    let revoked = R::State(BeneficiaryRefusal::Revoked);
    let late = report(&mut world, request(&people[1], 5, last), "k3", now).await.unwrap();
    assert_eq!(late, A::Refused(revoked));
    assert_eq!(
        world
            .rows(
                "SELECT subject = 'grant:48:' || b.person_id, from_state, to_state, detail, b.state
                 FROM audit_events JOIN beneficiaries b ON b.activated_at IS NOT NULL
                 WHERE act = 'purchase_record'"
            )
            .await,
        ["(t,appointed,active,\"{\"\"price_rupiah\"\": 3500000}\",active)"]
    );
    world.assert_audit_clean().await;
}

/// No two refusals share a code.
#[test]
fn codes_differ() {
    let codes: std::collections::BTreeSet<&str> =
        PurchaseRefusal::ALL.iter().map(|refusal| refusal.code()).collect();
    assert_eq!(codes.len(), PurchaseRefusal::ALL.len());
}
