//! Forgetting what is over and old.

use app::citizen::read_standing;
use app::retention::forget;
use app::wave::settle_wave;
use domain::ids::AccountId;
use domain::policy::Named as _;
use domain::retention::Perishable;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use storage::persons::identity_erase;

use crate::claiming::account;
use crate::shares::{crowd, world_of_shares};
use crate::support::{HOUR, World, applicant, wave};

/// One row of each kind that is over at an instant, and rows of the same age that are not over.
async fn put_rows(world: &World, at: Timestamp, far: Timestamp) {
    world
        .execute(&format!(
            "WITH account AS (
                 INSERT INTO accounts (account_id, email_index, password_hash, opened_at)
                 VALUES (gen_random_uuid(), gen_random_uuid(), '$argon2id$', '{at}')
                 RETURNING account_id
             ), notice AS (
                 INSERT INTO notices (account_id, template, subject, channel, state, run_at, useless_at, request_id,
                                      created_at, ended_at)
                 SELECT account_id, 'joined', n.subject, 'email', n.state, '{at}', n.useless_at, 'test', '{at}',
                        n.ended_at
                 FROM account, (VALUES
                     ('sent', 'delivered', timestamptz '{at}', timestamptz '{at}'),
                     ('late', 'queued', '{at}', NULL),
                     ('waits', 'queued', '{far}', NULL),
                     ('just_sent', 'failed', '{at}', '{far}')
                 ) AS n (subject, state, useless_at, ended_at)
             ), secret AS (
                 INSERT INTO account_secrets
                 SELECT gen_random_uuid(), account_id, kind, '', '', '{at}'
                 FROM account, unnest(ARRAY['identity_photo', 'draft', 'verified_phone']) kind
             ), device AS (
                 INSERT INTO known_devices
                 SELECT gen_random_uuid(), account_id, d.ends_at - interval '90 days', d.ends_at - interval '90 days',
                        d.ends_at
                 FROM account, (VALUES (timestamptz '{at}'), ('{far}')) AS d (ends_at)
             ), complaint AS (
                 INSERT INTO complaints (complaint_id, account_id, topic, state, filed_at, due_at, answered_at)
                 SELECT gen_random_uuid(), account_id, 'data', c.state, '{at}', timestamptz '{at}' + interval '7 days',
                        c.answered_at
                 FROM account, (VALUES ('answered', timestamptz '{at}'), ('filed', NULL)) AS c (state, answered_at)
                 RETURNING complaint_id
             ), words AS (
                 INSERT INTO complaint_texts
                 SELECT gen_random_uuid(), complaint_id, 'complaint', '', '' FROM complaint
             )
             INSERT INTO sessions (token_digest, account_id, opened_at, expires_at)
             SELECT sha256(gen_random_uuid()::text::bytea), account_id, timestamptz '{at}' - interval '12 hours', '{at}'
             FROM account;
             INSERT INTO client_keys VALUES (gen_random_uuid(), 'key', 'wave_join', gen_random_uuid(), 'joined', '{at}');
             INSERT INTO statement_tries VALUES (gen_random_uuid(), 1, '{at}');
             INSERT INTO unknown_tries VALUES (gen_random_uuid(), 4, '{at}', NULL);
             INSERT INTO codes (owner, purpose, sent, tries, sent_at, expires_at, locked_until)
             VALUES (gen_random_uuid(), 'sign_in', 1, 0, timestamptz '{at}' - interval '10 minutes', '{at}', NULL),
                    (gen_random_uuid(), 'sign_in', 1, 5, timestamptz '{at}' - interval '10 minutes', NULL, '{far}');
             INSERT INTO jobs (job_id, kind, subject, payload, state, run_at, request_id, created_at, finished_at)
             SELECT gen_random_uuid(), 'audit_seal', gen_random_uuid()::text, '{{}}', j.state, '{at}', 'test', '{at}',
                    j.finished_at
             FROM (VALUES ('done', timestamptz '{at}'), ('dead', '{at}'), ('queued', NULL)) AS j (state, finished_at);
             INSERT INTO proposals (proposal_id, act, subject, parameters, reason, proposed_by, proposed_at, state,
                                    decided_at, decision_reason)
             SELECT gen_random_uuid(), 'cancel', gen_random_uuid()::text, '{{}}', 'flood', officer_id, '{at}', p.state,
                    p.decided_at, p.reason
             FROM (SELECT officer_id FROM officers LIMIT 1) o,
                  (VALUES ('expired', timestamptz '{at}', 'late'), ('open', NULL, NULL)) AS p (state, decided_at, reason);
             WITH cancelled AS (
                 INSERT INTO waves (wave, kind, policy_id, region_version, opens_at, closes_at, results_at, base_seats,
                                    draw_key, state, cancelled_at)
                 SELECT (SELECT max(wave) + 1 FROM waves), kind, policy_id, region_version, opens_at, closes_at,
                        results_at, base_seats, draw_key, 'cancelled', '{at}'
                 FROM waves WHERE wave = 48
                 RETURNING wave
             ), people AS (
                 INSERT INTO member_classes
                 SELECT wave, gen_random_uuid(), 1, 1 FROM (TABLE cancelled UNION ALL SELECT 48) waves
                 RETURNING wave, person_id
             )
             INSERT INTO roll_commitments SELECT wave, person_id, sha256('own'), sha256('random') FROM people"
        ))
        .await;
}

/// The table that a kind lies in, and which of its rows are of the kind.
fn place(what: Perishable) -> (&'static str, &'static str) {
    match what {
        Perishable::Drafts => ("account_secrets", "kind = 'draft'"),
        Perishable::Pictures => ("account_secrets", "kind LIKE '%_photo'"),
        other => (other.name(), "true"),
    }
}

async fn counts(world: &World) -> Vec<String> {
    let tables = Perishable::ALL.iter().map(|what| {
        let (name, (table, kind)) = (what.name(), place(*what));
        format!("SELECT '{name}' AS name, (SELECT count(*) FROM {table} WHERE {kind})")
    });
    world.rows(&format!("{} ORDER BY name", tables.collect::<Vec<_>>().join(" UNION ALL "))).await
}

/// Goal: of each kind what is over is forgotten after its days, not a moment before, and what is not over never; nothing
/// else changes. Method: rows at the edge of each period, and old ones that wait, run or are open.
#[tokio::test]
async fn over_and_old() {
    let world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let now = world.calendar(48).opens_at.plus_days(1_000);
    for what in Perishable::ALL {
        let edge = what.forgotten_before(now);
        world
            .execute(
                "TRUNCATE notices, sessions, client_keys, statement_tries, jobs, proposals, member_classes,
                 roll_commitments, account_secrets, codes, known_devices, complaint_texts, unknown_tries",
            )
            .await;
        put_rows(&world, edge, now.plus_days(1_000)).await;
        let before = counts(&world).await;
        let kept = |rows: &[String]| -> String {
            let own = |row: &&String| row.starts_with(&format!("({},", what.name()));
            rows.iter().find(own).unwrap().clone()
        };
        forget(world.scratch.database(), now).await.unwrap();
        assert_eq!(kept(&counts(&world).await), kept(&before), "{what:?} at its edge");
        let facts = world.contents().await;
        forget(world.scratch.database(), now.plus_micros(1)).await.unwrap();
        let left = match what {
            Perishable::Jobs | Perishable::Notices => 2,
            Perishable::Proposals
            | Perishable::Classes
            | Perishable::Commitments
            | Perishable::Codes
            | Perishable::Devices
            | Perishable::Words => 1,
            Perishable::Sessions
            | Perishable::ClientKeys
            | Perishable::Tries
            | Perishable::UnknownTries
            | Perishable::Pictures
            | Perishable::Drafts => 0,
        };
        let after = counts(&world).await;
        assert_eq!(kept(&after), format!("({},{left})", what.name()));
        let still = world.contents().await;
        // Kinds of one period are at the same edge.
        let alike = Perishable::ALL.iter().filter(|own| own.kept_days() == what.kept_days());
        let alike: Vec<String> = alike.map(|own| format!("({},", place(*own).0)).collect();
        let is_other = |row: &&String| !alike.iter().any(|own| row.starts_with(own));
        let [was, is] =
            [&facts, &still].map(|rows| rows.iter().filter(is_other).collect::<Vec<_>>());
        assert_eq!(was, is, "nothing else changes when {what:?} are forgotten");
    }
}

/// Goal: the days are stated once. Method: the function of each kind in the database must be a day short of the domain's.
#[tokio::test]
async fn days_of_the_functions() {
    let world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    for what in Perishable::ALL {
        let days = match what.kept_days() - 1 {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        let states = format!(
            "SELECT count(*) FROM pg_proc WHERE proname = 'forget_{}' AND prosrc LIKE '%interval ''{days}''%'",
            what.name()
        );
        assert_eq!(world.number(&states).await, 1, "{what:?}");
    }
}

/// Goal: many rows go in batches, and a round that ends before all are gone says so. Method: more keys than a round
/// removes.
#[tokio::test]
async fn a_bounded_round() {
    let world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let at = world.calendar(48).opens_at;
    let many = 100_001;
    world
        .execute(&format!(
            "INSERT INTO client_keys
             SELECT gen_random_uuid(), 'key', 'wave_join', gen_random_uuid(), 'joined', '{at}'
             FROM generate_series(1, {many})"
        ))
        .await;
    let now = at.plus_days(Perishable::ClientKeys.kept_days()).plus_micros(HOUR);
    let first = forget(world.scratch.database(), now).await.unwrap();
    assert_eq!((first.rows, first.is_more), (many - 1, true));
    let second = forget(world.scratch.database(), now).await.unwrap();
    assert_eq!((second.rows, second.is_more), (1, false));
}

/// Goal: the serving role can remove nothing that is not over, whatever it asks for. Method: ask for all times, of rows
/// that are over tomorrow, then of old ones among which are some that are not over.
#[tokio::test]
async fn nothing_else() {
    let world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let ask_for_all = async || {
        let mut tx = world.scratch.database().begin().await.unwrap();
        for what in Perishable::ALL {
            let statement = format!("SELECT forget_{}('infinity', 1000)", what.name());
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    };
    let tomorrow = world.scratch.database().server_time().await.unwrap().plus_days(1);
    world.execute("TRUNCATE client_keys, statement_tries").await;
    put_rows(&world, tomorrow, tomorrow).await;
    let before = counts(&world).await;
    ask_for_all().await;
    assert_eq!(counts(&world).await, before);
    put_rows(&world, world.calendar(48).opens_at, tomorrow).await;
    ask_for_all().await;
    let left = "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM proposals),
                       (SELECT count(*) FROM member_classes), (SELECT count(*) FROM roll_commitments)";
    assert_eq!(world.rows(left).await, ["(5,3,3,3)"]);
}

/// Goal: a draft goes only of who never registered, a picture of everybody, a code with what was sealed of it, and one that
/// was used at once; complaints stay without their words. Method: two accounts of one age, one of them with a person whose
/// checks are never confirmed.
#[tokio::test]
async fn what_accounts_left() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let person = applicant(1);
    world.register(std::slice::from_ref(&person)).await;
    let at = world.calendar(48).opens_at;
    let [never, member] = [account(&world, 1).await, account(&world, 2).await];
    world
        .execute(&format!(
            "UPDATE accounts SET person_id = '{}' WHERE account_id = '{}';
             INSERT INTO registration_checks (person_id, kind, state) VALUES ('{0}', 'ability_test', 'not_asked')
             ON CONFLICT (person_id, kind) DO UPDATE SET state = 'not_asked', answered_at = NULL, detail = NULL;
             INSERT INTO account_secrets
             SELECT gen_random_uuid(), account_id, kind, '', '', '{at}'
             FROM accounts, unnest(ARRAY['draft', 'identity_photo', 'verified_phone', 'code_sign_in']) kind;
             INSERT INTO codes (owner, purpose, account_id, sent, sent_at)
             SELECT account_id, 'sign_in', account_id, 1, '{at}' FROM accounts;
             INSERT INTO codes (owner, purpose, account_id) SELECT account_id, 'reset_password', account_id FROM accounts",
            person.person_id.uuid(),
            member.uuid(),
        ))
        .await;
    let left = async |of: AccountId| {
        let secrets = format!(
            "SELECT kind FROM account_secrets WHERE account_id = '{}' ORDER BY kind",
            of.uuid()
        );
        world.rows(&secrets).await.join("").replace(['(', ')'], " ")
    };
    let codes = "SELECT count(*) FROM codes";
    forget(world.scratch.database(), at).await.unwrap();
    assert_eq!(world.number(codes).await, 2, "those that were used are gone");
    assert_eq!(left(never).await, " code_sign_in  draft  identity_photo  verified_phone ");
    forget(world.scratch.database(), at.plus_days(3)).await.unwrap();
    assert_eq!(world.number(codes).await, 0);
    assert_eq!(left(member).await, " draft  identity_photo  verified_phone ");
    forget(world.scratch.database(), at.plus_days(91)).await.unwrap();
    assert_eq!([left(never).await, left(member).await], [" draft  verified_phone "; 2]);
    forget(world.scratch.database(), at.plus_days(366)).await.unwrap();
    assert_eq!(left(never).await, " verified_phone ");
    assert_eq!(left(member).await, " draft  verified_phone ", "a registration that ended has none");
}

/// Goal: what an erased person counted as goes with her once her wave is over, and not while the draw or an appeal may
/// need it; that of others goes when it is old, and whose class is forgotten is told no figures of a class. Method: the
/// same wave drawn and settled with somebody erased before the draw.
#[tokio::test]
async fn classes_with_the_person() {
    let people = crowd();
    let mut world = world_of_shares(&[(WaveKind::Regular, 24)]).await;
    world.register(&people).await;
    world.open_with(48, &people).await;
    world.close(48).await.unwrap();
    world.freeze(48).await.unwrap();
    // Disabled, and laid off.
    let gone = people[35].person_id;
    let of = |whose: &str| {
        format!(
            "SELECT (SELECT count(*) FROM member_classes WHERE person_id {whose} '{id}'),
                    (SELECT count(*) FROM roll_commitments WHERE person_id {whose} '{id}')",
            id = gone.uuid()
        )
    };
    let others = world.rows(&of("<>")).await;
    let at = world.calendar(48).opens_at;
    let mut tx = world.scratch.database().begin().await.unwrap();
    identity_erase(&mut tx, gone, at).await.unwrap();
    tx.commit().await.unwrap();
    forget(world.scratch.database(), at).await.unwrap();
    assert_eq!(world.rows(&of("=")).await, ["(1,1)"], "the draw needs it");
    world.draw(48).await.unwrap();
    world.appoint(48).await.unwrap();
    let due = world.due(48);
    world.sweep(48, due).await;
    forget(world.scratch.database(), due).await.unwrap();
    assert_eq!(world.rows(&of("=")).await, ["(1,1)"], "an appeal may need it");
    settle_wave(&mut world.act(due), wave(48)).await.unwrap();
    forget(world.scratch.database(), due).await.unwrap();
    assert_eq!(
        (world.rows(&of("=")).await, world.rows(&of("<>")).await),
        (vec!["(0,0)".into()], others)
    );
    world.assert_audit_clean().await;

    let class_told = async |at: Timestamp| {
        let mut told = 0;
        for person in &people {
            let database = world.scratch.database();
            let standing = read_standing(database, person.person_id, at).await.unwrap().unwrap();
            let odds = standing.memberships[0].odds.as_ref();
            told += usize::from(odds.is_some_and(|odds| odds.class.is_some()));
        }
        told
    };
    let old = due.plus_days(Perishable::Classes.kept_days());
    assert!(class_told(old).await > 40);
    let later = old.plus_days(30);
    forget(world.scratch.database(), later).await.unwrap();
    assert_eq!(world.rows(&of("<>")).await, ["(0,0)"]);
    assert_eq!(class_told(later).await, 0);
}
