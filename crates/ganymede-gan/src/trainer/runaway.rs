//! Losses that are finite and mean nothing any more. Not here: numbers that are not finite (the programs' own flags).

use crate::step::StepResult;
use std::collections::BTreeMap;

/// No loss of a game that goes on is larger.
pub(super) const BOUND: f32 = 1e6;
/// For so many steps in a row it may be, as at the start of a training with a large penalty.
pub(super) const PATIENCE: u64 = 50;

/// For how many steps in a row each loss was beyond all bounds. A loss that is not due in a step leaves its count as it is.
#[derive(Default)]
pub(super) struct Runaway {
    steps: BTreeMap<String, u64>,
}

/// The verdict: a loss, its last value, and for how many steps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub loss: String,
    pub value: f64,
    pub steps: u64,
}

impl Runaway {
    /// Takes the losses of a step in.
    pub fn add(&mut self, result: &StepResult) -> Option<Verdict> {
        let mut worst: Option<Verdict> = None;
        for (loss, value) in &result.losses {
            if value.abs() <= BOUND {
                self.steps.remove(loss);
                continue;
            }
            let steps = self.steps.entry(loss.clone()).or_default();
            *steps += 1;
            let value = f64::from(*value);
            if *steps >= PATIENCE && worst.as_ref().is_none_or(|known| known.value.abs() < value.abs()) {
                worst = Some(Verdict { loss: loss.clone(), value, steps: *steps });
            }
        }
        worst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(losses: &[f32]) -> StepResult {
        let losses = losses.iter().enumerate().map(|(at, loss)| (format!("p{at}/term"), *loss)).collect();
        StepResult { losses, numbers: Vec::new(), non_finite: Vec::new() }
    }

    #[test]
    fn fifty_steps_in_a_row_beyond_a_million_are_too_many() {
        let mut runaway = Runaway::default();
        for _ in 0..49 {
            assert_eq!(runaway.add(&step(&[0.0, -2e6])), None);
        }
        assert_eq!(runaway.add(&step(&[0.7, 1e6])), None, "a million is not beyond it, and the count begins anew");
        for _ in 0..49 {
            assert_eq!(runaway.add(&step(&[3e7, -2e6])), None);
        }
        let verdict = runaway.add(&step(&[0.5, -4e14])).unwrap();
        assert_eq!((verdict.loss.as_str(), verdict.steps), ("p1/term", 50));
        assert_eq!(verdict.value, f64::from(-4e14_f32));
        assert_eq!(Runaway::default().add(&step(&[])), None);
        // A loss of every other step counts the steps in which it is there.
        let mut lazy = Runaway::default();
        for _ in 0..49 {
            assert_eq!((lazy.add(&step(&[0.5, 1e9])), lazy.add(&step(&[0.5]))), (None, None));
        }
        assert_eq!(lazy.add(&step(&[0.5, 1e9])).unwrap().loss, "p1/term");
    }
}
