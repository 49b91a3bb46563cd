//! Features of a set of samples: a row each. Not here: what gives them (`spaces/`).

use crate::MetricError;

/// Rows of `f32` numbers, one for each sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    columns: usize,
    values: Vec<f32>,
}

/// Sums of a product that run side by side.
const LANES: usize = 16;

impl Matrix {
    /// Rows of so many numbers.
    ///
    /// # Errors
    /// [`MetricError::Argument`] when the numbers are no whole rows, none, or not finite.
    pub fn new(columns: usize, values: Vec<f32>) -> Result<Matrix, MetricError> {
        let refuse = |reason: String| MetricError::argument("features", reason);
        if columns == 0 || values.is_empty() || !values.len().is_multiple_of(columns) {
            return Err(refuse(format!("expected whole rows of {columns} numbers, found {}", values.len())));
        }
        if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
            return Err(refuse(format!("expected finite numbers, found {bad}")));
        }
        Ok(Matrix { columns, values })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// Numbers of a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A row.
    pub fn row(&self, at: usize) -> &[f32] {
        &self.values[at * self.columns..(at + 1) * self.columns]
    }

    /// These rows, in this order.
    pub fn take(&self, rows: &[usize]) -> Matrix {
        let mut values = Vec::with_capacity(rows.len() * self.columns);
        rows.iter().for_each(|&row| values.extend_from_slice(self.row(row)));
        Matrix { columns: self.columns, values }
    }

    /// Refuses two sets of other features, or of fewer than `least` rows.
    pub(crate) fn pair(metric: &str, a: &Matrix, b: &Matrix, least: usize) -> Result<(), MetricError> {
        let refuse = |reason: String| Err(MetricError::argument(metric, reason));
        if a.columns != b.columns {
            return refuse(format!("expected features of one size, found {} and {}", a.columns, b.columns));
        }
        let fewest = a.rows().min(b.rows());
        if fewest < least {
            return refuse(format!("expected at least {least} samples on both sides, found {fewest}"));
        }
        Ok(())
    }
}

/// Σ (xᵢ − yᵢ)², in sums that run side by side: of points near each other |x|² + |y|² − 2 x·y would lose its digits.
pub(crate) fn square_distance(x: &[f32], y: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let square = |a: &f32, b: &f32| (a - b) * (a - b);
    let (x_lanes, y_lanes) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let rest: f32 = x_lanes.remainder().iter().zip(y_lanes.remainder()).map(|(a, b)| square(a, b)).sum();
    for (a, b) in x_lanes.zip(y_lanes) {
        for lane in 0..LANES {
            sums[lane] += square(&a[lane], &b[lane]);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// x·y, in sums that run side by side.
pub(crate) fn dot(x: &[f32], y: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (x_lanes, y_lanes) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let rest: f32 = x_lanes.remainder().iter().zip(y_lanes.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in x_lanes.zip(y_lanes) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}
