//! The way back of an administrator who has lost the credential.

use app::act::{Act, ActError};
use app::credential::Credential;
use app::office::decisions::find_proposal;
use app::officers::{
    Empowerment, OfficerRefusal, authenticate, empower, empower_request, proposed_power,
    renew_credential, retire_officer,
};
use app::proposals::{ProposalRefusal, approve, reject};
use app::recovery::{RecoveryCode, keep_recovery_code, propose_recovery};
use domain::officers::{Approval, Officer, Role, TwoPersonAct};
use domain::wave::WaveKind;

use crate::support::{HOUR, World};

const CODES: &str = "SELECT count(*) FROM recovery_codes";

async fn approve_power(
    world: &mut World,
    by: &Officer,
    power: &Empowerment,
) -> Result<(), ActError> {
    let at = world.calendar(48).opens_at;
    let body = async |act: &mut Act<'_>, approval: &Approval| empower(act, power, approval).await;
    approve(&mut world.act(at), by, &empower_request(power), body).await
}

/// Goal: of two administrators one who has lost the credential comes back by the code on paper and the other's approval,
/// never by one of these alone; the code then ends, and nobody else's opens anything. Method: recover, with each thing
/// that can be wrong before.
#[tokio::test]
async fn two_bring_one_back() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let at = world.calendar(48).opens_at;
    let lost = world.credential("Melati", &[]).await;
    let melati = authenticate(world.scratch.database(), &lost).await.unwrap();
    let kenanga = world.officer("Kenanga", &[]).await;
    let weak = world.credential("Mawar", &[Role::Operator]).await;
    let [code, other] = [(); 2].map(|()| RecoveryCode::make(&mut world.rng));
    let refused = keep_recovery_code(&mut world.act(at), &weak, other.sha256()).await.unwrap_err();
    assert!(matches!(refused, ActError::NotAllowed(_)), "{refused}");
    keep_recovery_code(&mut world.act(at), &lost, other.sha256()).await.unwrap();
    keep_recovery_code(&mut world.act(at), &lost, code.sha256()).await.unwrap();

    let new = Credential::make(melati.id, &mut world.rng);
    let before = world.contents().await;
    for (officer, code) in [(melati.id, &other), (kenanga.id, &code)] {
        let shown = (code, new.sha256());
        let wrong = propose_recovery(&mut world.act(at), officer, shown, "lost").await.unwrap_err();
        assert!(matches!(wrong, ActError::Officer(OfficerRefusal::WrongCode)), "{wrong}");
    }
    assert_eq!(world.contents().await, before);
    let shown = (&code, new.sha256());
    let first = propose_recovery(&mut world.act(at), melati.id, shown, "lost").await.unwrap();
    let twice = propose_recovery(&mut world.act(at), melati.id, shown, "lost").await.unwrap_err();
    assert!(matches!(twice, ActError::Proposal(ProposalRefusal::Open { .. })), "{twice}");
    let row = find_proposal(world.scratch.database(), first).await.unwrap();
    let power = proposed_power(&row).unwrap();
    assert_eq!(
        (power.officer, power.roles.len(), power.credential),
        (melati.id, 0, Some(new.sha256()))
    );
    let alone = approve_power(&mut world, &melati, &power).await.unwrap_err();
    assert!(matches!(alone, ActError::SameOfficer(_)), "{alone}");
    assert!(authenticate(world.scratch.database(), &new).await.is_err(), "nothing is in force yet");

    // What was turned down can be proposed again: a code that is void would leave nobody to bring the officer back.
    let which = (TwoPersonAct::Empower, power.subject());
    reject(&mut world.act(at), &kenanga, (which.0, &which.1), "who asks?").await.unwrap();
    let later = at.plus_micros(HOUR);
    propose_recovery(&mut world.act(later), melati.id, shown, "it was me").await.unwrap();
    approve_power(&mut world, &kenanga, &power).await.unwrap();
    assert!(authenticate(world.scratch.database(), &new).await.is_ok());
    assert!(authenticate(world.scratch.database(), &lost).await.is_err());
    assert_eq!(world.number(CODES).await, 0);
    let again =
        propose_recovery(&mut world.act(later), melati.id, shown, "again").await.unwrap_err();
    assert!(matches!(again, ActError::Officer(OfficerRefusal::WrongCode)), "{again}");
    let trail = "SELECT count(*) FROM audit_events WHERE act IN ('recovery_code_make', 'credential_recover')";
    assert_eq!(world.number(trail).await, 4);
}

/// Goal: a code ends with the credential it was made under, so that a thief's code does not outlive the theft. Method:
/// renew, and retire.
#[tokio::test]
async fn codes_end_with_credentials() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let at = world.calendar(48).opens_at;
    let stolen = world.credential("Melati", &[]).await;
    let kenanga = world.officer("Kenanga", &[]).await;
    let third = world.credential("Mawar", &[Role::Administrator]).await;
    let code = RecoveryCode::make(&mut world.rng);
    for holder in [&stolen, &third] {
        keep_recovery_code(&mut world.act(at), holder, code.sha256()).await.unwrap();
    }
    let fresh = Credential::make(stolen.officer(), &mut world.rng);
    renew_credential(&mut world.act(at), &stolen, fresh.sha256()).await.unwrap();
    assert_eq!(world.number(CODES).await, 1);
    let void = keep_recovery_code(&mut world.act(at), &stolen, code.sha256()).await.unwrap_err();
    assert!(matches!(void, ActError::Officer(OfficerRefusal::UnknownCredential)), "{void}");
    retire_officer(&mut world.act(at), &kenanga, third.officer(), "left").await.unwrap();
    assert_eq!(world.number(CODES).await, 0);
    let shown = (&code, fresh.sha256());
    let gone =
        propose_recovery(&mut world.act(at), third.officer(), shown, "lost").await.unwrap_err();
    assert!(matches!(gone, ActError::Officer(OfficerRefusal::Retired(_))), "{gone}");
}
