//! The reference interpreter: runs a graph in `f64` by the primitives' own `interpret` rules. It is
//! the oracle of every backend, and slow. Not here: the rules (`ops/`), fast running (`ganymede-runtime`).

use crate::graph::Graph;
use crate::ops::Op;
use ganymede_tensor::{Tensor, TensorType};
use std::collections::{BTreeMap, HashMap};

/// A tensor whose elements are kept in `f64`, whatever the element type.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Element type and shape.
    pub ty: TensorType,
    /// The elements in row-major order; truth values are 0 and 1.
    pub data: Vec<f64>,
}

impl Array {
    /// An `f32`-typed array.
    ///
    /// # Panics
    /// When the number of elements is not that of the shape.
    pub fn new(shape: impl Into<ganymede_tensor::Shape>, data: Vec<f64>) -> Self {
        let ty = TensorType::f32(shape);
        assert_eq!(ty.elements(), data.len(), "elements of {ty}");
        Array { ty, data }
    }

    /// A scalar.
    pub fn scalar(value: f64) -> Self {
        Array::new([], vec![value])
    }

    /// All zeros.
    pub fn zeros(ty: &TensorType) -> Self {
        Array { ty: ty.clone(), data: vec![0.0; ty.elements()] }
    }

    /// Element i of the result is the operand's element at `at(index of i)`, or `fill` where that is `None`.
    pub(crate) fn pick(&self, output: &TensorType, at: impl Fn(&[usize]) -> Option<usize>, fill: f64) -> Array {
        let mut index = vec![0; output.shape.rank()];
        let mut data = Vec::with_capacity(output.elements());
        for _ in 0..output.elements() {
            data.push(at(&index).map_or(fill, |i| self.data[i]));
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                if index[axis] < output.shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
        Array { ty: output.clone(), data }
    }

    /// Folds the given axes with `f`, from `start`.
    pub(crate) fn reduce(&self, axes: &[usize], output: &TensorType, start: f64, f: impl Fn(f64, f64) -> f64) -> Array {
        let shape = &self.ty.shape;
        let kept_strides = output.shape.strides();
        let mut strides = vec![0; shape.rank()];
        for (i, axis) in (0..shape.rank()).filter(|a| !axes.contains(a)).enumerate() {
            strides[axis] = kept_strides[i];
        }
        let mut data = vec![start; output.elements()];
        let own = shape.strides();
        for (i, &x) in self.data.iter().enumerate() {
            let at: usize = (0..shape.rank()).map(|a| i / own[a] % shape[a] * strides[a]).sum();
            data[at] = f(data[at], x);
        }
        Array { ty: output.clone(), data }
    }
}

impl From<&Tensor> for Array {
    fn from(tensor: &Tensor) -> Self {
        Array { ty: tensor.ty(), data: tensor.to_f64() }
    }
}

/// Why a graph could not be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InterpretError {
    /// An input or state was not given.
    #[error("expected a value for {kind} `{name}` of type {ty}, found none")]
    Missing {
        /// `input` or `state`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Its type.
        ty: TensorType,
    },
    /// An input or state was given with another type.
    #[error("{kind} `{name}` expected {expected}, found {found}")]
    Type {
        /// `input` or `state`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The type in the graph.
        expected: TensorType,
        /// The type given.
        found: TensorType,
    },
}

/// Runs `graph` on named inputs and states; gives the named outputs and writes what is assigned into `states`.
///
/// # Errors
/// When an input or state is missing or has another type.
pub fn run(
    graph: &Graph,
    inputs: &HashMap<String, Array>,
    states: &mut BTreeMap<String, Array>,
) -> Result<BTreeMap<String, Array>, InterpretError> {
    let values = evaluate(graph, inputs, states)?;
    for (name, id) in &graph.assigns {
        states.insert(name.clone(), values[id.index()].clone());
    }
    Ok(graph.outputs.iter().map(|(name, id)| (name.clone(), values[id.index()].clone())).collect())
}

/// The value of every node.
///
/// # Errors
/// As [`run`].
pub fn evaluate(
    graph: &Graph,
    inputs: &HashMap<String, Array>,
    states: &BTreeMap<String, Array>,
) -> Result<Vec<Array>, InterpretError> {
    let mut values: Vec<Array> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let value = match &node.op {
            Op::Input(input) => given("input", &input.name, inputs.get(input.name.as_ref()), &node.ty)?,
            Op::State(state) => given("state", &state.name, states.get(state.name.as_ref()), &node.ty)?,
            op => {
                let operands: Vec<&Array> = node.inputs.iter().map(|i| &values[i.index()]).collect();
                op.primitive().interpret(&operands, &node.ty)
            }
        };
        values.push(value);
    }
    Ok(values)
}

fn given(kind: &'static str, name: &str, value: Option<&Array>, ty: &TensorType) -> Result<Array, InterpretError> {
    match value {
        None => Err(InterpretError::Missing { kind, name: name.to_string(), ty: ty.clone() }),
        Some(value) if value.ty != *ty => {
            Err(InterpretError::Type { kind, name: name.to_string(), expected: ty.clone(), found: value.ty.clone() })
        }
        Some(value) => Ok(value.clone()),
    }
}
