//! Losses as text: lines such as `mean((norm(grad(sum(discriminator(x)), x)) - 1) ** 2)`, read once, checked, and evaluated over
//! [`LossScope`] into the same graph that a term in Rust would build. The text is data of a spec, so that a run knows its loss.
//! Not here: the language, which a layer speaks, too (`ganymede_nn::expression`); the terms that are made of it
//! (`regularizers/expression.rs`, `objectives/expression_objective.rs`).
//!
//! A text has lines `name = expression`; the last line is the value, a scalar, without a name. `#` begins a comment; a line goes on
//! until its brackets are closed. What may stand in it is in three tables: [`NAMES`], [`functions()`] and Keras's losses.

mod around;
mod functions;
mod names;
#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;

pub(crate) use around::Verdicts;
pub use ganymede_nn::expression::{Argument, ExpressionError, Function, MAX_DEPTH, MAX_LINES, MAX_TEXT};
pub use names::{NAMES, Name};

use crate::loss_scope::LossScope;
use around::{Around, Words};
use ganymede_graph::Expr;

/// Every function of `keras.ops` that a text may call, and what else a loss can ask for. Keras's losses are functions as well.
///
/// ```
/// let mean = ganymede_gan::expression::functions().find(|function| function.name == "mean").unwrap();
/// let names: Vec<_> = mean.arguments().map(|argument| argument.name).collect();
/// assert_eq!(names, ["x", "axis", "keepdims"]);
/// ```
pub fn functions() -> impl Iterator<Item = &'static Function> {
    functions::OWN.iter().map(|(function, _)| function).chain(ganymede_nn::expression::functions())
}

/// The value of the text `key` of a term; with verdicts it is an objective's.
pub(crate) fn value<'g>(key: &str, text: &str, s: &LossScope<'g>, verdicts: Option<Verdicts<'g>>) -> Expr<'g> {
    match Expression::parse(text, verdicts.is_some()) {
        Ok(expression) => expression.evaluate(key, s, &verdicts.unwrap_or_default()),
        Err(error) => s.builder().error(format!("`{}`, {}", s.prefix(), error.of(key)), None),
    }
}

/// A text that was read and whose names, functions and arguments are known. Fields of the data are known when it is evaluated.
#[derive(Debug)]
pub struct Expression(ganymede_nn::expression::Expression);

impl Expression {
    /// Reads a text. Only an objective knows `real_logits` and `fake_logits`.
    ///
    /// # Errors
    /// The first line that is wrong: its form, an unknown function, arguments that a function has not, a name that is given twice,
    /// used before its line, or never used; no value, more than 10,000 lines or 64 operations in each other.
    ///
    /// ```
    /// use ganymede_gan::expression::Expression;
    ///
    /// assert!(Expression::parse("mean(square(real - fake))", false).is_ok());
    /// let error = Expression::parse("x = real\nmaen(x)", false).unwrap_err();
    /// assert_eq!(error.to_string(), "line 2: expected a function, found `maen` (did you mean `mean`?)");
    /// ```
    pub fn parse(text: &str, of_objective: bool) -> Result<Expression, ExpressionError> {
        ganymede_nn::expression::Expression::parse(text, &Words::new(of_objective)).map(Expression)
    }

    /// The value of the text, a scalar, whose name in its term is `key`.
    ///
    /// # Errors
    /// Recorded with the line: a name that is none, values that a function does not take, shapes that do not fit, a value that is
    /// no scalar.
    pub(crate) fn evaluate<'g>(&self, key: &str, s: &LossScope<'g>, verdicts: &Verdicts<'g>) -> Expr<'g> {
        self.0.evaluate(key, &Around::new(s, verdicts))
    }
}
