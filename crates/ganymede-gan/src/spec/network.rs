//! `[networks.NAME]` and `[latent]`: what is trained, and the distribution of its latents. Not here: layers (`ganymede-nn`).

use super::Role;
use ganymede_nn::LayerConfig;
use serde::ser::{Error, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `[networks.NAME]`: a stack (or graph) of layers in Keras's terms; the first is an `Input`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Its role; by default, a network named `generator` or `discriminator` has the role of its name, and any other is
    /// auxiliary: terms ask for it by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The layers in order.
    #[serde(default, serialize_with = "layers")]
    pub layers: Vec<LayerConfig>,
    /// Names of the layers whose outputs are the network's; by default, the layers whose output no other layer takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Vec<String>>,
}

/// Layers as they are written.
fn layers<S: Serializer>(layers: &[LayerConfig], to: S) -> Result<S::Ok, S::Error> {
    let layers: Vec<Value> =
        layers.iter().map(serde_json::to_value).collect::<Result<_, _>>().map_err(S::Error::custom)?;
    to.collect_seq(layers.iter().map(Written))
}

/// A value with `nan` for what is null: TOML has no null, and a `nan` is one in the arguments of layers.
struct Written<'a>(&'a Value);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => to.serialize_f64(f64::NAN),
            Value::Array(items) => to.collect_seq(items.iter().map(Written)),
            Value::Object(table) => to.collect_map(table.iter().map(|(key, value)| (key, Written(value)))),
            value => value.serialize(to),
        }
    }
}

/// `[latent]`: the distribution that a generator's input is drawn from; its size is the generator's `Input`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatentSpec {
    /// Which distribution.
    #[serde(default)]
    pub distribution: LatentDistribution,
}

/// What a latent's elements are drawn from, independently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LatentDistribution {
    /// Standard normal.
    #[default]
    Normal,
    /// Uniform in [−1, 1).
    Uniform,
}
