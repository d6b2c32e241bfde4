//! Bringing what is sealed under another key: all of it, from whatever point a change stopped at.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use domain::ids::{AccountId, PersonId};
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use sqlx::{ConnectOptions as _, PgConnection};
use storage::complaints::complaint_text_owner;
use storage::database::connect_alone;
use storage::keys::{forget_retired_key, open_keys, renew_wrapping_key};
use storage::rewrap::{Rewrapped, WRAPPED_COLUMNS, chunk_owner, draw_key_owner, rewrap_all};
use storage::scratch::Scratch;
use storage::secrets::secret_owner;
use storage::vault::{KeyRing, contact_owner};
use uuid::Uuid;

/// Columns of bytes that are sealed under no ring: digests, signatures, public values, and identities and
/// addresses, each of which is sealed under its own wrapped key.
const NOT_WRAPPED: &str = "
    account_contacts.sealed account_secrets.sealed audit_chain.chain_digest audit_chain.event_digest audit_checkpoints.chain
    audit_checkpoints.head audit_checkpoints.public_key audit_checkpoints.signature beacon_rounds.chain_hash
    beacon_rounds.signature complaint_texts.sealed contribution_reveals.commitment contribution_reveals.value contributions.commitment
    contributions.signature decrees.result_digest draw_classes.close draw_pools.cutoff draws.randomness
    draws.result_digest draws.roll_digest draws.seed draws.signature imports.file_sha256 key_rings.check_value
    memberships.entry_tag memberships.household_tag officer_credentials.secret_sha256 person_identities.sealed
    policy_versions.digest public_files.digest public_policies.digest public_policies.document
    recovery_codes.code_sha256 registration_receipts.digest replaced_plans.digest
    roll_commitments.commitment roll_commitments.random rolls.digest sessions.token_digest waves.public_digest";

fn ids() -> [Uuid; 3] {
    [1, 2, 3].map(Uuid::from_u128)
}

async fn fill(conn: &mut PgConnection, ring: &KeyRing) {
    let wave = WaveNumber::new(7).unwrap();
    for id in ids() {
        let wrapped = ring.wrap(id.as_bytes(), &[9; 32], [id.as_bytes()[15]; 24]).unwrap();
        sqlx::query("INSERT INTO person_identities VALUES ($1, $1, $2, '', NULL)")
            .bind(id)
            .bind(wrapped)
            .execute(&mut *conn)
            .await
            .unwrap();
    }
    let account = AccountId::from_uuid(ids()[0]);
    sqlx::query(
        "WITH account AS (
             INSERT INTO accounts (account_id, email_index, password_hash, opened_at)
             VALUES ($1, $1, '$argon2id$', '2020-01-01Z')
             RETURNING account_id
         )
         INSERT INTO account_contacts SELECT account_id, 'id', $2, '' FROM account",
    )
    .bind(ids()[0])
    .bind(ring.wrap(&contact_owner(account), &[7; 32], [3; 24]).unwrap())
    .execute(&mut *conn)
    .await
    .unwrap();
    sqlx::query("INSERT INTO account_secrets VALUES ($1, $1, 'draft', $2, '', '2020-01-01Z')")
        .bind(ids()[0])
        .bind(ring.wrap(&secret_owner(ids()[0]), &[6; 32], [2; 24]).unwrap())
        .execute(&mut *conn)
        .await
        .unwrap();
    sqlx::raw_sql(
        "INSERT INTO complaints (complaint_id, account_id, topic, filed_at, due_at)
         SELECT account_id, account_id, 'other', '2020-01-01Z', '2020-01-09Z' FROM accounts",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    sqlx::query("INSERT INTO complaint_texts VALUES ($1, $1, 'complaint', $2, '')")
        .bind(ids()[0])
        .bind(ring.wrap(&complaint_text_owner(ids()[0]), &[5; 32], [1; 24]).unwrap())
        .execute(&mut *conn)
        .await
        .unwrap();
    sqlx::raw_sql(
        "INSERT INTO region_versions VALUES ('v', '2020-01-01Z');
         INSERT INTO policy_versions VALUES ('p', 'text', sha256('text'), '2020-01-01Z');
         INSERT INTO imports (import_id, file_sha256, kind, started_at)
         VALUES ('00000000-0000-0000-0000-000000000001', sha256('file'), 'persons', '2020-01-01Z')",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO waves (wave, kind, policy_id, region_version, opens_at, closes_at, results_at, base_seats, draw_key)
         VALUES (7, 'regular', 'p', 'v', '2020-02-01Z', '2020-02-02Z', '2020-02-03Z', 1, $1)",
    )
    .bind(ring.wrap(&draw_key_owner(wave), &[8; 32], [4; 24]).unwrap())
    .execute(&mut *conn)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO import_chunks (import_id, chunk, first_row, end_row, end_line, end_offset, keys, client_ids, lines, sealed)
         VALUES ($1, 0, 1, 2, 2, 2, '{}', '{}', '{}', $2)",
    )
    .bind(ids()[0])
    .bind(ring.wrap(&chunk_owner(ids()[0], 0), b"rows", [5; 24]).unwrap())
    .execute(&mut *conn)
    .await
    .unwrap();
}

/// Goal: whatever a change of keys was interrupted at, the file opens everything, and the change ends with
/// nothing under the old key; method: stop after each step and go on, with the ring read from the file each
/// time; at the end open each value with the file that has forgotten the old key.
#[tokio::test]
async fn rewrapped() {
    let scratch = Scratch::start().await.unwrap();
    let folder = scratch.folder().join("keys");
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let superuser = || scratch.embedded().superuser_options();
    let mut tx = scratch.database().begin().await.unwrap();
    let now = Timestamp::from_micros(0);
    let old = open_keys(&folder, &mut tx, now, &mut rng).await.unwrap().ring;
    tx.commit().await.unwrap();
    assert!(connect_alone(superuser()).await.unwrap().is_none(), "the pool is open");
    scratch.database().close().await;
    let mut conn = connect_alone(superuser()).await.unwrap().unwrap();
    fill(&mut conn, &old).await;

    assert!(renew_wrapping_key(&folder, &mut rng).unwrap());
    assert!(!renew_wrapping_key(&folder, &mut rng).unwrap(), "one change at a time");
    let both = open_keys(&folder, &mut conn, now, &mut rng).await.unwrap();
    assert!(both.is_new_key && both.ring.key_id() == 2);
    assert!(!open_keys(&folder, &mut conn, now, &mut rng).await.unwrap().is_new_key);
    // As a kill leaves it: one person is behind it already, the others are not.
    let first = both.ring.wrap(ids()[0].as_bytes(), &[9; 32], [6; 24]).unwrap();
    sqlx::query("UPDATE person_identities SET wrapped_key = $2 WHERE person_id = $1")
        .bind(ids()[0])
        .bind(first)
        .execute(&mut conn)
        .await
        .unwrap();
    let done = rewrap_all(&mut conn, &both.ring, &mut rng, &|_| {}).await.unwrap();
    assert_eq!(
        done,
        Rewrapped { persons: 2, accounts: 1, secrets: 1, complaints: 1, waves: 1, chunks: 1 }
    );
    let again = rewrap_all(&mut conn, &both.ring, &mut rng, &|_| {}).await.unwrap();
    assert_eq!(again, Rewrapped::default());
    assert!(forget_retired_key(&folder).unwrap());
    assert!(!forget_retired_key(&folder).unwrap());

    let kept = std::fs::read_to_string(folder.join("key-ring.1.txt")).unwrap();
    assert!(kept.contains("\nid 1\n") && !kept.contains("retired"), "the replaced file stays");
    let new = open_keys(&folder, &mut conn, now, &mut rng).await.unwrap().ring;
    let stored: Vec<(Uuid, Vec<u8>)> =
        sqlx::query_as("SELECT person_id, wrapped_key FROM person_identities")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    assert_eq!(stored.len(), 3);
    for (person, wrapped) in stored {
        let person = PersonId::from_uuid(person);
        assert_eq!(*new.unwrap(person.uuid().as_bytes(), &wrapped).unwrap(), [9; 32]);
        assert!(
            old.unwrap(person.uuid().as_bytes(), &wrapped).is_err(),
            "the old key opens nothing"
        );
    }
    let (wave, chunk): (Vec<u8>, Vec<u8>) =
        sqlx::query_as("SELECT draw_key, sealed FROM waves, import_chunks")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    let address: Vec<u8> = sqlx::query_scalar("SELECT wrapped_key FROM account_contacts")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    let account = AccountId::from_uuid(ids()[0]);
    assert_eq!(*new.unwrap(&contact_owner(account), &address).unwrap(), [7; 32]);
    let secret: Vec<u8> = sqlx::query_scalar("SELECT wrapped_key FROM account_secrets")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(*new.unwrap(&secret_owner(ids()[0]), &secret).unwrap(), [6; 32]);
    let words: Vec<u8> = sqlx::query_scalar("SELECT wrapped_key FROM complaint_texts")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(*new.unwrap(&complaint_text_owner(ids()[0]), &words).unwrap(), [5; 32]);
    let number = WaveNumber::new(7).unwrap();
    assert_eq!(*new.unwrap(&draw_key_owner(number), &wave).unwrap(), [8; 32]);
    assert_eq!(*new.unwrap(&chunk_owner(ids()[0], 0), &chunk).unwrap(), *b"rows");
}

/// Goal: a process that still holds the old key gets no connection after a change, however it lost its own;
/// method: end its connections, change the key behind its back, and begin as that process, and as one that
/// holds the new key.
#[tokio::test]
async fn the_old_key_is_fenced_off() {
    let scratch = Scratch::start().await.unwrap();
    let folder = scratch.folder().join("keys");
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let superuser = || scratch.embedded().superuser_options();
    let now = Timestamp::from_micros(0);
    let mut tx = scratch.database().begin().await.unwrap();
    let old = open_keys(&folder, &mut tx, now, &mut rng).await.unwrap().ring;
    tx.commit().await.unwrap();
    scratch.database().holds_key(old.key_id());
    drop(scratch.database().begin().await.unwrap());

    let mut alone = None;
    while alone.is_none() {
        let mut other = superuser().connect().await.unwrap();
        let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                   WHERE usename = 'gelombang_app'";
        sqlx::query(end).execute(&mut other).await.unwrap();
        alone = connect_alone(superuser()).await.unwrap();
    }
    let mut conn = alone.unwrap();
    renew_wrapping_key(&folder, &mut rng).unwrap();
    open_keys(&folder, &mut conn, now, &mut rng).await.unwrap();
    sqlx::Connection::close(conn).await.unwrap();

    let patience = std::time::Duration::from_secs(3);
    let refused = tokio::time::timeout(patience, scratch.database().begin()).await;
    assert!(!matches!(refused, Ok(Ok(_))), "who holds the old key must not write");
    let renewed = scratch.embedded().open_database().await.unwrap();
    renewed.holds_key(2);
    renewed.begin().await.unwrap().commit().await.unwrap();
}

/// Goal: nobody adds a sealed column and forgets it here; method: every column of bytes of the schema is on
/// one list or the other.
#[tokio::test]
async fn every_column_of_bytes_is_known() {
    let scratch = Scratch::start().await.unwrap();
    let options = scratch.embedded().superuser_options();
    let mut conn = options.connect().await.unwrap();
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT table_name || '.' || column_name
         FROM information_schema.columns
         WHERE table_schema = 'gelombang' AND data_type = 'bytea'
           AND table_name !~ '_[0-9]+$' AND table_name <> '_sqlx_migrations'
         ORDER BY 1",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let mut known: Vec<&str> = NOT_WRAPPED.split_whitespace().collect();
    known.extend(WRAPPED_COLUMNS);
    known.sort_unstable();
    assert_eq!(columns, known);
}
