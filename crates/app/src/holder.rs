//! Whoever acts for a person: the account that has her, until two officers take her from it.

use domain::ids::{AccountId, PersonId};
use sqlx::PgConnection;
use storage::accounts::account_of_person;
use storage::error::StorageError;
use storage::statements::statement_share;

/// A person, and the account through which she acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The person.
    pub person_id: PersonId,
    /// The account, which may lose the person while its request is under way; `None` where no account is needed.
    pub account: Option<AccountId>,
}

impl Holder {
    /// A person who acts without an account.
    pub const fn without_account(person_id: PersonId) -> Self {
        Self { person_id, account: None }
    }

    /// True if the account still has the person. Until the transaction ends a release of the person waits, as it does
    /// for a join.
    ///
    /// # Errors
    /// [`StorageError`].
    pub(crate) async fn holds(self, conn: &mut PgConnection) -> Result<bool, StorageError> {
        let Some(account) = self.account else { return Ok(true) };
        statement_share(conn, self.person_id).await?;
        Ok(account_of_person(conn, self.person_id).await? == Some(account))
    }
}
