//! How long a training takes here, measured on a few of its steps before it begins. Not here: what is left of one that runs
//! (the command's progress), where the time of a step goes (`profile.rs`).

use super::{Compiled, Place};
use crate::checkpoint;
use crate::error::GanError;
use crate::trainer::loader;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Steps that are measured at least, behind one that is not: it finds cold caches.
const LEAST: u64 = 2;
/// Short steps are measured for so long, or so many of them.
const ENOUGH: (Duration, u64) = (Duration::from_millis(700), 64);

/// What the steps of a training take, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Pace {
    /// Seconds of a step, in the mean of many.
    pub step: f64,
    /// How many steps were measured.
    pub measured: u64,
    /// Steps that are done already.
    pub done: u64,
    /// The step after which it ends, if its length says so or its minutes reach as far.
    pub last: Option<u64>,
}

impl Pace {
    /// Time that is left, without snapshots, checkpoints and evaluations.
    pub fn left(&self) -> Option<Duration> {
        let steps = self.last?.saturating_sub(self.done);
        Duration::try_from_secs_f64(steps as f64 * self.step).ok()
    }
}

impl Compiled {
    /// Measures a few steps on the data. Terms that are not due in every step count as often as they are. The states are as
    /// before. None where numbers are not finite in the first steps: they end early.
    ///
    /// # Errors
    /// What reading the data and running a step give.
    pub fn pace(&mut self) -> Result<Option<Pace>, GanError> {
        let (training, stepper) = (&self.training, &mut self.stepper);
        let spec = &training.spec;
        let mut batches = loader(spec, &training.codec, stepper, Arc::clone(&training.data), 0)?;
        stepper.initialise()?;
        let (mut time, mut flops, mut finite) = (Duration::ZERO, 0.0, true);
        let mut measured = 0;
        for step in 0.. {
            if measured >= ENOUGH.1 || (measured >= LEAST && time >= ENOUGH.0) {
                break;
            }
            let taken = (0..stepper.batches_per_step()).map(|_| batches.next()).collect::<Result<Vec<_>, _>>()?;
            let mut taken = taken.into_iter();
            let start = Instant::now();
            let result = stepper.run(step, || Ok(taken.next().expect("a batch for each that a step takes")))?;
            finite &= result.non_finite.is_empty();
            if step > 0 {
                time += start.elapsed();
                flops += stepper.flops_at(step);
                measured += 1;
            }
        }
        stepper.clear()?;
        if !finite || flops == 0.0 {
            return Ok(None);
        }
        let step = time.as_secs_f64() * self.plan.flops as f64 / flops;
        let done = match &training.place {
            Place::New { .. } => 0,
            Place::Run(run) => checkpoint::list(run.path())?.last().map_or(0, |(step, _)| *step),
        };
        let by_minutes = spec.train.minutes.map(|minutes| done + (minutes * 60.0 / step.max(1e-9)).ceil() as u64);
        let last = [spec.train.last_step(), by_minutes].into_iter().flatten().min();
        Ok(Some(Pace { step, measured, done, last }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Training;
    use ganymede_data::Dataset;

    #[test]
    fn what_is_left_are_the_steps_that_are_not_done() {
        let pace = Pace { step: 0.25, measured: 2, done: 100, last: Some(500) };
        assert_eq!(pace.left(), Some(Duration::from_secs(100)));
        assert_eq!(Pace { last: Some(50), ..pace }.left(), Some(Duration::ZERO));
        assert_eq!(Pace { last: None, ..pace }.left(), None);
    }

    /// A measured training is the same as any other to the byte.
    #[test]
    fn measuring_leaves_nothing_behind() {
        let rows: Vec<[f32; 2]> = (0..64).map(|i| [(i % 8) as f32, (i / 8) as f32]).collect();
        let data = Arc::new(Dataset::from_samples("grid", rows, [2]).build().unwrap());
        let trained = |measured: bool| {
            let folder = tempfile::tempdir().unwrap();
            let training = Training::preset_of_width("mlp", Some(2), Arc::clone(&data)).unwrap().batch(8).steps(4);
            let mut compiled = training.outdir(folder.path()).compile().unwrap();
            if measured {
                let pace = compiled.pace().unwrap().unwrap();
                assert!(pace.step > 0.0 && (pace.done, pace.last) == (0, Some(4)), "{pace:?}");
            }
            let outcome = compiled.start(()).unwrap().run(&false.into()).unwrap();
            std::fs::read(outcome.checkpoint.join("state.safetensors")).unwrap()
        };
        assert_eq!(trained(true), trained(false));
    }

    /// Minutes are as many steps as fit into them.
    #[test]
    fn minutes_are_steps() {
        let rows: Vec<[f32; 2]> = (0..64).map(|i| [(i % 8) as f32, (i / 8) as f32]).collect();
        let data = Dataset::from_samples("grid", rows, [2]).build().unwrap();
        let training = Training::preset_of_width("mlp", Some(2), data).unwrap().batch(8).minutes(1.0);
        let pace = training.compile().unwrap().pace().unwrap().unwrap();
        assert_eq!(pace.last, Some((60.0 / pace.step).ceil() as u64));
    }
}
