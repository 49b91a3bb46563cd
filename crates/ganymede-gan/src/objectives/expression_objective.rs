//! An objective that is written down. Not here: how its texts are read and evaluated (`expression/`).

use super::GanObjective;
use crate::expression::{self, Verdicts};
use crate::loss_scope::{LossScope, Verdict};
use crate::regularizers::Player;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "losses of one's own, written down: docs/reference/expressions.md";

/// What each player minimises as a text over `real_logits` and `fake_logits`, the verdicts that the phase asks for, and all that
/// the regularizer `expression` can ask for. A phase needs the text of its own player alone.
///
/// # Errors
/// Recorded with the line: see [`Expression::parse`](expression::Expression::parse); shapes that do not fit; a value that is no
/// scalar; a phase whose player has no text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpressionObjective {
    /// What the discriminator minimises: lines `name = expression`, of which the last is the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<String>,
    /// What the generator minimises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
}

impl ExpressionObjective {
    fn of<'g>(&self, player: Player, s: &LossScope<'g>, verdicts: Verdicts<'g>) -> Expr<'g> {
        let (text, key) = match player {
            Player::Discriminator => (&self.discriminator, "discriminator"),
            Player::Generator => (&self.generator, "generator"),
        };
        match text {
            Some(text) => expression::value(key, text, s, Some(verdicts)),
            None => {
                let message =
                    format!("expected the text `{key}` of `{}`, the loss of a {key}'s phase, found none", s.prefix());
                s.builder().error(message, None)
            }
        }
    }
}

impl GanObjective for ExpressionObjective {
    fn check(&self) -> Result<(), String> {
        if self.discriminator.is_none() && self.generator.is_none() {
            return Err("expected the text `discriminator`, the text `generator` or both, found none".into());
        }
        for (key, text) in [("discriminator", &self.discriminator), ("generator", &self.generator)] {
            if let Some(text) = text {
                expression::Expression::parse(text, true).map_err(|e| e.of(key))?;
            }
        }
        Ok(())
    }

    fn discriminator_loss<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        self.of(Player::Discriminator, s, Verdicts { real: Some(real.logits), fake: Some(fake.logits) })
    }

    fn generator_loss<'g>(&self, s: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        self.of(Player::Generator, s, Verdicts { real: None, fake: Some(fake.logits) })
    }
}
