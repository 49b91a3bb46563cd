//! Which cells given rows get: those of the nearest of other rows by what is known of them. Not here: reading and writing the given
//! rows (`given.rs`).

use super::given::GivenRows;
use crate::modalities::{NumberedRows, RowColumn, RowKind};
use crate::table::{Column, Kind, Way};
use ganymede_tensor::{Rng, stream_of};
use rayon::prelude::*;

/// Of so many nearest rows one is taken, by chance.
const AMONG: usize = 5;
/// So many of the nearest rows are looked at first.
const FIRST: usize = 64;

/// What was filled, and how well.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filled {
    /// How far the row is that each filled row took its cells from: 0 where all that is known is the same, 1 where nothing is.
    pub distances: Vec<f64>,
    /// The rows whose cells could not be filled so that every rule is kept and nothing is missing.
    pub unfit: Vec<usize>,
}

/// A row's cells, their distance, and whether they are fit.
type Found = (Vec<f64>, f64, bool);

/// Rows that are filled from, column by column.
struct Pool<'a> {
    rows: &'a NumberedRows,
    compared: Vec<Vec<f32>>,
    /// Which columns of a row follow from others, and need no cell of another row.
    follows: Vec<bool>,
}

impl GivenRows<'_> {
    /// Fills the open cells of some rows by those of the pool. Each takes them from one row: by chance, which follows from its
    /// number, among the five nearest that keep all rules of the table with what is given, and have no missing cell where one is
    /// to be filled. Cells that follow from given ones (such as a copy) follow. Where no row fits, the nearest one is taken.
    ///
    /// The distance is Gower's: the mean over the known columns of 1 where categories differ, and of the difference of numbers in
    /// units of the real range, at most 1.
    ///
    /// # Source
    /// Gower (1971), "A general coefficient of similarity and some of its properties"; hot-deck imputation.
    pub fn fill(&mut self, rows: &[usize], pool: &NumberedRows) {
        if pool.is_empty() {
            return;
        }
        let columns = self.table.compared_columns();
        let cells = super::RowCells::compared_cells(self.table, &pool.cells);
        let of_column = |at: usize| cells.iter().skip(at).step_by(columns.len()).copied().collect();
        let mut follows = vec![false; self.columns().len()];
        for step in &self.table.plan.steps {
            follows[step.column] = matches!(step.way, Way::Lookup(_) | Way::Copy { .. } | Way::Affine { .. });
        }
        let pool = Pool { rows: pool, compared: (0..columns.len()).map(of_column).collect(), follows };
        let found: Vec<Found> = rows.par_iter().map(|row| self.found(*row, &pool, &columns)).collect();
        let width = self.columns().len();
        for (row, (cells, distance, is_fit)) in rows.iter().zip(found) {
            self.cells[row * width..(row + 1) * width].copy_from_slice(&cells);
            self.filled.distances.push(distance);
            self.filled.unfit.extend((!is_fit).then_some(*row));
        }
        self.filled.unfit.sort_unstable();
    }

    /// What was filled so far.
    pub fn filled(&self) -> &Filled {
        &self.filled
    }

    fn found(&self, row: usize, pool: &Pool<'_>, columns: &[(usize, RowColumn)]) -> Found {
        let width = self.columns().len();
        let (given, open) = (&self.cells[row * width..(row + 1) * width], &self.open[row * width..(row + 1) * width]);
        let mut compared = self.table.compared_row(columns, given);
        let first = self.unseen.partition_point(|(place, _)| *place < row * width);
        for (place, number) in self.unseen[first..].iter().take_while(|(place, _)| *place < (row + 1) * width) {
            let own = columns.iter().position(|(at, _)| *at == place - row * width);
            if let Some((own, RowKind::Number { range: [low, high], .. })) = own.map(|own| (own, &columns[own].1.kind))
            {
                let span = if high > low { high - low } else { 1.0 };
                compared[own] = ((number - low) / span) as f32;
            }
        }
        let known: Vec<usize> = (0..columns.len()).filter(|at| !open[columns[*at].0]).collect();
        let mut distances = vec![0.0f32; pool.rows.len()];
        for &at in &known {
            let cell = compared[at];
            let others = distances.iter_mut().zip(&pool.compared[at]);
            match columns[at].1.kind {
                // A missing number is as far as a number can be, and `min` takes the other of NaN.
                RowKind::Number { .. } => others.for_each(|(sum, other)| *sum += (cell - other).abs().min(1.0)),
                RowKind::Category { .. } => {
                    others.for_each(|(sum, other)| *sum += if cell == *other { 0.0 } else { 1.0 });
                }
            }
        }
        let mut rng = Rng::at(row as u64, stream_of("table/fill"), 0);
        // Rows that are as far as each other come in an order of their own for each row.
        let turn = rng.below(u32::try_from(distances.len()).unwrap_or(u32::MAX)) as usize;
        let count = distances.len();
        let order = |a: &usize, b: &usize| {
            let place = |at: usize| (at + count - turn) % count;
            distances[*a].total_cmp(&distances[*b]).then(place(*a).cmp(&place(*b)))
        };
        let mut nearest: Vec<usize> = (0..count).collect();
        let mut fit = Vec::with_capacity(AMONG);
        let mut sorted = 0;
        while fit.len() < AMONG && sorted < count {
            let rest = &mut nearest[sorted..];
            let part = if sorted == 0 { FIRST.min(rest.len()) } else { rest.len() };
            if part < rest.len() {
                rest.select_nth_unstable_by(part, order);
            }
            rest[..part].sort_unstable_by(order);
            let more =
                rest[..part].iter().filter_map(|&at| self.joined(given, open, pool, at).ok().map(|row| (at, row)));
            fit.extend(more.take(AMONG - fit.len()));
            sorted += part;
        }
        let distance = |at: usize| f64::from(distances[at]) / known.len().max(1) as f64;
        if fit.is_empty() {
            let (Ok(row) | Err(row)) = self.joined(given, open, pool, nearest[0]);
            return (row, distance(nearest[0]), false);
        }
        let (at, row) = fit.swap_remove(rng.below(fit.len() as u32) as usize);
        (row, distance(at), true)
    }

    /// A given row with the cells of another where it is open; as an error where it breaks a rule, or lacks a cell still.
    fn joined(&self, given: &[f64], open: &[bool], pool: &Pool<'_>, at: usize) -> Result<Vec<f64>, Vec<f64>> {
        let (plan, other) = (&self.table.plan, pool.rows.row(at));
        let mut row: Vec<f64> =
            given.iter().zip(open).zip(other).map(|((own, open), other)| if *open { *other } else { *own }).collect();
        plan.follow(&mut row, |at| open[at]);
        let lacks = |at: usize| open[at] && !pool.follows[at] && is_missing(&self.columns()[at], row[at]);
        if (0..row.len()).any(lacks) || plan.breaks(&row) { Err(row) } else { Ok(row) }
    }
}

/// Whether a cell of a learned column is a missing one.
fn is_missing(column: &Column, cell: f64) -> bool {
    match &column.kind {
        Kind::Number { .. } | Kind::Date { .. } => cell.is_nan(),
        Kind::Category { values, .. } => {
            let value = (cell >= 0.0).then(|| values.get(cell as usize)).flatten();
            value.is_none_or(|value| column.missing.place(value.text.trim()).is_some())
        }
        _ => false,
    }
}
