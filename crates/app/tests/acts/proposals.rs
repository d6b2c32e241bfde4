//! Acts of two officers: proposed, approved with the act itself, and left as they were when it fails.

use std::collections::BTreeMap;

use app::act::{Act, ActError, subject};
use app::draw::draw_wave;
use app::freeze::freeze_wave;
use app::proposals::{Listed, ProposalRefusal, Request, approve, list_proposals, propose, reject};
use app::publish::{Publication, publish_wave};
use app::reference::{Reference, ReferenceOverrides};
use app::wave::cancel_wave;
use domain::calendar::{Calendar, CalendarWave};
use domain::officers::{Approval, Officer, PROPOSAL_DAYS, ProposalState, Role, TwoPersonAct};
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};
use serde_json::json;

use crate::support::{HOUR, REGIONS, World, applicants, region, wave};

const TWO_SIDES: [&[Role]; 2] = [&[Role::Policy, Role::Operator], &[Role::Approver]];

async fn officers(world: &mut World) -> [Officer; 2] {
    [world.officer("Melati", TWO_SIDES[0]).await, world.officer("Kenanga", TWO_SIDES[1]).await]
}

fn request(act: TwoPersonAct, number: u16) -> Request {
    Request { act, subject: subject(wave(number)), parameters: json!({}) }
}

async fn approve_draw(
    world: &mut World,
    officer: &Officer,
    now: Timestamp,
) -> Result<(), ActError> {
    let body = async |act: &mut Act<'_>, approval: &Approval| {
        draw_wave(act, wave(48), approval).await.map(drop)
    };
    approve(&mut world.act(now), officer, &request(TwoPersonAct::Draw, 48), body).await
}

/// Goal: an approval is the act; an act that is refused leaves its proposal open and nothing else behind; one
/// officer is never both. Method: freeze and draw by proposals, too early, by the same officer, by roles that
/// may not, and twice.
#[tokio::test]
async fn approval_is_the_act() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let people = applicants(0..6);
    world.register(&people).await;
    world.open_with(48, &people).await;
    world.close(48).await.unwrap();
    let [melati, kenanga] = officers(&mut world).await;
    let at = world.instant(48, WaveEvent::Freeze);
    let freeze = request(TwoPersonAct::PublishQuota, 48);
    let body =
        async |act: &mut Act<'_>, approval: &Approval| freeze_wave(act, wave(48), approval).await;
    let none = approve(&mut world.act(at), &kenanga, &freeze, body).await.unwrap_err();
    assert!(matches!(none, ActError::Proposal(ProposalRefusal::None { .. })), "{none}");
    let wrong = propose(&mut world.act(at), &kenanga, &freeze, "time").await.unwrap_err();
    assert!(matches!(wrong, ActError::NotAllowed(_)), "{wrong}");
    let silent = propose(&mut world.act(at), &melati, &freeze, " ").await.unwrap_err();
    assert!(matches!(silent, ActError::Officer(_)), "{silent}");
    propose(&mut world.act(at), &melati, &freeze, "agreed on Monday").await.unwrap();
    let twice = propose(&mut world.act(at), &melati, &freeze, "again").await.unwrap_err();
    assert!(matches!(twice, ActError::Proposal(ProposalRefusal::Open { .. })), "{twice}");
    let wrong = approve(&mut world.act(at), &melati, &freeze, body).await.unwrap_err();
    assert!(matches!(wrong, ActError::NotAllowed(_)), "{wrong}");
    assert_eq!(approve(&mut world.act(at), &kenanga, &freeze, body).await.unwrap().entries, 6);
    let late = approve(&mut world.act(at), &kenanga, &freeze, body).await.unwrap_err();
    let state = ProposalState::Approved;
    assert!(
        matches!(&late, ActError::Proposal(ProposalRefusal::Decided { state: found, .. }) if *found == state),
        "{late}"
    );

    propose(&mut world.act(at), &melati, &request(TwoPersonAct::Draw, 48), "now").await.unwrap();
    let before = world.contents().await;
    let early = approve_draw(&mut world, &kenanga, at).await.unwrap_err();
    assert!(matches!(early, ActError::TooEarly { .. }), "{early}");
    assert_eq!(world.contents().await, before, "the proposal stays open");
    let drawn_at = world.instant(48, WaveEvent::Draw);
    approve_draw(&mut world, &kenanga, drawn_at).await.unwrap();
    assert_eq!(
        world
            .rows(
                "SELECT p.act, p.state, p.reason, p.decided_at = w.drawn_at, a.approved_by = p.decided_by
                 FROM proposals p JOIN approvals a USING (act, subject) CROSS JOIN waves w ORDER BY p.act",
            )
            .await,
        ["(draw,approved,now,t,t)", "(publish_quota,approved,\"agreed on Monday\",f,t)"]
    );
}

/// Goal: an officer with both roles is still one officer. Method: propose and approve as the same.
#[tokio::test]
async fn one_is_not_two() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let both = world.officer("Melati", &[Role::Operator, Role::Approver]).await;
    let at = world.calendar(48).opens_at;
    let cancel = request(TwoPersonAct::Cancel, 48);
    propose(&mut world.act(at), &both, &cancel, "flood").await.unwrap();
    let before = world.contents().await;
    let body =
        async |act: &mut Act<'_>, approval: &Approval| cancel_wave(act, wave(48), approval).await;
    let same = approve(&mut world.act(at), &both, &cancel, body).await.unwrap_err();
    assert!(matches!(same, ActError::SameOfficer(_)), "{same}");
    assert_eq!(world.contents().await, before);
}

/// Goal: a proposal is rejected by the other side, withdrawn by its own, and expires; afterwards it can be made
/// again, and none of it does the act. Method: one after the other on one wave.
#[tokio::test]
async fn rejected_withdrawn_expired() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let [melati, kenanga] = officers(&mut world).await;
    let at = world.calendar(48).opens_at;
    let cancel = request(TwoPersonAct::Cancel, 48);
    let which = (cancel.act, cancel.subject.as_str());
    for (hour, officer, state) in
        [(1, &kenanga, ProposalState::Rejected), (2, &melati, ProposalState::Withdrawn)]
    {
        let at = at.plus_micros(hour * HOUR);
        propose(&mut world.act(at), &melati, &cancel, "flood").await.unwrap();
        assert_eq!(reject(&mut world.act(at), officer, which, "dry").await.unwrap(), state);
        let again = reject(&mut world.act(at), officer, which, "dry").await.unwrap_err();
        assert!(matches!(again, ActError::Proposal(ProposalRefusal::Decided { .. })), "{again}");
    }
    let at = at.plus_micros(3 * HOUR);
    propose(&mut world.act(at), &melati, &cancel, "flood").await.unwrap();
    let body =
        async |act: &mut Act<'_>, approval: &Approval| cancel_wave(act, wave(48), approval).await;
    let later = at.plus_days(PROPOSAL_DAYS);
    let old = approve(&mut world.act(later), &kenanga, &cancel, body).await.unwrap_err();
    assert!(matches!(old, ActError::Proposal(ProposalRefusal::Expired { .. })), "{old}");
    assert_eq!(world.rows("SELECT state FROM waves").await, ["(draft)"]);
    propose(&mut world.act(later), &melati, &cancel, "flood").await.unwrap();
    approve(&mut world.act(later), &kenanga, &cancel, body).await.unwrap();
    assert_eq!(world.rows("SELECT state FROM waves").await, ["(cancelled)"]);
    let all = list_proposals(world.scratch.database(), Listed::All).await.unwrap();
    let states: Vec<ProposalState> = all.iter().map(|row| row.state).collect();
    assert_eq!(
        states,
        [
            ProposalState::Rejected,
            ProposalState::Withdrawn,
            ProposalState::Expired,
            ProposalState::Approved
        ]
    );
    assert!(list_proposals(world.scratch.database(), Listed::Open).await.unwrap().is_empty());
    let trail = "SELECT to_state FROM audit_events WHERE act = 'proposal' AND to_state <> 'open'";
    assert_eq!(world.number(&format!("SELECT count(*) FROM ({trail}) t")).await, 3);
}

/// Goal: a wave is cancelled before its draw, not after; freed seats it took are in the pool again, its money
/// is at the treasury, and the audit is clean. Method: free seats in one wave, freeze the next and cancel it.
#[tokio::test]
async fn cancelling() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3), (WaveKind::Regular, 2)]).await;
    let people = applicants(0..6);
    world.register(&people).await;
    world.open_with(48, &people[..3]).await;
    world.grant(48).await;
    let (due, approval) = (world.due(48), world.approval());
    let drawn = cancel_wave(&mut world.act(due), wave(48), &approval).await;
    assert!(matches!(drawn, Err(ActError::WaveState { .. })), "{drawn:?}");
    assert_eq!(world.sweep(48, world.due(48)).await, 3);
    world.open_with(49, &people[3..]).await;
    world.close(49).await.unwrap();
    assert_eq!(world.freeze(49).await.unwrap().reused, 3);
    let at = world.instant(49, WaveEvent::Freeze);
    cancel_wave(&mut world.act(at), wave(49), &approval).await.unwrap();
    let pool =
        "SELECT coalesce(sum(seats), 0) FROM seat_pool WHERE wave = 48 AND reused_by IS NULL";
    assert_eq!(world.number(pool).await, 3);
    let fund = "SELECT coalesce(sum(amount_rupiah), 0) FROM entries WHERE wave = 49 AND account = 'programme_fund'";
    assert_eq!(world.number(fund).await, 0);
    world.assert_audit_clean().await;
}

/// Goal: waves are published one after another by two officers who bring the same documents; other documents,
/// a known wave, and other weights under a known version are refused and change nothing. Method: publish a wave
/// beside those of the world.
#[tokio::test]
async fn publishing_one_by_one() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let [melati, kenanga] = officers(&mut world).await;
    let mut reference = Reference::load(&ReferenceOverrides::NONE).unwrap();
    let mut later = world.calendar(48);
    later.number = wave(49);
    for at in [&mut later.opens_at, &mut later.closes_at, &mut later.results_at] {
        *at = at.plus_days(40);
    }
    reference.calendar = Calendar::new(vec![later]).unwrap();
    let mut weights = REGIONS.map(|(code, weight)| (region(code), weight));
    let seats = BTreeMap::from([(wave(49), 7)]);
    let at = world.calendar(48).opens_at.plus_micros(HOUR);
    let publication = Publication {
        regions: &reference.regions,
        policies: &reference.policies,
        calendar: &reference.calendar,
        base_seats: &seats,
        weights: &weights,
        weights_source: "test",
        province: None,
        public: None,
    };
    let subject = subject(wave(49));
    let asked = |publication: &Publication<'_>| Request {
        act: TwoPersonAct::PublishCalendar,
        subject: subject.clone(),
        parameters: publication.terms(wave(49)).unwrap(),
    };
    propose(&mut world.act(at), &melati, &asked(&publication), "next wave").await.unwrap();
    let body = async |act: &mut Act<'_>, approval: &Approval| {
        publish_wave(act, &publication, wave(49), approval).await
    };
    let before = world.contents().await;
    let more = BTreeMap::from([(wave(49), 8)]);
    let other = asked(&Publication { base_seats: &more, ..publication });
    let refused = approve(&mut world.act(at), &kenanga, &other, body).await.unwrap_err();
    assert!(
        matches!(&refused, ActError::Proposal(ProposalRefusal::Differs { differs }) if differs == "base_seats"),
        "{refused}"
    );
    assert_eq!(world.contents().await, before);
    approve(&mut world.act(at), &kenanga, &asked(&publication), body).await.unwrap();
    assert_eq!(
        world.rows("SELECT wave, base_seats, state FROM waves ORDER BY wave").await,
        ["(48,4,draft)", "(49,7,draft)"]
    );
    let approval = world.approval();
    let again =
        publish_wave(&mut world.act(at), &publication, wave(49), &approval).await.unwrap_err();
    assert!(matches!(again, ActError::Published(_)), "{again}");
    let recovery = CalendarWave { kind: WaveKind::Recovery, ..later };
    let calendar = Calendar::new(vec![recovery]).unwrap();
    let own = Publication { calendar: &calendar, ..publication }.terms(wave(49)).unwrap_err();
    assert!(matches!(own, ActError::OwnSeats(_)), "{own}");
    let missing = publication.terms(wave(50)).unwrap_err();
    assert!(matches!(missing, ActError::NotInCalendar(_)), "{missing}");
    weights[0].1 += 1;
    let heavier = Publication {
        regions: &reference.regions,
        policies: &reference.policies,
        calendar: &reference.calendar,
        base_seats: &seats,
        weights: &weights,
        weights_source: "test",
        province: None,
        public: None,
    };
    let before = world.contents().await;
    let changed =
        publish_wave(&mut world.act(at), &heavier, wave(49), &approval).await.unwrap_err();
    assert!(matches!(changed, ActError::RegionsChanged(_)), "{changed}");
    assert_eq!(world.contents().await, before);
}
