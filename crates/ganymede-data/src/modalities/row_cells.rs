//! Rows of a table as cells: what is chosen among, compared with known rows, and written. Not here: rows as lines at once
//! (`RowLines`), what a table makes of its columns (`table/`).

use super::RowFilter;
use crate::error::DataError;
use crate::table::TableError;
use std::collections::HashSet;

/// The rows of a table as cells: one number for each column, as [`crate::table`] says.
pub trait RowCells {
    /// Cells of a row.
    fn width(&self) -> usize;

    /// Decodes the samples from number `first` on, and appends those that are as the filter asks and break no rule.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] for samples that are no rows.
    fn decoded(
        &self,
        samples: &[f32],
        first: u64,
        filter: &RowFilter,
        into: &mut NumberedRows,
    ) -> Result<(), DataError>;

    /// The cells of rows as the data set keeps them.
    fn stored_cells(&self, bytes: &[u8]) -> Vec<f64>;

    /// Whether a row is as the filter asks.
    fn is_kept(&self, filter: &RowFilter, cells: &[f64]) -> bool;

    /// The class of a row, where the table has a target.
    fn class_of(&self, cells: &[f64]) -> Option<u32>;

    /// The cells of rows that they are compared by, as [`RowLines::compared`](super::RowLines::compared) gives them.
    fn compared_cells(&self, cells: &[f64]) -> Vec<f32>;

    /// What two rows have in common that are identical in all columns that are learned: ids, texts and spellings of missing cells
    /// do not count.
    fn identity(&self, cells: &[f64]) -> Box<[u64]>;

    /// Appends a row as a line of the file. The number says what is made anew in it.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] for cells that are none of the columns'.
    fn write(&self, cells: &[f64], number: u64, out: &mut Vec<u8>) -> Result<(), DataError>;

    /// The rows of a file as a data set keeps them, read as this table was: columns by their names, cells as they are written in it. A row
    /// with a value that the table does not have is left out; gives how many were.
    ///
    /// # Errors
    /// What reading a table gives; a column that the file does not have.
    fn read_rows(&self, file: Vec<u8>) -> Result<(Vec<u8>, u64), TableError>;

    /// The rows of a file whose missing cells are to be filled.
    ///
    /// # Errors
    /// With line and column: what reading a table gives, a column that there is not, and a cell that its column cannot have.
    fn given(&self, file: Vec<u8>) -> Result<super::table::GivenRows<'_>, TableError>;
}

/// Rows of cells, each with the number of its sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NumberedRows {
    /// The number of each row.
    pub numbers: Vec<u64>,
    /// The cells of all rows, one after the other.
    pub cells: Vec<f64>,
}

impl NumberedRows {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The cells of a row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, at: usize) -> &[f64] {
        let width = self.cells.len() / self.numbers.len().max(1);
        &self.cells[at * width..(at + 1) * width]
    }

    /// Keeps the rows of which this is true.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&[f64]) -> bool) {
        let width = self.cells.len() / self.numbers.len().max(1);
        let mut kept = NumberedRows::default();
        for (number, row) in self.numbers.iter().zip(self.cells.chunks_exact(width.max(1))) {
            if is_kept(row) {
                kept.numbers.push(*number);
                kept.cells.extend_from_slice(row);
            }
        }
        *self = kept;
    }
}

/// Rows that others must not be copies of.
#[derive(Clone, Debug, Default)]
pub struct KnownRows(HashSet<Box<[u64]>>);

impl KnownRows {
    /// These rows of cells.
    pub fn of(table: &dyn RowCells, cells: &[f64]) -> KnownRows {
        KnownRows(cells.chunks_exact(table.width().max(1)).map(|row| table.identity(row)).collect())
    }

    /// Whether a row is identical to one of them in all columns that are learned.
    pub fn has(&self, table: &dyn RowCells, cells: &[f64]) -> bool {
        self.0.contains(&table.identity(cells))
    }
}
