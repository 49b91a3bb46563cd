//! Keras's configuration of a model as a [`ModelConfig`]: layers, and which takes what. Not here: one layer (`objects.rs`),
//! operations (`operations.rs`), the way back (`written.rs`).

use super::objects::{Object, layer, object, short};
use super::operations;
use crate::error::InteropError;
use ganymede_nn::layers::Inputs;
use ganymede_nn::{LayerConfig, ModelConfig};
use serde_json::{Map, Value, json};

/// What a tensor between layers is called in a file.
const TENSOR: &str = "__keras_tensor__";

/// Tensors that `MultiHeadAttention` may be given by name, in the order of their places.
const ATTENTION: [&str; 3] = ["query", "value", "key"];

/// What a layer may be told at a call; the default means nothing here.
const FLAGS: [&str; 3] = ["training", "use_causal_mask", "return_attention_scores"];

/// The name and the layers of a model.
pub fn read(value: &Value) -> Result<(String, ModelConfig), InteropError> {
    let object = object(value, "the model")?;
    let (name, config) = model(&object, "layers")?;
    super::model(&name, &config)?;
    Ok((name, config))
}

/// The name and the layers of an object that is a model; `place` is the path of its layers.
pub fn model(object: &Object<'_>, place: &str) -> Result<(String, ModelConfig), InteropError> {
    let layers = object.config.get("layers").and_then(Value::as_array);
    let (Some(layers), true) = (layers, object.is_model()) else {
        let reason = format!("expected a Sequential or Functional model, found `{}`", object.class);
        let hint = "a class of its own has code that a file does not hold: save its networks one by one, as in \
                    gan.generator.save(\"generator.keras\")";
        return Err(InteropError::foreign(place, reason).with_hint(hint));
    };
    let config = match object.class {
        "Sequential" => sequential(object.config, layers, place)?,
        _ => functional(object.config, layers, place)?,
    };
    let name = object.config.get("name").and_then(Value::as_str);
    Ok((name.unwrap_or("model").to_string(), config))
}

fn sequential(config: &Map<String, Value>, layers: &[Value], place: &str) -> Result<ModelConfig, InteropError> {
    let read = |(at, value)| layer(value, &format!("{place}[{at}]"));
    let mut read: Vec<LayerConfig> = layers.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    let input = read.first().is_some_and(|first| first.class_name == "Input");
    // A model that was built by data has its sizes elsewhere.
    if let Some(shape) = config.get("build_input_shape").filter(|shape| !input && shape.is_array()) {
        let given = json!({ "class_name": "InputLayer", "config": { "name": "input_layer", "batch_shape": shape } });
        read.insert(0, layer(&given, &format!("{place}.build_input_shape"))?);
    }
    Ok(ModelConfig { layers: read, outputs: None })
}

fn functional(config: &Map<String, Value>, layers: &[Value], place: &str) -> Result<ModelConfig, InteropError> {
    let ends = |key: &str| {
        let mut found = Vec::new();
        let value = config.get(key).unwrap_or(&Value::Null);
        match histories(value, &mut found) && !found.is_empty() {
            true => Ok(found),
            false => {
                let reason = format!("expected {key}: [\"layer\", 0, 0] or a list of such, found {}", short(value));
                Err(InteropError::foreign(place, reason))
            }
        }
    };
    let (begin, end) = (ends("input_layers")?, ends("output_layers")?);
    let mut inputs: Vec<Option<LayerConfig>> = vec![None; begin.len()];
    let mut others = Vec::new();
    for (at, value) in layers.iter().enumerate() {
        let here = format!("{place}[{at}]");
        let object = object(value, &here)?;
        let name = object.name().unwrap_or_else(|| object.class.to_lowercase());
        let named = format!("{here} ({name})");
        let nodes = nodes(&object, &named)?;
        let mut read = match object.is_operation() {
            true => operations::layer(&object, &nodes, &named)?,
            false => layer(value, &here)?,
        };
        read.name = Some(name.clone());
        if read.class_name == "Input" {
            // Keras orders layers by depth: which input comes first is said apart.
            match begin.iter().position(|history| history.layer == name) {
                Some(first) => inputs[first] = Some(read),
                None => return Err(InteropError::foreign(named, "expected its name in input_layers, found others")),
            }
            continue;
        }
        if !object.is_operation() {
            nodes.iter().try_for_each(|node| of_layer(node, object.class, &named))?;
        }
        let mut uses: Vec<Vec<String>> = nodes.iter().map(Node::references).collect();
        read.inputs = match uses.len() {
            0 => return Err(InteropError::foreign(named, "expected inbound_nodes, found none")),
            1 => Some(Inputs::Once(uses.remove(0))),
            _ => Some(Inputs::Shared(uses)),
        };
        others.push(read);
    }
    let mut all = Vec::with_capacity(layers.len());
    for (input, history) in inputs.into_iter().zip(&begin) {
        let reason = || format!("expected an InputLayer `{}`, found none", history.layer);
        all.push(input.ok_or_else(|| InteropError::foreign(format!("{place}.input_layers"), reason()))?);
    }
    all.extend(others);
    Ok(ModelConfig { layers: all, outputs: Some(end.iter().map(History::reference).collect()) })
}

/// Which tensor it is: that of a layer's use.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    layer: String,
    node: u64,
    tensor: u64,
}

impl History {
    fn read(value: &Value) -> Option<History> {
        match value.as_array()?.as_slice() {
            [Value::String(layer), node, tensor] => {
                Some(History { layer: layer.clone(), node: node.as_u64()?, tensor: tensor.as_u64()? })
            }
            _ => None,
        }
    }

    /// As it is written in a spec.
    fn reference(&self) -> String {
        match (self.node, self.tensor) {
            (0, 0) => self.layer.clone(),
            (node, 0) => format!("{}:{node}", self.layer),
            (node, tensor) => format!("{}:{node}:{tensor}", self.layer),
        }
    }
}

/// All histories of a nested list; those of an object in the order of its keys. False where something else is in it.
fn histories(value: &Value, found: &mut Vec<History>) -> bool {
    if let Some(history) = History::read(value) {
        found.push(history);
        return true;
    }
    match value {
        Value::Array(items) => items.iter().all(|item| histories(item, found)),
        Value::Object(items) => {
            let mut keys: Vec<&String> = items.keys().collect();
            keys.sort();
            keys.into_iter().all(|key| histories(&items[key.as_str()], found))
        }
        _ => false,
    }
}

/// What a layer is called with.
#[derive(Debug)]
pub enum Given {
    /// A tensor, and its sizes with the batch.
    Tensor(History, Vec<Option<u64>>),
    /// Something else.
    Value(Value),
}

/// One use of a layer: what it is called with, in order, and by name.
#[derive(Debug)]
pub struct Node {
    pub positional: Vec<Given>,
    pub named: Map<String, Value>,
}

impl Node {
    fn references(&self) -> Vec<String> {
        let tensor = |given: &Given| match given {
            Given::Tensor(history, _) => Some(history.reference()),
            Given::Value(_) => None,
        };
        self.positional.iter().filter_map(tensor).collect()
    }
}

fn nodes(object: &Object<'_>, place: &str) -> Result<Vec<Node>, InteropError> {
    let Some(nodes) = object.around.get("inbound_nodes").and_then(Value::as_array) else { return Ok(Vec::new()) };
    let node = |value: &Value| {
        let args = value.get("args").and_then(Value::as_array).map(Vec::as_slice);
        let reason = || format!("expected inbound_nodes with args, found {}", short(value));
        let args = args.ok_or_else(|| InteropError::foreign(place, reason()))?;
        let mut positional = Vec::new();
        args.iter().for_each(|arg| flat(arg, &mut positional));
        let mut named = value.get("kwargs").and_then(Value::as_object).cloned().unwrap_or_default();
        for name in ATTENTION {
            if named.get(name).is_some_and(|value| value.to_string().contains(TENSOR)) {
                named.shift_remove(name).iter().for_each(|arg| flat(arg, &mut positional));
            }
        }
        Ok(Node { positional, named })
    };
    nodes.iter().map(node).collect()
}

/// Tensors of nested lists one after another; a list without tensors is a value.
fn flat(value: &Value, given: &mut Vec<Given>) {
    let history = value.pointer("/config/keras_history").and_then(History::read);
    match (value, history) {
        (Value::Object(object), Some(history)) if object.get("class_name").is_some_and(|class| class == TENSOR) => {
            let shape = value.pointer("/config/shape").and_then(Value::as_array);
            given.push(Given::Tensor(history, shape.into_iter().flatten().map(Value::as_u64).collect()));
        }
        (Value::Array(items), _) if value.to_string().contains(TENSOR) => {
            items.iter().for_each(|item| flat(item, given))
        }
        _ => given.push(Given::Value(value.clone())),
    }
}

/// Null, or a list of nulls: the masks of several inputs.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(|items| items.iter().all(is_nothing))
}

/// Checks that a layer is called with tensors and nothing else.
fn of_layer(node: &Node, class: &str, place: &str) -> Result<(), InteropError> {
    let other = node.positional.iter().find_map(|given| match given {
        Given::Value(value) if !is_nothing(value) => Some(value),
        _ => None,
    });
    if let Some(value) = other {
        let reason = format!("expected to be called with tensors, found {}", short(value));
        return Err(InteropError::foreign(place, reason));
    }
    // Keras writes down the default, which is true where it means nothing, and gives the phase's own value when the model runs.
    let default = |name: &str| Value::Bool(name == "training" && class == "Resizing");
    let usual = |name: &str, value: &Value| is_nothing(value) || (FLAGS.contains(&name) && *value == default(name));
    match node.named.iter().find(|(name, value)| !usual(name, value)) {
        None => Ok(()),
        Some((name, value)) => {
            let reason = format!("expected to be called without `{name}`, found {name} = {}", short(value));
            let hint = match name.as_str() {
                "training" => "what differs in training follows from the phase here",
                _ => "give tensors by their place",
            };
            Err(InteropError::foreign(place, reason).with_hint(hint))
        }
    }
}
