//! Functions of tensors as text: lines such as `mean(square(x1 - x2))`, read once, checked, and evaluated into the same graph that
//! the same calls in Rust would build. The text is data of a spec, so that a run knows what it computes.
//! Not here: what a text is of: a layer (`layers/expression.rs`), a loss (`ganymede-gan`), which add names and functions of their own.
//!
//! A text has lines `name = expression`; the last line is the value, without a name. `#` begins a comment; a line goes on until its
//! brackets are closed. What may stand in every text is in two tables: [`functions()`] and Keras's losses.

mod call;
mod evaluate;
mod functions;
mod lexer;
mod lines;
mod losses;
mod parser;
mod value;
mod vocabulary;

pub use call::{Argument, Call};
pub use functions::{Applied, Function, functions};
pub use losses::arguments as arguments_of_loss;
pub use value::{Value, float};
pub use vocabulary::{Surroundings, Vocabulary};

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

/// Why a text is none, and where.
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

    /// With the key under which the text stands.
    pub fn of(&self, key: &str) -> String {
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

/// A text that was read and whose functions and arguments are known.
#[derive(Debug)]
pub struct Expression {
    text: String,
    lines: Vec<Line>,
}

impl Expression {
    /// Reads a text.
    ///
    /// # Errors
    /// The first line that is wrong: its form, an unknown function, arguments that a function has not, a name that is given twice,
    /// used before its line, or never used; no value, more than 10,000 lines or 64 operations in each other.
    pub fn parse(text: &str, vocabulary: &dyn Vocabulary) -> Result<Expression, ExpressionError> {
        let lines = parser::parse(text)?;
        lines::check(text, &lines, vocabulary)?;
        Ok(Expression { text: text.into(), lines })
    }
}
