//! The rows as NDJSON, CSV or Parquet.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use parquet::{
    basic::Compression,
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type},
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};

use super::{
    CohortError,
    row::{Column, Row},
};

/// Rows that are in memory at a time; a row group of a Parquet file.
const ROWS_AT_A_TIME: usize = 5_000;

/// The format of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line.
    Ndjson,
    /// A header and a line a patient; lists joined by `;`.
    Csv,
    /// The columns of the CSV.
    Parquet,
}

impl Format {
    /// The format that the name of a file says.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// Writes the rows of `files`, in order, so that the file is there whole or not at all; says how many.
///
/// # Errors
///
/// A file that cannot be read or written.
pub fn write(files: &[PathBuf], out: &Path, format: Format) -> Result<u64, CohortError> {
    let beside = out.with_added_extension("part");
    let failed = |why: String| CohortError::Write {
        path: out.to_owned(),
        why,
    };
    let file = File::create(&beside).map_err(CohortError::io(&beside))?;
    let filled = |sink| fill(sink, files, &failed);
    let rows = match format {
        Format::Ndjson => copy(files, file, &beside)?,
        Format::Csv => filled(Sink::csv(file).map_err(|e| e.to_string()))?,
        Format::Parquet => filled(Sink::parquet(file).map_err(|e| e.to_string()))?,
    };
    fs::rename(&beside, out).map_err(CohortError::io(out))?;
    Ok(rows)
}

/// Copies the rows as they are; says how many.
fn copy(files: &[PathBuf], mut to: File, name: &Path) -> Result<u64, CohortError> {
    let mut rows = 0;
    for path in files {
        let lines = fs::read(path).map_err(CohortError::io(path))?;
        rows += lines.iter().filter(|byte| **byte == b'\n').count() as u64;
        to.write_all(&lines).map_err(CohortError::io(name))?;
    }
    to.sync_all().map_err(CohortError::io(name))?;
    Ok(rows)
}

/// Writes the rows in another format; says how many.
fn fill(
    sink: Result<Sink, String>,
    files: &[PathBuf],
    failed: &impl Fn(String) -> CohortError,
) -> Result<u64, CohortError> {
    let mut sink = sink.map_err(failed)?;
    let mut rows = 0;
    each(files, ROWS_AT_A_TIME, |batch| {
        rows += batch.len() as u64;
        sink.write(batch).map_err(failed)
    })?;
    sink.finish().map_err(failed)?;
    Ok(rows)
}

/// Hands the rows of NDJSON files to `take`, some at a time.
pub(super) fn each(
    files: &[PathBuf],
    at_a_time: usize,
    mut take: impl FnMut(&[Row]) -> Result<(), CohortError>,
) -> Result<(), CohortError> {
    let mut batch = Vec::new();
    for path in files {
        let file = File::open(path).map_err(CohortError::io(path))?;
        for line in BufReader::new(file).lines() {
            let line = line.map_err(CohortError::io(path))?;
            let row = serde_json::from_str(&line);
            batch.push(row.map_err(|_| CohortError::Damaged(path.clone()))?);
            if batch.len() == at_a_time {
                take(&batch)?;
                batch.clear();
            }
        }
    }
    if batch.is_empty() {
        Ok(())
    } else {
        take(&batch)
    }
}

enum Sink {
    Csv(Box<csv::Writer<File>>),
    Parquet(Box<SerializedFileWriter<File>>),
}

impl Sink {
    fn csv(file: File) -> Result<Self, csv::Error> {
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(Row::COLUMNS.map(|(name, _)| name))?;
        Ok(Self::Csv(Box::new(writer)))
    }

    fn parquet(file: File) -> Result<Self, ParquetError> {
        let fields: String = Row::COLUMNS
            .iter()
            .map(|(name, column)| match column {
                Column::Text(_) => format!("optional binary {name} (string); "),
                Column::Number(_) => format!("optional int32 {name}; "),
                Column::Flag(_) => format!("optional boolean {name}; "),
            })
            .collect();
        let schema = Arc::new(parse_message_type(&format!(
            "message patient {{ {fields}}}"
        ))?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        let writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
        Ok(Self::Parquet(Box::new(writer)))
    }

    fn write(&mut self, rows: &[Row]) -> Result<(), String> {
        match self {
            Self::Csv(writer) => {
                for row in rows {
                    let cells = Row::COLUMNS.map(|(_, column)| match column {
                        Column::Text(cell) => cell(row).unwrap_or_default(),
                        Column::Number(cell) => {
                            cell(row).map_or_else(String::new, |n| n.to_string())
                        }
                        Column::Flag(cell) => {
                            cell(row).map_or_else(String::new, |flag| flag.to_string())
                        }
                    });
                    writer.write_record(cells).map_err(|e| e.to_string())?;
                }
                Ok(())
            }
            Self::Parquet(writer) => row_group(writer, rows).map_err(|e| e.to_string()),
        }
    }

    fn finish(self) -> Result<(), String> {
        match self {
            Self::Csv(mut writer) => writer.flush().map_err(|e| e.to_string()),
            Self::Parquet(writer) => writer.close().map(drop).map_err(|e| e.to_string()),
        }
    }
}

fn row_group(writer: &mut SerializedFileWriter<File>, rows: &[Row]) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for (_, column) in Row::COLUMNS {
        let Some(mut out) = group.next_column()? else {
            break;
        };
        match column {
            Column::Text(cell) => write_column::<ByteArrayType>(
                &mut out,
                rows.iter()
                    .map(|row| cell(row).map(|text| ByteArray::from(text.into_bytes()))),
            )?,
            Column::Number(cell) => write_column::<Int32Type>(&mut out, rows.iter().map(cell))?,
            Column::Flag(cell) => write_column::<BoolType>(&mut out, rows.iter().map(cell))?,
        }
        out.close()?;
    }
    group.close().map(drop)
}

fn write_column<T: DataType>(
    out: &mut parquet::file::writer::SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let (mut values, mut present) = (Vec::new(), Vec::new());
    for cell in cells {
        present.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    out.typed::<T>()
        .write_batch(&values, Some(&present), None)
        .map(drop)
}
