//! The schema as it comes to be: brought to this version by one at a time, never beside who serves, and given the
//! partitions of a wave while others are read and joined.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};
use storage::database::{Database, SERVING_ROLE};
use storage::embedded::{DATABASE, Embedded, EmbeddedSettings};
use storage::error::StorageError;
use storage::scratch::Scratch;

async fn superuser(scratch: &Scratch) -> PgConnection {
    let options = scratch.embedded().superuser_options().options([("search_path", "gelombang")]);
    options.connect().await.unwrap()
}

async fn applied(conn: &mut PgConnection) -> (i64, i64) {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM _sqlx_migrations WHERE success),
                (SELECT count(*) FROM pg_class WHERE relnamespace = 'gelombang'::regnamespace AND relkind IN ('r', 'p'))",
    )
    .fetch_one(conn)
    .await
    .unwrap()
}

/// Brings databases of one fresh server to this version all at the same moment, two of them being the
/// same one, so that the roles of the whole server and the schema are made under contention; then once
/// more, which changes nothing.
#[tokio::test]
async fn migrations_at_once_and_again() {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
    let settings = EmbeddedSettings { data_dir: folder.path().join("data"), bin_dir: None };
    let embedded = Embedded::start(&settings).await.unwrap();
    let mut conn = embedded.superuser_options().connect().await.unwrap();
    for name in ["second", "third"] {
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut conn)
            .await
            .unwrap();
    }
    let open = |name: &'static str| {
        Database::open(
            embedded.superuser_options().database(name),
            embedded.options(SERVING_ROLE, name),
        )
    };
    let (a, b, c, d) = tokio::join!(open(DATABASE), open(DATABASE), open("second"), open("third"));
    for database in [a, b, c, d] {
        database.unwrap().close().await;
    }
    for name in [DATABASE, "second", "third"] {
        let options =
            embedded.superuser_options().database(name).options([("search_path", "gelombang")]);
        let mut conn = options.connect().await.unwrap();
        let before = applied(&mut conn).await;
        assert!(before.0 >= 7 && before.1 > 20, "{name}: {before:?}");
        let database = open(name).await.unwrap();
        sqlx::query("SELECT 1 FROM waves")
            .fetch_optional(&mut *database.begin().await.unwrap())
            .await
            .unwrap();
        database.close().await;
        assert_eq!(applied(&mut conn).await, before, "{name}");
    }
    embedded.stop().await.unwrap();
}

/// Goal: no migration runs beside whoever serves, and whoever comes with one is told what to do. Method: take the newest
/// migration off the list of a database that is in use, and open it once more; then alone, which tries to apply it.
#[tokio::test]
async fn no_migration_beside_others() {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = superuser(&scratch).await;
    let newest =
        "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    sqlx::query(newest).execute(&mut conn).await.unwrap();
    let before = applied(&mut conn).await;
    let embedded = scratch.embedded();
    let open =
        || Database::open(embedded.superuser_options(), embedded.options(SERVING_ROLE, DATABASE));
    let beside = open().await.unwrap_err();
    assert!(matches!(beside, StorageError::InUse), "{beside}");
    assert_eq!(applied(&mut conn).await, before);
    scratch.database().close().await;
    assert!(!matches!(open().await, Err(StorageError::InUse)), "alone it is tried");
}

/// Goal: a wave is published while another is read in a long transaction and joined. Method: a reader and a writer of
/// one wave hold on while the partitions of another are made within a short wait.
#[tokio::test]
async fn partitions_beside_readers() {
    let scratch = Scratch::start().await.unwrap();
    let mut reader = superuser(&scratch).await;
    let mut writer = superuser(&scratch).await;
    let mut publisher = superuser(&scratch).await;
    sqlx::raw_sql("SELECT create_wave_partitions(1::smallint)")
        .execute(&mut publisher)
        .await
        .unwrap();
    sqlx::raw_sql("BEGIN; SELECT count(*) FROM memberships, decisions, transfers")
        .execute(&mut reader)
        .await
        .unwrap();
    let join = "BEGIN; INSERT INTO memberships VALUES ('2020-02-01Z', '00000000-0000-7000-8000-000000000002',
        '00000000-0000-7000-8000-000000000900', 'man', 'none', 1, 1571, 30, decode(repeat('00', 16), 'hex'),
        decode(repeat('00', 8), 'hex'))";
    sqlx::raw_sql(join).execute(&mut writer).await.unwrap();
    sqlx::raw_sql("SELECT create_wave_partitions(4::smallint)")
        .execute(&mut publisher)
        .await
        .unwrap();
    sqlx::raw_sql("SELECT create_wave_partitions(4::smallint)")
        .execute(&mut publisher)
        .await
        .unwrap();
    let made = "SELECT count(*) FROM pg_inherits WHERE inhrelid::regclass::text LIKE '%\\_4'";
    let made: i64 = sqlx::query_scalar(made).fetch_one(&mut publisher).await.unwrap();
    assert_eq!(made, 3);
}
