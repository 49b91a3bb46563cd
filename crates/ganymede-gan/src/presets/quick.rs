//! Preset `quick`: small networks made for minutes on a processor. Not here: the same with classes (`quick_projection.rs`).

use super::blocks::{Halving, Stack, from};
use super::{PresetInput, image_spec, networks, phases, term};
use crate::error::GanError;
use crate::spec::{TermSpec, TrainSpec};
use serde_json::json;

/// Size of the latent.
const LATENT: usize = 128;
/// Filters next to the image.
const WIDTH: usize = 32;
/// Filters at the most, in widths.
const WIDEST: usize = 4;
/// Weight of the penalty of the discriminator's slope: with less it has learned a few thousand images by heart after some minutes, with more
/// the texture suffers.
const PENALTY: f64 = 0.3;
/// Updates of the discriminator for one with the penalty, which takes about three times as long.
const LAZY: u64 = 16;

/// A residual generator against DCGAN's discriminator: what each spends on a pixel follows what a short training gains by it.
///
/// The generator's block is x ↑ + W₂ φ(N(W₁ ↑ φ(N x))): W₁ ↑ a transposed 4x4 convolution of stride 2, which costs less than
/// half of doubling first and 3x3 convolving then; W₂ 3x3; N batch normalization; φ = ReLU. Filters double with each
/// halving, up to four times those next to the image. The discriminator never convolves at the full size: 4x4 convolutions of
/// stride 2 with batch normalization until the short side is 4, twice as wide as the generator. Every 16th of its updates has the
/// penalty [`R1`](crate::regularizers::R1) of its slope at real samples.
///
/// # Source
/// The generator is after that of Miyato, Kataoka, Koyama, Yoshida (2018), "Spectral normalization for generative adversarial
/// networks", arXiv:1802.05957, appendix B.4; the discriminator and Adam are those of Radford, Metz, Chintala (2015),
/// arXiv:1511.06434. The penalty is that of Mescheder, Geiger, Nowozin (2018), arXiv:1801.04406, in every 16th update as of Karras et al. (2020),
/// "Analyzing and improving the image quality of StyleGAN", arXiv:1912.04958, section 2.1. The measurements are in docs/reference/choice.md.
pub(super) fn quick(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let width = input.width.unwrap_or(WIDTH);
    let generator = generator(input, "quick", width, None)?;
    let discriminator = discriminator(&input.shape, width);
    let mut phases = phases("non_saturating", 2e-4, 0.5);
    phases[0].terms.push(TermSpec { every: LAZY, ..term("r1", PENALTY) });
    Ok(image_spec(networks(generator.0, discriminator.0), phases))
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

/// The generator, with batch normalization by class where there are classes.
///
/// # Errors
/// [`GanError::Argument`] for sides that cannot be halved to 4 to 7.
pub(super) fn generator(
    input: &PresetInput,
    preset: &'static str,
    width: usize,
    classes: Option<usize>,
) -> Result<Stack, GanError> {
    let Halving { stages, start: [height, across] } = Halving::of(input, preset)?;
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
    let last = json!({ "filters": input.shape[2], "kernel_size": [3, 3], "padding": "same", "activation": "tanh" });
    g.push("Conv2D", last);
    Ok(g)
}

fn discriminator(shape: &[usize], width: usize) -> Stack {
    let mut d = Stack::default();
    d.name("image", "Input", json!({ "shape": shape }));
    let (mut side, mut filters) = (shape[0].min(shape[1]), 0);
    while side > 4 {
        let first = filters == 0;
        filters = (2 * filters).clamp(2 * width, 4 * WIDEST * width);
        let arguments = json!({
            "filters": filters, "kernel_size": [4, 4], "strides": [2, 2], "padding": "same", "use_bias": false,
        });
        let convolution = d.push("Conv2D", arguments);
        if first {
            from(convolution, &["image"]);
        } else {
            d.push("BatchNormalization", json!({ "momentum": 0.9 }));
        }
        d.push("LeakyReLU", json!({ "negative_slope": 0.2 }));
        side = side.div_ceil(2);
    }
    // Names for those who add layers: a projection, another head.
    if let Some(last) = d.0.last_mut() {
        last.name = Some("last".into());
    }
    d.push("Flatten", json!({}));
    d.name("verdict", "Dense", json!({ "units": 1 }));
    d
}
