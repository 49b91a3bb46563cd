//! Exponential minus one, exact near 0: y = eˣ − 1, dx = dy·eˣ.

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Exponential minus one, exact near 0: y = eˣ − 1, dx = dy·eˣ.
    Expm1, "expm1", libm::expm1,
    |x, _, ct| Some(ct * x.exp())
}
