//! Metric `sliced_wasserstein`.

use super::bootstrap::{Estimate, FEW, drawn};
use super::matrix::dot;
use super::{Better, Value};
use crate::error::GanError;
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
/// [`GanError::Argument`] when the shapes differ, there is no sample, or a value is not finite.
///
/// # Source
/// Rabin, Peyré, Delon, Bernot (2011), "Wasserstein barycenter and its application to texture mixing"; Bonneel, Rabin,
/// Peyré, Pfister (2015), "Sliced and Radon Wasserstein barycenters of measures".
///
/// # Differs
/// Karras et al. (2017), "Progressive growing of GANs", arXiv:1710.10196, who brought it to GANs, take patches of the
/// levels of a Laplacian pyramid; here a sample is taken whole.
pub fn sliced_wasserstein(a: &Tensor, b: &Tensor, seed: u64) -> Result<f64, GanError> {
    let refuse = |reason: String| GanError::Argument { what: "sliced_wasserstein".into(), reason };
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
    let mut rng = Rng::new(seed, stream_of("metrics/sliced_wasserstein"));
    let mut total = 0.0;
    for _ in (0..DIRECTIONS).step_by(BLOCK) {
        let directions: Vec<Vec<f32>> = (0..BLOCK).map(|_| direction(&mut rng, size)).collect();
        let (a_sorted, b_sorted) = (sorted(a_values, size, &directions), sorted(b_values, size, &directions));
        for (a_row, b_row) in a_sorted.iter().zip(&b_sorted) {
            total += a_row.iter().zip(b_row).map(|(x, y)| f64::from((x - y).abs())).sum::<f64>();
        }
    }
    Ok(total / (DIRECTIONS * count) as f64)
}

/// A direction on the unit sphere, every one as likely.
pub(super) fn direction(rng: &mut Rng, size: usize) -> Vec<f32> {
    let normal: Vec<f64> = (0..size).map(|_| rng.normal()).collect();
    let norm = normal.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    normal.iter().map(|x| (x / norm) as f32).collect()
}

/// For each direction the projections of all samples, ascending.
fn sorted(samples: &[f32], size: usize, directions: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let mut projections = vec![Vec::with_capacity(samples.len() / size); directions.len()];
    for sample in samples.chunks_exact(size) {
        for (row, direction) in projections.iter_mut().zip(directions) {
            row.push(dot(sample, direction));
        }
    }
    for row in &mut projections {
        row.sort_unstable_by(f32::total_cmp);
    }
    projections
}

/// The distance with an interval: both sets are resampled by samples.
pub(super) fn values(a: &Tensor, b: &Tensor, seed: u64) -> Result<Vec<Value>, GanError> {
    let value = sliced_wasserstein(a, b, seed)?;
    let mut rng = Rng::new(seed, stream_of("metrics/sliced_wasserstein/bootstrap"));
    let taken = |x: &Tensor, rows: &[usize]| -> Result<Tensor, GanError> {
        let values = x.as_f32().unwrap_or(&[]);
        let size = values.len() / rows.len().max(1);
        let values = rows.iter().flat_map(|&row| values[row * size..(row + 1) * size].iter().copied()).collect();
        Tensor::from_f32(x.shape().clone(), values)
            .map_err(|e| GanError::Argument { what: "sliced_wasserstein".into(), reason: e.to_string() })
    };
    let count = a.shape().first().copied().unwrap_or(0);
    if count < 2 {
        return Err(GanError::Argument {
            what: "sliced_wasserstein".into(),
            reason: format!("expected at least 2 samples on both sides, found {count}"),
        });
    }
    let resampled = (0..FEW).map(|_| {
        let (of_a, of_b) = (drawn(count, &mut rng), drawn(count, &mut rng));
        sliced_wasserstein(&taken(a, &of_a)?, &taken(b, &of_b)?, seed)
    });
    let resampled = resampled.collect::<Result<Vec<f64>, _>>()?;
    let estimate = Estimate::of(value, &resampled).within(0.0, f64::INFINITY);
    Ok(vec![Value::new("sliced_wasserstein", Better::Lower, estimate)])
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
