//! Joins taken back: before the close, once, and no joins afterwards to anything that counts.

use app::act::ActError;
use app::join::JoinRequest;
use app::live_join::{JoinAnswer, KeyedJoin, join_few};
use app::register::Registration;
use app::statistics::funnel_report;
use app::withdraw::{WithdrawAnswer, withdraw};
use domain::client_key::ClientKey;
use domain::eligibility::Rule;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};

use crate::support::{HOUR, World, applicants, region, wave};

async fn ask(
    world: &mut World,
    person: &Registration,
    key: &str,
    now: Timestamp,
) -> Result<WithdrawAnswer, ActError> {
    let key = ClientKey::parse(key).unwrap();
    withdraw(&mut world.act(now), wave(48), person.person_id, &key).await
}

/// Goal: a join is taken back once, under its key as often as asked, while the wave is open; whoever did it does
/// not come in again; freeze, draw, statistics and audit know of no join. Method: one of six withdraws, by every
/// answer, and the wave runs to its decree with seats for all.
#[tokio::test]
async fn a_withdrawn_join_is_none() {
    use WithdrawAnswer as A;
    let mut world = World::new(48, &[(WaveKind::Regular, 9), (WaveKind::Regular, 2)]).await;
    let people = applicants(0..7);
    world.register(&people).await;
    world.open_with(48, &people[..6]).await;
    let at = world.calendar(48).opens_at.plus_micros(2 * HOUR);
    let before = world.contents().await;
    assert_eq!(ask(&mut world, &people[6], "k", at).await.unwrap(), A::NoMember);
    assert_eq!(world.contents().await, before, "a refusal writes nothing");
    assert_eq!(ask(&mut world, &people[0], "k", at).await.unwrap(), A::Withdrawn);
    let after = world.contents().await;
    assert_eq!(ask(&mut world, &people[0], "k", at).await.unwrap(), A::Withdrawn);
    assert_eq!(ask(&mut world, &people[0], "other", at).await.unwrap(), A::NoMember);
    assert_eq!(world.contents().await, after, "asked again, it writes nothing");

    let again = KeyedJoin {
        request: JoinRequest { person_id: people[0].person_id, joined_at: at },
        account: None,
        client_key: ClientKey::parse("again").unwrap(),
        request_id: "test".to_owned(),
    };
    let answer =
        join_few(&mut world.act(at), wave(48), std::slice::from_ref(&again)).await.unwrap();
    assert_eq!(answer, [JoinAnswer::Refused(Rule::NotWithdrawn)]);
    let bulk = world.join(48, &people[..1]).await;
    assert_eq!(bulk.refused, [(people[0].person_id, Rule::NotWithdrawn)]);
    world.open(49).await.unwrap();
    let elsewhere = {
        let key = ClientKey::parse("k").unwrap();
        let at = world.calendar(49).opens_at;
        withdraw(&mut world.act(at), wave(49), people[0].person_id, &key).await.unwrap()
    };
    assert_eq!(elsewhere, A::KeyReused);

    let closes_at = world.instant(48, WaveEvent::Close);
    let before = world.contents().await;
    let late = ask(&mut world, &people[1], "late", closes_at).await.unwrap();
    assert_eq!((late, world.contents().await == before), (A::NotOpen, true));
    let (frozen, drawn, appointed) = world.grant(48).await;
    assert_eq!((frozen.entries, drawn.selected, appointed.appointments), (5, 5, 5));
    let due = world.due(48);
    let figures = funnel_report(world.scratch.database(), region(15), Some(due)).await.unwrap();
    assert_eq!((figures.report.total.joins, figures.report.total.unique_applicants), (5, 5));
    world.assert_audit_clean().await;
}
