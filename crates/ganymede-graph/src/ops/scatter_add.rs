//! Adding rows into a table by index.

use super::{Attributes, Class, Primitive, arity, count, float, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{DType, TensorType};

/// Adds rows into a table of zeros by `i32` index: operands index (any shape) and values index.shape + (…),
/// result (rows, …). An index outside 0..rows is left out. The cotangent is gathered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScatterAdd {
    /// Number of rows of the result.
    pub rows: usize,
}

impl ScatterAdd {
    pub(super) const NAME: &'static str = "scatter_add";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(ScatterAdd { rows: attributes.take_size("rows")? })
    }
}

impl Primitive for ScatterAdd {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 2)?;
        float(Self::NAME, inputs, 1)?;
        if inputs[0].dtype != DType::I32 {
            return Err(TypeError::DType { op: Self::NAME, operand: 0, expected: "i32", found: inputs[0].dtype });
        }
        let leading = inputs[0].shape.rank();
        if inputs[1].shape.rank() < leading || inputs[1].shape[..leading] != inputs[0].shape[..] {
            return refuse(Self::NAME, &inputs[1], format!("expected leading sizes {}", inputs[0].shape));
        }
        let sizes = std::iter::once(self.rows).chain(inputs[1].shape[leading..].iter().copied());
        Ok(TensorType::f32(sizes.collect::<Vec<_>>()))
    }
    fn flops(&self, inputs: &[TensorType], _: &TensorType) -> u64 {
        count(&inputs[1])
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        vec![None, Some(cotangent.gather(inputs[0]))]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let mut result = Array::zeros(output);
        let width = output.elements().checked_div(self.rows).unwrap_or(0);
        for (at, &index) in inputs[0].data.iter().enumerate() {
            let Ok(row) = usize::try_from(index as i64) else { continue };
            if row < self.rows {
                for i in 0..width {
                    result.data[row * width + i] += inputs[1].data[at * width + i];
                }
            }
        }
        result
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().sizes("rows", &[self.rows])
    }
    fn class(&self) -> Class {
        Class::Other
    }
}
