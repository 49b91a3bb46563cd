//! Metric `laplacian`. Not here: the distance of whole samples (`sliced_wasserstein.rs`).

use super::sliced_wasserstein::{Line, Resampled, direction};
use super::{Better, Metric, Value};
use crate::estimate::{Estimate, FEW};
use crate::matrix::dot;
use crate::{Comparison, Facts, MetricError, Number, Sizes, Stop};
use ganymede_tensor::{Rng, Tensor, stream_of};

/// Shortest side of the last level.
const SHORTEST: usize = 16;
/// Side of a patch.
const PATCH: usize = 7;
/// Patches of each image and level.
const PATCHES: usize = 16;
/// Directions that patches are projected on.
const DIRECTIONS: usize = 128;

/// The sliced Wasserstein distance of 7x7 patches of a Laplacian pyramid, in the mean over its levels, times 1,000.
///
/// A level is what is left of an image after its halved and doubled version is taken away; the last level, with a short
/// side of 16 pixels or more, is the image itself there. Patches lie at random places, the same ones in both sets, and
/// are brought to mean 0 and deviation 1 a channel over all patches of their set.
///
/// # Shapes
/// Both (N, H, W, C) of one shape, with sides of at least 7.
///
/// # Errors
/// [`MetricError::Argument`] for other shapes and values that are not finite.
///
/// # Source
/// Karras, Aila, Laine, Lehtinen (2018), "Progressive growing of GANs for improved quality, stability, and variation",
/// arXiv:1710.10196, section 5; the pyramid: Burt, Adelson (1983).
///
/// # Differs
/// 16 patches of an image instead of 128; images are halved by means of 2x2 pixels and doubled by repeating them.
pub fn laplacian(a: &Tensor, b: &Tensor, seed: u64) -> Result<f64, MetricError> {
    Ok(distances(a, b, seed, 0, Stop::NEVER)?.0)
}

/// The distance, and those of so many pairs of sets whose images are drawn from these, each with all its patches.
fn distances(
    a: &Tensor,
    b: &Tensor,
    seed: u64,
    resamples: usize,
    stop: Stop<'_>,
) -> Result<(f64, Vec<f64>), MetricError> {
    let refuse = |reason: String| MetricError::argument("laplacian", reason);
    if a.shape() != b.shape() {
        return Err(refuse(format!("expected two sets of one shape, found {} and {}", a.shape(), b.shape())));
    }
    let [count, height, width, channels] = a.shape()[..] else {
        return Err(refuse(format!("expected images (N, height, width, channels), found {}", a.shape())));
    };
    if count == 0 || height.min(width) < PATCH {
        return Err(refuse(format!("expected images of {PATCH} pixels or more, found {}", a.shape())));
    }
    let values = |x: &Tensor| x.as_f32().map(<[f32]>::to_vec).map_err(|e| refuse(e.to_string()));
    let (mut a, mut b) = (values(a)?, values(b)?);
    if let Some(bad) = a.iter().chain(&b).find(|v| !v.is_finite()) {
        return Err(refuse(format!("expected finite samples, found {bad}")));
    }
    let mut sides = [height, width];
    let mut rng = Rng::new(seed, stream_of("metrics/laplacian/bootstrap"));
    let resampled = Resampled::new(count, resamples, &mut rng);
    let mut sums = vec![0.0; 1 + resamples];
    let mut levels = 0;
    loop {
        let last = sides[0].min(sides[1]) / 2 < SHORTEST || sides.iter().any(|side| side % 2 != 0);
        let split = |x: &mut Vec<f32>| {
            let below = if last { Vec::new() } else { halved(x, sides, channels) };
            if !last {
                take_away(x, &below, sides, channels);
            }
            std::mem::replace(x, below)
        };
        let (level_a, level_b) = (split(&mut a), split(&mut b));
        let mut rng = Rng::new(seed, stream_of(&format!("metrics/laplacian/{levels}")));
        let places: Vec<[usize; 2]> =
            (0..count * PATCHES).map(|_| sides.map(|side| rng.below((side - PATCH + 1) as u32) as usize)).collect();
        let mut of_a = patches(&level_a, sides, channels, &places);
        let mut of_b = patches(&level_b, sides, channels, &places);
        normalize(&mut of_a, channels);
        normalize(&mut of_b, channels);
        let size = PATCH * PATCH * channels;
        for _ in 0..DIRECTIONS {
            stop.check()?;
            let direction = direction(&mut rng, size);
            let line = |x: &[f32]| {
                let patches = x.chunks_exact(size).enumerate();
                let mut line: Line = patches.map(|(at, x)| (dot(x, &direction), (at / PATCHES) as u32)).collect();
                line.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
                line
            };
            resampled.add(&line(&of_a), &line(&of_b), &mut sums);
        }
        levels += 1;
        if last {
            break;
        }
        sides = sides.map(|side| side / 2);
    }
    let mean: Vec<f64> = sums.iter().map(|sum| sum * 1000.0 / (DIRECTIONS * levels) as f64).collect();
    Ok((mean[0], mean[1..].to_vec()))
}

/// Means of 2x2 pixels.
fn halved(x: &[f32], [height, width]: [usize; 2], channels: usize) -> Vec<f32> {
    let row = width * channels;
    let mut out = Vec::with_capacity(x.len() / 4);
    for image in x.chunks_exact(height * row) {
        for r in (0..height).step_by(2) {
            for column in (0..width).step_by(2) {
                for c in 0..channels {
                    let pixel = |down: usize, right: usize| image[(r + down) * row + (column + right) * channels + c];
                    out.push((pixel(0, 0) + pixel(0, 1) + pixel(1, 0) + pixel(1, 1)) * 0.25);
                }
            }
        }
    }
    out
}

/// Takes the doubled images `below` away from `x`.
fn take_away(x: &mut [f32], below: &[f32], [height, width]: [usize; 2], channels: usize) {
    let (row, half) = (width * channels, width / 2 * channels);
    for (image, below) in x.chunks_exact_mut(height * row).zip(below.chunks_exact(height / 2 * half)) {
        for (at, value) in image.iter_mut().enumerate() {
            let (r, column, c) = (at / row, at % row / channels, at % channels);
            *value -= below[r / 2 * half + column / 2 * channels + c];
        }
    }
}

/// The patches at these places, of each image in turn.
fn patches(x: &[f32], [height, width]: [usize; 2], channels: usize, places: &[[usize; 2]]) -> Vec<f32> {
    let row = width * channels;
    let mut out = Vec::with_capacity(places.len() * PATCH * PATCH * channels);
    for (image, places) in x.chunks_exact(height * row).zip(places.chunks_exact(PATCHES)) {
        for [top, left] in places {
            for r in *top..top + PATCH {
                out.extend_from_slice(&image[r * row + left * channels..][..PATCH * channels]);
            }
        }
    }
    out
}

/// Brings each channel to mean 0 and deviation 1.
fn normalize(patches: &mut [f32], channels: usize) {
    for c in 0..channels {
        let each = || patches.iter().skip(c).step_by(channels).map(|v| f64::from(*v));
        let n = (patches.len() / channels) as f64;
        let mean = each().sum::<f64>() / n;
        let deviation = (each().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt().max(1e-8);
        patches.iter_mut().skip(c).step_by(channels).for_each(|v| *v = ((f64::from(*v) - mean) / deviation) as f32);
    }
}

/// The distance with an interval: both sets are resampled by images, each with all its patches.
fn values(a: &Tensor, b: &Tensor, seed: u64, stop: Stop<'_>) -> Result<Vec<Value>, MetricError> {
    if a.shape().first().is_some_and(|&count| count < 2) {
        return Err(MetricError::argument("laplacian", "expected at least 2 samples on both sides, found 1"));
    }
    let (value, resampled) = distances(a, b, seed, FEW, stop)?;
    let estimate = Estimate::resampled(value, &resampled).within(0.0, f64::INFINITY);
    Ok(vec![Value::new("laplacian", Better::Lower, estimate)])
}

/// The line of the table.
pub(super) struct Laplacian;

impl Metric for Laplacian {
    fn name(&self) -> &'static str {
        "laplacian"
    }

    fn summary(&self) -> &'static str {
        "sliced Wasserstein distance of patches of a Laplacian pyramid; Karras et al. 2018"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        data.expect("images")
    }

    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        compared.samples(values)
    }

    /// The first level of both sets and what is below it, their patches and where these lie, and numbers on a line.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        let channels = data.shape.last().copied().unwrap_or(1);
        let level = data.elements() * 5 / 4 * size_of::<f32>();
        let patches = PATCHES * (PATCH * PATCH * channels * size_of::<f32>() + size_of::<(f32, u32)>());
        (2 * sizes.samples * (level + patches) + sizes.samples * PATCHES * size_of::<[usize; 2]>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(side: usize, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        (0..side * side).map(|at| value(at / side, at % side)).collect()
    }

    /// By hand: the means of 2x2 are 2.5, 4.5, 10.5, 12.5 of 0 … 15; what is left of the first is −2.5, −1.5, 1.5, 2.5.
    #[test]
    fn a_level_is_what_is_left_of_means() {
        let x = image(4, |r, c| (4 * r + c) as f32);
        let below = halved(&x, [4, 4], 1);
        assert_eq!(below, [2.5, 4.5, 10.5, 12.5]);
        let mut left = x.clone();
        take_away(&mut left, &below, [4, 4], 1);
        assert_eq!(left[..4], [-2.5, -1.5, -2.5, -1.5]);
        assert_eq!(left[4..8], [1.5, 2.5, 1.5, 2.5]);
        // Two channels are kept apart.
        let two: Vec<f32> = x.iter().flat_map(|v| [*v, -v]).collect();
        assert_eq!(halved(&two, [4, 4], 2), [2.5, -2.5, 4.5, -4.5, 10.5, -10.5, 12.5, -12.5]);
    }

    #[test]
    fn patches_stand_where_they_are_asked_for() {
        let x = [image(8, |r, c| (10 * r + c) as f32), image(8, |r, c| (100 + 10 * r + c) as f32)].concat();
        let places: Vec<[usize; 2]> = (0..2 * PATCHES).map(|at| [at % 2, at / PATCHES]).collect();
        let found = patches(&x, [8, 8], 1, &places);
        assert_eq!(found.len(), 2 * PATCHES * 49);
        // The second of the first image lies one row down, those of the second image one column to the right.
        assert_eq!((found[49], found[50], found[56]), (10.0, 11.0, 20.0));
        assert_eq!(found[PATCHES * 49], 101.0);
    }

    /// By hand: 1, 3 and 5, 9 a channel: means 2 and 7, deviations 1 and 2.
    #[test]
    fn each_channel_has_mean_0_and_deviation_1() {
        let mut x = vec![1.0, 5.0, 3.0, 9.0];
        normalize(&mut x, 2);
        assert_eq!(x, [-1.0, -1.0, 1.0, 1.0]);
    }

    /// Brightness and contrast are taken out by the norm of patches: only structure counts, a thousandfold.
    #[test]
    fn sets_of_the_same_structure_are_near() {
        let noise = |stream: u32, shift: f32, scale: f32| {
            let mut rng = Rng::new(5, stream);
            let values = (0..4 * 256).map(|_| shift + scale * rng.normal() as f32).collect();
            Tensor::from_f32([4, 16, 16, 1], values).unwrap()
        };
        let (plain, brighter) = (noise(1, 0.0, 0.1), noise(1, 0.5, 0.2));
        assert!(laplacian(&plain, &brighter, 1).unwrap() < 0.01);
        let smooth = Tensor::from_f32([4, 16, 16, 1], (0..1024).map(|at| (at % 16) as f32 / 8.0).collect()).unwrap();
        let other = laplacian(&plain, &smooth, 1).unwrap();
        assert!((10.0..2000.0).contains(&other), "{other}");
    }
}
