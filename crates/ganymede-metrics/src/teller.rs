//! Tells real rows of a table from generated ones, and says by which odds. Not here: the trees (`learners/`), what is made of the
//! odds (the caller), the metric `detection` (`metrics/tables/detection.rs`).

use crate::learners::{Encoder, Stopped};
use crate::table::{Table, TableColumn};
use crate::{MetricError, Stop};
use ganymede_tensor::{Rng, Tensor, stream_of};

/// Of so many rows one is not learned, and says when to stop.
const CHECKED: usize = 10;
/// Fewest rows of a side.
const LEAST: usize = 50;

/// What tells real rows from generated ones.
///
/// ```
/// use ganymede_metrics::{Stop, TableColumn, TableKind, Teller};
/// use ganymede_tensor::Tensor;
///
/// // Half of the real rows are of the first category, three quarters of the generated ones.
/// let columns = [TableColumn { name: "sex".into(), kind: TableKind::Category { values: 2, missing: None }, target: false }];
/// let rows = |first: usize| Tensor::from_f32([4000, 1], (0..4000).map(|row| f32::from(row % 4 >= first)).collect());
/// let teller = Teller::learn(&columns, [&rows(2)?, &rows(3)?], 0, Stop::NEVER)?;
/// let odds = teller.log_odds(&Tensor::from_f32([2, 1], vec![0.0, 1.0])?)?;
/// assert!((odds[0] - (2f64 / 3.0).ln()).abs() < 0.1 && (odds[1] - 2f64.ln()).abs() < 0.1, "{odds:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Teller {
    columns: Vec<TableColumn>,
    encoder: Encoder,
    trees: Stopped,
}

impl Teller {
    /// Learns it of real and of generated rows by boosting, which stops early: a tenth of the rows, by chance, is not learned, and
    /// where their loss grows it ends. The same rows and seed give the same on any machine and any number of threads.
    ///
    /// # Shapes
    /// Both (rows, columns): cells as [`TableColumn`] says.
    ///
    /// # Errors
    /// [`MetricError::Argument`] for fewer than 50 rows of a side, or rows that are not of these columns; [`MetricError::Stopped`].
    pub fn learn(
        columns: &[TableColumn],
        [real, fake]: [&Tensor; 2],
        seed: u64,
        stop: Stop<'_>,
    ) -> Result<Teller, MetricError> {
        const NAME: &str = "telling real rows";
        let real = Table::of(NAME, real, columns)?.at_least(NAME, LEAST)?;
        let fake = Table::of(NAME, fake, columns)?.at_least(NAME, LEAST)?;
        let is_real = |row: &usize| u32::from(*row < real.rows);
        let order = Rng::new(seed, stream_of("metrics/teller")).permutation(real.rows + fake.rows);
        let (checked, learned) = order.split_at(order.len() / CHECKED);
        let labels = |rows: &[usize]| rows.iter().map(is_real).collect::<Vec<u32>>();
        let (of_learned, of_checked) = (labels(learned), labels(checked));
        let both = real.with(&fake);
        let (learned, checked) = (both.take(learned), both.take(checked));
        let encoder = Encoder::new(&learned, &(0..columns.len()).collect::<Vec<_>>());
        let trees = Stopped::learn(&encoder, (&learned, of_learned), (&checked, &of_checked), stop)?;
        Ok(Teller { columns: columns.to_vec(), encoder, trees })
    }

    /// ln p/(1 − p) of each row, where p is how probable it is a real one, if as many were generated.
    ///
    /// # Errors
    /// [`MetricError::Argument`] for rows that are not of these columns.
    pub fn log_odds(&self, rows: &Tensor) -> Result<Vec<f64>, MetricError> {
        let rows = Table::of("telling real rows", rows, &self.columns)?;
        Ok(self.trees.log_odds(&self.encoder, &rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{category, number};

    #[test]
    fn rows_that_cannot_be_told_are_refused() {
        let columns = [number("x"), category("kind", 2)];
        let rows = |n: usize| Tensor::from_f32([n, 2], vec![1.0; 2 * n]).unwrap();
        let told = |real, fake| Teller::learn(&columns, [&rows(real), &rows(fake)], 0, Stop::NEVER);
        assert!(told(50, 50).is_ok());
        for (real, fake) in [(49, 50), (50, 49), (0, 0)] {
            let error = told(real, fake).err().unwrap().to_string();
            assert!(error.contains("expected at least 50 rows on both sides"), "{error}");
        }
        let teller = told(60, 60).unwrap();
        assert!(teller.log_odds(&Tensor::from_f32([1, 2], vec![0.5, 7.0]).unwrap()).is_err());
        // Nothing tells them: even odds, but for how many of each were learned.
        assert!(teller.log_odds(&rows(3)).unwrap().iter().all(|odds| odds.abs() < 0.3));
    }
}
