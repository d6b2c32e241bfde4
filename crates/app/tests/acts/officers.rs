//! Officers of the institution.

use app::act::{Act, ActError};
use app::credential::Credential;
use app::officers::{
    Empowerment, OfficerRefusal, add_founder, authenticate, empower, ensure_officers,
    renew_credential, retire_officer,
};
use app::proposals::{Request, approve, open_proposal, parameters_of, propose};
use domain::ids::OfficerId;
use domain::officers::{Approval, Officer, Role, TwoPersonAct};
use domain::wave::WaveKind;
use serde_json::json;

use crate::support::{HOUR, World};

/// A new officer leaves an event without the name, a known one none; ids come in the order of the names.
#[tokio::test]
async fn added_once() {
    const EVENTS: &str = "SELECT subject, detail FROM audit_events WHERE act = 'officer_add'";
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let at = world.calendar(48).opens_at.minus_micros(HOUR);
    let before = world.rows(EVENTS).await;
    assert_eq!(before.len(), 2);
    let names = ["Officer Two", "Officer Three"];
    let [two, three] = ensure_officers(&mut world.act(at), names, "vacancy").await.unwrap();
    let mut expected = before.clone();
    expected.push(format!("(officer:{},{{}})", three.uuid()));
    assert_eq!(world.rows(EVENTS).await, expected);
    assert!(before.contains(&format!("(officer:{},{{}})", two.uuid())));
    let again = ensure_officers(&mut world.act(at), names, "vacancy").await.unwrap();
    assert_eq!(again, [two, three]);
    assert_eq!(world.rows(EVENTS).await, expected);
}

fn power(world: &mut World, name: &str, roles: &[Role]) -> (Empowerment, Credential) {
    let at = world.calendar(48).opens_at;
    let id = OfficerId::at(at, [u8::try_from(name.len()).unwrap(); 10]);
    let credential = Credential::make(id, &mut world.rng);
    let roles = roles.iter().copied().collect();
    let power = Empowerment {
        officer: id,
        name: name.to_owned(),
        roles,
        credential: Some(credential.sha256()),
    };
    (power, credential)
}

/// Goal: two officers found an installation, both administrators, and nobody comes in alone after them; the
/// officers of a replay do not count, since nobody can act as them. Method: add one after the other.
#[tokio::test]
async fn founding() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let at = world.calendar(48).opens_at;
    let (weak, _) = power(&mut world, "Weak", &[Role::Operator]);
    let refused = add_founder(&mut world.act(at), &weak).await.unwrap_err();
    assert!(matches!(refused, ActError::Officer(OfficerRefusal::FounderRole)), "{refused}");
    let (one, credential) = power(&mut world, "One", &[Role::Administrator]);
    add_founder(&mut world.act(at), &one).await.unwrap();
    let again = add_founder(&mut world.act(at), &one).await.unwrap_err();
    assert!(matches!(again, ActError::Officer(OfficerRefusal::NameTaken(_))), "{again}");
    world.officer("Second", &[Role::Approver]).await;
    let before = world.contents().await;
    let (third, stranger) = power(&mut world, "Third", &[Role::Administrator]);
    let refused = add_founder(&mut world.act(at), &third).await.unwrap_err();
    assert!(matches!(refused, ActError::Officer(OfficerRefusal::Founded)), "{refused}");
    assert_eq!(world.contents().await, before, "a refusal writes nothing");
    let database = world.scratch.database();
    let known = authenticate(database, &credential).await.unwrap();
    assert_eq!((known.name.as_str(), known.roles), ("One", [Role::Administrator].into()));
    let unknown = authenticate(database, &stranger).await.unwrap_err();
    assert!(matches!(unknown, ActError::Officer(OfficerRefusal::UnknownCredential)), "{unknown}");
}

/// Goal: later officers, roles and lost credentials take two administrators; an officer renews the own
/// credential alone; the old one is out of force. Method: propose, approve, authenticate with old and new.
#[tokio::test]
async fn power_by_two() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let at = world.calendar(48).opens_at;
    let one = world.officer("One", &[]).await;
    let two = world.officer("Second", &[]).await;
    let (mut third, first_secret) = power(&mut world, "Third", &[Role::Operator]);
    let request = |power: &Empowerment| Request {
        act: TwoPersonAct::Empower,
        subject: power.subject(),
        parameters: power.parameters(),
    };
    let approve_by = async |world: &mut World, officer: &Officer, power: &Empowerment| {
        let body =
            async |act: &mut Act<'_>, approval: &Approval| empower(act, power, approval).await;
        approve(&mut world.act(at), officer, &request(power), body).await
    };
    propose(&mut world.act(at), &one, &request(&third), "needed").await.unwrap();
    let alone = approve_by(&mut world, &one, &third).await.unwrap_err();
    assert!(matches!(alone, ActError::SameOfficer(_)), "{alone}");
    let (database, about) = (world.scratch.database(), third.subject());
    let stored = open_proposal(database, TwoPersonAct::Empower, &about).await.unwrap();
    let parameters = parameters_of(&stored).unwrap();
    assert_eq!(Empowerment::from_parameters(third.officer, &parameters), Some(third.clone()));
    approve_by(&mut world, &two, &third).await.unwrap();
    let officer = authenticate(world.scratch.database(), &first_secret).await.unwrap();
    assert_eq!(officer.roles, [Role::Operator].into());
    let weak = propose(&mut world.act(at), &officer, &request(&third), "more").await.unwrap_err();
    assert!(matches!(weak, ActError::NotAllowed(_)), "{weak}");

    third.roles = [Role::Approver].into();
    third.credential = None;
    propose(&mut world.act(at), &two, &request(&third), "more work").await.unwrap();
    approve_by(&mut world, &one, &third).await.unwrap();
    let officer = authenticate(world.scratch.database(), &first_secret).await.unwrap();
    assert_eq!(officer.roles, [Role::Operator, Role::Approver].into());
    assert_eq!(world.number("SELECT count(*) FROM approvals WHERE act = 'empower'").await, 2);

    let renewed = Credential::make(officer.id, &mut world.rng);
    renew_credential(&mut world.act(at), &first_secret, renewed.sha256()).await.unwrap();
    let late = Credential::make(officer.id, &mut world.rng);
    let late =
        renew_credential(&mut world.act(at), &first_secret, late.sha256()).await.unwrap_err();
    assert!(matches!(late, ActError::Officer(OfficerRefusal::UnknownCredential)), "{late}");
    let old = authenticate(world.scratch.database(), &first_secret).await.unwrap_err();
    assert!(matches!(old, ActError::Officer(OfficerRefusal::UnknownCredential)), "{old}");
    assert!(authenticate(world.scratch.database(), &renewed).await.is_ok());
}

/// Goal: who retires cannot act, nor stand behind an open proposal; two administrators always remain.
/// Method: retire a third one, then try to retire a second.
#[tokio::test]
async fn retiring() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let at = world.calendar(48).opens_at;
    let one = world.officer("One", &[Role::Operator]).await;
    let second = world.officer("Second", &[]).await;
    let (third, credential) = power(&mut world, "Third", &[Role::Administrator, Role::Operator]);
    let agreed = world.approval();
    empower(&mut world.act(at), &third, &agreed).await.unwrap();
    let officer = authenticate(world.scratch.database(), &credential).await.unwrap();
    let request =
        Request { act: TwoPersonAct::Cancel, subject: "wave:48".into(), parameters: json!({}) };
    propose(&mut world.act(at), &officer, &request, "flood").await.unwrap();
    retire_officer(&mut world.act(at), &one, officer.id, "left").await.unwrap();
    let gone = authenticate(world.scratch.database(), &credential).await.unwrap_err();
    assert!(matches!(gone, ActError::Officer(OfficerRefusal::UnknownCredential)), "{gone}");
    assert_eq!(world.rows("SELECT state FROM proposals").await, ["(withdrawn)"]);
    let late = propose(&mut world.act(at), &officer, &request, "flood").await;
    assert!(late.is_err(), "an officer who has retired meanwhile proposes nothing");
    let before = world.contents().await;
    let nobody = OfficerId::at(at, [9; 10]);
    for (whom, said) in [
        (second.id, "last 2 administrators"),
        (third.officer, "has retired"),
        (nobody, "no officer"),
    ] {
        let refused = retire_officer(&mut world.act(at), &one, whom, "left").await.unwrap_err();
        assert!(refused.to_string().contains(said), "{whom}: {refused}");
    }
    assert_eq!(world.contents().await, before, "a refusal writes nothing");
}
