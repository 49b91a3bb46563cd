//! The distribution of a column of numbers as a curve, by which its numbers become normal scores and back. Not here: values
//! that are frequent on their own (`encoder.rs`).

use serde::{Deserialize, Serialize};

/// Different values up to which each is kept with its own share.
const EXACT: usize = 1024;
/// Points of the curve of more of them.
const KNOTS: usize = 2001;

/// The quantile function of some numbers: a curve of points (u, v), both ascending, with a step where a value is repeated.
///
/// The score of a value is Φ⁻¹(u), so that a network makes numbers that are normally distributed whatever the column's
/// own distribution is; a repeated value has all scores of its step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Points")]
pub(super) struct Quantiles {
    /// Shares of the numbers up to here, from 0 to 1.
    shares: Vec<f64>,
    /// The value at each of them.
    values: Vec<f64>,
    /// How many numbers there were.
    count: u64,
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Points {
    shares: Vec<f64>,
    values: Vec<f64>,
    count: u64,
}

impl TryFrom<Points> for Quantiles {
    type Error = String;

    fn try_from(Points { shares, values, count }: Points) -> Result<Quantiles, String> {
        let ascending = |all: &[f64]| all.iter().all(|v| v.is_finite()) && all.is_sorted();
        let ends = shares.first() == Some(&0.0) && shares.last() == Some(&1.0);
        if shares.len() != values.len() || !ends || !ascending(&shares) || !ascending(&values) || count == 0 {
            return Err("expected a curve of quantiles from 0 to 1 with as many ascending values, found another".into());
        }
        Ok(Quantiles { shares, values, count })
    }
}

impl Quantiles {
    /// The curve of finite numbers in any order; of none it is the value 0.
    pub(super) fn of(mut numbers: Vec<f64>) -> Quantiles {
        numbers.sort_unstable_by(f64::total_cmp);
        let count = numbers.len();
        if count == 0 {
            return Quantiles { shares: vec![0.0, 1.0], values: vec![0.0, 0.0], count: 1 };
        }
        let different = 1 + numbers.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let (mut shares, mut values) = (Vec::new(), Vec::new());
        if different <= EXACT {
            let mut done = 0;
            for same in numbers.chunk_by(|a, b| a == b) {
                shares.extend([done as f64 / count as f64, (done + same.len()) as f64 / count as f64]);
                values.extend([same[0]; 2]);
                done += same.len();
            }
        } else {
            for knot in 0..KNOTS {
                let share = knot as f64 / (KNOTS - 1) as f64;
                let at = share * (count - 1) as f64;
                let (low, high) = (numbers[at as usize], numbers[(at as usize + 1).min(count - 1)]);
                shares.push(share);
                // Between two values that are far apart stands none: the nearer one is taken when it is written.
                values.push(low + (high - low) * at.fract());
            }
        }
        Quantiles { shares, values, count: count as u64 }
    }

    /// The score of a value: of a repeated one, at this part (0 to 1) of its step.
    pub(super) fn score(&self, value: f64, part: f64) -> f64 {
        let (below, upto) = (self.values.partition_point(|&v| v < value), self.values.partition_point(|&v| v <= value));
        let share = match (below, upto) {
            (from, to) if to > from => {
                let (low, high) = (self.shares[from], self.shares[to - 1]);
                low + (high - low) * part
            }
            (0, _) => 0.0,
            (at, _) if at == self.values.len() => 1.0,
            (at, _) => {
                let (low, high) = (self.values[at - 1], self.values[at]);
                self.shares[at - 1] + (self.shares[at] - self.shares[at - 1]) * (value - low) / (high - low)
            }
        };
        // As far out as the ends of so many numbers are.
        let end = 0.25 / self.count as f64;
        inverse_normal(share.clamp(end, 1.0 - end))
    }

    /// The value of a score: within the range of the numbers.
    pub(super) fn value(&self, score: f64) -> f64 {
        let share = normal(if score.is_nan() { 0.0 } else { score });
        let at = self.shares.partition_point(|&s| s < share).clamp(1, self.shares.len() - 1);
        let (from, to) = (self.shares[at - 1], self.shares[at]);
        let (low, high) = (self.values[at - 1], self.values[at]);
        if to <= from { high } else { low + (high - low) * ((share - from) / (to - from)).clamp(0.0, 1.0) }
    }
}

/// Φ, the distribution function of the standard normal distribution.
pub(super) fn normal(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// Φ⁻¹, with a relative error of about 10⁻¹⁶.
///
/// # Source
/// Wichura (1988), "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37, PPND16.
#[allow(clippy::excessive_precision, reason = "the digits are those of the source")]
pub(super) fn inverse_normal(p: f64) -> f64 {
    const A: [f64; 8] = [
        3.3871328727963666080e0,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ];
    const B: [f64; 8] = [
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ];
    const C: [f64; 8] = [
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ];
    const E: [f64; 8] = [
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ];
    let polynomial = |terms: &[f64; 8], r: f64| terms.iter().rev().fold(0.0, |sum, term| sum * r + term);
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * polynomial(&A, r) / polynomial(&B, r);
    }
    let r = libm::sqrt(-libm::log(if q < 0.0 { p } else { 1.0 - p }));
    let z = match r <= 5.0 {
        true => polynomial(&C, r - 1.6) / polynomial(&D, r - 1.6),
        false => polynomial(&E, r - 5.0) / polynomial(&F, r - 5.0),
    };
    if q < 0.0 { -z } else { z }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Percentage points of the normal distribution, from tables.
    #[test]
    fn the_normal_distribution_is_that_of_tables() {
        for (p, z) in [
            (0.5, 0.0),
            (0.975, 1.959963984540054),
            (0.9, 1.2815515655446004),
            (0.001, -3.090232306167813),
            (1e-9, -5.997807015007687),
            (1e-20, -9.262340089798408),
        ] {
            assert!((inverse_normal(p) - z).abs() < 1e-12, "{p}: {}", inverse_normal(p));
            assert!((normal(z) / p - 1.0).abs() < 1e-9, "{z}: {}", normal(z));
        }
    }

    /// A value that is repeated has a step of scores, all of which are that value; in between nothing is invented.
    #[test]
    fn few_values_come_back_as_they_are() {
        let curve = Quantiles::of(vec![3.0, 1.0, 1.0, 7.5]);
        assert_eq!(
            (curve.shares.clone(), curve.values.clone()),
            (vec![0.0, 0.5, 0.5, 0.75, 0.75, 1.0], vec![1.0, 1.0, 3.0, 3.0, 7.5, 7.5])
        );
        assert_eq!(curve.score(1.0, 0.5), inverse_normal(0.25));
        assert_eq!(curve.score(3.0, 0.5), inverse_normal(0.625));
        for (score, value) in [(-9.0, 1.0), (-0.01, 1.0), (0.01, 3.0), (0.6, 3.0), (0.7, 7.5), (9.0, 7.5)] {
            assert_eq!(curve.value(score), value, "{score}");
        }
        for value in [1.0, 3.0, 7.5] {
            for part in [0.01, 0.5, 0.99] {
                assert_eq!(curve.value(curve.score(value, part)), value);
            }
        }
        assert_eq!(curve.value(f64::NAN), 1.0, "as the middle of the scores");
        assert!(curve.score(-5.0, 0.5) < -1.5 && curve.score(99.0, 0.5) > 1.5, "what was never seen is at the end");
        assert!((curve.score(2.0, 0.5) - 0.0).abs() < 1e-12, "between 1 and 3 is the share of 1 and below");
    }

    /// Of many values the score is that of the rank, and both ways give the value back.
    #[test]
    fn many_values_follow_their_curve() {
        let numbers: Vec<f64> = (0..50_000).map(|i| libm::exp(f64::from(i) / 10_000.0)).rev().collect();
        let curve = Quantiles::of(numbers.clone());
        assert_eq!((curve.values.len(), curve.values[0], curve.values[KNOTS - 1]), (KNOTS, 1.0, libm::exp(4.9999)));
        for value in numbers.iter().step_by(997) {
            let score = curve.score(*value, 0.5);
            assert!((curve.value(score) / value - 1.0).abs() < 1e-4, "{value}");
            let rank = libm::log(*value) / 4.9999;
            assert!((normal(score) - rank).abs() < 1e-3, "{value}: {} {rank}", normal(score));
        }
        assert_eq!(curve.value(-40.0), 1.0);
        assert_eq!(curve.value(40.0), libm::exp(4.9999));
    }

    #[test]
    fn a_curve_that_is_none_is_refused() {
        let good = serde_json::to_value(Quantiles::of(vec![1.0, 2.0])).unwrap();
        assert_eq!(serde_json::from_value::<Quantiles>(good.clone()).unwrap(), Quantiles::of(vec![1.0, 2.0]));
        for (key, value) in [
            ("shares", serde_json::json!([0.0, 0.5])),
            ("shares", serde_json::json!([0.0, 0.7, 0.5, 1.0])),
            ("values", serde_json::json!([2.0, 1.0, 1.0, 1.0])),
            ("values", serde_json::json!([])),
            ("count", serde_json::json!(0)),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert!(serde_json::from_value::<Quantiles>(bad).is_err(), "{key}");
        }
    }
}
