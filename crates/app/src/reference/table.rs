//! Reads a CSV file with a known set of columns, keeping the line of every row.

use std::collections::BTreeMap;

use super::fault::{Fault, Place, SourceFile};

/// A row with the right number of cells.
#[derive(Debug)]
pub(super) struct Row<'a> {
    file: &'a str,
    pub(super) line: u64,
    cells: BTreeMap<&'static str, String>,
}

impl Row<'_> {
    /// The text of a cell.
    pub(super) fn text(&self, column: &'static str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// Reads a cell, or notes what `parse` says is wrong with it and what to do.
    pub(super) fn read<T, E: ToString>(
        &self,
        column: &'static str,
        faults: &mut Vec<Fault>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(self.text(column)) {
            Ok(value) => Some(value),
            Err(error) => {
                faults.push(self.fault(column, error.to_string()));
                None
            }
        }
    }

    /// A fault of this row's cell.
    pub(super) fn fault(&self, column: &'static str, message: impl Into<String>) -> Fault {
        Fault::new(self.file, Place::Cell { line: self.line, column }, message)
    }
}

/// The rows of `file`, whose header must have exactly `columns`, in any order.
///
/// Every bad row is noted in `faults` and left out; a bad header leaves out all.
pub(super) fn read_rows<'a>(
    file: &'a SourceFile,
    columns: &[&'static str],
    faults: &mut Vec<Fault>,
) -> Vec<Row<'a>> {
    let text = match file.text() {
        Ok(text) => text,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(str::to_owned).collect(),
        Err(error) => {
            faults.push(Fault::new(&file.name, Place::Line(1), error.to_string()));
            return Vec::new();
        }
    };
    let Some(order) = column_order(file, &header, columns, faults) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => rows.extend(row(file, &order, &record, faults)),
            Err(error) => faults.push(Fault::new(&file.name, Place::File, error.to_string())),
        }
    }
    if rows.is_empty() && faults.is_empty() {
        faults.push(Fault::new(&file.name, Place::File, "has no rows; add them below the header"));
    }
    rows
}

/// The expected columns in the order the header has them, or `None` if it is not the right set.
fn column_order(
    file: &SourceFile,
    header: &[String],
    columns: &[&'static str],
    faults: &mut Vec<Fault>,
) -> Option<Vec<&'static str>> {
    let mut messages = Vec::new();
    if columns.len() > 1 && matches!(header, [only] if only.contains(';')) {
        messages.push("cells are separated by `;`; save the table with commas".to_owned());
    } else {
        for column in columns {
            match header.iter().filter(|name| name == column).count() {
                0 => messages.push(format!("column `{column}` is missing; add it to the header")),
                1 => {}
                _ => messages.push(format!("column `{column}` stands twice; keep one")),
            }
        }
        let unknown = header.iter().filter(|name| !columns.contains(&name.as_str()));
        messages.extend(unknown.map(|name| {
            format!("column `{name}` is unknown; the columns are {}", columns.join(", "))
        }));
    }
    if messages.is_empty() {
        let known = |name: &String| columns.iter().copied().find(|column| column == name);
        return Some(header.iter().filter_map(known).collect());
    }
    let at = Place::Line(1);
    faults.extend(messages.into_iter().map(|text| Fault::new(&file.name, at.clone(), text)));
    None
}

/// One record as a row, unless it has too few or too many cells.
fn row<'a>(
    file: &'a SourceFile,
    order: &[&'static str],
    record: &csv::StringRecord,
    faults: &mut Vec<Fault>,
) -> Option<Row<'a>> {
    let line = record.position().map_or(0, csv::Position::line);
    if record.len() != order.len() {
        let message = format!(
            "has {} cells instead of {}; add what is missing, and quote a cell that has a comma",
            record.len(),
            order.len()
        );
        faults.push(Fault::new(&file.name, Place::Line(line), message));
        return None;
    }
    let cells = order.iter().copied().zip(record.iter().map(str::to_owned)).collect();
    Some(Row { file: &file.name, line, cells })
}

/// Reads a whole number of at least 1.
pub(super) fn positive<T: std::str::FromStr + From<u8> + PartialOrd>(
    text: &str,
) -> Result<T, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.filter(|number| *number >= T::from(1)).ok_or_else(|| {
        format!("`{text}` is no whole number above 0 of a usual size; write digits only")
    })
}
