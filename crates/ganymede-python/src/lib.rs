//! The extension module `ganymede._ganymede`: what the Python package asks of the engine. Not here: Keras's names, which are
//! Python (`python/ganymede/`).
#![forbid(unsafe_code)]

mod arrays;
mod errors;
mod json;
mod keras_files;
mod network;
mod objects;
mod process;
mod rows;
mod samplers;
mod session;
mod specs;

use pyo3::prelude::*;

/// The engine of ganymede.
#[pymodule]
mod _ganymede {
    #[pymodule_export]
    use super::keras_files::{export_run, from_keras_config, read_keras, read_weights, to_keras_weights, write_keras};
    #[pymodule_export]
    use super::network::Network;
    #[pymodule_export]
    use super::objects::{check_object, fault, functions, layer_outputs, names};
    #[pymodule_export]
    use super::process::set_threads;
    #[pymodule_export]
    use super::rows::{data_options, row_count, sample_table, table_columns};
    #[pymodule_export]
    use super::samplers::{Form, Sampler, evaluate_run, newest_checkpoint, run_weights};
    #[pymodule_export]
    use super::session::Session;
    #[pymodule_export]
    use super::specs::{
        check_spec, data_classes, load_data, preset_names, preset_spec, spec_json, spec_of_text, spec_text,
        steps_per_epoch,
    };
    #[pymodule_export]
    use super::version;
}

/// The package's version.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
