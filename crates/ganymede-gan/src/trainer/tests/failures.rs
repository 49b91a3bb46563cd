//! Trainings that end with an error or with the process: what is on disk afterwards.

use super::*;

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
    let name = "trainer::tests::failures::a_crash_before_any_change_on_disk_leaves_a_run_that_goes_on";
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
