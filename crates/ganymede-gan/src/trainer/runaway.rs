//! Losses that are finite and mean nothing any more. Not here: numbers that are not finite (the programs' own flags).

use crate::step::StepResult;

/// No loss of a game that goes on is larger.
pub(super) const BOUND: f32 = 1e6;
/// For so many steps in a row it may be, as at the start of a training with a large penalty.
pub(super) const PATIENCE: u64 = 50;

/// For how many steps in a row some loss was beyond all bounds.
#[derive(Default)]
pub(super) struct Runaway {
    steps: u64,
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
        let worst = result.losses.iter().max_by(|(_, a), (_, b)| a.abs().total_cmp(&b.abs()))?;
        self.steps = if worst.1.abs() > BOUND { self.steps + 1 } else { 0 };
        let over = self.steps >= PATIENCE;
        over.then(|| Verdict { loss: worst.0.clone(), value: f64::from(worst.1), steps: self.steps })
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
    }
}
