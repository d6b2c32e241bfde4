//! Opening drawn waves to auditors.

use app::act::ActError;
use app::openings::{OpeningsAsked, OpeningsError, open_to_auditors};
use domain::ids::PersonId;
use domain::officers::Role;
use domain::wave::WaveKind;
use publication::audit::{AuditedList, OpeningFaultKind, check_openings};
use selection::digest::DrawKey;
use storage::persons::identity_erase;

use crate::folders::Public;
use crate::shares::{SHARES, crowd};
use crate::support::{applicants, wave};

/// Records of the sample.
const SAMPLE: usize = 10;

/// Goal: everybody who was selected and the sample are opened to auditors, hidden classes too, and what they get holds
/// against the published folder; the trail names who asked before anything is opened, and an operator alone may. Method:
/// a wave with classes, weights and family cards, its openings held against the folder, then with somebody erased.
#[tokio::test]
async fn auditors_see_who_is_behind_records() {
    let shares = format!("[selection]\n{SHARES}");
    let mut public = Public::new(
        &[("[selection]\n", &shares)],
        &[(WaveKind::Regular, 24), (WaveKind::Regular, 10)],
    )
    .await;
    let people = crowd();
    public.world.register(&people).await;
    let operator = public.world.officer("melati", &[Role::Operator]).await;
    let approver = public.world.officer("kenanga", &[Role::Approver]).await;
    let now = public.world.calendar(48).results_at;
    let asked = OpeningsAsked { wave: wave(48), sample: SAMPLE, reason: "audit of wave 48" };
    let mut out = Vec::new();
    let early = open_to_auditors(&mut public.world.act(now), &operator, asked, &mut out).await;
    assert!(matches!(early, Err(OpeningsError::NotDrawn(_))), "{early:?}");
    public.run(48, &people).await;
    public.publish(now).await.unwrap();

    let refused = open_to_auditors(&mut public.world.act(now), &approver, asked, &mut out).await;
    assert!(matches!(refused, Err(OpeningsError::Act(ActError::NotAllowed(_)))), "{refused:?}");
    let personal = OpeningsAsked { reason: "3171234567890123", ..asked };
    let refused = open_to_auditors(&mut public.world.act(now), &operator, personal, &mut out).await;
    assert!(matches!(refused, Err(OpeningsError::Act(ActError::Officer(_)))), "{refused:?}");
    let trail = "SELECT reason, detail->>'selected', detail->>'sampled' FROM audit_events WHERE act = 'records_open'";
    assert_eq!((out.len(), public.world.rows(trail).await.len()), (0, 0), "nothing was opened");

    let act = &mut public.world.act(now);
    let opened = open_to_auditors(act, &operator, asked, &mut out).await.unwrap();
    assert_eq!((opened.sampled, opened.erased), (SAMPLE, 0));
    assert!(opened.selected > 15 && opened.opened > opened.selected, "{opened:?}");
    let trail = public.world.rows(trail).await;
    assert_eq!(trail, [format!("(\"audit of wave 48\",{},{SAMPLE})", opened.selected)]);
    let list = AuditedList::open(&public.folder(48)).unwrap();
    let key = DrawKey::from_bytes(opened.draw_key.as_slice().try_into().unwrap());
    let report = check_openings(&list, &key, SAMPLE, &out[..]).unwrap();
    assert!(report.ok(), "{:?}", report.faults);
    assert_eq!(report.opened, opened.opened as u64);
    // The trail and what is printed of it name nobody.
    let nik = String::from_utf8(people[0].identity.nik.expose().to_vec()).unwrap();
    let events = public.world.rows("SELECT e::text FROM audit_events e").await.concat();
    assert!(!events.contains(&nik) && !format!("{report:?}").contains(&nik));

    // Who was erased meanwhile cannot be opened, and auditors are told.
    let chosen =
        public.world.rows("SELECT person_id FROM decisions WHERE outcome = 'selected'").await;
    let person = people.iter().map(|own| own.person_id);
    let is_chosen = |own: &PersonId| chosen.contains(&format!("({})", own.uuid()));
    let person = person.into_iter().find(is_chosen).unwrap();
    let mut tx = public.world.scratch.database().begin().await.unwrap();
    identity_erase(&mut tx, person, now).await.unwrap();
    tx.commit().await.unwrap();
    out.clear();
    let act = &mut public.world.act(now);
    let again = open_to_auditors(act, &operator, asked, &mut out).await.unwrap();
    assert_eq!((again.erased, again.opened), (1, opened.opened - 1));
    let report = check_openings(&list, &key, SAMPLE, &out[..]).unwrap();
    let kinds: Vec<OpeningFaultKind> = report.faults.iter().map(|own| own.kind).collect();
    assert_eq!(kinds, [OpeningFaultKind::SelectedMissing]);
}

/// Goal: only what is published is opened. Method: a wave without a folder, and one that does not exist.
#[tokio::test]
async fn unpublished_waves_are_not_opened() {
    let mut world =
        crate::support::World::new(48, &[(WaveKind::Regular, 4), (WaveKind::Regular, 4)]).await;
    let people = applicants(0..9);
    world.register(&people).await;
    world.open_with(48, &people).await;
    world.grant(48).await;
    let operator = world.officer("melati", &[Role::Operator]).await;
    let now = world.calendar(48).results_at;
    let mut out = Vec::new();
    let asked = OpeningsAsked { wave: wave(48), sample: SAMPLE, reason: "audit" };
    let refused = open_to_auditors(&mut world.act(now), &operator, asked, &mut out).await;
    assert!(matches!(refused, Err(OpeningsError::Unpublished(_))), "{refused:?}");
    let asked = OpeningsAsked { wave: wave(999), ..asked };
    let refused = open_to_auditors(&mut world.act(now), &operator, asked, &mut out).await;
    assert!(matches!(refused, Err(OpeningsError::Act(ActError::UnknownWave(_)))), "{refused:?}");
    assert_eq!(out.len(), 0);
}
