//! Rows of values as lines of the table's file, and as what metrics compare. Not here: one row (`mod.rs`), what is asked of rows
//! (`asked.rs`).

use super::{RowFilter, Table, cells_of};
use crate::error::DataError;
use crate::modalities::{RowColumn, RowLines, RowRule, Wish};
use crate::table::TableError;

impl RowLines for Table {
    fn ending(&self) -> &'static str {
        match self.schema.as_ref().map(|schema| schema.dialect().delimiter) {
            Some('\t') => "tsv",
            _ => "csv",
        }
    }

    fn begin(&self, out: &mut Vec<u8>) {
        if let Some(schema) = &self.schema {
            schema.write_header(out);
        }
    }

    fn rows(
        &self,
        samples: &[f32],
        first: u64,
        (filter, most): (&RowFilter, u64),
        out: &mut Vec<u8>,
    ) -> Result<[u64; 2], DataError> {
        let schema = self.schema()?;
        let (coder, mut seen, mut kept) = (self.coder(), 0, 0);
        for (number, values) in (first..).zip(samples.chunks_exact(self.width())) {
            if kept == most {
                break;
            }
            seen += 1;
            let cells = coder.decode(values, number);
            if !(filter.keeps(schema, &cells) && self.plan.keeps(&cells)) {
                continue;
            }
            kept += 1;
            let refused = |error: TableError| DataError::Mismatch {
                expected: "a row of the table".into(),
                found: error.to_string(),
            };
            schema.write_row(out, &cells, number).map_err(refused)?;
        }
        Ok([seen, kept])
    }

    fn end(&self, out: &mut Vec<u8>) {
        if let Some(schema) = &self.schema {
            schema.end(out);
        }
    }

    fn asked(&self, texts: &[String]) -> Result<(Option<u32>, RowFilter), DataError> {
        Table::asked(self, texts)
    }

    fn wish(&self, filter: &RowFilter) -> Wish {
        self.wish_of(filter)
    }

    fn target(&self) -> Option<&str> {
        let schema = self.schema.as_ref()?;
        schema.columns().get(self.label()?).map(|column| &column.name[..])
    }

    fn columns(&self) -> Vec<RowColumn> {
        self.compared_columns().into_iter().map(|(_, column)| column).collect()
    }

    fn rules(&self) -> Vec<RowRule> {
        self.compared_rules()
    }

    fn compared(&self, samples: &[f32]) -> Vec<f32> {
        let (columns, coder) = (self.compared_columns(), self.coder());
        let rows = (0..).zip(samples.chunks_exact(self.width().max(1)));
        rows.flat_map(|(number, values)| self.compared_row(&columns, &coder.decode(values, number))).collect()
    }

    fn compared_stored(&self, bytes: &[u8]) -> Vec<f32> {
        let columns = self.compared_columns();
        let width = self.schema.as_ref().map_or(1, |schema| schema.columns().len());
        let cells: Vec<f64> = cells_of(bytes).collect();
        cells.chunks_exact(width).flat_map(|row| self.compared_row(&columns, row)).collect()
    }
}
