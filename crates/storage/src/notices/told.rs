//! What an account was told, for its own page.

use domain::ids::AccountId;
use domain::notice::state::NoticeState;
use domain::notice::{Channel, NoticeParts};
use domain::time::Timestamp;
use sqlx::{PgConnection, Row as _};

use crate::convert::{named, wave_number};
use crate::error::StorageError;

/// A notice with the ways it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldNotice {
    /// What it is made of.
    pub parts: NoticeParts,
    /// When it came about.
    pub created_at: Timestamp,
    /// Each way with where it stands, e-mail first.
    pub ways: Vec<(Channel, NoticeState)>,
}

/// What an account was told, the newest first, of its own and of the person it has now, from the one after `skip` on and
/// at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn notices_of_account(
    conn: &mut PgConnection,
    account: AccountId,
    (skip, limit): (u32, u32),
) -> Result<Vec<ToldNotice>, StorageError> {
    let rows = sqlx::query(
        "SELECT n.template, n.wave, n.at, n.code, n.created_at,
                array_agg(n.channel ORDER BY n.channel), array_agg(n.state ORDER BY n.channel)
         FROM notices n JOIN accounts a ON a.account_id = n.account_id
         WHERE n.account_id = $1 AND (n.person_id IS NULL OR n.person_id = a.person_id)
         GROUP BY n.template, n.subject, n.wave, n.at, n.code, n.created_at
         ORDER BY n.created_at DESC, n.template, n.subject
         OFFSET $2 LIMIT $3",
    )
    .bind(account.uuid())
    .bind(i64::from(skip))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let wave: Option<i16> = row.try_get(1)?;
            let at: Option<_> = row.try_get(2)?;
            let channels: Vec<String> = row.try_get(5)?;
            let states: Vec<String> = row.try_get(6)?;
            let ways = channels.iter().zip(&states).map(|(channel, state)| {
                Ok((named("notices", "channel", channel)?, named("notices", "state", state)?))
            });
            Ok(ToldNotice {
                parts: NoticeParts {
                    template: named("notices", "template", row.try_get(0)?)?,
                    wave: wave.map(wave_number).transpose()?,
                    at: at.map(Timestamp::from_offset),
                    code: row.try_get(3)?,
                },
                created_at: Timestamp::from_offset(row.try_get(4)?),
                ways: ways.collect::<Result<_, StorageError>>()?,
            })
        })
        .collect()
}
