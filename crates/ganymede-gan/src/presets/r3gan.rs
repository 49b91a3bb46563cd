//! Preset `r3gan`.

use super::blocks::{Halving, Stack, from};
use super::{PresetInput, adam_with, image_spec, networks, phase, scheduled, term};
use crate::error::GanError;
use crate::spec::{TermSpec, TrainSpec};
use serde_json::{Value, json};

/// Size of the latent.
const LATENT: usize = 64;
/// Filters next to the image.
const WIDTH: usize = 64;
/// Samples in a batch: without batch statistics half as many as of others do, and make twice the steps in the time.
const BATCH: usize = 16;
/// Channels of a group of a 3x3 convolution.
const GROUP: usize = 16;
/// Updates of the discriminator for one with penalties, which take about three times as long.
const LAZY: u64 = 4;
/// First weight of each penalty.
const PENALTY: f64 = 5.0;
/// Steps after which learning rate, β₂ and penalties have their last values.
const DECAY: u64 = 4000;

/// Plain residual networks without normalization, which a relativistic objective and penalties of the slope on both real and
/// generated samples keep steady.
///
/// A block is x + W₃ φ(W₂ φ(W₁ x)) with 1x1, grouped 3x3 and 1x1 convolutions and φ = LeakyReLU 0.2; W₃ starts at 0, the
/// others at He's deviation times L^(−1/4) for L blocks (fix-up for branches of three layers). Between blocks images are
/// resized linearly, and a 1x1 convolution changes their channels. Learning rate and weights of penalties fall, β₂ rises.
///
/// # Cost
/// Grouped convolutions and two penalties take their time: in ten minutes of one core it sees 38,000 sprites, where `dcgan` sees 369,000, and
/// covers 0.29 of them beside 0.59 (docs/reference/presets.md). It wants that number of images, so about ten times as long; it is no
/// candidate for the default.
///
/// # Source
/// Huang, Gokaslan, Kuleshov, Tompkin (2024), "The GAN is dead; long live the GAN! A modern GAN baseline",
/// arXiv:2501.05441; fix-up: Zhang, Dauphin, Ma (2019), arXiv:1901.09321.
///
/// # Differs
/// Penalties in every fourth update, with four times the weight; one block a resolution instead of two; a Dense layer makes the
/// first 4 to 7 pixels a side; over 4,000 steps of 16 instead of millions of images, so that the learning rate begins at 1e-3
/// instead of 2e-4 and penalties at 5.
pub(super) fn r3gan(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let halving = Halving::of(input, "r3gan")?;
    let width = input.width.unwrap_or(WIDTH);
    if !width.is_multiple_of(GROUP / 2) {
        let reason = format!("expected a width that {} divides, found {width}", GROUP / 2);
        return Err(GanError::Argument { what: "preset `r3gan`".into(), reason });
    }
    let networks = networks(generator(halving, width, input.shape[2]).0, discriminator(&input.shape, halving, width).0);
    let adam = || {
        adam_with(json!({
            "learning_rate": falling(1e-3, 0.25), "beta_1": 0.0,
            "beta_2": { "class_name": "PolynomialDecay", "initial_learning_rate": 0.9, "end_learning_rate": 0.99, "decay_steps": DECAY },
        }))
    };
    let penalty = |name: &str| TermSpec { weight: scheduled(falling(PENALTY, 0.1)), every: LAZY, ..term(name, 1.0) };
    let loss = || TermSpec::new("relativistic_paired");
    let phases = vec![
        phase("d", "discriminator", adam(), vec![loss(), penalty("r1"), penalty("r2")]),
        phase("g", "generator", adam(), vec![loss()]),
    ];
    let mut spec = image_spec(networks, phases);
    spec.train.fresh_fakes = true;
    spec.train.batch = BATCH;
    Ok(spec)
}

/// From `first` to a part of it, by a cosine.
fn falling(first: f64, part: f64) -> Value {
    json!({ "class_name": "CosineDecay", "initial_learning_rate": first, "decay_steps": DECAY, "alpha": part })
}

/// Filters `depth` halvings below the image: at most four times those next to it.
fn filters(width: usize, depth: u32) -> usize {
    width << depth.min(2)
}

fn he(part: f64) -> Value {
    // Of LeakyReLU with slope 0.2: 2 / (1 + 0.2²).
    json!({ "class_name": "VarianceScaling", "scale": part * 2.0 / 1.04, "mode": "fan_in", "distribution": "untruncated_normal" })
}

/// x + its branch, under the name `block_N`.
fn block(stack: &mut Stack, number: u32, input: &str, filters: usize, blocks: u32) {
    let inner = 2 * filters;
    let leaky = |stack: &mut Stack| {
        stack.push("LeakyReLU", json!({ "negative_slope": 0.2 }));
    };
    let fixed = he(1.0 / f64::from(blocks).sqrt());
    let wide = json!({ "filters": inner, "kernel_size": [1, 1], "padding": "same", "kernel_initializer": fixed });
    from(stack.push("Conv2D", wide), &[input]);
    leaky(stack);
    let grouped = json!({
        "filters": inner, "kernel_size": [3, 3], "padding": "same", "groups": inner / GROUP, "kernel_initializer": fixed,
    });
    stack.push("Conv2D", grouped);
    leaky(stack);
    let last = json!({
        "filters": filters, "kernel_size": [1, 1], "padding": "same", "use_bias": false, "kernel_initializer": "zeros",
    });
    stack.name(&format!("residual_{number}"), "Conv2D", last);
    from(stack.name(&format!("block_{number}"), "Add", json!({})), &[&format!("residual_{number}"), input]);
}

/// A 1x1 convolution where the number of channels changes; gives the name of what comes out.
fn between(stack: &mut Stack, number: u32, (taken, given): (usize, usize)) -> String {
    let name = format!("start_{number}");
    if taken == given {
        if let Some(layer) = stack.0.last_mut() {
            layer.name = Some(name.clone());
        }
    } else {
        let arguments = json!({
            "filters": given, "kernel_size": [1, 1], "padding": "same", "use_bias": false, "kernel_initializer": he(0.52),
        });
        stack.name(&name, "Conv2D", arguments);
    }
    name
}

fn generator(halving: Halving, width: usize, channels: usize) -> Stack {
    let Halving { stages, start: [height, across] } = halving;
    let mut g = Stack::default();
    let mut taken = filters(width, stages);
    g.push("Input", json!({ "shape": [LATENT] }));
    g.push("Dense", json!({ "units": height * across * taken, "use_bias": false }));
    g.push("Reshape", json!({ "target_shape": [height, across, taken] }));
    for number in 0..=stages {
        let given = filters(width, stages - number);
        let start = between(&mut g, number, (taken, given));
        block(&mut g, number, &start, given, stages + 1);
        if number < stages {
            g.push("UpSampling2D", json!({ "interpolation": "bilinear" }));
        }
        taken = given;
    }
    g.push("Conv2D", json!({ "filters": channels, "kernel_size": [1, 1], "padding": "same" }));
    g
}

fn discriminator(shape: &[usize], halving: Halving, width: usize) -> Stack {
    let Halving { stages, start } = halving;
    let mut d = Stack::default();
    d.push("Input", json!({ "shape": shape }));
    let mut taken = width;
    d.push("Conv2D", json!({ "filters": width, "kernel_size": [1, 1], "padding": "same" }));
    for number in 0..=stages {
        let given = filters(width, number);
        let start = between(&mut d, number, (taken, given));
        block(&mut d, number, &start, given, stages + 1);
        if number < stages {
            d.push("AveragePooling2D", json!({ "pool_size": 2 }));
        }
        taken = given;
    }
    d.push("DepthwiseConv2D", json!({ "kernel_size": start, "use_bias": false }));
    d.push("Flatten", json!({}));
    d.push("Dense", json!({ "units": 1 }));
    d
}
