//! A constant border and constant gaps.

use super::{Attributes, Class, Primitive, arity, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// Surrounds the operand with a constant, and puts it between its elements. The cotangent is the slice of
/// the operand's elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pad {
    /// Number of constants before each axis.
    pub low: Vec<usize>,
    /// Number of constants after each axis.
    pub high: Vec<usize>,
    /// Number of constants between neighbouring elements of each axis.
    pub interior: Vec<usize>,
    /// The constant's `f64` bits.
    pub value: u64,
}

impl Pad {
    pub(super) const NAME: &'static str = "pad";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(Pad {
            low: attributes.take_sizes("low")?,
            high: attributes.take_sizes("high")?,
            interior: attributes.take_sizes("interior")?,
            value: attributes.take_number("value")?,
        })
    }
}

impl Primitive for Pad {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 1)?;
        let shape = &inputs[0].shape;
        let rank = shape.rank();
        if [self.low.len(), self.high.len(), self.interior.len()] != [rank; 3] {
            return refuse(
                Self::NAME,
                &inputs[0],
                format!("expected a low, high and interior size for each of {rank} axes"),
            );
        }
        let size = |a: usize| {
            let gaps = shape[a].saturating_sub(1).checked_mul(self.interior[a])?;
            shape[a].checked_add(gaps)?.checked_add(self.low[a])?.checked_add(self.high[a])
        };
        match (0..rank).map(size).collect::<Option<Vec<usize>>>() {
            Some(sizes) => Ok(TensorType::new(inputs[0].dtype, sizes)),
            None => refuse(Self::NAME, &inputs[0], "the padded size overflows".into()),
        }
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let shape = inputs[0].shape();
        let span = |a: usize| if shape[a] == 0 { 0 } else { (shape[a] - 1) * (self.interior[a] + 1) + 1 };
        let limit: Vec<usize> = (0..shape.rank()).map(|a| self.low[a] + span(a)).collect();
        let stride: Vec<usize> = self.interior.iter().map(|i| i + 1).collect();
        vec![Some(cotangent.slice(&self.low, &limit, &stride))]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let (shape, strides) = (&inputs[0].ty.shape, inputs[0].ty.shape.strides());
        let source = |index: &[usize]| {
            let mut sum = 0;
            for a in 0..index.len() {
                let (from_low, step) = (index[a].checked_sub(self.low[a])?, self.interior[a] + 1);
                if from_low % step != 0 || from_low / step >= shape[a] {
                    return None;
                }
                sum += strides[a] * (from_low / step);
            }
            Some(sum)
        };
        inputs[0].pick(output, source, f64::from_bits(self.value))
    }
    fn attributes(&self) -> Attributes {
        Attributes::default()
            .sizes("low", &self.low)
            .sizes("high", &self.high)
            .sizes("interior", &self.interior)
            .numbers("value", vec![self.value])
    }
    fn class(&self) -> Class {
        Class::Movement
    }
}
