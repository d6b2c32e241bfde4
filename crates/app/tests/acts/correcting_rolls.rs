//! Lists that are corrected while everybody looks at them: who was judged wrongly comes in or goes out, nobody else is
//! touched, and the draw waits for its new instant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use app::act::{Act, ActError};
use app::draw::{Drawn, draw_wave};
use app::folders::{FolderError, PublicRefusal};
use app::office::decisions::approve_proposal;
use app::proposals::{ProposalRefusal, approve, propose};
use app::register::Registration;
use app::roll_correct::{Corrected, RollRefusal, correct_roll, correction_request};
use domain::eligibility::Finding;
use domain::ids::PersonId;
use domain::officers::{Approval, Role};
use domain::roll_correction::CorrectionBar;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};
use publication::format::PlanFile;
use publication::verify::{Look, me};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::AssertSqlSafe;

use crate::folders::{Public, desk_in};
use crate::shares::crowd;
use crate::support::{HOUR, World, applicants, ids, region, wave};

const WAVES: [(WaveKind, u32); 2] = [(WaveKind::Regular, 24), (WaveKind::Regular, 10)];
/// Seconds by which each correction moves the draw.
pub(crate) const DAY: i64 = 24 * HOUR;

/// A published wave whose list everybody can see, some of its members kept out.
async fn listed(people: &[Registration], edits: &[(&str, &str)]) -> Public {
    let mut public = Public::new(edits, &WAVES).await;
    public.world.register(people).await;
    public.publish(public.world.calendar(48).opens_at.minus_micros(1)).await.unwrap();
    public.world.open_with(48, people).await;
    public.world.close(48).await.unwrap();
    public.world.freeze(48).await.unwrap();
    public.publish(public.world.instant(48, WaveEvent::Freeze)).await.unwrap();
    public
}

/// So many hours after the close.
fn hours(world: &World, after: i64) -> Timestamp {
    world.calendar(48).closes_at.plus_micros(after * HOUR)
}

pub(crate) async fn correct(
    world: &mut World,
    plan: u8,
    people: &[&Registration],
    at: Timestamp,
) -> Result<Corrected, ActError> {
    let persons = people.iter().map(|person| person.person_id).collect();
    let approval = world.approval();
    correct_roll(&mut world.act(at), (wave(48), plan), &persons, &approval).await
}

pub(crate) async fn draw_at(world: &mut World, at: Timestamp) -> Result<Drawn, ActError> {
    let approval = world.approval();
    draw_wave(&mut world.act(at), wave(48), &approval).await
}

fn refusal(error: ActError) -> RollRefusal {
    match error {
        ActError::Roll(refusal) => refusal,
        error => panic!("{error}"),
    }
}

/// What the database says to a statement of somebody with all rights.
async fn refused_by_database(world: &World, statement: &str) -> String {
    let mut conn = world.superuser().await;
    let statement = AssertSqlSafe(statement.to_owned());
    let error = sqlx::raw_sql(statement).execute(&mut conn).await.unwrap_err();
    error.as_database_error().and_then(|error| error.constraint()).unwrap_or_default().to_owned()
}

/// The registers found nothing against the person after all.
async fn clear(world: &World, person: &Registration) {
    let id = person.person_id.uuid();
    world.execute(&format!("DELETE FROM registration_checks WHERE person_id = '{id}'")).await;
}

/// The registers know now that the person is no citizen.
pub(crate) async fn refute(world: &World, person: &Registration) {
    let id = person.person_id.uuid();
    world
        .execute(&format!(
            "INSERT INTO registration_checks (person_id, kind, state, answered_at)
             VALUES ('{id}', 'citizenship', 'refuted', '2023-02-01Z')"
        ))
        .await;
}

fn plan_of(public: &Public) -> PlanFile {
    PlanFile::read(&std::fs::read(public.folder(48).join("plan.json")).unwrap()).unwrap()
}

/// The receipts of these people as they can be fetched now.
async fn receipts(public: &Public, people: &[Registration]) -> BTreeMap<PersonId, Vec<u8>> {
    let now = public.world.calendar(48).results_at;
    let mut receipts = BTreeMap::new();
    for person in people {
        receipts.insert(person.person_id, public.receipt(48, person, now).await);
    }
    receipts
}

/// Goal: who was kept out wrongly comes in, who should not be there goes out, a corrected class counts, and the draw of the
/// new list holds for everybody who has nothing but the folder, at its new instant and not before; whoever is not concerned
/// keeps entry and receipt. Method: a wave with classes, hidden cells and pools, three members judged again, both
/// verifiers, and every receipt from before and after.
#[tokio::test]
async fn the_list_is_put_right() {
    let shares = format!("[selection]\n{}", crate::shares::SHARES);
    let mut people = crowd();
    for person in people.iter_mut().take(12).step_by(3) {
        person.findings = vec![Finding::IdentityRefuted];
    }
    let mut public = listed(&people, &[("[selection]\n", &shares)]).await;
    let (kept_out, wrong, misread) = (people[3].clone(), people[4].clone(), people[20].clone());
    let before = receipts(&public, &people).await;
    let first = plan_of(&public);
    let commitments = "SELECT person_id, commitment FROM roll_commitments ORDER BY person_id";
    let committed = public.world.rows(commitments).await;
    let table = "SELECT sum(seats)::bigint FROM quotas";
    let seats = public.world.number(table).await;

    clear(&public.world, &kept_out).await;
    refute(&public.world, &wrong).await;
    let id = misread.person_id.uuid();
    public
        .world
        .execute(&format!("UPDATE persons SET disability = true WHERE person_id = '{id}'"))
        .await;
    let at = hours(&public.world, 10);
    let corrected =
        correct(&mut public.world, 2, &[&kept_out, &wrong, &misread], at).await.unwrap();
    let planned = public.world.calendar(48);
    assert_eq!((corrected.plan, corrected.entries), (2, 60));
    assert_eq!((corrected.entered, corrected.left), (1, 1));
    assert_eq!(corrected.draw_at, planned.draw_at().plus_micros(DAY));
    assert_eq!(corrected.results_at, planned.results_at.plus_micros(DAY));
    assert_eq!(public.world.number(table).await, seats, "the seats are as many as before");
    assert_eq!(
        public
            .world
            .rows("SELECT reason_before, reason_after FROM judged_again ORDER BY person_id")
            .await,
        ["(identity_confirmed,)", "(,citizenship)", "(,)"]
    );

    // Nobody has seen plan 2 yet, and its round is another one.
    let early = draw_at(&mut public.world, planned.draw_at()).await.unwrap_err();
    assert!(matches!(early, ActError::TooEarly { at, .. } if at == corrected.draw_at), "{early}");
    let unseen = draw_at(&mut public.world, corrected.draw_at).await.unwrap_err();
    assert!(
        matches!(unseen, ActError::Public(PublicRefusal::Unwitnessed { file: "entries.bin", .. })),
        "{unseen}"
    );
    public.publish(at).await.unwrap();
    let second = plan_of(&public);
    assert_eq!((second.plan, second.n, second.t4), (2, 60, first.t4 + 86_400));
    assert!(second.round > first.round && second.entries != first.entries);
    let drawn_at = corrected.draw_at.minus_micros(1).to_string();
    let early = format!(
        "INSERT INTO draws SELECT wave, 'x', true, 1, digest, digest, digest, digest, 0, '{drawn_at}' FROM rolls"
    );
    assert_eq!(refused_by_database(&public.world, &early).await, "draws_time_check");

    draw_at(&mut public.world, corrected.draw_at).await.unwrap();
    public.publish(corrected.draw_at).await.unwrap();
    public.verify(48, &[]);
    public.verify_in_python(48);
    public.check_receipts(48, &people).await;

    // Entries that say the same are the same to the last byte, and so are their receipts.
    let after = receipts(&public, &people).await;
    let kept: BTreeSet<&String> = committed.iter().collect();
    let now = public.world.rows(commitments).await;
    let changed = now.iter().filter(|row| !kept.contains(row)).count();
    assert_eq!(changed, corrected.entered + corrected.rewritten);
    assert!((1..10).contains(&corrected.rewritten), "{corrected:?}");
    let mut same = 0;
    for person in &people {
        let old = &before[&person.person_id];
        let nik = *person.identity.nik.expose();
        let answer = me(&public.folder(48), old, Look { nik: Some(&nik), trust: None });
        let ending = answer.ending().text();
        if *old == after[&person.person_id] {
            same += 1;
        } else if person.person_id == wrong.person_id {
            assert_eq!(ending, "missing");
        } else if person.person_id == kept_out.person_id {
            assert_ne!(ending, "error", "a receipt of the join alone may differ from the entry");
        } else {
            assert_eq!(ending, "error", "the entry is another one now");
        }
    }
    assert_eq!(same, people.len() - 2 - corrected.rewritten);
    public.world.assert_audit_clean().await;
    let locked = "UPDATE rolls SET entries = entries + 1";
    assert_eq!(refused_by_database(&public.world, locked).await, "rolls_undrawn_check");
    let late = correct(&mut public.world, 3, &[&wrong], corrected.draw_at).await.unwrap_err();
    assert!(matches!(refusal(late), RollRefusal::Bar(CorrectionBar::NotFrozen { .. })));
}

/// Goal: corrections follow each other one by one, each seen before the next and before the draw that it moves, as often as
/// the rules allow and no more; a job that was killed goes on, and doing it again changes nothing. Method: somebody goes out,
/// comes back in the place of another one, which leaves the seats as they are, and goes out again, with too few witnesses at
/// first.
#[tokio::test]
async fn one_after_the_other() {
    let people = applicants(0..30);
    let mut public = listed(&people, &[]).await;
    // Two of one region.
    let (one, other, all) = (people[7].clone(), people[10].clone(), Arc::clone(&public.desk));
    let planned = public.world.calendar(48);
    let entries = "SELECT entries FROM rolls WHERE wave = 48";
    for (plan, days, is_in, people) in [(2u8, 1, false, 29), (3, 2, true, 29), (4, 3, false, 28)] {
        if is_in {
            clear(&public.world, &one).await;
            refute(&public.world, &other).await;
        } else {
            refute(&public.world, &one).await;
        }
        let named = if is_in { vec![&one, &other] } else { vec![&one] };
        let seats = public_digest(&public, "quota.json");
        let at = hours(&public.world, 10 + 24 * (days - 1));
        let skipped = correct(&mut public.world, plan + 1, &named, at).await.unwrap_err();
        assert!(matches!(refusal(skipped), RollRefusal::OtherPlan { .. }));
        let done = correct(&mut public.world, plan, &named, at).await.unwrap();
        assert_eq!(done.draw_at, planned.draw_at().plus_micros(days * DAY));
        assert_eq!((done.entered, done.left), (usize::from(is_in), 1));
        assert_eq!(public.world.number(entries).await, people);
        let twice = correct(&mut public.world, plan, &named, at).await.unwrap_err();
        let unseen = match twice {
            ActError::Roll(RollRefusal::Bar(CorrectionBar::UsedUp { allowed: 3, .. })) => plan == 4,
            ActError::Public(PublicRefusal::Unwitnessed { .. }) => plan < 4,
            error => panic!("{error}"),
        };
        assert!(unseen, "nothing is corrected that nobody saw, and nothing a fourth time");

        public.desk = Arc::new(desk_in(&all.root, 1));
        let few = public.publish(at).await.unwrap_err();
        assert!(matches!(few, FolderError::Quorum { signed: 1, .. }), "{few}");
        public.desk = Arc::clone(&all);
        assert_eq!(public.publish(at).await.unwrap(), 1);
        let (names, contents) = (public_files(&public).await, public.world.contents().await);
        assert_eq!(public.publish(at).await.unwrap(), 0, "nothing is left to do");
        assert_eq!((public_files(&public).await, public.world.contents().await), (names, contents));
        assert_eq!(plan_of(&public).plan, plan);
        assert_eq!(public_digest(&public, "quota.json") == seats, is_in, "one for another");
    }
    assert_eq!(
        public
            .world
            .rows("SELECT plan, entries, ineligible FROM replaced_plans ORDER BY plan")
            .await,
        ["(1,30,0)", "(2,29,1)", "(3,29,1)"]
    );
    assert_eq!(
        public.world.rows("SELECT plan, count(*) FROM public_files WHERE name = 'plan.json' GROUP BY plan ORDER BY plan").await,
        ["(1,1)", "(2,1)", "(3,1)", "(4,1)"]
    );
    let drawn_at = planned.draw_at().plus_micros(3 * DAY);
    let early = draw_at(&mut public.world, drawn_at.minus_micros(1)).await.unwrap_err();
    assert!(matches!(early, ActError::TooEarly { .. }), "{early}");
    draw_at(&mut public.world, drawn_at).await.unwrap();
    public.publish(drawn_at).await.unwrap();
    public.verify(48, &[]);
    public.verify_in_python(48);
    public.check_receipts(48, &people).await;
    public.world.assert_audit_clean().await;
}

/// Goal: the act takes two officers, who agree on plan and persons, over the network as at the command line, and of two who
/// do it at once one is too late. Method: a proposal approved with other persons and by its id, then two at once.
#[tokio::test]
async fn by_two_officers() {
    let people = applicants(0..12);
    let mut public = listed(&people, &[]).await;
    let melati = public.world.officer("Melati", &[Role::Operator]).await;
    let kenanga = public.world.officer("Kenanga", &[Role::Approver]).await;
    let (at, regions) = (hours(&public.world, 10), public.world.reference.regions.clone());
    refute(&public.world, &people[0]).await;
    let named = |from: usize| -> BTreeSet<PersonId> { ids(&people[from..2]).into_iter().collect() };
    let database = public.world.scratch.database();
    let request = correction_request(database, wave(48), &named(0), at).await.unwrap();
    let fewer = correction_request(database, wave(48), &named(1), at).await.unwrap();
    assert_eq!((request.subject.as_str(), &request.parameters["plan"]), ("plan:48:2", &json!(2)));
    let wrong = propose(&mut public.world.act(at), &kenanga, &request, "seen").await.unwrap_err();
    assert!(matches!(wrong, ActError::NotAllowed(_)), "{wrong}");
    let proposal =
        propose(&mut public.world.act(at), &melati, &request, "the register erred").await.unwrap();
    let body = async |act: &mut Act<'_>, approval: &Approval| {
        correct_roll(act, (wave(48), 2), &named(1), approval).await
    };
    let differs = approve(&mut public.world.act(at), &kenanga, &fewer, body).await.unwrap_err();
    assert!(matches!(differs, ActError::Proposal(ProposalRefusal::Differs { .. })), "{differs}");
    let act = &mut public.world.act(at);
    let done = approve_proposal(act, &kenanga, proposal, &regions).await.unwrap().unwrap();
    assert_eq!(
        (&done["plan"], &done["left"], &done["entries"]),
        (&json!(2), &json!(1), &json!(11))
    );
    let act = &mut public.world.act(at);
    assert_eq!(approve_proposal(act, &kenanga, proposal, &regions).await.unwrap(), None);
    public.publish(at).await.unwrap();

    refute(&public.world, &people[1]).await;
    let (world, approval) = (&public.world, public.world.approval());
    let mut rngs = [1, 2].map(ChaCha8Rng::seed_from_u64);
    let [first, second] = &mut rngs;
    let (mut one, mut two) = (world.act_beside(at, first), world.act_beside(at, second));
    let named = named(1);
    let (one, two) = tokio::join!(
        correct_roll(&mut one, (wave(48), 3), &named, &approval),
        correct_roll(&mut two, (wave(48), 3), &named, &approval),
    );
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|done| **done).count(), 1);
    assert_eq!(world.number("SELECT corrections FROM waves WHERE wave = 48").await, 2);
    world.assert_audit_clean().await;
}

fn public_digest(public: &Public, name: &str) -> [u8; 32] {
    Sha256::digest(std::fs::read(public.folder(48).join(name)).unwrap()).into()
}

/// The files that witnesses have seen, as the database has them.
async fn public_files(public: &Public) -> Vec<String> {
    public.world.rows("SELECT * FROM public_files ORDER BY name, plan, digest::text").await
}

/// Goal: nothing is corrected too late, for nobody, without effect or where a later wave is in the way, and the database
/// holds to the rules by itself. Method: one case each; nothing changes.
#[tokio::test]
async fn refusals() {
    let people = applicants(0..12);
    let mut public = Public::new(&[], &WAVES).await;
    let world = &mut public.world;
    world.register(&people).await;
    let unpublished = World::new(48, &WAVES).await;
    let at = hours(world, 10);
    let persons: BTreeSet<PersonId> = [people[0].person_id].into();
    let database = unpublished.scratch.database();
    let error = correction_request(database, wave(48), &persons, at).await.unwrap_err();
    assert!(matches!(refusal(error), RollRefusal::NotPublished(_)));
    drop(unpublished);

    public.publish(public.world.calendar(48).opens_at.minus_micros(1)).await.unwrap();
    public.world.open_with(48, &people[..9]).await;
    public.world.close(48).await.unwrap();
    let open = correct(&mut public.world, 2, &[&people[0]], at).await.unwrap_err();
    assert!(matches!(
        refusal(open),
        RollRefusal::Bar(CorrectionBar::NotFrozen { state: "closed", .. })
    ));
    public.world.freeze(48).await.unwrap();
    let unseen = correct(&mut public.world, 2, &[&people[0]], at).await.unwrap_err();
    assert!(matches!(unseen, ActError::Public(PublicRefusal::Unwitnessed { .. })), "{unseen}");
    public.publish(public.world.instant(48, WaveEvent::Freeze)).await.unwrap();
    let before = public.world.contents().await;

    let (one, late) = (people[0].clone(), hours(&public.world, 27));
    let nobody = correct(&mut public.world, 2, &[], at).await.unwrap_err();
    assert_eq!(refusal(nobody), RollRefusal::Number { named: 0 });
    let strangers = correct(&mut public.world, 2, &[&one, &people[10], &people[9]], at).await;
    let persons = ids(&people[9..11]);
    assert_eq!(
        refusal(strangers.unwrap_err()),
        RollRefusal::NotMembers { wave: wave(48), persons }
    );
    let same = correct(&mut public.world, 2, &[&one], at).await.unwrap_err();
    assert_eq!(refusal(same), RollRefusal::Unchanged(wave(48)));
    assert_eq!(public.world.contents().await, before);

    refute(&public.world, &one).await;
    let before = public.world.contents().await;
    let too_late = correct(&mut public.world, 2, &[&one], late).await.unwrap_err();
    let until = late;
    assert_eq!(
        refusal(too_late),
        RollRefusal::Bar(CorrectionBar::TooLate { wave: wave(48), until })
    );
    assert_eq!(public.world.contents().await, before);

    // As the serving role too, which has no other way to any of it.
    let replace = |plan: u8, moved: u32, hour: i64| {
        let at = hours(&public.world, hour);
        format!(
            "SET ROLE gelombang_app;
             SELECT replace_plan(48::smallint, {plan}::smallint, {moved}, 8, sha256('other'), '{{}}', '{{}}', '{{}}', '{{}}', '{at}')"
        )
    };
    for (plan, moved, hour) in
        [(3, 172_800, 10), (1, 0, 10), (2, 86_401, 10), (2, 172_800, 10), (2, 86_400, 29)]
    {
        let refused = refused_by_database(&public.world, &replace(plan, moved, hour)).await;
        assert_eq!(refused, "replaced_plans_rules_check", "plan {plan} moved by {moved} at {hour}");
    }
    for change in ["corrections = 1, moved_s = 86400", "corrections = 2, moved_s = 172800"] {
        let skipped = format!("UPDATE waves SET {change} WHERE wave = 48");
        let refused = refused_by_database(&public.world, &skipped).await;
        assert_eq!(refused, "waves_corrections_step_check");
    }

    let closes_at = public.world.calendar(48).results_at.plus_micros(DAY);
    public
        .world
        .execute(&format!(
            "UPDATE waves SET opens_at = '2023-02-05Z', closes_at = '{closes_at}' WHERE wave = 49"
        ))
        .await;
    let full = correct(&mut public.world, 2, &[&one], at).await.unwrap_err();
    assert!(matches!(refusal(full), RollRefusal::NoRoom { .. }));
    let next = closes_at.plus_micros(1);
    public.world.execute(&format!("UPDATE waves SET closes_at = '{next}' WHERE wave = 49")).await;
    correct(&mut public.world, 2, &[&one], late.minus_micros(1)).await.unwrap();
}

/// Goal: whoever stays decides over the home and the places of a family card, and whoever is judged again only together
/// with the others judged. Method: two of one card who state two regions, one kept out by the registers at first.
#[tokio::test]
async fn cards_of_those_who_stay() {
    let mut people = applicants(0..9);
    let card = people[1].identity.family_card.clone();
    people[1].region = region(1571);
    people[2].region = region(1501);
    people[2].identity.family_card = card;
    people[2].findings = vec![Finding::IdentityRefuted];
    let mut public = listed(&people, &[]).await;
    clear(&public.world, &people[2]).await;
    let at = hours(&public.world, 10);
    let apart = correct(&mut public.world, 2, &[&people[2]], at).await.unwrap_err();
    assert_eq!(refusal(apart), RollRefusal::Unchanged(wave(48)));

    let both = [&people[1], &people[2]];
    let done = correct(&mut public.world, 2, &both, at).await.unwrap();
    assert_eq!((done.entered, done.left, done.entries), (1, 1, 8));
    assert_eq!(
        public.world.rows("SELECT outcome, reason FROM decisions").await,
        ["(ineligible,household_region)"]
    );
    public.world.assert_audit_clean().await;
}
