//! Errors: what they say, and that each has the hint of its kind. Not here: when they come.

use ganymede_data::DataError;
use ganymede_data::text::NotText;
use ganymede_gan::GanError;
use ganymede_gan::spec::TrainSpec;
use std::path::{Path, PathBuf};

fn nowhere() -> DataError {
    DataError::NotFound { text: "x".into(), names: vec!["ring2d".into()] }
}

fn runaway(before: Option<PathBuf>) -> GanError {
    GanError::Runaway { step: 60, loss: "d/hinge".into(), value: 2.5e7, steps: 50, checkpoint: "c".into(), before }
}

#[test]
fn every_kind_of_error_says_what_to_do() {
    let known = || vec!["hinge".to_string(), "wasserstein".into()];
    let path = || "runs/00001".into();
    for (error, text, hint) in [
        (
            GanError::Version { what: "a spec", expected: 1, found: 9 },
            "expected a spec of format_version 1 or lower, found 9",
            "update ganymede",
        ),
        (
            GanError::SpecIncomplete { missing: vec!["train", "phases"] },
            "found none of: train, phases",
            "ganymede check FILE",
        ),
        (
            GanError::Edit { assignment: "x=1".into(), reason: "no".into() },
            "cannot set `x=1`: no",
            "such as train.batch=32",
        ),
        (
            GanError::Unknown { kind: "a loss", name: "hing".into(), known: known() },
            "expected a loss, found `hing`",
            "did you mean `hinge`? known: hinge, wasserstein",
        ),
        (
            GanError::Unknown { kind: "a loss", name: "xyz".into(), known: known() },
            "found `xyz`",
            "known: hinge, wasserstein",
        ),
        (
            GanError::Memory { needed: 5 << 20, available: 3 << 20, limit: "available memory" },
            "at most 3.0 MiB (available memory), found one of at least 5.0 MiB",
            "--batch",
        ),
        (
            GanError::Memory { needed: 200 << 30, available: 103 << 20, limit: "the cgroup's limit" },
            "at most 0.1 GiB (the cgroup's limit), found one of at least 200.0 GiB",
            "--batch",
        ),
        (GanError::Locked { path: path() }, "the run is locked by another process", "train into another --outdir"),
        (
            GanError::Changed { path: path(), changes: vec!["a: 1 -> 2".into(), "b: 3 -> 4".into()] },
            "cannot change a: 1 -> 2; b: 3 -> 4",
            "--from RUN",
        ),
        (
            GanError::NoCheckpoint { path: path(), asked: Some(3), known: vec![5, 10] },
            "expected a checkpoint of step 5, 10, found 3",
            "take one of those",
        ),
        (
            GanError::NoCheckpoint { path: path(), asked: Some(3), known: vec![] },
            "expected a checkpoint in checkpoints/, found none",
            "before anything was saved",
        ),
        (
            GanError::NoCheckpoint { path: path(), asked: None, known: vec![] },
            "expected a checkpoint in checkpoints/, found none",
            "before anything was saved",
        ),
        (
            GanError::Damaged { path: path(), reason: "short".into() },
            "runs/00001: short",
            "it changed after it was written",
        ),
        (
            GanError::Misfit { path: path(), reason: "other".into() },
            "runs/00001: other",
            "the checkpoint is of other networks",
        ),
        (GanError::Run { path: path(), reason: "no".into() }, "runs/00001: no", "a run is a folder with a spec.toml"),
        (
            GanError::Text(NotText { line: 7, reason: "expected UTF-8".into() }),
            "line 7: expected UTF-8",
            "save it as UTF-8",
        ),
        (GanError::Data(nowhere()), "expected a path or one of ring2d, found `x`", "check the spelling"),
        (
            GanError::DataMoved { run: path(), source: Box::new(nowhere()) },
            "expected a path or one of ring2d, found `x`",
            "`ganymede train PLACE --outdir runs/00001` goes on with it",
        ),
        (
            GanError::DataChanged { run: path(), source_name: "pics".into(), changes: vec!["5 samples".into()] },
            "pics: expected the data that the run was started on, found 5 samples",
            "`ganymede evaluate runs/00001 DATA` compares",
        ),
        (
            GanError::NonFinite { step: 3, phase: "g".into(), what: vec!["x".into()], checkpoint: "c/step-2".into() },
            "not finite at step 3, phase `g`: x",
            "the last good state is c/step-2",
        ),
        (
            runaway(None),
            "the loss d/hinge is 2.500e7, and was beyond ±1e6 for 50 steps",
            "lower learning rate; the last",
        ),
        (
            runaway(Some("c/step-1".into())),
            "step 60: the loss",
            "for instance from c/step-1; the last state is kept in c",
        ),
        (
            GanError::Defect { place: "d".into(), reason: "bad".into(), fixes: vec!["do a".into(), "do b".into()] },
            "d: bad",
            "do a; or do b",
        ),
        (
            GanError::Passed { run: path(), step: 9, kimg: Some(0.5), length: "--kimg", asked: "0.2".into() },
            "runs/00001: already at step 9 (0.5 kimg); --kimg is the total, found 0.2",
            "give a larger --kimg;",
        ),
    ] {
        let (found, found_hint) = (error.to_string(), error.hint().unwrap_or_default());
        assert!(found.contains(text), "{found}");
        assert!(found_hint.contains(hint), "{found}: {found_hint}");
        // The same in a file.
        let inside = error.in_file(Path::new("spec.toml"));
        assert_eq!(
            (inside.to_string(), inside.hint().unwrap_or_default()),
            (format!("spec.toml: {found}"), found_hint)
        );
    }
    let without = GanError::Argument { what: "phase `d`".into(), reason: "expected one".into() };
    assert_eq!((without.to_string().as_str(), without.hint()), ("phase `d`: expected one", None));
    assert_eq!(GanError::Defect { place: "d".into(), reason: "bad".into(), fixes: vec![] }.hint(), None);
}

#[test]
fn places_in_a_spec_are_counted_from_one() {
    for (text, place) in [
        ("stepz = 5", "line 1, column 1: "),
        ("seed = 1\n[train]\n  stepz = 5\n", "line 3, column 3: "),
        ("seed = 1\n[train]\nbatch = 'x'\n", "line 3, column 9: "),
        ("seed = 1\nseed = 2\n", "line 2, column 1: "),
    ] {
        let error = TrainSpec::draft(text).unwrap_err().to_string();
        assert!(error.starts_with(place), "{text:?}: {error}");
    }
}
