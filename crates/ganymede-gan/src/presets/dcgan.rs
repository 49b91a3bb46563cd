//! Preset `dcgan`.

use super::{LATENT, PresetInput, layer, networks, phases};
use crate::error::GanError;
use crate::spec::{EmaSpec, NetworkSpec, TrainSection, TrainSpec, Update};
use ganymede_nn::LayerConfig;
use serde_json::json;
use std::collections::BTreeMap;

/// Filters of the layer next to the images.
const WIDTH: usize = 64;
/// Steps of a training that is not told how long: about five minutes for small images on two cores.
const STEPS: u64 = 3600;
/// Samples in a batch: progress goes with the number of steps, so that a short training is better off with small ones
/// (docs/decisions/0007).
const BATCH: usize = 32;

/// A convolutional GAN. Sides that are powers of two get the paper's network as in PyTorch's example,
/// other sides that 4 divides (28) that of TensorFlow's tutorial; both train with the paper's Adam.
///
/// # Source
/// Radford, Metz, Chintala (2015), "Unsupervised representation learning with deep convolutional
/// generative adversarial networks", arXiv:1511.06434; the `dcgan` example of PyTorch; the DCGAN tutorial
/// of TensorFlow.
pub(super) fn dcgan(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let [height, width, channels] = input.image("dcgan")?;
    let filters = input.width.unwrap_or(WIDTH);
    let powers = height.is_power_of_two() && width.is_power_of_two();
    let (short, long) = (height.min(width), height.max(width));
    if powers && short >= 16 && long <= 256 {
        return Ok(paper([height, width, channels], filters));
    }
    if height.is_multiple_of(4) && width.is_multiple_of(4) && short >= 8 && long <= 256 {
        return Ok(tutorial([height, width, channels], filters));
    }
    let reason = format!(
        "expected sides that are multiples of 4 from 8 to 256, found {width}x{height} (width x height); use --resolution, such as 32 or 64"
    );
    Err(GanError::Argument { what: "preset `dcgan`".into(), reason })
}

/// The DCGAN paper's networks: kernels 4x4 with stride 2, halving until the short side is 4.
fn paper([height, width, channels]: [usize; 3], narrowest: usize) -> TrainSpec {
    let normal = |mean: f64| json!({ "class_name": "RandomNormal", "mean": mean, "stddev": 0.02 });
    let stages = (height.min(width) / 4).ilog2();
    let start = [height >> stages, width >> stages];
    let filters = |stage: u32| narrowest << stage;
    let norm = || {
        let arguments = json!({ "momentum": 0.9, "epsilon": 1e-5, "gamma_initializer": normal(1.0) });
        layer("BatchNormalization", arguments)
    };
    let convolution = |class: &str, filters: usize, kernel: [usize; 2], strides: usize, padding: &str| {
        let arguments = json!({
            "filters": filters, "kernel_size": kernel, "strides": [strides, strides], "padding": padding,
            "use_bias": false, "kernel_initializer": normal(0.0),
        });
        layer(class, arguments)
    };
    let leaky = || layer("LeakyReLU", json!({ "negative_slope": 0.2 }));

    let mut generator: Vec<LayerConfig> = vec![
        layer("Input", json!({ "shape": [LATENT] })),
        layer("Reshape", json!({ "target_shape": [1, 1, LATENT] })),
        convolution("Conv2DTranspose", filters(stages - 1), start, 1, "valid"),
        norm(),
        layer("ReLU", json!({})),
    ];
    for stage in (0..stages - 1).rev() {
        generator.extend([
            convolution("Conv2DTranspose", filters(stage), [4, 4], 2, "same"),
            norm(),
            layer("ReLU", json!({})),
        ]);
    }
    generator.push(convolution("Conv2DTranspose", channels, [4, 4], 2, "same"));
    generator.push(layer("Activation", json!({ "activation": "tanh" })));

    let mut discriminator = vec![layer("Input", json!({ "shape": [height, width, channels] }))];
    for stage in 0..stages {
        discriminator.push(convolution("Conv2D", filters(stage), [4, 4], 2, "same"));
        if stage > 0 {
            discriminator.push(norm());
        }
        discriminator.push(leaky());
    }
    discriminator.push(convolution("Conv2D", 1, start, 1, "valid"));
    discriminator.push(layer("Flatten", json!({})));

    let networks = networks(generator, discriminator);
    spec(networks, Update::Alternating)
}

/// The networks of TensorFlow's tutorial: a quarter of the sides, then 5x5 kernels.
fn tutorial([height, width, channels]: [usize; 3], filters: usize) -> TrainSpec {
    let start = [height / 4, width / 4];
    let up = |filters: usize, strides: usize| {
        let arguments = json!({
            "filters": filters, "kernel_size": [5, 5], "strides": [strides, strides], "padding": "same",
            "use_bias": false,
        });
        layer("Conv2DTranspose", arguments)
    };
    let norm = || layer("BatchNormalization", json!({}));
    let leaky = || layer("LeakyReLU", json!({}));
    let generator = vec![
        layer("Input", json!({ "shape": [LATENT] })),
        layer("Dense", json!({ "units": start[0] * start[1] * 4 * filters, "use_bias": false })),
        norm(),
        leaky(),
        layer("Reshape", json!({ "target_shape": [start[0], start[1], 4 * filters] })),
        up(2 * filters, 1),
        norm(),
        leaky(),
        up(filters, 2),
        norm(),
        leaky(),
        up(channels, 2),
        layer("Activation", json!({ "activation": "tanh" })),
    ];
    let down = |filters: usize| {
        let arguments = json!({ "filters": filters, "kernel_size": [5, 5], "strides": [2, 2], "padding": "same" });
        layer("Conv2D", arguments)
    };
    let discriminator = vec![
        layer("Input", json!({ "shape": [height, width, channels] })),
        down(filters),
        leaky(),
        layer("Dropout", json!({ "rate": 0.3 })),
        down(2 * filters),
        leaky(),
        layer("Dropout", json!({ "rate": 0.3 })),
        layer("Flatten", json!({})),
        layer("Dense", json!({ "units": 1 })),
    ];
    let networks = networks(generator, discriminator);
    spec(networks, Update::Simultaneous)
}

fn spec(networks: BTreeMap<String, NetworkSpec>, update: Update) -> TrainSpec {
    TrainSpec {
        train: TrainSection { steps: Some(STEPS), batch: BATCH, update, ..TrainSection::default() },
        ema: Some(EmaSpec::of("generator")),
        networks,
        phases: phases("non_saturating", 2e-4, 0.5),
        ..TrainSpec::default()
    }
}
