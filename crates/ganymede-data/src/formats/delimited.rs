//! Tables whose cells a character separates: `.csv`, `.tsv`, `.txt`, also compressed by gzip. Not here: reading a table
//! (`crate::table`), what a network makes of it (`modalities/table`).

use super::{Decoded, Format, Input, Inputs, Job};
use crate::error::{DataError, io_error};
use crate::limits::{Bounded, expansion_limit};
use crate::modalities::table::{Table as Modality, cell_bytes};
use crate::options::DataOptions;
use crate::report::DataReport;
use crate::report_columns;
use crate::sink::Sink;
use crate::source::Source;
use crate::table::{Condition, Numbers, Reading, Table, TableError, infer};
use ganymede_tensor::{DType, TensorType};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Endings of the names of such files, in small letters.
const ENDINGS: [&str; 3] = [".csv", ".tsv", ".tab"];

/// Tables of separated values.
pub(crate) struct Delimited;

/// The bytes of a file, decompressed where its name says so.
fn bytes_of(path: &Path) -> Result<Vec<u8>, DataError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io_error(path, "read"))?;
    let compressed = file.metadata().map_err(io_error(path, "read"))?.len();
    let read = match path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz")) {
        true => {
            let unpacked = flate2::read::MultiGzDecoder::new(file);
            Bounded::new(unpacked, expansion_limit(compressed)).read_to_end(&mut bytes)
        }
        false => { file }.read_to_end(&mut bytes),
    };
    read.map_err(io_error(path, "read"))?;
    Ok(bytes)
}

impl Format for Delimited {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn reads(&self) -> &'static str {
        "a table: .csv or .tsv, also compressed (.gz)"
    }

    fn recognises(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        path.is_file() && ENDINGS.iter().any(|ending| name.ends_with(ending))
    }

    fn inputs(&self, source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs { files: vec![Input::of(source.path())?], notes: Vec::new() })
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let path = &job.inputs.files[0].path;
        decode_bytes(job, path, bytes_of(path)?, job.options.target.as_deref(), sink)
    }

    fn holds_rows(&self) -> bool {
        true
    }
}

/// What the report says of a coding that is not the usual one.
fn coding_notes((numbers, condition): (Numbers, Condition)) -> Vec<String> {
    let by_modes = "numbers     by modes of a mixture of normal distributions (data.numbers=scores: by rank)";
    let of_any = "condition   a category of any column (data.condition=target: the target alone)";
    let modes = (numbers == Numbers::Modes).then(|| by_modes.to_string());
    modes.into_iter().chain((condition == Condition::Category).then(|| of_any.to_string())).collect()
}

/// Decodes the bytes of a table, whose rows are asked for by a target if there is one.
pub(super) fn decode_bytes(
    job: &Job<'_>,
    path: &Path,
    bytes: Vec<u8>,
    target: Option<&str>,
    sink: &mut Sink<'_>,
) -> Result<Decoded, DataError> {
    let refused = |error: TableError| error.of(path);
    let DataOptions { delimiter, header, max_bad, .. } = *job.options;
    let reading = Reading { delimiter, header, max_bad: max_bad.unwrap_or(0.0), ..Reading::default() };
    let table = Table::read(bytes, &reading).map_err(refused)?;
    let schema = infer(&table, &job.options.columns).map_err(refused)?;
    let cells = schema.cells(&table).map_err(refused)?;
    drop(table);
    let width = schema.columns().len();
    let target = target.map(|name| schema.place(name)).transpose().map_err(refused)?;
    let (notes, columns) = (schema.notes().to_vec(), report_columns::of(&schema));
    let unclear = |what: String| DataError::Unclear {
        path: path.into(),
        what,
        hint: "`ganymede data` shows what each column is taken for; --column COLUMN=KIND says otherwise".into(),
    };
    let coding = (job.options.numbers, job.options.condition);
    let (modality, cells, of_rules) =
        Modality::of(schema, cells, target, coding, &job.options.rules).map_err(unclear)?;
    let notes = [notes, coding_notes(coding), of_rules].concat();
    let report = DataReport { notes, columns, ..DataReport::default() };
    sink.begin(TensorType::new(DType::U8, [8 * width]));
    for row in cells.chunks_exact(width) {
        sink.push(&cell_bytes(row))?;
    }
    let (labels, sample) = (modality.labels(&cells), modality.sample());
    let decoded = Decoded::new(Arc::new(modality), [-1.0, 1.0], report).labelled(labels);
    Ok(Decoded { sample: Some(sample), ..decoded })
}
