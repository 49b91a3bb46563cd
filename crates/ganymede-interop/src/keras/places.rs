//! Where each array of a network is in `model.weights.h5`: `layers/<class in snake case>[_k]/vars/<i>`, where k counts the layers of a
//! class in their model. Not here: reading and writing the arrays (`weights.rs`).

use super::order::order;
use crate::error::InteropError;
use ganymede_graph::Builder;
use ganymede_nn::{Layer, Mode, Model, ModelConfig, Scope};
use ganymede_tensor::Shape;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One array.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The parameter's name: `generator/dense/kernel`.
    pub name: String,
    /// Sizes.
    pub shape: Shape,
    /// Its paths in the file; the first is read. Keras stores what a wrapper shares with its layer twice.
    pub paths: Vec<String>,
    /// Of a kernel under `SpectralNormalization` the place of its `vector_u` in the list.
    pub spectral: Option<usize>,
}

/// A layer that has arrays.
struct Group {
    path: String,
    /// Whether it is a `SpectralNormalization`.
    spectral: bool,
    /// Its arrays so far: its own, and those of the layer that it wraps.
    own: usize,
    inner: usize,
}

/// Every array of a model, in the order of Keras's `weights`.
pub fn places(model: &Model) -> Result<Vec<Place>, InteropError> {
    let mut groups = BTreeMap::new();
    let config = model.to_config();
    layers(&config, model.name(), "layers", &mut groups);
    let mut places: Vec<Place> = Vec::new();
    for (name, shape) in parameters(model)? {
        let (layer, weight) = name.rsplit_once('/').unwrap_or(("", &name));
        let unknown = || InteropError::foreign(&name, "expected a layer of the network, found none");
        let group = groups.get_mut(layer).ok_or_else(unknown)?;
        let path = |inner: &str, at: usize| format!("{}{inner}/vars/{at}", group.path);
        let paths = match (group.spectral, weight) {
            (false, _) => vec![path("", group.own)],
            (true, "vector_u") => vec![path("", group.own)],
            (true, "kernel" | "embeddings") => vec![path("", group.own), path("/layer", group.inner)],
            (true, _) => vec![path("/layer", group.inner)],
        };
        let inner = paths.iter().any(|path| path.contains("/layer/vars/"));
        group.own += usize::from(!group.spectral || !inner || paths.len() == 2);
        group.inner += usize::from(group.spectral && inner);
        places.push(Place { name, shape, paths, spectral: None });
    }
    for at in 0..places.len() {
        if let Some(layer) = places[at].name.strip_suffix("/vector_u").map(|layer| format!("{layer}/")) {
            let of =
                |place: &Place| ["kernel", "embeddings"].iter().any(|weight| place.name == format!("{layer}{weight}"));
            let kernel = places.iter().position(of);
            kernel.into_iter().for_each(|kernel| places[kernel].spectral = Some(at));
        }
    }
    Ok(places)
}

/// Names and sizes of the parameters of a model.
fn parameters(model: &Model) -> Result<Vec<(String, Shape)>, InteropError> {
    let builder = Builder::new("network");
    let scope = Scope::root(&builder, model.name(), Mode::Infer);
    let types = model.input_types(2);
    let inputs: Vec<_> = types.iter().enumerate().map(|(at, ty)| builder.input(&at.to_string(), ty.clone())).collect();
    model.build(&scope, &inputs);
    let parameters = scope.parameters().into_iter().map(|parameter| (parameter.name, parameter.shape)).collect();
    drop(scope);
    match builder.take_errors().into_iter().next() {
        None => Ok(parameters),
        Some(error) => {
            let foreign = InteropError::foreign(error.scope, error.message);
            Err(error.hint.into_iter().fold(foreign, InteropError::with_hint))
        }
    }
}

/// The groups of the layers of a model at a path of names and a path of the file.
fn layers(config: &ModelConfig, names: &str, path: &str, groups: &mut BTreeMap<String, Group>) {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    for layer in order(config).into_iter().map(|at| &config.layers[at]) {
        let class = snake_case(if layer.class_name == "Input" { "InputLayer" } else { &layer.class_name });
        let count = used.entry(class.clone()).and_modify(|count| *count += 1).or_insert(0);
        let class = if *count == 0 { class } else { format!("{class}_{count}") };
        let path = format!("{path}/{class}");
        let names = format!("{names}/{}", layer.name.as_deref().unwrap_or_default());
        if layer.arguments.contains_key("layers") {
            let inner = serde_json::from_value::<ModelConfig>(Value::Object(layer.arguments.clone()));
            inner.iter().for_each(|inner| layers(inner, &names, &format!("{path}/layers"), groups));
        } else {
            of_layer(&layer.class_name, &layer.arguments, &names, &path, groups);
        }
    }
}

/// Parts of layers that have arrays of their own: their name among ganymede's parameters, and what the file calls them.
const PARTS: &[(&str, &[(&str, &str)])] = &[
    ("GRU", &[("gru_cell", "cell")]),
    ("LSTM", &[("lstm_cell", "cell")]),
    (
        "MultiHeadAttention",
        &[
            ("query", "query_dense"),
            ("key", "key_dense"),
            ("value", "value_dense"),
            ("attention_output", "output_dense"),
        ],
    ),
    ("SimpleRNN", &[("simple_rnn_cell", "cell")]),
];

/// The groups of one layer: of itself, its parts and what it wraps.
fn of_layer(
    class: &str,
    arguments: &Map<String, Value>,
    names: &str,
    path: &str,
    groups: &mut BTreeMap<String, Group>,
) {
    let mut group = |name: String, path: String| {
        let spectral = class == "SpectralNormalization";
        groups.insert(name, Group { path, spectral, own: 0, inner: 0 });
    };
    group(names.into(), path.into());
    let parts = PARTS.iter().filter(|(of, _)| *of == class).flat_map(|(_, parts)| *parts);
    parts.for_each(|(name, file)| group(format!("{names}/{name}"), format!("{path}/{file}")));
    let wrapped = arguments.get("layer").and_then(Value::as_object);
    let class_of = |inner: &Map<String, Value>| inner.get("class_name").and_then(Value::as_str).map(str::to_string);
    let Some((inner, inner_class)) = wrapped.and_then(|inner| Some((inner, class_of(inner)?))) else { return };
    match class {
        "TimeDistributed" => of_layer(&inner_class, inner, names, &format!("{path}/layer"), groups),
        "Bidirectional" => ["forward_layer", "backward_layer"].into_iter().for_each(|side| {
            of_layer(&inner_class, inner, &format!("{names}/{side}"), &format!("{path}/{side}"), groups);
        }),
        _ => {}
    }
}

/// Keras's snake case of a class: `Conv2DTranspose` is `conv2d_transpose`, `LeakyReLU` is `leaky_re_lu`.
///
/// # Source
/// `keras.src.utils.naming.to_snake_case`: an underscore before a capital that begins a word, and after a small letter or digit.
fn snake_case(class: &str) -> String {
    let letters: Vec<char> = class.chars().collect();
    let mut name = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let lower = |at: usize| letters.get(at).is_some_and(|letter| letter.is_lowercase());
        if at > 0 && letter.is_uppercase() && (lower(at + 1) || lower(at - 1)) {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_written_as_keras_writes_them() {
        // What Keras 3.15.1 gives for each.
        let known = [
            ("Conv2DTranspose", "conv2d_transpose"),
            ("LeakyReLU", "leaky_re_lu"),
            ("PReLU", "p_re_lu"),
            ("ELU", "elu"),
            ("SeparableConv1D", "separable_conv1d"),
            ("InputLayer", "input_layer"),
            ("GlobalMaxPooling2D", "global_max_pooling2d"),
        ];
        for (class, name) in known {
            assert_eq!(snake_case(class), name);
        }
    }
}
