//! What can go wrong between the program and the database.

/// A storage failure. Texts carry no values of rows, so nothing personal reaches a log.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The server or the connection failed.
    #[error("could not talk to the database")]
    Driver(#[source] sqlx::Error),
    /// A constraint refused the change; its name says which rule.
    #[error("the database refused the change by its rule {constraint}")]
    Conflict {
        /// Name of the constraint.
        constraint: String,
    },
    /// A statement touched another number of rows than it must.
    #[error("a statement touched {actual} rows instead of {expected}")]
    RowsAffected {
        /// What it must touch.
        expected: u64,
        /// What it touched.
        actual: u64,
    },
    /// A stored value no longer parses into the domain.
    #[error("stored value of {table}.{column} is not valid")]
    Inconsistency {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
    },
    /// Bulk rows were not in the form the statement promised.
    #[error("bulk rows from the database are not in the expected form")]
    CopyFormat,
    /// The server is older than the product speaks to.
    #[error("PostgreSQL {major} is too old; use version 15 or newer")]
    TooOld {
        /// Its major version.
        major: i32,
    },
    /// The keys at hand are not those this database was filled with.
    #[error(
        "the key files are not those this database was filled with; put the backed-up key files back"
    )]
    WrongKeys,
    /// The schema is of an earlier version, and others use it.
    #[error(
        "the database has the schema of an earlier version and is in use; stop every serve and worker, then run \
         `gelombang migrate`"
    )]
    InUse,
    /// A migration failed.
    #[error("could not bring the database to this version")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Sealed data did not open: wrong key, or changed bytes.
    #[error("sealed data did not open under the present keys")]
    Unsealable,
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error.as_database_error().and_then(|database| database.constraint());
        match constraint.map(str::to_owned) {
            Some(constraint) => Self::Conflict { constraint },
            None => Self::Driver(error),
        }
    }
}

impl StorageError {
    /// Compares affected rows with what a statement must touch.
    ///
    /// # Errors
    /// [`StorageError::RowsAffected`] if they differ.
    pub const fn check_rows(expected: u64, actual: u64) -> Result<(), Self> {
        if expected == actual { Ok(()) } else { Err(Self::RowsAffected { expected, actual }) }
    }
}
