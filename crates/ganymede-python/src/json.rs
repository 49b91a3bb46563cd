//! JSON between the package and the engine. Not here: what it means.

use crate::errors::refused;
use pyo3::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What JSON of the package says.
pub fn read<T: DeserializeOwned>(json: &str) -> PyResult<T> {
    serde_json::from_str(json).map_err(|error| refused(&error.to_string(), None))
}

/// The JSON of a value for the package.
pub fn written<T: Serialize>(value: &T) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| refused(&error.to_string(), None))
}
