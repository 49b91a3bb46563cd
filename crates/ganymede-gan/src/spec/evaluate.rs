//! `[evaluate]`: metrics while a training runs, and its end where they say that it gains nothing more. Not here: the metrics
//! (`ganymede-metrics`), evaluating (`trainer/due.rs`).

use serde::{Deserialize, Serialize};

/// `[evaluate]`: how often the generator with averaged weights is compared with the data, and by which metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluateSpec {
    /// Thousands of real samples between two evaluations; 0 for none by samples.
    #[serde(default, skip_serializing_if = "is_none")]
    pub every_kimg: f64,
    /// Evaluations in a training whose number of steps is known, at equal distances, the last at its end; 0 for none by parts.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub parts: u64,
    /// Samples on both sides.
    #[serde(default = "samples")]
    pub samples: usize,
    /// Names of metrics; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Vec<String>>,
    /// Whether generated samples are compared with those that were held out, where these are enough ([`ENOUGH_HELD_OUT`]),
    /// instead of those that are trained on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held_out: bool,
    /// The training ends when the leading number has not become better for this part of its steps; never where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<f64>,
}

/// Samples that are held out from which on generated ones are compared with them: numbers of fewer say too little.
pub const ENOUGH_HELD_OUT: usize = 500;

/// Metrics that take little time beside a training: a distance, and what tells quality from variety; of images also their texture.
const QUICK: [&str; 3] = ["frechet", "neighbours", "laplacian"];
/// The same of rows of a table.
const OF_ROWS: [&str; 3] = ["column_shapes", "pair_trends", "detection"];
/// Rows on both sides.
const ROWS: usize = 2000;
/// Evaluations in a training of rows that is as long as it wants to be.
const PARTS: u64 = 20;
/// Seconds between two of them where the training has a time.
const SECONDS: f64 = 30.0;
/// Fewest and most evaluations of a training that has a time.
const FEWEST_AND_MOST: [u64; 2] = [2, 60];
/// Part of the steps after which a training of rows that gains nothing ends.
const PATIENCE: f64 = 1.0 / 3.0;

fn samples() -> usize {
    1000
}

fn is_none(kimg: &f64) -> bool {
    *kimg == 0.0
}

fn is_zero(parts: &u64) -> bool {
    *parts == 0
}

impl EvaluateSpec {
    /// An evaluation of 1,000 samples of this shape by quick metrics, so often.
    pub fn every(kimg: f64, shape: &[usize]) -> EvaluateSpec {
        let fitting = if shape.len() == 3 { &QUICK[..] } else { &QUICK[..2] };
        let metrics = Some(fitting.iter().map(ToString::to_string).collect());
        EvaluateSpec { every_kimg: kimg, parts: 0, samples: samples(), metrics, held_out: false, patience: None }
    }

    /// Evaluations of rows of a table: twenty in a training, which ends when a third of it brought nothing.
    pub fn of_rows() -> EvaluateSpec {
        EvaluateSpec {
            every_kimg: 0.0,
            parts: PARTS,
            samples: ROWS,
            metrics: Some(OF_ROWS.iter().map(ToString::to_string).collect()),
            held_out: true,
            patience: Some(PATIENCE),
        }
    }

    /// The same in a training of so many minutes: where there are parts, one takes 30 seconds.
    pub fn in_minutes(self, minutes: f64) -> EvaluateSpec {
        let [fewest, most] = FEWEST_AND_MOST;
        let parts = if self.parts == 0 { 0 } else { ((minutes * 60.0 / SECONDS) as u64).clamp(fewest, most) };
        EvaluateSpec { parts, ..self }
    }

    /// Whether an evaluation is due after a step of a training of `last` steps in all, where that is known; each shows so many
    /// real samples.
    pub fn is_due(&self, step: u64, last: Option<u64>, samples: u64) -> bool {
        let Some(before) = step.checked_sub(1) else { return false };
        let times = |step: u64| ((step * samples) as f64 / 1000.0 / self.every_kimg).floor();
        let parts = |step: u64, last: u64| u128::from(step) * u128::from(self.parts) / u128::from(last.max(1));
        (self.every_kimg > 0.0 && times(step) > times(before))
            || last.is_some_and(|last| parts(step, last) > parts(before, last))
    }

    /// Whether a training of `last` steps has gained nothing for too long: the best of its evaluations was at step `best`.
    pub fn is_over(&self, step: u64, best: u64, last: Option<u64>) -> bool {
        let (Some(patience), Some(last)) = (self.patience, last) else { return false };
        patience > 0.0 && step.saturating_sub(best) as f64 >= patience * last as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texture_is_of_images() {
        let metrics = |shape: &[usize]| EvaluateSpec::every(5.0, shape).metrics.unwrap();
        assert_eq!(metrics(&[2]), ["frechet", "neighbours"]);
        assert_eq!(metrics(&[28, 28, 1]), ["frechet", "neighbours", "laplacian"]);
    }

    #[test]
    fn it_is_due_when_a_multiple_is_passed() {
        let spec = EvaluateSpec::every(0.5, &[2]);
        let due: Vec<bool> = (1..=6).map(|step| spec.is_due(step, Some(6), 200)).collect();
        assert_eq!(due, [false, false, true, false, true, false]);
        assert!(!spec.is_due(0, None, 200));
    }

    /// Four in ten steps: where 2.5, 5, 7.5 and 10 are passed; in two steps both.
    #[test]
    fn parts_end_with_the_training() {
        let spec = EvaluateSpec { parts: 4, ..EvaluateSpec::of_rows() };
        let due = |last: u64| (1..=last).filter(|step| spec.is_due(*step, Some(last), 100)).collect::<Vec<_>>();
        assert_eq!((due(10), due(2)), (vec![3, 5, 8, 10], vec![1, 2]));
        assert!((1..20).all(|step| !spec.is_due(step, None, 100)));
        let parts = |minutes: f64| EvaluateSpec::of_rows().in_minutes(minutes).parts;
        assert_eq!([0.1, 1.0, 10.0, 600.0].map(parts), [2, 2, 20, 60]);
        assert_eq!(EvaluateSpec::every(1.0, &[2]).in_minutes(10.0).parts, 0);
    }

    #[test]
    fn a_training_is_over_when_a_part_of_it_brought_nothing() {
        let spec = EvaluateSpec { patience: Some(0.25), ..EvaluateSpec::of_rows() };
        let over: Vec<bool> = [74, 75, 76].into_iter().map(|step| spec.is_over(step, 50, Some(100))).collect();
        assert_eq!(over, [false, true, true]);
        assert!(!spec.is_over(1000, 0, None));
        for patience in [None, Some(0.0)] {
            assert!(!EvaluateSpec { patience, ..spec.clone() }.is_over(100, 0, Some(100)));
        }
    }
}
