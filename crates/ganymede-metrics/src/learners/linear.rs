//! Logistic and ridge regression. Not here: what they see of a row (`encoding.rs`).

use super::encoding::{FREQUENT, NONE, Wide};
use super::lbfgs::minimise;
use super::{Goal, sigmoid, softmax};
use crate::table::{TableColumn, TableKind};
use crate::{MetricError, Stop};

/// Most steps of the optimizer.
const STEPS: usize = 300;
/// Derivatives of the mean loss that count as 0.
const TOLERANCE: f64 = 1e-5;
/// Times half the squares of the weights, beside the sum of the losses.
const PENALTY: f64 = 1.0;

/// Learns from some rows, and predicts the goal of others.
///
/// Least of 1/n (Σ loss + ½ |w|²) over the weights w, the constants of the outputs apart: the logistic loss of two classes, the
/// cross-entropy of a softmax of more, half the squared error of a number (in units of its deviation).
///
/// # Source
/// scikit-learn's `LogisticRegression` with C = 1 and `Ridge` with alpha = 1.
pub(super) fn predict([learned, asked]: [&Wide; 2], goal: &Goal, stop: Stop<'_>) -> Result<Vec<f64>, MetricError> {
    let outputs = goal.outputs();
    let size = learned.weights + 1;
    let mut weights = vec![0.0; outputs * size];
    // Numbers in units of their deviation from their mean.
    let (mean, deviation) = match goal {
        Goal::Numbers(numbers) => {
            let n = numbers.len().max(1) as f64;
            let mean = numbers.iter().sum::<f64>() / n;
            let deviation = (numbers.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / n).sqrt();
            (mean, if deviation > 0.0 { deviation } else { 1.0 })
        }
        Goal::Classes { .. } => (0.0, 1.0),
    };
    let n = learned.rows.max(1) as f64;
    let mut scores = vec![0.0; outputs];
    minimise(&mut weights, STEPS, TOLERANCE, stop, |weights, slope| {
        slope.fill(0.0);
        let mut sum = 0.0;
        for row in 0..learned.rows {
            learned.scores(weights, row, &mut scores);
            sum += loss(goal, row, (mean, deviation), &mut scores);
            learned.add(slope, row, &scores);
        }
        for (weights, slope) in weights.chunks_exact(size).zip(slope.chunks_exact_mut(size)) {
            for (weight, slope) in weights.iter().zip(slope.iter_mut()).take(size - 1) {
                sum += PENALTY * weight * weight / 2.0;
                *slope += PENALTY * weight;
            }
        }
        slope.iter_mut().for_each(|slope| *slope /= n);
        sum / n
    })?;
    let mut found = Vec::with_capacity(asked.rows * goal.width());
    for row in 0..asked.rows {
        asked.scores(&weights, row, &mut scores);
        match goal {
            Goal::Numbers(_) => found.push(mean + deviation * scores[0]),
            Goal::Classes { .. } if outputs == 1 => {
                let share = sigmoid(scores[0]);
                found.extend([1.0 - share, share]);
            }
            Goal::Classes { .. } => {
                softmax(&mut scores);
                found.extend_from_slice(&scores);
            }
        }
    }
    Ok(found)
}

/// What is seen of rows, and the weights of the remembered steps.
pub(super) fn bytes(columns: &[TableColumn], learned: usize, asked: usize, outputs: usize) -> u64 {
    let weights = |column: &TableColumn| match column.kind {
        TableKind::Number { .. } => 2,
        TableKind::Category { values, .. } => values.min(learned / FREQUENT + 1),
    };
    let weights = outputs * (1 + columns.iter().map(weights).sum::<usize>());
    let row = columns.len() * size_of::<f32>();
    ((learned + asked) * row + asked * outputs * size_of::<f64>() + 25 * weights * size_of::<f64>()) as u64
}

/// The loss of a row with these scores, which become its derivatives by them.
fn loss(goal: &Goal, row: usize, (mean, deviation): (f64, f64), scores: &mut [f64]) -> f64 {
    match goal {
        Goal::Numbers(numbers) => {
            scores[0] -= (numbers[row] - mean) / deviation;
            scores[0] * scores[0] / 2.0
        }
        Goal::Classes { labels, .. } if scores.len() == 1 => {
            let (score, of) = (scores[0], f64::from(labels[row]));
            scores[0] = sigmoid(score) - of;
            // ln(1 + eˢ) − y·s, without the overflow of eˢ.
            score.max(0.0) + libm::log1p(libm::exp(-score.abs())) - of * score
        }
        Goal::Classes { labels, .. } => {
            let own = labels[row] as usize;
            softmax(scores);
            let loss = -libm::log(scores[own].max(f64::MIN_POSITIVE));
            scores[own] -= 1.0;
            loss
        }
    }
}

impl Wide {
    /// Weights · row + constant, for each output.
    fn scores(&self, weights: &[f64], row: usize, scores: &mut [f64]) {
        let (numbers, places) = self.row(row);
        for (weights, score) in weights.chunks_exact(self.weights + 1).zip(scores) {
            let of_numbers: f64 = numbers.iter().zip(weights).map(|(x, w)| f64::from(*x) * w).sum();
            let of_places: f64 =
                places.iter().filter(|place| **place != NONE).map(|place| weights[*place as usize]).sum();
            *score = weights[self.weights] + of_numbers + of_places;
        }
    }

    /// Adds a row times the derivatives by its scores.
    fn add(&self, slope: &mut [f64], row: usize, by_scores: &[f64]) {
        let (numbers, places) = self.row(row);
        for (slope, by_score) in slope.chunks_exact_mut(self.weights + 1).zip(by_scores) {
            numbers.iter().zip(slope.iter_mut()).for_each(|(x, slope)| *slope += by_score * f64::from(*x));
            places.iter().filter(|place| **place != NONE).for_each(|place| slope[*place as usize] += by_score);
            slope[self.weights] += by_score;
        }
    }

    fn row(&self, row: usize) -> (&[f32], &[u32]) {
        let numbers = &self.values[row * self.numbers..(row + 1) * self.numbers];
        (numbers, &self.places[row * self.categories..(row + 1) * self.categories])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: Vec<f32>) -> Wide {
        Wide { rows: values.len(), numbers: 1, values, categories: 0, places: Vec::new(), weights: 1 }
    }

    /// y = 3x + 1 of x = −1, 0, 1: without a penalty the weight is Σxy/Σx² = 3; with 1, in units of the deviation, Σxy/(Σx² + 1) = 2.
    #[test]
    fn ridge_regression_is_that_of_hand() {
        let found =
            predict([&line(vec![-1.0, 0.0, 1.0]), &line(vec![2.0])], &Goal::Numbers(vec![-2.0, 1.0, 4.0]), Stop::NEVER);
        assert!((found.unwrap()[0] - 5.0).abs() < 1e-3);
    }

    /// At the least value the constant's derivative is 0: as many of a class are expected as there are.
    #[test]
    fn probabilities_add_up_to_the_classes() {
        let x: Vec<f32> = (0..40).map(|at| (at as f32 - 20.0) / 10.0).collect();
        for count in [2, 3] {
            let labels: Vec<u32> =
                (0..40).map(|at| if at < 12 { 0 } else { (at * 7 % count).min(count - 1) }).collect();
            let goal = Goal::Classes { labels: labels.clone(), count: count as usize };
            let found = predict([&line(x.clone()), &line(x.clone())], &goal, Stop::NEVER).unwrap();
            for class in 0..count {
                let expected = labels.iter().filter(|label| **label == class).count() as f64;
                let sum: f64 = found.iter().skip(class as usize).step_by(count as usize).sum();
                assert!((sum - expected).abs() < 1e-2, "{count} {class}: {sum}, expected {expected}");
            }
        }
    }
}
