//! Connectives of truth values.

use super::{Attributes, Class, Primitive, arity, elementwise};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{DType, TensorType};

/// Which connective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Connective {
    /// Both.
    And,
    /// Either.
    Or,
}

/// Connective of truth values: y = a ∧ b or a ∨ b.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Logical {
    /// Which one.
    pub kind: Connective,
}

impl Logical {
    pub(super) const NAME: &'static str = "logical";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        let kind = match attributes.take_word("kind")?.as_str() {
            "and" => Connective::And,
            "or" => Connective::Or,
            other => return Err(format!("expected and or or, found `{other}`")),
        };
        Ok(Logical { kind })
    }
}

impl Primitive for Logical {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 2)?;
        for (operand, ty) in inputs.iter().enumerate() {
            if ty.dtype != DType::Bool {
                return Err(TypeError::DType { op: Self::NAME, operand, expected: "bool", found: ty.dtype });
            }
        }
        elementwise::same_shape(Self::NAME, inputs)?;
        Ok(inputs[0].clone())
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, _: &[Expr<'g>], _: Expr<'g>, _: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        vec![None, None]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        match self.kind {
            Connective::And => elementwise::zip(inputs[0], inputs[1], output, f64::min),
            Connective::Or => elementwise::zip(inputs[0], inputs[1], output, f64::max),
        }
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().word("kind", if self.kind == Connective::And { "and" } else { "or" })
    }
    fn class(&self) -> Class {
        Class::Elementwise
    }
}
