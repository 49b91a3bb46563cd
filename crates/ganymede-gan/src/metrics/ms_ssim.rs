//! Metric `ms_ssim`: how alike pairs of samples are.

use super::bootstrap::Estimate;
use super::{Better, Value};
use crate::error::GanError;
use ganymede_tensor::{Rng, Tensor, stream_of};

/// Weights of the scales, the finest first.
const WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
/// Side and standard deviation of the window.
const WINDOW: usize = 11;
const SIGMA: f64 = 1.5;
/// Pairs that are compared.
const PAIRS: usize = 500;
/// The constants (0.01·L)² and (0.03·L)² for values in \[0, 1\].
const C: [f64; 2] = [0.01 * 0.01, 0.03 * 0.03];

/// Multi-scale structural similarity of two pictures (H, W, C) with values in \[0, 1\]: l_M^w_M Π_j cs_j^w_j over the scales
/// whose short side is at least 11, weights brought to sum 1; the mean over channels. Values below 0 count as 0. Gives the
/// number of scales, too.
///
/// # Source
/// Wang, Simoncelli, Bovik (2003), "Multi-scale structural similarity for image quality assessment".
pub fn similarity(a: &[f64], b: &[f64], [height, width, channels]: [usize; 3]) -> (f64, usize) {
    let scales = scales(height, width);
    let total: f64 = WEIGHTS[..scales].iter().sum();
    let of_channel = |c: usize| {
        let plane = |x: &[f64]| x.iter().skip(c).step_by(channels).copied().collect::<Vec<f64>>();
        let (mut a, mut b, mut sides) = (plane(a), plane(b), [height, width]);
        let mut product = 1.0;
        for (scale, weight) in WEIGHTS[..scales].iter().enumerate() {
            let (ssim, contrast) = at_one_scale(&a, &b, sides);
            let factor: f64 = if scale + 1 == scales { ssim } else { contrast };
            product *= libm::pow(factor.max(0.0), weight / total);
            (a, b) = (halved(&a, sides), halved(&b, sides));
            sides = sides.map(|side| side / 2);
        }
        product
    };
    ((0..channels).map(of_channel).sum::<f64>() / channels as f64, scales)
}

/// How many times a short side is halved before it is below 11, and once more; at most 5.
fn scales(height: usize, width: usize) -> usize {
    WEIGHTS.len().min((0..usize::BITS).take_while(|&s| height.min(width) >> s >= WINDOW).count())
}

/// Mean SSIM and mean contrast-structure over all places of the window.
fn at_one_scale(a: &[f64], b: &[f64], sides: [usize; 2]) -> (f64, f64) {
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).collect::<Vec<f64>>();
    let (mean_a, mean_b) = (blurred(a, sides), blurred(b, sides));
    let (aa, bb, ab) = (blurred(&product(a, a), sides), blurred(&product(b, b), sides), blurred(&product(a, b), sides));
    let (mut ssim, mut contrast) = (0.0, 0.0);
    for i in 0..mean_a.len() {
        let (ma, mb) = (mean_a[i], mean_b[i]);
        let cs = (2.0 * (ab[i] - ma * mb) + C[1]) / (aa[i] - ma * ma + bb[i] - mb * mb + C[1]);
        contrast += cs;
        ssim += cs * (2.0 * ma * mb + C[0]) / (ma * ma + mb * mb + C[0]);
    }
    (ssim / mean_a.len() as f64, contrast / mean_a.len() as f64)
}

/// The mean under a Gaussian window, where it fits wholly.
fn blurred(x: &[f64], [height, width]: [usize; 2]) -> Vec<f64> {
    let middle = (WINDOW / 2) as f64;
    let bell: Vec<f64> = (0..WINDOW).map(|i| libm::exp(-(i as f64 - middle).powi(2) / (2.0 * SIGMA * SIGMA))).collect();
    let total: f64 = bell.iter().sum();
    let inner = width - WINDOW + 1;
    let along = |row: &[f64], at: usize| bell.iter().zip(&row[at..]).map(|(w, v)| w * v).sum::<f64>() / total;
    let rows: Vec<f64> = x.chunks_exact(width).flat_map(|row| (0..inner).map(move |at| along(row, at))).collect();
    let down = |r: usize, c: usize| (0..WINDOW).map(|i| bell[i] * rows[(r + i) * inner + c]).sum::<f64>() / total;
    (0..height - WINDOW + 1).flat_map(|r| (0..inner).map(move |c| down(r, c))).collect()
}

/// Means of 2x2 pixels; a last odd row or column is left out.
fn halved(x: &[f64], [height, width]: [usize; 2]) -> Vec<f64> {
    let at = |r: usize, c: usize| {
        let corner = 2 * r * width + 2 * c;
        (x[corner] + x[corner + 1] + x[corner + width] + x[corner + width + 1]) * 0.25
    };
    (0..height / 2).flat_map(|r| (0..width / 2).map(move |c| at(r, c))).collect()
}

/// The mean similarity of up to 500 pairs of different samples of a set (N, H, W, C) in \[−1, 1\], a number a pair: high where
/// samples are alike; and the number of scales.
///
/// # Errors
/// [`GanError::Argument`] for sets that are no pictures with sides of at least 11, or fewer than two.
///
/// # Source
/// Odena, Olah, Shlens (2017), "Conditional image synthesis with auxiliary classifier GANs", arXiv:1610.09585, section 4.2.
pub fn ms_ssim(set: &Tensor, seed: u64) -> Result<(Vec<f64>, usize), GanError> {
    let refuse = |reason: String| GanError::Argument { what: "ms_ssim".into(), reason };
    let shape = set.shape();
    let [count, height, width, channels] = shape[..] else {
        return Err(refuse(format!("expected pictures (N, height, width, channels), found {shape}")));
    };
    if count < 2 || height.min(width) < WINDOW || channels == 0 {
        return Err(refuse(format!("expected two pictures or more with sides of at least {WINDOW}, found {shape}")));
    }
    let values = set.as_f32().map_err(|e| refuse(e.to_string()))?;
    if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
        return Err(refuse(format!("expected finite samples, found {bad}")));
    }
    let size = height * width * channels;
    let picture = |at: usize| -> Vec<f64> {
        values[at * size..(at + 1) * size].iter().map(|v| (f64::from(*v) + 1.0) / 2.0).collect()
    };
    let mut rng = Rng::new(seed, stream_of("metrics/ms_ssim"));
    let pair = |_: usize| {
        let first = rng.below(count as u32) as usize;
        let second = (first + 1 + rng.below(count as u32 - 1) as usize) % count;
        similarity(&picture(first), &picture(second), [height, width, channels]).0
    };
    Ok(((0..PAIRS.min(count * (count - 1) / 2)).map(pair).collect(), scales(height, width)))
}

/// That of generated samples; the real ones' is its reference.
pub(super) fn values(_: &Tensor, fake: &Tensor, seed: u64) -> Result<Vec<Value>, GanError> {
    let (each, scales) = ms_ssim(fake, seed)?;
    let mut rng = Rng::new(seed, stream_of("metrics/ms_ssim/bootstrap"));
    let note = Some(format!("{scales} scale{}", if scales == 1 { "" } else { "s" }));
    Ok(vec![Value { note, ..Value::new("ms_ssim", Better::Near, Estimate::mean(&each, &mut rng).within(0.0, 1.0)) }])
}
