//! Comparison of two values of one element type.

use super::{Attributes, Class, Primitive, arity, count, elementwise};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{DType, TensorType};

/// Which comparison. Every one is false when an operand is NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// a = b.
    Equal,
    /// a < b.
    Less,
    /// a ≤ b.
    LessEqual,
    /// a > b.
    Greater,
    /// a ≥ b.
    GreaterEqual,
}

impl Comparison {
    const ALL: [(Comparison, &'static str); 5] = [
        (Comparison::Equal, "equal"),
        (Comparison::Less, "less"),
        (Comparison::LessEqual, "less_equal"),
        (Comparison::Greater, "greater"),
        (Comparison::GreaterEqual, "greater_equal"),
    ];

    /// Its truth value for two numbers.
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Comparison::Equal => a == b,
            Comparison::Less => a < b,
            Comparison::LessEqual => a <= b,
            Comparison::Greater => a > b,
            Comparison::GreaterEqual => a >= b,
        }
    }
}

/// Comparison of two values of one element type (any but `bool`): a truth value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Compare {
    /// Which one.
    pub kind: Comparison,
}

impl Compare {
    pub(super) const NAME: &'static str = "compare";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        let word = attributes.take_word("kind")?;
        let found = Comparison::ALL.into_iter().find(|(_, name)| *name == word);
        found.map(|(kind, _)| Compare { kind }).ok_or_else(|| format!("expected a comparison, found `{word}`"))
    }
}

impl Primitive for Compare {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 2)?;
        if inputs[0].dtype == DType::Bool {
            return Err(TypeError::DType { op: Self::NAME, operand: 0, expected: "a number", found: DType::Bool });
        }
        if inputs[1].dtype != inputs[0].dtype {
            let expected = inputs[0].dtype.name();
            return Err(TypeError::DType { op: Self::NAME, operand: 1, expected, found: inputs[1].dtype });
        }
        elementwise::same_shape(Self::NAME, inputs)?;
        Ok(TensorType::new(DType::Bool, inputs[0].shape.clone()))
    }
    fn flops(&self, _: &[TensorType], output: &TensorType) -> u64 {
        count(output)
    }
    fn vjp<'g>(&self, _: &[Expr<'g>], _: Expr<'g>, _: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        vec![None, None]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        elementwise::zip(inputs[0], inputs[1], output, |a, b| f64::from(u8::from(self.kind.holds(a, b))))
    }
    fn attributes(&self) -> Attributes {
        let name = Comparison::ALL.into_iter().find(|(kind, _)| *kind == self.kind).map_or("equal", |(_, name)| name);
        Attributes::default().word("kind", name)
    }
    fn class(&self) -> Class {
        Class::Elementwise
    }
}
