//! How many modes of a mixture generated samples reach. Not here: which samples (`evaluate/`).

use super::bootstrap::Estimate;
use super::{Better, Value};
use crate::error::GanError;
use ganymede_tensor::{Rng, Tensor, stream_of};

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
    /// [`GanError::Argument`] when there are not as many labels as points, or a class has no point.
    pub fn of(points: &Tensor, labels: &[u32], classes: usize) -> Result<Mixture, GanError> {
        let refuse = |reason: String| GanError::Argument { what: "modes".into(), reason };
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
    let number = |rows: &[usize]| {
        let mut hit = vec![false; count];
        rows.iter().filter_map(|&row| found[row]).for_each(|mode| hit[mode] = true);
        hit.iter().filter(|hit| **hit).count() as f64
    };
    let divergence = |rows: &[usize]| {
        let mut counts = vec![0.0f64; count];
        rows.iter().filter_map(|&row| found[row]).for_each(|mode| counts[mode] += 1.0);
        let total = counts.iter().sum::<f64>();
        if total == 0.0 {
            return libm::log(count as f64);
        }
        let term = |n: &f64| if *n > 0.0 { n / total * libm::log(n / total * count as f64) } else { 0.0 };
        counts.iter().map(term).sum::<f64>()
    };
    let all: Vec<usize> = (0..found.len()).collect();
    let resamples: Vec<Vec<usize>> =
        (0..super::bootstrap::FEW * 2).map(|_| super::bootstrap::drawn(found.len(), &mut rng)).collect();
    let value = |name, better, most: f64, of: &dyn Fn(&[usize]) -> f64| {
        let resampled: Vec<f64> = resamples.iter().map(|rows| of(rows)).collect();
        Value::new(name, better, Estimate::of(of(&all), &resampled).within(0.0, most))
    };
    let inside =
        |rows: &[usize]| rows.iter().filter(|&&row| found[row].is_some()).count() as f64 / rows.len().max(1) as f64;
    vec![
        value("modes", Better::Higher, count as f64, &number),
        value("high_quality", Better::Higher, 1.0, &inside),
        value("mode_divergence", Better::Lower, f64::INFINITY, &divergence),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_counted_by_hand() {
        let points = Tensor::from_f32([4, 2], vec![1.0, 0.1, 1.0, -0.1, -1.0, 0.1, -1.0, -0.1]).unwrap();
        let mixture = Mixture::of(&points, &[0, 0, 1, 1], 2).unwrap();
        assert_eq!(mixture.centres.len(), 2);
        assert!((mixture.sigma - (0.01f64 / 2.0).sqrt()).abs() < 1e-6);
        let fake = [0.9, 0.0, 1.0, 0.2, -1.0, 0.3, 0.0, 0.0];
        let found = covered(&mixture, &fake);
        assert_eq!(found, [Some(0), Some(0), None, None]);
        let values = modes(&found, 2, 1);
        let of = |name: &str| values.iter().find(|v| v.name == name).unwrap().estimate.value;
        assert_eq!((of("modes"), of("high_quality")), (1.0, 0.5));
        assert!((of("mode_divergence") - 2f64.ln()).abs() < 1e-12);
        let even = modes(&[Some(0), Some(1)], 2, 1);
        assert!(even[2].estimate.value.abs() < 1e-12 && even[0].estimate.value == 2.0);
        let error = Mixture::of(&points, &[0, 0, 0, 0], 2).unwrap_err().to_string();
        assert!(error.contains("found none of class 1"), "{error}");
    }
}
