//! The train loop: steps and what is due after them, until the end or a signal. Not here: what a step
//! computes (`step.rs`), what is written when (`due.rs`), the files' forms (`run_dir.rs`, `checkpoint/`, `events/`).

mod between;
mod clock;
mod due;
mod fail;
mod monitor;
mod outcome;
mod runaway;
mod steer;
#[cfg(test)]
mod tests;
mod timeline;

pub(crate) use due::{COLUMNS, Means};
pub use monitor::{Action, Monitor, Seen};
pub use outcome::{Outcome, Reason};
pub use timeline::Scalars;
pub(crate) use timeline::Timeline;

use crate::best::Evaluations;
use crate::checkpoint;
use crate::error::GanError;
use crate::events::{self, Event, EventLog, Line, Observer};
use crate::plan::PlanReport;
use crate::profile::Profile;
use crate::run_dir::RunDir;
use crate::sampler::Sampler;
use crate::spec::TrainSpec;
use crate::step::{StepResult, Stepper};
use clock::Clock;
use due::{Owed, Tick};
use ganymede_data::{Batch, Codec, Dataset, Loader, PREFETCH, SourceOptions};
use ganymede_runtime::Backend;
use runaway::Runaway;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A training in its run directory, between two steps. [`Training`](crate::Training) makes one.
pub struct Trainer<'a> {
    spec: TrainSpec,
    run: RunDir,
    stepper: Stepper,
    sampler: Sampler,
    backend: Box<dyn Backend>,
    codec: Codec,
    dataset: Arc<Dataset>,
    loader: Loader,
    log: EventLog,
    observer: Box<dyn Observer + 'a>,
    monitor: Option<Box<dyn Monitor + 'a>>,
    timeline: Timeline,
    step: u64,
    clock: Clock,
    tick: Tick,
    owed: Owed,
    /// What was evaluated so far: the best checkpoint stays.
    evaluations: Evaluations,
    runaway: Runaway,
    /// Whether the monitor stopped it.
    stopped: bool,
    /// Whether the states are those after `step` whole steps.
    whole: bool,
    /// Whether it ended with an error: it does nothing more.
    failed: bool,
    /// Whether the log says that it ended.
    ended: bool,
    /// The newest checkpoint, and whether the losses of the step after it are written down.
    saved: Option<(u64, bool)>,
    snapshot: PathBuf,
    /// The steps that are measured kernel by kernel.
    profile: std::ops::Range<u64>,
}

/// Steps before the measured ones: in the first, memory is touched for the first time.
const BEFORE_PROFILE: u64 = 3;

/// What a training is made of.
#[non_exhaustive]
pub struct Setup {
    /// What is trained, and how long.
    pub spec: TrainSpec,
    /// Where it is kept.
    pub run: RunDir,
    /// How samples become files.
    pub codec: Codec,
    /// What is trained on.
    pub dataset: Arc<Dataset>,
    /// The compiled step.
    pub stepper: Stepper,
    /// The compiled generator.
    pub sampler: Sampler,
    /// What both take, and all else.
    pub plan: PlanReport,
    /// Where metrics are computed; its instruction set is that of the checkpoints.
    pub backend: Box<dyn Backend>,
}

impl<'a> Trainer<'a> {
    /// A training that starts in a new run: initial values, or the networks of the spec's `from`; grid and
    /// checkpoint of step 0.
    ///
    /// # Errors
    /// When a file cannot be written, or `from` has other networks.
    pub fn start(setup: Setup, observer: impl Observer + 'a) -> Result<Trainer<'a>, GanError> {
        let plan = setup.plan.clone();
        let mut trainer = Trainer::new(setup, Box::new(observer), 0)?;
        trainer.stepper.initialise()?;
        if let Some(from) = trainer.spec.from.clone() {
            for network in trainer.stepper.networks() {
                checkpoint::load_network(from.as_ref(), &network, trainer.stepper.store_mut())?;
            }
        }
        trainer.emit(Event::Start {
            last_step: trainer.spec.train.last_step(),
            batch: trainer.spec.train.batch,
            planned_bytes: plan.peak_bytes(),
            flops: plan.flops,
            parameters: plan.parameters.iter().map(|(n, (a, b))| (n.clone(), a + b)).collect(),
        })?;
        trainer.save()?;
        trainer.draw_snapshot()?;
        trainer.tick = trainer.fresh_tick();
        Ok(trainer)
    }

    /// A training that goes on from the newest whole checkpoint of its run. One that was killed before its
    /// first checkpoint starts again. What its monitor did stands in the log and is done again.
    ///
    /// # Errors
    /// When the data is not what the run was started on, there are checkpoints and none is whole, or a file cannot be
    /// written.
    pub fn resume(mut setup: Setup, observer: impl Observer + 'a) -> Result<Trainer<'a>, GanError> {
        let run = setup.run.path().to_path_buf();
        crate::run_dir::same_data(&run, &setup.dataset)?;
        let log = run.join("events.jsonl");
        let Some((path, damaged)) = checkpoint::newest_whole(&run)? else {
            events::cut(&log, None)?;
            return Trainer::start(setup, observer);
        };
        let manifest = checkpoint::load(&path, setup.stepper.store_mut())?;
        checkpoint::point_to(&run, manifest.step)?;
        events::cut(&log, Some(manifest.step))?;
        let lines = if log.exists() { events::read(&log)? } else { Vec::new() };
        let mut trainer = Trainer::new(setup, Box::new(observer), manifest.step)?;
        trainer.timeline = Timeline::of(&lines);
        trainer.clock = trainer.clock.after(events::trained_time(&lines, manifest.step));
        trainer.evaluations = Evaluations::of(&lines);
        trainer.saved = Some((manifest.step, false));
        trainer.owed = trainer.due(manifest.step).without(&lines, manifest.step);
        let other_isa = manifest.isa != trainer.backend.isa();
        trainer.emit(Event::Resume { checkpoint: checkpoint::name(manifest.step), other_isa, damaged })?;
        trainer.tick = trainer.fresh_tick();
        Ok(trainer)
    }

    fn new(setup: Setup, observer: Box<dyn Observer + 'a>, step: u64) -> Result<Trainer<'a>, GanError> {
        let Setup { spec, run, codec, dataset, stepper, sampler, backend, .. } = setup;
        Ok(Trainer {
            log: EventLog::open(&run.path().join("events.jsonl"))?,
            loader: loader(&spec, &codec, &stepper, Arc::clone(&dataset), step)?,
            snapshot: run.snapshot(step),
            clock: Clock::start(),
            tick: Tick::default(),
            timeline: Timeline::default(),
            owed: Owed::default(),
            evaluations: Evaluations::default(),
            runaway: Runaway::default(),
            stopped: false,
            whole: true,
            failed: false,
            ended: false,
            saved: None,
            profile: 0..0,
            monitor: None,
            spec,
            run,
            stepper,
            sampler,
            backend,
            codec,
            dataset,
            observer,
            step,
        })
    }

    /// The same, with `steps` of its steps measured kernel by kernel after the first few; the observer gets the result.
    pub fn profiled(mut self, steps: u64) -> Trainer<'a> {
        let first = self.step + BEFORE_PROFILE;
        self.profile = first..first.saturating_add(steps);
        self
    }

    /// The same, steered by a monitor.
    pub fn monitored(mut self, monitor: impl Monitor + 'a) -> Trainer<'a> {
        self.monitor = Some(Box::new(monitor));
        self
    }

    /// Steps done.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Its run directory.
    pub fn run_dir(&self) -> &RunDir {
        &self.run
    }

    /// Trains until the spec's end, or until `stop` is set: then the step is finished and saved.
    ///
    /// # Errors
    /// [`GanError::NonFinite`] when a number is not finite, [`GanError::Runaway`] when a loss means nothing any
    /// more; what data, computing and writing give. The states of a whole step are saved before.
    pub fn run(mut self, stop: &AtomicBool) -> Result<Outcome, GanError> {
        self.goes_on()?;
        self.or_fail(|trainer| trainer.pay(stop))?;
        let reason = loop {
            if let Some(reason) = self.reason_to_end(stop) {
                break reason;
            }
            self.or_fail(|trainer| trainer.advance(stop))?;
        };
        self.end(reason)
    }

    /// Trains until the spec's end.
    ///
    /// # Errors
    /// As [`run`](Trainer::run).
    pub fn train(self) -> Result<Outcome, GanError> {
        self.run(&AtomicBool::new(false))
    }

    /// Trains one step, with all that is due after it: whatever the spec says of the end.
    ///
    /// # Errors
    /// As [`run`](Trainer::run). After an error it does no further step: [`GanError::Failed`].
    pub fn step(&mut self) -> Result<StepResult, GanError> {
        self.goes_on()?;
        let never = AtomicBool::new(false);
        self.or_fail(|trainer| trainer.pay(&never).and_then(|()| trainer.advance(&never)))
    }

    /// Ends a training that was trained step by step, as [`run`](Trainer::run) ends.
    ///
    /// # Errors
    /// What writing gives; [`GanError::Failed`] when a step gave an error: what was whole then is saved already.
    pub fn finish(self) -> Result<Outcome, GanError> {
        self.goes_on()?;
        let reason = self.reason_to_end(&AtomicBool::new(false)).unwrap_or(Reason::Stopped);
        self.end(reason)
    }

    fn reason_to_end(&self, stop: &AtomicBool) -> Option<Reason> {
        let train = &self.spec.train;
        if stop.load(Ordering::Relaxed) {
            return Some(Reason::Interrupted);
        }
        if self.stopped {
            return Some(Reason::Stopped);
        }
        if train.last_step().is_some_and(|last| self.step >= last) {
            return Some(Reason::Steps);
        }
        if self.owed == Owed::default() && self.gains_nothing() {
            return Some(Reason::Patience);
        }
        // A limit of time is one of the clock on the wall: pauses count.
        let minutes = self.clock.elapsed().as_secs_f64() / 60.0;
        train.minutes.is_some_and(|limit| minutes >= limit).then_some(Reason::Minutes)
    }

    fn advance(&mut self, stop: &AtomicBool) -> Result<StepResult, GanError> {
        if self.step == self.profile.start && !self.profile.is_empty() {
            self.stepper.profile(true);
        }
        self.stepper.set_scalars(self.timeline.at(self.step));
        let loader = &mut self.loader;
        let result = self.stepper.run(self.step, || Ok::<Batch, GanError>(loader.next()?));
        // Batches are read before anything is computed.
        self.whole = matches!(result, Err(GanError::Data(_)));
        let result = result?;
        if !result.non_finite.is_empty() {
            self.ask(&result)?;
            return Ok(result);
        }
        self.replay_line(&result)?;
        (self.step, self.whole) = (self.step + 1, true);
        if self.step == self.profile.end && !self.profile.is_empty() {
            self.show_profile(self.profile.end - self.profile.start);
        }
        self.observer.step(self.step, self.clock.trained().as_secs_f64());
        self.tick.add(&result);
        let verdict = self.runaway.add(&result);
        let due = self.due(self.step);
        // A training that is rolled back is at another step: nothing is due there.
        if self.ask(&result)? {
            return Ok(result);
        }
        if let Some(verdict) = verdict {
            return Err(self.ran_away(verdict)?);
        }
        if due.tick {
            self.emit_tick()?;
        }
        if due.checkpoint && self.saved.is_none_or(|(step, _)| step != self.step) {
            self.save()?;
        }
        self.owed = due;
        self.pay(stop)?;
        Ok(result)
    }

    /// Saves, generates the last grid, and says that it ended.
    fn end(mut self, reason: Reason) -> Result<Outcome, GanError> {
        if self.profile.contains(&self.step) && self.step > self.profile.start {
            self.show_profile(self.step - self.profile.start);
        }
        let (elapsed, trained) = (self.clock.elapsed(), self.clock.trained());
        let total = self.clock.total(elapsed);
        let wait = self.loader.waited().as_secs_f64() / trained.as_secs_f64().max(1e-9);
        if self.tick.steps > 0 {
            self.emit_tick()?;
        }
        if self.saved.is_none_or(|(step, _)| step != self.step) {
            self.save()?;
        }
        if self.snapshot != self.run.snapshot(self.step) || !self.snapshot.exists() {
            self.draw_snapshot()?;
        }
        let (snapshot, checkpoint) = (self.snapshot.clone(), self.checkpoint_path());
        self.rehearse()?;
        self.emit(Event::End { reason: reason.name().into() })?;
        let (step, run) = (self.step, self.run.path().to_path_buf());
        Ok(Outcome { step, reason, run, snapshot, checkpoint, elapsed, total, wait })
    }

    /// Ends the measuring and hands on what it gave.
    fn show_profile(&mut self, steps: u64) {
        self.stepper.profile(false);
        self.observer.profile(&Profile::of(&self.stepper, steps));
    }

    /// If a step is the first after a checkpoint, writes its losses down.
    fn replay_line(&mut self, result: &StepResult) -> Result<(), GanError> {
        let Some((step, false)) = self.saved else { return Ok(()) };
        self.saved = Some((step, true));
        self.emit(Event::Replay { checkpoint: checkpoint::name(step), losses: bits(result) })
    }

    /// One step more after the end, in memory only, so that the last checkpoint can be verified like the others.
    /// The training has ended well: a step that fails only leaves the line out, and `verify` says so.
    fn rehearse(&mut self) -> Result<(), GanError> {
        if !matches!(self.saved, Some((_, false))) {
            return Ok(());
        }
        self.stepper.set_scalars(self.timeline.at(self.step));
        let loader = &mut self.loader;
        match self.stepper.run(self.step, || Ok::<Batch, GanError>(loader.next()?)) {
            Ok(result) if result.non_finite.is_empty() => self.replay_line(&result),
            _ => Ok(()),
        }
    }

    fn checkpoint_path(&self) -> PathBuf {
        let step = self.saved.map_or(0, |(step, _)| step);
        self.run.path().join("checkpoints").join(checkpoint::name(step))
    }

    fn kimg(&self) -> f64 {
        (self.step * self.spec.train.images_per_step()) as f64 / 1000.0
    }

    fn line(&self, event: Event) -> Line {
        let time = self.clock.total(self.clock.elapsed()).as_secs_f64();
        Line { v: events::VERSION, step: self.step, kimg: self.kimg(), time, event }
    }

    fn emit(&mut self, event: Event) -> Result<(), GanError> {
        self.ended |= matches!(event, Event::End { .. });
        let line = self.line(event);
        self.log.write(&line)?;
        self.observer.line(&line);
        Ok(())
    }
}

/// Batches for the steps from `step` on.
pub(crate) fn loader(
    spec: &TrainSpec,
    codec: &Codec,
    stepper: &Stepper,
    dataset: Arc<Dataset>,
    step: u64,
) -> Result<Loader, GanError> {
    let split = dataset.split(spec.data.options.holdout, spec.seed);
    let options = SourceOptions { mirror: spec.data.options.mirror, ..SourceOptions::new(spec.train.batch, spec.seed) };
    let batches = codec.batches(dataset, split.train, &options)?;
    Ok(Loader::new(batches, step * stepper.batches_per_step(), PREFETCH)?)
}

/// The losses of a step as the bits of `f32`.
pub(crate) fn bits(result: &StepResult) -> BTreeMap<String, String> {
    result.losses.iter().map(|(name, value)| (name.clone(), format!("{:08x}", value.to_bits()))).collect()
}
