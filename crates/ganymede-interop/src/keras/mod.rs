//! Keras's `.keras` files: a zip with `config.json`, which says what the layers are, and `model.weights.h5`, which has their arrays.
//!
//! | file | what |
//! |---|---|
//! | `file.rs` | the zip and its members |
//! | `config.rs` | Keras's configuration as a [`ModelConfig`] |
//! | `objects.rs` | one object of it: class, arguments, element types |
//! | `operations.rs` | arithmetic on tensors as layers |
//! | `written.rs` | a [`ModelConfig`] as Keras's configuration |
//! | `order.rs` | the order in which Keras has the layers |
//! | `places.rs` | where each array is in the weights' file |
//! | `weights.rs` | the weights' file, the only code that knows of HDF5 |
//! | `spectral.rs` | kernels of `SpectralNormalization` as Keras uses them |

mod config;
mod file;
mod objects;
mod operations;
mod order;
mod places;
mod spectral;
mod weights;
mod written;

use crate::error::InteropError;
use crate::formats::{ExportOptions, Format, Place};
use crate::trained::{Network, Trained};
use ganymede_nn::{Model, ModelConfig};
use ganymede_tensor::Tensor;
use serde_json::Value;
use std::path::Path;

/// The line of the table of formats.
pub const FORMAT: Format = Format {
    name: "keras",
    about: "one file that keras.models.load_model reads",
    place: Place::File("keras"),
    options: &["network"],
    write: export,
};

/// A network of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct KerasNetwork {
    /// Its name.
    pub name: String,
    /// Its layers.
    pub config: ModelConfig,
    /// Its arrays in the order of Keras's `weights`.
    pub weights: Vec<Tensor>,
}

fn export(trained: &Trained, options: &ExportOptions, out: &Path) -> Result<Vec<String>, InteropError> {
    let network = of_run(trained, options.network.unwrap_or_default())?;
    write(out, &network.name, &network.config, &network.weights)?;
    Ok(vec![
        format!("arrays  {}", network.weights.len()),
        "load    keras.models.load_model(\"FILE.keras\"); images are (N, height, width, channels)".into(),
    ])
}

/// A network of a run.
fn of_run(trained: &Trained, which: Network) -> Result<KerasNetwork, InteropError> {
    let network = trained.network(which);
    let model = crate::trained::model(trained, &network)?;
    let mut known = trained.weights(&network)?;
    let mut weights = Vec::new();
    for place in places::places(&model)? {
        let missing = || InteropError::foreign(&network, format!("expected the array `{}`, found none", place.name));
        weights.push(known.remove(&place.name).ok_or_else(missing)?);
    }
    Ok(KerasNetwork { name: network.trim_end_matches("_ema").into(), config: model.to_config(), weights })
}

/// The files of a run's generator as Keras reads them from a folder: names and bytes.
///
/// # Errors
/// As [`write()`], without [`InteropError::Io`].
pub(crate) fn files(trained: &Trained) -> Result<file::Files, InteropError> {
    let network = of_run(trained, Network::Generator)?;
    members(&network.name, &network.config, &network.weights)
}

/// The layers of a configuration of Keras, `{"module", "class_name", "config"}`, and the model's name.
///
/// # Errors
/// [`InteropError::Foreign`] with the layer for what cannot be taken.
///
/// # Source
/// `keras.src.saving.serialization_lib` of Keras 3.15.
pub fn read_config(value: &Value) -> Result<(String, ModelConfig), InteropError> {
    config::read(value)
}

/// The network of a `.keras` file, or of a folder with its members, as Keras reads it, too.
///
/// # Errors
/// [`InteropError::Io`], and [`InteropError::Foreign`] with the place in the file for what cannot be taken.
///
/// # Differs
/// An array of another element type than float32 (bfloat16) becomes float32, which holds every value of it.
pub fn read(path: &Path) -> Result<KerasNetwork, InteropError> {
    file::members(path).and_then(network).map_err(|error| error.inside(path.display()))
}

/// The network of the bytes of a `.keras` file.
///
/// # Errors
/// [`InteropError::Foreign`] with the place in the file for what cannot be taken.
pub fn read_bytes(bytes: Vec<u8>) -> Result<KerasNetwork, InteropError> {
    network(file::read(bytes)?)
}

fn network(members: file::Members) -> Result<KerasNetwork, InteropError> {
    let (name, config) = read_json(&members.config).map_err(|error| error.inside(file::CONFIG))?;
    let weights = arrays(&name, &config, members.weights).map_err(|error| error.inside(file::WEIGHTS))?;
    Ok(KerasNetwork { name, config, weights })
}

/// The layers of the bytes of a `config.json`, and the model's name.
///
/// # Errors
/// As [`read_config`].
pub fn read_json(bytes: &[u8]) -> Result<(String, ModelConfig), InteropError> {
    let value = serde_json::from_slice(bytes).map_err(|e| InteropError::foreign("JSON", e.to_string()))?;
    read_config(&value)
}

/// The arrays of the bytes of a `model.weights.h5` for a network, in the order of Keras's `weights`.
///
/// # Errors
/// [`InteropError::Foreign`] for an array that is missing, has other sizes, or cannot be read.
pub fn arrays(name: &str, config: &ModelConfig, bytes: Vec<u8>) -> Result<Vec<Tensor>, InteropError> {
    let places = places::places(&model(name, config)?)?;
    weights::read(bytes, &places)
}

/// The arrays of a `.keras` file, a folder with its members, or a `.weights.h5` file for a network, in the order of Keras's `weights`.
///
/// # Errors
/// As [`read`], and as [`arrays`] where the file is of another network.
pub fn read_weights(path: &Path, name: &str, config: &ModelConfig) -> Result<Vec<Tensor>, InteropError> {
    let whole = path.is_dir() || path.extension().is_some_and(|ending| ending == "keras");
    let bytes = match whole {
        true => file::members(path).map(|members| members.weights),
        false => file::bytes(path),
    };
    bytes.and_then(|bytes| arrays(name, config, bytes)).map_err(|error| error.inside(path.display()))
}

/// Writes a network as a `.keras` file. The same network gives the same bytes.
///
/// # Errors
/// [`InteropError::Layer`] for a layer that Keras does not have; [`InteropError::Foreign`] when the arrays are not the network's;
/// [`InteropError::Io`].
///
/// # Differs
/// What `SpectralNormalization` wraps has its kernel divided by σ, since Keras uses the stored kernel as it is.
pub fn write(path: &Path, name: &str, config: &ModelConfig, weights: &[Tensor]) -> Result<(), InteropError> {
    let bytes = write_bytes(name, config, weights)?;
    std::fs::write(path, bytes).map_err(|e| InteropError::io(path, "write", e))
}

/// The bytes of the `.keras` file of a network.
///
/// # Errors
/// As [`write()`], without [`InteropError::Io`].
pub fn write_bytes(name: &str, config: &ModelConfig, weights: &[Tensor]) -> Result<Vec<u8>, InteropError> {
    file::zipped(members(name, config, weights)?)
}

/// The members of the `.keras` file of a network.
fn members(name: &str, config: &ModelConfig, weights: &[Tensor]) -> Result<file::Files, InteropError> {
    let model = model(name, config)?;
    let written = written::model(&model)?;
    let places = places::places(&model)?;
    let arrays = spectral::divided(&places, checked(&places, weights)?);
    Ok(file::files(&written, weights::write(name, &places, &arrays)?))
}

/// The weights of a network as Keras itself has them: those of [`write()`], in the same order.
///
/// # Errors
/// [`InteropError::Foreign`] when the arrays are not the network's.
pub fn as_keras_has_them(name: &str, config: &ModelConfig, weights: &[Tensor]) -> Result<Vec<Tensor>, InteropError> {
    let places = places::places(&model(name, config)?)?;
    Ok(spectral::divided(&places, checked(&places, weights)?))
}

fn model(name: &str, config: &ModelConfig) -> Result<Model, InteropError> {
    let failed = |error: ganymede_nn::ModelError| {
        let hint = error.hint();
        let foreign = InteropError::foreign(name, error.to_string());
        hint.into_iter().fold(foreign, InteropError::with_hint)
    };
    Model::from_config(name, config).map_err(failed)
}

/// The arrays, which must be as many and as large as the network's.
fn checked<'a>(places: &[places::Place], weights: &'a [Tensor]) -> Result<&'a [Tensor], InteropError> {
    if places.len() != weights.len() {
        let reason = format!("expected {} arrays, found {}", places.len(), weights.len());
        return Err(InteropError::foreign("weights", reason));
    }
    for (place, tensor) in places.iter().zip(weights) {
        if *tensor.shape() != place.shape || tensor.as_f32().is_err() {
            let found = format!("{} of {}", tensor.shape(), tensor.dtype());
            let reason = format!("expected an array {} of f32, found {found}", place.shape);
            return Err(InteropError::foreign(&place.name, reason));
        }
    }
    Ok(weights)
}
