//! The first phase: every row is read and checked, the good ones are staged under seal.

use rayon::prelude::*;
use storage::error::StorageError;
use storage::imports::{
    ChunkEnd, ImportFault, ImportRow, NewChunk, chunk_insert, chunks_staged, faults_count,
    faults_insert,
};
use storage::rewrap::chunk_owner;
use storage::vault::KeyRing;
use tokio::sync::mpsc::{Sender, channel};
use zeroize::Zeroize as _;

use super::cells::Cells;
use super::refusal::ImportRefusal;
use super::rows::{Placed, Rows, encode_chunk};
use super::split::{BadRecord, Block, Record, Splitter, cut};
use super::survey::{Survey, reopen};
use super::{CHUNK_ROWS, FAULTS_MAX, ImportJob, Kind, Phase, Progress, request_id};

/// Chunks read ahead of the one that the database takes.
const READ_AHEAD: usize = 2;
/// Rows read as one piece of work.
const ROWS_AT_ONCE: usize = 512;

/// Rows that were read, with their place in the file.
struct ReadChunk<T> {
    first_row: u64,
    end: ChunkEnd,
    lines: Vec<i64>,
    rows: Vec<Placed<T>>,
    faults: Vec<ImportFault>,
}

/// Stages what is not staged yet.
pub(super) async fn stage<R: Rows>(
    job: &ImportJob<'_>,
    import: &ImportRow,
    rows: R,
) -> Result<(), ImportRefusal> {
    let mut tx = job.database.begin().await?;
    let staged = chunks_staged(&mut tx, import.import_id).await?;
    let (mut faults, _) = faults_count(&mut tx, import.import_id).await?;
    drop(tx);
    let (offset, line) = job.survey.first;
    let (mut chunk, from) = staged.unwrap_or((0, ChunkEnd { row: 1, line, offset }));
    let (sender, mut chunks) = channel(READ_AHEAD);
    let reader =
        Reader { survey: job.survey.clone(), kind: job.kind, keys: job.keys.clone(), rows };
    let reading = tokio::task::spawn_blocking(move || reader.read(from, &sender));
    while let Some(read) = chunks.recv().await {
        let end = read.end;
        faults = faults.saturating_add(stage_chunk(job, import, rows, chunk, read).await?);
        chunk = chunk.saturating_add(1);
        (job.progress)(Progress { phase: Phase::Checking, rows: end.row.saturating_sub(1) });
        if faults > FAULTS_MAX as u64 {
            return Err(ImportRefusal::TooManyFaults { limit: FAULTS_MAX, line: end.line });
        }
    }
    reading.await.unwrap_or_else(|error| Err(ImportRefusal::Read(std::io::Error::other(error))))
}

/// Checks and stages a chunk in one transaction; gives the number of its bad cells.
async fn stage_chunk<R: Rows>(
    job: &ImportJob<'_>,
    import: &ImportRow,
    rows: R,
    chunk: u32,
    read: ReadChunk<R::Row>,
) -> Result<u64, ImportRefusal> {
    let ReadChunk { first_row, end, lines, rows: mut good, mut faults } = read;
    let mut rng = (job.rng)();
    let mut nonce = [0; 24];
    rng.fill_bytes(&mut nonce);
    let mut tx = job.database.begin().await?;
    let request_id = request_id(import);
    let act = job.act(&mut *rng, &request_id);
    let checked = rows.check(&act, &mut tx, &mut good).await?;
    let refused = checked.faults.len() as u64;
    let (mut keys, mut client_ids) = (vec![None; lines.len()], Vec::new());
    for row in &good {
        let place = usize::try_from(row.row.saturating_sub(first_row)).unwrap_or(usize::MAX);
        let (key, client_id) = R::once(&row.value);
        if let Some(slot) = keys.get_mut(place) {
            *slot = Some(key);
        }
        if client_id.is_some() {
            client_ids.resize(lines.len(), None);
            if let Some(slot) = client_ids.get_mut(place) {
                *slot = client_id;
            }
        }
    }
    let mut plain = encode_chunk::<R>(&good);
    let sealed = job.keys.wrap(&chunk_owner(import.import_id, chunk), &plain, nonce);
    plain.zeroize();
    let good_rows = (good.len() as u64).saturating_sub(refused);
    faults.extend(checked.faults);
    let staged = NewChunk {
        chunk,
        first_row,
        end,
        keys: &keys,
        client_ids: &client_ids,
        lines: &lines,
        sealed: &sealed?,
        done: good_rows.saturating_sub(checked.known),
        known: checked.known,
    };
    chunk_insert(&mut tx, import.import_id, &staged).await?;
    faults_insert(&mut tx, import.import_id, &faults).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(faults.len() as u64)
}

/// Reads a file on all cores, ahead of the database.
struct Reader<R> {
    survey: Survey,
    kind: Kind,
    keys: KeyRing,
    rows: R,
}

impl<R: Rows> Reader<R> {
    /// Hands over chunk after chunk until the file ends, or nobody takes them any more.
    fn read(&self, from: ChunkEnd, out: &Sender<ReadChunk<R::Row>>) -> Result<(), ImportRefusal> {
        let input = reopen(&self.survey, from.offset)?;
        let mut splitter = Splitter::new(input, from.offset, from.line);
        let mut row = from.row;
        while let Some(block) = splitter.next_block(CHUNK_ROWS)? {
            let next = row.saturating_add(block.records.len() as u64);
            let end = ChunkEnd { row: next, line: splitter.line, offset: splitter.offset };
            if out.blocking_send(self.read_block(row, end, &block)).is_err() {
                return Ok(());
            }
            row = next;
        }
        let is_same = splitter.offset == self.survey.bytes
            && splitter.into_input().into_inner().finish() == self.survey.sha256;
        if is_same { Ok(()) } else { Err(ImportRefusal::Changed) }
    }

    fn read_block(&self, first_row: u64, end: ChunkEnd, block: &Block) -> ReadChunk<R::Row> {
        let starts = (first_row..).step_by(ROWS_AT_ONCE);
        let parts: Vec<(u64, &[Record])> = starts.zip(block.records.chunks(ROWS_AT_ONCE)).collect();
        let parts: Vec<_> = parts
            .into_par_iter()
            .map(|(row, records)| self.read_records(row, block, records))
            .collect();
        let line = |record: &Record| i64::try_from(record.line).unwrap_or(i64::MAX);
        let lines = block.records.iter().map(line).collect();
        let (mut rows, mut faults) = (Vec::with_capacity(block.records.len()), Vec::new());
        for (part, wrong) in parts {
            rows.extend(part);
            faults.extend(wrong);
        }
        ReadChunk { first_row, end, lines, rows, faults }
    }

    fn read_records(
        &self,
        first_row: u64,
        block: &Block,
        records: &[Record],
    ) -> (Vec<Placed<R::Row>>, Vec<ImportFault>) {
        let columns = self.kind.columns();
        let order = &self.survey.order;
        let (mut rows, mut faults) = (Vec::with_capacity(records.len()), Vec::new());
        let mut texts = Vec::with_capacity(order.len());
        for (row, record) in (first_row..).zip(records) {
            let place = Placed { row, line: record.line, value: () };
            match cut(block.text(*record), order.len(), &mut texts) {
                Ok(()) => {
                    let mut cells =
                        Cells::new(columns, order, &texts, (row, record.line), &mut faults);
                    if let Some(value) = self.rows.read(&self.keys, &mut cells) {
                        rows.push(Placed { row, line: record.line, value });
                    }
                }
                Err(BadRecord::Cells(found)) => {
                    let words = format!("has {found} cells, the header has {}", order.len());
                    faults.push(place.fault("", "cells", words));
                }
                Err(BadRecord::StrayQuote) => {
                    let words = "a quote stands within a cell or before its end; quote the whole cell \
                                 and write each quote in it twice";
                    faults.push(place.fault("", "quote", words));
                }
            }
        }
        (rows, faults)
    }
}
