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
const NORMAL: f64 = 1.96;

impl Estimate {
    /// The normal bootstrap interval: the number ± 1.96 standard deviations of the same metric of resampled sets.
    ///
    /// # Source
    /// Efron, Tibshirani (1993), "An introduction to the bootstrap", section 13.2.
    pub(super) fn of(value: f64, resampled: &[f64]) -> Estimate {
        let n = resampled.len().max(1) as f64;
        let mean = resampled.iter().sum::<f64>() / n;
        let variance = resampled.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0).max(1.0);
        let half = NORMAL * variance.sqrt();
        Estimate { value, low: value - half, high: value + half }
    }

    /// The mean of numbers, one a sample, with the interval of their bootstrap.
    pub(crate) fn mean(each: &[f64], rng: &mut Rng) -> Estimate {
        let mean = |rows: &[usize]| rows.iter().map(|&row| each[row]).sum::<f64>() / rows.len().max(1) as f64;
        let resampled: Vec<f64> = (0..MANY).map(|_| mean(&drawn(each.len(), rng))).collect();
        Estimate::of(each.iter().sum::<f64>() / each.len().max(1) as f64, &resampled)
    }
}

/// As many rows as there are, each drawn from all of them.
pub(super) fn drawn(rows: usize, rng: &mut Rng) -> Vec<usize> {
    (0..rows).map(|_| rng.below(rows as u32) as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
