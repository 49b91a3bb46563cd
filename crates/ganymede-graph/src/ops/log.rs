//! Natural logarithm: y = ln x, dx = dy / x.

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Natural logarithm: y = ln x, dx = dy / x.
    Log, "log", libm::log,
    |x, _, ct| Some(ct / x)
}
