//! Appeals in a wave whose seats are set apart: granted to whom the draw would have selected, by class and all.

use app::act::ActError;
use app::appeal_answer::answer_appeal;
use app::appeals::{AppealRefusal, FilingAnswer, file_appeal};
use app::holder::Holder;
use app::register::Registration;
use app::revoke::revoke_for_cause;
use domain::appeals::{AppealAnswer, AppealGround, GrantBar, filing_ends};
use domain::beneficiary::RevocationCause;
use domain::client_key::ClientKey;
use domain::eligibility::Finding;
use domain::ids::PersonId;
use domain::wave::WaveKind;

use crate::shares::{crowd, world_of_shares};
use crate::support::{World, region, wave};

async fn decreed(people: &[Registration]) -> World {
    let mut world = world_of_shares(&[(WaveKind::Regular, 24)]).await;
    world.register(people).await;
    world.open_with(48, people).await;
    world.grant(48).await;
    world
}

/// The people of a region of whom a condition on decisions holds, in order.
async fn ids(world: &World, code: u16, condition: &str) -> Vec<PersonId> {
    let query = format!(
        "SELECT d.person_id FROM decisions d JOIN memberships m USING (wave, person_id)
         WHERE m.region = {code} AND {condition}"
    );
    let rows = world.rows(&query).await;
    rows.iter().map(|row| PersonId::parse(row.trim_matches(['(', ')'])).unwrap()).collect()
}

/// Goal: an appeal is granted exactly to whom the draw would have selected, on a guaranteed seat too, and refused to whom
/// it would not, though a ticket alone would tell otherwise. Method: a twin world in which all were in the draw says who
/// that is: in 15.71 a disabled person who sits on a guaranteed seat while better tickets of no class wait, one who was
/// selected by ticket, and the first who waits. Seats come free by revocations.
#[tokio::test]
async fn granted_by_class() {
    let mut people = crowd();
    let twin = decreed(&people).await;
    let mask =
        "(SELECT coalesce(max(mask), 0) FROM member_classes c WHERE c.person_id = d.person_id)";
    let guaranteed = ids(&twin, 1571, &format!("guaranteed AND {mask} & 1 = 1")).await;
    let by_ticket = ids(&twin, 1571, &format!("NOT guaranteed AND {mask} & 1 = 0")).await;
    let behind =
        ids(&twin, 1571, &format!("outcome = 'not_selected' AND {mask} = 0 ORDER BY rank")).await;
    let appellants =
        [(guaranteed[0], true), (by_ticket[0], true), (behind[0], false)].map(|(id, wanted)| {
            let person = people.iter_mut().find(|one| one.person_id == id).unwrap();
            person.findings = vec![Finding::IdentityRefuted];
            (person.clone(), wanted)
        });
    let mut world = decreed(&people).await;
    let (at, approval) = (world.calendar(48).results_at, world.approval());
    let mut have = ids(&world, 1571, "outcome = 'selected'").await;
    let mut filed = Vec::new();
    for (person, wanted) in &appellants {
        assert_eq!(person.region, region(1571));
        let grant = (wave(48), have.pop().unwrap());
        let cause = RevocationCause::Proxy;
        revoke_for_cause(&mut world.act(at), grant, cause, &approval).await.unwrap();
        let id = person.person_id.uuid();
        world.execute(&format!("DELETE FROM registration_checks WHERE person_id = '{id}'")).await;
        let key = ClientKey::parse("filed").unwrap();
        let (mine, ground) =
            ((wave(48), Holder::without_account(person.person_id)), AppealGround::RegisterWrong);
        match file_appeal(&mut world.act(at), mine, ground, &key).await.unwrap() {
            FilingAnswer::Filed(appeal) => filed.push((appeal, *wanted)),
            answer => panic!("{answer:?}"),
        }
    }
    let late = filing_ends(at);
    // Whoever is behind may be told at any time; the others in the order of their tickets.
    filed.reverse();
    let mut turns = 0;
    while let Some((appeal, wanted)) = filed.pop() {
        let act = &mut world.act(late);
        match answer_appeal(act, appeal, AppealAnswer::Granted, &approval).await {
            Ok(()) => assert!(wanted),
            Err(ActError::Appeal(AppealRefusal::Barred(GrantBar::TicketBehind))) => {
                assert!(!wanted);
                let behind = AppealAnswer::TicketBehind;
                answer_appeal(&mut world.act(late), appeal, behind, &approval).await.unwrap();
            }
            Err(ActError::Appeal(AppealRefusal::OutOfTurn { .. })) => {
                turns += 1;
                assert!(turns < 9, "somebody's turn comes");
                filed.insert(0, (appeal, wanted));
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(world.number("SELECT count(*) FROM corrections").await, 2);
    world.assert_audit_clean().await;
}
