//! Sum over axes.

use super::{Attributes, Class, Primitive, arity, count, float, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// Sum over axes, which disappear: y = Σ x; every element takes the cotangent of its sum.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReduceSum {
    /// The axes, increasing.
    pub axes: Vec<usize>,
}

impl ReduceSum {
    pub(super) const NAME: &'static str = "reduce_sum";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(ReduceSum { axes: attributes.take_sizes("axes")? })
    }
}

impl Primitive for ReduceSum {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 1)?;
        float(Self::NAME, inputs, 0)?;
        let rank = inputs[0].shape.rank();
        if !self.axes.windows(2).all(|w| w[0] < w[1]) || self.axes.last().is_some_and(|&a| a >= rank) {
            return refuse(
                Self::NAME,
                &inputs[0],
                format!("expected different axes below {rank}, found {:?}", self.axes),
            );
        }
        Ok(TensorType::f32(inputs[0].shape.without(&self.axes)))
    }
    fn flops(&self, inputs: &[TensorType], _: &TensorType) -> u64 {
        count(&inputs[0])
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let shape = inputs[0].shape();
        let kept: Vec<usize> = (0..shape.rank()).filter(|a| !self.axes.contains(a)).collect();
        vec![Some(cotangent.broadcast(shape, &kept))]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        inputs[0].reduce(&self.axes, output, 0.0, |sum, x| sum + x)
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().sizes("axes", &self.axes)
    }
    fn class(&self) -> Class {
        Class::Reduction
    }
}
