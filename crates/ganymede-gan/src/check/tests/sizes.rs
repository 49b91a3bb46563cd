//! Shapes of networks and data, and labels.

use super::*;

#[test]
fn a_dense_generator_follows_the_data() {
    for (shape, units) in [(vec![2], 3), (vec![28, 28, 1], 783)] {
        let data = facts("data", &shape, 1000, 0);
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
        let (spec, changes) = fix(&TrainSpec::draft(&text).unwrap(), Some(&data)).whole().unwrap();
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
        assert!(fix(&draft, None).whole().is_some());
    }
    let spec = TrainSpec { train: crate::spec::TrainSection { kimg: Some(f64::NAN), ..good.train.clone() }, ..good };
    assert!(check(&Draft::from(spec), None).has_errors());
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
        let data = facts("ring2d", &[2], 1000, classes);
        let report = check(&draft, Some(&data));
        let told = report.of(Severity::Error).map(|f| format!("{}: {}", f.place, f.reason)).collect::<Vec<_>>();
        if classes == 8 {
            let (mended, _) = fix(&draft, Some(&data)).whole().unwrap();
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
    let data = facts("ring2d", &[2], 1000, 2);
    let hints = check(&draft, Some(&data)).to_string();
    assert!(hints.contains("it knows 3 classes, the data has 2"), "{hints}");
}

#[test]
fn sizes_that_are_unequal_say_their_order() {
    use crate::presets::{PresetInput, preset_for};
    let spec = preset_for("dcgan", &PresetInput::of(vec![96, 64, 1])).unwrap();
    let draft = Draft::from(spec);
    let data = facts("photos", &[32, 32, 1], 1000, 0);
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
    let data = facts("photos", &[8, 6, 3], 1000, 0);
    let (mended, changes) = fix(&Draft::from(spec), Some(&data)).whole().unwrap();
    assert_eq!(changes.len(), 2, "{changes:?}");
    let subject = Draft::from(mended);
    let subject = Subject::new(&subject, Some(&data));
    assert_eq!(subject.network("generator").unwrap().output, [8, 6, 3]);
    assert_eq!(subject.network("discriminator").unwrap().output, [1]);
}
