//! Tests of the rules: optimizers, numbers and presets. Not here: the tutorial (`tutorial.rs`), shapes (`sizes.rs`), names and terms
//! (`terms.rs`), hints (`hints.rs`).

mod hints;
mod mending;
mod sizes;
mod terms;
mod tutorial;

use super::*;

#[test]
fn presets_have_no_errors() {
    use crate::presets::{PRESETS, PresetInput, preset_for};
    for entry in PRESETS {
        for shape in [vec![2], vec![28, 28, 1], vec![32, 32, 3], vec![64, 64, 3]] {
            let Ok(spec) = preset_for(entry.name, &PresetInput::of(shape.clone())) else { continue };
            let data = facts("data", &shape, 10_000, 10);
            let report = check(&Draft::from(spec), Some(&data));
            assert!(!report.has_errors(), "{}: {report}", entry.name);
        }
    }
}

#[test]
fn shared_dead_and_missing_optimizers_are_found_and_mended() {
    use crate::presets::{PresetInput, preset_for};
    let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let data = points();
    let broken: [fn(&mut TrainSpec); 4] = [
        |spec| spec.phases[0].optimizer = None,
        |spec| drop(spec.phases.pop()),
        |spec| {
            spec.phases.pop();
            spec.phases[0].trains.push("generator".into());
        },
        |spec| spec.phases[1].terms.clear(),
    ];
    for breaking in broken {
        let mut spec = spec.clone();
        breaking(&mut spec);
        let draft = Draft::from(spec);
        assert!(check(&draft, Some(&data)).has_errors());
        let (mended, _) = fix(&draft, Some(&data)).whole().unwrap();
        assert!(!check(&Draft::from(mended), Some(&data)).has_errors());
    }
}

#[test]
fn numbers_out_of_range_are_found_with_place_and_fix() {
    use crate::presets::{PresetInput, preset_for};
    use crate::spec::edit;
    let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let data = points();
    let checked = |assignment: &str| {
        let draft = Draft::from(edit(&spec, assignment).unwrap());
        (check(&draft, Some(&data)), draft)
    };
    for bad in [
        "train.steps=0",
        "train.kimg=-3",
        "train.kimg=nan",
        "train.kimg=inf",
        "train.minutes=0",
        "train.minutes=-1",
        "train.batch=0",
        "train.batch=65537",
        "train.n_critic=0",
        "train.n_critic=1001",
        "train.keep=0",
        "ema.half_life_kimg=0",
        "ema.half_life_kimg=-10",
        "ema.ramp_up=-0.1",
        "phases.0.every=0",
        "evaluate={every_kimg=0.0}",
        "evaluate={every_kimg=1.0,metrics=['inception']}",
        "phases.0.label_flip=1.5",
        "phases.1.top_k={class_name=\"CosineDecay\",initial_learning_rate=1.0,decay_steps=500,alpha=5.0}",
        "phases.1.top_k=-0.5",
        "phases.0.clip_weights=-1",
        "phases.0.terms.0.every=0",
        "train.micro_batches=0",
        "train.micro_batches=7",
        "phases.1.terms.0.weight=1e39",
        "phases.1.optimizer.learning_rate=0",
        "phases.1.optimizer.learning_rate={class_name=\"CosineDecay\",initial_learning_rate=0.0,decay_steps=50}",
    ] {
        let (report, draft) = checked(bad);
        let errors: Vec<&Finding> = report.of(Severity::Error).collect();
        assert_eq!(errors.len(), 1, "{bad}: {report}");
        let place = bad.split(['=', '(']).next().unwrap().replace(".optimizer.learning_rate", " (`g`)");
        assert!(errors[0].place.starts_with(&place), "{report}");
        assert!(errors[0].reason.contains("expected") || errors[0].reason.contains("nothing would move"), "{report}");
        let (mended, changes) = fix(&draft, Some(&data)).whole().unwrap();
        assert_eq!(changes.len(), 1, "{bad}: {changes:?}");
        assert!(!check(&Draft::from(mended), Some(&data)).has_errors(), "{bad}");
    }
    for bad in ["ema.half_life_kimg=nan", "phases.1.terms.0.weight=inf"] {
        let error = edit(&spec, bad).unwrap_err().to_string();
        assert!(error.contains("expected a finite number or a schedule"), "{bad}: {error}");
    }
    for good in [
        "phases.0.label_flip=0.05",
        "phases.1.top_k=0.5",
        "phases.0.clip_weights=0.01",
        "phases.0.terms.0.every=1",
        "train.micro_batches=8",
        "train.steps=1",
        "train.kimg=0.001",
        "train.minutes=1e9",
        "train.batch=65536",
        "train.n_critic=1000",
        "train.keep=1",
        "train.snapshot_every=0",
        "train.checkpoint_every=0",
        "ema.ramp_up=0",
        "phases.0.every=16",
        "phases.1.terms.0.weight=-1.5",
        "phases.1.optimizer.learning_rate={class_name=\"CosineDecay\",initial_learning_rate=0.0,decay_steps=50,warmup_target=0.1,warmup_steps=10}",
    ] {
        let (report, _) = checked(good);
        assert!(!report.has_errors(), "{good}: {report}");
    }
}

/// `mlp` for points of two coordinates, changed, and what a check on such points finds: places, reasons, first fixes.
fn errors_of_points(edits: &[&str]) -> (Draft, Vec<[String; 3]>) {
    use crate::presets::{PresetInput, preset_for};
    let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let spec = edits.iter().fold(spec, |spec, edit| crate::spec::edit(&spec, edit).unwrap());
    let draft = Draft::from(spec);
    let report = check(&draft, Some(&points()));
    let fix = |f: &Finding| f.fixes.first().map(|fix| fix.what.clone()).unwrap_or_default();
    let errors = report.of(Severity::Error).map(|f| [f.place.clone(), f.reason.clone(), fix(f)]).collect();
    (draft, errors)
}

/// What is known of data of this name, shape, number of samples and number of classes.
fn facts(name: &str, shape: &[usize], samples: usize, classes: usize) -> DataFacts {
    let (name, shape, classes) = (name.into(), shape.to_vec(), Some(classes));
    DataFacts { name, shape, samples, classes, ..DataFacts::default() }
}

fn points() -> DataFacts {
    facts("ring2d", &[2], 1000, 0)
}
