//! Tests of the train loop: what it counts, generates and keeps. Not here: ends with an error (`failures.rs`), monitors
//! (`steering.rs`), runs that go on (`resuming.rs`).

mod failures;
mod resuming;
mod steering;

use super::clock::Clock;
use super::*;
use crate::checkpoint;
use crate::durable::crash::{self, CRASHED};
use crate::presets::{PresetInput, preset_for};
use crate::run_dir::{self, Env};
use crate::spec::edit;
use ganymede_data::{DataOptions, Source};
use ganymede_runtime::{CpuBackend, CpuOptions};
use std::cell::Cell;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

fn spec(edits: &[&str]) -> TrainSpec {
    let spec = preset_for("mlp", &PresetInput { width: Some(2), ..PresetInput::of(vec![2]) }).unwrap();
    let base = ["train.batch=8", "train.steps=20", "train.checkpoint_every=5", "train.snapshot_every=0"];
    let more = ["train.tick_every=4", "train.keep=2", "data.source='ring2d'", "data.use_cache=false"];
    base.iter().chain(&more).chain(edits).fold(spec, |spec, one| edit(&spec, one).unwrap())
}

fn dataset() -> Arc<Dataset> {
    let options = DataOptions { use_cache: false, ..DataOptions::default() };
    Arc::new(Dataset::open(&Source::parse("ring2d").unwrap(), &options, &()).unwrap())
}

fn backend() -> CpuBackend {
    CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap()
}

fn setup(run: RunDir) -> Setup {
    let (spec, backend, dataset) = (run_dir::read_spec(run.path()).unwrap(), backend(), dataset());
    let codec = run_dir::read_codec(run.path()).unwrap();
    let stepper = Stepper::new(&spec, &codec, &backend).unwrap();
    let sampler = Sampler::new(&spec, &codec, None, &backend).unwrap();
    let plan = PlanReport::of(&spec, (&stepper, &sampler), &codec, &dataset, &backend);
    Setup { spec, run, codec, dataset, stepper, sampler, plan, backend: Box::new(backend) }
}

fn fresh(outdir: &Path, spec: &TrainSpec) -> Setup {
    let dataset = dataset();
    let env = Env::now(&backend(), 1, spec.train.numerics, &dataset);
    setup(RunDir::create(outdir, "x", spec, dataset.codec(), &env).unwrap())
}

/// Trains a new run to its end.
fn train(outdir: &Path, spec: &TrainSpec) -> PathBuf {
    Trainer::start(fresh(outdir, spec), ()).unwrap().run(&AtomicBool::new(false)).unwrap().run
}

fn resume(run: &Path) -> PathBuf {
    let trainer = Trainer::resume(setup(RunDir::open(run).unwrap()), ()).unwrap();
    trainer.run(&AtomicBool::new(false)).unwrap().run
}

/// The tensor files of a checkpoint.
fn bytes(run: &Path, step: u64) -> Vec<Vec<u8>> {
    let folder = run.join("checkpoints").join(checkpoint::name(step));
    let files = ["generator", "generator_ema", "discriminator", "state"];
    files.map(|name| std::fs::read(folder.join(format!("{name}.safetensors"))).unwrap()).into()
}

fn events(run: &Path) -> Vec<Line> {
    events::read(&run.join("events.jsonl")).unwrap()
}

/// A clock that goes as the test says: a step takes a second, a checkpoint 10, a grid 100, an evaluation 1000.
struct Hours(Rc<Cell<u64>>);

impl Observer for Hours {
    fn step(&mut self, _: u64, _: f64) {
        self.0.set(self.0.get() + 1);
    }

    fn line(&mut self, line: &Line) {
        let seconds = match line.event {
            Event::Checkpoint { .. } => 10,
            Event::Snapshot { .. } => 100,
            Event::Metrics { .. } => 1000,
            _ => 0,
        };
        self.0.set(self.0.get() + seconds);
    }
}

#[test]
fn pauses_are_no_time_of_training() {
    let folder = tempfile::tempdir().unwrap();
    let evaluate = "evaluate={every_kimg=0.032,samples=50,metrics=['sliced_wasserstein']}"; // After steps 4, 8, 12 …
    let spec = spec(&["train.snapshot_every=2", "train.tick_every=5", evaluate]);
    let seconds = Rc::new(Cell::new(0_u64));
    let mut trainer = Trainer::start(fresh(folder.path(), &spec), Hours(Rc::clone(&seconds))).unwrap();
    trainer.clock = Clock::of(move || Duration::from_secs(seconds.get()));
    trainer.tick = trainer.fresh_tick();
    trainer.run(&AtomicBool::new(false)).unwrap();
    let (mut ticks, mut saved, mut paused) = (Vec::new(), 0.0, 0.0);
    for line in events(&folder.path().join("00000-x")).into_iter().filter(|line| line.step > 0) {
        match line.event {
            Event::Checkpoint { .. } => saved += 10.0,
            Event::Snapshot { .. } => paused += 100.0,
            Event::Metrics { .. } => paused += 1000.0,
            Event::Tick { sec_per_step, sec_per_kimg, pause, .. } => {
                ticks.push((line.step, sec_per_step, sec_per_kimg, paused));
                assert_eq!(pause, paused + saved, "after step {}", line.step);
                (saved, paused) = (0.0, 0.0);
            }
            _ => {}
        }
    }
    // A tick comes before what is due with it: grids after steps 2, 4, 6 …, evaluations 4, 8 …, checkpoints 5, 10 … and those
    // of the best evaluations.
    let expected = [
        (5, 1.0, 125.0, 2.0 * 100.0 + 1000.0),
        (10, 1.0, 125.0, 2.0 * 100.0 + 1000.0),
        (15, 1.0, 125.0, 3.0 * 100.0 + 1000.0),
        (20, 1.0, 125.0, 2.0 * 100.0 + 1000.0),
    ];
    assert_eq!(ticks, expected);
}

/// Their means stand in ticks; they are no losses, and a step that is run again is compared without them.
#[test]
fn numbers_that_terms_show_stand_in_ticks() {
    let folder = tempfile::tempdir().unwrap();
    let spec =
        spec(&["phases.1.terms=[{class_name='non_saturating'},{class_name='path_length'}]", "train.tick_every=5"]);
    let trainer = Trainer::start(fresh(folder.path(), &spec), ()).unwrap();
    trainer.run(&AtomicBool::new(false)).unwrap();
    let events = events(&folder.path().join("00000-x"));
    let mut ticks = 0;
    for line in &events {
        match &line.event {
            Event::Tick { losses, numbers, .. } => {
                assert_eq!(numbers.keys().collect::<Vec<_>>(), ["g/path_length/length"]);
                assert!(numbers["g/path_length/length"] > 0.0 && !losses.contains_key("g/path_length/length"));
                ticks += 1;
            }
            Event::Replay { losses, .. } => assert!(!losses.contains_key("g/path_length/length")),
            _ => (),
        }
    }
    assert_eq!(ticks, 4);
}

/// By hand: from step 9.5 of 0 to 19 on rates fall to 0.02 of them, and the third run of the discriminator in step 4 is its 14th.
#[test]
fn rates_and_probabilities_stand_in_ticks() {
    let folder = tempfile::tempdir().unwrap();
    let falls = "{class_name='PiecewiseConstantDecay',boundaries=[13],values=[0.004,0.002]}";
    let spec = spec(&[
        "train.n_critic=3",
        "train.tick_every=5",
        "train.decay_from=0.5",
        &format!("phases.0.optimizer.learning_rate={falls}"),
        "phases.1.optimizer.learning_rate=0.001",
    ]);
    Trainer::start(fresh(folder.path(), &spec), ()).unwrap().run(&AtomicBool::new(false)).unwrap();
    let mut expected = [(5, 1.0), (10, 1.0), (15, 1.0 - 0.98 * 4.5 / 9.5), (20, 0.02)].into_iter();
    for line in events(&folder.path().join("00000-x")) {
        let Event::Tick { scalars, .. } = &line.event else { continue };
        let (step, factor) = expected.next().unwrap();
        assert_eq!(line.step, step);
        assert_eq!(scalars.keys().collect::<Vec<_>>(), ["d/learning_rate", "g/learning_rate"]);
        assert!((scalars["d/learning_rate"] - 0.002 * factor).abs() < 1e-12, "{step}: {scalars:?}");
        assert!((scalars["g/learning_rate"] - 0.001 * factor).abs() < 1e-12, "{step}: {scalars:?}");
    }
    assert_eq!(expected.next(), None);
}

/// What a signal finds undone is done when the run goes on; the checkpoint came first.
#[test]
fn an_interrupted_evaluation_loses_nothing() {
    struct Signal<'a>(&'a AtomicBool);
    impl Observer for Signal<'_> {
        fn line(&mut self, line: &Line) {
            if line.step == 10 && matches!(line.event, Event::Checkpoint { .. }) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let evaluate = "evaluate={every_kimg=0.08,samples=50,metrics=['frechet']}"; // After steps 10 and 20.
    let spec = spec(&["train.snapshot_every=10", evaluate]);
    let stop = AtomicBool::new(false);
    let trainer = Trainer::start(fresh(folder.path(), &spec), Signal(&stop)).unwrap();
    let outcome = trainer.run(&stop).unwrap();
    assert_eq!((outcome.reason, outcome.step), (Reason::Interrupted, 10));
    let metrics = |run: &Path| -> Vec<(u64, usize)> {
        let scored = |line: &Line| match &line.event {
            Event::Metrics { scores, .. } => Some((line.step, scores.len())),
            _ => None,
        };
        events(run).iter().filter_map(scored).collect()
    };
    assert_eq!(metrics(&outcome.run), []);
    resume(&outcome.run);
    assert_eq!(metrics(&outcome.run), [(10, 1), (20, 1)]);
    resume(&outcome.run);
    assert_eq!(metrics(&outcome.run), [(10, 1), (20, 1)], "what was done is not done again");
}

/// The end follows from the evaluations that stand in the log: the first step at which the best of them is two steps old. A run
/// that is resumed there does nothing more.
#[test]
fn a_training_that_gains_nothing_ends() {
    let folder = tempfile::tempdir().unwrap();
    let evaluate = "evaluate={parts=20,samples=50,metrics=['sliced_wasserstein'],patience=0.1}";
    let spec = spec(&[evaluate]);
    let outcome = Trainer::start(fresh(folder.path(), &spec), ()).unwrap().run(&AtomicBool::new(false)).unwrap();
    let value = |line: &Line| match &line.event {
        Event::Metrics { scores, .. } => Some((line.step, scores[0].estimate.value)),
        _ => None,
    };
    let found: Vec<(u64, f64)> = events(&outcome.run).iter().filter_map(value).collect();
    assert_eq!(found.iter().map(|(step, _)| *step).collect::<Vec<_>>(), (1..=outcome.step).collect::<Vec<_>>());
    let best = |step: u64| found[..step as usize].iter().rev().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0;
    let end = (1..=outcome.step).find(|step| step - best(*step) >= 2);
    assert_eq!((outcome.reason, end), (Reason::Patience, Some(outcome.step)), "{found:?}");
    assert!(outcome.step < 20, "the example ends early");
    resume(&outcome.run);
    assert_eq!(events(&outcome.run).iter().filter_map(value).count(), found.len());
}

#[test]
fn a_training_without_an_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut training = crate::Training::new(spec(&[]), dataset()).outdir(folder.path()).name("x");
    training.spec_mut().train.steps = None;
    let error = training.start().err().unwrap();
    assert!(error.to_string().contains("expected steps, kimg or minutes, found none"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "what is refused leaves no run");
}

/// Latents from outside: those of seeds give what the seeds give, in any batch.
#[test]
fn samples_are_generated_from_latents() {
    let folder = tempfile::tempdir().unwrap();
    let run = train(folder.path(), &spec(&["train.steps=2"]));
    let open = |truncation| {
        let options = crate::SamplerOptions { truncation, ..Default::default() };
        Sampler::open(&run, options, &backend()).unwrap().0
    };
    for truncation in [None, Some(0.5)] {
        let mut sampler = open(truncation);
        let drawn = sampler.draw(7..150, crate::Labels::InTurn).unwrap();
        let latents = sampler.latents(7..150).unwrap();
        assert_eq!(latents.shape()[0], 143);
        assert_eq!(latents.shape()[1..], sampler.latent_shape());
        assert_eq!(sampler.generate(&latents, &[]).unwrap(), drawn);
        let part = sampler.generate(&latents.rows(90..93), &[]).unwrap();
        assert_eq!(part, drawn.rows(90..93), "neighbours do not matter");
        if let Some(limit) = truncation {
            assert!(latents.to_f64().iter().all(|z| z.abs() <= limit + 1e-6));
        }
    }
    let mut sampler = open(None);
    let latents = sampler.latents(0..2).unwrap();
    let error = sampler.generate(&latents, &[("label".into(), latents.clone())]).unwrap_err().to_string();
    assert!(error.contains("expected inputs of the generator: latent"), "{error}");
    let wide = ganymede_tensor::Tensor::from_f32([2, 99], vec![0.0; 198]).unwrap();
    assert!(sampler.generate(&wide, &[]).unwrap_err().to_string().contains("expected f32[2,"));
}

/// Intervals may change when a run goes on: what was written as a checkpoint that stays, stays.
#[test]
fn checkpoints_that_were_promised_stay_whatever_interval_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let kept = |run: &Path| checkpoint::list(run).unwrap().into_iter().map(|(step, _)| step).collect::<Vec<_>>();
    let run = train(folder.path(), &spec(&["train.steps=45", "train.checkpoint_every=2"]));
    assert_eq!(kept(&run), [0, 20, 40, 44, 45]);
    let other = spec(&["train.steps=80", "train.checkpoint_every=7"]);
    RunDir::open(&run).unwrap().change(&other).unwrap();
    resume(&run);
    assert_eq!(kept(&run), [0, 20, 40, 70, 77, 80]);
}

/// A checkpoint holds averaged weights with the batch statistics of their own samples, whenever grids and checkpoints came before.
#[test]
fn averaged_weights_are_saved_with_their_own_batch_statistics() {
    use crate::sampler::{Labels, SamplerOptions};
    let normed = "networks.generator.layers.1={class_name='BatchNormalization'}";
    let trained = |edits: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let run = train(folder.path(), &spec(&[&[normed], edits].concat()));
        (bytes(&run, 20), run, folder)
    };
    let (saved, run, _folder) = trained(&[]);
    let samples = |standing: Option<u32>| {
        let options = SamplerOptions { standing, ..SamplerOptions::default() };
        Sampler::open(&run, options, &backend()).unwrap().0.draw(0..20, Labels::InTurn).unwrap()
    };
    assert_eq!(samples(None), samples(Some(16)));
    assert_eq!(trained(&["train.checkpoint_every=7", "train.snapshot_every=3"]).0, saved);
}
