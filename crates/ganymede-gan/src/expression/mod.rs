//! Losses as text: lines such as `mean((norm(grad(sum(discriminator(x)), x)) - 1) ** 2)`, read once, checked, and evaluated over
//! [`LossScope`] into the same graph that a term in Rust would build. The text is data of a spec, so that a run knows its loss.
//! Not here: the terms that are made of it (`regularizers/expression.rs`, `objectives/expression_objective.rs`).
//!
//! A text has lines `name = expression`; the last line is the value, a scalar, without a name. `#` begins a comment; a line goes on
//! until its brackets are closed. What may stand in it is in three tables: [`NAMES`], [`FUNCTIONS`] and Keras's losses.

mod call;
mod evaluate;
mod functions;
mod lexer;
mod lines;
mod losses;
mod names;
#[cfg(test)]
mod page;
mod parser;
#[cfg(test)]
mod tests;
mod value;

pub use call::Argument;
pub(crate) use evaluate::Verdicts;
pub use functions::{FUNCTIONS, Function};
pub use names::{NAMES, Name};

use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use parser::Line;
use std::fmt;

/// Most lines of a text.
pub const MAX_LINES: usize = 10_000;

/// Most bytes of a text.
pub const MAX_TEXT: usize = 1 << 20;

/// Most operations in each other.
pub const MAX_DEPTH: usize = 64;

/// Most operations, numbers and names of a text.
const MAX_NODES_OF_TEXT: usize = 100_000;

/// Most nodes of a graph that one text makes; derivatives of derivatives multiply them.
const MAX_NODES_OF_GRAPH: usize = 50_000;

/// Most elements of a tensor.
const MAX_ELEMENTS: usize = 1 << 32;

/// Every function of `keras.ops` that a text may call, and what else a loss can ask for. Keras's losses are functions as well.
///
/// ```
/// let mean = ganymede_gan::expression::functions().iter().find(|function| function.name == "mean").unwrap();
/// let names: Vec<_> = mean.arguments().map(|argument| argument.name).collect();
/// assert_eq!(names, ["x", "axis", "keepdims"]);
/// ```
pub fn functions() -> &'static [Function] {
    FUNCTIONS
}

/// The value of the text `key` of a term; with verdicts it is an objective's.
pub(crate) fn value<'g>(key: &str, text: &str, s: &LossScope<'g>, verdicts: Option<Verdicts<'g>>) -> Expr<'g> {
    match Expression::parse(text, verdicts.is_some()) {
        Ok(expression) => expression.evaluate(key, s, &verdicts.unwrap_or_default()),
        Err(error) => s.builder().error(format!("`{}`, {}", s.prefix(), error.of(key)), None),
    }
}

/// Why a text is no loss, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// The line, from 1.
    pub line: usize,
    /// Expected before found.
    pub reason: String,
}

impl ExpressionError {
    /// At a byte of the text.
    fn at(text: &str, at: usize, reason: String) -> ExpressionError {
        ExpressionError { line: line_of(text, at), reason }
    }
}

impl ExpressionError {
    /// With the key of the text in its term.
    pub(crate) fn of(&self, key: &str) -> String {
        format!("line {} of `{key}`: {}", self.line, self.reason)
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for ExpressionError {}

/// The line of a byte, from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// A part of the text as it stands in messages: in one line, not too long.
fn excerpt(text: &str, span: &std::ops::Range<usize>) -> String {
    const LONGEST: usize = 60;
    let words: Vec<&str> = text.get(span.clone()).unwrap_or("").split_whitespace().collect();
    let part = words.join(" ");
    match part.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &part[..end]),
        None => part,
    }
}

/// A text that was read and whose names, functions and arguments are known. Fields of the data are known when it is evaluated.
#[derive(Debug)]
pub struct Expression {
    text: String,
    lines: Vec<Line>,
}

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
        let lines = parser::parse(text)?;
        lines::check(text, &lines, of_objective)?;
        Ok(Expression { text: text.into(), lines })
    }
}
