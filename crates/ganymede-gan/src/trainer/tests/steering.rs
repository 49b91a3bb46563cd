//! Monitors: what they do, and that a resumed run does it again.

use super::*;

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
