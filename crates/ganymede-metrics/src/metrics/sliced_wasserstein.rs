//! Metric `sliced_wasserstein`. Not here: that of patches (`laplacian.rs`).

use super::{Better, Metric, Value};
use crate::estimate::{Estimate, FEW, multiplicities};
use crate::matrix::dot;
use crate::{Comparison, Facts, MetricError, Number, Sizes, Stop};
use ganymede_tensor::{Rng, Tensor, stream_of};

/// Random directions.
const DIRECTIONS: usize = 256;
/// Directions that a sample is projected on at once: they stay in the first cache while samples pass by.
const BLOCK: usize = 8;

/// Mean over P = 256 random unit directions θ of the Wasserstein-1 distance of the projected sets.
///
/// SW₁(a, b) = 1/P Σ_θ 1/N Σ_i |⟨a, θ⟩₍ᵢ₎ − ⟨b, θ⟩₍ᵢ₎|, where ₍ᵢ₎ is the i-th smallest of the N projections. It is 0
/// for equal sets; two finite draws of one distribution have a distance above 0, which falls with √N: compare with that
/// floor, at the same N.
///
/// # Shapes
/// Both (N, …) with one shape and N at least 1; a sample counts as a vector.
///
/// # Units
/// Those of the samples: for values in [−1, 1], a shift of everything by c gives about c √(2/π) for c along all axes.
///
/// # Errors
/// [`MetricError::Argument`] when the shapes differ, there is no sample, or a value is not finite.
///
/// # Source
/// Rabin, Peyré, Delon, Bernot (2011), "Wasserstein barycenter and its application to texture mixing"; Bonneel, Rabin,
/// Peyré, Pfister (2015), "Sliced and Radon Wasserstein barycenters of measures".
///
/// # Differs
/// Karras et al. (2017), "Progressive growing of GANs", arXiv:1710.10196, who brought it to GANs, take patches of the
/// levels of a Laplacian pyramid; here a sample is taken whole.
pub fn sliced_wasserstein(a: &Tensor, b: &Tensor, seed: u64) -> Result<f64, MetricError> {
    Ok(distances(a, b, seed, 0, Stop::NEVER)?.0)
}

fn refuse(reason: String) -> MetricError {
    MetricError::argument("sliced_wasserstein", reason)
}

/// The distance, and those of so many pairs of sets that are drawn from these.
fn distances(
    a: &Tensor,
    b: &Tensor,
    seed: u64,
    resamples: usize,
    stop: Stop<'_>,
) -> Result<(f64, Vec<f64>), MetricError> {
    if a.shape() != b.shape() {
        return Err(refuse(format!("expected two sets of one shape, found {} and {}", a.shape(), b.shape())));
    }
    let values = |t| Tensor::as_f32(t).map_err(|e| refuse(e.to_string()));
    let (a_values, b_values) = (values(a)?, values(b)?);
    let count = a.shape().first().copied().unwrap_or(0);
    if a_values.is_empty() {
        return Err(refuse(format!("expected at least one sample with a value, found the shape {}", a.shape())));
    }
    if let Some(value) = a_values.iter().chain(b_values).find(|v| !v.is_finite()) {
        return Err(refuse(format!("expected finite samples, found {value}")));
    }
    let size = a_values.len() / count;
    let mut rng = Rng::new(seed, stream_of("metrics/sliced_wasserstein/bootstrap"));
    let resampled = Resampled::new(count, resamples, &mut rng);
    let mut rng = Rng::new(seed, stream_of("metrics/sliced_wasserstein"));
    let mut total = vec![0.0; 1 + resamples];
    for _ in (0..DIRECTIONS).step_by(BLOCK) {
        stop.check()?;
        let directions: Vec<Vec<f32>> = (0..BLOCK).map(|_| direction(&mut rng, size)).collect();
        let (a_sorted, b_sorted) = (sorted(a_values, size, &directions), sorted(b_values, size, &directions));
        for (a_row, b_row) in a_sorted.iter().zip(&b_sorted) {
            resampled.add(a_row, b_row, &mut total);
        }
    }
    let mean: Vec<f64> = total.iter().map(|sum| sum / DIRECTIONS as f64).collect();
    Ok((mean[0], mean[1..].to_vec()))
}

/// Numbers on a line, ascending, each with the sample that it is of.
pub(super) type Line = Vec<(f32, u32)>;

/// How often each sample of two sets is taken: once, and in each of some resamples.
pub(super) struct Resampled(Vec<[Vec<u32>; 2]>);

impl Resampled {
    /// The sets themselves, and so many pairs drawn from them.
    pub(super) fn new(samples: usize, resamples: usize, rng: &mut Rng) -> Resampled {
        let own = [vec![1; samples], vec![1; samples]];
        let drawn = (0..resamples).map(|_| [multiplicities(samples, rng), multiplicities(samples, rng)]);
        Resampled(std::iter::once(own).chain(drawn).collect())
    }

    /// Adds the Wasserstein-1 distance of two lines, once for each.
    pub(super) fn add(&self, a: &Line, b: &Line, sums: &mut [f64]) {
        for ([of_a, of_b], sum) in self.0.iter().zip(sums) {
            *sum += wasserstein(a, b, of_a, of_b);
        }
    }
}

/// The Wasserstein-1 distance of numbers on two lines, where those of sample s stand `of_a[s]` and `of_b[s]` times; as many in all.
fn wasserstein(a: &Line, b: &Line, of_a: &[u32], of_b: &[u32]) -> f64 {
    let times = |line: &Line, of: &[u32], at: usize| line.get(at).map_or(0, |(_, sample)| of[*sample as usize]);
    let (mut i, mut j, mut sum, mut count) = (0, 0, 0.0, 0u64);
    let (mut left_a, mut left_b) = (times(a, of_a, 0), times(b, of_b, 0));
    while i < a.len() && j < b.len() {
        let moved = left_a.min(left_b);
        sum += f64::from(moved) * f64::from((a[i].0 - b[j].0).abs());
        count += u64::from(moved);
        (left_a, left_b) = (left_a - moved, left_b - moved);
        if left_a == 0 {
            i += 1;
            left_a = times(a, of_a, i);
        }
        if left_b == 0 {
            j += 1;
            left_b = times(b, of_b, j);
        }
    }
    sum / count.max(1) as f64
}

/// A direction on the unit sphere, every one as likely.
pub(super) fn direction(rng: &mut Rng, size: usize) -> Vec<f32> {
    let normal: Vec<f64> = (0..size).map(|_| rng.normal()).collect();
    let norm = normal.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    normal.iter().map(|x| (x / norm) as f32).collect()
}

/// For each direction the projections of all samples, ascending.
fn sorted(samples: &[f32], size: usize, directions: &[Vec<f32>]) -> Vec<Line> {
    let mut projections: Vec<Line> = directions.iter().map(|_| Vec::with_capacity(samples.len() / size)).collect();
    for (at, sample) in samples.chunks_exact(size).enumerate() {
        for (row, direction) in projections.iter_mut().zip(directions) {
            row.push((dot(sample, direction), at as u32));
        }
    }
    for row in &mut projections {
        row.sort_unstable_by(|a: &(f32, u32), b| a.0.total_cmp(&b.0));
    }
    projections
}

/// The distance with an interval: both sets are resampled by samples.
fn values(a: &Tensor, b: &Tensor, seed: u64, stop: Stop<'_>) -> Result<Vec<Value>, MetricError> {
    let count = a.shape().first().copied().unwrap_or(0);
    if count < 2 {
        return Err(refuse(format!("expected at least 2 samples on both sides, found {count}")));
    }
    let (value, resampled) = distances(a, b, seed, FEW, stop)?;
    let estimate = Estimate::resampled(value, &resampled).within(0.0, f64::INFINITY);
    Ok(vec![Value::new("sliced_wasserstein", Better::Lower, estimate)])
}

/// The line of the table.
pub(super) struct SlicedWasserstein;

impl Metric for SlicedWasserstein {
    fn name(&self) -> &'static str {
        "sliced_wasserstein"
    }

    fn summary(&self) -> &'static str {
        "mean Wasserstein-1 distance of projections on random directions; Rabin et al. 2011"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        data.refuse_tables()
    }

    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        compared.samples(values)
    }

    /// Projections, and how often each sample is taken.
    fn bytes(&self, _: &Facts, sizes: &Sizes) -> u64 {
        (2 * sizes.samples * (BLOCK * size_of::<(f32, u32)>() + (1 + FEW) * size_of::<u32>())) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(n: usize, value: impl Fn(usize) -> f32) -> Tensor {
        Tensor::from_f32([n, 1], (0..n).map(value).collect()).unwrap()
    }

    /// On a line every direction is the same, and the distance is Wasserstein's: by hand, sorted pairs.
    #[test]
    fn on_a_line_it_is_the_wasserstein_distance() {
        let (a, b) = (set(3, |i| [0.0, 5.0, 1.0][i]), set(3, |i| [2.0, 2.0, 7.0][i]));
        let found = sliced_wasserstein(&a, &b, 1).unwrap(); // |0 − 2| + |1 − 2| + |5 − 7| over 3
        assert!((found - 5.0 / 3.0).abs() < 1e-6, "{found}");
    }

    /// Of 0, 1 and 5 the second is taken twice and the last not at all: 0, 1, 1 beside 2, 2, 7.
    #[test]
    fn samples_that_are_taken_twice_count_twice() {
        let line = |values: [f32; 3]| values.into_iter().zip(0..).collect::<Line>();
        let (a, b) = (line([0.0, 1.0, 5.0]), line([2.0, 2.0, 7.0]));
        assert_eq!(wasserstein(&a, &b, &[1, 2, 0], &[1, 1, 1]), (2.0 + 1.0 + 6.0) / 3.0);
        assert_eq!(wasserstein(&a, &b, &[0, 0, 3], &[0, 3, 0]), 3.0);
        assert_eq!(wasserstein(&a, &b, &[1, 1, 1], &[1, 1, 1]), 5.0 / 3.0);
        let mut sums = [0.0; 3];
        Resampled::new(3, 2, &mut Rng::new(1, 1)).add(&a, &b, &mut sums);
        assert!(sums[0] == 5.0 / 3.0 && sums[1] != sums[2], "{sums:?}");
    }

    /// A shift by c in one of D directions: E |⟨c, θ⟩| = c Γ(D/2) / (√π Γ((D+1)/2)), which is c/2 in three dimensions.
    #[test]
    fn a_shift_in_space_is_halved() {
        let a = Tensor::from_f32([2, 3], vec![0.0; 6]).unwrap();
        let b = Tensor::from_f32([2, 3], [0.0, 4.0, 0.0].repeat(2)).unwrap();
        let mean = (0..20).map(|seed| sliced_wasserstein(&a, &b, seed).unwrap()).sum::<f64>() / 20.0;
        assert!((mean - 2.0).abs() < 0.06, "{mean}");
        assert_ne!(sliced_wasserstein(&a, &b, 1).unwrap(), sliced_wasserstein(&a, &b, 2).unwrap());
    }
}
