//! Decrees, beneficiaries, places of households, purchases and revocations, in bulk.

use std::collections::BTreeMap;

use domain::ids::{DecreeId, PersonId};
use domain::region::RegionCode;
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use time::Date;
use uuid::Uuid;

use crate::convert::{count, region_code, region_key, wave_key};
use crate::copy::{CopyRows, copy_out_persons};
use crate::error::StorageError;

/// A decree to be added.
#[derive(Clone, Debug)]
pub struct NewDecree {
    /// Id, made by the caller.
    pub decree_id: DecreeId,
    /// Number as printed.
    pub number: String,
    /// Wave.
    pub wave: WaveNumber,
    /// Jakarta day of the signature.
    pub signed_on: Date,
    /// Instant of the signature.
    pub signed_at: Timestamp,
    /// Persons named.
    pub appointments: usize,
    /// Amount committed to all of them.
    pub amount: Rupiah,
    /// Digest of the draw's result.
    pub result_digest: Vec<u8>,
}

/// Adds a decree.
///
/// # Errors
/// [`StorageError::Conflict`] on `decrees_wave_key` if the wave has one.
pub async fn decree_insert(
    conn: &mut PgConnection,
    decree: &NewDecree,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO decrees (decree_id, number, wave, signed_on, signed_at, appointments, amount_rupiah,
                              result_digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(decree.decree_id.uuid())
    .bind(&decree.number)
    .bind(wave_key(decree.wave))
    .bind(decree.signed_on)
    .bind(decree.signed_at.to_offset())
    .bind(i32::try_from(decree.appointments).unwrap_or(i32::MAX))
    .bind(decree.amount.get())
    .bind(&decree.result_digest)
    .execute(conn)
    .await?;
    Ok(())
}

/// Rows of an appointment: beneficiaries and the places they take.
#[derive(Debug)]
pub struct AppointmentRows {
    beneficiaries: CopyRows,
    slots: CopyRows,
    wave: i16,
    appointed_at: Timestamp,
    due_at: Timestamp,
    cap: Option<u8>,
}

impl AppointmentRows {
    /// An empty batch of one wave, with what all its grants share.
    pub fn new(
        wave: WaveNumber,
        appointed_at: Timestamp,
        due_at: Timestamp,
        cap: Option<u8>,
    ) -> Self {
        Self {
            beneficiaries: CopyRows::new(6),
            slots: CopyRows::new(5),
            wave: wave_key(wave),
            appointed_at,
            due_at,
            cap,
        }
    }

    /// Adds a beneficiary with card number and place of the family card.
    pub fn push(
        &mut self,
        person: PersonId,
        region: RegionCode,
        card_number: i64,
        kk_index: Uuid,
        slot: u8,
    ) {
        self.beneficiaries
            .row()
            .uuid(person.uuid())
            .i64(card_number)
            .timestamp(self.appointed_at)
            .timestamp(self.due_at)
            .i16(self.wave)
            .i16(region_key(region));
        self.slots.row().uuid(kk_index).uuid(person.uuid()).i16(self.wave).i16(i16::from(slot));
        match self.cap {
            Some(cap) => self.slots.i16(i16::from(cap)),
            None => self.slots.null(),
        };
    }

    /// Writes them all.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] if someone has a live grant, or a card's place is taken.
    pub async fn insert(self, conn: &mut PgConnection) -> Result<(), StorageError> {
        self.slots
            .send(
                conn,
                "COPY household_slots (kk_index, person_id, wave, slot, cap) FROM STDIN (FORMAT binary)",
            )
            .await?;
        self.beneficiaries
            .send(
                conn,
                "COPY beneficiaries (person_id, card_number, appointed_at, purchase_due_at, wave, region)
                 FROM STDIN (FORMAT binary)",
            )
            .await
    }
}

/// Taken places of the family cards of a wave's selected members.
///
/// # Errors
/// [`StorageError`].
pub async fn slots_of_selected(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<BTreeMap<Uuid, Vec<u8>>, StorageError> {
    let rows = sqlx::query(
        "SELECT s.kk_index, s.slot
         FROM household_slots s
         WHERE s.kk_index IN (
             SELECT m.kk_index
             FROM decisions d JOIN memberships m ON m.wave = d.wave AND m.person_id = d.person_id
             WHERE d.wave = $1 AND m.wave = $1 AND d.outcome = 'selected'
         )",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    let mut slots: BTreeMap<Uuid, Vec<u8>> = BTreeMap::new();
    for row in &rows {
        let slot = u8::try_from(row.try_get::<i16, _>(1)?).unwrap_or(u8::MAX);
        slots.entry(row.try_get(0)?).or_default().push(slot);
    }
    Ok(slots)
}

/// The beneficiaries of a wave by person.
///
/// # Errors
/// [`StorageError`].
pub async fn beneficiaries_of_wave(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<PersonId>, StorageError> {
    let statement = format!(
        "COPY (SELECT person_id FROM beneficiaries WHERE wave = {} ORDER BY person_id)
         TO STDOUT (FORMAT binary)",
        wave_key(wave)
    );
    copy_out_persons(conn, &statement).await
}

/// A purchase that wants to be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurchaseRequest {
    /// Who bought.
    pub person_id: PersonId,
    /// Price.
    pub price: Rupiah,
    /// When it was paid.
    pub paid_at: Timestamp,
}

/// A purchase with what it is decided on.
#[derive(Clone, Copy, Debug)]
pub struct PurchaseRecord {
    /// The request.
    pub request: PurchaseRequest,
    /// Exclusive deadline.
    pub due_at: Timestamp,
    /// First purchase, if made.
    pub activated_at: Option<Timestamp>,
    /// Revocation, if any.
    pub revoked_at: Option<Timestamp>,
}

/// Reads what first purchases of a wave's beneficiaries are decided on, request by request, locking their
/// rows in order of person. Persons without a grant of this wave are left out.
///
/// # Errors
/// [`StorageError`].
pub async fn purchase_records(
    conn: &mut PgConnection,
    wave: WaveNumber,
    requests: &[PurchaseRequest],
) -> Result<Vec<PurchaseRecord>, StorageError> {
    let ids: Vec<Uuid> = requests.iter().map(|request| request.person_id.uuid()).collect();
    let rows = sqlx::query(
        "SELECT person_id, purchase_due_at, activated_at, revoked_at
         FROM beneficiaries
         WHERE wave = $1 AND person_id IN (SELECT unnest($2::uuid[]))
         ORDER BY person_id
         FOR UPDATE",
    )
    .bind(wave_key(wave))
    .bind(ids)
    // As in `persons::niks_find`; so below.
    .persistent(false)
    .fetch_all(conn)
    .await?;
    let grants: BTreeMap<PersonId, &PgRow> = rows
        .iter()
        .map(|row| Ok((PersonId::from_uuid(row.try_get(0)?), row)))
        .collect::<Result<_, sqlx::Error>>()?;
    let mut records = Vec::with_capacity(requests.len());
    for request in requests {
        let Some(row) = grants.get(&request.person_id) else { continue };
        records.push(PurchaseRecord {
            request: *request,
            due_at: Timestamp::from_offset(row.try_get(1)?),
            activated_at: row.try_get::<Option<_>, _>(2)?.map(Timestamp::from_offset),
            revoked_at: row.try_get::<Option<_>, _>(3)?.map(Timestamp::from_offset),
        });
    }
    Ok(records)
}

/// Records first purchases that the rules have allowed: orders, states, and the money's way.
///
/// # Errors
/// [`StorageError`].
pub async fn purchases_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    purchases: &[PurchaseRequest],
) -> Result<(), StorageError> {
    let mut orders = CopyRows::new(5);
    for purchase in purchases {
        orders
            .row()
            .uuid(purchase.person_id.uuid())
            .timestamp(purchase.paid_at)
            .i64(purchase.price.get())
            .i16(wave_key(wave))
            .i16(1);
    }
    let expected = orders.len();
    orders
        .send(
            conn,
            "COPY training_orders (person_id, paid_at, price_rupiah, wave, order_no)
             FROM STDIN (FORMAT binary)",
        )
        .await?;
    let ids: Vec<Uuid> = purchases.iter().map(|purchase| purchase.person_id.uuid()).collect();
    let activated = sqlx::query(
        "UPDATE beneficiaries b SET state = 'active', activated_at = o.paid_at
         FROM training_orders o
         WHERE b.wave = $1 AND b.person_id IN (SELECT unnest($2::uuid[])) AND b.state = 'appointed'
           AND o.wave = $1 AND o.person_id = b.person_id AND o.order_no = 1",
    )
    .bind(wave_key(wave))
    .bind(&ids)
    .persistent(false)
    .execute(&mut *conn)
    .await?;
    StorageError::check_rows(expected, activated.rows_affected())?;
    let posted = sqlx::query(
        "INSERT INTO transfers (posted_at, amount_rupiah, person_id, reason, debit, credit, wave, number)
         SELECT paid_at, price_rupiah, person_id, 'purchase', 'training_balance', 'platform_payable', wave,
                order_no
         FROM training_orders
         WHERE wave = $1 AND person_id IN (SELECT unnest($2::uuid[])) AND order_no = 1",
    )
    .bind(wave_key(wave))
    .bind(&ids)
    .persistent(false)
    .execute(conn)
    .await?;
    StorageError::check_rows(expected, posted.rows_affected())
}

/// Revokes every beneficiary of a wave whose deadline has passed at `now` without a purchase, frees
/// their household places if `free_slots`, and gives the counts by region. The set form of
/// `BeneficiaryState::miss_deadline`.
///
/// # Errors
/// [`StorageError`].
pub async fn due_revoke(
    conn: &mut PgConnection,
    wave: WaveNumber,
    now: Timestamp,
    free_slots: bool,
) -> Result<BTreeMap<RegionCode, u32>, StorageError> {
    let rows = sqlx::query(
        "WITH due AS (
             SELECT person_id FROM beneficiaries
             WHERE wave = $1 AND state = 'appointed' AND purchase_due_at <= $2
             ORDER BY person_id
             FOR UPDATE
         ), revoked AS (
             UPDATE beneficiaries b
             SET state = 'revoked', revoked_at = $2, revocation = 'purchase_deadline_missed'
             FROM due WHERE b.wave = $1 AND b.person_id = due.person_id
             RETURNING b.region, b.person_id
         ), freed AS (
             DELETE FROM household_slots s USING due WHERE $3 AND s.person_id = due.person_id
         )
         SELECT region, count(*) FROM revoked GROUP BY region",
    )
    .bind(wave_key(wave))
    .bind(now.to_offset())
    .bind(free_slots)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let number = u32::try_from(count(row.try_get(1)?)).unwrap_or(u32::MAX);
            Ok((region_code(row.try_get(0)?)?, number))
        })
        .collect()
}

/// How many beneficiaries of a wave still have a running deadline.
///
/// # Errors
/// [`StorageError`].
pub async fn pending_count(conn: &mut PgConnection, wave: WaveNumber) -> Result<u64, StorageError> {
    let pending: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM beneficiaries WHERE wave = $1 AND state = 'appointed'",
    )
    .bind(wave_key(wave))
    .fetch_one(conn)
    .await?;
    Ok(count(pending))
}
