//! Tables in Parquet files, as pandas, Polars and DuckDB write them: each cell becomes the text that a table of separated values has,
//! and is read as one. Rows are written as separated values. Not here: reading text (`crate::table`), text files (`delimited.rs`).

use super::{Decoded, Format, Input, Inputs, Job, delimited};
use crate::error::{DataError, Position, io_error};
use crate::limits::expansion_limit;
use crate::sink::Sink;
use crate::source::Source;
use crate::table::{MAX_BYTES, MAX_CELLS};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use parquet::schema::types::Type;
use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use time::OffsetDateTime;

/// The first and the last bytes of such a file.
const MAGIC: &[u8; 4] = b"PAR1";

/// Tables of columns.
pub(crate) struct Parquet;

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn reads(&self) -> &'static str {
        "a table in a .parquet file (no compression, Snappy, gzip or Zstandard; no nested columns)"
    }

    fn recognises(&self, path: &Path) -> bool {
        let mut first = [0; 4];
        let begins = File::open(path).and_then(|mut file| file.read_exact(&mut first));
        path.is_file() && (begins.is_ok() && first == *MAGIC)
    }

    fn inputs(&self, source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs { files: vec![Input::of(source.path())?], notes: Vec::new() })
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let path = &job.inputs.files[0].path;
        let text = text_or_error(path)?;
        delimited::decode_bytes(job, path, text, job.options.target.as_deref(), sink)
    }

    fn holds_rows(&self) -> bool {
        true
    }
}

fn malformed(path: &Path, reason: impl Into<String>) -> DataError {
    DataError::Malformed { path: path.into(), at: Position::Whole, reason: reason.into() }
}

/// As [`text_of`]; the library's decoders may panic where a file is damaged.
fn text_or_error(path: &Path) -> Result<Vec<u8>, DataError> {
    let text = catch_unwind(AssertUnwindSafe(|| text_of(path)));
    text.unwrap_or_else(|_| Err(malformed(path, "expected a whole Parquet file, found a damaged one")))
}

/// The table as lines of separated values, its columns' names in the first.
fn text_of(path: &Path) -> Result<Vec<u8>, DataError> {
    let file = File::open(path).map_err(io_error(path, "read"))?;
    let compressed = file.metadata().map_err(io_error(path, "read"))?.len();
    let reader = SerializedFileReader::new(file).map_err(|e| malformed(path, e.to_string()))?;
    let (facts, columns) = (reader.metadata().file_metadata(), reader.metadata().file_metadata().schema().get_fields());
    refuse_compression(path, reader.metadata())?;
    let units: Vec<Unit> = columns.iter().map(|column| Unit::of(path, column)).collect::<Result<_, _>>()?;
    let rows = u64::try_from(facts.num_rows()).unwrap_or(u64::MAX);
    let bytes =
        reader.metadata().row_groups().iter().map(|group| u64::try_from(group.total_byte_size()).unwrap_or(u64::MAX));
    let (cells, bytes) = (rows.saturating_mul(columns.len() as u64), bytes.fold(0, u64::saturating_add));
    let most = expansion_limit(compressed).min(MAX_BYTES as u64);
    if cells > MAX_CELLS as u64 || bytes > most {
        let (limit, found) = (format!("{MAX_CELLS} cells in {most} bytes"), format!("{cells} cells in {bytes} bytes"));
        return Err(DataError::Limit { path: path.into(), at: Position::Whole, limit, found });
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: csv::Error| malformed(path, e.to_string());
    writer.write_record(columns.iter().map(|column| column.name())).map_err(failed)?;
    let all = reader.get_row_iter(None).map_err(|e| malformed(path, e.to_string()))?;
    for row in all {
        let row: Row = row.map_err(|e| malformed(path, e.to_string()))?;
        let texts = row.get_column_iter().zip(&units).map(|((_, cell), unit)| unit.text(cell));
        writer
            .write_record(texts.collect::<Result<Vec<String>, _>>().map_err(|reason| malformed(path, reason))?)
            .map_err(failed)?;
        if writer.get_ref().len() > MAX_BYTES {
            let (limit, found) = (format!("{MAX_BYTES} bytes of text"), "more".into());
            return Err(DataError::Limit { path: path.into(), at: Position::Whole, limit, found });
        }
    }
    writer.into_inner().map_err(|e| malformed(path, e.to_string()))
}

/// Refuses what this program cannot decompress, by name.
fn refuse_compression(path: &Path, facts: &ParquetMetaData) -> Result<(), DataError> {
    let chunks = facts.row_groups().iter().flat_map(|group| group.columns());
    let known = |found: &Compression| {
        matches!(found, Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) | Compression::ZSTD(_))
    };
    match chunks.map(|chunk| chunk.compression()).find(|found| !known(found)) {
        None => Ok(()),
        Some(found) => Err(DataError::Unsupported {
            path: path.into(),
            what: format!("expected no compression, Snappy, gzip or Zstandard, found {found}"),
            hint: "write it anew, for example in Python: pandas.read_parquet(A).to_parquet(B, compression=\"zstd\")",
        }),
    }
}

/// What a column's numbers count, where they are no numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Unit {
    /// They are what they are.
    Itself,
    /// Parts of a second of a time: so many are one.
    Seconds(i128),
}

impl Unit {
    /// The unit of a column.
    ///
    /// # Errors
    /// [`DataError::Unsupported`] for a column of lists, structures or bytes.
    fn of(path: &Path, column: &Type) -> Result<Unit, DataError> {
        let refuse = |what: &str| DataError::Unsupported {
            path: path.into(),
            what: format!(
                "expected columns of numbers, texts, dates and times, found the column `{}` of {what}",
                column.name()
            ),
            hint: "leave the column out, or write each part of it into a column of its own",
        };
        if !column.is_primitive() {
            return Err(refuse("lists or structures"));
        }
        if column.get_basic_info().repetition() == Repetition::REPEATED {
            return Err(refuse("lists"));
        }
        match column.get_basic_info().logical_type_ref() {
            Some(LogicalType::Timestamp(stamp)) => Ok(match stamp.unit {
                TimeUnit::MILLIS => Unit::Seconds(1_000),
                TimeUnit::MICROS => Unit::Seconds(1_000_000),
                TimeUnit::NANOS => Unit::Seconds(1_000_000_000),
            }),
            _ => Ok(Unit::Itself),
        }
    }

    /// A cell as text: empty where it is missing.
    ///
    /// # Errors
    /// What it is, where it has no text.
    fn text(self, cell: &Field) -> Result<String, String> {
        Ok(match (self, cell) {
            (_, Field::Null) => String::new(),
            (_, Field::Str(text)) => text.clone(),
            (_, Field::Float16(number)) => format!("{number}"),
            (_, Field::Float(number)) => format!("{number:?}"),
            (_, Field::Double(number)) => format!("{number:?}"),
            (Unit::Seconds(parts), Field::Long(count)) => moment(i128::from(*count) * 1_000_000_000 / parts)?,
            (_, Field::TimestampMillis(count)) => moment(i128::from(*count) * 1_000_000)?,
            (_, Field::TimestampMicros(count)) => moment(i128::from(*count) * 1_000)?,
            (_, Field::Date(days)) => {
                let date = moment(i128::from(*days) * 86_400 * 1_000_000_000)?;
                date.split(' ').next().unwrap_or_default().to_string()
            }
            (_, Field::Bytes(bytes)) => match std::str::from_utf8(bytes.data()) {
                Ok(text) => text.to_string(),
                Err(_) => return Err("expected texts, found bytes that are none".into()),
            },
            (_, Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_)) => {
                return Err("expected one value in a cell, found several".into());
            }
            (_, other) => other.to_string(),
        })
    }
}

/// A moment as `2024-03-20 12:30:00`, with parts of a second where it has any.
fn moment(nanoseconds: i128) -> Result<String, String> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .map_err(|_| format!("expected a time between the years -9999 and 9999, found {nanoseconds} ns since 1970"))?;
    let (date, time) = (at.date(), at.time());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let whole = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
    let parts = format!("{:09}", time.nanosecond());
    Ok(match parts.trim_end_matches('0') {
        "" => whole,
        parts => format!("{whole}.{parts}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;
    use crate::options::DataOptions;
    use std::path::PathBuf;

    fn file(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parquet").join(name)
    }

    fn open(path: &Path) -> Result<Dataset, DataError> {
        let options = DataOptions { use_cache: false, ..DataOptions::default() };
        Dataset::open(&Source::parse(path)?, &options, &())
    }

    /// A table as pandas writes it with each compression is the table that pandas writes as separated values.
    #[test]
    fn files_of_pandas_are_the_tables_that_it_writes_as_text() {
        let text = open(&file("rows.csv")).unwrap();
        let rows: Vec<u32> = (0..60).collect();
        let read = |data: &Dataset| {
            let mut bytes = vec![0; rows.len() * data.sample_type().bytes()];
            data.read(&rows, &mut bytes).unwrap();
            bytes
        };
        for name in ["none", "snappy", "gzip", "zstd"] {
            let data = open(&file(&format!("{name}.parquet"))).unwrap();
            assert_eq!(data.codec().format, "parquet");
            assert!(data.codec().modality().learned() == text.codec().modality().learned(), "{name}");
            assert!(read(&data) == read(&text), "{name}");
        }
        let told = |name: &str| open(&file(name)).unwrap_err().to_string();
        assert!(told("brotli.parquet").contains("found BROTLI"), "{}", told("brotli.parquet"));
        assert!(told("lists.parquet").contains("the column `parts` of lists"), "{}", told("lists.parquet"));
    }

    /// Whatever is cut off or overwritten is an error or a table, and no panic.
    #[test]
    fn damage_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let (path, whole) = (folder.path().join("x.parquet"), std::fs::read(file("snappy.parquet")).unwrap());
        let refused = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            text_or_error(&path).is_err()
        };
        assert!((4..whole.len()).step_by(97).all(|length| refused(&whole[..length])));
        let damaged = (4..whole.len()).step_by(13).filter(|&at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x5a;
            refused(&bytes)
        });
        assert!(damaged.count() > 20);
    }

    #[test]
    fn moments_have_the_parts_of_a_second_that_there_are() {
        // `date -u -d @1710937800`: 12:30 on the 20th of March 2024.
        let seconds = 1_710_937_800_000_000_000;
        assert_eq!(moment(seconds).unwrap(), "2024-03-20 12:30:00");
        assert_eq!(moment(seconds + 250_000_000).unwrap(), "2024-03-20 12:30:00.25");
        assert_eq!(moment(-1).unwrap(), "1969-12-31 23:59:59.999999999");
        assert!(moment(i128::MAX).is_err());
    }
}
