//! Metric `frechet`. Not here: the features that it compares (`spaces/`).

use super::{Better, Metric, Value};
use crate::estimate::{Estimate, FEW, drawn_rows};
use crate::{Comparison, Facts, Matrix, MetricError, Number, Sizes, Stop, spaces};
use ganymede_tensor::{Rng, stream_of};
use nalgebra::{DMatrix, DVector};

/// ‖μ_a − μ_b‖² + tr(Σ_a + Σ_b − 2 (Σ_a Σ_b)^½) of Gaussians with the means μ and covariances Σ of two sets of features. The
/// trace of the root is that of the symmetric (Σ_a^½ Σ_b Σ_a^½)^½.
///
/// # Errors
/// [`MetricError::Argument`] for features of two sizes, or fewer than two samples.
///
/// # Source
/// Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter (2017), "GANs trained by a two time-scale update rule converge to a
/// local Nash equilibrium", arXiv:1706.08500, equation 6.
///
/// # Differs
/// Features are those of the project (`spaces/`), not of Inception: numbers compare with each other, not with papers.
pub fn frechet(a: &Matrix, b: &Matrix) -> Result<f64, MetricError> {
    Matrix::pair("frechet", a, b, 2)?;
    let ((mean_a, covariance_a), (mean_b, covariance_b)) = (gaussian(a), gaussian(b));
    let root = root(&covariance_a);
    let product = &root * &covariance_b * &root;
    let product = (&product + product.transpose()) * 0.5;
    let trace: f64 = product.symmetric_eigenvalues().iter().map(|x| x.max(0.0).sqrt()).sum();
    let distance = (mean_a - mean_b).norm_squared() + covariance_a.trace() + covariance_b.trace() - 2.0 * trace;
    Ok(distance.max(0.0))
}

/// Mean and unbiased covariance of the rows.
fn gaussian(x: &Matrix) -> (DVector<f64>, DMatrix<f64>) {
    let (rows, columns) = (x.rows(), x.columns());
    let mut mean = vec![0.0; columns];
    for row in 0..rows {
        mean.iter_mut().zip(x.row(row)).for_each(|(m, v)| *m += f64::from(*v));
    }
    mean.iter_mut().for_each(|m| *m /= rows as f64);
    let mut sums = vec![0.0; columns * columns];
    let mut centred = vec![0.0; columns];
    for row in 0..rows {
        centred.iter_mut().zip(x.row(row)).zip(&mean).for_each(|((c, v), m)| *c = f64::from(*v) - m);
        for (i, line) in sums.chunks_exact_mut(columns).enumerate() {
            let factor = centred[i];
            line[i..].iter_mut().zip(&centred[i..]).for_each(|(sum, c)| *sum += factor * c);
        }
    }
    let covariance = |i: usize, j: usize| sums[i.min(j) * columns + i.max(j)] / (rows - 1) as f64;
    (DVector::from_vec(mean), DMatrix::from_fn(columns, columns, covariance))
}

/// The symmetric root of a covariance.
fn root(covariance: &DMatrix<f64>) -> DMatrix<f64> {
    let eigen = covariance.clone().symmetric_eigen();
    let roots = DMatrix::from_diagonal(&eigen.eigenvalues.map(|x| x.max(0.0).sqrt()));
    &eigen.eigenvectors * roots * eigen.eigenvectors.transpose()
}

/// The distance with an interval: both sets are resampled by rows.
fn values(a: &Matrix, b: &Matrix, seed: u64, stop: Stop<'_>) -> Result<Vec<Value>, MetricError> {
    let mut rng = Rng::new(seed, stream_of("metrics/frechet"));
    let value = frechet(a, b)?;
    let resampled = (0..FEW).map(|_| {
        stop.check()?;
        let (of_a, of_b) = (drawn_rows(a.rows(), &mut rng), drawn_rows(b.rows(), &mut rng));
        frechet(&a.take(&of_a), &b.take(&of_b))
    });
    let resampled = resampled.collect::<Result<Vec<f64>, MetricError>>()?;
    Ok(vec![Value::new("frechet", Better::Lower, Estimate::resampled(value, &resampled).within(0.0, f64::INFINITY))])
}

/// The line of the table.
pub(super) struct Frechet;

impl Metric for Frechet {
    fn name(&self) -> &'static str {
        "frechet"
    }

    fn summary(&self) -> &'static str {
        "Fréchet distance of Gaussians fitted to features; Heusel et al. 2017"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        data.refuse_tables()
    }

    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        compared.features(self.name(), values)
    }

    fn of_features(&self) -> bool {
        true
    }

    /// Two resampled sets of features, which rows they are, and covariances.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        let columns = spaces::most_columns(data);
        let rows = 2 * sizes.samples * (columns * size_of::<f32>() + size_of::<usize>());
        (rows + 8 * columns * columns * size_of::<f64>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a line: (1 − 4)² + (√v_a − √v_b)², the variances unbiased: (μ, v) of 0, 0, 2, 2 is (1, 4/3), of 1, 3, 5, 7 (4, 20/3).
    #[test]
    fn on_a_line_it_is_known() {
        let set = |values: &[f32]| Matrix::new(1, values.to_vec()).unwrap();
        let found = frechet(&set(&[0.0, 0.0, 2.0, 2.0]), &set(&[1.0, 3.0, 5.0, 7.0])).unwrap();
        let expected = 9.0 + ((20.0f64 / 3.0).sqrt() - (4.0f64 / 3.0).sqrt()).powi(2);
        assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    }

    /// Covariances that do not commute: Σ_a = diag(4, 0)·4/3 and Σ_b of the line y = x. Of rank one each, u uᵀ and w wᵀ, the trace of
    /// the root is |u·w|: u = (a, 0), w = (b, b).
    #[test]
    fn covariances_that_do_not_commute() {
        let a = Matrix::new(2, vec![2.0, 0.0, -2.0, 0.0, 2.0, 0.0, -2.0, 0.0]).unwrap();
        let b = Matrix::new(2, vec![1.0, 1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0]).unwrap();
        let (u, w) = ((16.0f64 / 3.0).sqrt(), (4.0f64 / 3.0).sqrt());
        let expected = 16.0 / 3.0 + 8.0 / 3.0 - 2.0 * u * w;
        let found = frechet(&a, &b).unwrap();
        assert!((found - expected).abs() < 1e-6, "{found}, expected {expected}");
    }
}
