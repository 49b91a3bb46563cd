//! Whole numbers as vectors of zeros and ones, or of counts. Not here: a learned vector for each (`embedding.rs`).

use super::Layer;
use crate::arguments::words;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

words! {
    /// What becomes of whole numbers.
    pub enum OutputMode {
        /// A vector for each number, 1 at its place.
        OneHot = "one_hot",
        /// A vector for each sample, 1 at the place of each number that it has.
        MultiHot = "multi_hot",
        /// A vector for each sample of how often it has each number.
        Count = "count",
    }
}

configured! {
    /// Each number as a vector that is 1 at its place and 0 elsewhere (`one_hot`), or of all numbers of a sample the largest of
    /// these vectors (`multi_hot`), or their sum (`count`). No derivative flows to the numbers.
    ///
    /// # Shapes
    /// `one_hot`: (N,) and (N, 1) → (N, num_tokens), (N, …, n) → (N, …, n, num_tokens). `multi_hot`, `count`: (N, n) → (N, num_tokens).
    /// A number outside 0..num_tokens gives zeros.
    ///
    /// # Errors
    /// Recorded for other shapes: of labels (N,), Keras makes one sample of the whole batch where the mode is not `one_hot`.
    pub struct CategoryEncoding {
        /// How many numbers there are.
        num_tokens: usize = 1,
        ;
        /// What becomes of them.
        output_mode: OutputMode = OutputMode::MultiHot,
        ; fixed
        sparse = false, "tensors are dense here: remove it";
    }
}

impl Layer for CategoryEncoding {
    described!("CategoryEncoding");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let refuse = |expected: &str, hint: Option<&str>| {
            let message = format!("expected {expected}, found {} and {} num_tokens", x.ty(), self.num_tokens);
            scope.builder().error(message, hint.map(str::to_string))
        };
        let shape = x.shape();
        match (self.output_mode, shape.rank()) {
            (_, 0) => refuse("numbers (batch, …)", None),
            _ if self.num_tokens == 0 => refuse("num_tokens of at least 1", None),
            (OutputMode::OneHot, rank) if rank > 1 && shape[rank - 1] == 1 => {
                x.reshape(shape[..rank - 1].to_vec()).one_hot(self.num_tokens)
            }
            (OutputMode::OneHot, _) => x.one_hot(self.num_tokens),
            (_, 1) => refuse("numbers (batch, n)", Some("set output_mode = \"one_hot\" for one number a sample")),
            (OutputMode::MultiHot, 2) => x.one_hot(self.num_tokens).max_axes(&[1]),
            (OutputMode::Count, 2) => x.one_hot(self.num_tokens).sum_axes(&[1]),
            _ => refuse("numbers (batch, n)", Some("put a Flatten layer in front of it")),
        }
    }
}
