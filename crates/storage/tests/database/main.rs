//! What the database refuses by itself: to the serving role, to two at once, and to anyone whose rows
//! break a rule. Every refusal is looked at by the name of its rule.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod niks;
mod rules;
mod serving_role;

use domain::ids::{OfficerId, PersonId};
use domain::ledger::{LedgerAccount, Transfer, TransferReason};
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::{Named as _, RevokedFunds};
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use storage::error::StorageError;
use storage::ledger::transfer_insert;
use storage::officers::approval_insert;
use storage::scratch::Scratch;

/// Waves 1 (frozen), 2 (drawn) and 3 (draft), with what their rows point to. Persons are `p(n)`.
const WORLD: &str = "
CREATE FUNCTION pg_temp.p(n integer) RETURNS uuid LANGUAGE sql AS
    $$ SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
INSERT INTO region_versions VALUES ('v', '2020-01-01Z');
INSERT INTO policy_versions
    VALUES ('p', 'text', sha256('text'), '2020-01-01Z'), ('q', 'other', sha256('other'), '2020-01-01Z');
INSERT INTO waves (wave, kind, policy_id, region_version, opens_at, closes_at, results_at, base_seats, draw_key)
    SELECT n, 'regular', 'p', 'v', '2020-02-01Z', '2020-02-02Z', '2020-02-03Z', 10, ''
    FROM generate_series(1, 3) n;
UPDATE waves SET state = 'frozen', opened_at = '2020-02-01Z', closed_at = '2020-02-02Z', frozen_at = '2020-02-02Z'
    WHERE wave = 1;
UPDATE waves SET state = 'drawn', opened_at = '2020-02-01Z', closed_at = '2020-02-02Z', frozen_at = '2020-02-02Z',
    drawn_at = '2020-02-02Z' WHERE wave = 2;
SELECT create_wave_partitions(n::smallint) FROM generate_series(1, 3) n;
INSERT INTO rolls SELECT n, 1, sha256('roll') FROM generate_series(1, 2) n;
INSERT INTO draws VALUES (2, 'chain', true, 1, sha256('r'), sha256('s'), sha256('roll'), sha256('o'), 1, '2020-02-03Z');
INSERT INTO memberships VALUES ('2020-02-01Z', pg_temp.p(1), pg_temp.p(900), 'man', 'none', 1, 1571, 30,
    decode(repeat('00', 16), 'hex'), decode(repeat('00', 8), 'hex'));
INSERT INTO decisions VALUES ('2020-02-02Z', pg_temp.p(1), 'not_selected', 1, 1, NULL);
INSERT INTO decrees VALUES (pg_temp.p(800), 'SK 2', 2, '2020-02-03', '2020-02-03Z', 1, 100, sha256('o'));
INSERT INTO beneficiaries (person_id, card_number, appointed_at, purchase_due_at, wave, region)
    VALUES (pg_temp.p(1), 8000000000000001, '2020-02-03Z', '2020-03-03Z', 2, 1571);
INSERT INTO household_slots VALUES (pg_temp.p(900), pg_temp.p(1), 2, 1, 2);
INSERT INTO training_orders VALUES (pg_temp.p(1), '2020-02-04Z', 100, 2, 1);
INSERT INTO transfers VALUES ('2020-02-03Z', 100, pg_temp.p(1), 'training_commitment', 'programme_fund',
    'training_balance', 2, 1);
INSERT INTO officers SELECT pg_temp.p(n), 'officer ' || n, '2020-01-01Z' FROM generate_series(701, 702) n;
INSERT INTO approvals VALUES ('draw', 'wave:2', pg_temp.p(701), pg_temp.p(702), 'agreed', '2020-02-02Z');
INSERT INTO audit_events VALUES (pg_temp.p(600), '2020-02-02Z', 'schedule', 'wave_draw', 'wave:2', 'frozen', 'drawn',
    'calendar', 'test', '{}');
INSERT INTO seat_pool VALUES (2, 1571, 'revoked', 1, '2020-03-03Z');
INSERT INTO quotas VALUES (1, 1571, 10, 0);
INSERT INTO persons VALUES (pg_temp.p(1), '2020-01-01Z', 'man', 'none', 'job_seeker', 1571, 1990, false);
INSERT INTO person_niks VALUES (pg_temp.p(500), pg_temp.p(1));
INSERT INTO person_identities VALUES (pg_temp.p(1), pg_temp.p(900), '', '', NULL);
";

async fn superuser(scratch: &Scratch) -> PgConnection {
    let options = scratch.embedded().superuser_options().options([("search_path", "gelombang")]);
    options.connect().await.unwrap()
}

/// A server with the small world, and a connection of its superuser that keeps `p(n)`.
async fn world() -> (Scratch, PgConnection) {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = superuser(&scratch).await;
    sqlx::raw_sql(WORLD).execute(&mut conn).await.unwrap();
    (scratch, conn)
}

/// Runs statements as one act that is taken back; the failure of the last one, if it fails.
async fn attempt(conn: &mut PgConnection, statements: &str) -> Option<sqlx::Error> {
    let mut tx = conn.begin().await.unwrap();
    let done = sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut *tx).await;
    tx.rollback().await.unwrap();
    done.err()
}

fn code(error: &sqlx::Error) -> String {
    error.as_database_error().unwrap().code().unwrap().into_owned()
}

/// Writes down every combination of reason and accounts: accepted exactly where the domain has it, and
/// the domain's own transfers all arrive.
#[tokio::test]
async fn ledger_rule_is_the_domain_s() {
    let (_scratch, mut conn) = world().await;
    let mut accepted = 0;
    for reason in TransferReason::ALL.iter().copied() {
        let person = if reason.is_personal() {
            "pg_temp.p(2)"
        } else {
            "'00000000-0000-0000-0000-000000000000'"
        };
        for debit in LedgerAccount::ALL.iter().copied() {
            for credit in LedgerAccount::ALL.iter().copied() {
                let statement = format!(
                    "INSERT INTO transfers VALUES ('2020-02-03Z', 1, {person}, '{}', '{}', '{}', 1, 1)",
                    reason.name(),
                    debit.name(),
                    credit.name()
                );
                let stands =
                    RevokedFunds::ALL.iter().any(|to| reason.accounts(*to) == (debit, credit));
                match attempt(&mut conn, &statement).await.map(StorageError::from) {
                    None => assert!(stands, "{statement}"),
                    Some(StorageError::Conflict { constraint }) => {
                        assert!(!stands, "{statement}: {constraint}");
                        let rules = ["transfers_rule_check", "transfers_accounts_check"];
                        assert!(rules.contains(&constraint.as_str()), "{statement}: {constraint}");
                    }
                    Some(other) => panic!("{statement}: {other:?}"),
                }
                accepted += u32::from(stands);
            }
        }
        for return_to in RevokedFunds::ALL.iter().copied() {
            let transfer = Transfer {
                wave: WaveNumber::new(1).unwrap(),
                person: reason
                    .is_personal()
                    .then(|| PersonId::at(Timestamp::from_micros(0), [1; 10])),
                reason,
                number: 1,
                return_to,
                amount: Rupiah::new(1).unwrap(),
                posted_at: Timestamp::from_micros(0),
            };
            let mut tx = conn.begin().await.unwrap();
            transfer_insert(&mut tx, &transfer).await.unwrap();
            let again = transfer_insert(&mut tx, &transfer).await.unwrap_err();
            assert!(
                matches!(&again, StorageError::Conflict { constraint } if constraint == "transfers_1_pkey"),
                "{again:?}"
            );
            tx.rollback().await.unwrap();
        }
    }
    assert_eq!(accepted, 12, "nine reasons, three of them with two destinations");
}

/// Two officers with one mind but one id reach the table by way of `Approval` never, and by hand not
/// either; an unknown officer is refused too.
#[tokio::test]
async fn approvals_need_two_known_officers() {
    let (scratch, mut conn) = world().await;
    let officer =
        |n: u32| OfficerId::from_uuid(format!("00000000-0000-7000-8000-{n:012}").parse().unwrap());
    let approval = |a, b| Approval::new(officer(a), officer(b), "agreed".to_owned());
    assert!(approval(701, 701).is_err());
    let now = Timestamp::from_micros(0);
    for (approval, rule) in [
        (approval(701, 702).unwrap(), "approvals_pkey"),
        (approval(701, 709).unwrap(), "approvals_approved_by_fkey"),
    ] {
        let mut tx = scratch.database().begin().await.unwrap();
        let subject = if rule == "approvals_pkey" { "wave:2" } else { "wave:1" };
        let refused = approval_insert(&mut tx, TwoPersonAct::Draw, subject, &approval, now)
            .await
            .unwrap_err();
        assert!(
            matches!(&refused, StorageError::Conflict { constraint } if constraint == rule),
            "{refused:?}"
        );
    }
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM approvals").fetch_one(&mut conn).await.unwrap();
    assert_eq!(kept, 1);
}

/// Goal: a transaction begins although the server has ended every idle connection; method: use several at
/// once, end them all as the superuser, begin as many again.
#[tokio::test]
async fn dead_connections_are_replaced() {
    let scratch = Scratch::start().await.unwrap();
    let mut superuser = scratch.embedded().superuser_options().connect().await.unwrap();
    let begin_three = async || {
        let database = scratch.database();
        let (one, two, three) =
            tokio::join!(database.begin(), database.begin(), database.begin_snapshot());
        for tx in [one, two, three] {
            let mut tx = tx.unwrap();
            let answer: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&mut *tx).await.unwrap();
            assert_eq!(answer, 1);
            tx.commit().await.unwrap();
        }
    };
    begin_three().await;
    let ended: i64 = sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE usename = 'gelombang_app'",
    )
    .fetch_one(&mut superuser)
    .await
    .unwrap();
    assert!(ended >= 3, "{ended} connections were idle");
    begin_three().await;
}
