//! A transaction that may be dropped at any point, also in the middle of a statement.
//!
//! The driver's own is not safe to drop while a statement runs: dropped within `BEGIN` it hands an open
//! transaction to the next one who takes the connection, and dropped within `COPY` it leaves answers unread
//! that the next one takes for its own, such as another's commit. A web request or a command may end at any
//! point, so a connection goes back to the pool only in a state that was looked at.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Postgres};

/// A transaction of the serving role; dropped without commit it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    /// Gone only while it ends.
    connection: Option<PoolConnection<Postgres>>,
}

impl Tx {
    /// Begins with a statement that begins a transaction. From here on, dropping rolls back.
    pub(crate) async fn begin(
        connection: PoolConnection<Postgres>,
        statement: String,
    ) -> Result<Self, sqlx::Error> {
        let mut tx = Self { connection: Some(connection) };
        tx.execute(AssertSqlSafe(statement)).await?;
        Ok(tx)
    }

    /// Commits; after an error the outcome is unknown.
    ///
    /// # Errors
    /// The driver's.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.execute("COMMIT").await?;
        self.connection = None;
        Ok(())
    }

    /// Rolls back.
    ///
    /// # Errors
    /// The driver's.
    pub async fn rollback(mut self) -> Result<(), sqlx::Error> {
        self.execute("ROLLBACK").await?;
        self.connection = None;
        Ok(())
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    #[expect(
        clippy::expect_used,
        reason = "the connection leaves only with the transaction itself"
    )]
    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect("a transaction has its connection")
    }
}

impl DerefMut for Tx {
    #[expect(
        clippy::expect_used,
        reason = "the connection leaves only with the transaction itself"
    )]
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("a transaction has its connection")
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // Without a runtime the process is ending, and the server rolls back by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(settle(connection));
        }
    }
}

/// Rolls back, and gives the connection to the pool if the answers are those of these two statements and
/// no earlier one's; otherwise closes it.
async fn settle(mut connection: PoolConnection<Postgres>) {
    let answer = sqlx::raw_sql("ROLLBACK; SELECT 1").fetch_all(&mut *connection).await;
    if !matches!(answer.as_deref(), Ok([_])) {
        connection.close_on_drop();
    }
}
