//! The report of bad cells: CSV with row, line, column, rule and text.

use std::fs::File;
use std::path::PathBuf;

use storage::imports::{ImportRow, faults_count, faults_read};

use super::ImportJob;
use super::refusal::ImportRefusal;

/// Writes the report if there are bad cells; gives where.
pub(super) async fn write(
    job: &ImportJob<'_>,
    import: &ImportRow,
) -> Result<Option<PathBuf>, ImportRefusal> {
    let mut tx = job.database.begin_snapshot().await?;
    if faults_count(&mut tx, import.import_id).await? == (0, 0) {
        return Ok(None);
    }
    let path = job.report.to_owned();
    let refuse = |source: std::io::Error| ImportRefusal::Report { path: path.clone(), source };
    let mut out = csv::Writer::from_writer(File::create(&path).map_err(refuse)?);
    let mut failed = out.write_record(["row", "line", "column", "rule", "text"]).err();
    faults_read(&mut tx, import.import_id, |row, line, column, rule, text| {
        if failed.is_none() {
            let (row, line) = (row.to_string(), line.to_string());
            failed = out.write_record([row.as_str(), &line, column, rule, text]).err();
        }
        Ok(())
    })
    .await?;
    if let Some(error) = failed {
        return Err(refuse(error.into()));
    }
    let file = out.into_inner().map_err(|error| refuse(error.into_error()))?;
    file.sync_all().map_err(refuse)?;
    Ok(Some(path))
}
