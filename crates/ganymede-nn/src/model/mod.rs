//! Models: layers with names, and which one takes what. Here is the model and how it is built into a graph. Not
//! here: putting one together (`assemble.rs`), the Rust builders (`builders.rs`), the printed form (`summary.rs`).

mod assemble;
mod builders;
mod lenient;

pub use assemble::{LayerFault, LayerIssue, ModelError};
pub use builders::{Functional, LayerHandle, Sequential, Symbol};
pub use lenient::UNKNOWN;

use crate::arguments::Argument;
use crate::config::{Arguments, ConfigError, Invalid, Misread};
use crate::layers::{Input, Inputs, Layer, LayerConfig};
use crate::scope::Scope;
use ganymede_graph::Expr;
use ganymede_tensor::{Shape, TensorType};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A layer and its name in a model.
#[derive(Clone, Debug)]
pub struct NamedLayer {
    /// Unique in the model; a part of the names of its parameters.
    pub name: String,
    /// Whether its parameters are trained.
    pub trainable: bool,
    /// The layer.
    pub layer: Arc<dyn Layer>,
}

/// Where a layer's input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// An input of the model.
    Input(usize),
    /// An output of an earlier call.
    Call { call: usize, output: usize },
}

/// One use of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub layer: usize,
    /// Which use of the layer it is, from 0.
    pub nth: usize,
    pub inputs: Vec<Source>,
}

/// A directed graph of layers. It is a layer, too.
#[derive(Clone, Debug)]
pub struct Model {
    name: String,
    layers: Vec<NamedLayer>,
    calls: Vec<Call>,
    outputs: Vec<Source>,
    inputs: usize,
    sequential: bool,
}

/// The serialised form of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// The layers; each takes what the one before it gives, unless it says otherwise.
    pub layers: Vec<LayerConfig>,
    /// Names of the layers whose outputs are the model's; where absent, what no layer takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Vec<String>>,
}

impl Model {
    /// The model of some layers, as in [`ModelConfig::layers`].
    ///
    /// # Errors
    /// Everything that is wrong with the layers' arguments, names and connections.
    pub fn from_configs(name: &str, layers: &[LayerConfig]) -> Result<Model, ModelError> {
        Model::from_config(name, &ModelConfig { layers: layers.to_vec(), outputs: None })
    }

    /// The model of a serialised form.
    ///
    /// # Errors
    /// As [`Model::from_configs`].
    pub fn from_config(name: &str, config: &ModelConfig) -> Result<Model, ModelError> {
        assemble::from_config(name, config)
    }

    /// The model of a serialised form as far as it can be told, and everything that is wrong: what was meant clearly is mended, and
    /// what depends on the rest gives errors of the message [`UNKNOWN`] when it is built. None where there is no layer.
    pub fn lenient(name: &str, config: &ModelConfig) -> (Option<Model>, Vec<LayerIssue>) {
        lenient::lenient(name, config)
    }

    /// Its serialised form. Reading it gives an equal model.
    pub fn to_config(&self) -> ModelConfig {
        let reference = |source: &Source| match *source {
            Source::Input(_) => String::new(),
            Source::Call { call, output } => {
                let Call { layer, nth, .. } = self.calls[call];
                let name = &self.layers[layer].name;
                match (nth, output) {
                    (0, 0) => name.clone(),
                    (nth, 0) => format!("{name}:{nth}"),
                    (nth, output) => format!("{name}:{nth}:{output}"),
                }
            }
        };
        let config = |(index, named): (usize, &NamedLayer)| {
            let mut calls: Vec<&Call> = self.calls.iter().filter(|c| c.layer == index).collect();
            calls.sort_by_key(|c| c.nth);
            let mut uses: Vec<Vec<String>> = calls.iter().map(|c| c.inputs.iter().map(reference).collect()).collect();
            let first = calls.iter().any(|c| matches!(c.inputs[..], [Source::Input(_)]));
            let inputs = match uses.len() {
                _ if self.sequential || first => None,
                1 => Some(Inputs::Once(uses.remove(0))),
                _ => Some(Inputs::Shared(uses)),
            };
            LayerConfig {
                name: Some(named.name.clone()),
                inputs,
                trainable: (!named.trainable).then_some(false),
                ..LayerConfig::from(&*named.layer)
            }
        };
        ModelConfig {
            layers: self.layers.iter().enumerate().map(config).collect(),
            outputs: (!self.sequential).then(|| self.outputs.iter().map(reference).collect()),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its layers, in the order they were given.
    pub fn layers(&self) -> &[NamedLayer] {
        &self.layers
    }

    /// Whether it is a plain stack of layers.
    pub fn is_sequential(&self) -> bool {
        self.sequential
    }

    /// Its `Input` layers in order; none when a stack of layers declares none.
    pub fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.layers.iter().filter_map(|l| l.layer.input())
    }

    /// Declared sizes of its inputs, without the batch axis.
    pub fn input_shapes(&self) -> Vec<Shape> {
        self.inputs().map(|i| Shape::from(i.shape.clone())).collect()
    }

    /// Declared types of its inputs for a batch.
    pub fn input_types(&self, batch: usize) -> Vec<TensorType> {
        self.inputs().map(|i| i.ty(batch)).collect()
    }

    /// Number of tensors that it takes.
    pub fn input_count(&self) -> usize {
        self.inputs
    }

    /// Names of the layers that its outputs come from, in order.
    pub fn output_names(&self) -> Vec<&str> {
        let input = |at| self.layers.iter().filter(|named| named.layer.input().is_some()).nth(at);
        let name = |source: &Source| match *source {
            Source::Input(at) => input(at).map_or("", |named| named.name.as_str()),
            Source::Call { call, .. } => self.layers[self.calls[call].layer].name.as_str(),
        };
        self.outputs.iter().map(name).collect()
    }

    /// Every call of a layer with what it gives, in order: what a summary shows.
    pub(crate) fn trace<'g>(&self, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Vec<Vec<Expr<'g>>> {
        let mut values: Vec<Vec<Expr<'g>>> = Vec::with_capacity(self.calls.len());
        for call in &self.calls {
            let named = &self.layers[call.layer];
            let below = scope.child(&named.name);
            let below = if named.trainable { below } else { below.frozen() };
            let _guard = below.enter();
            let arguments: Vec<Expr<'g>> = call.inputs.iter().map(|s| value(scope, *s, inputs, &values)).collect();
            values.push(named.layer.build(&below, &arguments));
        }
        values
    }

    /// The layer of each call, and what it takes.
    pub(crate) fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Reads a model that is a layer of another one; its errors stay in `arguments`.
    pub(crate) fn read(arguments: &mut Arguments) -> Option<Model> {
        let layers = arguments.required("layers", Layers(Vec::new())).0;
        let outputs = arguments.optional("outputs", None);
        let model = Model::from_config("", &ModelConfig { layers, outputs });
        let refuse = |error: ModelError| {
            let expected = "layers that make a model".to_string();
            arguments.refuse(Invalid { argument: "layers", expected, found: error.to_string() });
        };
        model.map_err(refuse).ok()
    }
}

fn value<'g>(scope: &Scope<'g>, source: Source, inputs: &[Expr<'g>], values: &[Vec<Expr<'g>>]) -> Expr<'g> {
    match source {
        Source::Input(index) => inputs[index],
        Source::Call { call, output } => values[call].get(output).copied().unwrap_or_else(|| {
            let found = values[call].len();
            // A failed layer gives one poison, whatever it would give else.
            match values[call].first() {
                Some(poison) if poison.is_poison() => *poison,
                _ => scope
                    .builder()
                    .error(format!("expected a layer with more than {output} outputs, found {found}"), None),
            }
        }),
    }
}

impl Layer for Model {
    fn class_name(&self) -> &'static str {
        if self.sequential { "Sequential" } else { "Functional" }
    }

    fn arguments(&self) -> Map<String, Value> {
        let ModelConfig { layers, outputs } = self.to_config();
        let mut map = Map::from_iter([("layers".to_string(), json!(layers))]);
        if let Some(outputs) = outputs {
            map.insert("outputs".into(), json!(outputs));
        }
        map
    }

    fn build<'g>(&self, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
        let _guard = scope.enter();
        if inputs.len() != self.inputs {
            let message = format!("`{}` expected {} inputs, found {}", self.name, self.inputs, inputs.len());
            return vec![scope.builder().error(message, None); self.outputs.len().max(1)];
        }
        let values = self.trace(scope, inputs);
        self.outputs.iter().map(|s| value(scope, *s, inputs, &values)).collect()
    }
}

impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.to_config() == other.to_config()
    }
}

/// The layers of a model as an argument.
#[derive(PartialEq)]
struct Layers(Vec<LayerConfig>);

impl Argument for Layers {
    fn expected() -> String {
        "a list of layers".into()
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        let layers: Vec<LayerConfig> = serde_json::from_value(value.clone())
            .map_err(|error| Misread { hint: Some(error.to_string()), ..Misread::default() })?;
        let errors = |(at, layer): (usize, &LayerConfig)| {
            let errors = layer.layer().err().unwrap_or_default();
            errors.into_iter().map(move |error| error.inside(at.to_string()))
        };
        let errors: Vec<ConfigError> = layers.iter().enumerate().flat_map(errors).collect();
        if errors.is_empty() { Ok(Layers(layers)) } else { Err(Misread::inside(errors)) }
    }
    fn write(&self) -> Value {
        json!(self.0)
    }
}
