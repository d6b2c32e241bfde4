//! Grants of one person, and their loss for cause.

use domain::beneficiary::{BeneficiaryState, RevocationCause, RevocationReason};
use domain::ids::PersonId;
use domain::ledger::TransferReason;
use domain::policy::{Named as _, RevokedFunds};
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use crate::convert::{region_code, wave_key, wave_number};
use crate::error::StorageError;

/// The wave of a person's newest grant.
///
/// # Errors
/// [`StorageError`].
pub async fn newest_grant_find(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Option<WaveNumber>, StorageError> {
    let wave: Option<i16> = sqlx::query_scalar(
        "SELECT wave FROM beneficiaries WHERE person_id = $1 ORDER BY wave DESC LIMIT 1",
    )
    .bind(person.uuid())
    .fetch_optional(conn)
    .await?;
    wave.map(wave_number).transpose()
}

/// A grant as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Regency whose seat it has.
    pub region: RegionCode,
    /// What has become of it.
    pub state: BeneficiaryState,
}

/// Takes the row of a grant; `None` if there is none.
///
/// # Errors
/// [`StorageError`].
pub async fn grant_lock(
    conn: &mut PgConnection,
    wave: WaveNumber,
    person: PersonId,
) -> Result<Option<Grant>, StorageError> {
    let row = sqlx::query(
        "SELECT region, purchase_due_at, activated_at, revoked_at, revocation::text
         FROM beneficiaries WHERE wave = $1 AND person_id = $2
         FOR UPDATE",
    )
    .bind(wave_key(wave))
    .bind(person.uuid())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let state = grant_state(&row, 1)?;
    Ok(Some(Grant { region: region_code(row.try_get(0)?)?, state }))
}

/// The state of a grant by its columns `purchase_due_at`, `activated_at`, `revoked_at` and `revocation`, which stand
/// from place `first` on.
pub(crate) fn grant_state(row: &PgRow, first: usize) -> Result<BeneficiaryState, StorageError> {
    let instant = |place: usize| -> Result<Option<Timestamp>, StorageError> {
        let at = row.try_get::<Option<_>, _>(first.saturating_add(place))?;
        Ok(at.map(Timestamp::from_offset))
    };
    let broken = |column| StorageError::Inconsistency { table: "beneficiaries", column };
    if let Some(revoked_at) = instant(2)? {
        let code: Option<&str> = row.try_get(first.saturating_add(3))?;
        let reason = code.and_then(RevocationReason::from_code);
        let reason = reason.ok_or(broken("revocation"))?;
        return Ok(BeneficiaryState::Revoked { revoked_at, reason });
    }
    if let Some(activated_at) = instant(1)? {
        return Ok(BeneficiaryState::Active { activated_at });
    }
    let due_at = instant(0)?.ok_or(broken("purchase_due_at"))?;
    Ok(BeneficiaryState::Appointed { due_at })
}

/// Revokes a grant that stands, and frees its place of the family card if `frees_place`.
///
/// # Errors
/// [`StorageError::RowsAffected`] unless exactly one grant stood.
pub async fn grant_revoke(
    conn: &mut PgConnection,
    (wave, person): (WaveNumber, PersonId),
    cause: RevocationCause,
    frees_place: bool,
    now: Timestamp,
) -> Result<(), StorageError> {
    let revoked = sqlx::query(
        "UPDATE beneficiaries
         SET state = 'revoked', revoked_at = $3, revocation = $4::revocation_reason
         WHERE wave = $1 AND person_id = $2 AND revoked_at IS NULL",
    )
    .bind(wave_key(wave))
    .bind(person.uuid())
    .bind(now.to_offset())
    .bind(cause.name())
    .execute(&mut *conn)
    .await?;
    StorageError::check_rows(1, revoked.rows_affected())?;
    if frees_place {
        let freed = sqlx::query("DELETE FROM household_slots WHERE wave = $1 AND person_id = $2")
            .bind(wave_key(wave))
            .bind(person.uuid())
            .execute(conn)
            .await?;
        StorageError::check_rows(1, freed.rows_affected())?;
    }
    Ok(())
}

/// Returns what a grant was committed and has not spent, piece by piece. What is spent stays spent.
///
/// # Errors
/// [`StorageError`].
pub async fn unspent_return(
    conn: &mut PgConnection,
    (wave, person): (WaveNumber, PersonId),
    to: RevokedFunds,
    now: Timestamp,
) -> Result<(), StorageError> {
    for reason in [
        TransferReason::TrainingReturn,
        TransferReason::IncentiveReturn,
        TransferReason::SurveyReturn,
    ] {
        let (debit, credit) = reason.accounts(to);
        sqlx::query(
            "INSERT INTO transfers (posted_at, amount_rupiah, person_id, reason, debit, credit, wave, number)
             SELECT $1, -sum(amount_rupiah)::bigint, person_id, $2::transfer_reason, account,
                    $4::ledger_account, wave, 1
             FROM entries
             WHERE wave = $5 AND person_id = $6 AND account = $3::ledger_account
             GROUP BY wave, person_id, account
             HAVING sum(amount_rupiah) < 0",
        )
        .bind(now.to_offset())
        .bind(reason.name())
        .bind(debit.name())
        .bind(credit.name())
        .bind(wave_key(wave))
        .bind(person.uuid())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
