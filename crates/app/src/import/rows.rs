//! What the three kinds of rows have in common: read, checked, staged, applied.

use sqlx::PgConnection;
use storage::error::StorageError;
use storage::imports::{ImportFault, OnceOnly};
use storage::vault::KeyRing;
use uuid::Uuid;

use super::cells::Cells;
use super::refusal::ImportRefusal;
use crate::act::{Act, ActError};

/// A row with its place in the file.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    /// Number, from 1.
    pub(super) row: u64,
    /// Line on which it begins, from 1.
    pub(super) line: u64,
    /// What it says.
    pub(super) value: T,
}

impl<T> Placed<T> {
    /// A fault of this row.
    pub(super) fn fault(
        &self,
        column: &'static str,
        rule: impl Into<String>,
        text: impl Into<String>,
    ) -> ImportFault {
        ImportFault { row: self.row, line: self.line, column, rule: rule.into(), text: text.into() }
    }
}

/// What a check found about a chunk.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// Rows that the use case would refuse, in the order of the rows.
    pub(super) faults: Vec<ImportFault>,
    /// Rows that say what is known already.
    pub(super) known: u64,
}

/// What applying a chunk came to.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Rows that changed something.
    pub(super) done: u64,
    /// Rows that said what is known already.
    pub(super) known: u64,
    /// Rows that were refused now, though the check had found nothing.
    pub(super) faults: Vec<ImportFault>,
}

/// One kind of rows.
pub(super) trait Rows: Copy + Send + Sync + 'static {
    /// What a row says.
    type Row: Send + Sync + 'static;

    /// What may stand once only in a file, and in which column.
    const ONCE: &'static [(OnceOnly, &'static str)];

    /// Reads the cells of a row; notes every bad one.
    fn read(self, keys: &KeyRing, cells: &mut Cells<'_>) -> Option<Self::Row>;

    /// Finds out what the use case would refuse; writes nothing. Rows that cannot even be staged are
    /// taken out.
    async fn check(
        self,
        act: &Act<'_>,
        tx: &mut PgConnection,
        rows: &mut Vec<Placed<Self::Row>>,
    ) -> Result<Checked, ImportRefusal>;

    /// What may stand once only: the key, and the client's id if the file has one.
    fn once(row: &Self::Row) -> (Uuid, Option<Uuid>);

    /// Appends the bytes of a row, to be sealed.
    fn encode(row: &Self::Row, out: &mut Vec<u8>);

    /// The inverse of [`Rows::encode`].
    fn decode(self, bytes: &[u8]) -> Option<Self::Row>;

    /// Applies rows by the use case, within the caller's transaction.
    async fn apply(
        self,
        act: &mut Act<'_>,
        tx: &mut PgConnection,
        rows: Vec<Placed<Self::Row>>,
    ) -> Result<Applied, ActError>;
}

/// Faults of the rows whose person was refused, in the order of the rows.
pub(super) fn faults_of<T, W: Copy>(
    rows: &[Placed<T>],
    refused: Vec<(domain::ids::PersonId, W)>,
    person: impl Fn(&T) -> domain::ids::PersonId,
    told: impl Fn(W) -> (&'static str, String, String),
) -> Vec<ImportFault> {
    let refused: std::collections::BTreeMap<_, _> = refused.into_iter().collect();
    let faults = rows.iter().filter_map(|row| {
        let (column, rule, text) = told(*refused.get(&person(&row.value))?);
        Some(row.fault(column, rule, text))
    });
    faults.collect()
}

/// Bytes of a chunk: each row as number, line, length, and its own bytes.
pub(super) fn encode_chunk<R: Rows>(rows: &[Placed<R::Row>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len().saturating_mul(224));
    let mut body = Vec::new();
    for row in rows {
        body.clear();
        R::encode(&row.value, &mut body);
        out.extend_from_slice(&row.row.to_be_bytes());
        out.extend_from_slice(&row.line.to_be_bytes());
        out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(&body);
    }
    zeroize::Zeroize::zeroize(&mut body);
    out
}

/// The rows of a chunk, their own bytes not read yet.
pub(super) fn split_chunk(mut bytes: &[u8]) -> Result<Vec<Placed<&[u8]>>, StorageError> {
    let mut rows = Vec::new();
    while !bytes.is_empty() {
        let (row, rest) = bytes.split_first_chunk::<8>().ok_or(StorageError::Unsealable)?;
        let (line, rest) = rest.split_first_chunk::<8>().ok_or(StorageError::Unsealable)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(StorageError::Unsealable)?;
        let length = u32::from_be_bytes(*length) as usize;
        let (value, rest) = rest.split_at_checked(length).ok_or(StorageError::Unsealable)?;
        rows.push(Placed { row: u64::from_be_bytes(*row), line: u64::from_be_bytes(*line), value });
        bytes = rest;
    }
    Ok(rows)
}
