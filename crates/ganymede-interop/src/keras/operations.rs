//! Arithmetic on tensors, as in `x * 2 + y`, which Keras stores as operations: layers that compute the same. Not here: layers.

use super::config::{Given, Node};
use super::objects::{Object, short};
use crate::error::InteropError;
use ganymede_nn::LayerConfig;
use serde_json::{Map, Value, json};

/// Operations of one tensor that are activations.
const ACTIVATIONS: &[(&str, &str)] = &[
    ("Exp", "exponential"),
    ("Relu", "relu"),
    ("Sigmoid", "sigmoid"),
    ("Silu", "silu"),
    ("Softplus", "softplus"),
    ("Softsign", "softsign"),
    ("Tanh", "tanh"),
];

/// What `a ∘ b` of two tensors is as a layer.
const JOINING: &[(&str, &str)] = &[("Add", "Add"), ("Multiply", "Multiply"), ("Subtract", "Subtract")];

/// The layer of an operation.
///
/// Of a tensor x and a number c: x + c, x − c, c − x, x · c, x / c and −x are a `Rescaling`. Of two tensors of one rank, sum,
/// difference and product are the layers of these names.
pub fn layer(object: &Object<'_>, nodes: &[Node], place: &str) -> Result<LayerConfig, InteropError> {
    let refused = |what: String| {
        let hint = "operations on tensors that are known: + - * / with a number, + - * of two tensors of as many axes, \
                    and activations; write it with a layer and save the model again";
        InteropError::foreign(place, format!("expected a layer, found the operation {what}")).with_hint(hint)
    };
    let class = object.class;
    let [Node { positional, named }] = nodes else {
        return Err(refused(format!("`{class}` that is used {} times", nodes.len())));
    };
    if let Some((name, value)) = named.iter().find(|(_, value)| !value.is_null()) {
        return Err(refused(format!("`{class}` with {name} = {}", short(value))));
    }
    let number = |value: &Value| value.as_f64().filter(|number| number.is_finite());
    let rescaling = |scale: f64, offset: f64| made("Rescaling", json!({ "scale": scale, "offset": offset }));
    let unknown = || Err(refused(format!("`{class}`")));
    match positional.as_slice() {
        [Given::Tensor(..)] if class == "Negative" => Ok(rescaling(-1.0, 0.0)),
        [Given::Tensor(..)] => match ACTIVATIONS.iter().find(|(name, _)| *name == class) {
            Some((_, activation)) if object.config.keys().all(|key| key == "name") => {
                Ok(made("Activation", json!({ "activation": activation })))
            }
            _ => unknown(),
        },
        [Given::Tensor(_, left), Given::Tensor(_, right)] if left.len() == right.len() => {
            match JOINING.iter().find(|(name, _)| *name == class) {
                Some((_, layer)) => Ok(made(layer, json!({}))),
                None => unknown(),
            }
        }
        [Given::Tensor(..), Given::Value(value)] => match (class, number(value)) {
            ("Add", Some(c)) => Ok(rescaling(1.0, c)),
            ("Subtract", Some(c)) => Ok(rescaling(1.0, -c)),
            ("Multiply", Some(c)) => Ok(rescaling(c, 0.0)),
            ("Divide" | "TrueDivide", Some(c)) if c != 0.0 => Ok(rescaling(1.0 / c, 0.0)),
            _ => Err(refused(format!("`{class}` with {}", short(value)))),
        },
        [Given::Value(value), Given::Tensor(..)] => match (class, number(value)) {
            ("Add", Some(c)) => Ok(rescaling(1.0, c)),
            ("Subtract", Some(c)) => Ok(rescaling(-1.0, c)),
            ("Multiply", Some(c)) => Ok(rescaling(c, 0.0)),
            _ => Err(refused(format!("`{class}` with {}", short(value)))),
        },
        _ => unknown(),
    }
}

fn made(class: &str, arguments: Value) -> LayerConfig {
    let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
    let given = LayerConfig { class_name: class.into(), arguments, ..LayerConfig::default() };
    // Without the arguments that are defaults, as a layer that was read.
    given.layer().map(|layer| LayerConfig::from(&*layer)).unwrap_or(given)
}
