//! Intervals of metrics. Not here: the metrics.

use ganymede_tensor::Rng;
use serde::{Deserialize, Serialize};

/// A number and an interval of about 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Resamples where one takes long.
pub(super) const FEW: usize = 10;
/// Resamples where one is quick.
pub(super) const MANY: usize = 200;
/// Standard deviations from the middle of a normal distribution to the ends of 95 % of it.
const NORMAL: f64 = 1.959964;

/// The same of Student's distribution with n − 1 degrees of freedom: of few resamples the deviation is not well known.
///
/// # Source
/// Abramowitz, Stegun (1964), "Handbook of mathematical functions", 26.7.5.
fn student(n: usize) -> f64 {
    let (z, v) = (NORMAL, (n.max(2) - 1) as f64);
    let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
    z + (z3 + z) / (4.0 * v)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * v.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * v.powi(3))
}

impl Estimate {
    /// The normal bootstrap interval: the number ± Student's quantile (1.96 for many) times the standard deviation of the same
    /// metric of resampled sets.
    ///
    /// # Source
    /// Efron, Tibshirani (1993), "An introduction to the bootstrap", section 13.2.
    pub(super) fn of(value: f64, resampled: &[f64]) -> Estimate {
        let n = resampled.len().max(1) as f64;
        let mean = resampled.iter().sum::<f64>() / n;
        let variance = resampled.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0).max(1.0);
        let half = student(resampled.len()) * variance.sqrt();
        Estimate { value, low: value - half, high: value + half }
    }

    /// With the interval of disjoint parts of the sets, whose values vary as much as a whole set's would times the root of their
    /// number.
    pub(super) fn by_parts(value: f64, parts: &[f64]) -> Estimate {
        let n = parts.len().max(1) as f64;
        let mean = parts.iter().sum::<f64>() / n;
        let scaled: Vec<f64> = parts.iter().map(|x| mean + (x - mean) / n.sqrt()).collect();
        Estimate::of(value, &scaled)
    }

    /// With an interval that stays within what the number can be.
    pub(crate) fn within(self, least: f64, most: f64) -> Estimate {
        Estimate { low: self.low.max(least), high: self.high.min(most), ..self }
    }

    /// The mean of numbers, one a sample, with the interval of their bootstrap.
    pub(crate) fn mean(each: &[f64], rng: &mut Rng) -> Estimate {
        let mean = |rows: &[usize]| rows.iter().map(|&row| each[row]).sum::<f64>() / rows.len().max(1) as f64;
        let resampled: Vec<f64> = (0..MANY).map(|_| mean(&drawn(each.len(), rng))).collect();
        Estimate::of(each.iter().sum::<f64>() / each.len().max(1) as f64, &resampled)
    }
}

/// Disjoint parts of so many rows by chance, at most `most`, each of at least `least` rows.
pub(super) fn parts(rows: usize, most: usize, least: usize, rng: &mut Rng) -> Vec<Vec<usize>> {
    let count = most.min(rows / least.max(1));
    let order = rng.permutation(rows);
    (0..count).map(|i| order[i * rows / count..(i + 1) * rows / count].to_vec()).collect()
}

/// As many rows as there are, each drawn from all of them.
pub(super) fn drawn(rows: usize, rng: &mut Rng) -> Vec<usize> {
    (0..rows).map(|_| rng.below(rows as u32) as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (n, expected) in [(200, 1.972), (20, 2.093), (10, 2.262), (8, 2.365)] {
            assert!((student(n) - expected).abs() < 0.006, "{n}: {}, expected {expected}", student(n));
        }
    }

    #[test]
    fn intervals_stay_within_what_can_be() {
        let found = Estimate::of(0.98, &[0.9, 1.0, 1.1]).within(0.0, 1.0);
        assert!(found.high == 1.0 && found.low < 0.98 && found.low >= 0.0, "{found:?}");
    }

    /// Of a mean the interval is known: ± 1.96 σ/√n.
    #[test]
    fn the_interval_of_a_mean_is_the_textbooks() {
        let mut rng = Rng::new(1, 2);
        let each: Vec<f64> = (0..400).map(|_| 3.0 + 2.0 * rng.normal()).collect();
        let mean = each.iter().sum::<f64>() / 400.0;
        let deviation = (each.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 400.0).sqrt();
        let found = Estimate::mean(&each, &mut rng);
        let half = 1.96 * deviation / 20.0;
        assert_eq!(found.value, mean);
        assert!(((found.high - found.value) / half - 1.0).abs() < 0.15, "{found:?}, expected ±{half}");
        assert!((found.high + found.low - 2.0 * found.value).abs() < 1e-12);
    }
}
