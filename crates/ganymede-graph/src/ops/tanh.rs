//! Hyperbolic tangent: y = tanh x, dx = dy·(1 − y)(1 + y).

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Hyperbolic tangent: y = tanh x, dx = dy·(1 − y)(1 + y). In 1 − y² the square is rounded before its leading digits
    /// cancel; 1 − y is exact near y = 1.
    Tanh, "tanh", libm::tanh,
    |_, y, ct| Some(ct * ((1.0 - y) * (y + 1.0)))
}
