//! Trainings that crash, pause, are interrupted and are steered, of networks that take milliseconds.

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

/// A process that ends before its change number `n` on disk, whatever that is: between any two changes a run is made and
/// a checkpoint is written, replaced and removed. The test runs itself, so that nothing is cleaned up on the way.
#[test]
fn a_crash_before_any_change_on_disk_leaves_a_run_that_goes_on() {
    const POINT: &str = "GANYMEDE_TEST_CRASH_POINT";
    let spec = spec(&["train.steps=3", "train.checkpoint_every=1", "train.keep=1"]);
    let whole = |outdir: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(outdir).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| run_dir::is_run(path)).collect()
    };
    let go_on = |outdir: &Path| match whole(outdir).as_slice() {
        [] => train(outdir, &spec),
        [run] => resume(run),
        more => panic!("{more:?}"),
    };
    if let Ok(word) = std::env::var(POINT) {
        let (n, outdir) = word.split_once(':').unwrap();
        let outdir = Path::new(outdir);
        crash::before(n.parse().unwrap());
        go_on(outdir);
        return;
    }
    let unbroken = tempfile::tempdir().unwrap();
    let unbroken = bytes(&train(unbroken.path(), &spec), 3);
    let name = "trainer::tests::a_crash_before_any_change_on_disk_leaves_a_run_that_goes_on";
    let child = |n: i64, outdir: &Path| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", name]).env(POINT, format!("{n}:{}", outdir.display()));
        let output = command.output().unwrap();
        match output.status.code() {
            Some(0) => false,
            Some(CRASHED) => true,
            _ => panic!("{output:?}"),
        }
    };
    let mut n = 0;
    loop {
        let folder = tempfile::tempdir().unwrap();
        let crashed = child(n, folder.path());
        // And once more while it goes on.
        if crashed {
            child(n % 11, folder.path());
        }
        let run = go_on(folder.path());
        assert_eq!(bytes(&run, 3), unbroken, "crash {n}");
        let ends = events(&run).iter().filter(|line| matches!(line.event, Event::End { .. })).count();
        assert_eq!(ends, 1, "crash {n}");
        let stray = std::fs::read_dir(run.join("checkpoints")).unwrap().map(|e| e.unwrap().file_name());
        let stray: Vec<_> = stray.filter(|name| name.to_string_lossy().contains("tmp")).collect();
        assert!(stray.is_empty(), "crash {n}: {stray:?}");
        if !crashed {
            break;
        }
        n += 1;
    }
    assert!(n > 50, "only {n} changes on disk");
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

/// Sets a scalar after step 7, goes back from 13 to 10 with another, and sets one more after step 12 of the second time.
fn restless() -> impl Monitor {
    let mut turned = false;
    move |seen: &Seen<'_>| match (seen.step, turned) {
        (7, _) => {
            let set = Action::SetScalar { name: "d/learning_rate".into(), value: 1e-3 };
            vec![Action::Note("faster".into()), set.clone(), set]
        }
        (12, true) => vec![Action::SetScalar { name: "d/learning_rate".into(), value: 5e-4 }, Action::Save],
        (13, false) => {
            turned = true;
            vec![Action::RollBack { change: vec![("g/learning_rate".into(), 3e-5)] }]
        }
        _ => Vec::new(),
    }
}

#[test]
fn what_a_monitor_did_is_done_again_to_the_bit() {
    let (folder, spec) = (tempfile::tempdir().unwrap(), spec(&[]));
    let start =
        |outdir: &str| Trainer::start(fresh(&folder.path().join(outdir), &spec), ()).unwrap().monitored(restless());
    let run = start("unbroken").run(&AtomicBool::new(false)).unwrap().run;
    let steered = bytes(&run, 20);
    let plain = train(&folder.path().join("plain"), &spec);
    assert_ne!(steered, bytes(&plain, 20));
    let did: Vec<(u64, String)> = events(&run)
        .into_iter()
        .filter_map(|line| match line.event {
            Event::Note { text } => Some((line.step, text)),
            Event::SetScalar { name, value } => Some((line.step, format!("{name} {value}"))),
            Event::RollBack { from, checkpoint, scalars } => {
                Some((line.step, format!("{from} {checkpoint} {scalars:?}")))
            }
            _ => None,
        })
        .collect();
    let expected = [
        (7, "faster"),
        (7, "d/learning_rate 0.001"),
        (10, r#"13 step-00000010 {"d/learning_rate": 0.001, "g/learning_rate": 3e-5}"#),
        (12, "d/learning_rate 0.0005"),
    ];
    assert_eq!(did, expected.map(|(step, text)| (step, text.to_string())));
    // Steps 1 to 13, back to 10, then on: 15 calls end at step 12 with all decided, 16 at 13 …
    for calls in [15, 16, 18, 20] {
        let mut trainer = start(&format!("killed-{calls}"));
        (0..calls).for_each(|_| drop(trainer.step().unwrap()));
        assert_eq!(trainer.steps_done(), calls - 3);
        let path = trainer.run_dir().path().to_path_buf();
        drop(trainer); // As a kill leaves it: nothing is saved.
        if calls == 15 {
            // The checkpoint that the monitor asked for is lost too: the pending change is done at its step.
            std::fs::remove_dir_all(path.join("checkpoints/step-00000012")).unwrap();
        }
        resume(&path);
        assert_eq!(bytes(&path, 20), steered, "killed after {calls} steps");
    }
    for step in [10, 12, 15, 20] {
        let path = checkpoint::find(&run, Some(step));
        if path.is_err() {
            continue; // Pruned.
        }
        let found = crate::verify(&run, Some(step), dataset(), &backend()).unwrap();
        assert!(found.replayed.is_some(), "{step}");
    }
}

#[test]
fn a_change_that_was_not_reached_again_is_still_made() {
    let (folder, spec) = (tempfile::tempdir().unwrap(), spec(&["train.steps=9"]));
    let monitor = |seen: &Seen<'_>| match seen.step {
        7 => vec![Action::SetScalar { name: "g/learning_rate".into(), value: 1e-2 }],
        _ => Vec::new(),
    };
    let start =
        |outdir: &str| Trainer::start(fresh(&folder.path().join(outdir), &spec), ()).unwrap().monitored(monitor);
    let unbroken = start("a").run(&AtomicBool::new(false)).unwrap().run;
    let mut trainer = start("b");
    (0..8).for_each(|_| drop(trainer.step().unwrap()));
    let run = trainer.run_dir().path().to_path_buf();
    drop(trainer);
    resume(&run);
    assert_eq!(bytes(&run, 9), bytes(&unbroken, 9));
}

#[test]
fn a_monitor_rolls_back_what_is_not_finite_and_stops_a_training() {
    let rate = "{class_name='PiecewiseConstantDecay', boundaries=[7], values=[0.0001, 1e38]}";
    let (folder, spec) = (tempfile::tempdir().unwrap(), spec(&[&format!("phases.0.optimizer.learning_rate={rate}")]));
    let broken = Trainer::start(fresh(&folder.path().join("a"), &spec), ()).unwrap();
    let error = broken.run(&AtomicBool::new(false)).unwrap_err();
    assert!(matches!(&error, GanError::NonFinite { .. }), "{error}");
    assert!(error.to_string().starts_with("numbers became "), "{error}");
    let monitor = |seen: &Seen<'_>| match (seen.non_finite, seen.step) {
        ([], 12) => vec![Action::Stop],
        ([], _) => Vec::new(),
        _ => vec![Action::RollBack { change: vec![("d/learning_rate".into(), 1e-4)] }],
    };
    let trainer = Trainer::start(fresh(&folder.path().join("b"), &spec), ()).unwrap().monitored(monitor);
    let outcome = trainer.run(&AtomicBool::new(false)).unwrap();
    assert_eq!((outcome.reason, outcome.step), (Reason::Stopped, 12));
    let back = events(&outcome.run).into_iter().find(|line| matches!(line.event, Event::RollBack { .. })).unwrap();
    assert_eq!(back.step, 5);
    resume(&outcome.run);
}

#[test]
fn a_scalar_that_there_is_not_is_refused_with_those_that_there_are() {
    let (folder, spec) = (tempfile::tempdir().unwrap(), spec(&[]));
    for (name, value, told) in
        [("d/learning", 0.1, "expected a scalar of the training"), ("d/learning_rate", f64::NAN, "expected a number")]
    {
        let monitor = move |_: &Seen<'_>| vec![Action::SetScalar { name: name.into(), value }];
        let trainer = Trainer::start(fresh(folder.path(), &spec), ()).unwrap().monitored(monitor);
        let error = trainer.run(&AtomicBool::new(false)).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert!(value.is_nan() || error.hint().unwrap().contains("did you mean `d/learning_rate`"), "{error}");
    }
}

/// What a monitor asks for is done as a whole or not at all, and an error loses no step that was whole.
#[test]
fn an_error_after_a_whole_step_is_saved() {
    let (folder, spec) = (tempfile::tempdir().unwrap(), spec(&[]));
    let monitor = |seen: &Seen<'_>| match seen.step {
        7 => ["d/learning_rate", "nobody"].map(|name| Action::SetScalar { name: name.into(), value: 1e-3 }).into(),
        _ => Vec::new(),
    };
    let trainer = Trainer::start(fresh(folder.path(), &spec), ()).unwrap().monitored(monitor);
    let run = trainer.run_dir().path().to_path_buf();
    let error = trainer.run(&AtomicBool::new(false)).unwrap_err();
    assert!(matches!(error, GanError::Unknown { .. }), "{error}");
    let lines = events(&run);
    assert!(lines.iter().all(|line| !matches!(line.event, Event::SetScalar { .. })), "{lines:?}");
    assert!(matches!(&lines[lines.len() - 2].event, Event::Checkpoint { name, .. } if *name == checkpoint::name(7)));
    assert!(matches!(&lines[lines.len() - 1].event, Event::End { reason } if reason == "failed"), "{lines:?}");
    assert_eq!(bytes(&resume(&run), 20), bytes(&train(&folder.path().join("plain"), &spec), 20));
}

/// Of a step that was not finite the first program is applied here, and the second one is not.
#[test]
fn after_an_error_nothing_is_trained_or_saved() {
    let rate = "{class_name='PiecewiseConstantDecay', boundaries=[7], values=[0.0001, 1e38]}";
    let folder = tempfile::tempdir().unwrap();
    let rate = format!("phases.0.optimizer.learning_rate={rate}");
    let spec = spec(&[&rate, "train.fresh_fakes=true"]);
    let mut trainer = Trainer::start(fresh(folder.path(), &spec), ()).unwrap();
    let run = trainer.run_dir().path().to_path_buf();
    let error = loop {
        if let Err(error) = trainer.step() {
            break error;
        }
    };
    let steps = trainer.steps_done();
    assert!(matches!(error, GanError::NonFinite { .. }), "{error}");
    for refused in [trainer.step().err(), trainer.finish().err()] {
        let refused = refused.unwrap();
        assert!(matches!(&refused, GanError::Failed { step, .. } if *step == steps), "{refused}");
        assert!(refused.hint().unwrap().contains("step-00000005"), "{refused}");
    }
    let kept: Vec<u64> = checkpoint::list(&run).unwrap().into_iter().map(|(step, _)| step).collect();
    assert_eq!(kept, [0, 5], "step {steps}");
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

/// The same as one type: what a program writes, and what the command calls.
#[test]
fn a_training_is_made_compiled_trained_and_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let cpu = CpuOptions { threads: 1, ..CpuOptions::default() };
    let training = crate::Training::new(spec(&[]), dataset()).steps(6).outdir(folder.path()).name("x").cpu(cpu);
    assert_eq!((training.spec().train.steps, training.spec().data.source.as_str()), (Some(6), "ring2d"));
    assert!(!training.check().has_errors());
    let refused = crate::Training::new(spec(&[]), dataset()).set("networks.discriminator.layers.0.shape=[3]").unwrap();
    let Err(GanError::Defect { .. }) = refused.outdir(folder.path()).start() else { panic!("it was trained") };
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "what is refused leaves no run");
    let mut trainer = training.start().unwrap();
    let losses = trainer.step().unwrap().losses;
    assert_eq!(
        losses.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["d/non_saturating", "g/non_saturating"]
    );
    let outcome = trainer.finish().unwrap();
    assert_eq!((outcome.step, outcome.reason), (1, Reason::Stopped));
    let again = |steps| crate::Training::resume(&outcome.run).unwrap().steps(steps).cpu(cpu);
    let outcome = again(6).start().unwrap().run(&AtomicBool::new(false)).unwrap();
    assert_eq!((outcome.step, outcome.reason), (6, Reason::Steps));
    let unbroken = train(&folder.path().join("unbroken"), &spec(&["train.steps=6"]));
    assert_eq!(bytes(&outcome.run, 6), bytes(&unbroken, 6));
    // A length that it has passed is refused wherever it is said, and not written down.
    let before = std::fs::read_to_string(outcome.run.join("spec.toml")).unwrap();
    let refused = again(3).start().err().unwrap();
    assert!(matches!(refused, GanError::Passed { step: 6, .. }), "{refused}");
    let run = RunDir::open(&outcome.run).unwrap();
    let old = run_dir::read_spec(run.path()).unwrap();
    // Of both lengths the one that ends first is the one that is too short: 0.02 kimg are 3 steps of 8.
    for (steps, kimg, expected) in [
        (Some(3), None, Some(("--steps", "3", None))),
        (Some(3), Some(9.0), Some(("--steps", "3", None))),
        (Some(100), Some(0.02), Some(("--kimg", "0.02", Some(0.048)))),
        (None, Some(0.02), Some(("--kimg", "0.02", Some(0.048)))),
        (Some(6), None, None),
        (Some(7), None, None),
        (None, None, None),
    ] {
        let train = crate::spec::TrainSection { steps, kimg, ..old.train.clone() };
        match (crate::may_go_on(&run, &TrainSpec { train, ..old.clone() }), expected) {
            (Ok(()), None) => {}
            (Err(GanError::Passed { step: 6, kimg: shown, length, asked, .. }), Some(expected)) => {
                assert_eq!((length, asked.as_str(), shown), expected);
            }
            (found, _) => panic!("{steps:?} {kimg:?}: {found:?}"),
        }
    }
    let shorter = edit(&run_dir::read_spec(run.path()).unwrap(), "train.steps=3").unwrap();
    let refused = crate::Training::resume_on(run, shorter, dataset()).err().unwrap();
    assert!(matches!(refused, GanError::Passed { step: 6, .. }), "{refused}");
    assert_eq!(std::fs::read_to_string(outcome.run.join("spec.toml")).unwrap(), before);
}

/// The run's range was chosen by an earlier rule, as its codec says: what lies outside of today's is not clamped for it.
#[test]
fn a_run_of_another_range_reads_what_it_read() {
    let folder = tempfile::tempdir().unwrap();
    let data = || {
        let points: Vec<[f32; 2]> = (0..64).map(|i| [i as f32 / 32.0 - 1.0, 0.25]).collect();
        let options = DataOptions { range: Some([-0.5, 0.5]), ..DataOptions::default() };
        Arc::new(Dataset::from_samples("line", points, [2]).options(options).build().unwrap())
    };
    let training = crate::Training::new(spec(&[]), data()).steps(2).outdir(folder.path());
    let run = training.start().unwrap().run(&AtomicBool::new(false)).unwrap().run;
    let (spec, codec) = (run_dir::read_spec(&run).unwrap(), run.join("codec.json"));
    run_dir::same_data(&run, &data()).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&codec).unwrap()).unwrap();
    let sample = value["fields"][0].as_object_mut().unwrap();
    let text = serde_json::to_string(sample).unwrap().replace("-0.5", "-1.0").replace("0.5", "1.0");
    value["fields"][0] = serde_json::from_str(&text).unwrap();
    std::fs::write(&codec, value.to_string()).unwrap();
    let (shared, keeper) = (data(), data());
    let others = Arc::clone(&shared);
    let error = run_dir::same_data(&run, &keeper).unwrap_err();
    assert!(error.to_string().contains("expected the run's range, -1 to 1, found -0.5 to 0.5"), "{error}");
    let resumed = |data| crate::Training::resume_on(RunDir::open(&run).unwrap(), spec.clone(), data);
    assert!(matches!(resumed(shared).err(), Some(GanError::Argument { .. })));
    drop(others);
    let read = resumed(keeper).unwrap().data().gather(&[0]).unwrap().to_f64();
    assert_eq!(read, [-1.0, 0.25]);
    let beside = run_dir::beside(&run, Arc::into_inner(data()).unwrap()).unwrap();
    assert_eq!(beside.gather(&[0]).unwrap().to_f64(), [-1.0, 0.25]);
    assert_eq!(data().gather(&[0]).unwrap().to_f64(), [-0.5, 0.25], "else it is clamped");
}

/// Data that a program holds is read as the run reads it, or refused where others hold it too.
#[test]
fn a_run_goes_on_with_the_numbers_that_its_classes_had() {
    let folder = tempfile::tempdir().unwrap();
    let now = || Dataset::from_samples("two", (0..64).map(|i| [i as f32, 1.0]).collect::<Vec<_>>(), [2]);
    let labels: Vec<u32> = (0..64).map(|i| i % 2).collect();
    let other: Vec<u32> = labels.iter().map(|label| 1 - label).collect();
    let then = now().labels(labels, ["a", "b"]).build().unwrap();
    let now = now().labels(other, ["b", "a"]).build().unwrap();
    let outdir = folder.path().to_path_buf();
    let run = crate::Training::new(spec(&[]), then).steps(2).outdir(outdir).start().unwrap();
    let run = run.run(&AtomicBool::new(false)).unwrap().run;
    let spec = run_dir::read_spec(&run).unwrap();
    let resumed = |data: Arc<Dataset>| {
        crate::Training::resume_on(RunDir::open(&run).unwrap(), spec.clone(), data).map(|training| training.steps(3))
    };
    let now = Arc::new(now);
    let shared = Arc::clone(&now);
    assert!(matches!(resumed(now).err(), Some(GanError::DataChanged { .. })));
    let own = Arc::new(Arc::try_unwrap(shared).unwrap());
    let outcome = resumed(own).unwrap().start().unwrap().run(&AtomicBool::new(false)).unwrap();
    assert_eq!(outcome.step, 3);
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

#[test]
fn a_loss_that_means_nothing_ends_a_training_and_the_state_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let rate = "phases.0.optimizer.learning_rate=1000.0";
    let spec = spec(&[rate, "train.steps=300", "train.keep=1", "train.checkpoint_every=30"]);
    let trainer = Trainer::start(fresh(folder.path(), &spec), ()).unwrap();
    let error = trainer.run(&AtomicBool::new(false)).unwrap_err();
    let GanError::Runaway { step, steps, checkpoint, before, .. } = &error else { panic!("{error}") };
    assert_eq!(*steps, 50);
    assert!(checkpoint.ends_with(checkpoint::name(*step)) && checkpoint.is_dir(), "{error}");
    assert!(before.as_ref().is_some_and(|path| path.is_dir()), "{error}");
    let lines = events(&folder.path().join("00000-x"));
    assert!(matches!(&lines[lines.len() - 2].event, Event::Runaway { .. }), "{lines:?}");
    assert!(matches!(&lines[lines.len() - 1].event, Event::End { reason } if reason == "diverged"));
}

#[test]
fn other_data_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let run = train(folder.path(), &spec(&["train.steps=1"]));
    run_dir::same_data(&run, &dataset()).unwrap();
    let options = DataOptions { use_cache: false, ..DataOptions::default() };
    let other = Arc::new(Dataset::open(&Source::parse("grid2d").unwrap(), &options, &()).unwrap());
    let error = run_dir::same_data(&run, &other).unwrap_err();
    assert!(error.to_string().contains("25 classes (mode 0, mode 1, mode 2 …) instead of 8 classes"), "{error}");
    assert!(error.hint().unwrap().contains("--from"), "{error}");
    let refused = crate::verify(&run, None, Arc::clone(&other), &backend()).unwrap_err();
    assert!(matches!(refused, GanError::DataChanged { .. }), "{refused}");
    let mut setup = setup(RunDir::open(&run).unwrap());
    setup.dataset = other;
    assert!(matches!(Trainer::resume(setup, ()).err(), Some(GanError::DataChanged { .. })));
}

/// What is not finite is of the phase that owns it, else of the first one that trains its network, else of none.
#[test]
fn a_state_that_is_not_finite_is_told_with_its_phase() {
    let momentum = "phases.1.optimizer={class_name='SGD',learning_rate=0.01,momentum=0.9}";
    let folder = tempfile::tempdir().unwrap();
    let mut trainer = Trainer::start(fresh(folder.path(), &spec(&[momentum])), ()).unwrap();
    let names: Vec<String> = trainer.stepper.store().layout().entries.iter().map(|entry| entry.name.clone()).collect();
    for (begins, expected) in
        [("g/", "g"), ("d/", "d"), ("generator/", "g"), ("discriminator/", "d"), ("generator_ema/", "g")]
    {
        let name = names.iter().find(|name| name.starts_with(begins)).unwrap_or_else(|| panic!("{begins}: {names:?}"));
        let whole = trainer.stepper.store().read(name).unwrap();
        let mut values = whole.as_f32().unwrap().to_vec();
        values[0] = f32::NAN;
        let poisoned = ganymede_tensor::Tensor::from_f32(whole.shape().to_vec(), values).unwrap();
        trainer.stepper.store_mut().write(name, &poisoned).unwrap();
        let error = trainer.write_checkpoint().unwrap_err();
        let GanError::NonFinite { phase, what, .. } = &error else { panic!("{error}") };
        assert_eq!((phase.as_str(), what.as_slice()), (expected, std::slice::from_ref(name)));
        trainer.stepper.store_mut().write(name, &whole).unwrap();
    }
}
