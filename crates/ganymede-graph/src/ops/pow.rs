//! Power: y = aᵇ, da = dy·b·aᵇ⁻¹, db = dy·y·ln a (0 where a ≤ 0).

use super::elementwise::binary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

binary! {
    /// Power: y = aᵇ, da = dy·b·aᵇ⁻¹, db = dy·y·ln a (0 where a ≤ 0).
    Pow, "pow", libm::pow,
    |a, b, y, ct| {
        let positive = a.greater(0.0);
        let log = positive.select(positive.select(a, 1.0).log(), 0.0);
        [Some(ct * b * a.pow(b - 1.0)), Some(ct * y * log)]
    }
}
