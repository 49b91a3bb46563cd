//! Metric `neighbours`: precision, recall, density, coverage.

use super::bootstrap::{Estimate, parts};
use super::matrix::square_distance;
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
    let (real_balls, fake_balls) = (radii(real, k), radii(fake, k));
    let (mut precision, mut density) = (vec![0.0f64; fake.rows()], vec![0.0f64; fake.rows()]);
    let (mut recall, mut coverage) = (vec![0.0f64; real.rows()], vec![0.0f64; real.rows()]);
    for i in 0..real.rows() {
        for j in 0..fake.rows() {
            let distance = square_distance(real.row(i), fake.row(j));
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

/// The square of each row's distance to its k-th nearest other row.
fn radii(x: &Matrix, k: usize) -> Vec<f32> {
    let radius = |i: usize| {
        let distance = |j: usize| square_distance(x.row(i), x.row(j));
        let mut others: Vec<f32> = (0..x.rows()).filter(|&j| j != i).map(distance).collect();
        *others.select_nth_unstable_by(k - 1, f32::total_cmp).1
    };
    (0..x.rows()).map(radius).collect()
}

/// Disjoint parts of the sets, whose values make the interval, and fewest samples of a part: balls must not be of all of it.
const PARTS: usize = 10;
const LEAST: usize = 4 * K;

/// The four with intervals, which come from disjoint parts of the sets: samples that are drawn again would stand in each other's
/// balls, and balls that stay as they are vary too little. Of sets too small for two parts they are those of means.
pub(super) fn values(real: &Matrix, fake: &Matrix, seed: u64) -> Result<Vec<Value>, GanError> {
    let mut rng = Rng::new(seed, stream_of("metrics/neighbours"));
    let found = neighbours(real, fake, K)?;
    let most = PARTS.min(real.rows().min(fake.rows()) / LEAST);
    let (of_real, of_fake) = (parts(real.rows(), most, LEAST, &mut rng), parts(fake.rows(), most, LEAST, &mut rng));
    let mut of_parts: [Vec<f64>; 4] = Default::default();
    let mean = |each: &[f64]| each.iter().sum::<f64>() / each.len().max(1) as f64;
    for (of_real, of_fake) in of_real.iter().zip(&of_fake) {
        let each = neighbours(&real.take(of_real), &fake.take(of_fake), K)?;
        of_parts.iter_mut().zip(&each).for_each(|(values, each)| values.push(mean(each)));
    }
    let names = [("precision", 1.0), ("recall", 1.0), ("density", f64::INFINITY), ("coverage", 1.0)];
    let mut values = Vec::new();
    for ((name, largest), (each, parts)) in names.into_iter().zip(found.iter().zip(&of_parts)) {
        let estimate = match parts.len() {
            0 | 1 => Estimate::mean(each, &mut rng),
            _ => Estimate::by_parts(mean(each), parts),
        };
        values.push(Value::new(name, Better::Higher, estimate.within(0.0, largest)));
    }
    Ok(values)
}
