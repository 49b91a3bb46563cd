//! Metric `modes`: how many modes of a mixture generated samples reach. Not here: the classifier of stacked images
//! (`spaces/classifier.rs`).

use super::{Better, Metric, Value};
use crate::comparison::numbers;
use crate::estimate::{Estimate, MANY, drawn_rows};
use crate::spaces::Classifier;
use crate::{Comparison, Facts, MetricError, Number, Set, Sizes};
use ganymede_tensor::{Rng, Tensor, TensorError, stream_of};

/// A mixture that was measured on labelled points.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    /// The middle of each mode.
    pub centres: Vec<Vec<f64>>,
    /// Standard deviation of a coordinate within modes.
    pub sigma: f64,
}

/// Standard deviations from a centre within which a sample is of its mode.
const REACH: f64 = 3.0;

impl Mixture {
    /// Centres and deviation of points (N, D) with a label each.
    ///
    /// # Errors
    /// [`MetricError::Argument`] when there are not as many labels as points, or a class has no point.
    pub fn of(points: &Tensor, labels: &[u32], classes: usize) -> Result<Mixture, MetricError> {
        let refuse = |reason: String| MetricError::argument("modes", reason);
        let values = points.as_f32().map_err(|e| refuse(e.to_string()))?;
        let size = values.len() / labels.len().max(1);
        if points.shape().first() != Some(&labels.len()) || size == 0 {
            return Err(refuse(format!("expected a label for each of {}, found {}", points.shape(), labels.len())));
        }
        let mut centres = vec![vec![0.0; size]; classes];
        let mut counts = vec![0.0f64; classes];
        let each = || values.chunks_exact(size).zip(labels.iter().map(|&label| label as usize));
        for (point, label) in each().filter(|(_, label)| *label < classes) {
            counts[label] += 1.0;
            centres[label].iter_mut().zip(point).for_each(|(sum, v)| *sum += f64::from(*v));
        }
        if let Some(empty) = counts.iter().position(|&count| count == 0.0) {
            return Err(refuse(format!("expected points of every class, found none of class {empty}")));
        }
        for (centre, count) in centres.iter_mut().zip(&counts) {
            centre.iter_mut().for_each(|sum| *sum /= count);
        }
        let off = |(point, label): (&[f32], usize)| square(point, &centres[label]);
        let sigma = (each().map(off).sum::<f64>() / values.len() as f64).sqrt();
        Ok(Mixture { centres, sigma })
    }
}

fn square(point: &[f32], centre: &[f64]) -> f64 {
    point.iter().zip(centre).map(|(x, c)| (f64::from(*x) - c) * (f64::from(*x) - c)).sum()
}

/// For each sample the mode that it is of: the nearest centre, within 3 standard deviations.
pub fn covered(mixture: &Mixture, fake: &[f32]) -> Vec<Option<usize>> {
    let size = mixture.centres.first().map_or(1, |centre| centre.len().max(1));
    let mode = |point: &[f32]| {
        let distances = mixture.centres.iter().map(|centre| square(point, centre));
        let (at, distance) = distances.enumerate().min_by(|a, b| a.1.total_cmp(&b.1))?;
        (distance.sqrt() <= REACH * mixture.sigma).then_some(at)
    };
    fake.chunks_exact(size).map(mode).collect()
}

/// The number of modes out of `count` that samples are of, the share of samples that are of any, and the
/// Kullback–Leibler divergence from the even distribution over all modes, in nats: ln(count) where all are of one, or none is of any.
///
/// # Source
/// Metz, Poole, Pfau, Sohl-Dickstein (2017), "Unrolled generative adversarial networks", arXiv:1611.02163; Srivastava,
/// Valkov, Russell, Gutmann, Sutton (2017), "VEEGAN", arXiv:1705.07761 (three standard deviations); Lin et al. (2018),
/// "PacGAN", arXiv:1712.04086.
pub fn modes(found: &[Option<usize>], count: usize, seed: u64) -> Vec<Value> {
    let mut rng = Rng::new(seed, stream_of("metrics/modes"));
    let counted = |rows: &mut dyn Iterator<Item = usize>| {
        let mut counts = vec![0usize; count];
        rows.filter_map(|row| found[row]).for_each(|mode| counts[mode] += 1);
        counts
    };
    let of_all = counted(&mut (0..found.len()));
    let resampled: Vec<Vec<usize>> =
        (0..MANY).map(|_| counted(&mut drawn_rows(found.len(), &mut rng).into_iter())).collect();
    let value = |name, better, most: f64, of: fn(&[usize]) -> f64| {
        let resampled: Vec<f64> = resampled.iter().map(|counts| of(counts)).collect();
        Value::new(name, better, Estimate::resampled(of(&of_all), &resampled).within(0.0, most))
    };
    let inside = Estimate::share(found.iter().flatten().count(), found.len());
    vec![
        value("modes", Better::Higher, count as f64, reached),
        Value::new("high_quality", Better::Higher, inside),
        value("mode_divergence", Better::Lower, libm::log(count as f64), divergence),
    ]
}

/// How many modes have a sample.
fn reached(counts: &[usize]) -> f64 {
    counts.iter().filter(|n| **n > 0).count() as f64
}

/// Σ p ln(p·C) of the shares p of C modes.
fn divergence(counts: &[usize]) -> f64 {
    let (total, modes) = (counts.iter().sum::<usize>() as f64, counts.len() as f64);
    if total == 0.0 {
        return libm::log(modes);
    }
    let shares = counts.iter().filter(|n| **n > 0).map(|&n| n as f64 / total);
    shares.map(|p| p * libm::log(p * modes)).sum::<f64>()
}

/// The line of the table.
pub(super) struct Modes;

impl Metric for Modes {
    fn name(&self) -> &'static str {
        "modes"
    }

    fn summary(&self) -> &'static str {
        "how many modes of labelled points, or combinations of stacked images, are reached; Metz et al. 2017"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        if data.stacked > 0 {
            None
        } else if data.is(Facts::TABLE) {
            data.refuse_tables()
        } else if data.is("images") {
            Some("it measures points with classes, and stacked-fashion-mnist".into())
        } else {
            (data.classes == 0).then(|| "the data has no classes".into())
        }
    }

    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        if compared.data.stacked > 0 {
            return combinations(compared);
        }
        let (sides, classes, seed) = (compared.sides, compared.data.classes, compared.seed);
        let learned = compared.others.learned()?;
        let mixture = Mixture::of(learned.samples(), &learned.labels().unwrap_or_default(), classes)?;
        let values = |set: &Set| -> Result<Vec<Value>, MetricError> {
            let points = set.samples().as_f32().map_err(|e| MetricError::argument("modes", e.to_string()))?;
            Ok(modes(&covered(&mixture, points), classes, seed))
        };
        let n = sides.real.len();
        Ok(numbers(values(&sides.fake)?, &values(&sides.real)?, "samples", [n, n], ""))
    }

    /// What is learned from, the mode of each sample, and resampled counts.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        let modes = data.classes.max(data.stacked.saturating_pow(data.shape.last().copied().unwrap_or(1) as u32));
        let one = if data.stacked > 0 { 2 * sizes.samples * data.elements() } else { sizes.learned * data.elements() };
        (one * size_of::<f32>() + 4 * sizes.samples * size_of::<usize>() + MANY * modes * size_of::<usize>()) as u64
    }
}

/// How many combinations of classes the images reach that are the channels of generated and of real samples: by a classifier of the
/// images that they are stacked from.
fn combinations(compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
    let (sides, classes, seed, stop) = (compared.sides, compared.data.stacked, compared.seed, compared.stop);
    let channels = compared.data.shape.last().copied().unwrap_or(1);
    let mut classifier = Classifier::learn(&compared.others.parts()?, classes, compared.backend, stop)?;
    let mut of = |set: &Set| -> Result<Vec<Value>, MetricError> {
        let mut found = vec![0; set.len()];
        for channel in 0..channels {
            let said = classifier.classify(&plane(set.samples(), channel)?, stop)?;
            found.iter_mut().zip(said).for_each(|(number, class)| *number = *number * classes + class as usize);
        }
        let found: Vec<Option<usize>> = found.into_iter().map(Some).collect();
        Ok(modes(&found, classes.pow(channels as u32), seed))
    };
    let (n, values, references) = (sides.real.len(), of(&sides.fake)?, of(&sides.real)?);
    Ok(numbers(values, &references, Classifier::NAME, [n, n], classifier.digest()))
}

/// One channel of images (N, H, W, C), as (N, H, W, 1).
fn plane(images: &Tensor, channel: usize) -> Result<Tensor, MetricError> {
    let refuse = |e: TensorError| MetricError::argument("modes", e.to_string());
    let channels = images.shape().last().copied().unwrap_or(1);
    let values = images.as_f32().map_err(refuse)?.iter().skip(channel).step_by(channels).copied().collect();
    let sizes: Vec<usize> = images.shape().iter().take(3).copied().chain([1]).collect();
    Tensor::from_f32(sizes, values).map_err(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_counted_by_hand() {
        let points = Tensor::from_f32([4, 2], vec![1.0, 0.1, 1.0, -0.1, -1.0, 0.1, -1.0, -0.1]).unwrap();
        let mixture = Mixture::of(&points, &[0, 0, 1, 1], 2).unwrap();
        assert_eq!(mixture.centres, [[1.0, 0.0], [-1.0, 0.0]]);
        // Two of the coordinates are off by 0.1 in each mode, and two by nothing: σ² = 0.04/8, 3σ is 0.212 and 4σ 0.283.
        assert!((mixture.sigma - 0.005f64.sqrt()).abs() < 1e-6);
        let fake = [0.9, 0.0, 1.0, 0.2, 1.0, 0.22, -1.0, 0.25, -1.2, 0.0, 0.0, 0.0];
        let found = covered(&mixture, &fake);
        assert_eq!(found, [Some(0), Some(0), None, None, Some(1), None]);
        let values = modes(&found[..4], 2, 1);
        let estimate = |name: &str| values.iter().find(|v| v.name == name).unwrap().estimate;
        assert_eq!((estimate("modes").value, estimate("high_quality").value), (1.0, 0.5));
        assert_eq!(estimate("high_quality"), Estimate::share(2, 4));
        assert!((estimate("mode_divergence").value - 2f64.ln()).abs() < 1e-12);
        let even = modes(&[Some(0), Some(1)], 2, 1);
        assert!(even[2].estimate.value.abs() < 1e-12 && even[0].estimate.value == 2.0);
        let error = Mixture::of(&points, &[0, 0, 0, 0], 2).unwrap_err().to_string();
        assert!(error.contains("found none of class 1"), "{error}");
    }

    /// Shares 3/4 and 1/4 of four modes: ¾ ln 3 + ¼ ln 1.
    #[test]
    fn uneven_modes_diverge_by_hand() {
        assert!((divergence(&[3, 1, 0, 0]) - 0.75 * 3f64.ln()).abs() < 1e-12);
        assert!((divergence(&[0, 0, 0]) - 3f64.ln()).abs() < 1e-12);
        assert_eq!((reached(&[3, 1, 0, 0]), reached(&[0, 0])), (2.0, 0.0));
    }

    #[test]
    fn a_plane_is_one_channel() {
        let images = Tensor::from_f32([2, 1, 2, 3], (0..12).map(|v| v as f32).collect()).unwrap();
        let found = plane(&images, 1).unwrap();
        assert_eq!((found.shape().to_vec(), found.as_f32().unwrap()), (vec![2, 1, 2, 1], &[1.0, 4.0, 7.0, 10.0][..]));
    }
}
