//! Appeals: filed once by whom they may concern, answered by two officers, granted beside the draw.

use app::act::{Act, ActError};
use app::appeal_answer::answer_appeal;
use app::appeals::{
    AppealRefusal, FilingAnswer, ListedAppeals, appeal_request, file_appeal, list_appeals,
    require_answerable,
};
use app::citizen::read_standing;
use app::holder::Holder;
use app::proposals::{approve, propose};
use app::purchase::{PurchaseRequest, record_first_purchases};
use app::register::Registration;
use app::revoke::revoke_for_cause;
use app::statistics::funnel_report;
use app::wave::settle_wave;
use domain::appeals::{AppealAnswer, AppealGround, FilingRefusal, GrantBar, filing_ends};
use domain::beneficiary::RevocationCause;
use domain::client_key::ClientKey;
use domain::eligibility::{Finding, Rule};
use domain::ids::{AppealId, PersonId};
use domain::officers::{Approval, Officer, Role};
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};
use uuid::Uuid;

use crate::support::{HOUR, World, applicant, applicants, family, region, rupiah, wave};

/// Somebody whom the population register does not know as stated.
fn refuted(number: u32) -> Registration {
    Registration { findings: vec![Finding::IdentityRefuted], ..applicant(number) }
}

/// The register has corrected its answer.
async fn mend(world: &World, person: &Registration) {
    let id = person.person_id.uuid();
    world.execute(&format!("DELETE FROM registration_checks WHERE person_id = '{id}'")).await;
}

async fn file(
    world: &mut World,
    person: &Registration,
    key: &str,
    now: Timestamp,
) -> Result<FilingAnswer, ActError> {
    let key = ClientKey::parse(key).unwrap();
    let ground = AppealGround::RegisterWrong;
    let mine = (wave(48), Holder::without_account(person.person_id));
    file_appeal(&mut world.act(now), mine, ground, &key).await
}

async fn filed(world: &mut World, person: &Registration, now: Timestamp) -> AppealId {
    match file(world, person, "filed", now).await.unwrap() {
        FilingAnswer::Filed(appeal) => appeal,
        answer => panic!("{answer:?}"),
    }
}

/// Proposes an answer and approves it.
async fn answer(
    world: &mut World,
    [operator, approver]: &[Officer; 2],
    (appeal, answer): (AppealId, AppealAnswer),
    now: Timestamp,
) -> Result<(), ActError> {
    let request = appeal_request(appeal, answer);
    require_answerable(world.scratch.database(), (appeal, answer), now).await?;
    propose(&mut world.act(now), operator, &request, "looked into").await?;
    let body = async |act: &mut Act<'_>, approval: &Approval| {
        answer_appeal(act, appeal, answer, approval).await
    };
    let done = approve(&mut world.act(now), approver, &request, body).await;
    if done.is_err() {
        let which = (request.act, request.subject.as_str());
        app::proposals::reject(&mut world.act(now), approver, which, "not so").await.unwrap();
    }
    done
}

fn barred(done: Result<(), ActError>) -> GrantBar {
    match done {
        Err(ActError::Appeal(AppealRefusal::Barred(bar))) => bar,
        done => panic!("{done:?}"),
    }
}

fn out_of_time(done: Result<(), ActError>) -> AppealRefusal {
    match done {
        Err(ActError::Appeal(
            refusal @ (AppealRefusal::FilingRuns { .. } | AppealRefusal::OutOfTurn { .. }),
        )) => refusal,
        done => panic!("{done:?}"),
    }
}

/// Goal: an appeal is filed once, under its key as often as sent, by those whom the draw did not decide about, in
/// time; granting appoints on a seat of the region that waits, with everything a decree gives, leaves the decision
/// and displaces nobody; what would be told must be so; no wave is settled before; figures, seats and audit hold,
/// and the next wave gets the seats that are left. Method: ten seats for six who may be drawn, four with a wrong
/// answer of the register.
#[tokio::test]
async fn granted_beside_the_draw() {
    use FilingAnswer as F;
    let mut world = World::new(48, &[(WaveKind::Regular, 10), (WaveKind::Regular, 2)]).await;
    let (drawn, out) = (applicants(0..6), [6, 7, 8, 9].map(refuted));
    let (stranger, later) = (applicant(20), applicants(30..36));
    world.register(&[&drawn[..], &out, &later].concat()).await;
    world.open_with(48, &[&drawn[..], &out].concat()).await;
    let officers = [
        world.officer("Melati", &[Role::Operator]).await,
        world.officer("Kenanga", &[Role::Approver]).await,
    ];
    let at = world.calendar(48).results_at.plus_micros(HOUR);
    let early = file(&mut world, &out[0], "k", at).await.unwrap();
    assert_eq!(early, F::Refused(FilingRefusal::NotAnnounced));
    world.grant(48).await;

    let late = filing_ends(world.calendar(48).results_at);
    let before = world.contents().await;
    for (person, now, refusal) in [
        (&drawn[0], at, FilingRefusal::Selected),
        (&stranger, at, FilingRefusal::NoDecision),
        (&out[0], late, FilingRefusal::TooLate),
    ] {
        assert_eq!(file(&mut world, person, "k", now).await.unwrap(), F::Refused(refusal));
    }
    assert_eq!(world.contents().await, before, "a refusal writes nothing");
    let appeal = filed(&mut world, &out[0], at).await;
    let after = world.contents().await;
    assert_eq!(file(&mut world, &out[0], "filed", at).await.unwrap(), F::Filed(appeal));
    let again = file(&mut world, &out[0], "other", at).await.unwrap();
    assert_eq!(again, F::Refused(FilingRefusal::Filed));
    let key = ClientKey::parse("filed").unwrap();
    let mine = (wave(48), Holder::without_account(out[0].person_id));
    let other = AppealGround::RegisterSilent;
    let reused = file_appeal(&mut world.act(at), mine, other, &key).await.unwrap();
    assert_eq!((reused, world.contents().await == after), (F::KeyReused, true));
    let unknown = AppealId::from_uuid(Uuid::from_u128(7));
    let nothing = answer(&mut world, &officers, (unknown, AppealAnswer::Granted), at).await;
    assert!(matches!(nothing, Err(ActError::Appeal(AppealRefusal::Unknown(_)))), "{nothing:?}");

    let granted = (appeal, AppealAnswer::Granted);
    let bar = barred(answer(&mut world, &officers, granted, late).await);
    assert_eq!(bar, GrantBar::Rule(Rule::IdentityConfirmed));
    mend(&world, &out[0]).await;
    let untrue = answer(&mut world, &officers, (appeal, AppealAnswer::NoSeat), late).await;
    assert!(matches!(untrue, Err(ActError::Appeal(AppealRefusal::NotSo(_)))), "{untrue:?}");
    let running = answer(&mut world, &officers, granted, late.minus_micros(1)).await;
    let refused = out_of_time(running);
    assert_eq!(refused, AppealRefusal::FilingRuns { answer: AppealAnswer::Granted, until: late });
    assert!(refused.to_string().contains("before 2023-02-20T05:00:00Z"), "{refused}");
    answer(&mut world, &officers, granted, late).await.unwrap();
    let twice = answer(&mut world, &officers, granted, late).await;
    assert!(matches!(twice, Err(ActError::Appeal(AppealRefusal::Answered(..)))), "{twice:?}");
    let mut tx = world.scratch.database().begin().await.unwrap();
    let rewrite = sqlx::query("UPDATE appeals SET answer = 'no_seat'").execute(&mut *tx).await;
    let refused = rewrite.expect_err("an answer stands").to_string();
    assert!(refused.contains("answered already"), "{refused}");
    drop(tx);
    let id = out[0].person_id.uuid();
    assert_eq!(
        world
            .rows(&format!(
                "SELECT b.state, b.purchase_due_at, b.region, d.outcome, c.number, c.amount_rupiah, s.slot,
                        (SELECT count(*) FROM transfers t WHERE t.person_id = b.person_id)
                 FROM beneficiaries b JOIN decisions d USING (wave, person_id)
                 JOIN corrections c USING (wave, person_id) JOIN household_slots s USING (wave, person_id)
                 WHERE b.person_id = '{id}'"
            ))
            .await,
        ["(appointed,\"2023-03-06 17:00:00+00\",1501,ineligible,SK-PKP/0048/2023/K1,4200000,1,3)"]
    );
    world.assert_audit_clean().await;

    // Region 15.01 had one seat left over, and it is taken.
    mend(&world, &out[3]).await;
    let second = filed(&mut world, &out[3], at).await;
    let bar = barred(answer(&mut world, &officers, (second, AppealAnswer::Granted), late).await);
    assert_eq!(bar, GrantBar::NoSeat);
    let no_seat = (second, AppealAnswer::NoSeat);
    let running = answer(&mut world, &officers, no_seat, late.minus_micros(1)).await;
    let until = AppealRefusal::FilingRuns { answer: AppealAnswer::NoSeat, until: late };
    assert_eq!(out_of_time(running), until, "a seat may come free for a later one");
    let due = world.due(48);
    world.buy(48, &drawn, 5).await;
    let mine = PurchaseRequest { person_id: out[0].person_id, price: rupiah(5), paid_at: late };
    record_first_purchases(&mut world.act(late), wave(48), &[mine]).await.unwrap();
    let open = settle_wave(&mut world.act(due), wave(48)).await.unwrap_err();
    assert!(matches!(open, ActError::AppealsOpen { open: 1, .. }), "{open}");
    answer(&mut world, &officers, (second, AppealAnswer::NoSeat), due).await.unwrap();
    let early = settle_wave(&mut world.act(late.minus_micros(1)), wave(48)).await.unwrap_err();
    assert!(matches!(early, ActError::TooEarly { at, .. } if at == late), "{early}");
    let standing = read_standing(world.scratch.database(), out[3].person_id, due).await.unwrap();
    let told: Vec<_> = standing.unwrap().appeals.iter().map(|one| one.answer).collect();
    assert_eq!(told, [Some((AppealAnswer::NoSeat, due))]);
    settle_wave(&mut world.act(due), wave(48)).await.unwrap();
    let settled = file(&mut world, &out[1], "k", at).await.unwrap();
    assert_eq!(settled, F::Refused(FilingRefusal::TooLate));
    let database = world.scratch.database();
    assert!(list_appeals(database, ListedAppeals::Open).await.unwrap().is_empty());
    let report = funnel_report(database, region(15), Some(due)).await.unwrap().report.total;
    assert_eq!((report.sk_recipients, report.effective, report.reallocated), (7, 7, 1));

    world.open_with(49, &later).await;
    let (frozen, ..) = world.grant(49).await;
    assert_eq!((frozen.reused, frozen.seats), (3, 5), "of four left over, one is taken");
    world.assert_audit_clean().await;
}

async fn selected(world: &World) -> Vec<PersonId> {
    ids_of(world, "outcome = 'selected'").await
}

async fn ids_of(world: &World, condition: &str) -> Vec<PersonId> {
    ids_in_order(world, &format!("{condition} ORDER BY person_id")).await
}

async fn ids_in_order(world: &World, condition: &str) -> Vec<PersonId> {
    let rows = world.rows(&format!("SELECT person_id FROM decisions WHERE {condition}")).await;
    rows.iter().map(|row| PersonId::parse(row.trim_matches(['(', ')'])).expect("an id")).collect()
}

/// A world in which these people have joined one wave of twelve seats, and its decree is signed.
async fn decreed(people: &[Registration]) -> World {
    let mut world = World::new(48, &[(WaveKind::Regular, 12)]).await;
    world.register(people).await;
    world.open_with(48, people).await;
    world.grant(48).await;
    world
}

/// Goal: an appeal is granted exactly to whom the draw would have selected. Method: a twin world in which all of them
/// were in the draw says who that is: one of each region, and in 15.01 the next behind the last selected, whose ticket
/// comes before one that was drawn only because two were missing. Seats come free by revocations.
#[tokio::test]
async fn only_who_would_have_been_drawn() {
    let mut people = applicants(0..30);
    let twin = decreed(&people).await;
    let lucky = selected(&twin).await;
    let next = ids_of(&twin, "outcome = 'not_selected' AND rank = 1").await;
    let mut appellants = Vec::new();
    for (code, kind, wanted) in
        [(1501, &lucky, true), (1501, &next, false), (1571, &next, false), (1572, &lucky, true)]
    {
        let mut found = people.iter_mut().filter(|one| one.region == region(code));
        let one = found.find(|one| kind.contains(&one.person_id)).expect("of both kinds");
        one.findings = vec![Finding::IdentityRefuted];
        appellants.push((one.clone(), wanted));
    }
    let mut world = decreed(&people).await;
    let (at, approval) = (world.calendar(48).results_at.plus_micros(HOUR), world.approval());
    let mut have = selected(&world).await;
    for (appellant, would_be_drawn) in appellants {
        let of_region = people.iter().filter(|one| one.region == appellant.region);
        let one = of_region.map(|one| one.person_id).find(|id| have.contains(id)).unwrap();
        have.retain(|id| *id != one);
        let grant = (wave(48), one);
        revoke_for_cause(&mut world.act(at), grant, RevocationCause::Proxy, &approval)
            .await
            .unwrap();
        mend(&world, &appellant).await;
        let appeal = filed(&mut world, &appellant, at).await;
        let act = &mut world.act(filing_ends(at));
        let done = answer_appeal(act, appeal, AppealAnswer::Granted, &approval).await;
        if would_be_drawn {
            done.unwrap();
        } else {
            assert_eq!(barred(done), GrantBar::TicketBehind);
            let behind = AppealAnswer::TicketBehind;
            answer_appeal(&mut world.act(at), appeal, behind, &approval).await.unwrap();
        }
    }
    world.assert_audit_clean().await;
}

/// People of a region in the order of their tickets, by the draw of a world.
async fn by_ticket(world: &World, code: u16) -> Vec<PersonId> {
    let condition = format!(
        "person_id IN (SELECT person_id FROM persons WHERE region = {code})
         ORDER BY outcome <> 'selected', rank"
    );
    ids_in_order(world, &condition).await
}

/// Goal: the order of answers decides nothing: places go from the best ticket on, and that no seat is left is told from
/// the last ticket on; a refusal names what comes first. Method: a twin world in which all were in the draw says whose
/// ticket is better. In 15.01 the last who was drawn there and the next one appeal, and one seat comes free: answered
/// first, the next one would have it too. In 15.71 two who were drawn there appeal, and none comes free.
#[tokio::test]
async fn the_order_of_answers_decides_nothing() {
    let mut people = applicants(0..30);
    let twin = decreed(&people).await;
    let drawn = selected(&twin).await;
    let few = by_ticket(&twin, 1501).await;
    let last = few.iter().rposition(|id| drawn.contains(id)).unwrap();
    let many = by_ticket(&twin, 1571).await;
    assert!(drawn.contains(&many[1]));
    let out: Vec<Registration> = [few[last], few[last + 1], many[0], many[1]]
        .iter()
        .map(|id| {
            let one = people.iter_mut().find(|one| one.person_id == *id).unwrap();
            one.findings = vec![Finding::IdentityRefuted];
            one.clone()
        })
        .collect();
    let mut world = decreed(&people).await;
    let (at, approval) = (world.calendar(48).results_at, world.approval());
    let have = selected(&world).await;
    let lost =
        people.iter().find(|one| one.region == region(1501) && have.contains(&one.person_id));
    let grant = (wave(48), lost.unwrap().person_id);
    revoke_for_cause(&mut world.act(at), grant, RevocationCause::Proxy, &approval).await.unwrap();
    let mut appeals = Vec::new();
    for one in out.iter().rev() {
        mend(&world, one).await;
        appeals.insert(0, filed(&mut world, one, at).await);
    }
    let late = filing_ends(at);
    let (granted, behind, no_seat) =
        (AppealAnswer::Granted, AppealAnswer::TicketBehind, AppealAnswer::NoSeat);
    for (which, answer, first) in [
        (1, granted, Some(0)),
        (0, granted, None),
        (1, behind, None),
        (2, no_seat, Some(3)),
        (3, no_seat, None),
        (2, no_seat, None),
    ] {
        let before = world.contents().await;
        let wished = (appeals[which], answer);
        let proposed = require_answerable(world.scratch.database(), wished, late).await;
        let done = answer_appeal(&mut world.act(late), appeals[which], answer, &approval).await;
        let Some(first) = first else {
            proposed.and(done).unwrap();
            continue;
        };
        let refused = out_of_time(done);
        assert_eq!(refused, AppealRefusal::OutOfTurn { answer, first: vec![appeals[first]] });
        assert_eq!(out_of_time(proposed), refused, "nor may it be proposed");
        assert!(refused.to_string().contains(&appeals[first].to_string()), "{refused}");
        assert_eq!(world.contents().await, before, "a refusal writes nothing");
    }
    world.assert_audit_clean().await;
}

/// Whoever was in the draw has nothing to appeal against but the draw, which anybody can recompute.
#[tokio::test]
async fn the_draw_is_not_appealed_against() {
    let mut world = World::new(48, &[(WaveKind::Regular, 1)]).await;
    let people = applicants([1, 4]);
    world.register(&people).await;
    world.open_with(48, &people).await;
    world.grant(48).await;
    let have = selected(&world).await;
    let other = people.iter().find(|one| !have.contains(&one.person_id)).unwrap();
    let at = world.calendar(48).results_at;
    let refused = file(&mut world, other, "k", at).await.unwrap();
    assert_eq!(refused, FilingAnswer::Refused(FilingRefusal::Drawn));
}

/// Goal: no place is given while another wave's roll is open, since that roll counts on the places of family cards; an
/// appeal that comes to nothing is answered meanwhile. Method: the next wave is frozen while an appeal waits.
#[tokio::test]
async fn while_a_roll_is_open() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4), (WaveKind::Regular, 2)]).await;
    let (out, later) = (refuted(1), applicants(30..33));
    world.register(&[std::slice::from_ref(&out), &later].concat()).await;
    world.open_with(48, std::slice::from_ref(&out)).await;
    world.grant(48).await;
    let appeal = {
        let at = world.calendar(48).results_at;
        filed(&mut world, &out, at).await
    };
    mend(&world, &out).await;
    world.open_with(49, &later).await;
    world.close(49).await.unwrap();
    world.freeze(49).await.unwrap();
    let (at, approval) = (world.instant(49, WaveEvent::Freeze), world.approval());
    assert!(at > filing_ends(world.calendar(48).results_at));
    let granted = answer_appeal(&mut world.act(at), appeal, AppealAnswer::Granted, &approval).await;
    assert!(matches!(granted, Err(ActError::OpenRoll { .. })), "{granted:?}");
    let stands = AppealAnswer::DecisionStands;
    answer_appeal(&mut world.act(at), appeal, stands, &approval).await.unwrap();
    world.assert_audit_clean().await;
}

/// Goal: who stated another region than the home of the family card is kept out as long as another member who was in the
/// draw stands by that home. Method: two members state one region and the third another; the two lose their places one
/// after the other.
#[tokio::test]
async fn apart_from_the_card() {
    let mut world = World::new(48, &[(WaveKind::Regular, 10)]).await;
    let mut people = family(1..=3, 1);
    people[2].region = region(1501);
    world.register(&people).await;
    world.open_with(48, &people).await;
    world.grant(48).await;
    let (at, approval) = (world.calendar(48).results_at, world.approval());
    let appeal = filed(&mut world, &people[2], at).await;
    for (one, rule) in [(0, Rule::HouseholdPlaces), (1, Rule::HouseholdRegion)] {
        let act = &mut world.act(at);
        let done = answer_appeal(act, appeal, AppealAnswer::Granted, &approval).await;
        assert_eq!(barred(done), GrantBar::Rule(rule));
        let grant = (wave(48), people[one].person_id);
        revoke_for_cause(&mut world.act(at), grant, RevocationCause::FalseIdentity, &approval)
            .await
            .unwrap();
    }
    let late = filing_ends(at);
    answer_appeal(&mut world.act(late), appeal, AppealAnswer::Granted, &approval).await.unwrap();
    world.assert_audit_clean().await;
}
