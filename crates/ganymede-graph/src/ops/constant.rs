//! A value that is known when the graph is built.

use super::{Attributes, Class, Primitive, arity, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{DType, Shape, TensorType};
use std::sync::Arc;

/// A value that is known when the graph is built. It is kept in `f64` (so that the interpreter is
/// exact) and rounded to the element type by a backend.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Constant {
    /// Element type and shape.
    pub ty: TensorType,
    /// The elements' `f64` bits.
    pub bits: Arc<[u64]>,
}

impl Constant {
    pub(super) const NAME: &'static str = "constant";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        let dtype: DType = attributes.take_word("dtype")?.parse()?;
        let shape = Shape::from(attributes.take_sizes("shape")?);
        let bits: Arc<[u64]> = attributes.take_numbers("values")?.into();
        Ok(Constant { ty: TensorType::new(dtype, shape), bits })
    }

    /// A scalar.
    pub fn scalar(dtype: DType, value: f64) -> Self {
        Constant { ty: TensorType::new(dtype, Shape::scalar()), bits: Arc::from([value.to_bits()]) }
    }

    /// A tensor from its elements in row-major order.
    pub fn dense(ty: TensorType, values: &[f64]) -> Self {
        Constant { ty, bits: values.iter().map(|v| v.to_bits()).collect() }
    }

    /// The elements.
    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.bits.iter().map(|&b| f64::from_bits(b))
    }

    /// The value, when it is a scalar.
    pub fn as_scalar(&self) -> Option<f64> {
        (self.ty.shape.rank() == 0).then(|| f64::from_bits(self.bits[0]))
    }
}

impl Primitive for Constant {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 0)?;
        if self.ty.shape.checked_elements() != Some(self.bits.len()) {
            return refuse(
                Self::NAME,
                &self.ty,
                format!("expected {} elements, found {}", self.ty.elements(), self.bits.len()),
            );
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
        Array { ty: output.clone(), data: self.values().collect() }
    }
    fn attributes(&self) -> Attributes {
        Attributes::default()
            .word("dtype", self.ty.dtype)
            .sizes("shape", &self.ty.shape)
            .numbers("values", self.bits.to_vec())
    }
    fn class(&self) -> Class {
        Class::Leaf
    }
}
