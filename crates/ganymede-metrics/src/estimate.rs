//! Intervals of metrics, and the resamples that they come from. Not here: the metrics.

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
pub(crate) const FEW: usize = 10;
/// Resamples where one is quick.
pub(crate) const MANY: usize = 200;
/// Standard deviations from the middle of a normal distribution to the ends of 95 % of it.
const NORMAL: f64 = 1.959_963_984_540_054;
/// The same of Student's distribution with 1 to 4 degrees of freedom, where the series below is not near enough.
const STUDENT: [f64; 4] = [12.706_204_736, 4.302_652_730, 3.182_446_305, 2.776_445_105];

/// The 97.5 % quantile of Student's distribution: of few numbers the deviation is not well known. It is that of the normal
/// distribution for many.
///
/// # Source
/// Abramowitz, Stegun (1964), "Handbook of mathematical functions", 26.7.5.
pub fn student(freedom: usize) -> f64 {
    if let Some(known) = STUDENT.get(freedom.max(1) - 1) {
        return *known;
    }
    let (z, v) = (NORMAL, freedom as f64);
    let (z3, z5, z7, z9) = (z.powi(3), z.powi(5), z.powi(7), z.powi(9));
    z + (z3 + z) / (4.0 * v)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * v.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * v.powi(3))
        + (79.0 * z9 + 776.0 * z7 + 1482.0 * z5 - 1920.0 * z3 - 945.0 * z) / (92_160.0 * v.powi(4))
}

/// The standard deviation of numbers about their mean; not finite of fewer than two, of which it is not known.
fn deviation(numbers: &[f64]) -> f64 {
    if numbers.len() < 2 {
        return f64::INFINITY;
    }
    let mean = mean(numbers);
    (numbers.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (numbers.len() - 1) as f64).sqrt()
}

/// The mean; 0 of none.
pub(crate) fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

impl Estimate {
    /// `value ± t·deviation`, t of Student's distribution with one degree of freedom less than there were numbers.
    fn about(value: f64, deviation: f64, numbers: usize) -> Estimate {
        let half = student(numbers.saturating_sub(1)) * deviation;
        Estimate { value, low: value - half, high: value + half }
    }

    /// The bootstrap interval: the number ± t times the standard deviation of the same metric of resampled sets.
    ///
    /// # Source
    /// Efron, Tibshirani (1993), "An introduction to the bootstrap", sections 12.2 and 13.2.
    pub fn resampled(value: f64, resampled: &[f64]) -> Estimate {
        Estimate::about(value, deviation(resampled), resampled.len())
    }

    /// With the interval of disjoint parts of the sets: their values vary √parts times as much as that of the whole sets.
    pub fn by_parts(value: f64, parts: &[f64]) -> Estimate {
        Estimate::about(value, deviation(parts) / (parts.len().max(1) as f64).sqrt(), parts.len())
    }

    /// With the interval of the sets without one of G groups each: the deviation of these numbers times (G − 1)/√G.
    ///
    /// # Source
    /// Kott (2001), "The delete-a-group jackknife".
    pub fn without_groups(value: f64, without: &[f64]) -> Estimate {
        let groups = without.len().max(1) as f64;
        Estimate::about(value, deviation(without) * (groups - 1.0) / groups.sqrt(), without.len())
    }

    /// The mean of independent numbers, ± t·s/√n.
    pub fn mean(each: &[f64]) -> Estimate {
        Estimate::by_parts(mean(each), each)
    }

    /// The share of independent samples that something is true of, with Wilson's interval: it holds near 0 and 1, too.
    ///
    /// # Source
    /// Wilson (1927), "Probable inference, the law of succession, and statistical inference"; Brown, Cai, DasGupta (2001),
    /// "Interval estimation for a binomial proportion".
    pub fn share(hits: usize, of: usize) -> Estimate {
        let n = of.max(1) as f64;
        Estimate::wilson(hits as f64 / n, n, NORMAL)
    }

    /// The same of a share that parts of samples are in, such as those that are drawn.
    pub(crate) fn share_of(value: f64, of: usize) -> Estimate {
        Estimate::wilson(value, of.max(1) as f64, NORMAL)
    }

    /// The same of samples that are not independent, by the share without one of G groups each: Wilson's interval of as many
    /// independent samples as would vary so much, which are `of` at most.
    ///
    /// # Source
    /// Korn, Graubard (1998), "Confidence intervals for proportions with small expected number of positive counts estimated from
    /// survey data".
    pub fn share_without_groups(value: f64, of: usize, without: &[f64]) -> Estimate {
        let (n, groups) = (of.max(1) as f64, without.len().max(1) as f64);
        let variance = deviation(without).powi(2) * (groups - 1.0).powi(2) / groups;
        // A share of 0 or 1 is taken for half a sample more or less.
        let p = value.clamp(0.5 / n, 1.0 - 0.5 / n);
        let independent = (p * (1.0 - p) / variance).clamp(1.0, n);
        Estimate::wilson(value, independent, student(without.len().saturating_sub(1)))
    }

    fn wilson(p: f64, n: f64, z: f64) -> Estimate {
        let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / (1.0 + z * z / n);
        Estimate { value: p, low: (middle - half).clamp(0.0, p), high: (middle + half).clamp(p, 1.0) }
    }

    /// With an interval that stays within what the number can be.
    pub fn within(self, least: f64, most: f64) -> Estimate {
        Estimate { low: self.low.max(least), high: self.high.min(most), ..self }
    }
}

/// Disjoint parts of so many rows by chance, at most `most`, each of at least `least` rows.
pub(crate) fn parts(rows: usize, most: usize, least: usize, rng: &mut Rng) -> Vec<Vec<usize>> {
    let count = most.min(rows / least.max(1));
    let order = rng.permutation(rows);
    (0..count).map(|i| order[i * rows / count..(i + 1) * rows / count].to_vec()).collect()
}

/// Of so many rows, how often each is drawn when as many are drawn from all of them.
pub(crate) fn multiplicities(rows: usize, rng: &mut Rng) -> Vec<u32> {
    let mut times = vec![0; rows];
    drawn_rows(rows, rng).into_iter().for_each(|row| times[row] += 1);
    times
}

/// As many rows as there are, each drawn from all of them.
pub(crate) fn drawn_rows(rows: usize, rng: &mut Rng) -> Vec<usize> {
    (0..rows).map(|_| rng.below(rows as u32) as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles of any table of Student's distribution.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        let tables = [
            (1, 12.7062),
            (2, 4.3027),
            (3, 3.1824),
            (4, 2.7764),
            (5, 2.5706),
            (6, 2.4469),
            (7, 2.3646),
            (9, 2.2622),
            (19, 2.0930),
            (100, 1.9840),
            (1_000_000, 1.9600),
        ];
        for (freedom, expected) in tables {
            assert!((student(freedom) - expected).abs() < 5e-4, "{freedom}: {}, expected {expected}", student(freedom));
        }
    }

    /// By hand: of 1, 2 and 6 the mean is 3, s² = (4 + 1 + 9)/2 = 7, t of 2 degrees 4.30265.
    #[test]
    fn intervals_are_those_of_hand() {
        let close = |found: Estimate, value: f64, half: f64| {
            let expected = [value, value - half, value + half];
            for (x, y) in [found.value, found.low, found.high].into_iter().zip(expected) {
                assert!((x - y).abs() < 1e-4, "{found:?}, expected {expected:?}");
            }
        };
        let numbers = [1.0, 2.0, 6.0];
        close(Estimate::mean(&numbers), 3.0, 4.30265 * (7.0f64 / 3.0).sqrt());
        // The metric of the whole sets, with the deviation of three parts through √3.
        close(Estimate::by_parts(10.0, &numbers), 10.0, 4.30265 * (7.0f64 / 3.0).sqrt());
        // Resamples are as large as the sets: nothing is taken away.
        close(Estimate::resampled(10.0, &numbers), 10.0, 4.30265 * 7.0f64.sqrt());
        // Means without each of 1, 2 and 6 are 4, 3.5, 1.5: of a mean it is the textbook's interval again.
        let (without, textbook) = (Estimate::without_groups(3.0, &[4.0, 3.5, 1.5]), Estimate::mean(&numbers));
        close(without, 3.0, textbook.high - 3.0);
        // Two parts: one degree of freedom, s² = 1/2.
        close(Estimate::by_parts(0.0, &[1.0, 2.0]), 0.0, 12.7062 * 0.5);
        assert_eq!(Estimate::mean(&[3.0]).within(0.0, 5.0), Estimate { value: 3.0, low: 0.0, high: 5.0 });
    }

    /// Wilson's interval of 9 of 10: (0.9 + 0.19207)/(1.38415) ± 0.1933 …, as in the tables of Brown, Cai and DasGupta.
    #[test]
    fn shares_have_wilsons_interval() {
        let found = Estimate::share(9, 10);
        assert!((found.low - 0.5958).abs() < 1e-3 && (found.high - 0.9821).abs() < 1e-3, "{found:?}");
        let all = Estimate::share(10, 10);
        assert!(all.value == 1.0 && all.high == 1.0 && (all.low - 0.7225).abs() < 1e-3, "{all:?}");
        assert_eq!(Estimate::share(0, 10).low, 0.0);
        assert_eq!(Estimate::share_of(0.9, 10), found);
        // Of 100 samples that vary as 25 would, p = 1/2: variance 1/4/25 = s²·81/10 of ten groups, so s = 0.1/√8.1; t of 9 degrees.
        let (s, t) = (0.1 / 8.1f64.sqrt(), 2.262157);
        let without: Vec<f64> = (0..10).map(|at| 0.5 + if at % 2 == 0 { s } else { -s } * 0.9f64.sqrt()).collect();
        let (found, shrunk) = (Estimate::share_without_groups(0.5, 100, &without), 1.0 + t * t / 25.0);
        let half = t * (0.25f64 / 25.0 + t * t / 2500.0).sqrt() / shrunk;
        assert!(
            (found.high - (0.5 + half)).abs() < 1e-4 && (found.low - (0.5 - half)).abs() < 1e-4,
            "{found:?}, {half}"
        );
        // No variance at all is not less than that of 100 independent samples.
        let whole = Estimate::share_without_groups(1.0, 100, &[1.0; 10]);
        assert!(whole.high == 1.0 && (whole.low - 1.0 / (1.0 + t * t / 100.0)).abs() < 1e-4, "{whole:?}");
    }

    #[test]
    fn intervals_stay_within_what_can_be() {
        let found = Estimate::resampled(0.98, &[0.9, 1.0, 1.1]).within(0.0, 1.0);
        assert!(found.high == 1.0 && found.low < 0.98 && found.low >= 0.0, "{found:?}");
    }

    #[test]
    fn parts_are_disjoint_and_whole() {
        let found = parts(11, 3, 2, &mut Rng::new(1, 2));
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [3, 4, 4]);
        let mut all = found.concat();
        all.sort_unstable();
        assert_eq!(all, (0..11).collect::<Vec<_>>());
        assert_eq!(parts(11, 10, 4, &mut Rng::new(1, 2)).len(), 2);
        let again = drawn_rows(50, &mut Rng::new(1, 2));
        assert!(again.len() == 50 && again.iter().all(|&row| row < 50));
        assert!((1..50).any(|row| !again.contains(&row)), "{again:?}: some are drawn twice");
    }

    /// Of more numbers the series is nearer: each of its terms is seen.
    #[test]
    fn quantiles_of_many_have_the_digits_of_the_tables() {
        for (freedom, expected, tolerance) in [
            (5, 2.570_581_836, 3e-4),
            (8, 2.306_004_135, 3e-5),
            (10, 2.228_138_852, 1e-5),
            (20, 2.085_963_447, 3e-7),
            (30, 2.042_272_456, 5e-8),
            (100, 1.983_971_519, 1e-8),
        ] {
            assert!((student(freedom) - expected).abs() < tolerance, "{freedom}: {}", student(freedom));
        }
    }
}
