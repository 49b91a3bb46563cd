//! Logarithm of one plus x, exact near 0: y = ln(1 + x), dx = dy / (1 + x).

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Logarithm of one plus x, exact near 0: y = ln(1 + x), dx = dy / (1 + x).
    Log1p, "log1p", libm::log1p,
    |x, _, ct| Some(ct / (x + 1.0))
}
