//! Fresh copies of a scratch database, so that every run begins from the same state.

use anyhow::Result;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use storage::database::{Database, SERVING_ROLE};
use storage::scratch::Scratch;

/// Ends preparation: rows are settled, statistics are up to date, and nobody is connected any more.
///
/// # Errors
/// The database fails.
pub(crate) async fn seal(scratch: &Scratch) -> Result<()> {
    let mut conn = open(scratch.embedded().superuser_options()).await?;
    sqlx::query("VACUUM ANALYZE").execute(&mut conn).await?;
    conn.close().await?;
    scratch.database().close().await;
    Ok(())
}

/// A fresh copy of the sealed database; an earlier copy of this name is dropped. Making it ends with a
/// checkpoint, so no run pays for the writing of its preparation.
///
/// # Errors
/// The database fails.
pub(crate) async fn copy_database(scratch: &Scratch, name: &'static str) -> Result<Database> {
    let superuser = scratch.embedded().superuser_options();
    let mut conn = open(superuser.clone().database("postgres")).await?;
    for statement in [
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        format!("CREATE DATABASE {name} TEMPLATE gelombang STRATEGY file_copy"),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut conn).await?;
    }
    conn.close().await?;
    let serving = scratch.embedded().options(SERVING_ROLE, name);
    Ok(Database::open(superuser.database(name), serving).await?)
}

/// One connection to a copy, with the rights of the product.
///
/// # Errors
/// The server refuses it.
pub(crate) async fn connect(scratch: &Scratch, name: &str) -> Result<PgConnection> {
    open(scratch.embedded().options(SERVING_ROLE, name)).await
}

/// One connection to a copy that may also read and write files of the server.
///
/// # Errors
/// The server refuses it.
pub(crate) async fn connect_superuser(scratch: &Scratch, name: &str) -> Result<PgConnection> {
    open(scratch.embedded().superuser_options().database(name)).await
}

/// Slow statements are what a bench is about; they are no reason to warn.
async fn open(options: PgConnectOptions) -> Result<PgConnection> {
    let options = options.options([("search_path", "gelombang")]).disable_statement_logging();
    Ok(options.connect().await?)
}
