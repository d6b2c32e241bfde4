//! Asking whoever is signed in for the password again, before what a borrowed phone must not do.

use domain::account::{Password, SignInTries};
use domain::ids::AccountId;
use domain::time::Timestamp;
use storage::accounts::{account_email_index, account_tries_set};
use storage::error::StorageError;

use crate::accounts::{AccountError, Checked, check_password};
use crate::act::Act;
use crate::passwords::Passwords;

/// Whether a password is the account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordAnswer {
    /// It is.
    Right,
    /// It is another one.
    Wrong,
    /// Too many wrong ones, here and at signing in together.
    Locked {
        /// First instant at which a try is taken again.
        until: Timestamp,
    },
}

/// Looks at a password as a sign-in does, between two transactions and counted among its tries.
///
/// # Errors
/// [`AccountError`].
pub async fn confirm_password(
    act: &mut Act<'_>,
    passwords: &Passwords,
    account: AccountId,
    password: Password,
) -> Result<PasswordAnswer, AccountError> {
    let index = account_email_index(&mut *act.database.begin().await?, account).await?;
    match check_password(act, passwords, index, password).await? {
        Checked::Right(account) => {
            let mut tx = act.database.begin().await?;
            account_tries_set(&mut tx, account, SignInTries::NONE).await?;
            tx.commit().await.map_err(StorageError::from)?;
            Ok(PasswordAnswer::Right)
        }
        Checked::Wrong => Ok(PasswordAnswer::Wrong),
        Checked::Locked { until } => Ok(PasswordAnswer::Locked { until }),
    }
}
