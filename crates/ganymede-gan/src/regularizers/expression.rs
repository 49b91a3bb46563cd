//! A penalty that is written down. Not here: how its text is read and evaluated (`expression/`).

use super::{Player, Regularizer};
use crate::expression;
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "a loss of one's own, written down: docs/reference/expressions.md";

/// The value of a text over what a loss can ask for: samples, latents, fields of the data, the networks, noise, derivatives.
///
/// # Errors
/// Recorded with the line: see [`Expression::parse`](expression::Expression::parse); shapes that do not fit; a value that is no scalar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expression {
    /// Lines `name = expression`; the last one is the value, a scalar.
    pub value: String,
}

impl Regularizer for Expression {
    fn check(&self) -> Result<(), String> {
        expression::Expression::parse(&self.value, false).map(drop).map_err(|e| e.of("value"))
    }

    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator, Player::Generator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        expression::value("value", &self.value, s, None)
    }
}
