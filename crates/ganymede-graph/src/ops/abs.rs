//! Absolute value: y = |x|, dx = dy·sign(x).

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Absolute value: y = |x|, dx = dy·sign(x).
    Abs, "abs", f64::abs,
    |x, _, ct| Some(ct * x.sign())
}
