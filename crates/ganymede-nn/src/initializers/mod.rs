//! Where parameters start: Keras's initializers as host functions.

use crate::arguments::{Argument, IntoArgument};
use serde_json::{Value, json};

/// Where a parameter starts, under Keras's name.
#[derive(Clone, Debug, PartialEq)]
pub enum Initializer {
    /// Uniform in ±√(6 / (fan_in + fan_out)).
    GlorotUniform,
    /// All 0.
    Zeros,
    /// All 1.
    Ones,
    /// Normal.
    RandomNormal {
        /// Mean, Keras's default is 0.
        mean: f64,
        /// Standard deviation, Keras's default is 0.05.
        stddev: f64,
    },
    /// Uniform in minval..maxval.
    RandomUniform {
        /// Lower end, Keras's default is −0.05.
        minval: f64,
        /// Upper end, Keras's default is 0.05.
        maxval: f64,
    },
}

impl Argument for Initializer {
    fn expected() -> String {
        "an initializer".into()
    }
    fn read(value: &Value) -> Result<Self, Option<String>> {
        let (name, arguments) = match value {
            Value::String(name) => (name.as_str(), json!({})),
            Value::Object(map) => (map.get("class_name").and_then(Value::as_str).ok_or(None)?, value.clone()),
            _ => return Err(None),
        };
        let number = |key: &str, default: f64| arguments.get(key).and_then(Value::as_f64).unwrap_or(default);
        Ok(match name {
            "GlorotUniform" | "glorot_uniform" => Initializer::GlorotUniform,
            "Zeros" | "zeros" => Initializer::Zeros,
            "Ones" | "ones" => Initializer::Ones,
            "RandomNormal" => Initializer::RandomNormal { mean: number("mean", 0.0), stddev: number("stddev", 0.05) },
            "RandomUniform" | "uniform" => {
                Initializer::RandomUniform { minval: number("minval", -0.05), maxval: number("maxval", 0.05) }
            }
            _ => return Err(None),
        })
    }
    fn write(&self) -> Value {
        match self {
            Initializer::GlorotUniform => json!("GlorotUniform"),
            Initializer::Zeros => json!("Zeros"),
            Initializer::Ones => json!("Ones"),
            Initializer::RandomNormal { mean, stddev } => {
                json!({ "class_name": "RandomNormal", "mean": mean, "stddev": stddev })
            }
            Initializer::RandomUniform { minval, maxval } => {
                json!({ "class_name": "RandomUniform", "minval": minval, "maxval": maxval })
            }
        }
    }
}

impl IntoArgument<Initializer> for &str {
    /// # Panics
    /// When there is no initializer of this name.
    fn into_argument(self) -> Initializer {
        Initializer::read(&json!(self))
            .unwrap_or_else(|_| panic!("expected the name of an initializer, found `{self}`"))
    }
}
