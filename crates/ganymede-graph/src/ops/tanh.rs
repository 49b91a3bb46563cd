//! Hyperbolic tangent: y = tanh x, dx = dy·(1 − y²).

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Hyperbolic tangent: y = tanh x, dx = dy·(1 − y²).
    Tanh, "tanh", libm::tanh,
    |_, y, ct| Some(ct * (1.0 - y * y))
}
