//! Multiplication: y = a·b, da = dy·b, db = dy·a.

use super::elementwise::binary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

binary! {
    /// Multiplication: y = a·b, da = dy·b, db = dy·a.
    Mul, "mul", |a, b| a * b,
    |a, b, _, ct| [Some(ct * b), Some(ct * a)]
}
