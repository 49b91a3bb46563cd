//! `Expr`: a value under construction, as a `Copy` handle with operators, so that a loss reads
//! like the paper. Here are the handle, the arithmetic with broadcasting and one method per
//! primitive; what is made of several primitives is in `compose.rs`.

use crate::builder::Builder;
use crate::graph::NodeId;
use crate::ops::{self, Op};
use ganymede_tensor::{DType, Shape, TensorType};
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Not, Sub};

/// A node of a graph that is being built.
///
/// Building never fails at the call: an error is recorded with scope and line, the result is a
/// *poison* that silences what depends on it, and [`Builder::finish`] returns every error.
#[derive(Clone, Copy)]
pub struct Expr<'g> {
    pub(crate) builder: &'g Builder,
    pub(crate) id: NodeId,
}

impl fmt::Debug for Expr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}: {}", self.id.0, self.ty())
    }
}

/// What can stand beside an [`Expr`] in arithmetic: another one, or a number.
pub trait IntoExpr<'g> {
    /// The value as a node of `builder`.
    fn into_expr(self, builder: &'g Builder) -> Expr<'g>;
}

impl<'g> IntoExpr<'g> for Expr<'g> {
    fn into_expr(self, _: &'g Builder) -> Expr<'g> {
        self
    }
}

impl<'g> IntoExpr<'g> for f64 {
    #[track_caller]
    fn into_expr(self, builder: &'g Builder) -> Expr<'g> {
        builder.constant(self)
    }
}

impl<'g> Expr<'g> {
    /// The builder that it belongs to.
    pub fn builder(self) -> &'g Builder {
        self.builder
    }

    /// Its index in the graph.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// Element type and shape.
    pub fn ty(self) -> TensorType {
        self.builder.ty(self.id)
    }

    /// Sizes.
    pub fn shape(self) -> Shape {
        self.ty().shape
    }

    /// Element type.
    pub fn dtype(self) -> DType {
        self.ty().dtype
    }

    /// Number of axes.
    pub fn rank(self) -> usize {
        self.shape().rank()
    }

    /// Whether an error made it meaningless (the error is recorded already).
    pub fn is_poison(self) -> bool {
        self.builder.is_poison(self.id)
    }

    /// The value of every element, where it is one constant.
    pub(crate) fn splat_value(self) -> Option<f64> {
        self.builder.with_graph(|graph| graph.splat_value(self.id))
    }

    #[track_caller]
    fn push(self, op: impl Into<Op>, inputs: &[Expr<'g>]) -> Expr<'g> {
        self.builder.push(op.into(), inputs)
    }

    // --- movement -----------------------------------------------------------------------

    /// The same elements in row-major order under other sizes.
    ///
    /// # Errors
    /// Recorded when the number of elements differs; the result then has the shape asked for.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Expr<'g> {
        let shape = shape.into();
        if self.shape() == shape && !self.is_poison() { self } else { self.push(ops::Reshape { shape }, &[self]) }
    }

    /// Axes in another order: axis i of the result is axis `order[i]` of this.
    #[track_caller]
    pub fn transpose(self, order: &[usize]) -> Expr<'g> {
        self.push(ops::Transpose { order: order.to_vec() }, &[self])
    }

    /// Repeats along new or size-1 axes: axis i of this becomes axis `axes[i]` of `shape`.
    #[track_caller]
    pub fn broadcast(self, shape: impl Into<Shape>, axes: &[usize]) -> Expr<'g> {
        self.push(ops::Broadcast { shape: shape.into(), axes: axes.to_vec() }, &[self])
    }

    /// Broadcasts as NumPy does: axes are aligned at the end, sizes 1 repeat.
    ///
    /// # Errors
    /// Recorded when the shapes do not fit.
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Expr<'g> {
        let shape = shape.into();
        let own = self.shape();
        if own == shape || self.is_poison() {
            return self;
        }
        let shift = shape.rank().saturating_sub(own.rank());
        let axes: Vec<usize> = (0..own.rank()).map(|i| i + shift).collect();
        self.broadcast(shape, &axes)
    }

    /// Elements `start[i], start[i] + stride[i], …` below `limit[i]` of each axis i.
    #[track_caller]
    pub fn slice(self, start: &[usize], limit: &[usize], stride: &[usize]) -> Expr<'g> {
        self.push(ops::Slice { start: start.to_vec(), limit: limit.to_vec(), stride: stride.to_vec() }, &[self])
    }

    /// Elements `range` of one axis.
    #[track_caller]
    pub fn slice_axis(self, axis: usize, range: std::ops::Range<usize>) -> Expr<'g> {
        let shape = self.shape();
        if axis >= shape.rank() {
            return self.builder.attribute_error(
                "slice",
                self,
                format!("expected an axis below {}, found {axis}", shape.rank()),
            );
        }
        let mut start = vec![0; shape.rank()];
        let mut limit = shape.to_vec();
        (start[axis], limit[axis]) = (range.start, range.end);
        self.slice(&start, &limit, &vec![1; shape.rank()])
    }

    /// Surrounds with `value`: `low[i]` before, `high[i]` after, `interior[i]` between the elements of axis i.
    #[track_caller]
    pub fn pad(self, low: &[usize], high: &[usize], interior: &[usize], value: f64) -> Expr<'g> {
        let (low, high, interior) = (low.to_vec(), high.to_vec(), interior.to_vec());
        self.push(ops::Pad { low, high, interior, value: value.to_bits() }, &[self])
    }

    /// Elements of the given axes in reverse order.
    #[track_caller]
    pub fn reverse(self, axes: &[usize]) -> Expr<'g> {
        self.push(ops::Reverse { axes: axes.to_vec() }, &[self])
    }

    /// Converts elements: to integers by truncation toward zero with saturation, to `bool` as ≠ 0.
    #[track_caller]
    pub fn convert(self, dtype: DType) -> Expr<'g> {
        if self.dtype() == dtype { self } else { self.push(ops::Convert { dtype }, &[self]) }
    }

    /// Rows of this table (V, …) at `index` (any shape, `i32`): result index.shape + (…); zeros where the index is outside.
    #[track_caller]
    pub fn gather(self, index: Expr<'g>) -> Expr<'g> {
        self.push(ops::Gather {}, &[self, index])
    }

    /// The value, through which no derivative flows.
    #[track_caller]
    pub fn stop_gradient(self) -> Expr<'g> {
        self.push(ops::StopGradient {}, &[self])
    }

    /// Sum over all processes of a run; the value itself when there is one.
    #[track_caller]
    pub fn all_reduce_sum(self) -> Expr<'g> {
        self.push(ops::AllReduceSum {}, &[self])
    }

    // --- reductions ---------------------------------------------------------------------

    /// Sum over the given axes, which disappear.
    #[track_caller]
    pub fn sum_axes(self, axes: &[usize]) -> Expr<'g> {
        if axes.is_empty() { self } else { self.push(ops::ReduceSum { axes: sorted(axes) }, &[self]) }
    }

    /// Largest element over the given axes, which disappear. Ties share the cotangent.
    #[track_caller]
    pub fn max_axes(self, axes: &[usize]) -> Expr<'g> {
        if axes.is_empty() { self } else { self.push(ops::ReduceMax { axes: sorted(axes) }, &[self]) }
    }

    // --- contractions -------------------------------------------------------------------

    /// Matrix product over the last two axes, leading axes are a batch and must be equal:
    /// (…, m, k) · (…, k, n) → (…, m, n); a transposed operand is given as (…, k, m) or (…, n, k).
    #[track_caller]
    pub fn matmul_transposed(self, other: Expr<'g>, transpose_a: bool, transpose_b: bool) -> Expr<'g> {
        self.push(ops::MatMul { transpose_a, transpose_b }, &[self, other])
    }

    /// Convolution (cross-correlation): x (N, spatial…, C_in) with kernel (k…, C_in / groups, C_out).
    #[track_caller]
    pub fn conv(self, kernel: Expr<'g>, window: ops::Window) -> Expr<'g> {
        self.push(ops::Conv { window }, &[self, kernel])
    }

    /// The cotangent of a convolution's input: this is dy (N, out…, C_out), the result (N, `spatial`…, C_in).
    #[track_caller]
    pub fn conv_input_grad(self, kernel: Expr<'g>, window: ops::Window, spatial: &[usize]) -> Expr<'g> {
        self.push(ops::ConvInputGrad { window, spatial: spatial.to_vec() }, &[self, kernel])
    }

    /// The cotangent of a convolution's kernel: this is x, `dy` the cotangent of the output; the result (`spatial`…, C_in / groups, C_out).
    #[track_caller]
    pub fn conv_weight_grad(self, dy: Expr<'g>, window: ops::Window, spatial: &[usize]) -> Expr<'g> {
        self.push(ops::ConvWeightGrad { window, spatial: spatial.to_vec() }, &[self, dy])
    }

    // --- comparison ---------------------------------------------------------------------

    #[track_caller]
    fn binary(self, op: impl Into<Op>, other: impl IntoExpr<'g>) -> Expr<'g> {
        let other = other.into_expr(self.builder);
        let (a, b) = self.builder.broadcast_pair(self, other);
        self.push(op, &[a, b])
    }

    /// a = b, as truth values.
    #[track_caller]
    pub fn equal(self, other: impl IntoExpr<'g>) -> Expr<'g> {
        self.binary(ops::Compare { kind: ops::Comparison::Equal }, other)
    }

    /// a < b.
    #[track_caller]
    pub fn less(self, other: impl IntoExpr<'g>) -> Expr<'g> {
        self.binary(ops::Compare { kind: ops::Comparison::Less }, other)
    }

    /// a ≤ b.
    #[track_caller]
    pub fn less_equal(self, other: impl IntoExpr<'g>) -> Expr<'g> {
        self.binary(ops::Compare { kind: ops::Comparison::LessEqual }, other)
    }

    /// a > b.
    #[track_caller]
    pub fn greater(self, other: impl IntoExpr<'g>) -> Expr<'g> {
        self.binary(ops::Compare { kind: ops::Comparison::Greater }, other)
    }

    /// a ≥ b.
    #[track_caller]
    pub fn greater_equal(self, other: impl IntoExpr<'g>) -> Expr<'g> {
        self.binary(ops::Compare { kind: ops::Comparison::GreaterEqual }, other)
    }

    /// Both truth values.
    #[track_caller]
    pub fn and(self, other: Expr<'g>) -> Expr<'g> {
        self.binary(ops::Logical { kind: ops::Connective::And }, other)
    }

    /// Either truth value.
    #[track_caller]
    pub fn or(self, other: Expr<'g>) -> Expr<'g> {
        self.binary(ops::Logical { kind: ops::Connective::Or }, other)
    }

    /// Where this truth value holds `a`, else `b`; all three are broadcast to one shape.
    #[track_caller]
    pub fn select(self, a: impl IntoExpr<'g>, b: impl IntoExpr<'g>) -> Expr<'g> {
        let (a, b) = (a.into_expr(self.builder), b.into_expr(self.builder));
        let (a, b) = self.builder.broadcast_pair(a, b);
        let (condition, a) = self.builder.broadcast_pair(self, a);
        let (a, b) = self.builder.broadcast_pair(a, b);
        self.push(ops::Select {}, &[condition, a, b])
    }

    // --- element-wise -------------------------------------------------------------------

    /// max(a, b); the cotangent goes to a where a ≥ b, else to b.
    #[track_caller]
    pub fn maximum(self, other: impl IntoExpr<'g>) -> Expr<'g> {
        self.binary(ops::Maximum {}, other)
    }

    /// min(a, b); the cotangent goes to a where a ≤ b, else to b.
    #[track_caller]
    pub fn minimum(self, other: impl IntoExpr<'g>) -> Expr<'g> {
        self.binary(ops::Minimum {}, other)
    }

    /// aᵇ.
    #[track_caller]
    pub fn pow(self, other: impl IntoExpr<'g>) -> Expr<'g> {
        self.binary(ops::Pow {}, other)
    }
}

fn sorted(axes: &[usize]) -> Vec<usize> {
    let mut axes = axes.to_vec();
    axes.sort_unstable();
    axes
}

macro_rules! unary_methods {
    ($($(#[$doc:meta])* $method:ident => $op:ident),* $(,)?) => {
        impl<'g> Expr<'g> {
            $($(#[$doc])* #[track_caller] pub fn $method(self) -> Expr<'g> { self.push(ops::$op {}, &[self]) })*
        }
    };
}

unary_methods! {
    /// |x|, with derivative sign(x).
    abs => Abs,
    /// −1, 0 or 1; no derivative.
    sign => Sign,
    /// eˣ.
    exp => Exp,
    /// eˣ − 1, exact near 0.
    expm1 => Expm1,
    /// Natural logarithm.
    log => Log,
    /// ln(1 + x), exact near 0.
    log1p => Log1p,
    /// √x.
    sqrt => Sqrt,
    /// sin x, x in radians.
    sin => Sin,
    /// cos x, x in radians.
    cos => Cos,
    /// tanh x.
    tanh => Tanh,
    /// 1 / (1 + e⁻ˣ).
    sigmoid => Sigmoid,
    /// Error function 2/√π ∫₀ˣ e^(−t²) dt.
    erf => Erf,
    /// Largest integer not above x; no derivative.
    floor => Floor,
}

impl<'g> Neg for Expr<'g> {
    type Output = Expr<'g>;
    #[track_caller]
    fn neg(self) -> Expr<'g> {
        self.push(ops::Neg {}, &[self])
    }
}

/// The opposite truth value.
impl<'g> Not for Expr<'g> {
    type Output = Expr<'g>;
    #[track_caller]
    fn not(self) -> Expr<'g> {
        self.push(ops::Not {}, &[self])
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<'g> $trait<Expr<'g>> for Expr<'g> {
            type Output = Expr<'g>;
            #[track_caller]
            fn $method(self, other: Expr<'g>) -> Expr<'g> {
                self.binary(ops::$trait {}, other)
            }
        }
        impl<'g> $trait<f64> for Expr<'g> {
            type Output = Expr<'g>;
            #[track_caller]
            fn $method(self, other: f64) -> Expr<'g> {
                self.binary(ops::$trait {}, other)
            }
        }
        impl<'g> $trait<Expr<'g>> for f64 {
            type Output = Expr<'g>;
            #[track_caller]
            fn $method(self, other: Expr<'g>) -> Expr<'g> {
                other.builder.constant(self).binary(ops::$trait {}, other)
            }
        }
    };
}

operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);
operator!(Div, div);
