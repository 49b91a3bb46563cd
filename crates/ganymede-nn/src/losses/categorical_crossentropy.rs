//! Cross-entropy of one of several classes, the truth as probabilities. Not here: the truth as class numbers
//! (`sparse_categorical_crossentropy.rs`).

use super::{LossFunction, axis_of, clipped, same_shape};
use crate::config::{Invalid, configured};
use crate::family::require;
use ganymede_graph::Expr;

configured! {
    /// −Σ y·ln p over the classes, p divided by its sum and kept within 10⁻⁷ of 0 and 1; from logits with
    /// p = softmax(x), which needs no bounds.
    ///
    /// # Shapes
    /// y_true as y_pred.
    pub struct CategoricalCrossentropy {
        ;
        /// Whether predictions are logits instead of probabilities.
        from_logits: bool = false,
        /// s: y becomes y·(1 − s) + s / (number of classes).
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i64 = -1,
    }
}

impl LossFunction for CategoricalCrossentropy {
    fn check(&self) -> Result<(), Invalid> {
        let smoothing = self.label_smoothing;
        require("label_smoothing", (0.0..=1.0).contains(&smoothing), "a number from 0 to 1", smoothing)
    }

    fn losses<'g>(&self, y_true: Expr<'g>, y_pred: Expr<'g>) -> Expr<'g> {
        let class = "CategoricalCrossentropy";
        let checked = same_shape(class, y_true, y_pred).and_then(|y| Ok((y, axis_of(class, y_pred, self.axis)?)));
        let (mut y, axis) = match checked {
            Ok(checked) => checked,
            Err(poison) => return poison,
        };
        if self.label_smoothing != 0.0 {
            // Keras counts the classes along the last axis, whatever `axis` is.
            let classes = y.shape().last().copied().unwrap_or(1) as f64;
            y = y * (1.0 - self.label_smoothing) + self.label_smoothing / classes;
        }
        let log_p =
            if self.from_logits { y_pred.log_softmax(axis) } else { clipped(y_pred / y_pred.sum_keep(&[axis])).log() };
        -(y * log_p).sum_axes(&[axis])
    }
}
