//! Preset `quick_projection`: the generator of `quick` with classes, against a projection discriminator.

use super::blocks::{Stack, from, projected, spectral};
use super::quick::generator;
use super::{PresetInput, image_spec, networks, phases};
use crate::error::GanError;
use crate::spec::TrainSpec;
use serde_json::json;

/// Filters next to the image.
const WIDTH: usize = 32;
/// Filters of the discriminator at the most, in widths.
const WIDEST: usize = 8;

/// Small networks with classes: the generator of `quick` with batch normalization by class, against a strided discriminator with
/// spectral normalization that adds the inner product of its features and a vector of the class, by the hinge objective.
///
/// Each halving is a 4x4 convolution of stride 2 and a 3x3, until the short side is 4; then features are summed over the
/// positions. The batch-normalized discriminator of `quick` does not hold the generator to the class: after 2,800 steps on
/// Fashion-MNIST a classifier agreed with 25 % of the samples, with this one with 88 %.
///
/// # Source
/// Miyato, Koyama (2018), "cGANs with projection discriminator", arXiv:1802.05637, equation 3; the discriminator after that of
/// Miyato, Kataoka, Koyama, Yoshida (2018), arXiv:1802.05957, table 3. The measurements are in docs/reference/choice.md.
pub(super) fn quick_projection(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let classes = input.classes("quick_projection")?;
    let width = input.width.unwrap_or(WIDTH);
    let generator = generator(input, "quick_projection", width, Some(classes))?;
    let discriminator = discriminator(&input.shape, width, classes);
    Ok(image_spec(networks(generator.0, discriminator.0), phases("hinge", 2e-4, 0.5)))
}

fn discriminator(shape: &[usize], width: usize, classes: usize) -> Stack {
    let mut d = Stack::default();
    d.name("image", "Input", json!({ "shape": shape }));
    d.name("label", "Input", json!({ "shape": [], "dtype": "int32" }));
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
        filters = (2 * filters).clamp(width, WIDEST * width);
        convolve(filters, 4, 2, input);
        convolve(filters, 3, 1, None);
        sides = sides.map(|side| side.div_ceil(2));
    }
    let positions: usize = sides.iter().product();
    d.push("GlobalAveragePooling2D", json!({}));
    d.name("features", "Rescaling", json!({ "scale": positions as f64 }));
    d.name("verdict", "SpectralNormalization", spectral("Dense", json!({ "units": 1 })));
    projected(&mut d, classes, filters);
    d
}
