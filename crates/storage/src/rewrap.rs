//! What lies under the wrapping key, and bringing it under another one.
//!
//! Everything sealed directly under the ring is listed here; a test holds the list against the columns of
//! the schema. Only with the owner's rights and the database to oneself: see
//! [`crate::database::connect_alone`].

use domain::ids::AccountId;
use rand_core::Rng;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::complaints::complaint_text_owner;
use crate::error::StorageError;
use crate::secrets::secret_owner;
use crate::vault::{KeyRing, contact_owner};

/// Columns that hold something wrapped, as `table.column`.
pub const WRAPPED_COLUMNS: [&str; 6] = [
    "account_contacts.wrapped_key",
    "account_secrets.wrapped_key",
    "complaint_texts.wrapped_key",
    "import_chunks.sealed",
    "person_identities.wrapped_key",
    "waves.draw_key",
];

/// Keys of persons or accounts in one transaction.
const BATCH: i64 = 10_000;

/// How many values were brought under the present key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Keys of persons.
    pub persons: u64,
    /// Keys of accounts' addresses.
    pub accounts: u64,
    /// Keys of what accounts have given.
    pub secrets: u64,
    /// Keys of complaints and their answers.
    pub complaints: u64,
    /// Draw keys of waves.
    pub waves: u64,
    /// Chunks of unfinished imports.
    pub chunks: u64,
}

/// Brings everything under the ring's present key, in transactions of a bounded size; `progress` is told of
/// the persons behind it. Called again after a kill, it goes on.
///
/// # Errors
/// [`StorageError::Unsealable`] if a value lies under neither key of the ring.
pub async fn rewrap_all(
    conn: &mut PgConnection,
    keys: &KeyRing,
    rng: &mut (dyn Rng + Send),
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Rewrapped, StorageError> {
    let waves = rewrap_waves(conn, keys, rng).await?;
    let chunks = rewrap_chunks(conn, keys, rng).await?;
    let accounts = rewrap_keyed(conn, keys, rng, &ACCOUNTS, &|_| {}).await?;
    let secrets = rewrap_keyed(conn, keys, rng, &SECRETS, &|_| {}).await?;
    let complaints = rewrap_keyed(conn, keys, rng, &COMPLAINTS, &|_| {}).await?;
    let persons = rewrap_keyed(conn, keys, rng, &PERSONS, progress).await?;
    Ok(Rewrapped { persons, accounts, secrets, complaints, waves, chunks })
}

/// A table in which each row has a wrapped key of its own.
struct Keyed {
    /// The next rows after an id: id and wrapped key.
    select: &'static str,
    /// Writes wrapped keys by id.
    update: &'static str,
    /// To whom the key of an id belongs.
    owner: fn(Uuid) -> Vec<u8>,
}

const PERSONS: Keyed = Keyed {
    select: "SELECT person_id, wrapped_key
             FROM person_identities
             WHERE person_id > $1 AND wrapped_key IS NOT NULL
             ORDER BY person_id
             LIMIT $2
             FOR UPDATE",
    update: "UPDATE person_identities identity
             SET wrapped_key = new.wrapped_key
             FROM unnest($1::uuid[], $2::bytea[]) AS new (person_id, wrapped_key)
             WHERE identity.person_id = new.person_id",
    owner: |person| person.as_bytes().to_vec(),
};

const ACCOUNTS: Keyed = Keyed {
    select: "SELECT account_id, wrapped_key
             FROM account_contacts
             WHERE account_id > $1
             ORDER BY account_id
             LIMIT $2
             FOR UPDATE",
    update: "UPDATE account_contacts contact
             SET wrapped_key = new.wrapped_key
             FROM unnest($1::uuid[], $2::bytea[]) AS new (account_id, wrapped_key)
             WHERE contact.account_id = new.account_id",
    owner: |account| contact_owner(AccountId::from_uuid(account)),
};

const SECRETS: Keyed = Keyed {
    select: "SELECT secret_id, wrapped_key
             FROM account_secrets
             WHERE secret_id > $1
             ORDER BY secret_id
             LIMIT $2
             FOR UPDATE",
    update: "UPDATE account_secrets secret
             SET wrapped_key = new.wrapped_key
             FROM unnest($1::uuid[], $2::bytea[]) AS new (secret_id, wrapped_key)
             WHERE secret.secret_id = new.secret_id",
    owner: secret_owner,
};

const COMPLAINTS: Keyed = Keyed {
    select: "SELECT text_id, wrapped_key
             FROM complaint_texts
             WHERE text_id > $1
             ORDER BY text_id
             LIMIT $2
             FOR UPDATE",
    update: "UPDATE complaint_texts text
             SET wrapped_key = new.wrapped_key
             FROM unnest($1::uuid[], $2::bytea[]) AS new (text_id, wrapped_key)
             WHERE text.text_id = new.text_id",
    owner: complaint_text_owner,
};

/// Brings the keys of a table under the present one, batch by batch; gives how many were not yet.
async fn rewrap_keyed(
    conn: &mut PgConnection,
    keys: &KeyRing,
    rng: &mut (dyn Rng + Send),
    table: &Keyed,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<u64, StorageError> {
    let (mut rewrapped, mut seen, mut after) = (0u64, 0u64, Uuid::nil());
    while let Some(batch) = rewrap_batch(conn, keys, rng, table, after).await? {
        after = batch.last;
        seen = seen.saturating_add(batch.seen);
        rewrapped = rewrapped.saturating_add(batch.rewrapped);
        progress(seen);
    }
    Ok(rewrapped)
}

fn nonce(rng: &mut (dyn Rng + Send)) -> [u8; 24] {
    let mut nonce = [0; 24];
    rng.fill_bytes(&mut nonce);
    nonce
}

struct Batch {
    last: Uuid,
    seen: u64,
    rewrapped: u64,
}

/// The next rows in the order of their ids; `None` behind the last one.
async fn rewrap_batch(
    conn: &mut PgConnection,
    keys: &KeyRing,
    rng: &mut (dyn Rng + Send),
    table: &Keyed,
    after: Uuid,
) -> Result<Option<Batch>, StorageError> {
    let mut tx = conn.begin().await?;
    let rows: Vec<(Uuid, Vec<u8>)> =
        sqlx::query_as(table.select).bind(after).bind(BATCH).fetch_all(&mut *tx).await?;
    let Some((last, _)) = rows.last() else { return Ok(None) };
    let (last, seen) = (*last, rows.len() as u64);
    let (mut ids, mut wrapped) = (Vec::new(), Vec::new());
    for (id, old) in &rows {
        if let Some(new) = keys.rewrap(&(table.owner)(*id), old, nonce(rng))? {
            ids.push(*id);
            wrapped.push(new);
        }
    }
    let updated = sqlx::query(table.update).bind(&ids).bind(&wrapped).execute(&mut *tx).await?;
    StorageError::check_rows(ids.len() as u64, updated.rows_affected())?;
    tx.commit().await?;
    Ok(Some(Batch { last, seen, rewrapped: ids.len() as u64 }))
}

/// To whom a wave's draw key belongs in its sealed form.
pub fn draw_key_owner(wave: domain::wave::WaveNumber) -> [u8; 6] {
    let [high, low] = wave.get().to_be_bytes();
    [b'd', b'r', b'a', b'w', high, low]
}

/// To which chunk of which import a sealed text belongs.
pub fn chunk_owner(import_id: Uuid, chunk: u32) -> Vec<u8> {
    [b"import".as_slice(), import_id.as_bytes(), &chunk.to_be_bytes()].concat()
}

async fn rewrap_waves(
    conn: &mut PgConnection,
    keys: &KeyRing,
    rng: &mut (dyn Rng + Send),
) -> Result<u64, StorageError> {
    let mut tx = conn.begin().await?;
    let rows: Vec<(i16, Vec<u8>)> =
        sqlx::query_as("SELECT wave, draw_key FROM waves ORDER BY wave FOR UPDATE")
            .fetch_all(&mut *tx)
            .await?;
    let mut rewrapped = 0u64;
    for (number, old) in rows {
        let wave = crate::convert::wave_number(number)?;
        if let Some(new) = keys.rewrap(&draw_key_owner(wave), &old, nonce(rng))? {
            sqlx::query("UPDATE waves SET draw_key = $2 WHERE wave = $1")
                .bind(number)
                .bind(new)
                .execute(&mut *tx)
                .await?;
            rewrapped = rewrapped.saturating_add(1);
        }
    }
    tx.commit().await?;
    Ok(rewrapped)
}

/// A chunk has some megabytes, so each is a transaction of its own.
async fn rewrap_chunks(
    conn: &mut PgConnection,
    keys: &KeyRing,
    rng: &mut (dyn Rng + Send),
) -> Result<u64, StorageError> {
    let chunks: Vec<(Uuid, i32)> =
        sqlx::query_as("SELECT import_id, chunk FROM import_chunks ORDER BY import_id, chunk")
            .fetch_all(&mut *conn)
            .await?;
    let mut rewrapped = 0u64;
    for (import_id, chunk) in chunks {
        let mut tx = conn.begin().await?;
        let old: Vec<u8> = sqlx::query_scalar(
            "SELECT sealed FROM import_chunks WHERE import_id = $1 AND chunk = $2 FOR UPDATE",
        )
        .bind(import_id)
        .bind(chunk)
        .fetch_one(&mut *tx)
        .await?;
        let owner = chunk_owner(import_id, chunk.unsigned_abs());
        if let Some(new) = keys.rewrap(&owner, &old, nonce(rng))? {
            sqlx::query("UPDATE import_chunks SET sealed = $3 WHERE import_id = $1 AND chunk = $2")
                .bind(import_id)
                .bind(chunk)
                .bind(new)
                .execute(&mut *tx)
                .await?;
            rewrapped = rewrapped.saturating_add(1);
        }
        tx.commit().await?;
    }
    Ok(rewrapped)
}
