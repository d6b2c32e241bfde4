//! Posting to the ledger: single transfers, and the set forms of decree, revocation and settlement.

use domain::ids::PersonId;
use domain::ledger::{Transfer, TransferReason};
use domain::policy::{Named as _, RevokedFunds};
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::wave_key;
use crate::error::StorageError;

/// Posts one transfer.
///
/// # Errors
/// [`StorageError::Conflict`] on the key if it was posted before.
pub async fn transfer_insert(
    conn: &mut PgConnection,
    transfer: &Transfer,
) -> Result<(), StorageError> {
    let (debit, credit) = transfer.reason.accounts(transfer.return_to);
    sqlx::query(
        "INSERT INTO transfers (posted_at, amount_rupiah, person_id, reason, debit, credit, wave, number)
         VALUES ($1, $2, $3, $4::transfer_reason, $5::ledger_account, $6::ledger_account, $7, $8)",
    )
    .bind(transfer.posted_at.to_offset())
    .bind(transfer.amount.get())
    .bind(transfer.person.map_or(Uuid::nil(), PersonId::uuid))
    .bind(transfer.reason.name())
    .bind(debit.name())
    .bind(credit.name())
    .bind(wave_key(transfer.wave))
    .bind(transfer.number)
    .execute(conn)
    .await?;
    Ok(())
}

/// Commits one amount to every beneficiary of a wave.
///
/// # Errors
/// [`StorageError::RowsAffected`] if the wave has another number of beneficiaries than expected.
pub async fn commitments_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    reason: TransferReason,
    amount: Rupiah,
    now: Timestamp,
    expected: u64,
) -> Result<(), StorageError> {
    let (debit, credit) = reason.accounts(RevokedFunds::ProgrammeFund);
    let posted = sqlx::query(
        "INSERT INTO transfers (posted_at, amount_rupiah, person_id, reason, debit, credit, wave, number)
         SELECT $1, $2, person_id, $3::transfer_reason, $4::ledger_account, $5::ledger_account, wave, 1
         FROM beneficiaries WHERE wave = $6
         ORDER BY person_id",
    )
    .bind(now.to_offset())
    .bind(amount.get())
    .bind(reason.name())
    .bind(debit.name())
    .bind(credit.name())
    .bind(wave_key(wave))
    .execute(conn)
    .await?;
    StorageError::check_rows(expected, posted.rows_affected())
}

/// Returns what those who have missed the deadline, revoked at `now`, were committed, piece by piece.
///
/// # Errors
/// [`StorageError`].
pub async fn returns_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    to: RevokedFunds,
    now: Timestamp,
) -> Result<(), StorageError> {
    let pairs = [
        (TransferReason::TrainingCommitment, TransferReason::TrainingReturn),
        (TransferReason::IncentiveCommitment, TransferReason::IncentiveReturn),
        (TransferReason::SurveyCommitment, TransferReason::SurveyReturn),
    ];
    for (committed, returned) in pairs {
        let (debit, credit) = returned.accounts(to);
        sqlx::query(
            "INSERT INTO transfers (posted_at, amount_rupiah, person_id, reason, debit, credit, wave,
                                    number)
             SELECT $1, t.amount_rupiah, t.person_id, $2::transfer_reason, $3::ledger_account,
                    $4::ledger_account, t.wave, 1
             FROM beneficiaries b
             JOIN transfers t ON t.wave = $5 AND t.person_id = b.person_id
                             AND t.reason = $6::transfer_reason
             WHERE b.wave = $5 AND b.revoked_at = $1
               AND b.revocation = 'purchase_deadline_missed'",
        )
        .bind(now.to_offset())
        .bind(returned.name())
        .bind(debit.name())
        .bind(credit.name())
        .bind(wave_key(wave))
        .bind(committed.name())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// The number of a wave's next transfer of this shared reason.
///
/// # Errors
/// [`StorageError`].
pub async fn next_number(
    conn: &mut PgConnection,
    wave: WaveNumber,
    reason: TransferReason,
) -> Result<i16, StorageError> {
    let next: i32 = sqlx::query_scalar(
        "SELECT coalesce(max(number), 0) + 1 FROM transfers
         WHERE wave = $1 AND person_id = $2 AND reason = $3::transfer_reason",
    )
    .bind(wave_key(wave))
    .bind(Uuid::nil())
    .bind(reason.name())
    .fetch_one(conn)
    .await?;
    let full = StorageError::Inconsistency { table: "transfers", column: "number" };
    i16::try_from(next).map_err(|_| full)
}

/// What stands in a wave's programme fund.
///
/// # Errors
/// [`StorageError`]; a negative fund is an inconsistency.
pub async fn fund_balance(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Rupiah, StorageError> {
    let row = sqlx::query(
        "SELECT coalesce(sum(CASE WHEN credit = 'programme_fund' THEN amount_rupiah
                                  ELSE -amount_rupiah END), 0)::bigint
         FROM transfers
         WHERE wave = $1 AND (debit = 'programme_fund' OR credit = 'programme_fund')",
    )
    .bind(wave_key(wave))
    .fetch_one(conn)
    .await?;
    Rupiah::new(row.try_get(0)?)
        .map_err(|_| StorageError::Inconsistency { table: "transfers", column: "amount_rupiah" })
}
