//! Preset `wgan_gp`.

use super::blocks::{Halving, Stack, growing, shrinking};
use super::{LATENT, PresetInput, adam_with, image_spec, networks, phase, term};
use crate::error::GanError;
use crate::spec::{TermSpec, TrainSpec};
use serde_json::json;

/// A Wasserstein GAN with a gradient penalty: DCGAN's networks, the critic without batch normalization, five updates of
/// the critic for one of the generator.
///
/// # Source
/// Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville (2017), "Improved training of Wasserstein GANs", arXiv:1704.00028,
/// algorithm 1.
///
/// # Differs
/// Adam at 4e-4 and beta_1 0.5 instead of 1e-4 and 0: in ten minutes a step of the paper's rate gets no further than shapes.
pub(super) fn wgan_gp(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let halving = Halving::of(input, "wgan_gp")?;
    let (width, channels) = (input.width.unwrap_or(64), input.shape[2]);
    let (mut generator, mut critic) = (Stack::default(), Stack::default());
    generator.push("Input", json!({ "shape": [LATENT] }));
    growing(&mut generator, halving, width, channels);
    critic.push("Input", json!({ "shape": input.shape }));
    shrinking(&mut critic, halving, width, false);
    critic.push("Dense", json!({ "units": 1 }));
    let adam = || adam_with(json!({ "learning_rate": 4e-4, "beta_1": 0.5, "beta_2": 0.9 }));
    let phases = vec![
        phase("d", "discriminator", adam(), vec![TermSpec::new("wasserstein"), term("gradient_penalty", 10.0)]),
        phase("g", "generator", adam(), vec![TermSpec::new("wasserstein")]),
    ];
    let mut spec = image_spec(networks(generator.0, critic.0), phases);
    spec.train.n_critic = 5;
    spec.train.steps = Some(1500);
    Ok(spec)
}
