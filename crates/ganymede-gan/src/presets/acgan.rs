//! Preset `acgan`.

use super::blocks::{Halving, Stack, from, growing, label, shrinking};
use super::{LATENT, PresetInput, image_spec, networks, phases};
use crate::error::GanError;
use crate::spec::{TermSpec, TrainSpec};
use serde_json::json;

/// A GAN whose discriminator names the class, too, and whose generator makes what it names: the latent is multiplied by a
/// vector of the class.
///
/// # Source
/// Odena, Olah, Shlens (2017), "Conditional image synthesis with auxiliary classifier GANs", arXiv:1610.09585.
///
/// # Differs
/// The paper sets the label beside the latent; its networks have more layers than these of Radford et al. (2015).
pub(super) fn acgan(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let (halving, classes) = (Halving::of(input, "acgan")?, input.classes("acgan")?);
    let (width, channels) = (input.width.unwrap_or(64), input.shape[2]);
    let (mut generator, mut discriminator) = (Stack::default(), Stack::default());
    generator.name("latent", "Input", json!({ "shape": [LATENT] }));
    label(&mut generator, classes, LATENT);
    from(generator.push("Multiply", json!({})), &["latent", "class"]);
    growing(&mut generator, halving, width, channels);
    discriminator.push("Input", json!({ "shape": input.shape }));
    shrinking(&mut discriminator, halving, width, true);
    discriminator.name("features", "Identity", json!({}));
    from(discriminator.name("logits", "Dense", json!({ "units": 1 })), &["features"]);
    from(discriminator.name("classes", "Dense", json!({ "units": classes })), &["features"]);
    let mut networks = networks(generator.0, discriminator.0);
    if let Some(discriminator) = networks.get_mut("discriminator") {
        discriminator.outputs = Some(vec!["logits".into(), "classes".into()]);
    }
    let mut phases = phases("non_saturating", 2e-4, 0.5);
    phases.iter_mut().for_each(|phase| phase.terms.push(TermSpec::new("auxiliary_classifier")));
    Ok(image_spec(networks, phases))
}
