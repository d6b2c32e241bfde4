//! Taking a person from an account by two officers, and who has the person then.

use app::accounts::{open_sessions, session_of};
use app::act::ActError;
use app::correct::{CorrectAnswer, Correction, correct_statement};
use app::join::JoinRequest;
use app::live_join::{JoinAnswer, KeyedJoin, join_few};
use app::register::{Registration, RegistrationRefusal};
use app::register_one::RegisterAnswer;
use app::release::{ReleaseRefusal, release_account, require_account};
use domain::client_key::ClientKey;
use domain::eligibility::Rule;
use domain::identity::PersonName;
use domain::ids::{AccountId, PersonId};
use domain::statement::StatementBounds;
use domain::time::Timestamp;
use domain::wave::WaveKind;

use crate::claiming::{account, contents_but_tries, held, register, statement};
use crate::support::{HOUR, World, applicants, card, wave};

const TAKEN: RegisterAnswer = RegisterAnswer::Refused(RegistrationRefusal::NikTaken);

async fn release(
    world: &mut World,
    person: PersonId,
    now: Timestamp,
) -> Result<StatementBounds, ActError> {
    let approval = world.approval();
    release_account(&mut world.act(now), person, &approval).await
}

/// Somebody of an account of her own, registered by it.
async fn squatter(world: &mut World, one: &Registration, at: Timestamp) -> (AccountId, PersonId) {
    let squatter = account(world, 1).await;
    match register(world, squatter, "squat", &statement(one), at).await {
        RegisterAnswer::Registered(person) => (squatter, person),
        answer => panic!("{answer:?}"),
    }
}

/// Goal: a release ends link and sessions, tells the account, and leaves it free to register somebody else but never
/// this person again; the next account that registers the NIK has the person with what it states, and every register
/// is asked anew; a second release works the same. Method: a squatter who has stated another name and card, then the
/// rightful person, then somebody who stands for a second mistake.
#[tokio::test]
async fn the_next_one_has_the_person() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let people = applicants([1, 2]);
    let at = world.calendar(48).opens_at;
    let (first, person) = squatter(&mut world, &people[0], at).await;
    let session = open_sessions(&mut world.act(at), &[first]).await.unwrap()[0];
    let nobody = people[1].person_id;
    for refused in [
        release(&mut world, nobody, at).await.map(drop),
        require_account(world.scratch.database(), nobody).await,
    ] {
        let refused = refused.unwrap_err();
        let no_account = ReleaseRefusal::NoAccount(nobody);
        assert!(
            matches!(refused, ActError::Release(refusal) if refusal == no_account),
            "{refused:?}"
        );
    }
    require_account(world.scratch.database(), person).await.unwrap();
    assert_eq!(release(&mut world, person, at).await.unwrap(), StatementBounds::default());
    let database = world.scratch.database().clone();
    assert_eq!(session_of(&database, &session.token, at).await.unwrap(), None);
    let again = release(&mut world, person, at).await;
    assert!(matches!(again, Err(ActError::Release(_))), "{again:?}");
    let told = "SELECT count(*) FROM notices WHERE template = 'released' AND channel = 'email'";
    assert_eq!(world.number(told).await, 1);
    let key = ClientKey::parse("late").unwrap();
    let correction =
        Correction { name: Some(PersonName::parse("X").unwrap()), ..Correction::default() };
    let late = correct_statement(&mut world.act(at), first, &key, &correction).await.unwrap();
    assert_eq!(late, CorrectAnswer::NoPerson, "a request under way finds no person");

    world.execute("UPDATE registration_checks SET state = 'confirmed', answered_at = now(), ask_at = NULL").await;
    let before = contents_but_tries(&world).await;
    assert_eq!(register(&mut world, first, "again", &statement(&people[0]), at).await, TAKEN);
    let late = register(&mut world, first, "squat", &statement(&people[0]), at).await;
    assert_eq!(late, TAKEN, "nor by a late copy of the first request");
    assert_eq!(contents_but_tries(&world).await, before, "not to the one who lost it");
    let mut right = statement(&people[0]);
    right.identity.name = PersonName::parse("Kenari Hijau").unwrap();
    right.identity.family_card = card(9);
    right.region = crate::support::region(15);
    let rightful = account(&world, 2).await;
    assert_eq!(register(&mut world, rightful, "k", &right, at).await, TAKEN, "a province is none");
    right.region = people[0].region;
    let got = RegisterAnswer::Registered(person);
    assert_eq!(register(&mut world, rightful, "k", &right, at).await, got);
    let one = Registration { person_id: person, ..people[0].clone() };
    assert!(held(&world, &one).await == right.identity);
    let asked = "SELECT count(*) FROM registration_checks WHERE state = 'not_asked'";
    assert_eq!(world.number(asked).await, 5, "the test stays done");
    let kk = world.keys.kk_index(&card(9));
    let index = format!("SELECT count(*) FROM person_identities WHERE kk_index = '{kk}'");
    assert_eq!(world.number(&index).await, 1);
    let other = register(&mut world, first, "other", &statement(&people[1]), at).await;
    assert!(matches!(other, RegisterAnswer::Registered(_)), "{other:?}");

    // A claim has closed the release: nobody else has her any more, until the next one.
    let third = account(&world, 3).await;
    assert_eq!(register(&mut world, third, "k", &statement(&people[0]), at).await, TAKEN);
    release(&mut world, person, at.plus_micros(1)).await.unwrap();
    assert_eq!(
        register(&mut world, third, "k", &statement(&people[0]), at.plus_micros(2)).await,
        got
    );
    let approvals = "SELECT count(*) FROM approvals WHERE act = 'release_account'";
    assert_eq!(world.number(approvals).await, 2);
}

/// Goal: while a wave runs or a grant holds a place, a release gives the person to nobody but who states what is held.
/// Method: a squatter with the right data joins and is granted; another statement is refused before and after the
/// decree, the right one is taken.
#[tokio::test]
async fn what_is_held_stays_while_something_depends_on_it() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let people = applicants([1]);
    let at = world.calendar(48).opens_at.plus_micros(HOUR);
    let registered_at = world.calendar(48).opens_at;
    let (_, person) = squatter(&mut world, &people[0], registered_at).await;
    let one = Registration { person_id: person, ..people[0].clone() };
    world.execute("DELETE FROM registration_checks").await;
    world.open_with(48, &[one]).await;
    let bounds = release(&mut world, person, at).await.unwrap();
    assert_eq!(bounds.running, Some((wave(48), world.calendar(48).results_at)));
    let mut other = statement(&people[0]);
    other.identity.name = PersonName::parse("Kenari Hijau").unwrap();
    let stranger = account(&world, 2).await;
    let before = contents_but_tries(&world).await;
    assert_eq!(register(&mut world, stranger, "k", &other, at).await, TAKEN);
    assert_eq!(contents_but_tries(&world).await, before);
    world.grant(48).await;
    let later = world.calendar(48).results_at.plus_micros(HOUR);
    let before = contents_but_tries(&world).await;
    assert_eq!(register(&mut world, stranger, "k", &other, later).await, TAKEN);
    assert_eq!(contents_but_tries(&world).await, before);
    let rightful = account(&world, 3).await;
    let got = register(&mut world, rightful, "k", &statement(&people[0]), later).await;
    assert_eq!(got, RegisterAnswer::Registered(person));
    world.assert_audit_clean().await;
}

/// Goal: a join that waits at the desk while the person is taken from the account is not done. Method: the join of an
/// account that has lost the person, and then that of the account that has her.
#[tokio::test]
async fn a_join_that_waited_lands_under_nobody() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let people = applicants([1]);
    let at = world.calendar(48).opens_at.plus_micros(HOUR);
    let (first, person_id) = squatter(&mut world, &people[0], at).await;
    world.open(48).await.unwrap();
    let join = |account| KeyedJoin {
        request: JoinRequest { person_id, joined_at: at },
        account: Some(account),
        client_key: ClientKey::parse("join").unwrap(),
        request_id: "test".to_owned(),
    };
    release(&mut world, person_id, at).await.unwrap();
    let before = world.contents().await;
    let late = join_few(&mut world.act(at), wave(48), &[join(first)]).await.unwrap();
    assert_eq!(late, [JoinAnswer::Refused(Rule::Registered)]);
    assert_eq!(world.contents().await, before);
    let rightful = account(&world, 2).await;
    register(&mut world, rightful, "k", &statement(&people[0]), at).await;
    let joined = join_few(&mut world.act(at), wave(48), &[join(rightful)]).await.unwrap();
    assert_eq!(joined, [JoinAnswer::Joined]);
}
