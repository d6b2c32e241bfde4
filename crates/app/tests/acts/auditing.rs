//! Opening drawn waves to auditors.

use app::act::{Act, ActError};
use app::office::decisions::approve_proposal;
use app::openings::{
    Opened, OpeningsAsked, OpeningsRefusal, SAMPLE_SIZE_MAX, open_to_auditors, openings_request,
    write_openings,
};
use app::proposals::{ProposalRefusal, approve, propose};
use app::retention::forget;
use app::wave::settle_wave;
use domain::eligibility::Finding;
use domain::ids::PersonId;
use domain::officers::{Approval, Officer, Role};
use domain::retention::Perishable;
use domain::time::Timestamp;
use domain::wave::{WaveKind, WaveNumber};
use publication::audit::{AuditedList, OpenedReport, OpeningFaultKind as Kind, check_openings};
use selection::digest::DrawKey;
use storage::persons::identity_erase;

use crate::folders::{Public, appeal};
use crate::shares::{SHARES, crowd};
use crate::support::{World, applicants, wave};

/// Records of the sample.
const SAMPLE: usize = 10;

const fn asked(wave: WaveNumber) -> OpeningsAsked {
    OpeningsAsked { wave, sample: SAMPLE }
}

/// Proposes and approves, and writes what was approved.
async fn opened(
    world: &mut World,
    (melati, kenanga): (&Officer, &Officer),
    asked: OpeningsAsked,
    now: Timestamp,
) -> (Opened, Vec<u8>) {
    let request = openings_request(world.scratch.database(), asked).await.unwrap();
    propose(&mut world.act(now), melati, &request, "audit of wave 48").await.unwrap();
    let act = &mut world.act(now);
    let body =
        async |act: &mut Act<'_>, approval: &Approval| open_to_auditors(act, asked, approval).await;
    let due = approve(act, kenanga, &request, body).await.unwrap();
    let mut out = Vec::new();
    (write_openings(act, &due, &mut out).await.unwrap(), out)
}

/// What auditors make of it.
fn audited(public: &Public, opened: &Opened, out: &[u8]) -> OpenedReport {
    let list = AuditedList::open(&public.folder(48)).unwrap();
    let key = DrawKey::from_bytes(opened.draw_key.as_slice().try_into().unwrap());
    check_openings(&list, &key, SAMPLE, out).unwrap()
}

/// Goal: everybody who was selected, the sample and granted appeals are opened to auditors, hidden classes too, and what they get
/// holds against the published folder. Method: a wave with classes, weights, family cards and appeals, its openings held
/// against the folder before and after its corrections are published, then with people erased.
#[tokio::test]
async fn auditors_see_who_is_behind_records() {
    let shares = format!("[selection]\n{SHARES}");
    let waves = [(WaveKind::Regular, 24), (WaveKind::Regular, 10)];
    let mut public = Public::new(&[("[selection]\n", &shares)], &waves).await;
    let (mut people, others) = (crowd(), applicants(100..140));
    for person in people.iter_mut().take(20).step_by(2) {
        person.findings = vec![Finding::IdentityRefuted];
    }
    public.world.register(&people).await;
    public.world.register(&others).await;
    let melati = public.world.officer("melati", &[Role::Operator]).await;
    let kenanga = public.world.officer("kenanga", &[Role::Approver]).await;
    let pair = (&melati, &kenanga);
    public.run(48, &people).await;
    let granted =
        appeal(&mut public.world, people.iter().filter(|one| !one.findings.is_empty())).await;
    let granted = usize::try_from(granted).unwrap();
    assert!(granted > 0);
    let now = public.world.calendar(48).results_at;
    public.publish(now).await.unwrap();

    // More appeals could still be granted, so none of them is published or opened.
    let (early, out) = opened(&mut public.world, pair, asked(wave(48)), now).await;
    assert_eq!((early.sampled, early.granted, early.erased), (SAMPLE, 0, 0));
    let report = audited(&public, &early, &out);
    assert!(report.ok(), "{:?}", report.faults);
    assert_eq!(report.opened, early.opened as u64);
    assert!(early.selected > 15 && early.opened > early.selected, "{early:?}");

    public.run(49, &others).await;
    let missing = audited(&public, &early, &out);
    assert!(missing.faults.iter().all(|own| own.kind == Kind::GrantedMissing), "{missing:?}");
    assert_eq!(missing.faults.len(), granted);
    let now = public.world.calendar(49).results_at;
    let (whole, out) = opened(&mut public.world, pair, asked(wave(48)), now).await;
    assert_eq!((whole.granted, whole.opened), (granted, early.opened + granted));
    let report = audited(&public, &whole, &out);
    assert!(report.ok(), "{:?}", report.faults);
    assert_eq!((report.granted, report.opened), (granted as u64, whole.opened as u64));
    let trail = "SELECT reason, detail->>'selected', detail->>'granted' FROM audit_events
                 WHERE act = 'records_open' ORDER BY detail->>'granted'";
    let said = |granted| format!("(\"audit of wave 48\",{},{granted})", whole.selected);
    assert_eq!(public.world.rows(trail).await, [said(0), said(granted)]);
    // The trail and what is printed of it name nobody.
    let nik = String::from_utf8(people[0].identity.nik.expose().to_vec()).unwrap();
    let events = public.world.rows("SELECT e::text FROM audit_events e").await.concat();
    assert!(!events.contains(&nik) && !format!("{report:?}{missing:?}").contains(&nik));

    // Who was erased meanwhile cannot be opened, and auditors are told.
    for (query, kind) in [
        (
            "SELECT person_id FROM decisions WHERE outcome = 'selected' AND wave = 48",
            Kind::SelectedMissing,
        ),
        ("SELECT person_id FROM corrections WHERE wave = 48", Kind::GrantedMissing),
    ] {
        let chosen = public.world.rows(query).await;
        let is_chosen = |own: &PersonId| chosen.contains(&format!("({})", own.uuid()));
        let person = people.iter().map(|own| own.person_id).find(is_chosen).unwrap();
        let mut tx = public.world.scratch.database().begin().await.unwrap();
        identity_erase(&mut tx, person, now).await.unwrap();
        tx.commit().await.unwrap();
        let (again, out) = opened(&mut public.world, pair, asked(wave(48)), now).await;
        assert_eq!(again.opened, whole.opened - again.erased);
        let report = audited(&public, &again, &out);
        assert_eq!(report.faults.len(), again.erased);
        assert_eq!(report.faults.iter().filter(|own| own.kind == kind).count(), 1);
    }
}

/// Goal: once a wave is over and what its erased members counted as is forgotten, records of the others are opened as
/// before, hidden classes too, and the erased are told as a number; once all is forgotten nothing is opened. Method: a
/// wave with classes and small cells, settled, with members erased of every class and region, and the round of forgetting.
#[tokio::test]
async fn opened_after_an_erasure() {
    let shares = format!("[selection]\n{SHARES}");
    let waves = [(WaveKind::Regular, 24)];
    let mut public = Public::new(&[("[selection]\n", &shares)], &waves).await;
    let people = crowd();
    public.world.register(&people).await;
    let melati = public.world.officer("melati", &[Role::Operator]).await;
    let kenanga = public.world.officer("kenanga", &[Role::Approver]).await;
    let pair = (&melati, &kenanga);
    public.run(48, &people).await;
    let results_at = public.world.calendar(48).results_at;
    public.publish(results_at).await.unwrap();
    let (before, _) = opened(&mut public.world, pair, asked(wave(48)), results_at).await;
    assert_eq!(before.erased, 0);

    let due = public.world.due(48);
    public.world.sweep(48, due).await;
    settle_wave(&mut public.world.act(due), wave(48)).await.unwrap();
    let database = public.world.scratch.database().clone();
    let mut tx = database.begin().await.unwrap();
    for person in people.iter().take(21) {
        identity_erase(&mut tx, person.person_id, due).await.unwrap();
    }
    tx.commit().await.unwrap();
    let classes = "SELECT count(*) FROM member_classes";
    let had = public.world.number(classes).await;
    forget(&database, due).await.unwrap();
    assert!(public.world.number(classes).await < had, "classes of the erased are forgotten");

    let (after, out) = opened(&mut public.world, pair, asked(wave(48)), due).await;
    assert!(after.erased > 0, "{after:?}");
    assert_eq!((after.selected, after.opened), (before.selected, before.opened - after.erased));
    let report = audited(&public, &after, &out);
    let missing = [Kind::SelectedMissing, Kind::SampledMissing];
    assert!(report.faults.iter().all(|own| missing.contains(&own.kind)), "{:?}", report.faults);
    assert_eq!((report.faults.len(), report.opened), (after.erased, after.opened as u64));

    let old = due.plus_days(Perishable::Commitments.kept_days()).plus_micros(1);
    forget(&database, old).await.unwrap();
    let approval = public.world.approval();
    let refused = open_to_auditors(&mut public.world.act(old), asked(wave(48)), &approval).await;
    let forgotten = OpeningsRefusal::Forgotten(wave(48));
    assert!(matches!(refused, Err(ActError::Openings(own)) if own == forgotten), "{refused:?}");
}

/// Goal: no officer takes identities out alone, nor another sample than was agreed on, nor everybody, nor over a network; what is
/// refused leaves nothing in the trail. Method: each, on a drawn wave, and before its draw.
#[tokio::test]
async fn records_are_opened_by_two() {
    let mut public = Public::new(&[], &[(WaveKind::Regular, 6), (WaveKind::Regular, 6)]).await;
    let people = applicants(0..30);
    public.world.register(&people).await;
    let melati = public.world.officer("melati", &[Role::Operator, Role::Approver]).await;
    let kenanga = public.world.officer("kenanga", &[Role::Approver]).await;
    let (now, regions) =
        (public.world.calendar(48).results_at, public.world.reference.regions.clone());
    let database = public.world.scratch.database().clone();
    let refusal = async |asked| match openings_request(&database, asked).await {
        Err(ActError::Openings(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let asked = asked(wave(48));
    assert_eq!(refusal(asked).await, OpeningsRefusal::NotDrawn(wave(48)));
    public.run(48, &people).await;
    let most = OpeningsAsked { sample: SAMPLE_SIZE_MAX, ..asked };
    openings_request(&database, most).await.unwrap();
    let more = SAMPLE_SIZE_MAX + 1;
    let too_many = OpeningsAsked { sample: more, ..asked };
    assert_eq!(refusal(too_many).await, OpeningsRefusal::TooMany(more));

    let world = &mut public.world;
    let request = openings_request(&database, asked).await.unwrap();
    assert_eq!(request.subject, "openings:48:10");
    let body =
        async |act: &mut Act<'_>, approval: &Approval| open_to_auditors(act, asked, approval).await;
    let error = approve(&mut world.act(now), &kenanga, &request, body).await.unwrap_err();
    assert!(matches!(error, ActError::Proposal(ProposalRefusal::None { .. })), "{error}");
    let error = propose(&mut world.act(now), &kenanga, &request, "audit").await.unwrap_err();
    assert!(matches!(error, ActError::NotAllowed(_)), "{error}");
    let personal = propose(&mut world.act(now), &melati, &request, "3171234567890123").await;
    assert!(matches!(personal, Err(ActError::Officer(_))), "{personal:?}");
    let proposal = propose(&mut world.act(now), &melati, &request, "audit").await.unwrap();
    let error = approve(&mut world.act(now), &melati, &request, body).await.unwrap_err();
    assert!(matches!(error, ActError::SameOfficer(_)), "{error}");
    let larger = openings_request(&database, most).await.unwrap();
    let error = approve(&mut world.act(now), &kenanga, &larger, body).await.unwrap_err();
    assert!(matches!(error, ActError::Proposal(ProposalRefusal::None { .. })), "{error}");
    let error =
        approve_proposal(&mut world.act(now), &kenanga, proposal, &regions).await.unwrap_err();
    assert!(matches!(error, ActError::Proposal(ProposalRefusal::WritesFiles(_))), "{error}");
    let trail = "SELECT count(*) FROM audit_events WHERE act = 'records_open'";
    assert_eq!(world.number(trail).await, 0, "nothing was opened");

    // The database refuses one person on both sides, whoever asks.
    let one = format!(
        "INSERT INTO approvals (act, subject, prepared_by, approved_by, reason, approved_at)
         VALUES ('open_to_auditors', 'openings:48:10', '{0}', '{0}', 'audit', now())",
        melati.id.uuid()
    );
    let mut tx = database.begin().await.unwrap();
    let refused = sqlx::query(sqlx::AssertSqlSafe(one)).execute(&mut *tx).await;
    drop(tx);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("approvals_two_persons_check"), "{refused}");

    approve(&mut world.act(now), &kenanga, &request, body).await.unwrap();
    assert_eq!(world.number(trail).await, 1);
    let error = approve(&mut world.act(now), &kenanga, &request, body).await.unwrap_err();
    assert!(matches!(error, ActError::Proposal(ProposalRefusal::Decided { .. })), "{error}");
}

/// Goal: only what is published is opened. Method: a wave without a folder, and one that does not exist.
#[tokio::test]
async fn unpublished_waves_are_not_opened() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4), (WaveKind::Regular, 4)]).await;
    let people = applicants(0..9);
    world.register(&people).await;
    world.open_with(48, &people).await;
    world.grant(48).await;
    let now = world.calendar(48).results_at;
    let approval = world.approval();
    let refused = open_to_auditors(&mut world.act(now), asked(wave(48)), &approval).await;
    let unpublished = OpeningsRefusal::Unpublished(wave(48));
    assert!(matches!(refused, Err(ActError::Openings(own)) if own == unpublished), "{refused:?}");
    let refused = open_to_auditors(&mut world.act(now), asked(wave(999)), &approval).await;
    assert!(matches!(refused, Err(ActError::UnknownWave(_))), "{refused:?}");
}
