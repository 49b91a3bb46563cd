//! Generating samples: labels, truncation. The generator hands its latent on, so that a sample shows it.

use ganymede_data::{Codec, Wish};
use ganymede_gan::spec::{TrainSpec, edit};
use ganymede_gan::{Labels, Sampler};
use ganymede_runtime::{CpuBackend, CpuOptions};
use ganymede_tensor::TensorType;

const PLAIN: &str = r#"
train = { steps = 1 }
[networks.generator]
layers = [{ class_name = "Input", shape = [3] }, { class_name = "Identity" }]
[networks.discriminator]
layers = [{ class_name = "Input", shape = [3] }, { class_name = "Dense", units = 1 }]
[[phases]]
name = "d"
trains = ["discriminator"]
"#;

/// A sample is its label, which one-hot rows of the table stand for.
const LABELLED: &str = r#"
train = { steps = 1 }
[networks.generator]
layers = [
    { class_name = "Input", shape = [3], name = "latent" },
    { class_name = "Input", shape = [], dtype = "int32", name = "label" },
    { class_name = "Embedding", input_dim = 3, output_dim = 3, embeddings_initializer = "Identity", inputs = ["label"] },
    { class_name = "Rescaling", scale = 0.0, inputs = ["latent"], name = "nothing" },
    { class_name = "Add", inputs = ["embedding", "nothing"] },
]
[networks.discriminator]
layers = [{ class_name = "Input", shape = [3] }, { class_name = "Dense", units = 1 }]
[[phases]]
name = "g"
trains = ["generator"]
optimizer = { class_name = "SGD" }
terms = [{ class_name = "wasserstein" }]
"#;

fn codec(classes: usize) -> Codec {
    Codec::stand_in(TensorType::f32([3]), [-1.0, 1.0], (0..classes).map(|class| format!("class {class}")).collect())
}

fn sampler(spec: &TrainSpec, classes: usize, truncation: Option<f64>) -> Result<Sampler, ganymede_gan::GanError> {
    Sampler::new(spec, &codec(classes), truncation, &CpuBackend::new(CpuOptions::default()).unwrap())
}

fn latents(distribution: &str, truncation: Option<f64>) -> Vec<f32> {
    let spec = TrainSpec::from_toml(PLAIN).unwrap();
    let spec = edit(&spec, &format!("latent.distribution={distribution}")).unwrap();
    sampler(&spec, 0, truncation).unwrap().draw(5..1005, Labels::InTurn).unwrap().as_f32().unwrap().to_vec()
}

#[test]
fn truncated_latents_lie_within_their_bound_in_the_order_of_the_others() {
    let free = latents("normal", None);
    assert!(free.iter().any(|z| z.abs() > 2.5));
    for bound in [0.3f64, 1.0, 2.0] {
        let cut = latents("normal", Some(bound));
        assert!(cut.iter().all(|z| f64::from(z.abs()) <= bound * 1.00001), "{bound}");
        // By hand: z' is where the truncated distribution has the share of its mass that the normal one has at z.
        let mass = libm::erf(bound / 2f64.sqrt());
        for (z, cut) in free.iter().zip(&cut) {
            let (expected, found) =
                (libm::erf(f64::from(*z) / 2f64.sqrt()) * mass, libm::erf(f64::from(*cut) / 2f64.sqrt()));
            assert!((expected - found).abs() < 1e-6, "{bound}: {z} became {cut}");
        }
    }
    for (z, cut) in free.iter().zip(&latents("normal", Some(50.0))) {
        assert!((z - cut).abs() < 2e-3 * z.abs().max(1.0), "{z} became {cut}");
    }
    for (z, cut) in latents("uniform", None).iter().zip(&latents("uniform", Some(0.25))) {
        assert_eq!(z * 0.25, *cut);
    }
    for bad in [0.0, -1.0, f64::NAN] {
        let error = sampler(&TrainSpec::from_toml(PLAIN).unwrap(), 0, Some(bad)).err().unwrap().to_string();
        assert!(error.contains("expected a number above 0"), "{error}");
    }
}

#[test]
fn classes_come_in_turn_or_as_they_are_asked_for() {
    let spec = TrainSpec::from_toml(LABELLED).unwrap();
    let mut sampler = sampler(&spec, 3, None).unwrap();
    sampler.initialise(&codec(3)).unwrap();
    assert_eq!(sampler.classes(), 3);
    let mut classes = |seeds: std::ops::Range<u64>, labels: Labels<'_>| -> Vec<usize> {
        let drawn = sampler.draw(seeds, labels).unwrap();
        drawn.as_f32().unwrap().chunks(3).map(|row| row.iter().position(|&x| x == 1.0).unwrap()).collect()
    };
    assert_eq!(classes(4..11, Labels::InTurn), [1, 2, 0, 1, 2, 0, 1]);
    assert_eq!(classes(0..100, Labels::All(2)), [2; 100]);
    let each: Vec<u32> = (0..150).map(|i| i * i % 3).collect();
    let found: Vec<u32> = classes(0..150, Labels::Each(&each)).into_iter().map(|c| c as u32).collect();
    assert_eq!(found, each);
    // The same as a wish for a field.
    let mut wished = |wish: &Wish| -> Vec<f32> { sampler.draw_as(0..2, wish).unwrap().as_f32().unwrap().to_vec() };
    assert_eq!(wished(&Wish::label(2)), [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    assert_eq!(wished(&Wish::in_turn().with(&codec(3), "label", "class 1").unwrap()), [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
    let mut refused = |labels: Labels<'_>| sampler.draw(0..2, labels).unwrap_err().to_string();
    assert!(refused(Labels::All(3)).contains("expected classes 0 to 2, found 3"));
    assert!(refused(Labels::Each(&[1])).contains("expected one for each of 2 samples, found 1"));
}

#[test]
fn labels_that_nobody_has_are_refused() {
    let labelled = TrainSpec::from_toml(LABELLED).unwrap();
    let error = sampler(&labelled, 0, None).err().unwrap().to_string();
    assert!(error.contains("`generator` takes labels beside its first input, and the data has no classes"), "{error}");
    let mut plain = sampler(&TrainSpec::from_toml(PLAIN).unwrap(), 3, None).unwrap();
    let error = plain.draw_as(0..2, &Wish::label(1)).unwrap_err().to_string();
    assert!(error.contains("found `label`; it is given nothing but latents"), "{error}");
    let error = plain.draw(0..2, Labels::All(0)).unwrap_err().to_string();
    assert!(error.contains("it cannot be asked for one class"), "{error}");
    let error = ganymede_gan::phases::trace(&labelled, &codec(0)).err().unwrap().to_string();
    assert!(error.contains("`generator` takes labels beside its first input"), "{error}");
}

/// A batch norm over latents: after standing statistics samples are the latents themselves, brought to mean 0 and variance 1
/// by the statistics of many batches, which are near 0 and 1; before, by a mean of 5 and a variance of 4.
#[test]
fn standing_statistics_are_means_over_batches() {
    let text = PLAIN.replace(
        "{ class_name = \"Identity\" }",
        "{ class_name = \"BatchNormalization\", epsilon = 0.0, moving_mean_initializer = { class_name = \"Constant\", value = 5.0 }, \
         moving_variance_initializer = { class_name = \"Constant\", value = 4.0 } }",
    );
    let trained = LABELLED.split("[[phases]]").nth(1).unwrap();
    let spec =
        TrainSpec::from_toml(&format!("{}[[phases]]{trained}", text.split("[[phases]]").next().unwrap())).unwrap();
    let backend = CpuBackend::new(CpuOptions::default()).unwrap();
    let mut sampler = Sampler::new(&spec, &codec(0), None, &backend).unwrap();
    sampler.initialise(&codec(0)).unwrap();
    let plain = latents("normal", None);
    let samples = |sampler: &mut Sampler| sampler.draw(5..1005, Labels::InTurn).unwrap().as_f32().unwrap().to_vec();
    for (z, sample) in plain.iter().zip(samples(&mut sampler)) {
        assert!(((z - 5.0) / 2.0 - sample).abs() < 1e-5);
    }
    sampler.standing(200, &backend).unwrap();
    // 12,800 latents: mean and variance within a few hundredths.
    for (z, sample) in plain.iter().zip(samples(&mut sampler)) {
        assert!((z - sample).abs() < 0.05 * z.abs().max(1.0), "{z} became {sample}");
    }
    let plain = TrainSpec::from_toml(PLAIN).unwrap();
    let mut none = Sampler::new(&plain, &codec(0), None, &backend).unwrap();
    let error = none.standing(10, &backend).unwrap_err().to_string();
    assert!(error.contains("expected a generator with batch normalization"), "{error}");
    assert!(sampler.standing(0, &backend).is_err());
}
