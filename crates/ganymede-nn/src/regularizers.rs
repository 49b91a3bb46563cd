//! What a weight adds to the loss: Keras's regularizers.

use crate::arguments::Argument;
use serde_json::{Value, json};

/// What a weight adds to the loss, under Keras's name.
#[derive(Clone, Debug, PartialEq)]
pub enum Regularizer {
    /// l2·Σ w².
    L2 {
        /// The factor, Keras's default is 0.01.
        l2: f64,
    },
}

impl Argument for Regularizer {
    fn expected() -> String {
        "a regularizer".into()
    }
    fn read(value: &Value) -> Result<Self, Option<String>> {
        match value.get("class_name").and_then(Value::as_str) {
            Some("L2") => Ok(Regularizer::L2 { l2: value.get("l2").and_then(Value::as_f64).unwrap_or(0.01) }),
            _ => Err(None),
        }
    }
    fn write(&self) -> Value {
        let Regularizer::L2 { l2 } = self;
        json!({ "class_name": "L2", "l2": l2 })
    }
}
