//! Boosted trees that are kept, as many as help on rows that they did not learn from. Not here: one tree (`boosting.rs`).

use super::bins::Bins;
use super::boosting::{Grower, Node, differentiate, first_scores, value};
use super::{Encoder, Goal, sigmoid};
use crate::table::Table;
use crate::{MetricError, Stop};

/// Most trees.
const MOST: usize = 300;
/// Trees that may follow the best number of them without one that is better.
const PATIENCE: usize = 15;

/// Trees that tell one class from another.
pub(crate) struct Stopped {
    first: f64,
    trees: Vec<Vec<Node>>,
}

impl Stopped {
    /// Learns to tell class 1 from class 0 by some rows, and stops where the logistic loss of others has not become less for 15
    /// trees; of these no tree is kept that did not make it less.
    ///
    /// # Errors
    /// [`MetricError::Stopped`].
    pub fn learn(
        encoder: &Encoder,
        (learned, labels): (&Table<'_>, Vec<u32>),
        (checked, truth): (&Table<'_>, &[u32]),
        stop: Stop<'_>,
    ) -> Result<Stopped, MetricError> {
        Stopped::of((&encoder.bins(learned), labels), (&encoder.bins(checked), truth), stop)
    }

    fn of(
        (learned, labels): (&Bins, Vec<u32>),
        (checked, truth): (&Bins, &[u32]),
        stop: Stop<'_>,
    ) -> Result<Stopped, MetricError> {
        let goal = Goal::Classes { labels, count: 2 };
        let first = first_scores(&goal, learned.rows)[0];
        let (mut scores, mut found) = (vec![vec![first; learned.rows]], vec![first; checked.rows]);
        let mut grower = Grower::new(learned);
        let mut derivatives = vec![vec![(0.0f32, 0.0f32); learned.rows]];
        let mut trees = Vec::new();
        let (mut least, mut kept) = (loss(&found, truth), 0);
        while trees.len() < MOST && trees.len() < kept + PATIENCE {
            stop.check()?;
            differentiate(&goal, &scores, &mut derivatives);
            let tree = grower.grow(&derivatives[0], &mut scores[0]);
            found.iter_mut().enumerate().for_each(|(row, score)| *score += value(&tree, checked, row));
            trees.push(tree);
            let now = loss(&found, truth);
            if now < least {
                (least, kept) = (now, trees.len());
            }
        }
        trees.truncate(kept);
        Ok(Stopped { first, trees })
    }

    /// The logarithm of the odds of class 1, ln p/(1 − p), for each row.
    pub fn log_odds(&self, encoder: &Encoder, rows: &Table<'_>) -> Vec<f64> {
        self.scores(&encoder.bins(rows))
    }

    fn scores(&self, rows: &Bins) -> Vec<f64> {
        let of_row = |row| self.first + self.trees.iter().map(|tree| value(tree, rows, row)).sum::<f64>();
        (0..rows.rows).map(of_row).collect()
    }
}

/// The mean of −ln p of the true classes.
fn loss(scores: &[f64], truth: &[u32]) -> f64 {
    let of_row = |(score, class): (&f64, &u32)| {
        let own = if *class == 1 { *score } else { -score };
        -libm::log(sigmoid(own).max(1e-15))
    };
    scores.iter().zip(truth).map(of_row).sum::<f64>() / scores.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(codes: Vec<u8>) -> Bins {
        let rows = codes.len();
        Bins { codes: vec![codes], categories: vec![false], counts: vec![4], rows }
    }

    /// Of code 0 a quarter is of class 1, of code 3 three quarters: the odds are 1 to 3 and 3 to 1.
    #[test]
    fn odds_are_those_of_the_rows() {
        let codes: Vec<u8> = (0..800).map(|at| if at % 2 == 0 { 0 } else { 3 }).collect();
        let labels: Vec<u32> = (0..800).map(|at| u32::from((at / 2) % 4 < if at % 2 == 0 { 1 } else { 3 })).collect();
        let rows = bins(codes);
        let found = Stopped::of((&rows, labels.clone()), (&rows, &labels), Stop::NEVER).unwrap();
        for (found, expected) in found.scores(&bins(vec![0, 3])).iter().zip([-(3f64.ln()), 3f64.ln()]) {
            assert!((found - expected).abs() < 1e-3, "{found}, expected {expected}");
        }
    }

    /// What is true of the rows that are learned, and the opposite of those that are checked: no tree is kept.
    #[test]
    fn what_does_not_hold_elsewhere_is_not_learned() {
        let codes: Vec<u8> = (0..400).map(|at| (at % 2) as u8).collect();
        let labels: Vec<u32> = codes.iter().map(|code| u32::from(*code)).collect();
        let others: Vec<u32> = labels.iter().map(|label| 1 - label).collect();
        let rows = bins(codes);
        let found = Stopped::of((&rows, labels), (&rows, &others), Stop::NEVER).unwrap();
        assert!(found.trees.is_empty());
        assert_eq!(found.scores(&bins(vec![0, 1])), [0.0, 0.0]);
    }
}
