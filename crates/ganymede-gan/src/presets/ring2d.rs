//! Preset `ring2d`.

use super::blocks::Stack;
use super::{PresetInput, adam_with, networks, phase, scheduled, term};
use crate::error::GanError;
use crate::spec::{EmaSpec, TermSpec, TrainSection, TrainSpec};
use serde_json::json;

/// Units of a hidden layer.
const WIDTH: usize = 128;
/// Steps of a training that is not told how long, and of its schedules.
const STEPS: u64 = 7000;
/// Updates of the discriminator for one with penalties.
const LAZY: u64 = 4;

/// The toy of the literature on collapse: dense networks on points in the plane, with an objective and penalties that find
/// all modes of a ring or a grid.
///
/// # Source
/// The data: Metz et al. (2016), "Unrolled generative adversarial networks", arXiv:1611.02163; the objective and the
/// penalties: Huang et al. (2024), arXiv:2501.05441.
pub(super) fn ring2d(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let [coordinates @ 1..=64] = input.shape[..] else {
        let instead = if input.shape.len() == 3 { "`dcgan` for images" } else { "`mlp`" };
        let reason =
            format!("expected points of 1 to 64 coordinates, found samples of shape {:?}; use {instead}", input.shape);
        return Err(GanError::Argument { what: "preset `ring2d`".into(), reason });
    };
    let width = input.width.unwrap_or(WIDTH);
    let hidden = |stack: &mut Stack| {
        for _ in 0..3 {
            stack.push("Dense", json!({ "units": width, "kernel_initializer": "HeNormal" }));
            stack.push("LeakyReLU", json!({ "negative_slope": 0.2 }));
        }
    };
    let (mut generator, mut discriminator) = (Stack::default(), Stack::default());
    generator.push("Input", json!({ "shape": [16] }));
    hidden(&mut generator);
    generator.push("Dense", json!({ "units": coordinates }));
    discriminator.push("Input", json!({ "shape": [coordinates] }));
    hidden(&mut discriminator);
    discriminator.push("Dense", json!({ "units": 1 }));
    let falling = |first: f64, part: f64| json!({ "class_name": "CosineDecay", "initial_learning_rate": first, "decay_steps": STEPS, "alpha": part });
    let adam = || adam_with(json!({ "learning_rate": falling(1e-2, 0.05), "beta_1": 0.5, "beta_2": 0.99 }));
    let loss = || TermSpec::new("relativistic_paired");
    // Strong penalties at first find all modes, weak ones at last make them sharp.
    let penalty = |name: &str| TermSpec { weight: scheduled(falling(0.03, 0.03)), every: LAZY, ..term(name, 1.0) };
    let phases = vec![
        phase("d", "discriminator", adam(), vec![loss(), penalty("r1"), penalty("r2")]),
        phase("g", "generator", adam(), vec![loss()]),
    ];
    Ok(TrainSpec {
        train: TrainSection { batch: 256, steps: Some(STEPS), fresh_fakes: true, ..TrainSection::default() },
        ema: Some(EmaSpec { half_life_kimg: 20.0.into(), ..EmaSpec::of("generator") }),
        networks: networks(generator.0, discriminator.0),
        phases,
        ..TrainSpec::default()
    })
}
