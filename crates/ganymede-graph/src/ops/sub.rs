//! Subtraction: y = a − b, da = dy, db = −dy.

use super::elementwise::binary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

binary! {
    /// Subtraction: y = a − b, da = dy, db = −dy.
    Sub, "sub", |a, b| a - b,
    |_, _, _, ct| [Some(ct), Some(-ct)]
}
