//! Rows of a table by index.

use super::{Attributes, Class, Primitive, arity, float, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{DType, TensorType};

/// Rows of a table (V, …) by `i32` index (any shape): result index.shape + (…). An index outside 0..V gives
/// zeros. The cotangent is added back to the rows ([`ScatterAdd`](super::ScatterAdd)).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gather {}

impl Gather {
    pub(super) const NAME: &'static str = "gather";
    pub(super) fn from_attributes(_: &mut Attributes) -> Result<Self, String> {
        Ok(Gather {})
    }
}

impl Primitive for Gather {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 2)?;
        float(Self::NAME, inputs, 0)?;
        if inputs[1].dtype != DType::I32 {
            return Err(TypeError::DType { op: Self::NAME, operand: 1, expected: "i32", found: inputs[1].dtype });
        }
        if inputs[0].shape.rank() == 0 {
            return refuse(Self::NAME, &inputs[0], "expected a table with at least one axis".into());
        }
        let sizes = inputs[1].shape.iter().chain(&inputs[0].shape[1..]).copied();
        Ok(TensorType::f32(sizes.collect::<Vec<_>>()))
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let rows = inputs[0].shape()[0];
        vec![Some(cotangent.builder().push(super::ScatterAdd { rows }.into(), &[inputs[1], cotangent])), None]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let (table, rows) = (inputs[0], inputs[0].ty.shape[0]);
        let width = table.data.len().checked_div(rows).unwrap_or(0);
        let mut data = Vec::with_capacity(output.elements());
        for &index in &inputs[1].data {
            match usize::try_from(index as i64) {
                Ok(row) if row < rows => data.extend_from_slice(&table.data[row * width..(row + 1) * width]),
                _ => data.extend(std::iter::repeat_n(0.0, output.elements() / inputs[1].data.len())),
            }
        }
        Array { ty: output.clone(), data }
    }
    fn class(&self) -> Class {
        Class::Other
    }
}
