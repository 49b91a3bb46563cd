//! One object of a configuration of Keras: `{"module", "class_name", "config", "registered_name"}`. Not here: models (`config.rs`).

use super::config;
use crate::error::InteropError;
use ganymede_nn::LayerConfig;
use ganymede_nn::layers::CLASS_NAMES;
use serde_json::{Map, Value, json};

/// An object.
pub struct Object<'a> {
    pub module: &'a str,
    pub class: &'a str,
    pub config: &'a Map<String, Value>,
    /// Everything beside.
    pub around: &'a Map<String, Value>,
}

impl Object<'_> {
    /// Whether it is an operation on tensors, and no layer.
    pub fn is_operation(&self) -> bool {
        self.module.contains(".ops")
    }

    /// Whether it is a model that consists of layers.
    pub fn is_model(&self) -> bool {
        self.is_of_keras() && matches!(self.class, "Sequential" | "Functional" | "Model")
    }

    /// Its name in the model.
    pub fn name(&self) -> Option<String> {
        let name = self.around.get("name").or_else(|| self.config.get("name"));
        name.and_then(Value::as_str).map(str::to_string)
    }

    /// Whether it is trained; null stands for yes.
    pub fn trainable(&self) -> Option<bool> {
        (self.config.get("trainable") == Some(&Value::Bool(false))).then_some(false)
    }

    /// Whether it is a class of Keras and not one of somebody's own.
    fn is_of_keras(&self) -> bool {
        let module = self.module.split('.').next().unwrap_or_default();
        matches!(module, "keras" | "keras_core" | "tf_keras" | "tensorflow" | "")
    }
}

/// The object of a value.
pub fn object<'a>(value: &'a Value, place: &str) -> Result<Object<'a>, InteropError> {
    let form = |found: &str| InteropError::foreign(place, format!("expected an object of Keras, found {found}"));
    let around = value.as_object().ok_or_else(|| form(&short(value)))?;
    let class = around.get("class_name").and_then(Value::as_str).ok_or_else(|| form("one without class_name"))?;
    let config = around.get("config").and_then(Value::as_object).ok_or_else(|| form("one without config"))?;
    Ok(Object { module: around.get("module").and_then(Value::as_str).unwrap_or_default(), class, config, around })
}

/// A value in few letters.
pub fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Arguments of Keras that have no meaning here, with the value that they must have; without one any will do.
const LEFT_OUT: &[(&str, Option<Value>)] = &[
    ("quantization_config", Some(Value::Null)),
    ("activity_regularizer", Some(Value::Null)),
    ("lora_rank", Some(Value::Null)),
    ("lora_alpha", Some(Value::Null)),
    ("autocast", Some(Value::Bool(true))),
    ("noise_shape", Some(Value::Null)),
    // There are no masks.
    ("zero_output_for_mask", None),
    // It chooses among random numbers that are others here.
    ("seed", None),
];

/// The layer of an object, without what it takes.
pub fn layer(value: &Value, place: &str) -> Result<LayerConfig, InteropError> {
    let object = object(value, place)?;
    let name = object.name();
    let place = match &name {
        Some(name) => format!("{place} ({name})"),
        None => format!("{place} ({})", object.class),
    };
    if object.is_operation() {
        let reason = format!("expected a layer, found the operation `{}`", object.class);
        return Err(InteropError::foreign(place, reason));
    }
    if object.is_model() {
        let (_, model) = config::model(&object, &place)?;
        let class_name = if model.outputs.is_some() { "Functional" } else { "Sequential" }.to_string();
        let mut arguments = Map::from_iter([("layers".to_string(), json!(model.layers))]);
        arguments.extend(model.outputs.map(|outputs| ("outputs".to_string(), json!(outputs))));
        return Ok(LayerConfig { class_name, name, inputs: None, trainable: object.trainable(), arguments });
    }
    if object.is_of_keras() && object.class == "Lambda" {
        let reason = "expected a layer that can be read, found `Lambda`, which holds the byte code of a function";
        let hint = "write what it computes as a layer of the spec: { class_name = \"ganymede>Expression\", value = \"x * sigmoid(x)\" }";
        return Err(InteropError::foreign(place, reason).with_hint(hint));
    }
    if !object.is_of_keras() || (object.class != "InputLayer" && !CLASS_NAMES.contains(&object.class)) {
        let near = ganymede_nn::config::nearest(object.class, CLASS_NAMES.iter().copied());
        let near = near.map(|near| format!("; the nearest is `{near}`")).unwrap_or_default();
        let of = if object.is_of_keras() { String::new() } else { format!(" of the module `{}`", object.module) };
        let reason = format!("expected a layer that ganymede has, found `{}`{of}{near}", object.class);
        let hint = format!("ganymede has {}", CLASS_NAMES.join(", "));
        return Err(InteropError::foreign(place, reason).with_hint(hint));
    }
    dtype(object.config.get("dtype"), object.class == "InputLayer", &place)?;
    let arguments = match object.class {
        "InputLayer" | "Input" => input(object.config, &place)?,
        _ => arguments(object.config, &place)?,
    };
    let class = if object.class == "InputLayer" { "Input" } else { object.class };
    let config = LayerConfig { class_name: class.into(), name, inputs: None, trainable: object.trainable(), arguments };
    match config.layer() {
        Ok(layer) => Ok(LayerConfig { arguments: layer.arguments(), ..config }),
        Err(errors) => {
            let text = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            let hint = errors.iter().find_map(|error| error.hint());
            Err(hint.into_iter().fold(InteropError::foreign(place, text), InteropError::with_hint))
        }
    }
}

/// The arguments of a layer as they stand in a spec.
fn arguments(config: &Map<String, Value>, place: &str) -> Result<Map<String, Value>, InteropError> {
    let mut arguments = Map::new();
    for (name, value) in config {
        if matches!(name.as_str(), "name" | "trainable" | "dtype") {
            continue;
        }
        if let Some((_, only)) = LEFT_OUT.iter().find(|(left_out, _)| left_out == name) {
            match only {
                Some(only) if only != value => {
                    let reason = format!("expected {name} = {only}, found {}", short(value));
                    return Err(InteropError::foreign(place, reason));
                }
                _ => continue,
            }
        }
        if name == "backward_layer" && value.is_object() {
            of_the_other_side(config.get("layer"), value, place)?;
            continue;
        }
        if name == "layer" && value.is_object() {
            let inner = layer(value, &format!("{place}.layer"))?;
            if inner.trainable.is_some() {
                let reason = "expected a wrapped layer that is trained, found trainable = false";
                let hint = "set trainable of the wrapper";
                return Err(InteropError::foreign(place, reason).with_hint(hint));
            }
            let class = ("class_name".to_string(), Value::from(inner.class_name));
            let written: Map<String, Value> = std::iter::once(class).chain(inner.arguments).collect();
            arguments.insert(name.clone(), Value::Object(written));
            continue;
        }
        arguments.insert(name.clone(), argument(name, value, place)?);
    }
    Ok(arguments)
}

/// Checks that the second layer of a `Bidirectional` is the first, the other way round, which is what it is without being given.
fn of_the_other_side(first: Option<&Value>, second: &Value, place: &str) -> Result<(), InteropError> {
    let first = layer(first.unwrap_or(&Value::Null), &format!("{place}.layer"))?;
    let mut second = layer(second, &format!("{place}.backward_layer"))?;
    let turned = second.arguments.shift_remove("go_backwards") == Some(Value::Bool(true));
    if turned && (&second.class_name, &second.arguments) == (&first.class_name, &first.arguments) {
        return Ok(());
    }
    let reason = "expected a backward_layer that is the layer with go_backwards = true, found another";
    Err(InteropError::foreign(place, reason).with_hint("build it of two layers and a Concatenate"))
}

/// One argument: an initializer or the like loses what it does not say.
fn argument(name: &str, value: &Value, place: &str) -> Result<Value, InteropError> {
    if !value.is_object() || value.get("class_name").is_none() {
        return Ok(value.clone());
    }
    if value["class_name"] == "function" {
        return Ok(value["config"].clone());
    }
    let object = object(value, &format!("{place}.{name}"))?;
    if name.contains("activation") && !object.config.is_empty() {
        let reason = format!("expected the name of an activation, found the layer `{}`", object.class);
        let hint = "put the layer behind this one in Keras, and save the model again";
        return Err(InteropError::foreign(format!("{place}.{name}"), reason).with_hint(hint));
    }
    // A null stands for the default.
    let given = object.config.iter().filter(|(_, value)| !value.is_null());
    let config: Map<String, Value> = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok(json!({ "class_name": object.class, "config": config }))
}

/// The arguments of an `InputLayer`.
fn input(config: &Map<String, Value>, place: &str) -> Result<Map<String, Value>, InteropError> {
    let flags = ["sparse", "ragged", "optional"];
    if let Some(flag) = flags.into_iter().find(|flag| config.get(*flag).and_then(Value::as_bool) == Some(true)) {
        return Err(InteropError::foreign(place, format!("expected {flag} = false, found true")));
    }
    let shape = ["batch_shape", "batch_input_shape"].iter().find_map(|key| config.get(*key)).and_then(Value::as_array);
    let shape = match shape.and_then(|shape| shape.split_first()) {
        Some((_, shape)) => shape,
        None => {
            let reason = "expected a batch_shape that begins with the batch, found none";
            return Err(InteropError::foreign(place, reason));
        }
    };
    if let Some(size) = shape.iter().find(|size| size.as_u64().is_none()) {
        let reason = format!("expected sizes that are known, found {size} in {}", short(&json!(shape)));
        return Err(
            InteropError::foreign(place, reason).with_hint("give keras.Input all sizes, and save the model again")
        );
    }
    let dtype = config.get("dtype").cloned().filter(|dtype| !dtype.is_null());
    let mut arguments = Map::from_iter([("shape".to_string(), json!(shape))]);
    match dtype.as_ref().and_then(Value::as_str).unwrap_or("float32") {
        "float32" | "bfloat16" | "float16" => {}
        other => drop(arguments.insert("dtype".into(), other.into())),
    }
    Ok(arguments)
}

/// Element types in which float32 holds every value.
const NARROW: &[&str] = &["float32", "bfloat16", "float16", "mixed_bfloat16", "mixed_float16"];

/// Checks a policy of element types: a name, or an object with one.
fn dtype(value: Option<&Value>, is_input: bool, place: &str) -> Result<(), InteropError> {
    let Some(value) = value.filter(|value| !value.is_null() && !is_input) else { return Ok(()) };
    let name = value.as_str().or_else(|| value.pointer("/config/name").and_then(Value::as_str));
    match name {
        Some(name) if NARROW.contains(&name) => Ok(()),
        _ => {
            let found = name.map(str::to_string).unwrap_or_else(|| short(value));
            let reason = format!("expected dtype {}, found {found}", NARROW.join(" or "));
            Err(InteropError::foreign(place, reason))
        }
    }
}
