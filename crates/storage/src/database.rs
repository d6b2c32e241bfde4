//! Connections, roles and migrations.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use domain::time::Timestamp;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool, Postgres, Row as _};

use crate::embedded::{DATABASE, Embedded, RunningServer};
use crate::error::StorageError;
use crate::health::{SchemaHealth, schema_read};
pub use crate::transaction::Tx;

/// Schema of every table.
const SCHEMA: &str = "gelombang";
/// Role the program works as: no superuser, and facts are insert-only for it.
pub const SERVING_ROLE: &str = "gelombang_app";
/// Oldest server the product speaks to, as `server_version_num` has it.
const OLDEST_VERSION: i32 = 150_000;

/// Advisory lock of whoever brings a database to this version.
const MIGRATION_LOCK: i64 = 0x6765_6c6f_6d62_616e;

/// Advisory lock that every connection of the serving role shares, and who changes the keys takes alone.
const KEYS_IN_USE: i64 = 0x6765_6c6f_6d75_7365;

/// Connections of one process; several processes may share a server that takes a hundred, the usual number.
const CONNECTIONS: u32 = 16;

/// True if the server has ended the connection, by its own words or by closing it.
fn is_dead(error: &sqlx::Error) -> bool {
    const SHUTDOWNS: [&str; 3] = ["57P01", "57P02", "57P03"];
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| SHUTDOWNS.contains(&code.as_ref()))
        }
        _ => false,
    }
}

/// The database as the program uses it: a pool of connections of the serving role.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    /// Id of the wrapping key that this process holds; 0 if it holds none.
    key_held: Arc<AtomicU16>,
}

/// Makes the two roles where they are missing. Roles belong to the whole server, so another database
/// may make them at the same moment; who comes second finds them made.
const MAKE_ROLES: &str = "
DO $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY ARRAY[
        'CREATE ROLE gelombang_owner NOLOGIN',
        'CREATE ROLE gelombang_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE',
        format('GRANT gelombang_owner, gelombang_app TO %I', current_user)
    ] LOOP
        BEGIN
            EXECUTE statement;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$";

impl Database {
    /// Brings the database to this version as `admin`, then opens a pool that works as the serving
    /// role. `serving` may be the same login; its connections switch to the role.
    ///
    /// # Errors
    /// [`StorageError`] if the server is unreachable, too old, in use by an earlier version, or a migration fails.
    pub async fn open(
        admin: PgConnectOptions,
        serving: PgConnectOptions,
    ) -> Result<Self, StorageError> {
        let mut conn = quiet(admin).connect().await?;
        migrate(&mut conn).await?;
        conn.close().await?;
        let key_held = Arc::new(AtomicU16::new(0));
        let held = Arc::clone(&key_held);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            // Asking a connection whether it lives costs each transaction a round trip; its first statement
            // finds out as well, and `begin` then takes another one.
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(30))
            .after_connect(move |conn, _| {
                let held = held.load(Ordering::Relaxed);
                Box::pin(async move {
                    sqlx::query("SET ROLE gelombang_app").execute(&mut *conn).await?;
                    // Held as long as the connection lives: whoever changes the keys waits for its end.
                    sqlx::query("SELECT pg_advisory_lock_shared($1)")
                        .bind(KEYS_IN_USE)
                        .execute(&mut *conn)
                        .await?;
                    refuse_outdated_key(conn, held).await
                })
            })
            .connect_with(quiet(serving))
            .await?;
        Ok(Self { pool, key_held })
    }

    /// Says which wrapping key this process seals under. Once the keys were changed it gets no connection any
    /// more: what it sealed could be opened by nobody.
    pub fn holds_key(&self, key_id: u16) {
        self.key_held.store(key_id, Ordering::Relaxed);
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// [`StorageError::Driver`] if no connection is to be had.
    pub async fn begin(&self) -> Result<Tx, StorageError> {
        self.begin_with("BEGIN".to_owned()).await
    }

    /// Begins with a statement. Nothing was done yet if the connection turns out to be dead, so another one
    /// is tried; after a restart of the server all that were idle are.
    async fn begin_with(&self, statement: String) -> Result<Tx, StorageError> {
        for _ in 0..CONNECTIONS {
            match Tx::begin(self.pool.acquire().await?, statement.clone()).await {
                Err(error) if is_dead(&error) => {}
                begun => return Ok(begun?),
            }
        }
        Ok(Tx::begin(self.pool.acquire().await?, statement).await?)
    }

    /// Runs one reading statement by itself. Reading twice does no harm, so it is tried again on another
    /// connection if the server has ended the first.
    pub(crate) async fn read_optional<'q>(
        &self,
        query: impl Fn() -> sqlx::query::Query<'q, Postgres, PgArguments>,
    ) -> Result<Option<PgRow>, StorageError> {
        for _ in 0..CONNECTIONS {
            match query().fetch_optional(&self.pool).await {
                Err(error) if is_dead(&error) => {}
                read => return Ok(read?),
            }
        }
        Ok(query().fetch_optional(&self.pool).await?)
    }

    /// The server's present, by a statement of its own.
    ///
    /// # Errors
    /// [`StorageError::Driver`] if the server is unreachable.
    pub async fn server_time(&self) -> Result<Timestamp, StorageError> {
        let row = self.read_optional(|| sqlx::query("SELECT clock_timestamp()")).await?;
        let row = row.ok_or(StorageError::RowsAffected { expected: 1, actual: 0 })?;
        Ok(Timestamp::from_offset(row.try_get(0)?))
    }

    /// Whether the server takes writes of the serving role at this moment.
    ///
    /// # Errors
    /// [`StorageError::Driver`] if the server is unreachable.
    pub async fn takes_writes(&self) -> Result<bool, StorageError> {
        let query = "SELECT current_setting('transaction_read_only') = 'off'";
        let row = self.read_optional(|| sqlx::query(query)).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(false))
    }

    /// Begins a transaction that sees one state throughout and writes nothing.
    ///
    /// # Errors
    /// [`StorageError::Driver`] if no connection is to be had.
    pub async fn begin_snapshot(&self) -> Result<Tx, StorageError> {
        self.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned()).await
    }

    /// [`Database::begin_snapshot`] in which the server ends every statement that takes longer, or whose client has died
    /// ten seconds before.
    ///
    /// # Errors
    /// [`StorageError::Driver`] if no connection is to be had.
    pub async fn begin_snapshot_within(&self, limit: Duration) -> Result<Tx, StorageError> {
        let mut tx = self.begin_snapshot().await?;
        sqlx::query(
            "SELECT set_config('statement_timeout', $1, true),
                    set_config('client_connection_check_interval', '10s', true)",
        )
        .bind(format!("{}ms", limit.as_millis()))
        .execute(&mut *tx)
        .await?;
        Ok(tx)
    }

    /// Connections that are open, and those among them that nobody uses.
    pub fn connections(&self) -> (u32, u32) {
        (self.pool.size(), u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX))
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl RunningServer {
    /// Opens the database of a server that another process runs, as the serving role.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub async fn open_database(&self) -> Result<Database, StorageError> {
        Database::open(self.superuser_options(), self.options(SERVING_ROLE, DATABASE)).await
    }
}

/// A connection that was lost while the keys were changed must not come back to who holds the old ones.
async fn refuse_outdated_key(conn: &mut PgConnection, held: u16) -> Result<(), sqlx::Error> {
    let newest: Option<i16> =
        sqlx::query_scalar("SELECT max(key_id) FROM key_rings").fetch_one(conn).await?;
    if held == 0 || newest.is_none_or(|newest| i32::from(newest) == i32::from(held)) {
        return Ok(());
    }
    tracing::error!(held, "the keys of this database were changed; start this process again");
    Err(sqlx::Error::Protocol("the keys of this database were changed".to_owned()))
}

impl Embedded {
    /// Brings the private server's database to this version and opens it as the serving role.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub async fn open_database(&self) -> Result<Database, StorageError> {
        Database::open(self.superuser_options(), self.options(SERVING_ROLE, DATABASE)).await
    }
}

/// Works in the product's schema and leaves statements out of the log: bulk statements are slow by
/// nature, and the use cases log what they did.
fn quiet(options: PgConnectOptions) -> PgConnectOptions {
    // Use cases lock first and read what others committed before; a given server may default to less.
    options
        .options([("search_path", SCHEMA), ("default_transaction_isolation", "read committed")])
        .disable_statement_logging()
}

async fn migrate(conn: &mut PgConnection) -> Result<(), StorageError> {
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::integer")
        .fetch_one(&mut *conn)
        .await?;
    if version < OLDEST_VERSION {
        return Err(StorageError::TooOld { major: version / 10_000 });
    }
    // Another process may start on this database at the same moment; the lock ends with the connection.
    sqlx::query("SELECT pg_advisory_lock($1)").bind(MIGRATION_LOCK).execute(&mut *conn).await?;
    sqlx::query(MAKE_ROLES).execute(&mut *conn).await?;
    sqlx::query("CREATE SCHEMA IF NOT EXISTS gelombang AUTHORIZATION gelombang_owner")
        .execute(&mut *conn)
        .await?;
    sqlx::query("SET ROLE gelombang_owner").execute(&mut *conn).await?;
    // A migration may index a table that joins write to, so it never runs beside whoever serves.
    let is_behind = matches!(schema_read(conn).await?, SchemaHealth::Behind { .. });
    if is_behind && !is_alone(conn).await? {
        return Err(StorageError::InUse);
    }
    sqlx::migrate!().run(&mut *conn).await?;
    sqlx::query("RESET ROLE").execute(&mut *conn).await?;
    Ok(())
}

/// A migration that a call has applied.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AppliedMigration {
    /// Its version, which orders it.
    pub version: i64,
    /// What it does.
    pub description: String,
}

/// Brings a database to this version while no connection of the serving role is open, and lets none begin before it
/// ends; gives what was applied, or `None` if one is open.
///
/// # Errors
/// [`StorageError`] if the server is unreachable, too old, or a migration fails; those before it are applied then.
pub async fn migrate_if_alone(
    admin: PgConnectOptions,
) -> Result<Option<Vec<AppliedMigration>>, StorageError> {
    let mut conn = quiet(admin).connect().await?;
    if !is_alone(&mut conn).await? {
        return Ok(None);
    }
    let before = migrations_applied(&mut conn).await?;
    migrate(&mut conn).await?;
    let mut applied = migrations_applied(&mut conn).await?;
    applied.retain(|one| !before.contains(one));
    conn.close().await?;
    Ok(Some(applied))
}

async fn migrations_applied(
    conn: &mut PgConnection,
) -> Result<Vec<AppliedMigration>, StorageError> {
    let table: Option<String> =
        sqlx::query_scalar("SELECT to_regclass('gelombang._sqlx_migrations')::text")
            .fetch_one(&mut *conn)
            .await?;
    if table.is_none() {
        return Ok(Vec::new());
    }
    let applied = "SELECT version, description FROM gelombang._sqlx_migrations WHERE success ORDER BY version";
    Ok(sqlx::query_as(applied).fetch_all(conn).await?)
}

/// Keeps connections of the serving role out until the connection ends, if none is open.
async fn is_alone(conn: &mut PgConnection) -> Result<bool, StorageError> {
    let is_alone =
        sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(KEYS_IN_USE).fetch_one(conn);
    Ok(is_alone.await?)
}

/// A connection with the owner's rights that has the database to itself: no connection of the serving role is
/// open, and none begins before it ends. `None` if one is open.
///
/// # Errors
/// [`StorageError`] if the server is unreachable, too old, or a migration fails.
pub async fn connect_alone(admin: PgConnectOptions) -> Result<Option<PgConnection>, StorageError> {
    let mut conn = quiet(admin).connect().await?;
    migrate(&mut conn).await?;
    let is_alone = is_alone(&mut conn).await?;
    sqlx::query("SET ROLE gelombang_owner").execute(&mut conn).await?;
    Ok(is_alone.then_some(conn))
}

/// A connection for looking at a database as it is: nothing is made or migrated, and nothing can be written.
///
/// # Errors
/// [`StorageError::Driver`] if the server is unreachable.
pub async fn connect_to_look(options: PgConnectOptions) -> Result<PgConnection, StorageError> {
    let options = quiet(options).options([("default_transaction_read_only", "on")]);
    Ok(options.connect().await?)
}

/// True if the product has made its schema in this database; changes nothing.
///
/// # Errors
/// [`StorageError::Driver`] if the server is unreachable.
pub async fn has_schema(options: PgConnectOptions) -> Result<bool, StorageError> {
    let mut conn = quiet(options).connect().await?;
    let found = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
        .bind(SCHEMA)
        .fetch_one(&mut conn)
        .await?;
    conn.close().await?;
    Ok(found)
}

/// Tells the planner what bulk writes have changed; autovacuum would come too late within a replay.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn analyze(admin: PgConnectOptions) -> Result<(), StorageError> {
    let mut conn = admin.connect().await?;
    sqlx::query("ANALYZE").execute(&mut conn).await?;
    conn.close().await?;
    Ok(())
}
