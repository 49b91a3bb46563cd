//! What a builder has recorded so far: errors, nodes. Not here: recording them (`builder.rs`).

use super::Builder;
use crate::error::BuildError;

impl Builder {
    /// Whether any error was recorded so far.
    pub fn has_errors(&self) -> bool {
        !self.inner.borrow().errors.is_empty()
    }

    /// Number of errors recorded so far.
    pub fn error_count(&self) -> usize {
        self.inner.borrow().errors.len()
    }

    /// Gives the errors from number `from` on another message: one who builds from a text says where in it they arose.
    pub fn explain_errors(&self, from: usize, explain: impl Fn(&str) -> String) {
        for error in self.inner.borrow_mut().errors.iter_mut().skip(from) {
            error.message = explain(&error.message);
        }
    }

    /// Number of nodes so far.
    pub fn node_count(&self) -> usize {
        self.inner.borrow().graph.nodes.len()
    }

    /// Takes the errors recorded so far (a checker that goes on by itself).
    pub fn take_errors(&self) -> Vec<BuildError> {
        std::mem::take(&mut self.inner.borrow_mut().errors)
    }
}
