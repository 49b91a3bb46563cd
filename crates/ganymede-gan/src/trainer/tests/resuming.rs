//! Runs that go on, and the data that they go on with.

use super::*;
use crate::spec::DataSpec;

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

/// Rows of one class alone have no target of their own; the run's stands.
#[test]
fn rows_of_one_class_stand_beside_a_run_that_has_two() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, row: &dyn Fn(usize) -> String| {
        let path = folder.path().join(name);
        let rows: String = (0..60).map(row).collect();
        std::fs::write(&path, format!("size,kind\n{rows}")).unwrap();
        path.display().to_string()
    };
    let both = file("both.csv", &|at| format!("{}.5,{}\n", at * 7 % 60, ["few", "many"][at % 2]));
    let one = file("one.csv", &|at| format!("{}.5,many\n", at * 11 % 60));
    let options = DataOptions { target: Some("kind".into()), use_cache: false, ..DataOptions::default() };
    let data = DataSpec { source: both, options, ..DataSpec::default() };
    let dataset = Dataset::open(&Source::parse(&data.source).unwrap(), &data.options, &()).unwrap();
    let training = crate::Training::preset("table", Arc::new(dataset)).unwrap().steps(1).outdir(folder.path());
    let run = training.start().unwrap().run(&AtomicBool::new(false)).unwrap().run;
    let beside = crate::open_beside(&run, &DataSpec { source: one, ..data.clone() }, &()).unwrap();
    assert_eq!((beside.len(), beside.classes()), (60, ["few", "many"].map(String::from).as_slice()));
    assert_eq!(beside.labels().unwrap(), [1; 60]);
    // What is wrong without the options, too, is told as it was met with them.
    let none = file("none.csv", &|_| String::new());
    assert!(crate::open_beside(&run, &DataSpec { source: none, ..data }, &()).is_err());
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

/// Points of 90 to 110 and of −3 to 1: the network's −1 to 1 is the data's range.
#[test]
fn an_outcome_gives_samples_in_the_units_of_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let points: Vec<[f32; 2]> = (0..64).map(|i| [90.0 + (i % 21) as f32, (i % 5) as f32 - 3.0]).collect();
    let data = Dataset::from_samples("far", points, [2]).build().unwrap();
    let training = crate::Training::preset_of_width("mlp", Some(4), &data).unwrap().batch(8).steps(1);
    let outcome = training.outdir(folder.path()).start().unwrap().train().unwrap();
    let found = outcome.sample(3..8).unwrap();
    let (mut sampler, codec, _) =
        Sampler::open(&outcome.run, crate::SamplerOptions::default(), &CpuBackend::new(CpuOptions::default()).unwrap())
            .unwrap();
    let network = sampler.draw(3..8, crate::Labels::InTurn).unwrap();
    let [low, high] = codec.range();
    assert!(low <= -3.0 && high >= 110.0, "{low} to {high}");
    assert_eq!(found.shape()[..], [5, 2]);
    for (found, value) in found.to_f64().into_iter().zip(network.to_f64()) {
        let expected = low + (value + 1.0) / 2.0 * (high - low);
        assert!((found - expected).abs() < 1e-4 * (high - low), "{found} for {value}");
    }
}
