//! What is written after a step: ticks, checkpoints, grids of samples, evaluations. A checkpoint comes before what takes
//! long and can be had again. Not here: the loop (`mod.rs`).

use super::Trainer;
use crate::checkpoint::{self, Facts};
use crate::error::GanError;
use crate::evaluate::{EvaluateOptions, compare};
use crate::events::{Event, Line};
use crate::resources;
use crate::sampler::{Labels, rows_by_class};
use crate::spec::{ENOUGH_HELD_OUT, EvaluateSpec, PhaseSpec};
use crate::step::StepResult;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Samples in a row of a grid.
pub(crate) const COLUMNS: usize = 8;

/// Steps after which there is a grid as well, before the first regular one: most goes wrong early.
const EARLY: [u64; 4] = [10, 50, 100, 200];

/// Checkpoints of that many intervals stay.
const STAYS: u64 = 10;

/// What is to be written after a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Owed {
    pub tick: bool,
    pub checkpoint: bool,
    snapshot: bool,
    evaluation: bool,
}

impl Owed {
    /// What lines of `step` say that was written is owed no more; nor is what a checkpoint comes before.
    pub fn without(self, lines: &[Line], step: u64) -> Owed {
        let has = |is: fn(&Event) -> bool| lines.iter().any(|line| line.step == step && is(&line.event));
        Owed {
            tick: false,
            checkpoint: false,
            snapshot: self.snapshot && !has(|event| matches!(event, Event::Snapshot { .. })),
            evaluation: self.evaluation && !has(|event| matches!(event, Event::Metrics { .. })),
        }
    }
}

/// Sums of what happened since the last tick.
#[derive(Default)]
pub(super) struct Tick {
    losses: Means,
    numbers: Means,
    pub steps: u64,
    /// Readings of the clock when it began: trained, paused, waited for data.
    trained: Duration,
    paused: Duration,
    waited: Duration,
}

impl Tick {
    pub fn add(&mut self, result: &StepResult) {
        self.steps += 1;
        self.losses.add(&result.losses);
        self.numbers.add(&result.numbers);
    }
}

/// Sums of named numbers, and how many each is of.
#[derive(Default)]
pub(crate) struct Means(BTreeMap<String, (f64, u64)>);

impl Means {
    pub(crate) fn add(&mut self, numbers: &[(String, f32)]) {
        for (name, value) in numbers {
            let (sum, n) = self.0.entry(name.clone()).or_default();
            *sum += f64::from(*value);
            *n += 1;
        }
    }

    pub(crate) fn take(self) -> BTreeMap<String, f64> {
        self.0.into_iter().map(|(name, (sum, n))| (name, sum / n.max(1) as f64)).collect()
    }
}

impl Trainer<'_> {
    /// What is due after `step` steps.
    pub(super) fn due(&self, step: u64) -> Owed {
        let train = &self.spec.train;
        let every = |n: u64| n > 0 && step > 0 && step.is_multiple_of(n);
        let evaluate = self.spec.evaluate.as_ref();
        let evaluation = |spec: &EvaluateSpec| spec.is_due(step, train.last_step(), train.images_per_step());
        Owed {
            tick: every(train.tick_every),
            checkpoint: every(train.checkpoint_every),
            snapshot: every(train.snapshot_every) || (EARLY.contains(&step) && step < train.snapshot_every),
            evaluation: evaluate.is_some_and(evaluation),
        }
    }

    /// Generates the grids and makes the evaluations that are owed. What a signal leaves undone is owed when the run goes on from this step.
    pub(super) fn pay(&mut self, stop: &AtomicBool) -> Result<(), GanError> {
        if self.owed.snapshot && !stop.load(Ordering::Relaxed) {
            self.draw_snapshot()?;
            self.owed.snapshot = false;
        }
        if self.owed.evaluation && !stop.load(Ordering::Relaxed) {
            self.owed.evaluation = !self.evaluate(stop)?;
        }
        Ok(())
    }

    /// A tick that begins now.
    pub(super) fn fresh_tick(&self) -> Tick {
        let (trained, paused, waited) = (self.clock.trained(), self.clock.paused(), self.loader.waited());
        Tick { trained, paused, waited, ..Tick::default() }
    }

    pub(super) fn emit_tick(&mut self) -> Result<(), GanError> {
        let fresh = self.fresh_tick();
        let (trained, paused, waited) = (fresh.trained, fresh.paused, fresh.waited);
        let tick = std::mem::replace(&mut self.tick, fresh);
        let seconds = trained.saturating_sub(tick.trained).as_secs_f64();
        let sec_per_step = seconds / tick.steps.max(1) as f64;
        self.emit(Event::Tick {
            losses: tick.losses.take(),
            numbers: tick.numbers.take(),
            scalars: self.stepper.in_use(self.step)?,
            sec_per_step,
            sec_per_kimg: sec_per_step * 1000.0 / self.spec.train.images_per_step().max(1) as f64,
            pause: paused.saturating_sub(tick.paused).as_secs_f64(),
            wait: waited.saturating_sub(tick.waited).as_secs_f64() / seconds.max(1e-9),
            resident_bytes: resources::resident(),
        })
    }

    /// Writes a checkpoint and removes those that need not stay.
    pub(super) fn save(&mut self) -> Result<(), GanError> {
        self.write_checkpoint()?;
        checkpoint::prune(self.run.path(), self.spec.train.keep, self.best_step())
    }

    /// Whether samples that were held out are compared with, and how many there are to compare with.
    fn compared(&self, due: &EvaluateSpec) -> (bool, usize) {
        let split = self.dataset.split(self.spec.data.options.holdout, self.spec.seed);
        let held_out = due.held_out && split.holdout.len() >= ENOUGH_HELD_OUT;
        (held_out, if held_out { split.holdout.len() } else { split.train.len() })
    }

    /// Whether the evaluations say that it gains nothing more. Where samples should have been held out for them and were not, they
    /// do not.
    pub(super) fn gains_nothing(&self) -> bool {
        let Some(spec) = self.spec.evaluate.as_ref().filter(|spec| spec.patience.is_some()) else { return false };
        if !self.due(self.step).evaluation {
            return false;
        }
        let best = self.evaluations.best(|_| true).map(|(step, _)| step);
        let over = best.is_some_and(|best| spec.is_over(self.step, best, self.spec.train.last_step()));
        over && (!spec.held_out || self.compared(spec).0)
    }

    /// The step of the best evaluation so far, of those with a checkpoint or of this step.
    fn best_step(&self) -> Option<u64> {
        let folder = self.run.path().join("checkpoints");
        let best = self.evaluations.best(|step| step == self.step || folder.join(checkpoint::name(step)).is_dir());
        best.map(|(step, _)| step)
    }

    /// Writes a checkpoint, if every state is finite.
    pub(super) fn write_checkpoint(&mut self) -> Result<(), GanError> {
        let start = self.clock.elapsed();
        let what = self.stepper.not_finite()?;
        if let Some(name) = what.first() {
            let trains = |p: &&PhaseSpec| {
                let owner = name.split('/').next().unwrap_or_default();
                p.name == owner || p.trains.iter().any(|network| owner.starts_with(network.as_str()))
            };
            let phase = self.spec.phases.iter().find(trains).map(|p| p.name.clone()).unwrap_or_default();
            let state = self.stepper.store().read(name)?;
            let value = state.as_f32().ok().and_then(|numbers| numbers.iter().copied().find(|x| !x.is_finite()));
            return Err(self.diverged(phase, what, value)?);
        }
        self.stepper.settle()?;
        let tenth = self.spec.train.checkpoint_every.checked_mul(STAYS).filter(|&n| n > 0);
        let stays = self.step == 0 || tenth.is_some_and(|n| self.step.is_multiple_of(n));
        let isa = self.backend.isa().to_string();
        let facts = Facts { step: self.step, isa: &isa, numerics: self.spec.train.numerics, stays };
        checkpoint::save(self.run.path(), facts, self.stepper.store(), &self.stepper.networks())?;
        self.saved = Some((self.step, false));
        let seconds = self.clock.since(start).as_secs_f64();
        self.emit(Event::Checkpoint { name: checkpoint::name(self.step), seconds })?;
        self.clock.pause(start);
        Ok(())
    }

    /// Compares the generator with the data, and saves it if it is the best so far; whether it came to an end. The training goes on
    /// to the same bytes with and without.
    fn evaluate(&mut self, stop: &AtomicBool) -> Result<bool, GanError> {
        let Some(due) = self.spec.evaluate.clone() else { return Ok(true) };
        let start = self.clock.elapsed();
        let (held_out, most) = self.compared(&due);
        let (samples, metrics) = ((due.samples <= most).then_some(due.samples), due.metrics);
        let options = EvaluateOptions { samples, metrics, held_out, ..EvaluateOptions::default() };
        self.stepper.settle()?;
        self.sampler.copy_from(self.stepper.store())?;
        let (backend, dataset) = (self.backend.as_ref(), self.dataset.as_ref());
        let found = compare(&self.spec, &self.codec, &mut self.sampler, &options, dataset, backend, (stop, &|_| {}));
        // A number that cannot be had is no reason to end a training.
        let (scores, left_out) = match found {
            Ok(found) => (found.scores, found.left_out),
            Err(GanError::Interrupted) => {
                self.clock.pause(start);
                return Ok(false);
            }
            Err(error) => (Vec::new(), vec![error.to_string()]),
        };
        let seconds = self.clock.since(start).as_secs_f64();
        self.evaluations.add(self.step, &scores);
        self.emit(Event::Metrics { scores, left_out, seconds })?;
        self.clock.pause(start);
        // The log knows of the evaluation before there is its checkpoint: a run that was killed between both evaluates again.
        if self.best_step() == Some(self.step) && self.saved.is_none_or(|(step, _)| step != self.step) {
            self.save()?;
        }
        Ok(true)
    }

    /// Generates the fixed grid: seeds 0, 1, … as `ganymede sample` does.
    pub(super) fn draw_snapshot(&mut self) -> Result<(), GanError> {
        let start = self.clock.elapsed();
        self.stepper.settle()?;
        self.sampler.copy_from(self.stepper.store())?;
        let count = self.codec.modality().preview().samples;
        let classes = self.sampler.classes();
        // Images of classes stand in rows, if there are at least two of each.
        let (samples, columns, rows) = match classes {
            2.. if classes <= count / 2 && self.codec.shape().len() == 3 => {
                rows_by_class(&self.sampler.draw(0..count / classes * classes, Labels::InTurn)?, 0, classes)
            }
            _ => (self.sampler.draw(0..count, Labels::InTurn)?, COLUMNS, Vec::new()),
        };
        self.snapshot = self.run.snapshot(self.step);
        self.codec.write_class_rows(&self.snapshot, &samples, columns, &rows)?;
        let file = self.snapshot.strip_prefix(self.run.path()).unwrap_or(&self.snapshot).to_string_lossy().into_owned();
        self.emit(Event::Snapshot { file })?;
        self.clock.pause(start);
        Ok(())
    }
}
