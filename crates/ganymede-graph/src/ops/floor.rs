//! Largest integer not above: y = ⌊x⌋; no derivative.

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Largest integer not above: y = ⌊x⌋; no derivative.
    Floor, "floor", libm::floor,
    |_, _, _| None
}
