//! Rows between real ones and their neighbours. Not here: which rows are neighbours (`nearest.rs`).

use super::{Cells, places};
use crate::nearest::neighbours;
use crate::table::{Table, TableColumn, TableKind};
use crate::{MetricError, Stop};
use ganymede_tensor::{Rng, stream_of};

/// Neighbours of a row that a new one is made from.
const K: usize = 5;
/// Most rows that new ones are made from: the work grows with the square of their number.
pub(super) const MOST: usize = 10_000;

/// New rows, each somewhere between a real one and one of its five nearest neighbours, chosen by chance: numbers are
/// interpolated (whole ones become the nearest that a real row has), a category is that which most of the neighbours have, the nearest
/// of those that are as many. Where the target is a category, neighbours are rows of the same one. A row that has no neighbour is
/// repeated. Of more than 10,000 rows so many are taken, by chance.
///
/// The square of a distance is 1 for each category that differs, and the square of numbers' differences in units of the real
/// range; a number that is missing in the row stays missing.
///
/// # Source
/// Chawla, Bowyer, Hall, Kegelmeyer (2002), "SMOTE: synthetic minority over-sampling technique", section 6.1 (SMOTE-NC).
///
/// # Differs
/// Every class gets as many rows as it has; the distance of categories is 1 instead of the median of the deviations.
pub(super) fn cells(table: &Table<'_>, count: usize, seed: u64, stop: Stop<'_>) -> Cells {
    let mut rng = Rng::new(seed, stream_of("baselines/smote"));
    let table = table.take(&places(table.rows, table.rows.min(MOST), &mut rng));
    let near = near(&table, stop)?;
    let whole: Vec<Option<Vec<f32>>> =
        table.columns.iter().zip(&table.cells).map(|(column, cells)| steps(column, cells)).collect();
    let mut found = vec![Vec::with_capacity(count); table.columns.len()];
    for at in places(table.rows, count, &mut rng) {
        let near = &near[at];
        let other = if near.is_empty() { at } else { near[rng.below(near.len() as u32) as usize] };
        let part = rng.uniform() as f32;
        for ((made, (column, cells)), steps) in found.iter_mut().zip(table.columns.iter().zip(&table.cells)).zip(&whole)
        {
            made.push(match (column.is_number(), steps) {
                (true, _) if cells[at].is_nan() || cells[other].is_nan() => cells[at],
                (true, Some(steps)) => step(steps, cells[at] + part * (cells[other] - cells[at])),
                (true, None) => cells[at] + part * (cells[other] - cells[at]),
                (false, _) => most(near.iter().map(|row| cells[*row])).unwrap_or(cells[at]),
            });
        }
    }
    Ok(found)
}

/// The nearest rows of each one, of its own class where the target is a category.
fn near(table: &Table<'_>, stop: Stop<'_>) -> Result<Vec<Vec<usize>>, MetricError> {
    let class = table.columns.iter().position(|column| column.target && !column.is_number());
    let mut groups = std::collections::BTreeMap::<u32, Vec<usize>>::new();
    for row in 0..table.rows {
        let class = class.map_or(0, |at| table.cells[at][row] as u32);
        groups.entry(class).or_default().push(row);
    }
    let mut found = vec![Vec::new(); table.rows];
    for group in groups.values() {
        for (row, near) in group.iter().zip(neighbours::<K>(&table.take(group), stop)?) {
            found[*row] = near.into_iter().map(|at| group[at]).collect();
        }
    }
    Ok(found)
}

/// The rows that are taken, twice, and the neighbours of each.
pub(super) fn bytes(columns: usize, rows: usize) -> usize {
    let near = 2 * K * size_of::<usize>() + size_of::<Vec<usize>>();
    rows.min(MOST) * (4 * columns * size_of::<f32>() + near)
}

/// The cells of a column of whole numbers, ascending, each once; none of other columns.
fn steps(column: &TableColumn, cells: &[f32]) -> Option<Vec<f32>> {
    let TableKind::Number { whole: true, .. } = column.kind else { return None };
    let mut known: Vec<f32> = cells.iter().copied().filter(|cell| !cell.is_nan()).collect();
    known.sort_unstable_by(f32::total_cmp);
    known.dedup();
    Some(known)
}

/// The nearest of ascending cells; the lower of two that are as near.
fn step(steps: &[f32], cell: f32) -> f32 {
    let at = steps.partition_point(|step| *step < cell).min(steps.len().saturating_sub(1));
    let (low, high) = (steps[at.saturating_sub(1)], steps[at]);
    if cell - low <= high - cell { low } else { high }
}

/// The category that most have, the first of those that as many have; none of none.
fn most(categories: impl Iterator<Item = f32> + Clone) -> Option<f32> {
    let count = |category: f32| categories.clone().filter(|other| *other == category).count();
    categories.clone().fold(None, |best, category| match best {
        Some(best) if count(best) >= count(category) => Some(best),
        _ => Some(category),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{category, number, rows, table};

    /// Two groups far apart: a new row stays between those of its group, with the category that most of them have.
    #[test]
    fn new_rows_are_between_neighbours() {
        let columns = [
            TableColumn { kind: TableKind::Number { whole: false, range: [0.0, 1.0] }, ..number("x") },
            category("kind", 3),
        ];
        let x: Vec<f32> = (0..14).map(|at| if at < 7 { 0.01 * at as f32 } else { 0.9 + 0.01 * at as f32 }).collect();
        let kind = (0..14).map(|at| if at == 3 { 2.0 } else { f32::from(u8::from(at >= 7)) }).collect();
        let real = Table { columns: &columns, cells: vec![x.clone(), kind], rows: 14 };
        let found = cells(&real, 14, 1, Stop::NEVER).unwrap();
        let (mut first, mut anew) = (0, 0);
        for (cell, made) in found[0].iter().zip(&found[1]) {
            let (low, high, kind) = if *cell < 0.5 { (0.0, 0.06, 0.0) } else { (0.97, 1.03, 1.0) };
            assert!(*cell >= low && *cell <= high + 1e-6 && *made == kind, "{cell}, {made}");
            first += usize::from(*cell < 0.5);
            anew += usize::from(!x.contains(cell));
        }
        // Each row is taken once, and nearly every new one is somewhere between.
        assert!(first == 7 && anew > 10, "{first}, {anew}");
        assert_eq!((step(&[0.0, 0.4, 1.0], 0.15), step(&[0.0, 0.4, 1.0], 0.75), step(&[0.5], 9.0)), (0.0, 1.0, 0.5));
        assert_eq!(
            (most([1.0, 2.0, 2.0].into_iter()), most([1.0, 2.0].into_iter()), most([].into_iter())),
            (Some(2.0), Some(1.0), None)
        );
    }

    /// Rows keep what real ones have: classes as many, whole numbers of the list, missing cells as many.
    #[test]
    fn new_rows_are_as_real_ones() {
        let (real, facts) = (rows("real", 400), table());
        let real = Table::of("smote", real.samples(), &facts.columns).unwrap();
        let found = cells(&real, 400, 1, Stop::NEVER).unwrap();
        assert_eq!(real.cells[4].iter().sum::<f32>(), found[4].iter().sum::<f32>());
        let missing = |cells: &[f32]| cells.iter().filter(|cell| cell.is_nan()).count();
        for (own, made) in real.cells.iter().zip(&found).take(2) {
            let known = |cell: &f32| own.iter().any(|other| other.to_bits() == cell.to_bits());
            assert!(made.iter().all(known));
            assert_eq!(missing(own), missing(made));
        }
        let alone = real.take(&[0]);
        assert_eq!(cells(&alone, 1, 1, Stop::NEVER).unwrap(), alone.cells);
    }
}
