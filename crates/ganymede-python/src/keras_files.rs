//! `.keras` files, configurations of Keras's own models, and exports of runs. Not here: networks (`network.rs`), how a file is read
//! and written (`ganymede-interop`).

use crate::arrays::{arrays, tensors};
use crate::errors::{raised, refused};
use crate::json::{read, written};
use crate::network::config;
use ganymede::gan::GanError;
use ganymede_interop::{ExportOptions, InteropError, Layout, Network, Output, Trained, export, format, keras};
use pyo3::prelude::*;
use serde_json::Value;
use std::path::PathBuf;

/// The exception of an error of a file of another program.
fn failed(error: InteropError) -> PyErr {
    match error {
        InteropError::Gan(error) => raised(error),
        InteropError::Io { path, action, source } => raised(GanError::Io { path, action, source }),
        other => refused(&other.to_string(), other.hint()),
    }
}

/// The JSON of a network's layers from that of a model of Keras: `{"module", "class_name", "config"}`.
#[pyfunction]
pub fn from_keras_config(json: &str) -> PyResult<String> {
    let value: Value = read(json)?;
    let (_, config) = keras::read_config(&value).map_err(failed)?;
    written(&config)
}

/// Name, JSON of the layers, and arrays in Keras's order, of a `.keras` file.
#[pyfunction]
pub fn read_keras(py: Python<'_>, path: PathBuf) -> PyResult<(String, String, Vec<Bound<'_, PyAny>>)> {
    let network = py.detach(|| keras::read(&path)).map_err(failed)?;
    Ok((network.name, written(&network.config)?, arrays(py, network.weights)?))
}

/// Writes a `.keras` file of a network: its name, the JSON of its layers, and its arrays in Keras's order.
#[pyfunction]
pub fn write_keras(
    py: Python<'_>,
    path: PathBuf,
    name: &str,
    config_json: &str,
    weights: Vec<Bound<'_, PyAny>>,
) -> PyResult<()> {
    let (config, weights) = (config(name, config_json)?, tensors(&weights)?);
    py.detach(|| keras::write(&path, name, &config, &weights)).map_err(failed)
}

/// Arrays of a `.keras` or `.weights.h5` file for a network, in Keras's order.
#[pyfunction]
pub fn read_weights<'py>(
    py: Python<'py>,
    path: PathBuf,
    name: &str,
    config_json: &str,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let config = config(name, config_json)?;
    let weights = py.detach(|| keras::read_weights(&path, name, &config)).map_err(failed)?;
    arrays(py, weights)
}

/// Arrays of a network as a model of Keras has them: kernels under `SpectralNormalization` are divided by σ.
#[pyfunction]
pub fn to_keras_weights<'py>(
    py: Python<'py>,
    name: &str,
    config_json: &str,
    weights: Vec<Bound<'py, PyAny>>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let (config, weights) = (config(name, config_json)?, tensors(&weights)?);
    arrays(py, keras::as_keras_has_them(name, &config, &weights).map_err(failed)?)
}

/// Writes a run in a format of `ganymede export`. Options by the names of the command's flags: `network`, `output`, `layout`,
/// `batch`, `license`, `checkpoint`, `last_weights`, `overwrite`.
#[pyfunction(name = "export_run")]
pub fn export_run(
    py: Python<'_>,
    run: PathBuf,
    format_name: &str,
    path: PathBuf,
    options_json: &str,
) -> PyResult<Vec<String>> {
    let given: Value = read(options_json)?;
    let given = given.as_object().cloned().unwrap_or_default();
    let format = format(format_name).map_err(failed)?;
    let mut options = ExportOptions::default();
    let (mut step, mut last_weights, mut overwrite) = (None, false, true);
    for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "network" => options.network = Some(word(name, value, &Network::ALL, Network::name)?),
            "output" => options.output = Some(word(name, value, &Output::ALL, Output::name)?),
            "layout" => options.layout = Some(word(name, value, &Layout::ALL, Layout::name)?),
            "batch" => options.batch = Some(number(name, value).and_then(|n| usize::try_from(n).map_err(wrong(name)))?),
            "license" => options.license = Some(text(name, value)?),
            "checkpoint" => step = Some(number(name, value)?),
            "last_weights" => last_weights = flag(name, value)?,
            "overwrite" => overwrite = flag(name, value)?,
            _ => {
                let known = "network, output, layout, batch, license, checkpoint, last_weights, overwrite";
                return Err(refused(&format!("export: expected one of {known}, found `{name}`"), None));
            }
        }
    }
    py.detach(|| {
        let trained = Trained::open(&run, step, last_weights)?;
        export(&trained, format, &options, &path, overwrite)
    })
    .map_err(failed)
}

/// One of a few words.
fn word<T: Copy>(name: &str, value: &Value, all: &[T], named: impl Fn(T) -> &'static str) -> PyResult<T> {
    let found = all.iter().copied().find(|one| value.as_str() == Some(named(*one)));
    found.ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|one| named(*one)).collect();
        refused(&format!("export: expected {name} = {}, found {value}", known.join(" or ")), None)
    })
}

fn text(name: &str, value: &Value) -> PyResult<String> {
    let text = value.as_str().map(String::from);
    text.ok_or_else(|| refused(&format!("export: expected {name} = a text, found {value}"), None))
}

fn number(name: &str, value: &Value) -> PyResult<u64> {
    value.as_u64().ok_or_else(|| refused(&format!("export: expected {name} = a whole number, found {value}"), None))
}

fn flag(name: &str, value: &Value) -> PyResult<bool> {
    value.as_bool().ok_or_else(|| refused(&format!("export: expected {name} = True or False, found {value}"), None))
}

fn wrong<E: std::fmt::Display>(name: &str) -> impl Fn(E) -> PyErr + '_ {
    move |error| refused(&format!("export: {name}: {error}"), None)
}
