//! Conversion between element types.

use super::{Attributes, Class, Primitive, arity, elementwise};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{DType, TensorType};

/// Conversion between element types: to integers by truncation toward zero with saturation (NaN
/// becomes 0), to `bool` as x ≠ 0, from `bool` as 0 and 1. Between `f32` the cotangent passes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Convert {
    /// The element type of the result.
    pub dtype: DType,
}

impl Convert {
    pub(super) const NAME: &'static str = "convert";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(Convert { dtype: attributes.take_word("dtype")?.parse()? })
    }
}

impl Primitive for Convert {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 1)?;
        Ok(TensorType::new(self.dtype, inputs[0].shape.clone()))
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let differentiable = self.dtype == DType::F32 && inputs[0].dtype() == DType::F32;
        vec![differentiable.then_some(cotangent)]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let dtype = self.dtype;
        elementwise::map(inputs[0], output, |x| match dtype {
            DType::F32 => x,
            DType::I32 => f64::from(x as i32),
            DType::U32 => f64::from(x as u32),
            DType::U16 => f64::from(x as u16),
            DType::U8 => f64::from(x as u8),
            DType::Bool => f64::from(u8::from(x != 0.0)),
        })
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().word("dtype", self.dtype)
    }
    fn class(&self) -> Class {
        Class::Elementwise
    }
}
