//! The tutorial's program under the checker: every defect at once, and the repaired spec trains.

use super::*;

const VERBATIM: &str = include_str!("../../../../examples/article-verbatim.toml");

fn verbatim() -> Draft {
    TrainSpec::draft(VERBATIM).unwrap()
}

#[test]
fn every_defect_of_the_tutorial_is_found_at_once() {
    let report = check(&verbatim(), None);
    let text = report.to_string();
    let expected = [
        ("train_table", "there is no loop"),
        ("shapes", "expected 4096 values for (4, 4, 256), found 256"),
        ("pairing", "the generator gives 7x7x3 where the discriminator takes 28x28x3"),
        ("logits", "`sigmoid` meets a loss of logits"),
        ("logits", "could not fall below 1.006"),
        ("loss_args", "a generator has no target of its own"),
        ("loss_args", "a discriminator's loss has two parts"),
        ("data_shape", "28x28x3 fits neither"),
        ("kernel_stride", "not divisible by stride"),
        ("beta_1", "beta_1 is 0.9"),
    ];
    for (rule, part) in expected {
        let found = report.findings.iter().any(|f| f.rule == rule && f.reason.contains(part));
        assert!(found, "{rule}: {part} is not in\n{text}");
    }
    assert!(report.of(Severity::Error).all(|f| !f.fixes.is_empty()), "{text}");
    assert_eq!(report.of(Severity::Error).count(), 6, "{text}");
}

#[test]
fn what_concerns_the_data_is_an_error_when_it_is_named() {
    for shape in [vec![28, 28, 1], vec![32, 32, 3]] {
        let data = DataFacts {
            name: "data".into(),
            shape: shape.clone(),
            samples: 1000,
            classes: Some(0),
            ..DataFacts::default()
        };
        let report = check(&verbatim(), Some(&data));
        assert!(report.of(Severity::Error).any(|f| f.rule == "data_shape"), "{shape:?}");
        let (spec, _) = fix(&verbatim(), Some(&data)).unwrap();
        let again = check(&Draft { missing: vec!["data"], ..Draft::from(spec) }, Some(&data));
        assert!(!again.has_errors(), "{again}");
    }
}

#[test]
fn the_repaired_program_keeps_its_layers_in_order() {
    let (spec, changes) = fix(&verbatim(), None).unwrap();
    assert!(changes.len() >= 6, "{changes:?}");
    let classes = |spec: &TrainSpec, network: &str| -> Vec<String> {
        spec.networks[network].layers.iter().map(|l| l.class_name.clone()).collect()
    };
    assert_eq!(
        classes(&spec, "generator"),
        ["Input", "Dense", "Reshape", "Conv2DTranspose", "Conv2DTranspose", "Conv2D"]
    );
    assert_eq!(classes(&spec, "discriminator"), classes(&verbatim().spec, "discriminator"));
    assert_eq!(spec.networks["generator"].layers[2].arguments["target_shape"], serde_json::json!([7, 7, 256]));
    let text = spec.to_toml();
    assert_eq!(TrainSpec::from_toml(&text).unwrap(), spec);
}

#[test]
fn presets_have_no_errors() {
    use crate::presets::{PRESETS, PresetInput, preset_for};
    for entry in PRESETS {
        for shape in [vec![2], vec![28, 28, 1], vec![32, 32, 3], vec![64, 64, 3]] {
            let Ok(spec) = preset_for(entry.name, &PresetInput::of(shape.clone())) else { continue };
            let data =
                DataFacts { name: "data".into(), shape, samples: 10_000, classes: Some(10), ..DataFacts::default() };
            let report = check(&Draft::from(spec), Some(&data));
            assert!(!report.has_errors(), "{}: {report}", entry.name);
        }
    }
}

#[test]
fn shared_dead_and_missing_optimizers_are_found_and_mended() {
    use crate::presets::{PresetInput, preset_for};
    let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let data =
        DataFacts { name: "ring2d".into(), shape: vec![2], samples: 1000, classes: Some(0), ..DataFacts::default() };
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
        let (mended, _) = fix(&draft, Some(&data)).unwrap();
        assert!(!check(&Draft::from(mended), Some(&data)).has_errors());
    }
}

#[test]
fn a_dense_generator_follows_the_data() {
    for (shape, units) in [(vec![2], 3), (vec![28, 28, 1], 783)] {
        let data = DataFacts {
            name: "data".into(),
            shape: shape.clone(),
            samples: 1000,
            classes: Some(0),
            ..DataFacts::default()
        };
        let mut layers = vec![format!("{{ class_name = \"Dense\", units = {units}, activation = \"tanh\" }}")];
        if shape.len() > 1 {
            layers.push(format!("{{ class_name = \"Reshape\", target_shape = [{units}, 1, 1] }}"));
        }
        let phase = |name: &str, trains: &str| {
            format!(
                "[[phases]]\nname = \"{name}\"\ntrains = [\"{trains}\"]\n\
                 optimizer = {{ class_name = \"Adam\" }}\nterms = [{{ class_name = \"non_saturating\" }}]\n"
            )
        };
        let text = format!(
            "[train]\nsteps = 5\n\
             [networks]\n\
             generator.layers = [{{ class_name = \"Input\", shape = [8] }}, {}]\n\
             discriminator.layers = [{{ class_name = \"Input\", shape = {shape:?} }}, \
             {{ class_name = \"Flatten\" }}, {{ class_name = \"Dense\", units = 1 }}]\n{}{}",
            layers.join(", "),
            phase("d", "discriminator"),
            phase("g", "generator"),
        );
        let (spec, changes) = fix(&TrainSpec::draft(&text).unwrap(), Some(&data)).unwrap();
        assert_eq!(changes.len(), 1, "{changes:?}");
        let product: usize = shape.iter().product();
        assert_eq!(spec.networks["generator"].layers[1].arguments["units"], serde_json::json!(product));
        assert!(!check(&Draft { missing: vec!["data"], ..Draft::from(spec) }, Some(&data)).has_errors());
    }
}

#[test]
fn what_cannot_be_counted_is_an_error_and_no_panic() {
    use crate::presets::{PresetInput, preset_for};
    let good = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let codec = ganymede_data::Source::parse("ring2d").unwrap();
    let codec = ganymede_data::Dataset::open(&codec, &Default::default(), &()).unwrap().codec().clone();
    let edits: [fn(&mut TrainSpec); 3] =
        [|s| s.phases[1].every = 0, |s| s.train.n_critic = 0, |s| s.train.n_critic = u64::MAX / 2];
    for edit in edits {
        let mut spec = good.clone();
        edit(&mut spec);
        assert!(crate::phases::trace(&spec, &codec).is_err());
        let draft = Draft::from(spec);
        assert_eq!(check(&draft, None).of(Severity::Error).count(), 1);
        assert!(fix(&draft, None).is_ok());
    }
    let spec = TrainSpec { train: crate::spec::TrainSection { kimg: Some(f64::NAN), ..good.train.clone() }, ..good };
    assert!(check(&Draft::from(spec), None).has_errors());
}

#[test]
fn numbers_out_of_range_are_found_with_place_and_fix() {
    use crate::presets::{PresetInput, preset_for};
    use crate::spec::edit;
    let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let data =
        DataFacts { name: "ring2d".into(), shape: vec![2], samples: 1000, classes: Some(0), ..DataFacts::default() };
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
        let (mended, changes) = fix(&draft, Some(&data)).unwrap();
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

#[test]
fn what_tracing_would_refuse_is_found_with_its_place() {
    use crate::presets::{PresetInput, preset_for};
    use crate::spec::edit;
    let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let data =
        DataFacts { name: "ring2d".into(), shape: vec![2], samples: 1000, classes: Some(0), ..DataFacts::default() };
    let penalty = |at: usize, more: &str| {
        format!("phases.{at}.terms=[{{class_name=\"non_saturating\"}},{{class_name=\"gradient_penalty\"{more}}}]")
    };
    let losses = "phases.0.terms=[{class_name=\"BinaryCrossentropy\",from_logits=true,reduction=\"none\"}]";
    for (bad, place, mendable) in [
        ("phases.1.name=d".to_string(), "phases.1.name", true),
        ("phases.0.trains=[\"discriminator\",\"discriminator\"]".into(), "phases.0.trains", true),
        ("ema.network=generatr".into(), "ema.network", true),
        (penalty(0, ",strength=3"), "phases.0.terms.1 (gradient_penalty)", false),
        (penalty(0, ",args=[\"real\"]"), "phases.0.terms.1 (gradient_penalty)", false),
        (penalty(1, ""), "phases.1.terms.1 (gradient_penalty)", false),
        (losses.into(), "phases.0.terms.0 (BinaryCrossentropy)", true),
    ] {
        let draft = Draft::from(edit(&spec, &bad).unwrap());
        for data in [None, Some(&data)] {
            let report = check(&draft, data);
            let errors: Vec<&Finding> = report.of(Severity::Error).collect();
            assert_eq!(errors.len(), 1, "{bad}: {report}");
            assert_eq!(errors[0].place, place, "{report}");
            assert!(!report.to_string().contains(".rs"), "{report}");
            assert_eq!(fix(&draft, data).is_ok(), mendable, "{bad}");
        }
    }
    let good = Draft::from(edit(&spec, &penalty(0, "")).unwrap());
    assert!(!check(&good, Some(&data)).has_errors());
}

#[test]
fn a_misspelt_argument_is_one_error_and_gets_its_name() {
    use crate::presets::{PresetInput, preset_for};
    let good = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let mut spec = good.clone();
    let layer = &mut spec.networks.get_mut("generator").unwrap().layers[1];
    let units = layer.arguments.shift_remove("units").unwrap();
    layer.arguments.insert("unitz".into(), units);
    let draft = Draft::from(spec);
    let report = check(&draft, None);
    let errors: Vec<&Finding> = report.of(Severity::Error).collect();
    assert_eq!((errors.len(), errors[0].fixes[0].what.as_str()), (1, "rename `unitz` to `units`"), "{report}");
    assert!(report.to_string().ends_with("\n1 error, 1 hint"), "{report}");
    let (mended, _) = fix(&draft, None).unwrap();
    assert_eq!(mended.networks, good.networks);
}

#[test]
fn labels_are_there_for_networks_that_take_them() {
    let text = r#"
train = { steps = 10, batch = 8 }
data = { source = "ring2d" }
[networks.generator]
layers = [
    { class_name = "Input", shape = [4], name = "latent" },
    { class_name = "Input", shape = [], dtype = "int32", name = "label" },
    { class_name = "Embedding", input_dim = 3, output_dim = 4, inputs = ["label"], name = "meaning" },
    { class_name = "Multiply", inputs = ["latent", "meaning"] },
    { class_name = "Dense", units = 2 },
]
[networks.discriminator]
layers = [
    { class_name = "Input", shape = [2] },
    { class_name = "Dense", units = 1 },
]
[[phases]]
name = "d"
trains = ["discriminator"]
optimizer = { class_name = "Adam", beta_1 = 0.5 }
terms = [{ class_name = "hinge" }]
[[phases]]
name = "g"
trains = ["generator"]
optimizer = { class_name = "Adam", beta_1 = 0.5 }
terms = [{ class_name = "hinge" }]
"#;
    let draft = TrainSpec::draft(text).unwrap();
    let errors = |classes| {
        let data = DataFacts {
            name: "ring2d".into(),
            shape: vec![2],
            samples: 1000,
            classes: Some(classes),
            ..DataFacts::default()
        };
        let report = check(&draft, Some(&data));
        let told = report.of(Severity::Error).map(|f| format!("{}: {}", f.place, f.reason)).collect::<Vec<_>>();
        if classes == 8 {
            let (mended, _) = fix(&draft, Some(&data)).unwrap();
            assert!(!check(&Draft::from(mended), Some(&data)).has_errors());
        }
        told
    };
    assert_eq!(errors(3), [""; 0]);
    assert_eq!(
        errors(8),
        ["networks.generator.layers.2 (Embedding): expected input_dim of 8, the number of the data's classes, found 3"]
    );
    assert!(errors(0)[0].starts_with("networks.generator: it takes labels"), "{:?}", errors(0));
    assert_eq!(errors(2), [""; 0]);
    let data =
        DataFacts { name: "ring2d".into(), shape: vec![2], samples: 1000, classes: Some(2), ..DataFacts::default() };
    let hints = check(&draft, Some(&data)).to_string();
    assert!(hints.contains("it knows 3 classes, the data has 2"), "{hints}");
}

#[test]
fn sizes_that_are_unequal_say_their_order() {
    use crate::presets::{PresetInput, preset_for};
    let spec = preset_for("dcgan", &PresetInput::of(vec![96, 64, 1])).unwrap();
    let draft = Draft::from(spec);
    let data = DataFacts {
        name: "photos".into(),
        shape: vec![32, 32, 1],
        samples: 1000,
        classes: Some(0),
        ..DataFacts::default()
    };
    let told = check(&draft, Some(&data)).to_string();
    assert!(told.contains("takes 96x64x1, `photos` has 32x32x1 (each height x width x channels)"), "{told}");
    for (preset, shape, part) in [
        ("dcgan", vec![34, 30, 1], "found 30x34 (width x height)"),
        ("sngan", vec![34, 30, 1], "30x34 (width x height)"),
        ("article", vec![34, 30, 1], "found 30x34 (width x height)"),
        ("ring2d", vec![100], "found samples of shape [100]; use `mlp`"),
        ("ring2d", vec![28, 28, 1], "use `dcgan` for images"),
    ] {
        let error = preset_for(preset, &PresetInput::of(shape)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn networks_of_points_are_mended_for_images() {
    use crate::presets::{PresetInput, preset_for};
    let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let data = DataFacts {
        name: "photos".into(),
        shape: vec![8, 6, 3],
        samples: 1000,
        classes: Some(0),
        ..DataFacts::default()
    };
    let (mended, changes) = fix(&Draft::from(spec), Some(&data)).unwrap();
    assert_eq!(changes.len(), 2, "{changes:?}");
    let subject = Draft::from(mended);
    let subject = Subject::new(&subject, Some(&data));
    assert_eq!(subject.network("generator").unwrap().output, [8, 6, 3]);
    assert_eq!(subject.network("discriminator").unwrap().output, [1]);
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

fn points() -> DataFacts {
    DataFacts { name: "ring2d".into(), shape: vec![2], samples: 1000, classes: Some(0), ..DataFacts::default() }
}

#[test]
fn only_a_name_that_is_near_becomes_a_fix() {
    for (name, near) in [
        ("r1_penalty", ""),
        ("wgan", "use `wasserstein`"),
        ("spectral_normalization", ""),
        ("non_saturatin", "use `non_saturating`"),
    ] {
        let (draft, errors) = errors_of_points(&[&format!("phases.0.terms.0.class_name={name}")]);
        let [[_, reason, fixed]] = &errors[..] else { panic!("{errors:?}") };
        assert_eq!(fixed, near, "{name}");
        assert_eq!(reason.contains("(known: non_saturating, "), near.is_empty(), "{reason}");
        assert_eq!(fix(&draft, Some(&points())).is_ok(), !near.is_empty(), "{name}");
    }
}

#[test]
fn an_argument_that_a_term_has_not_gets_the_name_of_one_that_it_has() {
    let term = |text: &str| format!("phases.0.terms=[{{class_name=\"non_saturating\"}},{{{text}}}]");
    for (text, reason, fixed) in [
        (
            "class_name=\"non_saturating\",wieght=2.0",
            "it has no argument `wieght` (did you mean `weight`?)",
            "rename `wieght` to `weight`",
        ),
        ("class_name=\"r1\",evry=4", "it has no argument `evry` (did you mean `every`?)", "rename `evry` to `every`"),
        (
            "class_name=\"non_saturating\",real_lable=0.9",
            "it has no argument `real_lable` (did you mean `real_label`?)",
            "rename `real_lable` to `real_label`",
        ),
        ("class_name=\"r1\",strength=4", "it has no argument `strength` (it takes weight, every)", ""),
        ("class_name=\"r1\",evry=\"often\"", "it has no argument `evry` (did you mean `every`?)", ""),
        (
            "class_name=\"BinaryCrossentropy\",from_logits=true,label_smothing=0.1",
            "it has no argument `label_smothing` (did you mean `label_smoothing`?)",
            "rename `label_smothing` to `label_smoothing`",
        ),
    ] {
        let (draft, errors) = errors_of_points(&[&term(text)]);
        let [[place, found, fix_found]] = &errors[..] else { panic!("{text}: {errors:?}") };
        assert!(place.starts_with("phases.0.terms.1 ("), "{place}");
        assert_eq!((found.as_str(), fix_found.as_str()), (reason, fixed));
        if !fixed.is_empty() {
            let (mended, _) = fix(&draft, Some(&points())).unwrap();
            let term = &mended.phases[0].terms[1];
            let value = |name: &str| term.arguments.get(name).and_then(toml::Value::as_float);
            let moved = term.weight == 2.0.into() || term.every == 4;
            assert!(moved || value("real_label") == Some(0.9) || value("label_smoothing") == Some(0.1), "{term:?}");
        }
    }
}

#[test]
fn what_follows_from_an_error_is_no_error_of_its_own() {
    let lazy = "phases.0.terms=[{class_name=\"non_saturating\"},{class_name=\"r1\",every=4}]";
    let with = |term: &str| format!("phases.0.terms=[{{class_name=\"non_saturating\"}},{{class_name=\"{term}\"}}]");
    let (consistency, orthogonal) = (with("consistency"), with("orthogonal"));
    let both = consistency.replace("},{", "},{class_name=\"orthogonal\"},{");
    let began = ["phases.0.terms.0.class_name=began", "phases.1.terms.0.class_name=began"];
    let swapped = [lazy, "phases.0.trains=[\"generator\"]", "phases.1.trains=[\"discriminator\"]"];
    for (edits, place, reason) in [
        (&[consistency.as_str()][..], "phases.0.terms.1 (consistency)", "`consistency` expected images"),
        (&[both.as_str()], "phases.0.terms.2 (consistency)", "`consistency` expected images"),
        (&swapped, "phases.0.terms.1 (r1)", "`r1` is a term of the discriminator's loss"),
    ] {
        let (_, errors) = errors_of_points(edits);
        let [[found, told, _]] = &errors[..] else { panic!("{edits:?}: {errors:?}") };
        assert_eq!(found, place);
        assert!(told.contains(reason), "{told}");
    }
    let (_, errors) = errors_of_points(&began);
    assert!(errors.iter().all(|[_, reason, _]| reason.contains("`began` expected a discriminator that gives")));
    assert_eq!(errors.len(), 1, "{errors:?}");
    for good in [lazy, orthogonal.as_str()] {
        assert!(errors_of_points(&[good]).1.is_empty(), "{good}");
    }
}

#[test]
fn what_is_wrong_with_an_augmentation_is_told_once_at_its_place() {
    for (augment, place, reason, fixed) in [
        ("class_name=\"diff_augment\"", "augment.0 (diff_augment)", "expected images", "leave augment.0 out"),
        (
            "class_name=\"difaugment\"",
            "augment.0",
            "expected an augmentation, found `difaugment`",
            "use `diff_augment`",
        ),
        ("class_name=\"cutmix\"", "augment.0", "(known: diff_augment, adaptive, instance_noise)", ""),
        (
            "class_name=\"instance_noise\",sigm=0.1",
            "augment.0 (instance_noise)",
            "it has no argument `sigm` (did you mean `sigma`?)",
            "rename `sigm` to `sigma`",
        ),
        ("class_name=\"instance_noise\",sigma=-1.0", "augment.0 (instance_noise)", "found -1", ""),
    ] {
        let (draft, errors) = errors_of_points(&[&format!("augment=[{{{augment}}}]")]);
        let [[found, told, fix_found]] = &errors[..] else { panic!("{augment}: {errors:?}") };
        assert_eq!((found.as_str(), fix_found.as_str()), (place, fixed));
        assert!(told.contains(reason), "{told}");
        assert_eq!(fix(&draft, Some(&points())).is_ok(), !fixed.is_empty(), "{augment}");
    }
}

#[test]
fn what_is_wrong_with_freeze_is_told_at_its_place() {
    for (freeze, reason, fixed) in [
        ("discriminator/dens", "found `discriminator/dens`", "use `discriminator/dense`"),
        ("head", "(known: discriminator/dense, discriminator/dense_1", ""),
        ("discriminator", "expected `freeze` to leave something to train", ""),
    ] {
        let (_, errors) = errors_of_points(&[&format!("phases.0.freeze=[\"{freeze}\"]")]);
        let [[place, told, fix_found]] = &errors[..] else { panic!("{freeze}: {errors:?}") };
        assert_eq!((place.as_str(), fix_found.as_str()), ("phases.0.freeze", fixed));
        assert!(told.contains(reason), "{told}");
    }
    let twice = "phases.0.freeze=[\"discriminator/dense\",\"discriminator/dense\"]";
    assert!(errors_of_points(&[twice]).1.is_empty());
}

/// The hints for `mlp` on points, changed.
fn hints_of_points(edits: &[&str]) -> Vec<(&'static str, String)> {
    let (draft, errors) = errors_of_points(edits);
    assert!(errors.is_empty(), "{errors:?}");
    check(&draft, Some(&points())).of(Severity::Hint).map(|f| (f.rule, f.place.clone())).collect()
}

#[test]
fn a_critic_of_any_slope_is_hinted_at() {
    let critic = ["phases.0.terms.0.class_name=wasserstein", "phases.1.terms.0.class_name=wasserstein"];
    let with = |more: &str| hints_of_points(&[critic[0], critic[1], more]);
    assert_eq!(with("seed=1"), [("lipschitz", "phases.0.terms.0 (wasserstein)".to_string())]);
    let penalties = ["gradient_penalty", "lipschitz_penalty", "zero_centered_penalty", "dragan", "r1", "r2"];
    for penalty in penalties {
        let terms = format!("phases.0.terms=[{{class_name=\"wasserstein\"}},{{class_name=\"{penalty}\"}}]");
        assert_eq!(with(&terms), [], "{penalty}");
    }
    assert_eq!(with("phases.0.clip_weights=0.01"), []);
    let layer =
        "networks.discriminator.layers.1={class_name=\"SpectralNormalization\",layer={class_name=\"Dense\",units=8}}";
    assert_eq!(with(layer), []);
    assert_eq!(hints_of_points(&["seed=1"]), [], "another objective");
}

#[test]
fn averages_that_nothing_uses_and_players_without_an_objective_are_hinted_at() {
    let averaged = hints_of_points(&["ema={network=\"discriminator\"}"]);
    assert_eq!(averaged, [("references", "ema.network".to_string())]);
    let alone = |player: usize, term: &str| format!("phases.{player}.terms=[{{class_name=\"{term}\"}}]");
    assert_eq!(hints_of_points(&[&alone(0, "r1")]), [("terms", "phases.0 (`d`)".to_string())]);
    assert_eq!(hints_of_points(&[&alone(1, "path_length")]), [("terms", "phases.1 (`g`)".to_string())]);
    let features = "networks.discriminator.outputs=[\"dense_3\",\"dense_2\"]";
    assert_eq!(hints_of_points(&[&alone(1, "feature_matching"), features]), []);
}

#[test]
fn presets_hint_at_nothing_but_the_kernels_of_the_tutorial() {
    use crate::presets::{PRESETS, PresetInput, preset_for};
    for entry in PRESETS {
        for shape in [vec![2], vec![28, 28, 1], vec![32, 32, 3], vec![48, 48, 3]] {
            let Ok(spec) = preset_for(entry.name, &PresetInput::of(shape.clone())) else { continue };
            let data =
                DataFacts { name: "data".into(), shape, samples: 10_000, classes: Some(10), ..DataFacts::default() };
            let report = check(&Draft::from(spec), Some(&data));
            let unexpected: Vec<&Finding> =
                report.of(Severity::Hint).filter(|f| !(f.rule == "kernel_stride" && entry.name == "dcgan")).collect();
            assert!(unexpected.is_empty(), "{}: {unexpected:?}", entry.name);
        }
    }
}
