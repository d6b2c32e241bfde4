//! What acts tell, to whom, and once; and how a notice is claimed, settled and tried again.

use app::accounts::{AccountOpening, open_accounts};
use app::appeal_answer::answer_appeal;
use app::appeals::{FilingAnswer, file_appeal};
use app::join::JoinRequest;
use app::live_join::{KeyedJoin, join_few};
use app::notices::{
    CountScope, Message, SendResult, claim_notices, list_failed, read_outbox, retry_notices,
    settle_notices,
};
use app::passwords::{Passwords, SALT_BYTES};
use app::register::Registration;
use app::register_one::{RegisterAnswer, Registrant, register_person};
use app::release::release_account;
use app::revoke::revoke_for_cause;
use app::withdraw::withdraw;
use domain::account::Password;
use domain::appeals::{AppealAnswer, AppealGround};
use domain::beneficiary::RevocationCause;
use domain::client_key::ClientKey;
use domain::eligibility::Finding;
use domain::identity::Email;
use domain::ids::AccountId;
use domain::notice::state::{NoticeFault, NoticeState, TRIES_MAX};
use domain::notice::{Channel, Notice};
use domain::reasons::Language;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use storage::notices::{Telling, tell_accounts, tell_pending};
use uuid::Uuid;

use crate::claiming::statement;
use crate::support::{HOUR, World, applicant, applicants, wave};

/// First wave of the tests.
const WAVE: u16 = 48;
/// Longer than a worker may hold a notice, in microseconds.
const LEASE_OVER: i64 = 30_000_001;

/// The address of the account of a person's number.
fn address(number: u32) -> Email {
    Email::parse(&format!("rahasia{number}@contoh.id")).unwrap()
}

/// Opens accounts of these people; those with an even number read English.
async fn accounts(world: &mut World, numbers: &[u32], at: Timestamp) -> Vec<AccountId> {
    let password = Password::parse("kata sandi yang benar").unwrap();
    let password_hash = Passwords::new(1).unwrap().hash(password, [3; SALT_BYTES]).await.unwrap();
    let openings: Vec<AccountOpening> = numbers
        .iter()
        .map(|number| AccountOpening {
            email: address(*number),
            password_hash: password_hash.clone(),
            person_id: Some(applicant(*number).person_id),
            language: [Language::English, Language::Indonesian][*number as usize % 2],
        })
        .collect();
    open_accounts(&mut world.act(at), &openings).await.unwrap()
}

/// How often each kind was told on each way.
async fn told(world: &World) -> Vec<String> {
    world
        .rows(
            "SELECT template || ' ' || subject || ' ' || channel || ' ' || count(*) FROM notices
             GROUP BY template, subject, channel ORDER BY 1",
        )
        .await
        .iter()
        .map(|row| row.trim_matches(['(', ')', '"']).to_owned())
        .collect()
}

async fn joins_one_by_one(world: &mut World, people: &[Registration], at: Timestamp) {
    let joins: Vec<KeyedJoin> = people
        .iter()
        .map(|one| KeyedJoin {
            request: JoinRequest { person_id: one.person_id, joined_at: at },
            account: None,
            client_key: ClientKey::parse("join").unwrap(),
            request_id: "test".to_owned(),
        })
        .collect();
    join_few(&mut world.act(at), wave(WAVE), &joins).await.unwrap();
}

/// Goal: each act tells the account it concerns once, in its own transaction: joins in both forms, a join taken
/// back, the decisions of a decree with their reasons, and revocations; whoever has no account, or withdrew, or has
/// bought, is not told. Method: a wave from joins to its sweep; the notices held against the facts by SQL.
#[tokio::test]
async fn acts_tell_once() {
    let mut world = World::new(WAVE, &[(WaveKind::Regular, 3)]).await;
    let mut people = applicants(1..=8);
    people[3].findings = vec![Finding::IdentityRefuted];
    world.register(&people).await;
    let opens_at = world.calendar(WAVE).opens_at;
    accounts(&mut world, &[1, 2, 3, 4, 5, 6], opens_at).await;
    // Two with an account and one without join each way; joining again tells nothing.
    world.open_with(WAVE, &[&people[..4], &people[6..7]].concat()).await;
    world.join(WAVE, &people[..1]).await;
    let at = opens_at.plus_micros(2 * HOUR);
    for _ in 0..2 {
        joins_one_by_one(&mut world, &[&people[4..6], &people[7..]].concat(), at).await;
    }
    let key = ClientKey::parse("back").unwrap();
    for _ in 0..2 {
        withdraw(&mut world.act(at), wave(WAVE), people[4].person_id, &key).await.unwrap();
    }
    let mut receipts = vec!["account_opened account email 6".to_owned()];
    for (template, of) in [("joined", &people[..6]), ("withdrawn", &people[4..5])] {
        for one in of {
            receipts.push(format!("{template} wave:48:{} email 1", one.person_id.uuid().simple()));
        }
    }
    assert_eq!(told(&world).await, receipts);
    world.grant(WAVE).await;
    let due = world.due(WAVE);
    let decided = "SELECT count(*) FROM decisions d JOIN accounts a USING (person_id)
                   JOIN notices n ON n.account_id = a.account_id AND n.wave = d.wave
                   WHERE n.template = CASE d.outcome WHEN 'selected' THEN 'selected' ELSE 'not_selected' END
                     AND n.code IS NOT DISTINCT FROM CASE WHEN d.outcome <> 'selected'
                                                          THEN coalesce(d.reason, d.outcome::text) END
                     AND (d.outcome <> 'selected' OR n.at = (SELECT max(purchase_due_at) FROM beneficiaries))
                     AND (d.outcome = 'selected'
                          OR n.at IS NOT DISTINCT FROM CASE WHEN d.outcome IN ('ineligible', 'household_cap')
                                                            THEN n.created_at + interval '14 days' END)
                     AND n.channel = 'email'";
    assert_eq!(world.number(decided).await, 5, "four in the draw and one kept out");
    let of_kind = |template: &str, channel: &str| {
        format!(
            "SELECT count(*) FROM notices WHERE template = '{template}' AND channel = '{channel}'"
        )
    };
    let selected = world.number(&of_kind("selected", "email")).await;
    assert_eq!(world.number(&of_kind("not_selected", "email")).await, 5 - selected);
    assert_eq!(world.number(&of_kind("selected", "sms")).await, selected);
    let kept_out = "SELECT count(*) FROM notices WHERE code = 'identity_confirmed'";
    assert_eq!(world.number(kept_out).await, 1);

    let bought = "SELECT count(*) FROM beneficiaries b JOIN accounts a USING (person_id)";
    let with_account = world.number(bought).await;
    assert_eq!(with_account, selected);
    let buyers: Vec<Registration> = people.iter().take(2).cloned().collect();
    world.buy(WAVE, &buyers, 100_000).await;
    for _ in 0..2 {
        world.sweep(WAVE, due).await;
    }
    let revoked = format!("{bought} WHERE b.state = 'revoked'");
    let revoked = world.number(&revoked).await;
    assert_eq!(world.number(&of_kind("revoked", "email")).await, revoked);
    assert_eq!(world.number(&of_kind("revoked", "sms")).await, revoked);
    let stored = world
        .rows("SELECT n::text FROM notices n UNION ALL SELECT c::text FROM account_contacts c")
        .await;
    assert!(!stored.concat().contains("rahasia"), "an address is stored in clear");
    world.assert_audit_clean().await;
}

/// What a kind of notice tells, on each way.
async fn told_of(world: &World, template: &str) -> Vec<String> {
    let query = format!(
        "SELECT a.person_id, n.wave, n.code, n.at AT TIME ZONE 'UTC' AS at, n.channel
         FROM notices n JOIN accounts a USING (account_id) WHERE n.template = '{template}'
         ORDER BY n.created_at, n.channel"
    );
    world.rows(&query).await
}

/// Goal: whoever loses a place for cause is told the cause, and whoever appealed the answer, once each and on both
/// ways; an answer that is refused tells nothing, and a second appeal of the same person is answered too. Method: one
/// revocation and three answers, with what they tell read from the notices.
#[tokio::test]
async fn two_officers_tell() {
    let mut world = World::new(WAVE, &[(WaveKind::Regular, 10)]).await;
    let mut people = applicants(0..8);
    for one in &mut people[6..] {
        one.findings = vec![Finding::IdentityRefuted];
    }
    world.register(&people).await;
    let opens_at = world.calendar(WAVE).opens_at;
    accounts(&mut world, &[0, 1, 6, 7], opens_at).await;
    world.open_with(WAVE, &people).await;
    world.grant(WAVE).await;
    let (at, approval) = (world.calendar(WAVE).results_at.plus_micros(HOUR), world.approval());

    for one in &people[..3] {
        let grant = (wave(WAVE), one.person_id);
        let cause = RevocationCause::Proxy;
        revoke_for_cause(&mut world.act(at), grant, cause, &approval).await.unwrap();
        revoke_for_cause(&mut world.act(at), grant, cause, &approval).await.unwrap_err();
    }
    let told = told_of(&world, "revoked_for_cause").await;
    let expected: Vec<String> = [0, 0, 1, 1]
        .iter()
        .zip(["email", "sms"].iter().cycle())
        .map(|(number, channel)| {
            format!("({},48,proxy,,{channel})", people[*number].person_id.uuid())
        })
        .collect();
    assert_eq!(told.len(), 4, "whoever has no account is not told");
    assert!(expected.iter().all(|one| told.contains(one)), "{told:?}");

    let id = people[6].person_id.uuid();
    world.execute(&format!("DELETE FROM registration_checks WHERE person_id = '{id}'")).await;
    for (number, key, answer, hours) in [
        (6, "one", AppealAnswer::Granted, 1),
        (7, "one", AppealAnswer::DecisionStands, 2),
        (7, "two", AppealAnswer::DecisionStands, 3),
    ] {
        let now = at.plus_micros(hours * HOUR);
        let (mine, key) = ((wave(WAVE), people[number].person_id), ClientKey::parse(key).unwrap());
        let ground = AppealGround::RegisterWrong;
        let filed = file_appeal(&mut world.act(now), mine, ground, &key).await.unwrap();
        let FilingAnswer::Filed(appeal) = filed else { panic!("{filed:?}") };
        // A place is given once nobody can appeal any more.
        let now = if answer == AppealAnswer::Granted { now.plus_days(14) } else { now };
        let untrue = AppealAnswer::NoSeat;
        answer_appeal(&mut world.act(now), appeal, untrue, &approval).await.unwrap_err();
        answer_appeal(&mut world.act(now), appeal, answer, &approval).await.unwrap();
    }
    let due = world.due(WAVE).plus_days(14);
    let due_at = format!("\"{} 17:00:00\"", due.minus_micros(1).to_offset().date());
    assert_eq!(
        told_of(&world, "appeal_granted").await,
        ["email", "sms"].map(|channel| format!("({id},48,,{due_at},{channel})"))
    );
    let rejected = told_of(&world, "appeal_rejected").await;
    let other = people[7].person_id.uuid();
    assert_eq!(rejected.len(), 4, "{rejected:?}");
    assert!(rejected.iter().all(|one| one.starts_with(&format!("({other},48,decision_stands,"))));
    world.assert_audit_clean().await;
}

/// Goal: an address is put to a notice only when it is sent, in the language of its account: the account's own, or
/// that of its person where none is kept, or none, which ends the notice; and its time can pass. Method: three
/// accounts, of which two have lost their address and one of these its person; then a claim too late.
#[tokio::test]
async fn claimed_with_an_address() {
    let mut world = World::new(WAVE, &[(WaveKind::Regular, 3)]).await;
    world.register(&applicants(1..=4)).await;
    let at = world.calendar(WAVE).opens_at;
    let ids = accounts(&mut world, &[1, 2, 3], at).await;
    let [_, second, third] = [0, 1, 2].map(|place| ids[place].uuid());
    world
        .execute(&format!(
            "DELETE FROM account_contacts WHERE account_id IN ('{second}', '{third}');
             UPDATE accounts SET person_id = NULL WHERE account_id = '{third}'"
        ))
        .await;
    let worker = Uuid::from_u128(1);
    let database = world.scratch.database().clone();
    let held = claim_notices(&database, &world.keys, worker, Channel::Email, at, 10).await.unwrap();
    let mut seen: Vec<(String, String)> = held
        .iter()
        .map(|one| match &one.message {
            Message::Email(mail) => (mail.to.expose().to_owned(), mail.letter.subject.clone()),
            Message::Sms(_) => panic!("another way"),
        })
        .collect();
    seen.sort();
    let indonesian = "Akun Anda sudah dibuka".to_owned();
    assert_eq!(
        seen,
        [
            ("kenari@contoh.id".to_owned(), indonesian.clone()),
            (address(1).expose().to_owned(), indonesian)
        ]
    );
    let printed = format!("{held:?}");
    assert!(!printed.contains("rahasia") && !printed.contains("kenari"), "{printed}");
    let unreached =
        "SELECT count(*) FROM notices WHERE state = 'undeliverable' AND fault = 'no_contact'";
    assert_eq!(world.number(unreached).await, 1);

    accounts(&mut world, &[4], at).await;
    let late = at.plus_days(15);
    let held =
        claim_notices(&database, &world.keys, worker, Channel::Email, late, 10).await.unwrap();
    assert_eq!(held, [], "what nobody needs any more is not sent");
    let late = "SELECT count(*) FROM notices WHERE state = 'undeliverable' AND fault = 'too_late'";
    assert_eq!(world.number(late).await, 3);
}

/// Goal: what asks somebody to buy is held against the grant when it is claimed: a reminder of what is bought or lost, or
/// by a deadline that is another one now, is void, and so is the word of a place that is lost; others are sent, with the
/// days that are left then. Method: four beneficiaries with reminders, of whom one is left as they were.
#[tokio::test]
async fn void_when_no_longer_so() {
    let mut world = World::new(WAVE, &[(WaveKind::Regular, 10)]).await;
    let people = applicants(1..=4);
    world.register(&people).await;
    let opens_at = world.calendar(WAVE).opens_at;
    accounts(&mut world, &[1, 2, 3, 4], opens_at).await;
    world.open_with(WAVE, &people).await;
    world.grant(WAVE).await;
    let (due_at, database) = (world.due(WAVE), world.scratch.database().clone());
    let now = due_at.plus_days(-3);
    let notice = Notice::PurchaseReminder { wave: wave(WAVE), days: 7, due_at };
    let mut tx = database.begin().await.unwrap();
    let telling = Telling { request_id: "test", now: due_at.plus_days(-7) };
    let told = tell_pending(&mut tx, telling, wave(WAVE), notice, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(told, 8);
    world.buy(WAVE, &people[..1], 100_000).await;
    let (grant, approval) = ((wave(WAVE), people[1].person_id), world.approval());
    let cause = RevocationCause::Proxy;
    revoke_for_cause(&mut world.act(now), grant, cause, &approval).await.unwrap();
    let other = people[2].person_id.uuid();
    world
        .execute(&format!(
            "UPDATE beneficiaries SET purchase_due_at = purchase_due_at + interval '1 day' WHERE person_id = '{other}'"
        ))
        .await;
    let claim = async |channel| {
        let worker = Uuid::from_u128(1);
        claim_notices(&database, &world.keys, worker, channel, now, 100).await.unwrap()
    };
    claim(Channel::Sms).await;
    let letters: Vec<String> = claim(Channel::Email)
        .await
        .into_iter()
        .filter_map(|one| match one.message {
            Message::Email(mail) => Some(mail.letter.subject),
            Message::Sms(_) => None,
        })
        .filter(|subject| subject.contains("left to buy"))
        .collect();
    assert_eq!(letters, ["Wave 48: 2 days left to buy your first training"]);
    let void = world
        .rows(
            "SELECT a.person_id, n.template, count(*) FROM notices n JOIN accounts a USING (account_id)
             WHERE n.state = 'void' AND n.fault IS NULL AND n.ended_at IS NOT NULL
             GROUP BY a.person_id, n.template ORDER BY a.person_id, n.template",
        )
        .await;
    let id = |place: usize| people[place].person_id.uuid();
    let expected = [
        format!("({},purchase_reminder,2)", id(0)),
        format!("({},purchase_reminder,2)", id(1)),
        format!("({},selected,2)", id(1)),
        format!("({},purchase_reminder,2)", id(2)),
    ];
    assert_eq!(void, expected);
    let sending = "SELECT count(*) FROM notices WHERE state = 'sending' AND template = 'selected'";
    assert_eq!(world.number(sending).await, 6);
}

/// Goal: what is urgent is claimed before what answers one person, and that before what goes to a whole wave, however old;
/// what was claimed and never begun is as if it had not been. Method: notices of each kind, the least urgent the oldest,
/// claimed one by one and all put back.
#[tokio::test]
async fn the_most_urgent_first() {
    let mut world = World::new(WAVE, &[(WaveKind::Regular, 10)]).await;
    let people = applicants(1..=1);
    world.register(&people).await;
    let opens_at = world.calendar(WAVE).opens_at;
    let account = accounts(&mut world, &[1], opens_at).await[0];
    world.execute("UPDATE notices SET state = 'accepted', ended_at = created_at").await;
    world.open_with(WAVE, &people).await;
    world.execute("UPDATE notices SET state = 'accepted', ended_at = created_at").await;
    world.grant(WAVE).await;
    let (database, keys) = (world.scratch.database().clone(), world.keys.clone());
    let at = world.calendar(WAVE).results_at;
    let mut tx = database.begin().await.unwrap();
    for (hours, notice) in
        [(1, Notice::Withdrawn(wave(WAVE))), (2, Notice::SignInLocked { until: at.plus_days(1) })]
    {
        let telling = Telling { request_id: "test", now: at.plus_micros(hours * HOUR) };
        tell_accounts(&mut tx, telling, notice, &[account]).await.unwrap();
    }
    tx.commit().await.unwrap();
    let now = at.plus_micros(3 * HOUR);
    let state = "SELECT template, state, tries, run_at, fault FROM notices ORDER BY notice_id";
    let before = world.rows(state).await;
    let worker = Uuid::from_u128(1);
    let claim = async || {
        let mut held = Vec::new();
        for _ in 0..3 {
            let one =
                claim_notices(&database, &keys, worker, Channel::Email, now, 1).await.unwrap();
            held.extend(one);
        }
        held
    };
    let held = claim().await;
    let mut order = Vec::new();
    for one in &held {
        let id = one.notice_id;
        let query = format!("SELECT template FROM notices WHERE notice_id = '{id}'");
        order.extend(world.rows(&query).await);
    }
    assert_eq!(order, ["(sign_in_locked)", "(withdrawn)", "(selected)"]);
    assert_ne!(world.rows(state).await, before);
    let unbegun: Vec<_> =
        held.iter().map(|one| (one.notice_id, one.tries, SendResult::Unbegun)).collect();
    assert_eq!(settle_notices(&database, worker, &unbegun, now).await.unwrap(), 3);
    assert!(unbegun.iter().all(|(_, tries, result)| !result.gives_up(*tries)));
    assert_eq!(world.rows(state).await, before);
    assert_eq!(claim().await, held);
}

/// Goal: a notice is in one worker's hands at a time, comes back when that one dies, and is settled by nobody else;
/// what is postponed or unknown comes again after its pause under the same id, at last it has failed, and an
/// operator can queue it again; what is accepted or refused never comes again. Method: claims and settlements at
/// chosen instants.
#[tokio::test]
async fn leases_pauses_and_ends() {
    let mut world = World::new(WAVE, &[(WaveKind::Regular, 3)]).await;
    world.register(&applicants(1..=4)).await;
    let at = world.calendar(WAVE).opens_at;
    accounts(&mut world, &[1, 2, 3, 4], at).await;
    let database = world.scratch.database().clone();
    let keys = world.keys.clone();
    let claim = async |worker: u128, now: Timestamp| {
        let worker = Uuid::from_u128(worker);
        claim_notices(&database, &keys, worker, Channel::Email, now, 10).await.unwrap()
    };
    let settle = async |worker: u128, results: &[(Uuid, u16, SendResult)], now: Timestamp| {
        settle_notices(&database, Uuid::from_u128(worker), results, now).await.unwrap()
    };
    let first = claim(1, at).await;
    assert_eq!(first.len(), 4);
    assert_eq!(claim(2, at).await, []);
    let after = at.plus_micros(LEASE_OVER);
    let second = claim(2, after).await;
    assert_eq!(second.len(), 4);
    assert!(second.iter().all(|one| one.tries == 2));
    let all = |result| first.iter().map(|one| (one.notice_id, 1, result)).collect::<Vec<_>>();
    assert_eq!(settle(1, &all(SendResult::Accepted("first")), after).await, 0, "no longer its own");
    let id = |place: usize| second[place].notice_id;
    let results = [
        (id(0), 2, SendResult::Accepted("first")),
        (id(1), 2, SendResult::Refused(NoticeFault::UnknownAddress)),
        (id(2), 2, SendResult::Later(NoticeFault::ProviderAway)),
        (id(3), 2, SendResult::Unknown(NoticeFault::ConnectionLost)),
    ];
    assert_eq!(settle(2, &results, after).await, 4);
    // The second try is followed by a pause of half a minute.
    let mut now = after.plus_micros(30_000_000);
    assert_eq!(claim(3, now.minus_micros(1)).await, []);
    for tries in 3..=TRIES_MAX {
        let held = claim(3, now).await;
        let mut ids: Vec<Uuid> = held.iter().map(|one| one.notice_id).collect();
        ids.sort();
        let mut open = [id(2), id(3)];
        open.sort();
        assert_eq!((ids.as_slice(), held[0].tries), (&open[..], tries));
        let results = [
            (id(2), tries, SendResult::Later(NoticeFault::Later)),
            (id(3), tries, SendResult::Unknown(NoticeFault::ConnectionLost)),
        ];
        assert_eq!(settle(3, &results, now).await, 2);
        let gives_up = results.map(|(_, tries, result)| result.gives_up(tries));
        assert_eq!(gives_up, [tries == TRIES_MAX; 2]);
        now = now.plus_micros(HOUR);
    }
    assert_eq!(claim(3, now).await, []);
    let failed = list_failed(&database, 10).await.unwrap();
    assert_eq!(failed.len(), 2);
    let outbox = read_outbox(&database, CountScope::All, now).await.unwrap();
    let states: Vec<(NoticeState, u64)> =
        outbox.counts.iter().map(|count| (count.state, count.notices)).collect();
    let expected =
        [(NoticeState::Accepted, 1), (NoticeState::Failed, 2), (NoticeState::Undeliverable, 1)];
    assert_eq!((states.as_slice(), outbox.oldest_micros), (&expected[..], 0));

    assert_eq!(retry_notices(&mut world.act(now)).await.unwrap(), 2);
    let minute = now.plus_micros(60_000_000);
    let outbox = read_outbox(&database, CountScope::Open, minute).await.unwrap();
    assert_eq!(outbox.oldest_micros, 60_000_000);
    let again = claim(4, minute).await;
    assert_eq!(again.iter().map(|one| one.tries).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(retry_notices(&mut world.act(now)).await.unwrap(), 0);
    let events = "SELECT count(*) FROM audit_events WHERE act = 'notices_retry'";
    assert_eq!(world.number(events).await, 1);
}

/// Goal: once two officers have taken a person from an account, nothing that was told of her goes there any more, in a
/// letter or a short text, and the account is told of its next person as of the first. Method: one account whose person
/// is taken after a join, and which registers and joins somebody else in the same wave; another whose person is taken
/// after the decree; then everything is claimed.
#[tokio::test]
async fn nothing_of_a_person_who_was_taken_away() {
    let mut world = World::new(WAVE, &[(WaveKind::Regular, 3)]).await;
    let people = applicants([1, 2]);
    world.register(&people).await;
    let at = world.calendar(WAVE).opens_at.plus_micros(HOUR);
    let ids = accounts(&mut world, &[1, 2], at).await;
    world.open(WAVE).await.unwrap();
    joins_one_by_one(&mut world, &people, at).await;
    let approval = world.approval();
    release_account(&mut world.act(at), people[0].person_id, &approval).await.unwrap();
    let key = ClientKey::parse("next").unwrap();
    let next = statement(&applicant(3));
    let next = register_person(
        &mut world.act(at),
        Registrant { account: ids[0], network: None },
        &key,
        &next,
    )
    .await
    .unwrap();
    let RegisterAnswer::Registered(next) = next else { panic!("{next:?}") };
    joins_one_by_one(&mut world, &[Registration { person_id: next, ..applicant(3) }], at).await;
    world.grant(WAVE).await;
    let later = world.calendar(WAVE).results_at.plus_micros(HOUR);
    release_account(&mut world.act(later), people[1].person_id, &approval).await.unwrap();
    for channel in [Channel::Email, Channel::Sms] {
        let (database, worker) = (world.scratch.database(), Uuid::from_u128(7));
        claim_notices(database, &world.keys, worker, channel, later, 100).await.unwrap();
    }
    let told = async |account: AccountId| {
        let query = format!(
            "SELECT template, channel, state FROM notices WHERE account_id = '{}'
             ORDER BY template, channel, state",
            account.uuid()
        );
        world.rows(&query).await
    };
    assert_eq!(
        told(ids[0]).await,
        [
            "(account_opened,email,sending)",
            "(joined,email,sending)",
            "(joined,email,void)",
            "(not_selected,email,sending)",
            "(registered,email,sending)",
            "(released,email,sending)",
        ]
    );
    assert_eq!(
        told(ids[1]).await,
        [
            "(account_opened,email,sending)",
            "(joined,email,void)",
            "(released,email,sending)",
            "(selected,email,void)",
            "(selected,sms,void)",
        ]
    );
}
