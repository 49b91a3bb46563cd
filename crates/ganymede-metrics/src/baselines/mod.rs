//! Simple methods that make rows of a table: what a network is to be better than. To add one: a file here with a function,
//! and a line in [`BASELINES`]. Not here: the metrics that compare the rows (`metrics/tables/`), which rows they are made from (the
//! caller).

mod copula;
mod marginals;
mod smote;

use crate::table::Table;
use crate::{Facts, MetricError, Set, Sizes, Stop, TableColumn};
use ganymede_tensor::{Rng, Tensor};

/// The cells of each column.
type Cells = Result<Vec<Vec<f32>>, MetricError>;

/// A way to make rows.
pub struct Baseline {
    /// Its name.
    pub name: &'static str,
    /// Its name as people write it.
    pub shown: &'static str,
    /// One sentence for lists.
    pub summary: &'static str,
    /// So many rows, column by column.
    make: fn(&Table<'_>, usize, u64, Stop<'_>) -> Cells,
}

/// Every baseline, those that know least first.
pub const BASELINES: [Baseline; 3] = [
    Baseline {
        name: "marginals",
        shown: "marginals",
        summary: "each column as in real rows, none depends on another",
        make: marginals::cells,
    },
    Baseline {
        name: "copula",
        shown: "copula",
        summary: "each column as in real rows, with the correlations of a Gaussian copula",
        make: copula::cells,
    },
    Baseline {
        name: "smote",
        shown: "SMOTE",
        summary: "each row between a real one and one of its neighbours, as SMOTE-NC has it: near copies",
        make: smote::cells,
    },
];

impl Baseline {
    /// `count` rows made from those of `learned`, the same ones for a seed.
    ///
    /// # Shapes
    /// Rows of cells (N, C) of the columns, as [`Facts::columns`] says; the rows that are made are (count, C).
    ///
    /// # Errors
    /// [`MetricError::Argument`] for samples that are no rows of these columns, and for none; [`MetricError::Stopped`].
    pub fn rows(
        &self,
        learned: &Set,
        columns: &[TableColumn],
        count: usize,
        seed: u64,
        stop: Stop<'_>,
    ) -> Result<Set, MetricError> {
        let table = Table::of(self.name, learned.samples(), columns)?.at_least(self.name, 1)?;
        let made = (self.make)(&table, count, seed, stop)?;
        let cells = (0..count).flat_map(|row| made.iter().map(move |column| column[row])).collect();
        let samples = Tensor::from_f32([count, columns.len()], cells);
        Ok(learned.other(samples.map_err(|error| MetricError::argument(self.name, error.to_string()))?))
    }
}

/// The most bytes that making rows takes at a time: those that are learned from, by row and by column; what is worked out of them;
/// and the rows that are made, by row and by column.
pub fn bytes(data: &Facts, sizes: &Sizes) -> u64 {
    let cells = data.elements() * size_of::<f32>();
    let made = 2 * sizes.samples * cells;
    let own = copula::bytes(data.elements(), sizes.learned).max(smote::bytes(data.elements(), sizes.learned));
    (2 * sizes.learned * cells + made + own) as u64
}

/// So many places of rows, by chance: none is taken once more than another before all are.
fn places(rows: usize, count: usize, rng: &mut Rng) -> Vec<usize> {
    let mut found = Vec::with_capacity(count);
    while found.len() < count && rows > 0 {
        let more = rng.permutation(rows);
        let left = count - found.len();
        found.extend_from_slice(&more[..left.min(rows)]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{number, rows, table};

    /// Whatever the way: as many as are asked for, of the table's columns, the same for a seed, and what cannot be is said.
    #[test]
    fn every_way_makes_rows_of_the_table() {
        let (real, facts) = (rows("real", 300), table());
        for baseline in &BASELINES {
            let made = |set: &Set, count, seed| baseline.rows(set, &facts.columns, count, seed, Stop::NEVER);
            for (learned, count) in [(300, 200), (300, 700), (3, 10), (1, 4)] {
                let found = made(&real.first(learned), count, 1).unwrap();
                assert_eq!(found.len(), count, "{}", baseline.name);
                Table::of(baseline.name, found.samples(), &facts.columns).unwrap();
            }
            let text = |seed| format!("{:?}", made(&real, 50, seed).unwrap());
            assert!(text(1) == text(1) && text(1) != text(2), "{}", baseline.name);
            let none = Set::new("x", Tensor::from_f32([0, 5], vec![]).unwrap());
            assert!(made(&none, 5, 1).unwrap_err().to_string().contains("at least 1 row"), "{}", baseline.name);
            let image = Set::new("x", Tensor::from_f32([2, 1, 1], vec![0.0; 2]).unwrap());
            assert!(matches!(made(&image, 5, 1), Err(MetricError::Argument { .. })));
            let flag = std::sync::atomic::AtomicBool::new(true);
            let stopped = baseline.rows(&real, &facts.columns, 5, 1, Stop::when(&flag));
            assert!(matches!(stopped, Err(MetricError::Stopped)), "{}", baseline.name);
            // Cells that are all missing stay so.
            let missing = Set::new("x", Tensor::from_f32([9, 1], vec![f32::NAN; 9]).unwrap());
            let found = baseline.rows(&missing, &[number("x")], 4, 1, Stop::NEVER).unwrap();
            assert!(found.samples().as_f32().unwrap().iter().all(|cell| cell.is_nan()));
        }
    }

    #[test]
    fn places_are_taken_in_turn() {
        let mut rng = Rng::new(1, 0);
        let mut found = places(4, 10, &mut rng);
        assert_ne!(found[..4], [0, 1, 2, 3]);
        let mut first = found[..4].to_vec();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2, 3]);
        found.sort_unstable();
        let counts: Vec<usize> = found.chunk_by(|a, b| a == b).map(<[usize]>::len).collect();
        assert!(counts.len() == 4 && counts.iter().all(|count| [2, 3].contains(count)), "{counts:?}");
        assert_eq!(places(0, 3, &mut rng), Vec::<usize>::new());
    }
}
