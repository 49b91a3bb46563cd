//! Elements of some axes in reverse order.

use super::{Attributes, Class, Primitive, arity, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// Elements of some axes in reverse order: dx = reverse(dy).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reverse {
    /// The axes.
    pub axes: Vec<usize>,
}

impl Reverse {
    pub(super) const NAME: &'static str = "reverse";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(Reverse { axes: attributes.take_sizes("axes")? })
    }
}

impl Primitive for Reverse {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 1)?;
        if let Some(axis) = self.axes.iter().find(|&&a| a >= inputs[0].shape.rank()) {
            return refuse(
                Self::NAME,
                &inputs[0],
                format!("expected axes below {}, found {axis}", inputs[0].shape.rank()),
            );
        }
        Ok(inputs[0].clone())
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, _: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        vec![Some(cotangent.reverse(&self.axes))]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let (shape, strides) = (&output.shape, output.shape.strides());
        let flip = |a: usize, i: usize| if self.axes.contains(&a) { shape[a] - 1 - i } else { i };
        let source = |index: &[usize]| index.iter().enumerate().map(|(a, &i)| strides[a] * flip(a, i)).sum();
        inputs[0].pick(output, |index| Some(source(index)), 0.0)
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().sizes("axes", &self.axes)
    }
    fn class(&self) -> Class {
        Class::Movement
    }
}
