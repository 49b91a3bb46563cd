//! What can be wrong with a graph while it is built. Not here: broken graphs after a pass (`verify.rs`).

use ganymede_tensor::{DType, Shape};
use std::fmt;
use std::panic::Location;

/// Why a primitive does not take its operands.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypeError {
    /// Wrong number of operands.
    #[error("`{op}` expected {expected} operands, found {found}")]
    Arity {
        /// Name of the primitive.
        op: &'static str,
        /// Number of operands that it takes.
        expected: usize,
        /// Number given.
        found: usize,
    },
    /// An operand has an element type that the primitive does not take.
    #[error("`{op}` expected operand {operand} of type {expected}, found {found}")]
    DType {
        /// Name of the primitive.
        op: &'static str,
        /// Which operand, from 0.
        operand: usize,
        /// What it takes.
        expected: &'static str,
        /// What was given.
        found: DType,
    },
    /// Shapes that must agree do not.
    #[error("`{op}` expected operands of matching shapes, found {left} and {right}: {reason}")]
    Shapes {
        /// Name of the primitive.
        op: &'static str,
        /// Shape of the first operand.
        left: Shape,
        /// Shape of the second operand.
        right: Shape,
        /// Which rule is broken.
        reason: String,
    },
    /// An attribute (axes, strides, sizes …) does not fit the operand.
    #[error("`{op}` on shape {shape}: {reason}")]
    Attribute {
        /// Name of the primitive.
        op: &'static str,
        /// Shape of the operand.
        shape: Shape,
        /// Which rule is broken, expected before found.
        reason: String,
    },
}

ganymede_tensor::debug_as_text!(TypeError, TypeError::hint);

impl TypeError {
    /// What the user can do, where there is one thing to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            TypeError::DType { expected, found, .. } => {
                Some(format!("convert the operand from {found} to {expected} first"))
            }
            _ => None,
        }
    }
}

/// One thing that is wrong with what was built, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// Scope path, such as `discriminator/conv2d_1`; empty at the top.
    pub scope: String,
    /// The caller's source file and line.
    pub location: &'static Location<'static>,
    /// What is wrong, expected before found.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scope.is_empty() {
            write!(f, "{}: ", self.scope)?;
        }
        write!(f, "{} (at {}:{})", self.message, self.location.file(), self.location.line())
    }
}

/// Everything that is wrong with what was built, in the order it was built.
#[derive(Clone, PartialEq, Eq)]
pub struct BuildErrors(pub Vec<BuildError>);

ganymede_tensor::debug_as_text!(BuildErrors, |errors| errors.0.iter().find_map(|error| error.hint.clone()));

impl fmt::Display for BuildErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for BuildErrors {}
