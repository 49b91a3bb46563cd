//! Largest element over axes.

use super::{Attributes, Class, Primitive, arity, count, float, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{DType, TensorType};

/// Largest element over axes, which disappear: y = max x, NaN if any is; −∞ over no element. Elements that
/// tie for the largest share the cotangent equally.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReduceMax {
    /// The axes, increasing.
    pub axes: Vec<usize>,
}

impl ReduceMax {
    pub(super) const NAME: &'static str = "reduce_max";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(ReduceMax { axes: attributes.take_sizes("axes")? })
    }
}

impl Primitive for ReduceMax {
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
    fn vjp<'g>(&self, inputs: &[Expr<'g>], output: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let shape = inputs[0].shape();
        let kept: Vec<usize> = (0..shape.rank()).filter(|a| !self.axes.contains(a)).collect();
        let largest = inputs[0].equal(output.broadcast(shape.clone(), &kept)).convert(DType::F32);
        let each = cotangent / largest.sum_axes(&self.axes);
        vec![Some(largest * each.broadcast(shape, &kept))]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let larger = |a: f64, b: f64| if a >= b || a.is_nan() { a } else { b };
        inputs[0].reduce(&self.axes, output, f64::NEG_INFINITY, larger)
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().sizes("axes", &self.axes)
    }
    fn class(&self) -> Class {
        Class::Reduction
    }
}
