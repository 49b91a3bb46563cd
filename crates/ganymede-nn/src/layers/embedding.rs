//! Vectors for whole numbers.

use super::Layer;
use crate::config::configured;
use crate::initializers::RandomUniform;
use crate::scope::{ParameterSpec, Scope};
use crate::{Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;
use ganymede_tensor::DType;

configured! {
    /// The row of a table for each whole number.
    ///
    /// # Shapes
    /// Numbers of any shape (N, …), table (input_dim, output_dim), result (N, …, output_dim). A number outside
    /// 0..input_dim gives zeros.
    ///
    /// # Differs
    /// Keras stops at a number outside, on some devices.
    pub struct Embedding {
        /// How many numbers there are.
        input_dim: usize = 1,
        /// Size of each vector.
        output_dim: usize = 1,
        ;
        /// Where the table starts.
        embeddings_initializer: Initializer = RandomUniform::new().into(),
        /// What the table adds to the loss.
        embeddings_regularizer: Option<Regularizer> = None,
        /// What the table is projected on after each update.
        embeddings_constraint: Option<Constraint> = None,
        ; fixed
        activity_regularizer = null, "add the term to the loss instead";
        mask_zero = false, "masks do not exist here: remove it";
        weights = null, "load weights from a file instead";
        lora_rank = null, "low-rank adaptation does not exist here: remove it";
        lora_alpha = null, "low-rank adaptation does not exist here: remove it";
        quantization_config = null, "quantization does not exist here: remove it";
    }
}

impl Layer for Embedding {
    described!("Embedding");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        if self.input_dim == 0 || self.output_dim == 0 {
            let message = format!(
                "expected input_dim and output_dim of at least 1, found {} and {}",
                self.input_dim, self.output_dim
            );
            return scope.builder().error(message, None);
        }
        let spec = ParameterSpec::new(&self.embeddings_regularizer, &self.embeddings_constraint);
        let shape = [self.input_dim, self.output_dim];
        let table = scope.parameter("embeddings", shape, &self.embeddings_initializer, spec);
        table.gather(x.convert(DType::I32))
    }
}
