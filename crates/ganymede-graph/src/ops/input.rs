//! A value that the host gives before each run.

use super::{Attributes, Class, Primitive, arity, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;
use std::sync::Arc;

/// A named value that the host gives before each run: a tensor of the batch, or a scalar such as a
/// learning rate. No pass folds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Input {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it is a scalar that the host computes, not part of a batch.
    pub scalar: bool,
}

impl Input {
    pub(super) const NAME: &'static str = "input";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(Input { name: attributes.take_word("name")?.into(), scalar: attributes.take_bool("scalar")? })
    }
}

impl Primitive for Input {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 0)?;
        refuse(Self::NAME, &TensorType::f32([]), "the type of an input is given, not inferred".into())
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, _: &[Expr<'g>], _: Expr<'g>, _: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        Vec::new()
    }
    fn interpret(&self, _: &[&Array], _: &TensorType) -> Array {
        panic!("input `{}` is given, not computed", self.name)
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().word("name", &self.name).word("scalar", self.scalar)
    }
    fn class(&self) -> Class {
        Class::Leaf
    }
}
