//! Rows of a table as cells. Not here: one row of values (`mod.rs`), rows as lines at once (`lines.rs`), rows that are filled
//! (`given.rs`).

use super::{GivenRows, RowFilter, Table, cell_bytes, cells_of};
use crate::error::DataError;
use crate::modalities::{NumberedRows, RowCells};
use crate::table::{Reading, Table as Text, TableError};

impl RowCells for Table {
    fn width(&self) -> usize {
        self.schema.as_ref().map_or(0, |schema| schema.columns().len())
    }

    fn decoded(
        &self,
        samples: &[f32],
        first: u64,
        filter: &RowFilter,
        into: &mut NumberedRows,
    ) -> Result<(), DataError> {
        let (schema, coder) = (self.schema()?, self.coder());
        for (number, values) in (first..).zip(samples.chunks_exact(Table::width(self).max(1))) {
            let cells = coder.decode(values, number);
            if filter.keeps(schema, &cells) && self.plan.keeps(&cells) {
                into.numbers.push(number);
                into.cells.extend(cells);
            }
        }
        Ok(())
    }

    fn stored_cells(&self, bytes: &[u8]) -> Vec<f64> {
        cells_of(bytes).collect()
    }

    fn is_kept(&self, filter: &RowFilter, cells: &[f64]) -> bool {
        self.schema.as_ref().is_some_and(|schema| filter.keeps(schema, cells))
    }

    fn class_of(&self, cells: &[f64]) -> Option<u32> {
        self.target.map(|at| cells[at] as u32)
    }

    fn compared_cells(&self, cells: &[f64]) -> Vec<f32> {
        let columns = self.compared_columns();
        cells.chunks_exact(RowCells::width(self).max(1)).flat_map(|row| self.compared_row(&columns, row)).collect()
    }

    fn identity(&self, cells: &[f64]) -> Box<[u64]> {
        let columns = self.schema.as_ref().map_or(&[][..], |schema| schema.columns());
        let learned = columns.iter().zip(cells).filter(|(column, _)| column.kind.is_learned());
        // A missing number is one of many NaN, and −0 is 0.
        learned.map(|(_, cell)| if cell.is_nan() { u64::MAX } else { (cell + 0.0).to_bits() }).collect()
    }

    fn write(&self, cells: &[f64], number: u64, out: &mut Vec<u8>) -> Result<(), DataError> {
        self.schema()?.write_row(out, cells, number).map_err(no_row)
    }

    fn read_rows(&self, file: Vec<u8>) -> Result<(Vec<u8>, u64), TableError> {
        let schema = self.schema().map_err(|error| TableError::new(error.to_string()))?;
        let header = Some(schema.dialect().header.is_some());
        let text = Text::read(file, &Reading { header, ..Reading::default() })?;
        let matched = schema.matched(&text);
        matched.complete(schema)?;
        let (reader, mut bytes, mut left_out) = (schema.reader(), Vec::new(), 0);
        let mut cells = vec![0.0; schema.columns().len()];
        for row in 0..text.rows() {
            match reader.row(&text, &matched, row, &mut cells) {
                Ok(()) => bytes.extend(cell_bytes(&cells)),
                Err(_) => left_out += 1,
            }
        }
        Ok((bytes, left_out))
    }

    fn given(&self, file: Vec<u8>) -> Result<GivenRows<'_>, TableError> {
        GivenRows::read(self, file)
    }
}

/// Cells that are no row of the table.
pub(super) fn no_row(error: TableError) -> DataError {
    DataError::Mismatch { expected: "a row of the table".into(), found: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modalities::KnownRows;
    use crate::table::{RuleOptions, Wishes, infer};

    fn table(text: &str) -> (Table, Vec<f64>) {
        let text = Text::read(text.into(), &Reading::default()).unwrap();
        let schema = infer(&text, &Wishes::default()).unwrap();
        let cells = schema.cells(&text).unwrap();
        let (table, cells, _) = Table::of(schema, cells, None, Default::default(), &RuleOptions::default()).unwrap();
        (table, cells)
    }

    /// Rows come back from their cells as they were read, and are known whatever their ids and missing cells look like.
    #[test]
    fn rows_are_written_and_known_again() {
        let rows: Vec<String> = (0..60)
            .map(|at| {
                format!(
                    "u{at:04},{},{}\n",
                    if at % 7 == 0 { String::from("NA") } else { format!("{}.5", at * 17 % 60) },
                    at % 3
                )
            })
            .collect();
        let (table, cells) = table(&format!("id,size,kind\n{}", rows.concat()));
        let known = KnownRows::of(&table, &cells[3..]);
        assert_eq!(RowCells::width(&table), 3);
        assert!(cells[3..].chunks(3).all(|row| known.has(&table, row)));
        // Another spelling of what is missing, and another id.
        let missing = cells[21..24].to_vec();
        assert!(missing[1].is_nan());
        assert!(known.has(&table, &[5.0, f64::NAN, missing[2]]));
        assert!(!known.has(&table, &[5.0, 1e9, missing[2]]));
        let mut line = Vec::new();
        table.write(&cells[3..6], 7, &mut line).unwrap();
        let line = String::from_utf8(line).unwrap();
        assert!(line.ends_with(",17.5,1\n") && !line.starts_with("u0001"), "an id is made anew: {line}");
        let error = table.write(&[0.0, 1.0, 99.0], 7, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("expected a row of the table"), "{error}");
    }

    #[test]
    fn rows_are_kept_with_their_numbers() {
        let mut rows = NumberedRows { numbers: vec![4, 5, 9], cells: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0] };
        assert_eq!((rows.len(), rows.row(1)), (3, &[3.0, 4.0][..]));
        rows.retain(|row| row[0] != 3.0);
        assert_eq!(rows, NumberedRows { numbers: vec![4, 9], cells: vec![1.0, 2.0, 5.0, 6.0] });
        rows.retain(|_| false);
        assert!(rows.is_empty());
        rows.retain(|_| true);
    }
}
