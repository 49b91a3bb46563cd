//! Keras's activation functions by name, and those with arguments as functions. Not here: the layers
//! that hold one (`layers/activation.rs`, `layers/leaky_relu.rs` …).

use crate::arguments::{Argument, IntoArgument};
use crate::config::{Misread, nearest};
use ganymede_graph::Expr;
use ganymede_tensor::{DType, TensorType};
use serde_json::{Value, json};

type Function = for<'g> fn(Expr<'g>) -> Expr<'g>;

/// Every activation that Keras knows by name, with its default arguments.
const TABLE: &[(&str, Function)] = &[
    ("celu", |x| celu(x, 1.0)),
    ("elu", |x| elu(x, 1.0)),
    ("exponential", |x| x.exp()),
    ("gelu", |x| gelu(x, false)),
    ("glu", |x| glu(x, -1)),
    ("hard_shrink", |x| hard_shrink(x, 0.5)),
    ("hard_sigmoid", hard_sigmoid),
    ("hard_silu", |x| x * hard_sigmoid(x)),
    ("hard_swish", |x| x * hard_sigmoid(x)),
    ("hard_tanh", |x| x.clamp(-1.0, 1.0)),
    ("leaky_relu", |x| leaky_relu(x, 0.2)),
    ("linear", |x| x),
    ("log_sigmoid", |x| -(-x).softplus()),
    ("log_softmax", |x| log_softmax(x, -1)),
    ("mish", |x| x * x.softplus().tanh()),
    ("relu", |x| x.relu()),
    ("relu6", relu6),
    ("selu", selu),
    ("sigmoid", |x| x.sigmoid()),
    ("silu", |x| x * x.sigmoid()),
    ("soft_shrink", |x| soft_shrink(x, 0.5)),
    ("softmax", |x| softmax(x, -1)),
    ("softplus", |x| x.softplus()),
    ("softsign", |x| x / (x.abs() + 1.0)),
    ("sparse_plus", sparse_plus),
    ("sparse_sigmoid", sparse_sigmoid),
    ("sparsemax", |x| sparsemax(x, -1)),
    ("squareplus", |x| squareplus(x, 4.0)),
    ("swish", |x| x * x.sigmoid()),
    ("tanh", |x| x.tanh()),
    ("tanh_shrink", |x| x - x.tanh()),
];

/// The names of all activations.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}

/// An activation by its Keras name, such as `relu`.
///
/// A name that does not exist is an error when a configuration is read, or a layer built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation(String);

impl Activation {
    /// The identity, Keras's default.
    pub fn linear() -> Self {
        Activation("linear".into())
    }

    /// Keras's default of what goes into the state of a recurrent layer.
    pub fn tanh() -> Self {
        Activation("tanh".into())
    }

    /// Keras's default of the gates of a recurrent layer.
    pub fn sigmoid() -> Self {
        Activation("sigmoid".into())
    }

    /// Its Keras name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The function at every element (softmax and its kin: along the last axis).
    ///
    /// # Errors
    /// Recorded when there is no activation of this name.
    pub fn apply<'g>(&self, x: Expr<'g>) -> Expr<'g> {
        if x.is_poison() {
            return x;
        }
        match TABLE.iter().find(|(name, _)| *name == self.0) {
            Some((_, function)) => function(x),
            None => {
                let hint = nearest(&self.0, names()).map(|n| format!("did you mean `{n}`?"));
                let message = format!("expected the name of an activation, found `{}`", self.0);
                x.builder().error_as(message, hint, x.ty())
            }
        }
    }
}

impl IntoArgument<Activation> for &str {
    fn into_argument(self) -> Activation {
        Activation(self.into())
    }
}

impl Argument for Activation {
    fn expected() -> String {
        "the name of an activation".into()
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        let name = value.as_str().ok_or_else(Misread::default)?;
        if names().any(|n| n == name) {
            return Ok(Activation(name.into()));
        }
        let misread = Misread::word(name, names());
        let known = || format!("known are {}", names().collect::<Vec<_>>().join(", "));
        Err(Misread { hint: misread.hint.clone().or_else(|| Some(known())), ..misread })
    }
    fn write(&self) -> Value {
        json!(self.0)
    }
    /// Keras's `None`.
    fn null() -> Option<Self> {
        Some(Activation::linear())
    }
}

/// min(x, max_value) where x > threshold, else negative_slope·(x − threshold).
pub fn relu<'g>(x: Expr<'g>, negative_slope: f64, max_value: Option<f64>, threshold: f64) -> Expr<'g> {
    if negative_slope != 0.0 && max_value.is_none() && threshold == 0.0 {
        return leaky_relu(x, negative_slope);
    }
    let passed = if threshold == 0.0 { x.relu() } else { x.greater(threshold).select(x, 0.0) };
    let capped = match max_value {
        Some(max) => passed.minimum(max),
        None => passed,
    };
    if negative_slope == 0.0 { capped } else { capped - (threshold - x).relu() * negative_slope }
}

/// x where x > 0, else negative_slope·x.
pub fn leaky_relu(x: Expr<'_>, negative_slope: f64) -> Expr<'_> {
    x.greater(0.0).select(x, x * negative_slope)
}

/// relu(x), at most 6.
fn relu6(x: Expr<'_>) -> Expr<'_> {
    // In this order a tie's cotangent goes to the 6.
    x.builder().constant(6.0).minimum(x.relu())
}

/// x where x > 0, else alpha·(eˣ − 1).
///
/// # Source
/// Clevert, Unterthiner, Hochreiter (2016), arXiv:1511.07289.
pub fn elu(x: Expr<'_>, alpha: f64) -> Expr<'_> {
    // The exponential of large x must not overflow: 0 times its derivative is no number.
    x.greater(0.0).select(x, x.minimum(0.0).expm1() * alpha)
}

/// 1.0507·elu(x, 1.6733), whose constants keep mean 0 and variance 1.
///
/// # Source
/// Klambauer et al. (2017), "Self-Normalizing Neural Networks", arXiv:1706.02515.
fn selu(x: Expr<'_>) -> Expr<'_> {
    let negative = x.minimum(0.0).expm1() * 1.673_263_242_354_377_2;
    x.greater_equal(0.0).select(x, negative) * 1.050_700_987_355_480_5 // TensorFlow's derivative at 0 is that of x
}

/// max(x, 0) + min(alpha·(e^(x/alpha) − 1), 0).
///
/// # Source
/// Barron (2017), "Continuously Differentiable Exponential Linear Units", arXiv:1704.07483.
pub fn celu(x: Expr<'_>, alpha: f64) -> Expr<'_> {
    x.greater(0.0).select(x, (x.minimum(0.0) * (1.0 / alpha)).expm1() * alpha)
}

/// x·Φ(x) with the normal distribution function Φ, or its approximation by tanh.
///
/// # Source
/// Hendrycks, Gimpel (2016), "Gaussian Error Linear Units", arXiv:1606.08415.
pub fn gelu(x: Expr<'_>, approximate: bool) -> Expr<'_> {
    let phi = if approximate {
        let inner = (x + x * x * x * 0.044715) * (2.0 / std::f64::consts::PI).sqrt();
        inner.tanh()
    } else {
        (x * std::f64::consts::FRAC_1_SQRT_2).erf()
    };
    x * 0.5 * (phi + 1.0)
}

/// a·sigmoid(b) with a and b the halves of x along `axis`.
///
/// # Errors
/// Recorded when the axis does not exist or has an odd size.
pub fn glu(x: Expr<'_>, axis: i64) -> Expr<'_> {
    let Some(axis) = axis_of(x, axis) else { return no_axis(x, axis) };
    let size = x.shape()[axis];
    if !size.is_multiple_of(2) {
        return x.builder().error(format!("expected an even size of axis {axis} to halve, found {size}"), None);
    }
    x.slice_axis(axis, 0..size / 2) * x.slice_axis(axis, size / 2..size).sigmoid()
}

/// relu6(x + 3) / 6.
fn hard_sigmoid(x: Expr<'_>) -> Expr<'_> {
    relu6(x + 3.0) * (1.0 / 6.0)
}

/// x where |x| > threshold, else 0.
pub fn hard_shrink(x: Expr<'_>, threshold: f64) -> Expr<'_> {
    x.abs().greater(threshold).select(x, 0.0)
}

/// x moved toward 0 by `threshold`, and 0 within it.
pub fn soft_shrink(x: Expr<'_>, threshold: f64) -> Expr<'_> {
    x.greater(threshold).select(x - threshold, x.less(-threshold).select(x + threshold, 0.0))
}

/// 0 up to −1, (x + 1)²/4 up to 1, then x.
fn sparse_plus(x: Expr<'_>) -> Expr<'_> {
    let middle = x.less(1.0).select((x + 1.0).square() * 0.25, x);
    x.less_equal(-1.0).select(0.0, middle)
}

/// 0 up to −1, (x + 1)/2 up to 1, then 1.
fn sparse_sigmoid(x: Expr<'_>) -> Expr<'_> {
    let middle = x.less(1.0).select((x + 1.0) * 0.5, 1.0);
    x.less_equal(-1.0).select(0.0, middle)
}

/// (x + √(x² + b)) / 2.
pub fn squareplus(x: Expr<'_>, b: f64) -> Expr<'_> {
    (x + (x.square() + b).sqrt()) * 0.5
}

/// x where x > threshold, else `default_value`.
pub fn threshold(x: Expr<'_>, threshold: f64, default_value: f64) -> Expr<'_> {
    x.greater(threshold).select(x, default_value)
}

/// eˣ / Σ eˣ along `axis`.
///
/// # Errors
/// Recorded when the axis does not exist.
pub fn softmax(x: Expr<'_>, axis: i64) -> Expr<'_> {
    axis_of(x, axis).map_or_else(|| no_axis(x, axis), |axis| x.softmax(axis))
}

/// ln softmax along `axis`.
///
/// # Errors
/// Recorded when the axis does not exist.
pub fn log_softmax(x: Expr<'_>, axis: i64) -> Expr<'_> {
    axis_of(x, axis).map_or_else(|| no_axis(x, axis), |axis| x.log_softmax(axis))
}

/// max(x − τ, 0) along `axis` with τ = (Σ s_i − 1) / k: s_i is the sum of the i largest elements, and k counts
/// those that hold x_i > (s_i − 1) / i, over which the sum goes.
///
/// Every pair along the axis is compared instead of sorting it.
///
/// # Errors
/// Recorded when the axis does not exist.
///
/// # Source
/// Martins, Astudillo (2016), "From Softmax to Sparsemax", arXiv:1602.02068, algorithm 1.
///
/// # Differs
/// The paper has s_k in place of Σ s_i, which makes the result sum to 1. This is what Keras 3 computes.
pub fn sparsemax(x: Expr<'_>, axis: i64) -> Expr<'_> {
    let Some(axis) = axis_of(x, axis) else { return no_axis(x, axis) };
    let shape = x.shape();
    let mut pairs = shape.to_vec();
    pairs.insert(axis + 1, shape[axis]);
    let own: Vec<usize> = (0..shape.rank()).map(|a| if a <= axis { a } else { a + 1 }).collect();
    let other: Vec<usize> = (0..shape.rank()).map(|a| if a < axis { a } else { a + 1 }).collect();
    let (i, j) = (x.broadcast(pairs.clone(), &own), x.broadcast(pairs.clone(), &other)); // (…, i, j, …)
    let place = |axis| x.builder().iota(TensorType::new(DType::I32, pairs.clone()), axis);
    let first = j.equal(i).and(place(axis + 1).less_equal(place(axis)));
    let above = j.greater(i).or(first).select(1.0, 0.0);
    let (rank, sum) = (above.sum_axes(&[axis + 1]), (above * j).sum_axes(&[axis + 1]));
    let support = x.greater((sum - 1.0) / rank).select(1.0, 0.0);
    let tau = ((support * sum).sum_keep(&[axis]) - 1.0) / support.sum_keep(&[axis]);
    (x - tau).maximum(0.0)
}

/// The axis that `axis` means; negative ones count from the end.
fn axis_of(x: Expr<'_>, axis: i64) -> Option<usize> {
    let rank = x.rank();
    usize::try_from(if axis < 0 { axis + rank as i64 } else { axis }).ok().filter(|&a| a < rank)
}

fn no_axis(x: Expr<'_>, axis: i64) -> Expr<'_> {
    x.builder().error_as(format!("expected an axis of {}, found {axis}", x.shape()), None, x.ty())
}
