//! Rows of another table as the table of a run has them. Not here: what a run was trained on itself (`dataset.rs`).

use crate::codec::Codec;
use crate::dataset::{Dataset, Facts, Storage};
use crate::error::DataError;
use crate::field::LABEL;
use ganymede_tensor::{DType, TensorType};
use std::sync::Arc;

/// Rows that are read at a time.
const CHUNK: usize = 4096;

impl Dataset {
    /// The same rows as the table of this codec has them: each is written as its own file writes it, and read as the run's table was.
    /// Rows with values that the run's table does not have are left out, which the report says. What is no table stays as it is.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] where a column of the run's table is missing, or no row can be read.
    pub fn rows_of(self, codec: &Codec) -> Result<Dataset, DataError> {
        let modality = Arc::clone(self.codec().modality());
        let (Some(own), Some(other)) = (codec.modality().lines(), modality.lines()) else { return Ok(self) };
        let mut file = Vec::new();
        other.begin(&mut file);
        let width = self.codec().stored_type().bytes();
        for first in (0..self.len()).step_by(CHUNK) {
            let rows: Vec<u32> = (first..self.len().min(first + CHUNK)).map(|row| row as u32).collect();
            let mut bytes = vec![0; rows.len() * width];
            self.read(&rows, &mut bytes)?;
            let cells = other.stored_cells(&bytes);
            for (cells, row) in cells.chunks_exact(other.width().max(1)).zip(rows) {
                other.write(cells, u64::from(row), &mut file)?;
            }
        }
        other.end(&mut file);
        let mismatch =
            |found: String| DataError::Mismatch { expected: "rows as the run's table has them".into(), found };
        let (bytes, left_out) = own.read_rows(file).map_err(|error| mismatch(error.to_string()))?;
        let sample = TensorType::new(DType::U8, [8 * own.width()]);
        let samples = bytes.len() / sample.bytes().max(1);
        if samples == 0 {
            return Err(mismatch(format!("none among {}", self.len())));
        }
        let cells = own.stored_cells(&bytes);
        let class = |row: &[f64]| own.class_of(row).unwrap_or(0);
        let labels = codec.field(LABEL).map(|_| cells.chunks_exact(own.width()).map(class).collect());
        let mut report = self.report().clone();
        report.samples = samples as u64;
        if left_out > 0 {
            report.notes.push(format!(
                "left out {left_out} of {} rows, which have values that the run's table does not have",
                self.len()
            ));
        }
        let facts = Facts {
            samples,
            sample,
            labels,
            groups: None,
            columns: Vec::new(),
            duplicates: Vec::new(),
            codec: codec.clone(),
            report,
            fingerprint: self.fingerprint().into(),
            options: self.options().clone(),
        };
        Ok(Dataset { facts: Arc::new(facts), storage: Arc::new(Storage::Memory(bytes)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::DataOptions;
    use crate::source::Source;

    fn open(text: &str, target: Option<&str>) -> Dataset {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, text).unwrap();
        let options = DataOptions { use_cache: false, target: target.map(String::from), ..DataOptions::default() };
        Dataset::open(&Source::parse(&path).unwrap(), &options, &()).unwrap()
    }

    fn rows(count: usize, letters: [&str; 3]) -> String {
        (0..count).map(|at| format!("{},{}.5,{}\n", letters[at % 3], at * 7 % count, at % 2)).collect()
    }

    /// Another order of columns and values, and one that the run does not know: by hand, what the cells are.
    #[test]
    fn rows_of_another_file_have_the_places_of_the_run() {
        let run = open(&format!("letter,size,yes\n{}", rows(90, ["a", "b", "c"])), Some("letter"));
        let swapped: String = (0..60)
            .map(|at| format!("{},{},{}\n", at % 2, ["c", "a", "z"][at % 3], format_args!("{}.5", at * 7 % 60)))
            .collect();
        let other = open(&format!("yes,letter,size\n{swapped}"), Some("letter"));
        let beside = other.rows_of(run.codec()).unwrap();
        assert_eq!((beside.len(), beside.codec().shape()), (40, run.codec().shape()));
        assert!(beside.report().notes.iter().any(|note| note.starts_with("left out 20 of 60 rows")));
        let table = run.codec().modality().lines().unwrap();
        let mut bytes = vec![0; 24];
        beside.read(&[0], &mut bytes).unwrap();
        // The first row is c, 0.5, 0: the third letter of the run's.
        assert_eq!(table.stored_cells(&bytes), [2.0, 0.5, 0.0]);
        assert_eq!(beside.labels().unwrap()[..2], [2, 0]);
        let lacks = open(&format!("letter,other,yes\n{}", rows(60, ["a", "b", "c"])), Some("letter"));
        assert!(lacks.rows_of(run.codec()).unwrap_err().to_string().contains("expected a column `size`"));
    }
}
