//! Larger value: y = max(a, b), NaN if either is; the cotangent goes to a where a ≥ b, else to b.

use super::elementwise::binary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

binary! {
    /// Larger value: y = max(a, b), NaN if either is; the cotangent goes to a where a ≥ b, else to b.
    Maximum, "maximum", |a, b| if a >= b || a.is_nan() { a } else { b },
    |a, b, _, ct| {
        let first = a.greater_equal(b);
        [Some(first.select(ct, 0.0)), Some(first.select(0.0, ct))]
    }
}
