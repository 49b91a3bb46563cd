//! What backends share at their edges: specs of a graph's inputs and outputs, checks, conversions.
//! Not here: conversions inside a graph (`ganymede-graph`'s `convert`).

use crate::{InputSpec, KernelInfo, OutputSpec, RuntimeError};
use ganymede_graph::{Graph, Op};
use ganymede_kernels::arena::{bytes_of, view};
use ganymede_tensor::{DType, Data, Shape, Tensor, TensorType};

impl InputSpec {
    /// The inputs of a graph, in order of their nodes.
    pub(crate) fn of(graph: &Graph) -> Vec<InputSpec> {
        let spec = |node: &ganymede_graph::Node| match &node.op {
            Op::Input(input) => {
                Some(InputSpec { name: input.name.to_string(), ty: node.ty.clone(), scalar: input.scalar })
            }
            _ => None,
        };
        graph.nodes.iter().filter_map(spec).collect()
    }

    /// The index of an input.
    pub(crate) fn find(specs: &[InputSpec], name: &str) -> Result<usize, RuntimeError> {
        let at = specs.iter().position(|spec| spec.name == name);
        at.ok_or_else(|| RuntimeError::unknown("input", name, specs.iter().map(|spec| spec.name.as_str())))
    }

    pub(crate) fn missing(&self, program: &str) -> RuntimeError {
        RuntimeError::MissingInput { program: program.to_string(), name: self.name.clone(), ty: self.ty.clone() }
    }
}

impl OutputSpec {
    /// The outputs of a graph, in order.
    pub(crate) fn of(graph: &Graph) -> Vec<OutputSpec> {
        graph.outputs.iter().map(|(name, id)| OutputSpec { name: name.clone(), ty: graph.ty(*id).clone() }).collect()
    }

    /// The index of an output.
    pub(crate) fn find(specs: &[OutputSpec], name: &str) -> Result<usize, RuntimeError> {
        let at = specs.iter().position(|spec| spec.name == name);
        at.ok_or_else(|| RuntimeError::unknown("output", name, specs.iter().map(|spec| spec.name.as_str())))
    }
}

impl KernelInfo {
    /// What this kernel could not do.
    pub(crate) fn failed(&self, program: &str, reason: String) -> RuntimeError {
        RuntimeError::Kernel { place: place(program, &self.scope), what: self.name.clone(), reason }
    }
}

/// A program and a place in its model.
pub(crate) fn place(program: &str, scope: &str) -> String {
    if scope.is_empty() { format!("program `{program}`") } else { format!("program `{program}`, {scope}") }
}

/// Checks a value against the type that is expected there; allocates nothing when it fits.
pub(crate) fn check_type(
    kind: &'static str,
    name: &str,
    expected: &TensorType,
    value: &Tensor,
) -> Result<(), RuntimeError> {
    if expected.dtype == value.dtype() && expected.shape == *value.shape() {
        return Ok(());
    }
    Err(RuntimeError::Type { kind, name: name.to_string(), expected: expected.clone(), found: value.ty() })
}

/// A scalar was given for (or asked of) a tensor.
fn not_a_scalar(kind: &'static str, name: &str, ty: &TensorType) -> RuntimeError {
    let found = TensorType::new(ty.dtype, Shape::scalar());
    RuntimeError::Type { kind, name: name.to_string(), expected: ty.clone(), found }
}

/// The bytes of a scalar input's value.
pub(crate) fn scalar_bytes(spec: &InputSpec, value: f64) -> Result<([u8; 4], usize), RuntimeError> {
    let dtype = spec.ty.dtype;
    if spec.ty.shape.rank() != 0 {
        return Err(not_a_scalar("input", &spec.name, &spec.ty));
    }
    let (low, high) = match dtype {
        DType::F32 => return Ok(((value as f32).to_le_bytes(), 4)),
        DType::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        DType::U32 => (0.0, f64::from(u32::MAX)),
        DType::U16 => (0.0, f64::from(u16::MAX)),
        DType::U8 => (0.0, f64::from(u8::MAX)),
        DType::Bool => (0.0, 1.0),
    };
    if value.fract() != 0.0 || !(low..=high).contains(&value) {
        return Err(RuntimeError::Scalar { name: spec.name.clone(), dtype, value });
    }
    Ok(((value as i64 as u32).to_le_bytes(), dtype.bytes()))
}

/// The value of a scalar output.
pub(crate) fn scalar_of(output: &str, value: &Tensor) -> Result<f64, RuntimeError> {
    check_type("output", output, &TensorType::new(value.dtype(), Shape::scalar()), value)?;
    Ok(value.to_f64()[0])
}

/// A tensor from values that its type can hold; `f32` is rounded to nearest, the others saturate.
pub(crate) fn from_f64(ty: &TensorType, values: &[f64]) -> Tensor {
    let data = match ty.dtype {
        DType::F32 => Data::F32(values.iter().map(|&x| x as f32).collect()),
        DType::I32 => Data::I32(values.iter().map(|&x| x as i32).collect()),
        DType::U32 => Data::U32(values.iter().map(|&x| x as u32).collect()),
        DType::U16 => Data::U16(values.iter().map(|&x| x as u16).collect()),
        DType::U8 => Data::U8(values.iter().map(|&x| x as u8).collect()),
        DType::Bool => Data::Bool(values.iter().map(|&x| x != 0.0).collect()),
    };
    Tensor::new(ty.shape.clone(), data).expect("one value for each element of the type")
}

/// A tensor from elements as they lie in memory.
///
/// # Panics
/// When `bytes` is not of the size and alignment of `ty`.
pub(crate) fn tensor_of(ty: &TensorType, bytes: &[u8]) -> Tensor {
    let data = match ty.dtype {
        DType::F32 => Data::F32(view(bytes).to_vec()),
        DType::I32 => Data::I32(view(bytes).to_vec()),
        DType::U32 => Data::U32(view(bytes).to_vec()),
        DType::U16 => Data::U16(view(bytes).to_vec()),
        DType::U8 => Data::U8(bytes.to_vec()),
        DType::Bool => Data::Bool(bytes.iter().map(|&b| b != 0).collect()),
    };
    Tensor::new(ty.shape.clone(), data).expect("bytes of the size of the type")
}

/// Copies a tensor's elements to where they lie in memory; allocates nothing.
///
/// # Panics
/// When `target` is not of the tensor's size.
pub(crate) fn copy_elements(value: &Tensor, target: &mut [u8]) {
    match value.data() {
        Data::F32(v) => target.copy_from_slice(bytes_of(v)),
        Data::I32(v) => target.copy_from_slice(bytes_of(v)),
        Data::U32(v) => target.copy_from_slice(bytes_of(v)),
        Data::U16(v) => target.copy_from_slice(bytes_of(v)),
        Data::U8(v) => target.copy_from_slice(v),
        Data::Bool(v) => target.iter_mut().zip(v).for_each(|(byte, &truth)| *byte = u8::from(truth)),
    }
}

/// Copies little-endian elements to where they lie in memory; truth values become 0 and 1.
pub(crate) fn copy_le_bytes(dtype: DType, bytes: &[u8], target: &mut [u8]) {
    target.copy_from_slice(bytes);
    if dtype == DType::Bool {
        target.iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
    }
    if cfg!(target_endian = "big") {
        target.chunks_exact_mut(dtype.bytes()).for_each(<[u8]>::reverse);
    }
}
