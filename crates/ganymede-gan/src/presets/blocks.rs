//! Parts of networks that presets share: layers by name, stacks of strided convolutions, residual blocks. Not here: which
//! preset takes which (one file each).

use super::PresetInput;
use crate::error::GanError;
use ganymede_nn::LayerConfig;
use ganymede_nn::layers::Inputs;
use serde_json::{Value, json};

/// A layer from its class name and arguments (a JSON object).
pub(crate) fn layer(class_name: &str, arguments: Value) -> LayerConfig {
    let arguments = match arguments {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    };
    LayerConfig { class_name: class_name.into(), arguments, ..LayerConfig::default() }
}

/// A list of layers that grows; each takes the one before it unless it is told.
#[derive(Default)]
pub(super) struct Stack(pub Vec<LayerConfig>);

impl Stack {
    /// A layer after the last.
    pub fn push(&mut self, class_name: &str, arguments: Value) -> &mut LayerConfig {
        self.0.push(layer(class_name, arguments));
        let at = self.0.len() - 1;
        &mut self.0[at]
    }

    /// A layer with a name that others refer to.
    pub fn name(&mut self, name: &str, class_name: &str, arguments: Value) -> &mut LayerConfig {
        let layer = self.push(class_name, arguments);
        layer.name = Some(name.into());
        layer
    }
}

/// The inputs of a layer, by their names.
pub(super) fn from(layer: &mut LayerConfig, inputs: &[&str]) {
    layer.inputs = Some(Inputs::Once(inputs.iter().map(|name| name.to_string()).collect()));
}

/// How an image is halved: the number of times, and the sides that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Halving {
    pub stages: u32,
    pub start: [usize; 2],
}

impl Halving {
    /// Both sides are halved until the short one is 4 to 7.
    ///
    /// # Errors
    /// [`GanError::Argument`] for sides that do not come to that.
    pub fn of(input: &PresetInput, preset: &'static str) -> Result<Halving, GanError> {
        let [height, width, _] = input.image(preset)?;
        let (short, long) = (height.min(width), height.max(width));
        let stages = (0..8u32).find(|&stages| (4..8).contains(&(short >> stages)));
        let fits = |&stages: &u32| {
            let whole = |side: usize| side.is_multiple_of(1 << stages);
            (2..=6).contains(&stages) && long <= 256 && whole(height) && whole(width)
        };
        match stages.filter(fits) {
            Some(stages) => Ok(Halving { stages, start: [height >> stages, width >> stages] }),
            None => {
                let reason = format!(
                    "expected sides from 16 to 256 that can be halved until the short one is 4 to 7, found \
                     {width}x{height} (width x height); use --resolution, such as 28, 32 or 64"
                );
                Err(GanError::Argument { what: format!("preset `{preset}`"), reason })
            }
        }
    }
}

fn normal(mean: f64) -> Value {
    json!({ "class_name": "RandomNormal", "mean": mean, "stddev": 0.02 })
}

fn batch_norm(stack: &mut Stack) {
    stack.push("BatchNormalization", json!({ "momentum": 0.9, "epsilon": 1e-5, "gamma_initializer": normal(1.0) }));
}

fn strided(stack: &mut Stack, class: &str, filters: usize) {
    let arguments = json!({
        "filters": filters, "kernel_size": [4, 4], "strides": [2, 2], "padding": "same", "use_bias": false,
        "kernel_initializer": normal(0.0),
    });
    stack.push(class, arguments);
}

/// DCGAN's generator after its input, whatever that is: a Dense layer, then transposed convolutions of 4x4 that double the
/// sides, the last to `channels` in [−1, 1].
pub(super) fn growing(stack: &mut Stack, halving: Halving, width: usize, channels: usize) {
    let Halving { stages, start: [height, across] } = halving;
    let filters = width << (stages - 1).max(2);
    stack.push(
        "Dense",
        json!({ "units": height * across * filters, "use_bias": false, "kernel_initializer": normal(0.0) }),
    );
    stack.push("Reshape", json!({ "target_shape": [height, across, filters] }));
    batch_norm(stack);
    stack.push("ReLU", json!({}));
    for stage in (0..stages - 1).rev() {
        strided(stack, "Conv2DTranspose", width << stage);
        batch_norm(stack);
        stack.push("ReLU", json!({}));
    }
    strided(stack, "Conv2DTranspose", channels);
    stack.push("Activation", json!({ "activation": "tanh" }));
}

/// DCGAN's discriminator between its input and its last layer: convolutions of 4x4 that halve the sides, then a vector.
/// A critic has no batch normalization: a gradient penalty is of each sample alone.
pub(super) fn shrinking(stack: &mut Stack, halving: Halving, width: usize, normalized: bool) {
    for stage in 0..halving.stages {
        strided(stack, "Conv2D", width << stage);
        if normalized && stage > 0 {
            batch_norm(stack);
        }
        stack.push("LeakyReLU", json!({ "negative_slope": 0.2 }));
    }
    stack.push("Flatten", json!({}));
}

/// The label's input, and a vector for each class under the name `class`.
pub(super) fn label(stack: &mut Stack, classes: usize, size: usize) {
    stack.name("label", "Input", json!({ "shape": [], "dtype": "int32" }));
    let table = json!({ "class_name": "RandomNormal", "stddev": 1.0 });
    let embedding = json!({ "input_dim": classes, "output_dim": size, "embeddings_initializer": table });
    from(stack.name("class", "Embedding", embedding), &["label"]);
}

/// The arguments of a layer under spectral normalization.
pub(super) fn spectral(class: &str, mut arguments: Value) -> Value {
    arguments["class_name"] = class.into();
    json!({ "layer": arguments })
}

/// A projection discriminator's last layers: `verdict` plus the inner product of `features` and a vector of the class `label`.
pub(super) fn projected(stack: &mut Stack, classes: usize, features: usize) {
    let embedding = spectral("Embedding", json!({ "input_dim": classes, "output_dim": features }));
    from(stack.name("class", "SpectralNormalization", embedding), &["label"]);
    from(stack.name("projection", "Dot", json!({ "axes": 1 })), &["features", "class"]);
    from(stack.push("Add", json!({})), &["verdict", "projection"]);
}
