//! The parts of each column that chosen rows have in the same shares as real ones: categories, frequent numbers, tenths of the
//! others. Not here: how that is reached (`raking.rs`).

use ganymede_metrics::{TableColumn, TableKind};

/// Parts of the numbers of a column.
const TENTHS: usize = 10;
/// Share of the rows from which a number is a part of its own.
const ATOM: f64 = 0.02;

/// Which part of a column a cell is in.
enum Parts {
    Categories(usize),
    Numbers {
        /// Frequent numbers, ascending.
        atoms: Vec<f32>,
        /// Where the further parts begin, but for the first.
        edges: Vec<f32>,
    },
}

/// The parts of a column, with their shares of the real rows.
pub(super) struct Margin {
    parts: Parts,
    /// Of each part.
    pub shares: Vec<f64>,
}

impl Margin {
    /// Of the cells of real rows, that count as much as their weights say.
    pub fn of(column: &TableColumn, cells: &[f32], weights: &[f64]) -> Margin {
        let parts = match column.kind {
            TableKind::Category { values, .. } => Parts::Categories(values),
            TableKind::Number { .. } => {
                numbers(cells.iter().zip(weights).filter(|(_, w)| **w > 0.0).map(|(cell, _)| *cell))
            }
        };
        let mut margin = Margin { shares: vec![0.0; parts.count()], parts };
        let all: f64 = weights.iter().sum();
        for (cell, weight) in cells.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
            let part = margin.part(*cell);
            margin.shares[part] += weight / all;
        }
        margin
    }

    /// The part that a cell is in.
    pub fn part(&self, cell: f32) -> usize {
        match &self.parts {
            Parts::Categories(values) => (cell as usize).min(values.saturating_sub(1)),
            Parts::Numbers { atoms, edges } if cell.is_nan() => atoms.len() + edges.len() + 1,
            Parts::Numbers { atoms, edges } => match atoms.binary_search_by(|atom| atom.total_cmp(&(cell + 0.0))) {
                Ok(at) => at,
                Err(_) => atoms.len() + edges.partition_point(|edge| *edge <= cell),
            },
        }
    }
}

impl Parts {
    fn count(&self) -> usize {
        match self {
            Parts::Categories(values) => (*values).max(1),
            Parts::Numbers { atoms, edges } => atoms.len() + edges.len() + 2,
        }
    }
}

fn numbers(cells: impl Iterator<Item = f32>) -> Parts {
    let mut sorted: Vec<f32> = cells.filter(|cell| !cell.is_nan()).map(|cell| cell + 0.0).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let least = (ATOM * sorted.len() as f64).ceil().max(2.0) as usize;
    let runs = sorted.chunk_by(|a, b| a == b);
    let atoms: Vec<f32> = runs.filter(|run| run.len() >= least).map(|run| run[0]).collect();
    sorted.retain(|cell| atoms.binary_search_by(|atom| atom.total_cmp(cell)).is_err());
    let mut edges: Vec<f32> =
        (1..TENTHS).filter_map(|tenth| sorted.get(tenth * sorted.len() / TENTHS).copied()).collect();
    edges.dedup();
    // Nothing is below the least number.
    edges.retain(|edge| sorted.first() != Some(edge));
    Parts::Numbers { atoms, edges }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: TableKind) -> TableColumn {
        TableColumn { name: "x".into(), kind, target: false }
    }

    /// Half are 0, the others 1 to 100, and four are missing: the parts are 0, ten tenths of equal size, and missing.
    #[test]
    fn numbers_have_atoms_and_tenths() {
        let number = column(TableKind::Number { whole: true, range: [0.0, 100.0] });
        let cells: Vec<f32> = (0..204)
            .map(|at| {
                if at < 100 {
                    0.0
                } else if at < 200 {
                    (at - 99) as f32
                } else {
                    f32::NAN
                }
            })
            .collect();
        let margin = Margin::of(&number, &cells, &vec![1.0; 204]);
        assert_eq!(margin.shares.len(), 12);
        assert!((margin.shares[0] - 100.0 / 204.0).abs() < 1e-12);
        assert!(margin.shares[1..11].iter().all(|share| (share - 10.0 / 204.0).abs() < 1e-12), "{:?}", margin.shares);
        assert!((margin.shares[11] - 4.0 / 204.0).abs() < 1e-12);
        let part = |cell: f32| margin.part(cell);
        assert_eq!([part(-0.0), part(10.0), part(11.0), part(1e9), part(-1e9), part(f32::NAN)], [0, 1, 2, 10, 1, 11]);
        // Rows without weight are not there.
        let weights: Vec<f64> = (0..204).map(|at| if at < 100 { 3.0 } else { 0.0 }).collect();
        let margin = Margin::of(&number, &cells, &weights);
        assert!(margin.part(0.0) == 0 && (margin.shares[0] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn categories_have_their_shares() {
        let category = column(TableKind::Category { values: 3, missing: None });
        let margin = Margin::of(&category, &[0.0, 2.0, 2.0], &[1.0, 1.0, 2.0]);
        assert_eq!(margin.shares, [0.25, 0.0, 0.75]);
        let none = Margin::of(&column(TableKind::Number { whole: true, range: [0.0, 1.0] }), &[], &[]);
        assert_eq!((none.part(0.5), none.shares.len()), (0, 2));
    }
}
