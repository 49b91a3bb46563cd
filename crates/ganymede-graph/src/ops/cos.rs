//! Cosine: y = cos x, dx = −dy·sin x.

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Cosine: y = cos x, dx = −dy·sin x.
    Cos, "cos", libm::cos,
    |x, _, ct| Some(-ct * x.sin())
}
