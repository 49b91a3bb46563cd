//! Power: y = aᵇ, da = dy·b·aᵇ⁻¹, db = dy·y·ln a (0 where a ≤ 0).

use super::elementwise::binary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

binary! {
    /// Power: y = aᵇ with 0⁰ = 1, da = dy·b·aᵇ⁻¹, db = dy·y·ln a (0 where a ≤ 0).
    ///
    /// da is finite wherever the derivative is, to any order: a constant power p ends with a⁰, whose derivative is 0, and
    /// 0ᵇ has da = 0 where b = 0.
    ///
    /// # Differs
    /// TensorFlow's da of 0⁰ is 0·0⁻¹, which is not a number.
    Pow, "pow", libm::pow,
    |a, b, y, ct| {
        let positive = a.greater(0.0);
        let log = positive.select(positive.select(a, 1.0).log(), 0.0);
        let by_base = match b.splat_value() {
            Some(0.0) => None,
            Some(p) => Some(ct * p * a.pow(p - 1.0)),
            None => {
                let both_zero = a.equal(0.0).and(b.equal(0.0));
                Some(ct * b * a.pow(both_zero.select(0.0, b - 1.0)))
            }
        };
        [by_base, Some(ct * y * log)]
    }
}
