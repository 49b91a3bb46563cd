//! Preset `mlp`.

use super::{PresetInput, layer, networks, phases};
use crate::error::GanError;
use crate::spec::{EmaSpec, TrainSection, TrainSpec, Update};
use ganymede_nn::LayerConfig;
use serde_json::json;

/// Most values that a sample may have.
const LARGEST: usize = 64 * 64 * 3;

/// A GAN of dense layers: points (any number of coordinates) or very small images.
///
/// # Source
/// Goodfellow et al. (2014), "Generative adversarial nets", arXiv:1406.2661; the toy of Metz et al.
/// (2016), "Unrolled generative adversarial networks", arXiv:1611.02163, appendix A, has such networks.
pub(super) fn mlp(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let values: usize = input.shape.iter().product();
    if values == 0 || values > LARGEST {
        let reason = format!("expected samples of 1 to {LARGEST} values, found {values}; use `dcgan` for images");
        return Err(GanError::Argument { what: "preset `mlp`".into(), reason });
    }
    let points = input.shape.len() == 1;
    let (latent, width) = if points { (16, 128) } else { (64, 512) };
    let width = input.width.unwrap_or(width);
    let hidden = || -> [LayerConfig; 2] {
        [layer("Dense", json!({ "units": width })), layer("LeakyReLU", json!({ "negative_slope": 0.2 }))]
    };
    let mut generator = vec![layer("Input", json!({ "shape": [latent] }))];
    let mut discriminator = vec![layer("Input", json!({ "shape": input.shape }))];
    if !points {
        discriminator.push(layer("Flatten", json!({})));
    }
    for _ in 0..3 {
        generator.extend(hidden());
        discriminator.extend(hidden());
    }
    generator.push(layer("Dense", json!({ "units": values })));
    if !points {
        generator.push(layer("Activation", json!({ "activation": "tanh" })));
        generator.push(layer("Reshape", json!({ "target_shape": input.shape })));
    }
    discriminator.push(layer("Dense", json!({ "units": 1 })));
    let train = TrainSection {
        batch: if points { 256 } else { 64 },
        steps: Some(if points { 4000 } else { 2000 }),
        update: Update::Alternating,
        ..TrainSection::default()
    };
    Ok(TrainSpec {
        train,
        ema: Some(EmaSpec::of("generator")),
        networks: networks(generator, discriminator),
        phases: phases("non_saturating", 2e-4, 0.5),
        ..TrainSpec::default()
    })
}
