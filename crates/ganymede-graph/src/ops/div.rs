//! Division: y = a / b, da = dy / b, db = −dy·y / b.

use super::elementwise::binary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

binary! {
    /// Division: y = a / b, da = dy / b, db = −dy·y / b.
    Div, "div", |a, b| a / b,
    |_, b, y, ct| [Some(ct / b), Some(-(ct / b) * y)]
}
