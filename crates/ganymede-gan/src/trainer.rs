//! The train loop: steps, ticks, snapshots, checkpoints, until the end or a signal. Not here: what a step
//! computes (`step.rs`), the files' forms (`run_dir.rs`, `checkpoint.rs`, `events.rs`).

use crate::checkpoint;
use crate::error::GanError;
use crate::evaluate::{EvaluateOptions, compare};
use crate::events::{self, Event, EventLog, Line, Observer};
use crate::profile::Profile;
use crate::resources;
use crate::run_dir::RunDir;
use crate::sampler::{Labels, Sampler};
use crate::spec::{PhaseSpec, TrainSpec};
use crate::step::{StepResult, Stepper};
use ganymede_data::{Batch, Codec, Dataset, Loader, PREFETCH, SourceOptions};
use ganymede_runtime::Backend;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How a training ended well.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Steps done in all.
    pub step: u64,
    /// Why it ended.
    pub reason: Reason,
    /// The newest grid of samples.
    pub snapshot: PathBuf,
    /// The newest checkpoint.
    pub checkpoint: PathBuf,
    /// Time in the loop.
    pub elapsed: Duration,
    /// Part of the time that was spent waiting for data.
    pub wait: f64,
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// All steps are done.
    Steps,
    /// The minutes are over.
    Minutes,
    /// It was told to stop.
    Interrupted,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Reason::Steps => "steps",
            Reason::Minutes => "minutes",
            Reason::Interrupted => "interrupted",
        }
    }
}

/// A training in a run directory.
pub struct Trainer<'a> {
    spec: TrainSpec,
    run: RunDir,
    isa: String,
    stepper: Stepper,
    sampler: Sampler,
    backend: Box<dyn Backend>,
    codec: Codec,
    log: EventLog,
    observer: &'a mut dyn Observer,
    step: u64,
    started: Instant,
    /// The newest checkpoint, and whether the losses of the step after it are written down.
    saved: Option<(u64, bool)>,
    snapshot: PathBuf,
    /// How many steps are to be measured kernel by kernel.
    profile: u64,
}

/// Steps before the measured ones: in the first, memory is touched for the first time.
const BEFORE_PROFILE: u64 = 3;

/// Means of what happened since the last tick.
struct Tick {
    losses: BTreeMap<String, (f64, u64)>,
    steps: u64,
    since: Instant,
    waited: Duration,
}

/// What a training is made of.
pub struct Setup {
    /// What is trained, and how long.
    pub spec: TrainSpec,
    /// Where it is kept.
    pub run: RunDir,
    /// How samples become files.
    pub codec: Codec,
    /// The compiled step.
    pub stepper: Stepper,
    /// The compiled generator.
    pub sampler: Sampler,
    /// Name of the instruction set, for the manifest.
    pub isa: String,
    /// Where metrics are computed.
    pub backend: Box<dyn Backend>,
}

impl<'a> Trainer<'a> {
    /// A training that starts in a new run: initial values, or the networks of the spec's `from`; grid and
    /// checkpoint of step 0.
    ///
    /// # Errors
    /// When a file cannot be written, or `from` has other networks.
    pub fn start(setup: Setup, observer: &'a mut dyn Observer) -> Result<Trainer<'a>, GanError> {
        let mut trainer = Trainer::new(setup, observer)?;
        trainer.stepper.initialise()?;
        if let Some(from) = trainer.spec.from.clone() {
            for network in trainer.stepper.networks() {
                checkpoint::load_network(from.as_ref(), &network, trainer.stepper.store_mut())?;
            }
        }
        let plan = trainer.stepper.plan();
        trainer.emit(Event::Start {
            last_step: trainer.spec.train.last_step(),
            batch: trainer.spec.train.batch,
            planned_bytes: plan.peak_bytes(),
            flops: plan.flops,
            parameters: plan.parameters.iter().map(|(n, (a, b))| (n.clone(), a + b)).collect(),
        })?;
        trainer.draw_snapshot()?;
        trainer.save()?;
        Ok(trainer)
    }

    /// A training that goes on from the newest whole checkpoint of its run. One that was killed before its
    /// first checkpoint starts again.
    ///
    /// # Errors
    /// When there are checkpoints and none is whole, or a file cannot be written.
    pub fn resume(mut setup: Setup, observer: &'a mut dyn Observer) -> Result<Trainer<'a>, GanError> {
        let run = setup.run.path().to_path_buf();
        let log = run.join("events.jsonl");
        let Some((path, damaged)) = checkpoint::newest_whole(&run)? else {
            events::cut(&log, None)?;
            return Trainer::start(setup, observer);
        };
        let manifest = checkpoint::load(&path, setup.stepper.store_mut())?;
        checkpoint::point_to(&run, manifest.step)?;
        events::cut(&log, Some(manifest.step))?;
        let mut trainer = Trainer::new(setup, observer)?;
        trainer.step = manifest.step;
        trainer.snapshot = trainer.run.snapshot(manifest.step);
        trainer.saved = Some((manifest.step, false));
        let other_isa = manifest.isa != trainer.isa;
        trainer.emit(Event::Resume { checkpoint: checkpoint::name(manifest.step), other_isa, damaged })?;
        Ok(trainer)
    }

    fn new(setup: Setup, observer: &'a mut dyn Observer) -> Result<Trainer<'a>, GanError> {
        let Setup { spec, run, codec, stepper, sampler, isa, backend } = setup;
        let log = EventLog::open(&run.path().join("events.jsonl"))?;
        let snapshot = run.snapshot(0);
        let started = Instant::now();
        Ok(Trainer {
            spec,
            run,
            isa,
            stepper,
            sampler,
            backend,
            codec,
            log,
            observer,
            step: 0,
            started,
            saved: None,
            snapshot,
            profile: 0,
        })
    }

    /// The same, with `steps` of its steps measured kernel by kernel after the first few; the observer gets the result.
    pub fn profiled(self, steps: u64) -> Trainer<'a> {
        Trainer { profile: steps, ..self }
    }

    /// Trains until the spec's end, or until `stop` is set: then the step is finished and saved.
    ///
    /// # Errors
    /// [`GanError::NonFinite`] when a number is not finite any more; what data, computing and writing give.
    pub fn train(mut self, dataset: Arc<Dataset>, stop: &AtomicBool) -> Result<Outcome, GanError> {
        self.started = Instant::now();
        let mut loader = self.loader(Arc::clone(&dataset))?;
        let mut tick = Tick::new(Duration::ZERO);
        let measured = self.step + BEFORE_PROFILE..(self.step + BEFORE_PROFILE).saturating_add(self.profile);
        let reason = loop {
            if let Some(reason) = self.ended(stop) {
                break reason;
            }
            if self.step == measured.start && !measured.is_empty() {
                self.stepper.profile(true);
            }
            let result = self.advance(&mut loader)?;
            self.step += 1;
            if self.step == measured.end && !measured.is_empty() {
                self.show_profile(self.profile);
            }
            self.observer.step(self.step);
            tick.add(&result);
            let every = |n: u64| n > 0 && self.step.is_multiple_of(n);
            let train = &self.spec.train;
            let (ticks, shows, saves) =
                (every(train.tick_every), every(train.snapshot_every), every(train.checkpoint_every));
            if ticks {
                self.emit_tick(&tick, loader.waited())?;
                tick = Tick::new(loader.waited());
            }
            if shows {
                self.draw_snapshot()?;
            }
            self.evaluate(&dataset)?;
            if saves {
                self.save()?;
            }
        };
        if measured.contains(&self.step) && self.step > measured.start {
            self.show_profile(self.step - measured.start);
        }
        let elapsed = self.started.elapsed();
        let wait = loader.waited().as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
        if tick.steps > 0 {
            self.emit_tick(&tick, loader.waited())?;
        }
        if self.saved.is_none_or(|(step, _)| step != self.step) {
            self.save()?;
        }
        if self.snapshot != self.run.snapshot(self.step) || !self.snapshot.exists() {
            self.draw_snapshot()?;
        }
        let (snapshot, checkpoint) = (self.snapshot.clone(), self.checkpoint_path());
        let (step, kimg) = (self.step, self.kimg());
        self.rehearse(&mut loader)?;
        let event = Event::End { reason: reason.name().into() };
        let line = Line { v: events::VERSION, step, kimg, time: self.started.elapsed().as_secs_f64(), event };
        self.log.write(&line)?;
        self.observer.line(&line);
        Ok(Outcome { step, reason, snapshot, checkpoint, elapsed, wait })
    }

    /// Ends the measuring and hands on what it gave.
    fn show_profile(&mut self, steps: u64) {
        self.stepper.profile(false);
        self.observer.profile(&Profile::of(&self.stepper, steps));
    }

    fn loader(&self, dataset: Arc<Dataset>) -> Result<Loader, GanError> {
        loader(&self.spec, &self.codec, &self.stepper, dataset, self.step)
    }

    fn ended(&self, stop: &AtomicBool) -> Option<Reason> {
        let train = &self.spec.train;
        if stop.load(Ordering::Relaxed) {
            return Some(Reason::Interrupted);
        }
        if train.last_step().is_some_and(|last| self.step >= last) {
            return Some(Reason::Steps);
        }
        let minutes = self.started.elapsed().as_secs_f64() / 60.0;
        train.minutes.is_some_and(|limit| minutes >= limit).then_some(Reason::Minutes)
    }

    /// Runs one step and, if it is the first after a checkpoint, writes its losses down.
    fn advance(&mut self, loader: &mut Loader) -> Result<StepResult, GanError> {
        let result = self.stepper.run(self.step, || Ok::<Batch, GanError>(loader.next()?))?;
        if let Some((phase, _)) = result.non_finite.first().cloned() {
            let name = |(of, what): &(String, String)| match *of == phase {
                true => what.clone(),
                false => format!("{what} in phase `{of}`"),
            };
            let what: Vec<String> = result.non_finite.iter().map(name).collect();
            return Err(self.diverged(phase, what)?);
        }
        if let Some((step, false)) = self.saved {
            self.saved = Some((step, true));
            self.emit(Event::Replay { checkpoint: checkpoint::name(step), losses: bits(&result) })?;
        }
        Ok(result)
    }

    /// One step more after the end, in memory only, so that the last checkpoint can be verified like the others.
    /// The training has ended well: a step that fails only leaves the line out, and `verify` says so.
    fn rehearse(&mut self, loader: &mut Loader) -> Result<(), GanError> {
        let Some((step, false)) = self.saved else { return Ok(()) };
        match self.stepper.run(self.step, || Ok::<Batch, GanError>(loader.next()?)) {
            Ok(result) if result.non_finite.is_empty() => {
                self.emit(Event::Replay { checkpoint: checkpoint::name(step), losses: bits(&result) })
            }
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

    fn emit(&mut self, event: Event) -> Result<(), GanError> {
        let time = self.started.elapsed().as_secs_f64();
        let line = Line { v: events::VERSION, step: self.step, kimg: self.kimg(), time, event };
        self.log.write(&line)?;
        self.observer.line(&line);
        Ok(())
    }

    fn emit_tick(&mut self, tick: &Tick, waited: Duration) -> Result<(), GanError> {
        let seconds = tick.since.elapsed().as_secs_f64();
        let sec_per_step = seconds / tick.steps.max(1) as f64;
        self.emit(Event::Tick {
            losses: tick.losses.iter().map(|(name, (sum, n))| (name.clone(), sum / (*n).max(1) as f64)).collect(),
            sec_per_step,
            sec_per_kimg: sec_per_step * 1000.0 / self.spec.train.images_per_step().max(1) as f64,
            wait: (waited - tick.waited).as_secs_f64() / seconds.max(1e-9),
            resident_bytes: resources::resident(),
        })
    }

    /// Writes down that the training ends because of numbers that are not finite, and gives the error that says so.
    fn diverged(&mut self, phase: String, what: Vec<String>) -> Result<GanError, GanError> {
        self.emit(Event::NonFinite { phase: phase.clone(), what: what.clone() })?;
        self.emit(Event::End { reason: "diverged".into() })?;
        Ok(GanError::NonFinite { step: self.step, phase, what, checkpoint: self.checkpoint_path() })
    }

    fn save(&mut self) -> Result<(), GanError> {
        let start = Instant::now();
        let what = self.stepper.not_finite()?;
        if let Some(name) = what.first() {
            let trains = |p: &&PhaseSpec| {
                let owner = name.split('/').next().unwrap_or_default();
                p.name == owner || p.trains.iter().any(|network| owner.starts_with(network.as_str()))
            };
            let phase = self.spec.phases.iter().find(trains).map(|p| p.name.clone()).unwrap_or_default();
            return Err(self.diverged(phase, what)?);
        }
        let networks = self.stepper.networks();
        let made_with = (self.isa.as_str(), self.spec.train.numerics);
        checkpoint::save(self.run.path(), self.step, made_with, self.stepper.store(), &networks)?;
        checkpoint::prune(self.run.path(), self.spec.train.keep, self.spec.train.checkpoint_every)?;
        self.saved = Some((self.step, false));
        let name = checkpoint::name(self.step);
        self.emit(Event::Checkpoint { name, seconds: start.elapsed().as_secs_f64() })
    }

    /// Compares the generator with the data, where that is due. The training goes on to the same bytes with and without.
    fn evaluate(&mut self, dataset: &Dataset) -> Result<(), GanError> {
        let before = ((self.step - 1) * self.spec.train.images_per_step()) as f64 / 1000.0;
        let Some(due) = self.spec.evaluate.as_ref().filter(|spec| spec.is_due(self.kimg(), before)) else {
            return Ok(());
        };
        let most = dataset.split(self.spec.data.options.holdout, self.spec.seed).train.len();
        let (samples, metrics) = (Some(due.samples.min(most)), due.metrics.clone());
        let options = EvaluateOptions { samples, metrics, ..EvaluateOptions::default() };
        let start = Instant::now();
        self.sampler.copy_from(self.stepper.store())?;
        let backend = self.backend.as_ref();
        // A number that cannot be had is no reason to end a training.
        let (scores, left_out) = match compare(&self.spec, &self.codec, &mut self.sampler, &options, dataset, backend) {
            Ok(found) => (found.scores, found.left_out),
            Err(error) => (Vec::new(), vec![error.to_string()]),
        };
        self.emit(Event::Metrics { scores, left_out, seconds: start.elapsed().as_secs_f64() })
    }

    /// Draws the fixed grid: seeds 0, 1, … as `ganymede sample` draws them.
    fn draw_snapshot(&mut self) -> Result<(), GanError> {
        self.sampler.copy_from(self.stepper.store())?;
        let count = self.codec.modality().preview().samples;
        let samples = self.sampler.draw(0..count, Labels::InTurn)?;
        self.snapshot = self.run.snapshot(self.step);
        self.codec.write_grid(&self.snapshot, &samples, 8)?;
        let file = self.snapshot.strip_prefix(self.run.path()).unwrap_or(&self.snapshot).to_string_lossy().into_owned();
        self.emit(Event::Snapshot { file })
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

impl Tick {
    fn new(waited: Duration) -> Self {
        Tick { losses: BTreeMap::new(), steps: 0, since: Instant::now(), waited }
    }

    fn add(&mut self, result: &StepResult) {
        self.steps += 1;
        for (name, value) in &result.losses {
            let (sum, n) = self.losses.entry(name.clone()).or_default();
            *sum += f64::from(*value);
            *n += 1;
        }
    }
}
