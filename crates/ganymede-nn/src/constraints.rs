//! What a weight is projected on after an update: Keras's constraints.

use crate::arguments::Argument;
use serde_json::{Value, json};

/// What a weight is projected on after an update, under Keras's name.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// max(w, 0).
    NonNeg,
}

impl Argument for Constraint {
    fn expected() -> String {
        "a constraint".into()
    }
    fn read(value: &Value) -> Result<Self, Option<String>> {
        match value.get("class_name").and_then(Value::as_str).or(value.as_str()) {
            Some("NonNeg" | "non_neg") => Ok(Constraint::NonNeg),
            _ => Err(None),
        }
    }
    fn write(&self) -> Value {
        json!("NonNeg")
    }
}
