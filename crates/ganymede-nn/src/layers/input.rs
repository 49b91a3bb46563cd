//! The layer that declares what a model takes.

use super::Layer;
use crate::arguments::words;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;
use ganymede_tensor::{DType, TensorType};

words! {
    /// Element type of an input, under Keras's name.
    pub enum InputType {
        /// `f32`.
        Float32 = "float32",
        /// `i32`: labels, indices.
        Int32 = "int32",
        /// `u8`: images as they are stored.
        Uint8 = "uint8",
    }
}

configured! {
    /// Keras's `Input`: declares the type of one of a model's inputs, and hands it on.
    ///
    /// # Shapes
    /// (N, shape…), the same out.
    pub struct Input {
        /// Sizes without the batch axis.
        shape: Vec<usize> = Vec::new(),
        ;
        /// Element type.
        dtype: InputType = InputType::Float32,
        ; fixed
        batch_size = null, "the batch is a matter of the training: remove it";
        batch_shape = null, "give shape, without the batch axis";
        input_tensor = null, "remove it";
        sparse = false, "sparse tensors do not exist here: remove it";
        ragged = false, "ragged tensors do not exist here: remove it";
        optional = false, "every input is needed: remove it";
    }
}

impl Input {
    /// The declared type for a batch.
    pub fn ty(&self, batch: usize) -> TensorType {
        let dtype = match self.dtype {
            InputType::Float32 => DType::F32,
            InputType::Int32 => DType::I32,
            InputType::Uint8 => DType::U8,
        };
        TensorType::new(dtype, [batch].into_iter().chain(self.shape.iter().copied()).collect::<Vec<_>>())
    }
}

impl Layer for Input {
    described!("Input");

    fn input(&self) -> Option<&Input> {
        Some(self)
    }

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let found = x.ty();
        let expected = self.ty(found.shape.first().copied().unwrap_or(1));
        if found == expected {
            return x;
        }
        let name = scope.path().split('/').next().unwrap_or_default();
        let sample = |ty: &TensorType| {
            let sizes = ty.shape.get(1..).unwrap_or(&[]);
            format!("{} of type {}", ganymede_tensor::Shape::from(sizes), ty.dtype)
        };
        let message = format!("`{name}` takes samples {}, found {}", sample(&expected), sample(&found));
        scope.builder().error_as(message, Some("make the two sizes equal".into()), expected)
    }
}
