//! Presets: functions that return a complete spec for some data. To add one: a file here with a
//! function and a line in [`PRESETS`]; the lists of commands and documents and the contract tests follow
//! from the table. Not here: what a spec means (`spec/`).

mod article;
mod dcgan;
mod mlp;

use crate::error::GanError;
use crate::spec::{NetworkSpec, PhaseSpec, TermSpec, TrainSpec};
use ganymede_data::Codec;
use ganymede_nn::{LayerConfig, OptimizerConfig};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a preset may look at.
#[derive(Clone, Debug, PartialEq)]
pub struct PresetInput {
    /// Sizes of a sample: (height, width, channels) of a picture, (coordinates,) of a point.
    pub shape: Vec<usize>,
}

impl PresetInput {
    /// Height, width and channels, when samples are pictures.
    fn picture(&self, preset: &'static str) -> Result<[usize; 3], GanError> {
        match self.shape[..] {
            [h, w, c] => Ok([h, w, c]),
            _ => Err(GanError::Argument {
                what: format!("preset `{preset}`"),
                reason: format!(
                    "expected pictures (height, width, channels), found samples of shape {:?}; use `mlp`",
                    self.shape
                ),
            }),
        }
    }
}

/// An entry of the table.
pub struct Entry {
    /// Name on the command line.
    pub name: &'static str,
    /// One sentence for lists.
    pub summary: &'static str,
    make: fn(&PresetInput) -> Result<TrainSpec, GanError>,
}

/// Every preset.
pub const PRESETS: &[Entry] = &[
    Entry {
        name: "dcgan",
        summary: "convolutional GAN for pictures; Radford et al. 2015, at 28 pixels TensorFlow's tutorial",
        make: dcgan::dcgan,
    },
    Entry {
        name: "mlp",
        summary: "dense GAN for points and very small pictures; Goodfellow et al. 2014",
        make: mlp::mlp,
    },
    Entry {
        name: "article",
        summary: "the program of the tutorial that ganymede grew from, repaired",
        make: article::article,
    },
];

/// The spec of a preset for samples like `codec`'s; its seed is 0 and its source is the codec's.
///
/// # Errors
/// [`GanError::Unknown`]; [`GanError::Argument`] when the preset does not take such samples.
pub fn preset(name: &str, codec: &Codec) -> Result<TrainSpec, GanError> {
    let mut spec = preset_for(name, &PresetInput { shape: codec.shape.clone() })?;
    spec.data.source.clone_from(&codec.source);
    Ok(spec)
}

/// The spec of a preset for samples of some shape, without a source.
///
/// # Errors
/// As [`preset`].
pub fn preset_for(name: &str, input: &PresetInput) -> Result<TrainSpec, GanError> {
    let Some(entry) = PRESETS.iter().find(|e| e.name == name) else {
        let known = PRESETS.iter().map(|e| e.name.to_string()).collect();
        return Err(GanError::Unknown { kind: "a preset", name: name.into(), known });
    };
    let mut spec = (entry.make)(input)?;
    spec.preset = name.into();
    spec.data.shape.clone_from(&input.shape);
    Ok(spec)
}

/// The preset that fits samples of some shape: `dcgan` for pictures, `mlp` for everything else.
pub fn default_name(shape: &[usize]) -> &'static str {
    if shape.len() == 3 { "dcgan" } else { "mlp" }
}

/// A layer from its class name and arguments (a JSON object).
fn layer(class_name: &str, arguments: Value) -> LayerConfig {
    let arguments = match arguments {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    };
    LayerConfig { class_name: class_name.into(), arguments, ..LayerConfig::default() }
}

fn networks(generator: Vec<LayerConfig>, discriminator: Vec<LayerConfig>) -> BTreeMap<String, NetworkSpec> {
    let network = |layers| NetworkSpec { layers, outputs: None };
    BTreeMap::from([("generator".into(), network(generator)), ("discriminator".into(), network(discriminator))])
}

/// The two phases of a GAN with one objective and an Adam for each network.
fn phases(objective: &str, learning_rate: f64, beta_1: f64) -> Vec<PhaseSpec> {
    let optimizer = || Some(adam(learning_rate, beta_1));
    let phase = |name, network| PhaseSpec::new(name, &[network], optimizer(), vec![TermSpec::new(objective)]);
    vec![phase("d", "discriminator"), phase("g", "generator")]
}

fn adam(learning_rate: f64, beta_1: f64) -> OptimizerConfig {
    let config = json!({ "class_name": "Adam", "learning_rate": learning_rate, "beta_1": beta_1 });
    serde_json::from_value(config).expect("Adam takes learning_rate and beta_1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads_back_from_its_toml() {
        for entry in PRESETS {
            for shape in [vec![2], vec![28, 28, 1], vec![28, 28, 3], vec![32, 32, 3], vec![64, 32, 3]] {
                match preset_for(entry.name, &PresetInput { shape: shape.clone() }) {
                    Ok(spec) => assert_eq!(TrainSpec::from_toml(&spec.to_toml()).unwrap(), spec, "{}", entry.name),
                    Err(error) => assert!(shape.len() != 3, "{}: {error}", entry.name),
                }
            }
        }
    }
}
