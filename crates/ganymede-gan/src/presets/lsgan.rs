//! Preset `lsgan`.

use super::blocks::{Halving, Stack, growing, shrinking};
use super::{LATENT, PresetInput, image_spec, networks, phases};
use crate::error::GanError;
use crate::spec::TrainSpec;
use serde_json::json;

/// DCGAN's networks with least squares: what the discriminator is sure of still has a gradient.
///
/// # Source
/// Mao, Li, Xie, Lau, Wang, Smolley (2017), "Least squares generative adversarial networks", arXiv:1611.04076.
///
/// # Differs
/// The paper's networks have more layers; these are those of Radford et al. (2015), arXiv:1511.06434.
pub(super) fn lsgan(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let halving = Halving::of(input, "lsgan")?;
    let (width, channels) = (input.width.unwrap_or(64), input.shape[2]);
    let (mut generator, mut discriminator) = (Stack::default(), Stack::default());
    generator.push("Input", json!({ "shape": [LATENT] }));
    growing(&mut generator, halving, width, channels);
    discriminator.push("Input", json!({ "shape": input.shape }));
    shrinking(&mut discriminator, halving, width, true);
    discriminator.push("Dense", json!({ "units": 1 }));
    Ok(image_spec(networks(generator.0, discriminator.0), phases("least_squares", 2e-4, 0.5)))
}
