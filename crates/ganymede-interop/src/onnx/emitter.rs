//! The file in the making: tensors under names, constants once each, and the few conversions that every operator needs. Not here:
//! what each primitive becomes (`nodes/`), inputs, outputs and facts (`writer.rs`).

use super::encode::{ONNX_INT64, encoded, int, ints, numbers};
use super::messages::{Attribute, NodeMessage, TensorMessage};
use super::sizes::Size;
use super::value::{Of, Value, first_order, permuted, repeated};
use crate::error::InteropError;
use ganymede_graph::{Array, Graph, NodeId};
use ganymede_tensor::{DType, Tensor};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

/// Constants up to so many elements are compared by their elements.
const SMALL: usize = 1024;

/// An input that the file asks for.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub name: String,
    pub dtype: DType,
    pub sizes: Vec<Size>,
    pub about: String,
}

/// The file in the making.
pub(super) struct Emitter<'g> {
    pub graph: &'g Graph,
    /// The sizes of each node.
    pub sizes: Vec<Vec<Size>>,
    /// Values of states.
    pub states: &'g BTreeMap<String, Tensor>,
    pub nodes: Vec<NodeMessage>,
    pub initializers: Vec<TensorMessage>,
    pub inputs: Vec<Input>,
    names: HashSet<String>,
    /// Tensors that got the name of an output, by their former names.
    renamed: HashMap<String, String>,
    /// Small constants by what they are: type, sizes, bytes.
    small: HashMap<(i32, Vec<i64>, Vec<u8>), String>,
    /// Large constants and transposed tensors by what they were made of.
    made: HashMap<(String, Vec<usize>), String>,
    /// The large constants that `made` knows by their addresses.
    alive: Vec<Rc<Array>>,
    /// The node that is being written.
    pub at: NodeId,
    /// Whether images are given with their channels behind the batch.
    pub channels_first: bool,
}

impl<'g> Emitter<'g> {
    pub fn new(graph: &'g Graph, sizes: Vec<Vec<Size>>, states: &'g BTreeMap<String, Tensor>) -> Emitter<'g> {
        let (nodes, initializers, inputs, renamed) = (Vec::new(), Vec::new(), Vec::new(), HashMap::new());
        let (names, small, made, alive) = (HashSet::new(), HashMap::new(), HashMap::new(), Vec::new());
        Emitter {
            graph,
            sizes,
            states,
            nodes,
            initializers,
            inputs,
            names,
            renamed,
            small,
            made,
            alive,
            at: NodeId(0),
            channels_first: false,
        }
    }

    /// The sizes of the node that is being written.
    pub fn own_sizes(&self) -> Vec<Size> {
        self.sizes[self.at.index()].clone()
    }

    /// The sizes of one of its operands, as the engine has them.
    pub fn operand_sizes(&self, operand: usize) -> Vec<Size> {
        self.sizes[self.graph.node(self.at).inputs[operand].index()].clone()
    }

    /// An error about it: its value depends on other samples.
    pub fn mixes(&self, reason: impl Into<String>) -> InteropError {
        InteropError::MixesSamples { layer: self.layer(), reason: reason.into() }
    }

    /// An error about it: ONNX has no such operator.
    pub fn unmapped(&self) -> InteropError {
        let primitive = self.graph.node(self.at).op.primitive().name().into();
        InteropError::Primitive { format: "ONNX", layer: self.layer(), primitive }
    }

    fn layer(&self) -> String {
        match self.graph.scope(self.at) {
            "" => self.graph.name.clone(),
            scope => scope.into(),
        }
    }

    /// A name that is not taken: this one, or with a number behind it.
    pub fn name(&mut self, wanted: &str) -> String {
        let numbered = |n: usize| if n == 1 { wanted.to_string() } else { format!("{wanted}_{n}") };
        let name = (1..).map(numbered).find(|name| !self.names.contains(name)).unwrap_or_default();
        self.names.insert(name.clone());
        name
    }

    /// An operator with one result, whose name this gives.
    pub fn node(&mut self, op: &str, inputs: Vec<String>, attributes: Vec<Attribute>) -> String {
        let scope = self.layer();
        let output = self.name(&format!("{scope}/{}", op.to_lowercase()));
        self.named_node(op, inputs, attributes, &output);
        output
    }

    /// An operator whose result has this name.
    pub fn named_node(&mut self, op: &str, inputs: Vec<String>, attribute: Vec<Attribute>, output: &str) {
        let (name, op_type) = (Some(output.to_string()), Some(op.to_string()));
        let input = inputs.into_iter().map(|input| self.renamed.get(&input).cloned().unwrap_or(input)).collect();
        self.nodes.push(NodeMessage { input, output: vec![output.into()], name, op_type, attribute });
    }

    /// Gives a tensor the name of an output, or one with a number behind it where that is taken.
    pub fn finish(&mut self, tensor: &str, wanted: &str) -> String {
        let name = self.name(wanted);
        let made = self.nodes.iter().any(|node| node.output.iter().any(|output| output == tensor));
        if !made || self.renamed.contains_key(tensor) || self.renamed.values().any(|known| known == tensor) {
            self.named_node("Identity", vec![tensor.into()], Vec::new(), &name);
            return name;
        }
        for node in &mut self.nodes {
            let uses = node.input.iter_mut().chain(&mut node.output).chain(&mut node.name);
            uses.filter(|known| *known == tensor).for_each(|known| known.clone_from(&name));
        }
        self.renamed.insert(tensor.into(), name.clone());
        name
    }

    /// The name of whole numbers, such as sizes and axes.
    pub fn integers(&mut self, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.small(ONNX_INT64, vec![values.len() as i64], bytes, "sizes")
    }

    /// The name of one number of this type.
    pub fn scalar(&mut self, dtype: DType, value: f64) -> String {
        let (ty, bytes) = encoded(dtype, &[value]);
        self.small(ty, Vec::new(), bytes, "constant")
    }

    fn small(&mut self, data_type: i32, dims: Vec<i64>, bytes: Vec<u8>, wanted: &str) -> String {
        let key = (data_type, dims, bytes);
        if let Some(known) = self.small.get(&key) {
            return known.clone();
        }
        let name = self.name(wanted);
        let (data_type, dims, raw_data) = (Some(key.0), key.1.clone(), Some(key.2.clone()));
        self.initializers.push(TensorMessage { dims, data_type, name: Some(name.clone()), raw_data });
        self.small.insert(key, name.clone());
        name
    }

    /// The name of a known value, its axes in this order (as they are without one); axes of one element that lead are left out
    /// where `strip` says so.
    fn constant(&mut self, value: &Value, order: Option<&[usize]>, strip: bool) -> String {
        let (array, state) = match &value.of {
            Of::Constant(array, state) => (array.clone(), state.clone()),
            _ => return String::new(),
        };
        let large = array.data.len() > SMALL;
        let mut key = order.map_or(Vec::new(), <[usize]>::to_vec);
        key.extend(array.ty.shape.iter());
        // Its address is a name, since it lives as long as the file is being written.
        let identity = format!("{:p}/{strip}", Rc::as_ptr(&array));
        if let Some(known) = self.made.get(&(identity.clone(), key.clone())).filter(|_| large) {
            return known.clone();
        }
        let placed = order.map_or_else(|| (*array).clone(), |order| permuted(&array, order));
        let (data_type, bytes) = encoded(placed.ty.dtype, &placed.data);
        let lead = if strip { placed.ty.shape.iter().take_while(|&&size| size == 1).count() } else { 0 };
        let dims: Vec<i64> = placed.ty.shape[lead..].iter().map(|&size| size as i64).collect();
        let wanted = state.map_or_else(|| format!("{}/constant", self.layer()), |state| state.to_string());
        if !large {
            return self.small(data_type, dims, bytes, &wanted);
        }
        let name = self.name(&wanted);
        self.initializers.push(TensorMessage {
            dims,
            data_type: Some(data_type),
            name: Some(name.clone()),
            raw_data: Some(bytes),
        });
        self.made.insert((identity, key), name.clone());
        self.alive.push(array);
        name
    }

    /// The name of a value with its axes in the order of the engine.
    ///
    /// # Errors
    /// When it is one that only the engine is given.
    pub fn last(&mut self, value: &Value) -> Result<String, InteropError> {
        match &value.of {
            Of::Constant(..) => Ok(self.constant(value, None, false)),
            Of::Tensor { name, channels_first: false } => Ok(name.clone()),
            Of::Tensor { name, .. } => {
                let rank = value.rank();
                let order = [0].into_iter().chain(2..rank).chain([1]).collect();
                Ok(self.transposed(name, order))
            }
            Of::Host => Err(self.unmapped()),
        }
    }

    /// The same with channels behind the batch.
    ///
    /// # Errors
    /// As [`Emitter::last`].
    pub fn first(&mut self, value: &Value) -> Result<String, InteropError> {
        let order = first_order(value.rank());
        match &value.of {
            Of::Tensor { name, channels_first: true } => Ok(name.clone()),
            Of::Constant(..) => Ok(self.constant(value, Some(&order), false)),
            _ => {
                let name = self.last(value)?;
                Ok(self.transposed(&name, order))
            }
        }
    }

    /// The name of a value's tensor, whatever its order of axes is.
    ///
    /// # Errors
    /// As [`Emitter::last`].
    pub fn as_it_is(&mut self, value: &Value) -> Result<String, InteropError> {
        if value.is_first() { self.first(value) } else { self.last(value) }
    }

    /// An operand of an operator that repeats by itself: its order of axes is that of the others.
    ///
    /// # Errors
    /// As [`Emitter::last`].
    pub fn operand(&mut self, value: &Value, channels_first: bool) -> Result<String, InteropError> {
        match (&value.of, channels_first) {
            (Of::Constant(..), true) => Ok(self.constant(value, Some(&first_order(value.rank())), true)),
            (Of::Constant(..), false) => Ok(self.constant(value, None, true)),
            (_, true) => self.first(value),
            (_, false) => self.last(value),
        }
    }

    /// The name of a tensor with its axes in another order; an order that changes nothing is left out.
    pub fn transposed(&mut self, name: &str, order: Vec<usize>) -> String {
        if order.is_sorted() {
            return name.into();
        }
        let key = (name.to_string(), order);
        if let Some(known) = self.made.get(&key) {
            return known.clone();
        }
        let output = self.node("Transpose", vec![name.into()], vec![ints("perm", &key.1)]);
        self.made.insert(key, output.clone());
        output
    }

    /// The value with every element that the engine has, where it repeats on one of these axes.
    ///
    /// # Errors
    /// As [`Emitter::last`].
    pub fn whole_on(
        &mut self,
        value: &Value,
        sizes: &[Size],
        on: impl Fn(usize) -> bool,
    ) -> Result<Value, InteropError> {
        match (0..sizes.len()).any(|axis| on(axis) && value.sizes[axis] != sizes[axis]) {
            true => self.whole(value, sizes),
            false => Ok(value.clone()),
        }
    }

    /// The value with every element that the engine has.
    ///
    /// # Errors
    /// As [`Emitter::last`].
    pub fn whole(&mut self, value: &Value, sizes: &[Size]) -> Result<Value, InteropError> {
        if value.sizes == sizes {
            return Ok(value.clone());
        }
        if let (Some(array), Some(shape)) = (value.known(), numbers(sizes)) {
            return Ok(Value::constant(repeated(array, &shape), None));
        }
        let name = self.last(value)?;
        let shape = self.shape_of(&value.sizes, sizes)?;
        let name = self.node("Expand", vec![name, shape], Vec::new());
        Ok(Value::tensor(value.dtype, sizes.to_vec(), name))
    }

    /// The name of the sizes that a tensor of sizes `own` is repeated to.
    fn shape_of(&mut self, own: &[Size], sizes: &[Size]) -> Result<String, InteropError> {
        // One is repeated to what the operand has.
        let written = |(own, size): (&Size, &Size)| if own == size { 1 } else { size.written() };
        let plain: Vec<i64> = own.iter().zip(sizes).map(written).collect();
        let Some(at) = plain.iter().position(|&size| size == -1) else { return Ok(self.integers(&plain)) };
        let Size::Batch(times) = sizes[at] else { return Ok(self.integers(&plain)) };
        let mut count = self.batch()?;
        if times != 1 {
            let times = self.integers(&[times as i64]);
            count = self.node("Mul", vec![count, times], Vec::new());
        }
        let mut parts = Vec::new();
        for (part, name) in [(&plain[..at], None), (&[][..], Some(count)), (&plain[at + 1..], None)] {
            match name {
                Some(name) => parts.push(name),
                None if part.is_empty() => {}
                None => parts.push(self.integers(part)),
            }
        }
        Ok(self.node("Concat", parts, vec![int("axis", 0)]))
    }

    /// The name of the number of samples: the first size of the first input.
    fn batch(&mut self) -> Result<String, InteropError> {
        let key = ("number of samples".to_string(), Vec::new());
        if let Some(known) = self.made.get(&key) {
            return Ok(known.clone());
        }
        let of_batch = |input: &&Input| input.sizes.first() == Some(&Size::Batch(1));
        let Some(input) = self.inputs.iter().find(of_batch).map(|input| input.name.clone()) else {
            return Err(self.mixes("it repeats what no input is part of"));
        };
        let shape = self.node("Shape", vec![input], Vec::new());
        let zero = self.integers(&[0]);
        let count = self.node("Gather", vec![shape, zero], vec![int("axis", 0)]);
        self.made.insert(key, count.clone());
        Ok(count)
    }
}
