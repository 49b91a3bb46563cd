//! Generators of table rows that learn nothing: what a network is to be better than. Not here: the metrics that compare them.

use crate::nearest::neighbours;
use crate::table::{Table, TableColumn, TableKind};
use crate::{MetricError, Set, Stop};
use ganymede_tensor::{Rng, Tensor, stream_of};

/// Neighbours of a row that a new one is made from.
const K: usize = 5;

/// As many rows as there are, each column's cells in an order of their own: each column is as in real rows, and none depends on
/// another.
///
/// # Errors
/// [`MetricError::Argument`] for samples that are no rows of cells.
pub fn marginals(real: &Set, seed: u64) -> Result<Set, MetricError> {
    let refuse = |reason: String| MetricError::argument("marginals", reason);
    let samples = real.samples();
    let [rows, width] = samples.shape()[..] else {
        return Err(refuse(format!("expected rows of cells, found {}", samples.shape())));
    };
    let cells = samples.as_f32().map_err(|e| refuse(e.to_string()))?;
    let mut found = vec![0.0; cells.len()];
    for column in 0..width {
        let order = Rng::new(seed, stream_of(&format!("baselines/marginals/{column}"))).permutation(rows);
        order.iter().enumerate().for_each(|(to, from)| found[to * width + column] = cells[from * width + column]);
    }
    Ok(real.other(Tensor::from_f32([rows, width], found).map_err(|e| refuse(e.to_string()))?))
}

/// A new row for each real one, somewhere between it and one of its five nearest neighbours, chosen by chance: numbers are
/// interpolated (whole ones become the nearest that a real row has), a category is that which most of the neighbours have, the nearest
/// of those that are as many. Where the target is a category, neighbours are rows of the same one. A row that has no neighbour is
/// repeated.
///
/// The square of a distance is 1 for each category that differs, and the square of numbers' differences in units of the real
/// range; a number that is missing in the row stays missing.
///
/// # Errors
/// [`MetricError::Argument`] for samples that are no rows of these columns; [`MetricError::Stopped`].
///
/// # Source
/// Chawla, Bowyer, Hall, Kegelmeyer (2002), "SMOTE: synthetic minority over-sampling technique", section 6.1 (SMOTE-NC).
///
/// # Differs
/// Every class gets as many rows as it has; the distance of categories is 1 instead of the median of the deviations.
pub fn smote(real: &Set, columns: &[TableColumn], seed: u64, stop: Stop<'_>) -> Result<Set, MetricError> {
    let table = Table::of("smote", real.samples(), columns)?;
    let class = columns.iter().position(|column| column.target && !column.is_number());
    let mut groups: Vec<Vec<usize>> = vec![(0..table.rows).collect()];
    if let Some(TableKind::Category { values, .. }) = class.map(|at| &columns[at].kind) {
        groups = vec![Vec::new(); *values];
        (0..table.rows).for_each(|row| groups[table.cells[class.unwrap_or_default()][row] as usize].push(row));
    }
    let whole: Vec<Option<Vec<f32>>> =
        columns.iter().zip(&table.cells).map(|(column, cells)| steps(column, cells)).collect();
    let width = columns.len();
    let mut found = vec![0.0; table.rows * width];
    let mut rng = Rng::new(seed, stream_of("baselines/smote"));
    for group in groups {
        let own = table.take(&group);
        for (at, near) in neighbours::<K>(&own, stop)?.into_iter().enumerate() {
            let other = if near.is_empty() { at } else { near[rng.below(near.len() as u32) as usize] };
            let part = rng.uniform() as f32;
            let row = &mut found[group[at] * width..(group[at] + 1) * width];
            for ((cell, (column, cells)), steps) in row.iter_mut().zip(columns.iter().zip(&own.cells)).zip(&whole) {
                *cell = match (column.is_number(), steps) {
                    (true, _) if cells[at].is_nan() || cells[other].is_nan() => cells[at],
                    (true, Some(steps)) => step(steps, cells[at] + part * (cells[other] - cells[at])),
                    (true, None) => cells[at] + part * (cells[other] - cells[at]),
                    (false, _) => most(near.iter().map(|row| cells[*row])).unwrap_or(cells[at]),
                };
            }
        }
    }
    let samples =
        Tensor::from_f32([table.rows, width], found).map_err(|e| MetricError::argument("smote", e.to_string()))?;
    Ok(real.other(samples))
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

    #[test]
    fn shuffled_columns_keep_their_cells() {
        let real = rows("real", 300);
        let found = marginals(&real, 1).unwrap();
        let column = |set: &Set, at: usize| {
            let mut cells: Vec<u32> =
                set.samples().as_f32().unwrap().iter().skip(at).step_by(5).map(|c| c.to_bits()).collect();
            let given = cells.clone();
            cells.sort_unstable();
            (cells, given)
        };
        for at in 0..5 {
            assert_eq!(column(&real, at).0, column(&found, at).0);
            assert_ne!(column(&real, at).1, column(&found, at).1);
        }
        // Each in an order of its own: the group is no longer that of the kind.
        let broken =
            found.samples().as_f32().unwrap().chunks_exact(5).filter(|row| (row[2] / 2.0).floor() != row[3]).count();
        assert!(broken > 100, "{broken}");
        assert_ne!(found, marginals(&real, 2).unwrap());
        assert!(marginals(&Set::new("x", Tensor::from_f32([2, 1, 1], vec![0.0; 2]).unwrap()), 1).is_err());
    }

    /// Two groups far apart: a new row stays between those of its group, with the category that most of them have.
    #[test]
    fn new_rows_are_between_neighbours() {
        let columns = [
            TableColumn { kind: TableKind::Number { whole: false, range: [0.0, 1.0] }, ..number("x") },
            category("kind", 3),
        ];
        let cells: Vec<f32> = (0..14)
            .flat_map(|at| {
                let x = if at < 7 { 0.01 * at as f32 } else { 0.9 + 0.01 * at as f32 };
                [x, if at == 3 { 2.0 } else { f32::from(u8::from(at >= 7)) }]
            })
            .collect();
        let real = Set::new("x", Tensor::from_f32([14, 2], cells.clone()).unwrap());
        let found = smote(&real, &columns, 1, Stop::NEVER).unwrap();
        let found = found.samples().as_f32().unwrap();
        for (at, row) in found.chunks_exact(2).enumerate() {
            let (low, high, kind) = if at < 7 { (0.0, 0.06, 0.0) } else { (0.97, 1.03, 1.0) };
            assert!(row[0] >= low && row[0] <= high + 1e-6 && row[1] == kind, "{at}: {row:?}");
        }
        assert!(found.chunks_exact(2).zip(cells.chunks_exact(2)).filter(|(a, b)| a[0] != b[0]).count() > 10);
        assert_eq!((step(&[0.0, 0.4, 1.0], 0.15), step(&[0.0, 0.4, 1.0], 0.75), step(&[0.5], 9.0)), (0.0, 1.0, 0.5));
        assert_eq!(
            (most([1.0, 2.0, 2.0].into_iter()), most([1.0, 2.0].into_iter()), most([].into_iter())),
            (Some(2.0), Some(1.0), None)
        );
    }

    /// Rows keep what real ones have: classes as many, whole numbers of the list, missing cells as many or less.
    #[test]
    fn new_rows_are_rows_of_the_table() {
        let (real, facts) = (rows("real", 400), table());
        let found = smote(&real, &facts.columns, 1, Stop::NEVER).unwrap();
        Table::of("smote", found.samples(), &facts.columns).unwrap();
        let (a, b) = (real.samples().as_f32().unwrap(), found.samples().as_f32().unwrap());
        let classes = |cells: &[f32]| cells.iter().skip(4).step_by(5).sum::<f32>();
        assert_eq!(classes(a), classes(b));
        for (at, cell) in b.iter().enumerate().filter(|(at, _)| at % 5 < 2) {
            let known = a.iter().skip(at % 5).step_by(5).any(|other| other.to_bits() == cell.to_bits());
            assert!(known && cell.is_nan() == a[at].is_nan(), "{at}: {cell}");
        }
        assert_eq!(format!("{found:?}"), format!("{:?}", smote(&real, &facts.columns, 1, Stop::NEVER).unwrap()));
        assert_ne!(format!("{found:?}"), format!("{:?}", smote(&real, &facts.columns, 2, Stop::NEVER).unwrap()));
        let alone = smote(&real.first(1), &facts.columns, 1, Stop::NEVER).unwrap();
        assert_eq!(alone, real.first(1));
        let flag = std::sync::atomic::AtomicBool::new(true);
        assert!(matches!(smote(&real, &facts.columns, 1, Stop::when(&flag)), Err(MetricError::Stopped)));
    }
}
