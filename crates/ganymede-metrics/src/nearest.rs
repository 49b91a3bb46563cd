//! The rows of a table that are nearest to others. Not here: what that says (`metrics/tables/copying.rs`, `baselines/smote.rs`).

use crate::table::Table;
use crate::{MetricError, Stop};

/// Rows whose distances are computed together: their cells stay in the first cache.
const BLOCK: usize = 512;
/// Distances of which the least are sought side by side.
const LANES: usize = 16;
/// What stands for a missing number: half a range from the nearest that is known.
const MISSING: f32 = -0.5;

/// The squares of distances: 1 for each column of categories in which two rows differ, and the square of the difference of each
/// pair of numbers, in units of the real range.
struct Distances<'a> {
    asked: Vec<Vec<f32>>,
    known: Vec<Vec<f32>>,
    numbers: Vec<bool>,
    sizes: [usize; 2],
    stop: Stop<'a>,
}

impl<'a> Distances<'a> {
    fn new(asked: &Table<'_>, known: &Table<'_>, stop: Stop<'a>) -> Distances<'a> {
        let filled = |table: &Table<'_>| {
            let fill = |cell: &f32| if cell.is_nan() { MISSING } else { *cell };
            table.cells.iter().map(|cells| cells.iter().map(fill).collect()).collect()
        };
        let numbers = asked.columns.iter().map(|column| column.is_number()).collect();
        Distances { asked: filled(asked), known: filled(known), numbers, sizes: [asked.rows, known.rows], stop }
    }

    /// Calls `found` with the number of each asked row, that of the first row of a block, and the distances to the block's rows.
    fn each(&self, mut found: impl FnMut(usize, usize, &[f32])) -> Result<(), MetricError> {
        let mut sums = [0.0f32; BLOCK];
        for first in (0..self.sizes[1]).step_by(BLOCK) {
            self.stop.check()?;
            let last = (first + BLOCK).min(self.sizes[1]);
            let sums = &mut sums[..last - first];
            for row in 0..self.sizes[0] {
                sums.fill(0.0);
                for ((asked, known), number) in self.asked.iter().zip(&self.known).zip(&self.numbers) {
                    let (cell, block) = (asked[row], &known[first..last]);
                    if *number {
                        for (sum, other) in sums.iter_mut().zip(block) {
                            let difference = cell - other;
                            *sum += difference * difference;
                        }
                    } else {
                        sums.iter_mut()
                            .zip(block)
                            .for_each(|(sum, other)| *sum += if cell == *other { 0.0 } else { 1.0 });
                    }
                }
                found(row, first, sums);
            }
        }
        Ok(())
    }
}

/// The least of some numbers; infinity of none.
fn least(numbers: &[f32]) -> f32 {
    let mut lanes = [f32::INFINITY; LANES];
    let chunks = numbers.chunks_exact(LANES);
    let rest = chunks.remainder();
    let lesser = |a: f32, b: f32| if b < a { b } else { a };
    chunks.for_each(|chunk| lanes.iter_mut().zip(chunk).for_each(|(lane, number)| *lane = lesser(*lane, *number)));
    lanes.iter().chain(rest).copied().fold(f32::INFINITY, lesser)
}

/// The distance of each row to the nearest of some known ones.
///
/// # Errors
/// [`MetricError::Stopped`].
pub(crate) fn nearest(asked: &Table<'_>, known: &Table<'_>, stop: Stop<'_>) -> Result<Vec<f64>, MetricError> {
    let mut best = vec![f32::INFINITY; asked.rows];
    Distances::new(asked, known, stop).each(|row, _, distances| {
        let least = least(distances);
        if least < best[row] {
            best[row] = least;
        }
    })?;
    Ok(best.into_iter().map(|square| f64::from(square).sqrt()).collect())
}

/// The numbers of the `K` rows that are nearest to each row of a table, itself apart, the nearest first: less where there are less.
///
/// # Errors
/// [`MetricError::Stopped`].
pub(crate) fn neighbours<const K: usize>(table: &Table<'_>, stop: Stop<'_>) -> Result<Vec<Vec<usize>>, MetricError> {
    let mut best = vec![[(f32::INFINITY, u32::MAX); K]; table.rows];
    Distances::new(table, table, stop).each(|row, first, distances| {
        let own = &mut best[row];
        for (at, distance) in distances.iter().enumerate() {
            if *distance < own[K - 1].0 && first + at != row {
                let place = own.partition_point(|(other, _)| other <= distance);
                own[place..].rotate_right(1);
                own[place] = (*distance, (first + at) as u32);
            }
        }
    })?;
    let rows =
        |own: [(f32, u32); K]| own.iter().filter(|(far, _)| far.is_finite()).map(|(_, row)| *row as usize).collect();
    Ok(best.into_iter().map(rows).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tables_by_formula;

    /// Beside plain loops of f64, over several blocks.
    #[test]
    fn the_nearest_are_those_of_plain_loops() {
        let columns = tables_by_formula::columns("class");
        let (a, b) =
            (tables_by_formula::table(&columns, 1, 40, false), tables_by_formula::table(&columns, 2, 1100, false));
        let distance = |a: &Table<'_>, i: usize, b: &Table<'_>, j: usize| {
            let part = |at: usize| {
                let cell = |table: &Table<'_>, row: usize| match table.cells[at][row] {
                    cell if cell.is_nan() => -0.5,
                    cell => f64::from(cell),
                };
                let difference = cell(a, i) - cell(b, j);
                if columns[at].is_number() { difference * difference } else { f64::from(u8::from(difference != 0.0)) }
            };
            (0..columns.len()).map(part).sum::<f64>().sqrt()
        };
        let found = nearest(&a, &b, Stop::NEVER).unwrap();
        for (i, found) in found.iter().enumerate() {
            let expected = (0..b.rows).map(|j| distance(&a, i, &b, j)).fold(f64::INFINITY, f64::min);
            assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
        }
        let near = neighbours::<5>(&b, Stop::NEVER).unwrap();
        for i in (0..b.rows).step_by(97) {
            let mut others: Vec<f64> = (0..b.rows).filter(|j| *j != i).map(|j| distance(&b, i, &b, j)).collect();
            others.sort_by(f64::total_cmp);
            for (expected, j) in others.iter().zip(&near[i]) {
                assert!((distance(&b, i, &b, *j) - expected).abs() < 1e-5 && *j != i);
            }
        }
        assert_eq!(neighbours::<5>(&b.take(&[0, 1, 2]), Stop::NEVER).unwrap()[1].len(), 2);
        assert_eq!(nearest(&a, &a, Stop::NEVER).unwrap(), vec![0.0; 40]);
    }
}
