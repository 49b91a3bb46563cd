//! The weights of a network as they are, in a safetensors file of its own. Not here: checkpoints (`ganymede-gan`).

use crate::error::InteropError;
use crate::formats::{ExportOptions, Format, Place};
use crate::trained::Trained;
use ganymede_tensor::DType;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;

/// The line of the table of formats.
pub const FORMAT: Format = Format {
    name: "safetensors",
    about: "the weights alone under ganymede's names, channels last",
    place: Place::File("safetensors"),
    options: &["network"],
    write,
};

fn write(trained: &Trained, options: &ExportOptions, out: &Path) -> Result<Vec<String>, InteropError> {
    let network = trained.network(options.network.unwrap_or_default());
    let prefix = format!("{network}/");
    let weights = trained.weights(&network)?;
    let failed = |error: safetensors::SafeTensorError| InteropError::io(out, "write", std::io::Error::other(error));
    let bytes: Vec<(&str, Dtype, Vec<usize>, Vec<u8>)> = weights
        .iter()
        .map(|(name, tensor)| {
            let name = name.strip_prefix(&prefix).unwrap_or(name);
            (name, dtype(tensor.dtype()), tensor.shape().to_vec(), tensor.to_le_bytes())
        })
        .collect();
    let mut views = Vec::with_capacity(bytes.len());
    for (name, dtype, shape, bytes) in &bytes {
        views.push((*name, TensorView::new(*dtype, shape.clone(), bytes).map_err(failed)?));
    }
    // One fact, since the order of several is by chance.
    let facts = json!({
        "version": env!("CARGO_PKG_VERSION"), "network": network, "run": trained.name(), "step": trained.step,
    });
    let facts = HashMap::from([("ganymede".to_string(), facts.to_string())]);
    let file = safetensors::serialize(views, Some(facts)).map_err(failed)?;
    std::fs::write(out, file).map_err(|e| InteropError::io(out, "write", e))?;
    Ok(vec![format!("tensors {}", bytes.len())])
}

fn dtype(dtype: DType) -> Dtype {
    match dtype {
        DType::F32 => Dtype::F32,
        DType::I32 => Dtype::I32,
        DType::U32 => Dtype::U32,
        DType::U16 => Dtype::U16,
        DType::U8 => Dtype::U8,
        DType::Bool => Dtype::BOOL,
    }
}
