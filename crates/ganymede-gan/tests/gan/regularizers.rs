//! Terms beside the objective whose values can be told by hand. Not here: penalties of gradients (`torch_penalties.rs`,
//! `src/regularizers`).

use ganymede_data::{Batch, Codec};
use ganymede_gan::Stepper;
use ganymede_gan::regularizers::REGULARIZERS;
use ganymede_gan::spec::{TrainSpec, edit};
use ganymede_runtime::{CpuBackend, CpuOptions};
use ganymede_tensor::{Data, Tensor, TensorType};

/// The generator gives (0.5, −0.25) whatever its latent is; D(x) = (1, 2)·x + 0.5.
const SPEC: &str = r#"
train = { steps = 1, batch = 2, fresh_fakes = true }
[networks.generator]
layers = [
    { class_name = "Input", shape = [3] },
    { class_name = "Dense", units = 2, kernel_initializer = "zeros" },
    { class_name = "Rescaling", scale = 1.0, offset = [0.5, -0.25] },
]
[networks.discriminator]
layers = [
    { class_name = "Input", shape = [2], name = "sample" },
    { class_name = "Rescaling", scale = [1.0, 2.0] },
    { class_name = "Dense", units = 1, kernel_initializer = "ones", bias_initializer = { class_name = "Constant", value = 0.5 }, name = "logits" },
]
[[phases]]
name = "d"
trains = ["discriminator"]
optimizer = { class_name = "SGD", learning_rate = 0.0 }
terms = [{ class_name = "wasserstein" }]
[[phases]]
name = "g"
trains = ["generator"]
optimizer = { class_name = "SGD", learning_rate = 0.0 }
terms = [{ class_name = "wasserstein" }]
"#;

/// Real samples (1, 1) and (−1, 0): logits 3.5 and −0.5. Fakes have the logit 0.5.
const REAL: [f32; 4] = [1.0, 1.0, -1.0, 0.0];

/// The losses of the first steps with a term more in both phases, or in one.
fn losses(edits: &[&str], classes: usize, steps: u64) -> Result<Vec<Vec<(String, f32)>>, String> {
    let mut spec = TrainSpec::from_toml(SPEC).unwrap();
    for change in edits {
        spec = edit(&spec, change).unwrap();
    }
    let codec = Codec::stand_in(TensorType::f32([2]), [-1.0, 1.0], (0..classes).map(|c| c.to_string()).collect());
    let backend = CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap();
    let mut stepper =
        Stepper::new(&spec, &codec, &backend).map_err(|e| format!("{e} {}", e.hint().unwrap_or_default()))?;
    stepper.initialise().unwrap();
    let batch = || {
        let real = Tensor::from_f32([2, 2], REAL.to_vec()).unwrap();
        let label = Tensor::new([2], Data::I32(vec![1, 0])).unwrap();
        Ok(Batch::new(0, [("real", real), ("label", label)]))
    };
    Ok((0..steps).map(|step| stepper.run(step, batch).unwrap().losses).collect())
}

fn loss(name: &str, edits: &[&str], classes: usize) -> f64 {
    let losses = losses(edits, classes, 1).unwrap();
    let found = losses[0].iter().find(|(known, _)| known == name);
    f64::from(found.unwrap_or_else(|| panic!("expected {name}, found {losses:?}")).1)
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
}

fn with(phase: usize, term: &str) -> String {
    format!("phases.{phase}.terms=[{{class_name='wasserstein'}},{{{term}}}]")
}

#[test]
fn lecam_pulls_logits_to_the_average_of_the_other_kind() {
    let lecam = with(0, "class_name='lecam',decay=0.9");
    let found = losses(&[&lecam], 0, 2).unwrap();
    let lecam_loss = |step: usize| f64::from(found[step].iter().find(|(name, _)| name == "d/lecam").unwrap().1);
    // Both averages are 0 at first; then a tenth of the means, 1.5 of real samples and 0.5 of fakes.
    let penalty = |of_real: f64, of_fake: f64| {
        ((3.5 - of_fake).powi(2) + (-0.5 - of_fake).powi(2)) / 2.0 + (0.5 - of_real).powi(2)
    };
    close(lecam_loss(0), penalty(0.0, 0.0));
    close(lecam_loss(1), penalty(0.15, 0.05));
    // Of a batch in two parts the last one moves the averages, once: a tenth of -0.5 and of 0.5.
    let found = losses(&[&lecam, "train.micro_batches=2"], 0, 2).unwrap();
    let lecam_loss = |step: usize| f64::from(found[step].iter().find(|(name, _)| name == "d/lecam").unwrap().1);
    close(lecam_loss(1), penalty(-0.05, 0.05));
}

#[test]
fn kernels_are_held_orthogonal() {
    let wide = "networks.discriminator.layers.2.units=3";
    // Columns of ones of two rows: each product of two is 2, of one with itself too.
    close(loss("d/orthogonal", &[&with(0, "class_name='orthogonal'"), wide], 0), 6.0 * 4.0);
    close(loss("d/orthogonal", &[&with(0, "class_name='orthogonal',lengths=true"), wide], 0), 6.0 * 4.0 + 3.0);
    // A scale of classes is no kernel, though it has two axes.
    let scaled = "networks.discriminator.layers=[{class_name='Input',shape=[2],name='sample'},{class_name='Input',shape=[],dtype='int32',\
                  name='label'},{class_name='ganymede>ConditionalBatchNormalization',classes=2,inputs=['sample','label']},\
                  {class_name='Dense',units=3,kernel_initializer='ones'}]";
    close(loss("d/orthogonal", &[&with(0, "class_name='orthogonal'"), scaled], 2), 6.0 * 4.0);
    // The generator's kernel is 0: its columns have no length.
    close(loss("g/orthogonal", &[&with(1, "class_name='orthogonal'")], 0), 0.0);
    close(loss("g/orthogonal", &[&with(1, "class_name='orthogonal',lengths=true")], 0), 2.0);
}

#[test]
fn features_are_matched_in_their_means() {
    let features = "networks.discriminator.outputs=['logits','rescaling']";
    // Means of (1, 2)·x: real (0, 1), fake (0.5, −0.5).
    close(loss("g/feature_matching", &[features, &with(1, "class_name='feature_matching'")], 0), (0.25 + 2.25) / 2.0);
    let error = losses(&[&with(1, "class_name='feature_matching'")], 0, 1).unwrap_err();
    assert!(error.contains("expected a discriminator with features") && error.contains("outputs = ["), "{error}");
    let error = losses(&[features, &with(0, "class_name='feature_matching'")], 0, 1).unwrap_err();
    assert!(error.contains("is a term of the generator's loss: move it to the phase that trains it"), "{error}");
}

#[test]
fn classes_are_named_and_drawn() {
    let classes = "networks.discriminator={outputs=['logits','classes'],layers=[{class_name='Input',shape=[2]},\
                   {class_name='Rescaling',scale=[1.0,2.0]},\
                   {class_name='Dense',name='classes',units=2,kernel_initializer='identity',use_bias=false},\
                   {class_name='Dense',name='logits',units=1,kernel_initializer='ones'}]}";
    let term = |phase| with(phase, "class_name='auxiliary_classifier'");
    // −ln softmax at the labels 1 and 0, of real logits (1, 2) and (−1, 0), of fake ones (0.5, −0.5) twice.
    let loss_of = |chosen: f64, other: f64| (1.0 + (other - chosen).exp()).ln();
    let of_real = (loss_of(2.0, 1.0) + loss_of(-1.0, 0.0)) / 2.0;
    let of_fake = (loss_of(-0.5, 0.5) + loss_of(0.5, -0.5)) / 2.0;
    close(loss("d/auxiliary_classifier", &[classes, &term(0)], 2), of_real + of_fake);
    close(loss("g/auxiliary_classifier", &[classes, &term(1)], 2), of_fake);
    let error = losses(&[classes, &term(0)], 0, 1).unwrap_err();
    assert!(error.contains("expected data with labels, found none"), "{error}");
    let error = losses(&[&term(0)], 2, 1).unwrap_err();
    assert!(error.contains("whose second output are logits of the classes"), "{error}");
    let error = losses(&[classes, &term(0)], 3, 1).unwrap_err();
    assert!(error.contains("logits of 3 classes, as many as the data has, found 2"), "{error}");
    // Without the term the second output is a feature like any other.
    let matched = with(1, "class_name='feature_matching'");
    close(loss("g/feature_matching", &[classes, &matched], 2), (0.25 + 2.25) / 2.0);
}

/// Two samples that are judged as one have one slope, (1, 2, 1, 2), and two that are not each (1, 2).
#[test]
fn slopes_are_of_what_is_judged_as_one() {
    let apart = "train.batch=2";
    let packed = "networks.discriminator.layers=[{class_name='Input',shape=[2]},{class_name='Rescaling',scale=[1.0,2.0]},\
                  {class_name='ganymede>Pack',pac=2},{class_name='Dense',units=1,kernel_initializer='ones'}]";
    for (layers, square) in [(apart, 5.0f64), (packed, 10.0)] {
        for (term, expected) in [
            ("class_name='r1'", square / 2.0),
            ("class_name='r2'", square / 2.0),
            ("class_name='zero_centered_penalty'", square),
            ("class_name='gradient_penalty',target=0.5", (square.sqrt() - 0.5).powi(2)),
            ("class_name='lipschitz_penalty'", (square.sqrt() - 1.0).powi(2)),
            ("class_name='dragan'", (square.sqrt() - 1.0).powi(2)),
        ] {
            let name = term.split('\'').nth(1).unwrap();
            close(loss(&format!("d/{name}"), &[layers, &with(0, term)], 0), expected);
        }
    }
}

#[test]
fn numbers_of_terms_follow_schedules() {
    let falling = "{class_name='PiecewiseConstantDecay',boundaries=[0],values=[1.0,3.0]}";
    let target = with(0, &format!("class_name='gradient_penalty',target={falling}"));
    let found = losses(&[&target], 0, 2).unwrap();
    let penalty = |step: usize| f64::from(found[step].iter().find(|(name, _)| name == "d/gradient_penalty").unwrap().1);
    close(penalty(0), (5f64.sqrt() - 1.0).powi(2));
    close(penalty(1), (5f64.sqrt() - 3.0).powi(2));
    let label = format!("phases.0.terms=[{{class_name='least_squares',real_label={falling}}}]");
    let found = losses(&[&label], 0, 2).unwrap();
    let objective = |step: usize| f64::from(found[step].iter().find(|(name, _)| name == "d/least_squares").unwrap().1);
    let squares = |label: f64| ((3.5 - label).powi(2) + (-0.5 - label).powi(2)) / 4.0 + 0.125;
    close(objective(0), squares(1.0));
    close(objective(1), squares(3.0));
}

#[test]
fn arguments_out_of_range_are_refused() {
    for (term, expected) in [
        ("class_name='lecam',decay=5.0", "decay: expected a number from 0 to 1, found 5"),
        ("class_name='gradient_penalty',target=-1.0", "target: expected a number of 0 or above, found -1"),
        ("class_name='gradient_penalty',target=nan", "expected a finite number or a schedule"),
        ("class_name='non_saturating',real_label=9.0", "real_label: expected a number from 0 to 1, found 9"),
        ("class_name='dragan',deviation=-0.5", "deviation: expected a number of 0 or above, found -0.5"),
    ] {
        let error = losses(&[&with(0, term)], 0, 1).unwrap_err();
        assert!(error.contains(expected), "{term}: {error}");
    }
    for (edits, expected) in [
        (["phases.0.top_k=0.5"], "`top_k` is of a generator's objective"),
        (["phases.1.label_flip=0.5"], "`label_flip` is of a discriminator's objective"),
    ] {
        let error = losses(&edits, 0, 1).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let began = ["phases.1.terms=[{class_name='began'}]", "phases.1.top_k=0.5"];
    let error = losses(&began, 0, 1).unwrap_err();
    assert!(error.contains("`began` has no scores"), "{error}");
}

/// A generator that is linear in its latent: what δ changes goes with its size, the penalty with its square.
#[test]
fn latents_apart_are_told_apart() {
    let linear = "networks.generator.layers.1.kernel_initializer='ones'";
    let term_loss = |phase: usize, deviation: f64| {
        let term = with(phase, &format!("class_name='latent_consistency',deviation={deviation}"));
        loss(&format!("{}/latent_consistency", ["d", "g"][phase]), &[linear, &term], 0)
    };
    for (phase, sign) in [(0, 1.0), (1, -1.0)] {
        let (once, twice) = (term_loss(phase, 0.1), term_loss(phase, 0.2));
        assert!(once * sign > 0.0 && (twice / once - 4.0).abs() < 1e-3, "{phase}: {once}, {twice}");
        close(term_loss(phase, 0.0), 0.0);
    }
    // Both coordinates of a sample move alike: D moves by three times as much as each of them.
    let fakes = "phases.1.terms=[{class_name='wasserstein'}]";
    assert!(loss("d/latent_consistency", &[linear, fakes, &with(0, "class_name='latent_consistency'")], 0) > 0.0);
}

#[test]
fn images_alone_can_be_moved() {
    for name in ["consistency", "balanced_consistency"] {
        let error = losses(&[&with(0, &format!("class_name='{name}'"))], 0, 1).unwrap_err();
        assert!(error.contains("expected images (N, height, width, channels)"), "{error}");
    }
}

/// Whoever adds a regularizer says here where its values are tested.
#[test]
fn every_regularizer_has_its_numbers_somewhere() {
    let here = ["lecam", "orthogonal", "feature_matching", "auxiliary_classifier", "latent_consistency"];
    let moved = ["consistency", "balanced_consistency"];
    let torch: serde_json::Value =
        serde_json::from_str(include_str!("../../../../reference/torch/penalties.json")).unwrap();
    // Of a third network: `roles.rs`; of rows of a table: beside the term; what is written down:
    // `src/expression/tests.rs`.
    let third = ["latent_regression", "second_moments", "condition", "expression"];
    for entry in REGULARIZERS {
        let known = third.contains(&entry.name)
            || here.contains(&entry.name)
            || moved.contains(&entry.name)
            || torch.get(entry.name).is_some();
        assert!(known, "{} has no numbers to be compared with", entry.name);
    }
}
