//! Rows whose columns are as in real ones, and do not depend on each other. Not here: columns that do (`copula.rs`).

use super::{Cells, places};
use crate::Stop;
use crate::table::Table;
use ganymede_tensor::{Rng, stream_of};

/// Cells of real rows, each column's in an order of its own.
pub(super) fn cells(table: &Table<'_>, count: usize, seed: u64, stop: Stop<'_>) -> Cells {
    let column = |(at, cells): (usize, &Vec<f32>)| {
        stop.check()?;
        let mut rng = Rng::new(seed, stream_of(&format!("baselines/marginals/{at}")));
        Ok(places(table.rows, count, &mut rng).into_iter().map(|row| cells[row]).collect())
    };
    table.cells.iter().enumerate().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, table};

    #[test]
    fn shuffled_columns_keep_their_cells() {
        let (real, facts) = (rows("real", 300), table());
        let real = Table::of("marginals", real.samples(), &facts.columns).unwrap();
        let found = cells(&real, 300, 1, Stop::NEVER).unwrap();
        let sorted = |cells: &[f32]| {
            let mut bits: Vec<u32> = cells.iter().map(|cell| cell.to_bits()).collect();
            bits.sort_unstable();
            bits
        };
        for (own, made) in real.cells.iter().zip(&found) {
            assert_eq!(sorted(own), sorted(made));
            assert!(own.iter().zip(made).any(|(own, made)| own.to_bits() != made.to_bits()));
        }
        // Each in an order of its own: the group is no longer that of the kind.
        let broken = found[2].iter().zip(&found[3]).filter(|(kind, group)| (*kind / 2.0).floor() != **group).count();
        assert!(broken > 100, "{broken}");
    }
}
