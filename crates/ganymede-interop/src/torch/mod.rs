//! PyTorch: a folder with `model.py`, a plain `nn.Module`, and `model.safetensors`, its weights under torch's names and in torch's
//! order of axes. It is written from the layers' configurations, so that the module is one that a person would write; a layer that
//! torch has no words for is an error that names it.
//!
//! | file | what |
//! |---|---|
//! | `layers.rs` | what each class of layers becomes: a line each |
//! | `convolutions.rs` | convolutions and their borders |
//! | `normalizations.rs` | normalizations |
//! | `module.rs` | the module in the making: names, weights, lines |
//! | `source.rs` | the text of `model.py` |

mod convolutions;
mod layers;
mod module;
mod normalizations;
mod source;

use crate::error::InteropError;
use crate::formats::{Format, Place};
use crate::trained::{Network, Trained};
use module::Module;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::HashMap;
use std::path::Path;

/// The line of the table of formats.
pub const FORMAT: Format = Format {
    name: "torch",
    about: "a folder with a plain PyTorch module and its weights: the generator",
    place: Place::Folder("torch"),
    options: &[],
    write: |trained, _, out| write(trained, out),
};

/// The file of the module.
pub(crate) const SOURCE: &str = "model.py";
/// The file of its weights.
pub(crate) const WEIGHTS: &str = "model.safetensors";

/// Writes the module and its weights into a folder; nothing where a layer cannot be written.
pub(crate) fn write(trained: &Trained, out: &Path) -> Result<Vec<String>, InteropError> {
    let network = trained.network(Network::Generator);
    let module = Module::of(trained, &network)?;
    let text = source::text(trained, &network, &module);
    std::fs::create_dir_all(out).map_err(|e| InteropError::io(out, "create", e))?;
    let path = out.join(SOURCE);
    std::fs::write(&path, text).map_err(|e| InteropError::io(&path, "write", e))?;
    let path = out.join(WEIGHTS);
    let failed = |error: safetensors::SafeTensorError| InteropError::io(&path, "write", std::io::Error::other(error));
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = module
        .weights()
        .map(|(name, tensor)| (name.to_string(), tensor.shape().to_vec(), tensor.to_le_bytes()))
        .collect();
    let mut views = Vec::with_capacity(bytes.len());
    for (name, shape, bytes) in &bytes {
        views.push((name, TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(failed)?));
    }
    let facts = HashMap::from([("format".to_string(), "pt".to_string())]);
    let file = safetensors::serialize(views, Some(facts)).map_err(failed)?;
    std::fs::write(&path, file).map_err(|e| InteropError::io(&path, "write", e))?;
    let numbers: usize = module.weights().map(|(_, tensor)| tensor.data().len()).sum();
    Ok(vec![
        format!("files   {SOURCE}, {WEIGHTS}: {numbers} numbers"),
        format!("load    from model import load; generator = load(); {}", source::call(&module)),
    ])
}
