//! Max and average pooling over windows of 1, 2 and 3 spatial axes. Not here: pooling over everything
//! (`global_pooling.rs`).

use super::window::{self, Placement};
use super::{Layer, axes};
use crate::arguments::{ChannelsLast, Padding, PerAxis};
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;
use ganymede_tensor::TensorType;

configured! {
    /// The largest value in each window. A tie's cotangent goes to the first in row-major order.
    ///
    /// # Shapes
    /// (N, spatial…, C) → (N, positions…, C).
    pub struct MaxPooling<const N: usize> {
        ;
        /// Sizes of the window.
        pool_size: PerAxis<N> = PerAxis([2; N]),
        /// Steps of the window; its sizes where absent.
        strides: Option<PerAxis<N>> = None,
        /// What surrounds the input: values that are never the largest.
        padding: Padding = Padding::Valid,
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
    }
}

configured! {
    /// The mean of each window; with padding "same" over the real elements only.
    ///
    /// # Shapes
    /// (N, spatial…, C) → (N, positions…, C).
    pub struct AveragePooling<const N: usize> {
        /// Sizes of the window.
        pool_size: PerAxis<N> = PerAxis([2; N]),
        ;
        /// Steps of the window; its sizes where absent.
        strides: Option<PerAxis<N>> = None,
        /// What surrounds the input: elements that do not count.
        padding: Padding = Padding::Valid,
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
    }
}

/// Max pooling over steps.
pub type MaxPooling1D = MaxPooling<1>;
/// Max pooling over images.
pub type MaxPooling2D = MaxPooling<2>;
/// Max pooling over volumes.
pub type MaxPooling3D = MaxPooling<3>;
/// Average pooling over steps.
pub type AveragePooling1D = AveragePooling<1>;
/// Average pooling over images.
pub type AveragePooling2D = AveragePooling<2>;
/// Average pooling over volumes.
pub type AveragePooling3D = AveragePooling<3>;

/// Most positions that a window may have: each is a slice of the graph.
const MOST_TAPS: usize = 4096;

/// A window over x that is surrounded by `fill`, and what it covers.
struct Pool<'g, const N: usize> {
    padded: Expr<'g>,
    place: Placement<N>,
    input: [usize; N],
    size: [usize; N],
    strides: [usize; N],
}

impl<'g, const N: usize> Pool<'g, N> {
    fn new(
        scope: &Scope<'g>,
        x: Expr<'g>,
        size: PerAxis<N>,
        strides: Option<PerAxis<N>>,
        padding: Padding,
        fill: f64,
    ) -> Result<Self, Expr<'g>> {
        let (input, _) = axes::spatial::<N>(scope, x)?;
        let strides = strides.unwrap_or(size);
        let taps = size.0.iter().fold(1usize, |n, &k| n.saturating_mul(k));
        if taps > MOST_TAPS {
            let message = format!("expected a pool_size of at most {MOST_TAPS} positions, found {:?}", size.0);
            return Err(scope.builder().error(message, Some("use global pooling, or pool in two steps".into())));
        }
        let placed = match padding {
            Padding::Causal => Err(("expected padding \"valid\" or \"same\", found \"causal\"".into(), None)),
            _ => window::place(padding, input, size, strides, PerAxis([1; N])),
        };
        let place = placed
            .map_err(|(message, hint)| scope.builder().error(message.replace("kernel_size", "pool_size"), hint))?;
        let around = |sizes: [usize; N]| [0].into_iter().chain(sizes).chain([0]).collect::<Vec<usize>>();
        let (low, high) = (around(place.low), around(place.high));
        let padded = if padding == Padding::Valid { x } else { x.pad(&low, &high, &vec![0; N + 2], fill) };
        Ok(Pool { padded, place, input, size: size.0, strides: strides.0 })
    }

    /// The elements that each position of the window covers at one tap, for every tap in row-major order.
    fn taps(&self) -> impl Iterator<Item = Expr<'g>> + '_ {
        let shape = self.padded.shape();
        let stride: Vec<usize> = [1].into_iter().chain(self.strides).chain([1]).collect();
        (0..self.size.iter().product()).map(move |tap| {
            let (mut start, mut limit) = (vec![0; N + 2], shape.to_vec());
            let mut rest: usize = tap;
            for axis in (0..N).rev() {
                start[axis + 1] = rest % self.size[axis];
                rest /= self.size[axis];
                limit[axis + 1] = start[axis + 1] + (self.place.output[axis] - 1) * self.strides[axis] + 1;
            }
            self.padded.slice(&start, &limit, &stride)
        })
    }

    /// 1 / (number of real elements under the window), (1, positions…, 1).
    fn shares(&self, scope: &Scope<'g>) -> Expr<'g> {
        let count = |axis: usize, position: usize| {
            let from = position * self.strides[axis];
            let (first, last) = (from.max(self.place.low[axis]), from + self.size[axis]);
            last.min(self.place.low[axis] + self.input[axis]) - first
        };
        let output = &self.place.output;
        let values: Vec<f64> = (0..output.iter().product())
            .map(|at: usize| {
                let mut rest = at;
                let counts = (0..N).rev().map(|axis| {
                    let position = rest % output[axis];
                    rest /= output[axis];
                    count(axis, position)
                });
                1.0 / counts.product::<usize>() as f64
            })
            .collect();
        let shape: Vec<usize> = [1].into_iter().chain(*output).chain([1]).collect();
        scope.builder().constant_tensor(TensorType::f32(shape), &values)
    }
}

impl<const N: usize> Layer for MaxPooling<N> {
    described!(["MaxPooling1D", "MaxPooling2D", "MaxPooling3D"][N - 1]);

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        match Pool::new(scope, x, self.pool_size, self.strides, self.padding, f64::NEG_INFINITY) {
            Ok(pool) => pool.taps().reduce(|largest, tap| largest.maximum(tap)).unwrap_or(x),
            Err(poison) => poison,
        }
    }
}

impl<const N: usize> Layer for AveragePooling<N> {
    described!(["AveragePooling1D", "AveragePooling2D", "AveragePooling3D"][N - 1]);

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let pool = match Pool::new(scope, x, self.pool_size, self.strides, self.padding, 0.0) {
            Ok(pool) => pool,
            Err(poison) => return poison,
        };
        let sum = pool.taps().reduce(|sum, tap| sum + tap).unwrap_or(x);
        if self.padding == Padding::Valid {
            return sum * (1.0 / pool.size.iter().product::<usize>() as f64);
        }
        sum * pool.shares(scope)
    }
}
