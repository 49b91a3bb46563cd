//! What an evaluation learned, kept in a file for the next one. Not here: what is learned (`ganymede-metrics`), checkpoints.

use crate::durable::{beside, rename};
use crate::error::GanError;
use ganymede_tensor::{DType, Tensor};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::BTreeMap;
use std::path::Path;

/// Writes `f32` states: beside the file, then renamed, so that several processes may do so at the same time.
///
/// # Errors
/// [`GanError::Io`].
pub(super) fn write(path: &Path, states: &BTreeMap<String, Tensor>) -> Result<(), GanError> {
    let other = |e: safetensors::SafeTensorError| GanError::io(path, "write", std::io::Error::other(e));
    let bytes: Vec<(&String, &Tensor, Vec<u8>)> = states
        .iter()
        .filter(|(_, value)| value.dtype() == DType::F32)
        .map(|(name, value)| (name, value, value.to_le_bytes()))
        .collect();
    let view = |(name, value, bytes)| {
        let (name, value, bytes): (&String, &Tensor, &Vec<u8>) = (name, value, bytes);
        Ok((name.clone(), TensorView::new(Dtype::F32, value.shape().to_vec(), bytes).map_err(other)?))
    };
    let views = bytes.iter().map(|(name, value, bytes)| view((*name, *value, bytes)));
    let views = views.collect::<Result<Vec<(String, TensorView<'_>)>, GanError>>()?;
    let text = safetensors::serialize(views, None).map_err(other)?;
    let temporary = beside(path);
    std::fs::write(&temporary, text).map_err(|e| GanError::io(&temporary, "write", e))?;
    rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::read_tensors;

    #[test]
    fn states_come_back_and_a_damaged_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("classifier.safetensors");
        let one = |values: Vec<f32>| Tensor::from_f32([values.len()], values).unwrap();
        let states = BTreeMap::from([("a/kernel".to_string(), one(vec![1.0, -2.5])), ("b".into(), one(vec![0.0; 7]))]);
        write(&path, &states).unwrap();
        assert_eq!(read_tensors(&path).unwrap(), states);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(read_tensors(&path).is_err());
    }
}
