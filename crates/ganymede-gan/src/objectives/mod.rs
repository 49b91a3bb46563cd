//! Objectives: what a discriminator and a generator want of each other. To add one: a file here with
//! a struct that implements [`GanObjective`] and a line in [`OBJECTIVES`]; the names of commands,
//! documents and contract tests follow from the table. Not here: penalties (`regularizers/`).

mod keras_loss;
mod minimax;
mod non_saturating;

pub use keras_loss::KerasLoss;
pub use minimax::Minimax;
pub use non_saturating::NonSaturating;

use crate::error::GanError;
use crate::loss_scope::{LossScope, Verdict};
use crate::spec::TermSpec;
use ganymede_graph::Expr;
use ganymede_nn::losses::LossKind;

/// A pair of losses over the discriminator's verdicts on real and on generated samples.
pub trait GanObjective {
    /// What the discriminator minimises; a scalar.
    fn discriminator_loss<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g>;

    /// What the generator minimises; a scalar. A relative objective asks for the verdict on real samples
    /// itself, `s.discriminator(s.real())`: the others must not pay for it.
    fn generator_loss<'g>(&self, s: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g>;
}

/// An entry of the table: name, one sentence, constructor from a term's arguments.
pub struct Entry {
    /// Name in specs.
    pub name: &'static str,
    /// One sentence for lists.
    pub summary: &'static str,
    make: fn() -> Box<dyn GanObjective>,
}

/// Every objective that is not a plain Keras loss.
pub const OBJECTIVES: &[Entry] = &[
    Entry {
        name: "non_saturating",
        summary: "the generator maximises ln D(fake); Goodfellow et al. 2014",
        make: || Box::new(NonSaturating),
    },
    Entry {
        name: "minimax",
        summary: "the generator minimises ln(1 − D(fake)); Goodfellow et al. 2014",
        make: || Box::new(Minimax),
    },
];

/// Every name that [`objective`] knows.
pub fn names() -> Vec<String> {
    let keras = LossKind::NAMES.iter().map(|name| name.to_string());
    OBJECTIVES.iter().map(|e| e.name.to_string()).chain(keras).collect()
}

/// The objective of a term, or `None` when its name is none of [`names`].
///
/// # Errors
/// [`GanError::Argument`] when the term's arguments are not the objective's.
pub fn objective(term: &TermSpec) -> Result<Option<Box<dyn GanObjective>>, GanError> {
    let refuse = |reason: String| GanError::Argument { what: format!("term `{}`", term.class_name), reason };
    if let Some(entry) = OBJECTIVES.iter().find(|e| e.name == term.class_name) {
        if let Some(argument) = term.arguments.keys().next() {
            return Err(refuse(format!("expected no arguments, found `{argument}`")));
        }
        if term.args.is_some() {
            return Err(refuse("expected no `args`: it compares real and fake by itself".into()));
        }
        return Ok(Some((entry.make)()));
    }
    if LossKind::NAMES.contains(&term.class_name.as_str()) {
        return Ok(Some(Box::new(KerasLoss::from_term(term)?)));
    }
    Ok(None)
}
