//! What a database says about its own health, read without changing anything.
//!
//! Works on a database of any version of the schema, also an empty one: whoever asks does not know yet what is
//! wrong with it.

use domain::time::Timestamp;
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;

use crate::convert::count;
use crate::database::SERVING_ROLE;
use crate::error::StorageError;

/// Events and transactions counted at most: beyond this it is the trouble that matters, not the number.
pub const COUNTED_MAX: u64 = 100_000;

/// What the server is, and how it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHealth {
    /// As it names itself, such as `15.18`.
    pub version: String,
    /// The same as a number, such as 150018.
    pub version_number: i32,
    /// Its present.
    pub now: Timestamp,
    /// Settings that must be on for an acknowledged act to survive, and are not: name and value.
    pub unsafe_settings: Vec<(String, String)>,
    /// Whether it verifies checksums of its pages.
    pub has_checksums: bool,
    /// Connections in use.
    pub connections: u64,
    /// Connections it takes.
    pub connections_max: u64,
    /// Age of the oldest open transaction that has written, in seconds; the audit trail is sealed up to it.
    pub oldest_writer_s: Option<u64>,
}

/// The schema beside the migrations of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaHealth {
    /// The product has made nothing here.
    Missing,
    /// As this program has it.
    Current {
        /// Migrations.
        applied: usize,
    },
    /// Migrations of this program are not applied; the next start does it.
    Behind {
        /// Their versions.
        pending: Vec<i64>,
    },
    /// Migrations were applied that this program does not know, or in another form.
    Foreign {
        /// Their versions.
        unknown: Vec<i64>,
    },
}

/// Reads what the server is.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn server_read(conn: &mut PgConnection) -> Result<ServerHealth, StorageError> {
    let row = sqlx::query(
        "SELECT current_setting('server_version'), current_setting('server_version_num')::integer,
                clock_timestamp(), current_setting('data_checksums') = 'on',
                (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                current_setting('max_connections')::bigint,
                (SELECT extract(epoch FROM clock_timestamp() - min(xact_start))::bigint
                 FROM pg_stat_activity WHERE backend_xid IS NOT NULL)",
    )
    .fetch_one(&mut *conn)
    .await?;
    let unsafe_settings: Vec<(String, String)> = sqlx::query_as(
        "SELECT name, setting FROM pg_settings
         WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting IN ('off', 'false')
         ORDER BY name",
    )
    .fetch_all(conn)
    .await?;
    Ok(ServerHealth {
        version: row.try_get(0)?,
        version_number: row.try_get(1)?,
        now: Timestamp::from_offset(row.try_get::<OffsetDateTime, _>(2)?),
        unsafe_settings,
        has_checksums: row.try_get(3)?,
        connections: count(row.try_get(4)?),
        connections_max: count(row.try_get(5)?),
        oldest_writer_s: row.try_get::<Option<i64>, _>(6)?.map(count),
    })
}

/// Compares the migrations that were applied with those of this program.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn schema_read(conn: &mut PgConnection) -> Result<SchemaHealth, StorageError> {
    let is_there: bool =
        sqlx::query_scalar("SELECT to_regclass('gelombang._sqlx_migrations') IS NOT NULL")
            .fetch_one(&mut *conn)
            .await?;
    if !is_there {
        return Ok(SchemaHealth::Missing);
    }
    let applied: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT version, checksum FROM gelombang._sqlx_migrations WHERE success ORDER BY version",
    )
    .fetch_all(conn)
    .await?;
    let migrator = sqlx::migrate!();
    let unknown: Vec<i64> = applied
        .iter()
        .filter(|(version, checksum)| {
            !migrator.iter().any(|one| one.version == *version && *one.checksum == **checksum)
        })
        .map(|(version, _)| *version)
        .collect();
    if !unknown.is_empty() {
        return Ok(SchemaHealth::Foreign { unknown });
    }
    let pending: Vec<i64> = migrator
        .iter()
        .map(|one| one.version)
        .filter(|version| !applied.iter().any(|(known, _)| known == version))
        .collect();
    Ok(if pending.is_empty() {
        SchemaHealth::Current { applied: applied.len() }
    } else {
        SchemaHealth::Behind { pending }
    })
}

/// What is wrong with the roles, in words; nothing if all is well. The serving role must own nothing and be able
/// to change no fact; the owner must not log in.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn role_faults(conn: &mut PgConnection) -> Result<Vec<String>, StorageError> {
    let faults: Vec<String> = sqlx::query_scalar(
        "SELECT 'role gelombang_owner can log in; ALTER ROLE gelombang_owner NOLOGIN'
         FROM pg_roles WHERE rolname = 'gelombang_owner' AND rolcanlogin
         UNION ALL
         SELECT 'role ' || rolname || ' is a superuser or may make roles; ALTER ROLE ' || rolname
                || ' NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS'
         FROM pg_roles
         WHERE rolname = $1 AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls)
         UNION ALL
         SELECT 'role ' || $1 || ' owns ' || c.relname || '; ALTER TABLE gelombang.' || c.relname
                || ' OWNER TO gelombang_owner'
         FROM pg_class c
         JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_roles r ON r.oid = c.relowner
         WHERE n.nspname = 'gelombang' AND c.relkind IN ('r', 'p') AND r.rolname = $1
         UNION ALL
         SELECT 'role ' || $1 || ' may change rows of ' || t.name || '; REVOKE UPDATE, DELETE ON gelombang.'
                || t.name || ' FROM ' || $1
         FROM unnest(ARRAY['audit_events', 'audit_chain', 'audit_checkpoints', 'decisions', 'draws', 'decrees',
                           'transfers', 'memberships', 'approvals', 'corrections', 'rolls', 'training_orders',
                           'withdrawals']) AS t (name)
         WHERE to_regclass('gelombang.' || t.name) IS NOT NULL
           AND EXISTS (SELECT FROM pg_roles WHERE rolname = $1)
           AND (has_any_column_privilege($1, 'gelombang.' || t.name, 'UPDATE')
                OR has_table_privilege($1, 'gelombang.' || t.name, 'DELETE'))",
    )
    .bind(SERVING_ROLE)
    .fetch_all(conn)
    .await?;
    Ok(faults)
}

/// Audit events that are not in the chain yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnsealedWindow {
    /// How many, at most [`COUNTED_MAX`].
    pub waiting: u64,
    /// When the first of them occurred.
    pub oldest: Option<Timestamp>,
}

/// Reads how far the sealer is behind, along an index and never over the whole trail.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn unsealed_window(conn: &mut PgConnection) -> Result<UnsealedWindow, StorageError> {
    let row = sqlx::query(
        "WITH waiting AS (
             SELECT occurred_at, transaction_id, event_id FROM audit_events
             WHERE transaction_id >= coalesce(
                 (SELECT horizon FROM audit_checkpoints ORDER BY number DESC LIMIT 1), '0'::xid8)
             ORDER BY transaction_id, event_id
             LIMIT $1
         )
         SELECT (SELECT count(*) FROM waiting),
                (SELECT occurred_at FROM waiting ORDER BY transaction_id, event_id LIMIT 1)",
    )
    .bind(i64::try_from(COUNTED_MAX).unwrap_or(i64::MAX))
    .fetch_one(conn)
    .await?;
    let oldest: Option<OffsetDateTime> = row.try_get(1)?;
    Ok(UnsealedWindow {
        waiting: count(row.try_get(0)?),
        oldest: oldest.map(Timestamp::from_offset),
    })
}
