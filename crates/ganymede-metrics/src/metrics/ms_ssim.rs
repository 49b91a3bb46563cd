//! Metric `ms_ssim`: how alike pairs of samples are. Not here: distances of generated samples from real ones.

use super::{Better, Metric, Value};
use crate::estimate::Estimate;
use crate::{Comparison, Facts, MetricError, Number, Sizes, Stop};
use ganymede_tensor::{Rng, Tensor, stream_of};

/// Weights of the scales, the finest first.
const WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
/// Side and standard deviation of the window.
const WINDOW: usize = 11;
const SIGMA: f64 = 1.5;
/// Pairs that are compared.
const PAIRS: usize = 500;
/// Fewest images: two pairs.
const LEAST: usize = 4;
/// The constants (0.01·L)² and (0.03·L)² for values in \[0, 1\].
const C: [f64; 2] = [0.01 * 0.01, 0.03 * 0.03];

/// Multi-scale structural similarity of two images (H, W, C) with values in \[0, 1\]: l_M^w_M Π_j cs_j^w_j over the scales
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
    let mean = |r: usize, c: usize| {
        let corner = 2 * r * width + 2 * c;
        (x[corner] + x[corner + 1] + x[corner + width] + x[corner + width + 1]) * 0.25
    };
    (0..height / 2).flat_map(|r| (0..width / 2).map(move |c| mean(r, c))).collect()
}

/// The similarity of up to 500 pairs of a set (N, H, W, C) in \[−1, 1\], a number a pair: high where samples are alike; and the
/// number of scales. A sample is of one pair alone, so that pairs are independent and the interval of their mean is known.
///
/// # Errors
/// [`MetricError::Argument`] for sets that are no images with sides of at least 11, or fewer than four.
///
/// # Source
/// Odena, Olah, Shlens (2017), "Conditional image synthesis with auxiliary classifier GANs", arXiv:1610.09585, section 4.2.
pub fn ms_ssim(set: &Tensor, seed: u64) -> Result<(Vec<f64>, usize), MetricError> {
    each(set, seed, Stop::NEVER)
}

fn each(set: &Tensor, seed: u64, stop: Stop<'_>) -> Result<(Vec<f64>, usize), MetricError> {
    let refuse = |reason: String| MetricError::argument("ms_ssim", reason);
    let shape = set.shape();
    let [count, height, width, channels] = shape[..] else {
        return Err(refuse(format!("expected images (N, height, width, channels), found {shape}")));
    };
    if count < LEAST || height.min(width) < WINDOW || channels == 0 {
        let reason = format!("expected {LEAST} images or more with sides of at least {WINDOW}, found {shape}");
        return Err(refuse(reason));
    }
    let values = set.as_f32().map_err(|e| refuse(e.to_string()))?;
    if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
        return Err(refuse(format!("expected finite samples, found {bad}")));
    }
    let size = height * width * channels;
    let image = |at: usize| -> Vec<f64> {
        values[at * size..(at + 1) * size].iter().map(|v| (f64::from(*v) + 1.0) / 2.0).collect()
    };
    let order = Rng::new(seed, stream_of("metrics/ms_ssim")).permutation(count);
    let pair = |pair: &[usize]| {
        stop.check()?;
        Ok(similarity(&image(pair[0]), &image(pair[1]), [height, width, channels]).0)
    };
    let found = order.chunks_exact(2).take(PAIRS).map(pair).collect::<Result<Vec<f64>, MetricError>>()?;
    Ok((found, scales(height, width)))
}

/// That of generated samples; the real ones' is its reference.
fn values(_: &Tensor, fake: &Tensor, seed: u64, stop: Stop<'_>) -> Result<Vec<Value>, MetricError> {
    let (each, scales) = each(fake, seed, stop)?;
    let note = Some(format!("{scales} scale{}", if scales == 1 { "" } else { "s" }));
    Ok(vec![Value { note, ..Value::new("ms_ssim", Better::Near, Estimate::mean(&each).within(0.0, 1.0)) }])
}

/// The line of the table.
pub(super) struct MsSsim;

impl Metric for MsSsim {
    fn name(&self) -> &'static str {
        "ms_ssim"
    }

    fn summary(&self) -> &'static str {
        "similarity of pairs of samples, beside that of pairs of real ones; Wang et al. 2003, Odena et al. 2017"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        data.expect("images")
    }

    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        compared.samples(values)
    }

    /// Two images, and those of a channel that are blurred.
    fn bytes(&self, data: &Facts, _: &Sizes) -> u64 {
        (4 * data.elements() * size_of::<f64>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of one window: two images of one colour each have the contrast 1, so that what is left is (2ab + c)/(a² + b² + c).
    #[test]
    fn images_of_one_colour_are_as_alike_as_their_colours() {
        let flat = |value: f64| vec![value; 121];
        let (found, scales) = similarity(&flat(0.2), &flat(0.6), [11, 11, 1]);
        let expected = (2.0 * 0.2 * 0.6 + 1e-4) / (0.04 + 0.36 + 1e-4);
        assert!((found - expected).abs() < 1e-9 && scales == 1, "{found}, expected {expected}");
        assert!((similarity(&flat(0.3), &flat(0.3), [11, 11, 1]).0 - 1.0).abs() < 1e-12);
        // An image and its negative: the structure is −1, and values below 0 count as 0.
        let board: Vec<f64> = (0..121).map(|at| f64::from(at % 2)).collect();
        let negative: Vec<f64> = board.iter().map(|v| 1.0 - v).collect();
        assert_eq!(similarity(&board, &negative, [11, 11, 1]).0, 0.0);
    }

    /// Four images of one colour make two pairs, each image in one: of 0, 0, 1 and 1 the sum of both is 2 or near 0.
    #[test]
    fn an_image_is_of_one_pair() {
        let values = [-1.0f32, -1.0, 1.0, 1.0].iter().flat_map(|v| [*v; 121]).collect();
        let set = Tensor::from_f32([4, 11, 11, 1], values).unwrap();
        let sums: Vec<f64> = (0..20).map(|seed| ms_ssim(&set, seed).unwrap().0.iter().sum()).collect();
        assert!(sums.iter().all(|sum| (sum - 2.0).abs() < 1e-9 || *sum < 1e-3), "{sums:?}");
        assert!(sums.iter().any(|sum| *sum > 1.0) && sums.iter().any(|sum| *sum < 1.0), "{sums:?}");
        let odd = Tensor::from_f32([5, 11, 11, 1], vec![0.5; 5 * 121]).unwrap();
        assert_eq!(ms_ssim(&odd, 1).unwrap().0.len(), 2);
        let many = Tensor::from_f32([1100, 11, 11, 1], vec![0.5; 1100 * 121]).unwrap();
        assert_eq!(ms_ssim(&many, 1).unwrap().0.len(), 500);
        assert!(ms_ssim(&set.rows(0..3), 1).is_err());
    }

    #[test]
    fn scales_are_those_that_the_window_fits() {
        assert_eq!([10, 11, 21, 22, 44, 176, 1000].map(|side| scales(side, 1000)), [0, 1, 1, 2, 3, 5, 5]);
        assert_eq!(halved(&[1.0, 2.0, 9.0, 3.0, 4.0, 9.0, 9.0, 9.0, 9.0], [3, 3]), [2.5]);
    }
}
