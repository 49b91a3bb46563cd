//! Models that learn from rows of tables and predict those of others: linear ones, forests, boosted trees, with the defaults of
//! scikit-learn. Not here: what is measured by them (`metrics/tables/`).

mod bins;
mod boosting;
mod encoding;
mod forest;
mod lbfgs;
mod linear;
mod splits;
mod stopped;

pub(crate) use encoding::Encoder;
pub(crate) use stopped::Stopped;

use crate::table::{Table, TableColumn};
use crate::{MetricError, Stop};

/// What is to be predicted of each row.
#[derive(Clone, Debug)]
pub(crate) enum Goal {
    /// One of so many classes.
    Classes {
        /// The class of each row.
        labels: Vec<u32>,
        /// Number of classes.
        count: usize,
    },
    /// A number.
    Numbers(Vec<f64>),
}

impl Goal {
    /// Numbers that are predicted of a row: a probability for each class, or one number.
    pub fn width(&self) -> usize {
        match self {
            Goal::Classes { count, .. } => *count,
            Goal::Numbers(_) => 1,
        }
    }

    /// With classes numbered anew, so that rows are of each of them; and their old numbers.
    fn present(&self) -> (Goal, Vec<usize>) {
        let Goal::Classes { labels, count } = self else { return (self.clone(), vec![0]) };
        let mut seen = vec![false; *count];
        labels.iter().for_each(|label| seen[*label as usize] = true);
        let present: Vec<usize> = (0..*count).filter(|class| seen[*class]).collect();
        let place = |label: &u32| present.binary_search(&(*label as usize)).unwrap_or_default() as u32;
        (Goal::Classes { labels: labels.iter().map(place).collect(), count: present.len() }, present)
    }

    /// Number of functions that models learn: one where there are two classes.
    fn outputs(&self) -> usize {
        match self {
            Goal::Classes { count: 0..=2, .. } | Goal::Numbers(_) => 1,
            Goal::Classes { count, .. } => *count,
        }
    }
}

/// A model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Learner {
    /// Logistic regression, or ridge regression for numbers.
    Linear,
    /// A random forest.
    Forest,
    /// Gradient boosting of trees on histograms.
    Boosting,
}

/// What a model says of rows.
pub(crate) struct Predicted {
    /// [`Goal::width`] numbers for each row.
    pub rows: Vec<f64>,
    /// How much each column helped boosting, by its place in the encoder's list; of other models none.
    pub gains: Vec<f64>,
}

impl Learner {
    /// All of them.
    pub const ALL: [Learner; 3] = [Learner::Linear, Learner::Forest, Learner::Boosting];

    /// Its name in notes.
    pub fn name(self) -> &'static str {
        match self {
            Learner::Linear => "linear",
            Learner::Forest => "forest",
            Learner::Boosting => "boosting",
        }
    }

    /// Learns the goal of some rows, and predicts that of others. A class that no row is of has the probability 0.
    ///
    /// # Errors
    /// [`MetricError::Stopped`].
    pub fn predict(
        self,
        encoder: &Encoder,
        [learned, asked]: [&Table<'_>; 2],
        goal: &Goal,
        seed: u64,
        stop: Stop<'_>,
    ) -> Result<Predicted, MetricError> {
        let (own, present) = goal.present();
        let found = match (&own, self) {
            (Goal::Classes { count: 0..=1, .. }, _) => Predicted { rows: vec![1.0; asked.rows], gains: Vec::new() },
            (_, Learner::Linear) => {
                let rows = linear::predict([&encoder.wide(learned), &encoder.wide(asked)], &own, stop)?;
                Predicted { rows, gains: Vec::new() }
            }
            (_, Learner::Forest) => {
                let rows = forest::predict([&encoder.ordered(learned), &encoder.ordered(asked)], &own, seed, stop)?;
                Predicted { rows, gains: Vec::new() }
            }
            (_, Learner::Boosting) => boosting::predict([&encoder.bins(learned), &encoder.bins(asked)], &own, stop)?,
        };
        let (width, narrow) = (goal.width(), own.width());
        if width == narrow {
            return Ok(found);
        }
        let mut rows = vec![0.0; asked.rows * width];
        for (wide, narrow) in rows.chunks_exact_mut(width).zip(found.rows.chunks_exact(narrow.max(1))) {
            present.iter().zip(narrow).for_each(|(class, share)| wide[*class] = *share);
        }
        Ok(Predicted { rows, ..found })
    }
}

/// The most bytes that learning from so many rows of these columns and predicting others takes, for a goal of so many classes (of a
/// number: one).
pub(crate) fn bytes(columns: &[TableColumn], learned: usize, asked: usize, classes: usize) -> u64 {
    let outputs = if classes > 2 { classes } else { 1 };
    boosting::bytes(columns, learned, asked, outputs).max(linear::bytes(columns, learned, asked, outputs))
}

/// 1 / (1 + e⁻ˣ).
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// Makes scores into probabilities: e^x / Σ e^x.
fn softmax(scores: &mut [f64]) {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    scores.iter_mut().for_each(|score| *score = libm::exp(*score - most));
    let sum: f64 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{category, number};

    /// Three classes in a list of five, one of which no row is of: each model finds them, and says 0 of the others.
    #[test]
    fn classes_without_a_row_have_no_probability() {
        let columns = [number("x"), category("kind", 4)];
        let n = 240;
        let x = (0..n).map(|at| (at % 60) as f32 / 60.0).collect();
        let kind = (0..n).map(|at| (at / 60) as f32).collect();
        let table = Table { columns: &columns, cells: vec![x, kind], rows: n };
        let labels: Vec<u32> = (0..n).map(|at| [0, 3, 4, 4][at / 60]).collect();
        let goal = Goal::Classes { labels: labels.clone(), count: 5 };
        let encoder = Encoder::new(&table, &[0, 1]);
        for learner in Learner::ALL {
            let found = learner.predict(&encoder, [&table, &table], &goal, 1, Stop::NEVER).unwrap().rows;
            for (row, label) in found.chunks_exact(5).zip(&labels) {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9 && row[1] == 0.0 && row[2] == 0.0, "{row:?}");
                assert!(row[*label as usize] > 0.7, "{}: {row:?} of {label}", learner.name());
            }
        }
        let alone = Goal::Classes { labels: vec![2; n], count: 3 };
        let found = Learner::Forest.predict(&encoder, [&table, &table], &alone, 1, Stop::NEVER).unwrap().rows;
        assert_eq!(&found[..6], [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn what_is_told_to_stop_stops() {
        let columns = [number("x")];
        let table = Table { columns: &columns, cells: vec![(0..100).map(|at| at as f32).collect()], rows: 100 };
        let goal = Goal::Numbers((0..100).map(f64::from).collect());
        let flag = std::sync::atomic::AtomicBool::new(true);
        for learner in Learner::ALL {
            let found = learner.predict(&Encoder::new(&table, &[0]), [&table, &table], &goal, 1, Stop::when(&flag));
            assert!(matches!(found.err(), Some(MetricError::Stopped)));
        }
    }
}
