//! Sign: y = −1, 0 or 1; no derivative.

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Sign: y = −1, 0 or 1; no derivative.
    Sign, "sign", |x| if x == 0.0 { 0.0 } else if x.is_nan() { x } else { x.signum() },
    |_, _, _| None
}
