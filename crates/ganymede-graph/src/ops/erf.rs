//! Error function: y = erf x, dx = dy·2/√π·e^(−x²).

use super::elementwise::unary;
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

unary! {
    /// Error function: y = erf x, dx = dy·2/√π·e^(−x²).
    Erf, "erf", libm::erf,
    |x, _, ct| Some(ct * (-(x * x)).exp() * std::f64::consts::FRAC_2_SQRT_PI)
}
