//! Indices along an axis.

use super::{Attributes, Class, Primitive, arity, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{DType, Shape, TensorType};

/// Indices along an axis: element (i₀, i₁, …) is i of `axis`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Iota {
    /// Type of the result.
    pub ty: TensorType,
    /// The axis that is counted along.
    pub axis: usize,
}

impl Iota {
    pub(super) const NAME: &'static str = "iota";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        let dtype: DType = attributes.take_word("dtype")?.parse()?;
        let shape = Shape::from(attributes.take_sizes("shape")?);
        Ok(Iota { ty: TensorType::new(dtype, shape), axis: attributes.take_size("axis")? })
    }
}

impl Primitive for Iota {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 0)?;
        if self.axis >= self.ty.shape.rank() {
            let reason = format!("expected an axis below {}, found {}", self.ty.shape.rank(), self.axis);
            return refuse(Self::NAME, &self.ty, reason);
        }
        if self.ty.dtype == DType::Bool {
            return Err(TypeError::DType { op: Self::NAME, operand: 0, expected: "a number", found: DType::Bool });
        }
        Ok(self.ty.clone())
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, _: &[Expr<'g>], _: Expr<'g>, _: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        Vec::new()
    }
    fn interpret(&self, _: &[&Array], output: &TensorType) -> Array {
        let (stride, size) = (output.shape.strides()[self.axis], output.shape[self.axis]);
        Array { ty: output.clone(), data: (0..output.elements()).map(|i| (i / stride % size) as f64).collect() }
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().word("dtype", self.ty.dtype).sizes("shape", &self.ty.shape).sizes("axis", &[self.axis])
    }
    fn class(&self) -> Class {
        Class::Leaf
    }
}
