//! Repairs: one fix after another, what is left, and the text that is written.

use super::*;
use crate::presets::{PresetInput, preset_for};
use crate::spec::edit;

/// `dcgan` for images of 28 x 28, changed: its errors' lines, places, reasons and first fixes.
fn errors_of_images(edits: &[&str]) -> (Draft, Vec<[String; 3]>) {
    let spec = preset_for("dcgan", &PresetInput::of(vec![28, 28, 1])).unwrap();
    let spec = edits.iter().fold(spec, |spec, change| edit(&spec, change).unwrap());
    let draft = TrainSpec::draft(&spec.to_toml()).unwrap();
    let report = check(&draft, Some(&images(10)));
    let fix = |f: &Finding| f.fixes.first().map(|fix| fix.what.clone()).unwrap_or_default();
    let errors = report.of(Severity::Error).map(|f| [f.place.clone(), f.reason.clone(), fix(f)]).collect();
    (draft, errors)
}

fn images(classes: usize) -> DataFacts {
    facts("images", &[28, 28, 1], 10_000, classes)
}

/// A spec of points with its loop under a wrong name, a rate that is no number, and comments.
const TEXT: &str = r#"# my networks
[trian]  # the loop
steps = 3600  # an hour
batch_size = 32
n_critic = 0

[networks.generator]
layers = [
    { class_name = "Input", shape = [4] },  # the latent
    { class_name = "Dense", units = 3 },
]
[networks.discriminator]
layers = [{ class_name = "Input", shape = [2] }, { class_name = "Dense", units = 1 }]

[[phases]]
name = "d"
trains = ["discriminator"]
every = "often"  # how often?
optimizer = { class_name = "Adam", beta_1 = 0.5 }
terms = [{ class_name = "hinge" }]

# the other player
[[phases]]
name = "g"
trains = ["generater"]
optimizer = { class_name = "Adam", beta_1 = 0.5 }
terms = [{ class_name = "hinge" }]
"#;

#[test]
fn what_has_a_fix_is_mended_in_the_text_and_the_rest_is_left() {
    let draft = TrainSpec::lenient(TEXT).unwrap();
    let Repaired { spec, changes, left, .. } = fix(&draft, Some(&points()));
    assert_eq!((spec.train.steps, spec.train.batch), (Some(3600), 32), "{changes:?}");
    assert_eq!(
        changes,
        [
            "name it `train`",
            "name it `batch`",
            "set train.n_critic = 1",
            "set units of the generator's last Dense to 2",
            "train `generator`",
        ]
    );
    let places = |report: &Report| report.of(Severity::Error).map(|f| (f.line, f.place.clone())).collect::<Vec<_>>();
    assert_eq!(places(&left), [(Some(18), "phases.0.every".to_string())]);
    let expected = TEXT
        .replace("[trian]", "[train]")
        .replace("batch_size", "batch")
        .replace("n_critic = 0", "n_critic = 1")
        .replace("units = 3", "units = 2")
        .replace("generater", "generator");
    assert_eq!(draft.rewritten(&spec).unwrap(), expected);
    assert_eq!(places(&check(&TrainSpec::lenient(&expected).unwrap(), Some(&points()))), places(&left));
}

#[test]
fn a_loop_under_another_name_is_not_missed() {
    let report = check(&TrainSpec::lenient(TEXT).unwrap(), Some(&points()));
    assert!(report.findings.iter().all(|finding| finding.rule != "train_table"), "{report}");
}

#[test]
fn tables_and_layers_come_and_go_in_the_text() {
    let spec = preset_for("dcgan", &PresetInput::of(vec![28, 28, 1])).unwrap();
    let text = spec.to_toml().replace("[[phases]]", "# a phase\n[[phases]]");
    let draft = TrainSpec::draft(&text).unwrap();
    let written = |change: &dyn Fn(&mut TrainSpec)| {
        let mut spec = spec.clone();
        change(&mut spec);
        let text = draft.rewritten(&spec).expect("it can be written in place");
        assert_eq!(TrainSpec::from_toml(&text).unwrap(), spec, "{text}");
        text
    };
    assert_eq!(written(&|_| {}), text);
    let flatten = written(&|spec| {
        let layers = &mut spec.discriminator_mut().unwrap().layers;
        layers.insert(3, layers[2].clone());
    });
    assert_eq!(flatten.matches("# a phase").count(), 2);
    let less = written(&|spec| drop(spec.generator_mut().unwrap().layers.remove(3)));
    assert!(less.lines().count() < text.lines().count());
    let one = written(&|spec| drop(spec.phases.pop()));
    assert_eq!(one.matches("# a phase").count(), 1);
    let bare = TrainSpec::lenient("# nothing\n").unwrap();
    let steps =
        TrainSpec { train: crate::spec::TrainSection { steps: Some(5), ..Default::default() }, ..bare.spec.clone() };
    assert_eq!(bare.rewritten(&steps).unwrap(), "# nothing\n\n[train]\nsteps = 5\n");
    written(&|spec| spec.ema = None);
    written(&|spec| spec.from = Some("x".into()));
    written(&|spec| spec.data.options.range = Some([-1.0, 1.0]));
    let named = written(&|spec| {
        let network = spec.networks.remove("discriminator").unwrap();
        spec.networks.insert("critic".into(), network);
    });
    assert!(named.contains("[[networks.critic.layers]]") && !named.contains("networks.discriminator"), "{named}");
}

#[test]
fn names_and_forms_are_mended_where_they_stand() {
    let preset = preset_for("dcgan", &PresetInput::of(vec![28, 28, 1])).unwrap().to_toml();
    for (old, bad, left) in [
        ("kernel_size = [5, 5]", "kernal_size = [5, 5]", 0),
        ("steps = ", "steps = 1e400  # ", 1),
        ("rate = ", "rate = nan  # ", 1),
        ("trains = ", "trains = -1  # ", 1),
        ("name = ", "name = [0]  # ", 1),
        ("fit = \"crop\"", "fit = \"corp\"  # a comment", 0),
    ] {
        let text = preset.replacen(old, bad, 1);
        let draft = TrainSpec::lenient(&text).unwrap();
        let repaired = fix(&draft, Some(&images(10)));
        assert_eq!(repaired.left.of(Severity::Error).count(), left, "{}", repaired.left);
        let written = draft.rewritten(&repaired.spec).expect("it can be written in place");
        let good = if left > 0 {
            text.clone()
        } else {
            preset.replacen(old, &bad.replace("kernal", "kernel").replace("corp", "crop"), 1)
        };
        assert_eq!(written, good);
    }
}

#[test]
fn what_is_said_of_the_data_is_judged_without_it() {
    for (bad, place, reason, fixed) in [
        ("data.range=[1.0, -1.0]", "data.range", "expected a low value and a higher one", "write [-1.0, 1.0]"),
        ("data.range=[1.0, 1.0]", "data.range", "found 1 and 1", ""),
        ("data.max_bad=5.0", "data.max_bad", "expected a fraction from 0 to 1, found 5", ""),
        ("data.channels=9", "data.channels", "found 9", ""),
        ("data.channels=0", "data.channels", "found 0", ""),
        ("data.holdout=1.5", "data.holdout", "found 1.5", ""),
        ("data.modality=imges", "data.modality", "found `imges`", "write \"images\""),
        ("data.shape=[0, 28, 1]", "data.shape", "found [0, 28, 1]", "leave data.shape out"),
        ("data.reshape=[0, 28]", "data.reshape", "found [0, 28]", ""),
    ] {
        let (draft, errors) = errors_of_images(&[bad]);
        let [[found, told, fix_found]] = &errors[..] else { panic!("{bad}: {errors:?}") };
        assert_eq!(found, place);
        assert!(told.contains(reason) && fix_found.starts_with(fixed), "{told} {fix_found}");
        assert_eq!((fix_found.is_empty(), fix(&draft, None).whole().is_none()), (fixed.is_empty(), fixed.is_empty()));
    }
    let (_, all) = errors_of_images(&["data.range=[1.0, -1.0]", "data.channels=9", "data.holdout=-1.0"]);
    assert_eq!(all.len(), 3, "{all:?}");
}

#[test]
fn numbers_of_layers_let_something_through() {
    for (bad, place, reason) in [
        ("networks.generator.layers.0.shape=[0]", "networks.generator.layers.0 (Input).shape", "found [0]"),
        (
            "networks.discriminator.layers.3.rate=1",
            "networks.discriminator.layers.3 (Dropout).rate",
            "drops everything",
        ),
        (
            "networks.generator.layers.2.momentum=1.5",
            "networks.generator.layers.2 (BatchNormalization).momentum",
            "1.5",
        ),
        (
            "networks.generator.layers.2.epsilon=-0.001",
            "networks.generator.layers.2 (BatchNormalization).epsilon",
            "-0.001",
        ),
    ] {
        let (_, errors) = errors_of_images(&[bad]);
        assert!(errors.iter().any(|[found, told, _]| found == place && told.contains(reason)), "{bad}: {errors:?}");
        assert!(errors.iter().all(|[_, told, _]| !told.contains("wasserstein")), "{errors:?}");
    }
}

#[test]
fn phases_train_the_networks_that_are_meant() {
    for (bad, fixed) in [
        ("phases.1.trains=[\"generater\"]", "train `generator`"),
        ("phases.0.trains=[\"critic\"]", "train `discriminator`"),
        ("phases.0.trains=[]", "train `discriminator`"),
    ] {
        let (draft, errors) = errors_of_images(&[bad]);
        let [[place, _, found]] = &errors[..] else { panic!("{bad}: {errors:?}") };
        assert!(place.ends_with(").trains") && found == fixed, "{place} {found}");
        assert!(fix(&draft, Some(&images(10))).whole().is_some(), "{bad}");
    }
    let (draft, errors) = errors_of_images(&["phases=[]"]);
    assert!(
        matches!(&errors[..], [[place, reason, _]] if place == "phases" && reason.contains("no phase")),
        "{errors:?}"
    );
    let (spec, _) = fix(&draft, Some(&images(10))).whole().unwrap();
    assert_eq!(spec.phases.iter().map(|phase| phase.name.as_str()).collect::<Vec<_>>(), ["d", "g"]);
    let text = preset_for("dcgan", &PresetInput::of(vec![28, 28, 1])).unwrap().to_toml();
    let text = text.replace("networks.discriminator", "networks.Discriminator");
    let draft = TrainSpec::lenient(&text).unwrap();
    assert_eq!(check(&draft, Some(&images(10))).of(Severity::Error).count(), 1);
    let (spec, changes) = fix(&draft, Some(&images(10))).whole().unwrap();
    assert_eq!(changes, ["name it `discriminator`"]);
    assert_eq!(draft.rewritten(&spec).unwrap(), text.replace("networks.Discriminator", "networks.discriminator"));
    // What is of the other player's objective is left out.
    let (draft, errors) = errors_of_images(&["phases.0.top_k=0.5", "phases.1.label_flip=2.0"]);
    let fixes: Vec<&str> = errors.iter().map(|[.., fixed]| fixed.as_str()).collect();
    assert_eq!(fixes, ["leave phases.0.top_k out", "leave phases.1.label_flip out"]);
    assert!(fix(&draft, Some(&images(10))).whole().is_some());
    let (_, errors) = errors_of_images(&["phases.1.name="]);
    assert!(
        matches!(&errors[..], [[place, _, fixed]] if place == "phases.1.name" && fixed == "name it `g`"),
        "{errors:?}"
    );
}

#[test]
fn a_fix_is_what_was_meant_or_none() {
    let layers = preset_for("dcgan", &PresetInput::of(vec![28, 28, 1])).unwrap().networks["generator"].layers.clone();
    let place = |class: &str, nth: usize| {
        let of_class = |(_, layer): &(usize, &ganymede_nn::LayerConfig)| layer.class_name == class;
        layers.iter().enumerate().filter(of_class).nth(nth).unwrap().0
    };
    let (reshape, second) = (place("Reshape", 0), place("Conv2DTranspose", 1));
    let layer = |index: usize, change: &str| format!("networks.generator.layers.{index}.{change}");
    for (bad, fixed) in [
        (layer(second, "strides=[1, 1]"), format!("set strides = [2, 2] in layers.{second} (Conv2DTranspose)")),
        (
            layer(reshape, "target_shape=[256, 7, 7]"),
            "write target_shape = [7, 7, 256]: height, width, channels".into(),
        ),
        (layer(reshape, "target_shape=[7, 7]"), "set target_shape = [7, 7, 256]".into()),
        ("evaluate={every_kimg=1.0,metrics=[\"frechet\",\"inception\"]}".into(), "leave `inception` out".into()),
        ("evaluate={every_kimg=1.0,metrics=[\"frechett\"]}".into(), "write \"frechet\"".into()),
        ("phases.0.freeze=[\"discriminator/conv2d_9\"]".into(), String::new()),
    ] {
        let (draft, errors) = errors_of_images(&[&bad]);
        assert_eq!(errors.first().map(|[.., fix]| fix), Some(&fixed), "{bad}: {errors:?}");
        let whole = fix(&draft, Some(&images(10))).whole();
        assert_eq!(whole.is_none(), fixed.is_empty(), "{bad}");
        let (spec, _) = whole.unwrap_or_default();
        assert!(fixed.is_empty() || spec.networks["generator"].layers == layers, "{bad}");
        let metrics = spec.evaluate.and_then(|evaluate| evaluate.metrics);
        assert!(metrics.is_none_or(|metrics| metrics == ["frechet"]), "{bad}");
    }
}

#[test]
fn a_verdict_on_every_place_of_a_map_is_hinted_at() {
    let mut spec = preset_for("dcgan", &PresetInput::of(vec![28, 28, 1])).unwrap();
    let layers = &mut spec.discriminator_mut().unwrap().layers;
    layers.retain(|layer| layer.class_name != "Flatten");
    let report = check(&Draft::from(spec.clone()), Some(&images(10)));
    let hint = report.of(Severity::Hint).find(|finding| finding.rule == "one_logit").expect("it gives 49 numbers");
    assert!(hint.reason.contains("49 numbers for each sample (7x7x1)"), "{}", hint.reason);
    let mended = check(&Draft::from(hint.fixes[0].apply(&spec)), Some(&images(10)));
    assert!(mended.findings.iter().all(|finding| finding.rule != "one_logit"), "{mended}");
}

#[test]
fn classes_that_a_discriminator_names_are_those_of_the_data() {
    let input = PresetInput { classes: Some(10), ..PresetInput::of(vec![28, 28, 1]) };
    let spec = preset_for("acgan", &input).unwrap();
    for (classes, severity, fixed) in [(9, Severity::Hint, "set units = 9"), (12, Severity::Error, "set units = 12")] {
        let report = check(&Draft::from(spec.clone()), Some(&images(classes)));
        let named = report.findings.iter().find(|f| f.rule == "labels" && f.place.ends_with("(Dense).units"));
        let named = named.unwrap_or_else(|| panic!("{report}"));
        assert_eq!((named.severity, named.fixes[0].what.as_str()), (severity, fixed));
    }
    // Without data the generator says it.
    let mut other = spec.clone();
    other.networks.get_mut("generator").unwrap().layers[2].arguments.insert("input_dim".into(), 12.into());
    let of_labels = |spec: TrainSpec| check(&Draft::from(spec), None).findings.into_iter().find(|f| f.rule == "labels");
    assert!(of_labels(spec).is_none());
    let named = of_labels(other).expect("it names fewer than the generator knows");
    assert!(named.reason.contains("it names 10 classes, the generator knows 12"), "{}", named.reason);
}

#[test]
fn what_a_phase_cannot_be_made_of_is_told_beside_other_errors() {
    let penalty = "phases.1.terms=[{class_name=\"non_saturating\"},{class_name=\"gradient_penalty\"}]";
    let (_, errors) = errors_of_images(&[penalty, "train.batch=0", "phases.0.every=0", "ema.half_life_kimg=0"]);
    let places: Vec<&str> = errors.iter().map(|[place, ..]| place.as_str()).collect();
    assert_eq!(places, ["ema.half_life_kimg", "phases.0.every", "train.batch", "phases.1.terms.1 (gradient_penalty)"]);
}

#[test]
fn a_way_round_and_a_name_of_two_layers_are_one_error_each() {
    let text = |inputs: &str, name: &str| {
        format!(
            "[train]\nsteps = 1\n[networks.generator]\nlayers = [\n\
             {{ class_name = 'Input', shape = [4], name = 'z' }},\n\
             {{ class_name = 'Dense', units = 4, name = 'a_1', inputs = ['{inputs}'] }},\n\
             {{ class_name = 'ReLU' }},\n\
             {{ class_name = 'Dense', units = 4, name = '{name}' }},\n\
             {{ class_name = 'Add', name = 'sum', inputs = ['a_1', 'a_2'] }},\n]\n"
        )
    };
    let shapes = |text: &str| {
        let findings = check(&TrainSpec::lenient(text).unwrap(), None).findings.into_iter();
        findings.filter(|f| f.rule == "shapes" && f.place.contains("layers")).collect::<Vec<_>>()
    };
    assert!(shapes(&text("z", "a_2")).is_empty());
    // The latent, which nothing takes then, is told as well.
    let [round, _] = &shapes(&text("sum", "a_2"))[..] else { panic!("{:?}", shapes(&text("sum", "a_2"))) };
    assert_eq!((round.line, round.place.as_str()), (Some(6), "networks.generator.layers.1 (Dense).inputs"));
    assert!(round.reason.ends_with("found a_1 -> sum -> a_1"), "{}", round.reason);
    let twice = shapes(&text("z", "a_1"));
    assert_eq!(twice.len(), 1, "{twice:?}");
    assert_eq!(twice[0].place, "networks.generator.layers.3 (Dense).name");
    assert!(twice[0].reason.ends_with("found `a_1`, which layers.1 (Dense) has already"), "{}", twice[0].reason);
    assert_eq!(twice[0].fixes[0].what, "name it `a_2`");
    let draft = TrainSpec::lenient(&text("z", "a_1")).unwrap();
    let mended = Draft { spec: twice[0].fixes[0].apply(&draft.spec), ..draft };
    assert!(check(&mended, None).findings.iter().all(|f| !f.place.contains("layers.")), "{}", check(&mended, None));
}

#[test]
fn every_layer_that_joins_other_shapes_is_told() {
    let text = r#"
[train]
steps = 1
[networks.generator]
layers = [
    { class_name = "Input", shape = [4], name = "z" },
    { class_name = "Dense", units = 3, name = "a" },
    { class_name = "Add", inputs = ["z", "a"], name = "first" },
    { class_name = "Multiply", inputs = ["first", "a"], name = "second" },
    { class_name = "Dense", units = 2 },
]
"#;
    let report = check(&TrainSpec::lenient(text).unwrap(), None);
    let told: Vec<&str> = report.findings.iter().filter(|f| f.rule == "shapes").map(|f| f.reason.as_str()).collect();
    assert_eq!(
        told[1..],
        [
            "`Add` expected inputs of one shape, found 4 of `z` and 3 of `a`",
            "`Multiply` expected inputs of one shape, found 4 of `first` and 3 of `a`"
        ]
    );
}

/// Networks that agree on another size than the data's stay: the data is read at theirs.
#[test]
fn networks_that_agree_decide_how_the_data_is_read() {
    for preset in ["quick_projection", "dcgan"] {
        let input = PresetInput { classes: Some(4), ..PresetInput::of(vec![16, 16, 3]) };
        let draft = Draft::from(preset_for(preset, &input).unwrap());
        let data = DataFacts { shape: vec![32, 32, 3], ..images(4) };
        let repaired = fix(&draft, Some(&data));
        assert_eq!(repaired.changes.len(), 1, "{preset}: {:?}", repaired.changes);
        assert!(!repaired.left.has_errors(), "{preset}: {}", repaired.left);
        let options = &repaired.spec.data.options;
        assert_eq!((options.resolution.map(|r| (r.height, r.width)), options.channels), (Some((16, 16)), Some(3)));
        assert_eq!(repaired.spec.networks, draft.spec.networks);
    }
}
