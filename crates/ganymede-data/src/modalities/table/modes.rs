//! The modes of a column of numbers: a mixture of normal distributions that finds by itself how many it needs, and a number as one
//! mode and its place in it. Not here: scores by rank (`quantiles.rs`), the column as values of a network (`encoder.rs`).

use serde::{Deserialize, Serialize};

/// Components that a fit begins with.
const COMPONENTS: usize = 10;
/// Prior of the weights' concentration: small, so that what is not needed vanishes.
const CONCENTRATION: f64 = 0.001;
/// Least weight of a mode.
const LEAST_WEIGHT: f64 = 0.005;
/// Weight of one that stays although nothing is left of it.
const VANISHED: f64 = 1e-12;
/// Deviations of a mode that −1 and 1 are away from its mean.
const REACH: f64 = 4.0;
/// Rounds of a fit at the most.
const ROUNDS: usize = 100;
/// Rise of the bound below which a fit has come to rest.
const REST: f64 = 1e-3;
/// What is added to a variance, of numbers of deviation 1.
const LEAST_VARIANCE: f64 = 1e-6;
/// Different numbers that a fit looks at: of more, those at evenly spaced ranks.
const MOST_DIFFERENT: usize = 20_000;

/// Normal distributions with weights, and the range of the numbers that they were found in.
///
/// # Source
/// The variational fit of a mixture with a stick-breaking prior of its weights: Blei, Jordan (2006), "Variational inference for
/// Dirichlet process mixtures", Bayesian Analysis 1(1); Bishop (2006), "Pattern recognition and machine learning", section 10.2. Priors and
/// stopping are those of scikit-learn's `BayesianGaussianMixture`. A number as a mode and its place in it: Xu, Skoularidou,
/// Cuesta-Infante, Veeramachaneni (2019), "Modeling tabular data using conditional GAN", arXiv:1907.00503, section 4.2.
///
/// # Differs
/// The fit begins at clusters that follow from the numbers alone, without chance, and sees the numbers standardised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct Modes {
    means: Vec<f64>,
    deviations: Vec<f64>,
    weights: Vec<f64>,
    range: [f64; 2],
    /// What the logarithm of each mode's density has beside the distance: ln weight − ln deviation.
    #[serde(skip)]
    heights: Vec<f64>,
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    means: Vec<f64>,
    deviations: Vec<f64>,
    weights: Vec<f64>,
    range: [f64; 2],
}

impl TryFrom<Written> for Modes {
    type Error = String;

    fn try_from(Written { means, deviations, weights, range }: Written) -> Result<Modes, String> {
        let positive = |all: &[f64]| all.iter().all(|v| v.is_finite() && *v > 0.0);
        let finite = means.iter().chain(&range).all(|v| v.is_finite());
        let equal = [deviations.len(), weights.len()] == [means.len(); 2];
        match equal
            && finite
            && !means.is_empty()
            && positive(&deviations)
            && positive(&weights)
            && range[0] <= range[1]
        {
            true => Ok(Modes::new(means, deviations, weights, range)),
            false => Err("expected modes with means, deviations above 0 and weights above 0, found others".into()),
        }
    }
}

impl Modes {
    fn new(means: Vec<f64>, deviations: Vec<f64>, weights: Vec<f64>, range: [f64; 2]) -> Modes {
        let height = |(weight, deviation): (&f64, &f64)| libm::log(*weight) - libm::log(*deviation);
        let heights = weights.iter().zip(&deviations).map(height).collect();
        Modes { means, deviations, weights, range, heights }
    }

    /// The modes of finite numbers in any order; of none it is the standard normal distribution around 0.
    pub(super) fn of(numbers: Vec<f64>) -> Modes {
        let none = Modes::new(vec![0.0], vec![1.0], vec![1.0], [0.0, 0.0]);
        let found = |points: &[(f64, f64)], _: &dyn Fn(f64) -> f64| (Mixture::fit(points), LEAST_WEIGHT);
        Modes::by(numbers, found).unwrap_or(none)
    }

    /// As many modes of other numbers: the fit begins at these.
    pub(super) fn fitted(&self, numbers: Vec<f64>) -> Modes {
        let found = |points: &[(f64, f64)], standard: &dyn Fn(f64) -> f64| {
            let mut centres: Vec<f64> = self.means.iter().map(|mean| standard(*mean)).collect();
            centres.sort_unstable_by(f64::total_cmp);
            (Mixture::fit_from(points, &centres), 0.0)
        };
        Modes::by(numbers, found).unwrap_or_else(|| self.clone())
    }

    /// The modes that `found` gives for standardised numbers, of more than the weight that it says; none of no numbers.
    fn by(
        mut numbers: Vec<f64>,
        found: impl Fn(&[(f64, f64)], &dyn Fn(f64) -> f64) -> (Mixture, f64),
    ) -> Option<Modes> {
        numbers.sort_unstable_by(f64::total_cmp);
        let (&low, &high) = (numbers.first()?, numbers.last()?);
        // The largest becomes 1, so that squares are finite whatever the unit.
        let unit = Some(low.abs().max(high.abs())).filter(|unit| *unit > 0.0).unwrap_or(1.0);
        let points: Vec<(f64, f64)> = points(&numbers).iter().map(|(x, count)| (x / unit, *count)).collect();
        let all: f64 = points.iter().map(|(_, count)| count).sum();
        let mean = points.iter().map(|(x, count)| x * count).sum::<f64>() / all;
        let variance = points.iter().map(|(x, count)| (x - mean) * (x - mean) * count).sum::<f64>() / all;
        let deviation = if variance > 0.0 { libm::sqrt(variance) } else { 1.0 };
        let points: Vec<(f64, f64)> = points.iter().map(|(x, count)| ((x - mean) / deviation, *count)).collect();
        let (mixture, least) = found(&points, &|x| (x / unit - mean) / deviation);
        // A mode that vanished is one that no number comes from.
        let weights: Vec<f64> = mixture.weights().into_iter().map(|weight| weight.max(VANISHED)).collect();
        let kept = || weights.iter().enumerate().filter(|(_, weight)| **weight > least);
        let wide = |k: usize| unit * (deviation * libm::sqrt(mixture.variances[k]));
        Some(Modes::new(
            kept().map(|(k, _)| (unit * (mean + deviation * mixture.means[k])).clamp(low, high)).collect(),
            kept().map(|(k, _)| wide(k).clamp(f64::MIN_POSITIVE, f64::MAX)).collect(),
            kept().map(|(_, weight)| *weight).collect(),
            [low, high],
        ))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.means.len()
    }

    /// A mode, drawn by how likely the number came from each, and the number's place in it from −1 to 1; `chance` is from 0 to 1.
    pub(super) fn place(&self, number: f64, chance: f64) -> (usize, f64) {
        // Halves, whose difference is finite.
        let away = |k: usize| (0.5 * number - 0.5 * self.means[k]) / self.deviations[k] * 2.0;
        let log = |k: usize| self.heights[k] - 0.5 * away(k) * away(k);
        let top = (0..self.len()).map(log).fold(f64::NEG_INFINITY, f64::max);
        let share = |k: usize| match log(k) - top {
            // Nothing is left of it in f64; it is most of the modes.
            far if far < -746.0 => 0.0,
            near => libm::exp(near),
        };
        let mut left = chance * (0..self.len()).map(share).sum::<f64>();
        let falls = |k: &usize| {
            left -= share(*k);
            left < 0.0
        };
        let likeliest = || (0..self.len()).position(|k| log(k) == top).unwrap_or(0);
        let mode = (0..self.len()).find(falls).unwrap_or_else(likeliest);
        (mode, (away(mode) / REACH).clamp(-1.0, 1.0))
    }

    /// The number at a place of a mode, within the range of the numbers.
    pub(super) fn number(&self, mode: usize, place: f64) -> f64 {
        let mode = mode.min(self.len() - 1);
        let place = if place.is_nan() { 0.0 } else { place.clamp(-1.0, 1.0) };
        (self.means[mode] + REACH * self.deviations[mode] * place).clamp(self.range[0], self.range[1])
    }
}

/// Different numbers with their counts, of sorted ones.
fn points(sorted: &[f64]) -> Vec<(f64, f64)> {
    let counted = |all: &[f64]| -> Vec<(f64, f64)> {
        all.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f64)).collect()
    };
    let different = counted(sorted);
    if different.len() <= MOST_DIFFERENT {
        return different;
    }
    let rank = |i: usize| (i as f64 / (MOST_DIFFERENT - 1) as f64 * (sorted.len() - 1) as f64) as usize;
    counted(&(0..MOST_DIFFERENT).map(|i| sorted[rank(i)]).collect::<Vec<_>>())
}

/// A variational mixture of one dimension: each component's posterior.
struct Mixture {
    /// The beta distribution of each stick that the weights are broken off.
    sticks: Vec<[f64; 2]>,
    means: Vec<f64>,
    /// How much the means are known by.
    precisions: Vec<f64>,
    /// Degrees of freedom of each variance.
    freedoms: Vec<f64>,
    variances: Vec<f64>,
}

/// Mean and variance of all numbers: priors of each component.
#[derive(Clone, Copy)]
struct Prior {
    mean: f64,
    variance: f64,
}

/// What a component has of the numbers.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    first: f64,
    second: f64,
}

impl Sums {
    /// The number x, counted `count` times, where moments are taken around `from`: so they keep their digits.
    fn add(&mut self, x: f64, from: f64, count: f64) {
        self.count += count;
        self.first += count * (x - from);
        self.second += count * (x - from) * (x - from);
    }
}

impl Mixture {
    /// The fit to numbers with counts, ascending and different.
    fn fit(points: &[(f64, f64)]) -> Mixture {
        Mixture::fit_from(points, &clusters(points, COMPONENTS.min(points.len())))
    }

    /// The fit that begins with each number in one component, by the components' centres.
    fn fit_from(points: &[(f64, f64)], centres: &[f64]) -> Mixture {
        let all: f64 = points.iter().map(|(_, count)| count).sum();
        let mean = points.iter().map(|(x, count)| x * count).sum::<f64>() / all;
        let squares = points.iter().map(|(x, count)| (x - mean) * (x - mean) * count).sum::<f64>();
        let variance = squares / (all - 1.0).max(1.0);
        // Of equal numbers there is none.
        let prior = Prior { mean, variance: if variance > 0.0 { variance } else { LEAST_VARIANCE } };
        let mut sums = vec![Sums::default(); centres.len()];
        points.iter().for_each(|&(x, count)| {
            let at = nearest(centres, x);
            sums[at].add(x, centres[at], count);
        });
        let mut mixture = Mixture::of(&sums, centres, prior);
        let mut before = f64::NEG_INFINITY;
        for _ in 0..ROUNDS {
            let (sums, entropy) = mixture.shared(points);
            mixture = Mixture::of(&sums, &mixture.means, prior);
            let bound = entropy + mixture.bound();
            if (bound - before).abs() < REST {
                break;
            }
            before = bound;
        }
        mixture
    }

    /// The posterior of components that have these sums, taken around these numbers.
    fn of(sums: &[Sums], from: &[f64], prior: Prior) -> Mixture {
        let counts: Vec<f64> = sums.iter().map(|sum| sum.count + 10.0 * f64::EPSILON).collect();
        let mut later: f64 = counts.iter().sum();
        let stick = |count: &f64| {
            later -= count;
            [1.0 + count, CONCENTRATION + later.max(0.0)]
        };
        let sticks = counts.iter().map(stick).collect();
        let (mut means, mut variances) = (Vec::new(), Vec::new());
        for ((sum, count), from) in sums.iter().zip(&counts).zip(from) {
            let shift = sum.first / count;
            let (own, spread) = (from + shift, (sum.second / count - shift * shift).max(0.0) + LEAST_VARIANCE);
            let apart = own - prior.mean;
            means.push((prior.mean + count * own) / (1.0 + count));
            variances.push((prior.variance + count * spread + count / (1.0 + count) * apart * apart) / (1.0 + count));
        }
        let known: Vec<f64> = counts.iter().map(|count| 1.0 + count).collect();
        Mixture { sticks, means, precisions: known.clone(), freedoms: known, variances }
    }

    /// The sums that each component gets when it shares every number with the others, around the means; and the entropy of the sharing.
    fn shared(&self, points: &[(f64, f64)]) -> (Vec<Sums>, f64) {
        let (mut sums, mut entropy) = (vec![Sums::default(); self.means.len()], 0.0);
        let constants = self.constants();
        let mut logs = vec![0.0; constants.len()];
        for &(x, count) in points {
            for (k, log) in logs.iter_mut().enumerate() {
                let away = x - self.means[k];
                *log = constants[k] - 0.5 * away * away / self.variances[k];
            }
            let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let total = top + libm::log(logs.iter().map(|log| libm::exp(log - top)).sum());
            for (k, log) in logs.iter().enumerate() {
                let share = libm::exp(log - total);
                sums[k].add(x, self.means[k], count * share);
                entropy -= count * share * (log - total);
            }
        }
        (sums, entropy)
    }

    /// What the logarithm of each component's share has beside the distance.
    fn constants(&self) -> Vec<f64> {
        let mut sticks_before = 0.0;
        let constant = |k: usize| {
            let [a, b] = self.sticks[k];
            let both = digamma(a + b);
            let weight = digamma(a) - both + sticks_before;
            sticks_before += digamma(b) - both;
            let freedom = self.freedoms[k];
            let spread = -0.5 * libm::log(self.variances[k]) - 0.5 * libm::log(freedom);
            let normal = spread - 0.5 * libm::log(2.0 * std::f64::consts::PI);
            normal + 0.5 * (std::f64::consts::LN_2 + digamma(0.5 * freedom) - 1.0 / self.precisions[k]) + weight
        };
        (0..self.means.len()).map(constant).collect()
    }

    /// The bound of the evidence without the entropy of the sharing, up to a constant.
    fn bound(&self) -> f64 {
        let part = |k: usize| {
            let ([a, b], freedom) = (self.sticks[k], self.freedoms[k]);
            let precision = -0.5 * libm::log(self.variances[k]) - 0.5 * libm::log(freedom);
            let wishart = freedom * (precision + 0.5 * std::f64::consts::LN_2) + libm::lgamma(0.5 * freedom);
            let stick = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
            wishart + stick - 0.5 * libm::log(self.precisions[k])
        };
        (0..self.means.len()).map(part).sum()
    }

    /// The expected weight of each component.
    fn weights(&self) -> Vec<f64> {
        let mut left = 1.0;
        let broken = |[a, b]: &[f64; 2]| {
            let weight = left * a / (a + b);
            left *= b / (a + b);
            weight
        };
        let weights: Vec<f64> = self.sticks.iter().map(broken).collect();
        let all: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / all).collect()
    }
}

/// The centres of so many clusters of ascending numbers with counts (Lloyd's algorithm), which begin at evenly spaced places among
/// the different numbers.
fn clusters(points: &[(f64, f64)], count: usize) -> Vec<f64> {
    let mut centres: Vec<f64> = (0..count).map(|k| points[(2 * k + 1) * points.len() / (2 * count)].0).collect();
    for _ in 0..ROUNDS {
        let mut sums = vec![[0.0; 2]; count];
        points.iter().for_each(|&(x, times)| {
            let sum = &mut sums[nearest(&centres, x)];
            *sum = [sum[0] + times, sum[1] + times * x];
        });
        let moved: Vec<f64> =
            sums.iter().zip(&centres).map(|([n, sum], &old)| if *n > 0.0 { sum / n } else { old }).collect();
        if moved == centres {
            break;
        }
        centres = moved;
    }
    centres
}

/// The place of the nearest of ascending centres, the first of equally near ones.
fn nearest(centres: &[f64], x: f64) -> usize {
    let upper = centres.partition_point(|&centre| centre < x).min(centres.len() - 1);
    match upper {
        0 => 0,
        _ if x - centres[upper - 1] <= centres[upper] - x => upper - 1,
        _ => upper,
    }
}

/// The derivative of ln Γ for x > 0: by recurrence to 10 and above, there by its series.
fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 10.0 {
        below -= 1.0 / x;
        x += 1.0;
    }
    let s = 1.0 / (x * x);
    let series = s
        * (1.0 / 12.0
            - s * (1.0 / 120.0 - s * (1.0 / 252.0 - s * (1.0 / 240.0 - s * (1.0 / 132.0 - s * 691.0 / 32760.0)))));
    below + libm::log(x) - 0.5 / x - series
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn reference() -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../reference/table_modes.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn numbers(value: &Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    }

    /// Means, deviations and weights of all components, the numbers standardised, from the same clusters.
    #[test]
    fn a_fit_is_that_of_scikit_learn() {
        let cases = reference();
        for case in cases["cases"].as_array().unwrap() {
            let name = case["name"].as_str().unwrap();
            let mut numbers_of = numbers(&case["numbers"]);
            numbers_of.sort_unstable_by(f64::total_cmp);
            let points = points(&numbers_of);
            let centres = clusters(&points, COMPONENTS.min(points.len()));
            for (found, expected) in centres.iter().zip(numbers(&case["centres"])) {
                assert!((found - expected).abs() < 1e-12, "{name}: {found}, expected the centre {expected}");
            }
            let mixture = Mixture::fit(&points);
            let deviations: Vec<f64> = mixture.variances.iter().map(|v| v.sqrt()).collect();
            for (what, found) in
                [("means", &mixture.means), ("deviations", &deviations), ("weights", &mixture.weights())]
            {
                let expected = numbers(&case[what]);
                assert_eq!(found.len(), expected.len(), "{name}");
                for (found, expected) in found.iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-6, "{name} {what}: {found}, expected {expected}");
                }
            }
        }
    }

    #[test]
    fn digamma_is_that_of_scipy() {
        let known = reference();
        for pair in known["digamma"].as_array().unwrap() {
            let [x, expected] = numbers(pair)[..] else { panic!("a pair") };
            assert!((digamma(x) - expected).abs() < 1e-12 * expected.abs().max(1.0), "{x}");
        }
    }

    /// By hand: modes 0 ± 1 and 10 ± 2 of the same weight. At 1 the first is e^(10.125 − 0.5)·2 times as likely.
    #[test]
    fn a_number_is_a_place_in_the_mode_that_it_came_from() {
        let modes = Modes::new(vec![0.0, 10.0], vec![1.0, 2.0], vec![0.5; 2], [-3.0, 14.0]);
        assert_eq!(modes.place(1.0, 0.5), (0, 0.25));
        assert_eq!(modes.place(14.0, 0.5), (1, 0.5));
        let share = 1.0 / (1.0 + (-(81.0 / 8.0) + 0.5f64).exp() / 2.0);
        assert_eq!(modes.place(1.0, share - 1e-9).0, 0);
        assert_eq!(modes.place(1.0, share + 1e-9).0, 1);
        assert_eq!(modes.place(1.0, 1.0).0, 0, "the likeliest, where rounding leaves none");
        assert_eq!((modes.number(0, 0.25), modes.number(1, 0.5), modes.number(1, 1.0)), (1.0, 14.0, 14.0));
        assert_eq!((modes.number(0, -7.0), modes.number(0, f64::NAN)), (-3.0, 0.0));
        for number in [-3.0, 0.4, 7.7, 12.5] {
            for chance in [0.0, 0.5, 0.99] {
                let (mode, place) = modes.place(number, chance);
                assert!(place.abs() >= 1.0 || (modes.number(mode, place) - number).abs() < 1e-12, "{number}");
            }
        }
    }

    #[test]
    fn odd_numbers_have_modes() {
        for numbers in
            [vec![], vec![5.0], vec![2.0; 50], vec![-1e308, 1e308], vec![0.0, 1e-300], vec![1e15, 1e15 + 1.0]]
        {
            let modes = Modes::of(numbers.clone());
            let written = serde_json::to_string(&modes).unwrap();
            assert_eq!(serde_json::from_str::<Modes>(&written).unwrap(), modes, "{numbers:?}: {written}");
            for &number in &numbers {
                let (mode, place) = modes.place(number, 0.5);
                let back = modes.number(mode, place);
                assert!(back.is_finite() && modes.range[0] <= back && back <= modes.range[1], "{number}: {back}");
            }
        }
        let damaged = r#"{"means":[0.0],"deviations":[0.0],"weights":[1.0],"range":[0.0,1.0]}"#;
        assert!(serde_json::from_str::<Modes>(damaged).is_err());
    }

    /// What a network makes stays; where it stands is as the other numbers have it.
    #[test]
    fn the_same_modes_of_other_numbers() {
        let heap = |i: usize| if i.is_multiple_of(3) { 50.0 } else { 0.0 } + libm::sin(i as f64 * 1.7);
        let modes = Modes::of((0..3000).map(heap).collect());
        let others = modes.fitted((0..2000).map(|i| heap(i) + 3.0).collect());
        assert_eq!((others.len(), others.range[0]), (modes.len(), 3.0 + (0..2000).map(heap).fold(9.0, f64::min)));
        let near = |mean: f64| {
            others
                .means
                .iter()
                .zip(&others.weights)
                .filter(|(m, _)| (*m - mean).abs() < 2.0)
                .map(|(_, w)| w)
                .sum::<f64>()
        };
        assert!((near(53.0) - 1.0 / 3.0).abs() < 0.01 && (near(3.0) - 2.0 / 3.0).abs() < 0.01, "{others:?}");
        assert_eq!(modes.fitted(Vec::new()), modes);
    }

    /// Two heaps far apart are two modes, and modes do not depend on the order or unit of the numbers.
    #[test]
    fn heaps_are_modes() {
        let heap = |i: usize| if i.is_multiple_of(3) { 50.0 } else { 0.0 } + libm::sin(i as f64 * 1.7);
        let modes = Modes::of((0..3000).map(heap).collect());
        let near = |mean: f64| {
            modes.means.iter().zip(&modes.weights).filter(|(m, _)| (*m - mean).abs() < 2.0).map(|(_, w)| w).sum::<f64>()
        };
        assert!((near(50.0) - 1.0 / 3.0).abs() < 0.01 && (near(0.0) - 2.0 / 3.0).abs() < 0.01, "{modes:?}");
        let scaled = Modes::of((0..3000).rev().map(|i| 8.0 * heap(i)).collect());
        assert_eq!(scaled.len(), modes.len());
        for (a, b) in scaled.means.iter().zip(&modes.means) {
            assert!((a - 8.0 * b).abs() < 1e-6, "{a}, {b}");
        }
    }
}
