//! Cross-entropy of independent yes-or-no questions. Not here: one of several classes (`categorical_crossentropy.rs`).

use super::{LossFunction, axis_of, clipped, same_shape};
use crate::config::{Invalid, configured};
use crate::family::require;
use ganymede_graph::Expr;

configured! {
    /// Mean over `axis` of −y·ln p − (1 − y)·ln(1 − p), p kept within 10⁻⁷ of 0 and 1; from logits x with p = sigmoid(x)
    /// as ln(1 + eˣ) − x·y, which needs no bounds.
    ///
    /// # Shapes
    /// y_true as y_pred.
    pub struct BinaryCrossentropy {
        ;
        /// Whether predictions are logits instead of probabilities.
        from_logits: bool = false,
        /// s: y becomes y·(1 − s) + s/2.
        label_smoothing: f64 = 0.0,
        /// The axis of the mean.
        axis: i64 = -1,
    }
}

impl LossFunction for BinaryCrossentropy {
    fn check(&self) -> Result<(), Invalid> {
        let smoothing = self.label_smoothing;
        require("label_smoothing", (0.0..=1.0).contains(&smoothing), "a number from 0 to 1", smoothing)
    }

    fn losses<'g>(&self, y_true: Expr<'g>, y_pred: Expr<'g>) -> Expr<'g> {
        let class = "BinaryCrossentropy";
        let checked = same_shape(class, y_true, y_pred).and_then(|y| Ok((y, axis_of(class, y_pred, self.axis)?)));
        let (mut y, axis) = match checked {
            Ok(checked) => checked,
            Err(poison) => return poison,
        };
        if self.label_smoothing != 0.0 {
            y = y * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing;
        }
        let losses = if self.from_logits {
            y_pred.softplus() - y_pred * y
        } else {
            let p = clipped(y_pred);
            -(y * p.log() + (1.0 - y) * (1.0 - p).log())
        };
        losses.mean_axes(&[axis])
    }
}
