//! Rules of `check` at their bounds, and what their fixes make of a spec. Not here: every rule once (`src/check/tests.rs`).

use ganymede_gan::check::{DataFacts, Finding, Report, Severity, check, fix};
use ganymede_gan::presets::{PresetInput, preset_for};
use ganymede_gan::spec::{Draft, EvaluateSpec, TrainSection, TrainSpec, edit};
use serde_json::json;

pub fn draft(preset: &str, shape: &[usize], edits: &[&str]) -> Draft {
    let spec = preset_for(preset, &PresetInput::of(shape)).unwrap();
    Draft::from(edits.iter().fold(spec, |spec, change| edit(&spec, change).unwrap()))
}

pub fn data(shape: &[usize], samples: usize) -> DataFacts {
    DataFacts { name: "data".into(), shape: shape.to_vec(), samples, classes: Some(10), ..DataFacts::default() }
}

pub fn of_rule<'a>(report: &'a Report, rule: &str) -> Vec<&'a Finding> {
    report.findings.iter().filter(|finding| finding.rule == rule).collect()
}

/// How bad a finding is, its reason, and what its first fix says and makes.
type Found = (Severity, String, Option<(String, TrainSpec)>);

/// The findings of a rule: how bad, what the first fix says, and the spec that it makes.
pub fn found(draft: &Draft, data: Option<&DataFacts>, rule: &str) -> Vec<Found> {
    let report = check(draft, data);
    let fixed = |finding: &Finding| finding.fixes.first().map(|fix| (fix.what.clone(), fix.apply(&draft.spec)));
    of_rule(&report, rule)
        .into_iter()
        .map(|finding| (finding.severity, finding.reason.clone(), fixed(finding)))
        .collect()
}

#[test]
fn a_high_beta_1_of_adam_is_hinted_at() {
    for (optimizer, hinted) in [
        ("{class_name='Adam'}", true),
        ("{class_name='Adam',beta_1=0.9}", true),
        ("{class_name='Adam',beta_1=0.95}", true),
        ("{class_name='Adam',beta_1=0.89}", false),
        ("{class_name='Adam',beta_1=0.5}", false),
        ("{class_name='AdamW'}", true),
        ("{class_name='Adamax'}", false),
        ("{class_name='Nadam'}", false),
        ("{class_name='SGD',learning_rate=0.1}", false),
    ] {
        let draft = draft("mlp", &[2], &[&format!("phases.1.optimizer={optimizer}")]);
        let found = found(&draft, Some(&data(&[2], 1000)), "beta_1");
        assert_eq!(found.len(), usize::from(hinted), "{optimizer}");
        if let Some((severity, _, Some((_, fixed)))) = found.first() {
            assert_eq!(*severity, Severity::Hint);
            let optimizer = serde_json::to_value(fixed.phases[1].optimizer.as_ref().unwrap()).unwrap();
            assert_eq!(optimizer["beta_1"], json!(0.5));
            assert_eq!(fixed.phases[0], draft.spec.phases[0]);
        }
    }
}

#[test]
fn batches_are_compared_with_the_data() {
    let findings = |batch: usize, samples: usize| {
        let draft = draft("mlp", &[2], &[&format!("train.batch={batch}")]);
        let found = found(&draft, Some(&data(&[2], samples)), "batch");
        found
            .into_iter()
            .map(|(severity, reason, fix)| (severity, reason, fix.map(|(_, spec)| spec.train.batch)))
            .collect::<Vec<_>>()
    };
    assert_eq!(findings(64, 64).len(), 1);
    assert!(findings(64, 64)[0].1.starts_with("64 samples are few"));
    let larger = &findings(65, 64)[..];
    assert!(matches!(larger, [(Severity::Hint, reason, Some(64))] if reason.contains("larger than the 64 samples")));
    assert!(findings(64, 100).is_empty() && findings(100, 100).is_empty());
    assert_eq!(findings(64, 99).len(), 1);
    assert!(findings(64, 0).is_empty(), "nothing is known of its size");
    assert!(matches!(&findings(65_537, 1000)[..], [(Severity::Error, _, Some(64))]));
    assert!(matches!(&findings(0, 1000)[..], [(Severity::Error, _, Some(64))]));
}

#[test]
fn strides_that_do_not_divide_kernels_are_hinted_at() {
    // The kernels of the tutorial: 5x5, the first with stride 1.
    let draft_of = |edits: &[&str]| draft("dcgan", &[28, 28, 1], edits);
    let facts = data(&[28, 28, 1], 5000);
    let found_in = |edits: &[&str]| found(&draft_of(edits), Some(&facts), "kernel_stride");
    let hints = found_in(&[]);
    assert_eq!(hints.len(), 2, "{hints:?}");
    let (_, reason, Some((what, fixed))) = &hints[0] else { panic!("{hints:?}") };
    assert!(reason.contains("kernel [5, 5] is not divisible by stride [2, 2]"), "{reason}");
    assert_eq!(what, "set kernel_size = [6, 6]");
    assert_eq!(fixed.networks["generator"].layers[8].arguments["kernel_size"], json!([6, 6]));
    let kernel = |value: &str| found_in(&[&format!("networks.generator.layers.8.kernel_size={value}")]).len();
    assert_eq!([kernel("[4,4]"), kernel("[4,5]"), kernel("6"), kernel("5")], [1, 2, 1, 2]);
    let uneven =
        found_in(&["networks.generator.layers.8.kernel_size=[4,5]", "networks.generator.layers.8.strides=[2,1]"]);
    assert!(uneven.iter().all(|(_, reason, _)| !reason.contains("[4, 5]")), "a stride of 1 divides all: {uneven:?}");
}

#[test]
fn the_last_activation_covers_the_range() {
    let facts = data(&[28, 28, 1], 5000);
    let finding = |preset: &str, last: usize, edits: &[&str]| {
        let draft = draft(preset, &[28, 28, 1], edits);
        let found = found(&draft, Some(&facts), "generator_range");
        assert!(found.len() <= 1);
        found.into_iter().next().map(|(severity, reason, fix)| {
            let fixed = fix.expect("a fix").1;
            let layer = &fixed.networks["generator"].layers[last];
            (severity, reason, layer.class_name.clone(), layer.arguments.get("activation").cloned())
        })
    };
    let last =
        |activation: &str| finding("article", 5, &[&format!("networks.generator.layers.5.activation='{activation}'")]);
    assert_eq!(last("tanh"), None);
    for (activation, reach) in [
        ("sigmoid", "gives 0 to 1"),
        ("softmax", "gives 0 to 1"),
        ("hard_sigmoid", "gives 0 to 1"),
        ("relu", "gives 0 and above"),
        ("softplus", "gives 0 and above"),
        ("exponential", "gives 0 and above"),
        ("relu6", "gives 0 and above"),
        ("elu", "gives about -1 and above"),
        ("selu", "gives about -1 and above"),
    ] {
        let (severity, reason, class, tanh) = last(activation).unwrap();
        assert_eq!((severity, class.as_str(), tanh), (Severity::Error, "Conv2D", Some(json!("tanh"))), "{activation}");
        assert!(reason.contains(reach), "{reason}");
    }
    // Of images, what has no bounds is hinted at, but where R1 holds the slope.
    assert!(matches!(last("linear"), Some((Severity::Hint, ..))));
    assert_eq!(finding("r3gan", 0, &[]), None);
    let class = |name: &str| finding("article", 5, &[&format!("networks.generator.layers.5={{class_name='{name}'}}")]);
    for (name, severity) in [("ReLU", Severity::Error), ("Softmax", Severity::Error), ("LeakyReLU", Severity::Hint)] {
        let (found, _, class, tanh) = class(name).unwrap();
        assert_eq!((found, class.as_str(), tanh), (severity, "Activation", Some(json!("tanh"))), "{name}");
    }
    // Points are of any size.
    let points = draft("mlp", &[2], &[]);
    assert!(found(&points, Some(&data(&[2], 1000)), "generator_range").is_empty());
}

#[test]
fn losses_of_logits_and_of_probabilities_are_told_apart() {
    let facts = data(&[2], 1000);
    let finding = |loss: &str, activation: &str| {
        let edits = [
            format!("phases.0.terms=[{{{loss}}}]"),
            format!("phases.1.terms=[{{{loss}}}]"),
            format!("networks.discriminator.layers.7.activation='{activation}'"),
        ];
        let draft = draft("mlp", &[2], &[&edits[0], &edits[1], &edits[2]]);
        (found(&draft, Some(&facts), "logits"), draft)
    };
    let (logits, probabilities) =
        ("class_name='BinaryCrossentropy',from_logits=true", "class_name='BinaryCrossentropy'");
    assert!(finding(logits, "linear").0.is_empty() && finding(probabilities, "sigmoid").0.is_empty());
    assert!(finding("class_name='MeanSquaredError'", "sigmoid").0.is_empty());
    for (loss, activation, reason) in [
        (logits, "sigmoid", "could not fall below 1.006"),
        ("class_name='non_saturating'", "sigmoid", "could not fall below 1.006"),
        ("class_name='minimax'", "softmax", "could not fall below 1.006"),
        ("class_name='hinge'", "hard_sigmoid", "`hinge` compares logits of any size"),
        ("class_name='wasserstein'", "sigmoid", "`wasserstein` compares logits of any size"),
    ] {
        let (found, _) = finding(loss, activation);
        let [(Severity::Error, told, Some((what, fixed)))] = &found[..] else { panic!("{loss}: {found:?}") };
        assert!(told.contains(reason), "{told}");
        assert_eq!(what, &format!("leave out the last activation `{activation}`"));
        assert!(!fixed.networks["discriminator"].layers[7].arguments.contains_key("activation"));
    }
    let (found, draft) = finding(probabilities, "linear");
    assert_eq!(found.len(), 2, "one for each player: {found:?}");
    for (at, (_, reason, fix)) in found.iter().enumerate() {
        assert!(reason.contains("the loss expects probabilities"), "{reason}");
        let fixed = &fix.as_ref().unwrap().1;
        assert_eq!(fixed.phases[at].terms[0].arguments["from_logits"].as_bool(), Some(true));
    }
    let report = check(&draft, Some(&facts));
    let second = of_rule(&report, "logits")[0].fixes[1].apply(&draft.spec);
    assert_eq!(second.networks["discriminator"].layers[7].arguments["activation"], json!("sigmoid"));
    // An activation that is a layer of its own is left out whole.
    for layer in ["{class_name='Activation',activation='sigmoid'}", "{class_name='Softmax'}"] {
        let text = draft_with_last(layer);
        let found = self::found(&text, Some(&facts), "logits");
        let [(_, _, Some((_, fixed)))] = &found[..] else { panic!("{layer}: {found:?}") };
        assert_eq!(fixed.networks["discriminator"].layers.len(), 8, "{layer}");
        assert_eq!(fixed.networks["discriminator"].layers[7].class_name, "Dense", "{layer}");
    }
}

/// `mlp` whose discriminator ends in one layer more.
fn draft_with_last(layer: &str) -> Draft {
    let mut draft = draft("mlp", &[2], &[]);
    let text = format!("layers=[{layer}]").replacen("layers=", "layers = ", 1);
    let network: ganymede_gan::spec::NetworkSpec = toml::from_str(&text).unwrap();
    draft.spec.networks.get_mut("discriminator").unwrap().layers.extend(network.layers);
    draft
}

#[test]
fn data_of_another_shape_is_told_with_both_ways_out() {
    let draft = draft("dcgan", &[32, 32, 3], &[]);
    let facts = data(&[28, 24, 1], 5000);
    let report = check(&draft, Some(&facts));
    let [finding] = of_rule(&report, "data_shape")[..] else { panic!("{report}") };
    assert_eq!(finding.fixes.len(), 2);
    assert_eq!(finding.fixes[0].what, "set the discriminator's Input to 28x24x1");
    let networks = finding.fixes[0].apply(&draft.spec);
    assert_eq!(networks.networks["discriminator"].layers[0].arguments["shape"], json!([28, 24, 1]));
    assert_eq!(networks.networks["discriminator"].layers.len(), draft.spec.networks["discriminator"].layers.len());
    let data_read = finding.fixes[1].apply(&draft.spec).data;
    let size = data_read.options.resolution.unwrap();
    assert_eq!((size.width, size.height, data_read.options.channels), (32, 32, Some(3)));
    assert_eq!(data_read.shape, [32, 32, 3]);
    // Without data it is a hint, which knows the tutorial's mistake.
    for (shape, words) in
        [([32, 32, 3], "no data is named: that it is 32x32x3"), ([28, 28, 3], "fits neither sets like MNIST")]
    {
        let draft = self::draft("dcgan", &shape, &[]);
        let report = check(&draft, None);
        let [finding] = of_rule(&report, "data_shape")[..] else { panic!("{report}") };
        assert!(finding.severity == Severity::Hint && finding.reason.contains(words), "{}", finding.reason);
    }
    assert!(found(&draft, Some(&data(&[32, 32, 3], 5000)), "data_shape").is_empty());
}

#[test]
fn a_training_has_an_end() {
    let none = TrainSection { steps: None, kimg: None, minutes: None, ..TrainSection::default() };
    let spec = preset_for("mlp", &PresetInput::of([2])).unwrap();
    let findings = |train: TrainSection| {
        let draft = Draft::from(TrainSpec { train, ..spec.clone() });
        found(&draft, Some(&data(&[2], 1000)), "train_table")
    };
    let endless = findings(none.clone());
    assert!(matches!(&endless[..], [(Severity::Error, _, Some((_, spec)))] if spec.train.steps == Some(1500)));
    assert!(findings(TrainSection { steps: Some(3), ..none.clone() }).is_empty());
    assert!(findings(TrainSection { kimg: Some(3.0), ..none.clone() }).is_empty());
    assert!(findings(TrainSection { minutes: Some(3.0), ..none }).is_empty());
}

#[test]
fn numbers_are_refused_at_their_bounds_and_set_to_the_usual() {
    let facts = data(&[2], 1000);
    let findings = |change: &str| found(&draft("mlp", &[2], &[change]), Some(&facts), "numbers");
    for good in [
        "train.n_critic=1",
        "phases.0.label_flip=0.0",
        "phases.0.label_flip=1.0",
        "phases.1.top_k=1.0",
        "phases.0.clip_weights=0.0",
        "evaluate={every_kimg=0.1,samples=2}",
        "train.micro_batches=256",
        "evaluate={every_kimg=1.0,metrics=['modes']}",
    ] {
        assert!(findings(good).is_empty(), "{good}: {:?}", findings(good));
    }
    let fixed = |change: &str| {
        let found = findings(change);
        let [(Severity::Error, _, Some((what, spec)))] = &found[..] else { panic!("{change}: {found:?}") };
        (what.clone(), spec.clone())
    };
    for (bad, what) in [
        ("train.steps=0", "set train.steps = 1500"),
        ("train.kimg=0", "set train.kimg = 100"),
        ("train.minutes=-1", "set train.minutes = 5"),
        ("train.n_critic=0", "set train.n_critic = 1"),
        ("train.micro_batches=3", "set train.micro_batches = 1"),
        ("train.keep=0", "set train.keep = 3"),
        ("ema.half_life_kimg=0", "set ema.half_life_kimg = 10"),
        ("ema.ramp_up=-1", "set ema.ramp_up = 0.05"),
        ("evaluate={every_kimg=0.0}", "set evaluate.every_kimg = 50"),
        ("evaluate={every_kimg=1.0,samples=1}", "set evaluate.samples = 1000"),
        ("evaluate={every_kimg=1.0,metrics=['x']}", "leave evaluate.metrics out: all of them"),
        ("phases.1.every=0", "set phases.1.every = 1"),
        ("phases.0.terms.0.every=0", "set phases.0.terms.0.every = 1"),
        ("phases.0.terms.0.weight=1e39", "set phases.0.terms.0.weight = 1"),
        ("phases.0.label_flip=1.01", "set phases.0.label_flip = 0.05"),
        ("phases.1.top_k=-0.01", "set phases.1.top_k = 0.5"),
        ("phases.0.clip_weights=-0.01", "set phases.0.clip_weights = 0.01"),
    ] {
        let (found, spec) = fixed(bad);
        assert_eq!(found, what);
        let draft = Draft::from(spec);
        assert!(self::found(&draft, Some(&facts), "numbers").is_empty(), "{bad} is mended");
    }
}

#[test]
fn reports_count_and_order_their_findings() {
    let draft = draft("mlp", &[2], &["train.keep=0", "train.n_critic=0", "phases.1.optimizer={class_name='Adam'}"]);
    let report = check(&draft, Some(&data(&[2], 50)));
    let text = report.to_string();
    assert!(text.ends_with("2 errors, 2 hints"), "{text}");
    assert!(report.has_errors() && report.of(Severity::Error).count() == 2);
    let severities: Vec<Severity> = report.findings.iter().map(|finding| finding.severity).collect();
    assert!(severities.is_sorted(), "{text}");
    assert!(
        text.contains(
            "error[numbers] train.keep: expected at least 1 checkpoint that stays; found 0\n    fix: set train.keep = 3"
        ),
        "{text}"
    );
    assert!(text.contains("hint[beta_1] phases.1 (`g`).optimizer.beta_1: "), "{text}");
    assert_eq!(format!("{:?}", report.findings[0].fixes[0]), report.findings[0].fixes[0].what);
    let (spec, changes) = fix(&draft, Some(&data(&[2], 50))).whole().unwrap();
    assert_eq!((spec.train.keep, spec.train.n_critic, changes.len()), (3, 1, 2));
    // Hints are left to the user.
    assert_eq!(spec.phases, draft.spec.phases);
}

#[test]
fn a_training_ends_after_steps_or_images() {
    let last_step = |steps, kimg, n_critic| {
        TrainSection { steps, kimg, n_critic, batch: 32, ..TrainSection::default() }.last_step()
    };
    assert_eq!(last_step(None, None, 1), None);
    assert_eq!(last_step(Some(7), None, 1), Some(7));
    // 100 images in steps of 32, and of 64.
    assert_eq!((last_step(None, Some(0.1), 1), last_step(None, Some(0.1), 2)), (Some(4), Some(2)));
    assert_eq!((last_step(Some(3), Some(0.1), 1), last_step(Some(5), Some(0.1), 1)), (Some(3), Some(4)));
    assert_eq!(last_step(None, Some(0.064), 1), Some(2));
    assert_eq!(TrainSection { batch: 32, n_critic: 5, ..TrainSection::default() }.images_per_step(), 160);
    let evaluate: EvaluateSpec = toml::from_str("every_kimg = 2.0").unwrap();
    assert_eq!((evaluate.samples, evaluate.metrics.clone()), (1000, None));
    // In steps of 100: 2.0 after 1.9, 1.9 after 1.8, 4.0 after 3.9.
    assert_eq!([20, 19, 40].map(|step| evaluate.is_due(step, None, 100)), [true, false, true]);
}

#[test]
fn a_train_table_has_its_defaults() {
    let train: TrainSection = toml::from_str("").unwrap();
    assert_eq!(train, TrainSection::default());
    let numbers = (train.batch, train.n_critic, train.micro_batches, train.tick_every, train.snapshot_every);
    assert_eq!(numbers, (64, 1, 1, 50, 500));
    assert_eq!((train.checkpoint_every, train.keep, train.fresh_fakes, train.fresh_reals), (500, 3, false, false));
    let text = toml::to_string(&TrainSection { micro_batches: 2, ..train.clone() }).unwrap();
    assert!(
        text.contains("micro_batches = 2") && !toml::to_string(&train).unwrap().contains("micro_batches"),
        "{text}"
    );
}

#[test]
fn a_missing_loop_is_written_once() {
    let whole = draft("mlp", &[2], &[]);
    let missing = Draft { missing: vec!["train"], ..whole.clone() };
    let (mended, changes) = fix(&missing, None).whole().unwrap();
    assert_eq!(changes, ["add [train] with batch = 64 and steps = 1500"]);
    assert_eq!(mended.train.steps, Some(1500));
    // What else is wrong does not stand for it.
    let both = Draft { spec: edit(&whole.spec, "train.batch=0").unwrap(), ..missing };
    let (mended, changes) = fix(&both, None).whole().unwrap();
    assert_eq!((mended.train.steps, changes.len()), (Some(1500), 2), "{changes:?}");
    assert_eq!(fix(&whole, None).whole().unwrap().1, [""; 0]);
}

/// The first fix of a rule's only finding mends it.
fn hinted(edits: &[&str], rule: &str) -> Option<(String, String)> {
    let draft = draft("mlp", &[2], edits);
    let mut found = found(&draft, None, rule);
    let (severity, reason, fix) = found.pop()?;
    assert_eq!((found.len(), severity), (0, Severity::Hint), "{reason}");
    let (what, mended) = fix?;
    assert_eq!(of_rule(&check(&Draft::from(mended), None), rule).len(), 0, "{reason}");
    Some((reason, what))
}

#[test]
fn what_is_hardly_meant_is_hinted_at() {
    let rate = |optimizer: &str| hinted(&[&format!("phases.0.optimizer={optimizer}")], "unusual");
    let (reason, what) = rate("{class_name='Adam',learning_rate=20.0}").unwrap();
    assert!(reason.contains("the learning rate 20 ") && reason.contains("about that much in each step"), "{reason}");
    assert_eq!(what, "set learning_rate = 0.0002");
    for (optimizer, is_hinted) in [
        ("{class_name='Adam',learning_rate=0.05}", false),
        ("{class_name='Adam',learning_rate=0.051}", true),
        ("{class_name='RMSprop',learning_rate=0.1}", true),
        ("{class_name='Adam',learning_rate={class_name='CosineDecay',initial_learning_rate=1.0,decay_steps=10}}", true),
        ("{class_name='SGD',learning_rate=1.0}", false),
        ("{class_name='SGD',learning_rate=10.0}", false),
    ] {
        assert_eq!(rate(optimizer).is_some(), is_hinted, "{optimizer}");
    }
    let sgd = draft("mlp", &[2], &["phases.0.optimizer={class_name='SGD',learning_rate=11.0}"]);
    assert_eq!(of_rule(&check(&sgd, None), "unusual").len(), 1);
    let (reason, what) = hinted(&["phases.0.terms.0.weight=-5.0"], "unusual").unwrap();
    assert!(reason.contains("the weight -5 is below 0: `non_saturating` is made larger"), "{reason}");
    assert_eq!(what, "set weight = 5");
    assert_eq!(hinted(&["phases.0.terms.0.weight=0.0"], "unusual"), None);
}

#[test]
fn more_than_one_logit_is_hinted_at() {
    let last = draft("mlp", &[2], &[]).spec.networks["discriminator"].layers.len() - 1;
    let units = |n: usize| hinted(&[&format!("networks.discriminator.layers.{last}.units={n}")], "one_logit");
    let (reason, what) = units(10).unwrap();
    assert!(reason.contains("10 numbers for each sample"), "{reason}");
    assert_eq!(what, "set units = 1");
    assert_eq!((units(1), units(2).is_some()), (None, true));
    // Classes are said by further outputs, patches by a map.
    for preset in ["acgan", "dcgan", "projection"] {
        assert_eq!(found(&draft(preset, &[32, 32, 3], &[]), None, "one_logit"), [], "{preset}");
    }
}

/// What a fix says is what it does: only the filters, where only these are wrong.
#[test]
fn fixes_of_generators_say_what_they_change() {
    let last = |filters: usize| format!("networks.generator.layers.11.filters={filters}");
    let draft = draft("dcgan", &[28, 28, 1], &[&last(3)]);
    let layer = &draft.spec.networks["generator"].layers[11];
    assert_eq!(layer.class_name, "Conv2DTranspose");
    let fixes = found(&draft, Some(&data(&[28, 28, 1], 1000)), "pairing");
    let (_, _, Some((what, fixed))) = &fixes[0] else { panic!("{fixes:?}") };
    assert_eq!(what, "set filters of its last Conv2DTranspose to 1");
    assert_eq!(*fixed, edit(&draft.spec, &last(1)).unwrap());
}

/// Layers that keep the number of values may stand between a Dense and the Reshape that it feeds.
#[test]
fn a_dense_behind_which_others_stand_gets_the_units_of_the_reshape() {
    let draft = draft("dcgan", &[28, 28, 1], &["networks.generator.layers.1.units=12545"]);
    let classes: Vec<&str> =
        draft.spec.networks["generator"].layers.iter().map(|layer| layer.class_name.as_str()).collect();
    assert_eq!(classes[1..5], ["Dense", "BatchNormalization", "LeakyReLU", "Reshape"]);
    let (fixed, changes) = fix(&draft, Some(&data(&[28, 28, 1], 1000))).whole().unwrap();
    assert_eq!(changes, ["set units of the Dense before it to 12544"]);
    assert_eq!(fixed, edit(&draft.spec, "networks.generator.layers.1.units=12544").unwrap());
}
