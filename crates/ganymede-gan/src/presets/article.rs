//! Preset `article`.

use super::{PresetInput, layer, networks, phases};
use crate::error::GanError;
use crate::spec::{EmaSpec, TrainSection, TrainSpec, Update};
use serde_json::json;

/// The tutorial's program, repaired: the layer kinds stay (Dense, Reshape, Conv2DTranspose, Conv2D;
/// Conv2D, MaxPooling2D, Flatten, Dense), sizes, padding and the last activation fit together, and a
/// second Conv2DTranspose brings the images to their size. The discriminator has a second pair of
/// Conv2D and MaxPooling2D: with one of 3x3 it sees 4x4 pixels at a time, and blots please it.
/// `examples/article-verbatim.toml` is the program unrepaired.
///
/// # Source
/// "Unlocking the Power of Generative Adversarial Networks with Python"; binary cross-entropy from
/// logits, Adam at 0.0002. Adam's beta_1 of 0.5 is Radford et al. (2015), arXiv:1511.06434.
pub(super) fn article(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let [height, width, channels] = input.image("article")?;
    if !height.is_multiple_of(4) || !width.is_multiple_of(4) || height.max(width) > 64 || height.min(width) < 16 {
        let reason = format!(
            "expected sides from 16 to 64 that 4 divides, found {width}x{height} (width x height); use --resolution 28 or 32"
        );
        return Err(GanError::Argument { what: "preset `article`".into(), reason });
    }
    let start = [height / 4, width / 4];
    let filters = input.width.unwrap_or(64);
    let up = |filters: usize| {
        let arguments = json!({
            "filters": filters, "kernel_size": [4, 4], "strides": [2, 2], "padding": "same", "activation": "relu",
        });
        layer("Conv2DTranspose", arguments)
    };
    let image = json!({ "filters": channels, "kernel_size": [3, 3], "padding": "same", "activation": "tanh" });
    let generator = vec![
        layer("Input", json!({ "shape": [100] })),
        layer("Dense", json!({ "units": start[0] * start[1] * 4 * filters, "activation": "relu" })),
        layer("Reshape", json!({ "target_shape": [start[0], start[1], 4 * filters] })),
        up(2 * filters),
        up(filters),
        layer("Conv2D", image),
    ];
    let convolution = |filters: usize| {
        let arguments = json!({ "filters": filters, "kernel_size": [5, 5], "activation": "relu" });
        layer("Conv2D", arguments)
    };
    let discriminator = vec![
        layer("Input", json!({ "shape": [height, width, channels] })),
        convolution(filters),
        layer("MaxPooling2D", json!({ "pool_size": [2, 2] })),
        convolution(2 * filters),
        layer("MaxPooling2D", json!({ "pool_size": [2, 2] })),
        layer("Flatten", json!({})),
        layer("Dense", json!({ "units": 1 })),
    ];
    Ok(TrainSpec {
        train: TrainSection { steps: Some(1500), batch: 32, update: Update::Simultaneous, ..TrainSection::default() },
        ema: Some(EmaSpec::of("generator")),
        networks: networks(generator, discriminator),
        phases: phases("non_saturating", 2e-4, 0.5),
        ..TrainSpec::default()
    })
}
