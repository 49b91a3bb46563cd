//! Losses as text beside the same losses of the tables: the same graphs, and so the same bits at the same speed. Not here: what
//! each function computes (`src/expression/tests.rs`).

use super::common;
use ganymede_data::{Batch, Codec};
use ganymede_gan::check::{Severity, check};
use ganymede_gan::phases::trace;
use ganymede_gan::spec::{Draft, TrainSpec};
use ganymede_gan::{GanError, Stepper};
use ganymede_graph::text::print;
use ganymede_runtime::{CpuBackend, CpuOptions};
use ganymede_tensor::{Rng, Tensor, TensorType};

/// 2-d points, as ring2d has them.
const POINTS: &str = r#"
[networks.generator]
layers = [{ class_name = "Input", shape = [8] }, { class_name = "Dense", units = 32, activation = "relu" }, { class_name = "Dense", units = 2 }]
[networks.discriminator]
layers = [{ class_name = "Input", shape = [2] }, { class_name = "Dense", units = 32, activation = "relu" }, { class_name = "Dense", units = 1 }]
"#;

/// 8x8 images.
const IMAGES: &str = r#"
[networks.generator]
layers = [
    { class_name = "Input", shape = [8] }, { class_name = "Dense", units = 64 }, { class_name = "Reshape", target_shape = [4, 4, 4] },
    { class_name = "BatchNormalization" }, { class_name = "LeakyReLU" },
    { class_name = "Conv2DTranspose", filters = 1, kernel_size = 4, strides = 2, padding = "same", activation = "tanh" },
]
[networks.discriminator]
layers = [
    { class_name = "Input", shape = [8, 8, 1] }, { class_name = "Conv2D", filters = 6, kernel_size = 4, strides = 2, padding = "same" },
    { class_name = "LeakyReLU" }, { class_name = "Flatten", name = "features" }, { class_name = "Dense", units = 1, name = "logit" },
]
"#;

/// WGAN-GP of the tables.
const BUILT_IN: [&str; 2] = [
    r#"[[phases.terms]]
class_name = "wasserstein"
[[phases.terms]]
class_name = "gradient_penalty"
weight = 10.0
"#,
    r#"[[phases.terms]]
class_name = "wasserstein"
"#,
];

/// The same, written down; the norm over these axes.
fn written(axes: &str) -> [String; 2] {
    let d = format!(
        r#"[[phases.terms]]
class_name = "expression_objective"
name = "wasserstein"
discriminator = "mean(fake_logits) - mean(real_logits)"
[[phases.terms]]
class_name = "expression"
name = "gradient_penalty"
weight = 10.0
value = """
x = mix(real, fake)                        # between real and fake
slope = grad(sum(discriminator(x)), x)
norm = sqrt(sum(square(slope), axis={axes}) + 1e-12)
mean((norm - 1) ** 2)
"""
"#
    );
    let g = r#"[[phases.terms]]
class_name = "expression_objective"
name = "wasserstein"
generator = "-mean(fake_logits)"
"#;
    [d, g.into()]
}

fn text(networks: &str, terms: &[impl AsRef<str>; 2], more: [&str; 2]) -> String {
    let phase = |name: &str, network: &str, terms: &str, more: &str| {
        format!(
            "[[phases]]\nname = \"{name}\"\ntrains = [\"{network}\"]\n{more}\n\
             optimizer = {{ class_name = \"Adam\", learning_rate = 0.001, beta_1 = 0.5 }}\n{terms}"
        )
    };
    format!(
        "seed = 5\ntrain = {{ batch = 16, steps = 50, n_critic = 2 }}\n{networks}\n{}\n{}",
        phase("d", "discriminator", terms[0].as_ref(), more[0]),
        phase("g", "generator", terms[1].as_ref(), more[1])
    )
}

fn spec(networks: &str, terms: &[impl AsRef<str>; 2]) -> TrainSpec {
    TrainSpec::from_toml(&text(networks, terms, ["", ""])).unwrap()
}

fn codec(networks: &str) -> Codec {
    let ty = if networks == POINTS { TensorType::f32([2]) } else { TensorType::f32([8, 8, 1]) };
    Codec::stand_in(ty, [-1.0, 1.0], Vec::new())
}

fn graphs(spec: &TrainSpec, codec: &Codec) -> Vec<String> {
    let traced = trace(spec, codec).unwrap();
    traced.groups.iter().flat_map(|group| &group.programs).map(|program| print(&program.graph)).collect()
}

/// All states after 50 steps.
fn trained(spec: &TrainSpec, codec: &Codec) -> common::States {
    let backend = CpuBackend::new(CpuOptions::default()).unwrap();
    let mut stepper = Stepper::new(spec, codec, &backend).unwrap();
    stepper.initialise().unwrap();
    let mut number = 0;
    let shape = codec.shape().to_vec();
    for step in 0..50 {
        let result = stepper.run(step, || {
            number += 1;
            let mut rng = Rng::at(1, 2, number as u32);
            let sizes: Vec<usize> = [spec.train.batch].into_iter().chain(shape.iter().copied()).collect();
            let values = (0..sizes.iter().product()).map(|_| (0.5 * rng.normal()).clamp(-1.0, 1.0) as f32).collect();
            Ok(Batch::new(number, [("real", Tensor::from_f32(sizes, values).unwrap())]))
        });
        assert_eq!(result.unwrap().non_finite, []);
    }
    common::states(&stepper)
}

/// What is written down is the same graph, node by node: it cannot differ in a bit, nor in speed. Fifty steps with two updates of the
/// critic say so too.
#[test]
fn wgan_gp_that_is_written_down_is_that_of_the_tables() {
    for (networks, axes) in [(POINTS, "1"), (IMAGES, "[1, 2, 3]")] {
        let (own, built_in) = (spec(networks, &written(axes)), spec(networks, &BUILT_IN));
        let codec = codec(networks);
        assert_eq!(graphs(&own, &codec), graphs(&built_in, &codec));
        // `norm` is a number a sample, for every kind of sample.
        let short = written(axes)[0].replace(&format!("sqrt(sum(square(slope), axis={axes}) + 1e-12)"), "norm(slope)");
        assert_eq!(graphs(&spec(networks, &[short, written(axes)[1].clone()]), &codec), graphs(&built_in, &codec));
        let (own, built_in) = (trained(&own, &codec), trained(&built_in, &codec));
        assert!(own == built_in && !own.is_empty(), "the states differ after 50 steps");
        assert!(
            own["discriminator/dense/kernel"
                .replace("dense", if networks == POINTS { "dense" } else { "logit" })
                .as_str()]
            .iter()
            .all(|value| value.is_finite())
        );
    }
}

/// An objective over the logits has what a phase does to them: flipped pairs, the best fakes.
#[test]
fn objectives_that_are_written_down_get_the_logits_of_their_phase() {
    let term = |line: &str| format!("[[phases.terms]]\n{line}\n");
    let more = ["label_flip = 0.1", "top_k = 0.5"];
    let traced = |terms: [String; 2]| {
        let spec = TrainSpec::from_toml(&text(POINTS, &terms, more)).unwrap();
        graphs(&spec, &codec(POINTS))
    };
    let plain = term("class_name = \"non_saturating\"");
    let own = term(
        "class_name = \"expression_objective\"\nname = \"non_saturating\"\n\
         discriminator = \"mean(softplus(-real_logits)) + mean(softplus(fake_logits))\"\n\
         generator = \"mean(softplus(-fake_logits))\"",
    );
    assert_eq!(traced([own.clone(), own]), traced([plain.clone(), plain]));
    // A function of (y_true, y_pred), as Keras's are.
    let loss = "class_name = \"BinaryCrossentropy\"\nfrom_logits = true\nlabel_smoothing = 0.1";
    let keras = term(loss);
    let recorded = term(
        "class_name = \"expression_objective\"\nname = \"BinaryCrossentropy\"\n\
         discriminator = \"\"\"\n\
         t0 = BinaryCrossentropy(ones_like(real_logits), real_logits, from_logits=1, label_smoothing=0.1)\n\
         t0 + BinaryCrossentropy(zeros_like(fake_logits), fake_logits, from_logits=True, label_smoothing=0.1)\n\"\"\"\n\
         generator = \"BinaryCrossentropy(1, fake_logits, from_logits=True, label_smoothing=0.1)\"",
    );
    assert_eq!(traced([recorded.clone(), recorded]), traced([keras.clone(), keras]));
}

/// Feature matching beside the table's.
#[test]
fn features_are_the_further_outputs_of_the_discriminator() {
    let networks =
        IMAGES.replace("[networks.discriminator]", "[networks.discriminator]\noutputs = [\"logit\", \"features\"]");
    let terms = |g: &str| [BUILT_IN[0].to_string(), format!("[[phases.terms]]\n{g}\n")];
    let own = terms(
        "class_name = \"expression\"\nname = \"feature_matching\"\nvalue = \"\"\"\n\
         wanted = features(real)[0]\nfound = features(fake)[-1]\nmean(square(mean(wanted, axis=0) - mean(found, axis=0)))\n\"\"\"",
    );
    let (own, table) = (spec(&networks, &own), spec(&networks, &terms("class_name = \"feature_matching\"")));
    let codec = codec(IMAGES);
    assert_eq!(graphs(&own, &codec), graphs(&table, &codec));
}

/// Names of terms are what their losses are shown as, once each.
#[test]
fn a_term_is_shown_by_its_name() {
    let traced = trace(&spec(POINTS, &written("1")), &codec(POINTS)).unwrap();
    assert_eq!(traced.groups[0].programs[0].terms, ["d/wasserstein", "d/gradient_penalty"]);
    let twice = written("1").map(|term| term.replace("\"gradient_penalty\"", "\"wasserstein\""));
    let traced = trace(&spec(POINTS, &twice), &codec(POINTS)).unwrap();
    assert_eq!(traced.groups[0].programs[0].terms, ["d/wasserstein", "d/wasserstein#1"]);
    for bad in ["a/b", "", "#1", "a b", ".a"] {
        let terms = written("1").map(|term| term.replace("\"gradient_penalty\"", &format!("{bad:?}")));
        let error = trace(&spec(POINTS, &terms), &codec(POINTS)).unwrap_err().to_string();
        assert!(error.contains("expected a term's `name`"), "{error}");
    }
}

#[test]
fn what_is_wrong_with_a_text_is_found_by_check() {
    let told = |terms: [String; 2]| {
        let draft = TrainSpec::draft(&text(POINTS, &terms, ["", ""])).unwrap();
        let report = check(&draft, None);
        let text = |f: &ganymede_gan::check::Finding| format!("{} {:?}: {}", f.place, f.line, f.reason);
        report.of(Severity::Error).map(text).collect::<Vec<_>>()
    };
    assert_eq!(told(written("1")), Vec::<String>::new());
    // The fourth line of the text is of an axis that there is not.
    let found = told(written("2"));
    assert_eq!(found.len(), 1, "{found:?}");
    for part in ["phases.0.terms.1 (expression)", "line 3 of `value`, `sum(square(slope), axis=2)`", "2 axes, found 2"]
    {
        assert!(found[0].contains(part), "{found:?}");
    }
    let [d, g] = written("1");
    for (d, g, part) in [
        (d.replace("square(slope)", "square(slop)"), g.clone(), "found `slop` (did you mean `slope`?)"),
        (d.replace("square(slope)", "sqare(slope)"), g.clone(), "found `sqare` (did you mean `square`?)"),
        (d.replace("mean((norm - 1) ** 2)", "(norm - 1) ** 2"), g.clone(), "found shape (16,): take its mean"),
        (d.replace("discriminator = \"", "generator = \""), g.clone(), "expected the text `discriminator`"),
        (d.clone(), g.replace("generator = ", "discriminator = "), "expected the text `generator`"),
        (d.clone(), g.replace("generator = ", "value = "), "no argument `value`"),
        (
            d.clone(),
            g.replace("generator = \"-mean(fake_logits)\"", ""),
            "expected the text `discriminator`, the text `generator`",
        ),
        // It depends on nothing that the phase trains.
        (
            d.replace("mean((norm - 1) ** 2)", "mean(real) + 0 * mean(norm)").replace("discriminator(x)", "x ** 2"),
            g.clone(),
            "whose gradient is 0 there",
        ),
    ] {
        let found = told([d, g]);
        assert!(found.len() == 1 && found[0].contains(part), "{part}: {found:?}");
    }
}

#[test]
fn a_spec_with_texts_is_printed_and_read_back() {
    let spec = spec(IMAGES, &written("[1, 2, 3]"));
    for text in [spec.to_toml(), spec.to_commented_toml()] {
        assert_eq!(TrainSpec::from_toml(&text).unwrap(), spec, "{text}");
    }
    // Lines that look like keys are no keys.
    let keys = spec.to_toml().replace("slope = ", "weight = ").replace("(slope)", "(weight)");
    let spec = TrainSpec::from_toml(&keys).unwrap();
    assert_eq!(TrainSpec::from_toml(&spec.to_commented_toml()).unwrap(), spec);
    assert!(
        spec.to_commented_toml().contains("\nweight = grad(sum(discriminator(x)), x)\n"),
        "{}",
        spec.to_commented_toml()
    );
    assert_eq!(Draft::from(spec.clone()).spec, spec);
}

/// A layer that is written down is the layer of the table, in a generator and in a critic whose slope is bounded: that needs
/// derivatives of derivatives.
#[test]
fn a_layer_that_is_written_down_trains_as_that_of_the_table() {
    let networks =
        |layer: &str| POINTS.replace(", activation = \"relu\" }", &format!(" }}, {{ name = \"gate\", {layer} }}"));
    let own = spec(&networks("class_name = \"ganymede>Expression\", value = \"x * sigmoid(x)\""), &BUILT_IN);
    let table = spec(&networks("class_name = \"Activation\", activation = \"silu\""), &BUILT_IN);
    let codec = codec(POINTS);
    assert_eq!(graphs(&own, &codec), graphs(&table, &codec));
    let (one, two) = (trained(&own, &codec), trained(&table, &codec));
    assert!(one == two && !one.is_empty());
    // Lines of a layer's text survive a spec.
    let lines = networks(
        "class_name = \"ganymede>Expression\", value = \"\"\"\ngate = sigmoid(x)  # of each unit\nx * gate\n\"\"\"",
    );
    let spec = spec(&lines, &BUILT_IN);
    assert_eq!(graphs(&spec, &codec), graphs(&table, &codec));
    for text in [spec.to_toml(), spec.to_commented_toml()] {
        assert_eq!(TrainSpec::from_toml(&text).unwrap(), spec, "{text}");
    }
    // What is wrong is found by check, with the layer and the line.
    let told = |value: &str| {
        let wrong = networks(&format!("class_name = \"ganymede>Expression\", value = \"{value}\""));
        let draft = TrainSpec::draft(&text(&wrong, &BUILT_IN, ["", ""])).unwrap();
        let report = check(&draft, None);
        report.of(Severity::Error).map(|f| format!("{}: {}", f.place, f.reason)).collect::<Vec<_>>().join("\n")
    };
    let found = told("y = x\\ny * sigmod(x)");
    assert!(found.contains("line 2 is wrong: expected a function, found `sigmod`"), "{found}");
    let found = told("y = x\\nmean(y)");
    assert!(found.contains("networks.generator.layers.2 (ganymede>Expression).value: "), "{found}");
    assert!(found.contains("line 2 of `value`, `mean(y)`: expected a tensor of"), "{found}");
}

/// A batch in parts draws the noise of the whole: parts of noise that is no batch would be others.
#[test]
fn noise_of_a_batch_in_parts_is_of_samples() {
    let terms = |shape: &str| {
        let value = format!("value = \"mean(discriminator(real) * mean(normal({shape})))\"");
        let d = format!(
            "[[phases.terms]]\nclass_name = \"wasserstein\"\n[[phases.terms]]\nclass_name = \"expression\"\n{value}\n"
        );
        let mut spec = spec(POINTS, &[d, BUILT_IN[1].to_string()]);
        spec.train.micro_batches = 2;
        trace(&spec, &codec(POINTS)).map(drop)
    };
    terms("[batch, 3]").unwrap();
    let Err(GanError::Build(errors)) = terms("[3]") else { panic!("no error") };
    assert!(errors.to_string().contains("first size is `batch` (8)"), "{errors}");
}
