//! A network as Keras's configuration: the arguments that differ from their defaults, which is all that Keras needs. Not here: the way
//! back (`config.rs`).

use super::order::order;
use crate::error::InteropError;
use ganymede_nn::layers::Inputs;
use ganymede_nn::{LayerConfig, Model, ModelConfig};
use ganymede_tensor::{DType, TensorType};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The object of a model.
pub fn model(model: &Model) -> Result<Value, InteropError> {
    if model.inputs().next().is_none() {
        let (layer, class) = (model.name().to_string(), "Input".to_string());
        let reason = "expected an Input as the first layer, found none".into();
        return Err(InteropError::Layer { layer, class, reason });
    }
    written(model, true)
}

fn written(model: &Model, trainable: bool) -> Result<Value, InteropError> {
    let config = model.to_config();
    // Keras sorts them so in any case: the file reads back in the order of its arrays.
    let layers: Vec<LayerConfig> = order(&config).into_iter().map(|at| config.layers[at].clone()).collect();
    let Some(outputs) = config.outputs else {
        let layers = layers.iter().map(layer).collect::<Result<Vec<_>, _>>()?;
        return Ok(json!({
            "module": "keras", "class_name": "Sequential",
            "config": { "name": model.name(), "trainable": trainable, "layers": layers },
            "registered_name": null,
        }));
    };
    let shapes = shapes(model);
    let input = |layer: &LayerConfig| (layer.class_name == "Input").then(|| json!([layer.name, 0, 0]));
    let inputs = config.layers.iter().filter_map(input).collect();
    let mut all = Vec::new();
    for layer in &layers {
        let name = layer.name.clone().unwrap_or_default();
        let mut object = self::layer(layer)?;
        let tensor = |reference: &String| tensor(reference, &shapes);
        let node = |uses: &Vec<String>| {
            let tensors: Vec<Value> = uses.iter().map(tensor).collect();
            let args = match tensors.as_slice() {
                [one] => json!([one]),
                several if layer.class_name == "MultiHeadAttention" => json!(several),
                several => json!([several]),
            };
            json!({ "args": args, "kwargs": {} })
        };
        let nodes: Vec<Value> = match &layer.inputs {
            Some(Inputs::Once(names)) => vec![node(names)],
            Some(Inputs::Shared(uses)) => uses.iter().map(node).collect(),
            None if layer.class_name == "Input" => Vec::new(),
            None => {
                let reason = "expected an Input in front of it, found none".into();
                return Err(InteropError::Layer { layer: name, class: layer.class_name.clone(), reason });
            }
        };
        if let Value::Object(object) = &mut object {
            object.insert("name".into(), name.into());
            object.insert("inbound_nodes".into(), nodes.into());
        }
        all.push(object);
    }
    // A list of one would make Keras give a list of one.
    let alone = |mut all: Vec<Value>| if all.len() == 1 { all.remove(0) } else { Value::from(all) };
    let ends = outputs.iter().map(|reference| history(reference)).collect();
    Ok(json!({
        "module": "keras.src.models.functional", "class_name": "Functional",
        "config": {
            "name": model.name(), "trainable": trainable, "layers": all,
            "input_layers": alone(inputs), "output_layers": alone(ends),
        },
        "registered_name": "Functional",
    }))
}

/// What each layer gives for a batch of 2.
fn shapes(model: &Model) -> HashMap<String, Vec<TensorType>> {
    let rows = model.summary(2).map(|summary| summary.rows).unwrap_or_default();
    rows.into_iter().map(|row| (row.name, row.outputs)).collect()
}

/// `layer:use:output` as Keras's `[layer, use, output]`.
fn history(reference: &str) -> Value {
    let mut parts = reference.split(':');
    let name = parts.next().unwrap_or_default();
    let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok()).unwrap_or(0);
    let (node, tensor) = (number(), number());
    json!([name, node, tensor])
}

/// What stands for a tensor; Keras takes its sizes from the layer again.
fn tensor(reference: &str, shapes: &HashMap<String, Vec<TensorType>>) -> Value {
    let history = history(reference);
    let name = reference.split(':').next().unwrap_or_default();
    let output = history[2].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    let ty = shapes.get(name).and_then(|outputs| outputs.get(output));
    let sizes = ty.into_iter().flat_map(|ty| ty.shape.iter().skip(1)).map(|&size| json!(size));
    let shape: Vec<Value> = std::iter::once(Value::Null).chain(sizes).collect();
    let dtype = match ty.map(|ty| ty.dtype) {
        Some(DType::I32) => "int32",
        Some(DType::U8) => "uint8",
        _ => "float32",
    };
    json!({ "class_name": "__keras_tensor__", "config": { "shape": shape, "dtype": dtype, "keras_history": history } })
}

/// The object of a layer.
fn layer(config: &LayerConfig) -> Result<Value, InteropError> {
    let name = config.name.clone().unwrap_or_default();
    let refused =
        |reason: String| InteropError::Layer { layer: name.clone(), class: config.class_name.clone(), reason };
    if config.class_name == "ganymede>Expression" {
        let reason = "expected a layer that Keras has, found a text; Keras's Lambda holds the byte code of a function";
        return Err(refused(reason.into()));
    }
    if config.class_name.contains('>') {
        return Err(refused("expected a layer that Keras has, found one of ganymede's own".into()));
    }
    let mut arguments = Map::new();
    if !name.is_empty() {
        arguments.insert("name".into(), name.clone().into());
    }
    if config.trainable == Some(false) {
        arguments.insert("trainable".into(), false.into());
    }
    match config.class_name.as_str() {
        "Sequential" | "Functional" => {
            let inner: ModelConfig = serde_json::from_value(Value::Object(config.arguments.clone()))
                .map_err(|error| refused(format!("expected layers, found {error}")))?;
            let inner = Model::from_config(&name, &inner).map_err(|error| refused(error.to_string()))?;
            return written(&inner, config.trainable != Some(false));
        }
        "Input" => {
            let sizes = config.arguments.get("shape").and_then(Value::as_array);
            let shape: Vec<Value> = std::iter::once(Value::Null).chain(sizes.into_iter().flatten().cloned()).collect();
            let dtype = config.arguments.get("dtype").cloned().unwrap_or_else(|| "float32".into());
            arguments.extend([("batch_shape".to_string(), json!(shape)), ("dtype".to_string(), dtype)]);
        }
        _ => {
            for (argument, value) in &config.arguments {
                arguments.insert(argument.clone(), self::argument(argument, value)?);
            }
            // Keras's own reader of this class wants both arguments.
            if config.class_name == "Rescaling" {
                arguments.entry("offset").or_insert_with(|| 0.0.into());
            }
        }
    }
    let class = if config.class_name == "Input" { "InputLayer" } else { &config.class_name };
    Ok(json!({ "module": "keras.layers", "class_name": class, "config": arguments, "registered_name": null }))
}

/// Endings of arguments that are objects, and the module that these are of.
const MODULES: &[(&str, &str)] = &[
    ("_initializer", "keras.initializers"),
    ("_regularizer", "keras.regularizers"),
    ("_constraint", "keras.constraints"),
];

/// One argument: what is an object here is one of Keras's modules there.
fn argument(name: &str, value: &Value) -> Result<Value, InteropError> {
    if name == "layer" && value.is_object() {
        let inner = serde_json::from_value(value.clone());
        return layer(&inner.map_err(|error| InteropError::foreign(name, error.to_string()))?);
    }
    let Some((_, module)) = MODULES.iter().find(|(ending, _)| name.ends_with(ending)) else { return Ok(value.clone()) };
    let (class, config) = match value {
        Value::String(class) => (class.clone(), Map::new()),
        Value::Object(table) => {
            let mut table = table.clone();
            let class = table.shift_remove("class_name");
            (class.as_ref().and_then(Value::as_str).unwrap_or_default().to_string(), table)
        }
        _ => return Ok(value.clone()),
    };
    Ok(json!({ "module": module, "class_name": class, "config": config, "registered_name": null }))
}
