//! Asking whoever is signed in for the password again, before what a borrowed phone must not do.

use domain::account::{Password, SignInTries};
use domain::ids::AccountId;
use domain::time::Timestamp;
use storage::accounts::account_email_index;
use storage::error::StorageError;
use storage::tries::tries_set;

use crate::accounts::{AccountError, Checked, check_password};
use crate::act::Act;
use crate::device::DeviceToken;
use crate::passwords::Passwords;

/// A password that whoever is signed in gives again.
#[derive(Clone, Debug)]
pub struct PasswordAgain {
    /// The account.
    pub account: AccountId,
    /// What the device is known by, which has tries of its own then.
    pub device: Option<DeviceToken>,
    /// The password.
    pub password: Password,
}

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
    again: PasswordAgain,
) -> Result<PasswordAnswer, AccountError> {
    let index = account_email_index(&mut *act.database.begin().await?, again.account).await?;
    match check_password(act, passwords, (index, again.device), again.password).await? {
        Checked::Right(_, tries) => {
            let mut tx = act.database.begin().await?;
            tries_set(&mut tx, tries, SignInTries::NONE).await?;
            tx.commit().await.map_err(StorageError::from)?;
            Ok(PasswordAnswer::Right)
        }
        Checked::Wrong => Ok(PasswordAnswer::Wrong),
        Checked::Locked { until } => Ok(PasswordAnswer::Locked { until }),
    }
}
