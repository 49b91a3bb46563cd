//! Convolution over 1, 2 and 3 spatial axes. Not here: the transposed one (`conv_transpose.rs`), the
//! primitive (`ganymede_graph::ops::Conv`).

use super::window::{self, Misfit};
use super::{Layer, axes, folded};
use crate::arguments::{ChannelsLast, Padding, PerAxis};
use crate::config::configured;
use crate::scope::{ParameterSpec, Scope};
use crate::{Activation, Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;
use ganymede_graph::ops::Window;

configured! {
    /// Convolution over N spatial axes: activation(x ∗ K + b), a cross-correlation as everywhere in the field.
    ///
    /// # Shapes
    /// x (N, spatial…, C), K (kernel_size…, C / groups, filters), b (filters,), result (N, positions…, filters).
    pub struct Conv<const N: usize> {
        /// Channels of the output.
        filters: usize = 1,
        /// Sizes of the kernel.
        kernel_size: PerAxis<N> = PerAxis([1; N]),
        ;
        /// Steps of the kernel.
        strides: PerAxis<N> = PerAxis([1; N]),
        /// What surrounds the input.
        padding: Padding = Padding::Valid,
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
        /// Distance of neighbouring taps.
        dilation_rate: PerAxis<N> = PerAxis([1; N]),
        /// Number of groups that input and output channels are split into.
        groups: usize = 1,
        /// What is applied to the sum.
        activation: Activation = Activation::linear(),
        /// Whether b is added.
        use_bias: bool = true,
        /// Where K starts.
        kernel_initializer: Initializer = Initializer::glorot_uniform(),
        /// Where b starts.
        bias_initializer: Initializer = Initializer::zeros(),
        /// What K adds to the loss.
        kernel_regularizer: Option<Regularizer> = None,
        /// What b adds to the loss.
        bias_regularizer: Option<Regularizer> = None,
        /// What K is projected on after each update.
        kernel_constraint: Option<Constraint> = None,
        /// What b is projected on after each update.
        bias_constraint: Option<Constraint> = None,
        ; fixed
        activity_regularizer = null, "add the term to the loss instead";
    }
}

/// Convolution over steps.
pub type Conv1D = Conv<1>;
/// Convolution over images.
pub type Conv2D = Conv<2>;
/// Convolution over volumes.
pub type Conv3D = Conv<3>;

impl<const N: usize> Conv<N> {
    fn window(&self, input: [usize; N], channels: usize) -> Result<Window, Misfit> {
        window::not_both(self.strides, self.dilation_rate)?;
        let place = window::place(self.padding, input, self.kernel_size, self.strides, self.dilation_rate)?;
        for (name, value) in [("filters", self.filters), ("groups", self.groups)] {
            if value == 0 {
                return Err((format!("expected {name} of at least 1, found 0"), None));
            }
        }
        for (name, n) in [("input channels", channels), ("filters", self.filters)] {
            if !n.is_multiple_of(self.groups) {
                return Err((format!("expected {name} divisible by {} groups, found {n}", self.groups), None));
            }
        }
        Ok(Window {
            strides: self.strides.0.to_vec(),
            low: place.low.to_vec(),
            high: place.high.to_vec(),
            dilation: self.dilation_rate.0.to_vec(),
            groups: self.groups,
        })
    }
}

impl<const N: usize> Layer for Conv<N> {
    described!(["Conv1D", "Conv2D", "Conv3D"][N - 1]);

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let (sizes, channels) = match axes::spatial::<N>(scope, x) {
            Ok(found) => found,
            Err(poison) => return poison,
        };
        let window = match self.window(sizes, channels) {
            Ok(window) => window,
            Err((message, hint)) => return scope.builder().error(message, hint),
        };
        let shape: Vec<usize> = self.kernel_size.0.into_iter().chain([channels / self.groups, self.filters]).collect();
        let spec = ParameterSpec::new(&self.kernel_regularizer, &self.kernel_constraint);
        let kernel = scope.parameter("kernel", shape, &self.kernel_initializer, spec);
        let folded = folded::convolve(x, kernel, &window);
        let mut y = folded.unwrap_or_else(|| x.conv(kernel, window));
        if self.use_bias {
            let spec = ParameterSpec::new(&self.bias_regularizer, &self.bias_constraint);
            y = y + scope.parameter("bias", [self.filters], &self.bias_initializer, spec);
        }
        self.activation.apply(y)
    }
}
