//! Metric `neighbours`: precision, recall, density, coverage.

use super::bootstrap::Estimate;
use super::matrix::dot;
use super::{Better, Matrix, Value};
use crate::error::GanError;
use ganymede_tensor::{Rng, stream_of};

/// The neighbour that a sample's ball reaches to.
const K: usize = 5;

/// With balls about each sample that reach to its k-th nearest neighbour in its own set:
///
/// - precision: share of the generated samples inside a ball of a real one;
/// - recall: share of the real samples inside a ball of a generated one;
/// - density: 1/k of the mean number of real balls that a generated sample is in;
/// - coverage: share of the real samples with a generated one in their ball.
///
/// A list each: a number for each sample, whose mean it is.
///
/// # Errors
/// [`GanError::Argument`] for features of two sizes, or k samples or fewer.
///
/// # Source
/// Kynkäänniemi, Karras, Laine, Lehtinen, Aila (2019), "Improved precision and recall metric for assessing generative
/// models", arXiv:1904.06991; Naeem, Oh, Uh, Choi, Yoo (2020), "Reliable fidelity and diversity metrics for generative
/// models", arXiv:2002.09797.
pub fn neighbours(real: &Matrix, fake: &Matrix, k: usize) -> Result<[Vec<f64>; 4], GanError> {
    Matrix::pair("neighbours", real, fake, k + 1)?;
    let (real_squares, fake_squares) = (squares(real), squares(fake));
    let real_balls = radii(real, &real_squares, k);
    let fake_balls = radii(fake, &fake_squares, k);
    let (mut precision, mut density) = (vec![0.0f64; fake.rows()], vec![0.0f64; fake.rows()]);
    let (mut recall, mut coverage) = (vec![0.0f64; real.rows()], vec![0.0f64; real.rows()]);
    for i in 0..real.rows() {
        for j in 0..fake.rows() {
            let distance = real_squares[i] + fake_squares[j] - 2.0 * dot(real.row(i), fake.row(j));
            if distance < real_balls[i] {
                precision[j] = 1.0;
                density[j] += 1.0 / k as f64;
                coverage[i] = 1.0;
            }
            if distance < fake_balls[j] {
                recall[i] = 1.0;
            }
        }
    }
    Ok([precision, recall, density, coverage])
}

/// Each row's square norm.
fn squares(x: &Matrix) -> Vec<f32> {
    (0..x.rows()).map(|row| dot(x.row(row), x.row(row))).collect()
}

/// The square of each row's distance to its k-th nearest other row.
fn radii(x: &Matrix, squares: &[f32], k: usize) -> Vec<f32> {
    let radius = |i: usize| {
        let distance = |j: usize| squares[i] + squares[j] - 2.0 * dot(x.row(i), x.row(j));
        let mut others: Vec<f32> = (0..x.rows()).filter(|&j| j != i).map(distance).collect();
        *others.select_nth_unstable_by(k - 1, f32::total_cmp).1
    };
    (0..x.rows()).map(radius).collect()
}

/// The four with intervals, which come from resampling samples at the balls that they have.
pub(super) fn values(real: &Matrix, fake: &Matrix, seed: u64) -> Result<Vec<Value>, GanError> {
    let mut rng = Rng::new(seed, stream_of("metrics/neighbours"));
    let found = neighbours(real, fake, K)?;
    let names = ["precision", "recall", "density", "coverage"];
    let value = |(name, each): (&'static str, &Vec<f64>)| Value {
        name,
        better: Better::Higher,
        estimate: Estimate::mean(each, &mut rng),
    };
    Ok(names.into_iter().zip(&found).map(value).collect())
}
