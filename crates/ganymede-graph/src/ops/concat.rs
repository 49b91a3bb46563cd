//! Tensors one after another along an axis.

use super::{Attributes, Class, Primitive, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// Tensors one after another along an axis; each takes its slice of the cotangent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Concat {
    /// The axis.
    pub axis: usize,
}

impl Concat {
    pub(super) const NAME: &'static str = "concat";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(Concat { axis: attributes.take_size("axis")? })
    }
}

impl Primitive for Concat {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        let Some(first) = inputs.first() else {
            return Err(TypeError::Arity { op: Self::NAME, expected: 1, found: 0 });
        };
        if self.axis >= first.shape.rank() {
            return refuse(
                Self::NAME,
                first,
                format!("expected an axis below {}, found {}", first.shape.rank(), self.axis),
            );
        }
        let mut size = 0usize;
        for (operand, ty) in inputs.iter().enumerate() {
            if ty.dtype != first.dtype {
                return Err(TypeError::DType {
                    op: Self::NAME,
                    operand,
                    expected: first.dtype.name(),
                    found: ty.dtype,
                });
            }
            if ty.shape.rank() != first.shape.rank()
                || ty.shape.without(&[self.axis]) != first.shape.without(&[self.axis])
            {
                let reason = format!("sizes other than that of axis {} must be equal", self.axis);
                return Err(TypeError::Shapes {
                    op: Self::NAME,
                    left: first.shape.clone(),
                    right: ty.shape.clone(),
                    reason,
                });
            }
            size = size.saturating_add(ty.shape[self.axis]);
        }
        Ok(TensorType::new(first.dtype, first.shape.with(self.axis, size)))
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let mut start = 0;
        let part = |input: &Expr<'g>| {
            let end = start + input.shape()[self.axis];
            let slice = cotangent.slice_axis(self.axis, start..end);
            start = end;
            Some(slice)
        };
        inputs.iter().map(part).collect()
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let outer: usize = output.shape[..self.axis].iter().product();
        let mut data = Vec::with_capacity(output.elements());
        for block in 0..outer {
            for input in inputs {
                let each = input.data.len() / outer;
                data.extend_from_slice(&input.data[block * each..(block + 1) * each]);
            }
        }
        Array { ty: output.clone(), data }
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().sizes("axis", &[self.axis])
    }
    fn class(&self) -> Class {
        Class::Movement
    }
}
