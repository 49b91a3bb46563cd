//! Regularizers: terms that a player's loss gets beside the objective. To add one: a file here with a
//! struct that implements [`Regularizer`] and a line in [`REGULARIZERS`]. Weight and interval are the
//! term's and the phase's. Not here: penalties on weights, which are Keras's (`ganymede-nn`).

mod gradient_penalty;

pub use gradient_penalty::GradientPenalty;

use crate::error::GanError;
use crate::loss_scope::LossScope;
use crate::spec::TermSpec;
use ganymede_graph::Expr;
use serde::de::DeserializeOwned;

/// Whose loss a regularizer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Player {
    /// The discriminator (critic).
    Discriminator,
    /// The generator.
    Generator,
}

/// A term of one player's loss.
pub trait Regularizer {
    /// Whose loss it belongs to.
    fn player(&self) -> Player;

    /// The penalty before its weight; a scalar.
    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g>;
}

/// An entry of the table: name, one sentence, constructor from a term's arguments.
pub struct Entry {
    /// Name in specs.
    pub name: &'static str,
    /// One sentence for lists.
    pub summary: &'static str,
    make: fn(toml::Table) -> Result<Box<dyn Regularizer>, toml::de::Error>,
}

/// Every regularizer.
pub const REGULARIZERS: &[Entry] = &[Entry {
    name: "gradient_penalty",
    summary: "the critic's slope between real and fake is held at 1; Gulrajani et al. 2017",
    make: make::<GradientPenalty>,
}];

fn make<R: Regularizer + DeserializeOwned + 'static>(
    arguments: toml::Table,
) -> Result<Box<dyn Regularizer>, toml::de::Error> {
    toml::Value::Table(arguments).try_into().map(|r: R| Box::new(r) as Box<dyn Regularizer>)
}

/// The regularizer of a term, or `None` when its name is not in the table.
///
/// # Errors
/// [`GanError::Argument`] when the term's arguments are not the regularizer's.
pub fn regularizer(term: &TermSpec) -> Result<Option<Box<dyn Regularizer>>, GanError> {
    let Some(entry) = REGULARIZERS.iter().find(|e| e.name == term.class_name) else { return Ok(None) };
    let refuse = |reason: String| GanError::Argument { what: format!("term `{}`", term.class_name), reason };
    if term.args.is_some() {
        return Err(refuse("expected no `args`".into()));
    }
    (entry.make)(term.arguments.clone()).map(Some).map_err(|e| refuse(e.message().to_string()))
}
