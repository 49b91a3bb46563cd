//! Metric `kernel` (KID).

use super::bootstrap::{Estimate, parts};
use super::matrix::dot;
use super::{Better, Matrix, Value};
use crate::error::GanError;
use ganymede_tensor::{Rng, stream_of};

/// Disjoint parts of the sets, whose values make the interval.
const PARTS: usize = 10;
/// Fewest samples of a part.
const LEAST: usize = 2;

/// The unbiased squared maximum mean discrepancy of two sets of features by the kernel k(x, y) = (x·y/D + 1)³:
///
/// 1/(m(m−1)) Σ_{i≠j} k(a_i, a_j) + 1/(n(n−1)) Σ_{i≠j} k(b_i, b_j) − 2/(mn) Σ k(a_i, b_j).
///
/// It can be below 0: in the mean over draws of one distribution it is 0.
///
/// # Errors
/// [`GanError::Argument`] for features of two sizes, or fewer than two samples.
///
/// # Source
/// Bińkowski, Sutherland, Arbel, Gretton (2018), "Demystifying MMD GANs", arXiv:1801.01401, section 4.
pub fn kernel_distance(a: &Matrix, b: &Matrix) -> Result<f64, GanError> {
    Matrix::pair("kernel", a, b, 2)?;
    let (m, n) = (a.rows() as f64, b.rows() as f64);
    Ok(within(a) / (m * (m - 1.0)) + within(b) / (n * (n - 1.0)) - 2.0 * between(a, b) / (m * n))
}

fn kernel(x: &[f32], y: &[f32]) -> f64 {
    let inner = f64::from(dot(x, y)) / x.len() as f64 + 1.0;
    inner * inner * inner
}

/// Σ_{i≠j} k(x_i, x_j).
fn within(x: &Matrix) -> f64 {
    let pairs = |i: usize| (0..i).map(|j| kernel(x.row(i), x.row(j))).sum::<f64>();
    2.0 * (0..x.rows()).map(pairs).sum::<f64>()
}

fn between(a: &Matrix, b: &Matrix) -> f64 {
    let row = |i: usize| (0..b.rows()).map(|j| kernel(a.row(i), b.row(j))).sum::<f64>();
    (0..a.rows()).map(row).sum()
}

/// The distance of the whole sets; the interval comes from disjoint parts of them.
pub(super) fn values(a: &Matrix, b: &Matrix, seed: u64) -> Result<Vec<Value>, GanError> {
    let value = kernel_distance(a, b)?;
    let mut rng = Rng::new(seed, stream_of("metrics/kernel"));
    Matrix::pair("kernel", a, b, 2 * LEAST)?;
    let most = PARTS.min(a.rows().min(b.rows()) / LEAST);
    let (of_a, of_b) = (parts(a.rows(), most, LEAST, &mut rng), parts(b.rows(), most, LEAST, &mut rng));
    let of_part = |(of_a, of_b): (&Vec<usize>, &Vec<usize>)| kernel_distance(&a.take(of_a), &b.take(of_b));
    let each = of_a.iter().zip(&of_b).map(of_part).collect::<Result<Vec<f64>, _>>()?;
    Ok(vec![Value::new("kernel", Better::Lower, Estimate::by_parts(value, &each))])
}
