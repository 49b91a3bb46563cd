//! The primitives: a closed set, one file each, with everything the compiler knows about it.
//!
//! To add one: a file `ops/x.rs` with a struct that implements [`Primitive`] and a line in the
//! table below; then its lowering and kernel in `ganymede-runtime` and `ganymede-kernels`.
//! First ask whether it can be a composite (`compose.rs`): those need neither a gradient rule nor a kernel.

mod elementwise;
mod text;

use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;
pub use text::{Attribute, Attributes};
pub(crate) use text::{is_bare, parse_number, quoted};

/// One primitive: everything the compiler knows about it.
pub trait Primitive {
    /// Its name in text forms and messages.
    fn name(&self) -> &'static str;

    /// The type of the result.
    ///
    /// # Errors
    /// When it does not take operands of these types.
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError>;

    /// The type that the result was declared to have, whatever the operands are: with it building
    /// goes on after an error. `None` where only the operands tell.
    fn declared(&self, _inputs: &[TensorType]) -> Option<TensorType> {
        None
    }

    /// Floating-point operations; a multiplication and an addition are two.
    fn flops(&self, inputs: &[TensorType], output: &TensorType) -> u64;

    /// Cotangents of the inputs, built from primitives; `None` where no gradient flows.
    fn vjp<'g>(&self, inputs: &[Expr<'g>], output: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>>;

    /// The meaning, in `f64`, as plain loops: the oracle of every backend. `output` is what
    /// [`infer`](Primitive::infer) gave.
    ///
    /// # Panics
    /// For inputs and states, whose value is given and not computed.
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array;

    /// What distinguishes this node from others of the same primitive, for the text form.
    fn attributes(&self) -> Attributes {
        Attributes::default()
    }

    /// How the fuser may treat it.
    fn class(&self) -> Class;
}

/// How a primitive moves data: what the fuser needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// A value that is given or constant.
    Leaf,
    /// Element i of the result depends on element i of the operands only.
    Elementwise,
    /// Every element of the result is an element of the operand, or a constant: an index map.
    Movement,
    /// Many elements become one.
    Reduction,
    /// A sum of products with a kernel of its own.
    Contraction,
    /// Anything else with a kernel of its own.
    Other,
}

macro_rules! table {
    ($($variant:ident in $module:ident),* $(,)?) => {
        $(mod $module;)*
        $(pub use $module::$variant;)*

        /// A primitive with its attributes.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each variant is documented at its struct")]
        pub enum Op { $($variant($variant)),* }

        impl Op {
            /// The rules of this primitive.
            pub fn primitive(&self) -> &dyn Primitive {
                match self { $(Op::$variant(op) => op),* }
            }

            /// The primitive of the given name and attributes (the text form's reader).
            ///
            /// # Errors
            /// A message with what was expected.
            pub fn from_text(name: &str, mut attributes: Attributes) -> Result<Op, String> {
                let op = match name {
                    $($variant::NAME => Op::$variant($variant::from_attributes(&mut attributes)?),)*
                    _ => return Err(format!("expected the name of a primitive, found `{name}`")),
                };
                attributes.finish(name)?;
                Ok(op)
            }

            /// The names of all primitives.
            pub const NAMES: &'static [&'static str] = &[$($variant::NAME),*];
        }

        $(impl From<$variant> for Op { fn from(op: $variant) -> Op { Op::$variant(op) } })*
    };
}

table! {
    // leaves
    Input in input, State in state, Constant in constant, Iota in iota, Random in random,
    // element-wise, one operand
    Neg in neg, Abs in abs, Sign in sign, Exp in exp, Expm1 in expm1, Log in log, Log1p in log1p, Sqrt in sqrt,
    Sin in sin, Cos in cos, Tanh in tanh, Sigmoid in sigmoid, Erf in erf, Floor in floor, Not in not, Convert in convert,
    StopGradient in stop_gradient,
    // element-wise, several operands
    Add in add, Sub in sub, Mul in mul, Div in div, Pow in pow, Maximum in maximum, Minimum in minimum,
    Compare in compare, Logical in logical, Select in select,
    // movement
    Reshape in reshape, Transpose in transpose, Broadcast in broadcast, Slice in slice, Pad in pad, Reverse in reverse,
    Concat in concat, Gather in gather, ScatterAdd in scatter_add,
    // reductions
    ReduceSum in reduce_sum, ReduceMax in reduce_max, AllReduceSum in all_reduce_sum,
    // contractions
    MatMul in matmul, Conv in conv, ConvInputGrad in conv_input_grad, ConvWeightGrad in conv_weight_grad,
}

pub use compare::Comparison;
pub use conv::{Window, WindowError};
pub use logical::Connective;
pub use random::Distribution;

/// Checks the number of operands.
pub(crate) fn arity(op: &'static str, inputs: &[TensorType], expected: usize) -> Result<(), TypeError> {
    if inputs.len() == expected { Ok(()) } else { Err(TypeError::Arity { op, expected, found: inputs.len() }) }
}

/// Checks that an operand is `f32`.
pub(crate) fn float(op: &'static str, inputs: &[TensorType], operand: usize) -> Result<(), TypeError> {
    use ganymede_tensor::DType;
    match inputs[operand].dtype {
        DType::F32 => Ok(()),
        found => Err(TypeError::DType { op, operand, expected: "f32", found }),
    }
}

/// Number of elements, for FLOP counts.
pub(crate) fn count(ty: &TensorType) -> u64 {
    ty.elements() as u64
}

/// An attribute error.
pub(crate) fn refuse<T>(op: &'static str, on: &TensorType, reason: String) -> Result<T, TypeError> {
    Err(TypeError::Attribute { op, shape: on.shape.clone(), reason })
}
