//! Metric `frechet`.

use super::bootstrap::{Estimate, FEW, drawn};
use super::{Better, Matrix, Value};
use crate::error::GanError;
use ganymede_tensor::{Rng, stream_of};
use nalgebra::{DMatrix, DVector};

/// ‖μ_a − μ_b‖² + tr(Σ_a + Σ_b − 2 (Σ_a Σ_b)^½) of Gaussians with the means μ and covariances Σ of two sets of features. The
/// trace of the root is that of the symmetric (Σ_a^½ Σ_b Σ_a^½)^½.
///
/// # Errors
/// [`GanError::Argument`] for features of two sizes, or fewer than two samples.
///
/// # Source
/// Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter (2017), "GANs trained by a two time-scale update rule converge to a
/// local Nash equilibrium", arXiv:1706.08500, equation 6.
///
/// # Differs
/// Features are those of the project (`features/`), not of Inception: numbers compare with each other, not with papers.
pub fn frechet(a: &Matrix, b: &Matrix) -> Result<f64, GanError> {
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
    let at = |i: usize, j: usize| sums[i.min(j) * columns + i.max(j)] / (rows - 1) as f64;
    (DVector::from_vec(mean), DMatrix::from_fn(columns, columns, at))
}

/// The symmetric root of a covariance.
fn root(covariance: &DMatrix<f64>) -> DMatrix<f64> {
    let eigen = covariance.clone().symmetric_eigen();
    let roots = DMatrix::from_diagonal(&eigen.eigenvalues.map(|x| x.max(0.0).sqrt()));
    &eigen.eigenvectors * roots * eigen.eigenvectors.transpose()
}

/// The distance with an interval: both sets are resampled by rows.
pub(super) fn values(a: &Matrix, b: &Matrix, seed: u64) -> Result<Vec<Value>, GanError> {
    let mut rng = Rng::new(seed, stream_of("metrics/frechet"));
    let value = frechet(a, b)?;
    let resampled = (0..FEW).map(|_| {
        let (of_a, of_b) = (drawn(a.rows(), &mut rng), drawn(b.rows(), &mut rng));
        frechet(&a.take(&of_a), &b.take(&of_b))
    });
    let resampled = resampled.collect::<Result<Vec<f64>, _>>()?;
    Ok(vec![Value::new("frechet", Better::Lower, Estimate::of(value, &resampled).within(0.0, f64::INFINITY))])
}
