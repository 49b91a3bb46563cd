//! Objects of a spec by their JSON: layers, losses, optimizers. Not here: networks of them (`network.rs`).

use crate::errors::refused;
use crate::network::model;
use ganymede::gan::expression;
use ganymede::nn::layers::CLASS_NAMES;
use ganymede::nn::{
    ConfigError, Constraint, Initializer, LayerConfig, Loss, ModelConfig, OptimizerConfig, Regularizer, Schedule,
};
use pyo3::prelude::*;
use serde::de::DeserializeOwned;

fn read<T: DeserializeOwned>(json: &str) -> PyResult<T> {
    serde_json::from_str(json).map_err(|error| refused(&without_place(&error.to_string()), None))
}

/// The text without serde's place in the JSON, which the user has not written.
fn without_place(text: &str) -> String {
    text.split(" at line ").next().unwrap_or(text).to_string()
}

fn told<T>(made: Result<T, Vec<ConfigError>>) -> PyResult<()> {
    made.map(|_| ()).map_err(|errors| all(&errors))
}

fn all(errors: &[ConfigError]) -> PyErr {
    let text = errors.iter().map(ConfigError::to_string).collect::<Vec<_>>().join("\n");
    refused(&text, errors.iter().find_map(ConfigError::hint))
}

/// Refuses an object of a family that is none: the text says which argument, what was expected and what was found.
#[pyfunction]
pub fn check_object(family: &str, json: &str) -> PyResult<()> {
    match family {
        "layer" => read::<LayerConfig>(json)?.layer().map(|_| ()).map_err(|errors| all(&errors)),
        "loss" => told(Loss::from_value(read(json)?)),
        "optimizer" => told(OptimizerConfig::from_value(read(json)?)),
        "schedule" => told(Schedule::from_value(read(json)?)),
        "initializer" => told(Initializer::from_value(read(json)?)),
        "regularizer" => told(Regularizer::from_value(read(json)?)),
        "constraint" => told(Constraint::from_value(read(json)?)),
        _ => Ok(()),
    }
}

/// Sizes and types of what a layer gives for inputs of these sizes and types, without the batch.
#[pyfunction]
pub fn layer_outputs(layer: &str, inputs: &str) -> PyResult<Vec<(Vec<usize>, String)>> {
    let (layer, inputs): (serde_json::Value, Vec<(Vec<usize>, String)>) = (read(layer)?, read(inputs)?);
    let mut layers = Vec::new();
    let mut names = Vec::new();
    for (at, (shape, dtype)) in inputs.iter().enumerate() {
        let name = format!("given_{at}");
        layers.push(serde_json::json!({ "class_name": "Input", "name": name, "shape": shape, "dtype": dtype }));
        names.push(name);
    }
    let mut layer = layer;
    if let Some(table) = layer.as_object_mut() {
        table.insert("inputs".into(), serde_json::json!(names));
    }
    layers.push(layer);
    let config = serde_json::json!({ "layers": layers }).to_string();
    crate::network::outputs_of(&model("network", &config)?)
}

/// What does not fit together in a network, in a sentence; none where all does.
#[pyfunction]
pub fn fault(name: &str, config: &str) -> PyResult<Option<String>> {
    let config: ModelConfig = read(config)?;
    Ok(crate::network::fault_of(name, &config))
}

/// Names of all that there is, by family.
#[pyfunction]
pub fn names(family: &str) -> Vec<&'static str> {
    match family {
        "layer" => CLASS_NAMES.to_vec(),
        "loss" => ganymede::nn::losses::LossKind::NAMES.to_vec(),
        "optimizer" => ganymede::nn::optimizers::OptimizerKind::NAMES.to_vec(),
        "schedule" => Schedule::NAMES.to_vec(),
        "initializer" => Initializer::NAMES.to_vec(),
        "regularizer" => Regularizer::NAMES.to_vec(),
        "constraint" => Constraint::NAMES.to_vec(),
        _ => Vec::new(),
    }
}

/// The functions that a loss may call: name, arguments as they are written, what it computes.
#[pyfunction]
pub fn functions() -> Vec<(&'static str, &'static str, &'static str)> {
    expression::functions().map(|function| (function.name, function.signature, function.about)).collect()
}
