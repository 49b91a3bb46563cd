//! Cross-entropy of one of several classes, the truth as class numbers. Not here: the truth as probabilities
//! (`categorical_crossentropy.rs`).

use super::{LossFunction, axis_of, clipped};
use crate::config::configured;
use ganymede_graph::Expr;
use ganymede_tensor::DType;

configured! {
    /// −ln p of the true class, p = softmax(x) of logits x; for probabilities x = ln p, p kept within 10⁻⁷ of 0 and 1
    /// and divided by their sum.
    ///
    /// # Shapes
    /// y_pred (N, …, classes), y_true (N, …) or (N, …, 1), class numbers from 0.
    ///
    /// # Differs
    /// A number that is no class gives an infinite loss, which the trainer names; Keras raises an error on some devices.
    pub struct SparseCategoricalCrossentropy {
        ;
        /// Whether predictions are logits instead of probabilities.
        from_logits: bool = false,
        ; fixed
        ignore_class = null, "leave the samples of this class out of the data";
        axis = (-1), "put the classes last";
    }
}

impl LossFunction for SparseCategoricalCrossentropy {
    fn losses<'g>(&self, y_true: Expr<'g>, y_pred: Expr<'g>) -> Expr<'g> {
        let axis = match axis_of("SparseCategoricalCrossentropy", y_pred, -1) {
            Ok(axis) => axis,
            Err(poison) => return poison,
        };
        let shape = y_pred.shape();
        let mut labels = y_true;
        if labels.rank() == shape.rank() && labels.shape()[axis] == 1 {
            labels = labels.reshape(&shape[..axis]);
        }
        if labels.shape()[..] != shape[..axis] {
            let expected = shape.without(&[axis]);
            let message = format!(
                "SparseCategoricalCrossentropy expected y_true {expected} for y_pred {shape}, found {}",
                y_true.shape()
            );
            let hint = "use CategoricalCrossentropy for probabilities of classes";
            return y_pred.builder().error(message, Some(hint.into()));
        }
        let logits = if self.from_logits { y_pred } else { clipped(y_pred).log() };
        let truth = labels.convert(DType::I32).one_hot(shape[axis]); // (N, …, classes)
        let losses = -(truth * logits.log_softmax(axis)).sum_axes(&[axis]);
        truth.sum_axes(&[axis]).greater(0.5).select(losses, f64::INFINITY)
    }
}
