//! The extension module `ganymede._ganymede`: what the Python package asks of the engine. Not here: Keras's names, which are
//! Python (`python/ganymede/`).

use pyo3::prelude::*;

/// The engine of ganymede.
#[pymodule]
mod _ganymede {
    #[pymodule_export]
    use super::version;
}

/// The package's version.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
