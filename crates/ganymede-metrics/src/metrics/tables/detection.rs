//! Metric `detection`: whether models tell generated rows from real ones. Not here: the models (`learners/`).

use super::scores::Ranking;
use super::{NAMED, no_table, of_tables};
use crate::estimate::{Estimate, MANY, multiplicities};
use crate::learners::{self, Encoder, Goal, Learner};
use crate::metrics::{Better, Metric, Value};
use crate::table::Table;
use crate::{Comparison, Facts, MetricError, Number, Sizes, Stop};
use ganymede_tensor::{Rng, stream_of};

/// Most rows of a side.
const MOST: usize = 10_000;
/// Parts of the rows; each is judged by models that learned from the others.
const FOLDS: usize = 3;
/// The models and the names of their numbers.
const LEARNERS: [(Learner, &str); 2] =
    [(Learner::Linear, "detection_logistic"), (Learner::Boosting, "detection_boosting")];

/// For each row how probable a model holds it to be a generated one, which learned from rows of the other parts; and how much each
/// column helped.
fn judged(
    learner: Learner,
    both: &Table<'_>,
    labels: &[u32],
    folds: &[usize],
    stop: Stop<'_>,
) -> Result<(Vec<f64>, Vec<f64>), MetricError> {
    let columns: Vec<usize> = (0..both.columns.len()).collect();
    let (mut scores, mut gains) = (vec![0.0; both.rows], vec![0.0; columns.len()]);
    for fold in 0..FOLDS {
        let (asked, learned): (Vec<usize>, Vec<usize>) = (0..both.rows).partition(|row| folds[*row] == fold);
        let goal = Goal::Classes { labels: learned.iter().map(|row| labels[*row]).collect(), count: 2 };
        let (from, to) = (both.take(&learned), both.take(&asked));
        let found = learner.predict(&Encoder::new(&from, &columns), [&from, &to], &goal, 0, stop)?;
        asked.iter().zip(found.rows.chunks_exact(2)).for_each(|(row, share)| scores[*row] = share[1]);
        gains.iter_mut().zip(found.gains).for_each(|(sum, gain)| *sum += gain);
    }
    Ok((scores, gains))
}

fn values(real: &Table<'_>, fake: &Table<'_>, seed: u64, stop: Stop<'_>) -> Result<Vec<Value>, MetricError> {
    let n = real.rows.min(fake.rows).min(MOST);
    let mut rng = Rng::new(seed, stream_of("metrics/detection"));
    let mut some = |table: &Table<'_>| rng.permutation(table.rows)[..n].to_vec();
    let (own, other) = (some(real), some(fake));
    let both = real.take(&own).with(&fake.take(&other));
    let labels: Vec<u32> = (0..2 * n).map(|row| u32::from(row >= n)).collect();
    // The rows of each side are in an order by chance.
    let folds: Vec<usize> = (0..2 * n).map(|row| row % n % FOLDS).collect();
    let times: Vec<Vec<u32>> = (0..MANY).map(|_| multiplicities(2 * n, &mut rng)).collect();
    let value = |(learner, name): (Learner, &'static str)| {
        let (scores, gains) = judged(learner, &both, &labels, &folds, stop)?;
        let ranking = Ranking::new(scores.into_iter());
        let auc = |times: &[u32]| ranking.auc(|row| row >= n, times).unwrap_or(0.5);
        let resampled: Vec<f64> = times.iter().map(|times| auc(times)).collect();
        let estimate = Estimate::resampled(auc(&vec![1; 2 * n]), &resampled).within(0.0, 1.0);
        let note = told_by(&both, &gains);
        Ok(Value { note, ..Value::new(name, Better::Lower, estimate) })
    };
    LEARNERS.into_iter().map(value).collect()
}

/// The columns that helped most, with their parts of the whole gain.
fn told_by(table: &Table<'_>, gains: &[f64]) -> Option<String> {
    let sum: f64 = gains.iter().sum();
    let mut named: Vec<(&str, f64)> =
        table.columns.iter().zip(gains).map(|(column, gain)| (&*column.name, gain / sum)).collect();
    named.retain(|(_, part)| *part >= 0.005);
    named.sort_by(|a, b| b.1.total_cmp(&a.1));
    named.truncate(NAMED);
    let named: Vec<String> = named.iter().map(|(name, part)| format!("{name} {:.0} %", 100.0 * part)).collect();
    (!named.is_empty()).then(|| format!("told by: {}", named.join(", ")))
}

/// The line of the table.
pub(in crate::metrics) struct Detection;

impl Metric for Detection {
    fn name(&self) -> &'static str {
        "detection"
    }

    fn summary(&self) -> &'static str {
        "how well logistic regression and boosting tell generated rows from real ones (AUC; 0.5 is not at all)"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        no_table(data)
    }

    /// The area under the ROC curve of `detection_logistic` and `detection_boosting`, which learn to tell as many generated rows as
    /// real ones (10,000 at most): in three parts, each judged by a model that learned from the others. 0.5 is a guess; less
    /// says that rows are copies, whose twins stand in other parts. The interval is that of resampled rows; the models stay.
    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        of_tables(compared, self.name(), values)
    }

    /// Cells of both tables, those that are taken, and what models see of them; resampled rows.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        let n = sizes.samples.min(MOST);
        let cells = data.elements() * size_of::<f32>();
        let own = 2 * cells + (MANY + 2) * size_of::<u32>() + 3 * size_of::<usize>();
        let rows = 2 * sizes.samples * cells + 2 * n * own;
        rows as u64 + learners::bytes(&data.columns, 4 * n / 3, 2 * n / 3, 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tables::reference;

    /// Tables by formula: independent columns and real ones beside real ones are told as well as by scikit-learn.
    #[test]
    fn models_tell_rows_as_those_of_scikit_learn_do() {
        let columns = reference::columns("class");
        for case in reference::numbers("detection") {
            let (rows, apart) = (case["rows"].as_u64().unwrap() as usize, case["apart"].as_bool().unwrap());
            let (real, fake) = (reference::table(&columns, 1, rows, false), reference::table(&columns, 2, rows, apart));
            let found = values(&real, &fake, 1, Stop::NEVER).unwrap();
            for (value, name) in found.iter().zip(["linear", "boosting"]) {
                let (found, expected) = (value.estimate, case[name].as_f64().unwrap());
                println!("{name} apart {apart}: {found:?}, scikit-learn {expected}, {:?}", value.note);
                assert!((found.value - expected).abs() < 0.02, "{name} apart {apart}: {found:?}, {expected}");
                assert!(found.high - found.low < 0.05 && found.low < found.value, "{found:?}");
            }
        }
    }

    /// A column by which all rows are told is named, and copies are told worse than by a guess.
    #[test]
    fn what_tells_is_named_and_copies_are_below_a_guess() {
        let columns = reference::columns("class");
        let real = reference::table(&columns, 1, 400, false);
        let mut fake = reference::table(&columns, 2, 400, false);
        fake.cells[4].iter_mut().for_each(|cell| *cell += 2.0);
        let found = values(&real, &fake, 1, Stop::NEVER).unwrap();
        assert!(found.iter().all(|value| value.estimate.value > 0.999), "{found:?}");
        assert_eq!((found[1].note.as_deref(), &found[0].note), (Some("told by: hours 100 %"), &None));
        let found = values(&real, &real, 1, Stop::NEVER).unwrap();
        assert!(found[1].estimate.high < 0.5, "{found:?}");
    }
}
