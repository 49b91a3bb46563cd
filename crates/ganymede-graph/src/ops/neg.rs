//! Negation: y = −x, dx = −dy.

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Negation: y = −x, dx = −dy.
    Neg, "neg", |x| -x,
    |_, _, ct| Some(-ct)
}
