//! A layer as an argument of another one, and the form in which layers are written.

use super::{CLASS_NAMES, Layer, read};
use crate::activations;
use crate::arguments::{Argument, IntoArgument};
use crate::config::{Arguments, ConfigError, Mend, Misread, nearest};
use crate::family::{parts, table};
use crate::mend::mended;
use crate::model::Model;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Names of the layers that a layer takes its inputs from.
///
/// A name can be followed by `:call` where the layer is used more than once, and by `:call:output` where it gives
/// several tensors: `shared:1` is what the second use of `shared` gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Inputs {
    /// The layer is used once, on these.
    Once(Vec<String>),
    /// The layer is used several times, with one set of weights.
    Shared(Vec<Vec<String>>),
}

impl<'de> Deserialize<'de> for Inputs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut uses: Vec<Vec<String>> = Vec::new();
        let mut names = Vec::new();
        // A list, whose items tell which it is.
        for item in Vec::<Value>::deserialize(from)? {
            match item {
                Value::String(name) if uses.is_empty() => names.push(name),
                Value::Array(_) if names.is_empty() => {
                    let read = serde_json::from_value(item);
                    uses.push(read.map_err(|_| D::Error::custom("expected lists of names of layers"))?);
                }
                _ => return Err(D::Error::custom("expected a list of names of layers")),
            }
        }
        Ok(if uses.is_empty() { Inputs::Once(names) } else { Inputs::Shared(uses) })
    }
}

/// The serialised form of a layer: Keras's class name and arguments, without defaults and nulls.
///
/// In TOML: `class_name = "Dense"`, `units = 256`, `activation = "relu"`.
///
/// ```
/// use ganymede_nn::LayerConfig;
///
/// let read = |text: &str| serde_json::from_str::<LayerConfig>(text).unwrap().layer();
/// let layer = read(r#"{"class_name": "Dense", "units": 256, "activation": "relu"}"#).unwrap();
/// assert_eq!((layer.class_name(), &layer.arguments()["units"]), ("Dense", &256.into()));
///
/// let errors = read(r#"{"class_name": "Dense", "units": 256, "activation": "rleu"}"#).unwrap_err();
/// assert_eq!(errors[0].hint().unwrap(), "did you mean `relu`?");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LayerConfig {
    /// Keras's class name.
    pub class_name: String,
    /// The layer's name in its model; Keras's automatic one where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The layers whose outputs it takes; by default, the layer before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Inputs>,
    /// Keras's `trainable = False`: its parameters stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trainable: Option<bool>,
    /// Its arguments.
    #[serde(flatten)]
    pub arguments: Map<String, Value>,
}

impl LayerConfig {
    /// The layer that it describes.
    ///
    /// # Errors
    /// Everything that is wrong with class name and arguments.
    pub fn layer(&self) -> Result<Arc<dyn Layer>, Vec<ConfigError>> {
        match self.read() {
            (Some(layer), errors) if errors.is_empty() => Ok(layer),
            (_, errors) => Err(errors),
        }
    }

    /// The same with everything mended that can be, and everything that was wrong with it.
    pub fn mended(&self) -> (LayerConfig, Vec<ConfigError>) {
        let read = |written: &Value| self.with(written.clone()).read().1;
        let (written, errors) = mended(&table(&self.class_name, self.arguments.clone()), read);
        (self.with(written), errors)
    }

    /// Changes class name or arguments; gives whether that was possible.
    pub fn mend(&mut self, mend: &Mend) -> bool {
        let mut written = table(&self.class_name, self.arguments.clone());
        let done = mend.apply(&mut written);
        *self = self.with(written);
        done
    }

    /// The same with class name and arguments of a written object.
    fn with(&self, written: Value) -> LayerConfig {
        let mut config = self.clone();
        if let Value::Object(mut arguments) = written {
            if let Some(Value::String(class)) = arguments.shift_remove("class_name") {
                config.class_name = class;
            }
            // What every layer has got there by a new name.
            if let Some(Value::String(name)) = arguments.get("name").cloned() {
                arguments.shift_remove("name");
                config.name = Some(name);
            }
            if let Some(inputs) = arguments.get("inputs").and_then(|inputs| serde_json::from_value(inputs.clone()).ok())
            {
                arguments.shift_remove("inputs");
                config.inputs = Some(inputs);
            }
            if let Some(trainable) = arguments.get("trainable").and_then(Value::as_bool) {
                arguments.shift_remove("trainable");
                config.trainable = Some(trainable);
            }
            config.arguments = arguments;
        }
        config
    }

    /// The layer, with defaults for arguments that cannot be read, and everything that is wrong; none where there is no such class.
    pub(crate) fn read(&self) -> (Option<Arc<dyn Layer>>, Vec<ConfigError>) {
        let mut arguments = Arguments::new(&self.class_name, self.arguments.clone());
        let layer = match self.class_name.as_str() {
            "Sequential" | "Functional" => Model::read(&mut arguments).map(|model| Arc::new(model) as Arc<dyn Layer>),
            class if CLASS_NAMES.contains(&class) => read(class, &mut arguments),
            class => {
                let names = CLASS_NAMES.iter().copied();
                // Elsewhere activations are layers.
                let activation = || activations::names().any(|name| name.eq_ignore_ascii_case(class));
                let nearest = nearest(class, names).or_else(|| activation().then(|| "Activation".into()));
                let (found, known) = (class.into(), CLASS_NAMES);
                return (None, vec![ConfigError::Class { kind: "a layer", found, nearest, known }]);
            }
        };
        let own =
            [("name", self.name.is_some()), ("inputs", self.inputs.is_some()), ("trainable", self.trainable.is_some())];
        own.into_iter().filter(|(_, given)| !given).for_each(|(name, _)| arguments.also(name));
        (layer, arguments.finish().err().unwrap_or_default())
    }
}

impl From<&dyn Layer> for LayerConfig {
    fn from(layer: &dyn Layer) -> Self {
        LayerConfig { class_name: layer.class_name().into(), arguments: layer.arguments(), ..LayerConfig::default() }
    }
}

/// A layer that another one wraps.
#[derive(Clone, Debug)]
pub struct Inner(pub Arc<dyn Layer>);

impl PartialEq for Inner {
    fn eq(&self, other: &Self) -> bool {
        LayerConfig::from(&*self.0) == LayerConfig::from(&*other.0)
    }
}

impl<L: Layer + 'static> IntoArgument<Inner> for L {
    fn into_argument(self) -> Inner {
        Inner(Arc::new(self))
    }
}

impl Argument for Inner {
    fn expected() -> String {
        "a layer (a table with class_name)".into()
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        let (class_name, mut arguments) =
            parts("a layer", value.clone()).map_err(|error| Misread::inside(vec![error]))?;
        for key in ["name", "trainable", "dtype"] {
            arguments.shift_remove(key);
        }
        let config = LayerConfig { class_name, arguments, ..LayerConfig::default() };
        config.layer().map(Inner).map_err(Misread::inside)
    }
    fn write(&self) -> Value {
        json!(LayerConfig::from(&*self.0))
    }
}
