//! Presets `sngan` and `projection`, which have residual networks and differ in what they know of classes.

use super::blocks::{Halving, Stack, from, projected, spectral};
use super::{PresetInput, adam_with, image_spec, networks, phase};
use crate::error::GanError;
use crate::spec::{TermSpec, TrainSpec};
use serde_json::json;

/// Size of the latent.
const LATENT: usize = 128;
/// Filters of the discriminator's blocks at the most where images are small; the paper has 128.
const WIDTH: usize = 64;

/// A GAN of residual networks with spectral normalization and the hinge objective.
///
/// # Source
/// Miyato, Kataoka, Koyama, Yoshida (2018), "Spectral normalization for generative adversarial networks",
/// arXiv:1802.05957, appendix B.4.
///
/// # Differs
/// Half as wide as the paper's for CIFAR-10; one update of the discriminator for one of the generator instead of five; for short
/// trainings the learning rate is 5e-4 instead of 2e-4, which bounded weights bear (docs/reference/ablations.md).
pub(super) fn sngan(input: &PresetInput) -> Result<TrainSpec, GanError> {
    spec(input, "sngan", None)
}

/// The same with classes: the generator's batch normalizations scale by class, and the discriminator adds the inner product
/// of its features with a vector of the class.
///
/// # Source
/// Miyato, Koyama (2018), "cGANs with projection discriminator", arXiv:1802.05637, equation 3.
///
/// # Differs
/// As `sngan`.
pub(super) fn projection(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let classes = input.classes("projection")?;
    spec(input, "projection", Some(classes))
}

fn spec(input: &PresetInput, preset: &'static str, classes: Option<usize>) -> Result<TrainSpec, GanError> {
    let halving = Halving::of(input, preset)?;
    let width = input.width.unwrap_or(WIDTH);
    let generator = generator(halving, width, input.shape[2], classes);
    let discriminator = discriminator(&input.shape, halving, width, classes);
    let adam = || adam_with(json!({ "learning_rate": 5e-4, "beta_1": 0.0, "beta_2": 0.9 }));
    let phases = vec![
        phase("d", "discriminator", adam(), vec![TermSpec::new("hinge")]),
        phase("g", "generator", adam(), vec![TermSpec::new("hinge")]),
    ];
    Ok(image_spec(networks(generator.0, discriminator.0), phases))
}

/// Filters of the block that stands `depth` halvings below the image, in widths: small images have as many everywhere.
fn filters(stages: u32, depth: u32) -> usize {
    if stages <= 3 { 1 } else { (1 << depth.min(4)) / 2 }.max(1)
}

fn generator(halving: Halving, width: usize, channels: usize, classes: Option<usize>) -> Stack {
    let Halving { stages, start: [height, across] } = halving;
    let filters_at = |depth: u32| 2 * width * filters(stages, depth);
    let mut g = Stack::default();
    g.name("latent", "Input", json!({ "shape": [LATENT] }));
    if classes.is_some() {
        g.name("label", "Input", json!({ "shape": [], "dtype": "int32" }));
    }
    from(g.push("Dense", json!({ "units": height * across * filters_at(stages) })), &["latent"]);
    g.name("block_0", "Reshape", json!({ "target_shape": [height, across, filters_at(stages)] }));
    let norm = |g: &mut Stack, input: Option<&str>| {
        match classes {
            Some(classes) => {
                let last = g.0.len();
                let before = input.map_or_else(|| format!("before_{last}"), String::from);
                if input.is_none()
                    && let Some(layer) = g.0.last_mut()
                {
                    layer.name = Some(before.clone());
                }
                let arguments = json!({ "classes": classes, "momentum": 0.9 });
                from(g.push("ganymede>ConditionalBatchNormalization", arguments), &[&before, "label"]);
            }
            None => {
                let layer = g.push("BatchNormalization", json!({ "momentum": 0.9 }));
                if let Some(input) = input {
                    from(layer, &[input]);
                }
            }
        }
        g.push("ReLU", json!({}));
    };
    for block in 1..=stages {
        let (input, filters) = (format!("block_{}", block - 1), filters_at(stages - block));
        let kernel = |side: usize| json!({ "filters": filters, "kernel_size": [side, side], "padding": "same" });
        norm(&mut g, Some(&input));
        g.push("UpSampling2D", json!({}));
        g.push("Conv2D", kernel(3));
        norm(&mut g, None);
        g.name(&format!("residual_{block}"), "Conv2D", kernel(3));
        from(g.push("UpSampling2D", json!({})), &[&input]);
        g.name(&format!("shortcut_{block}"), "Conv2D", kernel(1));
        let sum = [format!("residual_{block}"), format!("shortcut_{block}")];
        from(g.name(&format!("block_{block}"), "Add", json!({})), &[&sum[0], &sum[1]]);
    }
    g.push("BatchNormalization", json!({ "momentum": 0.9 }));
    g.push("ReLU", json!({}));
    g.push("Conv2D", json!({ "filters": channels, "kernel_size": [3, 3], "padding": "same", "activation": "tanh" }));
    g
}

fn discriminator(shape: &[usize], halving: Halving, width: usize, classes: Option<usize>) -> Stack {
    let stages = halving.stages;
    let mut d = Stack::default();
    d.name("image", "Input", json!({ "shape": shape }));
    if classes.is_some() {
        d.name("label", "Input", json!({ "shape": [], "dtype": "int32" }));
    }
    let convolution = |filters: usize, side: usize| {
        spectral("Conv2D", json!({ "filters": filters, "kernel_size": [side, side], "padding": "same" }))
    };
    let mut input = "image".to_string();
    let mut taken = 0;
    // Images are halved to 7 or 8 pixels, and two blocks more look at what is left.
    let halvings = (stages - 1).max(2).min(stages);
    for block in 1..=halvings + 2 {
        let (halves, filters) = (block <= halvings, width * filters(stages, block.min(stages)));
        if block == 1 {
            from(d.push("SpectralNormalization", convolution(filters, 3)), &[&input]);
        } else {
            from(d.push("ReLU", json!({})), &[&input]);
            d.push("SpectralNormalization", convolution(filters, 3));
        }
        d.push("ReLU", json!({}));
        d.name(&format!("residual_{block}"), "SpectralNormalization", convolution(filters, 3));
        if halves {
            d.0.last_mut().expect("it was just pushed").name = None;
            d.name(&format!("residual_{block}"), "AveragePooling2D", json!({ "pool_size": 2 }));
        }
        let mut shortcut = input.clone();
        if halves || taken != filters {
            shortcut = format!("shortcut_{block}");
            from(d.push("SpectralNormalization", convolution(filters, 1)), &[&input]);
            let last = if halves {
                d.push("AveragePooling2D", json!({ "pool_size": 2 }))
            } else {
                d.push("Identity", json!({}))
            };
            last.name = Some(shortcut.clone());
        }
        let sum = format!("block_{block}");
        from(d.name(&sum, "Add", json!({})), &[&format!("residual_{block}"), &shortcut]);
        (input, taken) = (sum, filters);
    }
    let left: usize = shape[..2].iter().map(|side| side >> halvings).product();
    from(d.push("ReLU", json!({})), &[&input]);
    d.push("GlobalAveragePooling2D", json!({}));
    d.name("features", "Rescaling", json!({ "scale": left as f64 }));
    d.name("verdict", "SpectralNormalization", spectral("Dense", json!({ "units": 1 })));
    if let Some(classes) = classes {
        projected(&mut d, classes, taken);
    }
    d
}
