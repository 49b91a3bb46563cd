//! Composites: functions over primitives. They need no gradient rule and no kernel; the fuser makes
//! them fast. To add one: a function here. Layers with parameters are in `ganymede-nn`.

use crate::expr::{Expr, IntoExpr};
use crate::ops::{self, Op};
use ganymede_tensor::DType;

/// Tensors one after another along `axis`.
///
/// # Panics
/// When `parts` is empty.
#[track_caller]
pub fn concat<'g>(parts: &[Expr<'g>], axis: usize) -> Expr<'g> {
    match parts {
        [] => panic!("expected at least one tensor to concatenate"),
        [one] => *one,
        _ => parts[0].builder().push(ops::Concat { axis }.into(), parts),
    }
}

impl<'g> Expr<'g> {
    /// x².
    #[track_caller]
    pub fn square(self) -> Expr<'g> {
        self * self
    }

    /// 1 / x.
    #[track_caller]
    pub fn reciprocal(self) -> Expr<'g> {
        1.0 / self
    }

    /// 1 / √x.
    #[track_caller]
    pub fn rsqrt(self) -> Expr<'g> {
        1.0 / self.sqrt()
    }

    /// max(0, x); the cotangent passes where x > 0 (a tie goes to the 0).
    #[track_caller]
    pub fn relu(self) -> Expr<'g> {
        self.builder().full(self.shape(), 0.0).maximum(self)
    }

    /// The x with erf x = this, within a few ulp of f32; arguments are kept inside ±(1 − 2⁻²⁴), where x is ±3.8.
    ///
    /// # Source
    /// Giles (2012), "Approximating the erfinv function", GPU Computing Gems, single precision.
    #[track_caller]
    pub fn erf_inv(self) -> Expr<'g> {
        const CENTRE: [f64; 9] = [
            2.81022636e-08,
            3.43273939e-07,
            -3.5233877e-06,
            -4.39150654e-06,
            0.00021858087,
            -0.00125372503,
            -0.00417768164,
            0.246640727,
            1.50140941,
        ];
        const TAIL: [f64; 9] = [
            -0.000200214257,
            0.000100950558,
            0.00134934322,
            -0.00367342844,
            0.00573950773,
            -0.0076224613,
            0.00943887047,
            1.00167406,
            2.83297682,
        ];
        let inside = 1.0 - 1.0 / 16_777_216.0;
        let x = self.clamp(-inside, inside);
        let w = -((1.0 - x) * (x + 1.0)).log();
        let horner = |terms: [f64; 9], w: Expr<'g>| terms[1..].iter().fold(w * 0.0 + terms[0], |sum, &c| sum * w + c);
        let centre = horner(CENTRE, w - 2.5);
        let tail = horner(TAIL, w.sqrt() - 3.0);
        x * w.less(5.0).select(centre, tail)
    }

    /// ln(1 + eˣ), without overflow: max(x, 0) + ln(1 + e^(−|x|)).
    #[track_caller]
    pub fn softplus(self) -> Expr<'g> {
        // |x| with derivative −1 at 0, where relu has 0: together ½, as it must be.
        let magnitude = self.greater(0.0).select(self, -self);
        self.relu() + (-magnitude).exp().log1p()
    }

    /// Each position of an axis `times` times, one after the other.
    ///
    /// # Shapes
    /// (…, n, …) → (…, n·times, …).
    #[track_caller]
    pub fn repeat(self, axis: usize, times: usize) -> Expr<'g> {
        if self.is_poison() {
            return self;
        }
        if axis >= self.rank() {
            return self.builder().error(format!("expected an axis below {}, found {axis}", self.rank()), None);
        }
        let shape = self.shape();
        let mut repeated = shape.to_vec();
        repeated.insert(axis + 1, times);
        let axes: Vec<usize> = (0..shape.rank()).map(|a| if a <= axis { a } else { a + 1 }).collect();
        self.broadcast(repeated, &axes).reshape(shape.with(axis, shape[axis].saturating_mul(times)))
    }

    /// (x, axis, times) where this is `x.repeat(axis, times)`: whoever takes it may have a cheaper way.
    pub fn repeated_from(self) -> Option<(Expr<'g>, usize, usize)> {
        let (from, broadcast) = self.builder().with_graph(|graph| {
            let reshaped = graph.node(self.id());
            let repeated = graph.node(*reshaped.inputs.first()?);
            match (&reshaped.op, &repeated.op) {
                (Op::Reshape(_), Op::Broadcast(op)) => Some((*repeated.inputs.first()?, op.clone())),
                _ => None,
            }
        })?;
        let from = Expr { builder: self.builder(), id: from };
        let (axis, times) =
            broadcast.shape.iter().enumerate().find_map(|(axis, &times)| {
                (axis > 0 && !broadcast.axes.contains(&axis)).then_some((axis - 1, times))
            })?;
        let shape = from.shape();
        let same = axis < shape.rank() && self.shape() == shape.with(axis, shape[axis].saturating_mul(times));
        let unchanged = broadcast.axes.iter().enumerate().all(|(a, &to)| broadcast.shape[to] == shape[a]);
        (same && unchanged && broadcast.axes.len() + 1 == broadcast.shape.rank()).then_some((from, axis, times))
    }

    /// x restricted to low..=high; the cotangent passes inside.
    #[track_caller]
    pub fn clamp(self, low: f64, high: f64) -> Expr<'g> {
        self.maximum(low).minimum(high)
    }

    /// ¬(x = NaN or ±∞), as truth values.
    #[track_caller]
    pub fn is_finite(self) -> Expr<'g> {
        self.abs().less_equal(f64::from(f32::MAX))
    }

    /// Sum over all axes.
    #[track_caller]
    pub fn sum(self) -> Expr<'g> {
        self.sum_axes(&self.all_axes())
    }

    /// Mean over all axes.
    #[track_caller]
    pub fn mean(self) -> Expr<'g> {
        self.mean_axes(&self.all_axes())
    }

    /// Mean over the given axes, which disappear.
    #[track_caller]
    pub fn mean_axes(self, axes: &[usize]) -> Expr<'g> {
        let shape = self.shape();
        let count: f64 = axes.iter().filter_map(|&a| shape.get(a)).map(|&n| n as f64).product();
        self.sum_axes(axes) * (1.0 / count)
    }

    /// Sum over the given axes, which stay with size 1.
    #[track_caller]
    pub fn sum_keep(self, axes: &[usize]) -> Expr<'g> {
        self.sum_axes(axes).keep(self, axes)
    }

    /// Mean over the given axes, which stay with size 1.
    #[track_caller]
    pub fn mean_keep(self, axes: &[usize]) -> Expr<'g> {
        self.mean_axes(axes).keep(self, axes)
    }

    /// Largest element over the given axes, which stay with size 1.
    #[track_caller]
    pub fn max_keep(self, axes: &[usize]) -> Expr<'g> {
        self.max_axes(axes).keep(self, axes)
    }

    /// Population variance E[(x − E x)²] over the given axes, which disappear.
    #[track_caller]
    pub fn variance_axes(self, axes: &[usize]) -> Expr<'g> {
        (self - self.mean_keep(axes)).square().mean_axes(axes)
    }

    /// Sum over every axis but the first: one number a sample, (N,).
    #[track_caller]
    pub fn sum_per_sample(self) -> Expr<'g> {
        let axes = self.all_axes();
        self.sum_axes(axes.get(1..).unwrap_or(&[]))
    }

    /// √(Σ x² + 10⁻¹²) over every axis but the first, (N,); the constant keeps it differentiable at 0.
    #[track_caller]
    pub fn norm_per_sample(self) -> Expr<'g> {
        (self.square().sum_per_sample() + 1e-12).sqrt()
    }

    /// e^x / Σ e^x over `axis`, shifted by the largest element (through which no derivative flows).
    #[track_caller]
    pub fn softmax(self, axis: usize) -> Expr<'g> {
        let exp = (self - self.max_keep(&[axis]).stop_gradient()).exp();
        exp / exp.sum_keep(&[axis])
    }

    /// ln softmax over `axis`, without forming the quotient.
    #[track_caller]
    pub fn log_softmax(self, axis: usize) -> Expr<'g> {
        let shifted = self - self.max_keep(&[axis]).stop_gradient();
        shifted - shifted.exp().sum_keep(&[axis]).log()
    }

    /// Matrix product of (…, k) with a matrix (k, n), or of two tensors with equal leading axes.
    #[track_caller]
    pub fn matmul(self, other: Expr<'g>) -> Expr<'g> {
        if self.is_poison() || other.is_poison() {
            return if self.is_poison() { self } else { other };
        }
        let (a, b) = (self.shape(), other.shape());
        if b.rank() != 2 || a.rank() == 2 || a.rank() == 0 {
            return self.matmul_transposed(other, false, false);
        }
        let rows: usize = a[..a.rank() - 1].iter().product();
        let flat = self.reshape([rows, a[a.rank() - 1]]).matmul_transposed(other, false, false);
        flat.reshape(a.with(a.rank() - 1, b[1]))
    }

    /// The matrix with its last two axes exchanged.
    #[track_caller]
    pub fn transpose_last(self) -> Expr<'g> {
        let mut order = self.all_axes();
        if let [.., a, b] = &mut order[..] {
            std::mem::swap(a, b);
        }
        self.transpose(&order)
    }

    /// 1 at the index and 0 elsewhere, along a new last axis of size `classes`; this is `i32`.
    #[track_caller]
    pub fn one_hot(self, classes: usize) -> Expr<'g> {
        if self.is_poison() {
            return self;
        }
        let mut shape = self.shape().to_vec();
        shape.push(classes);
        let axes = self.all_axes();
        let index = self.convert(DType::I32).broadcast(shape.clone(), &axes);
        let class = self.builder().iota(ganymede_tensor::TensorType::new(DType::I32, shape.clone()), axes.len());
        index.equal(class).convert(DType::F32)
    }

    /// a·(1 − t) + b·t.
    #[track_caller]
    pub fn lerp(self, other: Expr<'g>, t: impl IntoExpr<'g>) -> Expr<'g> {
        let t = t.into_expr(self.builder());
        self + (other - self) * t
    }

    /// Every axis.
    pub fn all_axes(self) -> Vec<usize> {
        (0..self.rank()).collect()
    }

    /// Reductions of `from` with their axes back at size 1.
    #[track_caller]
    fn keep(self, from: Expr<'g>, axes: &[usize]) -> Expr<'g> {
        if self.is_poison() {
            return self;
        }
        let mut shape = from.shape().to_vec();
        axes.iter().filter(|&&a| a < from.rank()).for_each(|&a| shape[a] = 1);
        self.reshape(shape)
    }
}
