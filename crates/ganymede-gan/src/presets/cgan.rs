//! Preset `cgan`.

use super::blocks::{Bound, Halving, Stack, from, growing, label, shrinking, spectral};
use super::{LATENT, PresetInput, image_spec, networks, phases};
use crate::error::GanError;
use crate::spec::TrainSpec;
use serde_json::json;

/// Size of a class's vector beside the latent.
const CLASS: usize = 50;

/// A conditional GAN: the label stands beside the latent as a vector, and beside the image as a channel.
///
/// # Source
/// Mirza, Osindero (2014), "Conditional generative adversarial nets", arXiv:1411.1784.
///
/// # Differs
/// The paper's networks are dense; these are those of Radford et al. (2015), arXiv:1511.06434, with spectral normalization in
/// place of the discriminator's batch normalization, with which each class collapses to one image.
pub(super) fn cgan(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let (halving, classes) = (Halving::of(input, "cgan")?, input.classes("cgan")?);
    let width = input.width.unwrap_or(64);
    let [height, across, channels] = input.image("cgan")?;
    let (mut generator, mut discriminator) = (Stack::default(), Stack::default());
    generator.name("latent", "Input", json!({ "shape": [LATENT] }));
    label(&mut generator, classes, CLASS);
    from(generator.push("Concatenate", json!({})), &["latent", "class"]);
    growing(&mut generator, halving, width, channels);
    discriminator.name("image", "Input", json!({ "shape": input.shape }));
    label(&mut discriminator, classes, height * across);
    from(discriminator.name("plane", "Reshape", json!({ "target_shape": [height, across, 1] })), &["class"]);
    from(discriminator.push("Concatenate", json!({})), &["image", "plane"]);
    shrinking(&mut discriminator, halving, width, Bound::Spectral);
    discriminator.push("SpectralNormalization", spectral("Dense", json!({ "units": 1 })));
    Ok(image_spec(networks(generator.0, discriminator.0), phases("non_saturating", 2e-4, 0.5)))
}
