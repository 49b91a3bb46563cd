//! The normal variables behind the columns: what a Gaussian copula takes of them. Not here: the columns' own values
//! (`encoder.rs`).

use super::Table;
use super::quantiles::inverse_normal;
use crate::modalities::{Head, TableRows};
use ganymede_tensor::{Rng, stream_of};

/// Rows that tell of correlations.
const ROWS: usize = 10_000;
/// The strongest correlation.
const STRONGEST: f64 = 0.999;
/// By how much correlations are weakened until they can be those of variables.
const WEAKER: f64 = 0.97;

impl Table {
    /// How many rows have each choice of these parts, and each class.
    pub(super) fn shares(&self, heads: &[Head]) -> (Vec<Vec<f64>>, Vec<f64>) {
        let mut at = 0;
        let of = |head: &Head| {
            let means = &self.means[at..at + head.choices()];
            at += head.width();
            means.iter().map(|mean| (mean * self.rows as f64).round()).collect()
        };
        (heads.iter().map(of).collect(), self.classes.iter().map(|count| *count as f64).collect())
    }

    /// The factor of these rows of cells, whose means are known.
    pub(super) fn factor_of(&self, cells: &[f64]) -> Vec<Vec<f64>> {
        let heads: Vec<Head> = self.learned.iter().map(|(_, encoder)| encoder.head()).collect();
        let columns = self.schema.as_ref().map_or(1, |schema| schema.columns().len());
        let Some(mut latent) = Latent::new(&heads, self.classes.len(), &self.means) else { return Vec::new() };
        let (coder, mut values) = (self.coder(), vec![0.0f32; self.means.len()]);
        let mut rng = Rng::new(0, stream_of("table/latent"));
        let step = (cells.len() / columns.max(1)).div_ceil(ROWS).max(1);
        for row in cells.chunks_exact(columns).step_by(step) {
            coder.encode(row, &mut rng, &mut values);
            latent.add(&values);
        }
        latent.factor()
    }
}

/// One normal variable: which values of a row stand for it, and each one's share.
enum Variable {
    /// One of a list, from here on: the mean of the variable over the part that each value has of its scale.
    Choice { from: usize, scores: Vec<f64>, variance: f64 },
    /// A number, which so many of the rows have.
    Number { at: usize, share: f64 },
}

impl Variable {
    /// A list by the shares of its values, one after the other on the scale, or the largest first.
    fn of_shares(from: usize, shares: &[f64], by_size: bool) -> Variable {
        let density = |share: f64| {
            let z = inverse_normal(share);
            libm::exp(-z * z / 2.0) / (2.0 * std::f64::consts::PI).sqrt()
        };
        let end = |share: f64| if (1e-12..1.0 - 1e-12).contains(&share) { density(share) } else { 0.0 };
        let mut order: Vec<usize> = (0..shares.len()).filter(|at| shares[*at] > 0.0).collect();
        if by_size {
            order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
        }
        let (all, mut done, mut variance) = (shares.iter().sum::<f64>().max(1e-12), 0.0, 0.0);
        let mut scores = vec![0.0; shares.len()];
        for at in order {
            let (part, before) = (shares[at] / all, end(done));
            done += part;
            scores[at] = (before - end(done)) / part;
            variance += part * scores[at] * scores[at];
        }
        Variable::Choice { from, scores, variance }
    }

    /// What stands for it in a row of values.
    fn score(&self, values: &[f32]) -> f64 {
        match self {
            Variable::Choice { from, scores, .. } => {
                let chosen = values[*from..].iter().zip(scores).find(|(value, _)| **value > 0.5);
                chosen.map_or(0.0, |(_, score)| *score)
            }
            Variable::Number { at, .. } => f64::from(values[*at]),
        }
    }

    fn variance(&self) -> f64 {
        match self {
            Variable::Choice { variance, .. } => *variance,
            Variable::Number { share, .. } => *share,
        }
    }
}

/// What is learned of rows of values, one after the other.
pub(super) struct Latent {
    variables: Vec<Variable>,
    products: Vec<f64>,
    rows: u64,
}

impl Latent {
    /// For rows of these parts, the class of the target behind them, whose values have these means; none of too many.
    pub(super) fn new(heads: &[Head], classes: usize, means: &[f64]) -> Option<Latent> {
        let (mut variables, mut at) = (Vec::new(), 0);
        if classes > 0 {
            let from = means.len() - classes;
            variables.push(Variable::of_shares(from, &means[from..], true));
        }
        for head in heads {
            match head {
                Head::Number => variables.push(Variable::Number { at, share: 1.0 }),
                Head::Choice(_) | Head::Ordered(_) | Head::Atoms(_) => {
                    let choices = head.choices();
                    let by_size = matches!(head, Head::Choice(_));
                    variables.push(Variable::of_shares(at, &means[at..at + choices], by_size));
                    if matches!(head, Head::Atoms(_)) {
                        variables.push(Variable::Number { at: at + choices, share: means[at + choices - 1] });
                    }
                }
                // Places within modes are no normal variables.
                Head::Modes(_) => return None,
            }
            at += head.width();
        }
        let products = vec![0.0; variables.len() * variables.len()];
        (variables.len() <= TableRows::MOST_VARIABLES).then_some(Latent { variables, products, rows: 0 })
    }

    /// One more row.
    pub(super) fn add(&mut self, values: &[f32]) {
        let scores: Vec<f64> = self.variables.iter().map(|variable| variable.score(values)).collect();
        for (row, a) in self.products.chunks_exact_mut(scores.len().max(1)).zip(&scores) {
            row.iter_mut().zip(&scores).for_each(|(product, b)| *product += a * b);
        }
        self.rows += 1;
    }

    /// The rows of a matrix A whose AAᵀ are the correlations of the variables, those of the target first. That of two is the mean
    /// product of their scores over the product of the scores' variances, as far as numbers can have all of these together.
    pub(super) fn factor(self) -> Vec<Vec<f64>> {
        let count = self.variables.len();
        let correlation = |a: usize, b: usize| {
            let both = self.variables[a].variance() * self.variables[b].variance();
            let mean = self.products[a * count + b] / self.rows.max(1) as f64;
            if both > 1e-9 { (mean / both).clamp(-STRONGEST, STRONGEST) } else { 0.0 }
        };
        let whole: Vec<Vec<f64>> = (0..count).map(|a| (0..a).map(|b| correlation(a, b)).collect()).collect();
        let mut weight = 1.0;
        loop {
            match lower(&whole, weight) {
                Some(factor) => return factor,
                None => weight *= WEAKER,
            }
        }
    }
}

/// The Cholesky factor of correlations below the diagonal, times `weight`, with 1 in it; none where there is none.
fn lower(correlations: &[Vec<f64>], weight: f64) -> Option<Vec<Vec<f64>>> {
    let mut found: Vec<Vec<f64>> = Vec::new();
    for row in correlations {
        let mut own: Vec<f64> = Vec::with_capacity(correlations.len());
        for (at, correlation) in row.iter().enumerate() {
            let known: f64 = own.iter().zip(&found[at]).map(|(a, b)| a * b).sum();
            own.push((weight * correlation - known) / found[at][at]);
        }
        let rest = 1.0 - own.iter().map(|value| value * value).sum::<f64>();
        if rest < 1e-4 {
            return None;
        }
        own.push(rest.sqrt());
        own.resize(correlations.len(), 0.0);
        found.push(own);
    }
    // Four decimals are enough, and the spec stays short.
    let round = |row: Vec<f64>| row.into_iter().map(|value| (value * 1e4).round() / 1e4).collect();
    Some(found.into_iter().map(round).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A normal variable with another of the correlation 0.7, which is cut into three; and one that is there in half of the rows, of the
    /// correlation −0.5 with the first. The factor has what was put in.
    #[test]
    fn correlations_come_back_from_what_is_seen_of_variables() {
        let heads = [Head::Number, Head::Choice(3), Head::Atoms(2)];
        let mut rng = Rng::new(4, stream_of("latent"));
        let rows: Vec<[f32; 7]> = (0..30_000)
            .map(|_| {
                let [a, b, c, d] = [(); 4].map(|()| rng.normal());
                let second = 0.7 * a + 0.51f64.sqrt() * b;
                // 50 %, 30 % and 20 %, numbered the other way round.
                let kind = 2 - usize::from(second >= 0.0) - usize::from(second >= 0.841_621);
                let hot = |at: usize| f32::from(u8::from(kind == at));
                let there = c > 0.0;
                let number = if there { (-0.5 * a + 0.75f64.sqrt() * d) as f32 } else { 0.0 };
                [a as f32, hot(0), hot(1), hot(2), f32::from(u8::from(!there)), f32::from(u8::from(there)), number]
            })
            .collect();
        let means: Vec<f64> =
            (0..7).map(|at| rows.iter().map(|row| f64::from(row[at])).sum::<f64>() / rows.len() as f64).collect();
        let mut latent = Latent::new(&heads, 0, &means).unwrap();
        rows.iter().for_each(|row| latent.add(row));
        let factor = latent.factor();
        let product = |a: usize, b: usize| (0..4).map(|at| factor[a][at] * factor[b][at]).sum::<f64>();
        for (a, b, expected) in [(0, 1, 0.7), (0, 2, 0.0), (0, 3, -0.5), (1, 3, -0.35), (1, 1, 1.0), (3, 3, 1.0)] {
            assert!((product(a, b) - expected).abs() < 0.03, "{a} {b}: {} {expected}", product(a, b));
        }
        assert!((0..4).all(|row| (row + 1..4).all(|at| factor[row][at] == 0.0)));
        assert!(Latent::new(&vec![Head::Number; 129], 0, &[0.0; 129]).is_none());
    }

    /// Three variables cannot all have −0.9: correlations are weakened until they can.
    #[test]
    fn what_cannot_be_is_weakened() {
        let whole = [vec![], vec![-0.9], vec![-0.9, -0.9]];
        assert!(lower(&whole, 1.0).is_none() && lower(&whole, 0.5).is_some());
        let latent = Latent::new(&[Head::Number, Head::Number, Head::Number], 0, &[0.0; 3]).unwrap();
        let products = vec![1.0, -0.9, -0.9, -0.9, 1.0, -0.9, -0.9, -0.9, 1.0];
        let factor = Latent { products, rows: 1, ..latent }.factor();
        let product = |a: usize, b: usize| (0..3).map(|at| factor[a][at] * factor[b][at]).sum::<f64>();
        assert!(product(0, 1) < -0.4 && (product(0, 1) - product(1, 2)).abs() < 1e-3, "{factor:?}");
        assert!((product(2, 2) - 1.0).abs() < 1e-3);
    }
}
