//! Presets `quick` and `quick_projection`, which have small networks made for minutes on a processor and differ in what they know
//! of classes.

use super::blocks::{Halving, Stack, from, projected, spectral};
use super::{PresetInput, image_spec, networks, phases};
use crate::error::GanError;
use crate::spec::TrainSpec;
use serde_json::json;

/// Size of the latent.
const LATENT: usize = 128;
/// Filters next to the image.
const WIDTH: usize = 32;
/// Filters at the most, in widths.
const WIDEST: usize = 4;

/// A residual generator against a plain strided discriminator with spectral normalization, by the hinge objective: what each
/// spends on a pixel follows what a short training gains by it.
///
/// The generator's block is x ↑ + W₂ φ(N(W₁ ↑ φ(N x))): W₁ ↑ a transposed 4x4 convolution of stride 2, which costs less than
/// half of doubling first and 3x3 convolving then; W₂ 3x3; N batch normalization; φ = ReLU. Filters double with each
/// halving, up to four times those next to the image. The discriminator never convolves at the full size: 4x4 convolutions of
/// stride 2, each followed by a 3x3, until the short side is 4; then features are summed over the positions.
///
/// # Source
/// The discriminator is after that of Miyato, Kataoka, Koyama, Yoshida (2018), "Spectral normalization for generative
/// adversarial networks", arXiv:1802.05957, table 3; the generator after its appendix B.4; the measurements are in
/// docs/reference/choice.md.
pub(super) fn quick(input: &PresetInput) -> Result<TrainSpec, GanError> {
    spec(input, "quick", None)
}

/// The same with classes, as `projection` has them: batch normalization by class, and the inner product of features and class.
///
/// # Source
/// Miyato, Koyama (2018), "cGANs with projection discriminator", arXiv:1802.05637, equation 3.
pub(super) fn quick_projection(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let classes = input.classes("quick_projection")?;
    spec(input, "quick_projection", Some(classes))
}

fn spec(input: &PresetInput, preset: &'static str, classes: Option<usize>) -> Result<TrainSpec, GanError> {
    let halving = Halving::of(input, preset)?;
    let width = input.width.unwrap_or(WIDTH);
    let generator = generator(halving, width, input.shape[2], classes);
    let discriminator = discriminator(&input.shape, width, classes);
    Ok(image_spec(networks(generator.0, discriminator.0), phases("hinge", 2e-4, 0.5)))
}

/// Batch normalization of a layer, by class where there are classes, and ReLU.
fn normed(stack: &mut Stack, input: &str, classes: Option<usize>) {
    match classes {
        Some(classes) => {
            let arguments = json!({ "classes": classes, "momentum": 0.9 });
            from(stack.push("ganymede>ConditionalBatchNormalization", arguments), &[input, "label"]);
        }
        None => from(stack.push("BatchNormalization", json!({ "momentum": 0.9 })), &[input]),
    }
    stack.push("ReLU", json!({}));
}

fn generator(halving: Halving, width: usize, channels: usize, classes: Option<usize>) -> Stack {
    let Halving { stages, start: [height, across] } = halving;
    let filters = |depth: u32| width * (1 << depth).min(WIDEST);
    let mut g = Stack::default();
    g.name("latent", "Input", json!({ "shape": [LATENT] }));
    if classes.is_some() {
        g.name("label", "Input", json!({ "shape": [], "dtype": "int32" }));
    }
    from(g.push("Dense", json!({ "units": height * across * filters(stages) })), &["latent"]);
    g.name("block_0", "Reshape", json!({ "target_shape": [height, across, filters(stages)] }));
    for block in 1..=stages {
        let (input, taken, given) =
            (format!("block_{}", block - 1), filters(stages - block + 1), filters(stages - block));
        normed(&mut g, &input, classes);
        let up = json!({ "filters": given, "kernel_size": [4, 4], "strides": [2, 2], "padding": "same" });
        let (doubled, residual, shortcut) =
            (format!("doubled_{block}"), format!("residual_{block}"), format!("shortcut_{block}"));
        g.name(&doubled, "Conv2DTranspose", up);
        normed(&mut g, &doubled, classes);
        g.name(&residual, "Conv2D", json!({ "filters": given, "kernel_size": [3, 3], "padding": "same" }));
        if taken == given {
            from(g.name(&shortcut, "UpSampling2D", json!({})), &[&input]);
        } else {
            // A 1x1 convolution and doubling commute, and the smaller image is the cheaper one.
            from(g.push("Conv2D", json!({ "filters": given, "kernel_size": [1, 1], "padding": "same" })), &[&input]);
            g.name(&shortcut, "UpSampling2D", json!({}));
        }
        from(g.name(&format!("block_{block}"), "Add", json!({})), &[&residual, &shortcut]);
    }
    g.push("BatchNormalization", json!({ "momentum": 0.9 }));
    g.push("ReLU", json!({}));
    g.push("Conv2D", json!({ "filters": channels, "kernel_size": [3, 3], "padding": "same", "activation": "tanh" }));
    g
}

fn discriminator(shape: &[usize], width: usize, classes: Option<usize>) -> Stack {
    let mut d = Stack::default();
    d.name("image", "Input", json!({ "shape": shape }));
    if classes.is_some() {
        d.name("label", "Input", json!({ "shape": [], "dtype": "int32" }));
    }
    let mut convolve = |filters: usize, kernel: usize, stride: usize, input: Option<&str>| {
        let arguments = json!({
            "filters": filters, "kernel_size": [kernel, kernel], "strides": [stride, stride], "padding": "same",
        });
        let layer = d.push("SpectralNormalization", spectral("Conv2D", arguments));
        if let Some(input) = input {
            from(layer, &[input]);
        }
        d.push("LeakyReLU", json!({ "negative_slope": 0.1 }));
    };
    let (mut sides, mut filters) = ([shape[0], shape[1]], 0);
    while sides[0].min(sides[1]) > 4 {
        let input = (filters == 0).then_some("image");
        filters = (2 * filters).clamp(width, 2 * WIDEST * width);
        convolve(filters, 4, 2, input);
        convolve(filters, 3, 1, None);
        sides = sides.map(|side| side.div_ceil(2));
    }
    let positions: usize = sides.iter().product();
    d.push("GlobalAveragePooling2D", json!({}));
    d.name("features", "Rescaling", json!({ "scale": positions as f64 }));
    d.name("verdict", "SpectralNormalization", spectral("Dense", json!({ "units": 1 })));
    if let Some(classes) = classes {
        projected(&mut d, classes, filters);
    }
    d
}
