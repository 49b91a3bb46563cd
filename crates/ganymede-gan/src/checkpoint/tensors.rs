//! Tensor files: states of a store as safetensors and back. Not here: which states stand in which file (`mod.rs`).

use crate::durable::crash_point;
use crate::error::GanError;
use ganymede_runtime::{StateEntry, Store};
use ganymede_tensor::{DType, Tensor, TensorType};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, View};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// SHA-256 in hexadecimal digits.
pub(super) fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

/// A state as safetensors wants it: read when it is written, so that a checkpoint takes the memory of one state.
pub(super) struct StateView<'a> {
    store: &'a dyn Store,
    name: &'a str,
    ty: &'a TensorType,
    shape: Vec<usize>,
}

impl<'a> StateView<'a> {
    /// A state of a store.
    pub(super) fn of(store: &'a dyn Store, entry: &'a StateEntry) -> StateView<'a> {
        StateView { store, name: &entry.name, ty: &entry.ty, shape: entry.ty.shape.to_vec() }
    }
}

impl View for StateView<'_> {
    fn dtype(&self) -> Dtype {
        match self.ty.dtype {
            DType::F32 => Dtype::F32,
            DType::I32 => Dtype::I32,
            DType::U32 => Dtype::U32,
            DType::U16 => Dtype::U16,
            DType::U8 => Dtype::U8,
            DType::Bool => Dtype::BOOL,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.store.read(self.name).expect("the name is of the store's own layout").to_le_bytes())
    }

    fn data_len(&self) -> usize {
        self.ty.bytes()
    }
}

/// Writes a safetensors file through to the disk; its hash.
pub(super) fn write_states(path: &Path, states: Vec<(String, StateView<'_>)>) -> Result<String, GanError> {
    crash_point();
    safetensors::serialize_to_file(states, None, path).map_err(|error| match error {
        SafeTensorError::IoError(error) => GanError::io(path, "write", error),
        error => GanError::io(path, "write", std::io::Error::other(error)),
    })?;
    let read = || -> std::io::Result<String> {
        let mut file = File::open(path)?;
        file.sync_all()?;
        let mut hasher = Sha256::new();
        std::io::copy(&mut file, &mut hasher)?;
        Ok(hex(&hasher.finalize()))
    };
    read().map_err(|e| GanError::io(path, "sync", e))
}

/// The tensors of a safetensors file.
///
/// # Errors
/// [`GanError::Io`]; [`GanError::Damaged`] when it is none, or has a type that ganymede does not write.
pub fn read_tensors(path: &Path) -> Result<BTreeMap<String, Tensor>, GanError> {
    let bytes = std::fs::read(path).map_err(|e| GanError::io(path, "read", e))?;
    from_bytes(path, &bytes)
}

fn from_bytes(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, GanError> {
    let broken = |reason: String| GanError::Damaged { path: path.into(), reason };
    let file = SafeTensors::deserialize(bytes)
        .map_err(|e| broken(format!("expected a safetensors file, found {} bytes that are none: {e}", bytes.len())))?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.tensors() {
        let dtype = match view.dtype() {
            Dtype::F32 => DType::F32,
            Dtype::I32 => DType::I32,
            Dtype::U32 => DType::U32,
            Dtype::U16 => DType::U16,
            Dtype::U8 => DType::U8,
            Dtype::BOOL => DType::Bool,
            other => {
                return Err(broken(format!(
                    "tensor `{name}`: expected f32, i32, u32, u16, u8 or bool, found {other:?}"
                )));
            }
        };
        let tensor = Tensor::from_le_bytes(&TensorType::new(dtype, view.shape()), view.data());
        tensors.insert(name.clone(), tensor.map_err(|e| broken(format!("tensor `{name}`: {e}")))?);
    }
    Ok(tensors)
}
