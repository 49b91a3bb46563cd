//! Metric `laplacian`.

use super::bootstrap::{Estimate, FEW, drawn};
use super::matrix::dot;
use super::sliced_wasserstein::direction;
use super::{Better, Value};
use crate::error::GanError;
use ganymede_tensor::{Rng, Tensor, stream_of};

/// Shortest side of the last level.
const SHORTEST: usize = 16;
/// Side of a patch.
const PATCH: usize = 7;
/// Patches of each picture and level.
const PATCHES: usize = 16;
/// Directions that patches are projected on.
const DIRECTIONS: usize = 128;
/// Those of them that resampled sets are projected on.
const RESAMPLED: usize = 16;

/// The sliced Wasserstein distance of 7x7 patches of a Laplacian pyramid, in the mean over its levels, times 1,000.
///
/// A level is what is left of a picture after its halved and doubled version is taken away; the last level, with a short
/// side of 16 pixels or more, is the picture itself there. Patches lie at random places, the same ones in both sets, and
/// are brought to mean 0 and deviation 1 a channel over all patches of their set.
///
/// # Shapes
/// Both (N, H, W, C) of one shape, with sides of at least 7.
///
/// # Errors
/// [`GanError::Argument`] for other shapes and values that are not finite.
///
/// # Source
/// Karras, Aila, Laine, Lehtinen (2018), "Progressive growing of GANs for improved quality, stability, and variation",
/// arXiv:1710.10196, section 5; the pyramid: Burt, Adelson (1983).
///
/// # Differs
/// 16 patches of a picture instead of 128; pictures are halved by means of 2x2 pixels and doubled by repeating them.
pub fn laplacian(a: &Tensor, b: &Tensor, seed: u64) -> Result<f64, GanError> {
    Ok(distances(a, b, seed, 0)?.0)
}

/// The distance, and on fewer directions those of so many pairs of sets whose pictures are drawn from these, each with all its
/// patches.
fn distances(a: &Tensor, b: &Tensor, seed: u64, resamples: usize) -> Result<(f64, Vec<f64>), GanError> {
    let refuse = |reason: String| GanError::Argument { what: "laplacian".into(), reason };
    if a.shape() != b.shape() {
        return Err(refuse(format!("expected two sets of one shape, found {} and {}", a.shape(), b.shape())));
    }
    let [count, height, width, channels] = a.shape()[..] else {
        return Err(refuse(format!("expected pictures (N, height, width, channels), found {}", a.shape())));
    };
    if count == 0 || height.min(width) < PATCH {
        return Err(refuse(format!("expected pictures of {PATCH} pixels or more, found {}", a.shape())));
    }
    let values = |x: &Tensor| x.as_f32().map(<[f32]>::to_vec).map_err(|e| refuse(e.to_string()));
    let (mut a, mut b) = (values(a)?, values(b)?);
    if let Some(bad) = a.iter().chain(&b).find(|v| !v.is_finite()) {
        return Err(refuse(format!("expected finite samples, found {bad}")));
    }
    let mut sides = [height, width];
    let mut rng = Rng::new(seed, stream_of("metrics/laplacian/bootstrap"));
    let rows: Vec<[Vec<usize>; 2]> = (0..resamples).map(|_| [drawn(count, &mut rng), drawn(count, &mut rng)]).collect();
    let (mut found, mut resampled) = (0.0, vec![0.0; resamples]);
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
        for at in 0..DIRECTIONS {
            let direction = direction(&mut rng, size);
            let projected = |x: &[f32]| x.chunks_exact(size).map(|patch| dot(patch, &direction)).collect::<Vec<f32>>();
            let (of_a, of_b) = (projected(&of_a), projected(&of_b));
            for ([from_a, from_b], sum) in rows.iter().zip(&mut resampled).filter(|_| at < RESAMPLED) {
                let taken = |x: &[f32], from: &[usize]| {
                    from.iter().flat_map(|&picture| x[picture * PATCHES..(picture + 1) * PATCHES].to_vec()).collect()
                };
                *sum += wasserstein(taken(&of_a, from_a), taken(&of_b, from_b)) * 1000.0 / RESAMPLED as f64;
            }
            found += wasserstein(of_a, of_b) * 1000.0 / DIRECTIONS as f64;
        }
        levels += 1;
        if last {
            break;
        }
        sides = sides.map(|side| side / 2);
    }
    Ok((found / f64::from(levels), resampled.into_iter().map(|sum| sum / f64::from(levels)).collect()))
}

/// Means of 2x2 pixels.
fn halved(x: &[f32], [height, width]: [usize; 2], channels: usize) -> Vec<f32> {
    let row = width * channels;
    let mut out = Vec::with_capacity(x.len() / 4);
    for picture in x.chunks_exact(height * row) {
        for r in (0..height).step_by(2) {
            for column in (0..width).step_by(2) {
                for c in 0..channels {
                    let at = |down: usize, right: usize| picture[(r + down) * row + (column + right) * channels + c];
                    out.push((at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) * 0.25);
                }
            }
        }
    }
    out
}

/// Takes the doubled pictures `below` away from `x`.
fn take_away(x: &mut [f32], below: &[f32], [height, width]: [usize; 2], channels: usize) {
    let (row, half) = (width * channels, width / 2 * channels);
    for (picture, below) in x.chunks_exact_mut(height * row).zip(below.chunks_exact(height / 2 * half)) {
        for (at, value) in picture.iter_mut().enumerate() {
            let (r, column, c) = (at / row, at % row / channels, at % channels);
            *value -= below[r / 2 * half + column / 2 * channels + c];
        }
    }
}

/// The patches at these places, of each picture in turn.
fn patches(x: &[f32], [height, width]: [usize; 2], channels: usize, places: &[[usize; 2]]) -> Vec<f32> {
    let row = width * channels;
    let mut out = Vec::with_capacity(places.len() * PATCH * PATCH * channels);
    for (picture, places) in x.chunks_exact(height * row).zip(places.chunks_exact(PATCHES)) {
        for [top, left] in places {
            for r in *top..top + PATCH {
                out.extend_from_slice(&picture[r * row + left * channels..][..PATCH * channels]);
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

/// The Wasserstein-1 distance of as many numbers on a line.
fn wasserstein(mut a: Vec<f32>, mut b: Vec<f32>) -> f64 {
    a.sort_unstable_by(f32::total_cmp);
    b.sort_unstable_by(f32::total_cmp);
    a.iter().zip(&b).map(|(x, y)| f64::from((x - y).abs())).sum::<f64>() / a.len() as f64
}

/// The distance with an interval: both sets are resampled by pictures.
pub(super) fn values(a: &Tensor, b: &Tensor, seed: u64) -> Result<Vec<Value>, GanError> {
    let (value, resampled) = distances(a, b, seed, FEW)?;
    let estimate = Estimate::of(value, &resampled).within(0.0, f64::INFINITY);
    Ok(vec![Value::new("laplacian", Better::Lower, estimate)])
}
