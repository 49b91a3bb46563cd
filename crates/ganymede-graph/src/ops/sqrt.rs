//! Square root: y = √x, dx = dy / (2·y).

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Square root: y = √x, dx = dy / (2·y).
    Sqrt, "sqrt", libm::sqrt,
    |_, y, ct| Some(ct * 0.5 / y)
}
