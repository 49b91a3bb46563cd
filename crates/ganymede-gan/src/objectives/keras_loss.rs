//! A plain Keras loss as an objective. Not here: the losses themselves (`ganymede-nn`).

use super::GanObjective;
use crate::error::GanError;
use crate::loss_scope::{LossScope, Verdict};
use crate::spec::TermSpec;
use ganymede_graph::Expr;
use ganymede_nn::losses::{Loss, LossKind};

/// A Keras loss L(target, verdict) as the tutorials write it:
///
/// - discriminator (`args = ["real", "fake"]`): L(1, D(x)) + L(0, D(G(z)));
/// - generator (`args = ["fake"]`): L(1, D(G(z))).
///
/// `BinaryCrossentropy(from_logits = true)` gives the non-saturating objective, `MeanSquaredError` that of
/// least-squares GANs.
///
/// # Source
/// TensorFlow's DCGAN tutorial; Mao et al. (2017), "Least squares generative adversarial networks", arXiv:1611.04076.
pub struct KerasLoss {
    loss: Loss,
    args: Vec<String>,
}

impl KerasLoss {
    pub(super) fn from_term(term: &TermSpec) -> Result<Self, GanError> {
        let what = || format!("term `{}`", term.class_name);
        let mut config = term.arguments.clone();
        config.insert("class_name".into(), toml::Value::String(term.class_name.clone()));
        let loss: Loss = toml::Value::Table(config)
            .try_into()
            .map_err(|e: toml::de::Error| GanError::Argument { what: what(), reason: e.message().to_string() })?;
        let args = term.args.clone().unwrap_or_default();
        let known = [vec!["real".to_string(), "fake".to_string()], vec!["fake".to_string()]];
        if !args.is_empty() && !known.contains(&args) {
            let reason = format!("expected args = [\"real\", \"fake\"] or [\"fake\"], found {args:?}");
            return Err(GanError::Argument { what: what(), reason });
        }
        Ok(KerasLoss { loss, args })
    }

    fn against<'g>(&self, verdict: &Verdict<'g>, target: f64) -> Expr<'g> {
        let logits = verdict.logits;
        self.loss.value(logits.builder().full(logits.shape(), target), logits)
    }

    #[track_caller]
    fn expect<'g>(&self, on: Expr<'g>, args: &[&str]) {
        if !self.args.is_empty() && self.args != args {
            let message = format!("expected args = {args:?} here, found {:?}", self.args);
            on.builder().error(message, Some(format!("write args = {args:?}")));
        }
    }
}

impl GanObjective for KerasLoss {
    /// Of logits and of the hinge, whose targets are 1 and −1, above 0; of what is regressed on 1 and 0, above ½.
    fn margin<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, _: &Verdict<'g>) -> Expr<'g> {
        match &self.loss.kind {
            LossKind::BinaryCrossentropy(loss) if loss.from_logits => real.logits,
            LossKind::Hinge(_) => real.logits,
            _ => real.logits - 0.5,
        }
    }

    fn discriminator_loss<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        self.expect(real.logits, &["real", "fake"]);
        self.against(real, 1.0) + self.against(fake, 0.0)
    }

    fn generator_loss<'g>(&self, _: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        self.expect(fake.logits, &["fake"]);
        self.against(fake, 1.0)
    }
}
