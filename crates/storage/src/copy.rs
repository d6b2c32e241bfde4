//! Bulk rows in PostgreSQL's binary COPY format, both ways.
//!
//! One encoder and one decoder for the few column types the schema uses. Source: PostgreSQL
//! documentation, COPY, "Binary Format"; times count microseconds from 2000-01-01T00:00:00Z.

use domain::ids::PersonId;
use domain::time::Timestamp;
use futures_util::TryStreamExt as _;
use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;

use crate::error::StorageError;

/// What every binary COPY begins with: signature, no flags, no header extension.
const HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// 2000-01-01T00:00:00Z in Unix microseconds.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;
/// Julian day of 2000-01-01.
const POSTGRES_EPOCH_JULIAN_DAY: i32 = 2_451_545;
/// Bytes sent at once: large enough to amortise the call, small enough to stay in the cache.
const SEND_BYTES: usize = 256 * 1024;

/// Rows on their way into a table.
pub struct CopyRows {
    bytes: Vec<u8>,
    columns: i16,
    rows: u64,
}

/// How many rows, never what they say: some are about persons.
impl std::fmt::Debug for CopyRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CopyRows({} rows of {} columns)", self.rows, self.columns)
    }
}

impl CopyRows {
    /// An empty batch of rows of so many columns.
    pub fn new(columns: i16) -> Self {
        Self { bytes: HEADER.to_vec(), columns, rows: 0 }
    }

    /// Begins a row; exactly the stated number of columns must follow.
    pub fn row(&mut self) -> &mut Self {
        self.rows = self.rows.saturating_add(1);
        self.bytes.extend_from_slice(&self.columns.to_be_bytes());
        self
    }

    fn field(&mut self, value: &[u8]) -> &mut Self {
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
        self
    }

    /// A NULL of any type.
    pub fn null(&mut self) -> &mut Self {
        self.bytes.extend_from_slice(&(-1i32).to_be_bytes());
        self
    }

    /// A `smallint`.
    pub fn i16(&mut self, value: i16) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    /// An `integer`.
    pub fn i32(&mut self, value: i32) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    /// A `bigint`.
    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    /// A `boolean`.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.field(&[u8::from(value)])
    }

    /// A `uuid`.
    pub fn uuid(&mut self, value: Uuid) -> &mut Self {
        self.field(value.as_bytes())
    }

    /// A `bytea`.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.field(value)
    }

    /// A `text`, or the label of an enum.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.field(value.as_bytes())
    }

    /// A `timestamptz`.
    pub fn timestamp(&mut self, value: Timestamp) -> &mut Self {
        self.i64(value.micros().saturating_sub(POSTGRES_EPOCH_MICROS))
    }

    /// A `date`.
    pub fn date(&mut self, value: Date) -> &mut Self {
        self.i32(value.to_julian_day().saturating_sub(POSTGRES_EPOCH_JULIAN_DAY))
    }

    /// How many rows are waiting.
    pub fn len(&self) -> u64 {
        self.rows
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Appends the rows of another batch of the same shape.
    pub fn append(&mut self, other: &Self) {
        debug_assert_eq!(self.columns, other.columns, "batches of one table have one shape");
        self.rows = self.rows.saturating_add(other.rows);
        self.bytes.extend_from_slice(other.bytes.get(HEADER.len()..).unwrap_or_default());
    }

    /// Sends all rows with a `COPY … FROM STDIN (FORMAT binary)` statement.
    ///
    /// # Errors
    /// [`StorageError`] from the server, or if it took another number of rows than were sent.
    pub async fn send(
        mut self,
        conn: &mut PgConnection,
        statement: &str,
    ) -> Result<(), StorageError> {
        if self.is_empty() {
            return Ok(());
        }
        self.bytes.extend_from_slice(&(-1i16).to_be_bytes());
        let mut copy = conn.copy_in_raw(statement).await?;
        for part in self.bytes.chunks(SEND_BYTES) {
            copy.send(part).await?;
        }
        let taken = copy.finish().await?;
        StorageError::check_rows(self.rows, taken)
    }
}

/// Reads the fields of one row in order.
pub struct CopyFields<'row> {
    rest: &'row [u8],
}

impl std::fmt::Debug for CopyFields<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CopyFields({} bytes left)", self.rest.len())
    }
}

/// The stream is not what the statement promised.
const SHORT: StorageError = StorageError::CopyFormat;

#[expect(
    clippy::missing_errors_doc,
    reason = "every reader fails alike: CopyFormat if the field is missing, NULL or of another size"
)]
impl<'row> CopyFields<'row> {
    fn take(&mut self, length: usize) -> Result<&'row [u8], StorageError> {
        let (head, rest) = self.rest.split_at_checked(length).ok_or(SHORT)?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StorageError> {
        self.take(N)?.try_into().map_err(|_| SHORT)
    }

    /// The raw bytes of the next field, `None` for NULL.
    pub fn optional_bytes(&mut self) -> Result<Option<&'row [u8]>, StorageError> {
        let length = i32::from_be_bytes(self.array()?);
        usize::try_from(length).ok().map(|length| self.take(length)).transpose()
    }

    /// The raw bytes of the next field.
    pub fn bytes(&mut self) -> Result<&'row [u8], StorageError> {
        self.optional_bytes()?.ok_or(SHORT)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], StorageError> {
        self.bytes()?.try_into().map_err(|_| SHORT)
    }

    /// A `bytea` of a known length.
    pub fn byte_array<const N: usize>(&mut self) -> Result<[u8; N], StorageError> {
        self.fixed()
    }

    /// A `smallint`.
    pub fn i16(&mut self) -> Result<i16, StorageError> {
        self.fixed().map(i16::from_be_bytes)
    }

    /// An `integer`.
    pub fn i32(&mut self) -> Result<i32, StorageError> {
        self.fixed().map(i32::from_be_bytes)
    }

    /// A `bigint`.
    pub fn i64(&mut self) -> Result<i64, StorageError> {
        self.fixed().map(i64::from_be_bytes)
    }

    /// A `boolean`.
    pub fn bool(&mut self) -> Result<bool, StorageError> {
        self.fixed().map(|[byte]: [u8; 1]| byte != 0)
    }

    /// A `uuid`.
    pub fn uuid(&mut self) -> Result<Uuid, StorageError> {
        self.fixed().map(Uuid::from_bytes)
    }

    /// A `timestamptz`.
    pub fn timestamp(&mut self) -> Result<Timestamp, StorageError> {
        let micros = self.i64()?;
        Ok(Timestamp::from_micros(micros.saturating_add(POSTGRES_EPOCH_MICROS)))
    }

    /// A `text` or the label of an enum.
    pub fn text(&mut self) -> Result<&'row str, StorageError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| SHORT)
    }
}

/// Runs a `COPY (…) TO STDOUT (FORMAT binary)` statement of one column of person ids.
///
/// # Errors
/// As [`copy_out`].
pub(crate) async fn copy_out_persons(
    conn: &mut PgConnection,
    statement: &str,
) -> Result<Vec<PersonId>, StorageError> {
    let mut persons = Vec::new();
    copy_out(conn, statement, |fields| {
        persons.push(PersonId::from_uuid(fields.uuid()?));
        Ok(())
    })
    .await?;
    Ok(persons)
}

/// Runs a `COPY (…) TO STDOUT (FORMAT binary)` statement and hands over each row, which must be read
/// whole.
///
/// # Errors
/// [`StorageError`] from the server, from a row that is not in the stated form, or from `each`.
pub async fn copy_out(
    conn: &mut PgConnection,
    statement: &str,
    mut each: impl FnMut(&mut CopyFields<'_>) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    let mut messages = conn.copy_out_raw(statement).await?;
    let mut header = HEADER.len();
    let mut outcome = Ok(());
    // After a failure the rest is read all the same: left behind, it would be taken for the answer to
    // the connection's next statement.
    while let Some(message) = messages.try_next().await? {
        if outcome.is_ok() {
            outcome = read_message(&message, header, &mut each);
        }
        header = 0;
    }
    outcome
}

/// Reads one message: a row, or the mark behind the last. The first also carries the header.
fn read_message(
    message: &[u8],
    header: usize,
    each: &mut impl FnMut(&mut CopyFields<'_>) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    let mut fields = CopyFields { rest: message.get(header..).ok_or(SHORT)? };
    let columns = i16::from_be_bytes(fields.array()?);
    if columns >= 0 {
        each(&mut fields)?;
    }
    if fields.rest.is_empty() { Ok(()) } else { Err(SHORT) }
}
