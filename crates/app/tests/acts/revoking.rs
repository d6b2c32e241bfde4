//! Revocation for cause: by two officers, once, with every effect on money, seats, cards and figures.

use app::act::{Act, ActError};
use app::citizen::read_standing;
use app::proposals::{ProposalRefusal, approve, propose};
use app::revoke::{
    RevocationRefusal, find_grant, require_standing, revocation_request, revoke_for_cause,
};
use app::statistics::funnel_report;
use app::wave::settle_wave;
use domain::beneficiary::{RevocationCause, RevocationReason};
use domain::eligibility::Rule;
use domain::ids::PersonId;
use domain::officers::{Approval, Officer, Role};
use domain::time::Timestamp;
use domain::wave::WaveKind;

use crate::support::{HOUR, World, applicant, applicants, region, wave};

const CAUSE: RevocationCause = RevocationCause::Proxy;

async fn ask(
    world: &mut World,
    officer: &Officer,
    person: PersonId,
    now: Timestamp,
) -> Result<(), ActError> {
    let database = world.scratch.database();
    let grant = (find_grant(database, person).await?, person);
    require_standing(database, grant).await?;
    let request = revocation_request(grant, CAUSE);
    propose(&mut world.act(now), officer, &request, "found by the data team").await.map(drop)
}

async fn consent(
    world: &mut World,
    officer: &Officer,
    (person, cause): (PersonId, RevocationCause),
    now: Timestamp,
) -> Result<(), ActError> {
    let number = find_grant(world.scratch.database(), person).await?;
    let request = revocation_request((number, person), cause);
    let body = async |act: &mut Act<'_>, approval: &Approval| {
        revoke_for_cause(act, (number, person), cause, approval).await
    };
    approve(&mut world.act(now), officer, &request, body).await
}

/// Sum of what an account has got.
async fn held(world: &World, account: &str) -> i64 {
    let query =
        format!("SELECT -coalesce(sum(amount_rupiah), 0) FROM entries WHERE account = '{account}'");
    world.number(&query).await
}

/// Goal: a revocation for cause returns what is not spent to where the policy of the time sends it, frees the
/// family card's place and the seat, moves the figures, and bars for life, also in a settled wave; audit holds
/// throughout. Method: of ten recipients one who bought and one who did not are revoked, the wave is swept and
/// settled, and another who bought is revoked after that.
#[tokio::test]
async fn every_effect() {
    const PRICE: i64 = 300_000;
    for (number, grant, to_treasury) in [(10, 3_550_000, false), (48, 4_200_000, true)] {
        let mut world =
            World::new(number, &[(WaveKind::Regular, 10), (WaveKind::Regular, 2)]).await;
        let people = applicants(0..10);
        world.register(&people).await;
        world.open_with(number, &people).await;
        world.grant(number).await;
        assert_eq!(world.buy(number, &people[..3], PRICE).await.recorded, 3);
        let operator = world.officer("Melati", &[Role::Operator, Role::Approver]).await;
        let approver = world.officer("Kenanga", &[Role::Approver]).await;
        let at = world.calendar(number).results_at.plus_micros(2 * HOUR);
        let figures = async |world: &World, at| {
            let report =
                funnel_report(world.scratch.database(), region(15), Some(at)).await.unwrap();
            (report.report.total.effective, report.report.total.revoked)
        };
        assert_eq!(figures(&world, at).await, (3, 0));

        for (person, seats) in [(&people[0], 1), (&people[9], 2)] {
            let id = person.person_id;
            ask(&mut world, &operator, id, at).await.unwrap();
            let same = consent(&mut world, &operator, (id, CAUSE), at).await.unwrap_err();
            assert!(matches!(same, ActError::SameOfficer(_)), "{same}");
            let other = (id, RevocationCause::FalseIdentity);
            let differs = consent(&mut world, &approver, other, at).await.unwrap_err();
            assert!(
                matches!(&differs, ActError::Proposal(ProposalRefusal::Differs { differs }) if differs == "cause"),
                "{differs}"
            );
            consent(&mut world, &approver, (id, CAUSE), at).await.unwrap();
            let twice = consent(&mut world, &approver, (id, CAUSE), at).await.unwrap_err();
            assert!(
                matches!(twice, ActError::Proposal(ProposalRefusal::Decided { .. })),
                "{twice}"
            );
            let again = ask(&mut world, &operator, id, at).await.unwrap_err();
            assert!(
                matches!(again, ActError::Revocation(RevocationRefusal::Revoked(found)) if found == id),
                "{again}"
            );
            assert_eq!(
                world.number("SELECT sum(seats) FROM seat_pool WHERE cause = 'revoked'").await,
                seats
            );
        }
        assert_eq!(figures(&world, at).await, (2, 2));
        assert_eq!(world.number("SELECT count(*) FROM household_slots").await, 8);
        let account = if to_treasury { "state_treasury" } else { "programme_fund" };
        assert_eq!(held(&world, account).await, 2 * grant - PRICE);
        assert_eq!(held(&world, "platform_payable").await, 3 * PRICE, "what is spent stays spent");
        let standing =
            read_standing(world.scratch.database(), people[0].person_id, at).await.unwrap();
        let told = standing.unwrap().grants[0].revocation;
        assert_eq!(told, Some(RevocationReason::ForCause(CAUSE)));
        let stranger = applicant(77).person_id;
        let nobody = ask(&mut world, &operator, stranger, at).await.unwrap_err();
        assert!(matches!(nobody, ActError::Revocation(RevocationRefusal::NoGrant(_))), "{nobody}");
        world.assert_audit_clean().await;

        let due = world.due(number);
        assert_eq!(world.sweep(number, due).await, 6);
        settle_wave(&mut world.act(due), wave(number)).await.unwrap();
        let settled = held(&world, "state_treasury").await;
        ask(&mut world, &operator, people[1].person_id, due).await.unwrap();
        consent(&mut world, &approver, (people[1].person_id, CAUSE), due).await.unwrap();
        assert_eq!(held(&world, "state_treasury").await, settled + grant - PRICE);
        assert_eq!(held(&world, "programme_fund").await, 0, "a settled wave's fund stays empty");
        assert_eq!(figures(&world, due).await, (1, 9));
        world.assert_audit_clean().await;

        world.open(number + 1).await.unwrap();
        let joined = world.join(number + 1, &people[..2]).await;
        let barred = people[..2].iter().map(|one| (one.person_id, Rule::NeverRevoked));
        let mut refused = joined.refused;
        refused.sort_unstable_by_key(|(person, _)| *person);
        assert_eq!(refused, barred.collect::<Vec<_>>());
    }
}
