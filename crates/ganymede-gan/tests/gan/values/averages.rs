//! The averaged network, step after step: β = 2^(−images/half-life). The critic's weight is 1, 3, 6, 10 after the steps, of
//! batches of four.

use super::super::common::{phases, states};
use super::bench::{N, close, codec};
use super::options::Line;
use ganymede_data::Batch;
use ganymede_gan::Stepper;
use ganymede_gan::spec::TrainSpec;
use ganymede_runtime::ReferenceBackend;
use ganymede_tensor::Tensor;

/// The average after each step.
fn averages(edits: &[&str], steps: u64) -> Vec<f64> {
    let ema = "ema={network='discriminator',half_life_kimg=0.008,ramp_up=0.0}";
    let mut line = Line::new(&[&[ema], edits].concat());
    let step = |step| {
        line.step(step);
        line.state("discriminator_ema/dense/kernel")
    };
    (0..steps).map(step).collect()
}

#[track_caller]
fn near(what: &str, found: &[f64], expected: &[f64]) {
    let same = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(same && found.len() == expected.len(), "{what}: {found:?}, expected {expected:?}");
}

#[test]
fn averages_are_those_of_the_formula() {
    // 4 of 8 images: 1 − 2^(−½) = 0.292893 of the way from 0 to 1, then of the rest to 3.
    near("each step", &averages(&[], 2), &[0.292_893, 1.085_786]);
    near("two updates a step", &averages(&["train.n_critic=2"], 1), &[1.085_786]);
    // 8 images between two updates: half of the way, to 1 and then to 4.
    near("every other step", &averages(&["phases.0.every=2"], 4), &[0.5, 0.5, 2.25, 2.25]);
    // The half-life is at most half of the images seen before: 0, 2, 4, 6. Then β is 0, ¼, ½, 2^(−⅔).
    near("ramp-up", &averages(&["ema.ramp_up=0.5"], 4), &[1.0, 2.5, 4.25, 6.377_727]);
    // A half-life that follows the steps: 8, then 4 images, β = ½: 0.292893 + (3 − 0.292893)/2.
    let falling = "ema.half_life_kimg={class_name='PiecewiseConstantDecay',boundaries=[0],values=[0.008,0.004]}";
    near("schedule", &averages(&[falling], 2), &[0.292_893, 1.646_447]);
    // After `--from` the average that was loaded counts at once.
    near("from", &averages(&["ema.ramp_up=0.5", "from='another run'"], 1), &[0.292_893]);
}

/// With nothing said: 10 kimg, at most a twentieth of the images seen. After 40 images the half-life is 2.
#[test]
fn averages_have_their_defaults() {
    let ema = ganymede_gan::spec::EmaSpec::default();
    assert_eq!(ema.network, None);
    close("ramp-up", &[ema.beta(2.0, 40.0, 0), ema.beta(2.0, 0.0, 0)], &[0.5, 0.0]);
    close("half-life", &[ema.beta(10_000.0, 1e9, 0)], &[0.5]);
}

/// A network with everything that is averaged, and a norm that is not.
const NETWORKS: &str = r#"
train = { steps = 3, batch = 4 }
ema = { network = "discriminator", half_life_kimg = 0.008, ramp_up = 0.0 }
[networks.generator]
layers = [{ class_name = "Input", shape = [3] }, { class_name = "Dense", units = 2 }]
[networks.discriminator]
layers = [
    { class_name = "Input", shape = [2] },
    { class_name = "SpectralNormalization", layer = { class_name = "Dense", config = { units = 3 } } },
    { class_name = "BatchNormalization" },
    { class_name = "LeakyReLU" },
    { class_name = "Dense", units = 1 },
]
"#;

/// Parameters and batch statistics are averaged; the direction of a spectral norm, which has a length of 1, is copied.
#[test]
fn parameters_and_statistics_are_averaged_and_directions_copied() {
    let spec = TrainSpec::from_toml(&format!("{NETWORKS}{}", phases(0.5))).unwrap();
    let mut stepper = Stepper::new(&spec, &codec(&[2], 0), &ReferenceBackend).unwrap();
    stepper.initialise().unwrap();
    let mut before = states(&stepper);
    for step in 0..3 {
        let real = Tensor::from_f32([N, 2], vec![1.0, -2.0, 0.5, 3.0, -1.0, 0.25, 2.0, step as f32]).unwrap();
        stepper.run(step, || Ok(Batch::new(step, [("real", real.clone())]))).unwrap();
        let after = states(&stepper);
        let (mut averaged, mut copied) = (Vec::new(), Vec::new());
        for (average, new) in after.iter().filter(|(name, _)| name.starts_with("discriminator_ema/")) {
            let name = average.replacen("discriminator_ema", "discriminator", 1);
            let (old, value) = (&before[average], &after[&name]);
            if name.ends_with("/vector_u") {
                assert_eq!(new, value, "step {step}: {name}");
                let moved = old.iter().zip(value).any(|(a, b)| (a - b).abs() > 1e-4);
                assert!(moved || step > 0, "step {step}: {name} says nothing");
                copied.push(name);
                continue;
            }
            let expected: Vec<f64> = old.iter().zip(value).map(|(a, b)| a + 0.292_893_218_8 * (b - a)).collect();
            near(&format!("step {step}: {name}"), new, &expected);
            averaged.push(name);
        }
        // A kernel and a bias twice, scale, offset, mean and variance.
        assert_eq!((averaged.len(), copied.len()), (8, 1), "{averaged:?} {copied:?}");
        for end in ["/moving_mean", "/moving_variance"] {
            let name = averaged.iter().find(|name| name.ends_with(end)).unwrap();
            assert_ne!(before[name], after[name], "step {step}: {name}");
        }
        before = after;
    }
}
