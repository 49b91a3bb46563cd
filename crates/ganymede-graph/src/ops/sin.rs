//! Sine: y = sin x, dx = dy·cos x.

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Sine: y = sin x, dx = dy·cos x.
    Sin, "sin", libm::sin,
    |x, _, ct| Some(ct * x.cos())
}
