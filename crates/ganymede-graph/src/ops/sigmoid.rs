//! Logistic function: y = 1 / (1 + e⁻ˣ), dx = dy·y·(1 − y).

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Logistic function: y = 1 / (1 + e⁻ˣ), dx = dy·y·(1 − y).
    Sigmoid, "sigmoid", |x| 1.0 / (1.0 + libm::exp(-x)),
    |_, y, ct| Some(ct * y * (1.0 - y))
}
