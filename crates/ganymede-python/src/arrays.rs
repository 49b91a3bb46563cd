//! Tensors of the engine as arrays of numpy, and back. Not here: what they mean.

use crate::errors::refused;
use ganymede::tensor::{Data, Tensor};
use numpy::{Element, PyArray1, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use std::collections::BTreeMap;

/// A tensor as an array of its own.
pub fn array(py: Python<'_>, tensor: Tensor) -> PyResult<Bound<'_, PyAny>> {
    let shape = tensor.shape().to_vec();
    match tensor.into_data() {
        Data::F32(values) => shaped(py, values, shape),
        Data::I32(values) => shaped(py, values, shape),
        Data::U8(values) => shaped(py, values, shape),
        Data::U16(values) => shaped(py, values, shape),
        other => Err(refused(&format!("expected numbers for an array, found {}", other.dtype()), None)),
    }
}

fn shaped<T: Element>(py: Python<'_>, values: Vec<T>, shape: Vec<usize>) -> PyResult<Bound<'_, PyAny>> {
    Ok(PyArray1::from_vec(py, values).reshape(shape)?.into_any())
}

/// An array of `f32` or `i32` as a tensor; any strides.
pub fn tensor(array: &Bound<'_, PyAny>) -> PyResult<Tensor> {
    let (shape, data) = if let Ok(array) = array.extract::<PyReadonlyArrayDyn<'_, f32>>() {
        (array.shape().to_vec(), Data::F32(array.as_array().iter().copied().collect()))
    } else if let Ok(array) = array.extract::<PyReadonlyArrayDyn<'_, i32>>() {
        (array.shape().to_vec(), Data::I32(array.as_array().iter().copied().collect()))
    } else {
        return Err(refused("expected an array of float32 or int32, found another", None));
    };
    Tensor::new(shape, data).map_err(|error| refused(&error.to_string(), None))
}

/// Tensors as arrays of their own, in order.
pub fn arrays<'py>(py: Python<'py>, tensors: Vec<Tensor>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    tensors.into_iter().map(|tensor| array(py, tensor)).collect()
}

/// Arrays as tensors, in order.
pub fn tensors(arrays: &[Bound<'_, PyAny>]) -> PyResult<Vec<Tensor>> {
    arrays.iter().map(tensor).collect()
}

/// Arrays by their names as tensors.
pub fn named(arrays: &BTreeMap<String, Bound<'_, PyAny>>) -> PyResult<Vec<(String, Tensor)>> {
    arrays.iter().map(|(name, value)| Ok((name.clone(), tensor(value)?))).collect()
}
