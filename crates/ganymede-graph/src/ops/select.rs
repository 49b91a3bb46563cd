//! Choice by a truth value.

use super::{Attributes, Class, Primitive, arity, elementwise};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{DType, TensorType};

/// Choice: y = a where c holds, else b; the cotangent goes where the value came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Select {}

impl Select {
    pub(super) const NAME: &'static str = "select";
    pub(super) fn from_attributes(_: &mut Attributes) -> Result<Self, String> {
        Ok(Select {})
    }
}

impl Primitive for Select {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 3)?;
        if inputs[0].dtype != DType::Bool {
            return Err(TypeError::DType { op: Self::NAME, operand: 0, expected: "bool", found: inputs[0].dtype });
        }
        if inputs[2].dtype != inputs[1].dtype {
            let expected = inputs[1].dtype.name();
            return Err(TypeError::DType { op: Self::NAME, operand: 2, expected, found: inputs[2].dtype });
        }
        elementwise::same_shape(Self::NAME, inputs)?;
        Ok(inputs[1].clone())
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        vec![None, Some(inputs[0].select(cotangent, 0.0)), Some(inputs[0].select(0.0, cotangent))]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let [condition, a, b] = [inputs[0], inputs[1], inputs[2]];
        let choose = |(i, &c): (usize, &f64)| if c != 0.0 { a.data[i] } else { b.data[i] };
        Array { ty: output.clone(), data: condition.data.iter().enumerate().map(choose).collect() }
    }
    fn class(&self) -> Class {
        Class::Elementwise
    }
}
