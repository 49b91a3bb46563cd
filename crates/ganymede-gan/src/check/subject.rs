//! What the rules look at: the spec, the data, and what building each network gave. Not here: judging it.

use super::batch::LARGEST;
use crate::phases;
use crate::regularizers::Player;
use crate::spec::{Draft, NetworkSpec, PhaseSpec, TrainSpec};
use ganymede_data::{Codec, Field, LABEL, Modality, Role};
use ganymede_graph::{BuildError, Builder};
use ganymede_nn::{Layer, LayerConfig, LayerIssue, Mode, Model, ModelConfig, Scope, UNKNOWN};
use ganymede_tensor::TensorType;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the rules need to know of the data.
#[derive(Clone, Debug, Default)]
pub struct DataFacts {
    /// As the user named it.
    pub name: String,
    /// Sizes of a sample.
    pub shape: Vec<usize>,
    /// Number of samples that are trained on.
    pub samples: usize,
    /// Number of its classes, 0 without labels; none before it was read.
    pub classes: Option<usize>,
    /// What else it says of a sample; nothing before it was read.
    pub fields: Vec<Field>,
    /// What kind of data it is; none before it was read.
    pub modality: Option<Arc<dyn Modality>>,
}

impl DataFacts {
    /// What a codec says, with the number of samples that are trained on.
    pub fn of(codec: &Codec, samples: usize) -> DataFacts {
        let further = codec.fields().iter().filter(|field| field.role != Role::Sample && field.name != LABEL);
        DataFacts {
            name: codec.source.clone(),
            shape: codec.shape().to_vec(),
            samples,
            classes: Some(codec.classes().len()),
            fields: further.cloned().collect(),
            modality: Some(Arc::clone(codec.modality())),
        }
    }
}

/// What building a network alone gave.
pub struct Built {
    /// Sizes of its inputs, without the batch.
    pub inputs: Vec<Vec<usize>>,
    /// Their types.
    pub types: Vec<TensorType>,
    /// Sizes of its first output, without the batch; empty when it could not be told.
    pub output: Vec<usize>,
    /// Names of its layers, in the order of the spec.
    pub names: Vec<String>,
    /// Names of its trained parameters.
    pub trained: Vec<String>,
    /// What is wrong inside.
    pub errors: Vec<BuildError>,
}

/// A network of the spec: its layers as they were meant, and what is wrong with them.
pub struct Examined {
    /// The layers, mended where that is clear.
    pub layers: Vec<LayerConfig>,
    /// What is wrong with classes, arguments, names and connections.
    pub issues: Vec<LayerIssue>,
    /// What building it alone gave; none where there is nothing to build.
    pub built: Option<Built>,
}

/// A spec under examination.
pub struct Subject<'a> {
    /// The spec, missing tables filled with defaults.
    pub spec: &'a TrainSpec,
    /// Names of the tables that the text leaves out.
    pub missing: &'a [&'static str],
    /// What is known of the data.
    pub data: Option<&'a DataFacts>,
    /// Each network.
    pub networks: BTreeMap<String, Examined>,
}

impl<'a> Subject<'a> {
    /// Builds every network of the spec alone on its declared inputs, for the spec's batch where it can be one.
    pub fn new(draft: &'a Draft, data: Option<&'a DataFacts>) -> Self {
        let batch = Some(draft.spec.train.batch).filter(|batch| (1..=LARGEST).contains(batch)).unwrap_or(2);
        let examine = |(name, network): (&String, &NetworkSpec)| (name.clone(), examine(name, network, batch));
        Subject {
            spec: &draft.spec,
            missing: &draft.missing,
            data,
            networks: draft.spec.networks.iter().map(examine).collect(),
        }
    }

    /// The network as it was built, if it is a model.
    pub fn network(&self, name: &str) -> Option<&Built> {
        self.networks.get(name).and_then(|network| network.built.as_ref())
    }

    /// The layers of a network, mended where it is clear what was meant.
    pub fn layers(&self, name: &str) -> &[LayerConfig] {
        self.networks.get(name).map_or(&[], |network| &network.layers)
    }

    /// Whether something is wrong with the classes, arguments, names or connections of a network's layers.
    pub fn has_issues(&self, name: &str) -> bool {
        self.networks.get(name).is_some_and(|network| !network.issues.is_empty())
    }

    /// The place of an argument of a layer, or of the layer where the spec does not give the argument.
    pub fn argument(&self, network: &str, index: usize, argument: &str) -> String {
        let written = self.spec.networks.get(network).and_then(|network| network.layers.get(index));
        let first = argument.split('.').next().unwrap_or(argument);
        let given = written.is_some_and(|layer| layer.arguments.contains_key(first));
        let place = self.place(network, index);
        if given { format!("{place}.{argument}") } else { place }
    }

    /// Whether a phase's terms are the generator's.
    pub fn is_generators(&self, phase: &PhaseSpec) -> bool {
        self.spec.player_of(phase) == Player::Generator
    }

    /// The place of a layer in messages: network, position, class.
    pub fn place(&self, network: &str, index: usize) -> String {
        let written = self.spec.networks.get(network).and_then(|network| network.layers.get(index));
        let class = written.map_or("", |layer| layer.class_name.as_str());
        format!("networks.{network}.layers.{index} ({class})")
    }

    /// The last layer of a network that changes values element by element or ends in an activation:
    /// (index, activation name), `linear` where there is none.
    pub fn last_activation(&self, network: &str) -> Option<(usize, String)> {
        let layers = self.layers(network);
        let shapes_only = ["Reshape", "Flatten", "Permute", "Cropping2D"];
        let index = layers.iter().rposition(|l| !shapes_only.contains(&l.class_name.as_str()))?;
        let name = match layers[index].class_name.as_str() {
            "ReLU" => "relu".into(),
            "Softmax" => "softmax".into(),
            "LeakyReLU" => "leaky_relu".into(),
            _ => activation(&layers[index]).unwrap_or_else(|| "linear".into()),
        };
        Some((index, name))
    }
}

/// The name of a layer's `activation` argument.
pub(super) fn activation(layer: &LayerConfig) -> Option<String> {
    match layer.arguments.get("activation")? {
        Value::String(name) => Some(name.clone()),
        Value::Object(map) => map.get("class_name")?.as_str().map(String::from),
        _ => None,
    }
}

/// A list of sizes in a layer's arguments; one number stands for `rank` equal ones.
pub(super) fn sizes(layer: &LayerConfig, name: &str, rank: usize) -> Option<Vec<usize>> {
    let size = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok());
    match layer.arguments.get(name)? {
        Value::Array(values) => values.iter().map(size).collect(),
        value => size(value).map(|n| vec![n; rank]),
    }
}

fn examine(name: &str, network: &NetworkSpec, batch: usize) -> Examined {
    let config = ModelConfig { layers: network.layers.clone(), outputs: network.outputs.clone() };
    let (model, issues) = Model::lenient(name, &config);
    // Inputs of which is not known what they are cannot be fed.
    let fed = |model: &Model| issues.is_empty() || model.inputs().count() == model.input_count();
    let built = model.filter(fed).map(|model| build(name, &model, batch));
    Examined { layers: network.layers.iter().map(|layer| layer.mended().0).collect(), issues, built }
}

fn build(name: &str, model: &Model, batch: usize) -> Built {
    let inputs: Vec<Vec<usize>> = model.input_shapes().iter().map(|s| s.to_vec()).collect();
    let builder = Builder::new(name);
    let types = model.input_types(batch).into_iter().enumerate();
    let values: Vec<_> = types.map(|(i, ty)| builder.input(&format!("input_{i}"), ty)).collect();
    let scope = Scope::root(&builder, name, Mode::Train);
    let outputs = model.build(&scope, &values);
    let output = outputs.first().filter(|o| !o.is_poison()).map(|o| o.shape()[1..].to_vec()).unwrap_or_default();
    let mut errors = builder.take_errors();
    errors.retain(|error| error.message != UNKNOWN);
    let trained = scope.parameters().into_iter().filter(|p| p.trainable).map(|p| p.name).collect();
    let sample = |ty: TensorType| TensorType::new(ty.dtype, ty.shape[1..].to_vec());
    let types = model.input_types(1).into_iter().map(sample).collect();
    let names = model.layers().iter().map(|layer| layer.name.clone()).collect();
    Built { inputs, types, output, names, trained, errors }
}

/// A name without the number at its end: those that differ in it alone are of different things.
pub(super) fn stem(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_')
}

/// Whether there is a term of this name.
pub(super) fn term_exists(term: &crate::spec::TermSpec) -> bool {
    phases::term_names().contains(&term.class_name)
}
