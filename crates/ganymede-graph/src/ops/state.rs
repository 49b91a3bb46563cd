//! A value that lives longer than a run.

use super::{Attributes, Class, Primitive, arity, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;
use std::sync::Arc;

/// The value that a named state has before the run: a parameter, an optimizer slot, a statistic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Its name, such as `generator/dense/kernel`.
    pub name: Arc<str>,
}

impl State {
    pub(super) const NAME: &'static str = "state";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(State { name: attributes.take_word("name")?.into() })
    }
}

impl Primitive for State {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 0)?;
        refuse(Self::NAME, &TensorType::f32([]), "the type of a state is given, not inferred".into())
    }
    fn flops(&self, _: &[TensorType], _: &TensorType) -> u64 {
        0
    }
    fn vjp<'g>(&self, _: &[Expr<'g>], _: Expr<'g>, _: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        Vec::new()
    }
    fn interpret(&self, _: &[&Array], _: &TensorType) -> Array {
        panic!("state `{}` is given, not computed", self.name)
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().word("name", &self.name)
    }
    fn class(&self) -> Class {
        Class::Leaf
    }
}
