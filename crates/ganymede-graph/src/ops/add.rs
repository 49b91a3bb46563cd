//! Addition: y = a + b, da = dy, db = dy.

use super::elementwise::binary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

binary! {
    /// Addition: y = a + b, da = dy, db = dy.
    Add, "add", |a, b| a + b,
    |_, _, _, ct| [Some(ct), Some(ct)]
}
