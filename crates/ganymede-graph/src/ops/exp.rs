//! Exponential: y = eˣ, dx = dy·y.

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Exponential: y = eˣ, dx = dy·y.
    Exp, "exp", libm::exp,
    |_, y, ct| Some(ct * y)
}
