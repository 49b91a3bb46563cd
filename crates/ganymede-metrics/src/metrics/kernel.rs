//! Metric `kernel` (KID). Not here: the features that it compares (`spaces/`).

use super::{Better, Metric, Value};
use crate::estimate::{Estimate, parts};
use crate::matrix::dot;
use crate::{Comparison, Facts, Matrix, MetricError, Number, Sizes, Stop, spaces};
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
/// [`MetricError::Argument`] for features of two sizes, or fewer than two samples.
///
/// # Source
/// Bińkowski, Sutherland, Arbel, Gretton (2018), "Demystifying MMD GANs", arXiv:1801.01401, section 4.
pub fn kernel_distance(a: &Matrix, b: &Matrix) -> Result<f64, MetricError> {
    distance(a, b, Stop::NEVER)
}

fn distance(a: &Matrix, b: &Matrix, stop: Stop<'_>) -> Result<f64, MetricError> {
    Matrix::pair("kernel", a, b, 2)?;
    let (m, n) = (a.rows() as f64, b.rows() as f64);
    let (of_a, of_b) = (within(a, stop)? / (m * (m - 1.0)), within(b, stop)? / (n * (n - 1.0)));
    Ok(of_a + of_b - 2.0 * between(a, b, stop)? / (m * n))
}

fn kernel(x: &[f32], y: &[f32]) -> f64 {
    let inner = f64::from(dot(x, y)) / x.len() as f64 + 1.0;
    inner * inner * inner
}

/// Σ_{i≠j} k(x_i, x_j).
fn within(x: &Matrix, stop: Stop<'_>) -> Result<f64, MetricError> {
    let mut sum = 0.0;
    for i in 0..x.rows() {
        stop.check()?;
        sum += (0..i).map(|j| kernel(x.row(i), x.row(j))).sum::<f64>();
    }
    Ok(2.0 * sum)
}

fn between(a: &Matrix, b: &Matrix, stop: Stop<'_>) -> Result<f64, MetricError> {
    let mut sum = 0.0;
    for i in 0..a.rows() {
        stop.check()?;
        sum += (0..b.rows()).map(|j| kernel(a.row(i), b.row(j))).sum::<f64>();
    }
    Ok(sum)
}

/// The distance of the whole sets; the interval comes from disjoint parts of them: a sample that is drawn twice would be its own
/// neighbour.
fn values(a: &Matrix, b: &Matrix, seed: u64, stop: Stop<'_>) -> Result<Vec<Value>, MetricError> {
    Matrix::pair("kernel", a, b, 2 * LEAST)?;
    let value = distance(a, b, stop)?;
    let mut rng = Rng::new(seed, stream_of("metrics/kernel"));
    let most = PARTS.min(a.rows().min(b.rows()) / LEAST);
    let (of_a, of_b) = (parts(a.rows(), most, LEAST, &mut rng), parts(b.rows(), most, LEAST, &mut rng));
    let of_part = |(of_a, of_b): (&Vec<usize>, &Vec<usize>)| distance(&a.take(of_a), &b.take(of_b), stop);
    let each = of_a.iter().zip(&of_b).map(of_part).collect::<Result<Vec<f64>, _>>()?;
    Ok(vec![Value::new("kernel", Better::Lower, Estimate::by_parts(value, &each))])
}

/// The line of the table.
pub(super) struct Kernel;

impl Metric for Kernel {
    fn name(&self) -> &'static str {
        "kernel"
    }

    fn summary(&self) -> &'static str {
        "maximum mean discrepancy of features by a cubic kernel (KID); Bińkowski et al. 2018"
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

    /// A part of both sets.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        (2 * sizes.samples * spaces::most_columns(data) * size_of::<f32>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, k(x, y) = (xy + 1)³: of 0, 1, 2, 3 the sum over i ≠ j is 2·(1 + 1 + 1 + 27 + 64 + 343) = 874, of 0, 0, 1, 1 it is
    /// 2·(1·5 + 8) = 26, between them (1·4 + (1 + 1 + 8·2) + (1 + 1 + 27·2) + (1 + 1 + 64·2)) = 208.
    #[test]
    fn on_a_line_it_is_known() {
        let set = |values: [f32; 4]| Matrix::new(1, values.to_vec()).unwrap();
        let found = kernel_distance(&set([0.0, 1.0, 2.0, 3.0]), &set([0.0, 0.0, 1.0, 1.0])).unwrap();
        assert!((found - (874.0 / 12.0 + 26.0 / 12.0 - 2.0 * 208.0 / 16.0)).abs() < 1e-9, "{found}");
        // Of two columns the product is halved: (1, 1) and (2, 2) have k = (4/2 + 1)³ = 27.
        assert_eq!(kernel(&[1.0, 1.0], &[2.0, 2.0]), 27.0);
    }
}
