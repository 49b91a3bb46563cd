//! What element-wise primitives share: type rule, FLOPs and loop. Not here: their functions and
//! derivatives, one file each.

use super::{arity, count, float};
use crate::error::TypeError;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// Type rule of a primitive with `n` `f32` operands of one shape.
pub(super) fn infer(op: &'static str, n: usize, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
    arity(op, inputs, n)?;
    for operand in 0..n {
        float(op, inputs, operand)?;
    }
    same_shape(op, inputs)?;
    Ok(inputs[0].clone())
}

/// Checks that all operands have the shape of the first.
pub(super) fn same_shape(op: &'static str, inputs: &[TensorType]) -> Result<(), TypeError> {
    match inputs.iter().find(|t| t.shape != inputs[0].shape) {
        None => Ok(()),
        Some(other) => Err(TypeError::Shapes {
            op,
            left: inputs[0].shape.clone(),
            right: other.shape.clone(),
            reason: "they must be equal".into(),
        }),
    }
}

/// One operation an element.
pub(super) fn flops(output: &TensorType) -> u64 {
    count(output)
}

/// The loop over the elements of one operand.
pub(super) fn map(input: &Array, output: &TensorType, f: impl Fn(f64) -> f64) -> Array {
    Array { ty: output.clone(), data: input.data.iter().map(|&x| f(x)).collect() }
}

/// The loop over the elements of two operands.
pub(super) fn zip(a: &Array, b: &Array, output: &TensorType, f: impl Fn(f64, f64) -> f64) -> Array {
    Array { ty: output.clone(), data: a.data.iter().zip(&b.data).map(|(&x, &y)| f(x, y)).collect() }
}

/// Defines an `f32` primitive of one operand from its value and its cotangent rule (x, y, cotangent).
macro_rules! unary {
    ($(#[$doc:meta])* $op:ident, $name:literal, $value:expr, $vjp:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $op {}

        impl $op {
            pub(super) const NAME: &'static str = $name;
            pub(super) fn from_attributes(_: &mut super::Attributes) -> Result<Self, String> {
                Ok($op {})
            }
        }

        impl super::Primitive for $op {
            fn name(&self) -> &'static str {
                Self::NAME
            }
            fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
                super::elementwise::infer(Self::NAME, 1, inputs)
            }
            fn flops(&self, _: &[TensorType], output: &TensorType) -> u64 {
                super::elementwise::flops(output)
            }
            fn vjp<'g>(&self, inputs: &[Expr<'g>], output: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
                let rule: fn(Expr<'g>, Expr<'g>, Expr<'g>) -> Option<Expr<'g>> = $vjp;
                vec![rule(inputs[0], output, cotangent)]
            }
            fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
                let value: fn(f64) -> f64 = $value;
                super::elementwise::map(inputs[0], output, value)
            }
            fn class(&self) -> super::Class {
                super::Class::Elementwise
            }
        }
    };
}
pub(super) use unary;

/// Defines an `f32` primitive of two operands from its value and its cotangent rule (a, b, y, cotangent).
macro_rules! binary {
    ($(#[$doc:meta])* $op:ident, $name:literal, $value:expr, $vjp:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $op {}

        impl $op {
            pub(super) const NAME: &'static str = $name;
            pub(super) fn from_attributes(_: &mut super::Attributes) -> Result<Self, String> {
                Ok($op {})
            }
        }

        impl super::Primitive for $op {
            fn name(&self) -> &'static str {
                Self::NAME
            }
            fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
                super::elementwise::infer(Self::NAME, 2, inputs)
            }
            fn flops(&self, _: &[TensorType], output: &TensorType) -> u64 {
                super::elementwise::flops(output)
            }
            fn vjp<'g>(&self, inputs: &[Expr<'g>], output: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
                let rule: fn(Expr<'g>, Expr<'g>, Expr<'g>, Expr<'g>) -> [Option<Expr<'g>>; 2] = $vjp;
                rule(inputs[0], inputs[1], output, cotangent).to_vec()
            }
            fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
                let value: fn(f64, f64) -> f64 = $value;
                super::elementwise::zip(inputs[0], inputs[1], output, value)
            }
            fn class(&self) -> super::Class {
                super::Class::Elementwise
            }
        }
    };
}
pub(super) use binary;
